/*
 * relay - the life of the one writer of the log
 *
 *     STANDBY --its connection has the lock--> take over --> RELAY: tick, tick, ...
 *        ^                                                      |
 *        +-- the connection is lost, or the row is not as known +
 *
 * One task does it all, so that one statement follows the other. A tick comes 2 ms after one that
 * found something, at once within a backlog, and ever later while nothing comes. Once a second the
 * relay keeps house: the snapshot is written down, the outbox is switched, slots whose every row is
 * in the log are emptied. A partition is added as soon as less than half of one is ahead; those
 * that are too old are dropped.
 *
 * Every process looks once a second how far the log is, so that a relay that is missing is seen.
 */
// SPDX-License-Identifier: Apache-2.0
#include "relay.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/stat.h"
#include "common/task.h"

STAT(stat_append, "events.relay.append", STAT_COUNTER, "", "Events appended to the log.");
STAT(stat_tick, "events.relay.tick", STAT_HISTOGRAM_US, "seconds",
     "Time of a tick that appended, from its sending until it was durable.");
STAT(stat_lag, "events.relay.lag", STAT_GAUGE, "seconds",
     "Age of the oldest event that has committed and is not in the log.");
STAT(stat_oldest, "events.relay.oldest_transaction", STAT_GAUGE, "seconds",
     "How long the oldest transaction that writes has been seen to run: its events are not there.");
STAT(stat_active, "events.relay.active", STAT_GAUGE, "", "1 in the process that appends, else 0.");
STAT(stat_position, "events.relay.position", STAT_GAUGE, "", "The log's last position.");
STAT(stat_take_over, "events.relay.take_over", STAT_COUNTER, "",
     "Times that this process became the relay.");
STAT(stat_fail, "events.relay.fail", STAT_COUNTER, "", "Statements of the relay that failed.");

enum {
    DEADLINE_MS = 10000,
    STANDBY_PAUSE_MS = 50,
    FAIL_PAUSE_MS = 200,
    HOUSE_INTERVAL_MS = 1000,
    VIEW_INTERVAL_MS = 1000,
};

/* Of all databases of the world only ours has this one: "events". */
#define RELAY_LOCK INT64_C(0x6576656e7473)

static struct {
    struct svc *svc;
    const struct events_config *config;
    struct db *db;
    bool is_running;
    bool is_stopped;
    bool is_owner; /* `row` and `ends` are known */
    bool is_backlog;
    struct relay_row row;
    int64_t ends[RELAY_CLASS_COUNT];
    struct relay_watch watch;
    int64_t pause_ms;
    int64_t house_mono_ms; /* when to keep house next */
    int64_t upkeep_mono_ms;
    int64_t partition_mono_ms; /* when to try next to add one, while there is room */
    int64_t view_mono_ms;
    struct relay_view view;
    void (*on_append)(void *context, int64_t position);
    void *append_context;
} relay;

/* ---- a statement's call ---- */

static struct call
begin_call(void)
{
    struct call call;
    svc_system_call(relay.svc, &call, arena_new(ARENA_BUDGET_BYTES), "relay", DEADLINE_MS);
    return call;
}

static int64_t
now_us(void)
{
    return clock_real_ms() * 1000;
}

/* ---- becoming the relay, and no longer being it ---- */

static void
step_down(void)
{
    if (!relay.is_owner)
        return;
    relay.is_owner = false;
    relay.is_backlog = false;
    stat_active.value = 0;
    stat_oldest.value = 0;
    relay.watch = (struct relay_watch){0};
    log_end(log_begin(LOG_WARN, "relay stepped down"));
}

static enum err
begin_epoch_await(struct call *call, enum relay_past past)
{
    bool is_lost;
    int64_t adopted = past == RELAY_NEW_CLUSTER;
    while (adopted > 0) {
        enum err err = relay_adopt_await(relay.db, call, &adopted);
        if (err != OK)
            return err;
    }
    enum err err = relay_begin_epoch_await(relay.db, call, past, now_us(), &relay.row, &is_lost);
    if (err == OK && is_lost)
        return call_fail(call, ERR_ABORTED, "RELAY_LOST", "another process moved the log");
    if (err != OK)
        return err;
    struct log_line *line = log_begin(LOG_WARN, "epoch begun");
    log_text(line, "because",
             past == RELAY_NEW_CLUSTER ? "restored into another cluster" : "another timeline");
    log_number(line, "epoch", relay.row.epoch);
    log_number(line, "first_position", relay.row.position + 1);
    log_end(line);
    return OK;
}

static enum err
take_over_await(struct call *call)
{
    enum relay_past past;
    enum err err = relay_read_await(relay.db, call, &relay.row, &past);
    if (err == OK)
        err = relay_read_ends_await(relay.db, call, relay.ends);
    if (err == OK && past != RELAY_SAME)
        err = begin_epoch_await(call, past);
    if (err != OK)
        return err;
    relay.is_owner = true;
    relay.is_backlog = relay.row.target[0] != 0;
    relay.pause_ms = 0;
    stat_active.value = 1;
    stat_take_over.value++;
    struct log_line *line = log_begin(LOG_INFO, "relay took over");
    log_number(line, "epoch", relay.row.epoch);
    log_number(line, "position", relay.row.position);
    log_end(line);
    return OK;
}

/* ---- appending ---- */

static enum err
add_partition_await(struct call *call, enum relay_class class)
{
    int64_t end;
    unsigned width = relay.config->partition_events;
    enum err err = relay_add_partition_await(relay.db, call, class, width, &end);
    if (err != OK)
        return err;
    if (end == 0 && !relay_has_room(relay.ends[class], relay.row.position, width))
        return call_fail(call, ERR_ABORTED, "LOST_RACE", "the log is full, and somebody locks it");
    if (end == 0) { /* there is time to try again */
        relay.partition_mono_ms = clock_mono_ms() + HOUSE_INTERVAL_MS;
        return OK;
    }
    relay.ends[class] = end;
    struct log_line *line = log_begin(LOG_INFO, "partition added");
    log_text(line, "class", relay_class_names[class]);
    log_number(line, "end_position", end);
    log_end(line);
    return OK;
}

/* Whether a class needs a partition, and it is time to try. */
static bool is_partition_due(enum relay_class class)
{
    unsigned width = relay.config->partition_events;
    return relay_needs_partition(relay.ends[class], relay.row.position, width) &&
           (clock_mono_ms() >= relay.partition_mono_ms ||
            !relay_has_room(relay.ends[class], relay.row.position, width));
}

static enum err
add_partitions_await(struct call *call)
{
    enum err err = OK;
    for (int class = 0; err == OK && class < RELAY_CLASS_COUNT; class ++) {
        while (err == OK && is_partition_due((enum relay_class) class))
            err = add_partition_await(call, (enum relay_class) class);
    }
    return err;
}

static void
tell_backlog(bool is_backlog)
{
    if (is_backlog == relay.is_backlog)
        return;
    relay.is_backlog = is_backlog;
    struct log_line *line = log_begin(LOG_INFO, is_backlog ? "backlog begins" : "backlog done");
    log_number(line, "position", relay.row.position);
    log_end(line);
}

static enum err
tick_await(struct call *call, bool is_due)
{
    const struct relay_tick tick = {
        .now_us = now_us(),
        .append_max = relay_append_max(relay.config->partition_events),
        .is_due = is_due,
    };
    struct relay_ticked ticked;
    int64_t begin_mono_us = clock_mono_us();
    enum err err = relay_tick_await(relay.db, call, &tick, &relay.row, &ticked);
    if (err != OK)
        return err;
    if (ticked.is_lost)
        return call_fail(call, ERR_ABORTED, "RELAY_LOST", "another process moved the log");
    tell_backlog(ticked.is_backlog);
    relay.pause_ms = relay_choose_pause_ms(relay.pause_ms, ticked.count, ticked.is_backlog,
                                           relay.config->tick_interval_max_ms);
    stat_oldest.value = 1000 * relay_watch_ms(&relay.watch, ticked.snapshot_now, clock_mono_ms());
    if (ticked.count == 0)
        return OK;
    stat_observe_us(&stat_tick, clock_mono_us() - begin_mono_us);
    stat_append.value += ticked.count;
    stat_position.value = relay.row.position;
    if (relay.on_append != NULL)
        relay.on_append(relay.append_context, relay.row.position);
    return OK;
}

/* ---- keeping house ---- */

static enum err
keep_house_await(struct call *call)
{
    const struct relay_house house = {.db = relay.db, .config = relay.config, .row = &relay.row};
    int64_t now_ms = clock_mono_ms();
    bool is_upkeep_due = now_ms >= relay.upkeep_mono_ms;
    relay.house_mono_ms = now_ms + HOUSE_INTERVAL_MS;
    if (is_upkeep_due)
        relay.upkeep_mono_ms = now_ms + relay.config->upkeep_interval_ms;
    return relay_keep_house_await(&house, call, is_upkeep_due);
}

/* ---- the task ---- */

/* What the relay does before it pauses. */
static enum err
work_await(struct call *call)
{
    enum err err = OK;
    if (!relay.is_owner)
        err = take_over_await(call);
    if (err == OK)
        err = add_partitions_await(call);
    bool is_due = clock_mono_ms() >= relay.house_mono_ms;
    if (err == OK)
        err = tick_await(call, is_due);
    if (err == OK && is_due)
        err = keep_house_await(call);
    return err;
}

static void
fail(const struct call *call, enum err err)
{
    stat_fail.value++;
    struct log_line *line = log_begin(LOG_WARN, "relay failed");
    log_text(line, "outcome", err_name(err));
    log_text(line, "reason", call->fault.message);
    log_end(line);
    step_down();
    relay.pause_ms = FAIL_PAUSE_MS;
}

/* The lag is by business time, as the events are. */
static void
look_await(void)
{
    if (clock_mono_ms() < relay.view_mono_ms || !db_is_ready(svc_db(relay.svc)))
        return;
    relay.view_mono_ms = clock_mono_ms() + VIEW_INTERVAL_MS;
    struct call call = begin_call();
    struct relay_view view;
    if (relay_view_await(svc_db(relay.svc), &call, &view) == OK) {
        int64_t lag_us = view.oldest_time_us != 0 ? clock_now_us() - view.oldest_time_us : 0;
        relay.view = view;
        stat_lag.value = lag_us > 0 ? lag_us : 0;
        stat_position.value = view.position;
    }
    arena_free(&call.arena);
}

static void
live_await(void *context UNUSED)
{
    while (!relay.is_stopped) {
        look_await();
        if (!db_is_ready(relay.db)) {
            step_down();
            relay.pause_ms = STANDBY_PAUSE_MS;
        } else {
            struct call call = begin_call();
            enum err err = work_await(&call);
            if (err != OK)
                fail(&call, err);
            arena_free(&call.arena);
        }
        if (relay.pause_ms > 0)
            task_sleep_await(relay.pause_ms);
    }
    relay.is_running = false;
}

/* ---- from outside ---- */

void
relay_on_append(void (*on_append)(void *context, int64_t position), void *context)
{
    relay.on_append = on_append;
    relay.append_context = context;
}

void
relay_start(struct svc *svc, const struct events_config *config)
{
    char *url = svc_database_url(svc);
    const struct db_options options = {
        .url = url,
        .schema = "events",
        .read_connections = 0,
        .write_connections = 1,
        .queue_max = 16,
        .group_max = 1,
        .settings = RELAY_SETTINGS,
        .advisory_lock = RELAY_LOCK,
    };
    relay.svc = svc;
    relay.config = config;
    relay.db = db_open(svc_loop(svc), &options);
    mem_free(url);
    db_leave_out(relay.db, "change_");
    db_leave_out(relay.db, "timer_");
    relay.is_running = task_spawn(live_await, NULL);
    CHECK(relay.is_running);
}

void
relay_stop(void)
{
    db_close(&relay.db);
}

void
relay_drain(void)
{
    relay.is_stopped = true;
}

bool
relay_is_drained(void)
{
    return !relay.is_running;
}

void
relay_add_status(struct buf *json_members)
{
    const char *state = relay.is_owner ? "relay" : "standby";
    buf_printf(json_members,
               ",\"relay\":{\"state\":\"%s\",\"epoch\":%lld,\"position\":%lld,\"backlog\":%s,"
               "\"lag_ms\":%lld,\"oldest_transaction_ms\":%lld,\"database\":",
               state, (long long)(relay.is_owner ? relay.row.epoch : relay.view.epoch),
               (long long)stat_position.value, relay.is_backlog ? "true" : "false",
               (long long)stat_lag.value / 1000, (long long)stat_oldest.value / 1000);
    const char *reason = db_state(relay.db);
    buf_add_json(json_members, reason, strlen(reason));
    buf_add_text(json_members, "}");
}
