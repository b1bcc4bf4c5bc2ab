/*
 * policy_value_random - random values of every kind and direction
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_fee.h"
#include "common/policy/policy_value_fixture.h"

/* One parameter of each kind and direction that there is. */
static const enum policy_parameter parameters[] = {
    POLICY_GENERAL_MONEY_TAX_INCLUDED,
    POLICY_WARRANTY_LIMITS_CLAIMS_MAX,
    POLICY_SURVEY_METHODS_SAMPLE,
    POLICY_WARRANTY_REPLACEMENT_CARRY_OVER,
    POLICY_EXTENDED_CANCELLATION_REFUND_AFTER,
    POLICY_SUPPORT_CONTENT_TOPICS,
    POLICY_REPAIR_TIMEFRAME_PAUSE_REASONS,
    POLICY_WARRANTY_PERIOD_LENGTH,
    POLICY_REPAIR_TIMEFRAME_COMPLETE_WITHIN,
    POLICY_WARRANTY_PERIOD_STARTS,
    POLICY_SUPPORT_HOURS_HOURS,
    POLICY_COMPLAINTS_ESCALATION_LADDER,
    POLICY_WARRANTY_PROCESS_AUTO_APPROVE_UP_TO,
    POLICY_REPAIR_ESTIMATE_NEEDED_ABOVE,
    POLICY_NETWORK_ONSITE_FEE,
    POLICY_WARRANTY_PROCESS_DOCUMENTS,
    POLICY_WARRANTY_EXCLUSIONS_TESTS,
    POLICY_REPAIR_REMEDY_TESTS,
    POLICY_WARRANTY_PROCESS_STEPS,
    POLICY_SUPPORT_CHANNELS_CONTACT,
    POLICY_TRAINING_CONTENT_COURSES,
};

static inline bool
one_in(int count)
{
    return below(count) == 0;
}

/* Small numbers often, so that two of them meet. */
static inline int
random_number(int max)
{
    return one_in(2) ? below(max < 4 ? max + 1 : 4) : below(max + 1);
}

/* ---- parts ---- */

static inline struct policy_codes
random_codes(const char *list, size_t max)
{
    const char *const *from = policy_find_list(list)->codes;
    const char **codes = arena_alloc(arena, max * sizeof *codes);
    struct policy_codes made = {.codes = codes};
    for (; *from != NULL && made.count < max; from++)
        if (one_in(2))
            codes[made.count++] = *from;
    if (made.count == 0)
        codes[made.count++] = from[-1];
    if (made.count > 1 && one_in(2)) {
        const char *first = codes[0];
        codes[0] = codes[1];
        codes[1] = first;
    }
    return made;
}

static inline struct policy_span
random_calendar_span(void)
{
    struct policy_span span = {0};
    if (!one_in(3))
        span.months = random_number(one_in(4) ? POLICY_SPAN_MONTHS_MAX : 40);
    if (!one_in(3))
        span.days = random_number(one_in(4) ? POLICY_SPAN_DAYS_MAX : 1300);
    return span;
}

static inline struct policy_span
random_span(void)
{
    if (one_in(2))
        return random_calendar_span();
    struct policy_span span = {.calendar = one_in(2) ? "office" : "workshop"};
    if (one_in(2))
        span.working_days = random_number(POLICY_SPAN_WORK_DAYS_MAX);
    else
        span.working_minutes =
            one_in(2) ? 60 * (1 + below(100)) : 1 + below(POLICY_SPAN_WORK_MINUTES_MAX);
    return span;
}

static inline struct money
random_money(void)
{
    return (struct money){random_number(100000), "EUR"};
}

static inline struct policy_fee_term
random_share(const char *base)
{
    struct policy_fee_term term = {.base = base, .basis_points = below(10001)};
    if (one_in(2)) {
        term.has_min = true;
        term.min = random_money();
    }
    if (one_in(2)) {
        term.has_max = true;
        term.max = random_money();
        term.max.minor += term.min.minor;
    }
    return term;
}

static inline struct policy_value
random_fee(void)
{
    static const char *const units[] = {NULL, "km", "visit", "hour"};
    struct policy_value fee = {.kind = POLICY_FEE};
    if (one_in(12)) {
        fee.fee.is_free = true;
        return fee;
    }
    struct policy_fee_term *terms = arena_alloc(arena, 6 * sizeof *terms);
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (one_in(3))
            terms[fee.fee.count++] =
                (struct policy_fee_term){.amount = random_money(), .unit = units[i]};
    if (one_in(3))
        terms[fee.fee.count++] = random_share("price_paid");
    if (fee.fee.count == 0 || one_in(8))
        terms[fee.fee.count++] = random_share("list_price");
    fee.fee.items = terms;
    return fee;
}

static inline const struct policy_predicate *
random_condition(void)
{
    static const char *const texts[] = {
        "{\"finding\":\"liquid\"}", "{\"finding\":[\"misuse\",\"impact\"],\"opened\":\"no\"}",
        "{\"any\":[{\"csat\":\"<= 2\"},{\"reason\":\"our_fault\"}]}", "{\"delivered\":\"known\"}",
        "{\"not\":{\"cause\":[\"unknown\"]}}"};
    const struct policy_predicate *predicate = policy_predicate_read(
        arena, &fixture, fixture_node(texts[below((int)COUNT_OF(texts))]), "warranty", &problems);
    assert_non_null(predicate);
    return predicate;
}

/* ---- values ---- */

static inline void
fill_anchors(struct policy_value *value)
{
    struct policy_codes events = random_codes("event", ENTITLEMENT_ANCHORS_MAX);
    struct policy_anchor *anchors = arena_alloc(arena, events.count * sizeof *anchors);
    for (size_t i = 0; i < events.count; i++) {
        struct policy_span offset = {0};
        if (one_in(2))
            offset = random_calendar_span();
        anchors[i] = (struct policy_anchor){policy_find_fact(events.codes[i]), events.codes[i],
                                            offset.months, offset.days};
    }
    value->anchors.items = anchors;
    value->anchors.count = events.count;
}

static inline void
fill_ladder(struct policy_value *value)
{
    struct policy_codes positions = random_codes("position", 8);
    struct policy_rung *rungs = arena_alloc(arena, positions.count * sizeof *rungs);
    for (size_t i = 0; i < positions.count; i++)
        rungs[i] = (struct policy_rung){.to = positions.codes[i],
                                        .on = random_codes("escalation_cause", 2),
                                        .answer_within = random_span()};
    value->ladder.items = rungs;
    value->ladder.count = positions.count;
}

static inline void
fill_documents(struct policy_value *value)
{
    static const char *const names[] = {"fault_photo", "delivery_note", "warranty_card"};
    static const char *const instead[] = {"proof_of_purchase"};
    struct policy_document *documents = arena_alloc(arena, 3 * sizeof *documents);
    size_t count = 0;
    for (int i = 0; i < 3; i++)
        if (i == 0 || one_in(2))
            documents[count++] =
                (struct policy_document){.document = names[i],
                                         .when = one_in(2) ? random_condition() : NULL,
                                         .unless = one_in(2) ? random_condition() : NULL,
                                         .instead = {.codes = instead, .count = (size_t)below(2)}};
    value->documents.items = documents;
    value->documents.count = count;
}

static inline void
fill_tests(const struct policy_parameter_row *row, struct policy_value *value)
{
    static const char *const evidence[] = {"technician_report", "fault_photo"};
    struct policy_test *tests = arena_alloc(arena, 4 * sizeof *tests);
    size_t count = 0;
    int first = below(4);
    for (int i = 0; i < 4; i++)
        if (i == first || one_in(3))
            tests[count++] = (struct policy_test){
                .id = arena_printf(arena, "%s.t%d", row->clause_id, (i + first) % 4),
                .when = random_condition(),
                .evidence = {.codes = evidence, .count = (size_t)below(3)}};
    if (one_in(2))
        tests[0].then = random_codes("remedy", 3);
    value->tests.items = tests;
    value->tests.count = count;
}

static inline void
fill_steps(struct policy_value *value)
{
    int count = 1 + below(5);
    struct policy_step *steps = arena_alloc(arena, (size_t)count * sizeof *steps);
    for (int i = 0; i < count; i++)
        steps[i] = (struct policy_step){.id = arena_printf(arena, "step_%d", i),
                                        .by = one_in(2) ? "customer" : "company"};
    value->steps.items = steps;
    value->steps.count = (size_t)count;
}

static inline struct policy_value
random_present(const struct policy_parameter_row *row)
{
    struct policy_value value = {.kind = row->kind};
    switch (row->kind) {
    case POLICY_FLAG:
        value.flag = one_in(2);
        break;
    case POLICY_COUNT:
        value.count = random_number(POLICY_COUNT_MAX);
        break;
    case POLICY_PERCENT:
        value.basis_points = below(10001);
        break;
    case POLICY_CHOICE:
    case POLICY_REGISTER:
        value.code = random_codes(row->list, 1).codes[0];
        break;
    case POLICY_CHOICES:
        value.codes = random_codes(row->list, 8);
        break;
    case POLICY_SPAN:
        value.span =
            (row->also & POLICY_WORKING_TIME) != 0 ? random_span() : random_calendar_span();
        break;
    case POLICY_ANCHORS:
        fill_anchors(&value);
        break;
    case POLICY_CALENDAR:
        value.code = one_in(2) ? "office" : "workshop";
        break;
    case POLICY_LADDER:
        fill_ladder(&value);
        break;
    case POLICY_MONEY:
        value.money = one_in(8) ? (struct money){below(9), "JPY"} : random_money();
        break;
    case POLICY_FEE:
        value = random_fee();
        break;
    case POLICY_CHECKLIST:
        fill_documents(&value);
        break;
    case POLICY_TESTS:
        fill_tests(row, &value);
        break;
    case POLICY_STEPS:
        fill_steps(&value);
        break;
    default:
        value.code = one_in(2) ? "service" : "complaints";
    }
    return value;
}

/* Absences that the kind can be read with. */
static inline struct policy_value
random_value(const struct policy_parameter_row *row)
{
    static const char *const absences[] = {"", "none", "unlimited", "not_offered"};
    if (!one_in(6))
        return random_present(row);
    enum policy_absence absence = (enum policy_absence)(1 + below(3));
    struct policy_value value;
    struct policy_problems silent = {.arena = arena};
    const struct policy_node *map = fixture_node(arena_printf(arena, "v: %s", absences[absence]));
    bool is_fine = policy_value_read(arena, &fixture, row, policy_node_get(map, "v"),
                                     row->clause_id, &value, &silent);
    return is_fine ? value : random_present(row);
}

static inline const struct policy_parameter_row *
random_row(void)
{
    return policy_parameter_row(parameters[below((int)COUNT_OF(parameters))]);
}
