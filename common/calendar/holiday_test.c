/*
 * holiday_test - the forms of rules, moves off the weekend, years, and lists that are refused
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/calendar_fixture.h"

static struct holiday
rule(const char *on, const char *move)
{
    struct holiday read = {.name = on};
    if (!holiday_parse_on(on, &read) || !holiday_parse_move(move, &read.move))
        fail_msg("\"%s\", \"%s\" was refused", on, move);
    return read;
}

/* The days of a year, one for each rule: "2026-05-01 ". */
static void
assert_days(const struct holiday *rules, size_t rule_count, int year, const char *expected)
{
    const struct holiday_list list = {.code = "XX", .rules = rules, .rule_count = rule_count};
    int64_t days[HOLIDAY_RULES_MAX];
    char text[HOLIDAY_RULES_MAX * (DATE_TEXT_SIZE + 1)] = "";
    struct fault fault;
    if (holiday_list_check(&list, &fault) != OK)
        fail_msg("%s", fault.message);
    holiday_days(&list, year, days);
    for (size_t i = 0; i < rule_count; i++) {
        char one[DATE_TEXT_SIZE] = "none";
        if (days[i] != HOLIDAY_NO_DAY) {
            struct date date = date_from_days(days[i]);
            const struct holiday *found = holiday_on(&list, date);
            date_print(date, one);
            assert_non_null(found);
        }
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "", one);
    }
    assert_string_equal(text, expected);
}

static void
assert_day(const char *on, const char *move, int year, const char *expected)
{
    struct holiday read = rule(on, move);
    assert_days(&read, 1, year, expected);
}

static void
each_form_gives_its_day(void **state UNUSED)
{
    assert_day("05-01", "stays", 2026, "2026-05-01");
    assert_day("02-29", "stays", 2024, "2024-02-29");
    assert_day("02-29", "stays", 2026, "none");
    assert_day("easter", "stays", 2026, "2026-04-05");
    assert_day("easter - 2", "stays", 2026, "2026-04-03");
    assert_day("easter + 39", "stays", 2026, "2026-05-14");
    assert_day("easter+1", "stays", 2026, "2026-04-06");
    assert_day("orthodox_easter", "stays", 2026, "2026-04-12");
    assert_day("orthodox_easter + 50 ", "stays", 2026, "2026-06-01");
    assert_day("first monday of may", "stays", 2026, "2026-05-04");
    assert_day("second sunday of may", "stays", 2026, "2026-05-10");
    assert_day("third  monday  of  january", "stays", 2026, "2026-01-19");
    assert_day("fourth thursday of november + 1", "stays", 2026, "2026-11-27");
    assert_day("fifth friday of may", "stays", 2026, "2026-05-29");
    assert_day("fifth monday of may", "stays", 2026, "none");
    assert_day("last monday of may", "stays", 2026, "2026-05-25");
    assert_day("last wednesday of december - 200", "stays", 2026, "2026-06-13");
    assert_day("last saturday of february", "stays", 2024, "2024-02-24");
    assert_day("2026-09-14", "stays", 2026, "2026-09-14");
    assert_day("2026-09-14", "stays", 2027, "none");
    assert_day("easter", "stays", 1582, "none");
    assert_day("easter", "stays", 1583, "1583-04-10");
    assert_day("orthodox_easter", "stays", 1582, "none");
    assert_day("orthodox_easter", "stays", 1583, "1583-04-10");
    assert_day("last wednesday of december", "stays", 2025, "2025-12-31");
    assert_day("last thursday of december", "stays", 2025, "2025-12-25");
    assert_day("last friday of december", "stays", 9999, "9999-12-31");
}

/* Years in which the moon's table has its corrections, and the earliest and latest days. */
static void
easter_is_where_the_tables_have_it(void **state UNUSED)
{
    static const char *const western[] = {"1609-04-19", "1818-03-22", "1886-04-25", "1943-04-25",
                                          "1954-04-18", "1981-04-19", "2000-04-23", "2008-03-23",
                                          "2038-04-25", "2049-04-18", "2076-04-19", "2106-04-18",
                                          "2285-03-22", "3200-03-26", "4000-04-09", "7515-04-25"};
    static const char *const orthodox[] = {"2010-04-04", "2026-04-12", "2100-05-02", "2200-04-06"};
    for (size_t i = 0; i < COUNT_OF(western); i++)
        assert_int_equal(date_compare(holiday_easter(day(western[i]).year), day(western[i])), 0);
    for (size_t i = 0; i < COUNT_OF(orthodox); i++)
        assert_int_equal(
            date_compare(holiday_orthodox_easter(day(orthodox[i]).year), day(orthodox[i])), 0);
}

static void
years_before_1970_have_weekdays_too(void **state UNUSED)
{
    assert_day("05-01", "monday", 1965, "1965-05-03");
    assert_day("05-02", "nearest", 1965, "1965-05-03");
    assert_day("05-03", "monday", 1965, "1965-05-03");
    assert_day("first monday of may", "stays", 1965, "1965-05-03");
    assert_day("last saturday of may", "stays", 1965, "1965-05-29");
    assert_day("first sunday of january", "stays", 1, "0001-01-07");
}

#define WORD_OF_10 "abcdefghij"
#define WORD_OF_50 WORD_OF_10 WORD_OF_10 WORD_OF_10 WORD_OF_10 WORD_OF_10
#define WORD_OF_100 WORD_OF_50 WORD_OF_50

static void
other_texts_are_refused_and_change_nothing(void **state UNUSED)
{
    static const char *const texts[] = {
        "",
        "05-1",
        "5-01",
        "05-01 ",
        "13-01",
        "00-10",
        "02-30",
        "2026-02-29",
        "05/01",
        "05-01 + 1",
        "easter 1",
        "easter +",
        "easter + x",
        "easter + 201",
        "easter + 1000",
        "easter + 0001",
        "easter + 1 day",
        "Easter",
        "passover",
        "sixth monday of may",
        "first moonday of may",
        "first monday in may",
        "first monday of mai",
        "first monday of",
        "first monday",
        "first",
        "last",
        "monday of may",
        "first monday of may,",
        "averyveryverylongwordthatisnone",
        WORD_OF_100 WORD_OF_100,
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        rule("first monday of may", "stays"); /* what was read before does not complete a text */
        struct holiday read = {.kind = HOLIDAY_ONCE, .month = 77};
        if (holiday_parse_on(texts[i], &read))
            fail_msg("\"%s\" was taken", texts[i]);
        assert_int_equal(read.kind, HOLIDAY_ONCE);
        assert_int_equal(read.month, 77);
    }
    enum holiday_move move = HOLIDAY_TO_NEAREST;
    assert_false(holiday_parse_move("tuesday", &move));
    assert_false(holiday_parse_move("", &move));
    assert_int_equal(move, HOLIDAY_TO_NEAREST);
}

static void
what_on_does_not_say_is_left_alone(void **state UNUSED)
{
    struct holiday read = {.name = "name",
                           .line = 5,
                           .first_year = 1990,
                           .last_year = 2030,
                           .move = HOLIDAY_TO_MONDAY,
                           .offset_days = 9};
    assert_true(holiday_parse_on("05-01", &read));
    assert_string_equal(read.name, "name");
    assert_int_equal(read.line, 5);
    assert_int_equal(read.first_year, 1990);
    assert_int_equal(read.last_year, 2030);
    assert_int_equal(read.move, HOLIDAY_TO_MONDAY);
    assert_int_equal(read.offset_days, 0);
}

static void
holidays_on_a_weekend_move_as_they_are_told(void **state UNUSED)
{
    /* 2021: 1 May is a Saturday, 2 May a Sunday, 3 May a Monday. */
    assert_day("05-01", "stays", 2021, "2021-05-01");
    assert_day("05-01", "monday", 2021, "2021-05-03");
    assert_day("05-02", "monday", 2021, "2021-05-03");
    assert_day("05-03", "monday", 2021, "2021-05-03");
    assert_day("05-01", "sunday_to_monday", 2021, "2021-05-01");
    assert_day("05-02", "sunday_to_monday", 2021, "2021-05-03");
    assert_day("05-01", "nearest", 2021, "2021-04-30");
    assert_day("05-02", "nearest", 2021, "2021-05-03");
    assert_day("05-02", "next_free", 2021, "2021-05-03");
    /* Over the end of the year. */
    assert_day("01-01", "nearest", 2022, "2021-12-31");
    assert_day("12-31", "monday", 2022, "2023-01-02");
}

static void
a_free_day_is_one_that_no_other_holiday_has(void **state UNUSED)
{
    struct holiday rules[] = {rule("12-25", "next_free"), rule("12-26", "next_free"),
                              rule("2021-12-28", "stays"), rule("01-01", "next_free")};
    assert_days(rules, 2, 2021, "2021-12-27 2021-12-28");
    assert_days(rules, 2, 2022, "2022-12-27 2022-12-26");
    assert_days(rules, 2, 2020, "2020-12-25 2020-12-28");
    assert_days(rules, 4, 2021, "2021-12-27 2021-12-29 2021-12-28 2021-01-01");
    assert_days(rules, 4, 2022, "2022-12-27 2022-12-26 none 2022-01-03");
    struct holiday before[] = {rule("12-27", "stays"), rule("12-25", "next_free")};
    assert_days(before, 2, 2021, "2021-12-27 2021-12-28");
    /* The next year's first day is taken too. */
    struct holiday turn[] = {rule("12-31", "next_free"), rule("01-02", "stays")};
    assert_days(turn, 2, 2022, "2023-01-03 2022-01-02");
    /* And so is what the year before left in this one. */
    struct holiday left[] = {rule("01-01", "next_free"), rule("12-31", "monday")};
    assert_days(left, 2, 2023, "2023-01-03 2024-01-01");
    /* The half year before the year, to which offsets lead, is known too. */
    struct holiday early[] = {rule("first sunday of january - 196", "next_free"),
                              rule("2025-06-23", "stays")};
    assert_days(early, 2, 2026, "2025-06-24 none");
    /* There is no year after the last one. */
    struct holiday end[] = {rule("12-25", "next_free"), rule("easter", "stays")};
    assert_days(end, 2, 9999, "9999-12-27 9999-03-28");
}

static void
rules_hold_in_their_years_only(void **state UNUSED)
{
    struct holiday read = rule("10-03", "stays");
    read.first_year = 1990;
    read.last_year = 2000;
    assert_days(&read, 1, 1989, "none");
    assert_days(&read, 1, 1990, "1990-10-03");
    assert_days(&read, 1, 2000, "2000-10-03");
    assert_days(&read, 1, 2001, "none");
    read.first_year = 2000;
    assert_days(&read, 1, 1999, "none");
    assert_days(&read, 1, 2000, "2000-10-03");
}

static void
the_first_of_two_holidays_on_a_day_gives_the_name(void **state UNUSED)
{
    struct holiday rules[] = {rule("05-14", "stays"), rule("easter + 39", "stays")};
    const struct holiday_list list = {.code = "XX", .rules = rules, .rule_count = 2};
    assert_string_equal(holiday_on(&list, day("2026-05-14"))->name, "05-14");
    assert_null(holiday_on(&list, day("2026-05-15")));
    assert_null(holiday_on(&list, day("0001-01-01")));
    assert_null(holiday_on(&list, day("9999-12-31")));
}

static void
the_largest_list_of_movers_finds_days_for_all(void **state UNUSED)
{
    static struct holiday rules[HOLIDAY_RULES_MAX];
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        rules[i] = rule(i % 2 == 0 ? "last sunday of december + 195" : "2026-06-06", "next_free");
        rules[i].offset_days = i % 2 == 0 ? 196 : 0;
    }
    const struct holiday_list list = {.code = "XX", .rules = rules, .rule_count = COUNT_OF(rules)};
    int64_t days[HOLIDAY_RULES_MAX];
    holiday_days(&list, 2026, days);
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        assert_true((days[i] + 3) % 7 < 5); /* Monday to Friday */
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(days[i], days[j]);
    }
}

static void
a_list_that_cannot_be_is_refused_with_the_line(void **state UNUSED)
{
    static const struct holiday bad[] = {
        {.kind = HOLIDAY_FIXED, .month = 2, .day = 30, .name = "x"},
        {.kind = HOLIDAY_FIXED, .month = 0, .day = 1, .name = "x"},
        {.kind = HOLIDAY_ONCE, .date = {2026, 2, 29}, .name = "x"},
        {.kind = HOLIDAY_WEEKDAY, .month = 13, .nth = 1, .weekday = 1, .name = "x"},
        {.kind = HOLIDAY_WEEKDAY, .month = 1, .nth = 0, .weekday = 1, .name = "x"},
        {.kind = HOLIDAY_WEEKDAY, .month = 1, .nth = 6, .weekday = 1, .name = "x"},
        {.kind = HOLIDAY_WEEKDAY, .month = 1, .nth = -2, .weekday = 1, .name = "x"},
        {.kind = HOLIDAY_WEEKDAY, .month = 1, .nth = 1, .weekday = 8, .name = "x"},
        {.kind = HOLIDAY_WEEKDAY, .month = 1, .nth = 1, .weekday = 0, .name = "x"},
        {.kind = HOLIDAY_EASTER, .offset_days = 201, .name = "x"},
        {.kind = HOLIDAY_EASTER, .offset_days = -201, .name = "x"},
        {.kind = (enum holiday_kind)9, .name = "x"},
        {.kind = HOLIDAY_EASTER, .move = (enum holiday_move)9, .name = "x"},
        {.kind = HOLIDAY_EASTER, .first_year = -1, .name = "x"},
        {.kind = HOLIDAY_EASTER, .last_year = 10000, .name = "x"},
        {.kind = HOLIDAY_EASTER, .first_year = 2001, .last_year = 2000, .name = "x"},
        {.kind = HOLIDAY_EASTER, .name = ""},
        {.kind = HOLIDAY_EASTER, .name = NULL},
    };
    struct fault fault;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct holiday rules[] = {fixture_rules[0], bad[i]};
        rules[1].line = 17;
        const struct holiday_list list = {.code = "XX", .rules = rules, .rule_count = 2};
        assert_int_equal(holiday_list_check(&list, &fault), ERR_INVALID_ARGUMENT);
        assert_int_equal(fault.line, 17);
        assert_string_equal(fault.reason, "HOLIDAY_INVALID");
        assert_non_null(strstr(fault.message, i < 16 ? "holiday 2 (\"x\") of the list \"XX\" "
                                                     : "holiday 2 (\"\") of the list \"XX\" "));
    }
    char long_name[HOLIDAY_NAME_SIZE + 1];
    memset(long_name, 'x', sizeof long_name);
    long_name[HOLIDAY_NAME_SIZE] = 0;
    struct holiday named = {.kind = HOLIDAY_EASTER, .name = long_name};
    struct holiday_list list = {.code = "XX", .rules = &named, .rule_count = 1};
    assert_int_equal(holiday_list_check(&list, &fault), ERR_INVALID_ARGUMENT);
    named.name = long_name + 1;
    assert_int_equal(holiday_list_check(&list, &fault), OK);
    list = fixture_list;
    assert_int_equal(holiday_list_check(&list, &fault), OK);
    static const char *const codes[] = {NULL, "", "A-CODE-THAT-IS-TOO-LONG"};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        list.code = codes[i];
        assert_int_equal(holiday_list_check(&list, &fault), ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(fault.message, "at most 15 bytes"));
    }
    list.code = "XX";
    list.rule_count = HOLIDAY_RULES_MAX + 1;
    assert_int_equal(holiday_list_check(&list, &fault), ERR_INVALID_ARGUMENT);
}

static int
tear_down(void **state UNUSED)
{
    arena_deinit();
    zone_deinit();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_gives_its_day),
        cmocka_unit_test(easter_is_where_the_tables_have_it),
        cmocka_unit_test(years_before_1970_have_weekdays_too),
        cmocka_unit_test(other_texts_are_refused_and_change_nothing),
        cmocka_unit_test(what_on_does_not_say_is_left_alone),
        cmocka_unit_test(holidays_on_a_weekend_move_as_they_are_told),
        cmocka_unit_test(a_free_day_is_one_that_no_other_holiday_has),
        cmocka_unit_test(rules_hold_in_their_years_only),
        cmocka_unit_test(the_first_of_two_holidays_on_a_day_gives_the_name),
        cmocka_unit_test(the_largest_list_of_movers_finds_days_for_all),
        cmocka_unit_test(a_list_that_cannot_be_is_refused_with_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
