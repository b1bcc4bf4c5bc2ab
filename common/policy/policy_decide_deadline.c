/*
 * policy_decide_deadline - spans as days and moments, and fees as money
 *
 * Civil spans are added in one step (the day itself is not counted); working time is counted on the
 * calendar that the span names, in the version's own copy of it. Where a floor cannot be compared
 * with the company's value on paper, both are computed for the case, and the earlier one counts for
 * a promise that is better when shorter, the later one for others.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include "common/calendar/work.h"
#include "common/policy/policy_fee.h"

#include <string.h>

/* "1 year", "18 months", "14 days": as spans stand in explanations. */
static const char *
print_civil(struct decide *d, const struct policy_span *span)
{
    const char *months = "";
    if (span->months != 0 && span->months % 12 == 0)
        months = arena_printf(d->arena, " + %d year%s", span->months / 12,
                              span->months == 12 ? "" : "s");
    else if (span->months != 0)
        months =
            arena_printf(d->arena, " + %d month%s", span->months, span->months == 1 ? "" : "s");
    if (span->days == 0 && span->months != 0)
        return months;
    return arena_printf(d->arena, "%s + %d day%s", months, span->days, span->days == 1 ? "" : "s");
}

static enum err
count_working_time(struct decide *d, const struct policy *policy, const struct policy_span *span,
                   struct date start, int64_t start_s, struct decide_deadline *ret_deadline)
{
    const struct calendar *calendar = policy_find_calendar(policy, span->calendar);
    CHECK(calendar != NULL);
    if (start_s == INT64_MIN) {
        struct zone_stretch stretches[ZONE_STRETCHES_MAX];
        /* A day that the zone skipped begins where the next one does. */
        while (zone_day(calendar_zone(calendar), start, stretches) == 0)
            start = date_add(start, 0, 1);
        start_s = stretches[0].start_s;
    }
    struct work_explanation explanation = {.arena = d->arena};
    struct fault fault;
    int64_t due_s;
    enum err err =
        span->working_minutes != 0
            ? work_add_seconds(calendar, start_s, (int64_t)span->working_minutes * 60, &due_s,
                               &explanation, &fault)
            : work_add_days(calendar, start_s, span->working_days, &due_s, &explanation, &fault);
    if (err != OK)
        return ERR_OUT_OF_RANGE;
    struct buf *text = decide_scratch(d);
    buf_add_text(text, calendar_label(calendar));
    buf_add_text(text, ": ");
    work_explain(&explanation, calendar, text);
    ret_deadline->time_s = due_s;
    ret_deadline->date = zone_date(calendar_zone(calendar), due_s);
    ret_deadline->explanation = arena_copy_text(d->arena, buf_text(text));
    return OK;
}

enum err
decide_deadline(struct decide *d, const struct policy *policy, const struct policy_span *span,
                struct date start, int64_t start_s, const char *start_name,
                struct decide_deadline *ret_deadline)
{
    if (span->calendar != NULL)
        return count_working_time(d, policy, span, start, start_s, ret_deadline);
    char day[DATE_TEXT_SIZE];
    date_print(start, day);
    ret_deadline->date = date_add(start, span->months, span->days);
    ret_deadline->time_s = INT64_MIN;
    ret_deadline->explanation =
        arena_printf(d->arena, "%s %s%s", start_name, day, print_civil(d, span));
    return OK;
}

/* Whether a comes before b; a day ends after every moment of it. */
static bool
is_earlier(const struct decide_deadline *a, const struct decide_deadline *b)
{
    int order = date_compare(a->date, b->date);
    if (order != 0 || (a->time_s == INT64_MIN && b->time_s == INT64_MIN))
        return order < 0;
    int64_t a_s = a->time_s == INT64_MIN ? INT64_MAX : a->time_s;
    int64_t b_s = b->time_s == INT64_MIN ? INT64_MAX : b->time_s;
    return a_s < b_s;
}

static Common__V1__Value *
deadline_value(struct decide *d, const struct decide_deadline *deadline)
{
    if (deadline->time_s == INT64_MIN)
        return decide_value_date(d, deadline->date);
    return decide_value_time(d, deadline->time_s);
}

void
decide_lift(struct decide *d, Common__V1__Step *step, const struct policy_reading *reading)
{
    /* Where another floor has lifted it before, the value is no longer the company's. */
    if (reading->floor == NULL)
        decide_compute(d, step, "company_value", step->value, "");
    step->result = LIFTED;
    step->lifted_by = (char *)reading->rival->id;
    step->value = decide_value(d->arena, reading->rival_policy, &reading->rival_value);
}

bool
decide_promise(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter,
               struct date start, int64_t start_s, const char *start_name, const char *name,
               struct decide_deadline *ret_deadline)
{
    Common__V1__Step *step;
    struct policy_reading reading = decide_read(d, pin, parameter, &step);
    if (reading.value.absence != POLICY_PRESENT ||
        decide_deadline(d, reading.policy, &reading.value.span, start, start_s, start_name,
                        ret_deadline) != OK)
        return false;
    struct decide_deadline rival;
    bool is_shorter_better = policy_parameter_row(parameter)->better == POLICY_SHORTER;
    if (reading.rival != NULL && reading.rival_value.absence == POLICY_PRESENT &&
        decide_deadline(d, reading.rival_policy, &reading.rival_value.span, start, start_s,
                        start_name, &rival) == OK &&
        (is_shorter_better ? is_earlier(&rival, ret_deadline) : is_earlier(ret_deadline, &rival))) {
        *ret_deadline = rival;
        decide_lift(d, step, &reading);
    }
    Common__V1__Value *value = deadline_value(d, ret_deadline);
    decide_compute(d, step, name, value, ret_deadline->explanation);
    decide_compute(d, NULL, name, value, ret_deadline->explanation);
    return true;
}

/* ---- fees ---- */

/* What a fee comes to in this case. */
struct amount {
    enum decide_fee known;
    struct money money;
    const char *explanation;
    const char *missing;
};

static struct amount
compute_fee(struct decide *d, const struct policy *policy, const struct policy_value *fee)
{
    enum policy_rounding rounding = POLICY_HALF_UP;
    struct policy_reading rule = decide_look(d, d->case_pin, POLICY_GENERAL_MONEY_ROUNDING);
    CHECK(policy_rounding_parse(rule.value.code, &rounding));
    struct amount amount = {.known = DECIDE_FEE_KNOWN, .explanation = ""};
    memcpy(amount.money.currency_code, policy->currency_code, sizeof amount.money.currency_code);
    if (fee->absence != POLICY_PRESENT || fee->fee.is_free)
        return amount;
    switch (policy_fee_compute(d->arena, fee, rounding, policy->currency_code, &d->reader,
                               &amount.money, &amount.explanation, &amount.missing)) {
    case OK:
        if (amount.money.minor > POLICY_FACT_NUMBER_MAX)
            amount.known = DECIDE_FEE_TOO_LARGE;
        break;
    case ERR_OUT_OF_RANGE:
        amount.known = DECIDE_FEE_TOO_LARGE;
        break;
    case ERR_INVALID_ARGUMENT: /* facts are not below zero */
        amount.known = DECIDE_FEE_OTHER_CURRENCY;
        break;
    default:
        amount.known = DECIDE_FEE_MISSING;
    }
    return amount;
}

/* Whether the second of two is what holds: it says that the amount cannot be known, or is lower. */
static bool
is_second(const struct amount *first, const struct amount *second)
{
    if (first->known == DECIDE_FEE_MISSING || first->known == DECIDE_FEE_OTHER_CURRENCY)
        return false;
    if (first->known == DECIDE_FEE_TOO_LARGE || second->known == DECIDE_FEE_TOO_LARGE)
        return second->known != DECIDE_FEE_TOO_LARGE;
    return second->known != DECIDE_FEE_KNOWN || second->money.minor < first->money.minor;
}

enum decide_fee
decide_fee(struct decide *d, struct decide_pin *pin, enum policy_parameter parameter,
           const char *name, struct money *ret_money, const char **ret_missing)
{
    Common__V1__Step *step;
    struct policy_reading reading = decide_read(d, pin, parameter, &step);
    if (reading.value.absence == POLICY_NOT_OFFERED) {
        step->result = DOES_NOT_APPLY;
        return DECIDE_FEE_NOT_OFFERED;
    }
    struct amount amount = compute_fee(d, reading.policy, &reading.value);
    if (reading.rival != NULL) {
        struct amount rival = compute_fee(d, reading.rival_policy, &reading.rival_value);
        if (is_second(&amount, &rival)) {
            amount = rival;
            if (rival.known == DECIDE_FEE_KNOWN)
                decide_lift(d, step, &reading);
        }
    }
    *ret_money = amount.money;
    *ret_missing = amount.missing;
    if (amount.known == DECIDE_FEE_KNOWN)
        decide_compute(d, step, name, decide_value_money(d, amount.money), amount.explanation);
    else
        step->result = LACKS_PROOF;
    return amount.known;
}
