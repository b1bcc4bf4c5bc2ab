/*
 * policy_axis - axes as trees, selectors over them, subjects
 *
 * All values stand in one table in preorder, axis after axis in the catalogue's order, so that a
 * value's subtree is a range and "lies beneath" is two comparisons. `sorted` holds the same
 * indexes, ordered by code within the range of each axis: a code is found by halving that range.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_axis.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

int
policy_axes_find(const struct policy_axes *axes, enum policy_axis axis, const char *code)
{
    int low = axes->first[axis];
    int high = axes->end[axis];
    while (low < high) {
        int middle = low + (high - low) / 2;
        int value = axes->sorted[middle];
        const char *found = axes->values[value].code;
        /* Most begin with another letter. */
        int order = (unsigned char)found[0] - (unsigned char)code[0];
        if (order == 0)
            order = strcmp(found, code);
        if (order == 0)
            return value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

static int
compare_codes(const void *a, const void *b, void *context)
{
    const struct policy_axes *axes = context;
    return strcmp(axes->values[*(const int *)a].code, axes->values[*(const int *)b].code);
}

/* Depths and ends follow from the parents: in preorder a parent stands before those beneath it. */
static void
measure_trees(struct policy_axes *axes)
{
    for (int i = 1; i < axes->value_count; i++) {
        struct policy_axis_value *value = &axes->values[i];
        CHECK(value->parent < i);
        value->depth = value->parent == 0 ? 1 : axes->values[value->parent].depth + 1;
        value->end = i + 1;
    }
    for (int i = axes->value_count - 1; i > 0; i--) {
        const struct policy_axis_value *value = &axes->values[i];
        struct policy_axis_value *parent = &axes->values[value->parent];
        if (value->parent != 0 && parent->end < value->end)
            parent->end = value->end;
    }
}

bool
policy_code_is_valid(const char *code, bool is_open)
{
    size_t size = strlen(code);
    size_t plain = is_open ? strcspn(code, " ,=[]{}\"'\n\t") : strspn(code, POLICY_CODE_CHARACTERS);
    return size > 0 && size < POLICY_CODE_SIZE && plain == size;
}

void
policy_axes_finish(struct arena *arena, struct policy_axes *axes)
{
    measure_trees(axes);
    axes->sorted = arena_alloc(arena, (size_t)axes->value_count * sizeof *axes->sorted);
    for (int i = 0; i < axes->value_count; i++)
        axes->sorted[i] = i;
    int next = 1;
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++) {
        axes->first[axis] = next;
        while (next < axes->value_count && (int)axes->values[next].axis == axis)
            next++;
        axes->end[axis] = next;
        qsort_r(axes->sorted + axes->first[axis], (size_t)(next - axes->first[axis]),
                sizeof *axes->sorted, compare_codes, axes);
    }
    CHECK(next == axes->value_count || axes->value_count == 0);
}

bool
policy_subject_set(const struct policy_axes *axes, struct policy_subject *subject,
                   enum policy_axis axis, const char *code)
{
    int value = policy_axes_find(axes, axis, code);
    subject->values[axis] = value;
    subject->codes[axis] = code;
    return value != 0 || policy_axis_row(axis)->source == POLICY_AXIS_OPEN;
}

void
policy_when_name(const struct policy_axes *axes, struct policy_when *when, enum policy_axis axis,
                 int value)
{
    when->depth += axes->values[value].depth - axes->values[when->values[axis]].depth;
    when->values[axis] = value;
    if (value != 0)
        when->named |= UINT32_C(1) << axis;
    else
        when->named &= ~(UINT32_C(1) << axis);
}

bool
policy_when_is_inside(const struct policy_axes *axes, const struct policy_when *a,
                      const struct policy_when *b)
{
    if ((b->named & ~a->named) != 0)
        return false;
    for (uint32_t left = b->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        if (!policy_axes_contains(axes, b->values[axis], a->values[axis]))
            return false;
    }
    return true;
}

bool
policy_when_meet(const struct policy_axes *axes, const struct policy_when *a,
                 const struct policy_when *b, struct policy_when *ret_both)
{
    struct policy_when both = *a;
    for (uint32_t left = b->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        if (policy_axes_contains(axes, a->values[axis], b->values[axis]))
            policy_when_name(axes, &both, (enum policy_axis)axis, b->values[axis]);
        else if (!policy_axes_contains(axes, b->values[axis], a->values[axis]))
            return false;
    }
    *ret_both = both;
    return true;
}

bool
policy_when_equals(const struct policy_when *a, const struct policy_when *b)
{
    return a->named == b->named && memcmp(a->values, b->values, sizeof a->values) == 0;
}

int
policy_when_compare(const struct policy_when *a, const struct policy_when *b)
{
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++) {
        if (a->values[axis] != b->values[axis])
            return a->values[axis] < b->values[axis] ? -1 : 1;
    }
    return 0;
}

const char *
policy_when_print(struct arena *arena, const struct policy_axes *axes,
                  const struct policy_when *when)
{
    struct buf out = {0};
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        buf_printf(&out, "%s%s=%s", out.size_bytes > 0 ? "," : "",
                   policy_axis_row((enum policy_axis)axis)->name,
                   axes->values[when->values[axis]].code);
    }
    const char *text = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return text;
}
