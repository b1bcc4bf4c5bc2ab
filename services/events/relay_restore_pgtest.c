/*
 * relay_restore_pgtest - what a relay does with a log that was restored, against a real PostgreSQL
 */
// SPDX-License-Identifier: Apache-2.0
#include "relay_fixture.h"

enum { NEW_EPOCH = 1780000000 };
#define NOW_US (NEW_EPOCH * INT64_C(1000000))

struct begin {
    enum relay_past past;
    bool is_lost;
    int64_t adopted;
};

static enum err
begin_await(struct call *call, void *context)
{
    struct begin *begin = context;
    return relay_begin_epoch_await(db, call, begin->past, NOW_US, &row, &begin->is_lost);
}

static enum err
adopt_await(struct call *call, void *context)
{
    return relay_adopt_await(db, call, &((struct begin *)context)->adopted);
}

static int64_t
adopt(void)
{
    struct begin begin = {0};
    relay_ask(adopt_await, &begin);
    return begin.adopted;
}

static void
begin_epoch(enum relay_past past)
{
    struct begin begin = {.past = past};
    relay_ask(begin_await, &begin);
    assert_false(begin.is_lost);
}

/* As after a restore from a dump: another cluster's name, and transaction ids that it has not had
 * yet. */
static void
restore(void)
{
    pgtest_run("UPDATE relay SET system_identifier = 1,"
               " target = CASE WHEN target IS NOT NULL THEN '9000000:9000000:'::pg_snapshot END");
    pgtest_run("UPDATE outbox SET xid = (xid::text::bigint + 1000000)::text::xid8");
}

static void
after_a_restore_each_event_is_there_once_and_a_new_epoch_begins(void **state UNUSED)
{
    write_many(0, "A", 5);
    assert_int_equal(tick_all(), 5);
    write_many(0, "B", 13);
    restore();
    assert_int_equal(take_over(), RELAY_NEW_CLUSTER);
    assert_int_equal(adopt(), 18);
    assert_int_equal(adopt(), 0);
    begin_epoch(RELAY_NEW_CLUSTER);
    assert_int_equal(row.epoch, NEW_EPOCH);
    assert_int_equal(row.position, 5);
    assert_int_equal(tick_all(), 13);
    assert_int_equal(pgtest_count("SELECT count(DISTINCT event_id) FROM log"), 18);
    assert_int_equal(pgtest_count("SELECT max(position) FROM log"), 18);
    assert_int_equal(pgtest_count("SELECT first_position FROM epochs WHERE epoch > 1"), 6);
    assert_int_equal(take_over(), RELAY_SAME);
    write_unit(0, "C", 1);
    assert_int_equal(tick_all(), 1);
}

static void
what_is_written_while_a_restored_log_is_adopted_comes_once_too(void **state UNUSED)
{
    write_many(0, "A", 5);
    assert_int_equal(tick_all(), 5);
    write_unit(0, "B", 1);
    restore();
    writer_run(1, "BEGIN");
    write_unit(1, "C", 1); /* open all the while */
    assert_int_equal(take_over(), RELAY_NEW_CLUSTER);
    assert_int_equal(adopt(), 6);
    write_unit(0, "D", 1); /* between two statements */
    begin_epoch(RELAY_NEW_CLUSTER);
    write_unit(0, "E", 1);
    assert_int_equal(tick_all(), 3);
    writer_run(1, "COMMIT");
    assert_int_equal(tick_all(), 1);
    assert_log("A11 A21 A31 A41 A51 B1 D1 E1 C1");
}

static void
a_new_epoch_that_was_begun_in_the_middle_of_a_backlog_loses_nothing(void **state UNUSED)
{
    write_many(0, "A", 25);
    assert_int_equal(tick(), 0);
    assert_int_equal(tick(), 10);
    restore();
    assert_int_equal(take_over(), RELAY_NEW_CLUSTER);
    assert_int_equal(adopt(), 25);
    begin_epoch(RELAY_NEW_CLUSTER);
    assert_int_equal(tick_all(), 15);
    write_unit(0, "B", 1);
    assert_int_equal(tick_all(), 1);
    assert_int_equal(pgtest_count("SELECT count(DISTINCT event_id) FROM log"), 26);
    assert_int_equal(pgtest_count("SELECT first_position FROM epochs WHERE epoch > 1"), 11);
}

static void
another_timeline_begins_an_epoch_and_goes_on(void **state UNUSED)
{
    write_unit(0, "A", 1);
    assert_int_equal(tick(), 1);
    write_unit(0, "B", 1);
    pgtest_run("UPDATE relay SET timeline = timeline + 1");
    assert_int_equal(take_over(), RELAY_NEW_TIMELINE);
    begin_epoch(RELAY_NEW_TIMELINE);
    assert_int_equal(row.epoch, NEW_EPOCH);
    assert_int_equal(tick(), 1);
    assert_log("A1 B1");
    assert_int_equal(pgtest_count("SELECT first_position FROM epochs WHERE epoch > 1"), 2);
    assert_int_equal(take_over(), RELAY_SAME);
}

static void
an_epoch_that_begins_within_a_second_or_on_a_late_clock_still_rises(void **state UNUSED)
{
    begin_epoch(RELAY_NEW_TIMELINE);
    begin_epoch(RELAY_NEW_TIMELINE);
    assert_int_equal(row.epoch, NEW_EPOCH + 1);
    assert_int_equal(pgtest_count("SELECT count(*) FROM epochs"), 3);
}

static void
of_two_that_begin_an_epoch_one_does(void **state UNUSED)
{
    struct begin begin = {.past = RELAY_NEW_TIMELINE};
    struct relay_row old = row;
    begin_epoch(RELAY_NEW_TIMELINE);
    row = old;
    relay_ask(begin_await, &begin);
    assert_true(begin.is_lost);
    assert_int_equal(pgtest_count("SELECT count(*) FROM epochs"), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(after_a_restore_each_event_is_there_once_and_a_new_epoch_begins),
        TEST(what_is_written_while_a_restored_log_is_adopted_comes_once_too),
        TEST(a_new_epoch_that_was_begun_in_the_middle_of_a_backlog_loses_nothing),
        TEST(another_timeline_begins_an_epoch_and_goes_on),
        TEST(an_epoch_that_begins_within_a_second_or_on_a_late_clock_still_rises),
        TEST(of_two_that_begin_an_epoch_one_does),
    };
    pgtest_begin("relay_restore_pgtest");
    pgtest_make_roles();
    int failures = cmocka_run_group_tests_name("relay_restore", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
