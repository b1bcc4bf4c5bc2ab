/*
 * policy_check_period - warranties that the ledger could not work out
 *
 * The ledger of a unit takes so many terms, one for each cost class of the whole unit and of each
 * component that has a length of its own. What it counts from is an event of the unit: a chain that
 * names others would skip them, and a warranty with no other could never begin.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <string.h>

/* Terms of a ledger that are left to the plans that were bought. */
enum { PLAN_TERMS = 64, TERMS_MAX = ENTITLEMENT_TERMS_MAX - PLAN_TERMS };

/* ---- how many terms ---- */

struct counting {
    const struct policy_axes *axes;
    int cost_class;
    bool *is_counted; /* components, by index of their values */
    size_t count;
};

static void
count_component(struct counting *counting, const struct policy_when *when)
{
    int component = when->values[POLICY_AXIS_COMPONENT];
    bool is_of_class = (when->named >> POLICY_AXIS_COST_CLASS & 1) == 0 ||
                       policy_axes_contains(counting->axes, when->values[POLICY_AXIS_COST_CLASS],
                                            counting->cost_class);
    if ((when->named >> POLICY_AXIS_COMPONENT & 1) == 0 || !is_of_class ||
        counting->is_counted[component])
        return;
    counting->is_counted[component] = true;
    counting->count++;
}

/* Components with a length of their own for a cost class. */
static size_t
count_components(struct arena *arena, const struct policy *policy, int cost_class)
{
    enum policy_parameter length = POLICY_WARRANTY_PERIOD_LENGTH;
    size_t size = (size_t)policy->axes.value_count;
    struct counting counting = {.axes = &policy->axes,
                                .cost_class = cost_class,
                                .is_counted = arena_alloc(arena, size * sizeof(bool))};
    for (size_t i = policy->rule_first[length]; i < policy->rule_first[length + 1]; i++)
        count_component(&counting, &policy->rules[i].when);
    for (size_t p = 0; p < policy->pack_count; p++) {
        for (size_t i = 0; i < policy->packs[p].floor_count; i++) {
            if (policy->packs[p].floors[i].parameter == length)
                count_component(&counting, &policy->packs[p].floors[i].when);
        }
    }
    return counting.count;
}

static size_t
count_rights(const struct policy *policy)
{
    size_t count = 0;
    for (size_t p = 0; p < policy->pack_count; p++) {
        for (size_t i = 0; i < policy->packs[p].right_count; i++) {
            if (policy->packs[p].rights[i].kind == POLICY_RIGHT_WARRANTY)
                count += policy->packs[p].rights[i].covers.count;
        }
    }
    return count;
}

static void
check_terms(struct arena *arena, const struct policy *policy, struct policy_problems *problems)
{
    const struct policy_axes *axes = &policy->axes;
    const char *clause_id = policy_parameter_row(POLICY_WARRANTY_PERIOD_LENGTH)->clause_id;
    const struct policy_clause *clause = policy_find_clause(policy, clause_id);
    size_t count = count_rights(policy);
    /* Those of the whole unit, of the part that is asked about, and of repairs. */
    for (int cost_class = axes->first[POLICY_AXIS_COST_CLASS];
         cost_class < axes->end[POLICY_AXIS_COST_CLASS]; cost_class++)
        count += 3 + count_components(arena, policy, cost_class);
    if (count <= TERMS_MAX || clause == NULL)
        return;
    policy_problem_add(problems, POLICY_ERROR, "COMPONENTS_TOO_MANY", clause->place, clause_id,
                       "with a 'length' for each of so many components a decision would rest on up "
                       "to %zu terms, %d at most can be: let groups of components share one",
                       count, TERMS_MAX);
}

/* ---- what it counts from ---- */

static bool
is_of_unit(const char *event)
{
    for (int i = 0; i < ENTITLEMENT_EVENT_COUNT; i++) {
        if (strcmp(entitlement_event_name((enum entitlement_event)i), event) == 0)
            return true;
    }
    return false;
}

static void
check_chain(const struct policy_anchor *anchors, size_t count, struct policy_place place,
            const char *clause_id, struct policy_problems *problems)
{
    for (size_t i = 0; i < count; i++) {
        if (is_of_unit(anchors[i].event))
            continue;
        policy_problem_add(problems, POLICY_ERROR, "EVENT_NOT_OF_UNIT", place, clause_id,
                           "no warranty can begin when something was '%s': there are ordered, "
                           "purchased, delivered, installed, registered and manufactured",
                           anchors[i].event);
    }
}

static void
check_starts(const struct policy *policy, struct policy_problems *problems)
{
    enum policy_parameter starts = POLICY_WARRANTY_PERIOD_STARTS;
    for (size_t i = policy->rule_first[starts]; i < policy->rule_first[starts + 1]; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (rule->value.absence == POLICY_PRESENT)
            check_chain(rule->value.anchors.items, rule->value.anchors.count, rule->place,
                        rule->clause->id, problems);
    }
    for (size_t p = 0; p < policy->pack_count; p++) {
        for (size_t i = 0; i < policy->packs[p].right_count; i++) {
            const struct policy_right *right = &policy->packs[p].rights[i];
            if (right->kind == POLICY_RIGHT_WARRANTY)
                check_chain(right->starts, right->start_count, right->place, right->id, problems);
        }
    }
}

void
policy_check_period(struct arena *arena, const struct policy *policy,
                    struct policy_problems *problems)
{
    check_terms(arena, policy, problems);
    check_starts(policy, problems);
}
