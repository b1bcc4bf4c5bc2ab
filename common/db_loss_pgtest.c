/*
 * db_loss_pgtest - connections to a real PostgreSQL that are cut, crash, hang or never come
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_fixture.h"

#include <signal.h>

static void
kill_connections(void)
{
    pgtest_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE application_name = 'aftercare-dbtest' AND datname = current_database()");
}

static void
a_lost_connection_repeats_reads_and_leaves_writes_unknown(void **state UNUSED)
{
    struct ask asks[4] = {napping(true, 1000, 1, 0), napping(false, 1000, 0, 0), reading(77),
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

static void
several_connections_that_are_terminated_lose_and_double_nothing_either(void **state UNUSED)
{
    for (unsigned connections = 2; connections <= DB_CONNECTIONS_MAX; connections += 2) {
        pgtest_run("TRUNCATE cells, keys");
        reopen(connections, 0);
        write_while(kill_connections, 5, 100);
    }
}

/* The witness's connection dies with the others. */
static void
reconnect_witness(void)
{
    do {
        PQfinish(pgtest_pg);
        pgtest_pg = PQconnectdb(pgtest_url(NULL, pgtest_name));
    } while (PQstatus(pgtest_pg) != CONNECTION_OK);
}

/* SIGKILL to one backend makes the server kill all of them and recover, as after a power cut. */
static void
crash_server(void)
{
    PGresult *result = PQexec(pgtest_pg, "SELECT pid FROM pg_stat_activity"
                                         " WHERE application_name = 'aftercare-dbtest'"
                                         " AND datname = current_database() LIMIT 1");
    bool is_found = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    if (is_found)
        kill((pid_t)atoi(PQgetvalue(result, 0, 0)), SIGKILL);
    PQclear(result);
    reconnect_witness();
}

/* The pid is this machine's only where the server is reached by a socket file, and may be ours to
 * kill or not. */
static bool
may_kill_server(void)
{
    int pid = (int)pgtest_count("SELECT pg_backend_pid()");
    const char *host = PQhost(pgtest_pg);
    if (host != NULL && host[0] == '/' && kill(pid, 0) == 0)
        return true;
    print_message("skipped: the server's processes are not ours to kill\n");
    return false;
}

static void
a_crashed_server_under_load_loses_and_doubles_nothing(void **state UNUSED)
{
    if (may_kill_server())
        write_while(crash_server, 3, 700);
}

static void
several_connections_that_crash_lose_and_double_nothing_either(void **state UNUSED)
{
    if (!may_kill_server())
        return;
    reopen(DB_CONNECTIONS_MAX, 0);
    write_while(crash_server, 2, 700);
}

static pid_t
find_napping(void)
{
    int one = 1;
    assert_true(loop_run_until(pgtest_loop, are_napping, &one, PGTEST_DEADLINE_MS));
    return (pid_t)pgtest_count("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                               " AND wait_event = 'PgSleep'");
}

/* What the server has not read makes its socket end with an error, and the warning it writes as it
 * dies comes before that error. */
static void
a_crash_amid_a_large_group_is_noticed_at_once(void **state UNUSED)
{
    enum { COUNT = 20, TEXT_BYTES = 20000 };
    if (!may_kill_server())
        return;
    char *text = mem_alloc(TEXT_BYTES + 1);
    memset(text, 'x', TEXT_BYTES);
    struct ask asks[COUNT] = {napping(true, 4000, 1, 0)};
    for (int i = 1; i < COUNT; i++)
        asks[i] = (struct ask){.stmt = &add_keyed,
                               .params = {db_text(text), db_int8(i), db_int8(i)},
                               .param_count = 3,
                               .is_write = true,
                               .order_key = "later"};
    spawn(asks, COUNT);
    kill(find_napping(), SIGQUIT); /* as the postmaster does after a crash */
    int64_t begin_mono_ms = clock_mono_ms();
    pgtest_await_tasks();
    assert_int_equal(count_err(asks, COUNT, ERR_UNKNOWN), COUNT);
    assert_true(clock_mono_ms() - begin_mono_ms < 5000); /* the limit on silence is 18 s */
    reconnect_witness();
    mem_free(text);
}

/* Takes longer in all than the limit on silence, which is 1.8 s with this statement timeout. */
static void
assert_waited_for(struct ask *asks, size_t count)
{
    int64_t before = read_counter("aftercare_db_connection_lose");
    int64_t begin_mono_ms = clock_mono_ms();
    run(asks, count);
    assert_true(clock_mono_ms() - begin_mono_ms > 1800);
    assert_int_equal(count_err(asks, count, OK), count);
    assert_int_equal(read_counter("aftercare_db_connection_lose"), before);
}

/* Sixteen of them take 1.2 s, of which the server says nothing. */
static void
a_group_that_is_slow_but_alive_is_waited_for(void **state UNUSED)
{
    enum { COUNT = 2 * DB_FLUSH_WRITES + 1 };
    struct ask asks[COUNT];
    reopen(1, 500);
    for (int i = 0; i < COUNT; i++)
        asks[i] = napping(true, 75, i, 0);
    assert_waited_for(asks, COUNT);
}

static void
reads_that_each_take_all_their_time_are_waited_for(void **state UNUSED)
{
    enum { COUNT = 2 * DB_FLUSH_READS };
    struct ask asks[COUNT];
    reopen(1, 500);
    for (int i = 0; i < COUNT; i++)
        asks[i] = napping(false, 400, i, 0);
    assert_waited_for(asks, COUNT);
}

static void
a_server_that_hangs_is_given_up(void **state UNUSED)
{
    if (!may_kill_server())
        return;
    struct ask asks[2] = {napping(true, 900, 1, 0), adding(2, 2)};
    reopen(1, 1000);
    spawn(asks, 1);
    pid_t pid = find_napping();
    kill(pid, SIGSTOP);
    int64_t begin_mono_ms = clock_mono_ms();
    pgtest_await_tasks();
    assert_int_equal(asks[0].err, ERR_UNKNOWN);
    assert_true(clock_mono_ms() - begin_mono_ms < PGTEST_DEADLINE_MS - 1000);
    run(&asks[1], 1); /* over a new connection */
    kill(pid, SIGCONT);
    assert_int_equal(asks[1].err, OK);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_lost_connection_repeats_reads_and_leaves_writes_unknown),
        TEST(terminated_connections_under_load_lose_and_double_nothing),
        TEST(several_connections_that_are_terminated_lose_and_double_nothing_either),
        TEST(a_crashed_server_under_load_loses_and_doubles_nothing),
        TEST(several_connections_that_crash_lose_and_double_nothing_either),
        TEST(a_crash_amid_a_large_group_is_noticed_at_once),
        TEST(a_group_that_is_slow_but_alive_is_waited_for),
        TEST(reads_that_each_take_all_their_time_are_waited_for),
        TEST(a_server_that_hangs_is_given_up),
        TEST(a_lane_without_a_server_refuses_after_its_patience),
    };
    pgtest_begin("db_loss_pgtest");
    make_schema();
    int failures = cmocka_run_group_tests_name("db_loss", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
