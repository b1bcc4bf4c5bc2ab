/*
 * event_feed - the gateway's one look at the event log, for all of its streams
 *
 * While there are streams, one task pulls every event as the daemon itself and keeps the recent
 * ones, each as the text that a stream sends. Streams take theirs from there; one that is further
 * behind pulls for itself, with what it wants as filter, until the feed reaches it.
 *
 * Limits: FEED_EVENTS_MAX events, and FEED_BYTES_MAX of text unless one event is larger;
 * FEED_PULLS_MAX streams pull at once, the others wait for their turn.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/queue.h>

#include "common/event_filter.h"
#include "common/svc.h"
#include "common/task.h"
#include "events/v1/events.pb-c.h"

struct event_feed;

enum { FEED_EVENTS_MAX = 4096, FEED_BYTES_MAX = 4 * 1024 * 1024, FEED_PULLS_MAX = 16 };

/* A place in the log. */
struct event_place {
    int64_t epoch;
    int64_t position;
};

struct event_feed *event_feed_new(struct svc *svc);
void event_feed_free(struct event_feed **feed);

/* A stream comes, and leaves. The feed runs while there is one. */
void event_feed_enter(struct event_feed *feed);
void event_feed_leave(struct event_feed *feed);

/* No more: all waits end, and so does the task. */
void event_feed_stop(struct event_feed *feed);
bool event_feed_is_stopped(const struct event_feed *feed);

/* The end of what it has: where a stream begins that wants what comes next. False: not known. */
bool event_feed_end(const struct event_feed *feed, struct event_place *ret_place);

/* Whether it has all that follows the place; a place ahead of its end counts. */
bool event_feed_reaches(const struct event_feed *feed, const struct event_place *place);

/*
 * Adds the texts of the next events that match to `out`, until it has `size_bytes_max` or the feed
 * ends, and moves the place. Answers how many. The feed must reach the place.
 */
unsigned event_feed_take(const struct event_feed *feed, const struct event_filter *filter,
                         struct event_place *place, struct buf *out, size_t size_bytes_max);

TAILQ_HEAD(event_line, event_wait);

/* A place in line for events. {0} at first. */
struct event_wait {
    struct task_wait wait;
    struct event_line *line; /* NULL: it does not wait */
    TAILQ_ENTRY(event_wait) link;
};

/* Suspends until the feed has grown or was stopped, event_feed_wake was called with `wait`, or the
 * deadline has passed. May return early. */
void event_feed_wait_await(struct event_feed *feed, struct event_wait *wait,
                           int64_t deadline_mono_ms);
/* Safe also where nobody waits. */
void event_feed_wake(struct event_wait *wait);

/* A page of what a stream wants and the feed does not have any more. The answer lies in the arena.
 * ERR_OUT_OF_RANGE: RESYNC, with its details in `ret_details`. */
enum err event_feed_pull_await(struct event_feed *feed, struct arena *arena,
                               const struct event_filter *filter, const struct event_place *place,
                               const Events__V1__PullEventsResponse **ret_page,
                               struct call_details *ret_details) MUST_CHECK;

/* The text that a stream sends of an event. */
void event_feed_write(struct buf *out, int64_t epoch, const Events__V1__LoggedEvent *event);
