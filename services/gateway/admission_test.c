/*
 * Tests of how many calls are let in: a service that does one call after the other, at a rate,
 * asked by a schedule; business in microseconds, no clock.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "admission.h"

enum { QUEUE_MAX = 4096, MS = 1000, S = 1000 * MS, GOAL_US = 20 * MS };

struct world {
    struct admission admission;
    int64_t now_us;
    int64_t free_us;            /* when the service has done all that it has */
    int64_t done_us[QUEUE_MAX]; /* a ring, in order */
    unsigned first, count;
    unsigned accepted, refused;
    int64_t longest_us; /* of accepted calls since it was last set to 0 */
};

static struct world world;

static void
set_world(void)
{
    world = (struct world){.now_us = 12345};
    admission_init(&world.admission, "warranty", GOAL_US, world.now_us);
}

/* Lets time pass to `now_us`; what is done meanwhile leaves. */
static void
pass_to(int64_t now_us)
{
    for (; world.count > 0 && world.done_us[world.first] <= now_us; world.count--) {
        world.now_us = world.done_us[world.first];
        world.first = (world.first + 1) % QUEUE_MAX;
        admission_leave(&world.admission, world.now_us, true);
    }
    world.now_us = now_us;
}

/* One call comes now, and would take so long if it were alone. */
static void
come(int64_t work_us)
{
    if (!admission_is_open(&world.admission, world.now_us)) {
        world.refused++;
        return;
    }
    assert_true(world.count < QUEUE_MAX);
    admission_enter(&world.admission, world.now_us);
    int64_t begin_us = world.free_us > world.now_us ? world.free_us : world.now_us;
    world.free_us = begin_us + work_us;
    world.done_us[(world.first + world.count++) % QUEUE_MAX] = world.free_us;
    world.accepted++;
    if (world.free_us - world.now_us > world.longest_us)
        world.longest_us = world.free_us - world.now_us;
}

/* Calls come evenly for so long. */
static void
run(int64_t time_us, unsigned per_s, int64_t work_us)
{
    world.accepted = world.refused = 0;
    world.longest_us = 0;
    int64_t start_us = world.now_us;
    for (int64_t i = 0; i * S / per_s < time_us; i++) {
        pass_to(start_us + i * S / per_s);
        come(work_us);
    }
}

static void
below_what_it_can_do_nobody_is_refused(void **state UNUSED)
{
    set_world();
    run(20 * (int64_t)S, 950, MS); /* it does 1,000 a second */
    assert_int_equal(world.refused, 0);
    assert_false(world.admission.is_overloaded);
}

static void
at_ten_times_the_load_it_does_what_it_can_and_soon(void **state UNUSED)
{
    set_world();
    run(2 * S, 900, MS);
    run(2 * S, 10000, MS); /* how it begins */
    run(60 * (int64_t)S, 10000, MS);
    assert_true(world.accepted >= 59 * 1000);
    assert_true(world.longest_us <= ADMISSION_MIN * MS);
    assert_true(world.refused >= 530 * 1000);
}

static void
a_quick_service_takes_no_longer_than_the_goal(void **state UNUSED)
{
    set_world();
    run(2 * S, 100000, 100); /* it does 10,000 a second */
    run(10 * S, 100000, 100);
    assert_true(world.accepted >= 99 * 1000);
    assert_in_range(world.longest_us, GOAL_US / 2, GOAL_US * 3 / 2);
}

static void
after_overload_it_is_as_before_within_two_seconds(void **state UNUSED)
{
    set_world();
    run(10 * S, 10000, MS);
    run(2 * S, 900, MS);
    run(10 * S, 900, MS);
    assert_int_equal(world.refused, 0);
    assert_false(world.admission.is_overloaded);
}

static void
a_crowd_that_comes_at_once_is_served(void **state UNUSED)
{
    set_world();
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 90; i++)
            come(MS);
        pass_to(world.now_us + S);
    }
    for (int i = 0; i < ADMISSION_CROWD_MIN; i++)
        come(100); /* 26 ms of work */
    assert_int_equal(world.refused, 0);
}

static void
a_crowd_is_no_larger_than_its_work(void **state UNUSED)
{
    set_world();
    for (int i = 0; i < 1000; i++)
        come(MS);
    assert_int_equal(world.accepted, ADMISSION_CROWD_MIN);
    assert_true(world.admission.is_overloaded);
}

static void
calls_that_wait_long_and_are_few_keep_nobody_out(void **state UNUSED)
{
    set_world();
    for (int i = 0; i < ADMISSION_MIN / 2; i++)
        admission_enter(&world.admission, world.now_us); /* they never come back */
    run(20 * (int64_t)S, 900, MS);
    assert_int_equal(world.refused, 0);
}

static void
a_service_that_slowed_down_gets_less_at_once(void **state UNUSED)
{
    set_world();
    run(10 * S, 100000, 100);
    unsigned before = admission_limit(&world.admission);
    run(5 * S, 100000, MS / 5); /* as a replica less */
    assert_in_range(admission_limit(&world.admission), before * 4 / 10, before * 6 / 10);
    run(10 * S, 100000, 100);
    assert_in_range(admission_limit(&world.admission), before * 9 / 10, before * 11 / 10);
}

static void
a_service_that_stood_still_is_used_again(void **state UNUSED)
{
    set_world();
    run(5 * S, 10000, MS);
    world.free_us += 10 * S; /* until then nothing is done */
    run(9 * S, 10000, MS);
    assert_true(world.accepted <= ADMISSION_MIN);
    run(2 * S, 10000, MS);
    run(5 * S, 10000, MS);
    assert_true(world.accepted >= 49 * 100);
}

static void
what_was_refused_by_the_service_is_no_work_done(void **state UNUSED)
{
    set_world();
    run(5 * S, 10000, MS);
    unsigned before = admission_limit(&world.admission);
    for (int i = 0; i < 50000; i++) {
        pass_to(world.now_us + S / 10000);
        if (admission_is_open(&world.admission, world.now_us)) {
            admission_enter(&world.admission, world.now_us);
            admission_leave(&world.admission, world.now_us, false);
        }
        come(MS);
    }
    assert_in_range(admission_limit(&world.admission), before, before + 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_what_it_can_do_nobody_is_refused),
        cmocka_unit_test(at_ten_times_the_load_it_does_what_it_can_and_soon),
        cmocka_unit_test(a_quick_service_takes_no_longer_than_the_goal),
        cmocka_unit_test(after_overload_it_is_as_before_within_two_seconds),
        cmocka_unit_test(a_crowd_that_comes_at_once_is_served),
        cmocka_unit_test(a_crowd_is_no_larger_than_its_work),
        cmocka_unit_test(calls_that_wait_long_and_are_few_keep_nobody_out),
        cmocka_unit_test(a_service_that_slowed_down_gets_less_at_once),
        cmocka_unit_test(a_service_that_stood_still_is_used_again),
        cmocka_unit_test(what_was_refused_by_the_service_is_no_work_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
