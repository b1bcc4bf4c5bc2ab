/*
 * db_fixture - what the tests of db against a real PostgreSQL share; included by db_*_pgtest.c only
 *
 * An ask is one statement asked by a task of its own, and what came of it. Each test asks by many
 * tasks at once, and counts afterwards from outside what really is in the tables.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/pgtest.h"

#include "common/buf.h"
#include "common/db_parts.h"

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
DB_STATEMENT(add_wordily, "test_add_wordily",
             "INSERT INTO cells (id, value) VALUES ($1, $2) RETURNING repeat('x', 100000)");
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
    size_t arena_bytes; /* 0: as much as a real call has */
    enum err err;
    char field[ERR_FIELD_SIZE];
    int64_t number; /* what add_keyed and read_cell answer */
    size_t row_count;
};

UNUSED static void
ask_run(void *context)
{
    struct ask *ask = context;
    struct call call = pgtest_call(ask->deadline_ms > 0 ? ask->deadline_ms : PGTEST_DEADLINE_MS);
    if (ask->arena_bytes > 0) {
        arena_free(&call.arena);
        call.arena = arena_new(ask->arena_bytes);
    }
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
        (ask->stmt == &add_keyed || ask->stmt == &read_cell || ask->stmt->is_batch))
        ask->number = db_get_int8(rows, 0, ask->stmt == &read_cell ? 1 : 0);
    arena_free(&call.arena);
}

UNUSED static void
spawn(struct ask *asks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_true(task_spawn(ask_run, &asks[i]));
}

UNUSED static void
run(struct ask *asks, size_t count)
{
    spawn(asks, count);
    pgtest_await_tasks();
}

UNUSED static struct ask
adding(int64_t id, int64_t value)
{
    return (struct ask){.stmt = &add_cell,
                        .params = {db_int8(id), db_int8(value)},
                        .param_count = 2,
                        .is_write = true};
}

UNUSED static struct ask
reading(int64_t id)
{
    return (struct ask){.stmt = &read_cell, .params = {db_int8(id)}, .param_count = 1};
}

UNUSED static size_t
count_err(const struct ask *asks, size_t count, enum err err)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += asks[i].err == err;
    return found;
}

/* A counter of this process, from what it shows to Prometheus. */
UNUSED static int64_t
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

/* So many connections are within a statement that naps. */
UNUSED static bool
are_napping(void *count)
{
    return pgtest_count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND wait_event = 'PgSleep'") == *(int *)count;
}

/* All connections of the database are ready for work. */
UNUSED static bool
are_all_there(void *write_connections)
{
    return db_is_ready(db) && db->writes.ready_count == *(unsigned *)write_connections;
}

UNUSED static int
set_up(void **state UNUSED)
{
    pgtest_run("TRUNCATE cells, late, keys");
    db = pgtest_open(NULL, "dbtest", NULL);
    pgtest_await_ready(db);
    return 0;
}

/* Opens the database anew with so many connections for writes; 0 leaves the time limit as it is. */
UNUSED static void
reopen(unsigned write_connections, int64_t statement_timeout_ms)
{
    const struct db_options options = {.read_connections = 1,
                                       .write_connections = write_connections,
                                       .queue_max = 10000,
                                       .group_max = DB_GROUP_MAX,
                                       .statement_timeout_ms = statement_timeout_ms};
    db_close(&db);
    db = pgtest_open(NULL, "dbtest", &options);
    assert_true(loop_run_until(pgtest_loop, are_all_there, &write_connections, PGTEST_DEADLINE_MS));
}

UNUSED static int
tear_down(void **state UNUSED)
{
    db_close(&db);
    pgtest_close_loop();
    return 0;
}

UNUSED static struct ask
napping(bool is_write, int nap_ms, int64_t id, int64_t deadline_ms)
{
    struct ask ask = {.stmt = is_write ? &nap_write : &nap,
                      .params = {db_int4(nap_ms), db_int8(id)},
                      .param_count = is_write ? 2 : 1,
                      .is_write = is_write,
                      .deadline_ms = deadline_ms};
    return ask;
}

UNUSED static void
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
