/*
 * policy_page_rows - for whom a parameter has another value than for the reader
 *
 * Each rule or floor that could still hold for the reader, beyond what they have said, is a row:
 * its selector without the axes that the reader already fulfils. Floors are also met with rules,
 * since no rule says what holds where both apply. The value of a row is read by the same look-up
 * that decides, for the reader who is also in the row.
 *
 * Rows stand so close together that of those around a subject one is narrowest; a row whose value
 * follows from each narrowest row around it is left out.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include <stdlib.h>
#include <string.h>

/* Beyond it, rows that say nothing new are kept: the comparison takes the square of the time. */
enum { ROWS_COMPARED_MAX = 1000 };

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

/* What a selector names beyond the reader. False: it can never hold for them. */
static bool
find_rest(const struct policy_axes *axes, const struct policy_when *when,
          const struct policy_subject *subject, struct policy_when *ret_rest)
{
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

static void
add_row(struct page_writer *writer, struct page_rows *rows, size_t *room,
        const struct policy_when *when, struct policy_place place)
{
    if (rows->count == *room) {
        size_t more = *room == 0 ? 32 : *room * 2;
        struct page_row *grown = arena_alloc(writer->arena, more * sizeof *grown);
        if (rows->count > 0)
            memcpy(grown, rows->rows, rows->count * sizeof *grown);
        rows->rows = grown;
        *room = more;
    }
    rows->rows[rows->count++] = (struct page_row){.when = *when, .place = place};
}

/* Floors that could hold for the reader, of packs that apply to them as they are. */
static void
add_floors(struct page_writer *writer, enum policy_parameter parameter,
           const struct policy_subject *subject, struct page_rows *rows, size_t *room)
{
    const struct policy *policy = writer->policy;
    size_t rule_rows = rows->count;
    for (size_t i = 0; i < policy->pack_count; i++) {
        const struct policy_pack *pack = &policy->packs[i];
        if (!policy_when_matches(&policy->axes, &pack->applies, subject))
            continue;
        for (size_t j = 0; j < pack->floor_count; j++) {
            const struct policy_floor *floor = &pack->floors[j];
            struct policy_when rest, both;
            if (floor->parameter != parameter ||
                !find_rest(&policy->axes, &floor->when, subject, &rest) || rest.named == 0)
                continue;
            add_row(writer, rows, room, &rest, floor->place);
            for (size_t k = 0; k < rule_rows; k++) {
                if (policy_when_meet(&policy->axes, &rest, &rows->rows[k].when, &both))
                    add_row(writer, rows, room, &both, floor->place);
            }
        }
    }
}

static int
compare_when(const struct policy_when *a, const struct policy_when *b)
{
    if (a->depth != b->depth)
        return a->depth < b->depth ? -1 : 1;
    return memcmp(a->values, b->values, sizeof a->values);
}

static int
compare_places(const struct page_row *a, const struct page_row *b)
{
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    return (a->place.column > b->place.column) - (a->place.column < b->place.column);
}

/* Wider rows first; equal ones by place. */
static int
compare_by_width(const void *a, const void *b)
{
    int order =
        compare_when(&((const struct page_row *)a)->when, &((const struct page_row *)b)->when);
    return order != 0 ? order : compare_places(a, b);
}

static int
compare_by_place(const void *a, const void *b)
{
    int order = compare_places(a, b);
    return order != 0 ? order
                      : compare_when(&((const struct page_row *)a)->when,
                                     &((const struct page_row *)b)->when);
}

static void
drop_repeats(struct page_rows *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (kept == 0 || !policy_when_equals(&rows->rows[kept - 1].when, &rows->rows[i].when))
            rows->rows[kept++] = rows->rows[i];
    }
    rows->count = kept;
}

/* ---- rows that say nothing new ---- */

static bool
readings_are_equal(const struct policy_reading *a, const struct policy_reading *b)
{
    if (!policy_value_equals(&a->value, &b->value) || (a->rival == NULL) != (b->rival == NULL))
        return false;
    return a->rival == NULL || policy_value_equals(&a->rival_value, &b->rival_value);
}

/* Whether one of the first `count` rows lies between row `outer` and `inner`. */
static bool
has_between(const struct policy_axes *axes, const struct page_rows *rows, size_t count,
            size_t outer, const struct policy_when *inner)
{
    for (size_t i = 0; i < count; i++) {
        if (i != outer && policy_when_is_inside(axes, inner, &rows->rows[i].when) &&
            policy_when_is_inside(axes, &rows->rows[i].when, &rows->rows[outer].when))
            return true;
    }
    return false;
}

/* Whether a reading is that of each narrowest of the first `count` rows around it, or of the reader
 * where there are none. */
static bool
follows(const struct policy_axes *axes, const struct page_rows *rows,
        const struct policy_reading *readings, size_t count, const struct policy_when *when,
        const struct policy_reading *reading, const struct policy_reading *base)
{
    bool is_inside = false;
    for (size_t i = 0; i < count; i++) {
        if (!policy_when_is_inside(axes, when, &rows->rows[i].when) ||
            has_between(axes, rows, count, i, when))
            continue;
        is_inside = true;
        if (!readings_are_equal(&readings[i], reading))
            return false;
    }
    return is_inside || readings_are_equal(base, reading);
}

static void
drop_followers(struct page_writer *writer, enum policy_parameter parameter,
               const struct policy_subject *subject, struct page_rows *rows)
{
    const struct policy *policy = writer->policy;
    struct policy_reading base = policy_read_value(writer->arena, policy, parameter, subject);
    struct policy_reading *readings =
        arena_alloc(writer->arena, (rows->count + 1) * sizeof *readings);
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct page_row row = rows->rows[i];
        struct policy_subject narrow = page_narrow(&policy->axes, subject, &row.when);
        struct policy_reading reading =
            policy_read_value(writer->arena, policy, parameter, &narrow);
        if (follows(&policy->axes, rows, readings, kept, &row.when, &reading, &base))
            continue;
        rows->rows[kept] = row;
        readings[kept++] = reading;
    }
    rows->count = kept;
}

struct page_rows
page_find_rows(struct page_writer *writer, enum policy_parameter parameter,
               const struct policy_subject *subject)
{
    const struct policy *policy = writer->policy;
    struct page_rows rows = {0};
    size_t room = 0;
    for (size_t i = policy->rule_first[parameter]; i < policy->rule_first[parameter + 1]; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        struct policy_when rest;
        if (find_rest(&policy->axes, &rule->when, subject, &rest) && rest.named != 0)
            add_row(writer, &rows, &room, &rest, rule->place);
    }
    add_floors(writer, parameter, subject, &rows, &room);
    if (rows.count == 0)
        return rows;
    qsort(rows.rows, rows.count, sizeof *rows.rows, compare_by_width);
    drop_repeats(&rows);
    if (rows.count <= ROWS_COMPARED_MAX)
        drop_followers(writer, parameter, subject, &rows);
    qsort(rows.rows, rows.count, sizeof *rows.rows, compare_by_place);
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
        const char *label = policy_label(policy, row->name, code, writer->page->language);
        if (out->size_bytes > start)
            buf_add_text(out, ", ");
        if (axis == POLICY_AXIS_SKU && label == code)
            policy_words_fill(page_word(writer, "sku"), code, NULL, NULL, out);
        else
            buf_add_text(out, label);
    }
}
