/*
 * policy_canon_parts - what the writers of the canonical form share
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_read_private.h"

/* One writing. */
struct policy_canon {
    struct buf *out;
    struct arena *arena;
    const struct policy *policy;
    const struct policy_reader *reader; /* what the policy itself does not keep */
};

/* ---- the parts ---- */

void policy_canon_write_names(struct policy_canon *canon); /* axes, codes, contacts, branding */
void policy_canon_write_calendars(struct policy_canon *canon);
void policy_canon_write_sections(struct policy_canon *canon);
void policy_canon_write_packs(struct policy_canon *canon);
void policy_canon_write_translations(struct policy_canon *canon);

/* ---- JSON. `key` is NULL for an element of a list; commas are put by themselves ---- */

void policy_canon_key(struct policy_canon *canon, const char *key);
void policy_canon_open(struct policy_canon *canon, const char *key, char bracket);
void policy_canon_close(struct policy_canon *canon, char bracket);
void policy_canon_text(struct policy_canon *canon, const char *key, const char *text);
void policy_canon_number(struct policy_canon *canon, const char *key, int64_t number);
void policy_canon_date(struct policy_canon *canon, const char *key, struct date date);
void policy_canon_value(struct policy_canon *canon, const char *key,
                        const struct policy_value *value);
void policy_canon_when(struct policy_canon *canon, const char *key, const struct policy_when *when);
void policy_canon_copy(struct policy_canon *canon, const char *key, const struct policy_node *node);
