/*
 * db_batch_pgtest - many units of work in one statement against a real PostgreSQL: each caller has
 * its own row, and only who is guilty is refused
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_fixture.h"

DB_BATCH(add_each, "test_add_each",
         "WITH added AS (INSERT INTO cells (id, value) SELECT * FROM unnest($1::bigint[],"
         " $2::bigint[])) SELECT id * 10 FROM unnest($1::bigint[]) WITH ORDINALITY"
         " AS asked (id, n) ORDER BY n");
DB_BATCH(echo_each, "test_echo_each",
         "SELECT ($1::text[])[n], ($2::bytea[])[n], ($3::integer[])[n], ($4::bigint[])[n],"
         " ($5::boolean[])[n], ($6::uuid[])[n], ($7::date[])[n], ($8::timestamptz[])[n]"
         " FROM generate_series(1, cardinality($1::text[])) AS n ORDER BY n");

static struct ask
adding_each(int64_t id, int64_t value)
{
    struct ask ask = adding(id, value);
    ask.stmt = &add_each;
    return ask;
}

static void
a_group_of_one_kind_is_one_statement_and_each_has_its_row(void **state UNUSED)
{
    enum { COUNT = 1000 };
    static struct ask asks[COUNT];
    int64_t before = read_counter("aftercare_db_statement_send");
    for (int i = 0; i < COUNT; i++)
        asks[i] = adding_each(i, i);
    run(asks, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(asks[i].err, OK);
        assert_int_equal(asks[i].row_count, 1);
        assert_int_equal(asks[i].number, 10 * i);
    }
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells WHERE value = id"), COUNT);
    assert_true(read_counter("aftercare_db_statement_send") - before <= COUNT / DB_GROUP_MAX + 4);
}

static void
other_statements_of_the_group_keep_their_answers(void **state UNUSED)
{
    enum { COUNT = 60 };
    struct ask asks[COUNT];
    for (int i = 0; i < COUNT; i++)
        asks[i] = i % 2 == 0 ? adding_each(i, i) : adding(i, i);
    run(asks, COUNT);
    assert_int_equal(count_err(asks, COUNT, OK), COUNT);
    for (int i = 0; i < COUNT; i += 2)
        assert_int_equal(asks[i].number, 10 * i);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells"), COUNT);
}

static void
only_the_guilty_units_are_refused(void **state UNUSED)
{
    enum { COUNT = 1000 };
    static struct ask asks[COUNT];
    int64_t before = read_counter("aftercare_db_batch_divide");
    for (int i = 0; i < COUNT; i++)
        asks[i] = adding_each(i, i % 100 == 7 ? -1 : i);
    run(asks, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(asks[i].err, i % 100 == 7 ? ERR_FAILED_PRECONDITION : OK);
        if (asks[i].err != OK)
            assert_string_equal(asks[i].field, "cells_value_ck");
        else
            assert_int_equal(asks[i].number, 10 * i);
    }
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells"), COUNT - COUNT / 100);
    assert_true(read_counter("aftercare_db_batch_divide") > before);
}

static void
a_write_that_nobody_waits_for_any_more_does_not_shift_the_rows_of_others(void **state UNUSED)
{
    struct ask asks[40];
    for (int i = 0; i < 40; i++) {
        asks[i] = adding_each(i, i);
        asks[i].deadline_ms = i % 4 == 1 ? 50 : 0;
    }
    asks[0] = napping(true, 200, 1000, 0); /* holds the lane until those deadlines are past */
    int one = 1;
    spawn(asks, 1);
    assert_true(loop_run_until(pgtest_loop, are_napping, &one, PGTEST_DEADLINE_MS));
    run(asks + 1, 39);
    assert_int_equal(count_err(asks, 40, ERR_DEADLINE_EXCEEDED), 10);
    for (int i = 1; i < 40; i++) {
        if (asks[i].err == OK)
            assert_int_equal(asks[i].number, 10 * i);
        else
            assert_int_equal(i % 4, 1);
    }
}

/* As many rows as the unit says, each with that number; it fails for -7. */
DB_BATCH(read_each, "test_read_each",
         "SELECT asked.size, asked.n FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (size, n),"
         " generate_series(1, asked.size + 0 / (asked.size + 7)) ORDER BY asked.n");

static struct ask
reading_each(int64_t size)
{
    return (struct ask){.stmt = &read_each, .params = {db_int8(size)}, .param_count = 1};
}

static void
check_read(const struct ask *ask, int64_t size)
{
    assert_int_equal(ask->err, size == -7 ? ERR_INTERNAL : size == 0 ? ERR_NOT_FOUND : OK);
    if (ask->err == OK) {
        assert_int_equal(ask->row_count, size);
        assert_int_equal(ask->number, size);
    }
}

static void
reads_of_one_kind_are_one_statement_and_each_has_its_rows(void **state UNUSED)
{
    enum { COUNT = 1000 };
    static struct ask asks[COUNT];
    int64_t before = read_counter("aftercare_db_statement_send");
    for (int i = 0; i < COUNT; i++)
        asks[i] = reading_each(i % 5);
    run(asks, COUNT);
    for (int i = 0; i < COUNT; i++)
        check_read(&asks[i], i % 5);
    assert_true(read_counter("aftercare_db_statement_send") - before <= COUNT / DB_GROUP_MAX + 4);
}

static void
only_the_guilty_reads_are_refused_and_other_statements_keep_their_rows(void **state UNUSED)
{
    enum { COUNT = 60 };
    struct ask asks[COUNT], added[] = {adding(1, 11)};
    run(added, 1);
    for (int i = 0; i < COUNT; i++)
        asks[i] = i % 2 == 0 ? reading(1) : reading_each(i % 20 == 7 ? -7 : i % 3);
    run(asks, COUNT);
    for (int i = 0; i < COUNT; i++) {
        if (i % 2 == 0)
            assert_int_equal(asks[i].number, 11);
        else
            check_read(&asks[i], i % 20 == 7 ? -7 : i % 3);
    }
}

struct echo {
    const char *text; /* NULL: all are null */
    enum err err;
};

static void
echo_run(void *context)
{
    struct echo *asked = context;
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    bool is_null = asked->text == NULL;
    struct uuid uuid = {.bytes = {1, 2, 3}};
    struct date date = {2024, 2, 29};
    struct db_param params[] = {
        db_text(asked->text), db_bytea("\0b", 2), db_int4(-7),   db_int8(1LL << 40),
        db_bool(true),        db_uuid(&uuid),     db_date(date), db_time(1700000000123456),
    };
    for (size_t i = 0; i < COUNT_OF(params); i++)
        params[i].is_null = is_null;
    const struct db_rows *rows;
    asked->err = db_write_await(db, &call, &echo_each, params, COUNT_OF(params), "", &rows);
    assert_int_equal(asked->err, OK);
    assert_int_equal(db_row_count(rows), 1);
    size_t size_bytes;
    const void *bytes = db_get_bytea(rows, 0, 1, &size_bytes);
    for (size_t i = 0; i < COUNT_OF(params); i++)
        assert_int_equal(db_is_null(rows, 0, i), is_null);
    if (!is_null) {
        struct uuid seen = db_get_uuid(rows, 0, 5);
        assert_string_equal(db_get_text(rows, 0, 0), asked->text);
        assert_int_equal(size_bytes, 2);
        assert_memory_equal(bytes, "\0b", 2);
        assert_int_equal(db_get_int4(rows, 0, 2), -7);
        assert_int_equal(db_get_int8(rows, 0, 3), 1LL << 40);
        assert_true(db_get_bool(rows, 0, 4));
        assert_memory_equal(seen.bytes, uuid.bytes, sizeof uuid.bytes);
        assert_int_equal(date_compare(db_get_date(rows, 0, 6), date), 0);
        assert_int_equal(db_get_time(rows, 0, 7), 1700000000123456);
    }
    arena_free(&call.arena);
}

static void
values_of_every_type_and_nulls_come_through(void **state UNUSED)
{
    struct echo echos[] = {{.text = "one"}, {.text = NULL}, {.text = ""}, {.text = "\"{,}\\"}};
    for (size_t i = 0; i < COUNT_OF(echos); i++)
        assert_true(task_spawn(echo_run, &echos[i]));
    pgtest_await_tasks();
    for (size_t i = 0; i < COUNT_OF(echos); i++)
        assert_int_equal(echos[i].err, OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_group_of_one_kind_is_one_statement_and_each_has_its_row),
        TEST(other_statements_of_the_group_keep_their_answers),
        TEST(only_the_guilty_units_are_refused),
        TEST(a_write_that_nobody_waits_for_any_more_does_not_shift_the_rows_of_others),
        TEST(reads_of_one_kind_are_one_statement_and_each_has_its_rows),
        TEST(only_the_guilty_reads_are_refused_and_other_statements_keep_their_rows),
        TEST(values_of_every_type_and_nulls_come_through),
    };
    pgtest_begin("db_batch_pgtest");
    make_schema();
    int failures = cmocka_run_group_tests_name("db_batch", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
