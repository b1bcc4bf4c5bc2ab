/*
 * event_feed - the gateway's one look at the event log, for all of its streams
 *
 * While there are streams, one task pulls every event as the daemon itself and keeps the recent
 * ones, each as the text that a stream sends. Streams take theirs from there; one that is further
 * behind pulls for itself, with what it wants as filter, until the feed reaches it.
 *
 * Limits: those of the ring (event_ring.h); FEED_PULLS_MAX streams pull at once, the others wait
 * for their turn.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/queue.h>

#include "common/svc.h"
#include "common/task.h"
#include "event_ring.h"
#include "events/v1/events.pb-c.h"

struct event_feed;

enum { FEED_PULLS_MAX = 16 };

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

/* As event_ring_reaches. */
bool event_feed_reaches(const struct event_feed *feed, const struct event_place *place);

/* As event_ring_take. */
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
