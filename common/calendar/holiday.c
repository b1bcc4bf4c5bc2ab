/*
 * holiday - the days that the rules of a list fall on
 *
 * Days are counted from 1970-01-01, so that offsets and moves are additions and nothing happens at
 * the ends of years. A rule's own day comes from its kind; then it moves. Moves that look for a
 * free day need to know the days that are taken, by this year's holidays and by those of the years
 * beside it: they are marked in a window that is long enough for every rule of the largest list.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/holiday.h"

#include <string.h>

enum { SATURDAY = 6, SUNDAY = 7, EASTER_YEAR_MIN = 1583 };

/* ---- Easter ---- */

struct date
holiday_easter(int year)
{
    CHECK(year >= EASTER_YEAR_MIN && year <= HOLIDAY_YEAR_MAX);
    int golden = year % 19;
    int century = year / 100;
    int leap_shift = century - century / 4;
    int moon_shift = (8 * century + 13) / 25;
    int epact = (leap_shift - moon_shift + 19 * golden + 15) % 30;
    /* The full moon's day from 21 March, cut so that the moon never repeats a day in a cycle. */
    int moon = epact - (epact / 28) * (1 - (29 / (epact + 1)) * ((21 - golden) / 11));
    int weekday = (year + year / 4 + moon + 2 - leap_shift) % 7;
    int from_march = moon - weekday + 28;
    return from_march <= 31 ? (struct date){year, 3, from_march}
                            : (struct date){year, 4, from_march - 31};
}

struct date
holiday_orthodox_easter(int year)
{
    CHECK(year >= EASTER_YEAR_MIN && year <= HOLIDAY_YEAR_MAX);
    int moon = (19 * (year % 19) + 15) % 30;
    int weekday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7;
    int julian = moon + weekday + 114;
    struct date date = {year, julian / 31, julian % 31 + 1};
    return date_add(date, 0, year / 100 - year / 400 - 2); /* from the Julian calendar */
}

/* ---- a rule's own day ---- */

static int64_t
nth_weekday(const struct holiday *rule, int year)
{
    struct date first = {year, rule->month, 1};
    int64_t first_days = date_to_days(first);
    int64_t end_days = date_to_days(date_add(first, 1, -1)) + 1;
    if (rule->month == 12)
        end_days = first_days + 31; /* also of the last month that a date can name */
    int64_t days = first_days + (rule->weekday - date_weekday(first_days) + 7) % 7;
    if (rule->nth > 0)
        days += 7 * (rule->nth - 1);
    else
        days += (end_days - 1 - days) / 7 * 7;
    return days < end_days ? days : HOLIDAY_NO_DAY;
}

static int64_t
own_day(const struct holiday *rule, int year)
{
    if (year < 1 || year > HOLIDAY_YEAR_MAX || (rule->first_year != 0 && year < rule->first_year) ||
        (rule->last_year != 0 && year > rule->last_year))
        return HOLIDAY_NO_DAY;
    int64_t days = HOLIDAY_NO_DAY;
    struct date fixed = {year, rule->month, rule->day};
    switch (rule->kind) {
    case HOLIDAY_FIXED:
        return date_is_valid(fixed) ? date_to_days(fixed) : HOLIDAY_NO_DAY;
    case HOLIDAY_ONCE:
        return rule->date.year == year ? date_to_days(rule->date) : HOLIDAY_NO_DAY;
    case HOLIDAY_EASTER:
        if (year >= EASTER_YEAR_MIN)
            days = date_to_days(holiday_easter(year));
        break;
    case HOLIDAY_ORTHODOX_EASTER:
        if (year >= EASTER_YEAR_MIN)
            days = date_to_days(holiday_orthodox_easter(year));
        break;
    case HOLIDAY_WEEKDAY:
        days = nth_weekday(rule, year);
        break;
    }
    return days == HOLIDAY_NO_DAY ? days : days + rule->offset_days;
}

/* Where a rule's day goes whatever the other rules do; HOLIDAY_NO_DAY also where it looks for a
 * free day. */
static int64_t
simple_day(const struct holiday *rule, int64_t days)
{
    int weekday = days == HOLIDAY_NO_DAY ? 0 : date_weekday(days);
    if (weekday < SATURDAY)
        return days;
    int64_t monday = days + (weekday == SATURDAY ? 2 : 1);
    switch (rule->move) {
    case HOLIDAY_STAYS:
        break;
    case HOLIDAY_TO_MONDAY:
        return monday;
    case HOLIDAY_SUNDAY_TO_MONDAY:
        return weekday == SUNDAY ? monday : days;
    case HOLIDAY_TO_NEAREST:
        return weekday == SUNDAY ? monday : days - 1;
    case HOLIDAY_TO_NEXT_FREE:
        return HOLIDAY_NO_DAY;
    }
    return days;
}

/* ---- free days ---- */

/* From HOLIDAY_OFFSET_DAYS_MAX days before the year on. A rule's own day lies at most as far beyond
 * the year's end; from there on at most each rule's days of three years are taken, 5 in a week. */
enum { WINDOW_DAYS = 2 * HOLIDAY_OFFSET_DAYS_MAX + 366 + 3 * HOLIDAY_RULES_MAX * 7 / 5 + 7 };

/* find_mistake says these numbers. */
_Static_assert(HOLIDAY_NAME_SIZE - 1 == 127 && HOLIDAY_OFFSET_DAYS_MAX == 200, "said in messages");

struct window {
    int64_t first_days;
    bool is_taken[WINDOW_DAYS];
};

static void
take(struct window *window, int64_t days)
{
    if (days >= window->first_days && days - window->first_days < WINDOW_DAYS)
        window->is_taken[days - window->first_days] = true;
}

static int64_t
next_free(const struct window *window, int64_t days)
{
    do
        days++;
    while (date_weekday(days) >= SATURDAY || window->is_taken[days - window->first_days]);
    return days;
}

/* Finds the days of those rules that look for a free one. Their like in the years beside this one
 * are taken to stay away: a list with such rules at both ends of a year is not told apart. */
static void
place_movers(const struct holiday_list *list, int year, int64_t days[HOLIDAY_RULES_MAX])
{
    struct window window = {.first_days =
                                date_to_days((struct date){year, 1, 1}) - HOLIDAY_OFFSET_DAYS_MAX};
    for (size_t i = 0; i < list->rule_count; i++) {
        const struct holiday *rule = &list->rules[i];
        for (int other = year - 1; other <= year + 1; other++)
            take(&window, simple_day(rule, own_day(rule, other)));
    }
    for (size_t i = 0; i < list->rule_count; i++) {
        int64_t own = own_day(&list->rules[i], year);
        if (days[i] != HOLIDAY_NO_DAY || own == HOLIDAY_NO_DAY)
            continue;
        days[i] = next_free(&window, own);
        take(&window, days[i]);
    }
}

void
holiday_days(const struct holiday_list *list, int year, int64_t ret_days[HOLIDAY_RULES_MAX])
{
    bool is_any_moving = false;
    for (size_t i = 0; i < list->rule_count; i++) {
        int64_t own = own_day(&list->rules[i], year);
        ret_days[i] = simple_day(&list->rules[i], own);
        is_any_moving = is_any_moving || ret_days[i] != own;
    }
    if (is_any_moving)
        place_movers(list, year, ret_days);
}

const struct holiday *
holiday_on(const struct holiday_list *list, struct date date)
{
    int64_t days[HOLIDAY_RULES_MAX];
    int64_t wanted = date_to_days(date);
    size_t found = list->rule_count;
    for (int year = date.year - 1; year <= date.year + 1; year++) {
        if (year < 1 || year > HOLIDAY_YEAR_MAX)
            continue;
        holiday_days(list, year, days);
        for (size_t i = 0; i < found; i++)
            if (days[i] == wanted)
                found = i;
    }
    return found < list->rule_count ? &list->rules[found] : NULL;
}

/* ---- checking ---- */

static bool
is_year(int year)
{
    return year >= 0 && year <= HOLIDAY_YEAR_MAX; /* 0: not bounded */
}

/* What is wrong with a rule; NULL if nothing is. */
static const char *
find_mistake(const struct holiday *rule)
{
    if (rule->name == NULL || strnlen(rule->name, HOLIDAY_NAME_SIZE) >= HOLIDAY_NAME_SIZE ||
        rule->name[0] == 0)
        return "needs a name of at most 127 bytes";
    if (rule->kind == HOLIDAY_FIXED &&
        !date_is_valid((struct date){2000, rule->month, rule->day})) /* a leap year */
        return "is on a day that no year has";
    if (rule->kind == HOLIDAY_ONCE && !date_is_valid(rule->date))
        return "is on a day that does not exist";
    if (rule->kind == HOLIDAY_WEEKDAY &&
        (rule->month < 1 || rule->month > 12 || rule->weekday < 1 || rule->weekday > 7 ||
         rule->nth < -1 || rule->nth == 0 || rule->nth > 5))
        return "is on a weekday that no month has";
    if ((int)rule->kind < HOLIDAY_FIXED || rule->kind > HOLIDAY_ONCE)
        return "is of a kind that there is not";
    if ((int)rule->move < HOLIDAY_STAYS || rule->move > HOLIDAY_TO_NEXT_FREE)
        return "moves in a way that there is not";
    if (rule->offset_days < -HOLIDAY_OFFSET_DAYS_MAX || rule->offset_days > HOLIDAY_OFFSET_DAYS_MAX)
        return "is more than 200 days away from the day that it follows";
    if (!is_year(rule->first_year) || !is_year(rule->last_year) ||
        (rule->last_year != 0 && rule->first_year > rule->last_year))
        return "has years that are none, or the last before the first";
    return NULL;
}

enum err
holiday_list_check(const struct holiday_list *list, struct fault *ret_fault)
{
    if (list->code == NULL || list->code[0] == 0 ||
        strnlen(list->code, HOLIDAY_CODE_SIZE) >= HOLIDAY_CODE_SIZE)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "HOLIDAY_LIST_INVALID",
                         "a list of holidays needs a code of at most %d bytes",
                         HOLIDAY_CODE_SIZE - 1);
    if (list->rule_count > HOLIDAY_RULES_MAX)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "HOLIDAY_LIST_INVALID",
                         "the list \"%s\" has more than %d holidays", list->code,
                         HOLIDAY_RULES_MAX);
    for (size_t i = 0; i < list->rule_count; i++) {
        const char *mistake = find_mistake(&list->rules[i]);
        if (mistake == NULL)
            continue;
        const char *name = list->rules[i].name == NULL ? "" : list->rules[i].name;
        enum err err = fault_set(ret_fault, ERR_INVALID_ARGUMENT, "HOLIDAY_INVALID",
                                 "holiday %zu (\"%.*s\") of the list \"%s\" %s", i + 1,
                                 HOLIDAY_NAME_SIZE, name, list->code, mistake);
        ret_fault->line = list->rules[i].line;
        return err;
    }
    return OK;
}
