/*
 * policy_decide_commercial - the company's own warranty as terms of the ledger
 *
 * For each cost class, and for each component for which another rule holds than for the whole unit,
 * the period becomes a term. What only matters to units with a history (pauses, carry-over,
 * transfer) is read only for those, so the record of a plain unit stays short.
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
    handling->is_transferable = true;
    if (decide_has_kind(d, ENTITLEMENT_FACT_TAKEN_IN) ||
        decide_has_kind(d, ENTITLEMENT_FACT_REPLACED)) {
        handling->pauses =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPAIR_TIME_PAUSES, NULL).value.flag;
        struct policy_reading counted =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPAIR_TIME_REPAIRS_COUNTED, NULL);
        handling->counts_all_repairs = strcmp(counted.value.code, "all") == 0;
        struct policy_reading max =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPAIR_TIME_MAX, NULL);
        handling->has_pause_max = max.value.absence == POLICY_PRESENT;
        handling->pause_max = decide_span_of(&max.value);
    }
    if (decide_has_kind(d, ENTITLEMENT_FACT_REPLACED)) {
        struct policy_reading carry_over =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPLACEMENT_CARRY_OVER, NULL);
        handling->carry_over = carry_over_of(carry_over.value.code);
        struct policy_reading at_least =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPLACEMENT_AT_LEAST, NULL);
        handling->at_least = decide_span_of(&at_least.value);
    }
    if (decide_has_kind(d, ENTITLEMENT_FACT_TRANSFERRED))
        handling->is_transferable =
            decide_read(d, builder->sale, POLICY_WARRANTY_TRANSFER_TRANSFERABLE, NULL).value.flag;
}

/* Where a floor and the company's value cannot be compared on paper, the later end counts. */
static const struct policy_value *
longer_of(const struct decide_builder *builder, const struct policy_reading *reading,
          Common__V1__Step *step)
{
    const struct policy_value *own = &reading->value;
    const struct policy_value *rival = &reading->rival_value;
    if (reading->rival == NULL || date_is_absent(builder->start) ||
        own->absence != POLICY_PRESENT || rival->absence != POLICY_PRESENT)
        return own;
    struct date own_last = date_add(builder->start, own->span.months, own->span.days);
    struct date rival_last = date_add(builder->start, rival->span.months, rival->span.days);
    if (date_compare(rival_last, own_last) <= 0)
        return own;
    step->result = LIFTED;
    step->lifted_by = (char *)reading->rival->id;
    step->value = decide_value(builder->d->arena, builder->sale->pin.policy, rival);
    return rival;
}

static void
add_commercial(struct decide_builder *builder, const struct policy_reading *reading,
               const char *cost_class, const char *component)
{
    Common__V1__Step *step =
        decide_step_of_rule(builder, POLICY_WARRANTY_PERIOD_LENGTH, reading);
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
    terms->span = decide_span_of(longer_of(builder, reading, step));
    decide_set_anchors(terms, &builder->anchors);
    decide_set_handling(terms, &builder->handling);
}

/* The reading of the period's length for a cost class, and a component or none. */
static struct policy_reading
look_at_length(struct decide_builder *builder, int cost_class, int component)
{
    struct decide *d = builder->d;
    decide_pin_set(builder->sale, POLICY_AXIS_COST_CLASS, cost_class);
    decide_pin_set(builder->sale, POLICY_AXIS_COMPONENT, component);
    return decide_look(d, builder->sale, POLICY_WARRANTY_PERIOD_LENGTH);
}

/* Whether a rule of the period names a component. */
static bool
is_component_named(const struct policy *policy, int component)
{
    enum policy_parameter length = POLICY_WARRANTY_PERIOD_LENGTH;
    for (size_t i = policy->rule_first[length]; i < policy->rule_first[length + 1]; i++) {
        if (policy->rules[i].when.values[POLICY_AXIS_COMPONENT] == component)
            return true;
    }
    return false;
}

/* Whether a selector names a component, and nothing else that is proven speaks against it. */
static bool
may_hold_for_one(const struct decide_pin *pin, const struct policy_when *named)
{
    if (named->values[POLICY_AXIS_COMPONENT] == 0)
        return false;
    struct policy_when when = *named;
    policy_when_name(&pin->pin.policy->axes, &when, POLICY_AXIS_COMPONENT, 0);
    return decide_may_hold(pin, &when);
}

static bool
has_floor_for_one(const struct decide_pin *pin)
{
    for (size_t p = 0; p < pin->pin.policy->pack_count; p++) {
        const struct policy_pack *pack = &pin->pin.policy->packs[p];
        for (size_t i = 0; i < pack->floor_count; i++) {
            if (pack->floors[i].parameter == POLICY_WARRANTY_PERIOD_LENGTH &&
                may_hold_for_one(pin, &pack->floors[i].when))
                return true;
        }
    }
    return false;
}

/* Whether the length may differ by component for who is asked about: most products have none, and
 * then nothing is looked up for each. */
static bool
has_components(const struct decide_builder *builder)
{
    const struct policy *policy = builder->sale->pin.policy;
    enum policy_parameter length = POLICY_WARRANTY_PERIOD_LENGTH;
    if (builder->d->set.version_count > 1) /* a later version may bring one */
        return true;
    decide_pin_set(builder->sale, POLICY_AXIS_COST_CLASS, 0);
    builder->sale->proven &= ~(1U << POLICY_AXIS_COST_CLASS); /* any of them */
    for (size_t i = policy->rule_first[length]; i < policy->rule_first[length + 1]; i++) {
        if (may_hold_for_one(builder->sale, &policy->rules[i].when))
            return true;
    }
    return has_floor_for_one(builder->sale);
}

/* The terms of a component that has another rule than the whole unit. */
static void
add_component(struct decide_builder *builder, int component)
{
    const struct policy_axes *axes = &builder->sale->pin.policy->axes;
    for (int cost_class = axes->first[POLICY_AXIS_COST_CLASS];
         cost_class < axes->end[POLICY_AXIS_COST_CLASS]; cost_class++) {
        struct policy_reading whole = look_at_length(builder, cost_class, 0);
        struct policy_reading part = look_at_length(builder, cost_class, component);
        if (part.rule != whole.rule)
            add_commercial(builder, &part, axes->values[cost_class].code,
                           axes->values[component].code);
    }
}

static void
add_lengths(struct decide_builder *builder)
{
    const struct policy *policy = builder->sale->pin.policy;
    const struct policy_axes *axes = &policy->axes;
    for (int cost_class = axes->first[POLICY_AXIS_COST_CLASS];
         cost_class < axes->end[POLICY_AXIS_COST_CLASS]; cost_class++) {
        struct policy_reading whole = look_at_length(builder, cost_class, 0);
        add_commercial(builder, &whole, axes->values[cost_class].code, "");
    }
    bool is_one = !has_components(builder);
    for (int component = axes->first[POLICY_AXIS_COMPONENT];
         !is_one && component < axes->end[POLICY_AXIS_COMPONENT]; component++) {
        if (is_component_named(policy, component))
            add_component(builder, component);
    }
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
    const struct policy_anchor *anchors = starts.value.anchors.items;
    size_t count = starts.value.absence == POLICY_PRESENT ? starts.value.anchors.count : 0;
    builder->anchors = decide_anchors_of(d, anchors, count);
    const char *event;
    decide_anchor(d, anchors, count, step, &builder->start, &event);
    read_handling(builder);
    add_lengths(builder);
}
