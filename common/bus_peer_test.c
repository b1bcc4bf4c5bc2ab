/*
 * bus_peer_test - a server among peers that are not clients of ours: expired, garbled, too large,
 * vanished, all at once
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

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

/* ---- floods ---- */

enum { BURST_PEERS = 10, BURST_REQUESTS = 10000 };

struct burst {
    unsigned in_turn; /* requests taken in since the last turn of another driver */
    unsigned in_turn_max;
    unsigned tick_count;
};

static struct burst burst;

static void
take_burst(void *context, struct bus_request *request)
{
    if (++burst.in_turn > burst.in_turn_max)
        burst.in_turn_max = burst.in_turn;
    fixture_echo(context, request);
}

static bool
end_burst_turn(void *context UNUSED)
{
    burst.in_turn = 0;
    return false;
}

static void
count_tick(void *context UNUSED)
{
    burst.tick_count++;
}

static bool
burst_is_over(void *context UNUSED)
{
    return fixture.request_count == BURST_REQUESTS;
}

/* While ten thousand requests wait, HTTP and the timers have their turn after each 128 of them. */
static void
a_burst_leaves_the_loop_its_turns_and_loses_nothing(void **state UNUSED)
{
    fixture_serve(&fixture, take_burst);
    burst = (struct burst){0};
    struct loop_hook hook = {.run = end_burst_turn};
    struct loop_timer timer = {0};
    void *zmq[BURST_PEERS], *attackers[BURST_PEERS];
    Common__V1__Request request = good_request();
    request.deadline_time_ms = clock_real_ms() + 60000;
    for (int i = 0; i < BURST_PEERS; i++)
        attackers[i] = attacker_open(&zmq[i]);
    for (int i = 0; i < BURST_REQUESTS; i++)
        attacker_ask(attackers[i % BURST_PEERS], &request);
    loop_add_hook(fixture.loop, LOOP_HTTP, &hook);
    loop_timer_init(fixture.loop, &timer, count_tick, NULL);
    loop_timer_start(&timer, 1, 1);
    assert_false(loop_run_until(fixture.loop, burst_is_over, NULL, 0));
    loop_take_lag_max_us(fixture.loop);
    WAIT_FOR(&fixture, burst_is_over, NULL);
    print_message("             longest turn %d us, %u ticks\n",
                  (int)loop_take_lag_max_us(fixture.loop), burst.tick_count);
    assert_int_equal(burst.in_turn_max, BUS_TURN_MESSAGES_MAX);
    assert_true(burst.tick_count >= 3);
    loop_remove_hook(fixture.loop, LOOP_HTTP, &hook);
    loop_timer_close(&timer, NULL);
    uv_run(loop_uv(fixture.loop), UV_RUN_NOWAIT); /* lets go of the timer on this stack */
    for (int i = 0; i < BURST_PEERS; i++) {
        zmq_close(attackers[i]);
        zmq_ctx_term(zmq[i]);
    }
}

static int
open_raw(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    return fd;
}

/* False: the listener's queue is full. */
static bool
connect_raw(int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, bus_server_ipc_path(fixture.server));
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static void
expect_answer(struct bus_client *client)
{
    struct caller caller = {.client = client};
    caller_start(&caller, &fixture, "still here", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, OK);
}

/* The first descriptor that is free. */
static int
next_descriptor(void)
{
    int fd = dup(STDERR_FILENO);
    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static bool
is_next_descriptor(void *wanted)
{
    return next_descriptor() <= *(int *)wanted;
}

static void
peers_that_come_and_go_5000_times_leave_nothing_behind(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    fixture_connect(&fixture);
    expect_answer(NULL);
    int first_free = next_descriptor();
    for (int i = 0; i < 5000; i++) {
        int fd = open_raw();
        while (!connect_raw(fd))
            uv_run(loop_uv(fixture.loop), UV_RUN_NOWAIT);
        close(fd);
    }
    WAIT_FOR(&fixture, is_next_descriptor, &first_free);
    expect_answer(NULL);
}

enum { RAW_PEERS = 20, FREE_DESCRIPTORS = 3 };

struct raw_peers {
    struct pollfd fds[RAW_PEERS];
};

/* Each has been sent libzmq's greeting, or has seen its connection end. */
static bool
all_raw_peers_know(void *context)
{
    struct raw_peers *peers = context;
    return poll(peers->fds, RAW_PEERS, 0) == RAW_PEERS;
}

static unsigned
refused_peers(const struct raw_peers *peers)
{
    unsigned count = 0;
    char byte;
    for (int i = 0; i < RAW_PEERS; i++)
        count += recv(peers->fds[i].fd, &byte, 1, 0) <= 0;
    return count;
}

static void
without_descriptors_new_peers_are_refused_and_others_served(void **state UNUSED)
{
    fixture_serve(&fixture, fixture_echo);
    fixture_connect(&fixture);
    expect_answer(NULL);
    struct raw_peers peers;
    for (int i = 0; i < RAW_PEERS; i++)
        peers.fds[i] = (struct pollfd){.fd = open_raw(), .events = POLLIN};
    struct rlimit before, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = (struct rlimit){.rlim_cur = (rlim_t)next_descriptor() + FREE_DESCRIPTORS,
                          .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (int i = 0; i < RAW_PEERS; i++)
        assert_true(connect_raw(peers.fds[i].fd));
    WAIT_FOR(&fixture, all_raw_peers_know, &peers);
    assert_true(refused_peers(&peers) >= RAW_PEERS - FREE_DESCRIPTORS);
    expect_answer(NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < RAW_PEERS; i++)
        close(peers.fds[i].fd);
    assert_int_equal(bus_client_open(fixture.bus, "echo", &fixture.more_clients[0]), OK);
    expect_answer(fixture.more_clients[0]);
    struct expectation refused = {"bus.connection.refuse", RAW_PEERS - FREE_DESCRIPTORS};
    WAIT_FOR(&fixture, counter_has_come_to, &refused);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(expired_requests_are_not_executed),
        TEST(a_deadline_in_the_far_future_is_cut),
        TEST(garbage_is_counted_and_harms_nobody),
        TEST(a_frame_over_the_limit_drops_its_sender_only),
        TEST(a_reply_to_a_vanished_peer_is_counted),
        TEST(a_burst_leaves_the_loop_its_turns_and_loses_nothing),
        TEST(peers_that_come_and_go_5000_times_leave_nothing_behind),
        TEST(without_descriptors_new_peers_are_refused_and_others_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
