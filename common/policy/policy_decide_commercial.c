/*
 * policy_decide_commercial - the company's own warranty as terms of the ledger
 *
 * For each cost class, and for each component for which another rule or floor holds than for the
 * whole unit, the period becomes a term. What only matters to units with a history (pauses,
 * carry-over, transfer) is read only for those, so the record of a plain unit stays short.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_terms.h"

#include <string.h>

static enum entitlement_carry_over
carry_over_of(const char *code)
{
    if (strcmp(code, "restart") == 0)
        return ENTITLEMENT_RESTART;
    return strcmp(code, "longer_of") == 0 ? ENTITLEMENT_LONGER_OF : ENTITLEMENT_REMAINING;
}

static void
read_handling(struct decide_builder *builder)
{
    struct decide *d = builder->d;
    struct decide_handling *handling = &builder->handling;
    Common__V1__Step *step;
    handling->is_transferable = true;
    if (decide_has_kind(d, ENTITLEMENT_FACT_TAKEN_IN) ||
        decide_has_kind(d, ENTITLEMENT_FACT_REPLACED)) {
        handling->pauses =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPAIR_TIME_PAUSES, NULL).value.flag;
        struct policy_reading counted =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPAIR_TIME_REPAIRS_COUNTED, NULL);
        handling->counts_all_repairs = strcmp(counted.value.code, "all") == 0;
        struct policy_reading max =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPAIR_TIME_MAX, &step);
        /* No days are added where the policy has none for it. */
        handling->has_pause_max = max.value.absence != POLICY_UNLIMITED;
        if (max.value.absence == POLICY_PRESENT)
            handling->pause_max = decide_span_of(&max.value);
        decide_add_rival(builder, DECIDE_RIVAL_PAUSE_MAX, step, &max);
    }
    if (decide_has_kind(d, ENTITLEMENT_FACT_REPLACED)) {
        struct policy_reading carry_over =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPLACEMENT_CARRY_OVER, NULL);
        handling->carry_over = carry_over_of(carry_over.value.code);
        struct policy_reading at_least =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPLACEMENT_AT_LEAST, &step);
        handling->at_least = decide_span_of(&at_least.value);
        decide_add_rival(builder, DECIDE_RIVAL_AT_LEAST, step, &at_least);
    }
    if (decide_has_kind(d, ENTITLEMENT_FACT_TRANSFERRED))
        handling->is_transferable =
            decide_read(d, builder->sale, POLICY_WARRANTY_TRANSFER_TRANSFERABLE, NULL).value.flag;
}

static void
add_commercial(struct decide_builder *builder, const struct policy_reading *reading,
               const char *cost_class, const char *component)
{
    Common__V1__Step *step = decide_step_of(builder, POLICY_WARRANTY_PERIOD_LENGTH, reading);
    if (reading->value.absence == POLICY_NONE || reading->value.absence == POLICY_NOT_OFFERED) {
        if (step->result == SETS)
            step->result = DOES_NOT_APPLY;
        return;
    }
    builder->layers->has_period = true;
    struct entitlement_terms *terms = decide_add_terms(builder, step, NULL, builder->sale, NULL);
    terms->layer = ENTITLEMENT_COMMERCIAL;
    terms->clause_id = policy_parameter_row(POLICY_WARRANTY_PERIOD_LENGTH)->clause_id;
    terms->cost_class = cost_class;
    terms->component = component;
    terms->span = decide_span_of(&reading->value);
    decide_add_rival(builder, DECIDE_RIVAL_SPAN, step, reading);
    decide_set_anchors(terms, &builder->anchors);
    decide_set_handling(terms, &builder->handling);
}

/* The reading of the period's length for a cost class, and a component or (NULL) none. */
static struct policy_reading
look_at_length(struct decide_builder *builder, int cost_class, const char *component)
{
    struct decide *d = builder->d;
    decide_pin_set(builder->sale, POLICY_AXIS_COST_CLASS, cost_class);
    decide_pin_say(d, builder->sale, POLICY_AXIS_COMPONENT, component);
    return decide_look(d, builder->sale, POLICY_WARRANTY_PERIOD_LENGTH);
}

/* The terms of a component for which another value holds than for the whole unit. Those of the
 * part that is asked about take the place of the whole unit's. */
static void
add_component(struct decide_builder *builder, const char *component)
{
    struct decide *d = builder->d;
    const struct policy_fact *part = decide_read_fact(d, "component");
    bool is_asked = part != NULL && strcmp(part->code, component) == 0;
    const struct policy_axes *axes = &builder->sale->pin.policy->axes;
    for (int cost_class = axes->first[POLICY_AXIS_COST_CLASS];
         cost_class < axes->end[POLICY_AXIS_COST_CLASS]; cost_class++) {
        struct policy_reading whole = look_at_length(builder, cost_class, NULL);
        struct policy_reading own = look_at_length(builder, cost_class, component);
        if (decide_is_same(&own, &whole))
            continue;
        add_commercial(builder, &own, axes->values[cost_class].code, component);
        if (is_asked)
            decide_list_add(d, &d->own_classes, (void *)axes->values[cost_class].code);
    }
}

static void
add_lengths(struct decide_builder *builder)
{
    const struct policy_axes *axes = &builder->sale->pin.policy->axes;
    for (int cost_class = axes->first[POLICY_AXIS_COST_CLASS];
         cost_class < axes->end[POLICY_AXIS_COST_CLASS]; cost_class++) {
        struct policy_reading whole = look_at_length(builder, cost_class, NULL);
        add_commercial(builder, &whole, axes->values[cost_class].code, "");
    }
    struct decide_list components = decide_components(builder);
    for (size_t i = 0; i < components.count; i++)
        add_component(builder, components.items[i]);
    decide_pin_set(builder->sale, POLICY_AXIS_COST_CLASS, 0);
    decide_pin_set(builder->sale, POLICY_AXIS_COMPONENT, 0);
}

void
decide_add_commercials(struct decide_builder *builder)
{
    struct decide *d = builder->d;
    Common__V1__Step *step;
    struct policy_reading starts =
        decide_read(d, builder->sale, POLICY_WARRANTY_PERIOD_STARTS, &step);
    builder->starts = starts.value.anchors.items;
    builder->start_count = starts.value.absence == POLICY_PRESENT ? starts.value.anchors.count : 0;
    builder->starts_step = step;
    builder->anchors = decide_anchors_of(d, builder->starts, builder->start_count);
    read_handling(builder);
    add_lengths(builder);
}

/* The day from which the ledger counts by the company's anchors; NULL: by none. */
static const struct entitlement_step *
find_start(const struct entitlement_ledger *ledger)
{
    for (size_t i = 0; i < ledger->interval_count; i++) {
        const struct entitlement_interval *interval = &ledger->intervals[i];
        bool is_own =
            interval->layer == ENTITLEMENT_COMMERCIAL || interval->layer == ENTITLEMENT_EXTENDED;
        if (is_own && interval->step_count > 0 &&
            interval->steps[0].kind == ENTITLEMENT_STEP_ANCHOR)
            return &interval->steps[0];
    }
    return NULL;
}

void
decide_tell_start(struct decide_builder *builder)
{
    struct decide *d = builder->d;
    const struct entitlement_step *start = find_start(&builder->layers->ledger);
    for (size_t i = 0; i < builder->start_count; i++) {
        const struct policy_anchor *anchor = &builder->starts[i];
        (void)decide_read_row(d, anchor->row);
        decide_step_fact(d, builder->starts_step, anchor->event);
        if (start == NULL || decide_event_of(d->engine, anchor->row) != (int)start->fact->event)
            continue;
        (void)decide_tell_anchor(d, builder->starts_step, anchor, start->from_date);
        return;
    }
}
