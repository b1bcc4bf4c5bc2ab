/*
 * calendar_fuzz - any bytes as the description of a calendar and as questions about it
 *
 * The bytes are taken as numbers: some make descriptions that are refused, some that are built.
 * Whatever comes: no undefined behaviour, answers in bounded time, and those that are cheap to
 * check agree with each other.
 */
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/calendar/work.h"

enum { RULES_MAX = 24, EXCEPTIONS_MAX = 12, PAUSES_MAX = 8, BUDGET_BYTES = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

struct input {
    const uint8_t *bytes;
    size_t size_bytes;
};

static int
next_byte(struct input *input)
{
    if (input->size_bytes == 0)
        return 0;
    input->size_bytes--;
    return *input->bytes++;
}

/* Mostly min .. max, now and then any number. */
static int
next_int(struct input *input, int min, int max)
{
    int number = next_byte(input) << 8 | next_byte(input);
    if (number == 0xffff)
        return (int)((unsigned)next_byte(input) << 24 | (unsigned)next_byte(input) << 16 |
                     (unsigned)next_byte(input));
    return min + number % (max - min + 1);
}

static int64_t
next_moment(struct input *input)
{
    int64_t hours = next_int(input, -3000, 30000);
    int64_t moment_s = INT64_C(1700000000) + hours * 3600 + next_int(input, 0, 3600);
    switch (next_byte(input)) {
    case 0xfe:
        return INT64_MIN + next_byte(input);
    case 0xff:
        return INT64_MAX - next_byte(input);
    default:
        return moment_s;
    }
}

static struct date
next_date(struct input *input)
{
    return (struct date){next_int(input, 1980, 2110), next_int(input, 1, 12),
                         next_int(input, 1, 28)};
}

static struct calendar_hours
next_hours(struct input *input)
{
    struct calendar_hours hours = {.interval_count = (size_t)(next_byte(input) % 10)};
    int minute = 0;
    for (size_t i = 0; i < hours.interval_count && i < CALENDAR_INTERVALS_MAX; i++) {
        int start = (int)((unsigned)minute + (unsigned)next_int(input, 0, 300));
        minute = (int)((unsigned)start + (unsigned)next_int(input, 1, 300));
        hours.intervals[i] = (struct calendar_interval){start, minute};
    }
    return hours;
}

static void
next_text(struct input *input, char *ret_text, size_t room)
{
    size_t size = (size_t)next_byte(input) % room;
    for (size_t i = 0; i < size; i++)
        ret_text[i] = (char)(next_byte(input) % 127 + 1);
    ret_text[size] = 0;
}

static struct holiday
next_rule(struct input *input, char name[16])
{
    next_text(input, name, 16);
    struct holiday rule = {.kind = (enum holiday_kind)next_int(input, 0, 4),
                           .move = (enum holiday_move)next_int(input, 0, 4),
                           .month = next_int(input, 1, 12),
                           .day = next_int(input, 1, 28),
                           .nth = next_int(input, -1, 5),
                           .weekday = next_int(input, 1, 7),
                           .offset_days = next_int(input, -200, 200),
                           .date = next_date(input),
                           .first_year = next_byte(input) < 200 ? 0 : next_int(input, 1990, 2020),
                           .last_year = next_byte(input) < 200 ? 0 : next_int(input, 2010, 2040),
                           .name = name};
    char on[40];
    next_text(input, on, sizeof on);
    holiday_parse_on(on, &rule);
    holiday_parse_move(on, &rule.move);
    return rule;
}

static struct calendar *
next_calendar(struct input *input, struct arena *arena)
{
    static const char *const zones[] = {"Europe/Berlin",    "Pacific/Apia", "Australia/Lord_Howe",
                                        "America/St_Johns", "Asia/Kolkata", "Nowhere/Else"};
    struct holiday rules[RULES_MAX];
    char names[RULES_MAX][16];
    struct calendar_exception exceptions[EXCEPTIONS_MAX];
    struct holiday_list list = {.code = "XX", .rules = rules};
    const struct holiday_list *lists[] = {&list, &list};
    struct calendar_source source = {.name = "fuzz",
                                     .version = next_byte(input) - 2,
                                     .time_zone = zones[next_byte(input) % 6],
                                     .holiday_lists = lists,
                                     .holiday_list_count = (size_t)(next_byte(input) % 3),
                                     .exceptions = exceptions};
    for (size_t i = 0; i < COUNT_OF(source.week); i++)
        source.week[i] = next_hours(input);
    for (size_t wanted = (size_t)next_byte(input) % RULES_MAX; list.rule_count < wanted;
         list.rule_count++)
        rules[list.rule_count] = next_rule(input, names[list.rule_count]);
    for (size_t wanted = (size_t)next_byte(input) % EXCEPTIONS_MAX; source.exception_count < wanted;
         source.exception_count++) {
        struct date first = next_date(input);
        exceptions[source.exception_count] = (struct calendar_exception){
            .first_date = first,
            .last_date = next_byte(input) < 200 ? first : next_date(input),
            .hours = next_hours(input),
            .name = "exception"};
    }
    struct calendar *calendar = NULL;
    struct fault fault;
    enum err err = calendar_new(arena, &source, &calendar, &fault);
    CHECK(err == OK || err == ERR_INVALID_ARGUMENT || err == ERR_RESOURCE_EXHAUSTED);
    CHECK((err == OK) == (calendar != NULL));
    return calendar;
}

static void
ask_moments(struct input *input, const struct calendar *calendar)
{
    int64_t moment_s = next_moment(input);
    int64_t found_s;
    if (calendar_next_opening(calendar, moment_s, &found_s))
        CHECK(found_s >= moment_s && calendar_is_open(calendar, found_s));
    if (calendar_next_closing(calendar, moment_s, &found_s))
        CHECK(found_s > moment_s && !calendar_is_open(calendar, found_s));
    struct date date = next_date(input);
    struct calendar_span spans[CALENDAR_SPANS_MAX];
    struct date rolled;
    if (!date_is_valid(date))
        return;
    CHECK(calendar_is_working_day(calendar, date) ==
          (calendar_day_spans(calendar, date, spans) > 0));
    if (work_roll_to_working_day(calendar, date, &rolled))
        CHECK(date_compare(rolled, date) >= 0 && calendar_is_working_day(calendar, rolled));
}

static void
ask_due(struct input *input, const struct calendar *calendar, struct arena *arena)
{
    static const char *const reasons[] = {"estimate_answer", "other"};
    struct work_clock clock = {.calendar = calendar,
                               .amount = {-1, -1},
                               .pause_reasons = reasons,
                               .pause_reason_count = 1};
    struct work_pause pauses[PAUSES_MAX];
    size_t pause_count = (size_t)next_byte(input) % PAUSES_MAX;
    int64_t start_s = next_moment(input);
    for (size_t i = 0; i < pause_count; i++)
        pauses[i] = (struct work_pause){next_moment(input), next_moment(input),
                                        reasons[next_byte(input) % 2]};
    if (next_byte(input) % 2 == 0)
        clock.amount.days = next_int(input, 0, 60);
    else
        clock.amount.seconds = next_int(input, 0, 60000);
    struct work_explanation explanation = {.arena = arena};
    struct buf text = {0};
    int64_t due_s;
    struct fault fault;
    int64_t now_s = next_moment(input);
    if (work_due(&clock, start_s, pauses, pause_count, now_s, &due_s, &explanation, &fault) == OK) {
        CHECK(due_s >= start_s);
        CHECK(explanation.days == (clock.amount.days < 0 ? 0 : clock.amount.days));
        CHECK(explanation.seconds == (clock.amount.seconds < 0 ? 0 : clock.amount.seconds));
    }
    work_explain(&explanation, calendar, &text);
    buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct input input = {bytes, size_bytes};
    struct arena *arena = arena_new(BUDGET_BYTES);
    struct calendar *calendar = next_calendar(&input, arena);
    if (calendar != NULL) {
        ask_moments(&input, calendar);
        ask_due(&input, calendar, arena);
    }
    arena_free(&arena);
    return 0;
}
