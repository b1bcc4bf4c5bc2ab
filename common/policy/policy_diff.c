/*
 * policy_diff - the clauses of two versions side by side, their texts and rules
 *
 * Clauses are the same if their ids are, rules if they set the same parameter for the same
 * selector. A rule that came or went is compared with what held, or holds, for its selector in the
 * version that has no such rule.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_diff_private.h"

#include <stdlib.h>
#include <string.h>

struct policy_change *
diff_add(struct diff *diff, enum policy_change_kind kind, const char *clause_id)
{
    diff->changes =
        arena_grow(diff->arena, diff->changes, diff->count, &diff->room, sizeof *diff->changes);
    struct policy_change *change = &diff->changes[diff->count++];
    *change = (struct policy_change){.kind = kind,
                                     .clause_id = clause_id,
                                     .rule_id = "",
                                     .parameter = "",
                                     .old_value = "",
                                     .new_value = "",
                                     .effect = POLICY_INCOMPARABLE,
                                     .language = "",
                                     .parameter_index = -1};
    return change;
}

/* ---- texts ---- */

void
diff_texts(struct diff *diff, const char *id, const struct policy_text *old,
           const struct policy_text *new)
{
    for (size_t i = 0; i < diff->new->language_count; i++) {
        const char *language = diff->new->languages[i];
        size_t before = policy_find_language(diff->old, language);
        if (strcmp(diff->old->languages[before], language) != 0)
            continue;
        const char *old_words = old->texts[before] != NULL ? old->texts[before] : "";
        const char *new_words = new->texts[i] != NULL ? new->texts[i] : "";
        if (strcmp(old_words, new_words) == 0)
            continue;
        struct policy_change *change = diff_add(diff, POLICY_TEXT_CHANGED, id);
        change->language = language;
        change->old_value = old_words;
        change->new_value = new_words;
    }
}

/* Tests and steps of a clause, which stay with it. */
static void
diff_inner_texts(struct diff *diff, const char *clause_id)
{
    size_t size = strlen(clause_id);
    for (size_t i = 0; i < diff->new->named_text_count; i++) {
        const struct policy_named_text *named = &diff->new->named_texts[i];
        if (strncmp(named->id, clause_id, size) != 0 ||
            (named->id[size] != '.' && named->id[size] != '/'))
            continue;
        const struct policy_text *old = policy_find_text(diff->old, named->id);
        if (old != NULL)
            diff_texts(diff, named->id, old, &named->text);
    }
}

/* ---- rules ---- */

/* The rules of a parameter by the texts of their selectors. (In a policy the deeper ones stand
 * first, and how deep a value lies may differ between versions.) */
struct rule_index {
    const struct policy_rule **rules;
    size_t count;
};

static int
compare_when_texts(const void *a, const void *b)
{
    return strcmp((*(const struct policy_rule *const *)a)->when_text,
                  (*(const struct policy_rule *const *)b)->when_text);
}

static struct rule_index
index_rules(struct arena *arena, const struct policy *policy, enum policy_parameter parameter)
{
    size_t first = policy->rule_first[parameter];
    struct rule_index index = {.count = policy->rule_first[parameter + 1] - first};
    index.rules = arena_alloc(arena, index.count * sizeof *index.rules);
    for (size_t i = 0; i < index.count; i++)
        index.rules[i] = &policy->rules[first + i];
    qsort(index.rules, index.count, sizeof *index.rules, compare_when_texts);
    return index;
}

static const struct policy_rule *
find_same(const struct rule_index *index, const struct policy_rule *rule)
{
    const struct policy_rule **found =
        bsearch(&rule, index->rules, index->count, sizeof *index->rules, compare_when_texts);
    return found == NULL ? NULL : *found;
}

/* The rule that holds in another version for the selector of a rule; NULL: the other does not set
 * the parameter. */
static const struct policy_rule *
find_before(const struct policy *from, const struct policy *to, const struct policy_rule *rule)
{
    struct policy_subject subject = {0};
    for (uint32_t left = rule->when.named; left != 0; left &= left - 1) {
        enum policy_axis axis = (enum policy_axis)__builtin_ctz(left);
        const char *code = from->axes.values[rule->when.values[axis]].code;
        (void)policy_subject_set(&to->axes, &subject, axis, code);
    }
    return policy_find_rule(to, rule->parameter, &subject);
}

/* `rule` is of `from`; NULL for the side that has nothing. */
static void
add_rule(struct diff *diff, enum policy_change_kind kind, const struct policy_rule *rule,
         const struct policy *from, const struct policy_rule *old, const struct policy_rule *new)
{
    const struct policy_parameter_row *row = policy_parameter_row(rule->parameter);
    struct policy_change *change = diff_add(diff, kind, rule->clause->id);
    change->rule_id = rule->id;
    change->parameter = row->parameter;
    change->parameter_index = (int)rule->parameter;
    change->when = rule->when.named != 0 ? &rule->when : NULL;
    change->when_policy = from;
    if (old != NULL) {
        change->old_value = policy_value_print(diff->arena, &old->value);
        change->old_reading = &old->value;
    }
    if (new != NULL) {
        change->new_value = policy_value_print(diff->arena, &new->value);
        change->new_reading = &new->value;
    }
    if (old != NULL && new != NULL)
        change->effect = policy_value_compare(row, &new->value, &old->value);
}

/* The first test that holds decides, so what another order means hangs on the case. */
static void
add_reordered(struct diff *diff, const struct policy_rule *rule, const struct policy_rule *before)
{
    add_rule(diff, POLICY_VALUE_CHANGED, rule, diff->new, before, rule);
    struct policy_change *change = &diff->changes[diff->count - 1];
    change->old_value = diff_list_tests(diff, &before->value);
    change->new_value = diff_list_tests(diff, &rule->value);
    change->effect = POLICY_INCOMPARABLE;
}

static void
diff_parameter(struct diff *diff, enum policy_parameter parameter)
{
    const struct policy *old = diff->old, *new = diff->new;
    struct rule_index old_rules = index_rules(diff->arena, old, parameter);
    struct rule_index new_rules = index_rules(diff->arena, new, parameter);
    for (size_t i = new->rule_first[parameter]; i < new->rule_first[parameter + 1]; i++) {
        const struct policy_rule *rule = &new->rules[i];
        const struct policy_rule *before = find_same(&old_rules, rule);
        if (before == NULL)
            add_rule(diff, POLICY_ADDED, rule, new, find_before(new, old, rule), rule);
        else if (!policy_value_equals(&before->value, &rule->value))
            add_rule(diff, POLICY_VALUE_CHANGED, rule, new, before, rule);
        else if (!diff_same_order(&before->value, &rule->value))
            add_reordered(diff, rule, before);
    }
    for (size_t i = old->rule_first[parameter]; i < old->rule_first[parameter + 1]; i++) {
        const struct policy_rule *rule = &old->rules[i];
        if (find_same(&new_rules, rule) == NULL)
            add_rule(diff, POLICY_REMOVED, rule, old, rule, find_before(old, new, rule));
    }
}

static void
diff_parameters(struct diff *diff, const char *clause_id)
{
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        if (strcmp(policy_parameter_row((enum policy_parameter)i)->clause_id, clause_id) == 0)
            diff_parameter(diff, (enum policy_parameter)i);
    }
}

/* ---- clauses ---- */

/* The clauses of a version in their order. */
struct line {
    const struct policy_clause **clauses;
    size_t count;
};

static struct line
clauses_of(struct arena *arena, const struct policy *policy)
{
    struct line line = {arena_alloc(arena, POLICY_CLAUSES_MAX * sizeof *line.clauses), 0};
    for (size_t i = 0; i < policy->section_count; i++) {
        for (size_t j = 0; j < policy->sections[i].clause_count; j++) {
            CHECK(line.count < POLICY_CLAUSES_MAX);
            line.clauses[line.count++] = &policy->sections[i].clauses[j];
        }
    }
    return line;
}

/* The clauses that stood from `at` on and are gone, up to one that is still there. */
static void
add_removed(struct diff *diff, const struct line *old, size_t at)
{
    for (; at < old->count; at++) {
        const char *id = old->clauses[at]->id;
        if (policy_find_clause(diff->new, id) != NULL)
            return;
        (void)diff_add(diff, POLICY_REMOVED, id);
        diff_parameters(diff, id);
    }
}

static void
diff_clause(struct diff *diff, const struct line *old, const struct policy_clause *clause)
{
    const struct policy_clause *before = policy_find_clause(diff->old, clause->id);
    if (before == NULL) {
        (void)diff_add(diff, POLICY_ADDED, clause->id);
        diff_parameters(diff, clause->id);
        return;
    }
    diff_texts(diff, clause->id, &before->text, &clause->text);
    if (before->is_internal != clause->is_internal) {
        struct policy_change *change = diff_add(diff, POLICY_VALUE_CHANGED, clause->id);
        change->old_value = before->is_internal ? "internal" : "";
        change->new_value = clause->is_internal ? "internal" : "";
    }
    diff_parameters(diff, clause->id);
    diff_inner_texts(diff, clause->id);
    size_t at = 0;
    while (old->clauses[at] != before)
        at++;
    add_removed(diff, old, at + 1);
}

struct policy_changes
policy_diff(struct arena *arena, const struct policy *old, const struct policy *new)
{
    struct diff diff = {.arena = arena, .old = old, .new = new};
    struct line old_line = clauses_of(arena, old);
    struct line new_line = clauses_of(arena, new);
    diff_texts(&diff, "title", &old->title, &new->title);
    add_removed(&diff, &old_line, 0);
    for (size_t i = 0; i < new_line.count; i++)
        diff_clause(&diff, &old_line, new_line.clauses[i]);
    diff_order(&diff);
    diff_parts(&diff);
    diff_rest(&diff);
    return (struct policy_changes){.changes = diff.changes, .change_count = diff.count};
}
