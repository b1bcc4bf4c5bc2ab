/*
 * work_explain - the lines that an answer adds up from, and their text
 *
 * Lines are kept in an array that doubles in the caller's arena. The text is for records: English,
 * short, the wall clock of the calendar's zone. The year is said where it changes. It is put
 * together without printf, which would take an eighth of the time of a decision about a claim.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/work_private.h"

#include <string.h>

enum { FIRST_ROOM = 16, TEXT_LINES_MAX = 20 };

static const char skipped_name[] = "skipped by the time zone";

/* ---- collecting ---- */

static bool
is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Joins a closed day to the run of closed days before it. */
static bool
join_run(struct work_explanation *explanation, const struct work_line *line)
{
    if (line->kind != WORK_CLOSED || explanation->is_cut || explanation->line_count == 0)
        return false;
    struct work_line *run = &explanation->lines[explanation->line_count - 1];
    int64_t days = date_to_days(line->date) - date_to_days(run->last_date);
    if (run->kind != WORK_CLOSED || !is_same_text(run->name, line->name) || days > 1)
        return false;
    if (days > 0)
        run->last_date = line->last_date;
    run->end_s = line->end_s;
    return true;
}

static bool
make_room(struct work_explanation *explanation)
{
    if (explanation->is_cut || explanation->line_count >= WORK_LINES_MAX)
        return false;
    if (explanation->line_count < explanation->line_room)
        return true;
    size_t room = explanation->line_room == 0 ? FIRST_ROOM : 2 * explanation->line_room;
    struct work_line *lines = arena_try_alloc(explanation->arena, room * sizeof *lines);
    if (lines == NULL)
        return false;
    if (explanation->line_count > 0)
        memcpy(lines, explanation->lines, explanation->line_count * sizeof *lines);
    explanation->lines = lines;
    explanation->line_room = room;
    return true;
}

void
work_add_line(struct work_explanation *explanation, const struct work_line *line)
{
    if (explanation == NULL)
        return;
    if (line->kind == WORK_COUNTED) {
        explanation->seconds += line->seconds;
        explanation->days += line->days;
    }
    if (join_run(explanation, line))
        return;
    if (make_room(explanation))
        explanation->lines[explanation->line_count++] = *line;
    else
        explanation->is_cut = true;
}

void
work_tell_closed(struct work_explanation *explanation, const struct calendar *calendar,
                 struct calendar_year *year, struct date date, const struct calendar_span *span)
{
    if (explanation == NULL)
        return;
    struct calendar_day day = calendar_walked_day(calendar, year, date);
    work_add_line(
        explanation,
        &(struct work_line){.kind = WORK_CLOSED,
                            .date = date,
                            .last_date = date,
                            .start_s = span->start_s,
                            .end_s = span->end_s,
                            .name = day.hours->interval_count > 0 ? skipped_name : day.name});
}

/* ---- text ---- */

/* "3 h" */
static void
add_amount(struct buf *out, int64_t amount, const char *unit)
{
    buf_add_number(out, amount);
    buf_add_text(out, unit);
}

static void
add_two_digits(struct buf *out, int64_t number)
{
    buf_add_char(out, (char)('0' + number / 10));
    buf_add_char(out, (char)('0' + number % 10));
}

/* "3 h 30", "45 min", "1 h 0 min 15 s" */
static void
add_seconds(struct buf *out, int64_t seconds)
{
    int64_t hours = seconds / 3600;
    int64_t minutes = seconds / 60 % 60;
    int64_t rest = seconds % 60;
    if (rest != 0) {
        if (hours > 0)
            add_amount(out, hours, " h ");
        if (hours > 0 || minutes > 0)
            add_amount(out, minutes, " min ");
        add_amount(out, rest, " s");
    } else if (hours == 0) {
        add_amount(out, minutes, " min");
    } else if (minutes == 0) {
        add_amount(out, hours, " h");
    } else {
        add_amount(out, hours, " h ");
        add_two_digits(out, minutes);
    }
}

static void
add_days(struct buf *out, int days)
{
    add_amount(out, days, days == 1 ? " day" : " days");
}

/* "Tue 28 Apr", with the year where it is another one than before. */
static void
add_date(struct buf *out, struct date date, int *year)
{
    static const char weekdays[][5] = {"Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "};
    static const char months[][5] = {" Jan", " Feb", " Mar", " Apr", " May", " Jun",
                                     " Jul", " Aug", " Sep", " Oct", " Nov", " Dec"};
    buf_add_text(out, weekdays[date_weekday(date_to_days(date)) - 1]);
    add_amount(out, date.day, months[date.month - 1]);
    if (*year != date.year) {
        buf_add_char(out, ' ');
        buf_add_number(out, date.year);
    }
    *year = date.year;
}

/* The wall clock at a moment of the civil day, which may show 24:00 at its end. */
static void
add_time(struct buf *out, const struct calendar *calendar, int64_t unix_s, bool is_end)
{
    const struct zone *zone = calendar_zone(calendar);
    int second = zone_second_of_day(zone, is_end ? unix_s - 1 : unix_s) + is_end;
    add_two_digits(out, second / 3600);
    buf_add_char(out, ':');
    add_two_digits(out, second / 60 % 60);
    if (second % 60 != 0) {
        buf_add_char(out, ':');
        add_two_digits(out, second % 60);
    }
}

static void
add_closed(struct buf *out, const struct work_line *line, int *year)
{
    if (date_compare(line->date, line->last_date) != 0) {
        buf_add_text(out, "-");
        add_date(out, line->last_date, year);
    }
    buf_add_text(out, " closed");
    if (line->name != NULL) {
        buf_add_text(out, ": ");
        buf_add_text(out, line->name);
    }
}

static void
add_line(struct buf *out, const struct work_line *line, const struct calendar *calendar, int *year)
{
    bool is_days = line->seconds == 0;
    add_date(out, line->date, year);
    if (line->kind == WORK_CLOSED) {
        add_closed(out, line, year);
        return;
    }
    if (!is_days) {
        buf_add_text(out, " ");
        add_time(out, calendar, line->start_s, false);
        buf_add_text(out, "-");
        add_time(out, calendar, line->end_s, true);
    }
    if (line->kind == WORK_PAUSED) {
        buf_add_text(out, " paused: ");
        buf_add_text(out, line->name);
    }
    buf_add_text(out, line->kind == WORK_PAUSED ? " (" : " = ");
    if (is_days)
        add_days(out, line->days);
    else
        add_seconds(out, line->seconds);
    if (line->kind == WORK_PAUSED)
        buf_add_text(out, ")");
}

/* "... 37 days = 12 days counted ..." or "... 37 days = 200 h ...", for lines that are not shown.
 */
static void
add_rest(struct buf *out, const struct work_explanation *explanation, size_t first, size_t last)
{
    int64_t seconds = explanation->seconds;
    int days = explanation->days;
    for (size_t i = 0; i < explanation->line_count; i++)
        if ((i < first || i >= last) && explanation->lines[i].kind == WORK_COUNTED) {
            seconds -= explanation->lines[i].seconds;
            days -= explanation->lines[i].days;
        }
    buf_add_text(out, "... ");
    if (explanation->is_cut)
        buf_add_text(out, "more days");
    else
        add_days(out, (int)(date_to_days(explanation->lines[last - 1].last_date) -
                            date_to_days(explanation->lines[first].date)) +
                          1);
    buf_add_text(out, " = ");
    if (explanation->days > 0) {
        add_days(out, days);
        buf_add_text(out, " counted ...");
    } else {
        add_seconds(out, seconds);
        buf_add_text(out, " ...");
    }
}

void
work_explain(const struct work_explanation *explanation, const struct calendar *calendar,
             struct buf *out)
{
    size_t count = explanation->line_count;
    bool is_short = count > TEXT_LINES_MAX || explanation->is_cut;
    size_t first = is_short && count > TEXT_LINES_MAX / 2 ? TEXT_LINES_MAX / 2 : count;
    size_t last = explanation->is_cut ? count : count - TEXT_LINES_MAX / 2; /* the end is unknown */
    int year = count > 0 ? explanation->lines[0].date.year : 0;
    for (size_t i = 0; i < first; i++) {
        buf_add_text(out, i > 0 ? "; " : "");
        add_line(out, &explanation->lines[i], calendar, &year);
    }
    if (!is_short)
        return;
    buf_add_text(out, first > 0 ? "; " : "");
    add_rest(out, explanation, first, last);
    for (size_t i = last; i < count; i++) {
        buf_add_text(out, "; ");
        add_line(out, &explanation->lines[i], calendar, &year);
    }
}
