/*
 * loop - the one libuv loop of a process, and the order of work within a turn
 *
 * After libuv has called the watchers of a turn, and before it sleeps, the loop runs (1)
 * everything that was deferred, tasks that woke among it, and (2) the hooks of its drivers in the
 * order of their phase: take in from the bus, run HTTP, send to the database, send to the bus,
 * write the log. A hook that says true wants another round at once; then the loop does not sleep.
 * So each driver sends once per turn what all calls of that turn asked for.
 *
 * One thread. Nothing here suspends.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <uv.h>

#include "common/base.h"

struct loop;

/* The order in which hooks run. */
enum loop_phase { LOOP_BUS_IN, LOOP_HTTP, LOOP_DB, LOOP_BUS_OUT, LOOP_LOG, LOOP_PHASE_COUNT };

/* Does what its driver collected; true = more work is there already, come again before sleeping. */
typedef bool loop_hook_fn(void *context);

struct loop_hook {
    loop_hook_fn *run;
    void *context;
    struct loop_hook *next;
};

/* Embedded in what is deferred. Zeroed before first use; may not be deferred twice at once. */
struct loop_job {
    void (*run)(struct loop_job *job);
    struct loop_job *next;
    bool is_queued;
};

/* A timer. Embedded; zeroed, then loop_timer_init. Its memory must stay until loop_timer_close's
 * `on_closed`. */
struct loop_timer {
    uv_timer_t handle;
    void (*on_expiry)(void *context);
    void *context;
    void (*on_closed)(void *context);
};

struct loop *loop_open(void);
/* All handles must be closed or closing. NULL is fine. */
void loop_close(struct loop **loop);

uv_loop_t *loop_uv(struct loop *loop);

/* Runs until loop_stop, or until nothing is left to wait for. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Runs turns until `is_done(context)` holds or `limit_ms` have passed; for tests and for draining.
 * True: it holds. */
bool loop_run_until(struct loop *loop, bool (*is_done)(void *context), void *context,
                    int64_t limit_ms);

void loop_add_hook(struct loop *loop, enum loop_phase phase, struct loop_hook *hook);
void loop_remove_hook(struct loop *loop, enum loop_phase phase, struct loop_hook *hook);

/* Runs the job in this turn, after the watchers (or in the next one, if called from outside a
 * turn). */
void loop_defer(struct loop *loop, struct loop_job *job);

void loop_timer_init(struct loop *loop, struct loop_timer *timer, void (*on_expiry)(void *context),
                     void *context);
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms,
                      int64_t period_ms); /* period 0: once */
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_close(struct loop_timer *timer,
                      void (*on_closed)(void *context)); /* on_closed may be NULL */

/* The longest time between two turns' ends that was not sleep, in microseconds, since the last
 * call. */
int64_t loop_take_lag_max_us(struct loop *loop);
