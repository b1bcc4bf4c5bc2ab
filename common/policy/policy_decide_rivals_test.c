/*
 * policy_decide_rivals_test - floors that cannot be compared on paper with what the ledger counts
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_edit_fixture.h"

#define WHO                                                                                        \
    "serial: SN-1\nfacts:\n  category: small_appliances\n  region: DE\n  condition: new\n"         \
    "  customer_class: consumer\n  channel: shop\n"
#define FLOORS "    floors:\n"
#define FLOOR(NAME, PARAMETER, IS)                                                                 \
    "      - {id: eu_consumer_sample." NAME ", parameter: " PARAMETER ", is: " IS "}\n"
#define DELIVERED                                                                                  \
    "unit:\n  - {id: f0, kind: delivered, date: 2025-03-10, recorded: 2025-03-10T09:00:00Z}\n"
#define REPAIR                                                                                     \
    "  - {id: f1, kind: taken_in, date: 2025-04-01, recorded: 2025-04-01T09:00:00Z, "              \
    "repair_id: R-1, coverage: covered}\n"                                                         \
    "  - {id: f2, kind: handed_back, date: 2025-06-30, recorded: 2025-06-30T09:00:00Z, "           \
    "repair_id: R-1}\n"

static void
assert_lifted(const char *clause_id, const char *parameter, const char *by)
{
    const Common__V1__Step *step = edit_step(clause_id, parameter);
    assert_string_equal(step->lifted_by, by);
    assert_string_equal(step->computed[0]->name, "company_value");
}

/* Thirteen months from the end of the base, in March, have 396 days. */
static void
a_plan_lasts_as_long_as_the_longer_of_both(void **state UNUSED)
{
    static const char plan[] = EDIT_HEAD("warranty.coverage", "2027-04-10") WHO DELIVERED
        "  - {id: f1, kind: plan_bought, date: 2025-04-01, recorded: 2025-04-01T12:00:00Z, "
        "contract_id: C-1, plan: plus2}\n";
    static const struct text_edits longer = {
        .main = {FLOORS, FLOORS FLOOR("plan", "extended.period/length", "13 months"),
                 "{plan: plus2}, length: 2 years", "{plan: plus2}, length: 395 days"}};
    edit_open(&longer);
    edit_decide(plan);
    edit_assert_outcome(PARTLY_GRANTED, "extended.period", "COVERED_BY_PLAN");
    edit_assert_last_date("2027-04-10");
    assert_lifted("extended.period", "length", "eu_consumer_sample.plan");
}

static void
a_repair_is_warranted_as_long_as_the_longer_of_both(void **state UNUSED)
{
    static const struct text_edits longer = {
        .main = {FLOORS, FLOORS FLOOR("repair", "repair.warranty/length", "3 months"),
                 "set: {length: 90 days}", "set: {length: 91 days}"}};
    static const char repaired[] = EDIT_HEAD("warranty.coverage", "2027-09-03") WHO
        "unit:\n  - {id: f0, kind: delivered, date: 2025-03-10, recorded: 2025-03-10T09:00:00Z}\n"
        "  - {id: f1, kind: repaired, date: 2027-06-03, recorded: 2027-06-03T09:00:00Z, "
        "repair_id: R-1, cost_classes: [parts], has_succeeded: yes}\n";
    edit_open(&longer);
    edit_decide(repaired);
    assert_lifted("repair.warranty", "length", "eu_consumer_sample.repair");
    edit_assert_last_date("2027-09-03");
}

static void
repair_time_is_added_up_to_the_longer_of_both(void **state UNUSED)
{
    static const struct text_edits longer = {
        .main = {FLOORS, FLOORS FLOOR("max", "warranty.repair_time/max", "1 month"),
                 "repairs_counted: covered, max: unlimited",
                 "repairs_counted: covered, max: 30 days"}};
    edit_open(&longer);
    edit_decide(EDIT_HEAD("warranty.coverage", "2025-11-02") WHO DELIVERED REPAIR);
    assert_lifted("warranty.repair_time", "max", "eu_consumer_sample.max");
    edit_assert_last_date("2026-04-10");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_lasts_as_long_as_the_longer_of_both),
        cmocka_unit_test(a_repair_is_warranted_as_long_as_the_longer_of_both),
        cmocka_unit_test(repair_time_is_added_up_to_the_longer_of_both),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
