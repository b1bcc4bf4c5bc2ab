/*
 * coverage_rules_test - the period over dates, months' ends, leap days and missing facts
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "coverage_rules.h"
#include "warranty/v1/warranty.pb-c.h"

enum {
    COVERED = WARRANTY__V1__COVERAGE__OUTCOME__COVERED,
    NOT_COVERED = WARRANTY__V1__COVERAGE__OUTCOME__NOT_COVERED,
    UNDETERMINED = WARRANTY__V1__COVERAGE__OUTCOME__UNDETERMINED,
};

static const struct terms terms = {
    .time_zone = "Europe/Berlin",
    .length = {.months = 12},
    .categories = {{"large_appliances", {.months = 24}},
                   {"samples", {.is_none = true}},
                   {"tools", {.is_unlimited = true}}},
    .category_count = 3,
    .starts = {{TERMS_DELIVERED, 0}, {TERMS_PURCHASED, 3}, {TERMS_OTHER, 90}},
    .start_count = 3,
};

static struct date
day(const char *text)
{
    struct date date = {0};
    assert_true(text[0] == 0 || date_parse(text, &date));
    return date;
}

static void
assert_coverage(const char *category, const char *purchase, const char *delivery, const char *at,
                int outcome, const char *last)
{
    struct coverage coverage =
        coverage_decide(&terms, category, day(purchase), day(delivery), day(at));
    assert_int_equal(coverage.outcome, outcome);
    assert_int_equal(date_compare(coverage.last_date, day(last)), 0);
    assert_string_equal(coverage.clause_id, "warranty.period");
}

static void
the_last_day_is_covered_and_the_next_is_not(void **state UNUSED)
{
    assert_coverage("toys", "", "2026-03-15", "2026-03-15", COVERED, "2027-03-15");
    assert_coverage("toys", "", "2026-03-15", "2027-03-15", COVERED, "2027-03-15");
    assert_coverage("toys", "", "2026-03-15", "2027-03-16", NOT_COVERED, "2027-03-15");
    assert_coverage("toys", "", "2026-03-15", "2026-03-14", NOT_COVERED, "2027-03-15");
}

static void
the_category_has_its_own_length(void **state UNUSED)
{
    assert_coverage("large_appliances", "", "2026-03-15", "2028-03-15", COVERED, "2028-03-15");
    assert_coverage("samples", "", "2026-03-15", "2026-03-15", NOT_COVERED, "");
    assert_coverage("tools", "", "2026-03-15", "2099-03-15", COVERED, "");
}

static void
leap_days_and_ends_of_months_are_cut(void **state UNUSED)
{
    assert_coverage("toys", "", "2024-02-29", "2025-02-28", COVERED, "2025-02-28");
    assert_coverage("large_appliances", "", "2024-02-29", "2026-03-01", NOT_COVERED, "2026-02-28");
    assert_coverage("toys", "", "2023-02-28", "2024-02-29", NOT_COVERED, "2024-02-28");
}

static void
the_first_known_anchor_counts_with_its_offset(void **state UNUSED)
{
    assert_coverage("toys", "2026-05-01", "2026-05-09", "2027-05-09", COVERED, "2027-05-09");
    assert_coverage("toys", "2026-05-01", "", "2027-05-04", COVERED, "2027-05-04");
}

static void
without_a_date_it_is_undetermined_and_never_denied(void **state UNUSED)
{
    assert_coverage("toys", "", "", "2026-05-01", UNDETERMINED, "");
    assert_coverage("tools", "", "", "2026-05-01", UNDETERMINED, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_day_is_covered_and_the_next_is_not),
        cmocka_unit_test(the_category_has_its_own_length),
        cmocka_unit_test(leap_days_and_ends_of_months_are_cut),
        cmocka_unit_test(the_first_known_anchor_counts_with_its_offset),
        cmocka_unit_test(without_a_date_it_is_undetermined_and_never_denied),
    };
    return cmocka_run_group_tests_name("coverage_rules", tests, NULL, NULL);
}
