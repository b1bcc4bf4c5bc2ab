/*
 * survey_rules - what the policy says of a survey: whom, when, which answers are low
 *
 * Pure: no I/O, no clock. Times are microseconds since 1970.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"
#include "common/uuid.h"

enum { RULES_TESTS_MAX = 32, RULES_REMINDERS_MAX = 12, RULES_EXPIRE_DAYS_MAX = 365 };

/* What a parameter may vary by; "" where it is not known. */
struct rules_subject {
    const char *survey_after;
    const char *category;
    const char *region;
    const char *customer_class;
};

/* The value that holds. */
struct policy_value rules_read(struct arena *arena, const struct policy *policy,
                               enum policy_parameter parameter,
                               const struct rules_subject *subject);

/* Whether surveys are sent after `survey_after` at all. */
bool rules_asks_after(struct arena *arena, const struct policy *policy,
                      const struct rules_subject *subject);

/* Whether the policy has somebody asked in this way: a code of survey.methods/methods, as "email".
 */
bool rules_asks_by(struct arena *arena, const struct policy *policy,
                   const struct rules_subject *subject, const char *method);

/*
 * A moment and a span of the policy: civil days and months keep the time of day of the policy's
 * zone, working time is counted on its calendar. Where the span is absent: `absent_us`.
 * `ret_explanation` (may be NULL) is how it was reached, in the arena.
 */
int64_t rules_add(struct arena *arena, const struct policy *policy, const struct policy_value *span,
                  int64_t start_us, int64_t absent_us, const char **ret_explanation);

/* The latest moment at which somebody may have been asked for being asked again at `send_us`:
 * INT64_MAX where there is no cool-down. */
int64_t rules_cool_down_before(struct arena *arena, const struct policy *policy,
                               const struct policy_value *cool_down, int64_t send_us);

/* Whether an event is in the sample: the same answer each time, and a larger sample holds a smaller
 * one. */
bool rules_is_sampled(const struct uuid *event_id, int basis_points);

/* When the reminder of this number, from 1, is due: they part the time evenly. 0: there is none. */
int64_t rules_remind_time(int64_t send_us, int64_t expire_us, int number, int reminders_max);
/* How many reminders are due or were by now. */
int rules_reminders_begun(int64_t send_us, int64_t expire_us, int reminders_max, int64_t now_us);
/* How many, of survey.methods/reminders_max. */
int rules_reminders_max(const struct policy_value *value);

/* A number that a test may ask for; -1: it is not known. */
struct rules_number {
    const char *fact;
    int64_t number;
};

/* The tests that hold. One that rests on something unknown does not. */
struct policy_codes rules_judge(struct arena *arena, const struct policy *policy,
                                const struct policy_value *tests,
                                const struct rules_number *numbers, size_t number_count);
