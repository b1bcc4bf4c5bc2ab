/*
 * read_rules_test - who is told of a gap, and how the log is read
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "read_rules.h"

static const struct log_ends ends = {.epoch = 3,
                                     .first_lasting = 1,
                                     .first_brief = 501,
                                     .last_position = 1000,
                                     .newer_first_position = INT64_MAX};

static struct log_wish
wish_after(int64_t epoch, int64_t after)
{
    return (struct log_wish){.epoch = epoch,
                             .after = after,
                             .limit = 10,
                             .aggregate_type = "",
                             .aggregate_id = "",
                             .owner_id = ""};
}

static void
expect_gap(struct log_wish wish, struct log_ends at, bool is_gap)
{
    assert_int_equal(log_find_gap(&wish, &at) != NULL, is_gap);
}

static void
a_reader_before_what_is_kept_is_told(void **state UNUSED)
{
    expect_gap(wish_after(3, 500), ends, false);
    expect_gap(wish_after(3, 499), ends, true);
    expect_gap(wish_after(0, 0), ends, true);
    struct log_ends whole = ends;
    whole.first_brief = 1;
    expect_gap(wish_after(0, 0), whole, false);
    struct log_ends all_is_gone = ends; /* all partitions but the next were dropped */
    all_is_gone.first_brief = all_is_gone.first_lasting = 1001;
    expect_gap(wish_after(3, 1000), all_is_gone, false);
    expect_gap(wish_after(3, 999), all_is_gone, true);
}

static void
only_the_classes_of_the_types_that_are_wished_for_count(void **state UNUSED)
{
    static const char *const lasting[] = {"warranty.v1.ClaimDecided", "of.no.Contract"};
    static const char *const brief[] = {"warranty.v1.ImportAdvanced", "warranty.v1.ClaimDecided"};
    struct log_wish wish = wish_after(3, 0);
    wish.types = lasting;
    wish.type_count = 2;
    expect_gap(wish, ends, false);
    assert_int_equal(log_first_position(&wish, &ends), 1);
    wish.types = brief;
    expect_gap(wish, ends, true);
    assert_int_equal(log_first_position(&wish, &ends), 501);
    struct log_ends other = {.epoch = 3,
                             .first_lasting = 501,
                             .first_brief = 1,
                             .last_position = 1000,
                             .newer_first_position = INT64_MAX};
    wish.type_count = 1;
    expect_gap(wish, other, false);
}

static void
a_reader_of_what_was_lost_is_told_and_one_before_it_goes_on(void **state UNUSED)
{
    struct log_ends restored = ends;
    restored.first_brief = 1;
    restored.newer_first_position = 901;
    expect_gap(wish_after(2, 900), restored, false);
    expect_gap(wish_after(2, 901), restored, true);
    expect_gap(wish_after(0, 901), restored, false); /* it has read nothing yet */
}

static void
a_reader_of_what_was_lost_begins_where_the_epoch_behind_its_own_does(void **state UNUSED)
{
    struct log_ends restored = ends;
    restored.newer_first_position = 901;
    struct log_wish lost = wish_after(2, 950), kept = wish_after(2, 400), new = wish_after(0, 0);
    assert_int_equal(log_resync_position(&lost, &restored), 901);
    assert_int_equal(log_resync_position(&kept, &restored), 501);
    assert_int_equal(log_resync_position(&new, &restored), 501);
    restored.first_brief = 931; /* of what it lost, too, the beginning is gone */
    assert_int_equal(log_resync_position(&lost, &restored), 931);
}

static void
what_lies_in_the_future_is_a_gap(void **state UNUSED)
{
    expect_gap(wish_after(4, 600), ends, true);
    expect_gap(wish_after(3, 1000), ends, false);
    expect_gap(wish_after(3, 1001), ends, true);
    expect_gap(wish_after(0, 1001), ends, true);
}

static void
the_way_is_the_one_that_reads_least(void **state UNUSED)
{
    static const char *const types[9] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    struct log_wish wish = wish_after(3, 100);
    assert_int_equal(log_choose_way(&wish), LOG_WAY_POSITION);
    assert_int_equal(log_scan_end(&wish), INT64_MAX);
    wish.lane_count = 4;
    assert_int_equal(log_choose_way(&wish), LOG_WAY_POSITION);
    assert_int_equal(log_scan_end(&wish), 100 + LOG_SCAN_POSITIONS);
    wish.types = types;
    wish.type_count = 8;
    assert_int_equal(log_choose_way(&wish), LOG_WAY_POSITION);
    wish.lane_count = 1;
    assert_int_equal(log_choose_way(&wish), LOG_WAY_TYPES);
    assert_int_equal(log_scan_end(&wish), INT64_MAX);
    wish.type_count = 9;
    assert_int_equal(log_choose_way(&wish), LOG_WAY_POSITION);
    assert_int_equal(log_scan_end(&wish), 100 + LOG_SCAN_POSITIONS);
    wish.aggregate_type = "claim";
    assert_int_equal(log_choose_way(&wish), LOG_WAY_POSITION);
    wish.owner_id = "p-1";
    assert_int_equal(log_choose_way(&wish), LOG_WAY_OWNER);
    wish.aggregate_id = "c-1";
    assert_int_equal(log_choose_way(&wish), LOG_WAY_AGGREGATE);
}

static void
a_page_without_a_filter_has_every_position(void **state UNUSED)
{
    struct log_wish wish = {.after = 10, .aggregate_type = "", .aggregate_id = "", .owner_id = ""};
    assert_false(log_has_hole(&wish, 0, 0, 0, 10));
    assert_false(log_has_hole(&wish, 5, 11, 15, 15));
    assert_true(log_has_hole(&wish, 0, 0, 0, 11));   /* nothing, and yet further */
    assert_true(log_has_hole(&wish, 5, 12, 16, 16)); /* not from the next one on */
    assert_true(log_has_hole(&wish, 4, 11, 15, 15)); /* one in between */
    assert_true(log_has_hole(&wish, 5, 11, 15, 20)); /* those at the end */
    wish.lane_count = 2;
    assert_false(log_has_hole(&wish, 2, 12, 16, 20));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_before_what_is_kept_is_told),
        cmocka_unit_test(only_the_classes_of_the_types_that_are_wished_for_count),
        cmocka_unit_test(a_reader_of_what_was_lost_is_told_and_one_before_it_goes_on),
        cmocka_unit_test(a_reader_of_what_was_lost_begins_where_the_epoch_behind_its_own_does),
        cmocka_unit_test(what_lies_in_the_future_is_a_gap),
        cmocka_unit_test(the_way_is_the_one_that_reads_least),
        cmocka_unit_test(a_page_without_a_filter_has_every_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
