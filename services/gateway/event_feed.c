/*
 * event_feed - see event_feed.h
 *
 * `begin` and `end` are places in the log: the feed has all events behind `begin` up to `end`, of
 * one epoch. It begins at the log's end, and begins anew where the log's epoch changes or it
 * cannot go on without a gap: streams find out for themselves, by pulling, what that means for
 * them.
 */
// SPDX-License-Identifier: Apache-2.0
#include "event_feed.h"

#include <string.h>

#include "common/clock.h"
#include "common/cloudevent.h"
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

/* A recent event. Texts lie behind it. */
struct held_event {
    int64_t position;
    struct event_subject subject;
    size_t size_bytes; /* of all */
    const char *text;
    size_t text_size_bytes;
};

struct event_feed {
    struct svc *svc;
    struct event_line waits;   /* for events */
    struct event_line pullers; /* for their turn to pull */
    unsigned pull_count;
    unsigned stream_count;
    bool is_running;
    bool is_stopped;
    bool is_placed; /* begin and end are known */
    struct event_place begin;
    struct event_place end;
    struct held_event *events[FEED_EVENTS_MAX]; /* a ring */
    size_t first;
    size_t count;
    size_t size_bytes;
    struct buf scratch;
};

void
event_feed_write(struct buf *out, int64_t epoch, const Events__V1__LoggedEvent *event)
{
    char sequence[CLOUDEVENT_SEQUENCE_SIZE];
    cloudevent_print_sequence(epoch, event->position, sequence);
    /* Types are full names of messages: the log's schema lets in nothing else. */
    buf_printf(out, "id: %s\nevent: %s\ndata: ", sequence, event->type);
    cloudevent_write(out, epoch, event);
    buf_add_text(out, "\n\n");
}

/* ---- what is held ---- */

static void
drop_first(struct event_feed *feed)
{
    struct held_event *event = feed->events[feed->first];
    feed->begin.position = event->position;
    feed->first = (feed->first + 1) % FEED_EVENTS_MAX;
    feed->count--;
    feed->size_bytes -= event->size_bytes;
    mem_free(event);
}

static void
count_held(const struct event_feed *feed)
{
    held.value = (int64_t)feed->count;
    held_bytes.value = (int64_t)feed->size_bytes;
}

static void
drop_all(struct event_feed *feed)
{
    while (feed->count > 0)
        drop_first(feed);
    feed->is_placed = false;
    count_held(feed);
}

/* Begins anew behind the place. */
static void
begin_at(struct event_feed *feed, struct event_place place)
{
    drop_all(feed);
    feed->begin = feed->end = place;
    feed->is_placed = true;
}

static const char *
put_text(char **room, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*room, text, size);
    *room += size;
    return copy;
}

static void
hold(struct event_feed *feed, const Events__V1__LoggedEvent *event)
{
    struct buf *text = &feed->scratch;
    buf_clear(text);
    event_feed_write(text, feed->end.epoch, event);
    size_t names_size = strlen(event->type) + strlen(event->aggregate_type) +
                        strlen(event->aggregate_id) + strlen(event->owner_id) + 4;
    size_t size_bytes = sizeof(struct held_event) + names_size + text->size_bytes;
    while (feed->count == FEED_EVENTS_MAX ||
           (feed->count > 0 && feed->size_bytes + size_bytes > FEED_BYTES_MAX))
        drop_first(feed);
    struct held_event *made = mem_alloc(size_bytes);
    char *room = (char *)(made + 1);
    made->position = event->position;
    made->size_bytes = size_bytes;
    made->subject.type = put_text(&room, event->type);
    made->subject.aggregate_type = put_text(&room, event->aggregate_type);
    made->subject.aggregate_id = put_text(&room, event->aggregate_id);
    made->subject.owner_id = put_text(&room, event->owner_id);
    made->text = memcpy(room, text->bytes, text->size_bytes);
    made->text_size_bytes = text->size_bytes;
    feed->events[(feed->first + feed->count++) % FEED_EVENTS_MAX] = made;
    feed->size_bytes += size_bytes;
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
    begin_at(feed, (struct event_place){res->epoch, res->last_position});
    return true;
}

static void
take_page(struct event_feed *feed, const Events__V1__PullEventsResponse *page)
{
    if (page->epoch != feed->end.epoch)
        begin_at(feed, (struct event_place){page->epoch, feed->end.position});
    for (size_t i = 0; i < page->n_events; i++)
        hold(feed, page->events[i]);
    feed->end.position = page->next_after;
    count_held(feed);
}

static bool
pull_await(struct event_feed *feed, struct call *call)
{
    Events__V1__PullEventsRequest req = EVENTS__V1__PULL_EVENTS_REQUEST__INIT;
    const Events__V1__PullEventsResponse *res;
    req.epoch = feed->end.epoch;
    req.after = feed->end.position;
    req.limit = PULL_EVENTS;
    req.wait_ms = PULL_WAIT_MS;
    enum err err = events_pull_events_await(call, &req, &res);
    if (err == ERR_OUT_OF_RANGE)
        drop_all(feed); /* from the log's end, which streams may not be behind */
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
        struct event_place end = feed->end;
        bool was_placed = feed->is_placed;
        bool is_good = feed->is_placed ? pull_await(feed, &call) : place_await(feed, &call);
        arena_free(&arena);
        if (!is_good)
            task_sleep_await(RETRY_MS);
        else if (!was_placed || feed->end.position != end.position || feed->end.epoch != end.epoch)
            wake_all(&feed->waits);
    }
    drop_all(feed);
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
    *ret_place = feed->end;
    return feed->is_placed;
}

bool
event_feed_reaches(const struct event_feed *feed, const struct event_place *place)
{
    return feed->is_placed && place->epoch == feed->end.epoch &&
           place->position >= feed->begin.position;
}

static const struct held_event *
get_held(const struct event_feed *feed, size_t index)
{
    return feed->events[(feed->first + index) % FEED_EVENTS_MAX];
}

/* The first event behind the position. */
static size_t
find_behind(const struct event_feed *feed, int64_t position)
{
    size_t low = 0, high = feed->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (get_held(feed, middle)->position > position)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

unsigned
event_feed_take(const struct event_feed *feed, const struct event_filter *filter,
                struct event_place *place, struct buf *out, size_t size_bytes_max)
{
    unsigned count = 0;
    CHECK(event_feed_reaches(feed, place));
    size_t i = find_behind(feed, place->position);
    for (; i < feed->count && out->size_bytes < size_bytes_max; i++) {
        const struct held_event *event = get_held(feed, i);
        place->position = event->position;
        if (!event_filter_matches(filter, &event->subject))
            continue;
        buf_add(out, event->text, event->text_size_bytes);
        count++;
    }
    if (i == feed->count && place->position < feed->end.position)
        place->position = feed->end.position;
    return count;
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
    drop_all(f);
    buf_free(&f->scratch);
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
