/*
 * date - civil days as a count of days, and the day of a moment in a time zone
 *
 * Counting starts in March: then the leap day is the last day of the year, months repeat in a
 * pattern of five (31 30 31 30 31), and a cycle of 400 years has 146,097 days. The day of a moment
 * is the zone's (zone.h), which keeps the zones.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/date.h"

#include <string.h>

#include "common/zone.h"

enum {
    YEAR_MAX = 9999,
    DAYS_PER_CYCLE = 146097,         /* 400 years */
    DAYS_BEFORE_1970 = 719468,       /* from 0000-03-01 */
    DAYS_MIN = -719162,              /* 0001-01-01 */
    DAYS_MAX = 2932896,              /* 9999-12-31 */
    MONTHS_MAX = YEAR_MAX * 12 + 11, /* counted from January of year 0 */
};

static const struct date first_date = {1, 1, 1};
static const struct date last_date = {YEAR_MAX, 12, 31};

static int
month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

bool
date_is_valid(struct date date)
{
    return date.year >= 1 && date.year <= YEAR_MAX && date.month >= 1 && date.month <= 12 &&
           date.day >= 1 && (date.day <= 28 || date.day <= month_days(date.year, date.month));
}

/* The number that `count` digits make; -1 if one is none. */
static int
digits(const char *text, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

bool
date_parse(const char *text, struct date *ret_date)
{
    if (strnlen(text, 11) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    struct date date = {digits(text, 4), digits(text + 5, 2), digits(text + 8, 2)};
    if (!date_is_valid(date))
        return false;
    *ret_date = date;
    return true;
}

void
date_print(struct date date, char *ret_text)
{
    CHECK(date_is_valid(date));
    unsigned year = (unsigned)date.year;
    unsigned month = (unsigned)date.month;
    unsigned day = (unsigned)date.day;
    const char text[] = {(char)('0' + year / 1000),
                         (char)('0' + year / 100 % 10),
                         (char)('0' + year / 10 % 10),
                         (char)('0' + year % 10),
                         '-',
                         (char)('0' + month / 10),
                         (char)('0' + month % 10),
                         '-',
                         (char)('0' + day / 10),
                         (char)('0' + day % 10),
                         0};
    memcpy(ret_text, text, sizeof text);
}

int64_t
date_to_days(struct date date)
{
    CHECK(date_is_valid(date));
    int year = date.month > 2 ? date.year : date.year - 1;
    int month = date.month > 2 ? date.month - 3 : date.month + 9; /* March is 0 */
    int day_of_year = (153 * month + 2) / 5 + date.day - 1;
    return (int64_t)year * 365 + year / 4 - year / 100 + year / 400 + day_of_year -
           DAYS_BEFORE_1970;
}

struct date
date_from_days(int64_t days)
{
    if (days < DAYS_MIN)
        return first_date;
    if (days > DAYS_MAX)
        return last_date;
    int day = (int)days + DAYS_BEFORE_1970;
    int cycle = day / DAYS_PER_CYCLE;
    day %= DAYS_PER_CYCLE;
    /* The last day of a cycle, and of four years, would else begin one century or year too many. */
    int century = day / 36524 < 4 ? day / 36524 : 3;
    day -= century * 36524;
    int leap = day / 1461;
    day %= 1461;
    int year = day / 365 < 4 ? day / 365 : 3;
    day -= year * 365;
    int month = (5 * day + 2) / 153;
    struct date date = {
        .year = cycle * 400 + century * 100 + leap * 4 + year + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day - (153 * month + 2) / 5 + 1,
    };
    return date;
}

int
date_weekday(int64_t days)
{
    int64_t day = days % 7 + 10; /* 1970-01-01 was a Thursday: 3 days after a Monday, and a week */
    return (int)(day % 7) + 1;
}

struct date
date_add(struct date date, int months, int days)
{
    CHECK(date_is_valid(date));
    int64_t month_count = (int64_t)date.year * 12 + date.month - 1 + months;
    if (month_count > MONTHS_MAX)
        return days < 0 ? date_from_days((int64_t)DAYS_MAX + days) : last_date;
    if (month_count < 12)
        return days > 0 ? date_from_days((int64_t)DAYS_MIN + days) : first_date;
    struct date moved = {(int)(month_count / 12), (int)(month_count % 12) + 1, date.day};
    int day_max = month_days(moved.year, moved.month);
    if (moved.day > day_max)
        moved.day = day_max;
    return days == 0 ? moved : date_from_days(date_to_days(moved) + days);
}

bool
date_at(int64_t unix_us, const char *time_zone, struct date *ret_date)
{
    const struct zone *zone = zone_find(time_zone);
    if (zone == NULL)
        return false;
    *ret_date = zone_date(zone, divide_floor(unix_us, 1000000));
    return true;
}

void
date_deinit(void)
{
    zone_deinit();
}
