/*
 * loop - one uv_prepare handle runs the deferred jobs and the hooks before every sleep
 *
 * The idle handle is active exactly while work is left over, which keeps libuv from sleeping. Jobs
 * deferred while jobs run are run in the same round, up to JOBS_MAX, so that a task that wakes
 * itself cannot starve the sockets.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/loop.h"

#include "common/clock.h"

enum { JOBS_MAX = 4096 };

struct loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_idle_t idle;
    struct loop_hook *hooks[LOOP_PHASE_COUNT];
    struct loop_job *first_job;
    struct loop_job **job_tail;
    int64_t end_mono_us; /* of the last turn */
    int64_t slept_us;    /* since the loop began, by then */
    int64_t lag_max_us;
};

static void
on_idle(uv_idle_t *handle UNUSED)
{
}

/* True if there was any. */
static bool
run_jobs(struct loop *loop)
{
    bool is_any = loop->first_job != NULL;
    for (int i = 0; i < JOBS_MAX && loop->first_job != NULL; i++) {
        struct loop_job *job = loop->first_job;
        loop->first_job = job->next;
        if (loop->first_job == NULL)
            loop->job_tail = &loop->first_job;
        job->next = NULL;
        job->is_queued = false;
        job->run(job);
    }
    return is_any;
}

/* Jobs run after each phase too, so that what one driver woke asks the next driver in this very
 * turn. Jobs that run after the database's phase may ask a driver whose hook has run already: they
 * get another round. */
static bool
run_hooks(struct loop *loop)
{
    bool is_more = false;
    for (int phase = 0; phase < LOOP_PHASE_COUNT; phase++) {
        for (struct loop_hook *hook = loop->hooks[phase], *next; hook != NULL; hook = next) {
            next = hook->next;
            is_more |= hook->run(hook->context);
        }
        bool is_any = run_jobs(loop);
        is_more |= is_any && phase >= LOOP_DB;
    }
    return is_more;
}

/* libuv knows how long it slept; watchers of sockets run before any handle could tell that a sleep
 * has ended. */
static void
measure_lag(struct loop *loop)
{
    int64_t now_us = clock_mono_us();
    int64_t slept_us = (int64_t)(uv_metrics_idle_time(&loop->uv) / 1000);
    int64_t lag_us = now_us - loop->end_mono_us - (slept_us - loop->slept_us);
    if (lag_us > loop->lag_max_us)
        loop->lag_max_us = lag_us;
    loop->end_mono_us = now_us;
    loop->slept_us = slept_us;
}

static void
on_prepare(uv_prepare_t *handle)
{
    struct loop *loop = container_of(handle, struct loop, prepare);
    run_jobs(loop);
    bool is_more = run_hooks(loop);
    if (is_more || loop->first_job != NULL)
        uv_idle_start(&loop->idle, on_idle);
    else
        uv_idle_stop(&loop->idle);
    measure_lag(loop);
}

struct loop *
loop_open(void)
{
    struct loop *loop = mem_alloc(sizeof *loop);
    CHECK(uv_loop_init(&loop->uv) == 0);
    CHECK(uv_loop_configure(&loop->uv, UV_METRICS_IDLE_TIME) == 0);
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_idle_init(&loop->uv, &loop->idle);
    loop->job_tail = &loop->first_job;
    loop->end_mono_us = clock_mono_us();
    return loop;
}

void
loop_close(struct loop **loop)
{
    struct loop *l = *loop;
    *loop = NULL;
    if (l == NULL)
        return;
    run_jobs(l);
    uv_close((uv_handle_t *)&l->prepare, NULL);
    uv_close((uv_handle_t *)&l->idle, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT); /* lets the closing handles end */
    CHECK(uv_loop_close(&l->uv) == 0);
    CHECK(l->first_job == NULL);
    mem_free(l);
}

uv_loop_t *
loop_uv(struct loop *loop)
{
    return &loop->uv;
}

void
loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

static void
on_tick(void *context UNUSED)
{
}

static void
on_tick_closed(void *context)
{
    *(bool *)context = true;
}

bool
loop_run_until(struct loop *loop, bool (*is_done)(void *context), void *context, int64_t limit_ms)
{
    int64_t end_mono_ms = clock_mono_ms() + limit_ms;
    bool is_closed = false;
    struct loop_timer tick = {
        0}; /* wakes the loop, so that the limit holds when nothing else does */
    loop_timer_init(loop, &tick, on_tick, &is_closed);
    loop_timer_start(&tick, 5, 5);
    while (!is_done(context) && clock_mono_ms() < end_mono_ms)
        uv_run(&loop->uv, UV_RUN_ONCE);
    loop_timer_close(&tick, on_tick_closed);
    while (!is_closed)
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    return is_done(context);
}

void
loop_add_hook(struct loop *loop, enum loop_phase phase, struct loop_hook *hook)
{
    struct loop_hook **end = &loop->hooks[phase];
    while (*end != NULL)
        end = &(*end)->next;
    hook->next = NULL;
    *end = hook;
}

void
loop_remove_hook(struct loop *loop, enum loop_phase phase, struct loop_hook *hook)
{
    for (struct loop_hook **at = &loop->hooks[phase]; *at != NULL; at = &(*at)->next) {
        if (*at == hook) {
            *at = hook->next;
            return;
        }
    }
}

void
loop_defer(struct loop *loop, struct loop_job *job)
{
    CHECK(!job->is_queued);
    job->is_queued = true;
    job->next = NULL;
    *loop->job_tail = job;
    loop->job_tail = &job->next;
    if (!uv_is_active((uv_handle_t *)&loop->idle))
        uv_idle_start(&loop->idle, on_idle);
}

static void
on_uv_timer(uv_timer_t *handle)
{
    struct loop_timer *timer = container_of(handle, struct loop_timer, handle);
    timer->on_expiry(timer->context);
}

static void
on_uv_closed(uv_handle_t *handle)
{
    struct loop_timer *timer = container_of((uv_timer_t *)handle, struct loop_timer, handle);
    if (timer->on_closed != NULL)
        timer->on_closed(timer->context);
}

void
loop_timer_init(struct loop *loop, struct loop_timer *timer, void (*on_expiry)(void *context),
                void *context)
{
    uv_timer_init(&loop->uv, &timer->handle);
    timer->on_expiry = on_expiry;
    timer->context = context;
}

void
loop_timer_start(struct loop_timer *timer, int64_t delay_ms, int64_t period_ms)
{
    CHECK(delay_ms >= 0 && period_ms >= 0);
    uv_update_time(timer->handle.loop);
    uv_timer_start(&timer->handle, on_uv_timer, (uint64_t)delay_ms, (uint64_t)period_ms);
}

void
loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->handle);
}

void
loop_timer_close(struct loop_timer *timer, void (*on_closed)(void *context))
{
    timer->on_closed = on_closed;
    uv_close((uv_handle_t *)&timer->handle, on_uv_closed);
}

int64_t
loop_take_lag_max_us(struct loop *loop)
{
    int64_t lag_us = loop->lag_max_us;
    loop->lag_max_us = 0;
    return lag_us;
}
