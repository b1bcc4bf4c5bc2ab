/*
 * policy_decide_claim_test - claims and units of which a sentence or a charge said too much
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_edit_fixture.h"

#define FACTS(REGION)                                                                              \
    "serial: SN-1\nfacts:\n  category: small_appliances\n  region: " REGION "\n"                   \
    "  condition: new\n  customer_class: consumer\n  channel: shop\n  fault_photo: yes\n"          \
    "  price_paid: 20.00 EUR\n  claims_in_period: 0\n"
#define DELIVERED "  delivered: 2026-01-20\n"
#define FAULTY "  cause: material_defect\n"
#define TRAVEL "          - {when: {cost_class: travel}, length: none}\n"
#define COVERED "          - {when: {coverage: covered}, charge: free}\n"

/* Labour is paid for half a year, by large and by refurbished appliances' rules as well. */
static void
a_warranty_that_runs_for_one_cost_class_has_not_ended(void **state UNUSED)
{
    static const struct text_edits half = {
        .main = {TRAVEL, TRAVEL
                 "          - {when: {cost_class: labour}, length: 6 months}\n"
                 "          - {when: {cost_class: labour, category: large_appliances}, length: 6 "
                 "months}\n"
                 "          - {when: {cost_class: labour, condition: refurbished}, length: 6 "
                 "months}\n"
                 "          - {when: {cost_class: labour, category: large_appliances, condition: "
                 "refurbished}, length: 6 months}\n"}};
    edit_open(&half);
    edit_decide(EDIT_HEAD("warranty.claim", "2026-09-30") FACTS("DE") DELIVERED
                "  cause: not_as_described\n");
    edit_assert_outcome(GRANTED, "eu_consumer_sample.conformity", "COVERED_BY_LAW");
    edit_assert_says(1, "By law the seller answers until January 20, 2028");
    assert_null(strstr(edit_record->sentences[1]->text, "ended"));
    edit_decide(EDIT_HEAD("warranty.claim", "2027-09-30") FACTS("DE") DELIVERED FAULTY
                "  finding: {value: material_defect, trust: found}\n");
    edit_assert_says(1, "Our own warranty ended on January 20, 2027");
}

static void
what_a_covered_repair_costs_is_the_sum_of_its_lines(void **state UNUSED)
{
    static const struct text_edits shipping = {
        .main = {COVERED,
                 COVERED "          - {when: {coverage: covered, charge_item: shipping}, charge: "
                         "9.90 EUR}\n"}};
    static const struct text_edits listed = {
        .main = {COVERED,
                 COVERED "          - {when: {coverage: covered, charge_item: parts}, charge: "
                         "\"list parts.price_list\"}\n"}};
    static const char claim[] =
        EDIT_HEAD("warranty.claim", "2026-09-30") FACTS("US") DELIVERED FAULTY;
    edit_open(&shipping);
    edit_decide(claim);
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    assert_int_equal(edit_computed("customer_pays")->money->minor, 990);
    assert_null(strstr(edit_record->sentences[1]->text, "nothing"));
    edit_decide(EDIT_HEAD("repair.charge", "2026-09-30") FACTS("US") "  coverage: covered\n");
    assert_int_equal(edit_computed("customer_pays")->money->minor, 990);
    edit_open(&listed);
    edit_decide(claim);
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    assert_null(edit_computed("customer_pays"));
    assert_int_equal(edit_record->n_needed, 0);
    assert_null(strstr(edit_record->sentences[1]->text, "nothing"));
}

static void
a_plan_that_has_paid_often_enough_sends_nobody_to_look(void **state UNUSED)
{
    static const struct text_edits once = {.main = {"claims_max: unlimited}", "claims_max: 1}"}};
    edit_open(&once);
    edit_decide(EDIT_HEAD("warranty.claim", "2027-06-30") FACTS("US") FAULTY
                "  claims_under_plan: 1\nunit:\n"
                "  - {kind: delivered, date: 2026-01-20}\n"
                "  - {kind: plan_bought, date: 2026-02-01, plan: plus1, "
                "contract_id: C-1}\n");
    edit_assert_outcome(DENIED, "extended.coverage", "LIMIT_REACHED");
    edit_assert_says(1, "Your extended warranty pays for no further claims (clause 7.3).");
    edit_assert_says(0, "Ihre Garantieverlängerung zahlt für keine weiteren Anträge (Ziffer 7.3).");
}

static void
no_time_is_added_where_none_may_be(void **state UNUSED)
{
    static const char *const ends[][2] = {{"max: none}", "2027-01-20"},
                                          {"max: not_offered}", "2027-01-20"},
                                          {"max: 5 days}", "2027-01-25"},
                                          {"max: unlimited}", "2027-02-01"}};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        const struct text_edits max = {.main = {"max: unlimited}", ends[i][0]}};
        edit_open(&max);
        edit_decide(EDIT_HEAD("warranty.coverage", "2026-06-01") FACTS(
            "US") "unit:\n"
                  "  - {kind: delivered, date: 2026-01-20}\n"
                  "  - {kind: taken_in, date: 2026-03-02, repair_id: R-1, coverage: covered}\n"
                  "  - {kind: handed_back, date: 2026-03-14, repair_id: R-1}\n");
        edit_assert_last_date(ends[i][1]);
    }
}

#define GOODWILL                                                                                   \
    "unit:\n  - {kind: delivered, date: 2024-01-20}\n"                                             \
    "  - {kind: goodwill, date: 2026-02-01, last_date: 2026-06-30, cost_classes: [parts]}\n"

static void
goodwill_rests_on_a_clause_whoever_granted_it(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(EDIT_HEAD("warranty.claim", "2026-03-30") FACTS("US") FAULTY GOODWILL);
    edit_assert_outcome(PARTLY_GRANTED, "general.authority", "COVERED_BY_GOODWILL");
    edit_decide(EDIT_HEAD("warranty.claim", "2026-07-30") FACTS("US") FAULTY GOODWILL);
    edit_assert_outcome(DENIED, "general.authority", "EXPIRED");
    edit_assert_says(1, "the last day was June 30, 2026. ");
    /* As a message has it in which no clause is named. */
    struct policy_case *question =
        edit_read(EDIT_HEAD("warranty.claim", "2026-03-30") FACTS("US") FAULTY GOODWILL);
    struct entitlement_fact facts[] = {question->unit_facts[0], question->unit_facts[1]};
    facts[1].clause_id = "";
    question->unit_facts = facts;
    edit_decide_case(question);
    edit_assert_outcome(PARTLY_GRANTED, "general.authority", "COVERED_BY_GOODWILL");
}

static void
a_document_that_is_given_is_not_asked_for(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(EDIT_HEAD("warranty.claim", "2026-09-30") FACTS("US") FAULTY);
    edit_assert_needed("proof_of_purchase", "warranty.process");
    edit_decide(EDIT_HEAD("warranty.claim", "2026-09-30") FACTS("US") FAULTY
                "  proof_of_purchase: yes\n");
    edit_assert_needed("delivered", "warranty.period");
    edit_decide(EDIT_HEAD("warranty.claim", "2026-09-30") FACTS("US") FAULTY
                "  delivery_note: yes\n");
    edit_assert_needed("delivered", "warranty.period");
}

/* Our own warranty runs and is not for what was found. The warranty on a repair may grant, of the
 * same fault, and so may goodwill for a part. */
static void
where_several_layers_may_grant_the_first_says_what_is_needed(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(EDIT_HEAD("warranty.claim", "2026-03-30") FACTS(
        "US") "  finding: {value: not_as_described, trust: found}\n"
              "unit:\n"
              "  - {kind: delivered, date: 2026-01-20}\n"
              "  - {kind: repaired, date: 2026-02-14, repair_id: R-1, fault_code: F7, "
              "cost_classes: [parts], has_succeeded: yes}\n"
              "  - {kind: goodwill, date: 2026-02-20, last_date: 2026-06-30, component: motor, "
              "cost_classes: [parts]}\n");
    edit_assert_needed("fault_code", "repair.warranty");
}

static void
facts_stand_in_the_order_of_their_names_with_the_policys_own_documents(void **state UNUSED)
{
    static const struct text_edits plan = {
        .main = {"document: [proof_of_purchase,", "document: [assembly_plan, proof_of_purchase,",
                 "instead: [delivery_note]", "instead: [assembly_plan, delivery_note]"}};
    edit_open(&plan);
    edit_decide(EDIT_HEAD("warranty.claim", "2026-09-30") FACTS("US") FAULTY
                "  assembly_plan: yes\n");
    assert_string_equal(edit_record->facts[0]->name, "assembly_plan");
    for (size_t i = 1; i < edit_record->n_facts; i++)
        assert_true(strcmp(edit_record->facts[i - 1]->name, edit_record->facts[i]->name) < 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warranty_that_runs_for_one_cost_class_has_not_ended),
        cmocka_unit_test(what_a_covered_repair_costs_is_the_sum_of_its_lines),
        cmocka_unit_test(a_plan_that_has_paid_often_enough_sends_nobody_to_look),
        cmocka_unit_test(no_time_is_added_where_none_may_be),
        cmocka_unit_test(goodwill_rests_on_a_clause_whoever_granted_it),
        cmocka_unit_test(a_document_that_is_given_is_not_asked_for),
        cmocka_unit_test(where_several_layers_may_grant_the_first_says_what_is_needed),
        cmocka_unit_test(facts_stand_in_the_order_of_their_names_with_the_policys_own_documents),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
