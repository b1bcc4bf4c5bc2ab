/*
 * work_explain_test - how explanations read, where they are shortened and where they are cut
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
assert_text(const struct work_clock *clock, const char *start, const struct work_pause *pauses,
            size_t pause_count, const char *expected)
{
    struct work_explanation explanation = {.arena = arena};
    struct buf text = {0};
    int64_t due_s;
    struct fault fault;
    assert_int_equal(
        work_due(clock, at(start), pauses, pause_count, at(start), &due_s, &explanation, &fault),
        OK);
    work_explain(&explanation, clock->calendar, &text);
    assert_string_equal(buf_text(&text), expected);
    buf_free(&text);
}

static void
an_explanation_says_what_counted_and_what_did_not(void **state UNUSED)
{
    struct work_clock clock = clock_of(-1, 27000);
    const struct work_pause pause = {at("2026-04-30T14:00:00Z"), at("2026-05-04T07:10:30Z"),
                                     "estimate_answer"};
    assert_text(&clock, "2026-04-30T07:00:00Z", &pause, 1,
                "Thu 30 Apr 09:00-12:30 = 3 h 30; Thu 30 Apr 13:00-16:00 = 3 h; "
                "Thu 30 Apr 16:00-18:00 paused: estimate_answer (2 h); "
                "Fri 1 May closed: Labour Day; Sat 2 May-Sun 3 May closed; "
                "Mon 4 May 09:00-09:10:30 paused: estimate_answer (10 min 30 s); "
                "Mon 4 May 09:10:30-10:10:30 = 1 h");
    clock = clock_of(-1, 3661);
    assert_text(&clock, "2026-04-30T07:00:00Z", NULL, 0,
                "Thu 30 Apr 09:00-10:01:01 = 1 h 1 min 1 s");
    clock = clock_of(-1, 3615);
    assert_text(&clock, "2026-04-30T07:00:00Z", NULL, 0,
                "Thu 30 Apr 09:00-10:00:15 = 1 h 0 min 15 s");
    clock = clock_of(-1, 61);
    assert_text(&clock, "2026-04-30T07:00:00Z", NULL, 0, "Thu 30 Apr 09:00-09:01:01 = 1 min 1 s");
    clock = clock_of(-1, 59);
    assert_text(&clock, "2026-04-30T07:59:00Z", NULL, 0, "Thu 30 Apr 09:59-09:59:59 = 59 s");
    clock = clock_of(-1, 0);
    assert_text(&clock, "2026-04-30T07:00:00Z", NULL, 0, "");
    clock = clock_of(1, -1);
    assert_text(&clock, "2026-04-30T07:00:00Z", &pause, 1,
                "Fri 1 May closed: Labour Day; Sat 2 May-Sun 3 May closed; "
                "Mon 4 May paused: estimate_answer (1 day); Tue 5 May = 1 day");
    clock = clock_of(0, -1);
    assert_text(&clock, "2026-05-01T07:00:00Z", NULL, 0,
                "Fri 1 May closed: Labour Day; Sat 2 May-Sun 3 May closed; Mon 4 May = 0 days");
}

static void
a_pause_without_length_leaves_no_trace(void **state UNUSED)
{
    struct work_clock clock = clock_of(-1, 7200);
    const struct work_pause pause = {at("2026-04-30T08:00:00Z"), at("2026-04-30T08:00:00Z"),
                                     "estimate_answer"};
    assert_text(&clock, "2026-04-30T07:00:00Z", &pause, 1, "Thu 30 Apr 09:00-11:00 = 2 h");
}

static void
each_pause_is_told_with_its_reason(void **state UNUSED)
{
    struct work_clock clock = clock_of(-1, 3600);
    struct work_explanation explanation = {.arena = arena};
    struct buf text = {0};
    const struct work_pause pauses[] = {
        {at("2026-04-30T07:00:00Z"), at("2026-04-30T08:00:00Z"), "estimate_answer"},
        {at("2026-04-30T08:00:00Z"), at("2026-04-30T09:00:00Z"), "customer_information"}};
    const char *expected = "Thu 30 Apr 09:00-10:00 paused: estimate_answer (1 h); "
                           "Thu 30 Apr 10:00-11:00 paused: customer_information (1 h); "
                           "Thu 30 Apr 11:00-12:00 = 1 h";
    assert_text(&clock, "2026-04-30T07:00:00Z", pauses, 2, expected);
    assert_int_equal(work_clock_used_s(&clock, at("2026-04-30T07:00:00Z"),
                                       at("2026-04-30T10:00:00Z"), pauses, 2, &explanation),
                     3600);
    work_explain(&explanation, office, &text);
    assert_string_equal(buf_text(&text), expected);
    buf_free(&text);
}

static void
pauses_that_begin_together_are_told_in_one_order(void **state UNUSED)
{
    struct work_clock clock = clock_of(-1, 3600);
    const struct work_pause answer = {at("2026-04-30T07:00:00Z"), at("2026-04-30T08:00:00Z"),
                                      "estimate_answer"};
    struct work_pause other = {at("2026-04-30T07:00:00Z"), at("2026-04-30T09:00:00Z"),
                               "customer_information"};
    const char *expected = "Thu 30 Apr 09:00-10:00 paused: estimate_answer (1 h); "
                           "Thu 30 Apr 10:00-11:00 paused: customer_information (1 h); "
                           "Thu 30 Apr 11:00-12:00 = 1 h";
    assert_text(&clock, "2026-04-30T07:00:00Z", (struct work_pause[]){answer, other}, 2, expected);
    assert_text(&clock, "2026-04-30T07:00:00Z", (struct work_pause[]){other, answer}, 2, expected);
    other.end_s = answer.end_s; /* the same hour: the first by its code */
    expected = "Thu 30 Apr 09:00-10:00 paused: customer_information (1 h); "
               "Thu 30 Apr 10:00-11:00 = 1 h";
    assert_text(&clock, "2026-04-30T07:00:00Z", (struct work_pause[]){answer, other}, 2, expected);
    assert_text(&clock, "2026-04-30T07:00:00Z", (struct work_pause[]){other, answer}, 2, expected);
}

static void
what_comes_after_the_end_is_not_told(void **state UNUSED)
{
    struct work_explanation explanation = {.arena = arena};
    struct buf text = {0};
    int64_t midnight_s = at("2026-04-30T22:00:00Z"); /* then Labour Day begins */
    assert_int_equal(
        work_seconds_between(office, at("2026-04-30T07:00:00Z"), midnight_s, &explanation), 30600);
    work_explain(&explanation, office, &text);
    assert_string_equal(buf_text(&text),
                        "Thu 30 Apr 09:00-12:30 = 3 h 30; Thu 30 Apr 13:00-18:00 = 5 h");
    buf_free(&text);
}

static void
closed_days_are_told_by_their_cause(void **state UNUSED)
{
    static const char same_name[] = "stock-taking";
    struct calendar_exception exceptions[] = {
        {.first_date = {2026, 4, 28}, .last_date = {2026, 4, 28}, .name = "stock-taking"},
        {.first_date = {2026, 4, 29}, .last_date = {2026, 4, 29}, .name = same_name},
        {.first_date = {2026, 4, 30}, .last_date = {2026, 4, 30}, .name = "moving house"}};
    struct calendar_source source = office_source();
    source.exceptions = exceptions;
    source.exception_count = COUNT_OF(exceptions);
    struct work_clock clock = {.calendar = built(arena, &source), .amount = {1, -1}};
    assert_text(&clock, "2026-04-27T07:00:00Z", NULL, 0,
                "Tue 28 Apr-Wed 29 Apr closed: stock-taking; Thu 30 Apr closed: moving house; "
                "Fri 1 May closed: Labour Day; Sat 2 May-Sun 3 May closed; Mon 4 May = 1 day");
}

static void
the_pause_on_the_due_day_is_explained(void **state UNUSED)
{
    struct work_clock clock = clock_of(1, -1);
    const struct work_pause pause = {at("2026-04-23T14:00:00Z"), at("2026-04-27T07:00:00Z"),
                                     "estimate_answer"};
    assert_text(&clock, "2026-04-22T07:00:00Z", &pause, 1,
                "Thu 23 Apr = 1 day; Fri 24 Apr paused: estimate_answer (1 day); "
                "Sat 25 Apr-Sun 26 Apr closed; Mon 27 Apr paused: estimate_answer (1 day)");
}

static void
midnights_and_years_are_told_well(void **state UNUSED)
{
    struct calendar_source source = always_source("Europe/Berlin");
    const struct work_clock clock = {.calendar = built(arena, &source), .amount = {-1, 2 * 3600}};
    assert_text(&clock, "2026-12-31T22:00:00Z", NULL, 0,
                "Thu 31 Dec 23:00-24:00 = 1 h; Fri 1 Jan 2027 00:00-01:00 = 1 h");
    assert_text(&clock, "1965-04-30T08:00:00Z", NULL, 0, "Fri 30 Apr 09:00-11:00 = 2 h");
}

static size_t
text_lines(int days)
{
    struct work_clock clock = clock_of(days, -1);
    struct work_explanation explanation = {.arena = arena};
    struct buf text = {0};
    int64_t due_s;
    struct fault fault;
    assert_int_equal(
        work_due(&clock, at("2026-06-01T07:00:00Z"), NULL, 0, 0, &due_s, &explanation, &fault), OK);
    work_explain(&explanation, office, &text);
    size_t count = 1;
    for (const char *at_text = buf_text(&text); (at_text = strchr(at_text, ';')) != NULL; at_text++)
        count++;
    bool is_shortened = strstr(buf_text(&text), "...") != NULL;
    assert_int_equal(is_shortened, explanation.line_count > 20);
    buf_free(&text);
    return count;
}

static void
twenty_lines_are_shown_whole(void **state UNUSED)
{
    assert_int_equal(text_lines(17), 20); /* and three weekends */
    assert_int_equal(text_lines(18), 21); /* 10, the rest, 10 */
    assert_int_equal(text_lines(90), 21);
}

static void
a_long_explanation_is_shortened_in_the_middle(void **state UNUSED)
{
    struct work_clock clock = clock_of(60, -1);
    struct work_explanation explanation = {.arena = arena};
    struct buf text = {0};
    int64_t due_s;
    struct fault fault;
    assert_int_equal(
        work_due(&clock, at("2026-06-01T07:00:00Z"), NULL, 0, 0, &due_s, &explanation, &fault), OK);
    work_explain(&explanation, office, &text);
    assert_non_null(strstr(buf_text(&text), "; ... 61 days = 43 days counted ...; "));
    assert_non_null(strstr(buf_text(&text), "Tue 2 Jun = 1 day; "));
    assert_non_null(strstr(buf_text(&text), "Mon 24 Aug = 1 day"));
    buf_clear(&text);
    explanation = (struct work_explanation){.arena = arena};
    int64_t start_s = at("2026-06-01T00:00:00Z");
    assert_int_equal(work_seconds_between(office, start_s, start_s + 28 * 86400, &explanation),
                     20 * 30600);
    work_explain(&explanation, office, &text);
    assert_non_null(strstr(buf_text(&text), "; ... 17 days = 88 h 30 ...; "));
    buf_clear(&text);
    /* One day, after a pause of a month. */
    clock = clock_of(1, -1);
    explanation = (struct work_explanation){.arena = arena};
    const struct work_pause pause = {at("2026-06-01T08:00:00Z"), at("2026-07-02T08:00:00Z"),
                                     "estimate_answer"};
    assert_int_equal(work_due(&clock, pause.start_s, &pause, 1, 0, &due_s, &explanation, &fault),
                     OK);
    work_explain(&explanation, office, &text);
    assert_non_null(strstr(buf_text(&text), " days = 0 days counted ...; "));
    buf_free(&text);
}

static void
lines_are_bounded_and_the_totals_go_on(void **state UNUSED)
{
    struct work_explanation explanation = {.arena = arena};
    struct buf text = {0};
    int64_t start_s = at("2010-01-01T00:00:00Z");
    int64_t end_s = at("2030-01-01T00:00:00Z");
    int64_t seconds = work_seconds_between(office, start_s, end_s, &explanation);
    assert_true(explanation.is_cut);
    assert_int_equal(explanation.line_count, WORK_LINES_MAX);
    assert_int_equal(explanation.seconds, seconds);
    assert_int_equal(seconds, work_seconds_between(office, start_s, end_s, NULL));
    work_explain(&explanation, office, &text);
    assert_non_null(strstr(buf_text(&text), "; ... more days = "));
    assert_int_equal(strcmp(buf_text(&text) + text.size_bytes - 4, " ..."), 0);
    buf_free(&text);
    /* An arena that is full at once. */
    struct arena *none = arena_new(0);
    explanation = (struct work_explanation){.arena = none};
    assert_int_equal(work_seconds_between(office, start_s, end_s, &explanation), seconds);
    assert_true(explanation.is_cut);
    work_explain(&explanation, office, &text);
    char expected[64];
    snprintf(expected, sizeof expected, "... more days = %lld h ...", (long long)seconds / 3600);
    if (seconds % 3600 == 0)
        assert_string_equal(buf_text(&text), expected);
    arena_free(&none);
    buf_free(&text);
}

static void
time_that_the_zone_skipped_is_told(void **state UNUSED)
{
    struct calendar_source source = office_source();
    for (size_t i = 0; i < 7; i++)
        source.week[i] = (struct calendar_hours){.intervals = {{130, 170}}, .interval_count = 1};
    struct work_clock clock = {.calendar = built(arena, &source), .amount = {-1, 2400}};
    assert_text(&clock, "2026-03-29T00:00:00Z", NULL, 0,
                "Sun 29 Mar closed: skipped by the time zone; Mon 30 Mar 02:10-02:50 = 40 min");
    clock.amount = (struct work_amount){1, -1};
    assert_text(&clock, "2026-03-28T00:00:00Z", NULL, 0,
                "Sun 29 Mar closed: skipped by the time zone; Mon 30 Mar = 1 day");
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
        cmocka_unit_test_setup_teardown(an_explanation_says_what_counted_and_what_did_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_pause_without_length_leaves_no_trace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_pause_is_told_with_its_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pauses_that_begin_together_are_told_in_one_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_comes_after_the_end_is_not_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closed_days_are_told_by_their_cause, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_pause_on_the_due_day_is_explained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(midnights_and_years_are_told_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(twenty_lines_are_shown_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_explanation_is_shortened_in_the_middle, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(lines_are_bounded_and_the_totals_go_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(time_that_the_zone_skipped_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, deinit);
}
