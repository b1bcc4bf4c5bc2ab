/*
 * policy_rules - when a version may take effect, and when it can still be taken back
 *
 * Daemons ask for new versions once a minute, so a version is published, and revoked, at least
 * RULES_LEAD_US before its day begins anywhere in the policy's zones: then all of them know it by
 * then.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy.h"

#define RULES_LEAD_US (INT64_C(5) * 60 * 1000000)
/* For how long a daemon's word counts that it enforces a section. */
#define RULES_CLAIM_US (INT64_C(24) * 3600 * 1000000)

/* The latest civil day that it is at `now_us` in any of a policy's zones. */
struct date rules_latest_day(const struct policy *policy, int64_t now_us);

/*
 * Whether a policy may be published as the next version of the line, for a day.
 * ERR_INVALID_ARGUMENT, EFFECTIVE_TOO_EARLY: its day is not in the future (the first version's need
 * not be). ERR_FAILED_PRECONDITION, EFFECTIVE_BEFORE_OTHERS: another version takes effect on that
 * day or later; LINE_FULL: there are POLICY_VERSIONS_MAX already.
 */
enum err rules_may_publish(const struct policy *policy, const struct policy_line *line,
                           struct date effective_from, int64_t now_us,
                           struct fault *ret_fault) MUST_CHECK;

/* Whether a version that takes effect on a day can still be taken back. ERR_FAILED_PRECONDITION,
 * POLICY_IN_FORCE. */
enum err rules_may_revoke(const struct policy *policy, struct date effective_from, int64_t now_us,
                          struct fault *ret_fault) MUST_CHECK;

/* Which of versions counts, the latest first, that take effect up to a day in any zone: the first
 * whose day has come in `zone`. `count`: none has. */
size_t rules_find_in_force(const struct date *effective_from, size_t count, const struct zone *zone,
                           int64_t now_us);

/* Whether somebody can be of the staff as this. */
bool rules_is_staff_role(int role);
