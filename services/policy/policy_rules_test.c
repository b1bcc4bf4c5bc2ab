/*
 * policy_rules_test - from which day on a version may hold, and until when it can be taken back
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/clock.h"
#include "common/v1/options.pb-c.h"
#include "policy_rules.h"

/* A policy of Berlin that also holds, by their own days, in Auckland and in New York. */
static struct policy_region_zone regions[2];
static struct policy policy;

static int
start(void **state UNUSED)
{
    policy = (struct policy){.zone = zone_find("Europe/Berlin")};
    regions[0].zone = zone_find("Pacific/Auckland");
    regions[1].zone = zone_find("America/New_York");
    return 0;
}

static void
hold_in_regions(void)
{
    policy.region_zones = regions;
    policy.region_zone_count = COUNT_OF(regions);
}

static int64_t
at(const char *time)
{
    int64_t now_us;
    assert_true(clock_parse_us(time, &now_us));
    return now_us;
}

static struct date
day(const char *text)
{
    struct date date;
    assert_true(date_parse(text, &date));
    return date;
}

static const char *
publishing(const struct policy_line *line, const char *effective_from, const char *now)
{
    static struct fault fault;
    fault = (struct fault){0};
    fault.code = rules_may_publish(&policy, line, day(effective_from), at(now), &fault);
    return fault.reason;
}

static const char *
revoking(const char *effective_from, const char *now)
{
    static struct fault fault;
    fault = (struct fault){0};
    fault.code = rules_may_revoke(&policy, day(effective_from), at(now), &fault);
    return fault.reason;
}

static void
the_first_version_may_have_a_day_that_has_passed(void **state UNUSED)
{
    struct policy_line line = {0};
    assert_string_equal(publishing(&line, "2000-01-01", "2026-11-23T12:00:00Z"), "");
    line.last_number = 1; /* it was revoked: the next is the first again */
    assert_string_equal(publishing(&line, "2000-01-01", "2026-11-23T12:00:00Z"), "");
}

static void
a_later_version_begins_after_today(void **state UNUSED)
{
    struct policy_line line = {.published_count = 1, .last_effective_from = {2000, 1, 1}};
    assert_string_equal(publishing(&line, "2026-11-23", "2026-11-23T12:00:00Z"),
                        "EFFECTIVE_TOO_EARLY");
    assert_string_equal(publishing(&line, "2026-11-24", "2026-11-23T12:00:00Z"), "");
}

static void
its_day_is_five_minutes_away_at_least(void **state UNUSED)
{
    struct policy_line line = {.published_count = 1, .last_effective_from = {2000, 1, 1}};
    assert_string_equal(publishing(&line, "2026-11-24", "2026-11-23T22:54:59Z"), "");
    assert_string_equal(publishing(&line, "2026-11-24", "2026-11-23T22:55:00Z"),
                        "EFFECTIVE_TOO_EARLY");
}

static void
the_day_is_to_come_in_every_zone_of_the_policy(void **state UNUSED)
{
    struct policy_line line = {.published_count = 1, .last_effective_from = {2000, 1, 1}};
    assert_string_equal(publishing(&line, "2026-11-24", "2026-11-23T12:00:00Z"), "");
    hold_in_regions();
    assert_int_equal(
        date_compare(rules_latest_day(&policy, at("2026-11-23T12:00:00Z")), day("2026-11-24")), 0);
    assert_string_equal(publishing(&line, "2026-11-24", "2026-11-23T12:00:00Z"),
                        "EFFECTIVE_TOO_EARLY");
    assert_string_equal(publishing(&line, "2026-11-25", "2026-11-23T12:00:00Z"), "");
}

static void
no_two_versions_begin_on_one_day_and_none_before_another(void **state UNUSED)
{
    struct policy_line line = {.published_count = 2, .last_effective_from = {2027, 1, 1}};
    assert_string_equal(publishing(&line, "2026-12-31", "2026-11-23T12:00:00Z"),
                        "EFFECTIVE_BEFORE_OTHERS");
    assert_string_equal(publishing(&line, "2027-01-01", "2026-11-23T12:00:00Z"),
                        "EFFECTIVE_BEFORE_OTHERS");
    assert_string_equal(publishing(&line, "2027-01-02", "2026-11-23T12:00:00Z"), "");
}

static void
the_line_has_an_end(void **state UNUSED)
{
    struct policy_line line = {
        .published_count = 1, .last_number = 999, .last_effective_from = {2000, 1, 1}};
    assert_string_equal(publishing(&line, "2027-01-01", "2026-11-23T12:00:00Z"), "");
    line.last_number = 1000;
    assert_string_equal(publishing(&line, "2027-01-01", "2026-11-23T12:00:00Z"), "LINE_FULL");
}

static void
a_version_is_revoked_until_five_minutes_before_its_day(void **state UNUSED)
{
    assert_string_equal(revoking("2026-11-24", "2026-11-23T22:54:59Z"), "");
    assert_string_equal(revoking("2026-11-24", "2026-11-23T22:55:00Z"), "POLICY_IN_FORCE");
    assert_string_equal(revoking("2000-01-01", "2026-11-23T12:00:00Z"), "POLICY_IN_FORCE");
    hold_in_regions();
    assert_string_equal(revoking("2026-11-24", "2026-11-23T12:00:00Z"), "POLICY_IN_FORCE");
}

static void
the_version_in_force_is_the_latest_whose_day_has_come(void **state UNUSED)
{
    const struct date days[] = {{2026, 11, 25}, {2026, 11, 24}, {2000, 1, 1}};
    const struct zone *berlin = zone_find("Europe/Berlin");
    assert_int_equal(rules_find_in_force(days, 3, berlin, at("2026-11-23T22:59:59Z")), 2);
    assert_int_equal(rules_find_in_force(days, 3, berlin, at("2026-11-23T23:00:00Z")), 1);
    assert_int_equal(rules_find_in_force(days, 2, berlin, at("2026-11-23T12:00:00Z")), 2);
}

static void
customers_and_daemons_are_no_staff(void **state UNUSED)
{
    assert_false(rules_is_staff_role(COMMON__V1__ROLE__ROLE_UNSPECIFIED));
    assert_false(rules_is_staff_role(COMMON__V1__ROLE__CUSTOMER));
    assert_false(rules_is_staff_role(COMMON__V1__ROLE__SYSTEM));
    assert_true(rules_is_staff_role(COMMON__V1__ROLE__AGENT));
    assert_true(rules_is_staff_role(COMMON__V1__ROLE__INTEGRATION));
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_version_may_have_a_day_that_has_passed),
        TEST(a_later_version_begins_after_today),
        TEST(its_day_is_five_minutes_away_at_least),
        TEST(the_day_is_to_come_in_every_zone_of_the_policy),
        TEST(no_two_versions_begin_on_one_day_and_none_before_another),
        TEST(the_line_has_an_end),
        TEST(a_version_is_revoked_until_five_minutes_before_its_day),
        TEST(the_version_in_force_is_the_latest_whose_day_has_come),
        TEST(customers_and_daemons_are_no_staff),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    return failed;
}
