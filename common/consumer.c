/*
 * consumer - takes its share of the lanes, keeps it by a lease, and says how it is
 *
 * Once a second a look renews the lease and counts the replicas that live. The share is the number
 * of lanes by that count, rounded up: who has more gives some up, who has less takes what is free.
 * So a replica that comes has its share after two looks, and one that was killed is replaced after
 * LEASE_MS and a look. A replica that was stopped for longer than its lease finds at its next look,
 * or at its next statement, which lanes are still its own.
 *
 * A replica that has reached no `events` daemon for CUT_OFF_MS stands aside: it gives its lanes up
 * and is not counted, so that one that does reach it has them. It takes its share again once it
 * reaches one itself.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/consumer_private.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/stat.h"

STAT(stat_lanes, "consumer.lane.hold", STAT_GAUGE, "", "Lanes that this process holds.");
STAT(stat_parked, "consumer.parked", STAT_GAUGE, "",
     "Events that lie parked in this daemon's schema.");

enum {
    LOOK_MS = 1000,
    LEASE_MS = 5000,
    CUT_OFF_MS = 5000,
    PRUNE_MS = 60000,
    DRAIN_LOOK_MS = 5,
};

void
consumer_note(struct consumer *consumer, const char *reason, const char *message)
{
    char text[CONSUMER_REASON_SIZE] = "";
    if (reason[0] != 0)
        snprintf(text, sizeof text, "%s: %.180s", reason, message);
    if (strcmp(text, consumer->reason) == 0)
        return;
    memcpy(consumer->reason, text, sizeof text);
    struct log_line *line = log_begin(reason[0] != 0 ? LOG_WARN : LOG_INFO,
                                      reason[0] != 0 ? "events not pulled" : "events pulled again");
    log_text(line, "consumer", consumer->options.name);
    log_text(line, "reason", reason);
    log_text(line, "detail", message);
    log_end(line);
}

void
consumer_lose(struct consumer *consumer, unsigned lane)
{
    if (!consumer->lanes[lane].is_held)
        return;
    consumer->lanes[lane].is_held = false;
    struct log_line *line = log_begin(LOG_INFO, "lane is another replica's");
    log_text(line, "consumer", consumer->options.name);
    log_number(line, "lane", lane);
    log_end(line);
}

static unsigned
count_held(const struct consumer *consumer)
{
    unsigned count = 0;
    for (unsigned i = 0; i < consumer->lane_count; i++)
        count += consumer->lanes[i].is_held;
    return count;
}

/* ---- the look ---- */

/* Gives up what is more than the share, and rows that are ours by a statement whose answer was
 * lost. What a task still works on there is undone by the holder in its statement. */
static enum err
give_await(struct consumer *consumer, struct call *call, const struct consumer_look *look,
           unsigned share)
{
    unsigned lanes[CONSUMER_LANES_MAX];
    size_t count = 0;
    unsigned held_count = count_held(consumer);
    for (unsigned i = consumer->lane_count; i-- > 0;) {
        bool is_surplus = consumer->lanes[i].is_held && held_count > share;
        if (is_surplus) {
            consumer->lanes[i].is_held = false;
            held_count--;
        }
        if (is_surplus || (look->is_held[i] && !consumer->lanes[i].is_held))
            lanes[count++] = i;
    }
    return count == 0 ? OK : consumer_give_await(consumer, call, lanes, count);
}

static enum err
share_await(struct consumer *consumer, struct call *call)
{
    struct consumer_look look;
    enum err err = consumer_look_await(consumer, call, LEASE_MS, &look);
    if (err != OK)
        return err;
    consumer->parked_count = look.parked_count;
    consumer->replica_count = look.replica_count > 0 ? look.replica_count : 1;
    for (unsigned i = 0; i < consumer->lane_count; i++) {
        consumer->lanes[i].has_wish = look.has_wish[i];
        if (!look.is_held[i])
            consumer_lose(consumer, i);
    }
    unsigned share = (consumer->lane_count + consumer->replica_count - 1) / consumer->replica_count;
    err = give_await(consumer, call, &look, share);
    unsigned held_count = count_held(consumer);
    if (err == OK && held_count < share)
        err = consumer_take_await(consumer, call, share - held_count);
    return err;
}

static bool
is_cut_off(struct consumer *consumer)
{
    if (bus_client_ready(svc_client(consumer->svc, "events")) > 0)
        consumer->reach_mono_ms = clock_mono_ms();
    return clock_mono_ms() - consumer->reach_mono_ms >= CUT_OFF_MS;
}

/* What a task still works on is undone, as in give_await. */
static enum err
stand_aside_await(struct consumer *consumer, struct call *call)
{
    if (consumer->is_aside)
        return OK;
    for (unsigned i = 0; i < consumer->lane_count; i++)
        consumer->lanes[i].is_held = false;
    enum err err = consumer_leave_await(consumer, call);
    consumer->is_aside = err == OK;
    return err;
}

/* The metrics are of all consumers of the daemon. */
static void
show_counts(struct consumer *consumer)
{
    int64_t held_count = count_held(consumer);
    stat_lanes.value += held_count - consumer->shown_lanes;
    stat_parked.value += consumer->parked_count - consumer->shown_parked;
    consumer->shown_lanes = held_count;
    consumer->shown_parked = consumer->parked_count;
}

static void
look_await(struct consumer *consumer)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    svc_system_call(consumer->svc, &call, arena, "consumer", CONSUMER_STATEMENT_MS);
    enum err err = OK;
    if (!consumer->are_lanes_made) {
        err = consumer_make_lanes_await(consumer, &call);
        consumer->are_lanes_made = err == OK;
    }
    if (err == OK && is_cut_off(consumer)) {
        err = stand_aside_await(consumer, &call);
    } else if (err == OK) {
        err = share_await(consumer, &call);
        consumer->is_aside = false;
    }
    if (err == OK && clock_mono_ms() >= consumer->prune_mono_ms) {
        err = consumer_prune_await(consumer, &call);
        consumer->prune_mono_ms = clock_mono_ms() + PRUNE_MS;
    }
    if (err != OK)
        consumer_note(consumer, call.fault.reason[0] != 0 ? call.fault.reason : err_name(err),
                      call.fault.message);
    show_counts(consumer);
    arena_free(&arena);
}

static void
look_run(void *context)
{
    struct consumer *consumer = CAST(struct consumer, context, CONSUMER_MAGIC);
    look_await(consumer);
    consumer->is_looking = false;
    consumer_feed(consumer);
}

static void
on_look(void *context)
{
    struct consumer *consumer = CAST(struct consumer, context, CONSUMER_MAGIC);
    if (consumer->is_looking || consumer->is_draining)
        return;
    consumer->is_looking = true;
    if (!task_spawn(look_run, consumer))
        consumer->is_looking = false; /* too many tasks: the next time */
}

/* ---- status ---- */

static void
add_text(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, text, strlen(text));
}

static void
add_status(struct buf *out, void *context)
{
    const struct consumer *consumer = CAST(struct consumer, context, CONSUMER_MAGIC);
    struct consumer_point hindmost = {0};
    const char *comma = "";
    bool has_any = false;
    buf_printf(out, ",\"consumer_%s\":{\"lanes\":[", consumer->options.name);
    for (unsigned i = 0; i < consumer->lane_count; i++) {
        const struct consumer_lane *lane = &consumer->lanes[i];
        if (!lane->is_held)
            continue;
        buf_printf(out, "%s%u", comma, i);
        comma = ",";
        if (!has_any || consumer_compare(lane->point, hindmost) < 0)
            hindmost = lane->point;
        has_any = true;
    }
    buf_printf(out,
               "],\"replicas\":%u,\"epoch\":%lld,\"position\":%lld,\"last_position\":%lld,"
               "\"parked\":%lld",
               consumer->replica_count, (long long)hindmost.epoch, (long long)hindmost.position,
               (long long)consumer->last_position, (long long)consumer->parked_count);
    add_text(out, "reason", consumer->reason);
    add_text(out, "trouble", consumer->trouble);
    buf_add_char(out, '}');
}

/* ---- opening and closing ---- */

/* Statements on their way end first: they would be undone. */
static void
leave_run(void *context)
{
    struct consumer *consumer = CAST(struct consumer, context, CONSUMER_MAGIC);
    while (consumer->work_count > 0 || consumer->is_looking)
        task_sleep_await(DRAIN_LOOK_MS);
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    svc_system_call(consumer->svc, &call, arena, "consumer", CONSUMER_STATEMENT_MS);
    if (consumer_leave_await(consumer, &call) != OK)
        log_end(log_begin(LOG_WARN, "lanes not given up; their lease will end"));
    arena_free(&arena);
}

static void
on_drain(void *context)
{
    struct consumer *consumer = CAST(struct consumer, context, CONSUMER_MAGIC);
    consumer->is_draining = true;
    loop_timer_stop(&consumer->timer);
    if (!task_spawn(leave_run, consumer))
        log_end(log_begin(LOG_WARN, "lanes not given up; their lease will end"));
}

static void
on_closed(void *context)
{
    mem_free(CAST(struct consumer, context, CONSUMER_MAGIC));
}

static void
on_close(void *context)
{
    struct consumer *consumer = CAST(struct consumer, context, CONSUMER_MAGIC);
    CHECK(!consumer->is_looking && !consumer->is_feeding && consumer->work_count == 0);
    loop_timer_close(&consumer->timer, on_closed);
}

void
consumer_open(struct svc *svc, const struct consumer_options *options)
{
    struct consumer *consumer = mem_alloc(sizeof *consumer);
    *consumer = (struct consumer){
        .magic = CONSUMER_MAGIC,
        .svc = svc,
        .options = *options,
        .holder = uuid_make(),
        .lane_count = options->lanes > 0 ? options->lanes : CONSUMER_LANES_DEFAULT,
        .replica_count = 1,
        .reach_mono_ms = clock_mono_ms(),
    };
    CHECK(consumer->lane_count <= CONSUMER_LANES_MAX);
    svc_client(svc, "events"); /* looks for its replicas from now on */
    loop_timer_init(svc_loop(svc), &consumer->timer, on_look, consumer);
    loop_timer_start(&consumer->timer, 1, LOOK_MS);
    svc_on_status(svc, add_status, consumer);
    svc_on_drain(svc, on_drain, NULL, consumer);
    svc_on_close(svc, on_close, consumer);
    consumer_open_page(consumer);
}
