/*
 * policy_check_floors - statutory packs: floors that can lift, promises below them, rights
 *
 * A floor meets the rules of its parameter in overlaps, as rules meet each other: a rule holds
 * somewhere in the overlap of its selector and the floor's if and only if it is one of the
 * narrowest around that overlap (policy_check_table.c).
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <string.h>

/* The floors of one parameter, of all packs. */
struct floors {
    const struct policy_floor *floors[POLICY_CHECK_FLOORS_MAX];
    const struct policy_pack *packs[POLICY_CHECK_FLOORS_MAX];
    int count;
};

static bool
joins(const struct policy_parameter_row *row)
{
    return row->better == POLICY_MORE || row->better == POLICY_FEWER;
}

/* Collects the floors that can lift, and reports those that cannot. */
static void
collect(const struct policy *policy, enum policy_parameter parameter, struct floors *ret_floors,
        struct policy_problems *problems)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    ret_floors->count = 0;
    for (size_t i = 0; i < policy->pack_count; i++) {
        const struct policy_pack *pack = &policy->packs[i];
        for (size_t j = 0; j < pack->floor_count; j++) {
            const struct policy_floor *floor = &pack->floors[j];
            if (floor->parameter != parameter)
                continue;
            if (row->better == POLICY_UNCOMPARED) {
                policy_problem_add(problems, POLICY_ERROR, "FLOOR_UNCOMPARED", floor->place, "",
                                   "floor '%s': no value of '%s' is better for the customer than "
                                   "another, so it cannot have a floor",
                                   floor->id, row->name);
            } else if (ret_floors->count == POLICY_CHECK_FLOORS_MAX) {
                policy_problem_add(problems, POLICY_ERROR, "FLOORS_TOO_MANY", floor->place, "",
                                   "floor '%s': '%s' has more than %d floors", floor->id, row->name,
                                   POLICY_CHECK_FLOORS_MAX);
                return;
            } else {
                ret_floors->packs[ret_floors->count] = pack;
                ret_floors->floors[ret_floors->count++] = floor;
            }
        }
    }
}

static void
check_axes(const struct policy_parameter_row *row, const struct policy_floor *floor,
           const struct policy_pack *pack, struct policy_problems *problems)
{
    /* A parameter need not vary by the axes that the pack is for: the floor then holds for those
     * people, whichever rule does. */
    uint32_t strange = floor->when.named & ~row->axes & ~pack->applies.named;
    if (strange != 0)
        policy_problem_add(problems, POLICY_ERROR, "AXIS_NOT_ALLOWED", floor->place, "",
                           "floor '%s': '%s' cannot vary by '%s'", floor->id, row->name,
                           policy_axis_row((enum policy_axis)__builtin_ctz(strange))->name);
}

/* Whether an entry holds for some subject of a selector that overlaps with its own. */
static bool
holds_in(struct policy_table *table, const struct policy_entry *entry,
         const struct policy_when *both)
{
    int count = policy_table_narrowest(table, both, NULL);
    for (int i = 0; i < count; i++) {
        if (table->narrowest[i] == entry)
            return true;
    }
    return false;
}

static bool
is_below(struct arena *arena, const struct policy_parameter_row *row,
         const struct policy_value *value, const struct policy_value *floor)
{
    if (!joins(row))
        return policy_value_compare(row, floor, value) == POLICY_BETTER;
    if (policy_value_equals(value, floor))
        return false;
    struct policy_value best = policy_value_best(arena, row, value, floor);
    return !policy_value_equals(&best, value);
}

/* Warns of each rule that promises less than the floor, where it is the rule that holds. */
static void
check_promises(struct arena *arena, const struct policy *policy,
               const struct policy_parameter_row *row, const struct policy_floor *floor,
               struct policy_table *table, struct policy_problems *problems)
{
    for (int i = 0; i < table->count; i++) {
        const struct policy_entry *entry = &table->entries[i];
        struct policy_when both;
        if (!policy_when_meet(&policy->axes, &entry->when, &floor->when, &both) ||
            !is_below(arena, row, entry->value, &floor->value) || !holds_in(table, entry, &both))
            continue;
        policy_problem_add(
            problems, POLICY_WARNING, "BELOW_FLOOR", entry->rule->place, entry->rule->clause->id,
            "'%s' is %.80s, but floor '%s' gives %.80s for %s", row->parameter,
            policy_value_print(arena, entry->value), floor->id,
            policy_value_print(arena, &floor->value),
            both.named == 0 ? "all" : policy_when_print(arena, &policy->axes, &both));
    }
}

static bool
is_incomparable(const struct policy_parameter_row *row, const struct policy_value *a,
                const struct policy_value *b)
{
    return policy_value_compare(row, a, b) == POLICY_INCOMPARABLE;
}

/* A reading has place for two values of which neither is better. Refuses the floors that would
 * stand third, beside two others or beside a rule and another. */
static void
check_rivals(const struct policy *policy, const struct policy_parameter_row *row,
             const struct floors *floors, const struct policy_when *when,
             const struct policy_value *value, struct policy_problems *problems)
{
    for (int i = 0; i < floors->count; i++) {
        const struct policy_floor *first = floors->floors[i];
        struct policy_when two;
        if (!is_incomparable(row, &first->value, value) ||
            !policy_when_meet(&policy->axes, when, &first->when, &two))
            continue;
        for (int j = i + 1; j < floors->count; j++) {
            const struct policy_floor *second = floors->floors[j];
            struct policy_when three;
            if (!is_incomparable(row, &second->value, value) ||
                !is_incomparable(row, &first->value, &second->value) ||
                !policy_when_meet(&policy->axes, &two, &second->when, &three))
                continue;
            policy_problem_add(problems, POLICY_ERROR, "FLOORS_RIVAL", second->place, "",
                               "floors '%s' and '%s' and a third value of '%s' hold together, and "
                               "none of the three is better than another",
                               first->id, second->id, row->name);
            return;
        }
    }
}

static void
check_parameter(struct arena *arena, const struct policy *policy, enum policy_parameter parameter,
                const struct floors *floors, struct policy_problems *problems)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    struct policy_table table;
    policy_table_make(arena, policy, parameter, 0, &table);
    for (int i = 0; i < floors->count; i++) {
        const struct policy_floor *floor = floors->floors[i];
        check_axes(row, floor, floors->packs[i], problems);
        check_promises(arena, policy, row, floor, &table, problems);
        if (!joins(row))
            check_rivals(policy, row, floors, &floor->when, &floor->value, problems);
    }
    for (int i = 0; i < table.count && !joins(row); i++)
        check_rivals(policy, row, floors, &table.entries[i].when, table.entries[i].value, problems);
}

void
policy_check_floors(struct arena *arena, const struct policy *policy,
                    struct policy_problems *problems)
{
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        struct floors floors;
        collect(policy, (enum policy_parameter)i, &floors, problems);
        if (floors.count > 0)
            check_parameter(arena, policy, (enum policy_parameter)i, &floors, problems);
    }
}
