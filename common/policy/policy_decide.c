/*
 * policy_decide - the engine, and a decision from the case to the finished record
 *
 * A decision goes: facts are checked and sorted, the known facts of the unit with them; the
 * question adds pins, steps and the outcome; then come the sentences, and last what was read, so
 * that nothing is missing there. A stored record is decided again by turning it back into its case
 * and keeping to the versions that it pins.
 *
 * Unit facts beat case facts: the day of an event that the ledger knows is RECORDED, whatever the
 * case says of it. An event that only the case knows, on more than the customer's word, becomes a
 * fact of the unit for this decision (policy_decide_terms.c).
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ICU takes a microsecond or two for a day: the last texts are kept, by a number for what they say.
 */
enum { KEPT_TEXTS = 512, KEPT_SIZE = 64 };
struct kept_text {
    int64_t key; /* 0: none */
    size_t size_bytes;
    char text[KEPT_SIZE];
};

struct engine_version {
    const struct policy *policy;
    struct policy_formatter *formatters[POLICY_LANGUAGES_MAX];
    struct kept_text *kept[POLICY_LANGUAGES_MAX]; /* KEPT_TEXTS of them; NULL until needed */
    Common__V1__Value **rule_values;              /* of each rule; NULL until asked for */
    uint32_t named[POLICY_PARAMETER_COUNT];
};

struct policy_engine {
    struct policy_set set;
    struct engine_version *versions; /* parallel to the set's */
    struct arena *arena;
    struct buf scratch;
};

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

struct policy_engine *
policy_engine_new(const struct policy_set *set)
{
    struct policy_engine *engine = mem_alloc(sizeof *engine);
    engine->set = *set;
    engine->arena = arena_new(SIZE_MAX / 2);
    engine->versions = mem_alloc(set->version_count * sizeof *engine->versions);
    for (size_t i = 0; i < set->version_count; i++) {
        struct engine_version *version = &engine->versions[i];
        const struct policy *policy = set->versions[i];
        version->policy = policy;
        version->rule_values =
            arena_alloc(engine->arena, (policy->rule_count + 1) * sizeof(Common__V1__Value *));
        for (size_t r = 0; r < policy->rule_count; r++)
            version->named[policy->rules[r].parameter] |= policy->rules[r].when.named;
    }
    return engine;
}

void
policy_engine_free(struct policy_engine **engine)
{
    struct policy_engine *freed = *engine;
    *engine = NULL;
    if (freed == NULL)
        return;
    for (size_t i = 0; i < freed->set.version_count; i++) {
        for (size_t language = 0; language < POLICY_LANGUAGES_MAX; language++) {
            policy_formatter_free(&freed->versions[i].formatters[language]);
            mem_free(freed->versions[i].kept[language]);
        }
    }
    buf_free(&freed->scratch);
    arena_free(&freed->arena);
    mem_free(freed->versions);
    mem_free(freed);
}

static struct engine_version *
find_version(struct policy_engine *engine, const struct policy *policy)
{
    for (size_t i = 0; i < engine->set.version_count; i++) {
        if (engine->versions[i].policy == policy)
            return &engine->versions[i];
    }
    CHECK(false);
}

struct policy_formatter *
decide_formatter(struct decide *d, const struct policy *policy, size_t language)
{
    struct engine_version *version = find_version(d->engine, policy);
    if (version->formatters[language] == NULL)
        version->formatters[language] = policy_formatter_new(policy, language);
    return version->formatters[language];
}

/* Where the text of a key is kept, or may be. */
static struct kept_text *
find_kept(struct decide *d, const struct policy *policy, size_t language, int64_t key)
{
    struct engine_version *version = find_version(d->engine, policy);
    if (version->kept[language] == NULL)
        version->kept[language] = mem_alloc(KEPT_TEXTS * sizeof(struct kept_text));
    return &version->kept[language][(uint64_t)key % KEPT_TEXTS];
}

static void
keep(struct kept_text *kept, int64_t key, const struct buf *out, size_t start)
{
    size_t size_bytes = out->size_bytes - start;
    if (size_bytes > KEPT_SIZE)
        return;
    memcpy(kept->text, out->bytes + start, size_bytes);
    kept->size_bytes = size_bytes;
    kept->key = key;
}

void
decide_write_date(struct decide *d, const struct policy *policy, size_t language, struct date date,
                  struct buf *out)
{
    int64_t key = (date.year * 100 + date.month) * 100 + date.day;
    struct kept_text *kept = find_kept(d, policy, language, key);
    if (kept->key == key) {
        buf_add(out, kept->text, kept->size_bytes);
        return;
    }
    size_t start = out->size_bytes;
    policy_format_date(decide_formatter(d, policy, language), date, out);
    keep(kept, key, out, start);
}

/* Keys of spans are below zero. */
void
decide_write_span(struct decide *d, const struct policy *policy, size_t language,
                  const struct policy_span *span, struct buf *out)
{
    bool is_civil = span->calendar == NULL;
    int64_t key = -1 - (int64_t)span->months * (ENTITLEMENT_DAYS_MAX + 1) - span->days;
    struct kept_text *kept = find_kept(d, policy, language, key);
    if (is_civil && kept->key == key) {
        buf_add(out, kept->text, kept->size_bytes);
        return;
    }
    size_t start = out->size_bytes;
    policy_format_span(decide_formatter(d, policy, language), span, POLICY_DATIVE, out);
    if (is_civil)
        keep(kept, key, out, start);
}

Common__V1__Value *
decide_rule_value(struct decide *d, const struct policy *policy, const struct policy_rule *rule)
{
    Common__V1__Value **value = &find_version(d->engine, policy)->rule_values[rule - policy->rules];
    if (*value == NULL)
        *value = decide_value(d->engine->arena, policy, &rule->value);
    return *value;
}

uint32_t
decide_named_axes(struct decide *d, const struct policy *policy, enum policy_parameter parameter)
{
    return find_version(d->engine, policy)->named[parameter];
}

struct buf *
decide_scratch(struct decide *d)
{
    buf_clear(&d->engine->scratch);
    return &d->engine->scratch;
}

void
decide_list_add(struct decide *d, struct decide_list *list, void *item)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 8 : list->room * 2;
        void **items = arena_alloc(d->arena, room * sizeof *items);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
}

/* ---- outcomes ---- */

void
decide_end(struct decide *d, Common__V1__Decision__Outcome outcome, const char *clause_id,
           const char *reason)
{
    d->record->outcome = outcome;
    d->record->deciding_clause_id = (char *)clause_id;
    d->record->reason = (char *)reason;
}

bool
decide_deny(struct decide *d, const char *clause_id, const char *reason)
{
    if (d->doubt_count == 0) {
        decide_end(d, DENIED, clause_id, reason);
        return true;
    }
    for (size_t i = 0; i < d->doubt_count; i++)
        decide_need(d, policy_axis_row(d->doubts[i].axis)->name, d->doubts[i].clause_id, NULL);
    decide_end(d, UNDETERMINED, d->doubts[0].clause_id, "FACT_MISSING");
    return false;
}

void
decide_appeal(struct decide *d, const char *method)
{
    Common__V1__Decision__Appeal *appeal = arena_alloc(d->arena, sizeof *appeal);
    common__v1__decision__appeal__init(appeal);
    appeal->method = (char *)method;
    appeal->clause_id =
        (char *)policy_parameter_row(POLICY_COMPLAINTS_ESCALATION_LADDER)->clause_id;
    d->record->appeal = appeal;
}

void
decide_set_remedies(struct decide *d, const struct policy_codes *remedies)
{
    d->record->n_remedies = remedies->count;
    d->record->remedies = (char **)remedies->codes;
}

/* ---- the case ---- */

static bool
is_document(const struct policy_set *set, const char *name)
{
    for (size_t i = 0; i < set->version_count; i++) {
        if (policy_has_code(set->versions[i], "document", name))
            return true;
    }
    return false;
}

/* Whether a known fact has the value that its kind asks for. */
static bool
is_whole(const struct policy_fact_row *row, const struct policy_fact *fact)
{
    if (fact->trust < POLICY_STATED || fact->trust > POLICY_RECORDED)
        return false;
    switch (row == NULL ? POLICY_FACT_FLAG : row->kind) {
    case POLICY_FACT_CODE:
    case POLICY_FACT_TEXT:
        return fact->code != NULL;
    case POLICY_FACT_DATE:
        return date_is_valid(fact->date);
    case POLICY_FACT_TIME:
        return fact->time_s >= ZONE_SECOND_MIN && fact->time_s <= ZONE_SECOND_MAX;
    case POLICY_FACT_MONEY:
        return money_digits(fact->money.currency_code) >= 0;
    case POLICY_FACT_FLAG:
    case POLICY_FACT_NUMBER:
        break;
    }
    return true;
}

static int
compare_facts(const void *a, const void *b)
{
    return strcmp(((const struct policy_fact *)a)->name, ((const struct policy_fact *)b)->name);
}

static enum err
take_facts(struct decide *d)
{
    const struct policy_case *question = d->question;
    if (question->fact_count > POLICY_CASE_FACTS_MAX)
        return fault_set(d->fault, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS", "more than %d facts",
                         POLICY_CASE_FACTS_MAX);
    for (size_t i = 0; i < question->fact_count; i++) {
        const struct policy_fact *fact = &question->facts[i];
        const struct policy_fact_row *row = policy_find_fact(fact->name);
        if (row == NULL && !is_document(&d->engine->set, fact->name))
            return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_UNKNOWN", "no fact is called %s",
                             fact->name);
        if (fact->is_known && !is_whole(row, fact))
            return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_WRONG",
                             "the fact %s has no value of its kind, or no trust", fact->name);
    }
    /* Room for the events that the ledger may add. */
    d->facts =
        arena_alloc(d->arena, (question->fact_count + ENTITLEMENT_EVENT_COUNT) * sizeof *d->facts);
    if (question->fact_count > 0)
        memcpy(d->facts, question->facts, question->fact_count * sizeof *d->facts);
    d->fact_count = question->fact_count;
    qsort(d->facts, d->fact_count, sizeof *d->facts, compare_facts);
    for (size_t i = 1; i < d->fact_count; i++) {
        if (strcmp(d->facts[i - 1].name, d->facts[i].name) == 0)
            return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_REPEATS",
                             "the fact %s is given twice", d->facts[i].name);
    }
    return OK;
}

static int
compare_unit_facts(const void *a_place, const void *b_place)
{
    const struct entitlement_fact *a = *(const struct entitlement_fact *const *)a_place;
    const struct entitlement_fact *b = *(const struct entitlement_fact *const *)b_place;
    int order = date_compare(a->date, b->date);
    if (order == 0)
        order = (a->record_us > b->record_us) - (a->record_us < b->record_us);
    return order != 0 ? order : strcmp(a->fact_id, b->fact_id);
}

/* Keeps the unit facts that were known. */
static enum err
take_unit_facts(struct decide *d)
{
    const struct policy_case *question = d->question;
    if (question->unit_fact_count > ENTITLEMENT_FACTS_MAX)
        return fault_set(d->fault, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS",
                         "more than %d unit facts", ENTITLEMENT_FACTS_MAX);
    d->unit_facts = arena_alloc(d->arena, (question->unit_fact_count + 1) * sizeof *d->unit_facts);
    for (size_t i = 0; i < question->unit_fact_count; i++) {
        const struct entitlement_fact *fact = &question->unit_facts[i];
        if (fact->fact_id == NULL || fact->serial == NULL)
            return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_WRONG",
                             "a unit fact has no id or serial");
        if (fact->record_us <= question->decide_us)
            d->unit_facts[d->unit_fact_count++] = fact;
    }
    qsort(d->unit_facts, d->unit_fact_count, sizeof(*d->unit_facts), compare_unit_facts);
    return OK;
}

/* A correction of `fact` that is not itself corrected. */
static bool
is_struck_out(const struct decide *d, const struct entitlement_fact *fact, int depth)
{
    for (size_t i = 0; depth < 8 && i < d->unit_fact_count; i++) {
        const struct entitlement_fact *other = d->unit_facts[i];
        if (other->kind == ENTITLEMENT_FACT_CORRECTED && other->corrects_fact_id != NULL &&
            strcmp(other->corrects_fact_id, fact->fact_id) == 0 &&
            !is_struck_out(d, other, depth + 1))
            return true;
    }
    return false;
}

static void
set_event(struct decide *d, const struct entitlement_fact *from)
{
    struct policy_fact event = {
        .name = entitlement_event_name(from->event),
        .is_known = true,
        .date = from->date,
        .trust = POLICY_RECORDED,
        .source = from->fact_id,
    };
    size_t at = 0;
    while (at < d->fact_count && strcmp(d->facts[at].name, event.name) < 0)
        at++;
    if (at == d->fact_count || strcmp(d->facts[at].name, event.name) != 0) {
        memmove(&d->facts[at + 1], &d->facts[at], (d->fact_count - at) * sizeof *d->facts);
        d->fact_count++;
    }
    d->facts[at] = event;
}

/* The first day of each event that the ledger knows, as facts of the case. */
static enum err
take_events(struct decide *d)
{
    unsigned seen = 0;
    for (size_t i = 0; i < d->unit_fact_count; i++) {
        const struct entitlement_fact *fact = d->unit_facts[i];
        if (fact->kind != ENTITLEMENT_FACT_EVENT || fact->event >= ENTITLEMENT_EVENT_COUNT ||
            (seen >> fact->event & 1) != 0 || is_struck_out(d, fact, 0))
            continue;
        if (!date_is_valid(fact->date))
            return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_WRONG",
                             "the unit fact %s has no day", fact->fact_id);
        seen |= 1U << fact->event;
        set_event(d, fact);
    }
    return OK;
}

static void
on_read(void *context, const struct policy_fact_row *row, const struct policy_fact *fact)
{
    struct decide *d = context;
    for (size_t i = 0; i < d->read_count; i++) {
        if (d->reads[i].row == row)
            return;
    }
    /* Rows of the catalogue are one for each name; a document's own row has no sentence. */
    for (size_t i = 0; row->sentence == NULL && i < d->read_count; i++) {
        if (strcmp(d->reads[i].row->name, row->name) == 0)
            return;
    }
    if (d->read_count == d->read_room) {
        d->read_room = d->read_room == 0 ? 32 : d->read_room * 2;
        struct decide_read *reads = arena_alloc(d->arena, d->read_room * sizeof *reads);
        if (d->read_count > 0)
            memcpy(reads, d->reads, d->read_count * sizeof *reads);
        d->reads = reads;
    }
    d->reads[d->read_count++] = (struct decide_read){.row = row, .fact = fact};
}

/* ---- the record ---- */

static int
compare_reads(const void *a, const void *b)
{
    return strcmp(((const struct decide_read *)a)->row->name,
                  ((const struct decide_read *)b)->row->name);
}

static void
write_facts(struct decide *d)
{
    Common__V1__Decision *record = d->record;
    if (d->read_count > 0)
        qsort(d->reads, d->read_count, sizeof *d->reads, compare_reads);
    record->n_facts = d->read_count;
    record->facts = arena_alloc(d->arena, (d->read_count + 1) * sizeof(*record->facts));
    for (size_t i = 0; i < d->read_count; i++)
        record->facts[i] = decide_fact(d, &d->reads[i]);
}

static Common__V1__Decision__Pin *
new_pin(struct decide *d, const struct decide_pin *from, const struct policy *policy)
{
    Common__V1__Decision__Pin *pin = arena_alloc(d->arena, sizeof *pin);
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

/* SHA-256 of the question and all that was read, as a record that holds nothing else. */
static void
write_digest(struct decide *d)
{
    Common__V1__Decision input = COMMON__V1__DECISION__INIT;
    input.question = d->record->question;
    input.at_date = d->record->at_date;
    input.decide_time = d->record->decide_time;
    input.n_pins = d->record->n_pins;
    input.pins = d->record->pins;
    input.n_facts = d->record->n_facts;
    input.facts = d->record->facts;
    input.engine_version = d->record->engine_version;
    input.n_unit_facts = d->record->n_unit_facts;
    input.unit_facts = d->record->unit_facts;
    input.serial = d->record->serial;
    struct buf *packed = decide_scratch(d);
    size_t size_bytes = common__v1__decision__get_packed_size(&input);
    common__v1__decision__pack(&input, (uint8_t *)buf_room(packed, size_bytes));
    uint8_t *digest = arena_alloc(d->arena, POLICY_DIGEST_BYTES);
    crypto_hash_sha256(digest, (const uint8_t *)packed->bytes, size_bytes);
    d->record->input_digest.data = digest;
    d->record->input_digest.len = POLICY_DIGEST_BYTES;
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
    write_facts(d);
    record->n_unit_facts = d->unit_fact_count;
    if (d->unit_fact_count > 0)
        record->unit_facts = decide_unit_facts(d);
    if (d->unit_fact_count > 0 && record->unit_facts == NULL)
        return fault_set(d->fault, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS",
                         "the unit's facts do not fit into the call");
    write_pins(d);
    write_digest(d);
    return OK;
}

/* ---- deciding ---- */

static void
begin_record(struct decide *d)
{
    const struct policy_case *question = d->question;
    Common__V1__Decision *record = arena_alloc(d->arena, sizeof *record);
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
    else if (question->decide_us / 1000000 <= ZONE_SECOND_MIN ||
             question->decide_us / 1000000 >= ZONE_SECOND_MAX)
        wrong = "the time of the decision is not within the years 1 to 9999";
    else if (question->decision_id == NULL || question->subject == NULL)
        wrong = "a decision needs an id and a subject";
    if (wrong != NULL)
        return fault_set(d->fault, ERR_INVALID_ARGUMENT, "QUESTION_WRONG", "%s", wrong);
    return OK;
}

static enum err
decide_with(struct arena *arena, struct policy_engine *engine, const struct policy_set *set,
            const struct policy_case *question, Common__V1__Decision **ret_decision,
            struct fault *ret_fault)
{
    struct decide *d = arena_alloc(arena, sizeof *d);
    d->arena = arena;
    d->engine = engine;
    d->set = *set;
    d->question = question;
    d->fault = ret_fault;
    enum err err = check_case(d);
    if (err == OK)
        err = take_facts(d);
    if (err == OK)
        err = take_unit_facts(d);
    if (err == OK)
        err = take_events(d);
    if (err != OK)
        return err;
    d->reader = (struct policy_fact_reader){d->facts, d->fact_count, on_read, d};
    begin_record(d);
    find_today(d);
    err = questions[question->question].decide(d);
    if (err == OK)
        err = finish(d);
    if (err == OK)
        *ret_decision = d->record;
    return err;
}

enum err
policy_decide(struct arena *arena, struct policy_engine *engine, const struct policy_case *question,
              Common__V1__Decision **ret_decision, struct fault *ret_fault)
{
    return decide_with(arena, engine, &engine->set, question, ret_decision, ret_fault);
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
        arena_alloc(arena, (engine->set.version_count + 1) * sizeof *versions);
    bool *is_used = arena_alloc(arena, engine->set.version_count + 1);
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
    return decide_with(arena, engine, &set, question, ret_decision, ret_fault);
}
