/*
 * timer_pgtest - durable timers against a real PostgreSQL
 *
 * A replica is a child process with a loop, a database and a timer service of its own: it can be
 * killed. Its svc is the part of one that timers use. Handlers write a row under the call's key, as
 * a change does, so effects can be counted from outside.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/pgtest.h"

#include <signal.h>
#include <sys/wait.h>

#include "common/svc.h"
#include "common/timer.h"

DB_STATEMENT(add_effect, "test_add_effect",
             "INSERT INTO effects (key, kind, late_us, attempt) VALUES ($1, $2, $3, $4)"
             " ON CONFLICT DO NOTHING RETURNING 1");
DB_STATEMENT(add_try, "test_add_try", "INSERT INTO tries (key) VALUES ($1)");

/* ---- what timers use of a svc ---- */

struct svc {
    struct db *db;
};

struct loop *
svc_loop(struct svc *svc UNUSED)
{
    return pgtest_loop;
}

struct db *
svc_db(struct svc *svc)
{
    return svc->db;
}

void
svc_system_call(struct svc *svc, struct call *call, struct arena *arena, const char *key,
                int64_t deadline_ms)
{
    *call = (struct call){
        .svc = svc, .arena = arena, .deadline_mono_ms = clock_mono_ms() + deadline_ms};
    snprintf(call->key, sizeof call->key, "%s", key);
}

/* ---- handlers ---- */

static enum err
note_effect_await(struct call *call, const struct timer_due *due)
{
    const struct db_param params[] = {db_text(call->key), db_text(due->kind),
                                      db_int8(clock_now_us() - due->due_time_us),
                                      db_int4(due->attempt)};
    const struct db_rows *rows;
    enum err err = db_write_await(call->svc->db, call, &add_effect, params, 4, call->key, &rows);
    return err == OK && db_row_count(rows) == 0 ? ERR_KEY_USED : err;
}

static enum err
note_try_await(struct call *call)
{
    const struct db_param params[] = {db_text(call->key)};
    const struct db_rows *rows;
    return db_write_await(call->svc->db, call, &add_try, params, 1, call->key, &rows);
}

static enum err
on_refuse(struct call *call, const struct timer_due *due)
{
    enum err err = note_effect_await(call, due);
    return err != OK ? err : call_fail(call, ERR_FAILED_PRECONDITION, "TOO_LATE", "too late");
}

static enum err
on_fail_once(struct call *call, const struct timer_due *due)
{
    if (due->attempt == 1)
        return call_fail(call, ERR_UNAVAILABLE, "NOT_YET", "not yet");
    return note_effect_await(call, due);
}

/* As where what it does is broken off because the process ends. */
static enum err
on_break_once(struct call *call, const struct timer_due *due)
{
    if (due->attempt == 1)
        return call_fail(call, ERR_CANCELLED, "BROKEN_OFF", "broken off");
    return note_effect_await(call, due);
}

/* Dies between the effect and the end of the timer: the worst moment. */
static enum err
on_die(struct call *call, const struct timer_due *due)
{
    enum err err = note_try_await(call);
    if (err == OK)
        err = note_effect_await(call, due);
    if (err == OK)
        raise(SIGKILL);
    return err;
}

static enum err
on_again(struct call *call, const struct timer_due *due)
{
    const int64_t pause_us = 10000;
    if (due->attempt == 1)
        *due->next_due_us = clock_now_us() + pause_us;
    return note_try_await(call);
}

/* Waits for what does not come before the test lets it: the effects of all others. */
static enum err
on_hang(struct call *call, const struct timer_due *due UNUSED)
{
    enum err err = note_try_await(call);
    while (err == OK && clock_offset_s() == 0)
        task_sleep_await(10);
    return err;
}

/* Of one kind some hang, and others are quick. */
static enum err
on_mixed(struct call *call, const struct timer_due *due)
{
    bool is_slow = strncmp(due->aggregate_id, "slow", 4) == 0;
    return is_slow ? on_hang(call, due) : note_effect_await(call, due);
}

static const struct timer_kind kinds[] = {{"note", note_effect_await},
                                          {"mixed", on_mixed},
                                          {"again", on_again},
                                          {"hang", on_hang},
                                          {"refuse", on_refuse},
                                          {"fail_once", on_fail_once},
                                          {"break_once", on_break_once},
                                          {"die", on_die},
                                          TIMER_KIND_END};

/* ---- replicas ---- */

enum { REPLICAS_MAX = 4 };
static pid_t replicas[REPLICAS_MAX];
static struct svc svc;
static struct timer_service *service;

static void
on_stop(uv_signal_t *handle, int number UNUSED)
{
    loop_stop(handle->data);
}

/* The whole life of a replica. Ends by SIGTERM, cleanly, so that leaks are seen. */
static void
live(void)
{
    static uv_signal_t on_term;
    svc.db = pgtest_open(NULL, "timertest", NULL);
    uv_signal_init(loop_uv(pgtest_loop), &on_term);
    on_term.data = pgtest_loop;
    uv_signal_start(&on_term, on_stop, SIGTERM);
    service = timer_open(&svc, kinds);
    loop_run(pgtest_loop);
    timer_close(&service);
    pgtest_await_tasks();
    uv_close((uv_handle_t *)&on_term, NULL);
    db_close(&svc.db);
    pgtest_close_loop();
    stat_deinit();
    log_deinit();
    arena_deinit();
}

static void
start_replicas(int count)
{
    for (int i = 0; i < count; i++) {
        replicas[i] = fork();
        CHECK(replicas[i] >= 0);
        if (replicas[i] == 0) {
            live();
            _exit(0);
        }
    }
}

static void
stop_replicas(void)
{
    for (int i = 0; i < REPLICAS_MAX; i++) {
        int status = 0;
        if (replicas[i] == 0)
            continue;
        kill(replicas[i], SIGTERM);
        assert_int_equal(waitpid(replicas[i], &status, 0), replicas[i]);
        replicas[i] = 0;
        assert_int_equal(status, 0);
    }
}

static void
await_count(const char *sql, int64_t expected)
{
    int64_t end_mono_ms = clock_mono_ms() + 60000;
    while (pgtest_count(sql) != expected) {
        if (clock_mono_ms() > end_mono_ms)
            fail_msg("%s: %lld, not %lld", sql, (long long)pgtest_count(sql), (long long)expected);
        pgtest_run("SELECT pg_sleep(0.01)");
    }
}

static char clock_path[128];

static void
move_clock(int64_t offset_s)
{
    char next[160];
    snprintf(next, sizeof next, "%s.next", clock_path);
    FILE *file = fopen(next, "w");
    CHECK(file != NULL);
    fprintf(file, "%lld\n", (long long)offset_s);
    fclose(file);
    CHECK(rename(next, clock_path) == 0);
}

static void
set_timers(const char *kind, int count, const char *due)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
             " SELECT gen_random_uuid(), '%s', i::text, %s FROM generate_series(1, %d) i",
             kind, due, count);
    pgtest_run(sql);
}

static int
set_up(void **state UNUSED)
{
    pgtest_run("TRUNCATE timers, effects, tries");
    move_clock(0);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    stop_replicas();
    return 0;
}

static void
timers_run_at_their_time_and_are_gone(void **state UNUSED)
{
    start_replicas(1);
    set_timers("note", 20, "now() + interval '1.3 seconds' + i * interval '20 ms'");
    await_count("SELECT count(*) FROM effects", 20);
    await_count("SELECT count(*) FROM timers", 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM effects WHERE late_us < 0"), 0);
    print_message("latest timer: %lld ms late\n",
                  (long long)pgtest_count("SELECT max(late_us) / 1000 FROM effects"));
}

static void
replicas_share_timers_and_each_has_one_effect(void **state UNUSED)
{
    set_timers("note", 500, "now()");
    start_replicas(2);
    await_count("SELECT count(*) FROM timers", 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM effects WHERE attempt = 1"), 500);
}

static void
moving_the_test_clock_makes_timers_due_at_once(void **state UNUSED)
{
    start_replicas(2);
    set_timers("note", 3, "now() + interval '400 days'");
    set_timers("note", 1, "now() + interval '900 days'");
    await_count("SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                "'aftercare-timertest'",
                4);
    move_clock(INT64_C(500) * 86400);
    await_count("SELECT count(*) FROM effects", 3);
    await_count("SELECT count(*) FROM timers", 1);
}

static void
a_timer_that_is_due_again_stays_one_row_for_all_replicas(void **state UNUSED)
{
    set_timers("again", 1, "now()");
    start_replicas(2);
    await_count("SELECT least(count(*), 20) FROM tries", 20);
    assert_int_equal(pgtest_count("SELECT count(*) FROM timers"), 1);
    assert_int_equal(pgtest_count("SELECT count(DISTINCT key) FROM tries"), 1);
}

static void
a_refusal_that_stands_ends_the_timer(void **state UNUSED)
{
    set_timers("refuse", 1, "now()");
    start_replicas(1);
    await_count("SELECT count(*) FROM timers", 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM effects"), 1);
}

static void
a_timer_that_failed_is_tried_again(void **state UNUSED)
{
    set_timers("fail_once", 1, "now()");
    start_replicas(1);
    await_count("SELECT count(*) FROM timers", 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM effects WHERE attempt = 2"), 1);
}

static void
a_timer_that_was_broken_off_is_tried_again(void **state UNUSED)
{
    set_timers("break_once", 1, "now()");
    start_replicas(1);
    await_count("SELECT count(*) FROM timers", 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM effects WHERE attempt = 2"), 1);
}

static void
a_timer_of_an_unknown_kind_stays(void **state UNUSED)
{
    set_timers("unheard_of", 1, "now()");
    set_timers("note", 1, "now()");
    start_replicas(1);
    await_count("SELECT count(*) FROM effects", 1);
    await_count("SELECT attempt FROM timers WHERE kind = 'unheard_of'", 1);
}

/* The lease of a dead replica is real time; what would take half a minute is brought about by
 * ending the lease. */
static void
a_replica_that_dies_after_the_effect_leaves_one_effect(void **state UNUSED)
{
    int status;
    set_timers("die", 1, "now()");
    start_replicas(1);
    assert_int_equal(waitpid(replicas[0], &status, 0), replicas[0]);
    replicas[0] = 0;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(pgtest_count("SELECT count(*) FROM timers"), 1);
    start_replicas(1);
    pgtest_run("UPDATE timers SET lease_time = now()");
    await_count("SELECT count(*) FROM timers", 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM tries"), 2);
    assert_int_equal(pgtest_count("SELECT count(*) FROM effects"), 1);
}

static void
a_lease_keeps_other_replicas_away(void **state UNUSED)
{
    set_timers("note", 1, "now()");
    pgtest_run("UPDATE timers SET lease_time = now() + interval '1 hour'");
    set_timers("note", 1, "now() + interval '1.5 seconds'"); /* at least one more look */
    start_replicas(2);
    await_count("SELECT count(*) FROM effects", 1);
    await_count("SELECT count(*) FROM timers WHERE attempt = 0", 1);
}

/* What would take half a minute is brought about by a lease that ends sooner. */
static void
a_timer_that_takes_longer_than_its_lease_is_run_once(void **state UNUSED)
{
    set_timers("hang", 1, "now()");
    start_replicas(2);
    await_count("SELECT count(*) FROM tries", 1);
    pgtest_run("UPDATE timers SET lease_time = now() + interval '10 s'");
    await_count("SELECT count(*) FROM timers WHERE lease_time > now() + interval '20 s'", 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM tries"), 1);
    move_clock(1);
    await_count("SELECT count(*) FROM timers", 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM tries"), 1);
}

static void
an_aggregate_whose_timers_hang_keeps_no_other_waiting(void **state UNUSED)
{
    pgtest_run("INSERT INTO timers (timer_id, kind, aggregate_id, due_time) SELECT"
               " gen_random_uuid(), 'hang', 'slow', now() - interval '1 s'"
               " FROM generate_series(1, 200)");
    set_timers("note", 100, "now()");
    start_replicas(1);
    await_count("SELECT count(*) FROM effects", 100);
    assert_int_equal(pgtest_count("SELECT count(*) FROM tries"), 4);
    move_clock(1);
    await_count("SELECT count(*) FROM timers", 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM tries"), 200);
}

static void
a_kind_whose_timers_hang_keeps_no_other_waiting(void **state UNUSED)
{
    set_timers("hang", 200, "now() - interval '1 s'");
    set_timers("note", 100, "now()");
    start_replicas(1);
    await_count("SELECT count(*) FROM effects", 100);
    assert_in_range(pgtest_count("SELECT count(*) FROM tries"), 1, 32);
    move_clock(1);
    await_count("SELECT count(*) FROM timers", 0);
}

/* Each of the slow ones has more due than may run at once, and all of that was due before. */
static void
aggregates_that_hang_keep_none_of_their_own_kind_waiting(void **state UNUSED)
{
    pgtest_run("INSERT INTO timers (timer_id, kind, aggregate_id, due_time) SELECT"
               " gen_random_uuid(), 'mixed', 'slow' || i % 8, now() - interval '1 s'"
               " FROM generate_series(1, 400) i");
    set_timers("mixed", 100, "now()");
    start_replicas(1);
    await_count("SELECT count(*) FROM effects", 100);
    assert_in_range(pgtest_count("SELECT count(*) FROM tries"), 8, 24);
    move_clock(1);
    await_count("SELECT count(*) FROM timers", 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM tries"), 400);
}

/* Two kinds that are full leave room for others. */
static void
two_kinds_whose_timers_hang_keep_no_other_waiting(void **state UNUSED)
{
    set_timers("hang", 100, "now() - interval '1 s'");
    pgtest_run("INSERT INTO timers (timer_id, kind, aggregate_id, due_time) SELECT"
               " gen_random_uuid(), 'mixed', 'slow' || i, now() - interval '1 s'"
               " FROM generate_series(1, 100) i");
    set_timers("note", 100, "now()");
    start_replicas(1);
    await_count("SELECT count(*) FROM effects", 100);
    move_clock(1);
    await_count("SELECT count(*) FROM timers", 0);
}

static void
make_schema(void)
{
    char sql[128];
    snprintf(sql, sizeof sql, "ALTER DATABASE %s SET search_path = timertest", pgtest_name);
    pgtest_run("CREATE SCHEMA timertest");
    pgtest_run(sql);
    pgtest_run("SET search_path = timertest");
    pgtest_run(
        "CREATE TABLE schema_info AS SELECT 'create_test' AS change, '0.0.1' AS oldest_daemon;"
        "CREATE TABLE timers (LIKE warranty.timers INCLUDING ALL);"
        "CREATE TABLE tries (key text);"
        "CREATE TABLE effects (key text PRIMARY KEY, kind text, late_us bigint, attempt int)");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(timers_run_at_their_time_and_are_gone),
        TEST(replicas_share_timers_and_each_has_one_effect),
        TEST(moving_the_test_clock_makes_timers_due_at_once),
        TEST(a_timer_that_is_due_again_stays_one_row_for_all_replicas),
        TEST(a_refusal_that_stands_ends_the_timer),
        TEST(a_timer_that_failed_is_tried_again),
        TEST(a_timer_that_was_broken_off_is_tried_again),
        TEST(a_timer_of_an_unknown_kind_stays),
        TEST(a_replica_that_dies_after_the_effect_leaves_one_effect),
        TEST(a_lease_keeps_other_replicas_away),
        TEST(a_timer_that_takes_longer_than_its_lease_is_run_once),
        TEST(an_aggregate_whose_timers_hang_keeps_no_other_waiting),
        TEST(a_kind_whose_timers_hang_keeps_no_other_waiting),
        TEST(aggregates_that_hang_keep_none_of_their_own_kind_waiting),
        TEST(two_kinds_whose_timers_hang_keep_no_other_waiting),
    };
    snprintf(clock_path, sizeof clock_path, "/tmp/aftercare_timer_pgtest_%d", (int)getpid());
    move_clock(0);
    setenv("AFTERCARE_TEST_CLOCK", clock_path, 1);
    pgtest_begin("timer_pgtest");
    pgtest_deploy_warranty();
    make_schema();
    int failures = cmocka_run_group_tests_name("timer", tests, NULL, NULL);
    pgtest_end();
    unlink(clock_path);
    return failures;
}
