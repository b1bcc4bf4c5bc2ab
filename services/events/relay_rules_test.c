/*
 * relay_rules_test - what the relay decides
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "relay.h"

enum { MAX_MS = 25 };

static void
another_cluster_matters_more_than_another_timeline(void **state UNUSED)
{
    assert_int_equal(relay_judge_past(true, true), RELAY_SAME);
    assert_int_equal(relay_judge_past(true, false), RELAY_NEW_TIMELINE);
    assert_int_equal(relay_judge_past(false, true), RELAY_NEW_CLUSTER);
    assert_int_equal(relay_judge_past(false, false), RELAY_NEW_CLUSTER);
}

static void
the_pause_is_short_while_events_come_and_grows_in_silence(void **state UNUSED)
{
    assert_int_equal(relay_choose_pause_ms(MAX_MS, 1, false, MAX_MS), RELAY_PAUSE_MIN_MS);
    int64_t pause_ms = 0;
    const int64_t expected_ms[] = {2, 4, 8, 16, 25, 25};
    for (size_t i = 0; i < COUNT_OF(expected_ms); i++) {
        pause_ms = relay_choose_pause_ms(pause_ms, 0, false, MAX_MS);
        assert_int_equal(pause_ms, expected_ms[i]);
    }
}

static void
there_is_no_pause_within_a_backlog(void **state UNUSED)
{
    assert_int_equal(relay_choose_pause_ms(MAX_MS, 0, true, MAX_MS), 0);
    assert_int_equal(relay_choose_pause_ms(0, 2000, true, MAX_MS), 0);
}

static void
the_longest_pause_holds_also_below_the_shortest(void **state UNUSED)
{
    assert_int_equal(relay_choose_pause_ms(0, 1, false, 1), 1);
}

static void
a_statement_never_needs_more_than_what_is_always_ahead(void **state UNUSED)
{
    assert_int_equal(relay_append_max(100), 50);
    assert_int_equal(relay_append_max(101), 50);
    assert_int_equal(relay_append_max(1000000), RELAY_APPEND_MAX);
    for (unsigned width = 100; width < 10000; width += 37) {
        /* The last position at which no partition is added. */
        int64_t end = 1 + width, position = end - 1 - width / 2;
        assert_false(relay_needs_partition(end, position, width));
        assert_true(relay_needs_partition(end, position + 1, width));
        assert_true(relay_has_room(end, position, width));
    }
}

static void
there_is_room_until_the_last_position_of_the_last_partition(void **state UNUSED)
{
    assert_true(relay_has_room(101, 50, 100)); /* 51 to 100 */
    assert_false(relay_has_room(101, 51, 100));
    assert_false(relay_has_room(1, 0, 100));
}

static void
a_log_without_a_partition_needs_one(void **state UNUSED)
{
    assert_true(relay_needs_partition(1, 0, 100));
    assert_true(relay_needs_partition(101, 5000, 100)); /* restored, or the width was changed */
}

static void
a_partition_is_dropped_when_its_last_event_is_too_old(void **state UNUSED)
{
    const int64_t now_us = INT64_C(1780000000000000), day_ms = 86400000;
    assert_false(relay_may_drop(101, 200, now_us - 30 * day_ms * 1000, now_us, 30 * day_ms));
    assert_true(relay_may_drop(101, 200, now_us - 30 * day_ms * 1000 - 1, now_us, 30 * day_ms));
    assert_false(relay_may_drop(101, 200, INT64_MAX, now_us, 30 * day_ms));
}

static void
a_partition_that_is_still_written_to_is_not_dropped(void **state UNUSED)
{
    assert_false(relay_may_drop(101, 99, 0, INT64_C(1780000000000000), 1000));
    assert_true(relay_may_drop(101, 100, 0, INT64_C(1780000000000000), 1000));
}

static void
a_transaction_is_as_old_as_it_has_been_seen_to_be_the_oldest(void **state UNUSED)
{
    struct relay_watch watch = {0};
    assert_int_equal(relay_watch_ms(&watch, "700:700:", 1000), 0); /* none runs */
    assert_int_equal(relay_watch_ms(&watch, "700:705:700,703", 2000), 1000);
    assert_int_equal(relay_watch_ms(&watch, "700:900:700", 5000), 4000);
    assert_int_equal(relay_watch_ms(&watch, "703:900:703", 6000), 0);
    assert_int_equal(relay_watch_ms(&watch, "703:901:703", 6500), 500);
    assert_int_equal(relay_watch_ms(&watch, "950:950:", 9000), 0);
}

static void
a_text_that_is_no_snapshot_has_no_old_transaction(void **state UNUSED)
{
    struct relay_watch watch = {0};
    assert_int_equal(relay_watch_ms(&watch, "", 1000), 0);
    assert_int_equal(relay_watch_ms(&watch, "700", 2000), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_cluster_matters_more_than_another_timeline),
        cmocka_unit_test(the_pause_is_short_while_events_come_and_grows_in_silence),
        cmocka_unit_test(there_is_no_pause_within_a_backlog),
        cmocka_unit_test(the_longest_pause_holds_also_below_the_shortest),
        cmocka_unit_test(a_statement_never_needs_more_than_what_is_always_ahead),
        cmocka_unit_test(there_is_room_until_the_last_position_of_the_last_partition),
        cmocka_unit_test(a_log_without_a_partition_needs_one),
        cmocka_unit_test(a_partition_is_dropped_when_its_last_event_is_too_old),
        cmocka_unit_test(a_partition_that_is_still_written_to_is_not_dropped),
        cmocka_unit_test(a_transaction_is_as_old_as_it_has_been_seen_to_be_the_oldest),
        cmocka_unit_test(a_text_that_is_no_snapshot_has_no_old_transaction),
    };
    return cmocka_run_group_tests_name("relay_rules", tests, NULL, NULL);
}
