/*
 * db_pgtest - asking a real PostgreSQL: values, limits, deadlines, and schemas that do not fit
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_fixture.h"

#include "common/clock.h"

static void
values_of_every_type_come_back_as_they_went(void *context UNUSED)
{
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    const struct uuid uuid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    const char *const texts[] = {"one", "zw\xc3\xb6lf"};
    const struct db_param params[] = {db_text("h\xc3\xa9llo"),
                                      db_bytea("a\0b", 3),
                                      db_int4(INT32_MIN),
                                      db_int8(INT64_MAX),
                                      db_bool(true),
                                      db_uuid(&uuid),
                                      db_date((struct date){1999, 12, 31}),
                                      db_time(INT64_C(-62135596800000000)),
                                      db_text_array(call.arena, texts, 2)};
    const struct db_rows *rows;
    assert_int_equal(db_read_await(db, &call, &echo, params, 9, &rows), OK);
    size_t size_bytes;
    assert_string_equal(db_get_text(rows, 0, 0), "h\xc3\xa9llo");
    assert_memory_equal(db_get_bytea(rows, 0, 1, &size_bytes), "a\0b", 3);
    assert_int_equal(size_bytes, 3);
    assert_int_equal(db_get_int4(rows, 0, 2), INT32_MIN);
    assert_true(db_get_int8(rows, 0, 3) == INT64_MAX);
    assert_true(db_get_bool(rows, 0, 4));
    struct uuid back = db_get_uuid(rows, 0, 5);
    assert_memory_equal(back.bytes, uuid.bytes, 16);
    assert_int_equal(date_compare(db_get_date(rows, 0, 6), (struct date){1999, 12, 31}), 0);
    assert_true(db_get_time(rows, 0, 7) == INT64_C(-62135596800000000));
    assert_int_equal(db_get_int4(rows, 0, 8), 2);
    assert_string_equal(db_get_text(rows, 0, 9), "zw\xc3\xb6lf");
    arena_free(&call.arena);
}

static void
nulls_come_back_as_nulls(void *context UNUSED)
{
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    struct db_param params[] = {db_text(NULL),
                                db_bytea("", 0),
                                db_int4(0),
                                db_int8(0),
                                db_bool(false),
                                db_uuid(NULL),
                                db_date((struct date){0}),
                                db_time(0),
                                db_text_array(call.arena, NULL, 0)};
    for (int i = 1; i < 5; i++)
        params[i].is_null = true;
    params[7].is_null = true;
    const struct db_rows *rows;
    assert_int_equal(db_read_await(db, &call, &echo, params, 9, &rows), OK);
    size_t size_bytes;
    for (size_t column = 0; column < 8; column++)
        assert_true(db_is_null(rows, 0, column));
    assert_string_equal(db_get_text(rows, 0, 0), "");
    assert_non_null(db_get_bytea(rows, 0, 1, &size_bytes));
    assert_int_equal(size_bytes, 0);
    assert_int_equal(db_get_int4(rows, 0, 2), 0);
    assert_true(db_get_int8(rows, 0, 3) == 0 && !db_get_bool(rows, 0, 4));
    assert_true(date_is_absent(db_get_date(rows, 0, 6)) && db_get_time(rows, 0, 7) == 0);
    assert_int_equal(db_get_int4(rows, 0, 8), 0);
    arena_free(&call.arena);
}

static void
every_type_and_null_makes_the_round_trip(void **state UNUSED)
{
    assert_true(task_spawn(values_of_every_type_come_back_as_they_went, NULL));
    assert_true(task_spawn(nulls_come_back_as_nulls, NULL));
    pgtest_await_tasks();
}

static void
parameters_of_another_type_are_refused_before_they_are_sent(void **state UNUSED)
{
    struct ask asks[3] = {reading(1), reading(1), reading(1)};
    asks[0].params[0] = db_text("1");
    asks[1].param_count = 2;
    run(asks, 3);
    assert_int_equal(asks[0].err, ERR_INTERNAL);
    assert_int_equal(asks[1].err, ERR_INTERNAL);
    assert_int_equal(asks[2].err, ERR_NOT_FOUND);
}

static void
a_full_queue_refuses_at_once(void **state UNUSED)
{
    const struct db_options options = {
        .read_connections = 1, .write_connections = 1, .queue_max = 10, .group_max = 1};
    struct db *small = pgtest_open(NULL, "dbtest", &options);
    pgtest_await_ready(small);
    struct ask asks[20];
    for (int i = 0; i < 20; i++) {
        asks[i] = adding(i, i);
        asks[i].db = small;
    }
    spawn(asks, 20);
    assert_int_equal(count_err(asks, 20, ERR_RESOURCE_EXHAUSTED), 10);
    pgtest_await_tasks();
    assert_int_equal(count_err(asks, 20, OK), 10);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells"), 10);
    db_close(&small);
}

static void
a_write_whose_rows_do_not_fit_has_happened_and_is_unknown(void **state UNUSED)
{
    struct ask asks[2] = {adding(1, 1), adding(2, 2)};
    asks[0].stmt = &add_wordily;
    asks[0].arena_bytes = 1000;
    run(asks, 2);
    assert_int_equal(asks[0].err, ERR_UNKNOWN);
    assert_int_equal(asks[1].err, OK);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells"), 2);
}

static void
what_waits_past_its_deadline_is_never_sent(void **state UNUSED)
{
    const struct db_options options = {
        .read_connections = 1, .write_connections = 1, .queue_max = 100, .group_max = 1};
    struct db *single = pgtest_open(NULL, "dbtest", &options);
    pgtest_await_ready(single);
    struct ask asks[2] = {napping(true, 300, 1, 0), adding(2, 2)};
    asks[1].deadline_ms = 50;
    asks[0].db = asks[1].db = single;
    run(asks, 2);
    assert_int_equal(asks[0].err, OK);
    assert_int_equal(asks[1].err, ERR_DEADLINE_EXCEEDED);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells WHERE id = 2"), 0);
    db_close(&single);
}

static void
a_deadline_after_sending_leaves_a_write_unknown_and_ends_a_read(void **state UNUSED)
{
    struct ask asks[2] = {napping(true, 300, 1, 50), napping(false, 300, 0, 50)};
    run(asks, 2);
    assert_int_equal(asks[0].err, ERR_UNKNOWN);
    assert_int_equal(asks[1].err, ERR_DEADLINE_EXCEEDED);
    /* The late answers are dropped, and the lanes go on. */
    struct ask next[2] = {adding(2, 2), reading(2)};
    run(&next[0], 1);
    run(&next[1], 1);
    assert_int_equal(next[0].err, OK);
    assert_int_equal(next[1].err, OK);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells"), 2);
}

static void
a_statement_that_takes_too_long_is_ended_by_the_server(void **state UNUSED)
{
    const struct db_options options = {.read_connections = 1,
                                       .write_connections = 1,
                                       .queue_max = 100,
                                       .group_max = 64,
                                       .statement_timeout_ms = 100};
    struct db *hasty = pgtest_open(NULL, "dbtest", &options);
    pgtest_await_ready(hasty);
    struct ask asks[2] = {napping(true, 5000, 1, 0), adding(2, 2)};
    asks[0].db = asks[1].db = hasty;
    run(asks, 2);
    assert_int_equal(asks[0].err, ERR_DEADLINE_EXCEEDED);
    assert_int_equal(asks[1].err, OK);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells"), 1);
    db_close(&hasty);
}

static bool
has_named_the_fault(void *context)
{
    return strstr(db_state(context), "dbtest_old") != NULL ||
           strstr(db_state(context), "newer daemon") != NULL;
}

static void
a_schema_that_lacks_a_table_is_named_and_taken_once_it_is_mended(void **state UNUSED)
{
    pgtest_run("CREATE SCHEMA dbtest_old; CREATE TABLE dbtest_old.schema_info AS"
               " SELECT * FROM dbtest.schema_info");
    struct db *old = pgtest_open(NULL, "dbtest_old", NULL);
    assert_true(loop_run_until(pgtest_loop, has_named_the_fault, old, PGTEST_DEADLINE_MS));
    assert_false(db_is_ready(old));
    assert_non_null(strstr(db_state(old), "does not exist"));
    pgtest_run("CREATE TABLE dbtest_old.cells AS SELECT * FROM dbtest.cells;"
               "CREATE TABLE dbtest_old.late AS SELECT * FROM dbtest.late;"
               "CREATE TABLE dbtest_old.keys (key text PRIMARY KEY)");
    pgtest_await_ready(old);
    assert_string_equal(db_state(old), "ready");
    assert_string_equal(db_schema_change(old), "create_test");
    db_close(&old);
    pgtest_run("DROP SCHEMA dbtest_old CASCADE");
}

static void
a_schema_that_wants_a_newer_daemon_is_refused(void **state UNUSED)
{
    pgtest_run("UPDATE dbtest.schema_info SET oldest_daemon = '99.0.0'");
    struct db *late = pgtest_open(NULL, "dbtest", NULL);
    assert_true(loop_run_until(pgtest_loop, has_named_the_fault, late, PGTEST_DEADLINE_MS));
    assert_false(db_is_ready(late));
    pgtest_run("UPDATE dbtest.schema_info SET oldest_daemon = '0.0.1'");
    pgtest_await_ready(late);
    db_close(&late);
}

static void
a_statement_whose_table_changed_is_prepared_anew(void **state UNUSED)
{
    struct ask ask = {.stmt = &read_late, .params = {db_int8(1)}, .param_count = 1};
    pgtest_run("INSERT INTO late (id, number) VALUES (1, 1)");
    run(&ask, 1);
    assert_int_equal(ask.err, OK);
    int64_t before = read_counter("aftercare_db_connection_lose");
    pgtest_run("ALTER TABLE late ADD COLUMN extra bigint");
    run(&ask, 1);
    assert_int_equal(ask.err, OK);
    assert_int_equal(read_counter("aftercare_db_connection_lose") - before, 1);
}

/* ---- plans ---- */

DB_STATEMENT(explain_cell, "test_explain_cell", "EXPLAIN EXECUTE test_read_cell(1)");

/* "Seq Scan on cells", "Index Scan ...", and by which condition: "$1" is of the plan that is kept.
 * A plan that became dearer than those before it is made for a few single calls first. */
static bool
is_kept_as(const char *scan)
{
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    const struct db_rows *rows;
    assert_int_equal(db_read_await(db, &call, &explain_cell, NULL, 0, &rows), OK);
    bool is_it = strstr(db_get_text(rows, 0, 0), scan) != NULL &&
                 strstr(db_get_text(rows, 1, 0), "$1") != NULL;
    arena_free(&call.arena);
    return is_it;
}

static void
read_some_cells(void)
{
    for (int i = 0; i < 10; i++) {
        struct ask ask = reading(1);
        ask_run(&ask);
        assert_int_equal(ask.err, OK);
    }
}

static void
look_at_plans(void *context UNUSED)
{
    read_some_cells();
    assert_true(is_kept_as("Seq Scan"));
    pgtest_run("INSERT INTO cells SELECT i, i FROM generate_series(2, 20000) AS i");
    int64_t limit_mono_ms = clock_mono_ms() + PGTEST_DEADLINE_MS;
    bool is_new_kept = false;
    while (!is_new_kept && clock_mono_ms() < limit_mono_ms) {
        read_some_cells();
        is_new_kept = is_kept_as("Index Scan");
    }
    assert_true(is_new_kept);
}

static void
a_plan_for_a_table_that_was_small_does_not_stay(void **state UNUSED)
{
    const struct db_options options = {.read_connections = 1,
                                       .write_connections = 1,
                                       .queue_max = 100,
                                       .group_max = DB_GROUP_MAX,
                                       .plan_age_ms = 200};
    unsigned write_connections = 1;
    pgtest_run("ALTER TABLE cells SET (autovacuum_enabled = false)");
    pgtest_run("INSERT INTO cells VALUES (1, 1)");
    pgtest_run("VACUUM ANALYZE cells");
    db_close(&db);
    db = pgtest_open(NULL, "dbtest", &options);
    assert_true(loop_run_until(pgtest_loop, are_all_there, &write_connections, PGTEST_DEADLINE_MS));
    int64_t before = read_counter("aftercare_db_plan_discard");
    assert_true(task_spawn(look_at_plans, NULL));
    pgtest_await_tasks();
    assert_true(read_counter("aftercare_db_plan_discard") > before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(every_type_and_null_makes_the_round_trip),
        TEST(parameters_of_another_type_are_refused_before_they_are_sent),
        TEST(a_full_queue_refuses_at_once),
        TEST(a_write_whose_rows_do_not_fit_has_happened_and_is_unknown),
        TEST(what_waits_past_its_deadline_is_never_sent),
        TEST(a_deadline_after_sending_leaves_a_write_unknown_and_ends_a_read),
        TEST(a_statement_that_takes_too_long_is_ended_by_the_server),
        TEST(a_schema_that_lacks_a_table_is_named_and_taken_once_it_is_mended),
        TEST(a_schema_that_wants_a_newer_daemon_is_refused),
        TEST(a_statement_whose_table_changed_is_prepared_anew),
        TEST(a_plan_for_a_table_that_was_small_does_not_stay),
    };
    pgtest_begin("db_pgtest");
    make_schema();
    int failures = cmocka_run_group_tests_name("db", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
