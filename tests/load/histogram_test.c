/*
 * histogram_test - values, percentiles and sums of histograms
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "histogram.h"

static void
every_value_is_found_within_a_sixtieth(void **state UNUSED)
{
    for (uint64_t value = 1; value < (uint64_t)1 << 40; value += value / 7 + 1) {
        struct histogram one = {0};
        histogram_add(&one, value);
        histogram_add(&one, (uint64_t)1 << 41); /* so that the maximum does not give it away */
        uint64_t found = histogram_find(&one, 0.5);
        assert_true(found >= value);
        assert_true(found - value <= value / 60);
    }
}

static void
percentiles_of_a_row_are_its_places(void **state UNUSED)
{
    struct histogram row = {0};
    for (uint64_t value = 1; value <= 60; value++)
        histogram_add(&row, value);
    assert_int_equal(30, histogram_find(&row, 0.5));
    assert_int_equal(54, histogram_find(&row, 0.9));
    assert_int_equal(60, histogram_find(&row, 1));
    assert_int_equal(60 * 61 / 2, row.sum);
}

static void
an_empty_one_has_no_values(void **state UNUSED)
{
    struct histogram empty = {0};
    assert_int_equal(0, histogram_find(&empty, 0.99));
}

static void
merging_is_as_if_all_had_been_added_to_one(void **state UNUSED)
{
    struct histogram a = {0}, b = {0}, both = {0};
    for (uint64_t value = 1; value < 100000; value += 17) {
        histogram_add(value % 2 == 0 ? &a : &b, value);
        histogram_add(&both, value);
    }
    histogram_merge(&a, &b);
    assert_memory_equal(&both, &a, sizeof a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_found_within_a_sixtieth),
        cmocka_unit_test(percentiles_of_a_row_are_its_places),
        cmocka_unit_test(an_empty_one_has_no_values),
        cmocka_unit_test(merging_is_as_if_all_had_been_added_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
