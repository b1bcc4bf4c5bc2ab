/*
 * policy_page_candidates - for whom a parameter may have another value than for a reader
 *
 * Each rule or floor that could still hold for the reader, beyond what they have said, is a row:
 * its selector without the axes that the reader already fulfils. Floors are met with each other and
 * all of them with the rules, since none says what holds where several apply: with these rows,
 * those around any reader have a narrowest, and it is theirs. A law need not apply to the reader:
 * who has not said where they live is told what it gives to whom, as the page is published for all.
 *
 * Crossing selectors multiply, so the rows are cut at a number of them; policy_check refuses a
 * policy of which that could happen.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include <stdlib.h>
#include <string.h>

/* Of floors met with each other. */
enum { FLOOR_ROWS_MAX = 1000 };

/* What is looked for, and what was found. */
struct search {
    struct arena *arena;
    const struct policy *policy;
    enum policy_parameter parameter;
    const struct policy_subject *subject;
    struct page_rows rows;
    size_t room;
};

/* What a selector names beyond the reader. False: it can never hold for them. */
static bool
find_rest(const struct search *search, const struct policy_when *when, struct policy_when *ret_rest)
{
    const struct policy_axes *axes = &search->policy->axes;
    const struct policy_subject *subject = search->subject;
    *ret_rest = (struct policy_when){0};
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        int wanted = when->values[axis];
        int said = subject->values[axis];
        if (said != 0 && policy_axes_contains(axes, wanted, said))
            continue;
        bool is_unknown = said == 0 && subject->codes[axis] != NULL; /* an SKU that no rule names */
        if (is_unknown || (said != 0 && !policy_axes_contains(axes, said, wanted)))
            return false;
        policy_when_name(axes, ret_rest, (enum policy_axis)axis, wanted);
    }
    return true;
}

/* Beyond the limit, rows are left out. */
static void
add_row(struct search *search, const struct policy_when *when)
{
    struct page_rows *rows = &search->rows;
    if (rows->count == POLICY_PAGE_VALUES_MAX) {
        rows->is_cut = true;
        return;
    }
    rows->rows =
        arena_grow(search->arena, rows->rows, rows->count, &search->room, sizeof *rows->rows);
    rows->rows[rows->count++] = *when;
}

/* Wider rows first. */
static int
compare_by_width(const void *a, const void *b)
{
    const struct policy_when *left = a, *right = b;
    int order = compare_numbers(left->depth, right->depth);
    return order != 0 ? order : memcmp(left->values, right->values, sizeof left->values);
}

/* Orders the rows from `first` on, and leaves each once. */
static void
drop_repeats(struct page_rows *rows, size_t first)
{
    size_t kept = first;
    if (rows->count == first)
        return;
    qsort(rows->rows + first, rows->count - first, sizeof *rows->rows, compare_by_width);
    for (size_t i = first; i < rows->count; i++) {
        if (kept == first || !policy_when_equals(&rows->rows[kept - 1], &rows->rows[i]))
            rows->rows[kept++] = rows->rows[i];
    }
    rows->count = kept;
}

/* A floor, and where it meets those since `first`. */
static void
add_floor(struct search *search, size_t first, const struct policy_when *rest)
{
    struct page_rows *rows = &search->rows;
    size_t count = rows->count;
    struct policy_when both;
    add_row(search, rest);
    for (size_t i = first; i < count; i++) {
        if (policy_when_meet(&search->policy->axes, rest, &rows->rows[i], &both))
            add_row(search, &both);
    }
    drop_repeats(rows, first);
    if (rows->count - first > FLOOR_ROWS_MAX) {
        rows->count = first + FLOOR_ROWS_MAX;
        rows->is_cut = true;
    }
}

static void
add_floors(struct search *search)
{
    const struct policy *policy = search->policy;
    size_t first = search->rows.count;
    for (size_t i = 0; i < policy->pack_count; i++) {
        const struct policy_pack *pack = &policy->packs[i];
        for (size_t j = 0; j < pack->floor_count; j++) {
            const struct policy_floor *floor = &pack->floors[j];
            struct policy_when rest;
            if (floor->parameter == search->parameter && find_rest(search, &floor->when, &rest) &&
                rest.named != 0)
                add_floor(search, first, &rest);
        }
    }
    size_t end = search->rows.count;
    for (size_t i = 0; i < first && !search->rows.is_cut; i++) {
        for (size_t j = first; j < end; j++) {
            struct policy_when both;
            if (policy_when_meet(&policy->axes, &search->rows.rows[i], &search->rows.rows[j],
                                 &both))
                add_row(search, &both);
        }
    }
}

struct page_rows
page_find_candidates(struct arena *arena, const struct policy *policy,
                     enum policy_parameter parameter, const struct policy_subject *subject)
{
    struct search search = {
        .arena = arena, .policy = policy, .parameter = parameter, .subject = subject};
    for (size_t i = policy->rule_first[parameter]; i < policy->rule_first[parameter + 1]; i++) {
        struct policy_when rest;
        if (find_rest(&search, &policy->rules[i].when, &rest) && rest.named != 0)
            add_row(&search, &rest);
    }
    add_floors(&search);
    drop_repeats(&search.rows, 0);
    return search.rows;
}
