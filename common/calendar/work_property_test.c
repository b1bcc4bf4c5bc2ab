/*
 * work_property_test - what holds for every calendar, moment, amount and pause
 *
 * Calendars, moments (often in nights in which the clock is put) and pauses are random. The seed is
 * printed; AFTERCARE_TEST_SEED replays it. 4,000 rounds of each property; 200,000 with
 * AFTERCARE_TEST_LONG.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/calendar_fixture.h"

#include <time.h>

enum { SHORT_COUNT = 4000, LONG_COUNT = 200000, ROUNDS_PER_CALENDAR = 40, PAUSES_MAX = 12 };

static struct {
    struct arena *arena;
    struct calendar *calendar;
    int round;
} world;

static int
count(void)
{
    return getenv("AFTERCARE_TEST_LONG") != NULL ? LONG_COUNT : SHORT_COUNT;
}

static struct calendar_hours
random_hours(void)
{
    struct calendar_hours hours = {.interval_count = 0};
    int64_t minute = random_between(0, 600);
    int64_t wanted = random_between(0, 3);
    for (int64_t i = 0; i < wanted && minute < 1440; i++) {
        int64_t end = random_between(minute + 1, minute + 700 < 1440 ? minute + 700 : 1440);
        hours.intervals[hours.interval_count++] = (struct calendar_interval){(int)minute, (int)end};
        minute = end + random_between(0, 120);
    }
    return hours;
}

static struct calendar_exception
random_exception(int64_t *day)
{
    *day += random_between(1, 200);
    struct calendar_exception exception = {
        .first_date = date_from_days(*day), .hours = random_hours(), .name = "stock-taking"};
    *day += random_between(0, 5);
    exception.last_date = date_from_days(*day);
    return exception;
}

static struct calendar *
random_calendar(struct arena *arena)
{
    static const char *const zones[] = {
        "Europe/Berlin",       "Asia/Kolkata",     "America/New_York", "Pacific/Apia",
        "Australia/Lord_Howe", "America/St_Johns", "America/Havana",   "UTC"};
    struct calendar_exception exceptions[60];
    struct calendar_source source =
        always_source(zones[random_between(0, (int64_t)COUNT_OF(zones) - 1)]);
    int64_t day = date_to_days((struct date){1999, 1, 1});
    source.holiday_lists = fixture_lists;
    source.holiday_list_count = (size_t)random_between(0, 1);
    source.exceptions = exceptions;
    source.exception_count = (size_t)random_between(0, (int64_t)COUNT_OF(exceptions));
    for (size_t i = 0; i < source.exception_count; i++)
        exceptions[i] = random_exception(&day);
    for (size_t i = random_between(0, 9) == 0 ? 7 : 1; i < COUNT_OF(source.week); i++)
        source.week[i] = random_hours();
    return built(arena, &source);
}

/* Another calendar now and then, since building one costs more than asking it. */
static const struct calendar *
next_calendar(void)
{
    if (world.round++ % ROUNDS_PER_CALENDAR == 0) {
        arena_free(&world.arena);
        world.arena = arena_new(ARENA_BUDGET_BYTES);
        world.calendar = random_calendar(world.arena);
    }
    return world.calendar;
}

static int64_t
random_moment(const struct calendar *calendar)
{
    int64_t moment_s = random_between(at("1999-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    int64_t transition_s = zone_next_transition(calendar_zone(calendar), moment_s);
    if (random_between(0, 1) == 0 && transition_s < at("2030-01-01T00:00:00Z"))
        return transition_s + random_between(-100000, 100000);
    return moment_s;
}

static int64_t
due_after(const struct calendar *calendar, int64_t start_s, int64_t seconds)
{
    int64_t due_s = 0;
    struct fault fault;
    if (work_add_seconds(calendar, start_s, seconds, &due_s, NULL, &fault) != OK)
        fail_msg("%s", fault.message);
    return due_s;
}

static int64_t
due_after_days(const struct calendar *calendar, int64_t start_s, int days)
{
    int64_t due_s = 0;
    struct fault fault;
    if (work_add_days(calendar, start_s, days, &due_s, NULL, &fault) != OK)
        fail_msg("%s", fault.message);
    return due_s;
}

static void
property_what_is_added_is_measured(void **state UNUSED)
{
    for (int i = 0; i < count(); i++) {
        const struct calendar *calendar = next_calendar();
        int64_t start_s = random_moment(calendar);
        int64_t seconds = random_between(0, 200000);
        int64_t due_s = due_after(calendar, start_s, seconds);
        assert_true(due_s >= start_s);
        assert_int_equal(work_seconds_between(calendar, start_s, due_s, NULL), seconds);
        if (seconds > 0)
            assert_int_equal(work_seconds_between(calendar, start_s, due_s - 1, NULL), seconds - 1);
        const struct zone *zone = calendar_zone(calendar);
        int days = (int)random_between(1, 12);
        due_s = due_after_days(calendar, start_s, days);
        /* The close of a day may be its midnight. */
        assert_int_equal(
            work_days_between(calendar, zone_date(zone, start_s), zone_date(zone, due_s - 1)),
            days);
    }
}

static void
property_later_or_more_is_never_due_earlier(void **state UNUSED)
{
    for (int i = 0; i < count(); i++) {
        const struct calendar *calendar = next_calendar();
        int64_t start_s = random_moment(calendar);
        int64_t later_s = start_s + random_between(0, 200000);
        int64_t seconds = random_between(0, 100000);
        int64_t more = seconds + random_between(0, 50000);
        int days = (int)random_between(0, 6);
        int64_t due_s = due_after(calendar, start_s, seconds);
        assert_true(due_s <= due_after(calendar, start_s, more));
        assert_true(due_s <= due_after(calendar, later_s, seconds));
        int64_t due_day_s = due_after_days(calendar, start_s, days);
        assert_true(due_day_s >= start_s);
        assert_true(due_day_s <= due_after_days(calendar, start_s, days + 1));
    }
}

static void
property_splitting_does_not_change_the_sum(void **state UNUSED)
{
    for (int i = 0; i < count(); i++) {
        const struct calendar *calendar = next_calendar();
        int64_t a_s = random_moment(calendar);
        int64_t b_s = a_s + random_between(0, 300000);
        int64_t c_s = b_s + random_between(0, 300000);
        assert_int_equal(work_seconds_between(calendar, a_s, b_s, NULL) +
                             work_seconds_between(calendar, b_s, c_s, NULL),
                         work_seconds_between(calendar, a_s, c_s, NULL));
        int64_t first = random_between(0, 60000);
        int64_t second = random_between(0, 60000);
        assert_int_equal(due_after(calendar, due_after(calendar, a_s, first), second),
                         due_after(calendar, a_s, first + second));
    }
}

static void
property_open_and_closed_take_turns(void **state UNUSED)
{
    for (int i = 0; i < count(); i++) {
        const struct calendar *calendar = next_calendar();
        int64_t moment_s = random_moment(calendar);
        int64_t opening_s;
        int64_t closing_s;
        assert_true(calendar_next_opening(calendar, moment_s, &opening_s));
        assert_true(calendar_is_open(calendar, opening_s));
        assert_int_equal(calendar_is_open(calendar, moment_s), opening_s == moment_s);
        assert_int_equal(work_seconds_between(calendar, moment_s, opening_s, NULL), 0);
        if (!calendar_next_closing(calendar, moment_s, &closing_s))
            continue; /* round the clock */
        assert_false(calendar_is_open(calendar, closing_s));
        assert_true(calendar_is_open(calendar, closing_s - 1));
        assert_int_equal(work_seconds_between(calendar, moment_s, closing_s, NULL),
                         closing_s - opening_s);
    }
}

/* ---- pauses ---- */

static const char *const stopping[] = {"estimate_answer", "customer_information"};

static size_t
random_pauses(int64_t start_s, struct work_pause ret_pauses[PAUSES_MAX])
{
    static const char *const reasons[] = {"estimate_answer", "customer_information", "parts"};
    size_t pause_count = (size_t)random_between(0, PAUSES_MAX / 3);
    for (size_t i = 0; i < pause_count; i++) {
        int64_t first_s = start_s + random_between(-100000, 400000);
        ret_pauses[i] = (struct work_pause){first_s, first_s + random_between(-1000, 200000),
                                            reasons[random_between(0, 2)]};
    }
    return pause_count;
}

/* The same pauses told in another way: cut in two that touch or overlap, in another order. */
static size_t
retell(struct work_pause pauses[PAUSES_MAX], size_t pause_count)
{
    for (size_t i = 0, told = pause_count; i < told; i++) {
        if (random_between(0, 1) == 0 || pauses[i].start_s >= pauses[i].end_s)
            continue;
        int64_t cut_s = random_between(pauses[i].start_s, pauses[i].end_s);
        pauses[pause_count] = pauses[i];
        pauses[pause_count++].start_s = cut_s;
        pauses[i].end_s = random_between(cut_s, pauses[i].end_s);
    }
    for (size_t i = pause_count; i > 1; i--) {
        size_t other = (size_t)random_between(0, (int64_t)i - 1);
        struct work_pause pause = pauses[i - 1];
        pauses[i - 1] = pauses[other];
        pauses[other] = pause;
    }
    return pause_count;
}

static int64_t
due_with(const struct work_clock *clock, int64_t start_s, const struct work_pause *pauses,
         size_t pause_count, struct work_explanation *explanation)
{
    int64_t due_s = 0;
    struct fault fault;
    if (work_due(clock, start_s, pauses, pause_count, start_s, &due_s, explanation, &fault) != OK)
        fail_msg("%s", fault.message);
    return due_s;
}

static struct work_clock
random_clock(const struct calendar *calendar)
{
    struct work_clock clock = {.calendar = calendar,
                               .amount = {-1, -1},
                               .pause_reasons = stopping,
                               .pause_reason_count = COUNT_OF(stopping)};
    if (random_between(0, 1) == 0)
        clock.amount.days = (int)random_between(0, 6);
    else
        clock.amount.seconds = random_between(0, 100000);
    return clock;
}

static void
property_order_and_overlap_of_pauses_do_not_matter(void **state UNUSED)
{
    for (int i = 0; i < count(); i++) {
        const struct calendar *calendar = next_calendar();
        int64_t start_s = random_moment(calendar);
        struct work_clock clock = random_clock(calendar);
        struct work_pause pauses[PAUSES_MAX];
        size_t pause_count = random_pauses(start_s, pauses);
        int64_t due_s = due_with(&clock, start_s, pauses, pause_count, NULL);
        int64_t end_s = start_s + random_between(0, 500000);
        int64_t used_s = work_clock_used_s(&clock, start_s, end_s, pauses, pause_count, NULL);
        if (clock.amount.seconds >= 0)
            assert_int_equal(work_clock_used_s(&clock, start_s, due_s, pauses, pause_count, NULL),
                             clock.amount.seconds);
        pause_count = retell(pauses, pause_count);
        assert_int_equal(due_with(&clock, start_s, pauses, pause_count, NULL), due_s);
        assert_int_equal(work_clock_used_s(&clock, start_s, end_s, pauses, pause_count, NULL),
                         used_s);
        assert_true(due_with(&clock, start_s, NULL, 0, NULL) <= due_s);
    }
}

static void
property_the_explanation_adds_up(void **state UNUSED)
{
    struct buf text = {0};
    for (int i = 0; i < count(); i++) {
        const struct calendar *calendar = next_calendar();
        int64_t start_s = random_moment(calendar);
        struct work_clock clock = random_clock(calendar);
        struct work_pause pauses[PAUSES_MAX];
        size_t pause_count = random_pauses(start_s, pauses);
        struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
        struct work_explanation explanation = {.arena = arena};
        due_with(&clock, start_s, pauses, pause_count, &explanation);
        int64_t seconds = 0;
        int days = 0;
        for (size_t j = 0; j < explanation.line_count; j++) {
            const struct work_line *line = &explanation.lines[j];
            bool is_counted = line->kind == WORK_COUNTED;
            seconds += is_counted ? line->seconds : 0;
            days += is_counted ? line->days : 0;
            assert_true(line->start_s <= line->end_s);
            if (clock.amount.seconds >= 0 && line->kind != WORK_CLOSED) {
                assert_int_equal(line->seconds, line->end_s - line->start_s);
                assert_int_equal(work_seconds_between(calendar, line->start_s, line->end_s, NULL),
                                 line->seconds);
            }
        }
        assert_false(explanation.is_cut);
        assert_int_equal(seconds, clock.amount.seconds >= 0 ? clock.amount.seconds : 0);
        assert_int_equal(days, clock.amount.days >= 0 ? clock.amount.days : 0);
        assert_int_equal(seconds, explanation.seconds);
        assert_int_equal(days, explanation.days);
        buf_clear(&text);
        work_explain(&explanation, calendar, &text);
        assert_int_equal(text.size_bytes == 0, explanation.line_count == 0);
        arena_free(&arena);
    }
    buf_free(&text);
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&world.arena);
    arena_deinit();
    zone_deinit();
    return 0;
}

int
main(void)
{
    const char *seed = getenv("AFTERCARE_TEST_SEED");
    random_state = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    printf("seed: AFTERCARE_TEST_SEED=%llu\n", (unsigned long long)random_state);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(property_what_is_added_is_measured),
        cmocka_unit_test(property_later_or_more_is_never_due_earlier),
        cmocka_unit_test(property_splitting_does_not_change_the_sum),
        cmocka_unit_test(property_open_and_closed_take_turns),
        cmocka_unit_test(property_order_and_overlap_of_pauses_do_not_matter),
        cmocka_unit_test(property_the_explanation_adds_up),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
