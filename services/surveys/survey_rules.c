/*
 * survey_rules - what the policy says of a survey: whom, when, which answers are low
 */
// SPDX-License-Identifier: Apache-2.0
#include "survey_rules.h"

#include <sodium.h>
#include <string.h>

#include "common/calendar/work.h"

static const int64_t US_PER_S = 1000000;
static const int64_t S_PER_DAY = 86400;
enum { BASIS_POINTS_ALL = 10000, S_PER_MINUTE = 60 };

static void
set_axis(const struct policy *policy, struct policy_subject *subject, enum policy_axis axis,
         const char *code)
{
    if (code[0] != 0)
        (void)policy_subject_set(&policy->axes, subject, axis, code);
}

struct policy_value
rules_read(struct arena *arena, const struct policy *policy, enum policy_parameter parameter,
           const struct rules_subject *subject)
{
    struct policy_subject told = {0};
    set_axis(policy, &told, POLICY_AXIS_SURVEY_AFTER, subject->survey_after);
    set_axis(policy, &told, POLICY_AXIS_CATEGORY, subject->category);
    set_axis(policy, &told, POLICY_AXIS_REGION, subject->region);
    set_axis(policy, &told, POLICY_AXIS_CUSTOMER_CLASS, subject->customer_class);
    return policy_read_value(arena, policy, parameter, &told).value;
}

static bool
has_code(const struct policy_value *value, const char *code)
{
    for (size_t i = 0; value->absence == POLICY_PRESENT && i < value->codes.count; i++) {
        if (strcmp(value->codes.codes[i], code) == 0)
            return true;
    }
    return false;
}

bool
rules_asks_after(struct arena *arena, const struct policy *policy,
                 const struct rules_subject *subject)
{
    struct policy_value after = rules_read(arena, policy, POLICY_SURVEY_METHODS_AFTER, subject);
    return has_code(&after, subject->survey_after);
}

bool
rules_asks_by(struct arena *arena, const struct policy *policy, const struct rules_subject *subject,
              const char *method)
{
    struct policy_value methods = rules_read(arena, policy, POLICY_SURVEY_METHODS_METHODS, subject);
    return has_code(&methods, method);
}

/* ---- spans ---- */

static const struct zone *
zone_of(const struct policy *policy)
{
    const struct policy_subject nobody = {0};
    return policy_zone(policy, &nobody);
}

/* `sign` -1 goes back. The time of day stays what the clock on the wall shows. */
static int64_t
add_civil(const struct zone *zone, const struct policy_span *span, int64_t start_s, int sign)
{
    struct date from = zone_date(zone, start_s);
    struct date to = date_add(from, sign * span->months, sign * span->days);
    int64_t moved_s = start_s + (date_to_days(to) - date_to_days(from)) * S_PER_DAY;
    return moved_s + zone_offset_s(zone, start_s) - zone_offset_s(zone, moved_s);
}

static bool
add_working(struct arena *arena, const struct policy *policy, const struct policy_span *span,
            int64_t start_s, int64_t *ret_due_s, const char **ret_explanation)
{
    const struct calendar *calendar = policy_find_calendar(policy, span->calendar);
    struct work_explanation explanation = {.arena = arena};
    struct fault fault;
    CHECK(calendar != NULL);
    enum err err =
        span->working_minutes != 0
            ? work_add_seconds(calendar, start_s, (int64_t)span->working_minutes * S_PER_MINUTE,
                               ret_due_s, &explanation, &fault)
            : work_add_days(calendar, start_s, span->working_days, ret_due_s, &explanation, &fault);
    if (err != OK)
        return false;
    struct buf text = {0};
    buf_printf(&text, "%s: ", calendar_label(calendar));
    work_explain(&explanation, calendar, &text);
    if (ret_explanation != NULL)
        *ret_explanation = arena_copy_text(arena, buf_text(&text));
    buf_free(&text);
    return true;
}

int64_t
rules_add(struct arena *arena, const struct policy *policy, const struct policy_value *span,
          int64_t start_us, int64_t absent_us, const char **ret_explanation)
{
    if (ret_explanation != NULL)
        *ret_explanation = "";
    if (span->absence != POLICY_PRESENT)
        return absent_us;
    int64_t start_s = divide_floor(start_us, US_PER_S);
    int64_t rest_us = start_us - start_s * US_PER_S;
    int64_t due_s;
    if (span->span.calendar == NULL) {
        if (ret_explanation != NULL)
            *ret_explanation = arena_printf(arena, "%d months and %d days later", span->span.months,
                                            span->span.days);
        return add_civil(zone_of(policy), &span->span, start_s, 1) * US_PER_S + rest_us;
    }
    if (!add_working(arena, policy, &span->span, start_s, &due_s, ret_explanation))
        return absent_us;
    return due_s * US_PER_S;
}

/* Of working time a moment is looked for from which it reaches `send_us`: its civil days, as there
 * are never more working days than those. */
int64_t
rules_cool_down_before(struct arena *arena, const struct policy *policy,
                       const struct policy_value *cool_down, int64_t send_us)
{
    (void)arena;
    if (cool_down->absence != POLICY_PRESENT)
        return INT64_MAX;
    struct policy_span span = cool_down->span;
    if (span.calendar != NULL)
        span.days = span.working_days + 1;
    int64_t send_s = divide_floor(send_us, US_PER_S);
    return add_civil(zone_of(policy), &span, send_s, -1) * US_PER_S;
}

/* ---- sample and reminders ---- */

bool
rules_is_sampled(const struct uuid *event_id, int basis_points)
{
    uint8_t hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, (const uint8_t *)event_id, sizeof *event_id, NULL, 0);
    uint32_t number = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 |
                      (uint32_t)hash[3];
    return (int64_t)((uint64_t)number * BASIS_POINTS_ALL >> 32) < basis_points;
}

int
rules_reminders_max(const struct policy_value *value)
{
    if (value->absence != POLICY_PRESENT || value->count > RULES_REMINDERS_MAX)
        return RULES_REMINDERS_MAX;
    return (int)value->count;
}

int64_t
rules_remind_time(int64_t send_us, int64_t expire_us, int number, int reminders_max)
{
    if (number > reminders_max)
        return 0;
    return send_us + (expire_us - send_us) / (reminders_max + 1) * number;
}

int
rules_reminders_begun(int64_t send_us, int64_t expire_us, int reminders_max, int64_t now_us)
{
    int number = 0;
    while (number < reminders_max &&
           rules_remind_time(send_us, expire_us, number + 1, reminders_max) <= now_us)
        number++;
    return number;
}

/* ---- tests ---- */

struct judged {
    const struct rules_number *numbers;
    size_t count;
    struct policy_fact fact;
};

static const struct policy_fact *
find_number(void *context, const struct policy_fact_row *row)
{
    struct judged *judged = context;
    for (size_t i = 0; i < judged->count; i++) {
        if (strcmp(judged->numbers[i].fact, row->name) != 0 || judged->numbers[i].number < 0)
            continue;
        judged->fact = (struct policy_fact){.name = row->name,
                                            .is_known = true,
                                            .number = judged->numbers[i].number,
                                            .trust = POLICY_RECORDED};
        return &judged->fact;
    }
    return NULL;
}

struct policy_codes
rules_judge(struct arena *arena, const struct policy *policy, const struct policy_value *tests,
            const struct rules_number *numbers, size_t number_count)
{
    const char **ids = arena_alloc(arena, RULES_TESTS_MAX * sizeof *ids);
    struct policy_codes held = {.codes = ids};
    struct judged judged = {.numbers = numbers, .count = number_count};
    struct policy_fact_reader reader = {.find = find_number, .context = &judged};
    for (size_t i = 0; tests->absence == POLICY_PRESENT && i < tests->tests.count; i++) {
        const struct policy_test *test = &tests->tests.items[i];
        if (held.count < RULES_TESTS_MAX &&
            policy_predicate_test(test->when, &policy->axes, &reader) == POLICY_TRUE)
            ids[held.count++] = test->id;
    }
    return held;
}
