/*
 * policy_rules - what decides, with no I/O and no clock
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy_rules.h"

#include <string.h>

#include "common/policy/policy_set.h"
#include "common/v1/options.pb-c.h"

enum { US_PER_S = 1000000 };

static struct date
day_in(const struct zone *zone, int64_t now_us)
{
    return zone_date(zone, divide_floor(now_us, US_PER_S));
}

struct date
rules_latest_day(const struct policy *policy, int64_t now_us)
{
    struct date latest = day_in(policy->zone, now_us);
    for (size_t i = 0; i < policy->region_zone_count; i++) {
        struct date day = day_in(policy->region_zones[i].zone, now_us);
        if (date_compare(day, latest) > 0)
            latest = day;
    }
    return latest;
}

/* Whether a day is still to come wherever the policy holds, and time is left to tell of it. */
static bool
is_to_come(const struct policy *policy, struct date day, int64_t now_us)
{
    return date_compare(day, rules_latest_day(policy, now_us + RULES_LEAD_US)) > 0;
}

enum err
rules_may_publish(const struct policy *policy, const struct policy_line *line,
                  struct date effective_from, int64_t now_us, struct fault *ret_fault)
{
    char last[DATE_TEXT_SIZE];
    if (line->published_count > 0 && !is_to_come(policy, effective_from, now_us)) {
        enum err err = fault_set(ret_fault, ERR_INVALID_ARGUMENT, "EFFECTIVE_TOO_EARLY",
                                 "only the first version may take effect at once: the day must be "
                                 "after today, and begin in five minutes at the earliest");
        memcpy(ret_fault->field, "effective_from", sizeof "effective_from");
        return err;
    }
    if (line->published_count > 0 && date_compare(effective_from, line->last_effective_from) <= 0) {
        date_print(line->last_effective_from, last);
        return fault_set(ret_fault, ERR_FAILED_PRECONDITION, "EFFECTIVE_BEFORE_OTHERS",
                         "another version takes effect on %s: revoke it, or name a later day",
                         last);
    }
    if (line->last_number >= POLICY_VERSIONS_MAX)
        return fault_set(ret_fault, ERR_FAILED_PRECONDITION, "LINE_FULL",
                         "%d versions were published, and more cannot be", POLICY_VERSIONS_MAX);
    return OK;
}

enum err
rules_may_revoke(const struct policy *policy, struct date effective_from, int64_t now_us,
                 struct fault *ret_fault)
{
    if (is_to_come(policy, effective_from, now_us))
        return OK;
    return fault_set(ret_fault, ERR_FAILED_PRECONDITION, "POLICY_IN_FORCE",
                     "the version is in force, or will be within five minutes: publish another one "
                     "in its place");
}

size_t
rules_find_in_force(const struct date *effective_from, size_t count, const struct zone *zone,
                    int64_t now_us)
{
    struct date today = day_in(zone, now_us);
    size_t i = 0;
    while (i < count && date_compare(effective_from[i], today) > 0)
        i++;
    return i;
}

bool
rules_is_staff_role(int role)
{
    return role > COMMON__V1__ROLE__CUSTOMER && role < COMMON__V1__ROLE__SYSTEM;
}
