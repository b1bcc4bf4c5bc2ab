/*
 * work_test - due times and measures, pauses and limits
 *
 * More cases, held against independent models, are in tests/model/test_calendar.py.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/calendar_fixture.h"

static struct arena *arena;
static const struct calendar *office;
static const char *const stopping[] = {"estimate_answer", "customer_information"};

static int
set_up(void **state UNUSED)
{
    struct calendar_source source = office_source();
    arena = arena_new(ARENA_BUDGET_BYTES);
    office = built(arena, &source);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static struct work_clock
clock_of(int days, int64_t seconds)
{
    return (struct work_clock){.calendar = office,
                               .amount = {days, seconds},
                               .pause_reasons = stopping,
                               .pause_reason_count = COUNT_OF(stopping)};
}

static void
assert_due(const struct work_clock *clock, const char *start, const struct work_pause *pauses,
           size_t pause_count, const char *expected)
{
    int64_t due_s = 0;
    struct fault fault;
    int64_t now_s = at("2026-05-20T12:00:00Z");
    if (work_due(clock, at(start), pauses, pause_count, now_s, &due_s, NULL, &fault) != OK)
        fail_msg("%s", fault.message);
    assert_int_equal(due_s, at(expected));
}

static void
days_and_seconds_are_added(void **state UNUSED)
{
    struct work_clock clock = clock_of(3, -1);
    assert_due(&clock, "2026-04-27T10:00:00Z", NULL, 0, "2026-04-30T16:00:00Z");
    clock = clock_of(4, -1);
    assert_due(&clock, "2026-04-27T10:00:00Z", NULL, 0, "2026-05-04T16:00:00Z");
    clock = clock_of(0, -1);
    assert_due(&clock, "2026-04-27T10:00:00Z", NULL, 0, "2026-04-27T16:00:00Z");
    assert_due(&clock, "2026-04-27T16:00:00Z", NULL, 0, "2026-04-27T16:00:00Z");
    assert_due(&clock, "2026-04-27T16:00:01Z", NULL, 0, "2026-04-28T16:00:00Z");
    clock = clock_of(-1, 0);
    assert_due(&clock, "2026-04-26T10:00:00Z", NULL, 0, "2026-04-26T10:00:00Z");
    clock = clock_of(-1, 9000);
    assert_due(&clock, "2026-04-27T08:00:00Z", NULL, 0, "2026-04-27T10:30:00Z");
    clock = clock_of(-1, 9001);
    assert_due(&clock, "2026-04-27T08:00:00Z", NULL, 0, "2026-04-27T11:00:01Z");
}

static void
two_clocks_stand_still_for_different_reasons(void **state UNUSED)
{
    const struct work_pause pauses[] = {
        {at("2026-04-27T08:00:00Z"), at("2026-04-27T09:00:00Z"), "estimate_answer"},
        {at("2026-04-27T08:30:00Z"), at("2026-04-27T09:30:00Z"), "waiting_part"},
        {at("2026-04-27T09:15:00Z"), at("2026-04-27T09:10:00Z"), "estimate_answer"},
        {at("2026-04-27T09:15:00Z"), at("2026-04-27T09:20:00Z"), NULL},
    };
    struct work_clock customer = clock_of(-1, 7200);
    assert_due(&customer, "2026-04-27T07:00:00Z", pauses, 4, "2026-04-27T10:00:00Z");
    struct work_clock internal = customer;
    static const char *const all[] = {"estimate_answer", "waiting_part"};
    internal.pause_reasons = all;
    assert_due(&internal, "2026-04-27T07:00:00Z", pauses, 4, "2026-04-27T10:30:00Z");
    internal.pause_reason_count = 0;
    assert_due(&internal, "2026-04-27T07:00:00Z", pauses, 4, "2026-04-27T09:00:00Z");
    assert_int_equal(work_clock_used_s(&customer, at("2026-04-27T07:00:00Z"),
                                       at("2026-04-27T10:00:00Z"), pauses, 4, NULL),
                     7200);
}

static void
an_open_pause_lasts_until_now(void **state UNUSED)
{
    const struct work_pause pause = {at("2026-05-18T08:00:00Z"), INT64_MAX, "estimate_answer"};
    struct work_clock clock = clock_of(-1, 7200);
    /* Now is Wednesday 2026-05-20, 14:00 in Berlin. */
    assert_due(&clock, "2026-05-18T07:00:00Z", &pause, 1, "2026-05-20T13:00:00Z");
    clock = clock_of(1, -1);
    assert_due(&clock, "2026-05-18T07:00:00Z", &pause, 1, "2026-05-21T16:00:00Z");
    assert_int_equal(work_clock_used_s(&clock, at("2026-05-18T07:00:00Z"),
                                       at("2026-06-18T07:00:00Z"), &pause, 1, NULL),
                     3600);
    /* One that begins after now has not begun. */
    const struct work_pause future = {at("2026-05-20T13:00:00Z"), INT64_MAX, "estimate_answer"};
    assert_due(&clock, "2026-05-19T07:00:00Z", &future, 1, "2026-05-20T16:00:00Z");
}

static void
days_that_a_pause_covers_are_not_counted(void **state UNUSED)
{
    struct work_pause pause = {at("2026-04-20T10:00:00Z"), at("2026-04-22T10:00:00Z"),
                               "estimate_answer"};
    struct work_clock clock = clock_of(3, -1);
    assert_due(&clock, "2026-04-20T08:00:00Z", &pause, 1, "2026-04-27T16:00:00Z");
    /* Of one day: nothing changes, even on the due day. */
    pause = (struct work_pause){at("2026-04-23T10:00:00Z"), at("2026-04-23T20:00:00Z"),
                                "estimate_answer"};
    assert_due(&clock, "2026-04-20T08:00:00Z", &pause, 1, "2026-04-23T16:00:00Z");
    /* On the due day before its close, to Saturday; from there on to Tuesday. */
    pause.end_s = at("2026-04-25T10:00:00Z");
    assert_due(&clock, "2026-04-20T08:00:00Z", &pause, 1, "2026-04-27T16:00:00Z");
    const struct work_pause two[] = {
        {at("2026-04-26T10:00:00Z"), at("2026-04-28T18:00:00Z"), "customer_information"}, pause};
    assert_due(&clock, "2026-04-20T08:00:00Z", two, 2, "2026-04-29T16:00:00Z");
    /* Two reasons that follow each other are one time of standing still. */
    const struct work_pause parts[] = {
        {at("2026-04-23T10:00:00Z"), at("2026-04-23T17:00:00Z"), "customer_information"},
        {at("2026-04-23T17:00:00Z"), at("2026-04-24T10:00:00Z"), "estimate_answer"}};
    assert_due(&clock, "2026-04-20T08:00:00Z", parts, 2, "2026-04-24T16:00:00Z");
    /* After the close of the due day. */
    pause = (struct work_pause){at("2026-04-23T16:00:00Z"), at("2026-04-25T20:00:00Z"),
                                "estimate_answer"};
    assert_due(&clock, "2026-04-20T08:00:00Z", &pause, 1, "2026-04-23T16:00:00Z");
}

static void
measures_and_rolls_go_by_the_calendar(void **state UNUSED)
{
    int64_t monday_s = at("2026-04-27T00:00:00Z");
    assert_int_equal(work_seconds_between(office, monday_s, monday_s + 7 * 86400, NULL), 4 * 30600);
    assert_int_equal(work_seconds_between(office, monday_s + 1, monday_s, NULL), 0);
    assert_int_equal(work_days_between(office, day("2026-04-27"), day("2026-05-04")), 4);
    assert_int_equal(work_days_between(office, day("2026-05-04"), day("2026-04-27")), 0);
    struct date rolled;
    assert_true(work_roll_to_working_day(office, day("2026-05-01"), &rolled));
    assert_int_equal(date_compare(rolled, day("2026-05-04")), 0);
    assert_true(work_roll_to_working_day(office, rolled, &rolled));
    assert_int_equal(date_compare(rolled, day("2026-05-04")), 0);
    /* The first day of all is New Year's Day, the second a Tuesday. */
    assert_int_equal(work_seconds_between(office, INT64_MIN, at("0001-01-03T00:00:00Z"), NULL),
                     30600);
}

static void
what_is_too_far_is_refused(void **state UNUSED)
{
    struct calendar_exception exception = {
        .first_date = day("2026-04-27"),
        .last_date = day("2026-04-27"),
        .hours = {.intervals = {{540, 1080}}, .interval_count = 1}};
    struct calendar_source source = office_source();
    memset(source.week, 0, sizeof source.week);
    source.exceptions = &exception;
    source.exception_count = 1;
    const struct calendar *once = built(arena, &source);
    int64_t start_s = at("2026-04-27T00:00:00Z");
    int64_t due_s = 77;
    struct date rolled = {7, 7, 7};
    struct fault fault;
    assert_int_equal(work_add_days(once, start_s - 86400, 2, &due_s, NULL, &fault),
                     ERR_OUT_OF_RANGE);
    assert_string_equal(fault.reason, "WORKING_TIME_OUT_OF_RANGE");
    assert_int_equal(work_add_days(once, start_s + 86400, 0, &due_s, NULL, &fault),
                     ERR_OUT_OF_RANGE);
    assert_int_equal(work_add_seconds(once, start_s, 32401, &due_s, NULL, &fault),
                     ERR_OUT_OF_RANGE);
    assert_int_equal(work_add_seconds(once, start_s, INT64_MAX, &due_s, NULL, &fault),
                     ERR_OUT_OF_RANGE);
    assert_false(work_roll_to_working_day(once, day("2026-04-28"), &rolled));
    assert_int_equal(due_s, 77);
    assert_int_equal(rolled.day, 7);
    assert_int_equal(work_add_seconds(once, start_s, 32400, &due_s, NULL, &fault), OK);
    static const int64_t outside[] = {INT64_MIN, ZONE_SECOND_MIN - 1, ZONE_SECOND_MAX + 1,
                                      INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(outside); i++)
        assert_int_equal(work_add_days(office, outside[i], 1, &due_s, NULL, &fault),
                         ERR_OUT_OF_RANGE);
    static const int64_t ends[] = {ZONE_SECOND_MIN, ZONE_SECOND_MAX};
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        assert_int_equal(work_add_seconds(office, ends[i], 0, &due_s, NULL, &fault), OK);
    assert_int_equal(work_add_days(office, ZONE_SECOND_MAX, 1, &due_s, NULL, &fault),
                     ERR_OUT_OF_RANGE);
    assert_int_equal(work_add_seconds(office, ZONE_SECOND_MAX, 1, &due_s, NULL, &fault),
                     ERR_OUT_OF_RANGE);
}

static void
measures_of_more_than_the_longest_span_are_refused(void **state UNUSED)
{
    static const char *const starts[] = {"0001-01-05", "2026-04-27", "9900-01-01"};
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        struct date start = day(starts[i]);
        struct date end = date_add(start, 0, CALENDAR_SEARCH_DAYS);
        int64_t start_s = date_to_days(start) * 86400;
        int64_t end_s = date_to_days(end) * 86400;
        assert_true(work_days_between(office, start, end) > 0);
        assert_int_equal(work_days_between(office, start, date_add(end, 0, 1)), -1);
        assert_int_equal(work_days_between(office, date_add(end, 0, 1), start), 0);
        assert_true(work_seconds_between(office, start_s, end_s, NULL) > 0);
        assert_int_equal(work_seconds_between(office, start_s, end_s + 1, NULL), -1);
        assert_int_equal(work_seconds_between(office, end_s + 1, start_s, NULL), 0);
    }
    assert_int_equal(work_seconds_between(office, INT64_MIN, INT64_MAX, NULL), -1);
    assert_int_equal(work_seconds_between(office, INT64_MAX, INT64_MIN, NULL), 0);
}

static void
the_last_day_of_the_search_is_looked_at(void **state UNUSED)
{
    struct date last = date_add(day("2026-04-27"), 0, CALENDAR_SEARCH_DAYS);
    struct calendar_exception exception = {
        .first_date = last,
        .last_date = last,
        .hours = {.intervals = {{540, 1080}}, .interval_count = 1}};
    struct calendar_source source = office_source();
    memset(source.week, 0, sizeof source.week);
    source.exceptions = &exception;
    source.exception_count = 1;
    const struct calendar *once = built(arena, &source);
    int64_t start_s = at("2026-04-27T10:00:00Z");
    int64_t due_s;
    struct date rolled;
    struct fault fault;
    for (int days = 0; days < 2; days++) {
        assert_int_equal(work_add_days(once, start_s, days, &due_s, NULL, &fault), OK);
        assert_int_equal(date_compare(zone_date(calendar_zone(once), due_s), last), 0);
        assert_int_equal(work_add_days(once, start_s - 86400, days, &due_s, NULL, &fault),
                         ERR_OUT_OF_RANGE);
    }
    start_s = due_s - CALENDAR_SEARCH_DAYS * INT64_C(86400);
    assert_int_equal(work_add_seconds(once, start_s, 32400, &due_s, NULL, &fault), OK);
    assert_int_equal(work_add_seconds(once, start_s - 1, 32400, &due_s, NULL, &fault),
                     ERR_OUT_OF_RANGE);
    assert_true(work_roll_to_working_day(once, day("2026-04-27"), &rolled));
    assert_int_equal(date_compare(rolled, last), 0);
    assert_false(work_roll_to_working_day(once, day("2026-04-26"), &rolled));
}

static void
amounts_and_pauses_that_cannot_be_are_refused(void **state UNUSED)
{
    static const struct work_amount amounts[] = {
        {-1, -1}, {1, 1}, {-2, -1}, {-1, -2}, {WORK_DAYS_MAX + 1, -1}, {0, 0}};
    struct work_pause pauses[WORK_PAUSES_MAX + 1];
    int64_t start_s = at("2026-04-27T00:00:00Z");
    int64_t due_s;
    struct fault fault;
    for (size_t i = 0; i < COUNT_OF(amounts); i++) {
        struct work_clock clock = clock_of(amounts[i].days, amounts[i].seconds);
        assert_int_equal(work_due(&clock, start_s, NULL, 0, 0, &due_s, NULL, &fault),
                         ERR_INVALID_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT_OF(pauses); i++)
        pauses[i] = (struct work_pause){start_s + 10 * (int64_t)i, start_s + 10 * (int64_t)i + 5,
                                        "estimate_answer"};
    struct work_clock clock = clock_of(-1, 60);
    assert_int_equal(work_due(&clock, start_s, pauses, COUNT_OF(pauses), 0, &due_s, NULL, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "WORKING_TIME_PAUSES_TOO_MANY");
    assert_int_equal(
        work_clock_used_s(&clock, start_s, start_s + 86400, pauses, COUNT_OF(pauses), NULL), -1);
    /* Those that do not stop the clock are not counted. */
    pauses[3].reason = "waiting_part";
    assert_int_equal(work_due(&clock, start_s, pauses, COUNT_OF(pauses), 0, &due_s, NULL, &fault),
                     OK);
    clock = clock_of(1, -1);
    assert_int_equal(work_due(&clock, start_s, pauses, COUNT_OF(pauses), 0, &due_s, NULL, &fault),
                     OK);
    clock = clock_of(WORK_DAYS_MAX, -1);
    assert_int_equal(work_due(&clock, start_s, NULL, 0, 0, &due_s, NULL, &fault), OK);
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
        cmocka_unit_test_setup_teardown(days_and_seconds_are_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_clocks_stand_still_for_different_reasons, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_open_pause_lasts_until_now, set_up, tear_down),
        cmocka_unit_test_setup_teardown(days_that_a_pause_covers_are_not_counted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(measures_and_rolls_go_by_the_calendar, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_too_far_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(measures_of_more_than_the_longest_span_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_last_day_of_the_search_is_looked_at, set_up, tear_down),
        cmocka_unit_test_setup_teardown(amounts_and_pauses_that_cannot_be_are_refused, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, deinit);
}
