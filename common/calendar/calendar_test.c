/*
 * calendar_test - what a day is, and when a calendar opens and closes
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/calendar_fixture.h"

static struct arena *arena;

static int
set_up(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static void
a_calendar_is_named_with_its_version(void **state UNUSED)
{
    struct calendar_source source = office_source();
    struct calendar *calendar = built(arena, &source);
    assert_string_equal(calendar_name(calendar), "office");
    assert_string_equal(calendar_label(calendar), "office@7");
    assert_string_equal(zone_name(calendar_zone(calendar)), "Europe/Berlin");
    source.version = 0;
    assert_string_equal(calendar_label(built(arena, &source)), "office");
    source.version = 1;
    assert_string_equal(calendar_label(built(arena, &source)), "office@1");
    source.version = INT64_MAX;
    assert_string_equal(calendar_label(built(arena, &source)), "office@9223372036854775807");
}

static void
intervals_that_touch_are_joined(void **state UNUSED)
{
    struct calendar_source source = office_source();
    source.week[5] =
        (struct calendar_hours){.intervals = {{0, 60}, {60, 120}, {180, 240}}, .interval_count = 3};
    const struct calendar_hours *week = calendar_week(built(arena, &source));
    assert_int_equal(week[0].interval_count, 2);
    assert_int_equal(week[5].interval_count, 2);
    assert_int_equal(week[5].intervals[0].end_minute, 120);
    assert_int_equal(week[5].intervals[1].start_minute, 180);
    assert_int_equal(week[6].interval_count, 0);
}

/* Exceptions over holidays over the week, in the table's years and in others. */
static void
an_exception_goes_before_a_holiday_and_that_before_the_week(void **state UNUSED)
{
    static const int years[] = {1985, 1990, 2026, 2099, 2100, 2400};
    for (size_t i = 0; i < COUNT_OF(years); i++) {
        int year = years[i];
        struct calendar_exception exceptions[] = {
            {.first_date = {year, 7, 1}, .last_date = {year, 7, 3}, .name = "stock-taking"},
            {.first_date = {year, 1, 1},
             .last_date = {year, 1, 1},
             .hours = {.intervals = {{600, 660}}, .interval_count = 1}},
        };
        struct calendar_source source = office_source();
        for (size_t j = 5; j < 7; j++)
            source.week[j] = source.week[0];
        source.exceptions = exceptions;
        source.exception_count = COUNT_OF(exceptions);
        const struct calendar *calendar = built(arena, &source);
        struct calendar_day found = calendar_day(calendar, (struct date){year, 1, 1});
        assert_true(found.is_exception && !found.is_holiday);
        assert_null(found.name);
        assert_int_equal(found.hours->intervals[0].start_minute, 600);
        found = calendar_day(calendar, (struct date){year, 5, 1});
        assert_true(found.is_holiday && !found.is_exception);
        assert_string_equal(found.name, "Labour Day");
        assert_int_equal(found.hours->interval_count, 0);
        found = calendar_day(calendar, (struct date){year, 7, 3});
        assert_string_equal(found.name, "stock-taking");
        found = calendar_day(calendar, (struct date){year, 7, 4});
        assert_false(found.is_exception || found.is_holiday);
        assert_int_equal(found.hours->interval_count, 2);
        struct date easter = date_add(holiday_easter(year), 0, 1);
        assert_string_equal(calendar_day(calendar, easter).name, "Easter Monday");
    }
}

/* Every day of 1960 to 2110, whether the table has it or not. */
static void
the_table_says_what_the_rules_say(void **state UNUSED)
{
    struct calendar_source source = office_source();
    const struct calendar *calendar = built(arena, &source);
    int64_t last = date_to_days((struct date){2110, 12, 31});
    for (int64_t days = date_to_days((struct date){1960, 1, 1}); days <= last; days++) {
        struct date date = date_from_days(days);
        const struct holiday *holiday = holiday_on(&fixture_list, date);
        struct calendar_day found = calendar_day(calendar, date);
        assert_int_equal(found.is_holiday, holiday != NULL);
        if (holiday != NULL)
            assert_string_equal(found.name, holiday->name);
        int64_t weekday = ((days + 3) % 7 + 7) % 7;
        assert_int_equal(found.hours->interval_count, holiday == NULL && weekday < 5 ? 2 : 0);
    }
}

/* Walking works the rules out once a year; a single day is asked for by itself. */
static void
walking_finds_the_days_that_are_found_one_by_one(void **state UNUSED)
{
    static const int years[] = {1, 2, 1582, 1583, 1988, 2098, 9998};
    struct calendar_exception exception = {.first_date = {1988, 12, 30},
                                           .last_date = {1989, 1, 3},
                                           .hours = {.intervals = {{0, 60}}, .interval_count = 1}};
    struct calendar_source source = office_source();
    source.time_zone = "UTC";
    source.exceptions = &exception;
    source.exception_count = 1;
    const struct calendar *calendar = built(arena, &source);
    for (size_t i = 0; i < COUNT_OF(years); i++) {
        int64_t first = date_to_days((struct date){years[i], 1, 1});
        int expected = 0;
        for (int64_t days = first + 1; days < first + 730; days++) {
            struct date date = date_from_days(days);
            expected += calendar_is_working_day(calendar, date);
            int64_t found_s = 0;
            int64_t midnight_s = days * 86400;
            bool is_open = calendar_next_opening(calendar, midnight_s, &found_s) &&
                           found_s < midnight_s + 86400;
            assert_int_equal(is_open, calendar_day(calendar, date).hours->interval_count > 0);
        }
        assert_int_equal(
            work_days_between(calendar, date_from_days(first), date_from_days(first + 729)),
            expected);
    }
}

static void
the_first_list_names_a_day_that_two_have(void **state UNUSED)
{
    static const struct holiday rules[] = {
        {.kind = HOLIDAY_FIXED, .month = 5, .day = 1, .name = "May Day"},
        {.kind = HOLIDAY_FIXED, .month = 5, .day = 4, .name = "Fourth"}};
    static const struct holiday_list other = {.code = "YY", .rules = rules, .rule_count = 2};
    const struct holiday_list *lists[] = {&other, &fixture_list};
    struct calendar_source source = office_source();
    source.holiday_lists = lists;
    source.holiday_list_count = 2;
    const struct calendar *calendar = built(arena, &source);
    assert_string_equal(calendar_day(calendar, day("2026-05-01")).name, "May Day");
    assert_string_equal(calendar_day(calendar, day("2126-05-01")).name, "May Day");
    assert_string_equal(calendar_day(calendar, day("2026-05-04")).name, "Fourth");
    assert_string_equal(calendar_day(calendar, day("2026-01-01")).name, "New Year's Day");
}

/* In the table and beside it, and also where the other one comes from the year before. */
static void
the_first_rule_names_a_day_that_two_have(void **state UNUSED)
{
    static const struct holiday rules[] = {
        {.kind = HOLIDAY_FIXED, .month = 1, .day = 2, .name = "Second"},
        {.kind = HOLIDAY_FIXED,
         .month = 12,
         .day = 31,
         .move = HOLIDAY_TO_MONDAY,
         .name = "New Year's Eve"},
        {.kind = HOLIDAY_FIXED, .month = 7, .day = 1, .name = "July"},
        {.kind = HOLIDAY_FIXED, .month = 7, .day = 1, .name = "Summer"}};
    static const struct holiday_list list = {.code = "YY", .rules = rules, .rule_count = 4};
    const struct holiday_list *lists[] = {&list};
    struct calendar_source source = office_source();
    source.holiday_lists = lists;
    const struct calendar *calendar = built(arena, &source);
    assert_string_equal(calendar_day(calendar, day("2026-07-01")).name, "July");
    assert_string_equal(calendar_day(calendar, day("2126-07-01")).name, "July");
    assert_string_equal(calendar_day(calendar, day("2023-01-02")).name, "Second");
    assert_string_equal(calendar_day(calendar, day("2423-01-02")).name, "Second");
}

static void
days_of_the_years_beside_the_table_lead_into_it(void **state UNUSED)
{
    static const struct holiday rules[] = {
        {.kind = HOLIDAY_EASTER, .offset_days = -100, .name = "long before"},
        {.kind = HOLIDAY_EASTER, .offset_days = 200, .name = "long after"},
        {.kind = HOLIDAY_WEEKDAY,
         .month = 12,
         .nth = -1,
         .weekday = 5,
         .offset_days = 10,
         .name = "after Christmas"}};
    static const struct holiday_list list = {.code = "YY", .rules = rules, .rule_count = 3};
    const struct holiday_list *lists[] = {&list};
    struct calendar_source source = office_source();
    source.holiday_lists = lists;
    const struct calendar *calendar = built(arena, &source);
    assert_string_equal(calendar_day(calendar, day("2099-12-18")).name, "long before");
    assert_string_equal(calendar_day(calendar, day("2099-10-29")).name, "long after");
    assert_string_equal(calendar_day(calendar, day("1990-01-08")).name, "after Christmas");
}

static void
a_day_has_spans_of_utc(void **state UNUSED)
{
    struct calendar_source source = office_source();
    struct calendar_span spans[CALENDAR_SPANS_MAX];
    const struct calendar *office = built(arena, &source);
    assert_int_equal(calendar_day_spans(office, day("2026-04-27"), spans), 2);
    assert_int_equal(spans[0].start_s, at("2026-04-27T07:00:00Z"));
    assert_int_equal(spans[0].end_s, at("2026-04-27T10:30:00Z"));
    assert_int_equal(spans[1].end_s, at("2026-04-27T16:00:00Z"));
    assert_int_equal(calendar_day_spans(office, day("2026-04-26"), spans), 0);
    /* One span, though the clock is put: 23 and 25 hours. */
    source = always_source("Europe/Berlin");
    const struct calendar *always = built(arena, &source);
    assert_int_equal(calendar_day_spans(always, day("2026-03-29"), spans), 1);
    assert_int_equal(spans[0].end_s - spans[0].start_s, 23 * 3600);
    assert_int_equal(calendar_day_spans(always, day("2026-10-25"), spans), 1);
    assert_int_equal(spans[0].end_s - spans[0].start_s, 25 * 3600);
    /* 2:10 to 2:50: not there in spring, twice in autumn. */
    for (size_t i = 0; i < 7; i++)
        source.week[i] = (struct calendar_hours){.intervals = {{130, 170}}, .interval_count = 1};
    const struct calendar *night = built(arena, &source);
    assert_int_equal(calendar_day_spans(night, day("2026-03-29"), spans), 0);
    assert_false(calendar_is_working_day(night, day("2026-03-29")));
    assert_true(calendar_is_working_day(night, day("2026-03-30")));
    assert_int_equal(calendar_day_spans(night, day("2026-10-25"), spans), 2);
    assert_int_equal(spans[1].start_s - spans[0].start_s, 3600);
    /* Exactly the hour that the clock skips. */
    for (size_t i = 0; i < 7; i++)
        source.week[i] = (struct calendar_hours){.intervals = {{120, 180}}, .interval_count = 1};
    assert_false(calendar_is_working_day(built(arena, &source), day("2026-03-29")));
    source.time_zone = "Pacific/Apia";
    assert_false(calendar_is_working_day(built(arena, &source), day("2011-12-30")));
}

static void
opening_and_closing_are_found(void **state UNUSED)
{
    static const struct {
        const char *moment;
        bool is_open;
        const char *opening;
        const char *closing;
    } cases[] = {
        {"2026-04-27T07:00:00Z", true, "2026-04-27T07:00:00Z", "2026-04-27T10:30:00Z"},
        {"2026-04-27T10:29:59Z", true, "2026-04-27T10:29:59Z", "2026-04-27T10:30:00Z"},
        {"2026-04-27T10:30:00Z", false, "2026-04-27T11:00:00Z", "2026-04-27T16:00:00Z"},
        {"2026-04-30T16:00:00Z", false, "2026-05-04T07:00:00Z", "2026-05-04T10:30:00Z"},
        {"2026-03-28T12:00:00Z", false, "2026-03-30T07:00:00Z", "2026-03-30T10:30:00Z"},
    };
    struct calendar_source source = office_source();
    const struct calendar *calendar = built(arena, &source);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t found_s;
        assert_int_equal(calendar_is_open(calendar, at(cases[i].moment)), cases[i].is_open);
        assert_true(calendar_next_opening(calendar, at(cases[i].moment), &found_s));
        assert_int_equal(found_s, at(cases[i].opening));
        assert_true(calendar_next_closing(calendar, at(cases[i].moment), &found_s));
        assert_int_equal(found_s, at(cases[i].closing));
    }
}

static void
a_calendar_may_never_close_or_never_open_again(void **state UNUSED)
{
    int64_t found_s = 5;
    struct calendar_source source = always_source("Europe/Berlin");
    const struct calendar *always = built(arena, &source);
    assert_true(calendar_next_opening(always, 0, &found_s));
    assert_int_equal(found_s, 0);
    assert_false(calendar_next_closing(always, 0, &found_s));
    assert_true(calendar_is_open(always, ZONE_SECOND_MIN + 86400));
    /* Open on one day only. */
    struct calendar_exception exception = {
        .first_date = day("2026-04-27"), .last_date = day("2026-04-27"), .hours = source.week[0]};
    struct calendar_exception late = exception;
    late.hours.intervals[0].start_minute = 540;
    memset(source.week, 0, sizeof source.week);
    source.exceptions = &exception;
    source.exception_count = 1;
    const struct calendar *once = built(arena, &source);
    assert_true(calendar_next_opening(once, at("2010-01-01T00:00:00Z"), &found_s));
    assert_int_equal(found_s, at("2026-04-26T22:00:00Z"));
    assert_true(calendar_next_closing(once, at("2010-01-01T00:00:00Z"), &found_s));
    assert_int_equal(found_s, at("2026-04-27T22:00:00Z"));
    assert_false(calendar_next_opening(once, at("2005-01-01T00:00:00Z"), &found_s));
    source.exceptions = &late;
    const struct calendar *at_nine = built(arena, &source);
    int64_t first_s = at("2026-04-27T07:00:00Z") - CALENDAR_SEARCH_DAYS * INT64_C(86400);
    assert_false(calendar_next_opening(at_nine, first_s, &found_s));
    assert_true(calendar_next_opening(at_nine, first_s + 1, &found_s));
    assert_false(calendar_next_opening(once, at("2026-05-01T00:00:00Z"), &found_s));
}

static void
the_first_and_the_last_second_are_moments(void **state UNUSED)
{
    struct calendar_source source = always_source("UTC");
    const struct calendar *calendar = built(arena, &source);
    int64_t found_s;
    assert_true(calendar_is_open(calendar, ZONE_SECOND_MIN));
    assert_true(calendar_next_opening(calendar, ZONE_SECOND_MIN, &found_s));
    assert_int_equal(found_s, ZONE_SECOND_MIN);
    assert_true(calendar_is_open(calendar, ZONE_SECOND_MAX));
}

static void
moments_outside_the_years_are_closed(void **state UNUSED)
{
    static const int64_t moments[] = {INT64_MIN, ZONE_SECOND_MIN - 1, ZONE_SECOND_MAX + 1,
                                      INT64_MAX};
    struct calendar_source source = always_source("America/New_York");
    const struct calendar *calendar = built(arena, &source);
    int64_t found_s;
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        assert_false(calendar_is_open(calendar, moments[i]));
        assert_false(calendar_next_opening(calendar, moments[i], &found_s));
        assert_false(calendar_next_closing(calendar, moments[i], &found_s));
    }
    assert_true(calendar_is_open(calendar, ZONE_SECOND_MAX));
    assert_false(calendar_next_closing(calendar, ZONE_SECOND_MAX - 86400, &found_s));
}

static int
deinit(void **state UNUSED)
{
    arena_deinit();
    zone_deinit();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_calendar_is_named_with_its_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(intervals_that_touch_are_joined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_exception_goes_before_a_holiday_and_that_before_the_week,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_table_says_what_the_rules_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(walking_finds_the_days_that_are_found_one_by_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_first_list_names_a_day_that_two_have, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_first_rule_names_a_day_that_two_have, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(days_of_the_years_beside_the_table_lead_into_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_day_has_spans_of_utc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(opening_and_closing_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_calendar_may_never_close_or_never_open_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_first_and_the_last_second_are_moments, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(moments_outside_the_years_are_closed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, deinit);
}
