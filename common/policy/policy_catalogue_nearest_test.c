/*
 * policy_catalogue_nearest_test - which codes a list has: an axis' values, the policy's, the
 * program's
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_fixture.h"

static void
the_codes_of_a_list_are_those_of_all_three(void **state)
{
    struct fixture *fixture = *state;
    static const char *const roles[] = {"chief", "clerk"};
    const struct policy_code_list lists[] = {fixture_lists[0],
                                             {.name = "role", .codes = {roles, 2}}};
    fixture->policy.lists = lists;
    fixture->policy.list_count = COUNT_OF(lists);
    static const struct {
        const char *list;
        const char *codes;
    } cases[] = {
        {"category", "appliances, small, large, ovens, toys"},
        {"sku", "X-1"},
        {"cause", "material_defect, unknown, wear, workmanship_defect, not_as_described"},
        {"rounding", "half_up, half_even, down, up"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(policy_print_codes(fixture->arena, &fixture->policy, cases[i].list),
                            cases[i].codes);
    assert_string_equal(policy_nearest_code(&fixture->policy, "role", "cheif"), "chief");
    assert_string_equal(policy_nearest_code(&fixture->policy, "role", "clerc"), "clerk");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        the_codes_of_a_list_are_those_of_all_three, fixture_set_up, fixture_tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
