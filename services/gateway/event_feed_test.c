/*
 * event_feed_test - the gateway's look at the log: where it begins, whom it wakes, what it waits
 * for
 *
 * The events daemon is a fake on the bus: it holds a pull for which it has nothing, and those that
 * a test wants held.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/principal.h"
#include "common/rng.h"
#include "common/stat.h"
#include "common/svc_private.h"
#include "event_feed.h"
#include "events/v1/events.contract.h"

enum { EVENTS_MAX = 64, HELD_MAX = 64, LIMIT_MS = 10000 };

static struct loop *loop;
static char directory[32];
static struct svc svc;
static struct bus *events_bus;
static struct bus_server *server;
static struct event_feed *feed;
static const struct event_filter all = {.aggregate_type = "", .aggregate_id = "", .owner_id = ""};

/* ---- the events daemon ---- */

static struct {
    int64_t epoch;
    int64_t first_position; /* before it RESYNC */
    int64_t last_position;
    bool is_holding; /* whatever is pulled */
    struct bus_request *held[HELD_MAX];
    size_t held_count;
} fake;

static void
answer(struct bus_request *request, const ProtobufCMessage *res)
{
    size_t size_bytes = protobuf_c_message_get_packed_size(res);
    uint8_t *body = arena_alloc(request->arena, size_bytes);
    protobuf_c_message_pack(res, body);
    const struct bus_reply reply = {
        .domain = "events", .body = body, .body_size_bytes = size_bytes};
    bus_reply(server, &request, &reply);
}

static void
answer_resync(struct bus_request *request)
{
    struct bus_reply reply = {.domain = "events", .fault.code = ERR_OUT_OF_RANGE};
    snprintf(reply.fault.message, sizeof reply.fault.message, "it is not there any more");
    snprintf(reply.fault.reason, sizeof reply.fault.reason, "RESYNC");
    bus_reply(server, &request, &reply);
}

static void
answer_stream(struct bus_request *request)
{
    Events__V1__GetStreamResponse res = EVENTS__V1__GET_STREAM_RESPONSE__INIT;
    res.epoch = fake.epoch;
    res.last_position = fake.last_position;
    answer(request, &res.base);
}

static void
answer_page(struct bus_request *request, int64_t after)
{
    static Events__V1__LoggedEvent logged[EVENTS_MAX];
    static Events__V1__LoggedEvent *events[EVENTS_MAX];
    Events__V1__PullEventsResponse res = EVENTS__V1__PULL_EVENTS_RESPONSE__INIT;
    res.epoch = fake.epoch;
    res.events = events;
    res.next_after = res.last_position = fake.last_position;
    for (int64_t position = after + 1; position <= fake.last_position; position++) {
        Events__V1__LoggedEvent *event = &logged[res.n_events];
        events__v1__logged_event__init(event);
        event->position = position;
        event->event_id = "01900000-0000-7000-8000-000000000000";
        event->type = "of.no.Contract";
        event->aggregate_type = "thing";
        event->aggregate_id = "7";
        events[res.n_events++] = event;
    }
    answer(request, &res.base);
}

static void
on_pull(struct bus_request *request)
{
    Events__V1__PullEventsRequest *req =
        events__v1__pull_events_request__unpack(NULL, request->body_size_bytes, request->body);
    assert_non_null(req);
    bool is_gap = req->after < fake.first_position - 1;
    bool is_empty = req->after >= fake.last_position && req->epoch == fake.epoch;
    if (is_gap) {
        answer_resync(request);
    } else if (fake.is_holding || is_empty) {
        assert_true(fake.held_count < HELD_MAX);
        fake.held[fake.held_count++] = request;
    } else {
        answer_page(request, req->after);
    }
    events__v1__pull_events_request__free_unpacked(req, NULL);
}

static void
on_request(void *context UNUSED, struct bus_request *request)
{
    if (strcmp(request->method, events_v1_get_stream_method.name) == 0)
        answer_stream(request);
    else
        on_pull(request);
}

/* Answers those that wait, one where `is_one`. */
static void
let_go(bool is_one)
{
    size_t count = is_one ? 1 : fake.held_count;
    struct bus_request *held[HELD_MAX];
    assert_true(count <= fake.held_count);
    memcpy(held, fake.held, sizeof held);
    fake.held_count -= count;
    memmove(fake.held, fake.held + count, fake.held_count * sizeof *fake.held);
    for (size_t i = 0; i < count; i++)
        on_pull(held[i]);
}

/* An event more, for who waits for it. */
static void
append(void)
{
    fake.last_position++;
    let_go(false);
}

/* ---- the world around ---- */

static bool
is_found(void *context UNUSED)
{
    return bus_client_ready(svc_client(&svc, "events")) > 0;
}

static int
set_up(void **state UNUSED)
{
    static const uint8_t key[PRINCIPAL_KEY_SIZE] = {1, 2, 3};
    struct fault fault;
    rng_init();
    clock_init();
    principal_init_key(key);
    loop = loop_open();
    task_init(loop, 0);
    snprintf(directory, sizeof directory, "/tmp/feed-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    memset(&fake, 0, sizeof fake);
    fake.epoch = fake.first_position = 1;
    fake.last_position = 10;
    svc = (struct svc){.magic = SVC_MAGIC, .service = "gateway", .loop = loop};
    struct bus_options options = {
        .service = "events", .directory = directory, .connect = "", .linger_ms = 100};
    assert_int_equal(bus_open(loop, &options, &events_bus, &fault), OK);
    assert_int_equal(bus_server_open(events_bus, on_request, NULL, &server, &fault), OK);
    options.service = "gateway";
    assert_int_equal(bus_open(loop, &options, &svc.bus, &fault), OK);
    feed = event_feed_new(&svc);
    assert_true(loop_run_until(loop, is_found, NULL, LIMIT_MS));
    return 0;
}

static bool
has_no_task(void *context UNUSED)
{
    return task_count() == 0;
}

static int
tear_down(void **state UNUSED)
{
    event_feed_stop(feed);
    fake.is_holding = false;
    fake.last_position++;
    let_go(false);
    assert_true(loop_run_until(loop, has_no_task, NULL, LIMIT_MS));
    event_feed_free(&feed);
    bus_client_close(&svc.clients[0].client);
    bus_server_close(&server);
    bus_close(&svc.bus);
    bus_close(&events_bus);
    task_deinit();
    loop_close(&loop);
    stat_deinit();
    arena_deinit();
    return rmdir(directory); /* fails if a socket was left behind */
}

/* ---- what is waited for ---- */

static struct event_place end;

static bool
is_at(void *context)
{
    const struct event_place *wanted = context;
    return event_feed_end(feed, &end) && end.epoch == wanted->epoch &&
           end.position == wanted->position;
}

static void
await_end(int64_t epoch, int64_t position)
{
    struct event_place wanted = {epoch, position};
    if (!loop_run_until(loop, is_at, &wanted, LIMIT_MS))
        fail_msg("it ends at %lld-%lld, not %lld-%lld", (long long)end.epoch,
                 (long long)end.position, (long long)epoch, (long long)position);
}

static bool
has_held(void *context)
{
    return fake.held_count == *(size_t *)context;
}

static void
await_held(size_t count)
{
    if (!loop_run_until(loop, has_held, &count, LIMIT_MS))
        fail_msg("%zu pulls wait, not %zu", fake.held_count, count);
}

static bool
reaches(int64_t epoch, int64_t position)
{
    return event_feed_reaches(feed, &(struct event_place){epoch, position});
}

/* How many of its events lie behind the place. */
static unsigned
count_behind(int64_t epoch, int64_t position)
{
    struct event_place place = {epoch, position};
    struct buf out = {0};
    unsigned count = event_feed_take(feed, &all, &place, &out, SIZE_MAX);
    buf_free(&out);
    return count;
}

/* Streams that wait for events, or pull for themselves. */
static struct waiter {
    struct event_wait wait;
    enum err err;
    bool is_over;
} waiters[HELD_MAX];

static void
wait_run(void *context)
{
    struct waiter *waiter = context;
    event_feed_wait_await(feed, &waiter->wait, clock_mono_ms() + 10 * LIMIT_MS);
    waiter->is_over = true;
}

static void
pull_run(void *context)
{
    struct waiter *waiter = context;
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    const Events__V1__PullEventsResponse *page;
    struct call_details details;
    waiter->err =
        event_feed_pull_await(feed, arena, &all, &(struct event_place){1, 3}, &page, &details);
    waiter->is_over = true;
    arena_free(&arena);
}

static void
start(void (*run)(void *context), size_t count)
{
    memset(waiters, 0, sizeof waiters);
    for (size_t i = 0; i < count; i++)
        assert_true(task_spawn(run, &waiters[i]));
}

static size_t
count_over(void)
{
    size_t count = 0;
    for (size_t i = 0; i < HELD_MAX; i++)
        count += waiters[i].is_over;
    return count;
}

static bool
is_over(void *context)
{
    return count_over() == *(size_t *)context;
}

static void
await_over(size_t count)
{
    if (!loop_run_until(loop, is_over, &count, LIMIT_MS))
        fail_msg("%zu are over, not %zu", count_over(), count);
}

/* ---- the tests ---- */

static void
it_begins_at_the_logs_end_and_has_what_comes_next(void **state UNUSED)
{
    event_feed_enter(feed);
    await_end(1, 10);
    assert_true(reaches(1, 10));
    assert_false(reaches(1, 9));
    await_held(1);
    append();
    await_end(1, 11);
    assert_int_equal(count_behind(1, 10), 1);
    event_feed_leave(feed);
}

static void
those_who_wait_are_woken_by_an_event_all_of_them(void **state UNUSED)
{
    event_feed_enter(feed);
    await_held(1);
    start(wait_run, 3);
    assert_int_equal(count_over(), 0);
    append();
    await_over(3);
    event_feed_leave(feed);
}

static void
one_who_is_woken_leaves_the_others_waiting(void **state UNUSED)
{
    event_feed_enter(feed);
    await_held(1);
    start(wait_run, 3);
    event_feed_wake(&waiters[1].wait);
    event_feed_wake(&waiters[1].wait);
    await_over(1);
    assert_true(waiters[1].is_over);
    append();
    await_over(3);
    event_feed_leave(feed);
}

static void
without_a_stream_it_asks_nothing_and_forgets_what_it_has(void **state UNUSED)
{
    event_feed_enter(feed);
    await_held(1);
    append();
    await_end(1, 11);
    await_held(1);
    event_feed_leave(feed);
    append();
    assert_true(loop_run_until(loop, has_no_task, NULL, LIMIT_MS));
    assert_false(event_feed_end(feed, &end));
    assert_int_equal(fake.held_count, 0);
}

static void
in_a_new_epoch_it_begins_anew_and_streams_of_the_old_one_pull(void **state UNUSED)
{
    event_feed_enter(feed);
    await_held(1);
    fake.epoch = 2;
    append();
    await_end(2, 11);
    assert_true(reaches(2, 10));
    assert_false(reaches(1, 10));
    event_feed_leave(feed);
}

static void
past_retention_it_goes_to_the_logs_end(void **state UNUSED)
{
    event_feed_enter(feed);
    await_held(1);
    fake.first_position = 40;
    fake.last_position = 49;
    append();
    await_end(1, 50);
    assert_false(reaches(1, 10));
    assert_true(reaches(1, 50));
    event_feed_leave(feed);
}

static void
so_many_pull_at_once_and_the_others_have_their_turn(void **state UNUSED)
{
    const size_t count = FEED_PULLS_MAX + 5;
    fake.is_holding = true;
    start(pull_run, count);
    await_held(FEED_PULLS_MAX);
    fake.is_holding = false;
    let_go(true);
    await_over(1 + 5); /* those whose turn came are not held any more */
    assert_int_equal(fake.held_count, FEED_PULLS_MAX - 1);
    let_go(false);
    await_over(count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(waiters[i].err, OK);
}

static void
when_it_is_stopped_nobody_waits_any_more(void **state UNUSED)
{
    event_feed_enter(feed);
    await_held(1);
    start(wait_run, 3);
    event_feed_stop(feed);
    await_over(3);
    start(wait_run, 1);
    assert_int_equal(count_over(), 1);
    event_feed_leave(feed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(it_begins_at_the_logs_end_and_has_what_comes_next),
        TEST(those_who_wait_are_woken_by_an_event_all_of_them),
        TEST(one_who_is_woken_leaves_the_others_waiting),
        TEST(without_a_stream_it_asks_nothing_and_forgets_what_it_has),
        TEST(in_a_new_epoch_it_begins_anew_and_streams_of_the_old_one_pull),
        TEST(past_retention_it_goes_to_the_logs_end),
        TEST(so_many_pull_at_once_and_the_others_have_their_turn),
        TEST(when_it_is_stopped_nobody_waits_any_more),
    };
    return cmocka_run_group_tests_name("event_feed", tests, NULL, NULL);
}
