/*
 * calendar_build_test - what a calendar keeps of its description, and descriptions that are refused
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
a_calendar_outlives_its_description(void **state UNUSED)
{
    /* As long as what memory is given in. */
    char name[] = "Labour Day, 1886";
    char other_name[] = "Day of the Child";
    char code[] = "XX";
    struct holiday rules[] = {{.kind = HOLIDAY_FIXED, .month = 5, .day = 1, .name = name},
                              {.kind = HOLIDAY_FIXED, .month = 6, .day = 1, .name = other_name}};
    struct holiday_list list = {.code = code, .rules = rules, .rule_count = 2};
    const struct holiday_list *lists[] = {&list};
    struct calendar_source source = office_source();
    source.holiday_lists = lists;
    const struct calendar *calendar = built(arena, &source);
    memset(name, 'x', sizeof name - 1);
    memset(other_name, 'x', sizeof other_name - 1);
    memset(rules, 0, sizeof rules);
    memset(&source, 0, sizeof source);
    lists[0] = NULL;
    assert_string_equal(calendar_day(calendar, day("2026-05-01")).name, "Labour Day, 1886");
    assert_string_equal(calendar_day(calendar, day("2199-05-01")).name, "Labour Day, 1886");
    assert_string_equal(calendar_day(calendar, day("2026-06-01")).name, "Day of the Child");
}

static void
as_much_as_is_allowed_is_built(void **state UNUSED)
{
    static struct calendar_exception exceptions[CALENDAR_EXCEPTIONS_MAX];
    const struct holiday_list *lists[CALENDAR_LISTS_MAX];
    int64_t first = date_to_days((struct date){1989, 12, 25});
    struct calendar_source source = office_source();
    for (int64_t i = 0; i < CALENDAR_EXCEPTIONS_MAX; i++)
        exceptions[i] = (struct calendar_exception){.first_date = date_from_days(first + 10 * i),
                                                    .last_date = date_from_days(first + 10 * i + 8),
                                                    .name = "away"};
    for (size_t i = 0; i < CALENDAR_LISTS_MAX; i++)
        lists[i] = &fixture_list;
    source.exceptions = exceptions;
    source.exception_count = CALENDAR_EXCEPTIONS_MAX;
    source.holiday_lists = lists;
    source.holiday_list_count = CALENDAR_LISTS_MAX;
    const struct calendar *calendar = built(arena, &source);
    /* One that leads into the first year of the table. */
    for (int i = 0; i < 10; i++) {
        struct calendar_day found = calendar_day(calendar, date_from_days(first + i));
        assert_int_equal(found.is_exception, i != 9);
    }
    assert_string_equal(calendar_day(calendar, exceptions[999].last_date).name, "away");
    assert_string_equal(calendar_day(calendar, day("2024-05-01")).name, "Labour Day");
}

/* ---- refused ---- */

static void
assert_refused(const struct calendar_source *source, const char *field, const char *word)
{
    struct calendar *calendar = NULL;
    struct fault fault;
    assert_int_equal(calendar_new(arena, source, &calendar, &fault), ERR_INVALID_ARGUMENT);
    assert_null(calendar);
    assert_string_equal(fault.field, field);
    if (strstr(fault.message, word) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", word, fault.message);
}

static void
heads_that_cannot_be_are_refused(void **state UNUSED)
{
    char long_name[CALENDAR_NAME_SIZE + 1];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    const char *const names[] = {NULL, "", long_name};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct calendar_source source = office_source();
        source.name = names[i];
        assert_refused(&source, "", "a name of at most 63 bytes");
    }
    struct calendar_source source = office_source();
    source.version = -1;
    assert_refused(&source, "", "version");
    source = office_source();
    source.time_zone = NULL;
    assert_refused(&source, "", "time zone");
    source.time_zone = "Europe/Atlantis";
    assert_refused(&source, "", "time zone");
    source = office_source();
    source.holiday_list_count = CALENDAR_LISTS_MAX + 1;
    assert_refused(&source, "", "lists");
    source = office_source();
    source.exception_count = CALENDAR_EXCEPTIONS_MAX + 1;
    assert_refused(&source, "", "exceptions");
    source = office_source();
    memset(source.week, 0, sizeof source.week);
    assert_refused(&source, "", "never open");
    const struct calendar_exception closed = {.first_date = {2026, 1, 1},
                                              .last_date = {2026, 1, 1}};
    source.exceptions = &closed;
    source.exception_count = 1;
    assert_refused(&source, "", "never open");
}

static void
hours_that_cannot_be_are_refused(void **state UNUSED)
{
    static const struct calendar_hours bad[] = {
        {.intervals = {{540, 540}}, .interval_count = 1},
        {.intervals = {{540, 530}}, .interval_count = 1},
        {.intervals = {{-1, 530}}, .interval_count = 1},
        {.intervals = {{540, 1441}}, .interval_count = 1},
        {.intervals = {{540, 600}, {599, 700}}, .interval_count = 2},
        {.intervals = {{800, 900}, {540, 600}}, .interval_count = 2},
        {.interval_count = CALENDAR_INTERVALS_MAX + 1},
    };
    static const char *const words[] = {"interval 1 does not lie", "interval 1 does not lie",
                                        "interval 1 does not lie", "interval 1 does not lie",
                                        "interval 2 starts",       "interval 2 starts",
                                        "more than 8 intervals"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct calendar_source source = office_source();
        source.week[2] = bad[i];
        assert_refused(&source, "week[2]", words[i]);
        struct calendar_exception exceptions[] = {
            {.first_date = {2026, 1, 1}, .last_date = {2026, 1, 1}},
            {.first_date = {2026, 1, 2}, .last_date = {2026, 1, 2}, .hours = bad[i]}};
        source = office_source();
        source.exceptions = exceptions;
        source.exception_count = 2;
        assert_refused(&source, "exceptions[1]", words[i]);
    }
}

static void
exceptions_that_cannot_be_are_refused(void **state UNUSED)
{
    char long_name[CALENDAR_REASON_SIZE + 1];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    const struct calendar_exception bad[] = {
        {.first_date = {2026, 1, 2}, .last_date = {2026, 1, 1}},
        {.first_date = {2026, 2, 29}, .last_date = {2026, 3, 1}},
        {.first_date = {2026, 1, 1}, .last_date = {0, 0, 0}},
        {.first_date = {2026, 1, 1}, .last_date = {2026, 1, 1}, .name = long_name},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct calendar_source source = office_source();
        source.exceptions = &bad[i];
        source.exception_count = 1;
        assert_refused(&source, "exceptions[0]", i < 3 ? "last day" : "at most 127 bytes");
    }
}

static void
two_exceptions_for_one_day_are_refused_with_the_later_line(void **state UNUSED)
{
    const struct calendar_exception exceptions[] = {
        {.first_date = {2026, 7, 3}, .last_date = {2026, 7, 9}, .line = 12},
        {.first_date = {2026, 7, 1}, .last_date = {2026, 7, 3}, .line = 14},
        {.first_date = {2026, 6, 1}, .last_date = {2026, 6, 30}, .line = 13},
    };
    struct calendar_source source = office_source();
    source.exceptions = exceptions;
    source.exception_count = 3;
    struct calendar *calendar = NULL;
    struct fault fault;
    assert_int_equal(calendar_new(arena, &source, &calendar, &fault), ERR_INVALID_ARGUMENT);
    assert_int_equal(fault.line, 14);
    assert_string_equal(fault.field, "exceptions[1]");
    assert_non_null(strstr(fault.message, "2026-07-03"));
}

/* Also before any room is asked for. */
static void
two_exceptions_for_one_day_are_refused_without_any_memory(void **state UNUSED)
{
    const struct calendar_exception exceptions[] = {
        {.first_date = {2026, 6, 1}, .last_date = {2026, 6, 30}},
        {.first_date = {2026, 7, 3}, .last_date = {2026, 7, 3}},
        {.first_date = {2026, 6, 30}, .last_date = {2026, 7, 1}}};
    struct calendar_source source = office_source();
    source.exceptions = exceptions;
    source.exception_count = 3;
    struct arena *none = arena_new(0);
    struct calendar *calendar = NULL;
    struct fault fault;
    assert_int_equal(calendar_new(none, &source, &calendar, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.field, "exceptions[2]");
    arena_free(&none);
}

/* Two lists with as many holidays as there may be are built, one more holiday is refused. */
static void
more_holidays_than_a_calendar_may_have_are_refused(void **state UNUSED)
{
    static struct holiday rules[HOLIDAY_RULES_MAX];
    for (int i = 0; i < HOLIDAY_RULES_MAX; i++)
        rules[i] = (struct holiday){
            .kind = HOLIDAY_FIXED, .month = i % 12 + 1, .day = i / 12 + 1, .name = "a day"};
    const struct holiday_list full = {
        .code = "XX", .rules = rules, .rule_count = HOLIDAY_RULES_MAX};
    const struct holiday_list one = {.code = "YY", .rules = rules, .rule_count = 1};
    const struct holiday_list *lists[] = {&full, &full, &one};
    struct calendar_source source = office_source();
    source.holiday_lists = lists;
    source.holiday_list_count = 2;
    assert_non_null(built(arena, &source));
    source.holiday_list_count = 3;
    assert_refused(&source, "", "more than 512 holidays");
}

static void
a_list_that_cannot_be_is_refused(void **state UNUSED)
{
    struct holiday rules[] = {{.kind = HOLIDAY_FIXED, .month = 13, .name = "x", .line = 3}};
    const struct holiday_list list = {.code = "XX", .rules = rules, .rule_count = 1};
    const struct holiday_list *lists[] = {&list};
    struct calendar_source source = office_source();
    source.holiday_lists = lists;
    assert_refused(&source, "", "on a day that no year has");
}

/* Grows the budget until it does; `source` needs less than 120 KB. */
static void
assert_no_crash(const struct calendar_source *source, size_t first_bytes, size_t step_bytes)
{
    enum err err = ERR_UNKNOWN;
    for (size_t budget_bytes = first_bytes; err != OK; budget_bytes += step_bytes) {
        struct arena *small = arena_new(budget_bytes);
        struct calendar *calendar = NULL;
        struct fault fault;
        err = calendar_new(small, source, &calendar, &fault);
        assert_true(err == OK || err == ERR_RESOURCE_EXHAUSTED);
        assert_int_equal(err == OK, calendar != NULL);
        assert_true(budget_bytes < 120000);
        if (err == OK) /* and it is whole */
            assert_string_equal(calendar_day(calendar, day("2026-05-01")).name, "Labour Day");
        arena_free(&small);
    }
}

static void
a_budget_that_does_not_do_is_no_crash(void **state UNUSED)
{
    struct calendar_exception exceptions[50];
    for (int i = 0; i < 50; i++)
        exceptions[i] = (struct calendar_exception){
            .first_date = {2000 + i, 1, 1}, .last_date = {2000 + i, 1, 1}, .name = "a name"};
    struct calendar_source source = office_source();
    source.exceptions = exceptions;
    source.exception_count = COUNT_OF(exceptions);
    assert_no_crash(&source, 0, 500);
    /* Nor where what comes after the first thing that does not fit is so small that it would. */
    source.exception_count = 0;
    assert_no_crash(&source, 80000, 16);
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
        cmocka_unit_test_setup_teardown(a_calendar_outlives_its_description, set_up, tear_down),
        cmocka_unit_test_setup_teardown(as_much_as_is_allowed_is_built, set_up, tear_down),
        cmocka_unit_test_setup_teardown(heads_that_cannot_be_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hours_that_cannot_be_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exceptions_that_cannot_be_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_exceptions_for_one_day_are_refused_with_the_later_line,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_exceptions_for_one_day_are_refused_without_any_memory,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_holidays_than_a_calendar_may_have_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_list_that_cannot_be_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_budget_that_does_not_do_is_no_crash, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, deinit);
}
