/*
 * relay_fixture - what the tests of the relay's statements share; included by relay_*_pgtest.c only
 *
 * Writers are plain connections, so that a test says when each of them takes its transaction id,
 * its event's id, and when it commits. The relay is its statements, on a connection that holds the
 * lock and as the role that the daemon has.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/pgtest.h"

#include "relay.h"

enum { RELAY_TEST_LOCK = 4712, APPEND_MAX = 10, WRITERS = 3 };

static struct db *db;
static struct relay_row row;
static PGconn *writers[WRITERS];

/* ---- writers ---- */

UNUSED static void
writer_run(int writer, const char *sql)
{
    PGresult *result = PQexec(writers[writer], sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    PQclear(result);
}

/* An event of aggregate `id`. */
UNUSED static void
write_event(int writer, const char *type, const char *id, int version)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id,"
             " aggregate_version, event_time, principal, payload) VALUES (gen_random_uuid(), '%s',"
             " 'unit', '%s', %d, '2026-01-01Z', 'p', '\\x00')",
             type, id, version);
    writer_run(writer, sql);
}

UNUSED static void
write_unit(int writer, const char *id, int version)
{
    write_event(writer, "warranty.v1.UnitRegistered", id, version);
}

/* `count` events of as many aggregates, in one transaction. */
UNUSED static void
write_many(int writer, const char *prefix, int count)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id,"
             " aggregate_version, event_time, principal, payload) SELECT gen_random_uuid(), 't',"
             " 'unit', '%s' || n, 1, '2026-01-01Z', 'p', '\\x00' FROM generate_series(1, %d) n",
             prefix, count);
    writer_run(writer, sql);
}

/* ---- the relay ---- */

struct turn {
    enum err err;
    struct relay_ticked ticked;
    bool is_due;
    struct relay_row *row;
};

UNUSED static void
tick_run(void *context)
{
    struct turn *turn = context;
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    const struct relay_tick tick = {
        .now_us = INT64_C(1780000000000000), .append_max = APPEND_MAX, .is_due = turn->is_due};
    turn->err = relay_tick_await(db, &call, &tick, turn->row, &turn->ticked);
    if (turn->err != OK)
        print_error("%s\n", call.fault.message);
    arena_free(&call.arena);
}

UNUSED static struct turn
tick_as(struct relay_row *known, bool is_due)
{
    struct turn turn = {.is_due = is_due, .row = known};
    assert_true(task_spawn(tick_run, &turn));
    pgtest_await_tasks();
    return turn;
}

/* One tick; answers how many events it appended. */
UNUSED static int64_t
tick(void)
{
    struct turn turn = tick_as(&row, false);
    assert_int_equal(turn.err, OK);
    assert_false(turn.ticked.is_lost);
    return turn.ticked.count;
}

/* Until nothing more comes. */
UNUSED static int64_t
tick_all(void)
{
    int64_t count = 0;
    struct turn turn;
    do {
        turn = tick_as(&row, false);
        assert_int_equal(turn.err, OK);
        assert_false(turn.ticked.is_lost);
        count += turn.ticked.count;
    } while (turn.ticked.is_backlog || turn.ticked.count > 0);
    return count;
}

/* Runs a statement of the relay that needs no more than a call. */
struct asked {
    enum err (*ask_await)(struct call *call, void *context);
    void *context;
    enum err err;
};

UNUSED static void
asked_run(void *context)
{
    struct asked *asked = context;
    struct call call = pgtest_call(PGTEST_DEADLINE_MS);
    asked->err = asked->ask_await(&call, asked->context);
    if (asked->err != OK)
        print_error("%s\n", call.fault.message);
    arena_free(&call.arena);
}

UNUSED static void
relay_ask(enum err (*ask_await)(struct call *call, void *context), void *context)
{
    struct asked asked = {.ask_await = ask_await, .context = context};
    assert_true(task_spawn(asked_run, &asked));
    pgtest_await_tasks();
    assert_int_equal(asked.err, OK);
}

UNUSED static enum err
read_await(struct call *call, void *ret_past)
{
    return relay_read_await(db, call, &row, ret_past);
}

UNUSED static enum relay_past
take_over(void)
{
    enum relay_past past = RELAY_SAME;
    relay_ask(read_await, &past);
    return past;
}

UNUSED static enum err
add_await(struct call *call, void *ret_end)
{
    int64_t *end = ret_end;
    enum err err = relay_add_partition_await(db, call, RELAY_BRIEF, 1000, end);
    return err == OK ? relay_add_partition_await(db, call, RELAY_LASTING, 1000, end) : err;
}

/* Opens the relay's connection, or opens it anew. */
UNUSED static void
open_relay(void)
{
    const struct db_options options = {.write_connections = 1,
                                       .queue_max = 100,
                                       .group_max = 1,
                                       .settings = RELAY_SETTINGS,
                                       .advisory_lock = RELAY_TEST_LOCK};
    db_close(&db);
    db = pgtest_open("events_service", "events", &options);
    db_leave_out(db, "change_");
    db_leave_out(db, "timer_");
    pgtest_await_ready(db);
}

/* ---- what came of it ---- */

/* "A1 B1 A2": the aggregates and versions of the log, by position. */
UNUSED static void
assert_log(const char *expected)
{
    PGresult *result = pgtest_exec(
        "SELECT coalesce(string_agg(aggregate_id || aggregate_version, ' ' ORDER BY position), '')"
        " FROM events.log");
    assert_string_equal(PQgetvalue(result, 0, 0), expected);
    PQclear(result);
    assert_int_equal(pgtest_count("SELECT count(*) FROM (SELECT position, row_number() OVER"
                                  " (ORDER BY position) AS place FROM events.log) l"
                                  " WHERE position <> place"),
                     0);
    assert_int_equal(pgtest_count("SELECT position - (SELECT count(*) FROM events.log)"
                                  " FROM events.relay"),
                     0);
}

/* ---- each test ---- */

UNUSED static int
set_up(void **state UNUSED)
{
    pgtest_run("DROP SCHEMA IF EXISTS events CASCADE");
    pgtest_deploy("services/events/schema/deploy/create_outbox.sql");
    pgtest_deploy("services/events/schema/deploy/create_log.sql");
    pgtest_run("RESET ROLE; SET search_path = events");
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = PQconnectdb(pgtest_url("warranty_service", pgtest_name));
        assert_int_equal(PQstatus(writers[i]), CONNECTION_OK);
    }
    int64_t end = 0;
    open_relay();
    relay_ask(add_await, &end);
    assert_int_equal(end, 1001);
    assert_int_equal(take_over(), RELAY_SAME);
    return 0;
}

UNUSED static int
tear_down(void **state UNUSED)
{
    for (int i = 0; i < WRITERS; i++)
        PQfinish(writers[i]);
    db_close(&db);
    pgtest_close_loop();
    return 0;
}
