/*
 * consumer_pgtest - a consumer against a real PostgreSQL and a log in memory
 *
 * The tables are warranty's. Its svc is the part of one that a consumer uses; who asks the events
 * daemon is answered from an array here, so that the log can lose its beginning or begin anew.
 * The statement of an effect by itself: consumer_taken_pgtest.c.
 * Processes that are killed: tests/system/test_consumer.py.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/pgtest.h"

#include "common/bus_internal.h"
#include "common/consumer_private.h"
#include "common/message.h"
#include "events/v1/events.contract.h"

DB_STATEMENT(add_effect, "test_add_effect",
             "WITH " CONSUMER_TAKEN("$1") ", added AS (INSERT INTO effects (event_id, aggregate_id)"
                                          " SELECT event_id, $2 FROM taken)" CONSUMER_COUNTS);

enum { EVENTS_MAX = 4000, LANE_COUNT = 4 };

/* ---- the log ---- */

static struct {
    Events__V1__LoggedEvent events[EVENTS_MAX]; /* at position - 1 */
    int64_t last_position;
    int64_t first_position;
    int64_t epoch;
    int pull_count;
    int resync_count;
} fake;

static void
say(const char *type, const char *aggregate_id, int lane)
{
    Events__V1__LoggedEvent *event = &fake.events[fake.last_position];
    struct uuid event_id = uuid_make();
    char text[UUID_TEXT_SIZE];
    uuid_print(&event_id, text);
    *event = (Events__V1__LoggedEvent)EVENTS__V1__LOGGED_EVENT__INIT;
    event->position = ++fake.last_position;
    event->event_id = mem_copy_text(text);
    event->type = (char *)(uintptr_t)type;
    event->aggregate_id = mem_copy_text(aggregate_id);
    event->lane = lane;
}

static void
forget_log(void)
{
    for (int64_t i = 0; i < fake.last_position; i++) {
        mem_free(fake.events[i].event_id);
        mem_free(fake.events[i].aggregate_id);
    }
    memset(&fake, 0, sizeof fake);
    fake.first_position = fake.epoch = 1;
}

/* ---- what a consumer uses of a svc ---- */

struct svc {
    struct db *db;
    void (*on_drain)(void *context);
    void (*add_status)(struct buf *json_members, void *context);
    void (*close)(void *context);
    void *consumer; /* NULL: none is open */
};

static struct svc svc;

struct loop *
svc_loop(struct svc *of UNUSED)
{
    return pgtest_loop;
}

struct db *
svc_db(struct svc *of)
{
    return of->db;
}

struct bus_client *
svc_client(struct svc *of UNUSED, const char *service UNUSED)
{
    static struct bus_client client = {.ready_count = 1};
    return &client;
}

void
svc_system_call(struct svc *of, struct call *call, struct arena *arena, const char *key,
                int64_t deadline_ms)
{
    *call =
        (struct call){.svc = of, .arena = arena, .deadline_mono_ms = clock_mono_ms() + deadline_ms};
    snprintf(call->key, sizeof call->key, "%s", key);
}

void
svc_on_drain(struct svc *of, void (*on_drain)(void *context),
             bool (*is_drained)(void *context) UNUSED, void *context)
{
    of->on_drain = on_drain;
    of->consumer = context;
}

void
svc_on_status(struct svc *of, void (*add_status)(struct buf *json_members, void *context),
              void *context UNUSED)
{
    of->add_status = add_status;
}

void
svc_on_close(struct svc *of, void (*close)(void *context), void *context UNUSED)
{
    of->close = close;
}

void
svc_on_page(struct svc *of UNUSED, const char *method UNUSED, const char *path UNUSED,
            svc_page *page UNUSED, void *context UNUSED)
{
}

static enum err
refuse_gap(struct call *call)
{
    fake.resync_count++;
    enum err err = call_fail(call, ERR_OUT_OF_RANGE, "RESYNC", "it is not there any more");
    call_add_detail(call, "epoch", "%lld", (long long)fake.epoch);
    call_add_detail(call, "first_position", "%lld", (long long)fake.first_position);
    return err;
}

enum err
svc_ask_await(struct call *call, const struct contract_method *method, const ProtobufCMessage *req,
              const ProtobufCMessage **ret_res)
{
    const Events__V1__PullEventsRequest *asked = (const void *)req;
    CHECK(method == &events_v1_pull_events_method);
    fake.pull_count++;
    task_sleep_await(1);
    if (asked->after < fake.first_position - 1 || (asked->epoch != 0 && asked->epoch < fake.epoch))
        return refuse_gap(call);
    Events__V1__PullEventsResponse *res = arena_alloc(call->arena, sizeof *res);
    events__v1__pull_events_response__init(res);
    res->events = arena_alloc(call->arena, (size_t)(asked->limit + 1) * sizeof(*res->events));
    res->epoch = fake.epoch;
    res->next_after = res->last_position = fake.last_position;
    for (int64_t at = asked->after; at < fake.last_position; at++) {
        if (res->n_events == (size_t)asked->limit) {
            res->next_after = at;
            break;
        }
        res->events[res->n_events++] = &fake.events[at];
    }
    *ret_res = &res->base;
    return OK;
}

/* ---- the consumer ---- */

static bool is_refusing;

static enum err
on_any(struct call *call, const struct consumer_event *event)
{
    if (strcmp(event->envelope->type, "test.v1.NothingSaid") == 0)
        return OK;
    if (is_refusing)
        return call_fail(call, ERR_UNAVAILABLE, "NOT_NOW", "not now");
    const struct db_param param = db_text(event->envelope->aggregate_id);
    return consumer_write_await(svc_db(call->svc), call, event, &add_effect, &param, 1);
}

static const struct consumer_kind kinds[] = {{NULL, on_any}, CONSUMER_KIND_END};

static void
open_consumer(enum consumer_resync on_resync)
{
    static struct consumer_options options;
    options = (struct consumer_options){
        .name = "test", .kinds = kinds, .lanes = LANE_COUNT, .on_resync = on_resync};
    consumer_open(&svc, &options);
}

static void
close_consumer(void)
{
    if (svc.consumer == NULL)
        return;
    svc.on_drain(svc.consumer);
    pgtest_await_tasks();
    svc.close(svc.consumer);
    svc.consumer = NULL;
}

static int
set_up(void **state UNUSED)
{
    pgtest_run("TRUNCATE warranty.effects, warranty.consumer_lanes, warranty.consumer_replicas,"
               " warranty.consumer_inbox, warranty.consumer_parked");
    forget_log();
    is_refusing = false;
    svc.db = pgtest_open("warranty_service", "warranty", NULL);
    pgtest_await_ready(svc.db);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    close_consumer();
    forget_log();
    db_close(&svc.db);
    pgtest_close_loop();
    return 0;
}

struct wanted {
    const char *sql;
    int64_t count;
};

static bool
is_counted(void *context)
{
    const struct wanted *wanted = context;
    return pgtest_count(wanted->sql) == wanted->count;
}

static void
await_count(const char *sql, int64_t count)
{
    struct wanted wanted = {sql, count};
    if (!loop_run_until(pgtest_loop, is_counted, &wanted, PGTEST_DEADLINE_MS))
        fail_msg("%s: %lld, not %lld", sql, (long long)pgtest_count(sql), (long long)count);
}

#define COUNT_EFFECTS "SELECT count(*) FROM warranty.effects"
#define COUNT_DISTINCT "SELECT count(DISTINCT event_id) FROM warranty.effects"

static void
each_event_has_one_effect_and_lanes_end_where_the_log_ends(void **state UNUSED)
{
    for (int i = 0; i < 1200; i++)
        say("test.v1.ThingDone", "thing", i % 256);
    open_consumer(CONSUMER_GO_ON);
    await_count(COUNT_EFFECTS, 1200);
    say("test.v1.ThingDone", "last", 0);
    await_count(COUNT_EFFECTS, 1201);
    await_count("SELECT min(position) FROM warranty.consumer_lanes", 1201);
    assert_int_equal(pgtest_count(COUNT_DISTINCT), 1201);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.consumer_inbox"), 1201);
}

static void
events_that_are_nobodys_cost_no_statement_each(void **state UNUSED)
{
    for (int i = 0; i < 3000; i++)
        say("test.v1.NothingSaid", "nothing", i % 256);
    open_consumer(CONSUMER_GO_ON);
    await_count("SELECT min(position) FROM warranty.consumer_lanes", 3000);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.consumer_inbox"), 0);
}

static void
a_drained_consumer_gives_its_lanes_up_and_the_next_goes_on(void **state UNUSED)
{
    for (int i = 0; i < 100; i++)
        say("test.v1.ThingDone", "thing", i);
    open_consumer(CONSUMER_GO_ON);
    await_count(COUNT_EFFECTS, 100);
    close_consumer();
    assert_int_equal(
        pgtest_count("SELECT count(*) FROM warranty.consumer_lanes WHERE holder IS NOT NULL"), 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.consumer_replicas"), 0);
    say("test.v1.ThingDone", "thing", 3);
    open_consumer(CONSUMER_GO_ON);
    await_count(COUNT_EFFECTS, 101);
}

/* A lane whose every event waits does not move, whatever the others do. */
static void
a_lane_that_waits_keeps_its_place(void **state UNUSED)
{
    is_refusing = true;
    say("test.v1.ThingDone", "waits", 1);
    open_consumer(CONSUMER_GO_ON);
    for (int i = 0; i < 50; i++)
        say("test.v1.NothingSaid", "nothing", 2);
    await_count("SELECT coalesce(max(position), 0) FROM warranty.consumer_lanes WHERE lane = 2",
                51);
    assert_int_equal(
        pgtest_count(
            "SELECT coalesce(max(position), 0) FROM warranty.consumer_lanes WHERE lane = 1"),
        0);
    is_refusing = false;
    await_count(COUNT_EFFECTS, 1);
    await_count("SELECT coalesce(max(position), 0) FROM warranty.consumer_lanes WHERE lane = 1",
                51);
}

static void
where_the_log_begins_later_it_goes_on_from_there(void **state UNUSED)
{
    for (int i = 0; i < 100; i++)
        say("test.v1.ThingDone", "thing", i);
    fake.first_position = 61;
    open_consumer(CONSUMER_GO_ON);
    await_count(COUNT_EFFECTS, 40);
    assert_true(fake.resync_count > 0);
    assert_int_equal(pgtest_count(COUNT_DISTINCT), 40);
}

static void
of_another_epoch_what_was_heard_has_no_second_effect(void **state UNUSED)
{
    for (int i = 0; i < 100; i++)
        say("test.v1.ThingDone", "thing", i);
    open_consumer(CONSUMER_GO_ON);
    await_count(COUNT_EFFECTS, 100);
    await_count("SELECT min(position) FROM warranty.consumer_lanes", 100);
    fake.epoch = 2;
    fake.events[99].event_id[0] ^= 1; /* the last one is another event now */
    await_count("SELECT min(epoch) FROM warranty.consumer_lanes", 2);
    await_count("SELECT min(position) FROM warranty.consumer_lanes", 100);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 101);
    assert_int_equal(pgtest_count(COUNT_DISTINCT), 101);
}

static void
a_consumer_that_is_to_stand_stands(void **state UNUSED)
{
    for (int i = 0; i < 10; i++)
        say("test.v1.ThingDone", "thing", i);
    fake.first_position = 6;
    open_consumer(CONSUMER_STAND);
    while (fake.resync_count == 0)
        await_count("SELECT count(*) FROM warranty.consumer_lanes WHERE holder IS NOT NULL",
                    LANE_COUNT);
    struct buf status = {0};
    svc.add_status(&status, svc.consumer);
    assert_non_null(strstr(buf_text(&status), "RESYNC"));
    buf_free(&status);
    assert_int_equal(pgtest_count("SELECT max(position) FROM warranty.consumer_lanes"), 0);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(each_event_has_one_effect_and_lanes_end_where_the_log_ends),
        TEST(events_that_are_nobodys_cost_no_statement_each),
        TEST(a_drained_consumer_gives_its_lanes_up_and_the_next_goes_on),
        TEST(a_lane_that_waits_keeps_its_place),
        TEST(where_the_log_begins_later_it_goes_on_from_there),
        TEST(of_another_epoch_what_was_heard_has_no_second_effect),
        TEST(a_consumer_that_is_to_stand_stands),
    };
    pgtest_begin("consumer_pgtest");
    pgtest_deploy_warranty();
    pgtest_run("CREATE TABLE warranty.effects (event_id uuid, aggregate_id text);"
               "GRANT SELECT, INSERT ON warranty.effects TO warranty_service");
    int failures = cmocka_run_group_tests_name("consumer", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
