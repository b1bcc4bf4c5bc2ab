/*
 * db_pgtest - both lanes against a real PostgreSQL: groups, the guilty, lost connections, limits
 *
 * Each test asks by many tasks at once, and counts afterwards from outside what really is in the
 * tables.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/pgtest.h"

#include <signal.h>

#include "common/buf.h"

DB_STATEMENT(add_cell, "test_add_cell", "INSERT INTO cells (id, value) VALUES ($1, $2)");
DB_STATEMENT(read_cell, "test_read_cell", "SELECT id, value FROM cells WHERE id = $1");
DB_STATEMENT(add_late, "test_add_late", "INSERT INTO late (id, number) VALUES ($1, $2)");
DB_STATEMENT(
    add_keyed, "test_add_keyed",
    "WITH keyed AS (INSERT INTO keys (key) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1),"
    " changed AS (INSERT INTO cells (id, value) SELECT $2, $3 FROM keyed RETURNING 1)"
    " SELECT count(*) FROM changed");
DB_STATEMENT(read_key, "test_read_key", "SELECT key FROM keys WHERE key = $1");
DB_STATEMENT(read_late, "test_read_late", "SELECT * FROM late WHERE id = $1");
DB_STATEMENT(divide, "test_divide", "SELECT 100 / $1::integer");
DB_STATEMENT(nap, "test_nap", "SELECT pg_sleep($1::integer / 1000.0)::text");
DB_STATEMENT(nap_write, "test_nap_write",
             "WITH nap AS MATERIALIZED (SELECT pg_sleep($1::integer / 1000.0)::text AS t)"
             " INSERT INTO cells (id, value) SELECT $2, 0 FROM nap");
DB_STATEMENT(touch_slowly, "test_touch_slowly",
             "WITH changed AS (UPDATE cells SET value = value + 1 WHERE id = $1 RETURNING 1)"
             " SELECT pg_sleep(count(*) / 5.0)::text FROM changed");
DB_STATEMENT(echo, "test_echo",
             "SELECT $1::text, $2::bytea, $3::integer, $4::bigint, $5::boolean, $6::uuid, $7::date,"
             " $8::timestamptz, cardinality($9::text[]), ($9::text[])[2]");

static struct db *db;

struct ask {
    const struct db_stmt *stmt;
    struct db_param params[4];
    size_t param_count;
    const char *order_key;
    bool is_write;
    struct db *db;
    int64_t deadline_ms;
    enum err err;
    char field[ERR_FIELD_SIZE];
    char text[64];  /* first column of the first row, where it is text */
    int64_t number; /* where it is a bigint */
    size_t row_count;
};

static void
ask_run(void *context)
{
    struct ask *ask = context;
    struct call call = pgtest_call(ask->deadline_ms > 0 ? ask->deadline_ms : PGTEST_DEADLINE_MS);
    const struct db_rows *rows = NULL;
    struct db *target = ask->db != NULL ? ask->db : db;
    const char *key = ask->order_key != NULL ? ask->order_key : "";
    ask->err =
        ask->is_write
            ? db_write_await(target, &call, ask->stmt, ask->params, ask->param_count, key, &rows)
            : db_read_await(target, &call, ask->stmt, ask->params, ask->param_count, &rows);
    snprintf(ask->field, sizeof ask->field, "%s", call.fault.field);
    if (ask->err == OK)
        ask->row_count = db_row_count(rows);
    else if (ask->err != ERR_NOT_FOUND)
        assert_int_equal(call.fault.code, ask->err);
    if (ask->err == OK && ask->row_count > 0 &&
        (ask->stmt == &add_keyed || ask->stmt == &read_cell))
        ask->number = db_get_int8(rows, 0, ask->stmt == &read_cell ? 1 : 0);
    arena_free(&call.arena);
}

static void
spawn(struct ask *asks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_true(task_spawn(ask_run, &asks[i]));
}

static void
run(struct ask *asks, size_t count)
{
    spawn(asks, count);
    pgtest_await_tasks();
}

static struct ask
adding(int64_t id, int64_t value)
{
    return (struct ask){.stmt = &add_cell,
                        .params = {db_int8(id), db_int8(value)},
                        .param_count = 2,
                        .is_write = true};
}

static struct ask
reading(int64_t id)
{
    return (struct ask){.stmt = &read_cell, .params = {db_int8(id)}, .param_count = 1};
}

static size_t
count_err(const struct ask *asks, size_t count, enum err err)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += asks[i].err == err;
    return found;
}

/* A counter of this process, from what it shows to Prometheus. */
static int64_t
read_counter(const char *name)
{
    struct buf text = {0};
    stat_print(&text, "test");
    char *at = strstr((char *)(uintptr_t)buf_text(&text), name);
    while (at != NULL && at != text.bytes && at[-1] != '\n')
        at = strstr(at + 1, name);
    int64_t value = at != NULL ? strtoll(strchr(at, ' ') + 1, NULL, 10) : -1;
    buf_free(&text);
    return value;
}

static int
set_up(void **state UNUSED)
{
    pgtest_run("TRUNCATE cells, late, keys");
    db = pgtest_open(NULL, "dbtest", NULL);
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

static void
grouped_writes_are_all_durable_and_counted(void **state UNUSED)
{
    enum { COUNT = 1000 };
    static struct ask asks[COUNT];
    int64_t before = read_counter("aftercare_db_group_send");
    for (int i = 0; i < COUNT; i++)
        asks[i] = adding(i, i);
    run(asks, COUNT);
    assert_int_equal(count_err(asks, COUNT, OK), COUNT);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells WHERE value = id"), COUNT);
    assert_true(read_counter("aftercare_db_group_send") - before <= COUNT / DB_GROUP_MAX + 4);
}

static void
only_the_units_that_fail_are_refused_and_their_neighbours_commit(void **state UNUSED)
{
    enum { COUNT = 1000 };
    static struct ask asks[COUNT];
    for (int i = 0; i < COUNT; i++)
        asks[i] = adding(i, i % 100 == 7 ? -1 : i);
    run(asks, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(asks[i].err, i % 100 == 7 ? ERR_FAILED_PRECONDITION : OK);
        if (asks[i].err != OK)
            assert_string_equal(asks[i].field, "cells_value_ck");
    }
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells"), COUNT - COUNT / 100);
}

static void
a_failing_read_fails_alone(void **state UNUSED)
{
    struct ask asks[100];
    for (int i = 0; i < 100; i++)
        asks[i] = (struct ask){.stmt = &divide, .params = {db_int4(i % 10)}, .param_count = 1};
    run(asks, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(asks[i].err, i % 10 == 0 ? ERR_INTERNAL : OK);
}

static void
an_error_at_the_sync_is_found_by_bisection(void **state UNUSED)
{
    struct ask asks[60];
    for (int i = 0; i < 60; i++)
        asks[i] = (struct ask){.stmt = &add_late,
                               .params = {db_int8(i), db_int8(i == 50 ? 20 : i)},
                               .param_count = 2,
                               .is_write = true};
    run(asks, 60);
    assert_int_equal(count_err(asks, 60, OK), 59);
    assert_int_equal(count_err(asks, 60, ERR_ALREADY_EXISTS), 1);
    assert_true(asks[20].err == ERR_ALREADY_EXISTS || asks[50].err == ERR_ALREADY_EXISTS);
    assert_int_equal(pgtest_count("SELECT count(*) FROM late"), 59);
    assert_true(read_counter("aftercare_db_group_halve") >= 5);
}

static void
two_units_with_one_key_in_one_group_have_one_effect(void **state UNUSED)
{
    struct ask asks[2];
    for (int i = 0; i < 2; i++)
        asks[i] = (struct ask){.stmt = &add_keyed,
                               .params = {db_text("key"), db_int8(i), db_int8(i)},
                               .param_count = 3,
                               .is_write = true};
    run(asks, 2);
    assert_int_equal(count_err(asks, 2, OK), 2);
    assert_int_equal(asks[0].number + asks[1].number, 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells"), 1);
}

static void
a_unique_violation_says_which_constraint(void **state UNUSED)
{
    struct ask asks[2] = {adding(1, 1), adding(1, 2)};
    run(asks, 2);
    assert_int_equal(asks[0].err, OK);
    assert_int_equal(asks[1].err, ERR_ALREADY_EXISTS);
    assert_string_equal(asks[1].field, "cells_pk");
}

static void
a_deadlock_of_two_replicas_aborts_one_unit_and_keeps_the_others(void **state UNUSED)
{
    pgtest_run("INSERT INTO cells (id, value) VALUES (1, 0), (2, 0)");
    struct db *other = pgtest_open(NULL, "dbtest", NULL);
    pgtest_await_ready(other);
    struct ask asks[4];
    for (int i = 0; i < 4; i++)
        asks[i] = (struct ask){.stmt = &touch_slowly,
                               .params = {db_int8(i % 3 == 0 ? 1 : 2)},
                               .param_count = 1,
                               .is_write = true,
                               .order_key = i % 2 == 0 ? "a" : "b",
                               .db = i < 2 ? db : other};
    run(asks, 4);
    assert_int_equal(count_err(asks, 4, ERR_ABORTED), 1);
    assert_int_equal(count_err(asks, 4, OK), 3);
    assert_int_equal(pgtest_count("SELECT sum(value) FROM cells"), 3);
    db_close(&other);
}

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

static struct ask
napping(bool is_write, int nap_ms, int64_t id, int64_t deadline_ms)
{
    struct ask ask = {.stmt = is_write ? &nap_write : &nap,
                      .params = {db_int4(nap_ms), db_int8(id)},
                      .param_count = is_write ? 2 : 1,
                      .is_write = is_write,
                      .deadline_ms = deadline_ms};
    return ask;
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
are_napping(void *count)
{
    return pgtest_count("SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                        "'aftercare-dbtest' AND wait_event = 'PgSleep'") == *(int *)count;
}

static void
kill_connections(void)
{
    pgtest_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE application_name = 'aftercare-dbtest'");
}

static void
a_lost_connection_repeats_reads_and_leaves_writes_unknown(void **state UNUSED)
{
    struct ask asks[4] = {napping(true, 500, 1, 0), napping(false, 500, 0, 0), reading(77),
                          adding(3, 3)};
    int two = 2;
    pgtest_run("INSERT INTO cells (id, value) VALUES (77, 7)");
    spawn(asks, 2);
    assert_true(loop_run_until(pgtest_loop, are_napping, &two, PGTEST_DEADLINE_MS));
    spawn(&asks[2], 2); /* these wait: the write for the sync, the read behind the nap */
    kill_connections();
    pgtest_await_tasks();
    assert_int_equal(asks[0].err, ERR_UNKNOWN);
    assert_int_equal(asks[1].err, OK);
    assert_int_equal(asks[2].err, OK);
    assert_int_equal(asks[2].number, 7);
    assert_int_equal(asks[3].err, OK);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells WHERE id IN (1, 3)"), 1);
}

/* What a handler does with an unknown outcome: it looks its key up. */
static void
write_once_run(void *context)
{
    int64_t id = (int64_t)(intptr_t)context;
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    char key[32];
    snprintf(key, sizeof key, "key-%lld", (long long)id);
    const struct db_param params[] = {db_text(key), db_int8(id), db_int8(id)};
    const struct db_rows *rows;
    enum err err;
    do {
        err = db_write_await(db, &call, &add_keyed, params, 3, key, &rows);
        if (err == ERR_UNKNOWN) {
            err = db_read_await(db, &call, &read_key, params, 1, &rows);
            if (err == ERR_NOT_FOUND)
                err = ERR_UNKNOWN;
        }
        if (err == ERR_UNAVAILABLE) /* refused at once: let the loop connect again */
            task_sleep_await(10);
    } while (err == ERR_UNKNOWN || err == ERR_UNAVAILABLE || err == ERR_ABORTED);
    assert_int_equal(err, OK);
    arena_free(&call.arena);
}

struct killing {
    int64_t id;
    int rounds;
    struct loop_timer timer;
    void (*kill)(void);
};

static void
on_kill(void *context)
{
    struct killing *killing = context;
    killing->kill();
    if (--killing->rounds == 0)
        loop_timer_stop(&killing->timer);
}

static bool
is_killed_enough(void *context)
{
    struct killing *killing = context;
    while (killing->rounds > 0 && task_count() < 200)
        assert_true(task_spawn(write_once_run, (void *)(intptr_t)killing->id++));
    return killing->rounds == 0 && task_count() == 0;
}

/* Writes all the time, while the server is hurt again and again; then each key must have had one
 * effect. */
static void
write_while(void (*kill)(void), int rounds, int period_ms)
{
    static struct killing killing; /* outlives this function: the timer closes with the loop */
    killing = (struct killing){.rounds = rounds, .kill = kill};
    loop_timer_init(pgtest_loop, &killing.timer, on_kill, &killing);
    loop_timer_start(&killing.timer, period_ms, period_ms);
    assert_true(loop_run_until(pgtest_loop, is_killed_enough, &killing, 60000));
    loop_timer_close(&killing.timer, NULL);
    assert_true(killing.id >= 200);
    assert_int_equal(pgtest_count("SELECT count(*) FROM keys"), killing.id);
    assert_int_equal(pgtest_count("SELECT count(*) FROM cells"), killing.id);
}

static void
terminated_connections_under_load_lose_and_double_nothing(void **state UNUSED)
{
    write_while(kill_connections, 10, 100);
}

/* SIGKILL to one backend makes the server kill all of them and recover, as after a power cut. */
static void
crash_server(void)
{
    PGresult *result = PQexec(pgtest_pg, "SELECT pid FROM pg_stat_activity"
                                         " WHERE application_name = 'aftercare-dbtest' LIMIT 1");
    bool is_found = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    if (is_found)
        kill((pid_t)atoi(PQgetvalue(result, 0, 0)), SIGKILL);
    PQclear(result);
    PQfinish(pgtest_pg);
    do {
        pgtest_pg = PQconnectdb(pgtest_url(NULL, pgtest_name));
        if (PQstatus(pgtest_pg) == CONNECTION_OK)
            break;
        PQfinish(pgtest_pg);
    } while (true);
}

/* The pid is this machine's only where the server is reached by a socket file, and may be ours to
 * kill or not. */
static void
a_crashed_server_under_load_loses_and_doubles_nothing(void **state UNUSED)
{
    int pid = (int)pgtest_count("SELECT pg_backend_pid()");
    const char *host = PQhost(pgtest_pg);
    if (host == NULL || host[0] != '/' || kill(pid, 0) != 0) {
        print_message("skipped: the server's processes are not ours to kill\n");
        return;
    }
    write_while(crash_server, 3, 700);
}

static void
a_lane_without_a_server_refuses_after_its_patience(void **state UNUSED)
{
    struct db_options options = {
        .read_connections = 1, .write_connections = 1, .queue_max = 100, .group_max = 64};
    options.url = "host=/nonexistent dbname=none";
    options.schema = "dbtest";
    struct db *lost = db_open(pgtest_loop, &options);
    struct ask asks[2] = {adding(1, 1), reading(1)};
    asks[0].db = asks[1].db = lost;
    int64_t start_mono_ms = clock_mono_ms();
    run(asks, 2);
    assert_int_equal(asks[0].err, ERR_UNAVAILABLE);
    assert_int_equal(asks[1].err, ERR_UNAVAILABLE);
    assert_true(clock_mono_ms() - start_mono_ms >= 1900);
    spawn(asks, 2); /* from now on at once, before the loop turns */
    assert_int_equal(count_err(asks, 2, ERR_UNAVAILABLE), 2);
    assert_int_equal(task_count(), 0);
    assert_false(db_is_ready(lost));
    assert_non_null(strstr(db_state(lost), "/nonexistent"));
    db_close(&lost);
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

static void
make_schema(void)
{
    pgtest_run("SET client_min_messages = error; CREATE SCHEMA dbtest");
    char sql[128];
    snprintf(sql, sizeof sql, "ALTER DATABASE %s SET deadlock_timeout = '100ms'", pgtest_name);
    pgtest_run(sql);
    pgtest_run("SET search_path = dbtest");
    snprintf(sql, sizeof sql, "ALTER DATABASE %s SET search_path = dbtest", pgtest_name);
    pgtest_run(sql); /* also for the witness, when it connects anew */
    pgtest_run(
        "CREATE TABLE schema_info AS SELECT 'create_test' AS change, '0.0.1' AS oldest_daemon;"
        "CREATE TABLE cells (id bigint CONSTRAINT cells_pk PRIMARY KEY,"
        "                    value bigint CONSTRAINT cells_value_ck CHECK (value >= 0));"
        "CREATE TABLE late (id bigint, number bigint,"
        "    CONSTRAINT late_number_uq UNIQUE (number) DEFERRABLE INITIALLY DEFERRED);"
        "CREATE TABLE keys (key text PRIMARY KEY)");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(grouped_writes_are_all_durable_and_counted),
        TEST(only_the_units_that_fail_are_refused_and_their_neighbours_commit),
        TEST(a_failing_read_fails_alone),
        TEST(an_error_at_the_sync_is_found_by_bisection),
        TEST(two_units_with_one_key_in_one_group_have_one_effect),
        TEST(a_unique_violation_says_which_constraint),
        TEST(a_deadlock_of_two_replicas_aborts_one_unit_and_keeps_the_others),
        TEST(every_type_and_null_makes_the_round_trip),
        TEST(parameters_of_another_type_are_refused_before_they_are_sent),
        TEST(a_full_queue_refuses_at_once),
        TEST(what_waits_past_its_deadline_is_never_sent),
        TEST(a_deadline_after_sending_leaves_a_write_unknown_and_ends_a_read),
        TEST(a_statement_that_takes_too_long_is_ended_by_the_server),
        TEST(a_lost_connection_repeats_reads_and_leaves_writes_unknown),
        TEST(terminated_connections_under_load_lose_and_double_nothing),
        TEST(a_crashed_server_under_load_loses_and_doubles_nothing),
        TEST(a_lane_without_a_server_refuses_after_its_patience),
        TEST(a_schema_that_lacks_a_table_is_named_and_taken_once_it_is_mended),
        TEST(a_schema_that_wants_a_newer_daemon_is_refused),
        TEST(a_statement_whose_table_changed_is_prepared_anew),
    };
    pgtest_begin("db_pgtest");
    make_schema();
    int failures = cmocka_run_group_tests_name("db", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
