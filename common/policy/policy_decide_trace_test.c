/*
 * policy_decide_trace_test - each step of a record says what it did, and the outcome follows from
 * them
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_edit_fixture.h"

#define SOLD(SERIAL)                                                                               \
    "serial: " SERIAL "\nfacts:\n  category: large_appliances\n  region: DE\n"                     \
    "  customer_class: consumer\n  condition: new\n  channel: shop\n  cause: material_defect\n"
#define DELIVERED "unit:\n  - {id: f1, kind: delivered, date: 2025-05-31}\n"

static const char law[] = "eu_consumer_sample.conformity";
static const char *const compressor =
    "category=large_appliances,component=compressor,cost_class=parts";

static void
assert_step(const char *clause_id, const char *parameter, const char *rule,
            Common__V1__Step__Result result)
{
    for (size_t i = 0; i < edit_record->n_steps; i++) {
        const Common__V1__Step *step = edit_record->steps[i];
        if (strcmp(step->clause_id, clause_id) != 0 || strcmp(step->parameter, parameter) != 0 ||
            strcmp(step->rule, rule) != 0)
            continue;
        assert_int_equal(step->result, result);
        return;
    }
    fail_msg("there is no step %s/%s[%s]", clause_id, parameter, rule);
}

static void
what_has_expired_denies_also_where_it_is_a_right(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(EDIT_HEAD("warranty.claim", "2028-06-01")
                    SOLD("SN-1") "  component: motor\n" DELIVERED);
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
    edit_assert_last_date("2027-05-31");
    assert_step(law, "length", "", DENIES);
    assert_step("warranty.period", "length", "category=large_appliances", DENIES);
    edit_decide(EDIT_HEAD("warranty.claim", "2027-05-31")
                    SOLD("SN-1") "  component: motor\n" DELIVERED);
    assert_step(law, "length", "", GRANTS);
}

static void
a_right_whose_begin_nobody_knows_lacks_proof(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-06-01") SOLD("SN-1"));
    assert_int_equal(edit_record->outcome, UNDETERMINED);
    assert_step(law, "length", "", LACKS_PROOF);
}

static void
what_is_promised_for_another_part_does_not_apply(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(EDIT_HEAD("warranty.claim", "2028-06-01")
                    SOLD("SN-1") "  component: motor\n" DELIVERED);
    assert_step("warranty.period", "length", compressor, DOES_NOT_APPLY);
    edit_decide(EDIT_HEAD("warranty.claim", "2028-06-01")
                    SOLD("SN-1") "  component: compressor\n" DELIVERED);
    assert_step("warranty.period", "length", compressor, GRANTS);
}

static void
the_warranty_on_the_repair_of_another_fault_does_not_apply(void **state UNUSED)
{
    static const char *const faults[] = {"F8", "F7"};
    edit_open(NULL);
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        edit_decide(arena_printf(
            edit_files[0].arena,
            "%s  component: motor\n  fault_code: %s\n" DELIVERED
            "  - {id: f2, kind: taken_in, date: 2028-03-02, repair_id: R-1}\n"
            "  - {id: f3, kind: handed_back, date: 2028-03-14, repair_id: R-1}\n"
            "  - {id: f4, kind: repaired, date: 2028-03-14, repair_id: R-1, fault_code: F7, "
            "component: motor, cost_classes: [parts, labour], has_succeeded: yes}\n",
            EDIT_HEAD("warranty.claim", "2028-05-01") SOLD("SN-1"), faults[i]));
        assert_step("repair.warranty", "length", "", i == 0 ? DOES_NOT_APPLY : GRANTS);
    }
}

/* ---- from which day ---- */

static void
assert_starts(const char *explanation)
{
    const Common__V1__Step *step = edit_step("warranty.period", "starts");
    assert_int_equal(step->n_computed, 1);
    assert_string_equal(step->computed[0]->explanation, explanation);
}

static void
the_trace_names_the_day_from_which_is_counted(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(EDIT_HEAD("warranty.coverage", "2025-07-01")
                    SOLD("SN-1") "unit:\n"
                                 "  - {id: f1, kind: purchased, date: 2025-05-31, stated: yes}\n"
                                 "  - {id: f2, kind: registered, date: 2025-06-20}\n");
    assert_starts("purchased 2025-05-31");
    assert_int_equal(edit_record->entitlements[0]->start_date->day, 31);
}

/* One layer is all that there is. */
static void
the_day_is_named_where_one_cost_class_alone_is_promised(void **state UNUSED)
{
    static const char travel[] = "          - {when: {cost_class: travel}, length: none}\n";
    static const struct text_edits parts = {
        .main = {travel, "          - {when: {cost_class: travel}, length: none}\n"
                         "          - {when: {cost_class: labour}, length: none}\n"}};
    edit_open(&parts);
    edit_decide(
        EDIT_HEAD("warranty.coverage",
                  "2025-07-01") "serial: SN-1\nfacts:\n  category: small_appliances\n  region: US\n"
                                "  customer_class: business\n  condition: new\n  channel: shop\n"
                                "unit:\n  - {id: f1, kind: purchased, date: 2025-05-31}\n");
    assert_int_equal(edit_record->n_entitlements, 1);
    assert_starts("purchased 2025-05-31");
}

static void
of_a_replacement_it_is_the_day_of_the_first_unit(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(EDIT_HEAD("warranty.coverage", "2025-11-01") SOLD(
        "SN-2") "unit:\n"
                "  - {id: f1, kind: purchased, date: 2025-05-31, serial: SN-1}\n"
                "  - {id: f2, kind: delivered, date: 2025-10-02, serial: SN-2}\n"
                "  - {id: f3, kind: replaced, date: 2025-10-02, serial: SN-2, old_serial: SN-1, "
                "received_date: 2025-10-01}\n");
    assert_starts("purchased 2025-05-31");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_expired_denies_also_where_it_is_a_right),
        cmocka_unit_test(a_right_whose_begin_nobody_knows_lacks_proof),
        cmocka_unit_test(what_is_promised_for_another_part_does_not_apply),
        cmocka_unit_test(the_warranty_on_the_repair_of_another_fault_does_not_apply),
        cmocka_unit_test(the_trace_names_the_day_from_which_is_counted),
        cmocka_unit_test(the_day_is_named_where_one_cost_class_alone_is_promised),
        cmocka_unit_test(of_a_replacement_it_is_the_day_of_the_first_unit),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
