/*
 * bus_test - requests and replies in one process: many at once, refused, expired, drained, under
 * attack
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

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

struct expectation {
    const char *name;
    int64_t value;
};

static bool
counter_has_come_to(void *context)
{
    struct expectation *expectation = context;
    return counter(expectation->name) >= expectation->value;
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

/* ---- attackers ---- */

static void *
attacker_open(void **ret_zmq)
{
    *ret_zmq = zmq_ctx_new();
    void *socket = zmq_socket(*ret_zmq, ZMQ_DEALER);
    char endpoint[256];
    snprintf(endpoint, sizeof endpoint, "ipc://%s", bus_server_ipc_path(fixture.server));
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    int linger_ms = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    return socket;
}

static Common__V1__Request
good_request(void)
{
    static uint8_t id[BUS_ID_SIZE] = {7};
    Common__V1__Request request = COMMON__V1__REQUEST__INIT;
    request.request_id = (ProtobufCBinaryData){.len = sizeof id, .data = id};
    request.method = "echo.v1.EchoService/Echo";
    request.deadline_time_ms = clock_real_ms() + 5000;
    request.attempt = 1;
    request.principal.len = fixture.principal.packed_size_bytes;
    request.principal.data = (uint8_t *)fixture.principal.packed;
    request.principal_mac = (ProtobufCBinaryData){.len = 32, .data = fixture.principal.mac};
    return request;
}

static void
attacker_ask(void *socket, const Common__V1__Request *request)
{
    zmq_msg_t frame;
    bus_frame_pack(BUS_REQUEST, &request->base, &frame);
    assert_true(zmq_msg_send(&frame, socket, 0) > 0);
}

static void
expired_requests_are_not_executed(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    void *zmq, *attacker = attacker_open(&zmq);
    struct expectation expired = {"bus.request.expire", counter("bus.request.expire") + 2};
    Common__V1__Request request = good_request();
    request.deadline_time_ms = clock_real_ms() - 1;
    attacker_ask(attacker, &request);
    request.deadline_time_ms = INT64_MIN;
    attacker_ask(attacker, &request);
    WAIT_FOR(&fixture, counter_has_come_to, &expired);
    assert_int_equal(fixture.request_count, 0);
    zmq_close(attacker);
    zmq_ctx_term(zmq);
}

static void
a_deadline_in_the_far_future_is_cut(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_hold);
    void *zmq, *attacker = attacker_open(&zmq);
    Common__V1__Request request = good_request();
    request.deadline_time_ms = INT64_MAX;
    attacker_ask(attacker, &request);
    while (fixture.held == NULL)
        uv_run(loop_uv(fixture.loop), UV_RUN_ONCE);
    assert_true(fixture.held->deadline_mono_ms <= clock_mono_ms() + BUS_DEADLINE_MS_MAX);
    struct bus_reply reply = {0};
    bus_reply(fixture.server, &fixture.held, &reply);
    zmq_close(attacker);
    zmq_ctx_term(zmq);
}

static void
garbage_is_counted_and_harms_nobody(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    fixture_connect(&fixture);
    void *zmq, *attacker = attacker_open(&zmq);
    struct expectation bad = {"bus.frame.drop", counter("bus.frame.drop")};
    static const char *const frames[] = {"",       "A",      "AC\1",           "AC\2\1",
                                         "XY\1\1", "AC\1\1", "AC\1\1\x0a\xff", "AC\1\3x",
                                         "AC\1\2", "AC\1\4", "AC\1\x7f"};
    for (size_t i = 0; i < COUNT_OF(frames); i++, bad.value++)
        assert_int_equal(zmq_send(attacker, frames[i], strlen(frames[i]), 0), strlen(frames[i]));
    zmq_send(attacker, "AC\1\3", 4, ZMQ_SNDMORE); /* several frames */
    zmq_send(attacker, "AC\1\3", 4, 0);
    bad.value++;
    Common__V1__Request request = good_request();
    request.method = "";
    attacker_ask(attacker, &request);
    request = good_request();
    request.principal_mac.len = 31;
    attacker_ask(attacker, &request);
    bad.value += 2;
    WAIT_FOR(&fixture, counter_has_come_to, &bad);
    assert_int_equal(counter("bus.frame.drop"), bad.value);
    struct caller caller = {0};
    caller_start(&caller, &fixture, "still here", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
    assert_int_equal(fixture.request_count, 1);
    zmq_close(attacker);
    zmq_ctx_term(zmq);
}

static void
a_frame_over_the_limit_drops_its_sender_only(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    fixture_connect(&fixture);
    void *zmq, *attacker = attacker_open(&zmq);
    size_t size_bytes = 10 * 1024 * 1024;
    char *frame = mem_alloc(size_bytes);
    zmq_send(attacker, frame, size_bytes, 0);
    mem_free(frame);
    struct caller caller = {.repeat_count = 100};
    caller_start(&caller, &fixture, "still here", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.ok_count, 100);
    assert_int_equal(fixture.request_count, 100);
    zmq_close(attacker);
    zmq_ctx_term(zmq);
}

enum { HELD_MAX = 400 };

struct pile {
    struct bus_request *requests[HELD_MAX];
    unsigned count;
    struct expectation lost;
};

static struct pile pile;

static void
pile_up(void *context UNUSED, struct bus_request *request)
{
    pile.requests[pile.count++] = request;
}

static bool
pile_is_full(void *context UNUSED)
{
    return pile.count == HELD_MAX;
}

static void
answer_one(void)
{
    struct bus_reply reply = {0};
    bus_reply(fixture.server, &pile.requests[--pile.count], &reply);
}

static bool
answer_until_lost(void *context UNUSED)
{
    if (pile.count > 0)
        answer_one();
    return counter_has_come_to(&pile.lost);
}

static void
a_reply_to_a_vanished_peer_is_counted(void **state UNUSED)
{
    fixture_serve(&fixture, pile_up);
    void *zmq, *attacker = attacker_open(&zmq);
    Common__V1__Request request = good_request();
    for (int i = 0; i < HELD_MAX; i++)
        attacker_ask(attacker, &request);
    WAIT_FOR(&fixture, pile_is_full, NULL);
    zmq_close(attacker);
    zmq_ctx_term(zmq);
    /* The ROUTER takes replies until it has seen the connection end. */
    pile.lost = (struct expectation){"bus.reply.lose", counter("bus.reply.lose") + 1};
    WAIT_FOR(&fixture, answer_until_lost, NULL);
    while (pile.count > 0)
        answer_one();
    assert_int_equal(bus_server_in_flight(fixture.server), 0);
}

/* ---- paths ---- */

static void
a_second_process_cannot_take_a_path(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    struct fault fault;
    int fd = -1;
    assert_int_equal(bus_ipc_claim(bus_server_ipc_path(fixture.server), &fd, &fault),
                     ERR_ALREADY_EXISTS);
    assert_string_equal(fault.reason, "BUS_PATH_TAKEN");
    assert_true(bus_ipc_is_alive(bus_server_ipc_path(fixture.server)));
    assert_int_equal(access(bus_server_ipc_path(fixture.server), F_OK), 0);
}

static void
a_server_takes_its_files_away(void **state UNUSED)
{
    char path[128], lock_path[140];
    fixture_serve(&fixture, fixture_echo);
    snprintf(path, sizeof path, "%s", bus_server_ipc_path(fixture.server));
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(access(lock_path, F_OK), 0);
    bus_server_close(&fixture.server);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(lock_path, F_OK), 0);
}

static void
only_sockets_of_the_service_itself_are_looked_at(void **state UNUSED)
{
    assert_true(bus_ipc_is_socket_of("parts-0190163d-8694-739b-aea5-966c26f8ad91.sock", "parts"));
    assert_false(
        bus_ipc_is_socket_of("parts-0190163d-8694-739b-aea5-966c26f8ad91.sock.lock", "parts"));
    assert_false(
        bus_ipc_is_socket_of("parts-x-0190163d-8694-739b-aea5-966c26f8ad91.sock", "parts"));
    assert_false(bus_ipc_is_socket_of("partsx-0190163d-8694-739b-aea5-966c26f8ad91.sock", "parts"));
    assert_false(bus_ipc_is_socket_of("parts-", "parts"));
    assert_false(bus_ipc_is_socket_of("parts", "parts"));
}

static enum err
try_options(const struct bus_options *options)
{
    struct fault fault = {0};
    struct bus *bus = NULL;
    enum err err = bus_open(fixture.loop, options, &bus, &fault);
    bus_close(&bus);
    return err;
}

static void
unsafe_options_are_refused(void **state UNUSED)
{
    const char *directory = fixture.directory;
    assert_int_equal(try_options(&(struct bus_options){.service = "a", .connect = ""}),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(
        try_options(&(struct bus_options){
            .service = "a", .connect = "", .directory = directory, .listen = "tcp://0.0.0.0:7400"}),
        ERR_INVALID_ARGUMENT);
    assert_int_equal(
        try_options(&(struct bus_options){
            .service = "a", .connect = "", .directory = directory, .listen = "tcp://127.0.0.1:*"}),
        OK);
    assert_int_equal(try_options(&(struct bus_options){.service = "a", .connect = "udp://x:1"}),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(
        try_options(&(struct bus_options){.service = "a", .connect = "", .directory = "/nowhere"}),
        ERR_INVALID_ARGUMENT);
    assert_int_equal(chmod(directory, 0770), 0);
    assert_int_equal(
        try_options(&(struct bus_options){.service = "a", .connect = "", .directory = directory}),
        ERR_INVALID_ARGUMENT);
    assert_int_equal(chmod(directory, 0750), 0);
    assert_int_equal(
        try_options(&(struct bus_options){.service = "a", .connect = "", .directory = directory}),
        OK);
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
        TEST(calls_beyond_the_limit_are_refused_at_once),
        TEST(without_a_replica_a_call_ends_soon),
        TEST(a_call_made_before_its_replica_is_there_waits_for_it),
        TEST(an_unanswered_call_ends_at_its_deadline_and_its_late_reply_is_dropped),
        TEST(a_draining_server_finishes_its_calls_and_is_asked_no_more),
        TEST(a_request_to_a_draining_server_is_refused_unexecuted),
        TEST(expired_requests_are_not_executed),
        TEST(a_deadline_in_the_far_future_is_cut),
        TEST(garbage_is_counted_and_harms_nobody),
        TEST(a_frame_over_the_limit_drops_its_sender_only),
        TEST(a_reply_to_a_vanished_peer_is_counted),
        TEST(a_second_process_cannot_take_a_path),
        TEST(a_server_takes_its_files_away),
        TEST(only_sockets_of_the_service_itself_are_looked_at),
        TEST(unsafe_options_are_refused),
        TEST(closing_a_client_ends_its_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
