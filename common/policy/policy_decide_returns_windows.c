/*
 * policy_decide_returns_windows - the company's time for money back and for an exchange
 *
 * Both count from the same day. A window that the policy makes unlimited has no day; one that is
 * over keeps its last day for the denial. Where a floor cannot be compared with the company's span
 * on paper, the later end counts.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/work.h"
#include "common/policy/policy_decide_returns.h"

#include <string.h>

/* From when windows count. */
struct start {
    bool is_known;
    struct date date;
    const char *event;
};

/* A window that ends on a closed day goes on until the next open one, where the policy says so. */
static struct date
roll(struct decide_returns *returns, struct date date)
{
    struct decide *d = returns->d;
    struct policy_reading rolls =
        decide_read(d, returns->sale, POLICY_RETURNS_WINDOW_ROLL_TO_OPEN_DAY, NULL);
    if (!rolls.value.flag)
        return date;
    struct policy_reading hours = decide_read(d, d->case_pin, POLICY_SUPPORT_HOURS_HOURS, NULL);
    const struct calendar *calendar =
        hours.value.absence == POLICY_PRESENT
            ? policy_find_calendar(d->case_pin->pin.policy, hours.value.code)
            : NULL;
    struct date open_day;
    if (calendar != NULL && work_roll_to_working_day(calendar, date, &open_day))
        return open_day;
    return date;
}

/* When a window ends. False: it does not. */
static bool
find_end(struct decide_returns *returns, const struct policy_reading *reading,
         const struct start *start, Common__V1__Step *step, struct decide_deadline *ret_end)
{
    struct decide *d = returns->d;
    struct decide_deadline rival;
    if (reading->value.absence != POLICY_PRESENT ||
        decide_deadline(d, reading->policy, &reading->value.span, start->date, INT64_MIN,
                        start->event, ret_end) != OK)
        return false;
    if (reading->rival != NULL && reading->rival_value.absence == POLICY_PRESENT &&
        decide_deadline(d, reading->rival_policy, &reading->rival_value.span, start->date,
                        INT64_MIN, start->event, &rival) == OK &&
        date_compare(rival.date, ret_end->date) > 0) {
        *ret_end = rival;
        decide_lift(d, step, reading);
    }
    return true;
}

static struct decide_window
look_at_window(struct decide_returns *returns, enum policy_parameter parameter,
               const struct start *start)
{
    struct decide *d = returns->d;
    Common__V1__Step *step;
    struct policy_reading reading = decide_read(d, returns->sale, parameter, &step);
    struct decide_window window = {0};
    if (reading.value.absence == POLICY_NONE || reading.value.absence == POLICY_NOT_OFFERED) {
        step->result = DOES_NOT_APPLY;
        return window;
    }
    if (!start->is_known && reading.value.absence != POLICY_UNLIMITED) {
        step->result = LACKS_PROOF;
        window.is_lacking = true;
        return window;
    }
    struct decide_deadline end;
    if (!find_end(returns, &reading, start, step, &end)) {
        step->result = GRANTS;
        window.is_open = true;
        return window;
    }
    window.last_date = roll(returns, end.date);
    if (date_compare(window.last_date, end.date) != 0)
        end.explanation = arena_printf(d->arena, "%s, then the next working day", end.explanation);
    decide_compute(d, step, "last_date", decide_value_date(d, window.last_date), end.explanation);
    window.is_open = date_compare(d->question->at_date, window.last_date) <= 0;
    step->result = window.is_open ? GRANTS : DENIES;
    return window;
}

void
decide_look_at_windows(struct decide_returns *returns)
{
    struct decide *d = returns->d;
    returns->wanted = decide_read_fact(d, "wanted_remedy");
    const char *wanted = returns->wanted == NULL ? "" : returns->wanted->code;
    Common__V1__Step *step;
    struct policy_reading starts =
        decide_read(d, returns->sale, POLICY_RETURNS_WINDOW_STARTS, &step);
    struct start start = {.event = ""};
    start.is_known = starts.value.absence == POLICY_PRESENT &&
                     decide_anchor(d, starts.value.anchors.items, starts.value.anchors.count, step,
                                   &start.date, &start.event);
    if (strcmp(wanted, "replace") != 0)
        returns->refund = look_at_window(returns, POLICY_RETURNS_WINDOW_LENGTH, &start);
    if (strcmp(wanted, "refund") != 0)
        returns->exchange = look_at_window(returns, POLICY_RETURNS_WINDOW_EXCHANGE_LENGTH, &start);
    if ((returns->refund.is_lacking || returns->exchange.is_lacking) &&
        starts.value.absence == POLICY_PRESENT)
        returns->needed_event = starts.value.anchors.items[0].event;
}
