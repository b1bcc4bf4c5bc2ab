/*
 * work_days - counting working days
 *
 * Days are counted along the civil calendar: a day counts if it has work and no pause covers it.
 * Where the last one's close lies in a pause, nothing is left but that close, and the first close
 * after the pause takes its place.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/work_private.h"

static const struct date last_date = {9999, 12, 31};

static void
tell_day(struct work_explanation *explanation, enum work_line_kind kind, struct date date,
         const struct calendar_span *span, int days, const char *name)
{
    work_add_line(explanation, &(struct work_line){.kind = kind,
                                                   .date = date,
                                                   .last_date = date,
                                                   .start_s = span->start_s,
                                                   .end_s = span->end_s,
                                                   .days = days,
                                                   .name = name});
}

/* The pause that stands at a close, and did not begin and end on that day. */
static const struct work_pause *
pause_at_close(const struct work_pauses *pauses, const struct zone *zone, int64_t close_s)
{
    const struct work_pause *pause = work_pauses_find(pauses, close_s);
    bool is_standing = pause != NULL && pause->start_s < close_s;
    if (!is_standing ||
        date_compare(zone_date(zone, pause->start_s), zone_date(zone, pause->end_s)) == 0)
        return NULL;
    return pause;
}

/* A walk along the civil calendar. */
struct day_count {
    const struct calendar *calendar;
    struct calendar_year year;
    const struct work_pauses *pauses;
    struct work_explanation *explanation;
    int64_t day;      /* the next to be looked at, since 1970-01-01 */
    int64_t last_day; /* where the search ends */
    int64_t due_s;
    int64_t pause_first_days[WORK_PAUSES_MAX];
    int64_t pause_last_days[WORK_PAUSES_MAX];
};

/* From the first opening to the last closing of a day. False: it has no work. */
static bool
day_span(struct day_count *day_count, struct date date, struct calendar_span *ret_span)
{
    struct calendar_span spans[CALENDAR_SPANS_MAX];
    size_t count = calendar_walked_spans(day_count->calendar, &day_count->year, date, spans);
    *ret_span = (struct calendar_span){0, 0};
    if (count > 0)
        *ret_span = (struct calendar_span){spans[0].start_s, spans[count - 1].end_s};
    return count > 0;
}

static void
find_pause_days(struct day_count *count)
{
    const struct zone *zone = calendar_zone(count->calendar);
    for (size_t i = 0; i < count->pauses->count; i++) {
        const struct work_pause *pause = &count->pauses->pauses[i];
        count->pause_first_days[i] = date_to_days(zone_date(zone, pause->start_s));
        count->pause_last_days[i] = date_to_days(zone_date(zone, pause->end_s));
    }
}

/* The pause that keeps the day from being counted: it began on an earlier day and ended on this
 * one or later. */
static const struct work_pause *
pause_over(const struct day_count *count)
{
    for (size_t i = 0; i < count->pauses->count; i++)
        if (count->pause_first_days[i] < count->day && count->day <= count->pause_last_days[i])
            return &count->pauses->pauses[i];
    return NULL;
}

/* Counts `left` days and leaves the close of the last one. */
static bool
count_days(struct day_count *count, int left)
{
    for (; left > 0 && count->day <= count->last_day; count->day++) {
        struct calendar_span span;
        struct date date = date_from_days(count->day);
        const struct work_pause *pause = pause_over(count);
        if (!day_span(count, date, &span)) {
            work_tell_closed(count->explanation, count->calendar, &count->year, date, &span);
        } else if (pause != NULL) {
            tell_day(count->explanation, WORK_PAUSED, date, &span, 1, pause->reason);
        } else {
            tell_day(count->explanation, WORK_COUNTED, date, &span, 1, NULL);
            count->due_s = span.end_s;
            left--;
        }
    }
    return left == 0;
}

/* Goes on to the first close that is not before `unix_s`; days on the way were paused. */
static bool
find_close(struct day_count *count, int64_t unix_s, const char *reason)
{
    for (; count->day <= count->last_day; count->day++) {
        struct calendar_span span;
        struct date date = date_from_days(count->day);
        bool is_working = day_span(count, date, &span);
        if (!is_working)
            work_tell_closed(count->explanation, count->calendar, &count->year, date, &span);
        else if (reason != NULL)
            tell_day(count->explanation, WORK_PAUSED, date, &span, 1, reason);
        if (!is_working || span.end_s < unix_s)
            continue;
        if (reason == NULL)
            tell_day(count->explanation, WORK_COUNTED, date, &span, 0, NULL);
        count->due_s = span.end_s;
        count->day++;
        return true;
    }
    return false;
}

enum err
work_due_days(const struct work_clock *clock, int64_t start_s, const struct work_pauses *pauses,
              int64_t *ret_due_s, struct work_explanation *explanation, struct fault *ret_fault)
{
    int left = clock->amount.days;
    const struct zone *zone = calendar_zone(clock->calendar);
    int64_t start_day = date_to_days(zone_date(zone, start_s));
    struct day_count count = {
        .calendar = clock->calendar,
        .pauses = pauses,
        .explanation = explanation,
        .day = left > 0 ? start_day + 1 : start_day,
        .last_day = work_earlier_s(start_day + CALENDAR_SEARCH_DAYS, date_to_days(last_date))};
    find_pause_days(&count);
    bool is_found = left > 0 ? count_days(&count, left) : find_close(&count, start_s, NULL);
    const struct work_pause *pause = NULL;
    while (is_found && (pause = pause_at_close(pauses, zone, count.due_s)) != NULL)
        is_found = find_close(&count, pause->end_s, pause->reason);
    if (!is_found)
        return work_refuse_range(clock->calendar, ret_fault);
    *ret_due_s = count.due_s;
    return OK;
}

int
work_days_between(const struct calendar *calendar, struct date start, struct date end)
{
    int count = 0;
    struct calendar_year year = {.year = 0};
    int64_t start_day = date_to_days(start);
    int64_t last_day = date_to_days(end);
    if (last_day - start_day > CALENDAR_SEARCH_DAYS)
        return -1;
    for (int64_t day = start_day + 1; day <= last_day; day++)
        count += calendar_is_walked_day_working(calendar, &year, date_from_days(day));
    return count;
}

bool
work_roll_to_working_day(const struct calendar *calendar, struct date date, struct date *ret_date)
{
    struct calendar_year year = {.year = 0};
    int64_t first_day = date_to_days(date);
    int64_t last_day = work_earlier_s(first_day + CALENDAR_SEARCH_DAYS, date_to_days(last_date));
    for (int64_t day = first_day; day <= last_day; day++) {
        struct date candidate = date_from_days(day);
        if (!calendar_is_walked_day_working(calendar, &year, candidate))
            continue;
        *ret_date = candidate;
        return true;
    }
    return false;
}
