/*
 * policy_diff_private - what the files policy_diff_*.c share: changes as they are found
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_diff.h"

struct diff {
    struct arena *arena;
    const struct policy *old;
    const struct policy *new;
    struct policy_change *changes;
    size_t count;
    size_t room;
};

/* A new change at the end, with every text "" and no readings. */
struct policy_change *diff_add(struct diff *diff, enum policy_change_kind kind,
                               const char *clause_id);

/* The languages in which a text differs, each a change of `id`. */
void diff_texts(struct diff *diff, const char *id, const struct policy_text *old,
                const struct policy_text *new);

/* Sections and clauses that both versions have and that stand elsewhere or have other numbers. */
void diff_order(struct diff *diff);

/* Whether two equal values have their tests in one order, in which they are printed and looked at;
 * and the ids of a value's tests as they stand. */
bool diff_same_order(const struct policy_value *old, const struct policy_value *new);
const char *diff_list_tests(struct diff *diff, const struct policy_value *value);

/* The last guard: parts of the canonical forms that no comparison has looked into; all parts, where
 * none has found anything. Numbers and dates of versions differ by themselves. */
void diff_rest(struct diff *diff);

/* The law, and everything outside sections. */
void diff_parts(struct diff *diff);
