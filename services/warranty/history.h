/*
 * history - a unit's life in lines: its facts, its claims, and what the policy decided of them
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fact.h"

/* A line, and its place in the order: day, time of recording, identity. */
struct history_entry {
    struct date date;
    int64_t record_time_us;
    struct uuid entry_id;               /* of the fact, claim or decision */
    const char *kind;                   /* "DELIVERED", "CLAIM_SUBMITTED", "CLAIM_DECIDED" */
    const Warranty__V1__UnitFact *fact; /* NULL: of a claim */
    const char *claim_id;               /* "" of a fact */
    const char *serial;                 /* of a claim: the unit that it was made for */
    const char *outcome;                /* of a decision; "" else */
    const char *reason;
    const char *deciding_clause_id;
};

/* Entries of a unit, oldest first, at most `size` + 1 of them: one more tells that there are more.
 * They begin after the place of `after` (an absent date: at the start). `claim_owner_id` narrows
 * claims to those of a customer; NULL: all. */
enum err history_read_await(struct call *call, const char *serial, const char *claim_owner_id,
                            const struct history_entry *after, int32_t size,
                            struct history_entry **ret_entries, size_t *ret_count) MUST_CHECK;
