/*
 * coverage_rules - whether a unit is covered on a day: terms and dates in, answer out
 *
 * The period is [start, last], both included: last = start + length, the start's own day not
 * counted. The first anchor that is known counts; none known is UNDETERMINED, never "expired".
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "terms.h"

struct coverage {
    int outcome;            /* Warranty__V1__Coverage__Outcome */
    struct date start_date; /* absent while undetermined */
    struct date
        last_date; /* absent while undetermined, without limit, and where there is no warranty */
    const char *clause_id;
};

struct coverage coverage_decide(const struct terms *terms, const char *category,
                                struct date purchase_date, struct date delivery_date,
                                struct date at);
