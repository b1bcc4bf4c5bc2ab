/*
 * policy_decide_plans - plans that were bought and repairs that were made, as terms of the ledger
 *
 * Plans are pinned on the day they were bought: where one plan was bought under several versions,
 * each purchase has terms of its own (the plan's code with the version is the key under which the
 * ledger knows it). A repair's warranty is pinned on the day the last repair began.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_terms.h"

#include <string.h>

static bool
has_plan_terms(const struct decide_builder *builder, const char *plan_key)
{
    for (size_t i = 0; i < builder->layers->term_count; i++) {
        if (builder->terms[i].layer == ENTITLEMENT_EXTENDED &&
            strcmp(builder->terms[i].plan, plan_key) == 0)
            return true;
    }
    return false;
}

/* Terms of a plan as it was sold on the day of `fact`, whose plan becomes the ledger's key. */
static void
add_plan(struct decide_builder *builder, struct entitlement_fact *fact)
{
    struct decide *d = builder->d;
    if (!date_is_valid(fact->date) || fact->plan == NULL)
        return;
    const char *plan = fact->plan;
    struct decide_pin *pin = decide_pin(d, POLICY_BUY, fact->date);
    const char *key = arena_printf(d->work, "%s@%lld", plan, (long long)pin->pin.policy->version);
    fact->plan = key;
    if (has_plan_terms(builder, key))
        return;
    decide_pin_say(d, pin, POLICY_AXIS_PLAN, plan);
    Common__V1__Step *step;
    struct policy_reading length = decide_read(d, pin, POLICY_EXTENDED_PERIOD_LENGTH, &step);
    struct policy_reading covers = decide_read(d, pin, POLICY_EXTENDED_COVERAGE_COVERS, NULL);
    bool is_transferable = true;
    if (decide_has_kind(d, ENTITLEMENT_FACT_TRANSFERRED))
        is_transferable =
            decide_read(d, pin, POLICY_EXTENDED_CANCELLATION_TRANSFERABLE, NULL).value.flag;
    if (length.value.absence == POLICY_NONE || length.value.absence == POLICY_NOT_OFFERED ||
        covers.value.absence != POLICY_PRESENT) {
        step->result = DOES_NOT_APPLY;
        return;
    }
    decide_add_rival(builder, DECIDE_RIVAL_SPAN, step, &length);
    for (size_t i = 0; i < covers.value.codes.count; i++) {
        struct entitlement_terms *terms = decide_add_terms(builder, step, NULL, pin, plan);
        terms->layer = ENTITLEMENT_EXTENDED;
        terms->clause_id = step->clause_id;
        terms->cost_class = covers.value.codes.codes[i];
        terms->component = "";
        terms->plan = key;
        terms->span = decide_span_of(&length.value);
        decide_set_anchors(terms, &builder->anchors);
        decide_set_handling(terms, &builder->handling);
        terms->is_transferable = is_transferable;
    }
}

static struct date
last_repair_date(const struct decide *d)
{
    struct date date = {0};
    for (size_t i = 0; i < d->left_count; i++) {
        const struct entitlement_fact *fact = d->facts_left[i];
        if (fact->kind == ENTITLEMENT_FACT_TAKEN_IN ||
            (fact->kind == ENTITLEMENT_FACT_REPAIRED && date_is_absent(date)))
            date = fact->date;
    }
    return date;
}

void
decide_add_repairs(struct decide_builder *builder)
{
    struct decide *d = builder->d;
    struct date date = last_repair_date(d);
    if (!decide_has_kind(d, ENTITLEMENT_FACT_REPAIRED) || !date_is_valid(date))
        return;
    struct decide_pin *pin = decide_pin(d, POLICY_CASE, date);
    builder->made.count = 0;
    const struct policy_axes *axes = &pin->pin.policy->axes;
    for (int value = axes->first[POLICY_AXIS_COST_CLASS]; value < axes->end[POLICY_AXIS_COST_CLASS];
         value++) {
        const char *cost_class = axes->values[value].code;
        decide_pin_set(pin, POLICY_AXIS_COST_CLASS, value);
        struct policy_reading reading = decide_look(d, pin, POLICY_REPAIR_WARRANTY_LENGTH);
        Common__V1__Step *step = decide_step_of(builder, POLICY_REPAIR_WARRANTY_LENGTH, &reading);
        if (reading.value.absence == POLICY_NONE || reading.value.absence == POLICY_NOT_OFFERED)
            continue;
        decide_add_rival(builder, DECIDE_RIVAL_SPAN, step, &reading);
        struct entitlement_terms *terms = decide_add_terms(builder, step, NULL, pin, NULL);
        terms->layer = ENTITLEMENT_REPAIR;
        terms->clause_id = step->clause_id;
        terms->cost_class = cost_class;
        terms->component = "";
        terms->span = decide_span_of(&reading.value);
        terms->at_least.is_none = true;
        terms->is_transferable = true;
    }
    decide_pin_set(pin, POLICY_AXIS_COST_CLASS, 0);
}

/* Plans are renamed by version before the ledger sees them. */
void
decide_add_plans(struct decide_builder *builder)
{
    for (size_t i = 0; i < builder->fact_count; i++) {
        struct entitlement_fact *fact = &builder->facts[i];
        if (fact->kind == ENTITLEMENT_FACT_PLAN_BOUGHT ||
            fact->kind == ENTITLEMENT_FACT_PLAN_RENEWED)
            add_plan(builder, fact);
    }
}
