/*
 * policy_catalogue_nearest - the known name that a misspelt one was probably meant to be, and the
 * codes that a list has, for who is told that theirs is none
 *
 * Near is: few letters to insert, drop, change or swap with their neighbour; at most one for each
 * three letters of the name, and one in any name.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy.h"

#include <string.h>

enum { NAME_LENGTH_MAX = 64, DISTANCE_MAX = 3, PRINTED_BYTES_MAX = 200 };

static int
smaller(int a, int b)
{
    return a < b ? a : b;
}

/* One row of the table of distances between the beginnings of `a` and of `b`. */
static void
fill_row(const char *a, size_t i, const char *b, size_t b_length, const int *before_last,
         const int *last, int *row)
{
    row[0] = (int)i;
    for (size_t j = 1; j <= b_length; j++) {
        int changed = last[j - 1] + (a[i - 1] != b[j - 1]);
        row[j] = smaller(changed, smaller(last[j], row[j - 1]) + 1);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = smaller(row[j], before_last[j - 2] + 1);
    }
}

/* Steps from one name to the other. Both are at most NAME_LENGTH_MAX long. */
static int
distance(const char *a, const char *b)
{
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    int rows[3][NAME_LENGTH_MAX + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= a_length; i++)
        fill_row(a, i, b, b_length, rows[(i + 1) % 3], rows[(i + 2) % 3], rows[i % 3]);
    return rows[a_length % 3][b_length];
}

struct search {
    const char *name;
    const char *nearest;
    int distance; /* of the nearest; at first one more than what counts as near */
};

static void
consider(struct search *search, const char *known)
{
    if (strlen(known) > NAME_LENGTH_MAX)
        return;
    int steps = distance(search->name, known);
    if (steps >= search->distance)
        return;
    search->distance = steps;
    search->nearest = known;
}

static void
consider_parameters(struct search *search, char what)
{
    bool is_full = strchr(search->name, '/') != NULL;
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        if (what == 'c')
            consider(search, row->clause_id);
        else
            consider(search, is_full ? row->name : row->parameter);
    }
}

static void
consider_lists(struct search *search)
{
    const struct policy_list_row *rows;
    size_t row_count = policy_list_rows(&rows);
    for (size_t i = 0; i < row_count; i++)
        consider(search, rows[i].name);
}

static void
consider_facts(struct search *search)
{
    const struct policy_fact_row *rows;
    size_t row_count = policy_fact_rows(&rows);
    for (size_t i = 0; i < row_count; i++)
        consider(search, rows[i].name);
}

static void
consider_units(struct search *search)
{
    const struct policy_fee_unit_row *rows;
    size_t row_count = policy_fee_unit_rows(&rows);
    for (size_t i = 0; i < row_count; i++)
        consider(search, rows[i].name);
}

/* False: the name is too long to look for. */
static bool
begin(struct search *search, const char *name)
{
    size_t length = strnlen(name, NAME_LENGTH_MAX + 1);
    int distance_max = smaller((int)(length + 2) / 3, DISTANCE_MAX);
    *search = (struct search){.name = name, .distance = distance_max + 1};
    return length <= NAME_LENGTH_MAX;
}

const char *
policy_nearest_of(const char *const *names, size_t name_count, const char *name)
{
    struct search search;
    if (!begin(&search, name))
        return NULL;
    for (size_t i = 0; i < name_count; i++)
        consider(&search, names[i]);
    return search.nearest;
}

const char *
policy_nearest(char what, const char *name)
{
    struct search search;
    if (!begin(&search, name))
        return NULL;
    if (what == 'p' || what == 'c')
        consider_parameters(&search, what);
    else if (what == 'l')
        consider_lists(&search);
    else if (what == 'f')
        consider_facts(&search);
    else if (what == 'u')
        consider_units(&search);
    else
        for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++)
            consider(&search, policy_axis_row((enum policy_axis)axis)->name);
    return search.nearest;
}

/* Calls `take` with every code of a list: an axis' values, the policy's part, the program's. */
static void
each_code(const struct policy *policy, const char *list,
          void (*take)(void *context, const char *code), void *context)
{
    int axis = policy_find_axis(list);
    if (axis >= 0) {
        for (int i = policy->axes.first[axis]; i < policy->axes.end[axis]; i++)
            take(context, policy->axes.values[i].code);
        const char *listed = policy_axis_row((enum policy_axis)axis)->list;
        list = listed != NULL ? listed : list;
    }
    for (size_t i = 0; i < policy->list_count; i++)
        for (size_t j = 0;
             strcmp(policy->lists[i].name, list) == 0 && j < policy->lists[i].codes.count; j++)
            take(context, policy->lists[i].codes.codes[j]);
    const struct policy_list_row *row = policy_find_list(list);
    for (size_t i = 0; row != NULL && row->codes[i] != NULL; i++)
        take(context, row->codes[i]);
}

static void
consider_code(void *context, const char *code)
{
    consider(context, code);
}

const char *
policy_nearest_code(const struct policy *policy, const char *list, const char *code)
{
    struct search search;
    if (!begin(&search, code))
        return NULL;
    each_code(policy, list, consider_code, &search);
    return search.nearest;
}

struct printed {
    struct arena *arena;
    const char *text;
    bool is_full;
};

/* A policy may declare what the program has already. */
static bool
is_printed(const struct printed *printed, const char *code)
{
    size_t length = strlen(code);
    for (const char *at = printed->text; *at != '\0'; at += strspn(at, ", ")) {
        size_t at_length = strcspn(at, ",");
        if (at_length == length && memcmp(at, code, length) == 0)
            return true;
        at += at_length;
    }
    return false;
}

static void
print_code(void *context, const char *code)
{
    struct printed *printed = context;
    if (printed->is_full || is_printed(printed, code))
        return;
    printed->is_full = strlen(printed->text) + strlen(code) > PRINTED_BYTES_MAX;
    printed->text =
        arena_printf(printed->arena, "%s%s%s", printed->text, printed->text[0] == '\0' ? "" : ", ",
                     printed->is_full ? "..." : code);
}

const char *
policy_print_codes(struct arena *arena, const struct policy *policy, const char *list)
{
    struct printed printed = {arena, "", false};
    each_code(policy, list, print_code, &printed);
    return printed.text;
}
