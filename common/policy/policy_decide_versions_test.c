/*
 * policy_decide_versions_test - what was sold under one version and improved by a later one
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_edit_fixture.h"

#define MISUSE "              when: {finding: [misuse, impact]}\n"
#define SOLD                                                                                       \
    "  category: small_appliances\n  region: US\n  customer_class: business\n  condition: new\n"   \
    "  channel: shop\n"

static const char misused[] = EDIT_HEAD(
    "warranty.claim",
    "2026-03-02") "serial: SN-1\nfacts:\n" SOLD
                  "  delivered: 2025-07-20\n  cause: material_defect\n  technician_report: yes\n"
                  "  finding: {value: misuse, trust: found, evidence: [technician_report]}\n";

/* Of each version the tests are kept that the other has too. Their codes are looked up in one tree,
 * not in one of each. */
static void
a_test_that_both_versions_have_excludes_as_each_alone(void **state UNUSED)
{
    static const struct text_edits first = {
        .main = {MISUSE,
                 "              when: {category: appliances, finding: [misuse, impact]}\n"}};
    static const struct text_edits later = {
        .main = {MISUSE, "              when: {category: appliances, finding: [misuse, impact]}\n",
                 "when: {finding: liquid, waterproof: no}", "when: {finding: liquid}",
                 "category: {appliances:", "category: {aaa: {aab: {}, aac: {}}, appliances:"}};
    edit_open(&first);
    edit_decide(misused);
    edit_assert_outcome(DENIED, "warranty.exclusions.misuse", "EXCLUDED");
    edit_open(&later);
    edit_decide(misused);
    edit_assert_outcome(DENIED, "warranty.exclusions.misuse", "EXCLUDED");
    edit_open_two(&first, &later);
    edit_decide(misused);
    edit_assert_outcome(DENIED, "warranty.exclusions.misuse", "EXCLUDED");
}

/* The hours that a promise names are those of the version that made it. */
static void
a_promise_of_a_later_version_is_counted_by_its_own_hours(void **state UNUSED)
{
    static const struct text_edits first = {
        .main = {"refund_within: 7 working days of office", "refund_within: unlimited"}};
    static const struct text_edits later = {
        .main = {"calendars:",
                 "calendars:\n  court: {time_zone: Europe/Berlin, week: {mon-fri: "
                 "[\"09:00-12:00\"]}, holidays: [DE]}\n",
                 "refund_within: 7 working days of office",
                 "refund_within: 1 working day of court"}};
    edit_open_two(&first, &later);
    edit_decide(EDIT_HEAD(
        "returns.check",
        "2026-01-05") "facts:\n" SOLD
                      "  delivered: 2025-12-22\n  price_paid: 200.00 EUR\n  order_line: o/1\n"
                      "  reason: defect\n  fault_photo: yes\n  received: 2026-01-05\n");
    edit_assert_outcome(GRANTED, "returns.window", "RETURNABLE");
    assert_string_equal(edit_computed("refund_by")->time, "2026-01-06T11:00:00Z");
}

/* Nothing of the version that was sold varies by what is not known, but something of the later. */
static void
what_only_a_later_version_asks_denies_nothing_while_unknown(void **state UNUSED)
{
    static const struct text_edits first;
    static const struct text_edits later = {
        .main = {"          - {when: {cost_class: travel}, length: none}\n",
                 "          - {when: {cost_class: travel}, length: none}\n"
                 "          - {when: {region: US}, length: 5 years}\n"}};
    static const char sold[] = EDIT_HEAD(
        "warranty.coverage",
        "2028-03-02") "serial: SN-1\nfacts:\n  category: small_appliances\n  channel: shop\n"
                      "  customer_class: business\n  condition: new\n  delivered: 2025-07-20\n";
    edit_open(&first);
    edit_decide(sold);
    assert_int_equal(edit_record->outcome, DENIED);
    edit_open_two(&first, &later);
    edit_decide(sold);
    edit_assert_needed("region", "warranty.period");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_test_that_both_versions_have_excludes_as_each_alone),
        cmocka_unit_test(a_promise_of_a_later_version_is_counted_by_its_own_hours),
        cmocka_unit_test(what_only_a_later_version_asks_denies_nothing_while_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
