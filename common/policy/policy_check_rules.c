/*
 * policy_check_rules - the rules of one parameter: repeats, axes, ties, rules that change nothing
 *
 * policy_check_table.c says how ties are found.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <stdlib.h>
#include <string.h>

static void
check_repeats(const struct policy *policy, enum policy_parameter parameter,
              struct policy_problems *problems)
{
    for (size_t i = policy->rule_first[parameter] + 1; i < policy->rule_first[parameter + 1]; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (!policy_when_equals(&rule->when, &rule[-1].when))
            continue;
        policy_problem_add(problems, POLICY_ERROR, "RULE_REPEATED", rule->place, rule->clause->id,
                           "'%s' is set twice for the same 'when', first in line %d",
                           policy_parameter_row(parameter)->parameter, rule[-1].place.line);
    }
}

static void
check_axes(const struct policy *policy, enum policy_parameter parameter,
           struct policy_problems *problems)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    for (size_t i = policy->rule_first[parameter]; i < policy->rule_first[parameter + 1]; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        uint32_t strange = rule->when.named & ~row->axes;
        if (strange == 0)
            continue;
        enum policy_axis axis = (enum policy_axis)__builtin_ctz(strange);
        policy_problem_add(problems, POLICY_ERROR, "AXIS_NOT_ALLOWED", rule->place,
                           rule->clause->id, "'%s' cannot vary by '%s'", row->name,
                           policy_axis_row(axis)->name);
    }
}

/* "'length' is 2 years for category=a (line 7) but 1 year for region=eu (line 9)". */
static void
add_tie(struct arena *arena, const struct policy *policy, const struct policy_parameter_row *row,
        const struct policy_tie *tie, struct policy_problems *problems)
{
    const struct policy_rule *first = tie->first->rule;
    const struct policy_rule *second = tie->second->rule;
    policy_problem_add(problems, POLICY_ERROR, "RULES_TIE", second->place, second->clause->id,
                       "'%s' is %.60s for %s (line %d) but %.60s for %s, and neither is narrower: "
                       "write what it is for %s",
                       row->parameter, policy_value_print(arena, &first->value), first->when_text,
                       first->place.line, policy_value_print(arena, &second->value),
                       second->when_text, policy_when_print(arena, &policy->axes, &tie->when));
}

static int
compare_ties(const void *a, const void *b)
{
    const struct policy_rule *left = ((const struct policy_tie *)a)->second->rule;
    const struct policy_rule *right = ((const struct policy_tie *)b)->second->rule;
    int order = policy_place_compare(&left->place, &right->place);
    return order != 0 ? order
                      : policy_when_compare(&((const struct policy_tie *)a)->when,
                                            &((const struct policy_tie *)b)->when);
}

static void
check_ties(struct arena *arena, const struct policy *policy, enum policy_parameter parameter,
           struct policy_table *table, bool suggests, struct policy_problems *problems)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    struct policy_ties ties = policy_table_ties(arena, table);
    if (ties.count > 0)
        qsort(ties.ties, (size_t)ties.count, sizeof *ties.ties, compare_ties);
    for (int i = 0; i < ties.count; i++) {
        add_tie(arena, policy, row, &ties.ties[i], problems);
        /* All lines stand with the first: they belong together, as the later ones are needed only
         * once the earlier ones are there. */
        if (i == 0 && suggests)
            policy_problem_suggest(problems, policy_suggest_rules(arena, policy, parameter));
    }
    if (ties.is_cut) {
        const struct policy_rule *rule = &policy->rules[policy->rule_first[parameter + 1] - 1];
        policy_problem_add(problems, POLICY_ERROR, "RULES_TANGLED", rule->place, rule->clause->id,
                           "the exceptions of '%s' overlap in more ways than are looked at: begin "
                           "with those that were found, or let fewer axes cross",
                           row->parameter);
    }
}

/* A rule changes nothing if the narrowest ones around it, without it, already have its value. */
static void
check_useless(enum policy_parameter parameter, struct policy_table *table,
              struct policy_problems *problems)
{
    table->visit_count = 0;
    for (int i = 0; i < table->count && table->visit_count <= POLICY_CHECK_VISITS_MAX; i++) {
        const struct policy_entry *entry = &table->entries[i];
        int count = policy_table_narrowest(table, &entry->when, entry);
        int same_count = 0;
        while (same_count < count &&
               table->narrowest[same_count]->value_class == entry->value_class)
            same_count++;
        if (count == 0 || same_count < count)
            continue;
        const struct policy_rule *wider = table->narrowest[0]->rule;
        policy_problem_add(problems, POLICY_WARNING, "RULE_USELESS", entry->rule->place,
                           entry->rule->clause->id,
                           "'%s' for %s changes nothing: it is the same for %s (line %d)",
                           policy_parameter_row(parameter)->parameter, entry->rule->when_text,
                           wider->when.named == 0 ? "all" : wider->when_text, wider->place.line);
    }
}

bool
policy_check_rules(struct arena *arena, const struct policy *policy,
                   enum policy_parameter parameter, bool suggests, struct policy_problems *problems)
{
    size_t error_count = problems->error_count;
    check_repeats(policy, parameter, problems);
    check_axes(policy, parameter, problems);
    /* One rule alone ties with none. */
    if (policy->rule_first[parameter + 1] - policy->rule_first[parameter] > 1) {
        struct policy_table table;
        policy_table_make(arena, policy, parameter, 0, &table);
        check_ties(arena, policy, parameter, &table, suggests, problems);
        check_useless(parameter, &table, problems);
    }
    return problems->error_count == error_count;
}
