/*
 * claim_case - a claim, its evidence and its unit as the facts that the policy engine is told
 *
 * Each fact says how far it can be trusted and where it stands: what the customer says is STATED,
 * what a document shows DOCUMENTED, what a technician examined FOUND, what we keep RECORDED. What
 * is not known is not said. The unit is told as for every question about it (coverage_rules.h),
 * and its days are its ledger, which goes along as it is.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/message.h"
#include "coverage_rules.h"

enum { US_PER_S = 1000000 };

/* The case as it grows. Sources are worked out once. */
struct making {
    struct arena *arena;
    struct policy_fact *facts;
    size_t count;
    const char *claim_source;
    const char *unit_source;
};

static struct policy_fact *
add(struct making *making, const char *name, enum policy_trust trust, const char *source)
{
    CHECK(making->count < POLICY_CASE_FACTS_MAX);
    struct policy_fact *fact = &making->facts[making->count++];
    *fact = (struct policy_fact){.name = name, .is_known = true, .trust = trust, .source = source};
    return fact;
}

static void
add_code(struct making *making, const char *name, const char *code, enum policy_trust trust,
         const char *source)
{
    if (code[0] != 0)
        add(making, name, trust, source)->code = code;
}

/* ---- evidence ---- */

static bool
has_fact(const struct making *making, const char *name)
{
    for (size_t i = 0; i < making->count; i++) {
        if (strcmp(making->facts[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Of two documents of a kind the first one proves it. */
static void
add_documents(struct making *making, const struct claim_evidence *evidence)
{
    for (size_t i = 0; i < evidence->document_count; i++) {
        const struct claim_document *document = &evidence->documents[i];
        if (!has_fact(making, document->kind))
            add(making, document->kind, POLICY_DOCUMENTED, document->sha256)->flag = true;
    }
}

static size_t
kinds_of(struct arena *arena, const struct claim_evidence *evidence, int finding_number,
         const char *const **ret_kinds)
{
    const char **kinds = arena_alloc(arena, (evidence->document_count + 1) * sizeof *kinds);
    size_t count = 0;
    for (size_t i = 0; i < evidence->document_count; i++) {
        if (evidence->documents[i].finding_number == finding_number)
            kinds[count++] = evidence->documents[i].kind;
    }
    *ret_kinds = kinds;
    return count;
}

/* The last finding holds: who looks again knows more. */
static void
add_finding(struct making *making, const struct claim_evidence *evidence, const char **component)
{
    if (evidence->finding_count == 0)
        return;
    const struct claim_finding *last = &evidence->findings[evidence->finding_count - 1];
    const char *source =
        arena_printf(making->arena, "%s/findings/%d", making->claim_source, last->number);
    struct policy_fact *finding = add(making, "finding", POLICY_FOUND, source);
    finding->code = last->finding;
    finding->evidence_count = kinds_of(making->arena, evidence, last->number, &finding->evidence);
    add(making, "inspected", POLICY_FOUND, source)->flag = true;
    add_code(making, "fault_code", last->fault_code, POLICY_FOUND, source);
    add_code(making, "component", last->component, POLICY_FOUND, source);
    if (last->component[0] != 0)
        *component = "";
}

/* ---- the number of claims ---- */

static void
say(const struct policy *policy, struct policy_subject *subject, enum policy_axis axis,
    const char *code)
{
    if (code[0] != 0)
        (void)policy_subject_set(&policy->axes, subject, axis, code);
}

/* The period within which claims are counted, by the terms of the sale, as a day after which they
 * count; absent: all. ret_is_none: none counts. Working days are taken as days. */
static enum err
find_period(struct call *call, const struct claim_case *question, struct date *ret_after,
            bool *ret_is_none)
{
    const struct policy_set *set;
    enum err err = warranty_policies(call, &set);
    struct date sale_date;
    const struct entitlement_fact *sale_fact;
    if (err == OK)
        err = entitlement_sale_date(call->arena, question->ledger->entitlement,
                                    question->ledger->count, question->unit->serial, INT64_MAX,
                                    &sale_date, &sale_fact, &call->fault);
    if (err != OK)
        return err;
    struct policy_pin pin = policy_set_pin(set, POLICY_SALE, sale_date);
    struct policy_subject subject = {0};
    const struct unit *unit = question->unit;
    say(pin.policy, &subject, POLICY_AXIS_CATEGORY, unit->category);
    say(pin.policy, &subject, POLICY_AXIS_SKU, unit->sku);
    say(pin.policy, &subject, POLICY_AXIS_REGION, unit->region);
    say(pin.policy, &subject, POLICY_AXIS_CUSTOMER_CLASS, unit->customer_class);
    say(pin.policy, &subject, POLICY_AXIS_CONDITION, unit->condition);
    say(pin.policy, &subject, POLICY_AXIS_CHANNEL, unit->channel);
    struct policy_value per = policy_set_read(call->arena, set, &pin, POLICY_WARRANTY_LIMITS_PER,
                                              &subject, question->claim->at_date)
                                  .value;
    *ret_is_none = per.absence == POLICY_NONE || per.absence == POLICY_NOT_OFFERED;
    *ret_after = (struct date){0};
    if (per.absence == POLICY_PRESENT)
        *ret_after = claim_period_start(question->claim->at_date, per.span.months,
                                        per.span.days + per.span.working_days);
    return OK;
}

static enum err
add_claim_count_await(struct call *call, const struct claim_case *question, struct making *making)
{
    struct date after;
    bool is_none;
    int64_t count = 0;
    enum err err = find_period(call, question, &after, &is_none);
    bool has_any = question->unit->claim_count > 0; /* ever accepted */
    if (err == OK && !is_none && has_any)
        err = claim_count_await(call, question->claim, after, &count);
    if (err == OK)
        add(making, "claims_in_period", POLICY_RECORDED, making->unit_source)->number = count;
    return err;
}

/* ---- the question ---- */

enum err
claim_decide_await(struct call *call, const struct claim_case *question,
                   Common__V1__Decision **ret_decision)
{
    struct arena *arena = call->arena;
    const struct claim *claim = question->claim;
    struct making making = {
        .arena = arena,
        .facts = arena_alloc(arena, POLICY_CASE_FACTS_MAX * sizeof *making.facts),
        .claim_source =
            arena_printf(arena, "warranty/claims/%s", message_uuid(arena, &claim->claim_id)),
        .unit_source = arena_printf(arena, "warranty/units/%s", question->unit->serial),
    };
    const char *component = claim->component;
    making.count = coverage_facts(arena, question->unit, making.facts);
    add_code(&making, "cause", claim->cause, POLICY_STATED, making.claim_source);
    add_documents(&making, question->evidence);
    add_finding(&making, question->evidence, &component);
    add_code(&making, "component", component, POLICY_STATED, making.claim_source);
    add(&making, "receive_time", POLICY_RECORDED, making.claim_source)->time_s =
        claim->submit_time_us / US_PER_S;
    enum err err = add_claim_count_await(call, question, &making);
    if (err != OK)
        return err;
    struct uuid decision_id = uuid_make();
    const struct policy_case asked = {
        .question = POLICY_WARRANTY_CLAIM,
        .decision_id = message_uuid(arena, &decision_id),
        .subject = making.claim_source,
        .at_date = claim->at_date,
        .decide_us = question->now_us,
        .replaces_decision_id = claim->has_decision ? message_uuid(arena, &claim->decision_id) : "",
        .facts = making.facts,
        .fact_count = making.count,
        .serial = question->unit->serial,
        .unit_facts = question->ledger->entitlement,
        .unit_fact_count = question->ledger->count,
    };
    return warranty_decide(call, &asked, ret_decision);
}
