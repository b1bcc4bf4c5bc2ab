/*
 * event_feed - see event_feed.h
 *
 * It begins at the log's end, and begins anew where the log's epoch changes or it cannot go on
 * without a gap: streams find out for themselves, by pulling, what that means for them.
 */
// SPDX-License-Identifier: Apache-2.0
#include "event_feed.h"

#include "common/clock.h"
#include "common/stat.h"
#include "events/v1/events.client.h"

enum {
    PULL_EVENTS = 1000,
    PULL_WAIT_MS = 1000, /* so long the feed may go on without a stream, or a drain may take */
    PULL_LIMIT_MS = 5000,
    RETRY_MS = 250,
    PAGE_EVENTS = 200, /* of a stream that pulls for itself */
};

STAT(held, "event.feed.hold", STAT_GAUGE, "", "Recent events at hand for streams.");
STAT(held_bytes, "event.feed.size", STAT_GAUGE, "bytes", "What they take.");
STAT(pages, "event.stream.pull", STAT_COUNTER, "", "Pages pulled for streams behind the feed.");

struct event_feed {
    struct svc *svc;
    struct event_line waits;   /* for events */
    struct event_line pullers; /* for their turn to pull */
    unsigned pull_count;
    unsigned stream_count;
    bool is_running;
    bool is_stopped;
    struct event_ring ring;
};

static void
count_held(const struct event_feed *feed)
{
    held.value = (int64_t)feed->ring.count;
    held_bytes.value = (int64_t)feed->ring.size_bytes;
}

/* ---- waiting ---- */

static void
wake_all(struct event_line *waits)
{
    struct event_wait *wait;
    while ((wait = TAILQ_FIRST(waits)) != NULL)
        event_feed_wake(wait);
}

static void
leave_line(struct event_wait *wait)
{
    TAILQ_REMOVE(wait->line, wait, link);
    wait->line = NULL;
}

static void
on_timeout(struct task_wait *wait)
{
    leave_line(container_of(wait, struct event_wait, wait));
}

static void
wait_in_line_await(struct event_line *line, struct event_wait *wait, int64_t deadline_mono_ms)
{
    wait->wait = (struct task_wait){.on_timeout = on_timeout};
    wait->line = line;
    TAILQ_INSERT_TAIL(line, wait, link);
    enum err err = task_wait_await(&wait->wait, deadline_mono_ms);
    CHECK(err == OK || err == ERR_DEADLINE_EXCEEDED);
}

void
event_feed_wake(struct event_wait *wait)
{
    if (wait->line == NULL)
        return;
    leave_line(wait);
    task_done(&wait->wait, OK);
}

/* ---- following the log ---- */

static bool
place_await(struct event_feed *feed, struct call *call)
{
    const Events__V1__GetStreamRequest req = EVENTS__V1__GET_STREAM_REQUEST__INIT;
    const Events__V1__GetStreamResponse *res;
    if (events_get_stream_await(call, &req, &res) != OK)
        return false;
    event_ring_begin(&feed->ring, (struct event_place){res->epoch, res->last_position});
    return true;
}

static void
take_page(struct event_feed *feed, const Events__V1__PullEventsResponse *page)
{
    struct event_ring *ring = &feed->ring;
    if (page->epoch != ring->end.epoch)
        event_ring_begin(ring, (struct event_place){page->epoch, ring->end.position});
    event_ring_add(ring, page->events, page->n_events, page->next_after);
    count_held(feed);
}

static bool
pull_await(struct event_feed *feed, struct call *call)
{
    Events__V1__PullEventsRequest req = EVENTS__V1__PULL_EVENTS_REQUEST__INIT;
    const Events__V1__PullEventsResponse *res;
    req.epoch = feed->ring.end.epoch;
    req.after = feed->ring.end.position;
    req.limit = PULL_EVENTS;
    req.wait_ms = PULL_WAIT_MS;
    enum err err = events_pull_events_await(call, &req, &res);
    if (err == ERR_OUT_OF_RANGE)
        event_ring_clear(&feed->ring); /* from the log's end, which streams may not be behind */
    if (err != OK)
        return false;
    take_page(feed, res);
    return true;
}

static void
follow_await(void *context)
{
    struct event_feed *feed = context;
    while (feed->stream_count > 0 && !feed->is_stopped) {
        struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
        struct call call;
        svc_system_call(feed->svc, &call, arena, "", PULL_LIMIT_MS);
        struct event_place end = feed->ring.end;
        bool was_placed = feed->ring.is_placed;
        bool is_good = feed->ring.is_placed ? pull_await(feed, &call) : place_await(feed, &call);
        arena_free(&arena);
        if (!is_good)
            task_sleep_await(RETRY_MS);
        else if (!was_placed || feed->ring.end.position != end.position ||
                 feed->ring.end.epoch != end.epoch)
            wake_all(&feed->waits);
    }
    event_ring_clear(&feed->ring);
    count_held(feed);
    feed->is_running = false;
}

static void
start(struct event_feed *feed)
{
    if (feed->is_running || feed->is_stopped)
        return;
    feed->is_running = true;
    if (!task_spawn(follow_await, feed))
        feed->is_running = false; /* too many calls at hand; whoever waits next tries again */
}

/* ---- what streams ask ---- */

void
event_feed_wait_await(struct event_feed *feed, struct event_wait *wait, int64_t deadline_mono_ms)
{
    if (feed->is_stopped)
        return;
    start(feed);
    wait_in_line_await(&feed->waits, wait, deadline_mono_ms);
}

bool
event_feed_end(const struct event_feed *feed, struct event_place *ret_place)
{
    *ret_place = feed->ring.end;
    return feed->ring.is_placed;
}

bool
event_feed_reaches(const struct event_feed *feed, const struct event_place *place)
{
    return event_ring_reaches(&feed->ring, place);
}

unsigned
event_feed_take(const struct event_feed *feed, const struct event_filter *filter,
                struct event_place *place, struct buf *out, size_t size_bytes_max)
{
    return event_ring_take(&feed->ring, filter, place, out, size_bytes_max);
}

/* ---- pulling for one stream ---- */

static void
take_turn_await(struct event_feed *feed)
{
    while (feed->pull_count >= FEED_PULLS_MAX) {
        struct event_wait wait = {.line = NULL};
        wait_in_line_await(&feed->pullers, &wait, clock_mono_ms() + PULL_LIMIT_MS);
    }
    feed->pull_count++;
}

static void
give_turn(struct event_feed *feed)
{
    struct event_wait *next = TAILQ_FIRST(&feed->pullers);
    feed->pull_count--;
    if (next != NULL)
        event_feed_wake(next);
}

enum err
event_feed_pull_await(struct event_feed *feed, struct arena *arena,
                      const struct event_filter *filter, const struct event_place *place,
                      const Events__V1__PullEventsResponse **ret_page,
                      struct call_details *ret_details)
{
    Events__V1__PullEventsRequest req = EVENTS__V1__PULL_EVENTS_REQUEST__INIT;
    struct call call;
    req.epoch = place->epoch;
    req.after = place->position;
    req.limit = PAGE_EVENTS;
    req.types = (char **)filter->types;
    req.n_types = filter->type_count;
    bool has_id = filter->aggregate_id[0] != 0;
    req.aggregate = arena_printf(arena, "%s%s%s", filter->aggregate_type, has_id ? "/" : "",
                                 filter->aggregate_id);
    req.owner_id = (char *)filter->owner_id;
    take_turn_await(feed);
    svc_system_call(feed->svc, &call, arena, "", PULL_LIMIT_MS);
    enum err err = events_pull_events_await(&call, &req, ret_page);
    *ret_details = call.details;
    give_turn(feed);
    pages.value++;
    return err;
}

/* ---- life ---- */

struct event_feed *
event_feed_new(struct svc *svc)
{
    struct event_feed *feed = mem_alloc(sizeof *feed);
    feed->svc = svc;
    TAILQ_INIT(&feed->waits);
    TAILQ_INIT(&feed->pullers);
    return feed;
}

void
event_feed_free(struct event_feed **feed)
{
    struct event_feed *f = *feed;
    *feed = NULL;
    if (f == NULL)
        return;
    event_ring_clear(&f->ring);
    mem_free(f);
}

void
event_feed_enter(struct event_feed *feed)
{
    feed->stream_count++;
    start(feed);
}

void
event_feed_leave(struct event_feed *feed)
{
    CHECK(feed->stream_count > 0);
    feed->stream_count--;
}

void
event_feed_stop(struct event_feed *feed)
{
    feed->is_stopped = true;
    wake_all(&feed->waits);
}

bool
event_feed_is_stopped(const struct event_feed *feed)
{
    return feed->is_stopped;
}
