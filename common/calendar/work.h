/*
 * work - counting with working time: deadlines, measures, pauses, and how they came about
 *
 * Working days. "n working days" after a moment is the closing time of the nth working day after
 * the civil day of that moment; the day itself is never counted (so reported Monday + 3 working
 * days = Thursday's close). 0 is the close of the first working day from the day itself on that
 * does not close before the moment.
 *
 * Working seconds. Only the seconds in which the calendar is open count. Adding 0 to a moment is
 * the moment. A deadline that uses its last second at closing time is that closing time, not the
 * next opening.
 *
 * Pauses. While a pause lasts the clock stands still: what was left when it began is left when
 * it ends. Pauses are united first, so order and overlap do not matter (where two overlap, the one
 * that began first gives the reason); one that ends before it starts is none; an open pause stops
 * the clock without end: the due time then assumes that it ends at `now_s`. For working days a
 * pause from day R to day H leaves as many working days after H as were left after R: the days
 * after R up to and including H are not counted. Where none was left, because R is the due day and
 * the pause began before its close, what is left after H is 0 as above. A pause within one day
 * changes nothing.
 *
 * Moments are those of the years 1 to 9999. No answer spans more than CALENDAR_SEARCH_DAYS: it
 * takes 2 ms at most with a usual calendar, and 7 ms with the largest one in years outside its
 * table.
 *
 * Every answer can be explained: lines that add up to it.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/calendar/calendar.h"

enum { WORK_DAYS_MAX = 3660, WORK_PAUSES_MAX = 256, WORK_LINES_MAX = 8192 };

/* Why the clock stood still. The reason is a code, as "estimate_answer". */
struct work_pause {
    int64_t start_s;
    int64_t end_s; /* INT64_MAX: still going on */
    const char *reason;
};

enum work_line_kind {
    WORK_COUNTED, /* working time that counted */
    WORK_CLOSED,  /* a day (or days) without hours: weekend, holiday, exception, skipped by the zone
                   */
    WORK_PAUSED   /* working time that did not count */
};

/* One line of an explanation: a stretch of one civil day, or a run of closed days of one cause. */
struct work_line {
    enum work_line_kind kind;
    struct date date;
    struct date last_date; /* of a run of closed days; else the same as `date` */
    int64_t start_s;       /* of the stretch */
    int64_t end_s;
    int64_t seconds; /* counted or not counted */
    int days; /* 1 for each working day counted (or skipped by a pause), when days are counted */
    const char *name; /* holiday, exception or pause reason, or that the zone skipped the time;
                         NULL: outside the weekly pattern */
};

/* Starts with {.arena = arena} and grows there. Past WORK_LINES_MAX lines, or where the arena's
 * budget ends, `is_cut` is set and the totals go on. Seconds are counted with working time, days
 * with working days; the other total stays 0. An answer that is an error leaves the lines up to
 * there. The names are the calendar's and the pauses'. */
struct work_explanation {
    struct arena *arena; /* the caller's */
    struct work_line *lines;
    size_t line_count;
    size_t line_room;
    bool is_cut;
    int64_t seconds; /* sum over the COUNTED lines */
    int days;
};

/* How much of a calendar's time: exactly one is set, the other -1. */
struct work_amount {
    int days;        /* 0 .. WORK_DAYS_MAX */
    int64_t seconds; /* 0 .. */
};

/* A clock that runs on a calendar and stands still for some reasons: the customer's promise and the
 * internal target are two of them over the same pauses. */
struct work_clock {
    const struct calendar *calendar;
    struct work_amount amount;
    const char *const *pause_reasons; /* codes that stop this clock; others are ignored */
    size_t pause_reason_count;
};

/* When the clock runs out. `now_s` matters only to an open pause. `explanation` may be NULL.
 * ERR_OUT_OF_RANGE: not within CALENDAR_SEARCH_DAYS. ERR_INVALID_ARGUMENT: an amount that is none,
 * or more than WORK_PAUSES_MAX pauses. */
enum err work_due(const struct work_clock *clock, int64_t start_s, const struct work_pause *pauses,
                  size_t pause_count, int64_t now_s, int64_t *ret_due_s,
                  struct work_explanation *explanation, struct fault *ret_fault) MUST_CHECK;

/* The same without pauses. */
enum err work_add_days(const struct calendar *calendar, int64_t start_s, int days,
                       int64_t *ret_due_s, struct work_explanation *explanation,
                       struct fault *ret_fault) MUST_CHECK;
enum err work_add_seconds(const struct calendar *calendar, int64_t start_s, int64_t seconds,
                          int64_t *ret_due_s, struct work_explanation *explanation,
                          struct fault *ret_fault) MUST_CHECK;

/* Working seconds in [start, end); 0 where end <= start. With pauses: those that the clock counted.
 * -1: start and end are more than CALENDAR_SEARCH_DAYS apart, or there are more than
 * WORK_PAUSES_MAX pauses. */
int64_t work_seconds_between(const struct calendar *calendar, int64_t start_s, int64_t end_s,
                             struct work_explanation *explanation);
int64_t work_clock_used_s(const struct work_clock *clock, int64_t start_s, int64_t end_s,
                          const struct work_pause *pauses, size_t pause_count,
                          struct work_explanation *explanation);

/* Working days after `start` up to and including `end`; 0 where end <= start, -1 where they are
 * more than CALENDAR_SEARCH_DAYS apart. */
int work_days_between(const struct calendar *calendar, struct date start, struct date end);

/* The first working day on or after a day ("rolls to an open day"). False: none within
 * CALENDAR_SEARCH_DAYS. */
bool work_roll_to_working_day(const struct calendar *calendar, struct date date,
                              struct date *ret_date);

/* "Tue 28 Apr 09:00-12:30 = 3 h 30; Fri 1 May closed: Labour Day; ...": the machine's form, in
 * English, for records. More than 20 lines are shortened in the middle to a line that says how many
 * days and hours it stands for. */
void work_explain(const struct work_explanation *explanation, const struct calendar *calendar,
                  struct buf *out);
