/*
 * policy_decide_read - pins and values of parameters
 *
 * A pin is a version at a legal moment with the subject in that version's words. A parameter is
 * read for all axes that the catalogue lets it vary by, named by a rule or not: so a draft that
 * names another one can be replayed over the record.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

static const struct policy_axes *
axes_of(const struct decide_pin *pin)
{
    return &pin->pin.policy->axes;
}

static void
load_axis(struct decide *d, struct decide_pin *pin, enum policy_axis axis)
{
    const struct policy_fact *fact = decide_read_row(d, d->engine->axis_rows[axis]);
    pin->loaded |= 1U << axis;
    if (fact == NULL || !policy_subject_set(axes_of(pin), &pin->subject, axis, fact->code))
        return;
    bool is_narrow = policy_axes_is_leaf(axes_of(pin), pin->subject.values[axis]);
    bool is_said_only = fact->trust == POLICY_STATED && (DECIDE_SOLD_AXES >> axis & 1) != 0;
    if (is_narrow && !is_said_only)
        pin->proven |= 1U << axis;
}

void
decide_pin_load(struct decide *d, struct decide_pin *pin, uint32_t axes)
{
    for (uint32_t missing = axes & ~pin->loaded; missing != 0; missing &= missing - 1)
        load_axis(d, pin, (enum policy_axis)__builtin_ctz(missing));
}

void
decide_pin_say(struct decide *d, struct decide_pin *pin, enum policy_axis axis, const char *code)
{
    (void)d;
    pin->subject.values[axis] = 0;
    pin->subject.codes[axis] = NULL;
    pin->loaded |= 1U << axis;
    pin->proven |= 1U << axis;
    if (code != NULL)
        policy_subject_set(axes_of(pin), &pin->subject, axis, code);
}

void
decide_pin_set(struct decide_pin *pin, enum policy_axis axis, int value)
{
    pin->subject.values[axis] = value;
    pin->subject.codes[axis] = value == 0 ? NULL : axes_of(pin)->values[value].code;
    pin->loaded |= 1U << axis;
    pin->proven |= 1U << axis;
}

/* The packs that apply are part of the pin; one that may apply is a doubt. */
static void
find_packs(struct decide *d, struct decide_pin *pin)
{
    const struct policy *policy = pin->pin.policy;
    for (size_t i = 0; i < policy->pack_count; i++) {
        if (decide_holds(d, pin, &policy->packs[i].applies, policy->packs[i].id))
            decide_list_add(d, &pin->layers, (void *)policy->packs[i].label);
    }
}

struct decide_pin *
decide_pin(struct decide *d, enum policy_moment moment, struct date date)
{
    struct policy_pin found = policy_set_pin(&d->set, moment, date);
    for (size_t i = 0; i < d->pins.count; i++) {
        struct decide_pin *pin = d->pins.items[i];
        if (pin->pin.moment == moment && date_compare(pin->pin.date, date) == 0)
            return pin;
    }
    struct decide_pin *pin = arena_alloc(d->work, sizeof *pin);
    pin->pin = found;
    pin->pin.date = date;
    decide_list_add(d, &d->pins, pin);
    if (moment == POLICY_SALE)
        find_packs(d, pin);
    return pin;
}

/* ---- values ---- */

void
decide_pin_source(struct decide *d, struct decide_pin *pin, const struct policy *version)
{
    for (size_t i = 0; i < pin->sources.count; i++) {
        if (pin->sources.items[i] == version)
            return;
    }
    decide_list_add(d, &pin->sources, (void *)version);
}

/* Floors of a version that improves what was sold may name more axes than those of its own. Such a
 * version is a source of the pin, so that the record can be decided again. */
static void
load_for_later(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter)
{
    size_t at = 0;
    for (const struct policy *later;
         (later = policy_set_next(&d->set, &pin->pin, d->today, &at)) != NULL;) {
        uint32_t axes = decide_version(d, later)->floor_named[parameter] & ~pin->loaded;
        if (axes != 0) {
            decide_pin_load(d, pin, axes);
            decide_pin_source(d, pin, later);
        }
    }
}

struct policy_reading
decide_look(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter)
{
    const struct policy *own = pin->pin.policy;
    bool is_of_many = pin->pin.moment == POLICY_SALE && d->set.version_count > 1;
    decide_pin_load(d, pin,
                    policy_parameter_row(parameter)->axes |
                        decide_version(d, own)->floor_named[parameter]);
    if (is_of_many && policy_parameter_row(parameter)->moment == POLICY_SALE)
        load_for_later(d, pin, parameter);
    struct policy_reading reading =
        is_of_many
            ? policy_set_read(d->arena, &d->set, &pin->pin, parameter, &pin->subject, d->today)
            : policy_read_value(d->arena, own, parameter, &pin->subject);
    CHECK(reading.rule != NULL);
    if (reading.policy != own)
        decide_pin_source(d, pin, reading.policy);
    decide_doubt(d, pin, parameter, &reading);
    return reading;
}

Common__V1__Step *
decide_step(struct decide *d, const char *clause_id, const char *parameter, decide_result result)
{
    Common__V1__Step *step = decide_room(d->arena, sizeof *step);
    common__v1__step__init(step);
    step->clause_id = (char *)clause_id;
    step->parameter = (char *)parameter;
    step->result = result;
    decide_list_add(d, &d->steps, step);
    return step;
}

Common__V1__Step *
decide_step_value(struct decide *d, enum policy_parameter parameter,
                  const struct policy_reading *reading)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    const struct policy *policy = reading->policy;
    bool is_lifted = reading->floor != NULL;
    Common__V1__Step *step =
        decide_step(d, row->clause_id, row->parameter, is_lifted ? LIFTED : SETS);
    step->rule = (char *)reading->rule->when_text;
    if (is_lifted) {
        step->value = decide_value(d->arena, policy, &reading->value);
        step->lifted_by = (char *)reading->floor->id;
        decide_compute(d, step, "company_value", decide_rule_value(d, policy, reading->rule), "");
    } else {
        step->value = policy_value_equals(&reading->value, &reading->rule->value)
                          ? decide_rule_value(d, policy, reading->rule)
                          : decide_value(d->arena, policy, &reading->value);
    }
    return step;
}

struct policy_reading
decide_read(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter,
            Common__V1__Step **ret_step)
{
    struct policy_reading reading = decide_look(d, pin, parameter);
    Common__V1__Step *step = decide_step_value(d, parameter, &reading);
    if (ret_step != NULL)
        *ret_step = step;
    return reading;
}

void
decide_step_fact(struct decide *d, Common__V1__Step *step, const char *fact_name)
{
    char **names = arena_alloc(d->arena, (step->n_fact_names + 1) * sizeof *names);
    if (step->n_fact_names > 0)
        memcpy(names, step->fact_names, step->n_fact_names * sizeof *names);
    names[step->n_fact_names++] = (char *)fact_name;
    step->fact_names = names;
}

Common__V1__Computed *
decide_compute(struct decide *d, Common__V1__Step *step, const char *name, Common__V1__Value *value,
               const char *explanation)
{
    Common__V1__Computed *computed = decide_room(d->arena, sizeof *computed);
    common__v1__computed__init(computed);
    computed->name = (char *)name;
    computed->value = value;
    if (explanation[0] != 0)
        computed->explanation = (char *)explanation;
    if (step == NULL) {
        decide_list_add(d, &d->computed, computed);
        return computed;
    }
    Common__V1__Computed **list =
        arena_alloc(d->arena, (step->n_computed + 1) * sizeof(Common__V1__Computed *));
    if (step->n_computed > 0)
        memcpy(list, step->computed, step->n_computed * sizeof *list);
    list[step->n_computed++] = computed;
    step->computed = list;
    return computed;
}

static void
add_amount(struct buf *text, int amount, const char *unit)
{
    if (amount == 0)
        return;
    buf_add_text(text, " + ");
    buf_add_number(text, amount);
    buf_add_char(text, ' ');
    buf_add_text(text, unit);
    buf_add_text(text, amount == 1 ? "" : "s");
}

/* "delivered 2026-03-15 + 90 days". */
static const char *
explain_anchor(struct decide *d, const struct policy_anchor *anchor, struct date date)
{
    char day[DATE_TEXT_SIZE];
    date_print(date, day);
    struct buf *text = decide_scratch(d);
    buf_add_text(text, anchor->event);
    buf_add_char(text, ' ');
    buf_add_text(text, day);
    add_amount(text, anchor->months, "month");
    add_amount(text, anchor->days, "day");
    return arena_copy_text(d->arena, buf_text(text));
}

struct date
decide_tell_anchor(struct decide *d, Common__V1__Step *step, const struct policy_anchor *anchor,
                   struct date event_date)
{
    struct date date = date_add(event_date, anchor->months, anchor->days);
    decide_compute(d, step, "start_date", decide_value_date(d, date),
                   explain_anchor(d, anchor, event_date));
    return date;
}

bool
decide_anchor(struct decide *d, const struct policy_anchor *anchors, size_t count,
              Common__V1__Step *step, struct date *ret_date, const char **ret_event)
{
    for (size_t i = 0; i < count; i++) {
        const struct policy_anchor *anchor = &anchors[i];
        const struct policy_fact *fact = decide_read_row(d, anchor->row);
        decide_step_fact(d, step, anchor->event);
        /* The customer's word moves no deadline, neither way. */
        if (fact == NULL || fact->trust == POLICY_STATED)
            continue;
        *ret_date = decide_tell_anchor(d, step, anchor, fact->date);
        *ret_event = anchor->event;
        return true;
    }
    return false;
}

struct date
decide_sale_date(struct decide *d)
{
    struct date date = {0};
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        const struct policy_fact *fact = decide_read_row(d, d->engine->event_rows[event]);
        if (fact != NULL && fact->trust > POLICY_STATED && date_is_absent(date))
            date = fact->date;
    }
    return date;
}
