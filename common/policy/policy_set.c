/*
 * policy_set - which version counts when, and what later versions improve for units that were sold
 *
 * A line of versions is short (a few a year) and sorted by the day it comes into force: it is
 * halved for pins and walked for improvements.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_set.h"

#include <inttypes.h>
#include <string.h>

static enum err
check_next(const struct policy *before, const struct policy *policy, struct fault *ret_fault)
{
    char date[DATE_TEXT_SIZE];
    if (strcmp(policy->name, before->name) != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "POLICY_DIFFERS",
                         "policy '%s' is no version of policy '%s'", policy->name, before->name);
    if (policy->version <= before->version)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "VERSIONS_UNORDERED",
                         "version %" PRId64 " cannot follow version %" PRId64, policy->version,
                         before->version);
    int order = date_compare(before->effective_from, policy->effective_from);
    date_print(policy->effective_from, date);
    if (order == 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "EFFECTIVE_DATE_TAKEN",
                         "versions %" PRId64 " and %" PRId64 " are both effective from %s",
                         before->version, policy->version, date);
    if (order > 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "VERSIONS_UNORDERED",
                         "version %" PRId64 " is effective from %s, before version %" PRId64,
                         policy->version, date, before->version);
    return OK;
}

enum err
policy_set_check(const struct policy_set *set, struct fault *ret_fault)
{
    if (set->version_count == 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "VERSIONS_MISSING",
                         "there is no version of the policy");
    if (set->version_count > POLICY_VERSIONS_MAX)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "VERSIONS_TOO_MANY",
                         "there are more than %d versions of the policy", POLICY_VERSIONS_MAX);
    for (size_t i = 0; i < set->version_count; i++) {
        const struct policy *policy = set->versions[i];
        if (policy->version <= 0 || date_is_absent(policy->effective_from))
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "VERSION_IS_DRAFT",
                             "a draft of policy '%s' stands among its versions", policy->name);
        enum err err = i == 0 ? OK : check_next(set->versions[i - 1], policy, ret_fault);
        if (err != OK)
            return err;
    }
    return OK;
}

struct policy_pin
policy_set_pin(const struct policy_set *set, enum policy_moment moment, struct date date)
{
    CHECK(set->version_count > 0);
    struct policy_pin pin = {.moment = moment, .date = date};
    size_t low = 0; /* versions before this one are in force on the day, or were */
    size_t high = date_is_absent(date) ? 0 : set->version_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (date_compare(set->versions[middle]->effective_from, date) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    pin.is_before_first = low == 0;
    pin.policy = set->versions[low == 0 ? 0 : low - 1];
    return pin;
}

/* A value of an axis by what it is called; where the other version does not know it, by the nearest
 * around it that it knows. */
static int
translate_value(const struct policy_axes *from, const struct policy_axes *to, enum policy_axis axis,
                int value, const char *said)
{
    int found = said == NULL ? 0 : policy_axes_find(to, axis, said);
    for (; found == 0 && value != 0; value = from->values[value].parent)
        found = policy_axes_find(to, axis, from->values[value].code);
    return found;
}

struct policy_subject
policy_set_translate(const struct policy_axes *from, const struct policy_axes *to,
                     const struct policy_subject *subject)
{
    struct policy_subject translated = {0};
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++) {
        translated.values[axis] = translate_value(from, to, (enum policy_axis)axis,
                                                  subject->values[axis], subject->codes[axis]);
        translated.codes[axis] = subject->codes[axis];
    }
    return translated;
}

bool
policy_set_improves(const struct policy *later, struct date sale_date, struct date today)
{
    return !date_is_absent(later->also_for_sold_since) &&
           date_compare(later->also_for_sold_since, sale_date) <= 0 &&
           date_compare(later->effective_from, today) <= 0;
}

/* Puts the better of two readings into the first. */
static void
improve(struct arena *arena, const struct policy_parameter_row *row, struct policy_reading *reading,
        const struct policy_reading *later)
{
    if (policy_value_equals(&reading->value, &later->value))
        return;
    if (row->better == POLICY_MORE || row->better == POLICY_FEWER) {
        struct policy_value best = policy_value_best(arena, row, &reading->value, &later->value);
        if (policy_value_equals(&best, &reading->value))
            return;
        *reading = *later;
        reading->value = best;
        return;
    }
    if (policy_value_compare(row, &later->value, &reading->value) != POLICY_BETTER)
        return;
    /* A floor beside the earlier value stays beside the better one. */
    struct policy_reading earlier = *reading;
    *reading = *later;
    if (reading->rival == NULL && earlier.rival != NULL &&
        policy_value_compare(row, &earlier.rival_value, &reading->value) == POLICY_INCOMPARABLE) {
        reading->rival = earlier.rival;
        reading->rival_value = earlier.rival_value;
        reading->rival_policy = earlier.rival_policy;
    }
}

/* Index of the first version after `policy`. */
static size_t
find_later(const struct policy_set *set, const struct policy *policy)
{
    size_t i = set->version_count;
    while (i > 0 && set->versions[i - 1]->version > policy->version)
        i--;
    return i;
}

const struct policy *
policy_set_next(const struct policy_set *set, const struct policy_pin *pin, struct date today,
                size_t *at)
{
    if (pin->moment != POLICY_SALE || date_is_absent(pin->date))
        return NULL;
    if (*at == 0)
        *at = find_later(set, pin->policy);
    while (*at < set->version_count) {
        const struct policy *later = set->versions[(*at)++];
        if (policy_set_improves(later, pin->date, today))
            return later;
    }
    return NULL;
}

struct policy_reading
policy_set_read(struct arena *arena, const struct policy_set *set, const struct policy_pin *pin,
                enum policy_parameter parameter, const struct policy_subject *subject,
                struct date today)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    const struct policy_axes *axes = &pin->policy->axes;
    struct policy_reading reading = policy_read_value(arena, pin->policy, parameter, subject);
    if (row->moment != POLICY_SALE)
        return reading;
    size_t at = 0;
    for (const struct policy *later; (later = policy_set_next(set, pin, today, &at)) != NULL;) {
        struct policy_subject translated = policy_set_translate(axes, &later->axes, subject);
        struct policy_reading other = policy_read_value(arena, later, parameter, &translated);
        improve(arena, row, &reading, &other);
    }
    return reading;
}
