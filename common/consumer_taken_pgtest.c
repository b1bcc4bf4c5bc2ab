/*
 * consumer_taken_pgtest - the statement of an effect against a real PostgreSQL: whose lane, which
 * event, how often
 *
 * The tables are warranty's.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/pgtest.h"

#include "common/consumer_private.h"

DB_STATEMENT(add_effect, "test_add_effect",
             "WITH " CONSUMER_TAKEN("$1") ", added AS (INSERT INTO effects (event_id, aggregate_id)"
                                          " SELECT event_id, $2 FROM taken)" CONSUMER_COUNTS);

#define COUNT_EFFECTS "SELECT count(*) FROM warranty.effects"

static struct db *db;

static int
set_up(void **state UNUSED)
{
    pgtest_run("TRUNCATE warranty.effects, warranty.consumer_lanes, warranty.consumer_inbox,"
               " warranty.consumer_parked");
    db = pgtest_open("warranty_service", "warranty", NULL);
    pgtest_await_ready(db);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    db_close(&db);
    pgtest_close_loop();
    return 0;
}

struct unit {
    struct uuid holder;
    struct uuid event_id;
    int64_t epoch;
    int64_t position;
    enum err err;
    bool is_again;
};

static void
unit_run(void *context)
{
    struct unit *unit = context;
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    Events__V1__LoggedEvent envelope = EVENTS__V1__LOGGED_EVENT__INIT;
    envelope.aggregate_id = (char *)(uintptr_t) "thing";
    const struct consumer_event event = {
        .envelope = &envelope,
        .event_id = unit->event_id,
        .place = {"test", unit->holder, 1, unit->epoch, unit->position, unit->is_again},
    };
    const struct db_param param = db_text("thing");
    unit->err = consumer_write_await(db, &call, &event, &add_effect, &param, 1);
    arena_free(&call.arena);
}

static enum err
run_unit(struct unit unit)
{
    assert_true(task_spawn(unit_run, &unit));
    pgtest_await_tasks();
    return unit.err;
}

static enum err
take(struct uuid holder, struct uuid event_id, int64_t epoch, int64_t position)
{
    return run_unit((struct unit){holder, event_id, epoch, position, OK, false});
}

/* Of an event that is parked. */
static enum err
take_again(struct uuid holder, struct uuid event_id)
{
    return run_unit((struct unit){holder, event_id, 1, 5, OK, true});
}

static void
hold_lane(const struct uuid *holder)
{
    char text[UUID_TEXT_SIZE], sql[256];
    uuid_print(holder, text);
    snprintf(sql, sizeof sql,
             "INSERT INTO warranty.consumer_lanes (name, lane, epoch, position, holder)"
             " VALUES ('test', 1, 1, 10, '%s')",
             text);
    pgtest_run(sql);
}

static void
only_the_holder_takes_an_event_and_only_forwards(void **state UNUSED)
{
    struct uuid holder = uuid_make(), other = uuid_make(), event_id = uuid_make();
    hold_lane(&holder);
    assert_int_equal(take(other, event_id, 1, 11), ERR_ABORTED);
    assert_int_equal(take(holder, event_id, 1, 10), ERR_ABORTED);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 0);
    assert_int_equal(take(holder, event_id, 1, 11), OK);
    assert_int_equal(take(holder, event_id, 1, 11), ERR_ABORTED);
    assert_int_equal(take(holder, uuid_make(), 1, 9), ERR_ABORTED);
    assert_int_equal(take(holder, uuid_make(), 2, 3), OK); /* a later epoch is behind */
    assert_int_equal(take(holder, uuid_make(), 1, 400), ERR_ABORTED);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 2);
    assert_int_equal(pgtest_count("SELECT position FROM warranty.consumer_lanes"), 3);
}

static void
an_event_in_the_inbox_moves_the_cursor_only(void **state UNUSED)
{
    struct uuid holder = uuid_make(), event_id = uuid_make();
    hold_lane(&holder);
    assert_int_equal(take(holder, event_id, 1, 11), OK);
    assert_int_equal(take(holder, event_id, 1, 12), OK);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 1);
    assert_int_equal(pgtest_count("SELECT position FROM warranty.consumer_lanes"), 12);
}

static void
park_one(const struct uuid *event_id)
{
    char text[UUID_TEXT_SIZE], sql[512];
    uuid_print(event_id, text);
    snprintf(sql, sizeof sql,
             "INSERT INTO warranty.consumer_inbox (name, event_id) VALUES ('test', '%s');"
             "INSERT INTO warranty.consumer_parked VALUES ('test', '%s', 1, 1, 5, 't', '', 'R',"
             " 'm', 4, '2026-01-01Z')",
             text, text);
    pgtest_run(sql);
}

static void
only_the_holder_tries_a_parked_event_again_and_its_effect_comes_once(void **state UNUSED)
{
    struct uuid holder = uuid_make(), other = uuid_make(), event_id = uuid_make();
    hold_lane(&holder);
    park_one(&event_id);
    assert_int_equal(take(holder, event_id, 1, 10), ERR_ABORTED);
    assert_int_equal(take(holder, event_id, 1, 11), OK); /* it comes again: it stays parked */
    assert_int_equal(take_again(other, event_id), ERR_ABORTED);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.consumer_parked"), 1);
    assert_int_equal(take_again(holder, uuid_make()), OK); /* one that is not there */
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 0);
    assert_int_equal(take_again(holder, event_id), OK);
    assert_int_equal(take_again(holder, event_id), OK);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.consumer_parked"), 0);
    assert_int_equal(pgtest_count("SELECT position FROM warranty.consumer_lanes"), 11);
    assert_int_equal(take(holder, event_id, 2, 1), OK); /* the log was restored: it is known */
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 1);
}

static void
an_event_that_lay_parked_for_longer_than_the_inbox_is_kept_has_one_effect_too(void **state UNUSED)
{
    struct uuid holder = uuid_make(), event_id = uuid_make();
    hold_lane(&holder);
    park_one(&event_id);
    pgtest_run("DELETE FROM warranty.consumer_inbox");
    assert_int_equal(take_again(holder, event_id), OK);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(only_the_holder_takes_an_event_and_only_forwards),
        TEST(an_event_in_the_inbox_moves_the_cursor_only),
        TEST(only_the_holder_tries_a_parked_event_again_and_its_effect_comes_once),
        TEST(an_event_that_lay_parked_for_longer_than_the_inbox_is_kept_has_one_effect_too),
    };
    pgtest_begin("consumer_taken_pgtest");
    pgtest_deploy_warranty();
    pgtest_run("CREATE TABLE warranty.effects (event_id uuid, aggregate_id text);"
               "GRANT SELECT, INSERT ON warranty.effects TO warranty_service");
    int failures = cmocka_run_group_tests_name("consumer_taken", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
