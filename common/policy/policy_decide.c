/*
 * policy_decide - a decision, from the case to the finished record
 *
 * A decision goes: facts are checked, the known facts of the unit with them; the question adds
 * pins, steps and the outcome; then come the sentences, and last what was read, so that nothing is
 * missing there. A stored record is decided again by turning it back into its case and keeping to
 * the versions that it pins.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_sentence.h"

#include <string.h>

struct question_row {
    const char *name;
    enum err (*decide)(struct decide *d);
};

static const struct question_row questions[POLICY_QUESTION_COUNT] = {
    [POLICY_WARRANTY_COVERAGE] = {"warranty.coverage", decide_warranty_coverage},
    [POLICY_WARRANTY_CLAIM] = {"warranty.claim", decide_warranty_claim},
    [POLICY_RETURNS_CHECK] = {"returns.check", decide_returns_check},
    [POLICY_REPAIR_CHARGE] = {"repair.charge", decide_repair_charge},
    [POLICY_REPAIR_REMEDY] = {"repair.remedy", decide_repair_remedy},
    [POLICY_COMPLAINT_DEADLINES] = {"complaint.deadlines", decide_complaint_deadlines},
};

const char *
policy_question_name(enum policy_question question)
{
    CHECK(question < POLICY_QUESTION_COUNT);
    return questions[question].name;
}

int
policy_find_question(const char *name)
{
    for (int i = 0; i < POLICY_QUESTION_COUNT; i++) {
        if (strcmp(questions[i].name, name) == 0)
            return i;
    }
    return -1;
}

/* ---- the record ---- */

static Common__V1__Decision__Pin *
new_pin(struct decide *d, const struct decide_pin *from, const struct policy *policy)
{
    Common__V1__Decision__Pin *pin = decide_room(d->arena, sizeof *pin);
    common__v1__decision__pin__init(pin);
    pin->moment = (char *)policy_moment_name(from->pin.moment);
    if (!date_is_absent(from->pin.date))
        pin->date = decide_new_date(d->arena, from->pin.date);
    pin->policy_version = policy->version;
    pin->policy_digest.data = (uint8_t *)policy->digest;
    pin->policy_digest.len = POLICY_DIGEST_BYTES;
    pin->n_statutory_layers = from->layers.count;
    pin->statutory_layers = (char **)from->layers.items;
    pin->is_before_first = from->pin.is_before_first;
    return pin;
}

/* By moment; those of one moment in the order of use. */
static void
write_pins(struct decide *d)
{
    struct decide_list list = {0};
    for (int moment = 0; moment < POLICY_MOMENT_COUNT; moment++) {
        for (size_t i = 0; i < d->pins.count; i++) {
            const struct decide_pin *pin = d->pins.items[i];
            if (pin->pin.moment != (enum policy_moment)moment)
                continue;
            decide_list_add(d, &list, new_pin(d, pin, pin->pin.policy));
            for (size_t s = 0; s < pin->sources.count; s++)
                decide_list_add(d, &list, new_pin(d, pin, pin->sources.items[s]));
        }
    }
    d->record->n_pins = list.count;
    d->record->pins = (Common__V1__Decision__Pin **)list.items;
}

static enum err
finish(struct decide *d)
{
    Common__V1__Decision *record = d->record;
    record->n_steps = d->steps.count;
    record->steps = (Common__V1__Step **)d->steps.items;
    record->n_entitlements = d->entitlements.count;
    record->entitlements = (Common__V1__Entitlement **)d->entitlements.items;
    record->n_computed = d->computed.count;
    record->computed = (Common__V1__Computed **)d->computed.items;
    record->n_needed = d->needed.count;
    record->needed = (Common__V1__Decision__Needed **)d->needed.items;
    decide_sentences(d);
    decide_write_facts(d);
    record->n_unit_facts = d->unit_fact_count;
    if (d->unit_fact_count > 0)
        record->unit_facts = decide_unit_facts(d);
    if (d->unit_fact_count > 0 && record->unit_facts == NULL)
        return fault_set(d->fault, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS",
                         "the unit's facts do not fit into the call");
    write_pins(d);
    decide_write_digest(d);
    return OK;
}

/* ---- deciding ---- */

static void
begin_record(struct decide *d)
{
    const struct policy_case *question = d->question;
    Common__V1__Decision *record = decide_room(d->arena, sizeof *record);
    common__v1__decision__init(record);
    d->record = record;
    record->decision_id = (char *)question->decision_id;
    record->question = (char *)policy_question_name(question->question);
    record->subject = (char *)question->subject;
    record->at_date = decide_new_date(d->arena, question->at_date);
    record->decide_time = arena_alloc(d->arena, DECIDE_TIME_SIZE);
    decide_time_print(question->decide_us, record->decide_time);
    if (question->replaces_decision_id != NULL)
        record->replaces_decision_id = (char *)question->replaces_decision_id;
    record->engine_version = POLICY_ENGINE_VERSION;
    if (question->serial != NULL)
        record->serial = (char *)question->serial;
}

/* The day of the decision is that of the region where it is made. */
static void
find_today(struct decide *d)
{
    struct decide_pin *pin = decide_pin(d, POLICY_CASE, d->question->at_date);
    d->case_pin = pin;
    d->policy = pin->pin.policy;
    decide_pin_load(d, pin, 1U << POLICY_AXIS_REGION);
    const struct zone *zone = policy_zone(pin->pin.policy, &pin->subject);
    int64_t decide_us = d->question->decide_us;
    int64_t decide_s = decide_us / 1000000 - (decide_us % 1000000 < 0);
    d->today = zone_date(zone, decide_s);
}

static enum err
check_case(struct decide *d)
{
    const struct policy_case *question = d->question;
    const char *wrong = NULL;
    if ((unsigned)question->question >= POLICY_QUESTION_COUNT)
        wrong = "there is no such question";
    else if (!date_is_valid(question->at_date))
        wrong = "the day that the question is about does not exist";
    else if (question->decide_us < ZONE_SECOND_MIN * 1000000 ||
             question->decide_us > ZONE_SECOND_MAX * 1000000)
        wrong = "the time of the decision is not within the years 1 to 9999";
    else if (question->decision_id == NULL || question->subject == NULL)
        wrong = "a decision needs an id and a subject";
    if (wrong != NULL)
        return fault_set(d->fault, ERR_INVALID_ARGUMENT, "QUESTION_WRONG", "%s", wrong);
    return OK;
}

/* A decision in the making, up to where its question begins; it lives in its own `work` arena. */
static enum err
begin(struct arena *work, struct policy_engine *engine, const struct policy_set *set,
      const struct policy_case *question, struct decide *d)
{
    d->work = work;
    d->engine = engine;
    d->set = *set;
    d->question = question;
    enum err err = check_case(d);
    if (err == OK)
        err = decide_take_facts(d);
    if (err == OK) {
        begin_record(d);
        find_today(d);
    }
    return err;
}

static enum err
decide_with(struct arena *arena, struct policy_engine *engine, const struct policy_set *set,
            const struct policy_case *question, bool is_again, Common__V1__Decision **ret_decision,
            struct fault *ret_fault)
{
    struct arena *work = arena_new(ARENA_BUDGET_BYTES);
    struct decide *d = arena_alloc(work, sizeof *d);
    d->arena = arena;
    d->is_again = is_again;
    d->fault = ret_fault;
    enum err err = begin(work, engine, set, question, d);
    if (err == OK)
        err = questions[question->question].decide(d);
    if (err == OK)
        err = finish(d);
    if (err == OK)
        *ret_decision = d->record;
    arena_free(&work);
    return err;
}

enum err
policy_last_cover(struct policy_engine *engine, const struct policy_case *question,
                  struct date *ret_date, struct fault *ret_fault)
{
    CHECK(question->question == POLICY_WARRANTY_COVERAGE);
    struct arena *work = arena_new(ARENA_BUDGET_BYTES);
    struct decide *d = arena_alloc(work, sizeof *d);
    d->arena = work; /* the record that is begun is not kept */
    d->fault = ret_fault;
    enum err err = begin(work, engine, &engine->set, question, d);
    if (err == OK)
        err = decide_last_cover(d, ret_date);
    arena_free(&work);
    return err;
}

enum err
policy_decide(struct arena *arena, struct policy_engine *engine, const struct policy_case *question,
              Common__V1__Decision **ret_decision, struct fault *ret_fault)
{
    return decide_with(arena, engine, &engine->set, question, false, ret_decision, ret_fault);
}

static bool
is_pinned(const struct policy *policy, const Common__V1__Decision__Pin *pin)
{
    return policy->version == pin->policy_version &&
           pin->policy_digest.len == POLICY_DIGEST_BYTES &&
           memcmp(policy->digest, pin->policy_digest.data, POLICY_DIGEST_BYTES) == 0;
}

/* The versions that a record pins, in the order of the engine's. */
static enum err
find_pinned(struct arena *arena, const struct policy_engine *engine,
            const Common__V1__Decision *record, struct policy_set *ret_set, struct fault *ret_fault)
{
    const struct policy **versions =
        arena_alloc(arena, engine->set.version_count * sizeof *versions);
    bool *is_used = arena_alloc(arena, engine->set.version_count);
    for (size_t p = 0; p < record->n_pins; p++) {
        size_t i = 0;
        while (i < engine->set.version_count &&
               !is_pinned(engine->set.versions[i], record->pins[p]))
            i++;
        if (i == engine->set.version_count)
            return fault_set(ret_fault, ERR_NOT_FOUND, "VERSION_NOT_FOUND",
                             "version %lld of the policy is not there as the record pins it",
                             (long long)record->pins[p]->policy_version);
        is_used[i] = true;
    }
    *ret_set = (struct policy_set){.versions = versions};
    for (size_t i = 0; i < engine->set.version_count; i++) {
        if (is_used[i])
            versions[ret_set->version_count++] = engine->set.versions[i];
    }
    return OK;
}

enum err
policy_decide_again(struct arena *arena, struct policy_engine *engine,
                    const Common__V1__Decision *record, Common__V1__Decision **ret_decision,
                    struct fault *ret_fault)
{
    if (record->engine_version != POLICY_ENGINE_VERSION)
        return fault_set(ret_fault, ERR_NOT_FOUND, "ENGINE_NOT_FOUND",
                         "the record was made by version %d of the engine, this is %d",
                         record->engine_version, POLICY_ENGINE_VERSION);
    struct policy_case *question = arena_alloc(arena, sizeof *question);
    enum err err = decide_case_of(arena, record, question, ret_fault);
    struct policy_set set = {0};
    if (err == OK)
        err = find_pinned(arena, engine, record, &set, ret_fault);
    if (err == OK && set.version_count == 0)
        err = fault_set(ret_fault, ERR_INVALID_ARGUMENT, "RECORD_WRONG", "it pins no version");
    if (err != OK)
        return err;
    return decide_with(arena, engine, &set, question, true, ret_decision, ret_fault);
}
