/*
 * send_rules - when something leaves, when it is tried again, and when no more
 */
// SPDX-License-Identifier: Apache-2.0
#include "send_rules.h"

#include <string.h>

#include <sodium.h>

#define US_PER_S INT64_C(1000000)
#define MINUTE_US (60 * US_PER_S)
#define HOUR_US (60 * MINUTE_US)
#define DAY_US (24 * HOUR_US)

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

/* The moment at which a day's wall clock shows an hour, or a later one where it skips that; of a
 * day that the zone skips, the next one's. */
static int64_t
find_hour(const struct zone *zone, struct date day, int hour)
{
    struct zone_stretch stretches[ZONE_STRETCHES_MAX];
    size_t count = zone_day(zone, day, stretches);
    while (count == 0) {
        day = date_add(day, 0, 1);
        count = zone_day(zone, day, stretches);
    }
    int64_t moment_s = date_to_days(day) * DAY_S + (int64_t)hour * HOUR_S;
    int64_t end_s = moment_s;
    for (size_t i = 0; i < count; i++) {
        int64_t at_s = moment_s - stretches[i].offset_s;
        end_s = stretches[i].end_s;
        if (at_s < end_s)
            return at_s > stretches[i].start_s ? at_s : stretches[i].start_s;
    }
    return end_s;
}

int64_t
send_after_night(const struct zone *zone, int64_t now_us)
{
    int64_t now_s = divide_floor(now_us, US_PER_S);
    int second = zone_second_of_day(zone, now_s);
    if (second >= SEND_NIGHT_END_HOUR * HOUR_S && second < SEND_NIGHT_BEGIN_HOUR * HOUR_S)
        return now_us;
    struct date day = zone_date(zone, now_s);
    if (second >= SEND_NIGHT_BEGIN_HOUR * HOUR_S)
        day = date_add(day, 0, 1);
    int64_t end_us = find_hour(zone, day, SEND_NIGHT_END_HOUR) * US_PER_S;
    return end_us > now_us ? end_us : now_us;
}

int64_t
send_earliest(int64_t now_us, int64_t last_sent_us, int64_t min_gap_us)
{
    int64_t earliest_us = last_sent_us == 0 ? now_us : last_sent_us + min_gap_us;
    return earliest_us > now_us ? earliest_us : now_us;
}

/* Evenly 0 .. bound - 1. */
static int64_t
scale(int64_t bound, uint32_t random)
{
    return (int64_t)(((unsigned __int128)bound * random) >> 32);
}

int64_t
send_message_pause_us(int attempt, uint32_t random)
{
    const int64_t longest_us = 6 * HOUR_US;
    int64_t bound_us = MINUTE_US;
    for (int i = 1; i < attempt && bound_us < longest_us; i++)
        bound_us *= 2;
    if (bound_us > longest_us)
        bound_us = longest_us;
    return US_PER_S + scale(bound_us - US_PER_S, random);
}

bool
send_message_is_late(int64_t start_us, int64_t next_us)
{
    return next_us - start_us > 3 * DAY_US;
}

int64_t
send_delivery_pause_us(int attempt, uint32_t random)
{
    static const int64_t pauses_us[] = {
        5 * US_PER_S, 5 * MINUTE_US, 30 * MINUTE_US, 2 * HOUR_US,  5 * HOUR_US,
        10 * HOUR_US, 14 * HOUR_US,  20 * HOUR_US,   24 * HOUR_US,
    };
    if (attempt < 1 || (size_t)attempt > COUNT_OF(pauses_us))
        return 0;
    int64_t pause_us = pauses_us[attempt - 1];
    return pause_us + scale(pause_us / 5, random);
}

bool
send_webhook_is_lost(int64_t fail_us, int64_t now_us)
{
    return fail_us != 0 && now_us - fail_us > 5 * DAY_US;
}

struct uuid
send_delivery_id(const struct uuid *webhook_id, const struct uuid *event_id)
{
    enum { TIME_BYTES = 6 };
    struct uuid both[2] = {*webhook_id, *event_id}, made;
    crypto_generichash(made.bytes, sizeof made.bytes, (const uint8_t *)both, sizeof both, NULL, 0);
    memcpy(made.bytes, event_id->bytes, TIME_BYTES);
    made.bytes[6] = (uint8_t)(0x70 | (made.bytes[6] & 0x0f));
    made.bytes[8] = (uint8_t)(0x80 | (made.bytes[8] & 0x3f));
    return made;
}
