/*
 * consumer_taken_pgtest - the statement of an effect against a real PostgreSQL: whose lane, which
 * event, how often; for one event, and for those of several lanes at once
 *
 * The tables are warranty's.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/pgtest.h"

#include "common/consumer_private.h"

DB_STATEMENT(add_effect, "test_add_effect",
             "WITH " CONSUMER_TAKEN("$1") ", added AS (INSERT INTO effects (event_id, aggregate_id)"
                                          " SELECT event_id, $2 FROM taken)" CONSUMER_COUNTS);

/* A text that is no number fails. */
DB_BATCH(add_effects, "test_add_effects",
         "WITH " CONSUMER_EACH_TAKEN ", added AS (INSERT INTO effects (event_id, aggregate_id)"
         " SELECT event_id, ($8::text[])[n] FROM taken WHERE coalesce(($8::text[])[n]::integer,"
         " 0) >= 0)" CONSUMER_EACH_COUNTS);

#define COUNT_EFFECTS "SELECT count(*) FROM warranty.effects"

static struct db *db;
static const struct db_stmt *stmt;

static int
set_up(void **state)
{
    stmt = *state;
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
    int lane; /* 0: 1 */
    const char *effect;
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
        .place = {"test", unit->holder, unit->lane > 0 ? unit->lane : 1, unit->epoch,
                  unit->position, unit->is_again},
    };
    const struct db_param param = db_text(unit->effect != NULL ? unit->effect : "7");
    unit->err = consumer_write_await(db, &call, &event, stmt, &param, 1);
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
    return run_unit((struct unit){
        .holder = holder, .event_id = event_id, .epoch = epoch, .position = position});
}

/* Of an event that is parked. */
static enum err
take_again(struct uuid holder, struct uuid event_id)
{
    return run_unit((struct unit){
        .holder = holder, .event_id = event_id, .epoch = 1, .position = 5, .is_again = true});
}

static void
hold_lanes(const struct uuid *holder, int count)
{
    char text[UUID_TEXT_SIZE], sql[256];
    uuid_print(holder, text);
    snprintf(sql, sizeof sql,
             "INSERT INTO warranty.consumer_lanes (name, lane, epoch, position, holder)"
             " SELECT 'test', lane, 1, 10, '%s' FROM generate_series(1, %d) AS lane",
             text, count);
    pgtest_run(sql);
}

static void
hold_lane(const struct uuid *holder)
{
    hold_lanes(holder, 1);
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

enum { LANES = 40 };

/* An event for each lane, at once. */
static void
fill_units(struct unit units[LANES], const struct uuid *holder)
{
    for (int i = 0; i < LANES; i++)
        units[i] = (struct unit){.holder = *holder,
                                 .event_id = uuid_make(),
                                 .epoch = 1,
                                 .position = 11 + i,
                                 .lane = i + 1};
}

static void
run_units(struct unit units[LANES])
{
    for (int i = 0; i < LANES; i++)
        assert_true(task_spawn(unit_run, &units[i]));
    pgtest_await_tasks();
}

static void
events_of_several_lanes_each_have_their_own_fate(void **state UNUSED)
{
    enum { NOT_OURS = 3, DONE_BEFORE = 5, KNOWN = 8 };
    struct uuid holder = uuid_make(), other = uuid_make();
    struct unit units[LANES];
    hold_lanes(&holder, LANES);
    fill_units(units, &holder);
    assert_int_equal(take(holder, units[KNOWN].event_id, 1, 11), OK); /* another lane has had it */
    units[0].position = 12;
    units[NOT_OURS].holder = other;
    units[DONE_BEFORE].position = 10;
    run_units(units);
    for (int i = 0; i < LANES; i++)
        assert_int_equal(units[i].err, i == NOT_OURS || i == DONE_BEFORE ? ERR_ABORTED : OK);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), LANES - 2);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.consumer_lanes"
                                  " WHERE position = 10 + lane"),
                     LANES - 3);
    assert_int_equal(pgtest_count("SELECT count(*) FROM warranty.consumer_lanes"
                                  " WHERE position = 10"),
                     2);
}

static void
an_event_whose_effect_fails_leaves_those_of_other_lanes_alone(void **state UNUSED)
{
    struct uuid holder = uuid_make();
    struct unit units[LANES];
    hold_lanes(&holder, LANES);
    fill_units(units, &holder);
    units[4].effect = "no number";
    run_units(units);
    for (int i = 0; i < LANES; i++)
        assert_int_equal(units[i].err, i == 4 ? ERR_INTERNAL : OK);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), LANES - 1);
    assert_int_equal(pgtest_count("SELECT lane FROM warranty.consumer_lanes WHERE position = 10"),
                     5);
}

/* A try that nobody waited for, and the one after it. */
static void
an_event_that_comes_twice_at_once_has_one_effect(void **state UNUSED)
{
    struct uuid holder = uuid_make();
    struct unit units[LANES];
    hold_lanes(&holder, LANES);
    fill_units(units, &holder);
    units[LANES - 1] = units[0];
    run_units(units);
    assert_int_equal(pgtest_count(COUNT_EFFECTS), LANES - 1);
    assert_true((units[0].err == OK) != (units[LANES - 1].err == OK));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, set_up, tear_down, (void *)&add_effect)
#define TEST_EACH(name)                                                                            \
    cmocka_unit_test_prestate_setup_teardown(name, set_up, tear_down, (void *)&add_effects)
        TEST(only_the_holder_takes_an_event_and_only_forwards),
        TEST(an_event_in_the_inbox_moves_the_cursor_only),
        TEST(only_the_holder_tries_a_parked_event_again_and_its_effect_comes_once),
        TEST(an_event_that_lay_parked_for_longer_than_the_inbox_is_kept_has_one_effect_too),
        TEST_EACH(only_the_holder_takes_an_event_and_only_forwards),
        TEST_EACH(an_event_in_the_inbox_moves_the_cursor_only),
        TEST_EACH(only_the_holder_tries_a_parked_event_again_and_its_effect_comes_once),
        TEST_EACH(an_event_that_lay_parked_for_longer_than_the_inbox_is_kept_has_one_effect_too),
        TEST_EACH(events_of_several_lanes_each_have_their_own_fate),
        TEST_EACH(an_event_whose_effect_fails_leaves_those_of_other_lanes_alone),
        TEST_EACH(an_event_that_comes_twice_at_once_has_one_effect),
    };
    pgtest_begin("consumer_taken_pgtest");
    pgtest_deploy_warranty();
    pgtest_run("CREATE TABLE warranty.effects (event_id uuid, aggregate_id text);"
               "GRANT SELECT, INSERT ON warranty.effects TO warranty_service");
    int failures = cmocka_run_group_tests_name("consumer_taken", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
