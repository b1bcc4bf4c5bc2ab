/*
 * policy_value_property_test - random values: print and read back, compare, and hold what the
 * comparison promises
 *
 * Spans that are called longer are longer from any day, fees that are called lower are lower in any
 * case. The seed is printed; AFTERCARE_TEST_SEED replays it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_random.h"

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
