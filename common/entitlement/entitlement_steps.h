/*
 * entitlement_steps - adds an explanation again, for tests and fuzzers
 *
 * What a reader of the ledger may rely on: each step adds what it says to the step before or to a
 * day that its fact or base names, and the last one is the day of the interval.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string.h>

#include "common/entitlement/entitlement.h"

static inline bool
entitlement_step_is_of_fact(const struct entitlement_step *step)
{
    const struct entitlement_fact *fact = step->fact;
    return fact != NULL &&
           date_compare(step->from_date, step->kind == ENTITLEMENT_STEP_GOODWILL ? fact->last_date
                                                                                 : fact->date) == 0;
}

/* A base ends on its last day, if it was not replaced; or before it began. */
static inline bool
entitlement_step_is_of_base(const struct entitlement_step *step,
                            const struct entitlement_interval *base)
{
    return date_compare(step->from_date, base->last_date) == 0 ||
           date_compare(step->from_date, base->term_last_date) == 0 ||
           date_compare(step->from_date, date_add(base->start_date, 0, -1)) == 0;
}

/* Whether a step begins where it should: `before` is the step before it; NULL: there is none. */
static inline bool
entitlement_step_follows(const struct entitlement_interval *interval,
                         const struct entitlement_step *step, const struct entitlement_step *before)
{
    switch (step->kind) {
    case ENTITLEMENT_STEP_SPAN:
    case ENTITLEMENT_STEP_PAUSE:
    case ENTITLEMENT_STEP_IN_HANDS:
        return before != NULL && date_compare(step->from_date, before->date) == 0;
    case ENTITLEMENT_STEP_BASE:
        return before == NULL && entitlement_step_is_of_base(step, interval->base);
    case ENTITLEMENT_STEP_END:
        return entitlement_step_is_of_fact(step) && interval->ended_by_fact_id != NULL &&
               strcmp(step->fact->fact_id, interval->ended_by_fact_id) == 0;
    default:
        return before == NULL && entitlement_step_is_of_fact(step);
    }
}

/* Whether the steps add up to the last day. */
static inline bool
entitlement_steps_add_up(const struct entitlement_interval *interval)
{
    const struct entitlement_step *before = NULL, *term_end = NULL;
    for (size_t i = 0; i < interval->step_count; i++) {
        const struct entitlement_step *step = &interval->steps[i];
        struct date date = date_add(step->from_date, step->months, step->days);
        if (date_compare(date, step->date) != 0 || (before != NULL && term_end != before) ||
            !entitlement_step_follows(interval, step, before))
            return false;
        before = step;
        if (step->kind != ENTITLEMENT_STEP_END)
            term_end = step;
    }
    if (!date_is_absent(interval->term_last_date) &&
        (term_end == NULL || date_compare(term_end->date, interval->term_last_date) != 0))
        return false;
    return !interval->has_last_date ||
           (before != NULL && date_compare(before->date, interval->last_date) == 0);
}
