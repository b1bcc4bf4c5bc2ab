/*
 * policy_decide_terms - what the policy promises, expanded into terms of the ledger
 *
 * For each cost class, and for each component for which another rule holds than for the whole unit,
 * the period becomes a term; rights of the packs that apply become terms of their own; a plan that
 * was bought and a repair that was made bring theirs. What only matters to units with a history
 * (pauses, carry-over, transfer, repairs, plans) is read only for those, so the record of a plain
 * unit stays short.
 *
 * The wording of A15 pins the sale. Plans are pinned on the day they were bought: where one plan
 * was bought under several versions, each purchase has terms of its own (the plan's code with the
 * version is the key under which the ledger knows it). A repair's warranty is pinned on the day the
 * last repair began.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

/* Terms of a unit with a history, the same for all cost classes. */
struct handling {
    bool pauses;
    bool counts_all_repairs;
    bool has_pause_max;
    struct entitlement_span pause_max;
    enum entitlement_carry_over carry_over;
    struct entitlement_span at_least;
    bool is_transferable;
};

struct builder {
    struct decide *d;
    struct decide_layers *layers;
    struct decide_pin *sale;
    struct entitlement_terms *terms;
    size_t room;
    struct entitlement_fact *facts; /* of the ledger: the known ones, and the case's events */
    size_t fact_count;
    struct handling handling;
    const struct policy_anchor *anchors;
    size_t anchor_count;
    struct date start; /* absent: no anchor is known */
    /* Steps that were made, to have one for each rule. */
    const struct policy_rule *rules[8];
    Common__V1__Step *rule_steps[8];
    size_t rule_count;
};

static bool
has_kind(const struct decide *d, enum entitlement_fact_kind kind)
{
    for (size_t i = 0; i < d->unit_fact_count; i++) {
        if (d->unit_facts[i]->kind == kind)
            return true;
    }
    return false;
}

static struct entitlement_span
span_of(const struct policy_value *value)
{
    return (struct entitlement_span){
        .months = value->span.months,
        .days = value->span.days,
        .is_none = value->absence == POLICY_NONE || value->absence == POLICY_NOT_OFFERED,
        .is_unlimited = value->absence == POLICY_UNLIMITED,
    };
}

static struct entitlement_span
span_or_absent(const struct policy_value *value)
{
    if (value->absence == POLICY_PRESENT)
        return span_of(value);
    return (struct entitlement_span){.is_none = value->absence != POLICY_UNLIMITED,
                                     .is_unlimited = value->absence == POLICY_UNLIMITED};
}

static enum entitlement_carry_over
carry_over_of(const char *code)
{
    if (strcmp(code, "restart") == 0)
        return ENTITLEMENT_RESTART;
    return strcmp(code, "longer_of") == 0 ? ENTITLEMENT_LONGER_OF : ENTITLEMENT_REMAINING;
}

/* Events that are none of a unit (a discontinued product) are no anchors of its layers. */
static void
set_anchors(const struct builder *builder, struct entitlement_terms *terms,
            const struct policy_anchor *anchors, size_t count)
{
    for (size_t i = 0; i < count && terms->anchor_count < ENTITLEMENT_ANCHORS_MAX; i++) {
        int event = decide_event_of(builder->d->engine, anchors[i].event);
        if (event >= 0)
            terms->anchors[terms->anchor_count++] = (struct entitlement_anchor){
                (enum entitlement_event)event, anchors[i].months, anchors[i].days};
    }
}

static struct entitlement_terms *
add_terms(struct builder *builder, Common__V1__Step *step, const struct policy_right *right,
          struct decide_pin *pin, const char *plan)
{
    struct decide_layers *layers = builder->layers;
    struct arena *arena = builder->d->arena;
    if (layers->term_count == builder->room) {
        size_t old = builder->room;
        builder->room = old == 0 ? 8 : old * 2;
        struct entitlement_terms *terms = arena_alloc(arena, builder->room * sizeof *terms);
        Common__V1__Step **steps = arena_alloc(arena, builder->room * sizeof(Common__V1__Step *));
        const struct policy_right **rights = arena_alloc(arena, builder->room * sizeof *rights);
        struct decide_pin **pins = arena_alloc(arena, builder->room * sizeof *pins);
        const char **plans = arena_alloc(arena, builder->room * sizeof *plans);
        if (old > 0) {
            memcpy(terms, builder->terms, old * sizeof *terms);
            memcpy(steps, layers->steps, old * sizeof *steps);
            memcpy(rights, layers->rights, old * sizeof *rights);
            memcpy(pins, layers->pins, old * sizeof *pins);
            memcpy(plans, layers->plans, old * sizeof *plans);
        }
        builder->terms = terms;
        layers->steps = steps;
        layers->rights = rights;
        layers->pins = pins;
        layers->plans = plans;
    }
    size_t i = layers->term_count++;
    layers->steps[i] = step;
    layers->rights[i] = right;
    layers->pins[i] = pin;
    layers->plans[i] = plan;
    return &builder->terms[i];
}

/* ---- the company's own warranty ---- */

static void
read_handling(struct builder *builder)
{
    struct decide *d = builder->d;
    struct handling *handling = &builder->handling;
    handling->is_transferable = true;
    if (has_kind(d, ENTITLEMENT_FACT_TAKEN_IN) || has_kind(d, ENTITLEMENT_FACT_REPLACED)) {
        handling->pauses =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPAIR_TIME_PAUSES, NULL).value.flag;
        struct policy_reading counted =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPAIR_TIME_REPAIRS_COUNTED, NULL);
        handling->counts_all_repairs = strcmp(counted.value.code, "all") == 0;
        struct policy_reading max =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPAIR_TIME_MAX, NULL);
        handling->has_pause_max = max.value.absence == POLICY_PRESENT;
        handling->pause_max = span_or_absent(&max.value);
    }
    if (has_kind(d, ENTITLEMENT_FACT_REPLACED)) {
        struct policy_reading carry_over =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPLACEMENT_CARRY_OVER, NULL);
        handling->carry_over = carry_over_of(carry_over.value.code);
        struct policy_reading at_least =
            decide_read(d, builder->sale, POLICY_WARRANTY_REPLACEMENT_AT_LEAST, NULL);
        handling->at_least = span_or_absent(&at_least.value);
    }
    if (has_kind(d, ENTITLEMENT_FACT_TRANSFERRED))
        handling->is_transferable =
            decide_read(d, builder->sale, POLICY_WARRANTY_TRANSFER_TRANSFERABLE, NULL).value.flag;
}

static void
apply_handling(struct entitlement_terms *terms, const struct handling *handling)
{
    terms->pauses = handling->pauses;
    terms->counts_all_repairs = handling->counts_all_repairs;
    terms->has_pause_max = handling->has_pause_max;
    terms->pause_max = handling->pause_max;
    terms->carry_over = handling->carry_over;
    terms->at_least = handling->at_least;
    terms->is_transferable = handling->is_transferable;
}

/* The step of a rule: cost classes with the same rule share it. */
static Common__V1__Step *
step_of_rule(struct builder *builder, struct decide_pin *pin, enum policy_parameter parameter,
             const struct policy_reading *reading)
{
    for (size_t i = 0; i < builder->rule_count; i++) {
        if (builder->rules[i] == reading->rule)
            return builder->rule_steps[i];
    }
    Common__V1__Step *step = decide_step_value(builder->d, pin, parameter, reading);
    if (builder->rule_count < COUNT_OF(builder->rules)) {
        builder->rules[builder->rule_count] = reading->rule;
        builder->rule_steps[builder->rule_count++] = step;
    }
    return step;
}

/* Where a floor and the company's value cannot be compared on paper, the later end counts. */
static const struct policy_value *
longer_of(const struct builder *builder, const struct policy_reading *reading,
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
add_commercial(struct builder *builder, const struct policy_reading *reading,
               const char *cost_class, const char *component)
{
    Common__V1__Step *step =
        step_of_rule(builder, builder->sale, POLICY_WARRANTY_PERIOD_LENGTH, reading);
    if (reading->value.absence == POLICY_NONE || reading->value.absence == POLICY_NOT_OFFERED) {
        if (step->result == SETS)
            step->result = DOES_NOT_APPLY;
        return;
    }
    builder->layers->has_period = true;
    struct entitlement_terms *terms = add_terms(builder, step, NULL, builder->sale, NULL);
    terms->layer = ENTITLEMENT_COMMERCIAL;
    terms->clause_id = policy_parameter_row(POLICY_WARRANTY_PERIOD_LENGTH)->clause_id;
    terms->cost_class = cost_class;
    terms->component = component;
    terms->span = span_of(longer_of(builder, reading, step));
    set_anchors(builder, terms, builder->anchors, builder->anchor_count);
    apply_handling(terms, &builder->handling);
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

static void
add_period(struct builder *builder, const char *component)
{
    const struct policy_axes *axes = &builder->sale->pin.policy->axes;
    struct decide *d = builder->d;
    for (int value = axes->first[POLICY_AXIS_COST_CLASS]; value < axes->end[POLICY_AXIS_COST_CLASS];
         value++) {
        const char *cost_class = axes->values[value].code;
        decide_pin_say(d, builder->sale, POLICY_AXIS_COST_CLASS, cost_class);
        decide_pin_say(d, builder->sale, POLICY_AXIS_COMPONENT, NULL);
        struct policy_reading whole = decide_look(d, builder->sale, POLICY_WARRANTY_PERIOD_LENGTH);
        if (component[0] == 0) {
            add_commercial(builder, &whole, cost_class, "");
            continue;
        }
        decide_pin_say(d, builder->sale, POLICY_AXIS_COMPONENT, component);
        struct policy_reading part = decide_look(d, builder->sale, POLICY_WARRANTY_PERIOD_LENGTH);
        if (part.rule != whole.rule)
            add_commercial(builder, &part, cost_class, component);
    }
}

static void
add_commercials(struct builder *builder)
{
    struct decide *d = builder->d;
    const struct policy *policy = builder->sale->pin.policy;
    Common__V1__Step *step;
    struct policy_reading starts =
        decide_read(d, builder->sale, POLICY_WARRANTY_PERIOD_STARTS, &step);
    builder->anchors = starts.value.anchors.items;
    builder->anchor_count = starts.value.absence == POLICY_PRESENT ? starts.value.anchors.count : 0;
    const char *event;
    decide_anchor(d, builder->anchors, builder->anchor_count, step, &builder->start, &event);
    read_handling(builder);
    add_period(builder, "");
    const struct policy_axes *axes = &policy->axes;
    for (int value = axes->first[POLICY_AXIS_COMPONENT]; value < axes->end[POLICY_AXIS_COMPONENT];
         value++) {
        if (is_component_named(policy, value))
            add_period(builder, axes->values[value].code);
    }
    decide_pin_say(d, builder->sale, POLICY_AXIS_COST_CLASS, NULL);
    decide_pin_say(d, builder->sale, POLICY_AXIS_COMPONENT, NULL);
}

/* ---- rights ---- */

static void
add_right(struct builder *builder, const struct policy_right *right)
{
    struct decide *d = builder->d;
    struct policy_value length = {.kind = POLICY_SPAN, .span = right->length};
    Common__V1__Step *step = decide_step(d, right->id, "length", GRANTS);
    step->value = decide_value(d->arena, builder->sale->pin.policy, &length);
    for (size_t i = 0; i < right->covers.count; i++) {
        struct entitlement_terms *terms = add_terms(builder, step, right, builder->sale, NULL);
        terms->layer = ENTITLEMENT_STATUTORY;
        terms->clause_id = right->id;
        terms->cost_class = right->covers.codes[i];
        terms->component = "";
        terms->span = span_of(&length);
        set_anchors(builder, terms, right->starts, right->start_count);
        terms->pauses = right->pauses_in_repair;
        terms->carry_over = right->on_replacement;
        terms->at_least.is_none = true;
        terms->is_transferable = true;
    }
}

static void
add_rights(struct builder *builder)
{
    const struct policy *policy = builder->sale->pin.policy;
    for (size_t p = 0; p < policy->pack_count; p++) {
        const struct policy_pack *pack = &policy->packs[p];
        for (size_t i = 0; i < pack->right_count; i++) {
            const struct policy_right *right = &pack->rights[i];
            if (right->kind == POLICY_RIGHT_WARRANTY &&
                decide_holds(builder->d, builder->sale, &pack->applies, right->id) &&
                decide_holds(builder->d, builder->sale, &right->when, right->id))
                add_right(builder, right);
        }
    }
}

/* ---- plans and repairs ---- */

static bool
has_plan_terms(const struct builder *builder, const char *plan_key)
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
add_plan(struct builder *builder, struct entitlement_fact *fact)
{
    struct decide *d = builder->d;
    if (!date_is_valid(fact->date) || fact->plan == NULL)
        return;
    const char *plan = fact->plan;
    struct decide_pin *pin = decide_pin(d, POLICY_BUY, fact->date);
    const char *key = arena_printf(d->arena, "%s@%lld", plan, (long long)pin->pin.policy->version);
    fact->plan = key;
    if (has_plan_terms(builder, key))
        return;
    decide_pin_say(d, pin, POLICY_AXIS_PLAN, plan);
    Common__V1__Step *step;
    struct policy_reading length = decide_read(d, pin, POLICY_EXTENDED_PERIOD_LENGTH, &step);
    struct policy_reading covers = decide_read(d, pin, POLICY_EXTENDED_COVERAGE_COVERS, NULL);
    bool is_transferable = true;
    if (has_kind(d, ENTITLEMENT_FACT_TRANSFERRED))
        is_transferable =
            decide_read(d, pin, POLICY_EXTENDED_CANCELLATION_TRANSFERABLE, NULL).value.flag;
    if (length.value.absence == POLICY_NONE || length.value.absence == POLICY_NOT_OFFERED ||
        covers.value.absence != POLICY_PRESENT) {
        step->result = DOES_NOT_APPLY;
        return;
    }
    for (size_t i = 0; i < covers.value.codes.count; i++) {
        struct entitlement_terms *terms = add_terms(builder, step, NULL, pin, plan);
        terms->layer = ENTITLEMENT_EXTENDED;
        terms->clause_id = step->clause_id;
        terms->cost_class = covers.value.codes.codes[i];
        terms->component = "";
        terms->plan = key;
        terms->span = span_of(&length.value);
        set_anchors(builder, terms, builder->anchors, builder->anchor_count);
        apply_handling(terms, &builder->handling);
        terms->is_transferable = is_transferable;
    }
}

static struct date
last_repair_date(const struct decide *d)
{
    struct date date = {0};
    for (size_t i = 0; i < d->unit_fact_count; i++) {
        const struct entitlement_fact *fact = d->unit_facts[i];
        if (fact->kind == ENTITLEMENT_FACT_TAKEN_IN ||
            (fact->kind == ENTITLEMENT_FACT_REPAIRED && date_is_absent(date)))
            date = fact->date;
    }
    return date;
}

static void
add_repairs(struct builder *builder)
{
    struct decide *d = builder->d;
    struct date date = last_repair_date(d);
    if (!has_kind(d, ENTITLEMENT_FACT_REPAIRED) || !date_is_valid(date))
        return;
    struct decide_pin *pin = decide_pin(d, POLICY_CASE, date);
    builder->rule_count = 0;
    const struct policy_axes *axes = &pin->pin.policy->axes;
    for (int value = axes->first[POLICY_AXIS_COST_CLASS]; value < axes->end[POLICY_AXIS_COST_CLASS];
         value++) {
        const char *cost_class = axes->values[value].code;
        decide_pin_say(d, pin, POLICY_AXIS_COST_CLASS, cost_class);
        struct policy_reading reading = decide_look(d, pin, POLICY_REPAIR_WARRANTY_LENGTH);
        Common__V1__Step *step =
            step_of_rule(builder, pin, POLICY_REPAIR_WARRANTY_LENGTH, &reading);
        if (reading.value.absence == POLICY_NONE || reading.value.absence == POLICY_NOT_OFFERED)
            continue;
        struct entitlement_terms *terms = add_terms(builder, step, NULL, pin, NULL);
        terms->layer = ENTITLEMENT_REPAIR;
        terms->clause_id = step->clause_id;
        terms->cost_class = cost_class;
        terms->component = "";
        terms->span = span_of(&reading.value);
        terms->at_least.is_none = true;
        terms->is_transferable = true;
    }
    decide_pin_say(d, pin, POLICY_AXIS_COST_CLASS, NULL);
}

/* ---- facts of the ledger ---- */

static bool
knows_event(const struct decide *d, enum entitlement_event event)
{
    for (size_t i = 0; i < d->unit_fact_count; i++) {
        if (d->unit_facts[i]->kind == ENTITLEMENT_FACT_EVENT && d->unit_facts[i]->event == event)
            return true;
    }
    return false;
}

/* The known facts, and the events that only the case knows on more than the customer's word. */
static void
collect_facts(struct builder *builder)
{
    struct decide *d = builder->d;
    builder->facts = arena_alloc(d->arena, (d->unit_fact_count + ENTITLEMENT_EVENT_COUNT) *
                                               sizeof *builder->facts);
    for (size_t i = 0; i < d->unit_fact_count; i++)
        builder->facts[builder->fact_count++] = *d->unit_facts[i];
    static const char *const ids[ENTITLEMENT_EVENT_COUNT] = {
        "case:ordered",   "case:purchased",  "case:delivered",
        "case:installed", "case:registered", "case:manufactured",
    };
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        if (knows_event(d, (enum entitlement_event)event))
            continue;
        const struct policy_fact *fact = decide_read_row(d, d->engine->event_rows[event]);
        if (fact == NULL || fact->trust == POLICY_STATED)
            continue;
        builder->facts[builder->fact_count++] = (struct entitlement_fact){
            .fact_id = ids[event],
            .serial = decide_serial(d),
            .kind = ENTITLEMENT_FACT_EVENT,
            .event = (enum entitlement_event)event,
            .date = fact->date,
            .record_us = d->question->decide_us,
        };
    }
}

const char *
decide_serial(const struct decide *d)
{
    return d->question->serial == NULL || d->question->serial[0] == 0 ? "unit"
                                                                      : d->question->serial;
}

/* Plans are renamed by version before the ledger sees them. */
static void
add_plans(struct builder *builder)
{
    for (size_t i = 0; i < builder->fact_count; i++) {
        struct entitlement_fact *fact = &builder->facts[i];
        if (fact->kind == ENTITLEMENT_FACT_PLAN_BOUGHT ||
            fact->kind == ENTITLEMENT_FACT_PLAN_RENEWED)
            add_plan(builder, fact);
    }
}

enum err
decide_layers(struct decide *d, struct decide_layers *layers)
{
    struct builder builder = {.d = d, .layers = layers};
    *layers = (struct decide_layers){0};
    collect_facts(&builder);
    struct date sale_date;
    const struct entitlement_fact *sale_fact;
    enum err err =
        entitlement_sale_date(d->arena, builder.facts, builder.fact_count, decide_serial(d),
                              d->question->decide_us, &sale_date, &sale_fact, d->fault);
    if (err != OK)
        return err;
    builder.sale = decide_pin(d, POLICY_SALE, sale_date);
    layers->sale = builder.sale;
    d->policy = builder.sale->pin.policy;
    add_commercials(&builder);
    add_rights(&builder);
    add_plans(&builder);
    add_repairs(&builder);
    layers->terms = builder.terms;
    struct entitlement_question question = {
        .serial = decide_serial(d),
        .at = d->question->at_date,
        .known_at_us = d->question->decide_us,
        .facts = builder.facts,
        .fact_count = builder.fact_count,
        .terms = builder.terms,
        .term_count = layers->term_count,
    };
    return entitlement_compute(d->arena, &question, &layers->ledger, d->fault);
}

const struct policy_right *
decide_right(const struct decide_layers *layers, const struct entitlement_interval *interval)
{
    return interval->terms == NULL ? NULL : layers->rights[interval->terms - layers->terms];
}
