/*
 * policy_decide_components_test - parts of a unit for which more is promised than for the whole
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check.h"
#include "common/policy/policy_decide_edit_fixture.h"

/* A small appliance of a consumer in the EU, delivered in May 2025. */
#define SOLD                                                                                       \
    "serial: SN-1\nfacts:\n  category: small_appliances\n  region: DE\n  condition: new\n"         \
    "  customer_class: consumer\n  channel: shop\n  delivered: 2025-05-31\n"
#define TRAVEL "          - {when: {cost_class: travel}, length: none}\n"
#define FLOORS "    floors:\n"

static void
a_floor_for_a_component_makes_a_layer_of_it(void **state UNUSED)
{
    static const struct text_edits motor = {
        .main = {FLOORS,
                 FLOORS "      - {id: eu_consumer_sample.motor, parameter: "
                        "warranty.period/length, when: {component: motor}, is: 5 years}\n"}};
    edit_open(&motor);
    edit_decide(EDIT_HEAD("warranty.coverage", "2029-05-31") SOLD "  component: motor\n");
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_assert_last_date("2030-05-31");
    edit_decide(EDIT_HEAD("warranty.coverage", "2029-05-31") SOLD "  component: lamp\n");
    assert_int_equal(edit_record->outcome, DENIED);
}

static void
a_component_that_only_a_later_version_names_is_improved(void **state UNUSED)
{
    static const struct text_edits first;
    static const struct text_edits later = {
        .main = {"component: {compressor: {},", "component: {compressor: {}, drum: {},", TRAVEL,
                 TRAVEL "          - {when: {category: small_appliances, component: motor}, "
                        "length: 8 years}\n"
                        "          - {when: {category: small_appliances, component: drum}, "
                        "length: 10 years}\n"}};
    edit_open_two(&first, &later);
    edit_decide(EDIT_HEAD("warranty.coverage", "2032-06-01") SOLD "  component: motor\n");
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_assert_last_date("2033-05-31");
    edit_decide(EDIT_HEAD("warranty.coverage", "2034-06-01") SOLD "  component: drum\n");
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_assert_last_date("2035-05-31");
    assert_int_equal(edit_record->entitlements[0]->layer,
                     COMMON__V1__ENTITLEMENT__LAYER__COMMERCIAL);
    assert_string_equal(edit_record->entitlements[0]->component, "drum");
}

/* Each value has a step of its own, and says what lifted it. */
static void
a_floor_for_a_cost_class_has_its_own_step(void **state UNUSED)
{
    static const struct text_edits labour = {
        .main = {FLOORS,
                 FLOORS "      - {id: eu_consumer_sample.labour, parameter: "
                        "warranty.period/length, when: {cost_class: labour}, is: 5 years}\n"}};
    edit_open(&labour);
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-01-01") SOLD);
    size_t steps = 0;
    for (size_t i = 0; i < edit_record->n_steps; i++) {
        const Common__V1__Step *step = edit_record->steps[i];
        if (strcmp(step->clause_id, "warranty.period") != 0 ||
            strcmp(step->parameter, "length") != 0 || step->result == DOES_NOT_APPLY)
            continue;
        steps++;
        bool is_lifted = step->lifted_by[0] != 0;
        assert_int_equal(step->value->span->months, is_lifted ? 60 : 12);
        assert_int_equal(step->n_computed,
                         is_lifted ? 2 : 1); /* the company's value; the last day */
    }
    assert_int_equal(steps, 2);
}

/* As many components with lengths of their own as a check accepts, and what else makes terms: a
 * plan, a repair, and a part that has no length of its own. */
static void
what_a_check_accepts_can_be_decided(void **state UNUSED)
{
    struct buf codes = {0}, rules = {0};
    buf_add_text(&codes, "component: {compressor: {},");
    buf_add_text(&rules, TRAVEL);
    for (int i = 0; i < 145; i++) {
        buf_printf(&codes, " k%d: {},", i);
        buf_printf(&rules,
                   "          - {when: {category: small_appliances, component: k%d}, length: %d "
                   "months}\n          - {when: {category: small_appliances, component: k%d, "
                   "cost_class: travel}, length: 1 month}\n",
                   i, i % 9 + 2, i);
    }
    const struct text_edits many = {
        .main = {"component: {compressor: {},", buf_text(&codes), TRAVEL, buf_text(&rules)}};
    edit_open(&many);
    size_t error_count = edit_files[0].problems.error_count;
    (void)policy_check(edit_files[0].arena, edit_versions[0], false, &edit_files[0].problems);
    for (size_t i = error_count; i < edit_files[0].problems.problem_count; i++)
        assert_string_not_equal(edit_files[0].problems.problems[i].reason, "COMPONENTS_TOO_MANY");
    edit_decide(EDIT_HEAD("warranty.coverage", "2025-10-01") SOLD
                "  component: lamp\n"
                "unit:\n"
                "  - {kind: repaired, date: 2025-07-01, repair_id: R-1, "
                "cost_classes: [parts], has_succeeded: yes}\n"
                "  - {kind: plan_bought, date: 2025-06-01, contract_id: C-1, plan: "
                "plus1}\n");
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    buf_free(&codes);
    buf_free(&rules);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_floor_for_a_component_makes_a_layer_of_it),
        cmocka_unit_test(a_component_that_only_a_later_version_names_is_improved),
        cmocka_unit_test(a_floor_for_a_cost_class_has_its_own_step),
        cmocka_unit_test(what_a_check_accepts_can_be_decided),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
