/*
 * calendar - asking a calendar: what a day is, when it opens and closes
 *
 * A day is looked up in the table, or worked out where the table has none. Hours are by the wall
 * clock; laid over a stretch of time with one offset they are spans of seconds in UTC.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/calendar.h"

#include "common/calendar/calendar_private.h"

enum { DAY_S = 86400 };

const struct calendar_hours calendar_closed_hours = {.interval_count = 0};

const char *
calendar_name(const struct calendar *calendar)
{
    return calendar->name;
}

const char *
calendar_label(const struct calendar *calendar)
{
    return calendar->label;
}

const struct zone *
calendar_zone(const struct calendar *calendar)
{
    return calendar->zone;
}

const struct calendar_hours *
calendar_week(const struct calendar *calendar)
{
    return calendar->week;
}

/* ---- days ---- */

static struct calendar_day
ordinary_day(const struct calendar *calendar, int64_t days)
{
    return (struct calendar_day){.hours = &calendar->week[date_weekday(days) - 1]};
}

static const struct calendar_exception *
find_exception(const struct calendar *calendar, struct date date)
{
    size_t low = 0;
    size_t high = calendar->exception_count;
    while (low < high) { /* the first that ends on the day or later */
        size_t middle = (low + high) / 2;
        if (date_compare(calendar->exceptions[middle].last_date, date) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = low < calendar->exception_count &&
                    date_compare(calendar->exceptions[low].first_date, date) <= 0;
    return is_found ? &calendar->exceptions[low] : NULL;
}

static struct calendar_day
work_out_day(const struct calendar *calendar, struct date date, int64_t days)
{
    const struct calendar_exception *exception = find_exception(calendar, date);
    if (exception != NULL)
        return (struct calendar_day){
            .hours = &exception->hours, .name = exception->name, .is_exception = true};
    for (size_t i = 0; i < calendar->list_count; i++) {
        const struct holiday *holiday = holiday_on(&calendar->lists[i], date);
        if (holiday != NULL)
            return (struct calendar_day){
                .hours = &calendar_closed_hours, .name = holiday->name, .is_holiday = true};
    }
    return ordinary_day(calendar, days);
}

/* The place of a day of a year that is outside the table. */
static size_t
find_special(const struct calendar *calendar, struct calendar_year *year, struct date date,
             int64_t days)
{
    int64_t first_day = date_to_days((struct date){date.year, 1, 1});
    if (year->year != date.year) {
        *year = (struct calendar_year){.year = date.year};
        calendar_fill(calendar, date.year, date.year, first_day, YEAR_DAYS_MAX, year->specials);
    }
    return year->specials[days - first_day];
}

struct calendar_day
calendar_walked_day(const struct calendar *calendar, struct calendar_year *year, struct date date)
{
    int64_t days = date_to_days(date);
    int64_t place = days - TABLE_FIRST_DAYS;
    bool is_in_table = place >= 0 && place < TABLE_DAYS;
    if (!is_in_table && year == NULL)
        return work_out_day(calendar, date, days);
    size_t special =
        is_in_table ? calendar->table[place] : find_special(calendar, year, date, days);
    return special == 0 ? ordinary_day(calendar, days) : calendar->specials[special - 1];
}

struct calendar_day
calendar_day(const struct calendar *calendar, struct date date)
{
    return calendar_walked_day(calendar, NULL, date);
}

/* ---- spans ---- */

/* Lays the hours of a civil day over one of its stretches. */
static size_t
lay_hours(const struct calendar_hours *hours, struct date date, const struct zone_stretch *stretch,
          struct calendar_span ret_spans[CALENDAR_INTERVALS_MAX])
{
    size_t count = 0;
    int64_t midnight_s = date_to_days(date) * DAY_S - stretch->offset_s;
    for (size_t i = 0; i < hours->interval_count; i++) {
        int64_t start_s = midnight_s + (int64_t)hours->intervals[i].start_minute * 60;
        int64_t end_s = midnight_s + (int64_t)hours->intervals[i].end_minute * 60;
        if (start_s < stretch->start_s)
            start_s = stretch->start_s;
        if (end_s > stretch->end_s)
            end_s = stretch->end_s;
        if (start_s < end_s)
            ret_spans[count++] = (struct calendar_span){start_s, end_s};
    }
    return count;
}

void
calendar_walked_stretch(const struct calendar *calendar, struct calendar_year *year, int64_t unix_s,
                        struct calendar_stretch *ret_stretch)
{
    ret_stretch->time = zone_stretch_at(calendar->zone, unix_s, &ret_stretch->date);
    struct calendar_day day = calendar_walked_day(calendar, year, ret_stretch->date);
    ret_stretch->span_count =
        lay_hours(day.hours, ret_stretch->date, &ret_stretch->time, ret_stretch->spans);
}

void
calendar_stretch_at(const struct calendar *calendar, int64_t unix_s,
                    struct calendar_stretch *ret_stretch)
{
    calendar_walked_stretch(calendar, NULL, unix_s, ret_stretch);
}

size_t
calendar_walked_spans(const struct calendar *calendar, struct calendar_year *year, struct date date,
                      struct calendar_span ret_spans[CALENDAR_SPANS_MAX])
{
    struct calendar_day day = calendar_walked_day(calendar, year, date);
    if (day.hours->interval_count == 0)
        return 0;
    struct zone_stretch stretches[ZONE_STRETCHES_MAX];
    size_t stretch_count = zone_day(calendar->zone, date, stretches);
    size_t count = 0;
    for (size_t i = 0; i < stretch_count; i++) {
        struct calendar_span spans[CALENDAR_INTERVALS_MAX];
        size_t span_count = lay_hours(day.hours, date, &stretches[i], spans);
        for (size_t j = 0; j < span_count; j++)
            if (count > 0 && ret_spans[count - 1].end_s == spans[j].start_s)
                ret_spans[count - 1].end_s = spans[j].end_s;
            else
                ret_spans[count++] = spans[j];
    }
    return count;
}

size_t
calendar_day_spans(const struct calendar *calendar, struct date date,
                   struct calendar_span ret_spans[CALENDAR_SPANS_MAX])
{
    return calendar_walked_spans(calendar, NULL, date, ret_spans);
}

bool
calendar_is_walked_day_working(const struct calendar *calendar, struct calendar_year *year,
                               struct date date)
{
    struct calendar_span spans[CALENDAR_SPANS_MAX];
    return calendar_walked_spans(calendar, year, date, spans) > 0;
}

bool
calendar_is_working_day(const struct calendar *calendar, struct date date)
{
    return calendar_is_walked_day_working(calendar, NULL, date);
}

/* ---- moments ---- */

/* The first span of a stretch that ends after `unix_s`; NULL if none does. */
static const struct calendar_span *
find_span(const struct calendar_stretch *stretch, int64_t unix_s)
{
    for (size_t i = 0; i < stretch->span_count; i++)
        if (stretch->spans[i].end_s > unix_s)
            return &stretch->spans[i];
    return NULL;
}

/* How far is looked from here; `unix_s` itself for a moment outside the years. */
static int64_t
search_end(int64_t unix_s)
{
    if (unix_s < ZONE_SECOND_MIN || unix_s > ZONE_SECOND_MAX)
        return unix_s;
    int64_t end_s = unix_s + (int64_t)CALENDAR_SEARCH_DAYS * DAY_S;
    return end_s > ZONE_SECOND_MAX ? ZONE_SECOND_MAX : end_s;
}

bool
calendar_is_open(const struct calendar *calendar, int64_t unix_s)
{
    if (unix_s < ZONE_SECOND_MIN || unix_s > ZONE_SECOND_MAX)
        return false;
    struct calendar_stretch stretch;
    calendar_stretch_at(calendar, unix_s, &stretch);
    const struct calendar_span *span = find_span(&stretch, unix_s);
    return span != NULL && span->start_s <= unix_s;
}

bool
calendar_next_opening(const struct calendar *calendar, int64_t unix_s, int64_t *ret_unix_s)
{
    struct calendar_stretch stretch;
    struct calendar_year year = {.year = 0};
    int64_t end_s = search_end(unix_s);
    for (int64_t at_s = unix_s; at_s < end_s; at_s = stretch.time.end_s) {
        calendar_walked_stretch(calendar, &year, at_s, &stretch);
        const struct calendar_span *span = find_span(&stretch, unix_s);
        if (span == NULL || span->start_s >= end_s)
            continue;
        *ret_unix_s = span->start_s > unix_s ? span->start_s : unix_s;
        return true;
    }
    return false;
}

bool
calendar_next_closing(const struct calendar *calendar, int64_t unix_s, int64_t *ret_unix_s)
{
    int64_t closing_s;
    if (!calendar_next_opening(calendar, unix_s, &closing_s))
        return false;
    struct calendar_stretch stretch;
    struct calendar_year year = {.year = 0};
    int64_t end_s = search_end(unix_s);
    while (closing_s < end_s) { /* from span to span, as long as they touch */
        calendar_walked_stretch(calendar, &year, closing_s, &stretch);
        const struct calendar_span *span = find_span(&stretch, closing_s);
        if (span == NULL || span->start_s > closing_s) {
            *ret_unix_s = closing_s;
            return true;
        }
        closing_s = span->end_s;
    }
    return false;
}
