/*
 * cli_link_test - what a link may open, and for how long
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli.h"

static void
a_span_is_a_number_of_hours_or_days(void **state UNUSED)
{
    assert_int_equal(cli_link_parse_span("12h"), INT64_C(12) * 3600 * 1000);
    assert_int_equal(cli_link_parse_span("7d"), INT64_C(7) * 24 * 3600 * 1000);
    assert_int_equal(cli_link_parse_span("3650d"), INT64_C(3650) * 24 * 3600 * 1000);
}

static void
what_is_no_span_is_refused(void **state UNUSED)
{
    const char *const texts[] = {
        "", "7", "d", "0d", "-1d", "7dd", "7m", "3651d", "99999999999999999999d", "x7d"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(cli_link_parse_span(texts[i]), 0);
}

static void
only_methods_that_name_a_link_field_are_opened(void **state UNUSED)
{
    assert_true(cli_link_is_opened("warranty.v1.WarrantyService/GetClaim"));
    assert_false(cli_link_is_opened("warranty.v1.WarrantyService/GetUnit"));
    assert_false(cli_link_is_opened("warranty.v1.WarrantyService/Missing"));
    assert_false(cli_link_is_opened(""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_is_a_number_of_hours_or_days),
        cmocka_unit_test(what_is_no_span_is_refused),
        cmocka_unit_test(only_methods_that_name_a_link_field_are_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
