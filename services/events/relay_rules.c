/*
 * relay_rules - what the relay decides, from what it was told
 */
// SPDX-License-Identifier: Apache-2.0
#include "relay.h"

#include <stdlib.h>

enum relay_past
relay_judge_past(bool is_same_cluster, bool is_same_timeline)
{
    if (!is_same_cluster)
        return RELAY_NEW_CLUSTER;
    return is_same_timeline ? RELAY_SAME : RELAY_NEW_TIMELINE;
}

int64_t
relay_choose_pause_ms(int64_t pause_ms, int64_t count, bool is_backlog, int64_t max_ms)
{
    if (is_backlog)
        return 0;
    int64_t next_ms = count > 0 ? RELAY_PAUSE_MIN_MS : 2 * pause_ms;
    if (next_ms < RELAY_PAUSE_MIN_MS)
        next_ms = RELAY_PAUSE_MIN_MS;
    return next_ms < max_ms ? next_ms : max_ms;
}

int64_t
relay_append_max(unsigned partition_events)
{
    int64_t half = partition_events / 2;
    return half < RELAY_APPEND_MAX ? half : RELAY_APPEND_MAX;
}

bool
relay_needs_partition(int64_t end, int64_t position, unsigned partition_events)
{
    int64_t left = end - 1 - position;
    return left < partition_events / 2;
}

bool
relay_has_room(int64_t end, int64_t position, unsigned partition_events)
{
    return position + relay_append_max(partition_events) < end;
}

bool
relay_may_drop(int64_t end, int64_t position, int64_t last_time_us, int64_t now_us,
               int64_t retention_ms)
{
    return end <= position + 1 && last_time_us < now_us - retention_ms * 1000;
}

/* A snapshot begins "xmin:xmax:"; where both are equal no transaction runs that has written. */
int64_t
relay_watch_ms(struct relay_watch *watch, const char *snapshot, int64_t now_ms)
{
    char *end;
    uint64_t oldest = strtoull(snapshot, &end, 10);
    uint64_t next = *end == ':' ? strtoull(end + 1, NULL, 10) : 0;
    if (oldest != watch->oldest) {
        watch->oldest = oldest;
        watch->since_ms = now_ms;
    }
    return oldest < next ? now_ms - watch->since_ms : 0;
}
