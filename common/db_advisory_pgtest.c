/*
 * db_advisory_pgtest - the write connection that holds an advisory lock, against a real PostgreSQL
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_fixture.h"

enum { LOCK = 4711 };

DB_STATEMENT(
    show, "test_show",
    "SELECT 1 WHERE current_setting('enable_seqscan') = 'off' AND current_setting('jit') = 'off'");

static struct db *second;

static struct db *
open_locked(void)
{
    const struct db_options options = {.write_connections = 1,
                                       .queue_max = 100,
                                       .group_max = DB_GROUP_MAX,
                                       .settings = "-c enable_seqscan=off",
                                       .advisory_lock = LOCK};
    return pgtest_open(NULL, "dbtest", &options);
}

static bool
waits_for_the_lock(void *context)
{
    return strcmp(db_state(context), "another process holds the lock") == 0;
}

static int
set_up_locked(void **state UNUSED)
{
    pgtest_run("TRUNCATE cells, late, keys");
    db = open_locked();
    pgtest_await_ready(db);
    second = open_locked();
    assert_true(loop_run_until(pgtest_loop, waits_for_the_lock, second, PGTEST_DEADLINE_MS));
    return 0;
}

static int
tear_down_locked(void **state UNUSED)
{
    db_close(&second);
    return tear_down(state);
}

static int64_t
count_holders(void)
{
    return pgtest_count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                        " AND database = (SELECT oid FROM pg_database"
                        " WHERE datname = current_database())");
}

static void
only_the_holder_of_the_lock_is_ready(void **state UNUSED)
{
    struct ask asks[2] = {adding(1, 1), adding(2, 2)};
    asks[1].db = second;
    assert_false(db_is_ready(second));
    run(asks, 2);
    assert_int_equal(asks[0].err, OK);
    assert_int_equal(asks[1].err, ERR_UNAVAILABLE);
    assert_int_equal(count_holders(), 1);
}

static void
the_next_one_is_ready_when_the_holder_closes(void **state UNUSED)
{
    struct ask ask = adding(1, 1);
    ask.db = second;
    db_close(&db);
    pgtest_await_ready(second);
    run(&ask, 1);
    assert_int_equal(ask.err, OK);
    assert_int_equal(count_holders(), 1);
}

static bool
is_one_ready(void *context UNUSED)
{
    return db_is_ready(db) != db_is_ready(second);
}

static void
one_of_both_is_ready_after_the_holder_was_cut(void **state UNUSED)
{
    struct ask ask = adding(1, 1);
    for (int i = 0; i < 5; i++) {
        pgtest_run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                   " AND granted");
        pgtest_run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
        assert_true(loop_run_until(pgtest_loop, is_one_ready, NULL, PGTEST_DEADLINE_MS));
        ask = adding(i, i);
        ask.db = db_is_ready(db) ? db : second;
        run(&ask, 1);
        assert_true(ask.err == OK || ask.err == ERR_UNKNOWN); /* it may not know yet */
        assert_true(count_holders() <= 1);
    }
}

static void
the_settings_hold_for_each_session(void **state UNUSED)
{
    assert_int_equal(
        pgtest_count("SELECT count(*) FROM pg_stat_activity WHERE"
                     " application_name = 'aftercare-dbtest' AND datname = current_database()"),
        2);
    struct ask ask = {.stmt = &show, .is_write = true};
    run(&ask, 1);
    assert_int_equal(ask.err, OK);
    assert_int_equal(ask.row_count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define LOCKED(name) cmocka_unit_test_setup_teardown(name, set_up_locked, tear_down_locked)
        LOCKED(only_the_holder_of_the_lock_is_ready),
        LOCKED(the_next_one_is_ready_when_the_holder_closes),
        LOCKED(one_of_both_is_ready_after_the_holder_was_cut),
        LOCKED(the_settings_hold_for_each_session),
    };
    pgtest_begin("db_advisory_pgtest");
    make_schema();
    int failures = cmocka_run_group_tests_name("db_advisory", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
