/*
 * policy_page_rows - for whom a parameter has another value than for the reader
 *
 * Of the rows that policy_page_candidates finds, one whose value follows from each narrowest row
 * around it is left out. The value of a row is read by the same look-up that decides, for the
 * reader who is also in the row. A page asks often for the same parameter: the answer is found
 * once.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include <stdlib.h>
#include <string.h>

/* Beyond it, rows that say nothing new are kept: the comparison takes the square of the time. */
enum { ROWS_COMPARED_MAX = 1000, SCRATCH_BUDGET_BYTES = 64 * 1024 * 1024 };

/* Rows with their readings, as far as they are kept. */
struct kept {
    const struct policy_axes *axes;
    struct policy_when *rows; /* wider ones first */
    struct policy_reading *readings;
    size_t count;
    size_t *around; /* room for the indexes of the rows around one */
};

struct policy_subject
page_narrow(const struct policy_axes *axes, const struct policy_subject *subject,
            const struct policy_when *when)
{
    struct policy_subject narrow = *subject;
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        narrow.values[axis] = when->values[axis];
        narrow.codes[axis] = axes->values[when->values[axis]].code;
    }
    return narrow;
}

static bool
readings_are_equal(const struct policy_reading *a, const struct policy_reading *b)
{
    if (!policy_value_equals(&a->value, &b->value) || (a->rival == NULL) != (b->rival == NULL))
        return false;
    return a->rival == NULL || policy_value_equals(&a->rival_value, &b->rival_value);
}

/* Whether one of the rows around, from the `first` on, lies inside `outer`. */
static bool
has_inner(const struct kept *kept, size_t around_count, size_t first,
          const struct policy_when *outer)
{
    for (size_t i = first; i < around_count; i++) {
        if (policy_when_is_inside(kept->axes, &kept->rows[kept->around[i]], outer))
            return true;
    }
    return false;
}

/* Whether a reading is that of each narrowest kept row around it, or of the reader where there are
 * none. What lies inside another row stands after it. */
static bool
follows(const struct kept *kept, const struct policy_when *when,
        const struct policy_reading *reading, const struct policy_reading *base)
{
    size_t count = 0;
    for (size_t i = 0; i < kept->count; i++) {
        if (policy_when_is_inside(kept->axes, when, &kept->rows[i]))
            kept->around[count++] = i;
    }
    for (size_t i = count; i > 0; i--) {
        size_t row = kept->around[i - 1];
        if (!readings_are_equal(&kept->readings[row], reading) &&
            !has_inner(kept, count, i, &kept->rows[row]))
            return false;
    }
    return count > 0 || readings_are_equal(base, reading);
}

static void
drop_followers(struct page_writer *writer, enum policy_parameter parameter, struct page_rows *rows)
{
    const struct policy *policy = writer->policy;
    struct arena *scratch = arena_new(SCRATCH_BUDGET_BYTES);
    struct policy_reading base = policy_read_value(scratch, policy, parameter, &writer->reader);
    struct kept kept = {.axes = &policy->axes,
                        .rows = rows->rows,
                        .readings = arena_alloc(scratch, rows->count * sizeof *kept.readings),
                        .around = arena_alloc(scratch, rows->count * sizeof *kept.around)};
    for (size_t i = 0; i < rows->count; i++) {
        struct policy_when row = rows->rows[i];
        struct policy_subject narrow = page_narrow(&policy->axes, &writer->reader, &row);
        struct policy_reading reading = policy_read_value(scratch, policy, parameter, &narrow);
        if (follows(&kept, &row, &reading, &base))
            continue;
        kept.rows[kept.count] = row;
        kept.readings[kept.count++] = reading;
    }
    rows->count = kept.count;
    arena_free(&scratch);
}

static int
compare_rows(const void *a, const void *b)
{
    return policy_when_compare(a, b);
}

const struct page_rows *
page_find_rows(struct page_writer *writer, enum policy_parameter parameter)
{
    struct page_rows *rows = writer->rows[parameter];
    if (rows != NULL)
        return rows;
    rows = arena_alloc(writer->arena, sizeof *rows);
    *rows = page_find_candidates(writer->arena, writer->policy, parameter, &writer->reader);
    if (rows->count > 0 && rows->count <= ROWS_COMPARED_MAX)
        drop_followers(writer, parameter, rows);
    if (rows->count > 0)
        qsort(rows->rows, rows->count, sizeof *rows->rows, compare_rows);
    writer->rows[parameter] = rows;
    return rows;
}

void
page_add_who(struct page_writer *writer, const struct policy_when *when, struct buf *out)
{
    const struct policy *policy = writer->policy;
    size_t start = out->size_bytes;
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        enum policy_axis axis = (enum policy_axis)__builtin_ctz(left);
        const struct policy_axis_row *row = policy_axis_row(axis);
        const char *code = policy->axes.values[when->values[axis]].code;
        const char *label = policy_words_who(policy, writer->page->language, row->name, code);
        if (out->size_bytes > start)
            buf_add_text(out, page_word(writer, "table.both"));
        if (axis == POLICY_AXIS_SKU && strcmp(label, code) == 0)
            policy_words_fill(page_word(writer, "sku"), code, NULL, NULL, out);
        else
            buf_add_text(out, label);
    }
}
