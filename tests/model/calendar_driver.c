/*
 * calendar_driver - answers questions about calendars, one JSON object a line, for the models in
 * test_calendar*.py
 *
 * {"op": "list", "code": "DE", "rules": [{"name": ..., "on": ..., "from": ..., ...}]} keeps a list,
 * {"op": "calendar", "name": ..., "zone": ..., "week": [[[540, 1080]], ...], "lists": ["DE"],
 * "exceptions": [{"first": ..., "last": ..., "hours": [...], "name": ...}]} a calendar under its
 * name, in place of one that had it; the other operations ask the one that "calendar" names. An
 * answer is an object; {"fault": ...} is a refusal.
 */
// SPDX-License-Identifier: Apache-2.0
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/calendar/work.h"

enum { KEPT_MAX = 4096, BUDGET_BYTES = 64 << 20 };

static struct arena *arena;
static struct holiday_list *lists[KEPT_MAX];
static size_t list_count;
static struct kept {
    struct arena *arena;
    struct calendar *calendar;
} calendars[KEPT_MAX];
static size_t calendar_count;

/* ---- reading ---- */

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static int64_t
number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static struct date
date_of(const json_t *object, const char *key)
{
    struct date date = {0, 0, 0};
    CHECK(date_parse(text_of(object, key), &date));
    return date;
}

static json_t *
date_value(struct date date)
{
    char text[DATE_TEXT_SIZE];
    date_print(date, text);
    return json_string(text);
}

static json_t *
refusal(const struct fault *fault)
{
    return json_pack("{s:s, s:s}", "fault", fault->reason, "message", fault->message);
}

/* ---- what is kept ---- */

static json_t *
keep_list(const json_t *question)
{
    const json_t *rules = json_object_get(question, "rules");
    struct holiday *copies = arena_alloc(arena, (json_array_size(rules) + 1) * sizeof *copies);
    struct holiday_list *list = arena_alloc(arena, sizeof *list);
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        copies[i] = (struct holiday){.name = arena_copy_text(arena, text_of(rule, "name")),
                                     .first_year = (int)number_of(rule, "from"),
                                     .last_year = (int)number_of(rule, "to")};
        if (!holiday_parse_on(text_of(rule, "on"), &copies[i]) ||
            (json_object_get(rule, "move") != NULL &&
             !holiday_parse_move(text_of(rule, "move"), &copies[i].move)))
            return json_pack("{s:s, s:i}", "fault", "RULE", "rule", (int)i);
    }
    *list = (struct holiday_list){.code = arena_copy_text(arena, text_of(question, "code")),
                                  .rules = copies,
                                  .rule_count = json_array_size(rules)};
    struct fault fault;
    if (holiday_list_check(list, &fault) != OK)
        return refusal(&fault);
    CHECK(list_count < KEPT_MAX);
    lists[list_count++] = list;
    return json_object();
}

static const struct holiday_list *
find_list(const char *code)
{
    size_t i = 0;
    while (i < list_count && strcmp(lists[i]->code, code) != 0)
        i++;
    CHECK(i < list_count);
    return lists[i];
}

static struct calendar_hours
hours_of(const json_t *intervals)
{
    struct calendar_hours hours = {.interval_count = json_array_size(intervals)};
    CHECK(hours.interval_count <= CALENDAR_INTERVALS_MAX);
    for (size_t i = 0; i < hours.interval_count; i++) {
        const json_t *interval = json_array_get(intervals, i);
        hours.intervals[i].start_minute = (int)json_integer_value(json_array_get(interval, 0));
        hours.intervals[i].end_minute = (int)json_integer_value(json_array_get(interval, 1));
    }
    return hours;
}

/* Where the calendar of this name is, or the end. */
static struct kept *
find_calendar(const char *name)
{
    size_t i = 0;
    while (i < calendar_count && strcmp(calendar_name(calendars[i].calendar), name) != 0)
        i++;
    CHECK(i < KEPT_MAX);
    return &calendars[i];
}

static json_t *
keep_calendar(const json_t *question)
{
    static struct calendar_exception exceptions[CALENDAR_EXCEPTIONS_MAX];
    const struct holiday_list *used[CALENDAR_LISTS_MAX];
    const json_t *codes = json_object_get(question, "lists");
    const json_t *described = json_object_get(question, "exceptions");
    struct calendar_source source = {.name = text_of(question, "name"),
                                     .time_zone = text_of(question, "zone"),
                                     .holiday_lists = used,
                                     .holiday_list_count = json_array_size(codes),
                                     .exceptions = exceptions,
                                     .exception_count = json_array_size(described)};
    for (size_t i = 0; i < COUNT_OF(source.week); i++)
        source.week[i] = hours_of(json_array_get(json_object_get(question, "week"), i));
    for (size_t i = 0; i < source.holiday_list_count; i++)
        used[i] = find_list(json_string_value(json_array_get(codes, i)));
    for (size_t i = 0; i < source.exception_count; i++) {
        const json_t *exception = json_array_get(described, i);
        exceptions[i] =
            (struct calendar_exception){.first_date = date_of(exception, "first"),
                                        .last_date = date_of(exception, "last"),
                                        .hours = hours_of(json_object_get(exception, "hours")),
                                        .name = text_of(exception, "name")};
    }
    struct fault fault;
    struct kept new = {.arena = arena_new(ARENA_BUDGET_BYTES)};
    if (calendar_new(new.arena, &source, &new.calendar, &fault) != OK) {
        arena_free(&new.arena);
        return refusal(&fault);
    }
    struct kept *place = find_calendar(source.name);
    if (place == &calendars[calendar_count])
        calendar_count++;
    arena_free(&place->arena);
    *place = new;
    return json_object();
}

static const struct calendar *
calendar_of(const json_t *question)
{
    const struct kept *place = find_calendar(text_of(question, "calendar"));
    CHECK(place->calendar != NULL);
    return place->calendar;
}

/* ---- questions ---- */

/* All days of a year that are holidays, with their names. */
static json_t *
ask_holidays(const json_t *question)
{
    const struct holiday_list *list = find_list(text_of(question, "code"));
    json_t *days = json_object();
    struct date date = {(int)number_of(question, "year"), 1, 1};
    for (int64_t day = date_to_days(date); date.year == number_of(question, "year");
         date = date_from_days(++day)) {
        const struct holiday *holiday = holiday_on(list, date);
        char text[DATE_TEXT_SIZE];
        date_print(date, text);
        if (holiday != NULL)
            json_object_set_new(days, text, json_string(holiday->name));
    }
    return days;
}

static json_t *
ask_easter(const json_t *question)
{
    int year = (int)number_of(question, "year");
    return json_pack("{s:o, s:o}", "western", date_value(holiday_easter(year)), "orthodox",
                     date_value(holiday_orthodox_easter(year)));
}

static json_t *
ask_moment(const json_t *question)
{
    const struct calendar *calendar = calendar_of(question);
    int64_t at_s = number_of(question, "at");
    int64_t opening_s = 0;
    int64_t closing_s = 0;
    bool has_opening = calendar_next_opening(calendar, at_s, &opening_s);
    bool has_closing = calendar_next_closing(calendar, at_s, &closing_s);
    return json_pack("{s:b, s:o, s:o}", "is_open", calendar_is_open(calendar, at_s), "opening",
                     has_opening ? json_integer(opening_s) : json_null(), "closing",
                     has_closing ? json_integer(closing_s) : json_null());
}

static json_t *
ask_day(const json_t *question)
{
    const struct calendar *calendar = calendar_of(question);
    struct date date = date_of(question, "date");
    struct calendar_day day = calendar_day(calendar, date);
    struct calendar_span spans[CALENDAR_SPANS_MAX];
    size_t count = calendar_day_spans(calendar, date, spans);
    json_t *values = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            values, json_pack("[I, I]", (json_int_t)spans[i].start_s, (json_int_t)spans[i].end_s));
    struct date rolled;
    bool is_rolled = work_roll_to_working_day(calendar, date, &rolled);
    return json_pack("{s:b, s:s, s:o, s:o}", "is_working", calendar_is_working_day(calendar, date),
                     "name", day.name == NULL ? "" : day.name, "spans", values, "rolled",
                     is_rolled ? date_value(rolled) : json_null());
}

static json_t *
ask_days_between(const json_t *question)
{
    return json_pack("{s:i}", "days",
                     work_days_between(calendar_of(question), date_of(question, "first"),
                                       date_of(question, "last")));
}

static void
add_explanation(json_t *answer, const struct work_explanation *explanation,
                const struct calendar *calendar)
{
    struct buf text = {0};
    work_explain(explanation, calendar, &text);
    json_object_set_new(answer, "text", json_string(buf_text(&text)));
    json_object_set_new(answer, "total_seconds", json_integer(explanation->seconds));
    json_object_set_new(answer, "total_days", json_integer(explanation->days));
    buf_free(&text);
}

/* "amount": {"days": n} or {"seconds": n}; "pauses": [[start, end or null, reason], ...], all of
 * whose reasons stop the clock but "other". */
static json_t *
ask_due(const json_t *question)
{
    static const char *const reasons[] = {"estimate_answer", "customer_information"};
    static struct work_pause pauses[KEPT_MAX];
    const json_t *amount = json_object_get(question, "amount");
    const json_t *described = json_object_get(question, "pauses");
    const struct calendar *calendar = calendar_of(question);
    struct work_clock clock = {.calendar = calendar,
                               .amount = {-1, -1},
                               .pause_reasons = reasons,
                               .pause_reason_count = COUNT_OF(reasons)};
    if (json_object_get(amount, "days") != NULL)
        clock.amount.days = (int)number_of(amount, "days");
    else
        clock.amount.seconds = number_of(amount, "seconds");
    size_t pause_count = json_array_size(described);
    CHECK(pause_count <= KEPT_MAX);
    for (size_t i = 0; i < pause_count; i++) {
        const json_t *pause = json_array_get(described, i);
        const json_t *end = json_array_get(pause, 1);
        pauses[i] = (struct work_pause){json_integer_value(json_array_get(pause, 0)),
                                        json_is_null(end) ? INT64_MAX : json_integer_value(end),
                                        json_string_value(json_array_get(pause, 2))};
    }
    struct arena *lines = arena_new(BUDGET_BYTES);
    struct work_explanation explanation = {.arena = lines};
    int64_t due_s = 0;
    int64_t start_s = number_of(question, "start");
    struct fault fault;
    json_t *answer;
    if (json_object_get(question, "end") != NULL)
        answer =
            json_pack("{s:I}", "used",
                      (json_int_t)work_clock_used_s(&clock, start_s, number_of(question, "end"),
                                                    pauses, pause_count, &explanation));
    else if (work_due(&clock, start_s, pauses, pause_count, number_of(question, "now"), &due_s,
                      &explanation, &fault) == OK)
        answer = json_pack("{s:I}", "due", (json_int_t)due_s);
    else
        answer = refusal(&fault);
    add_explanation(answer, &explanation, calendar);
    arena_free(&lines);
    return answer;
}

static const struct {
    const char *op;
    json_t *(*answer)(const json_t *question);
} operations[] = {
    {"list", keep_list},    {"calendar", keep_calendar}, {"holidays", ask_holidays},
    {"easter", ask_easter}, {"moment", ask_moment},      {"day", ask_day},
    {"due", ask_due},       {"used", ask_due},           {"days_between", ask_days_between},
};

static json_t *
answer_line(const char *line)
{
    json_t *question = json_loads(line, 0, NULL);
    json_t *answer = NULL;
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (strcmp(operations[i].op, text_of(question, "op")) == 0)
            answer = operations[i].answer(question);
    CHECK(answer != NULL);
    json_decref(question);
    return answer;
}

int
main(void)
{
    char *line = NULL;
    size_t room_bytes = 0;
    arena = arena_new(BUDGET_BYTES);
    while (getline(&line, &room_bytes, stdin) > 0) {
        json_t *answer = answer_line(line);
        char *text = json_dumps(answer, JSON_COMPACT);
        puts(text);
        fflush(stdout);
        free(text);
        json_decref(answer);
    }
    free(line);
    for (size_t i = 0; i < calendar_count; i++)
        arena_free(&calendars[i].arena);
    arena_free(&arena);
    arena_deinit();
    zone_deinit();
    return 0;
}
