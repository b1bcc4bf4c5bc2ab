/*
 * relay_store_pgtest - partitions and the outbox's slots, against a real PostgreSQL
 */
// SPDX-License-Identifier: Apache-2.0
#include "relay_fixture.h"

enum { NOW_S = 1780000000 };

#define NOW_US (INT64_C(1000000) * NOW_S)

/* ---- partitions ---- */

static enum err
read_ends_await(struct call *call, void *ret_ends)
{
    return relay_read_ends_await(db, call, ret_ends);
}

struct drop {
    enum relay_class class;
    int64_t first_position;
    bool is_dropped;
    struct relay_oldest oldest[RELAY_CLASS_COUNT];
};

static enum err
drop_await(struct call *call, void *context)
{
    struct drop *drop = context;
    return relay_drop_partition_await(db, call, drop->class, drop->first_position,
                                      &drop->is_dropped);
}

static enum err
read_oldest_await(struct call *call, void *context)
{
    return relay_read_oldest_await(db, call, ((struct drop *)context)->oldest);
}

static bool
drop(enum relay_class class, int64_t first_position)
{
    struct drop drop = {.class = class, .first_position = first_position};
    relay_ask(drop_await, &drop);
    return drop.is_dropped;
}

static void
a_partition_begins_where_the_one_before_ends(void **state UNUSED)
{
    int64_t end, ends[RELAY_CLASS_COUNT];
    relay_ask(read_ends_await, ends);
    assert_int_equal(ends[RELAY_BRIEF], 1001);
    assert_int_equal(ends[RELAY_LASTING], 1001);
    relay_ask(add_await, &end);
    assert_int_equal(end, 2001);
    pgtest_run("UPDATE relay SET position = 995");
    take_over();
    write_many(0, "A", 9);
    assert_int_equal(tick_all(), 9);
    assert_int_equal(pgtest_count("SELECT count(*) FROM log_lasting_1"), 5);
    assert_int_equal(pgtest_count("SELECT count(*) FROM log_lasting_1001"), 4);
}

static void
a_partition_is_added_while_somebody_reads_the_log(void **state UNUSED)
{
    int64_t end = 0;
    pgtest_run("BEGIN; SELECT count(*) FROM log; LOCK TABLE log IN ACCESS SHARE MODE");
    relay_ask(add_await, &end);
    pgtest_run("COMMIT");
    assert_int_equal(end, 2001);
}

static void
a_partition_that_cannot_be_added_now_is_said_to_be_none(void **state UNUSED)
{
    int64_t end = 1;
    pgtest_run("BEGIN; LOCK TABLE log_brief, log_lasting IN SHARE MODE");
    relay_ask(add_await, &end);
    pgtest_run("COMMIT");
    assert_int_equal(end, 0);
    assert_int_equal(pgtest_count("SELECT count(*) FROM partitions"), 2);
}

static void
the_oldest_partition_goes_and_the_horizon_moves(void **state UNUSED)
{
    int64_t end;
    struct drop read = {0};
    relay_ask(add_await, &end);
    relay_ask(add_await, &end);
    assert_false(drop(RELAY_LASTING, 1001)); /* not the oldest */
    assert_true(drop(RELAY_LASTING, 1));
    assert_false(drop(RELAY_LASTING, 1)); /* gone */
    assert_int_equal(pgtest_count("SELECT first_position FROM horizons WHERE class = 'lasting'"),
                     1001);
    assert_int_equal(pgtest_count("SELECT first_position FROM horizons WHERE class = 'brief'"), 1);
    assert_true(drop(RELAY_LASTING, 1001));
    assert_false(drop(RELAY_LASTING, 2001)); /* the last one */
    relay_ask(read_oldest_await, &read);
    assert_false(read.oldest[RELAY_LASTING].is_there);
    assert_int_equal(read.oldest[RELAY_BRIEF].first_position, 1);
}

static void
a_partition_that_somebody_reads_is_dropped_later(void **state UNUSED)
{
    int64_t end;
    relay_ask(add_await, &end);
    pgtest_run("BEGIN; SELECT count(*) FROM log");
    assert_false(drop(RELAY_BRIEF, 1));
    pgtest_run("COMMIT");
    assert_int_equal(pgtest_count("SELECT first_position FROM horizons WHERE class = 'brief'"), 1);
    assert_true(drop(RELAY_BRIEF, 1));
}

static void
a_partition_is_as_old_as_its_last_event_or_the_next_one(void **state UNUSED)
{
    int64_t end;
    struct drop read = {0};
    relay_ask(add_await, &end);
    write_many(0, "A", 3);
    assert_int_equal(tick_all(), 3);
    relay_ask(read_oldest_await, &read);
    assert_true(read.oldest[RELAY_LASTING].last_time_us == NOW_US);
    assert_true(read.oldest[RELAY_BRIEF].last_time_us == INT64_MAX);
    assert_int_equal(read.oldest[RELAY_BRIEF].end_position, 1001);
    pgtest_run("UPDATE relay SET position = 1500");
    take_over();
    write_event(0, "warranty.v1.ImportAdvanced", "I", 1);
    assert_int_equal(tick(), 1);
    relay_ask(read_oldest_await, &read);
    assert_true(read.oldest[RELAY_BRIEF].last_time_us == NOW_US);
}

/* ---- the outbox ---- */

struct slots {
    int64_t before_us;
    bool is_switched;
    unsigned full;
    int slot;
    bool is_empty;
};

static enum err
switch_await(struct call *call, void *context)
{
    struct slots *slots = context;
    return relay_switch_await(db, call, slots->before_us, NOW_US, &row, &slots->is_switched);
}

static enum err
read_full_await(struct call *call, void *context)
{
    return relay_read_full_slots_await(db, call, &((struct slots *)context)->full);
}

static enum err
empty_await(struct call *call, void *context)
{
    struct slots *slots = context;
    return relay_empty_slot_await(db, call, slots->slot, &slots->is_empty);
}

static bool
switch_slot(int64_t before_us)
{
    struct slots slots = {.before_us = before_us};
    relay_ask(switch_await, &slots);
    return slots.is_switched;
}

static unsigned
read_full(void)
{
    struct slots slots = {0};
    relay_ask(read_full_await, &slots);
    return slots.full;
}

static bool
empty(int slot)
{
    struct slots slots = {.slot = slot};
    relay_ask(empty_await, &slots);
    return slots.is_empty;
}

static void
the_outbox_is_switched_when_it_holds_something_and_the_next_slot_does_not(void **state UNUSED)
{
    assert_false(switch_slot(INT64_MAX / 2)); /* nothing to be emptied */
    write_unit(0, "A", 1);
    assert_false(switch_slot(0)); /* too soon */
    assert_int_equal(read_full(), 0);
    assert_true(switch_slot(INT64_MAX / 2));
    assert_int_equal(read_full(), 1);
    write_unit(0, "B", 1);
    assert_true(switch_slot(INT64_MAX / 2));
    write_unit(0, "C", 1);
    assert_false(switch_slot(INT64_MAX / 2)); /* A is still there */
    assert_int_equal(read_full(), 3);
    assert_int_equal(tick(), 3); /* the switch moved the row, and the relay knows */
    assert_true(empty(0));
    assert_true(switch_slot(INT64_MAX / 2));
    assert_int_equal(read_full(), 6);
}

static void
a_slot_is_emptied_when_the_log_has_all_of_it(void **state UNUSED)
{
    write_unit(0, "A", 1);
    assert_true(switch_slot(INT64_MAX / 2));
    assert_false(empty(0));
    assert_int_equal(tick(), 1);
    assert_true(empty(0));
    assert_int_equal(pgtest_count("SELECT count(*) FROM outbox"), 0);
    assert_log("A1");
}

static void
a_slot_that_somebody_writes_to_is_not_emptied_and_the_late_event_is_not_lost(void **state UNUSED)
{
    writer_run(1, "BEGIN");
    write_unit(1, "L", 1);
    write_unit(0, "A", 1);
    assert_true(switch_slot(INT64_MAX / 2));
    assert_int_equal(tick(), 1);
    assert_false(empty(0)); /* its writer holds a lock */
    writer_run(1, "COMMIT");
    assert_false(empty(0)); /* the log does not have it */
    assert_int_equal(tick(), 1);
    assert_true(empty(0));
    assert_log("A1 L1");
}

static void
no_slot_is_emptied_that_a_backlog_still_needs(void **state UNUSED)
{
    write_many(0, "A", 15);
    assert_true(switch_slot(INT64_MAX / 2));
    assert_int_equal(tick(), 0);
    assert_int_equal(tick(), 10);
    assert_false(empty(0));
    assert_int_equal(tick(), 5);
    assert_true(empty(0));
}

/* ---- the view ---- */

static enum err
view_await(struct call *call, void *ret_view)
{
    struct relay_view *view = ret_view;
    struct db *reader = pgtest_open("events_service", "events", NULL);
    db_leave_out(reader, "change_");
    db_leave_out(reader, "timer_");
    enum err err = relay_view_await(reader, call, view);
    db_close(&reader);
    return err;
}

static void
the_oldest_event_that_is_not_in_the_log_is_seen(void **state UNUSED)
{
    struct relay_view view;
    relay_ask(view_await, &view);
    assert_int_equal(view.oldest_time_us, 0);
    writer_run(1, "BEGIN");
    write_unit(1, "L", 1);
    write_unit(0, "A", 1);
    relay_ask(view_await, &view);
    assert_true(view.oldest_time_us == INT64_C(1767225600000000));
    assert_int_equal(tick(), 1);
    relay_ask(view_await, &view);
    assert_int_equal(view.oldest_time_us, 0); /* what is not committed is nobody's yet */
    assert_int_equal(view.position, 1);
    writer_run(1, "COMMIT"); /* of a transaction that the snapshot has as running */
    relay_ask(view_await, &view);
    assert_true(view.oldest_time_us == INT64_C(1767225600000000));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_partition_begins_where_the_one_before_ends),
        TEST(a_partition_is_added_while_somebody_reads_the_log),
        TEST(a_partition_that_cannot_be_added_now_is_said_to_be_none),
        TEST(the_oldest_partition_goes_and_the_horizon_moves),
        TEST(a_partition_that_somebody_reads_is_dropped_later),
        TEST(a_partition_is_as_old_as_its_last_event_or_the_next_one),
        TEST(the_outbox_is_switched_when_it_holds_something_and_the_next_slot_does_not),
        TEST(a_slot_is_emptied_when_the_log_has_all_of_it),
        TEST(a_slot_that_somebody_writes_to_is_not_emptied_and_the_late_event_is_not_lost),
        TEST(no_slot_is_emptied_that_a_backlog_still_needs),
        TEST(the_oldest_event_that_is_not_in_the_log_is_seen),
    };
    pgtest_begin("relay_store_pgtest");
    pgtest_make_roles();
    int failures = cmocka_run_group_tests_name("relay_store", tests, NULL, NULL);
    pgtest_end();
    return failures;
}
