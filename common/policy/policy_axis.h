/*
 * policy_axis - axes as trees, selectors over them, and who a question is about
 *
 * The values of all axes of a policy are numbered in preorder, so "lies beneath" is a comparison of
 * two numbers. A selector (`when`) names a value on some axes; a subject carries a value on each
 * axis, or none. A selector holds for a subject if on every axis it names, the subject's value
 * equals or lies beneath its own.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/policy/policy_catalogue.h"

enum {
    POLICY_AXIS_VALUES_MAX = 20000, /* of all axes together */
    POLICY_AXIS_DEPTH_MAX = 8,
    POLICY_CODE_SIZE = 64 /* bytes of a code or a part of an id, its end included */
};

/* What parts of ids ("warranty" in "warranty.period") and codes are made of. An SKU may have any
 * character that ends no selector. */
#define POLICY_ID_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define POLICY_CODE_CHARACTERS POLICY_ID_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ-"

/* Whether a text can be a code; of an open axis with `is_open`. */
bool policy_code_is_valid(const char *code, bool is_open);

/* One value of one axis. Index 0 of the table is no value: "not said". */
struct policy_axis_value {
    enum policy_axis axis;
    const char *code;
    int parent; /* index; 0: a top value */
    int end;    /* first index after those beneath it */
    int depth;  /* 1 for a top value */
};

struct policy_axes {
    struct policy_axis_value *values;
    int value_count; /* index 0 included */
    /* The range of each axis: [first, end). */
    int first[POLICY_AXIS_COUNT];
    int end[POLICY_AXIS_COUNT];
    /* For policy_axes_find: in the range of each axis its value indexes, ordered by code; [0] is 0.
     */
    int *sorted;
    /* While a policy with faults is read: the axes whose values a fault left out. One fault is told
     * once, so any code is taken for one of theirs. */
    uint32_t lost;
};

/* Makes a table ready: the caller has filled value_count and, for each value from index 1 on, axis,
 * code and parent, in preorder and with the axes in the catalogue's order. Sets depth and end of
 * each value, and first, end and sorted. Codes of one axis must differ. */
void policy_axes_finish(struct arena *arena, struct policy_axes *axes);

/* Index of a code on an axis; 0: not there (for an open axis: no rule names it). */
int policy_axes_find(const struct policy_axes *axes, enum policy_axis axis, const char *code);

/* `inner` equals or lies beneath `outer`; both indexes of one axis. outer 0 (not named) contains
 * all. */
static inline bool
policy_axes_contains(const struct policy_axes *axes, int outer, int inner)
{
    return outer == 0 || (outer <= inner && inner < axes->values[outer].end);
}

/* Whether no code stands beneath a value. So it is of 0, which nobody said. */
static inline bool
policy_axes_is_leaf(const struct policy_axes *axes, int value)
{
    return value == 0 || axes->values[value].end == value + 1;
}

/* A selector: value index per axis, 0 where it names none. */
struct policy_when {
    int values[POLICY_AXIS_COUNT];
    uint32_t named; /* bits of the axes that are named */
    int depth;      /* sum over the named axes of the value's depth: a narrower one has more */
};

/* Names a value on an axis (0 takes it back), and keeps `named` and `depth` right. Start with {0}.
 */
void policy_when_name(const struct policy_axes *axes, struct policy_when *when,
                      enum policy_axis axis, int value);

/* Who or what is asked about: value index per axis, 0 where not said. Made by policy_subject_set.
 * `codes` are the codes as they were said, borrowed, NULL where not said: another version of the
 * policy may know one that this one does not. */
struct policy_subject {
    int values[POLICY_AXIS_COUNT];
    const char *codes[POLICY_AXIS_COUNT];
};

/* False: the axis has no such value (an open axis: true, the value then matches no rule). */
bool policy_subject_set(const struct policy_axes *axes, struct policy_subject *subject,
                        enum policy_axis axis, const char *code);

/* Whether a selector holds for a subject. A decision asks it of every rule that it looks at. */
static inline bool
policy_when_matches(const struct policy_axes *axes, const struct policy_when *when,
                    const struct policy_subject *subject)
{
    for (uint32_t left = when->named; left != 0; left &= left - 1) {
        int axis = __builtin_ctz(left);
        if (!policy_axes_contains(axes, when->values[axis], subject->values[axis]))
            return false;
    }
    return true;
}

/* a inside b: every subject of a is one of b. */
bool policy_when_is_inside(const struct policy_axes *axes, const struct policy_when *a,
                           const struct policy_when *b);

/* The selector of the subjects that both hold for. False: there is none. */
bool policy_when_meet(const struct policy_axes *axes, const struct policy_when *a,
                      const struct policy_when *b, struct policy_when *ret_both);

bool policy_when_equals(const struct policy_when *a, const struct policy_when *b);

/* By axis, values as they stand in their trees: an order that does not hang on how rules were
 * written. Both must be of the same axes. */
int policy_when_compare(const struct policy_when *a, const struct policy_when *b);

/* "category=large_appliances,cost_class=parts", axes in the catalogue's order; "" for the selector
 * of all. In the arena. */
const char *policy_when_print(struct arena *arena, const struct policy_axes *axes,
                              const struct policy_when *when);
