/*
 * date - civil days: parsing, printing, counting, adding (proleptic Gregorian calendar, ISO 8601)
 *
 * `date_add` adds months in one step, keeps the day of the month, cut to the month's last day,
 * then adds days; never chain additions of months.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

/* year 1 to 9999; all zero means absent. */
struct date {
    int year;
    int month;
    int day;
};

enum {
    DATE_TEXT_LENGTH = 10, /* of "2026-03-15" */
    DATE_TEXT_SIZE = 12    /* of room for it */
};

bool date_is_valid(struct date date);

static inline bool
date_is_absent(struct date date)
{
    return date.year == 0 && date.month == 0 && date.day == 0;
}

/* Exactly "YYYY-MM-DD", a day that exists. */
bool date_parse(const char *text, struct date *ret_date);
/* `date` must be valid; `ret_text` has DATE_TEXT_SIZE bytes. */
void date_print(struct date date, char *ret_text);

/* Days since 1970-01-01, and back. `date` must be valid; days outside 0001-01-01 to 9999-12-31 stay
 * at those ends. */
int64_t date_to_days(struct date date);
struct date date_from_days(int64_t days);

/* The weekday of a day counted from 1970-01-01: 1 Monday .. 7 Sunday. Any number is a day. */
int date_weekday(int64_t days);

/* < 0, 0, > 0 */
static inline int
date_compare(struct date a, struct date b)
{
    if (a.year != b.year)
        return a.year < b.year ? -1 : 1;
    if (a.month != b.month)
        return a.month < b.month ? -1 : 1;
    return (a.day > b.day) - (a.day < b.day);
}

/* `date` must be valid. Beyond 9999-12-31 it stays at that day, before 0001-01-01 at that. */
struct date date_add(struct date date, int months, int days);

/* The day that `unix_us` falls on in a zone of the IANA database, as "Europe/Berlin". False: no
 * such zone (zone_find says which names are taken). */
bool date_at(int64_t unix_us, const char *time_zone, struct date *ret_date);

/* Gives back the zones that are kept (zone_deinit), so that a leak checker sees none. */
void date_deinit(void);
