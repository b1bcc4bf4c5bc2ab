/*
 * policy_decide_sentence_test - what customers read of a decision
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_edit_fixture.h"

static const char many_claims[] = EDIT_HEAD(
    "warranty.claim",
    "2026-11-02") "serial: SN-1\n"
                  "facts:\n"
                  "  category: small_appliances\n"
                  "  region: DE\n"
                  "  customer_class: consumer\n"
                  "  condition: new\n"
                  "  cause: material_defect\n"
                  "  fault_photo: {value: yes, trust: documented, source: documents/1}\n"
                  "  serial_label_photo: {value: yes, trust: documented, source: documents/2}\n"
                  "  claims_in_period: 7\n"
                  "unit:\n"
                  "  - {id: f1, kind: delivered, date: 2026-03-15, recorded: "
                  "2026-03-15T12:00:00Z}\n";

static const char *
say(size_t language)
{
    edit_decide(many_claims);
    edit_assert_outcome(REFERRED, "warranty.limits", "LIMIT_REACHED");
    return edit_record->sentences[language]->text;
}

static void
a_clause_that_customers_can_read_is_named_by_its_number(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(many_claims);
    edit_assert_says(0, "(Ziffer 1.5)");
    edit_assert_says(1, "(clause 1.5)");
}

static void
an_internal_clause_has_no_number_to_be_looked_up(void **state UNUSED)
{
    static const struct text_edits hidden = {
        .main = {"- clause: warranty.limits\n",
                 "- clause: warranty.limits\n        internal: yes\n"}};
    edit_open(&hidden);
    assert_string_equal(say(1), "A member of our staff will look at your claim, because there were "
                                "several.");
    assert_null(strchr(say(0), '('));
}

/* Nothing is asked of who claims, so that only the unit's own days can help. */
static const char documents[] =
    "          documents:\n"
    "            - {document: proof_of_purchase, unless: {delivered: known}, instead: "
    "[delivery_note]}\n"
    "            - {document: serial_label_photo, when: {channel: distance}}\n"
    "            - {document: fault_photo, when: {cause: [material_defect, workmanship_defect]}}\n";

static void
what_is_asked_for_is_the_day_from_which_the_time_counts(void **state UNUSED)
{
    static const char claim[] = EDIT_HEAD(
        "warranty.claim",
        "2026-11-02") "serial: SN-1\n"
                      "facts: {category: small_appliances, region: US, cause: material_defect}\n";
    static const char returned[] = EDIT_HEAD(
        "returns.check", "2026-11-02") "serial: SN-1\n"
                                       "facts: {category: small_appliances, region: US, "
                                       "reason: change_of_mind, opened: no, grade: like_new}\n";
    const struct text_edits installed = {
        .main = {"starts: [delivered, purchased, installed, registered, manufactured + 90 days]",
                 "starts: [installed, delivered]", "starts: [delivered, purchased + 3 days]",
                 "starts: [ordered]", documents, "          documents: none\n"}};
    edit_open(&installed);
    edit_decide(claim);
    edit_assert_needed("installed", "warranty.period");
    edit_assert_says(0, "Uns fehlt noch: der Tag des Einbaus (Ziffer 1.1).");
    edit_decide(returned);
    edit_assert_needed("ordered", "returns.window");
    edit_assert_says(1, "We still need: the day of the order (clause 2.2).");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clause_that_customers_can_read_is_named_by_its_number),
        cmocka_unit_test(an_internal_clause_has_no_number_to_be_looked_up),
        cmocka_unit_test(what_is_asked_for_is_the_day_from_which_the_time_counts),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
