/*
 * policy_format_span - lengths of time, and the hours of calendars
 *
 * ICU knows years, months and days; working time, and other cases than the nominative, are the
 * engine's own words. The calendar of working time is not named in a sentence: a page says at its
 * end which days and hours are meant.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_format_private.h"

#include <stdio.h>
#include <string.h>

#include <unicode/ustring.h>

static_assert(POLICY_CALENDARS_MAX <= 64, "each has a bit");

enum {
    KEY_SIZE = 64,
    DAYS_A_WEEK = 7,
    SECONDS_A_MINUTE = 60,
    MINUTES_A_DAY = 1440,
    SECONDS_A_DAY = 86400
};

/* 1970-01-05 was a Monday. */
#define A_MONDAY_S (INT64_C(4) * SECONDS_A_DAY)

/* Zones are named as in 2020: older ones may have been called otherwise. */
#define ZONE_NAME_S INT64_C(1577836800)

/* "one", "few", "other" of a number in the language, in ASCII. */
static void
select_plural(const struct policy_formatter *formatter, int64_t number, char ret_category[16])
{
    UChar units[16];
    UErrorCode status = U_ZERO_ERROR;
    uplrules_select(formatter->plurals, (double)number, units, COUNT_OF(units), &status);
    CHECK(U_SUCCESS(status));
    u_UCharsToChars(units, ret_category, u_strlen(units) + 1);
}

/* The engine's own pattern for a number of something: "working_days" in the dative plural. NULL:
 * the language has none. */
static const char *
find_counted(const struct policy_formatter *formatter, const char *what, const char *grammar,
             int64_t number)
{
    char category[16], key[KEY_SIZE];
    select_plural(formatter, number, category);
    snprintf(key, sizeof key, "%s%s.%s", what, grammar, category);
    const char *pattern = policy_words_find(formatter->policy, formatter->language, key);
    if (pattern != NULL)
        return pattern;
    snprintf(key, sizeof key, "%s%s.other", what, grammar);
    return policy_words_find(formatter->policy, formatter->language, key);
}

static void
add_counted(struct policy_formatter *formatter, const char *pattern, int64_t number,
            struct buf *out)
{
    struct buf text = {0};
    policy_format_number(formatter, number, &text);
    policy_words_fill(pattern, buf_text(&text), NULL, NULL, out);
    buf_free(&text);
}

/* A number of years, months or days. */
static void
add_unit(struct policy_formatter *formatter, enum policy_format_unit unit, int number,
         enum policy_grammar grammar, struct buf *out)
{
    static const char *const names[POLICY_UNIT_COUNT] = {"years", "months", "days"};
    const char *pattern =
        grammar == POLICY_DATIVE ? find_counted(formatter, names[unit], ".dative", number) : NULL;
    if (pattern != NULL) {
        add_counted(formatter, pattern, number, out);
        return;
    }
    char decimal[16];
    snprintf(decimal, sizeof decimal, "%d", number);
    policy_format_decimal(formatter, formatter->units[unit], decimal, out);
}

/* Working days, hours or minutes. */
static void
add_working(struct policy_formatter *formatter, const char *what, int number,
            enum policy_grammar grammar, struct buf *out)
{
    const char *pattern =
        grammar == POLICY_DATIVE ? find_counted(formatter, what, ".dative", number) : NULL;
    if (pattern == NULL)
        pattern = find_counted(formatter, what, "", number);
    CHECK(pattern != NULL);
    add_counted(formatter, pattern, number, out);
}

static void
add_civil(struct policy_formatter *formatter, const struct policy_span *span,
          enum policy_grammar grammar, struct buf *out)
{
    bool is_years = span->months != 0 && span->months % 12 == 0;
    enum policy_format_unit unit = is_years ? POLICY_UNIT_YEARS : POLICY_UNIT_MONTHS;
    int number = is_years ? span->months / 12 : span->months;
    if (span->months == 0) {
        add_unit(formatter, POLICY_UNIT_DAYS, span->days, grammar, out);
        return;
    }
    if (span->days == 0) {
        add_unit(formatter, unit, number, grammar, out);
        return;
    }
    struct buf months = {0}, days = {0};
    add_unit(formatter, unit, number, grammar, &months);
    add_unit(formatter, POLICY_UNIT_DAYS, span->days, grammar, &days);
    policy_format_join(formatter, (const char *const[]){buf_text(&months), buf_text(&days)}, 2,
                       false, out);
    buf_free(&months);
    buf_free(&days);
}

/* A version before may have calendars that this one has not. */
static void
note_calendar(struct policy_formatter *formatter, const char *name)
{
    const struct policy *policy = formatter->policy;
    for (size_t i = 0; i < policy->calendar_count; i++) {
        if (strcmp(calendar_name(policy->calendars[i]), name) == 0)
            formatter->spoken_calendars |= UINT64_C(1) << i;
    }
}

void
policy_format_span(struct policy_formatter *formatter, const struct policy_span *span,
                   enum policy_grammar grammar, struct buf *out)
{
    int minutes = span->working_minutes;
    if (span->calendar != NULL)
        note_calendar(formatter, span->calendar);
    if (minutes != 0 && minutes % 60 == 0)
        add_working(formatter, "working_hours", minutes / 60, grammar, out);
    else if (minutes != 0)
        add_working(formatter, "working_minutes", minutes, grammar, out);
    else if (span->calendar != NULL)
        add_working(formatter, "working_days", span->working_days, grammar, out);
    else
        add_civil(formatter, span, grammar, out);
}

/* ---- hours ---- */

static bool
hours_are_equal(const struct calendar_hours *a, const struct calendar_hours *b)
{
    if (a->interval_count != b->interval_count)
        return false;
    for (size_t i = 0; i < a->interval_count; i++) {
        if (a->intervals[i].start_minute != b->intervals[i].start_minute ||
            a->intervals[i].end_minute != b->intervals[i].end_minute)
            return false;
    }
    return true;
}

static void
add_interval(struct policy_formatter *formatter, struct calendar_interval interval, struct buf *out)
{
    struct buf start = {0}, end = {0};
    if (interval.start_minute == 0 && interval.end_minute == MINUTES_A_DAY) {
        buf_add_text(out, policy_format_word(formatter, "calendar.all_day"));
        return;
    }
    policy_format_moment(formatter->clock, (int64_t)interval.start_minute * SECONDS_A_MINUTE,
                         &start);
    if (interval.end_minute == MINUTES_A_DAY) /* a clock would show the beginning of the day */
        buf_add_text(&end, policy_format_word(formatter, "calendar.midnight"));
    else
        policy_format_moment(formatter->clock, (int64_t)interval.end_minute * SECONDS_A_MINUTE,
                             &end);
    policy_words_fill(policy_format_word(formatter, "calendar.hours"), buf_text(&start),
                      buf_text(&end), NULL, out);
    buf_free(&start);
    buf_free(&end);
}

/* "9:00 AM to 12:30 PM and 1:00 PM to 6:00 PM". */
static void
add_intervals(struct policy_formatter *formatter, const struct calendar_hours *hours,
              struct buf *out)
{
    struct buf texts[CALENDAR_INTERVALS_MAX] = {{0}};
    const char *parts[CALENDAR_INTERVALS_MAX];
    for (size_t i = 0; i < hours->interval_count; i++) {
        add_interval(formatter, hours->intervals[i], &texts[i]);
        parts[i] = buf_text(&texts[i]);
    }
    policy_format_join(formatter, parts, hours->interval_count, false, out);
    for (size_t i = 0; i < hours->interval_count; i++)
        buf_free(&texts[i]);
}

/* "Monday" or "Monday to Friday"; days from 0. */
static void
add_days(struct policy_formatter *formatter, int first, int last, struct buf *out)
{
    struct buf names[2] = {{0}, {0}};
    policy_format_moment(formatter->weekday, A_MONDAY_S + (int64_t)first * SECONDS_A_DAY,
                         &names[0]);
    policy_format_moment(formatter->weekday, A_MONDAY_S + (int64_t)last * SECONDS_A_DAY, &names[1]);
    const char *pattern = first == last ? "{0}" : policy_format_word(formatter, "calendar.days");
    policy_words_fill(pattern, buf_text(&names[0]), buf_text(&names[1]), NULL, out);
    buf_free(&names[0]);
    buf_free(&names[1]);
}

void
policy_format_hours(struct policy_formatter *formatter, const struct calendar *calendar,
                    struct buf *out)
{
    const struct calendar_hours *week = calendar_week(calendar);
    struct buf lines = {0}, zone = {0};
    for (int first = 0, last; first < DAYS_A_WEEK; first = last + 1) {
        last = first;
        while (last + 1 < DAYS_A_WEEK && hours_are_equal(&week[first], &week[last + 1]))
            last++;
        if (week[first].interval_count == 0)
            continue;
        struct buf days = {0}, hours = {0};
        add_days(formatter, first, last, &days);
        add_intervals(formatter, &week[first], &hours);
        if (lines.size_bytes > 0)
            buf_add_text(&lines, ", ");
        policy_words_fill(policy_format_word(formatter, "calendar.line"), buf_text(&days),
                          buf_text(&hours), NULL, &lines);
        buf_free(&days);
        buf_free(&hours);
    }
    UDateFormat *name = policy_format_open_date(formatter->locale, "vvvv", true,
                                                zone_name(calendar_zone(calendar)));
    policy_format_moment(name, ZONE_NAME_S, &zone);
    udat_close(name);
    policy_words_fill(policy_format_word(formatter, "calendar.zone"), buf_text(&lines),
                      buf_text(&zone), NULL, out);
    buf_free(&lines);
    buf_free(&zone);
}
