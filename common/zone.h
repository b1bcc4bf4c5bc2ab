/*
 * zone - the offsets of a time zone from UTC, as dated rules
 *
 * A zone of the IANA database is read once (from ICU) into a table of its transitions, so that
 * every later question is a search in plain memory: no lock, no file, the same answer everywhere.
 * Years before 1970 and after 2199 have the offset of the nearest one inside. Zones are kept for
 * the life of the process, at most ZONE_COUNT_MAX of them (more than ICU has); what is given out is
 * never changed or freed before zone_deinit. A table takes at most about 8 KiB. Seconds outside the
 * years 1 to 9999 count as the nearest one inside.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/date.h"

enum { ZONE_NAME_SIZE = 64, ZONE_COUNT_MAX = 640 };

/* The first second of the year 1 and the last of 9999, UTC. */
#define ZONE_SECOND_MIN INT64_C(-62135596800)
#define ZONE_SECOND_MAX INT64_C(253402300799)

struct zone;

/* The zone of an IANA name, as "Europe/Berlin": with a slash, or "UTC". NULL: there is none, or the
 * name is an abbreviation ("CEST", "EST"), an offset ("GMT+2"; "Etc/GMT+2", which is two hours
 * behind UTC) or a country ("Japan"), most of which mean different things to different readers. Of
 * those under Etc/ only "Etc/UTC" is taken. Not thread-safe; one thread per process is the rule.
 */
const struct zone *zone_find(const char *name);

const char *zone_name(const struct zone *zone);

/* Seconds that the wall clock is ahead of UTC at `unix_s`. */
int zone_offset_s(const struct zone *zone, int64_t unix_s);

/* The first transition after `unix_s`: the moment from which another offset holds; INT64_MAX if
 * there is none. */
int64_t zone_next_transition(const struct zone *zone, int64_t unix_s);

/* A stretch of a civil day with one offset: wall clock = UTC + offset. */
struct zone_stretch {
    int64_t start_s; /* UTC, included */
    int64_t end_s;   /* UTC, not included */
    int offset_s;
};

enum { ZONE_STRETCHES_MAX = 4 };

/* The stretches of a civil day in order: one on most days, two or more where the clock is put, none
 * where the zone skipped the day (Pacific/Apia, 2011-12-30). Answers how many. */
size_t zone_day(const struct zone *zone, struct date day,
                struct zone_stretch ret_stretches[ZONE_STRETCHES_MAX]);

/* The longest stretch around `unix_s` that lies within one civil day and has one offset, and its
 * day. Walking from the end of one to the next visits all time in its order, also in those nights
 * in which the clock is put back over midnight and two days take turns. */
struct zone_stretch zone_stretch_at(const struct zone *zone, int64_t unix_s, struct date *ret_date);

/* The civil day and the second of the wall clock's day (0 .. 86399) at `unix_s`. */
struct date zone_date(const struct zone *zone, int64_t unix_s);
int zone_second_of_day(const struct zone *zone, int64_t unix_s);

/* Gives back what is kept, so that a leak checker sees nothing. */
void zone_deinit(void);
