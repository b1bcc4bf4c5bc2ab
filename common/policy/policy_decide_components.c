/*
 * policy_decide_components - for which components the period may differ from that of the whole unit
 *
 * Those that a rule or floor names, in the version of the sale or in one that improves it, unless
 * something proven speaks against it: most products have none, and then nothing is looked up for
 * each. The part that is asked about is one of them, as it may lie beneath one. They come in the
 * order of the pinned version's axis, then those that only later ones know.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_terms.h"

#include <string.h>

struct components {
    struct decide *d;
    const struct policy_axes *axes; /* of the pinned version */
    bool *is_named;                 /* by index of its values */
    struct decide_list others;      /* codes that it does not know */
    bool is_any;
};

static void
add_code(struct components *components, const char *code)
{
    components->is_any = true;
    int value = policy_axes_find(components->axes, POLICY_AXIS_COMPONENT, code);
    if (value != 0) {
        components->is_named[value] = true;
        return;
    }
    for (size_t i = 0; i < components->others.count; i++) {
        if (strcmp(components->others.items[i], code) == 0)
            return;
    }
    decide_list_add(components->d, &components->others, (void *)code);
}

/* Adds the component that a selector names, if nothing else that is proven speaks against it. */
static void
add_named(struct components *components, const struct decide_pin *pin,
          const struct policy_when *named)
{
    const struct policy_axes *axes = &pin->pin.policy->axes;
    struct policy_when when = *named;
    policy_when_name(axes, &when, POLICY_AXIS_COMPONENT, 0);
    if (decide_may_hold(pin, &when))
        add_code(components, axes->values[named->values[POLICY_AXIS_COMPONENT]].code);
}

static bool
names_component(const struct policy_when *when)
{
    return (when->named >> POLICY_AXIS_COMPONENT & 1) != 0;
}

/* The pin is in the words of the version that is looked at. */
static void
add_of_version(struct components *components, const struct decide_pin *pin)
{
    const struct policy *policy = pin->pin.policy;
    enum policy_parameter length = POLICY_WARRANTY_PERIOD_LENGTH;
    for (size_t i = policy->rule_first[length]; i < policy->rule_first[length + 1]; i++) {
        if (names_component(&policy->rules[i].when))
            add_named(components, pin, &policy->rules[i].when);
    }
    for (size_t p = 0; p < policy->pack_count; p++) {
        for (size_t i = 0; i < policy->packs[p].floor_count; i++) {
            const struct policy_floor *floor = &policy->packs[p].floors[i];
            if (floor->parameter == length && names_component(&floor->when))
                add_named(components, pin, &floor->when);
        }
    }
}

struct decide_list
decide_components(const struct decide_builder *builder)
{
    struct decide *d = builder->d;
    struct decide_pin pin = *builder->sale;
    const struct policy_axes *axes = &pin.pin.policy->axes;
    pin.proven &= ~(1U << POLICY_AXIS_COST_CLASS); /* any of them */
    struct components components = {.d = d, .axes = axes};
    components.is_named =
        arena_alloc(d->work, (size_t)axes->value_count * sizeof *components.is_named);
    add_of_version(&components, &pin);
    size_t at = 0;
    for (const struct policy *later;
         (later = policy_set_next(&d->set, &pin.pin, d->today, &at)) != NULL;) {
        struct decide_pin other = decide_pin_in(&pin, later);
        add_of_version(&components, &other);
    }
    const struct policy_fact *part = components.is_any ? decide_read_fact(d, "component") : NULL;
    if (part != NULL)
        add_code(&components, part->code);
    struct decide_list codes = {0};
    for (int i = axes->first[POLICY_AXIS_COMPONENT]; i < axes->end[POLICY_AXIS_COMPONENT]; i++) {
        if (components.is_named[i])
            decide_list_add(d, &codes, (void *)axes->values[i].code);
    }
    for (size_t i = 0; i < components.others.count; i++)
        decide_list_add(d, &codes, components.others.items[i]);
    return codes;
}
