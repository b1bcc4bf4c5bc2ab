/*
 * calendar_private - what a built calendar is, for the files that build and ask it
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/calendar/calendar.h"

enum {
    YEAR_DAYS_MAX = 366,
    TABLE_FIRST_YEAR = 1990,
    TABLE_LAST_YEAR = 2099,
    TABLE_FIRST_DAYS = 7305, /* 1990-01-01, since 1970-01-01 */
    TABLE_DAYS = 40177,
    CALENDAR_LABEL_SIZE = CALENDAR_NAME_SIZE + 24
};

struct calendar {
    char name[CALENDAR_NAME_SIZE];
    char label[CALENDAR_LABEL_SIZE];
    const struct zone *zone;
    struct calendar_hours week[7];
    struct holiday_list lists[CALENDAR_LISTS_MAX];
    size_t list_count;
    struct calendar_exception *exceptions; /* sorted, apart from each other */
    size_t exception_count;
    /* What differs from the week: all rules of the first list, of the next ..., then the
       exceptions. The table holds 0 for an ordinary day, else 1 + the place among these. */
    struct calendar_day *specials;
    uint16_t table[TABLE_DAYS];
};

/* The same as the table for one year outside it, kept on the stack by who walks over many days: the
 * rules are worked out once a year and not once a day. Zeroed: of no year yet. */
struct calendar_year {
    int year;
    uint16_t specials[YEAR_DAYS_MAX];
};

/* No hours. */
extern const struct calendar_hours calendar_closed_hours;

/* Puts the places of the special days among `day_count` days from `first_day` (since 1970-01-01)
 * into a zeroed `table`; the days are those of `first_year` to `last_year`. */
void calendar_fill(const struct calendar *calendar, int first_year, int last_year,
                   int64_t first_day, int64_t day_count, uint16_t *table);

/* What the functions of calendar.h do that lack "walked". `year` may be NULL. */
struct calendar_day calendar_walked_day(const struct calendar *calendar, struct calendar_year *year,
                                        struct date date);
size_t calendar_walked_spans(const struct calendar *calendar, struct calendar_year *year,
                             struct date date, struct calendar_span ret_spans[CALENDAR_SPANS_MAX]);
bool calendar_is_walked_day_working(const struct calendar *calendar, struct calendar_year *year,
                                    struct date date);
void calendar_walked_stretch(const struct calendar *calendar, struct calendar_year *year,
                             int64_t unix_s, struct calendar_stretch *ret_stretch);
