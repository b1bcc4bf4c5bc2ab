/*
 * policy_decide_walk_test - what the records of the golden cases must say, line by line
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_golden_fixture.h"

static void
walk_1_covered(void **state UNUSED)
{
    decide("covered");
    assert_int_equal(record->n_pins, 2);
    assert_string_equal(record->pins[0]->moment, "sale");
    assert_date(record->pins[0]->date, 2026, 3, 15);
    assert_string_equal(record->pins[0]->statutory_layers[0], "eu_consumer_sample@1");
    assert_int_equal(record->pins[0]->policy_version, 1);
    assert_string_equal(record->pins[1]->moment, "case");
    assert_date(record->pins[1]->date, 2026, 11, 2);
    assert_date(fact("delivered")->value->date, 2026, 3, 15);
    assert_int_equal(fact("delivered")->trust, COMMON__V1__FACT__TRUST__RECORDED);
    assert_string_equal(fact("cause")->value->code, "workmanship_defect");
    assert_int_equal(fact("cause")->trust, COMMON__V1__FACT__TRUST__STATED);
    assert_int_equal(fact("fault_photo")->trust, COMMON__V1__FACT__TRUST__DOCUMENTED);
    assert_null(fact("finding")->value);
    assert_int_equal(fact("claims_in_period")->value->number, 0);

    const Common__V1__Step *period = step("warranty.period", "length", "");
    assert_int_equal(step("warranty.period", "starts", "")->result, RESULT(SETS));
    assert_string_equal(step("warranty.period", "starts", "")->computed[0]->explanation,
                        "delivered 2026-03-15");
    assert_int_equal(period->result, RESULT(GRANTS));
    assert_int_equal(period->value->span->months, 12);
    assert_date(period->computed[0]->value->date, 2027, 3, 15);
    assert_string_equal(period->computed[0]->explanation, "delivered 2026-03-15 + 1 year");
    const Common__V1__Step *law = step("eu_consumer_sample.conformity", "length", "");
    assert_int_equal(law->result, RESULT(GRANTS));
    assert_date(law->computed[0]->value->date, 2028, 3, 15);
    assert_int_equal(step("warranty.coverage", "causes", "")->result, RESULT(GRANTS));
    static const char *const tests[] = {"warranty.exclusions.misuse", "warranty.exclusions.liquid",
                                        "warranty.exclusions.foreign_repair",
                                        "warranty.exclusions.wear"};
    for (size_t i = 0; i < COUNT_OF(tests); i++)
        assert_int_equal(step(tests[i], "", "")->result, RESULT(LACKS_PROOF));
    assert_int_equal(step("warranty.limits", "claims_max", "")->result, RESULT(GRANTS));
    const Common__V1__Step *proof = step("warranty.process", "documents", "");
    assert_string_equal(proof->value->code, "proof_of_purchase");
    assert_int_equal(proof->result, RESULT(DOES_NOT_APPLY));
    int given = 0;
    for (size_t i = 0; i < record->n_steps; i++)
        given += strcmp(record->steps[i]->parameter, "documents") == 0 &&
                 record->steps[i]->result == RESULT(GRANTS);
    assert_int_equal(given, 2);
    assert_int_equal(step("warranty.process", "auto_approve_up_to", "")->result, RESULT(GRANTS));
}

static void
walk_1_outcome(void **state UNUSED)
{
    decide("covered");
    assert_outcome(OUTCOME(GRANTED), "warranty.period", "COVERED");
    assert_int_equal(record->n_remedies, 3);
    assert_string_equal(record->remedies[0], "repair");
    assert_string_equal(record->remedies[1], "replace");
    assert_string_equal(record->remedies[2], "refund");
    assert_int_equal(record->n_entitlements, 5);
    assert_true(has_entitlement(LAYER(COMMERCIAL), "parts"));
    assert_true(has_entitlement(LAYER(COMMERCIAL), "labour"));
    assert_true(has_entitlement(LAYER(STATUTORY), "travel"));
    assert_string_equal(computed("decide_by")->time, "2026-11-05T17:00:00Z");
    assert_int_equal(computed("customer_pays")->money->minor, 0);
    assert_null(record->appeal);
    assert_string_equal(sentence("en"),
                        arena_printf(arena,
                                     "Your product is covered: our warranty of 1 year runs until "
                                     "%s (clause 1.1). The repair costs you nothing.",
                                     english(2027, 3, 15)));
    assert_non_null(strstr(sentence("de"), "15. März 2027 (Ziffer 1.1)"));
}

static void
walk_2_misuse(void **state UNUSED)
{
    decide("misuse_before_inspection");
    assert_int_equal(record->outcome, OUTCOME(GRANTED));
    decide("misuse");
    assert_int_equal(step("warranty.period", "length", "")->result, RESULT(GRANTS));
    assert_int_equal(step("warranty.coverage", "causes", "")->result, RESULT(GRANTS));
    const Common__V1__Step *misuse = step("warranty.exclusions.misuse", "", "");
    assert_int_equal(misuse->result, RESULT(DENIES));
    assert_string_equal(misuse->fact_names[0], "finding");
    assert_string_equal(fact("finding")->evidence[0], "technician_report");
    const Common__V1__Step *law = step("eu_consumer_sample.conformity", "excludes", "");
    assert_int_equal(law->result, RESULT(DOES_NOT_APPLY));
    assert_string_equal(law->value->code, "warranty.exclusions.misuse");
    assert_int_equal(
        step("repair.charges", "charge", "coverage=uncovered,charge_item=diagnosis")->result,
        RESULT(SETS));
    assert_outcome(OUTCOME(DENIED), "warranty.exclusions.misuse", "EXCLUDED");
    assert_int_equal(computed("offer_diagnosis")->money->minor, 3900);
    assert_string_equal(record->appeal->method, "POST /v1/claims/misuse:appeal");
    assert_string_equal(record->appeal->clause_id, "complaints.escalation");
    assert_string_equal(record->replaces_decision_id, "01900000-0000-7000-8000-000000000001");
    assert_int_equal(record->n_remedies, 0);

    decide("misuse_without_report");
    assert_outcome(OUTCOME(UNDETERMINED), "warranty.exclusions.misuse", "PROOF_MISSING");
    assert_needed("technician_report", "warranty.exclusions.misuse");
    assert_int_equal(step("warranty.exclusions.misuse", "", "")->result, RESULT(LACKS_PROOF));
    assert_null(record->appeal);
    decide("misuse_typed_by_customer");
    assert_int_equal(record->outcome, OUTCOME(UNDETERMINED));
    assert_needed("finding", "warranty.coverage");
}

static void
walk_3_late_with_a_statutory_layer(void **state UNUSED)
{
    decide("late_by_law");
    const Common__V1__Step *period = step("warranty.period", "length", "");
    assert_int_equal(period->result, RESULT(DENIES));
    assert_date(period->computed[0]->value->date, 2026, 6, 30);
    const Common__V1__Step *law = step("eu_consumer_sample.conformity", "length", "");
    assert_int_equal(law->result, RESULT(GRANTS));
    assert_date(law->computed[0]->value->date, 2027, 6, 30);
    const Common__V1__Step *presumed = step("eu_consumer_sample.conformity", "presumed_for", "");
    assert_date(presumed->computed[0]->value->date, 2026, 6, 30);
    assert_int_equal(presumed->result, RESULT(GRANTS));
    assert_string_equal(presumed->fact_names[0], "finding");
    assert_int_equal(step("warranty.exclusions.misuse", "", "")->result, RESULT(DOES_NOT_APPLY));
    assert_int_equal(step("repair.charges", "charge", "coverage=covered")->result, RESULT(SETS));
    assert_outcome(OUTCOME(GRANTED), "eu_consumer_sample.conformity", "COVERED_BY_LAW");
    assert_int_equal(record->n_entitlements, 3);
    assert_date(record->entitlements[0]->last_date, 2027, 6, 30);
    assert_true(has_entitlement(LAYER(STATUTORY), "travel"));
    assert_false(has_entitlement(LAYER(COMMERCIAL), "parts"));
    assert_string_equal(sentence("en"),
                        arena_printf(arena,
                                     "Our own warranty ended on %s (clause 1.1). By law the seller "
                                     "still answers until %s (sample text). The repair costs you "
                                     "nothing.",
                                     english(2026, 6, 30), english(2027, 6, 30)));

    decide("late_not_inspected");
    assert_outcome(OUTCOME(UNDETERMINED), "eu_consumer_sample.conformity", "PROOF_MISSING");
    assert_needed("finding", "eu_consumer_sample.conformity");
    decide("late_business");
    assert_outcome(OUTCOME(DENIED), "warranty.period", "EXPIRED");
    assert_int_equal(computed("offer_diagnosis")->money->minor, 3900);
    decide("late_class_unknown");
    assert_int_equal(record->outcome, OUTCOME(UNDETERMINED));
    assert_needed("customer_class", "eu_consumer_sample");
}

static void
a_claim_asks_for_what_is_missing(void **state UNUSED)
{
    decide("documents_missing");
    assert_outcome(OUTCOME(UNDETERMINED), "warranty.process", "DOCUMENTS_MISSING");
    assert_int_equal(record->n_needed, 2);
    decide("no_proof");
    assert_outcome(OUTCOME(UNDETERMINED), "warranty.process", "PROOF_MISSING");
    assert_needed("proof_of_purchase", "warranty.process");
    assert_string_equal(record->needed[0]->instead[0], "delivery_note");
    assert_true(record->pins[0]->is_before_first);
    decide("component_unknown");
    assert_int_equal(record->outcome, OUTCOME(UNDETERMINED));
    assert_needed("component", "warranty.period");
    decide("delivered_by_case");
    assert_outcome(OUTCOME(GRANTED), "warranty.period", "COVERED");
    assert_int_equal(record->n_unit_facts, 0);
}

static void
a_claim_goes_to_a_person_above_its_limits(void **state UNUSED)
{
    decide("above_limit");
    assert_outcome(OUTCOME(REFERRED), "warranty.process", "ABOVE_AUTOMATIC_LIMIT");
    decide("too_many_claims");
    assert_outcome(OUTCOME(REFERRED), "warranty.limits", "LIMIT_REACHED");
    assert_int_equal(record->n_remedies, 0);
}

static void
a_finding_that_no_cause_covers_denies(void **state UNUSED)
{
    decide("no_fault_found");
    assert_outcome(OUTCOME(DENIED), "warranty.coverage", "NOT_COVERED");
}

static void
layers_are_used_in_their_order(void **state UNUSED)
{
    decide("compressor");
    assert_outcome(OUTCOME(PARTLY_GRANTED), "warranty.period", "COVERED");
    assert_date(record->entitlements[0]->last_date, 2036, 5, 31);
    assert_non_null(record->appeal);
    decide("plan");
    assert_outcome(OUTCOME(GRANTED), "extended.period", "COVERED_BY_PLAN");
    assert_string_equal(record->pins[1]->moment, "buy");
    decide("repaired_again");
    assert_outcome(OUTCOME(GRANTED), "repair.warranty", "COVERED_BY_REPAIR");
}

static void
coverage_is_told_for_any_day(void **state UNUSED)
{
    decide("coverage");
    assert_outcome(OUTCOME(GRANTED), "warranty.period", "COVERED");
    assert_int_equal(computed("remaining_days")->number, 133);
    decide("coverage_ended");
    assert_outcome(OUTCOME(DENIED), "eu_consumer_sample.conformity", "EXPIRED");
    assert_date(computed("last_date")->date, 2028, 3, 15);
    decide("coverage_before");
    assert_outcome(OUTCOME(DENIED), "warranty.period", "NOT_STARTED");
    decide("coverage_paused");
    assert_true(record->entitlements[0]->is_paused);
    decide("coverage_large");
    assert_outcome(OUTCOME(PARTLY_GRANTED), "warranty.period", "COVERED");
    assert_string_equal(record->entitlements[0]->component, "compressor");
    decide("coverage_replaced");
    assert_date(record->entitlements[0]->last_date, 2027, 9, 11);
    decide("coverage_goodwill");
    assert_int_equal(record->outcome, OUTCOME(PARTLY_GRANTED));
    assert_string_equal(record->reason, "COVERED_BY_GOODWILL");
}

static void
returns_follow_reason_window_and_right(void **state UNUSED)
{
    decide("return_defect");
    assert_outcome(OUTCOME(GRANTED), "returns.window", "RETURNABLE");
    assert_date(computed("last_date")->date, 2026, 6, 3);
    assert_int_equal(computed("refund")->money->minor, 20000);
    assert_string_equal(computed("shipping_paid_by")->code, "company");
    assert_string_equal(computed("refund_by")->time, "2026-06-10T16:00:00Z");
    decide("return_worn");
    assert_outcome(OUTCOME(UNDETERMINED), "returns.conditions.used", "PROOF_MISSING");
    decide("return_worn_proven");
    assert_outcome(OUTCOME(DENIED), "returns.conditions.used", "EXCLUDED");
    decide("return_withdrawal");
    assert_outcome(OUTCOME(GRANTED), "eu_consumer_sample.withdrawal", "RETURNABLE_BY_LAW");
    decide("return_late");
    assert_outcome(OUTCOME(DENIED), "returns.window", "EXPIRED");
    decide("return_no_reason");
    assert_needed("reason", "returns.conditions");
    decide("return_hygiene");
    assert_outcome(OUTCOME(DENIED), "returns.conditions.hygiene", "EXCLUDED");
    decide("return_no_day");
    assert_needed("delivered", "returns.window");
    decide("return_wide_reason");
    assert_outcome(OUTCOME(GRANTED), "returns.window", "RETURNABLE");
    decide("return_exchange_only");
    assert_outcome(OUTCOME(GRANTED), "returns.window", "EXCHANGE_ONLY");
    assert_date(computed("last_date")->date, 2026, 6, 3);
    assert_int_equal(record->n_remedies, 1);
}

static void
charges_follow_the_coverage(void **state UNUSED)
{
    decide("charge_covered");
    assert_outcome(OUTCOME(GRANTED), "repair.charges", "FREE");
    decide("charge_labour");
    assert_outcome(OUTCOME(GRANTED), "repair.charges", "CHARGED");
    assert_int_equal(computed("customer_pays")->money->minor, 15000);
    assert_true(computed("estimate_needed")->flag);
    decide("charge_all");
    assert_outcome(OUTCOME(UNDETERMINED), "repair.charges", "PRICE_MISSING");
    assert_needed("parts.price_list", "repair.charges");
    assert_int_equal(computed("charge_labour")->money->minor, 3750);
    decide("charge_unknown");
    assert_needed("coverage", "repair.charges");
}

static void
remedies_follow_the_history(void **state UNUSED)
{
    decide("remedy_due");
    assert_outcome(OUTCOME(GRANTED), "repair.remedy.two_failed", "REMEDY_DUE");
    assert_int_equal(record->n_remedies, 2);
    decide("remedy_not_due");
    assert_outcome(OUTCOME(DENIED), "repair.remedy", "REMEDY_NOT_DUE");
    decide("remedy_unknown");
    assert_int_equal(record->outcome, OUTCOME(UNDETERMINED));
    assert_needed("days_in_repair", "repair.remedy.thirty_days");
}

static void
complaints_have_their_clocks(void **state UNUSED)
{
    decide("complaint");
    assert_outcome(OUTCOME(GRANTED), "complaints.handling", "ON_TIME");
    /* 1 May is a holiday, then comes the weekend. */
    assert_string_equal(computed("acknowledge_by")->time, "2026-05-04T16:00:00Z");
    assert_string_equal(computed("answer_by")->time, "2026-05-06T16:00:00Z");
    assert_string_equal(computed("next_rung")->code, "complaint_manager");
    decide("complaint_safety");
    assert_string_equal(computed("next_rung")->code, "head_of_service");
    assert_string_equal(computed("rung_answer_by")->time, "2026-05-12T16:00:00Z");
}

/* Each sentence names the day of the promise that was broken. */
static void
a_late_complaint_says_what_is_late(void **state UNUSED)
{
    decide("complaint_not_acknowledged");
    assert_outcome(OUTCOME(GRANTED), "complaints.handling", "ACKNOWLEDGEMENT_OVERDUE");
    assert_string_equal(sentence("en"), arena_printf(arena,
                                                     "We are late: we had promised to confirm your "
                                                     "complaint by %s (clause 5.2).",
                                                     english(2026, 5, 4)));
    decide("complaint_overdue");
    assert_outcome(OUTCOME(GRANTED), "complaints.handling", "OVERDUE");
    assert_string_equal(sentence("en"),
                        arena_printf(arena, "We are late: our answer was due by %s (clause 5.2).",
                                     english(2026, 5, 6)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk_1_covered),
        cmocka_unit_test(walk_1_outcome),
        cmocka_unit_test(walk_2_misuse),
        cmocka_unit_test(walk_3_late_with_a_statutory_layer),
        cmocka_unit_test(a_claim_asks_for_what_is_missing),
        cmocka_unit_test(a_claim_goes_to_a_person_above_its_limits),
        cmocka_unit_test(a_finding_that_no_cause_covers_denies),
        cmocka_unit_test(layers_are_used_in_their_order),
        cmocka_unit_test(coverage_is_told_for_any_day),
        cmocka_unit_test(returns_follow_reason_window_and_right),
        cmocka_unit_test(charges_follow_the_coverage),
        cmocka_unit_test(remedies_follow_the_history),
        cmocka_unit_test(complaints_have_their_clocks),
        cmocka_unit_test(a_late_complaint_says_what_is_late),
    };
    return cmocka_run_group_tests(tests, fixture_open, end);
}
