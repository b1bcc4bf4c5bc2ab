/*
 * holiday - lists of holidays as rules: fixed days, days that move with Easter, nth weekdays,
 * single ones
 *
 * A list belongs to a country or a part of one ("DE", "DE-BY"). A rule may hold from and to a year,
 * and may move where it falls on a weekend. Easter is the western or the orthodox one, by the usual
 * arithmetic (Meeus; Gregorian calendar).
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/date.h"
#include "common/err.h"

enum { HOLIDAY_RULES_MAX = 256, HOLIDAY_CODE_SIZE = 16, HOLIDAY_OFFSET_DAYS_MAX = 200 };

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

/* ERR_INVALID_ARGUMENT names the rule (by line where it has one) that no day can follow from:
 * month, day, weekday, bounds out of range, 29 February is fine. */
enum err holiday_list_check(const struct holiday_list *list, struct fault *ret_fault) MUST_CHECK;

/* The holiday on a day, moved ones on the day they moved to and, with `move` other than STAYS, not
 * on their own day; NULL if none. */
const struct holiday *holiday_on(const struct holiday_list *list, struct date date);

/* Easter Sunday of a year 1583 .. 9999 in the Gregorian calendar. */
struct date holiday_easter(int year);
struct date holiday_orthodox_easter(int year);
