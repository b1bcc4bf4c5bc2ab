/*
 * policy_value_span - lengths of time: "1 year 6 months", "90 days", "7 working days of office"
 *
 * Years become months. Months and days cannot be turned into each other, so two spans compare only
 * where one is longer from whatever day both begin on: the days that k months can have are bounded.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_axis.h"
#include "common/policy/policy_value_parts.h"

#include <string.h>

struct unit {
    const char *singular;
    const char *plural;
    int months;
    int days;
};

/* Wide to narrow, as they are written. */
static const struct unit units[] = {
    {"year", "years", 12, 0}, {"month", "months", 1, 0}, {"day", "days", 0, 1}};

/* Index in `units`; -1: none. */
static int
find_unit(struct policy_word word)
{
    for (int i = 0; i < (int)COUNT_OF(units); i++)
        if (policy_word_is(word, units[i].singular) || policy_word_is(word, units[i].plural))
            return i;
    return -1;
}

static const char *
unit_reason(struct policy_word word)
{
    if (word.length == 0)
        return "a number needs its unit: years, months or days";
    if (policy_word_is(word, "week") || policy_word_is(word, "weeks"))
        return "weeks are written as days: 14 days";
    if (policy_word_is(word, "hour") || policy_word_is(word, "hours") ||
        policy_word_is(word, "minute") || policy_word_is(word, "minutes"))
        return "hours and minutes count only as working time: 8 working hours of office";
    return "the units are years, months, days, and working days, hours or minutes of a calendar";
}

/* Behind "N working": the unit, "of", and a calendar. */
static bool
parse_working(struct arena *arena, int number, const char *at, struct policy_span *ret_span,
              const char **ret_reason)
{
    struct policy_word unit = policy_word_take(&at);
    struct policy_span span = {0};
    if (policy_word_is(unit, "day") || policy_word_is(unit, "days"))
        span.working_days = number;
    else if (policy_word_is(unit, "hour") || policy_word_is(unit, "hours"))
        span.working_minutes = number * 60;
    else if (policy_word_is(unit, "minute") || policy_word_is(unit, "minutes"))
        span.working_minutes = number;
    else
        return policy_refuse(ret_reason, "working time is days, hours or minutes");
    bool has_of = policy_word_is(policy_word_take(&at), "of");
    struct policy_word calendar = policy_word_take(&at);
    if (!has_of || calendar.length == 0 || !policy_words_end(at))
        return policy_refuse(
            ret_reason,
            "working time must name its calendar, at the end: 7 working days of office");
    if (span.working_days == 0 && span.working_minutes == 0 && unit.text[0] != 'd')
        return policy_refuse(ret_reason, "no working time at all is written as 0 days");
    if (span.working_days > POLICY_SPAN_WORK_DAYS_MAX ||
        span.working_minutes > POLICY_SPAN_WORK_MINUTES_MAX)
        return policy_refuse(ret_reason, "at most 3660 working days or 1000000 working minutes");
    if (calendar.length >= POLICY_CODE_SIZE)
        return policy_refuse(ret_reason, "the calendar's name is too long");
    span.calendar = arena_printf(arena, "%.*s", (int)calendar.length, calendar.text);
    *ret_span = span;
    return true;
}

static bool
take_number(const char **at, int *ret_number, const char **ret_reason)
{
    int64_t number = 0;
    enum policy_number kind =
        policy_word_number(policy_word_take(at), POLICY_SPAN_WORK_MINUTES_MAX, &number);
    if (kind == POLICY_NUMBER_FRACTION)
        return policy_refuse(ret_reason,
                             "no fractions; write it in a smaller unit: 18 months, not 1.5 years");
    if (kind == POLICY_NUMBER_NONE)
        return policy_refuse(ret_reason,
                             "write 6 months, 7 working days of office, none, unlimited or "
                             "not_offered");
    *ret_number = (int)number;
    return true;
}

/* Years, months and days, each at most once, wide before narrow; the first number was taken. */
static bool
parse_calendar_units(int number, const char *at, struct policy_span *ret_span,
                     const char **ret_reason)
{
    int64_t months = 0;
    int64_t days = 0;
    for (int next = 0;;) {
        struct policy_word word = policy_word_take(&at);
        int unit = find_unit(word);
        if (unit < 0)
            return policy_refuse(ret_reason, unit_reason(word));
        if (unit < next)
            return policy_refuse(ret_reason, "years stand before months before days, each once");
        next = unit + 1;
        months += (int64_t)number * units[unit].months;
        days += (int64_t)number * units[unit].days;
        if (policy_words_end(at))
            break;
        if (!take_number(&at, &number, ret_reason))
            return false;
    }
    if (months > POLICY_SPAN_MONTHS_MAX || days > POLICY_SPAN_DAYS_MAX)
        return policy_refuse(ret_reason, "at most 1200 months and 36600 days; longer is unlimited");
    *ret_span = (struct policy_span){.months = (int)months, .days = (int)days};
    return true;
}

static bool
parse_absence(const char *text, enum policy_absence *ret_absence)
{
    static const char *const words[] = {"", "none", "unlimited", "not_offered"};
    const char *at = text;
    struct policy_word word = policy_word_take(&at);
    for (size_t i = 1; i < COUNT_OF(words); i++)
        if (policy_word_is(word, words[i]) && policy_words_end(at)) {
            *ret_absence = (enum policy_absence)i;
            return true;
        }
    return false;
}

bool
policy_span_parse(struct arena *arena, const char *text, struct policy_span *ret_span,
                  enum policy_absence *ret_absence, const char **ret_reason)
{
    if (parse_absence(text, ret_absence)) {
        *ret_span = (struct policy_span){0};
        return true;
    }
    const char *at = text;
    int number = 0;
    if (!take_number(&at, &number, ret_reason))
        return false;
    const char *unit_at = at;
    bool is_working = policy_word_is(policy_word_take(&at), "working");
    bool is_fine = is_working ? parse_working(arena, number, at, ret_span, ret_reason)
                              : parse_calendar_units(number, unit_at, ret_span, ret_reason);
    if (is_fine)
        *ret_absence = POLICY_PRESENT;
    return is_fine;
}

/* ---- printing and comparing ---- */

static void
print_part(struct buf *out, int number, const char *unit)
{
    buf_printf(out, "%d %s%s", number, unit, number == 1 ? "" : "s");
}

void
policy_span_print(const struct policy_span *span, struct buf *out)
{
    if (span->calendar != NULL) {
        if (span->working_minutes == 0)
            print_part(out, span->working_days, "working day");
        else if (span->working_minutes % 60 == 0)
            print_part(out, span->working_minutes / 60, "working hour");
        else
            print_part(out, span->working_minutes, "working minute");
        buf_printf(out, " of %s", span->calendar);
        return;
    }
    if (span->months > 0)
        print_part(out, span->months, "month");
    if (span->months > 0 && span->days > 0)
        buf_add_char(out, ' ');
    if (span->months == 0 || span->days > 0)
        print_part(out, span->days, "day");
}

static bool
calendars_equal(const struct policy_span *a, const struct policy_span *b)
{
    if (a->calendar == NULL || b->calendar == NULL)
        return a->calendar == b->calendar;
    return strcmp(a->calendar, b->calendar) == 0;
}

bool
policy_span_equals(const struct policy_span *a, const struct policy_span *b)
{
    return a->months == b->months && a->days == b->days && a->working_days == b->working_days &&
           a->working_minutes == b->working_minutes && calendars_equal(a, b);
}

struct range {
    int min;
    int max;
};

/* How many days lie between two days that are so many months apart, cut month ends included. The
 * years are those of any hundred in a row: at most one of them lacks its leap day. */
static struct range
days_of_months(int months)
{
    static const struct range of_months[12] = {{0, 0},     {28, 31},   {59, 62},   {89, 92},
                                               {120, 123}, {150, 153}, {181, 184}, {212, 215},
                                               {242, 245}, {273, 276}, {303, 306}, {334, 337}};
    int years = months / 12;
    const struct range *rest = &of_months[months % 12];
    int leap_days_min = years < 8 ? 0 : years / 4 - 1;
    return (struct range){.min = years * 365 + leap_days_min + rest->min,
                          .max = years * 365 + (years + 3) / 4 + rest->max};
}

static enum policy_order
order_of(int64_t a, int64_t b)
{
    return a == b ? POLICY_SAME : a > b ? POLICY_BETTER : POLICY_WORSE;
}

enum policy_order
policy_span_compare(const struct policy_span *a, const struct policy_span *b)
{
    if (!calendars_equal(a, b))
        return POLICY_INCOMPARABLE;
    if (a->calendar != NULL) {
        bool counts_minutes = a->working_minutes > 0;
        if (counts_minutes != (b->working_minutes > 0))
            return POLICY_INCOMPARABLE;
        return counts_minutes ? order_of(a->working_minutes, b->working_minutes)
                              : order_of(a->working_days, b->working_days);
    }
    if (a->months < b->months) {
        enum policy_order order = policy_span_compare(b, a);
        return order == POLICY_BETTER  ? POLICY_WORSE
               : order == POLICY_WORSE ? POLICY_BETTER
                                       : order;
    }
    /* By how many days a is longer, at least and at most. */
    struct range apart = days_of_months(a->months - b->months);
    int days = a->days - b->days;
    if (apart.min == apart.max)
        return order_of(days, 0);
    if (apart.min + days > 0)
        return POLICY_BETTER;
    return apart.max + days < 0 ? POLICY_WORSE : POLICY_INCOMPARABLE;
}
