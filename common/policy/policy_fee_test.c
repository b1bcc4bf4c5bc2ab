/*
 * policy_fee_test - what fees come to, and what rounding does, by example and as properties
 *
 * The properties' seed is printed; AFTERCARE_TEST_SEED replays it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_fee.h"
#include "common/policy/policy_value_fixture.h"

static const char *explanation;
static const char *missing;
static int read_count;

static void
on_read(void *context UNUSED, const struct policy_fact_row *row UNUSED,
        const struct policy_fact *fact UNUSED)
{
    read_count++;
}

/* Sorted by name. */
static struct policy_fact facts[] = {
    {.name = "distance_m", .is_known = true, .number = 12000},
    {.name = "estimate_amount", .is_known = true, .money = {10000, "USD"}},
    {.name = "labour_minutes", .is_known = true, .number = 90},
    {.name = "price_paid", .is_known = true, .money = {34900, "EUR"}},
    {.name = "storage_days", .is_known = true, .number = 3},
    {.name = "visits", .is_known = true, .number = 1},
    {.name = "weight_g", .is_known = true, .number = -1},
};

static struct policy_value
parse(const char *text)
{
    struct policy_value fee;
    const char *reason = "";
    if (!policy_fee_parse(arena, text, &fee, &reason))
        fail_msg("%s: %s", text, reason);
    return fee;
}

static enum err
compute(const char *text, struct money *ret_money)
{
    struct policy_value fee = parse(text);
    struct policy_fact_reader reader = {
        .facts = facts, .fact_count = COUNT_OF(facts), .on_read = on_read};
    read_count = 0;
    explanation = missing = NULL;
    return policy_fee_compute(arena, &fee, POLICY_HALF_UP, "EUR", &reader, ret_money, &explanation,
                              &missing);
}

static void
fees_come_to_what_their_explanation_says(void **state UNUSED)
{
    static const struct {
        const char *fee;
        int64_t minor;
        const char *explanation;
    } cases[] = {
        {"free", 0, "free = 0.00 EUR"},
        {"39.00 EUR", 3900, "39.00 EUR"},
        {"75.00 EUR per hour", 11250, "90/60 hour x 75.00 EUR = 112.50 EUR"},
        {"49.00 EUR per visit + 0.80 EUR per km", 5860,
         "1 visit x 49.00 EUR + 12 km x 0.80 EUR = 58.60 EUR"},
        {"1.00 EUR per day", 300, "3 day x 1.00 EUR = 3.00 EUR"},
        {"9 % of price_paid min 15.00 EUR", 3141, "9.00 % of 349.00 EUR min 15.00 EUR = 31.41 EUR"},
        {"20 % of price_paid max 60.00 EUR", 6000,
         "20.00 % of 349.00 EUR max 60.00 EUR = 60.00 EUR"},
        {"1 % of price_paid min 15.00 EUR max 60.00 EUR", 1500,
         "1.00 % of 349.00 EUR min 15.00 EUR max 60.00 EUR = 15.00 EUR"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct money money = {0};
        assert_int_equal(compute(cases[i].fee, &money), OK);
        assert_int_equal(money.minor, cases[i].minor);
        assert_string_equal(money.currency_code, "EUR");
        assert_string_equal(explanation, cases[i].explanation);
    }
}

static void
a_line_is_rounded_once_at_its_end(void **state UNUSED)
{
    struct money money = {0};
    /* 0.5 cents and 0.5 cents: 1 cent, where rounding each would give 2. */
    facts[0].number = 500;
    facts[2].number = 30;
    assert_int_equal(compute("0.01 EUR per km + 0.01 EUR per hour", &money), OK);
    assert_int_equal(money.minor, 1);
    assert_string_equal(explanation, "0.5 km x 0.01 EUR + 30/60 hour x 0.01 EUR = 0.01 EUR");
    facts[0].number = 1005;
    assert_int_equal(compute("1.00 EUR per km", &money), OK);
    assert_string_equal(explanation, "1.005 km x 1.00 EUR = 1.01 EUR");
    facts[0].number = 12000;
    facts[2].number = 90;
}

static void
what_is_missing_is_named_and_the_rest_is_read_all_the_same(void **state UNUSED)
{
    static const struct {
        const char *fee;
        enum err err;
        const char *missing;
        int read_count;
    } cases[] = {
        {"5.00 EUR per session + 1.00 EUR per km", ERR_NOT_FOUND, "sessions", 2},
        {"5 % of list_price + 5.00 EUR per participant", ERR_NOT_FOUND, "list_price", 2},
        {"list parts.price_list + 1.00 EUR per km", ERR_FAILED_PRECONDITION, "parts.price_list", 1},
        {"1.00 EUR per kg", ERR_INVALID_ARGUMENT, "weight_g", 1},
        {"5 % of estimate", ERR_INVALID_ARGUMENT, "estimate_amount", 1},
        {"1.00 USD", ERR_INVALID_ARGUMENT, NULL, 0},
        {"1 % of price_paid min 1.00 USD", ERR_INVALID_ARGUMENT, NULL, 1},
        {"1 % of price_paid max 1.00 USD", ERR_INVALID_ARGUMENT, NULL, 1},
        {"90000000000000000.00 EUR per km", ERR_OUT_OF_RANGE, NULL, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct money money = {.minor = 7};
        assert_int_equal(compute(cases[i].fee, &money), cases[i].err);
        assert_int_equal(money.minor, 7);
        assert_int_equal(read_count, cases[i].read_count);
        if (cases[i].missing == NULL)
            assert_null(missing);
        else
            assert_string_equal(missing, cases[i].missing);
    }
}

static void
a_quantity_beyond_all_bounds_is_refused(void **state UNUSED)
{
    struct money money = {0};
    facts[0].number = facts[5].number = INT64_MAX;
    assert_int_equal(compute("90000000000000000.00 EUR per km", &money), ERR_OUT_OF_RANGE);
    assert_int_equal(compute("0.10 EUR per visit + 0.10 EUR per km", &money), ERR_OUT_OF_RANGE);
    assert_int_equal(
        compute("5000000000000.00 EUR per visit + 5000000000000000.00 EUR per km", &money),
        ERR_OUT_OF_RANGE);
    facts[0].number = 12000;
    facts[5].number = 1;
}

static void
a_plan_is_paid_back_for_the_days_that_are_left(void **state UNUSED)
{
    struct money refund = {0};
    struct money earned = {0};
    struct money paid = {8999, "EUR"};
    assert_int_equal(policy_pro_rata(paid, 333, 731, POLICY_HALF_UP, &refund, &earned), OK);
    assert_int_equal(refund.minor, 4900);
    assert_int_equal(earned.minor, 4099);
    assert_string_equal(refund.currency_code, "EUR");
    assert_int_equal(policy_pro_rata(paid, 0, 731, POLICY_HALF_UP, &refund, &earned), OK);
    assert_int_equal(refund.minor, 8999);
    assert_int_equal(policy_pro_rata(paid, 731, 731, POLICY_HALF_UP, &refund, &earned), OK);
    assert_int_equal(refund.minor, 0);
    assert_int_equal(policy_pro_rata(paid, 732, 731, POLICY_UP, &refund, &earned),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(policy_pro_rata(paid, -1, 731, POLICY_UP, &refund, &earned),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(policy_pro_rata(paid, 0, 0, POLICY_UP, &refund, &earned),
                     ERR_INVALID_ARGUMENT);
}

static void
each_rounding_goes_its_way(void **state UNUSED)
{
    static const char *const codes[] = {"half_up", "half_even", "down", "up"};
    static const struct {
        int64_t numerator, denominator;
        int64_t rounded[4];
    } cases[] = {
        {5, 2, {3, 2, 2, 3}},         {7, 2, {4, 4, 3, 4}},
        {-5, 2, {-3, -2, -2, -3}},    {9, 4, {2, 2, 2, 3}},
        {11, 4, {3, 3, 2, 3}},        {-9, 4, {-2, -2, -2, -3}},
        {6, 2, {3, 3, 3, 3}},         {0, 9, {0, 0, 0, 0}},
        {1, INT64_MAX, {0, 0, 0, 1}}, {1, 3, {0, 0, 0, 1}},
        {-2, 3, {-1, -1, 0, -1}},     {INT64_MIN, 1, {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN}},
    };
    enum policy_rounding rounding;
    for (int code = 0; code < 4; code++) {
        assert_true(policy_rounding_parse(codes[code], &rounding));
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            int64_t rounded = 0;
            assert_int_equal(
                policy_round(1, cases[i].numerator, cases[i].denominator, rounding, &rounded), OK);
            assert_int_equal(rounded, cases[i].rounded[code]);
        }
    }
    assert_false(policy_rounding_parse("nearest", &rounding));
    int64_t rounded = 0;
    assert_int_equal(policy_round(INT64_MAX, 1, 1, POLICY_UP, &rounded), OK);
    assert_int_equal(policy_round(INT64_MAX / 2 + 1, 2, 1, POLICY_UP, &rounded), ERR_OUT_OF_RANGE);
    assert_int_equal(policy_round(INT64_MAX, 2, 1, POLICY_DOWN, &rounded), ERR_OUT_OF_RANGE);
    assert_int_equal(policy_round(INT64_MIN, 2, 2, POLICY_DOWN, &rounded), OK);
    assert_int_equal(rounded, INT64_MIN);
    struct money paid = {INT64_MIN, "EUR"};
    struct money refund;
    struct money earned;
    assert_int_equal(policy_pro_rata(paid, 0, 5, POLICY_UP, &refund, &earned), OK);
}

/* ---- properties ---- */

static int64_t
random_minor(void)
{
    int64_t minor = (int64_t)(random_bits() >> (1 + below(62)));
    return below(2) == 0 ? minor : -minor;
}

static void
property_rounding_is_nearest_and_refund_and_earned_add_up(void **state UNUSED)
{
    random_start(11);
    int count = random_count(20000, 1000000);
    for (int i = 0; i < count; i++) {
        enum policy_rounding rounding = (enum policy_rounding)below(4);
        int64_t minor = random_minor();
        int total = 1 + below(3000);
        int part = below(total + 1);
        int64_t rounded = 0;
        assert_int_equal(policy_round(minor, part, total, rounding, &rounded), OK);
        __int128 error = (__int128)rounded * total - (__int128)minor * part;
        __int128 size = error < 0 ? -error : error;
        bool is_half = rounding == POLICY_HALF_UP || rounding == POLICY_HALF_EVEN;
        assert_true(is_half ? 2 * size <= total : size < total);
        if (is_half && 2 * size == total)
            assert_true(rounding == POLICY_HALF_EVEN ? rounded % 2 == 0
                                                     : (error > 0) == (minor > 0));
        if (!is_half && size > 0)
            assert_true(((error > 0) == (minor > 0)) == (rounding == POLICY_UP));
        struct money paid = {minor, "EUR"};
        struct money refund;
        struct money earned;
        assert_int_equal(policy_pro_rata(paid, part, total, rounding, &refund, &earned), OK);
        assert_int_equal(refund.minor + earned.minor, minor);
    }
}

/* The same sum in floating point, where it is exact enough to see a wrong one. */
static void
property_a_fee_is_the_sum_of_its_terms(void **state UNUSED)
{
    random_start(12);
    int count = random_count(5000, 200000);
    for (int i = 0; i < count; i++) {
        int flat = below(100000);
        int rate = below(10000);
        int share = below(10001);
        int min = below(5000);
        int max = min + below(50000);
        int64_t metres = below(500000);
        int64_t price = below(1000000);
        facts[0].number = metres;
        facts[3].money.minor = price;
        const char *text = arena_printf(
            arena,
            "%d.%02d EUR + %d.%02d EUR per km + %d.%02d %% of price_paid min %d.%02d EUR "
            "max %d.%02d EUR",
            flat / 100, flat % 100, rate / 100, rate % 100, share / 100, share % 100, min / 100,
            min % 100, max / 100, max % 100);
        struct money money = {0};
        assert_int_equal(compute(text, &money), OK);
        double part = (double)price * share / 10000;
        part = part < min ? min : part > max ? max : part;
        double error = (double)money.minor - (flat + (double)rate * (double)metres / 1000 + part);
        assert_true(error > -0.5001 && error < 0.5001);
        fixture_renew();
    }
    facts[0].number = 12000;
    facts[3].money.minor = 34900;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fees_come_to_what_their_explanation_says, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_line_is_rounded_once_at_its_end, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(what_is_missing_is_named_and_the_rest_is_read_all_the_same,
                                        fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_quantity_beyond_all_bounds_is_refused, fixture_open,
                                        fixture_close),
        cmocka_unit_test(a_plan_is_paid_back_for_the_days_that_are_left),
        cmocka_unit_test(each_rounding_goes_its_way),
        cmocka_unit_test(property_rounding_is_nearest_and_refund_and_earned_add_up),
        cmocka_unit_test_setup_teardown(property_a_fee_is_the_sum_of_its_terms, fixture_open,
                                        fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
