/*
 * policy_page_size - how many values a page prints, before it is printed
 *
 * A value that varies prints once for each row, wherever a text names it; a select prints its
 * branch for each. So a few rules and floors that cross, in a text that names them often, could
 * make a page of any size. The count is for the general reader, than whom no reader sees
 * more.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

enum { ROWS_BUDGET_BYTES = 64 * 1024 * 1024, PARAMETER_UNKNOWN = -1 };

struct count {
    const struct policy *policy;
    const struct policy_clause *clause;
    int64_t rows[POLICY_PARAMETER_COUNT]; /* as far as asked for; PARAMETER_UNKNOWN */
};

/* One more than the limit where there are more. */
static int64_t
count_rows(struct count *count, enum policy_parameter parameter)
{
    const struct policy_subject anyone = {0};
    if (count->rows[parameter] == PARAMETER_UNKNOWN) {
        struct arena *scratch = arena_new(ROWS_BUDGET_BYTES);
        struct page_rows rows = page_find_candidates(scratch, count->policy, parameter, &anyone);
        count->rows[parameter] = (int64_t)rows.count + (rows.is_cut ? POLICY_PAGE_VALUES_MAX : 0);
        arena_free(&scratch);
    }
    return count->rows[parameter];
}

static int64_t count_parts(struct count *count, const struct policy_template *text, bool varies);

/* The longest branch of a select. */
static int64_t
count_branch(struct count *count, const struct policy_part *part, bool varies)
{
    int64_t longest = 0;
    for (size_t i = 0; i < part->branch_count; i++) {
        int64_t branch = count_parts(count, part->branches[i].then, varies);
        longest = branch > longest ? branch : longest;
    }
    return longest;
}

static int64_t
count_parts(struct count *count, const struct policy_template *text, bool varies)
{
    int64_t values = 0;
    for (size_t i = 0; i < text->part_count; i++) {
        const struct policy_part *part = &text->parts[i];
        int parameter =
            part->kind == POLICY_PART_WORDS
                ? -1
                : page_find_parameter(count->policy, count->clause->id, part->parameter);
        if (parameter < 0)
            continue;
        int64_t rows = varies ? count_rows(count, (enum policy_parameter)parameter) : 0;
        values += 1 + rows;
        if (part->kind == POLICY_PART_SELECT)
            values += count_branch(count, part, varies) + rows * count_branch(count, part, false);
    }
    return values;
}

size_t
policy_page_count_values(struct arena *arena, const struct policy *policy, size_t language,
                         const struct policy_clause **ret_clause)
{
    struct count count = {.policy = policy};
    int64_t values = 0;
    *ret_clause = NULL;
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++)
        count.rows[i] = PARAMETER_UNKNOWN;
    for (size_t i = 0; i < policy->section_count; i++) {
        for (size_t j = 0; j < policy->sections[i].clause_count; j++) {
            struct fault fault;
            count.clause = &policy->sections[i].clauses[j];
            const char *words = count.clause->text.texts[language];
            const struct policy_template *text =
                words == NULL ? NULL : policy_template_parse(arena, words, &fault);
            if (text != NULL)
                values += count_parts(&count, text, true);
            if (*ret_clause == NULL && values > POLICY_PAGE_VALUES_MAX)
                *ret_clause = count.clause;
        }
    }
    return (size_t)values;
}
