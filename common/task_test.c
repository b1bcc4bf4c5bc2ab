/*
 * task_test - coroutines wait, wake, time out, nest, and are pooled
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/clock.h"
#include "common/task.h"

static struct loop *loop;

static int
set_up(void **state UNUSED)
{
    loop = loop_open();
    task_init(loop, 100);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    task_deinit();
    loop_close(&loop);
    return 0;
}

struct waiter {
    struct task_wait wait;
    enum err err;
    bool is_over;
    int64_t deadline_mono_ms;
    bool was_told;
};

static void
wait_run(void *context)
{
    struct waiter *waiter = context;
    waiter->err = task_wait_await(&waiter->wait, waiter->deadline_mono_ms);
    waiter->is_over = true;
}

static bool
is_over(void *context)
{
    return ((struct waiter *)context)->is_over;
}

static void
a_task_waits_until_it_is_done(void **state UNUSED)
{
    struct waiter waiter = {.deadline_mono_ms = clock_mono_ms() + 10000};
    assert_true(task_spawn(wait_run, &waiter));
    assert_false(waiter.is_over);
    assert_int_equal(task_count(), 1);
    task_done(&waiter.wait, ERR_NOT_FOUND);
    assert_true(loop_run_until(loop, is_over, &waiter, 5000));
    assert_int_equal(waiter.err, ERR_NOT_FOUND);
    assert_int_equal(task_count(), 0);
}

static void
note_timeout(struct task_wait *wait)
{
    container_of(wait, struct waiter, wait)->was_told = true;
}

static void
a_deadline_ends_the_wait_and_tells_the_driver(void **state UNUSED)
{
    struct waiter waiter = {.deadline_mono_ms = clock_mono_ms() + 10,
                            .wait.on_timeout = note_timeout};
    assert_true(task_spawn(wait_run, &waiter));
    assert_true(loop_run_until(loop, is_over, &waiter, 5000));
    assert_int_equal(waiter.err, ERR_DEADLINE_EXCEEDED);
    assert_true(waiter.was_told);
}

static void
what_is_done_already_is_not_waited_for(void **state UNUSED)
{
    struct waiter waiter = {.deadline_mono_ms = clock_mono_ms() + 10000};
    task_done(&waiter.wait, OK);
    assert_true(task_spawn(wait_run, &waiter));
    assert_true(waiter.is_over);
    assert_int_equal(waiter.err, OK);
}

static void
spawn_another(void *context)
{
    struct waiter *waiter = context;
    waiter->deadline_mono_ms = clock_mono_ms() + 10000;
    assert_true(task_spawn(wait_run, waiter));
    assert_false(waiter->is_over);
    task_done(&waiter->wait, OK);
}

static void
a_task_may_spawn_a_task(void **state UNUSED)
{
    struct waiter waiter = {0};
    assert_true(task_spawn(spawn_another, &waiter));
    assert_true(loop_run_until(loop, is_over, &waiter, 5000));
    assert_int_equal(task_count(), 0);
}

static void
use_stack(void *context)
{
    char deep[100 * 1024];
    memset(deep, 1, sizeof deep);
    task_sleep_await(1);
    int *sum = context;
    for (size_t i = 0; i < sizeof deep; i += 1024)
        *sum += deep[i];
}

static bool
is_quiet(void *context UNUSED)
{
    return task_count() == 0;
}

static void
stacks_keep_their_content_over_a_wait_and_are_reused(void **state UNUSED)
{
    int sum = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 100; i++)
            assert_true(task_spawn(use_stack, &sum));
        assert_false(task_spawn(use_stack, &sum)); /* one too many */
        assert_true(loop_run_until(loop, is_quiet, NULL, 10000));
    }
    assert_int_equal(sum, 20 * 100 * 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_waits_until_it_is_done),
        cmocka_unit_test(a_deadline_ends_the_wait_and_tells_the_driver),
        cmocka_unit_test(what_is_done_already_is_not_waited_for),
        cmocka_unit_test(a_task_may_spawn_a_task),
        cmocka_unit_test(stacks_keep_their_content_over_a_wait_and_are_reused),
    };
    return cmocka_run_group_tests_name("task", tests, set_up, tear_down);
}
