/*
 * date - civil days as a count of days, and the day of a moment in a time zone
 *
 * Counting starts in March: then the leap day is the last day of the year, months repeat in a
 * pattern of five (31 30 31 30 31), and a cycle of 400 years has 146,097 days. Zones come from ICU;
 * opening one costs far more than asking it, so the last few are kept for the life of the process.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/date.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

enum {
    YEAR_MAX = 9999,
    DAYS_PER_CYCLE = 146097,         /* 400 years */
    DAYS_BEFORE_1970 = 719468,       /* from 0000-03-01 */
    DAYS_MIN = -719162,              /* 0001-01-01 */
    DAYS_MAX = 2932896,              /* 9999-12-31 */
    MONTHS_MAX = YEAR_MAX * 12 + 11, /* counted from January of year 0 */
    ZONE_COUNT_MAX = 16,
    ZONE_NAME_SIZE = 64,
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
           date.day >= 1 && date.day <= month_days(date.year, date.month);
}

bool
date_is_absent(struct date date)
{
    return date.year == 0 && date.month == 0 && date.day == 0;
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
date_compare(struct date a, struct date b)
{
    if (a.year != b.year)
        return a.year < b.year ? -1 : 1;
    if (a.month != b.month)
        return a.month < b.month ? -1 : 1;
    return (a.day > b.day) - (a.day < b.day);
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

/* ---- time zones ---- */

struct zone {
    char name[ZONE_NAME_SIZE];
    UCalendar *calendar;
};

static struct zone zones[ZONE_COUNT_MAX];
static unsigned zone_next; /* the one to be replaced next */

/* A calendar of the zone; NULL if the IANA database has no such zone. */
static UCalendar *
open_zone(const char *name)
{
    UChar wide[ZONE_NAME_SIZE];
    UErrorCode error = U_ZERO_ERROR;
    int32_t size = 0;
    u_strFromUTF8(wide, ZONE_NAME_SIZE, &size, name, -1, &error);
    UChar canonical[ZONE_NAME_SIZE];
    UBool is_system = false;
    ucal_getCanonicalTimeZoneID(wide, size, canonical, ZONE_NAME_SIZE, &is_system, &error);
    if (U_FAILURE(error) || !is_system)
        return NULL;
    UCalendar *calendar = ucal_open(wide, size, "en", UCAL_GREGORIAN, &error);
    return U_FAILURE(error) ? NULL : calendar;
}

static UCalendar *
find_zone(const char *name)
{
    for (unsigned i = 0; i < ZONE_COUNT_MAX; i++)
        if (zones[i].calendar != NULL && strcmp(zones[i].name, name) == 0)
            return zones[i].calendar;
    if (strlen(name) >= ZONE_NAME_SIZE)
        return NULL;
    UCalendar *calendar = open_zone(name);
    if (calendar == NULL)
        return NULL;
    struct zone *zone = &zones[zone_next++ % ZONE_COUNT_MAX];
    if (zone->calendar != NULL)
        ucal_close(zone->calendar);
    zone->calendar = calendar;
    memcpy(zone->name, name, strlen(name) + 1);
    return calendar;
}

static int64_t
floor_divide(int64_t number, int64_t divisor)
{
    return number / divisor - (number % divisor < 0);
}

bool
date_at(int64_t unix_us, const char *time_zone, struct date *ret_date)
{
    UCalendar *calendar = find_zone(time_zone);
    if (calendar == NULL)
        return false;
    int64_t unix_ms = floor_divide(unix_us, 1000);
    UErrorCode error = U_ZERO_ERROR;
    ucal_setMillis(calendar, (double)unix_ms, &error);
    int64_t offset_ms = (int64_t)ucal_get(calendar, UCAL_ZONE_OFFSET, &error) +
                        ucal_get(calendar, UCAL_DST_OFFSET, &error);
    CHECK(U_SUCCESS(error));
    *ret_date = date_from_days(floor_divide(unix_ms + offset_ms, 86400000));
    return true;
}

void
date_deinit(void)
{
    for (unsigned i = 0; i < ZONE_COUNT_MAX; i++)
        if (zones[i].calendar != NULL)
            ucal_close(zones[i].calendar);
    memset(zones, 0, sizeof zones);
}
