/*
 * policy_check_suggest - the exceptions that are missing so that no rules of a parameter tie
 *
 * Each tie is answered by an exception for exactly the overlap. As an exception may overlap with
 * other rules in turn, this is repeated until there is no tie. What holds in an overlap is the
 * company's decision, and no value is the right one by itself: the one that is better for the
 * customer is proposed, and a comment says what it was chosen from.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_parts.h"

#include <string.h>

/* Whether a text can stand in a flow map as it is. */
static bool
is_plain(const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_ .%+-/";
    size_t size = strlen(text);
    return size > 0 && strspn(text, safe) == size && strchr(" .%+-/", text[0]) == NULL;
}

static void
print_text(struct buf *out, const char *text)
{
    if (is_plain(text))
        buf_add_text(out, text);
    else
        buf_add_json(out, text, strlen(text));
}

static void
print_value(struct arena *arena, struct buf *out, const struct policy_value *value)
{
    const char *text = policy_value_print(arena, value);
    bool is_list = value->kind == POLICY_CHOICES || value->kind == POLICY_ANCHORS;
    if (value->absence == POLICY_PRESENT && is_list)
        buf_printf(out, "[%s]", text);
    else if (text[0] == '[' || text[0] == '{')
        buf_add_text(out, text); /* JSON is YAML */
    else
        print_text(out, text);
}

static void
print_selector(const struct policy_axes *axes, struct buf *out, const struct policy_when *when)
{
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        buf_printf(out, "%s%s: ", left == when->named ? "" : ", ",
                   policy_axis_row((enum policy_axis)axis)->name);
        print_text(out, axes->values[when->values[axis]].code);
    }
}

/* One exception; the comment says what its value was chosen from. */
static void
print_exception(struct arena *arena, const struct policy *policy,
                const struct policy_parameter_row *row, const struct policy_tie *tie,
                const struct policy_entry *chosen, struct buf *out)
{
    const struct policy_entry *other = chosen == tie->first ? tie->second : tie->first;
    buf_add_text(out, "- {when: {");
    print_selector(&policy->axes, out, &tie->when);
    buf_printf(out, "}, %s: ", row->parameter);
    print_value(arena, out, chosen->value);
    buf_add_text(out, "}  # or ");
    print_value(arena, out, other->value);
    buf_add_text(out, other->when.named == 0 ? "" : ", as for {");
    print_selector(&policy->axes, out, &other->when);
    buf_add_text(out, other->when.named == 0 ? "\n" : "}\n");
}

/* Adds an exception for each tie to the table. */
static void
answer_ties(struct arena *arena, const struct policy *policy,
            const struct policy_parameter_row *row, const struct policy_ties *ties,
            struct policy_table *table, struct buf *out)
{
    for (int i = 0; i < ties->count && table->count < table->room; i++) {
        const struct policy_tie *tie = &ties->ties[i];
        bool is_second_better =
            policy_value_compare(row, tie->second->value, tie->first->value) == POLICY_BETTER;
        const struct policy_entry *chosen = is_second_better ? tie->second : tie->first;
        print_exception(arena, policy, row, tie, chosen, out);
        policy_table_add(table, &(struct policy_entry){.when = tie->when,
                                                       .value = chosen->value,
                                                       .value_class = chosen->value_class});
    }
    policy_table_order(table);
}

const char *
policy_suggest_rules(struct arena *arena, const struct policy *policy,
                     enum policy_parameter parameter)
{
    struct policy_table table;
    policy_table_make(arena, policy, parameter, POLICY_CHECK_SUGGESTIONS_MAX, &table);
    struct buf out = {0};
    struct policy_ties ties = policy_table_ties(arena, &table);
    while (ties.count > 0 && table.count < table.room) {
        answer_ties(arena, policy, policy_parameter_row(parameter), &ties, &table, &out);
        ties = policy_table_ties(arena, &table);
    }
    if (ties.count > 0 || ties.is_cut)
        buf_add_text(&out, "# these are not all: paste them and check again\n");
    const char *text = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return text;
}
