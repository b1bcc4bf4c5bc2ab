/*
 * policy_read_calendars - `calendars:` with their week, exceptions and holidays; lists of holidays
 *
 *   office:
 *     time_zone: Europe/Berlin                     missing: the policy's
 *     week: {mon-thu: ["09:00-12:00", "13:00-18:00"], fri: ["09:00-12:00"]}
 *     holidays: [DE]
 *     exceptions:
 *       - {date: 2026-12-24, open: ["09:00-12:00"], name: Christmas Eve}
 *       - {from: 2026-12-27, to: 2026-12-31, closed: yes, name: Stocktaking}
 *
 * What a calendar cannot be is calendar_new's to say; here is said where it stands.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MINUTES = 1440 };

/* ---- hours ---- */

static const char *
take_minute(const char *at, int *ret_minute)
{
    if (strspn(at, "0123456789") != 2 || at[2] != ':' || strspn(at + 3, "0123456789") != 2)
        return NULL;
    int hour = (at[0] - '0') * 10 + at[1] - '0';
    int minute = (at[3] - '0') * 10 + at[4] - '0';
    *ret_minute = hour * 60 + minute;
    return minute < 60 && *ret_minute <= DAY_MINUTES ? at + 5 : NULL;
}

static bool
parse_interval(const char *text, struct calendar_interval *ret_interval)
{
    const char *at = take_minute(text, &ret_interval->start_minute);
    if (at == NULL || *at != '-')
        return false;
    at = take_minute(at + 1, &ret_interval->end_minute);
    return at != NULL && *at == 0 && ret_interval->start_minute < ret_interval->end_minute;
}

/* Adds an interval after those before it, and joins those that touch. False: it is not after them,
 * or there are too many. */
static bool
add_interval(struct calendar_hours *hours, struct calendar_interval interval)
{
    if (hours->interval_count > 0) {
        struct calendar_interval *last = &hours->intervals[hours->interval_count - 1];
        if (interval.start_minute < last->end_minute)
            return false;
        if (interval.start_minute == last->end_minute) {
            last->end_minute = interval.end_minute;
            return true;
        }
    }
    if (hours->interval_count == CALENDAR_INTERVALS_MAX)
        return false;
    hours->intervals[hours->interval_count++] = interval;
    return true;
}

static bool
read_hours(struct policy_reader *reader, const struct policy_node *list,
           struct calendar_hours *ret_hours)
{
    *ret_hours = (struct calendar_hours){.interval_count = 0};
    if (!policy_read_is_list(reader, list, NULL, NULL))
        return false;
    for (const struct policy_node *node = list->children; node != NULL; node = node->next) {
        struct calendar_interval interval;
        const char *text = policy_read_scalar(reader, node, NULL);
        if (text == NULL)
            return false;
        if (!parse_interval(text, &interval))
            return policy_read_fail(
                reader, node->place, NULL, "HOURS_MALFORMED",
                "\"%.32s\" are no hours of a day, as \"09:00-18:00\", which end after they begin",
                text);
        if (!add_interval(ret_hours, interval))
            return policy_read_fail(reader, node->place, NULL, "HOURS_OUT_OF_ORDER",
                                    "the hours of a day are in order, apart, and at most %d",
                                    CALENDAR_INTERVALS_MAX);
    }
    return true;
}

/* ---- the week ---- */

/* "mon" or "mon-fri" as days 0 .. 6. */
static bool
parse_days(const char *text, int *ret_first, int *ret_last)
{
    static const char names[] = "mon tue wed thu fri sat sun";
    int days[2] = {-1, -1};
    size_t length = strlen(text);
    if (length != 3 && (length != 7 || text[3] != '-'))
        return false;
    for (int i = 0; i < 2; i++) {
        const char *name = text + (length == 7 ? 4 * i : 0);
        for (int day = 0; day < 7; day++)
            if (memcmp(names + (size_t)day * 4, name, 3) == 0)
                days[i] = day;
    }
    *ret_first = days[0];
    *ret_last = days[1];
    return days[0] >= 0 && days[0] <= days[1];
}

/* Said of the one that is written later. */
static void
refuse_day_twice(struct policy_reader *reader, const struct policy_node *a,
                 const struct policy_node *b)
{
    const struct policy_node *later = a->key_place.line > b->key_place.line ? a : b;
    policy_read_fail(reader, later->key_place, NULL, "DAY_TWICE",
                     "a day of %s has its hours under %s too", later->key,
                     later == a ? b->key : a->key);
}

static void
read_week(struct policy_reader *reader, const struct policy_node *calendar,
          struct calendar_hours week[7])
{
    const struct policy_node *map = policy_read_child(reader, calendar, NULL, "week");
    const struct policy_node *said[7] = {NULL};
    if (map == NULL || !policy_read_is_map(reader, map, NULL, NULL))
        return;
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        int first, last;
        struct calendar_hours hours;
        if (!parse_days(node->key, &first, &last)) {
            policy_read_fail(reader, node->key_place, NULL, "DAY_UNKNOWN",
                             "\"%.32s\" is no day of the week, as mon or mon-fri", node->key);
            continue;
        }
        if (!read_hours(reader, node, &hours))
            continue;
        for (int day = first; day <= last; day++) {
            if (said[day] != NULL)
                refuse_day_twice(reader, said[day], node);
            said[day] = node;
            week[day] = hours;
        }
    }
}

/* ---- exceptions ---- */

static bool
read_exception_days(struct policy_reader *reader, const struct policy_node *node,
                    struct calendar_exception *exception)
{
    size_t errors = reader->problems->error_count;
    exception->first_date = policy_read_date(reader, node, NULL, "date");
    if (policy_node_get(node, "date") != NULL) {
        exception->last_date = exception->first_date;
        if (policy_node_get(node, "from") != NULL || policy_node_get(node, "to") != NULL)
            return policy_read_fail(reader, node->place, NULL, "EXCEPTION_AMBIGUOUS",
                                    "an exception has a `date`, or `from` and `to`");
    } else {
        exception->first_date = policy_read_date(reader, node, NULL, "from");
        exception->last_date = policy_read_date(reader, node, NULL, "to");
    }
    if (reader->problems->error_count > errors)
        return false;
    if (date_is_absent(exception->first_date) || date_is_absent(exception->last_date))
        return policy_read_fail(reader, node->place, NULL, "KEY_MISSING",
                                "an exception has a `date`, or `from` and `to`");
    return true;
}

static bool
read_exception(struct policy_reader *reader, const struct policy_node *node,
               struct calendar_exception *exception)
{
    *exception = (struct calendar_exception){.line = node->place.line};
    if (!policy_read_is_map(reader, node, NULL, NULL))
        return false;
    policy_read_check_keys(reader, node, NULL, "date from to open closed name");
    const struct policy_node *open = policy_node_get(node, "open");
    bool is_closed = policy_read_flag(reader, node, NULL, "closed", false);
    if ((open != NULL) == is_closed)
        return policy_read_fail(reader, node->place, NULL, "EXCEPTION_AMBIGUOUS",
                                "an exception says either `open` with hours or `closed: yes`");
    const struct policy_node *name = policy_read_child(reader, node, NULL, "name");
    exception->name = name == NULL ? NULL : policy_read_scalar(reader, name, NULL);
    return exception->name != NULL && read_exception_days(reader, node, exception) &&
           (open == NULL || read_hours(reader, open, &exception->hours));
}

static int
compare_exceptions(const void *a, const void *b)
{
    return date_compare(((const struct calendar_exception *)a)->first_date,
                        ((const struct calendar_exception *)b)->first_date);
}

static void
read_exceptions(struct policy_reader *reader, const struct policy_node *calendar,
                struct calendar_source *source)
{
    const struct policy_node *list = policy_node_get(calendar, "exceptions");
    if (list == NULL || !policy_read_is_list(reader, list, NULL, NULL))
        return;
    if (list->child_count > CALENDAR_EXCEPTIONS_MAX) {
        policy_read_fail(reader, list->place, NULL, "EXCEPTIONS_TOO_MANY",
                         "more than %d exceptions", CALENDAR_EXCEPTIONS_MAX);
        return;
    }
    struct calendar_exception *exceptions =
        arena_alloc(reader->arena, list->child_count * sizeof *exceptions);
    size_t count = 0;
    for (const struct policy_node *node = list->children; node != NULL; node = node->next)
        count += read_exception(reader, node, &exceptions[count]);
    if (count > 1)
        qsort(exceptions, count, sizeof *exceptions, compare_exceptions);
    source->exceptions = exceptions;
    source->exception_count = count;
}

/* ---- holidays ---- */

static struct policy_read_holidays *
find_holidays(struct policy_reader *reader, const char *code)
{
    for (size_t i = 0; i < reader->holiday_count; i++)
        if (reader->holidays[i].list.code != NULL &&
            strcmp(reader->holidays[i].list.code, code) == 0)
            return &reader->holidays[i];
    return NULL;
}

static void
read_holidays(struct policy_reader *reader, const struct policy_node *calendar,
              struct calendar_source *source)
{
    const struct policy_node *list = policy_node_get(calendar, "holidays");
    if (list == NULL || !policy_read_is_list(reader, list, NULL, NULL))
        return;
    if (list->child_count > CALENDAR_LISTS_MAX) {
        policy_read_fail(reader, list->place, NULL, "HOLIDAYS_TOO_MANY",
                         "a calendar has at most %d lists of holidays", CALENDAR_LISTS_MAX);
        return;
    }
    const struct holiday_list **lists =
        arena_alloc(reader->arena, list->child_count * sizeof *lists);
    for (const struct policy_node *node = list->children; node != NULL; node = node->next) {
        const char *code = policy_read_scalar(reader, node, NULL);
        struct policy_read_holidays *holidays = code == NULL ? NULL : find_holidays(reader, code);
        if (holidays != NULL) {
            holidays->is_used = true;
            if (holidays->is_read)
                lists[source->holiday_list_count++] = &holidays->list;
        } else if (code != NULL) {
            policy_read_fail(
                reader, node->place, NULL, "HOLIDAYS_MISSING",
                "there is no list of holidays \"%.16s\", which is a file holidays/%.16s.yaml "
                "beside the policy",
                code, code);
        }
    }
    source->holiday_lists = lists;
}

/* ---- calendars ---- */

/* Stands for a calendar with faults, so that what names it is not refused too. */
static struct calendar *
stand_in(struct policy_reader *reader, const char *name)
{
    struct calendar_source source = {.name = name, .time_zone = "UTC"};
    struct calendar *calendar = NULL;
    struct fault fault = {0};
    for (int day = 0; day < 7; day++)
        source.week[day] = (struct calendar_hours){{{0, DAY_MINUTES}}, 1};
    return calendar_new(reader->arena, &source, &calendar, &fault) == OK ? calendar : NULL;
}

/* Only a calendar that was read whole is built: its faults are then about what it means. */
static struct calendar *
read_calendar(struct policy_reader *reader, const struct policy_node *node,
              struct policy_read_calendar *ret_calendar)
{
    struct policy *policy = reader->policy;
    struct calendar_source *source = &ret_calendar->source;
    size_t errors = reader->problems->error_count;
    *ret_calendar = (struct policy_read_calendar){
        .source = {.name = node->key, .version = policy->version}, .place = node->key_place};
    if (!policy_read_is_map(reader, node, NULL, NULL))
        return NULL;
    policy_read_check_keys(reader, node, NULL, "time_zone week holidays exceptions");
    const char *zone = policy->zone == NULL ? NULL : zone_name(policy->zone);
    source->time_zone = policy_read_words(reader, node, NULL, "time_zone", zone);
    read_week(reader, node, source->week);
    read_exceptions(reader, node, source);
    read_holidays(reader, node, source);
    if (reader->problems->error_count > errors || source->time_zone == NULL)
        return NULL;
    struct calendar *calendar;
    struct fault fault = {0};
    if (calendar_new(reader->arena, source, &calendar, &fault) == OK)
        return calendar;
    struct policy_place place = node->place;
    if (fault.line > 0)
        place = (struct policy_place){place.file, fault.line, 0};
    policy_read_fail(reader, place, NULL, "CALENDAR_WRONG", "the calendar %.64s: %s", node->key,
                     fault.message);
    return NULL;
}

void
policy_read_calendars(struct policy_reader *reader)
{
    const struct policy_node *map = policy_node_get(reader->main, "calendars");
    if (map == NULL || !policy_read_is_map(reader, map, NULL, NULL))
        return;
    if (map->child_count > POLICY_CALENDARS_MAX) {
        policy_read_fail(reader, map->place, NULL, "CALENDARS_TOO_MANY", "more than %d calendars",
                         POLICY_CALENDARS_MAX);
        return;
    }
    struct calendar **calendars = arena_alloc(reader->arena, map->child_count * sizeof *calendars);
    reader->calendars = arena_alloc(reader->arena, map->child_count * sizeof *reader->calendars);
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        size_t count = reader->calendar_count;
        calendars[count] = read_calendar(reader, node, &reader->calendars[count]);
        if (calendars[count] == NULL)
            calendars[count] = stand_in(reader, node->key);
        reader->calendar_count += calendars[count] != NULL;
    }
    reader->policy->calendars = calendars;
    reader->policy->calendar_count = reader->calendar_count;
}
