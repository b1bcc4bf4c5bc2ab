/*
 * calendar_build - from a description to a calendar: checks, copies, the table of special days
 *
 * Everything is checked before anything is allocated; then the description is copied into the
 * arena, since it may be short-lived. The table is filled so that the first holiday of a day wins
 * and exceptions come last, over holidays.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/calendar_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MINUTES = 1440 };

/* ---- checks ---- */

static enum err refuse(struct fault *ret_fault, const char *format, ...) PRINTF_LIKE(2, 3);

static enum err
refuse(struct fault *ret_fault, const char *format, ...)
{
    char message[ERR_MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "CALENDAR_INVALID", "%s", message);
}

static bool
fits(const char *text, size_t size_bytes)
{
    return strnlen(text, size_bytes) < size_bytes;
}

static enum err
check_hours(const struct calendar_hours *hours, struct fault *ret_fault)
{
    if (hours->interval_count > CALENDAR_INTERVALS_MAX)
        return refuse(ret_fault, "a day has more than %d intervals", CALENDAR_INTERVALS_MAX);
    int before_minute = 0;
    for (size_t i = 0; i < hours->interval_count; i++) {
        const struct calendar_interval *interval = &hours->intervals[i];
        if (interval->start_minute < 0 || interval->end_minute > DAY_MINUTES ||
            interval->start_minute >= interval->end_minute)
            return refuse(ret_fault,
                          "interval %zu does not lie within a day, or ends before it starts",
                          i + 1);
        if (interval->start_minute < before_minute)
            return refuse(ret_fault, "interval %zu starts before the one before it ends", i + 1);
        before_minute = interval->end_minute;
    }
    return OK;
}

static enum err
check_exception(const struct calendar_exception *exception, struct fault *ret_fault)
{
    if (!date_is_valid(exception->first_date) || !date_is_valid(exception->last_date) ||
        date_compare(exception->first_date, exception->last_date) > 0)
        return refuse(ret_fault, "the exception's last day is before its first, or not a day");
    if (exception->name != NULL && !fits(exception->name, CALENDAR_REASON_SIZE))
        return refuse(ret_fault, "the name of an exception has at most %d bytes",
                      CALENDAR_REASON_SIZE - 1);
    return check_hours(&exception->hours, ret_fault);
}

static enum err
check_days(const struct calendar_source *source, struct fault *ret_fault)
{
    bool is_ever_open = false;
    for (size_t i = 0; i < COUNT_OF(source->week); i++) {
        enum err err = check_hours(&source->week[i], ret_fault);
        if (err != OK) {
            snprintf(ret_fault->field, sizeof ret_fault->field, "week[%zu]", i);
            return err;
        }
        is_ever_open = is_ever_open || source->week[i].interval_count > 0;
    }
    for (size_t i = 0; i < source->exception_count; i++) {
        enum err err = check_exception(&source->exceptions[i], ret_fault);
        if (err != OK) {
            snprintf(ret_fault->field, sizeof ret_fault->field, "exceptions[%zu]", i);
            ret_fault->line = source->exceptions[i].line;
            return err;
        }
        is_ever_open = is_ever_open || source->exceptions[i].hours.interval_count > 0;
    }
    if (!is_ever_open)
        return refuse(ret_fault, "the calendar \"%s\" is never open", source->name);
    return OK;
}

static int
compare_places(const void *a, const void *b)
{
    const struct calendar_exception *const *before = a;
    const struct calendar_exception *const *after = b;
    return date_compare((*before)->first_date, (*after)->first_date);
}

/* No two exceptions have a day in common. */
static enum err
check_apart(const struct calendar_source *source, struct fault *ret_fault)
{
    const struct calendar_exception *sorted[CALENDAR_EXCEPTIONS_MAX];
    for (size_t i = 0; i < source->exception_count; i++)
        sorted[i] = &source->exceptions[i];
    qsort(sorted, source->exception_count, sizeof sorted[0], compare_places);
    for (size_t i = 1; i < source->exception_count; i++) {
        if (date_compare(sorted[i - 1]->last_date, sorted[i]->first_date) < 0)
            continue;
        char day[DATE_TEXT_SIZE];
        date_print(sorted[i]->first_date, day);
        enum err err =
            refuse(ret_fault, "the calendar \"%s\" has two exceptions for %s", source->name, day);
        const struct calendar_exception *later =
            sorted[i] > sorted[i - 1] ? sorted[i] : sorted[i - 1];
        snprintf(ret_fault->field, sizeof ret_fault->field, "exceptions[%td]",
                 later - source->exceptions);
        ret_fault->line = later->line;
        return err;
    }
    return OK;
}

static enum err
check_lists(const struct calendar_source *source, struct fault *ret_fault)
{
    size_t rule_count = 0;
    if (source->holiday_list_count > CALENDAR_LISTS_MAX)
        return refuse(ret_fault, "the calendar \"%s\" has more than %d lists of holidays",
                      source->name, CALENDAR_LISTS_MAX);
    for (size_t i = 0; i < source->holiday_list_count; i++) {
        enum err err = holiday_list_check(source->holiday_lists[i], ret_fault);
        if (err != OK)
            return err;
        rule_count += source->holiday_lists[i]->rule_count;
    }
    if (rule_count > CALENDAR_RULES_MAX)
        return refuse(ret_fault, "the lists of the calendar \"%s\" have more than %d holidays",
                      source->name, CALENDAR_RULES_MAX);
    return OK;
}

static enum err
check_source(const struct calendar_source *source, struct fault *ret_fault)
{
    if (source->name == NULL || source->name[0] == 0 || !fits(source->name, CALENDAR_NAME_SIZE))
        return refuse(ret_fault, "a calendar needs a name of at most %d bytes",
                      CALENDAR_NAME_SIZE - 1);
    if (source->version < 0)
        return refuse(ret_fault, "the calendar \"%s\" has a negative version", source->name);
    if (source->time_zone == NULL || zone_find(source->time_zone) == NULL)
        return refuse(ret_fault, "the calendar \"%s\" is in a time zone that there is not",
                      source->name);
    if (source->exception_count > CALENDAR_EXCEPTIONS_MAX)
        return refuse(ret_fault, "the calendar \"%s\" has more than %d exceptions", source->name,
                      CALENDAR_EXCEPTIONS_MAX);
    enum err err = check_lists(source, ret_fault);
    if (err == OK)
        err = check_days(source, ret_fault);
    return err != OK ? err : check_apart(source, ret_fault);
}

/* ---- copies ---- */

/* The arena, and whether it had enough so far. */
struct store {
    struct arena *arena;
    bool is_short;
};

/* Zeroed; NULL once something did not fit. */
static void *
store_alloc(struct store *store, size_t size_bytes)
{
    void *memory = store->is_short ? NULL : arena_try_alloc(store->arena, size_bytes);
    if (memory == NULL)
        store->is_short = true;
    else
        memset(memory, 0, size_bytes);
    return memory;
}

static const char *
store_text(struct store *store, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t size_bytes = strlen(text) + 1;
    char *copy = store_alloc(store, size_bytes);
    if (copy != NULL)
        memcpy(copy, text, size_bytes);
    return copy;
}

static void
copy_hours(struct calendar_hours *target, const struct calendar_hours *source)
{
    *target = calendar_closed_hours;
    for (size_t i = 0; i < source->interval_count; i++) {
        struct calendar_interval *last = &target->intervals[target->interval_count];
        if (target->interval_count > 0 && last[-1].end_minute == source->intervals[i].start_minute)
            last[-1].end_minute = source->intervals[i].end_minute;
        else
            target->intervals[target->interval_count++] = source->intervals[i];
    }
}

static void
copy_list(struct store *store, struct holiday_list *target, const struct holiday_list *source)
{
    struct holiday *rules = store_alloc(store, source->rule_count * sizeof *rules);
    *target = (struct holiday_list){.code = store_text(store, source->code), .rules = rules};
    if (rules == NULL)
        return;
    target->rule_count = source->rule_count;
    for (size_t i = 0; i < source->rule_count; i++) {
        rules[i] = source->rules[i];
        rules[i].name = store_text(store, source->rules[i].name);
    }
}

static int
compare_exceptions(const void *a, const void *b)
{
    return date_compare(((const struct calendar_exception *)a)->first_date,
                        ((const struct calendar_exception *)b)->first_date);
}

static void
copy_exceptions(struct store *store, struct calendar *calendar,
                const struct calendar_source *source)
{
    size_t count = source->exception_count;
    calendar->exceptions = store_alloc(store, count * sizeof calendar->exceptions[0]);
    if (calendar->exceptions == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        calendar->exceptions[i] = source->exceptions[i];
        calendar->exceptions[i].name = store_text(store, source->exceptions[i].name);
        copy_hours(&calendar->exceptions[i].hours, &source->exceptions[i].hours);
    }
    qsort(calendar->exceptions, count, sizeof calendar->exceptions[0], compare_exceptions);
    calendar->exception_count = count;
}

/* ---- the table ---- */

/* A part of the table, or a year outside it. */
struct part {
    int first_year;
    int last_year;
    int64_t first_day;
    int64_t day_count;
};

static void
fill_holidays(const struct part *part, const struct holiday_list *list, size_t first_special,
              uint16_t *table)
{
    int64_t days[HOLIDAY_RULES_MAX];
    /* Moves lead into the part from the years beside it. */
    for (int year = part->first_year - 1; year <= part->last_year + 1; year++) {
        if (year < 1 || year > HOLIDAY_YEAR_MAX)
            continue;
        holiday_days(list, year, days);
        for (size_t i = 0; i < list->rule_count; i++) {
            if (days[i] < part->first_day || days[i] >= part->first_day + part->day_count)
                continue;
            uint16_t *entry = &table[days[i] - part->first_day];
            if (*entry == 0 || *entry > first_special + i + 1)
                *entry = (uint16_t)(first_special + i + 1);
        }
    }
}

static void
fill_exception(const struct part *part, const struct calendar_exception *exception, size_t special,
               uint16_t *table)
{
    int64_t first = date_to_days(exception->first_date) - part->first_day;
    int64_t last = date_to_days(exception->last_date) - part->first_day;
    for (int64_t i = first < 0 ? 0 : first; i <= last && i < part->day_count; i++)
        table[i] = (uint16_t)(special + 1);
}

void
calendar_fill(const struct calendar *calendar, int first_year, int last_year, int64_t first_day,
              int64_t day_count, uint16_t *table)
{
    const struct part part = {first_year, last_year, first_day, day_count};
    size_t count = 0;
    for (size_t i = 0; i < calendar->list_count; i++) {
        fill_holidays(&part, &calendar->lists[i], count, table);
        count += calendar->lists[i].rule_count;
    }
    for (size_t i = 0; i < calendar->exception_count; i++)
        fill_exception(&part, &calendar->exceptions[i], count + i, table);
}

static void
fill_specials(struct calendar *calendar)
{
    size_t count = 0;
    for (size_t i = 0; i < calendar->list_count; i++) {
        const struct holiday_list *list = &calendar->lists[i];
        for (size_t j = 0; j < list->rule_count; j++)
            calendar->specials[count++] = (struct calendar_day){
                .hours = &calendar_closed_hours, .name = list->rules[j].name, .is_holiday = true};
    }
    for (size_t i = 0; i < calendar->exception_count; i++) {
        const struct calendar_exception *exception = &calendar->exceptions[i];
        calendar->specials[count++] = (struct calendar_day){
            .hours = &exception->hours, .name = exception->name, .is_exception = true};
    }
}

/* NULL: the arena's budget does not do. */
static struct calendar *
copy_source(struct store *store, const struct calendar_source *source)
{
    size_t special_count = source->exception_count;
    for (size_t i = 0; i < source->holiday_list_count; i++)
        special_count += source->holiday_lists[i]->rule_count;
    struct calendar *calendar = store_alloc(store, sizeof *calendar);
    if (calendar == NULL)
        return NULL;
    snprintf(calendar->name, sizeof calendar->name, "%s", source->name);
    snprintf(calendar->label, sizeof calendar->label, "%s", source->name);
    if (source->version > 0)
        snprintf(calendar->label, sizeof calendar->label, "%s@%" PRId64, source->name,
                 source->version);
    calendar->zone = zone_find(source->time_zone);
    calendar->specials = store_alloc(store, special_count * sizeof calendar->specials[0]);
    for (size_t i = 0; i < COUNT_OF(source->week); i++)
        copy_hours(&calendar->week[i], &source->week[i]);
    for (size_t i = 0; i < source->holiday_list_count; i++)
        copy_list(store, &calendar->lists[calendar->list_count++], source->holiday_lists[i]);
    copy_exceptions(store, calendar, source);
    return store->is_short ? NULL : calendar;
}

enum err
calendar_new(struct arena *arena, const struct calendar_source *source,
             struct calendar **ret_calendar, struct fault *ret_fault)
{
    enum err err = check_source(source, ret_fault);
    if (err != OK)
        return err;
    struct store store = {.arena = arena};
    struct calendar *calendar = copy_source(&store, source);
    if (calendar == NULL)
        return fault_set(ret_fault, ERR_RESOURCE_EXHAUSTED, "CALENDAR_TOO_LARGE",
                         "there is no room for the calendar \"%s\"", source->name);
    fill_specials(calendar);
    calendar_fill(calendar, TABLE_FIRST_YEAR, TABLE_LAST_YEAR, TABLE_FIRST_DAYS, TABLE_DAYS,
                  calendar->table);
    *ret_calendar = calendar;
    return OK;
}
