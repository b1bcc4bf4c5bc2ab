/*
 * bus_test - requests and replies in one process: many at once, refused, unanswered, drained
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/bus_fixture.h"

static struct fixture fixture;

static int
set_up(void **state UNUSED)
{
    memset(&fixture, 0, sizeof fixture);
    fixture_open(&fixture);
    fixture_bus(&fixture);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    fixture_close(&fixture);
    return 0;
}

static void
a_request_is_answered(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    fixture_connect(&fixture);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "hello", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
    assert_int_equal(caller.ok_count, 1);
    assert_int_equal(caller.attempt_count, 1);
    assert_int_equal(bus_server_in_flight(fixture.server), 0);
}

static void
refuse(void *context, struct bus_request *request)
{
    struct fixture *f = context;
    struct bus_reply reply = {.domain = "echo", .retry_after_ms = 250};
    fault_set(&reply.fault, ERR_NOT_FOUND, "UNIT_NOT_FOUND", "cut within a character: \xc3");
    strcpy(reply.fault.field, "unit.serial");
    reply.fault.line = 3;
    reply.fault.column = 14;
    reply.details.list[0].name = "epoch";
    reply.details.list[0].value = "7";
    reply.details.list[1].name = "first_position";
    reply.details.list[1].value = "1001";
    reply.details.count = 2;
    bus_reply(f->server, &request, &reply);
}

static void
a_refusal_comes_back_whole(void **state UNUSED)
{
    fixture_serve(&fixture, refuse);
    fixture_connect(&fixture);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "x", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, ERR_NOT_FOUND);
    assert_string_equal(caller.fault.reason, "UNIT_NOT_FOUND");
    assert_string_equal(caller.fault.message, "cut within a character: ");
    assert_string_equal(caller.fault.field, "unit.serial");
    assert_int_equal(caller.fault.line, 3);
    assert_int_equal(caller.fault.column, 14);
    assert_string_equal(caller.details, "epoch=7 first_position=1001 ");
    assert_int_equal(caller.retry_after_ms, 250);
}

enum { MANY_CALLS = 9999 };

static bool
all_are_ready(void *context UNUSED)
{
    return client_is_ready(&fixture) && bus_client_ready(fixture.more_clients[0]) > 0 &&
           bus_client_ready(fixture.more_clients[1]) > 0;
}

static void
ten_thousand_calls_at_once_are_all_answered(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    fixture_connect(&fixture);
    for (int i = 0; i < 2; i++)
        assert_int_equal(bus_client_open(fixture.bus, "echo", &fixture.more_clients[i]), OK);
    WAIT_FOR(&fixture, all_are_ready, NULL);
    struct caller *callers = mem_alloc(MANY_CALLS * sizeof *callers);
    for (int i = 0; i < MANY_CALLS; i++) {
        callers[i].client = i % 3 < 2 ? fixture.more_clients[i % 3] : NULL;
        caller_start(&callers[i], &fixture, "one of many", 30000);
    }
    assert_int_equal(task_count(), MANY_CALLS);
    assert_true(loop_run_until(fixture.loop, no_task_is_left, NULL, 30000));
    for (int i = 0; i < MANY_CALLS; i++) {
        if (callers[i].ok_count != 1)
            fail_msg("call %d: %s %s: %s", i, err_name(callers[i].err), callers[i].fault.reason,
                     callers[i].fault.message);
    }
    assert_int_equal(fixture.request_count, MANY_CALLS);
    mem_free(callers);
}

/* More than libzmq may hold of one peer would stop its reading, and with it the peer's answers to
 * heartbeats. */
static void
a_server_that_stands_still_loses_no_connection(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    fixture_connect(&fixture);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    int64_t lost = counter("bus.replica.lose");
    struct caller *callers = mem_alloc(BUS_CALLS_MAX * sizeof *callers);
    for (int i = 0; i < BUS_CALLS_MAX; i++)
        caller_start(&callers[i], &fixture, "x", 20000);
    int64_t end_mono_ms = clock_mono_ms() + 2500;
    while (clock_mono_ms() < end_mono_ms) /* nobody turns the loop for so long */
        continue;
    WAIT_FOR(&fixture, no_task_is_left, NULL);
    assert_int_equal(fixture.request_count, BUS_CALLS_MAX);
    assert_int_equal(counter("bus.replica.lose"), lost);
    mem_free(callers);
}

static void
calls_beyond_the_limit_are_refused_at_once(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    fixture_connect(&fixture);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    struct caller *callers = mem_alloc((BUS_CALLS_MAX + 1) * sizeof *callers);
    for (int i = 0; i <= BUS_CALLS_MAX; i++)
        caller_start(&callers[i], &fixture, "x", 20000);
    assert_true(callers[BUS_CALLS_MAX].is_over);
    assert_int_equal(callers[BUS_CALLS_MAX].err, ERR_RESOURCE_EXHAUSTED);
    WAIT_FOR(&fixture, no_task_is_left, NULL);
    assert_int_equal(callers[0].err, OK);
    mem_free(callers);
}

static void
without_a_replica_a_call_ends_soon(void **state UNUSED)
{
    fixture_connect(&fixture);
    int64_t start_mono_ms = clock_mono_ms();
    struct caller caller = {0};
    caller_start(&caller, &fixture, "x", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, ERR_UNAVAILABLE);
    assert_string_equal(caller.fault.reason, "NO_REPLICA");
    assert_int_equal(caller.retry_after_ms, 1000);
    assert_true(clock_mono_ms() - start_mono_ms < 2000);
    /* By now it is known that there is none: the next one does not wait. */
    struct caller again = {0};
    caller_start(&again, &fixture, "x", 5000);
    assert_true(again.is_over);
    assert_int_equal(again.err, ERR_UNAVAILABLE);
}

static void
a_call_made_before_its_replica_is_there_waits_for_it(void **state UNUSED)
{
    fixture_connect(&fixture);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "early", 5000);
    assert_false(caller.is_over);
    fixture_serve(&fixture, fixture_echo);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
}

static bool
client_has_found_one(void *context UNUSED)
{
    return fixture.client->replica_count > 0;
}

static void
a_replica_that_was_found_just_now_is_waited_for(void **state UNUSED)
{
    without_a_replica_a_call_ends_soon(state);
    fixture_serve(&fixture, fixture_echo);
    WAIT_FOR(&fixture, client_has_found_one, NULL);
    assert_int_equal(bus_client_ready(fixture.client), 0);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "early", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
}

static void
an_unanswered_call_ends_at_its_deadline_and_its_late_reply_is_dropped(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_hold);
    fixture_connect(&fixture);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "x", 100);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, ERR_DEADLINE_EXCEEDED);
    assert_non_null(fixture.held);
    struct expectation dropped = {"bus.reply.drop", counter("bus.reply.drop") + 1};
    struct bus_reply reply = {0};
    bus_reply(fixture.server, &fixture.held, &reply);
    WAIT_FOR(&fixture, counter_has_come_to, &dropped);
}

/* ---- drain ---- */

static void
a_draining_server_finishes_its_calls_and_is_asked_no_more(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_hold);
    fixture_connect(&fixture);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "last", 5000);
    while (fixture.held == NULL)
        uv_run(loop_uv(fixture.loop), UV_RUN_ONCE);
    bus_server_drain(fixture.server);
    assert_int_not_equal(access(bus_server_ipc_path(fixture.server), F_OK), 0);
    WAIT_FOR(&fixture, client_is_unready, &fixture);
    assert_false(caller.is_over);
    struct bus_reply reply = {0};
    bus_reply(fixture.server, &fixture.held, &reply);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
}

static void
a_request_to_a_draining_server_is_refused_unexecuted(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    fixture_connect(&fixture);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    bus_server_drain(fixture.server);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "too late", 5000); /* before LEAVING was read */
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, ERR_UNAVAILABLE);
    assert_int_equal(fixture.request_count, 0);
    assert_int_equal(caller.attempt_count, 1);
}

static void
closing_a_client_ends_its_calls(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_hold);
    fixture_connect(&fixture);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "x", 5000);
    while (fixture.held == NULL)
        uv_run(loop_uv(fixture.loop), UV_RUN_ONCE);
    bus_client_close(&fixture.client);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, ERR_UNAVAILABLE);
    struct bus_reply reply = {0};
    bus_reply(fixture.server, &fixture.held, &reply);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered),
        TEST(a_refusal_comes_back_whole),
        TEST(ten_thousand_calls_at_once_are_all_answered),
        TEST(a_server_that_stands_still_loses_no_connection),
        TEST(calls_beyond_the_limit_are_refused_at_once),
        TEST(without_a_replica_a_call_ends_soon),
        TEST(a_replica_that_was_found_just_now_is_waited_for),
        TEST(a_call_made_before_its_replica_is_there_waits_for_it),
        TEST(an_unanswered_call_ends_at_its_deadline_and_its_late_reply_is_dropped),
        TEST(a_draining_server_finishes_its_calls_and_is_asked_no_more),
        TEST(a_request_to_a_draining_server_is_refused_unexecuted),
        TEST(closing_a_client_ends_its_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
