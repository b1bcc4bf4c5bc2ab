/*
 * calendar_private - what a built calendar is, for the files that build and ask it
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/calendar/calendar.h"

enum {
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
