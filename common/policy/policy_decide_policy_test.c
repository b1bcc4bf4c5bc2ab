/*
 * policy_decide_policy_test - decisions by policies that differ from the default one
 *
 * Floors that no one can compare on paper, documents of a policy's own, a language without
 * phrases, later versions that improve earlier ones, and what a company does not offer.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_policy_fixture.h"

static struct read_fixture later_files;

static void
of_a_value_and_a_floor_that_depend_on_the_day_the_later_end_counts(void **state UNUSED)
{
    decide(HEAD("warranty.coverage", "2026-03-02") "serial: SN-1\nfacts:\n" SOLD
                                                   "  condition: refurbished\n"
                                                   "  customer_class: consumer\n"
                                                   "  delivered: 2025-09-01\n");
    const Common__V1__Step *step = find_step("warranty.period", "length");
    assert_int_equal(step->result, GRANTS);
    assert_string_equal(step->lifted_by, "eu_consumer_sample.length");
    assert_int_equal(step->value->span->days, 183);
    decide(HEAD("warranty.coverage", "2026-03-16") "serial: SN-1\nfacts:\n" SOLD
                                                   "  condition: refurbished\n"
                                                   "  customer_class: consumer\n"
                                                   "  delivered: 2026-03-15\n");
    step = find_step("warranty.period", "length");
    assert_string_equal(step->lifted_by, "");
    assert_int_equal(step->value->span->months, 6);
}

static void
a_floor_for_a_component_makes_a_layer_of_it(void **state UNUSED)
{
    decide(HEAD("warranty.coverage", "2026-03-02") "serial: SN-1\nfacts:\n" SOLD
                                                   "  condition: new\n  component: motor\n"
                                                   "  customer_class: consumer\n"
                                                   "  delivered: 2025-09-01\n");
    assert_int_equal(record->outcome, GRANTED);
}

static void
a_complaint_is_answered_by_the_earlier_of_both(void **state UNUSED)
{
    decide(HEAD("complaint.deadlines", "2026-04-30") "facts:\n  region: DE\n"
                                                     "  customer_class: consumer\n"
                                                     "  receive_time: 2026-04-30T14:20:00Z\n"
                                                     "  answer_time: 2026-05-05T14:20:00Z\n");
    const Common__V1__Step *step = find_step("complaints.handling", "answer");
    assert_string_equal(step->lifted_by, "eu_consumer_sample.answer");
    assert_string_equal(step->computed[0]->name, "company_value");
    assert_int_equal(step->value->span->days, 8);
    assert_string_equal(record->reason, "ON_TIME");
}

static void
an_exchange_is_open_as_long_as_the_longer_of_both(void **state UNUSED)
{
    decide(HEAD("returns.check", "2026-06-08") "facts:\n" SOLD
                                               "  condition: new\n  customer_class: consumer\n"
                                               "  delivered: 2026-05-06\n  opened: no\n"
                                               "  reason: change_of_mind\n  grade: like_new\n"
                                               "  price_paid: 20.00 EUR\n  order_line: o/1\n"
                                               "  wanted_remedy: replace\n");
    assert_int_equal(record->n_remedies, 1);
    assert_string_equal(record->remedies[0], "replace");
    decide(HEAD("returns.check", "2027-05-06") "facts:\n" SOLD
                                               "  condition: new\n  customer_class: consumer\n"
                                               "  delivered: 2026-05-06\n  opened: no\n"
                                               "  reason: change_of_mind\n  grade: like_new\n"
                                               "  price_paid: 20.00 EUR\n  order_line: o/1\n"
                                               "  wanted_remedy: refund\n");
    assert_int_equal(record->n_remedies, 1);
    assert_string_equal(record->remedies[0], "refund");
    assert_string_equal(find_step("returns.window", "length")->computed[1]->explanation,
                        "delivered 2026-05-06 + 1 year, then the next working day"); /* Ascension */
}

static void
documents_of_the_policys_own_are_facts(void **state UNUSED)
{
    decide(CLAIM_WITH_CARD);
    assert_int_equal(record->outcome, GRANTED);
    assert_true(fact("warranty_card")->value->flag);
    const Common__V1__Step *limits = find_step("warranty.limits", "claims_max");
    assert_int_equal(limits->result, GRANTS);
}

static void
a_document_is_given_once(void **state UNUSED)
{
    struct policy_case *question = read_case(CLAIM_WITH_CARD);
    struct policy_fact facts[2] = {
        {.name = "warranty_card", .is_known = true, .flag = true, .trust = POLICY_RECORDED}};
    facts[1] = facts[0];
    question->facts = facts;
    question->fact_count = 2;
    struct fault fault = {0};
    assert_int_equal(policy_decide(arena, engine, question, &record, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FACT_REPEATS");
}

static void
where_there_are_no_words_another_language_says_it(void **state UNUSED)
{
    decide(HEAD("warranty.coverage", "2026-03-02") "serial: SN-1\nfacts:\n" SOLD
                                                   "  condition: new\n"
                                                   "  customer_class: business\n"
                                                   "  delivered: 2026-01-20\n");
    assert_string_equal(record->sentences[0]->language, "en");
    assert_string_equal(record->sentences[1]->language, "fr");
    assert_non_null(strstr(record->sentences[1]->text, "Your product is covered: our warranty"));
    assert_string_equal(record->sentences[0]->text, record->sentences[1]->text);
}

static void
what_is_not_offered_is_denied(void **state UNUSED)
{
    decide(HEAD("repair.charge", "2026-03-02") "facts:\n" SOLD "  coverage: uncovered\n");
    assert_int_equal(record->outcome, DENIED);
    assert_string_equal(record->deciding_clause_id, "repair.scope");
}

static void
a_plan_pays_as_often_as_it_says(void **state UNUSED)
{
    decide(PLAN("  claims_under_plan: 0\n"));
    assert_string_equal(record->reason, "COVERED_BY_PLAN");
    decide(PLAN("  claims_under_plan: 1\n"));
    assert_int_equal(record->outcome, DENIED);
    assert_string_equal(record->reason, "LIMIT_REACHED");
    decide(PLAN(""));
    assert_int_equal(find_step("extended.coverage", "claims_max")->result, LACKS_PROOF);
}

static void
later_versions_improve_what_was_sold(void **state UNUSED)
{
    static const struct text_edits longer = {
        .main = {"length: 1 year\n", "length: 3 years\n", "causes: [material_defect, workman",
                 "causes: [wear, material_defect, workman"},
    };
    struct policy *later = open_version(&later_files, &longer, 2, (struct date){2026, 1, 1});
    later->also_for_sold_since = (struct date){2025, 6, 1};
    const struct policy *both[2] = {versions[0], later};
    const struct policy_set two = {both, 2};
    struct policy_engine *one = engine;
    engine = policy_engine_new(&two);
    decide(HEAD("warranty.claim", "2027-03-02") "serial: SN-1\nfacts:\n" SOLD
                                                "  condition: new\n  customer_class: business\n"
                                                "  cause: wear\n  delivered: 2025-07-20\n");
    assert_string_equal(record->pins[1]->moment, "sale");
    assert_int_equal(record->pins[0]->policy_version, 1);
    assert_int_equal(find_step("warranty.period", "length")->value->span->months, 36);
    policy_engine_free(&engine);
    engine = one;
    read_end(&later_files);
}

static void
what_a_policy_leaves_out_makes_no_layer_and_no_price(void **state UNUSED)
{
    static const struct text_edits less = {
        .main = {"charge_item: shipping}, charge: 9.90 EUR",
                 "charge_item: shipping}, charge: "
                 "not_offered",
                 "set: {length: 90 days}", "set: {length: none}", "{plan: plus1}, length: 1 year",
                 "{plan: plus1}, length: none", "charge_item: labour}, charge: 75.00 EUR",
                 "charge_item: labour}, charge: 7500000.00 EUR",
                 "charge_item: diagnosis}, charge: 39.00 EUR",
                 "charge_item: diagnosis}, charge: 10 % of price_paid"},
    };
    struct policy_engine *before = engine;
    const struct policy *first = versions[0];
    versions[0] = open_version(&later_files, &less, 1, (struct date){2025, 1, 1});
    engine = policy_engine_new(&set);
    decide(HEAD("repair.charge", "2026-03-02") "facts:\n" SOLD "  coverage: uncovered\n"
                                               "  charge_item: shipping\n");
    assert_string_equal(record->reason, "NOT_OFFERED");
    decide(HEAD("repair.charge", "2026-03-02") "facts:\n" SOLD "  coverage: uncovered\n"
                                               "  charge_item: labour\n"
                                               "  labour_minutes: 9007199254740991\n");
    assert_int_equal(record->outcome, REFERRED);
    assert_string_equal(record->reason, "AMOUNT_TOO_LARGE");
    decide(HEAD("repair.charge", "2026-03-02") "facts:\n" SOLD "  coverage: uncovered\n"
                                               "  charge_item: diagnosis\n"
                                               "  price_paid: 59.00 USD\n");
    assert_int_equal(record->outcome, REFERRED);
    assert_string_equal(record->reason, "CURRENCY_DIFFERS");
    decide(HEAD("warranty.coverage",
                "2026-06-01") "serial: SN-1\nfacts:\n" SOLD
                              "  condition: new\n  customer_class: business\nunit:\n"
                              "  - {id: f1, kind: delivered, date: 2024-03-10, recorded: "
                              "2025-01-05T08:00:00Z}\n"
                              "  - {id: f2, kind: plan_bought, date: 2025-02-01, recorded: "
                              "2025-02-01T12:00:00Z, "
                              "contract_id: C-1, plan: plus1}\n"
                              "  - {id: f3, kind: plan_bought, date: 2025-02-02, recorded: "
                              "2025-02-02T12:00:00Z, "
                              "contract_id: C-2, plan: plus2}\n"
                              "  - {id: f4, kind: plan_bought, date: 2025-02-03, recorded: "
                              "2025-02-03T12:00:00Z, "
                              "contract_id: C-3, plan: plus2}\n"
                              "  - {id: f5, kind: repaired, date: 2025-03-14, recorded: "
                              "2025-03-14T12:00:00Z, "
                              "repair_id: R-1, cost_classes: [parts], has_succeeded: yes}\n");
    assert_string_equal(record->reason, "COVERED_BY_PLAN");
    assert_int_equal(find_step("extended.period", "length")->result, DOES_NOT_APPLY);
    policy_engine_free(&engine);
    engine = before;
    versions[0] = first;
    read_end(&later_files);
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_value_and_a_floor_that_depend_on_the_day_the_later_end_counts),
        cmocka_unit_test(a_floor_for_a_component_makes_a_layer_of_it),
        cmocka_unit_test(a_complaint_is_answered_by_the_earlier_of_both),
        cmocka_unit_test(an_exchange_is_open_as_long_as_the_longer_of_both),
        cmocka_unit_test(documents_of_the_policys_own_are_facts),
        cmocka_unit_test(a_document_is_given_once),
        cmocka_unit_test(where_there_are_no_words_another_language_says_it),
        cmocka_unit_test(what_is_not_offered_is_denied),
        cmocka_unit_test(a_plan_pays_as_often_as_it_says),
        cmocka_unit_test(later_versions_improve_what_was_sold),
        cmocka_unit_test(what_a_policy_leaves_out_makes_no_layer_and_no_price),
    };
    return cmocka_run_group_tests(tests, open_policies, close_policies);
}
