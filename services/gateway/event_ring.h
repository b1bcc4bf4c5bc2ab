/*
 * event_ring - recent events of the log, each as the text that a stream sends
 *
 * `begin` and `end` are places in the log: the ring has all events behind `begin` up to `end`, of
 * one epoch. What is too much falls out at the beginning: RING_EVENTS_MAX events, and
 * RING_BYTES_MAX of text unless one event is larger.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/event_filter.h"
#include "events/v1/events.pb-c.h"

enum { RING_EVENTS_MAX = 4096, RING_BYTES_MAX = 4 * 1024 * 1024 };

/* A place in the log. */
struct event_place {
    int64_t epoch;
    int64_t position;
};

struct ring_event;

/* {0} is one that knows no place. */
struct event_ring {
    bool is_placed; /* begin and end are known */
    struct event_place begin;
    struct event_place end;
    struct ring_event *events[RING_EVENTS_MAX];
    size_t first;
    size_t count;
    size_t size_bytes;
    struct buf scratch;
};

/* Empty, and without a place. Frees what it has. */
void event_ring_clear(struct event_ring *ring);
/* Empty, behind the place. */
void event_ring_begin(struct event_ring *ring, struct event_place place);

/* Adds what follows its end, up to the position `end`. */
void event_ring_add(struct event_ring *ring, Events__V1__LoggedEvent *const *events, size_t count,
                    int64_t end);

/* Whether it has all that follows the place; a place ahead of its end counts. */
bool event_ring_reaches(const struct event_ring *ring, const struct event_place *place);

/*
 * Adds the texts of the next events that match to `out`, until that has `size_bytes_max` or the
 * ring ends, and moves the place. Answers how many. The ring must reach the place.
 */
unsigned event_ring_take(const struct event_ring *ring, const struct event_filter *filter,
                         struct event_place *place, struct buf *out, size_t size_bytes_max);

/* The text that a stream sends of an event. */
void event_ring_write(struct buf *out, int64_t epoch, const Events__V1__LoggedEvent *event);
