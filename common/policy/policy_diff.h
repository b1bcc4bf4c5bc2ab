/*
 * policy_diff - what changed between two versions, by clause and in words
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_format.h"

enum policy_change_kind { POLICY_ADDED, POLICY_REMOVED, POLICY_VALUE_CHANGED, POLICY_TEXT_CHANGED };

struct policy_change {
    enum policy_change_kind kind;
    const char *clause_id; /* clause, test, step, section, right, floor, or another part by its
                              place in the file, as "calendars.office", "labels.cause.wear" */
    const char *rule_id;   /* of values: "warranty.period[category=...]"; else "" */
    const char *parameter; /* "length"; "" */
    const char
        *old_value; /* canonical; "" where there was none; ids where only an order changed. For a
                       rule that came or went: what held for its selector before, or holds after */
    const char *new_value;
    enum policy_order effect; /* for the customer, seen from the old version; INCOMPARABLE where it
                                 cannot be said */
    const char *language;     /* TEXT_CHANGED; else "" */

    /* Of values, for printing in words; NULL where there is none. */
    const struct policy_value *old_reading, *new_reading;
    int parameter_index;            /* enum policy_parameter; -1 */
    const struct policy_when *when; /* the rule's, of `when_policy`'s axes; NULL for all */
    const struct policy *when_policy;
};

struct policy_changes {
    const struct policy_change *changes; /* clauses in the order of the new version, removed ones at
                                            their old place; then the law and the other parts */
    size_t change_count;
};

/* Both policies must have passed policy_check. Everything that is in their canonical forms counts,
 * but for their numbers and dates. Borrows from both. */
struct policy_changes policy_diff(struct arena *arena, const struct policy *old,
                                  const struct policy *new);

/* Whether it changes only how the page reads: its words, its order, its numbers. */
bool policy_change_is_wording(const struct policy_change *change);

/* One change as a sentence in a language of the new version: "1.1 Warranty, length: 1 year becomes
 * 2 years for large appliances (better for you)". */
void policy_diff_print(struct policy_formatter *formatter, const struct policy_change *change,
                       struct buf *out);
