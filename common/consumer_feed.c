/*
 * consumer_feed - rounds: pull once for all lanes, give each its events, wait, go on
 *
 *     after   the hindmost point of the lanes that are ready
 *     pull    what lies behind it, of the types that are wanted; waits for the next one
 *     work    a task for each lane that has events in the answer, or parked ones to try again; a
 *             lane drops what it had before
 *     end     when each of them is done or in trouble: the lanes are where the answer ends
 *
 * So a round costs one call, and its effects one commit for each event of its busiest lane. A lane
 * without events is moved in memory; its row follows once a second or after many positions, for all
 * lanes in one statement. Who takes the lane over reads some events again that nobody wanted.
 *
 * A pull waits for a second at most: so long may a lane that was taken or has been in trouble wait
 * for its next event, and so long a drain for the answer.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/consumer_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/stat.h"
#include "events/v1/events.client.h"

STAT(stat_pull, "consumer.pull", STAT_COUNTER, "", "Answers with events that were pulled.");
STAT(stat_resync, "consumer.resync", STAT_COUNTER, "",
     "Times that the log did not have any more what would have come next.");

enum {
    PULL_WAIT_MS = 1000,
    PULL_LIMIT = 500,
    PULL_MS = 6000, /* deadline of a call */
    STORE_MS = 1000,
    STORE_POSITIONS = 1000,
    IDLE_PAUSE_MS = 20,
    PAUSE_MIN_MS = 100,
    PAUSE_MAX_MS = 2000,
    NUMBER_BASE = 10,
};

/* An answer that several lanes work on: freed by the last one. */
struct batch {
    struct call call; /* owns the arena */
    const Events__V1__PullEventsResponse *res;
    unsigned user_count;
};

/* A round waits until all lanes have left it. */
struct round {
    struct task_wait wait;
    unsigned working_count;
};

/* A lane's part of a round. Freed by its task. */
struct work {
    struct consumer_task task; /* first: on_trouble gets it back from there */
    struct batch *batch;
    struct round *round; /* NULL: left */
};

/* ---- the work of a lane ---- */

static void
release(struct batch *batch)
{
    if (--batch->user_count > 0)
        return;
    arena_free(&batch->call.arena);
    mem_free(batch);
}

static void
leave_round(struct consumer_task *task)
{
    struct work *work = (struct work *)task;
    struct round *round = work->round;
    work->round = NULL;
    if (round == NULL)
        return;
    work->task.consumer->lanes[work->task.lane].is_round = false;
    if (--round->working_count == 0)
        task_done(&round->wait, OK);
}

static bool
is_for(const struct consumer *consumer, unsigned lane, const struct batch *batch,
       const Events__V1__LoggedEvent *event)
{
    const struct consumer_point point = {batch->res->epoch, event->position};
    return (unsigned)event->lane % consumer->lane_count == lane &&
           consumer_compare(consumer->lanes[lane].point, point) < 0 &&
           consumer_find_kind(consumer->options.kinds, event->type) != NULL;
}

static void
work_run(void *context)
{
    struct work *work = context;
    struct consumer *consumer = work->task.consumer;
    struct consumer_lane *lane = &consumer->lanes[work->task.lane];
    const Events__V1__PullEventsResponse *res = work->batch->res;
    if (lane->has_wish) {
        leave_round(&work->task);
        consumer_retry_await(&work->task);
    }
    bool is_ours = consumer_is_ours(&work->task);
    for (size_t i = 0; is_ours && i < res->n_events; i++) {
        if (!is_for(consumer, work->task.lane, work->batch, res->events[i]))
            continue;
        is_ours = consumer_handle_await(&work->task, res->events[i], res->epoch) &&
                  consumer_is_ours(&work->task);
        if (is_ours)
            lane->point = (struct consumer_point){res->epoch, res->events[i]->position};
    }
    if (is_ours)
        lane->point = (struct consumer_point){res->epoch, res->next_after};
    if (lane->tenure == work->task.tenure)
        lane->is_busy = false;
    leave_round(&work->task);
    release(work->batch);
    mem_free(work);
    consumer->work_count--;
    consumer_feed(consumer);
}

static void
start_work(struct consumer *consumer, unsigned number, struct batch *batch, struct round *round)
{
    struct consumer_lane *lane = &consumer->lanes[number];
    struct work *work = mem_alloc(sizeof *work);
    *work = (struct work){.task = {.consumer = consumer,
                                   .lane = number,
                                   .tenure = lane->tenure,
                                   .on_trouble = leave_round},
                          .batch = batch,
                          .round = round};
    lane->is_busy = true;
    consumer->work_count++;
    batch->user_count++;
    round->working_count++;
    if (task_spawn(work_run, work))
        return;
    lane->is_busy = lane->is_round = false; /* too many tasks: the next round gives it again */
    consumer->work_count--;
    batch->user_count--;
    round->working_count--;
    mem_free(work);
}

/* ---- a round ---- */

static bool
has_event(const struct consumer *consumer, unsigned lane, const struct batch *batch)
{
    for (size_t i = 0; i < batch->res->n_events; i++)
        if (is_for(consumer, lane, batch, batch->res->events[i]))
            return true;
    return false;
}

/* Which lanes take part, and where the hindmost is. False: none. */
static bool
begin_round(struct consumer *consumer, struct consumer_point *ret_after)
{
    bool has_any = false;
    for (unsigned i = 0; i < consumer->lane_count; i++) {
        struct consumer_lane *lane = &consumer->lanes[i];
        lane->is_round = lane->is_held && !lane->is_busy;
        if (!lane->is_round)
            continue;
        if (!has_any || consumer_compare(lane->point, *ret_after) < 0)
            *ret_after = lane->point;
        has_any = true;
    }
    return has_any;
}

/* The round's own part of `working_count` keeps it from ending while lanes are being started. */
static void
work_await(struct consumer *consumer, struct batch *batch)
{
    struct round round = {.working_count = 1};
    const struct consumer_point end = {batch->res->epoch, batch->res->next_after};
    for (unsigned i = 0; i < consumer->lane_count; i++) {
        struct consumer_lane *lane = &consumer->lanes[i];
        if (!lane->is_round || !lane->is_held || consumer->is_draining)
            continue;
        if (lane->has_wish || has_event(consumer, i, batch))
            start_work(consumer, i, batch, &round);
        else if (consumer_compare(lane->point, end) < 0)
            lane->point = end;
    }
    if (--round.working_count > 0)
        CHECK(task_wait_await(&round.wait, INT64_MAX) == OK);
}

/* The rows follow the lanes that had no event of late. */
static void
store_await(struct consumer *consumer, int64_t *stored_mono_ms)
{
    unsigned lanes[CONSUMER_LANES_MAX];
    size_t count = 0;
    struct consumer_point end = {0};
    bool is_far = false;
    for (unsigned i = 0; i < consumer->lane_count; i++) {
        const struct consumer_lane *lane = &consumer->lanes[i];
        if (!lane->is_held || lane->is_busy || consumer_compare(lane->stored, lane->point) >= 0)
            continue;
        if (count > 0 && consumer_compare(lane->point, end) != 0)
            continue; /* it catches up: the next time */
        end = lane->point;
        lanes[count++] = i;
        is_far = is_far || lane->point.epoch != lane->stored.epoch ||
                 lane->point.position - lane->stored.position >= STORE_POSITIONS;
    }
    if (count == 0 || (!is_far && clock_mono_ms() - *stored_mono_ms < STORE_MS))
        return;
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    svc_system_call(consumer->svc, &call, arena, "consumer", CONSUMER_STATEMENT_MS);
    enum err err = consumer_move_await(consumer, &call, lanes, count, end, false);
    for (size_t i = 0; err == OK && i < count; i++)
        consumer->lanes[lanes[i]].stored = end;
    *stored_mono_ms = clock_mono_ms();
    arena_free(&arena);
}

/* ---- RESYNC ---- */

static int64_t
find_detail(const struct call *call, const char *name)
{
    for (size_t i = 0; i < call->details.count; i++)
        if (strcmp(call->details.list[i].name, name) == 0)
            return strtoll(call->details.list[i].value, NULL, NUMBER_BASE);
    return 0;
}

/* The lanes that stand at `after` go on from the first event that is kept. */
static void
resync_await(struct consumer *consumer, struct call *call, struct consumer_point after)
{
    unsigned lanes[CONSUMER_LANES_MAX];
    size_t count = 0;
    int64_t first_position = find_detail(call, "first_position");
    const struct consumer_point to = {find_detail(call, "epoch"),
                                      first_position > 0 ? first_position - 1 : 0};
    for (unsigned i = 0; i < consumer->lane_count; i++)
        if (consumer->lanes[i].is_round && consumer_compare(consumer->lanes[i].point, after) == 0)
            lanes[count++] = i;
    stat_resync.value++;
    struct log_line *line = log_begin(LOG_ERROR, "the log does not have what comes next");
    log_text(line, "consumer", consumer->options.name);
    log_number(line, "epoch", after.epoch);
    log_number(line, "position", after.position);
    log_number(line, "lanes", (int64_t)count);
    log_number(line, "new_epoch", to.epoch);
    log_number(line, "new_position", to.position);
    log_end(line);
    if (consumer->options.on_resync == CONSUMER_STAND) {
        consumer_note(consumer, "RESYNC", "the log does not have what comes next");
        return;
    }
    if (consumer_move_await(consumer, call, lanes, count, to, true) != OK)
        return;
    for (size_t i = 0; i < count; i++)
        consumer->lanes[lanes[i]].point = consumer->lanes[lanes[i]].stored = to;
}

/* ---- the feed ---- */

static enum err
pull_await(struct call *call, const struct consumer *consumer, struct consumer_point point,
           const Events__V1__PullEventsResponse **ret_res)
{
    char *types[CONSUMER_TYPES_MAX];
    size_t count = 0;
    bool is_any = false;
    for (const struct consumer_kind *kind = consumer->options.kinds; kind->handler != NULL;
         kind++) {
        is_any = is_any || kind->event == NULL;
        if (kind->event != NULL && count < COUNT_OF(types))
            types[count++] = (char *)kind->event->descriptor->name;
    }
    Events__V1__PullEventsRequest req = EVENTS__V1__PULL_EVENTS_REQUEST__INIT;
    req.epoch = point.epoch;
    req.after = point.position;
    req.limit = PULL_LIMIT;
    req.wait_ms = PULL_WAIT_MS;
    req.types = types;
    req.n_types = is_any ? 0 : count;
    return events_pull_events_await(call, &req, ret_res);
}

/* One round; answers how long to pause after it. */
static int64_t
round_await(struct consumer *consumer, struct consumer_point after, int64_t pause_ms,
            int64_t *stored_mono_ms)
{
    struct batch *batch = mem_alloc(sizeof *batch);
    batch->user_count = 1;
    svc_system_call(consumer->svc, &batch->call, arena_new(ARENA_BUDGET_BYTES), "consumer",
                    PULL_MS);
    enum err err = pull_await(&batch->call, consumer, after, &batch->res);
    if (err == OK) {
        consumer_note(consumer, "", "");
        consumer->last_position = batch->res->last_position;
        stat_pull.value += batch->res->n_events > 0;
        bool is_idle = batch->res->n_events == 0 && batch->res->next_after <= after.position;
        work_await(consumer, batch);
        store_await(consumer, stored_mono_ms);
        pause_ms = 0;
        if (is_idle) /* most of the time the log has waited already */
            task_sleep_await(IDLE_PAUSE_MS);
    } else if (strcmp(batch->call.fault.reason, "RESYNC") == 0) {
        resync_await(consumer, &batch->call, after);
        pause_ms = consumer->options.on_resync == CONSUMER_STAND ? PAUSE_MAX_MS : PAUSE_MIN_MS;
    } else {
        consumer_note(consumer, batch->call.fault.reason, batch->call.fault.message);
        pause_ms = pause_ms == 0 ? PAUSE_MIN_MS : 2 * pause_ms;
    }
    release(batch);
    return pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS;
}

static void
feed_run(void *context)
{
    struct consumer *consumer = CAST(struct consumer, context, CONSUMER_MAGIC);
    struct consumer_point after = {0};
    int64_t pause_ms = 0, stored_mono_ms = clock_mono_ms();
    while (!consumer->is_draining && begin_round(consumer, &after)) {
        pause_ms = round_await(consumer, after, pause_ms, &stored_mono_ms);
        for (int64_t slept_ms = 0; slept_ms < pause_ms && !consumer->is_draining;
             slept_ms += PAUSE_MIN_MS)
            task_sleep_await(PAUSE_MIN_MS);
    }
    consumer->is_feeding = false;
}

void
consumer_feed(struct consumer *consumer)
{
    if (consumer->is_feeding || consumer->is_draining)
        return;
    bool has_ready = false;
    for (unsigned i = 0; i < consumer->lane_count; i++)
        has_ready = has_ready || (consumer->lanes[i].is_held && !consumer->lanes[i].is_busy);
    if (!has_ready)
        return;
    consumer->is_feeding = true;
    if (!task_spawn(feed_run, consumer))
        consumer->is_feeding = false; /* the next look tries again */
}
