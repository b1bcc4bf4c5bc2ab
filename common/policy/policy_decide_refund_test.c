/*
 * policy_decide_refund_test - what is deducted from a price that is given back: floors that cannot
 * be compared on paper, and amounts beyond all bounds
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_returns_fixture.h"

static const struct text_edits deducting = {
    .main = {"          deduction: free\n", "          deduction: 20 % of price_paid\n", FLOORS,
             FLOORS "      - {id: eu_consumer_sample.deduction, parameter: "
                    "returns.refund/deduction, is: 5.00 EUR}\n"}};

static void
of_a_deduction_and_a_floor_the_lower_one_counts(void **state UNUSED)
{
    edit_open(&deducting);
    edit_decide(RETURN("2026-05-15", SHOP PRICE "  reason: defect\n"));
    assert_int_equal(edit_computed("refund")->money->minor, 9500);
    const Common__V1__Step *lifted = edit_step("returns.refund", "deduction");
    assert_int_equal(lifted->result, LIFTED);
    assert_string_equal(lifted->lifted_by, "eu_consumer_sample.deduction");
    assert_string_equal(lifted->value->text, "5.00 EUR");
    assert_string_equal(lifted->computed[0]->name, "company_value");
    assert_int_equal(lifted->computed[1]->value->money->minor, 500);
    edit_decide(RETURN("2026-05-15", SHOP "  price_paid: 20.00 EUR\n  reason: defect\n"));
    assert_int_equal(edit_computed("refund")->money->minor, 1600);
    assert_int_equal(edit_step("returns.refund", "deduction")->result, SETS);
}

/* The company's value is that of before both floors. */
static void
a_floor_that_another_one_beats_is_not_the_companys_value(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"          deduction: free\n", "          deduction: 30 % of price_paid\n", FLOORS,
                 FLOORS "      - {id: eu_consumer_sample.share, parameter: "
                        "returns.refund/deduction, is: 20 % of price_paid}\n"
                        "      - {id: eu_consumer_sample.deduction, parameter: "
                        "returns.refund/deduction, is: 5.00 EUR}\n"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-15", SHOP PRICE "  reason: defect\n"));
    assert_int_equal(edit_computed("refund")->money->minor, 9500);
    const Common__V1__Step *lifted = edit_step("returns.refund", "deduction");
    assert_string_equal(lifted->lifted_by, "eu_consumer_sample.deduction");
    assert_int_equal(lifted->n_computed, 2);
    assert_string_equal(lifted->computed[0]->name, "company_value");
    assert_string_equal(lifted->computed[0]->value->text, "30.00 % of price_paid");
    assert_string_equal(lifted->computed[1]->name, "deduction");
}

static void
a_deduction_whose_price_is_not_known_is_not_guessed(void **state UNUSED)
{
    edit_open(&deducting);
    edit_decide(RETURN("2026-05-15", SHOP "  reason: defect\n"));
    edit_assert_outcome(GRANTED, "returns.window", "RETURNABLE");
    assert_null(edit_computed("refund"));
    assert_int_equal(edit_step("returns.refund", "deduction")->result, LACKS_PROOF);
}

static void
nothing_is_asked_back_beyond_the_price(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"          deduction: free\n", "          deduction: 120.00 EUR\n"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-15", SHOP PRICE "  reason: defect\n"));
    assert_int_equal(edit_computed("refund")->money->minor, 0);
    edit_assert_says(ENGLISH, "You receive €0.00 back.");
}

#define HUGE_WORK "  labour_minutes: 9007199254740991\n"

static void
an_amount_beyond_all_bounds_goes_to_a_person(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"          deduction: free\n", "          deduction: 75.00 EUR per hour\n"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-15", SHOP PRICE "  reason: defect\n" HUGE_WORK));
    edit_assert_outcome(REFERRED, "returns.refund", "AMOUNT_TOO_LARGE");
    edit_assert_remedies("");
    edit_assert_says(ENGLISH, "work out how much you receive back");
}

static void
of_an_amount_beyond_all_bounds_and_a_floor_the_floor_counts(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"          deduction: free\n", "          deduction: 75.00 EUR per hour\n", FLOORS,
                 FLOORS "      - {id: eu_consumer_sample.deduction, parameter: "
                        "returns.refund/deduction, is: 5.00 EUR}\n"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-15", SHOP PRICE "  reason: defect\n" HUGE_WORK));
    edit_assert_outcome(GRANTED, "returns.window", "RETURNABLE");
    assert_int_equal(edit_computed("refund")->money->minor, 9500);
}

/* A deduction that may still come is not promised away; where none can, the sum stands. */
static void
what_the_condition_may_cost_is_left_open(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(RETURN("2026-05-15", SHOP PRICE CHANGED));
    assert_int_equal(edit_computed("refund")->money->minor, 10000);
    edit_assert_says(ENGLISH, " You receive up to €100.00 back; how much depends on the condition "
                              "of the product.");
    edit_assert_says(GERMAN, "Sie erhalten bis zu 100,00\u00a0€ zurück;");
    edit_decide(RETURN("2026-05-15", SHOP PRICE CHANGED "  grade: like_new\n"));
    edit_assert_says(ENGLISH, " You receive €100.00 back.");
    edit_decide(RETURN("2026-05-15", SHOP PRICE "  reason: defect\n"));
    edit_assert_says(ENGLISH, " You receive €100.00 back.");
}

/* Where no law names an earlier day. */
static void
a_refund_within_a_month_is_explained(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"refund_within: 7 working days of office", "refund_within: 1 month"}};
    edit_open(&edits);
    edit_decide(EDIT_HEAD("returns.check", "2026-05-15") //
                "facts: {region: US, condition: new, customer_class: consumer, channel: shop, "
                "category: small_appliances, order_line: orders/7/1, delivered: 2026-05-04, "
                "fault_photo: yes, price_paid: 100.00 EUR, reason: defect, "
                "received: 2026-05-12}\n");
    size_t i = 0;
    while (i < edit_record->n_computed && strcmp(edit_record->computed[i]->name, "refund_by") != 0)
        i++;
    assert_true(i < edit_record->n_computed);
    assert_string_equal(edit_record->computed[i]->explanation, "received 2026-05-12 + 1 month");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_deduction_and_a_floor_the_lower_one_counts),
        cmocka_unit_test(a_floor_that_another_one_beats_is_not_the_companys_value),
        cmocka_unit_test(a_deduction_whose_price_is_not_known_is_not_guessed),
        cmocka_unit_test(nothing_is_asked_back_beyond_the_price),
        cmocka_unit_test(an_amount_beyond_all_bounds_goes_to_a_person),
        cmocka_unit_test(of_an_amount_beyond_all_bounds_and_a_floor_the_floor_counts),
        cmocka_unit_test(what_the_condition_may_cost_is_left_open),
        cmocka_unit_test(a_refund_within_a_month_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
