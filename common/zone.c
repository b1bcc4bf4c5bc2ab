/*
 * zone - tables of the transitions of time zones, read from ICU once
 *
 * The zones that were asked for are kept in an array sorted by name. A table begins with a
 * transition at INT64_MIN, so that every moment has one before it. ICU also reports changes of a
 * zone's name or of what is called summer time; those that leave the clock alone are left out, so
 * that neighbours in a table always differ.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/zone.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

enum { DAY_S = 86400, TRANSITIONS_MAX = 1024 };

/* What a table holds: transitions from 1970-01-01 to 2199-12-31. */
static const int64_t first_unix_s = 0;
static const int64_t last_unix_s = INT64_C(7258118399);

struct transition {
    int64_t unix_s;
    int64_t offset_s; /* from here on */
};

struct zone {
    char name[ZONE_NAME_SIZE];
    size_t transition_count;
    struct transition transitions[];
};

static struct zone *zones[ZONE_COUNT_MAX];
static size_t zone_count;

/* ---- reading a zone ---- */

/* ICU also knows SystemV and abbreviations that were never in the database. Under Etc/ are offsets
 * whose sign is turned round, and more names of UTC. */
static bool
is_wanted(const char *name)
{
    if (strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0)
        return true;
    return strchr(name, '/') != NULL && strncmp(name, "SystemV/", 8) != 0 &&
           strncmp(name, "Etc/", 4) != 0 && strlen(name) < ZONE_NAME_SIZE;
}

/* A calendar of the zone; NULL if there is no such zone. */
static UCalendar *
open_zone(const char *name)
{
    if (!is_wanted(name))
        return NULL;
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

/* Seconds; ICU's milliseconds are whole seconds for every zone since 1970. */
static int64_t
read_offset_s(UCalendar *calendar, int64_t unix_s)
{
    UErrorCode error = U_ZERO_ERROR;
    ucal_setMillis(calendar, (double)(unix_s * 1000), &error);
    int64_t offset_ms = (int64_t)ucal_get(calendar, UCAL_ZONE_OFFSET, &error) +
                        ucal_get(calendar, UCAL_DST_OFFSET, &error);
    CHECK(U_SUCCESS(error));
    return offset_ms / 1000;
}

/* Fills `ret_transitions`; answers how many. Leaves the calendar at some moment. */
static size_t
read_transitions(UCalendar *calendar, struct transition ret_transitions[TRANSITIONS_MAX])
{
    size_t count = 0;
    ret_transitions[count++] =
        (struct transition){INT64_MIN, read_offset_s(calendar, first_unix_s)};
    int64_t at_s = first_unix_s;
    while (count < TRANSITIONS_MAX) {
        UDate next_ms = 0;
        UErrorCode error = U_ZERO_ERROR;
        ucal_setMillis(calendar, (double)(at_s * 1000), &error);
        bool is_any =
            ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &next_ms, &error);
        CHECK(U_SUCCESS(error));
        if (!is_any || next_ms > (double)last_unix_s * 1000)
            break;
        at_s = (int64_t)(next_ms / 1000);
        int64_t offset_s = read_offset_s(calendar, at_s);
        if (offset_s != ret_transitions[count - 1].offset_s)
            ret_transitions[count++] = (struct transition){at_s, offset_s};
    }
    return count;
}

static struct zone *
read_zone(const char *name)
{
    UCalendar *calendar = open_zone(name);
    if (calendar == NULL)
        return NULL;
    struct transition transitions[TRANSITIONS_MAX];
    size_t count = read_transitions(calendar, transitions);
    ucal_close(calendar);
    struct zone *zone = mem_alloc(sizeof *zone + count * sizeof transitions[0]);
    memcpy(zone->name, name, strlen(name) + 1);
    zone->transition_count = count;
    memcpy(zone->transitions, transitions, count * sizeof transitions[0]);
    return zone;
}

/* Where the name stands among the zones, or would stand. */
static size_t
find_place(const char *name, bool *ret_is_there)
{
    size_t low = 0;
    size_t high = zone_count;
    *ret_is_there = false;
    while (low < high && !*ret_is_there) {
        size_t middle = (low + high) / 2;
        int order = strcmp(zones[middle]->name, name);
        *ret_is_there = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

const struct zone *
zone_find(const char *name)
{
    bool is_there;
    size_t place = find_place(name, &is_there);
    if (is_there)
        return zones[place];
    struct zone *zone = zone_count < ZONE_COUNT_MAX ? read_zone(name) : NULL;
    if (zone == NULL)
        return NULL;
    memmove(&zones[place + 1], &zones[place], (zone_count - place) * sizeof zones[0]);
    zones[place] = zone;
    zone_count++;
    return zone;
}

const char *
zone_name(const struct zone *zone)
{
    return zone->name;
}

void
zone_deinit(void)
{
    for (size_t i = 0; i < zone_count; i++) {
        mem_free(zones[i]);
        zones[i] = NULL;
    }
    zone_count = 0;
}

/* ---- asking ---- */

static int64_t
within_years(int64_t unix_s)
{
    if (unix_s < ZONE_SECOND_MIN)
        return ZONE_SECOND_MIN;
    return unix_s > ZONE_SECOND_MAX ? ZONE_SECOND_MAX : unix_s;
}

/* The last transition at or before the moment. */
static size_t
find_transition(const struct zone *zone, int64_t unix_s)
{
    size_t low = 0;
    size_t high = zone->transition_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (zone->transitions[middle].unix_s <= unix_s)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int64_t
transition_end_s(const struct zone *zone, size_t index)
{
    return index + 1 < zone->transition_count ? zone->transitions[index + 1].unix_s : INT64_MAX;
}

int
zone_offset_s(const struct zone *zone, int64_t unix_s)
{
    return (int)zone->transitions[find_transition(zone, unix_s)].offset_s;
}

int64_t
zone_next_transition(const struct zone *zone, int64_t unix_s)
{
    return transition_end_s(zone, find_transition(zone, unix_s));
}

/* The part of the civil day `days` (since 1970) that transition `index` rules; empty if it ends
 * before it starts. */
static struct zone_stretch
cut_stretch(const struct zone *zone, size_t index, int64_t days)
{
    const struct transition *transition = &zone->transitions[index];
    struct zone_stretch stretch = {.start_s = days * DAY_S - transition->offset_s,
                                   .end_s = (days + 1) * DAY_S - transition->offset_s,
                                   .offset_s = (int)transition->offset_s};
    if (stretch.start_s < transition->unix_s)
        stretch.start_s = transition->unix_s;
    if (stretch.end_s > transition_end_s(zone, index))
        stretch.end_s = transition_end_s(zone, index);
    return stretch;
}

size_t
zone_day(const struct zone *zone, struct date day,
         struct zone_stretch ret_stretches[ZONE_STRETCHES_MAX])
{
    /* No clock is two days from UTC, so the day lies between these two. */
    int64_t days = date_to_days(day);
    size_t index = find_transition(zone, (days - 1) * DAY_S);
    int64_t last_s = (days + 2) * DAY_S;
    size_t count = 0;
    for (; count < ZONE_STRETCHES_MAX; index++) {
        struct zone_stretch stretch = cut_stretch(zone, index, days);
        if (stretch.start_s < stretch.end_s)
            ret_stretches[count++] = stretch;
        if (transition_end_s(zone, index) >= last_s)
            break;
    }
    return count;
}

struct zone_stretch
zone_stretch_at(const struct zone *zone, int64_t unix_s, struct date *ret_date)
{
    unix_s = within_years(unix_s);
    size_t index = find_transition(zone, unix_s);
    int64_t days = divide_floor(unix_s + zone->transitions[index].offset_s, DAY_S);
    *ret_date = date_from_days(days);
    return cut_stretch(zone, index, days);
}

struct date
zone_date(const struct zone *zone, int64_t unix_s)
{
    unix_s = within_years(unix_s);
    return date_from_days(divide_floor(unix_s + zone_offset_s(zone, unix_s), DAY_S));
}

int
zone_second_of_day(const struct zone *zone, int64_t unix_s)
{
    unix_s = within_years(unix_s);
    int64_t wall_s = unix_s + zone_offset_s(zone, unix_s);
    return (int)(wall_s - divide_floor(wall_s, DAY_S) * DAY_S);
}
