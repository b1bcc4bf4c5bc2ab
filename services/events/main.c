/*
 * aftercare-events - the log of events: appends what the outbox holds, and answers readers
 *
 *   answers  events.v1.EventsService            proto/events/v1/events.proto
 *   says     nothing: it carries what the others say
 *   keeps    schema "events"                    services/events/schema/
 *   calls    nobody, so it starts and answers whatever else is down
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "events/v1/events.dispatch.h"

#include "events.h"

static struct events_config config;

/* Alphabetical. `aftercare-events --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_UINT("partition_events", config.partition_events, "1000000", 100, 1000000000,
              "Positions in each partition of the log: events are dropped by the partition."),
    CONF_TEXT("publish", config.publish, "",
              "Where events are published over tcp, as tcp://0.0.0.0:7401, to whoever has a listed "
              "CURVE key; empty: nowhere. Over ipc they are published in bus_dir."),
    CONF_DURATION("retention_brief", config.retention_brief_ms, "30d", 1000,
                  INT64_C(36500) * 86400000, "How long events are kept that only report progress."),
    CONF_DURATION("retention_lasting", config.retention_lasting_ms, "3653d", 1000,
                  INT64_C(36500) * 86400000, "How long all other events are kept: ten years."),
    CONF_DURATION("switch_interval", config.switch_interval_ms, "30s", 100, 86400000,
                  "How often the outbox goes to its next partition, so that the one before can be "
                  "emptied."),
    CONF_DURATION("tick_interval_max", config.tick_interval_max_ms, "25ms", 1, 10000,
                  "The longest time between two looks at the outbox: how late an event may come "
                  "after a silence."),
    CONF_DURATION("upkeep_interval", config.upkeep_interval_ms, "1m", 100, 86400000,
                  "How often partitions of the log that are too old are looked for."),
    CONF_END,
};

static void
on_drain(void *context UNUSED)
{
    relay_drain();
    follow_drain();
}

static bool
is_drained(void *context UNUSED)
{
    return relay_is_drained();
}

static void
add_status(struct buf *json_members, void *context UNUSED)
{
    relay_add_status(json_members);
}

static void
on_append(void *context UNUSED, int64_t position UNUSED)
{
    follow_look();
}

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("events", config_keys, argc, argv);

    svc_accept_tokens(svc);
    svc_serve(svc, &events_v1_dispatch);
    svc_on_drain(svc, on_drain, is_drained, NULL);
    svc_on_status(svc, add_status, NULL);
    follow_start(svc, &config);
    relay_on_append(on_append, NULL);
    relay_start(svc, &config);
    svc_run(svc);

    relay_stop();
    follow_stop();
    return svc_deinit(&svc);
}
