/*
 * loop_test - hooks run in the order of their phases, and what is deferred late still gets its
 * driver
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <unistd.h>

#include "common/clock.h"
#include "common/loop.h"

static struct loop *loop;
static char order[64];

static int
set_up(void **state UNUSED)
{
    loop = loop_open();
    order[0] = 0;
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    loop_close(&loop);
    return 0;
}

static bool
note(void *context)
{
    size_t size = strlen(order);
    if (size < sizeof order - 1) {
        order[size] = *(const char *)context;
        order[size + 1] = 0;
    }
    return false;
}

static bool
is_noted(void *context)
{
    return strlen(order) >= *(size_t *)context;
}

static void
hooks_run_in_the_order_of_phases(void **state UNUSED)
{
    struct loop_hook log = {note, "l", NULL}, bus_in = {note, "i", NULL}, db = {note, "d", NULL},
                     http = {note, "h", NULL}, bus_out = {note, "o", NULL};
    loop_add_hook(loop, LOOP_LOG, &log);
    loop_add_hook(loop, LOOP_DB, &db);
    loop_add_hook(loop, LOOP_BUS_IN, &bus_in);
    loop_add_hook(loop, LOOP_BUS_OUT, &bus_out);
    loop_add_hook(loop, LOOP_HTTP, &http);
    size_t five = 5;
    assert_true(loop_run_until(loop, is_noted, &five, 5000));
    assert_memory_equal(order, "ihdol", 5);
    loop_remove_hook(loop, LOOP_LOG, &log);
    loop_remove_hook(loop, LOOP_DB, &db);
    loop_remove_hook(loop, LOOP_BUS_IN, &bus_in);
    loop_remove_hook(loop, LOOP_BUS_OUT, &bus_out);
    loop_remove_hook(loop, LOOP_HTTP, &http);
}

struct late {
    struct loop_job job;
    bool is_asked;  /* something for the database's hook to do */
    bool is_served; /* the hook saw it */
    bool is_deferred;
};

static void
ask(struct loop_job *job)
{
    container_of(job, struct late, job)->is_asked = true;
}

static bool
defer_late(void *context)
{
    struct late *late = context;
    if (!late->is_deferred)
        loop_defer(loop, &late->job);
    late->is_deferred = true;
    return false;
}

static bool
serve(void *context)
{
    struct late *late = context;
    late->is_served |= late->is_asked;
    return false;
}

static bool
is_served(void *context)
{
    return ((struct late *)context)->is_served;
}

static void
what_runs_after_the_databases_phase_gets_another_round(void **state UNUSED)
{
    struct late late = {.job.run = ask};
    struct loop_hook log = {defer_late, &late, NULL}, db = {serve, &late, NULL};
    loop_add_hook(loop, LOOP_LOG, &log);
    loop_add_hook(loop, LOOP_DB, &db);
    int64_t start_ms = clock_mono_ms();
    assert_true(loop_run_until(loop, is_served, &late, 5000));
    assert_true(clock_mono_ms() - start_ms < 4000);
    loop_remove_hook(loop, LOOP_LOG, &log);
    loop_remove_hook(loop, LOOP_DB, &db);
}

static void
count(void *context)
{
    ++*(int *)context;
}

static bool
is_three(void *context)
{
    return *(int *)context >= 3;
}

static void
timers_repeat_until_they_are_stopped(void **state UNUSED)
{
    int calls = 0;
    static struct loop_timer timer; /* its handle is closed by the loop's end */
    loop_timer_init(loop, &timer, count, &calls);
    loop_timer_start(&timer, 1, 1);
    assert_true(loop_run_until(loop, is_three, &calls, 5000));
    loop_timer_stop(&timer);
    calls = 0;
    assert_false(loop_run_until(loop, is_three, &calls, 20));
    loop_timer_close(&timer, NULL);
}

static void
on_byte(uv_poll_t *handle, int status UNUSED, int events UNUSED)
{
    int64_t end_mono_us = clock_mono_us() + 30000;
    while (clock_mono_us() < end_mono_us)
        continue;
    uv_close((uv_handle_t *)handle, NULL);
    *(bool *)handle->data = true;
}

static bool
is_set(void *context)
{
    return *(bool *)context;
}

static bool
is_never(void *context UNUSED)
{
    return false;
}

static void
lag_counts_the_work_of_watchers(void **state UNUSED)
{
    int ends[2];
    bool is_read = false;
    uv_poll_t poll = {.data = &is_read};
    loop_take_lag_max_us(loop);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(uv_poll_init(loop_uv(loop), &poll, ends[0]), 0);
    assert_int_equal(uv_poll_start(&poll, UV_READABLE, on_byte), 0);
    assert_true(loop_run_until(loop, is_set, &is_read, 5000));
    assert_false(loop_run_until(loop, is_never, NULL, 10));
    assert_true(loop_take_lag_max_us(loop) >= 30000);
    close(ends[0]);
    close(ends[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hooks_run_in_the_order_of_phases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_runs_after_the_databases_phase_gets_another_round,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(timers_repeat_until_they_are_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lag_counts_the_work_of_watchers, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
