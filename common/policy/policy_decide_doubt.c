/*
 * policy_decide_doubt - what might be better for the customer, if more were known of them
 *
 * A doubt is found by looking at every rule of the parameter: one that all proven axes allow, that
 * names an axis which is not proven (or beats a rule that does), and that is not worse for the
 * customer than the value that was found. Of a sold unit, the versions that improve it are looked
 * at as well as its own.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

static void
add_doubts(struct decide *d, uint32_t axes, const char *clause_id)
{
    axes &= ~d->doubted;
    d->doubted |= axes;
    for (int axis = 0; axes >> axis != 0 && axis < POLICY_AXIS_COUNT; axis++) {
        if ((axes >> axis & 1) != 0)
            d->doubts[d->doubt_count++] = (struct decide_doubt){(enum policy_axis)axis, clause_id};
    }
}

/* Axes that a selector names and that are not proven; false: a proven one speaks against it. */
static bool
find_open_axes(const struct decide_pin *pin, const struct policy_when *when, uint32_t *ret_axes)
{
    *ret_axes = 0;
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        if ((pin->proven >> axis & 1) == 0) {
            /* A wide value is known as far as it goes. */
            int known = pin->subject.values[axis];
            bool is_wide = !policy_axes_is_leaf(&pin->pin.policy->axes, known);
            if (is_wide &&
                !policy_axes_contains(&pin->pin.policy->axes, known, when->values[axis]) &&
                !policy_axes_contains(&pin->pin.policy->axes, when->values[axis], known))
                return false;
            *ret_axes |= 1U << axis;
        } else if (!policy_axes_contains(&pin->pin.policy->axes, when->values[axis],
                                         pin->subject.values[axis]) ||
                   pin->subject.values[axis] == 0) {
            return false;
        }
    }
    return true;
}

bool
decide_may_hold(const struct decide_pin *pin, const struct policy_when *when)
{
    uint32_t open;
    return find_open_axes(pin, when, &open);
}

bool
decide_holds(struct decide *d, struct decide_pin *pin, const struct policy_when *when,
             const char *clause_id)
{
    decide_pin_load(d, pin, when->named);
    uint32_t open;
    if (find_open_axes(pin, when, &open) && open != 0)
        add_doubts(d, open, clause_id);
    return policy_when_matches(&pin->pin.policy->axes, when, &pin->subject);
}

static bool
is_doubtful(const struct policy_parameter_row *row, const struct policy_rule *rule,
            const struct policy_value *value)
{
    enum policy_order order = policy_value_compare(row, &rule->value, value);
    return order == POLICY_BETTER || order == POLICY_INCOMPARABLE;
}

/* The rules that could be a doubt against what a rule says; found once for each. */
static const struct decide_better *
find_better(struct decide *d, const struct policy *policy, const struct policy_rule *rule)
{
    struct decide_better *better = &decide_version(d, policy)->better[rule - policy->rules];
    if (better->end != 0)
        return better;
    const struct policy_parameter_row *row = policy_parameter_row(rule->parameter);
    size_t end = policy->rule_first[rule->parameter + 1];
    *better = (struct decide_better){.first = end, .end = end};
    for (size_t i = end; i-- > policy->rule_first[rule->parameter];) {
        if (!is_doubtful(row, &policy->rules[i], &rule->value))
            continue;
        if (better->first == end)
            better->end = i + 1;
        better->first = i;
        better->named |= policy->rules[i].when.named;
    }
    return better;
}

/* `holds` is the rule of the pin's version that holds for what is known. Rules are looked at for as
 * long as one could add a doubt. */
static void
doubt_rules(struct decide *d, const struct decide_pin *pin, enum policy_parameter parameter,
            const struct policy_rule *holds, const struct policy_reading *reading)
{
    const struct policy *policy = pin->pin.policy;
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    uint32_t beaten = holds->when.named & ~pin->proven;
    struct decide_better looked = {policy->rule_first[parameter], policy->rule_first[parameter + 1],
                                   decide_version(d, policy)->named[parameter]};
    /* What is no doubt against a rule is none against a floor that lifted it. */
    if (holds == reading->rule)
        looked = *find_better(d, policy, holds);
    uint32_t named = (looked.named & ~pin->proven) | beaten;
    for (size_t i = looked.first; i < looked.end && (named & ~d->doubted) != 0; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        uint32_t open;
        if (rule == holds || !find_open_axes(pin, &rule->when, &open) ||
            ((open | beaten) & ~d->doubted) == 0)
            continue;
        if (is_doubtful(row, rule, &reading->value))
            add_doubts(d, open | beaten, row->clause_id);
    }
}

static void
doubt_floors(struct decide *d, const struct decide_pin *pin, enum policy_parameter parameter)
{
    const struct policy *policy = pin->pin.policy;
    for (size_t p = 0; p < policy->pack_count; p++) {
        for (size_t i = 0; i < policy->packs[p].floor_count; i++) {
            const struct policy_floor *floor = &policy->packs[p].floors[i];
            uint32_t open;
            if (floor->parameter == parameter && find_open_axes(pin, &floor->when, &open) &&
                open != 0)
                add_doubts(d, open, floor->id);
        }
    }
}

struct decide_pin
decide_pin_in(const struct decide_pin *pin, const struct policy *later)
{
    struct decide_pin other = {.pin = pin->pin, .loaded = pin->loaded, .proven = pin->proven};
    other.pin.policy = later;
    other.subject = policy_set_translate(&pin->pin.policy->axes, &later->axes, &pin->subject);
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++) {
        int value = other.subject.values[axis];
        if (!policy_axes_is_leaf(&later->axes, value))
            other.proven &= ~(1U << axis);
    }
    return other;
}

/* Looks at one version; the pin is in its words. */
static void
doubt_version(struct decide *d, const struct decide_pin *pin, enum policy_parameter parameter,
              const struct policy_rule *holds, const struct policy_reading *reading)
{
    const struct policy *policy = pin->pin.policy;
    if ((decide_version(d, policy)->named[parameter] & ~pin->proven) != 0)
        doubt_rules(d, pin, parameter, holds, reading);
    if (policy->pack_count > 0)
        doubt_floors(d, pin, parameter);
}

/* What a version that improves what was sold would give for what is not proven. It is then a source
 * of the pin, so that the record can be decided again. */
static void
doubt_later(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter,
            const struct policy_reading *reading)
{
    size_t at = 0;
    for (const struct policy *later;
         (later = policy_set_next(&d->set, &pin->pin, d->today, &at)) != NULL;) {
        struct decide_pin other = decide_pin_in(pin, later);
        size_t before = d->doubt_count;
        doubt_version(d, &other, parameter, policy_find_rule(later, parameter, &other.subject),
                      reading);
        if (d->doubt_count > before)
            decide_pin_source(d, pin, later);
    }
}

void
decide_doubt(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter,
             const struct policy_reading *reading)
{
    const struct policy *policy = pin->pin.policy;
    bool is_own = reading->policy == policy;
    const struct policy_rule *holds =
        is_own ? reading->rule : policy_find_rule(policy, parameter, &pin->subject);
    doubt_version(d, pin, parameter, holds, reading);
    if (policy_parameter_row(parameter)->moment == POLICY_SALE && d->set.version_count > 1)
        doubt_later(d, pin, parameter, reading);
}
