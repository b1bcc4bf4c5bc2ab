/*
 * contract_rule - what a contract asks of single values, for those who walk messages
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/contract.h"
#include "common/contract_field.h"
#include "common/date.h"
#include "common/v1/types.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

static inline bool
rule_has_bounds(const struct contract_field *rule)
{
    return rule->number_min != 0 || rule->number_max != 0;
}

static inline bool
rule_takes_integer(const struct contract_field *rule, int64_t value)
{
    bool is_exact = value >= -FIELD_INTEGER_MAX && value <= FIELD_INTEGER_MAX;
    return is_exact &&
           (!rule_has_bounds(rule) || (value >= rule->number_min && value <= rule->number_max));
}

static inline bool
rule_takes_date(const Common__V1__Date *date)
{
    return date_is_valid((struct date){date->year, date->month, date->day});
}

/* Whole microseconds, years 1 to 9999. */
static inline bool
rule_takes_time(const Google__Protobuf__Timestamp *time)
{
    return time->seconds >= FIELD_SECONDS_MIN && time->seconds <= FIELD_SECONDS_MAX &&
           time->nanos >= 0 && time->nanos <= 999999999 && time->nanos % 1000 == 0;
}
