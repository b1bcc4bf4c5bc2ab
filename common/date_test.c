/*
 * date_test - days that exist, counting over the whole range, adding as the ledger does, days in
 * zones
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/date.h"

static struct date
parsed(const char *text)
{
    struct date date = {0, 0, 0};
    assert_true(date_parse(text, &date));
    return date;
}

static void
assert_date(struct date date, const char *expected)
{
    char text[DATE_TEXT_SIZE];
    date_print(date, text);
    assert_string_equal(text, expected);
}

static void
only_days_that_exist_are_accepted(void **state UNUSED)
{
    static const char *const good[] = {"2026-03-15", "2024-02-29", "2000-02-29", "0001-01-01",
                                       "9999-12-31", "0400-02-29", "2026-04-30"};
    static const char *const bad[] = {"",
                                      "2026-3-15",
                                      "2026-03-1",
                                      "2026-03-155",
                                      "2026-02-29",
                                      "2100-02-29",
                                      "1900-02-29",
                                      "2026-04-31",
                                      "2026-00-10",
                                      "2026-13-10",
                                      "2026-01-00",
                                      "2026-01-32",
                                      "0000-01-01",
                                      "2026/03/15",
                                      "20260315",
                                      "+026-03-15",
                                      "-001-01-01",
                                      "2026-03-15 ",
                                      " 2026-03-15",
                                      "2026-0a-15",
                                      "2026-03-15T",
                                      "2026-03-1\xd9",
                                      "12026-03-15"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_date(parsed(good[i]), good[i]);
    struct date date = {1, 2, 3};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (date_parse(bad[i], &date))
            fail_msg("\"%s\" was accepted", bad[i]);
    assert_int_equal(date.day, 3);
    assert_false(date_is_valid((struct date){0, 0, 0}));
    assert_true(date_is_absent((struct date){0, 0, 0}));
    assert_false(date_is_absent((struct date){0, 0, 1}));
}

/* An independent walk: each next day is found by counting up days, months and years. */
static void
days_and_dates_agree_over_the_whole_range(void **state UNUSED)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = date_to_days((struct date){1, 1, 1});
    struct date before = {0, 0, 0};
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int length = lengths[month - 1] + (month == 2 && is_leap);
            for (int day = 1; day <= length; day++, days++) {
                struct date date = {year, month, day};
                struct date back = date_from_days(days);
                if (date_to_days(date) != days || date_compare(date, back) != 0 ||
                    date_compare(before, date) >= 0 || date_compare(date, before) <= 0)
                    fail_msg("%04d-%02d-%02d is not day %lld", year, month, day, (long long)days);
                before = date;
            }
        }
    assert_int_equal(days, date_to_days(parsed("9999-12-31")) + 1);
    assert_int_equal(date_to_days(parsed("1970-01-01")), 0);
    assert_int_equal(date_to_days(parsed("2026-03-15")), 20527);
}

static void
days_outside_the_range_stay_at_its_ends(void **state UNUSED)
{
    assert_date(date_from_days(INT64_MAX), "9999-12-31");
    assert_date(date_from_days(INT64_MIN), "0001-01-01");
    assert_date(date_from_days(2932897), "9999-12-31");
    assert_date(date_from_days(-719163), "0001-01-01");
}

static void
adding_keeps_the_day_cut_to_the_end_of_the_month(void **state UNUSED)
{
    static const struct {
        const char *from;
        int months;
        int days;
        const char *to;
    } cases[] = {
        {"2026-03-15", 12, 0, "2027-03-15"},
        /* Leap days. */
        {"2024-02-29", 12, 0, "2025-02-28"},
        {"2024-02-29", 24, 0, "2026-02-28"},
        {"2024-02-29", 48, 0, "2028-02-29"},
        {"2023-02-28", 12, 0, "2024-02-28"},
        /* Ends of months. */
        {"2025-08-31", 6, 0, "2026-02-28"},
        {"2025-08-31", 18, 0, "2027-02-28"},
        {"2026-01-31", 2, 0, "2026-03-31"},
        {"2026-01-31", 1, 0, "2026-02-28"},
        {"2023-12-31", 2, 0, "2024-02-29"},
        /* Months first, then days. */
        {"2026-01-31", 1, 1, "2026-03-01"},
        {"2024-01-31", 1, 1, "2024-03-01"},
        {"2026-12-31", 0, 1, "2027-01-01"},
        {"2025-01-10", 0, 90, "2025-04-10"},
        /* Back. */
        {"2026-03-31", -1, 0, "2026-02-28"},
        {"2026-01-15", -1, 0, "2025-12-15"},
        {"2026-03-01", 0, -1, "2026-02-28"},
        {"2024-02-29", -48, 0, "2020-02-29"},
        /* The ends of the range. */
        {"9999-12-31", 0, 1, "9999-12-31"},
        {"9999-12-01", 1, 0, "9999-12-31"},
        {"2026-01-01", INT32_MAX, INT32_MAX, "9999-12-31"},
        {"2026-01-01", INT32_MAX, -1, "9999-12-30"},
        {"0001-01-01", 0, -1, "0001-01-01"},
        {"2026-01-01", INT32_MIN, 0, "0001-01-01"},
        {"0001-12-31", -11, 0, "0001-01-31"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_date(date_add(parsed(cases[i].from), cases[i].months, cases[i].days), cases[i].to);
}

static void
adding_is_monotone_in_months_and_in_the_date(void **state UNUSED)
{
    for (int64_t days = date_to_days(parsed("2023-01-01")); days < 20000; days++)
        for (int months = 0; months < 60; months += 7) {
            struct date date = date_from_days(days);
            struct date last = date_add(date, months, 0);
            assert_true(date_compare(last, date_add(date, months + 1, 0)) < 0);
            assert_true(date_compare(last, date_add(date_from_days(days + 1), months, 0)) <= 0);
        }
}

static int64_t
us(const char *text)
{
    int64_t unix_us;
    assert_true(clock_parse_us(text, &unix_us));
    return unix_us;
}

static void
a_moment_falls_on_the_day_of_its_zone(void **state UNUSED)
{
    static const struct {
        const char *moment;
        const char *zone;
        const char *day;
    } cases[] = {
        {"2026-03-15T09:30:00Z", "Europe/Berlin", "2026-03-15"},
        {"2026-03-15T23:30:00Z", "Europe/Berlin", "2026-03-16"},
        {"2026-06-30T22:00:00Z", "Europe/Berlin", "2026-07-01"}, /* summer time: two hours */
        {"2026-06-30T21:59:59.999999Z", "Europe/Berlin", "2026-06-30"},
        {"2026-12-31T22:59:59.999999Z", "Europe/Berlin", "2026-12-31"},
        {"2026-12-31T23:00:00Z", "Europe/Berlin", "2027-01-01"},
        {"2026-03-15T03:59:59Z", "America/New_York", "2026-03-14"},
        {"2026-03-15T04:00:00Z", "America/New_York", "2026-03-15"},
        {"2026-03-15T10:00:00Z", "Pacific/Kiritimati", "2026-03-16"},
        {"2026-03-15T18:14:59Z", "Asia/Kathmandu", "2026-03-15"}, /* 5:45 east */
        {"2026-03-15T18:15:00Z", "Asia/Kathmandu", "2026-03-16"},
        {"2011-12-30T09:59:59Z", "Pacific/Apia", "2011-12-29"}, /* had no 30th */
        {"2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31"},
        {"1969-12-31T23:59:59.999999Z", "UTC", "1969-12-31"},
        {"1500-03-01T12:00:00Z", "UTC", "1500-03-01"}, /* the Gregorian calendar, always */
        {"0001-01-01T00:00:00Z", "UTC", "0001-01-01"},
        {"9999-12-31T23:59:59Z", "Europe/Berlin", "9999-12-31"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct date date;
        assert_true(date_at(us(cases[i].moment), cases[i].zone, &date));
        assert_date(date, cases[i].day);
    }
}

static void
a_zone_that_does_not_exist_is_refused(void **state UNUSED)
{
    char endless[300];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    const char *const zones[] = {"", "Europe/Atlantis", "GMT+25", "Berlin", "\xff", endless};
    struct date date = {1, 2, 3};
    for (size_t i = 0; i < COUNT_OF(zones); i++)
        assert_false(date_at(0, zones[i], &date));
    assert_int_equal(date.year, 1);
}

static void
many_zones_answer_in_turn(void **state UNUSED)
{
    static const char *const west[] = {"America/New_York",  "America/Chicago", "America/Denver",
                                       "America/Sao_Paulo", "America/Bogota",  "Atlantic/Azores",
                                       "Pacific/Honolulu",  "Pacific/Niue"};
    static const char *const east[] = {"Europe/Berlin", "Asia/Kolkata",     "Asia/Tokyo",
                                       "Africa/Lagos",  "Australia/Sydney", "Pacific/Auckland",
                                       "Asia/Dubai",    "Europe/Athens"};
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < COUNT_OF(west); i++) {
            struct date date;
            assert_true(date_at(us("2026-03-15T00:00:00Z"), west[i], &date));
            assert_date(date, "2026-03-14");
            assert_true(date_at(us("2026-03-15T00:00:00Z"), east[i], &date));
            assert_date(date, "2026-03-15");
        }
}

static void
weekdays_are_counted_from_monday(void **state UNUSED)
{
    assert_int_equal(date_weekday(date_to_days((struct date){1970, 1, 1})), 4);
    assert_int_equal(date_weekday(date_to_days((struct date){1969, 12, 28})), 7);
    assert_int_equal(date_weekday(date_to_days((struct date){2026, 4, 27})), 1);
    assert_int_equal(date_weekday(date_to_days((struct date){1, 1, 1})), 1);
    assert_int_equal(date_weekday(date_to_days((struct date){9999, 12, 31})), 5);
    for (int64_t days = -800; days < 800; days++)
        assert_int_equal(date_weekday(days + 1), date_weekday(days) % 7 + 1);
    assert_in_range(date_weekday(INT64_MIN), 1, 7);
    assert_in_range(date_weekday(INT64_MAX), 1, 7);
}

static int
tear_down(void **state UNUSED)
{
    date_deinit();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_days_that_exist_are_accepted),
        cmocka_unit_test(days_and_dates_agree_over_the_whole_range),
        cmocka_unit_test(days_outside_the_range_stay_at_its_ends),
        cmocka_unit_test(adding_keeps_the_day_cut_to_the_end_of_the_month),
        cmocka_unit_test(adding_is_monotone_in_months_and_in_the_date),
        cmocka_unit_test(a_moment_falls_on_the_day_of_its_zone),
        cmocka_unit_test(a_zone_that_does_not_exist_is_refused),
        cmocka_unit_test(many_zones_answer_in_turn),
        cmocka_unit_test(weekdays_are_counted_from_monday),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
