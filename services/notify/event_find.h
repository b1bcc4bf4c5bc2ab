/*
 * event_find - one event of the log, by its identity
 *
 * The log is ordered by position and knows nothing else of an identity. But an identity begins with
 * the time it was made (UUID version 7), which is that of the change, and events of a type lie in
 * the order of their times but for what long transactions and clocks put apart. So the place is
 * searched for by halves, and what lies around it is read. An identity of another kind is not
 * found.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify.h"

/* Events that lie further from their time than this are not found. */
enum { EVENT_FIND_SLACK_MS = 10 * 60 * 1000 };

/* An event of this type. ERR_NOT_FOUND; others as svc_ask_await. */
enum err event_find_await(struct call *call, const struct uuid *event_id, const char *type,
                          const Events__V1__LoggedEvent **ret_event) MUST_CHECK;

/* What lies behind a position. */
struct event_probe {
    bool is_gone;       /* that part of the log is kept no more */
    bool is_there;      /* an event was found: */
    int64_t position;   /* its place */
    int64_t time_ms;    /* when it happened */
    int64_t next_after; /* none was found up to here */
};

typedef enum err event_probe_await(void *context, int64_t after, struct event_probe *ret_probe);

/* Behind which position up to `last` nothing is before a time, where events lie in the order of
 * their times. Suspends as `probe` does, and fails as it does. */
enum err event_search_await(event_probe_await *probe, void *context, int64_t last, int64_t from_ms,
                            int64_t *ret_after) MUST_CHECK;
