/*
 * holiday - lists of holidays as rules: fixed days, days that move with Easter, nth weekdays,
 * single ones
 *
 * A list belongs to a country or a part of one ("DE", "DE-BY"). A rule may hold from and to a year,
 * and may move where it falls on a weekend. Easter is the western or the orthodox one, by the usual
 * arithmetic (Meeus; Gregorian calendar).
 *
 * As a file, a list is `<CODE>.yaml`:
 *
 *     code: DE
 *     source: where it is from, for readers
 *     rules:
 *       - {name: "Labour Day", de: "Tag der Arbeit", on: 05-01, from: 1990, to: 2030, move: monday}
 *
 * One rule a line. `name` is English, other languages stand beside it by their code. `from`, `to`
 * (years, both included) and `move` may be missing. `on` is
 *
 *     05-01                               month and day; 02-29 in leap years only
 *     easter, easter + 39, easter - 2     days from Easter Sunday; orthodox_easter + 1
 *     first monday of may                 to fifth, or last; then perhaps + 1 or - 1 (days)
 *     2026-09-14                          once
 *
 * and `move`, for a holiday that falls on a weekend, is
 *
 *     monday            Saturday and Sunday: the Monday after
 *     sunday_to_monday  Sunday only
 *     nearest           Saturday: the Friday before; Sunday: the Monday after
 *     next_free         the first later weekday that is no other holiday of the list
 *     stays             as if it were missing
 *
 * A holiday that moved is kept on the other day only. Rules that move to the next free day are
 * placed after all others, in the order of the list.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/date.h"
#include "common/err.h"

enum {
    HOLIDAY_RULES_MAX = 256,
    HOLIDAY_CODE_SIZE = 16,
    HOLIDAY_NAME_SIZE = 128,
    HOLIDAY_OFFSET_DAYS_MAX = 200,
    HOLIDAY_YEAR_MAX = 9999
};

/* In place of a day: there is none. */
#define HOLIDAY_NO_DAY INT64_MIN

enum holiday_kind {
    HOLIDAY_FIXED,           /* month and day of each year */
    HOLIDAY_EASTER,          /* Easter Sunday + offset */
    HOLIDAY_ORTHODOX_EASTER, /* Orthodox Easter Sunday + offset */
    HOLIDAY_WEEKDAY,         /* the nth weekday of a month (nth -1: the last), + offset */
    HOLIDAY_ONCE             /* one date */
};

/* Where it goes when its day falls on a weekend. */
enum holiday_move {
    HOLIDAY_STAYS,
    HOLIDAY_TO_MONDAY,        /* Saturday and Sunday: the Monday after */
    HOLIDAY_SUNDAY_TO_MONDAY, /* Sunday only */
    HOLIDAY_TO_NEAREST,       /* Saturday: the Friday before; Sunday: the Monday after */
    HOLIDAY_TO_NEXT_FREE      /* the first later weekday that is no other holiday of the list */
};

struct holiday {
    enum holiday_kind kind;
    enum holiday_move move;
    int month, day;   /* FIXED; WEEKDAY uses month */
    int nth, weekday; /* WEEKDAY: 1..5 or -1; 1 Monday .. 7 Sunday */
    int offset_days;  /* EASTER, WEEKDAY */
    struct date date; /* ONCE */
    int first_year;   /* 0: always */
    int last_year;    /* 0: always */
    const char *name; /* "Labour Day" */
    int line;         /* place in the text it was read from; 0 if none */
};

struct holiday_list {
    const char *code;   /* "DE" */
    const char *source; /* where it is from, for readers */
    const struct holiday *rules;
    size_t rule_count;
};

/* Read what stands after `on:` and `move:`. False: it is nothing of the above; nothing is changed.
 * `on` sets kind, month, day, nth, weekday, offset_days and date, and leaves the rest alone. */
bool holiday_parse_on(const char *text, struct holiday *rule);
bool holiday_parse_move(const char *text, enum holiday_move *ret_move);

/* ERR_INVALID_ARGUMENT names the rule (by line where it has one) that no day can follow from:
 * month, day, weekday, bounds out of range, 29 February is fine. */
enum err holiday_list_check(const struct holiday_list *list, struct fault *ret_fault) MUST_CHECK;

/* The days (since 1970-01-01) on which the holidays of a year 1 .. 9999 are kept, one for each rule
 * in the order of the list, HOLIDAY_NO_DAY for a rule that has none in that year. Moves and offsets
 * may lead into the year before or after. The list must have passed holiday_list_check. */
void holiday_days(const struct holiday_list *list, int year, int64_t ret_days[HOLIDAY_RULES_MAX]);

/* The holiday on a day, moved ones on the day they moved to and not on their own
 * day; the first of the list if there are several; NULL if none. Walks all rules: a
 * calendar (calendar.h) keeps a table. */
const struct holiday *holiday_on(const struct holiday_list *list, struct date date);

/* Easter Sunday of a year 1583 .. 9999 in the Gregorian calendar. */
struct date holiday_easter(int year);
struct date holiday_orthodox_easter(int year);
