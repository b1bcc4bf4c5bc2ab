/*
 * policy_value_property_test - random values: print and read back, compare, and hold what the
 * comparison promises
 *
 * Spans that are called longer are longer from any day, fees that are called lower are lower in any
 * case. The seed is printed; AFTERCARE_TEST_SEED replays it.
 */
// SPDX-License-Identifier: Apache-2.0
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

static bool
one_in(int count)
{
    return below(count) == 0;
}

/* Small numbers often, so that two of them meet. */
static int
random_number(int max)
{
    return one_in(2) ? below(max < 4 ? max + 1 : 4) : below(max + 1);
}

/* ---- parts ---- */

static struct policy_codes
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

static struct policy_span
random_calendar_span(void)
{
    struct policy_span span = {0};
    if (!one_in(3))
        span.months = random_number(one_in(4) ? POLICY_SPAN_MONTHS_MAX : 40);
    if (!one_in(3))
        span.days = random_number(one_in(4) ? POLICY_SPAN_DAYS_MAX : 1300);
    return span;
}

static struct policy_span
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

static struct money
random_money(void)
{
    return (struct money){random_number(100000), "EUR"};
}

static struct policy_fee_term
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

static struct policy_value
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

static const struct policy_predicate *
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

static void
fill_anchors(struct policy_value *value)
{
    struct policy_codes events = random_codes("event", ENTITLEMENT_ANCHORS_MAX);
    struct policy_anchor *anchors = arena_alloc(arena, events.count * sizeof *anchors);
    for (size_t i = 0; i < events.count; i++) {
        struct policy_span offset = {0};
        if (one_in(2))
            offset = random_calendar_span();
        anchors[i] = (struct policy_anchor){events.codes[i], offset.months, offset.days};
    }
    value->anchors.items = anchors;
    value->anchors.count = events.count;
}

static void
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

static void
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

static void
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

static void
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

static struct policy_value
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
        value.span = random_span();
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
static struct policy_value
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

static const struct policy_parameter_row *
random_row(void)
{
    return policy_parameter_row(parameters[below((int)COUNT_OF(parameters))]);
}

/* The fixture lasts many rounds: reading it anew each time would take most of the time. */
static void
renew_sometimes(int round)
{
    if (round % 200 != 199)
        return;
    fixture_renew();
    fixture_load(small_policy);
}

static void
property_values_print_and_read_back_equal(void **state UNUSED)
{
    random_start(31);
    int count = random_count(4000, 200000);
    for (int i = 0; i < count; i++) {
        const struct policy_parameter_row *row = random_row();
        struct policy_value value = random_value(row);
        const char *text = policy_value_print(arena, &value);
        const struct policy_node *map = fixture_node(arena_printf(arena, "v: %s", text));
        struct policy_value again;
        if (!policy_value_read(arena, &fixture, row, policy_node_get(map, "v"), row->clause_id,
                               &again, &problems))
            fail_msg("%s %s: %s", row->name, text, problems.problems[0].message);
        assert_true(policy_value_equals(&value, &again));
        assert_string_equal(policy_value_print(arena, &again), text);
        renew_sometimes(i);
    }
}

static void
property_orders_turn_round_and_do_not_run_in_circles(void **state UNUSED)
{
    static const enum policy_order reversed[] = {POLICY_BETTER, POLICY_SAME, POLICY_WORSE,
                                                 POLICY_INCOMPARABLE};
    random_start(32);
    int count = random_count(6000, 300000);
    for (int i = 0; i < count; i++) {
        const struct policy_parameter_row *row = random_row();
        struct policy_value a = random_value(row);
        struct policy_value b = random_value(row);
        struct policy_value c = random_value(row);
        enum policy_order ab = policy_value_compare(row, &a, &b);
        assert_int_equal(policy_value_compare(row, &b, &a), reversed[ab]);
        assert_int_equal(policy_value_compare(row, &a, &a), POLICY_SAME);
        if (ab == POLICY_BETTER && policy_value_compare(row, &b, &c) == POLICY_BETTER)
            assert_int_not_equal(policy_value_compare(row, &a, &c), POLICY_WORSE);
        if (policy_value_equals(&a, &b))
            assert_string_equal(policy_value_print(arena, &a), policy_value_print(arena, &b));
        else
            assert_string_not_equal(policy_value_print(arena, &a), policy_value_print(arena, &b));
        struct policy_value best = policy_value_best(arena, row, &a, &b);
        assert_int_not_equal(policy_value_compare(row, &best, &a), POLICY_WORSE);
        assert_int_not_equal(policy_value_compare(row, &best, &b), POLICY_WORSE);
        renew_sometimes(i);
    }
}

/* ---- what a comparison promises ---- */

static void
property_the_longer_span_ends_later_from_any_day(void **state UNUSED)
{
    const struct policy_parameter_row *row = policy_parameter_row(POLICY_WARRANTY_PERIOD_LENGTH);
    random_start(33);
    int count = random_count(3000, 100000);
    int sure = 0;
    for (int i = 0; i < count; i++) {
        struct policy_value a = {.kind = POLICY_SPAN, .span = random_calendar_span()};
        struct policy_value b = {.kind = POLICY_SPAN, .span = random_calendar_span()};
        if (one_in(2)) {
            /* Nearly as long, so that a few days decide. */
            b.span.months = below(a.span.months + 1);
            b.span.days = a.span.days + (a.span.months - b.span.months) * 30 + below(41) - 12;
        }
        enum policy_order order = policy_value_compare(row, &a, &b);
        sure += order != POLICY_INCOMPARABLE;
        for (int day = 0; day < 60; day++) {
            struct date from = date_from_days(below(200000) - 40000);
            int later = date_compare(date_add(from, a.span.months, a.span.days),
                                     date_add(from, b.span.months, b.span.days));
            if (order != POLICY_INCOMPARABLE)
                assert_int_equal(later > 0   ? POLICY_BETTER
                                 : later < 0 ? POLICY_WORSE
                                             : POLICY_SAME,
                                 order);
        }
    }
    assert_true(sure > count / 3);
}

static int64_t
cost_of(const struct policy_value *fee, const struct policy_fact *facts, size_t fact_count)
{
    struct policy_fact_reader reader = {.facts = facts, .fact_count = fact_count};
    struct money money = {0};
    const char *text;
    const char *missing;
    assert_int_equal(
        policy_fee_compute(arena, fee, POLICY_HALF_UP, "EUR", &reader, &money, &text, &missing),
        OK);
    return money.minor;
}

static void
property_the_lower_fee_costs_no_more_in_any_case(void **state UNUSED)
{
    const struct policy_parameter_row *row = policy_parameter_row(POLICY_NETWORK_ONSITE_FEE);
    random_start(34);
    int count = random_count(2000, 60000);
    int sure = 0;
    for (int i = 0; i < count; i++) {
        struct policy_value a = random_fee();
        struct policy_value b = random_fee();
        enum policy_order order = policy_value_compare(row, &a, &b);
        sure += order != POLICY_INCOMPARABLE;
        for (int j = 0; order != POLICY_INCOMPARABLE && j < 20; j++) {
            struct policy_fact facts[] = {
                {.name = "distance_m", .is_known = true, .number = random_number(90000)},
                {.name = "labour_minutes", .is_known = true, .number = random_number(900)},
                {.name = "list_price", .is_known = true, .money = random_money()},
                {.name = "price_paid", .is_known = true, .money = random_money()},
                {.name = "visits", .is_known = true, .number = random_number(5)},
            };
            int64_t a_cost = cost_of(&a, facts, COUNT_OF(facts));
            int64_t b_cost = cost_of(&b, facts, COUNT_OF(facts));
            assert_true(order != POLICY_BETTER || a_cost <= b_cost);
            assert_true(order != POLICY_WORSE || a_cost >= b_cost);
            assert_true(order != POLICY_SAME || a_cost == b_cost);
        }
        renew_sometimes(i);
    }
    assert_true(sure > count / 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(property_values_print_and_read_back_equal),
        TEST(property_orders_turn_round_and_do_not_run_in_circles),
        TEST(property_the_longer_span_ends_later_from_any_day),
        TEST(property_the_lower_fee_costs_no_more_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
