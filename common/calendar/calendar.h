/*
 * calendar - when somebody works: dated hours, holidays and exceptions in one time zone
 *
 * A calendar is data: a weekly pattern with several intervals a day, lists of holidays, and dated
 * exceptions that replace the pattern. It is built once from a description, checked, and never
 * changed; a changed calendar is another version ("office@7"), so a promise that was made keeps
 * the calendar it was made with.
 *
 * "Open" is said of the wall clock: the calendar is open at a moment when the wall clock of its
 * zone shows a day and a time that lie within an interval of that day. So the night in which the
 * clock is put forward has an hour less and the one in which it is put back an hour more, an
 * interval that the clock passes twice counts twice, and a day that the zone skipped has none.
 *
 * Precedence on a day: exception, then holiday (closed), then the week. Two exceptions for one day
 * are refused.
 *
 * What the days of 1990 to 2099 are is worked out when the calendar is built and kept in a table of
 * 80 KB; with the description, a calendar takes 85 KB as a rule and 0.6 MB at most. A day of
 * another year is worked out when it is asked for: half a microsecond as a rule, 80 for as many
 * holidays as there may be. What walks over many days works such a year out once.
 *
 * Asking a calendar does no I/O, reads no clock and allocates nothing; threads may share one.
 * calendar_new allocates in the arena that is given, and looks up the zone (zone_find), which is
 * read from ICU's data the first time and is one thread's business.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/calendar/holiday.h"
#include "common/err.h"
#include "common/zone.h"

enum {
    CALENDAR_NAME_SIZE = 64,
    CALENDAR_REASON_SIZE = 128, /* the name of an exception */
    CALENDAR_INTERVALS_MAX = 8, /* of one day */
    CALENDAR_EXCEPTIONS_MAX = 1000,
    CALENDAR_LISTS_MAX = 8,         /* holiday lists of one calendar */
    CALENDAR_RULES_MAX = 512,       /* of all its lists together */
    CALENDAR_SEARCH_DAYS = 20 * 366 /* how far an answer is looked for */
};

/* Part of a day by the wall clock. Minutes since midnight: 0 <= start < end <= 1440. */
struct calendar_interval {
    int start_minute;
    int end_minute;
};

/* The hours of a day: sorted, apart from each other (touching ones are joined). None: closed. A
 * calendar hands out nothing else; what it is made of may touch. */
struct calendar_hours {
    struct calendar_interval intervals[CALENDAR_INTERVALS_MAX];
    size_t interval_count;
};

/* Days that differ from the week: `hours` replaces the pattern (and a holiday). Both days included.
 */
struct calendar_exception {
    struct date first_date;
    struct date last_date;
    struct calendar_hours hours;
    const char *name; /* why, as "Christmas Eve"; shown in explanations */
    int line;         /* place in the text it was read from; 0 if none */
};

/* What a calendar is made of. Borrowed until calendar_new returns. */
struct calendar_source {
    const char *name;              /* "office" */
    int64_t version;               /* 0: not published yet; printed as "office", else "office@7" */
    const char *time_zone;         /* IANA */
    struct calendar_hours week[7]; /* Monday first */
    const struct holiday_list *const *holiday_lists;
    size_t holiday_list_count;
    const struct calendar_exception *exceptions;
    size_t exception_count;
};

struct calendar;

/* Builds a calendar in the arena. ERR_INVALID_ARGUMENT names what is wrong (unknown zone,
 * intervals that overlap or are out of order, two exceptions for one day, a week and exceptions
 * that never open), with the field ("week[0]", "exceptions[3]": of two for one day the later in the
 * list) and the line where there is one;
 * ERR_RESOURCE_EXHAUSTED: the arena's budget does not do. */
enum err calendar_new(struct arena *arena, const struct calendar_source *source,
                      struct calendar **ret_calendar, struct fault *ret_fault) MUST_CHECK;

const char *calendar_name(const struct calendar *calendar);
const char *
calendar_label(const struct calendar *calendar); /* "office@7", or "office" if unpublished */
const struct zone *calendar_zone(const struct calendar *calendar);
/* Monday first; for printing opening hours. */
const struct calendar_hours *calendar_week(const struct calendar *calendar);

/* What a day is. */
struct calendar_day {
    const struct calendar_hours *hours;
    const char *name; /* of the holiday or exception; NULL on an ordinary day */
    bool is_holiday;
    bool is_exception;
};
struct calendar_day calendar_day(const struct calendar *calendar, struct date date);

/* A day with at least one minute of work: hours by the pattern, and not skipped by the zone. */
bool calendar_is_working_day(const struct calendar *calendar, struct date date);

bool calendar_is_open(const struct calendar *calendar, int64_t unix_s);

/* A span of work in UTC, [start, end). */
struct calendar_span {
    int64_t start_s;
    int64_t end_s;
};
enum { CALENDAR_SPANS_MAX = CALENDAR_INTERVALS_MAX * ZONE_STRETCHES_MAX };

/* The spans of work of a civil day, in order, touching ones joined. Answers how many. */
size_t calendar_day_spans(const struct calendar *calendar, struct date date,
                          struct calendar_span ret_spans[CALENDAR_SPANS_MAX]);

/* The part of a civil day around a moment that the zone passes without putting the clock, with its
 * spans of work. Walking from the end of one to the next visits all time in its order. Moments
 * outside the years 1 to 9999 count as the nearest one inside. */
struct calendar_stretch {
    struct date date;
    struct zone_stretch time;
    struct calendar_span spans[CALENDAR_INTERVALS_MAX];
    size_t span_count;
};
void calendar_stretch_at(const struct calendar *calendar, int64_t unix_s,
                         struct calendar_stretch *ret_stretch);

/* `unix_s` itself where the calendar is open then, else the next moment at which it opens. False:
 * never within CALENDAR_SEARCH_DAYS, or `unix_s` is outside the years 1 to 9999. */
bool calendar_next_opening(const struct calendar *calendar, int64_t unix_s, int64_t *ret_unix_s);

/* The moment at which the span that holds (or, when closed, follows) `unix_s` ends: "open until".
 * False as before, and for a calendar that never closes. */
bool calendar_next_closing(const struct calendar *calendar, int64_t unix_s, int64_t *ret_unix_s);
