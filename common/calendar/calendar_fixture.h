/*
 * calendar_fixture - calendars, moments and random choices for the tests of working time
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "common/calendar/work.h"
#include "common/clock.h"
#include "common/test.h"

/* Seconds of "2026-04-27T08:00:00Z". */
static inline int64_t
at(const char *text)
{
    int64_t unix_us = 0;
    assert_true(clock_parse_us(text, &unix_us));
    return unix_us / 1000000;
}

static inline struct date
day(const char *text)
{
    struct date date = {0, 0, 0};
    assert_true(date_parse(text, &date));
    return date;
}

/* The year begins, Labour Day and Easter Monday. */
static const struct holiday fixture_rules[] = {
    {.kind = HOLIDAY_FIXED, .month = 1, .day = 1, .name = "New Year's Day"},
    {.kind = HOLIDAY_FIXED, .month = 5, .day = 1, .name = "Labour Day"},
    {.kind = HOLIDAY_EASTER, .offset_days = 1, .name = "Easter Monday"},
};
static const struct holiday_list fixture_list = {
    .code = "XX", .rules = fixture_rules, .rule_count = COUNT_OF(fixture_rules)};
static const struct holiday_list *const fixture_lists[] = {&fixture_list};

/* Monday to Friday, 9:00 to 12:30 and 13:00 to 18:00, Berlin. */
static inline struct calendar_source
office_source(void)
{
    struct calendar_source source = {.name = "office",
                                     .version = 7,
                                     .time_zone = "Europe/Berlin",
                                     .holiday_lists = fixture_lists,
                                     .holiday_list_count = 1};
    for (size_t i = 0; i < 5; i++)
        source.week[i] =
            (struct calendar_hours){.intervals = {{540, 750}, {780, 1080}}, .interval_count = 2};
    return source;
}

/* Round the clock, every day. */
static inline struct calendar_source
always_source(const char *time_zone)
{
    struct calendar_source source = {.name = "always", .time_zone = time_zone};
    for (size_t i = 0; i < COUNT_OF(source.week); i++)
        source.week[i] = (struct calendar_hours){.intervals = {{0, 1440}}, .interval_count = 1};
    return source;
}

static inline struct calendar *
built(struct arena *arena, const struct calendar_source *source)
{
    struct calendar *calendar = NULL;
    struct fault fault;
    if (calendar_new(arena, source, &calendar, &fault) != OK)
        fail_msg("%s: %s", fault.reason, fault.message);
    return calendar;
}

/* ---- random numbers, from the seed alone ---- */

static uint64_t random_state;

static inline uint64_t
random_bits(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t bits = random_state;
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

/* min .. max, both included */
static inline int64_t
random_between(int64_t min, int64_t max)
{
    return min + (int64_t)(random_bits() % (uint64_t)(max - min + 1));
}
