/*
 * policy_canon - the canonical form of a version: one JSON text that holds all its files, and its
 * digest
 *
 * Equal policies have equal bytes, whatever the order of maps, spelling of values or comments in
 * the files they were read from. Holiday lists and all languages are inside, so a version stays
 * what it was. policy_read reads it back to an equal policy.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

enum { POLICY_FORMAT = 1 };

/* Appends the canonical form. */
void policy_canon_write(const struct policy *policy, struct buf *out);

/* Appends the canonical form of the same policy as another version: with this number and this day.
 * 0 and the absent date: as a draft. */
void policy_canon_write_as(const struct policy *policy, int64_t version, struct date effective_from,
                           struct buf *out);

/* Appends the same as YAML, for people to read and change. policy_read reads it back to an equal
 * policy, of the same digest, unless it is larger than a publication may be. */
void policy_canon_write_yaml(const struct policy *policy, struct buf *out);

/* SHA-256 of the canonical form. policy_read sets policy->digest by it. */
void policy_canon_digest(const struct policy *policy, uint8_t ret_digest[POLICY_DIGEST_BYTES]);
