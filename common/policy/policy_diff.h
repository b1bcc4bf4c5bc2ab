/*
 * policy_diff - what changed between two versions, by clause and in words
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_format.h"

enum policy_change_kind { POLICY_ADDED, POLICY_REMOVED, POLICY_VALUE_CHANGED, POLICY_TEXT_CHANGED };

struct policy_change {
    enum policy_change_kind kind;
    const char *clause_id; /* clause, right, floor, calendar or list, as "warranty.period",
                              "calendars.office" */
    const char
        *rule_id; /* VALUE_CHANGED, ADDED or REMOVED rules: "warranty.period[category=...]"; "" */
    const char *parameter; /* "length"; "" */
    const char *old_value; /* canonical; "" where there was none */
    const char *new_value;
    enum policy_order effect; /* for the customer, seen from the old version; INCOMPARABLE where it
                                 cannot be said */
    const char *language;     /* TEXT_CHANGED */
};

struct policy_changes {
    const struct policy_change
        *changes; /* in the order of the new version's clauses, removed ones at their old place */
    size_t change_count;
};

struct policy_changes policy_diff(struct arena *arena, const struct policy *old,
                                  const struct policy *new);

/* One change as a sentence in a language of the new version: "1.1 Warranty, period: 1 year becomes
 * 2 years for large appliances (better for you)". */
void policy_diff_print(struct policy_formatter *formatter, const struct policy_change *change,
                       struct buf *out);
