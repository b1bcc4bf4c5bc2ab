/*
 * timer - durable deadlines: rows with a due time, run exactly, shared by replicas
 *
 * A store sets one in the statement of the change that needs it:
 *
 *     "set AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
 *     "        SELECT $20, 'decide', $14, $21 FROM changed), "
 *
 * Each replica sleeps until the next due time it knows (business time; it looks again at least
 * once a second, when a timer is set by this process, and when the test clock moves). Due rows
 * are taken by a lease under FOR UPDATE SKIP LOCKED, so replicas share them, and run as calls
 * with the key "timer:<timer_id>": where a replica dies after the effect and before the row is
 * gone, the repeat finds the key used. So the effect happens once.
 *
 * Of one aggregate_id a process runs a few timers at once only (4), of one kind some (24 of 80, and
 * up to 32 by one each of aggregates of which none runs), while others pass by: whatever may hang
 * names as its aggregate that which it hangs on, and is of a kind of its own.
 *
 * What is to be done again and again is one row that stays: its handler says when it is due next.
 * The row is made by whoever finds that there is none, under an id that is always the same. The key
 * is the same each time too, so such a handler gives its changes keys of their own.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/db.h"

struct timer_service;

struct timer_due {
    struct uuid timer_id;
    const char *kind;
    const char *aggregate_id;
    int64_t due_time_us;
    int attempt; /* 1 for the first */
    /* When it is due again, set by a handler that answers OK; 0, as it is: never, it is over. */
    int64_t *next_due_us;
};

/* Runs as a task. It may set itself a later deadline than the call's: its row stays with this
 * process while it runs. OK, or a refusal that cannot become right: the timer is gone. What may
 * pass (err_may_pass), and ERR_INTERNAL: again, later and later (1 s to 5 min). */
typedef enum err timer_handler(struct call *call, const struct timer_due *due);

struct timer_kind {
    const char *kind;
    timer_handler *handler;
};

#define TIMER_KIND_END                                                                             \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

/* Used by svc; a daemon says svc_timers. */
struct timer_service *timer_open(struct svc *svc, const struct timer_kind *kinds);
/* At the drain: takes no more; what runs ends by itself. NULL is fine. */
void timer_close(struct timer_service **service);

/* Says that this process has just set a timer, once the change has committed. NULL is fine: the
 * service is draining. */
void timer_poke(struct timer_service *service, int64_t due_time_us);
