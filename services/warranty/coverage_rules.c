/*
 * coverage_rules - whether a unit is covered on a day
 */
// SPDX-License-Identifier: Apache-2.0
#include "coverage_rules.h"

#include "warranty/v1/warranty.pb-c.h"

enum {
    COVERED = WARRANTY__V1__COVERAGE__OUTCOME__COVERED,
    NOT_COVERED = WARRANTY__V1__COVERAGE__OUTCOME__NOT_COVERED,
    UNDETERMINED = WARRANTY__V1__COVERAGE__OUTCOME__UNDETERMINED,
};

static struct date
start_of(const struct terms *terms, struct date purchase_date, struct date delivery_date)
{
    for (size_t i = 0; i < terms->start_count; i++) {
        const struct terms_start *start = &terms->starts[i];
        struct date known = start->anchor == TERMS_DELIVERED   ? delivery_date
                            : start->anchor == TERMS_PURCHASED ? purchase_date
                                                               : (struct date){0};
        if (!date_is_absent(known))
            return date_add(known, 0, start->offset_days);
    }
    return (struct date){0};
}

struct coverage
coverage_decide(const struct terms *terms, const char *category, struct date purchase_date,
                struct date delivery_date, struct date at)
{
    const struct terms_length *length = terms_length_for(terms, category);
    struct coverage coverage = {.outcome = NOT_COVERED, .clause_id = "warranty.period"};
    if (length->is_none)
        return coverage;
    coverage.start_date = start_of(terms, purchase_date, delivery_date);
    if (date_is_absent(coverage.start_date)) {
        coverage.outcome = UNDETERMINED;
        return coverage;
    }
    if (!length->is_unlimited)
        coverage.last_date = date_add(coverage.start_date, length->months, length->days);
    bool is_begun = date_compare(at, coverage.start_date) >= 0;
    bool is_over = !length->is_unlimited && date_compare(at, coverage.last_date) > 0;
    coverage.outcome = is_begun && !is_over ? COVERED : NOT_COVERED;
    return coverage;
}
