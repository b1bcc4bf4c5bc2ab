/*
 * relay_tick_pgtest - what gets which position, against a real PostgreSQL
 */
// SPDX-License-Identifier: Apache-2.0
#include "relay_fixture.h"

static void
what_commits_later_with_a_smaller_id_comes_later_and_is_not_lost(void **state UNUSED)
{
    writer_run(0, "BEGIN");
    write_unit(0, "A", 1); /* draws id 1 */
    write_unit(1, "B", 1); /* draws id 2 and commits */
    assert_int_equal(tick(), 1);
    assert_log("B1");
    writer_run(0, "COMMIT");
    assert_int_equal(tick(), 1);
    assert_log("B1 A1");
}

static void
the_first_transaction_behind_a_snapshot_comes_next(void **state UNUSED)
{
    writer_run(0, "BEGIN");
    write_unit(0, "A", 1);
    /* As where it took its id just after a tick's snapshot and before the tick's own id. */
    pgtest_run("UPDATE relay SET snapshot = (SELECT format('%s:%s:', xmin, xmin)::pg_snapshot FROM"
               " (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) s)");
    take_over();
    writer_run(0, "COMMIT");
    assert_int_equal(tick(), 1);
    assert_log("A1");
}

static void
versions_of_an_aggregate_are_in_order_whatever_their_transactions_ids(void **state UNUSED)
{
    writer_run(0, "BEGIN");
    writer_run(0, "SELECT pg_current_xact_id()"); /* the smaller one, that comes second */
    write_unit(1, "A", 1);
    write_unit(0, "A", 2);
    writer_run(0, "COMMIT");
    assert_int_equal(tick(), 2);
    assert_log("A1 A2");
}

static void
what_is_rolled_back_gets_no_position(void **state UNUSED)
{
    writer_run(0, "BEGIN");
    write_unit(0, "A", 1);
    writer_run(0, "ROLLBACK");
    write_unit(1, "B", 1);
    writer_run(2, "BEGIN; SAVEPOINT s");
    write_unit(2, "C", 1);
    writer_run(2, "ROLLBACK TO s");
    write_unit(2, "D", 1);
    writer_run(2, "COMMIT");
    assert_int_equal(tick(), 2);
    assert_int_equal(tick(), 0);
    assert_log("B1 D1");
}

static void
a_long_transaction_delays_its_own_events_only(void **state UNUSED)
{
    writer_run(0, "BEGIN");
    write_unit(0, "L", 1);
    for (int i = 1; i <= 5; i++) {
        write_unit(1, "A", i);
        assert_int_equal(tick(), 1);
    }
    write_unit(0, "L", 2);
    writer_run(0, "COMMIT");
    write_unit(1, "A", 6);
    assert_int_equal(tick(), 3);
    assert_log("A1 A2 A3 A4 A5 L1 L2 A6");
}

static void
an_event_within_a_savepoint_is_its_transactions(void **state UNUSED)
{
    writer_run(0, "BEGIN; SAVEPOINT s");
    write_unit(0, "A", 1);
    writer_run(0, "RELEASE s");
    assert_int_equal(tick(), 0);
    write_unit(1, "B", 1);
    assert_int_equal(tick(), 1);
    writer_run(0, "COMMIT");
    assert_int_equal(tick(), 1);
    assert_log("B1 A1");
}

static void
a_backlog_goes_in_pieces_in_the_order_of_ids(void **state UNUSED)
{
    writer_run(0, "BEGIN");
    write_unit(0, "L", 1); /* smaller than all others */
    write_many(1, "A", 12);
    write_many(2, "B", 13);
    struct turn turn = tick_as(&row, false);
    assert_int_equal(turn.ticked.count, 0);
    assert_true(turn.ticked.is_backlog);
    writer_run(0, "COMMIT"); /* after the target: not of this backlog */
    write_many(1, "C", 3);
    for (int i = 0; i < 3; i++) {
        assert_true(row.target[0] != 0);
        assert_int_equal(tick(), i < 2 ? 10 : 5);
    }
    assert_true(row.target[0] == 0);
    assert_int_equal(tick(), 4);
    assert_int_equal(pgtest_count("SELECT count(*) FROM log l JOIN outbox o USING (event_id)"
                                  " WHERE position <= 25 AND (o.aggregate_id NOT LIKE 'L%'"
                                  " AND position <> o.id - 1)"),
                     0);
    assert_int_equal(pgtest_count("SELECT count(DISTINCT event_id) FROM log"), 29);
    assert_int_equal(pgtest_count("SELECT position FROM log WHERE aggregate_id = 'L'"), 26);
}

static void
a_backlog_is_gone_on_with_by_the_next_relay(void **state UNUSED)
{
    write_many(0, "B", 5);
    assert_int_equal(tick(), 5); /* these are in the log and still in the outbox */
    write_many(0, "A", 25);
    assert_int_equal(tick(), 0);
    assert_int_equal(tick(), 10);
    open_relay();
    row = (struct relay_row){0};
    take_over();
    assert_int_equal(tick_all(), 15);
    assert_int_equal(pgtest_count("SELECT count(*) FROM log l JOIN outbox o USING (event_id)"
                                  " WHERE position <> o.id"),
                     0);
    assert_int_equal(row.position, 30);
}

static void
a_relay_that_knows_the_row_no_more_changes_nothing(void **state UNUSED)
{
    struct relay_row old = row;
    write_unit(0, "A", 1);
    assert_int_equal(tick(), 1);
    write_unit(0, "A", 2);
    struct turn turn = tick_as(&old, false);
    assert_int_equal(turn.err, OK);
    assert_true(turn.ticked.is_lost);
    assert_int_equal(turn.ticked.count, 0);
    assert_log("A1");

    old = row;
    old.session_pid++; /* as if sent again on another connection */
    assert_true(tick_as(&old, false).ticked.is_lost);
    old = row;
    old.session_start_us++; /* of another life of the server */
    assert_true(tick_as(&old, false).ticked.is_lost);
    assert_int_equal(tick(), 1);
    assert_log("A1 A2");
}

static void
a_piece_that_is_sent_twice_is_appended_once(void **state UNUSED)
{
    write_many(0, "A", 25);
    assert_int_equal(tick(), 0);
    struct relay_row old = row;
    assert_int_equal(tick(), 10);
    assert_true(tick_as(&old, false).ticked.is_lost);
    assert_int_equal(tick_all(), 15);
    assert_int_equal(pgtest_count("SELECT count(DISTINCT event_id) FROM log"), 25);
}

static void
silence_costs_no_transaction(void **state UNUSED)
{
    write_unit(0, "A", 1);
    assert_int_equal(tick(), 1);
    int64_t before = pgtest_count("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
    for (int i = 0; i < 5; i++) {
        struct turn turn = tick_as(&row, true);
        assert_false(turn.ticked.is_lost);
        assert_int_equal(turn.ticked.count, 0);
    }
    assert_int_equal(pgtest_count("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"),
                     before);
}

static void
a_snapshot_that_has_moved_is_written_down_when_it_is_due(void **state UNUSED)
{
    char before[RELAY_SNAPSHOT_SIZE];
    tick_as(&row, true);
    memcpy(before, row.snapshot, sizeof before);
    for (int i = 0; i < 3; i++)
        writer_run(0, "BEGIN; SELECT pg_current_xact_id(); COMMIT");
    assert_false(tick_as(&row, false).ticked.is_lost);
    assert_string_equal(row.snapshot, before);
    assert_false(tick_as(&row, true).ticked.is_lost);
    assert_string_not_equal(row.snapshot, before);
}

static void
an_event_in_the_log_is_what_it_was_in_the_outbox(void **state UNUSED)
{
    write_event(0, "warranty.v1.ImportAdvanced", "A", 1);
    write_event(0, "warranty.v1.UnitRegistered", "A", 2);
    write_event(0, "not.v1.Known", "A", 3);
    assert_int_equal(tick(), 3);
    assert_int_equal(
        pgtest_count("SELECT count(*) FROM log l JOIN outbox o USING (event_id, type,"
                     " aggregate_type, aggregate_id, aggregate_version, event_time, principal,"
                     " payload) WHERE l.owner_id IS NULL AND l.trace IS NULL AND append_time ="
                     " to_timestamp(1780000000)"),
        3);
    assert_int_equal(pgtest_count("SELECT count(*) FROM log WHERE class = 'brief'"
                                  " AND type = 'warranty.v1.ImportAdvanced'"),
                     1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM log WHERE class = 'lasting'"), 2);
    /* The first byte of SHA-256 of "unit", 0, "A". */
    assert_int_equal(pgtest_count("SELECT DISTINCT lane FROM log"), 169);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_commits_later_with_a_smaller_id_comes_later_and_is_not_lost),
        TEST(the_first_transaction_behind_a_snapshot_comes_next),
        TEST(versions_of_an_aggregate_are_in_order_whatever_their_transactions_ids),
        TEST(what_is_rolled_back_gets_no_position),
        TEST(a_long_transaction_delays_its_own_events_only),
        TEST(an_event_within_a_savepoint_is_its_transactions),
        TEST(a_backlog_goes_in_pieces_in_the_order_of_ids),
        TEST(a_backlog_is_gone_on_with_by_the_next_relay),
        TEST(a_relay_that_knows_the_row_no_more_changes_nothing),
        TEST(a_piece_that_is_sent_twice_is_appended_once),
        TEST(silence_costs_no_transaction),
        TEST(a_snapshot_that_has_moved_is_written_down_when_it_is_due),
        TEST(an_event_in_the_log_is_what_it_was_in_the_outbox),
    };
    pgtest_begin("relay_tick_pgtest");
    pgtest_make_roles();
    int failures = cmocka_run_group_tests_name("relay_tick", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
