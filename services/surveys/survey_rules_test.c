/*
 * survey_rules_test - the sample and the reminders
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "survey_rules.h"

enum { ASKED = 20000, HALF = 5000, QUARTER = 2500, ALL = 10000 };

/* The n-th of some ids that differ a little. */
static struct uuid
make_id(unsigned number)
{
    struct uuid id = {{0x01, 0x93}};
    id.bytes[14] = (uint8_t)(number >> 8);
    id.bytes[15] = (uint8_t)number;
    return id;
}

static void
a_sample_of_all_has_everybody_and_one_of_none_nobody(void **state UNUSED)
{
    for (unsigned i = 0; i < ASKED; i++) {
        struct uuid id = make_id(i);
        assert_true(rules_is_sampled(&id, ALL));
        assert_false(rules_is_sampled(&id, 0));
    }
}

static void
a_sample_has_its_share_and_a_larger_one_holds_it(void **state UNUSED)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ASKED; i++) {
        struct uuid id = make_id(i);
        count += rules_is_sampled(&id, QUARTER);
        if (rules_is_sampled(&id, QUARTER))
            assert_true(rules_is_sampled(&id, HALF));
    }
    assert_in_range(count, ASKED / 4 - ASKED / 50, ASKED / 4 + ASKED / 50);
}

static void
reminders_part_the_time_evenly_and_stop(void **state UNUSED)
{
    assert_int_equal(rules_remind_time(100, 400, 1, 1), 250);
    assert_int_equal(rules_remind_time(100, 400, 2, 1), 0);
    assert_int_equal(rules_remind_time(100, 400, 2, 2), 300);
    assert_int_equal(rules_remind_time(100, 400, 1, 0), 0);
}

static void
reminders_that_nobody_could_send_in_time_have_begun_all_the_same(void **state UNUSED)
{
    assert_int_equal(rules_reminders_begun(100, 500, 3, 199), 0);
    assert_int_equal(rules_reminders_begun(100, 500, 3, 200), 1);
    assert_int_equal(rules_reminders_begun(100, 500, 3, 399), 2);
    assert_int_equal(rules_reminders_begun(100, 500, 3, 9999), 3);
    assert_int_equal(rules_reminders_begun(100, 500, 0, 9999), 0);
}

static void
reminders_without_limit_end_all_the_same(void **state UNUSED)
{
    struct policy_value value = {.kind = POLICY_COUNT, .absence = POLICY_UNLIMITED};
    assert_int_equal(rules_reminders_max(&value), RULES_REMINDERS_MAX);
    value.absence = POLICY_PRESENT;
    value.count = 2;
    assert_int_equal(rules_reminders_max(&value), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_of_all_has_everybody_and_one_of_none_nobody),
        cmocka_unit_test(a_sample_has_its_share_and_a_larger_one_holds_it),
        cmocka_unit_test(reminders_part_the_time_evenly_and_stop),
        cmocka_unit_test(reminders_that_nobody_could_send_in_time_have_begun_all_the_same),
        cmocka_unit_test(reminders_without_limit_end_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
