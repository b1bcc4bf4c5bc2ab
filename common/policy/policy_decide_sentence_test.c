/*
 * policy_decide_sentence_test - what customers read of a decision
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_edit_fixture.h"
#include "common/policy/policy_decide_phrases.h"
#include "common/policy/policy_decide_words.h"

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

static bool
has_words(const char *key)
{
    size_t i = 0;
    while (decide_words_at(i) != NULL && strcmp(decide_words_at(i)->key, key) != 0)
        i++;
    return decide_words_at(i) != NULL;
}

/* Documents are called as the policy does. */
static void
every_fact_that_may_be_asked_for_has_words(void **state UNUSED)
{
    static const char *const papers[] = {"delivery_note", "fault_photo", "proof_of_purchase",
                                         "serial_label_photo", "technician_report"};
    const struct policy_fact_row *rows;
    size_t count = policy_fact_rows(&rows);
    for (size_t i = 0; i < count; i++) {
        bool is_document = false;
        for (size_t n = 0; n < COUNT_OF(papers); n++)
            is_document = is_document || strcmp(papers[n], rows[i].name) == 0;
        char key[DECIDE_KEY_SIZE];
        (void)snprintf(key, sizeof key, "need.%s", rows[i].name);
        if (!is_document && !has_words(key))
            fail_msg("the fact %s has no words", rows[i].name);
    }
}

#define CLAIM                                                                                      \
    EDIT_HEAD("warranty.claim", "2026-11-02")                                                      \
    "serial: SN-1\nfacts:\n  category: small_appliances\n  region: DE\n"                           \
    "  customer_class: consumer\n  condition: new\n  cause: material_defect\n"                     \
    "  serial_label_photo: yes\n  delivered: 2026-03-15\n  claims_in_period: 0\n"

static void
a_fact_is_asked_for_in_words(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(CLAIM "  finding: {value: liquid, trust: found}\n  technician_report: yes\n");
    assert_int_equal(edit_record->outcome, UNDETERMINED);
    edit_assert_says(0, "ob das Produkt wasserdicht ist");
    edit_assert_says(1, "We still need: whether the product is waterproof");
}

static void
a_claim_above_the_limit_says_so(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(CLAIM "  fault_photo: yes\n  price_paid: 800.00 EUR\n");
    edit_assert_outcome(REFERRED, "warranty.process", "ABOVE_AUTOMATIC_LIMIT");
    edit_assert_says(0, "weil er uns mehr als 150,00\u00a0€ kosten kann (Ziffer 1.4).");
    edit_assert_says(1, "because it may cost us more than €150.00 (clause 1.4).");
    edit_decide(CLAIM "  fault_photo: yes\n  price_paid: 8.00 USD\n");
    edit_assert_outcome(REFERRED, "warranty.process", "CURRENCY_DIFFERS");
    edit_assert_says(1, "decide on your claim, because you paid in another currency");
    edit_decide(CLAIM "  fault_photo: yes\n");
    edit_assert_outcome(REFERRED, "warranty.process", "PRICE_UNKNOWN");
    edit_assert_says(0, "weil wir den Preis des Geräts nicht kennen (Ziffer 1.4).");
    edit_assert_says(1, "because we do not know what the product cost (clause 1.4).");
}

static void
where_nothing_is_approved_automatically_the_price_does_not_matter(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"auto_approve_up_to: 150.00 EUR", "auto_approve_up_to: none"}};
    edit_open(&edits);
    edit_decide(CLAIM "  fault_photo: yes\n");
    edit_assert_outcome(REFERRED, "warranty.process", "ABOVE_AUTOMATIC_LIMIT");
    edit_assert_says(1, "A member of our staff will decide on your claim (clause 1.4).");
}

/* ---- refusals ---- */

#define LATE(SUBJECT, CLASS)                                                                       \
    "question: warranty.claim\nat: 2029-11-02\ndecided: 2029-11-02T10:30:00Z\n"                    \
    "id: 01900000-0000-7000-8000-000000000001\nsubject: " SUBJECT "\nserial: SN-1\nfacts:\n"       \
    "  category: small_appliances\n  region: DE\n  customer_class: " CLASS "\n"                    \
    "  condition: new\n  channel: shop\n  delivered: 2026-03-15\n"

static void
a_refusal_says_which_law_was_looked_at_and_how_to_appeal(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(LATE("warranty/claims/c-1", "consumer"));
    edit_assert_outcome(DENIED, "eu_consumer_sample.conformity", "EXPIRED");
    edit_assert_says(0, "Das Gesetz haben wir geprüft: Richtlinie (EU) 2019/771");
    edit_assert_says(1, "(sample text).");
    edit_assert_says(1, " We looked at the law: Directive (EU) 2019/771, Directive 2011/83/EU");
    edit_assert_says(1, "If you do not agree, tell us at any time, and somebody else will look at "
                        "it again (clause 5.3).");
    edit_decide(LATE("warranty/claims/c-1", "business"));
    assert_null(strstr(edit_record->sentences[1]->text, "law"));
    edit_assert_says(1, "(clause 5.3).");
}

static void
how_to_appeal_names_the_claim(void **state UNUSED)
{
    static const char *const subjects[][2] = {{"warranty/claims/c-1", "POST /v1/claims/c-1:appeal"},
                                              {"warranty/claims/c-1/findings/2", ""},
                                              {"warranty/claims/", ""},
                                              {"tests/1", ""}};
    edit_open(NULL);
    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        edit_decide(arena_printf(edit_files[0].arena, LATE("%s", "business"), subjects[i][0]));
        assert_string_equal(edit_record->appeal->method, subjects[i][1]);
        assert_string_equal(edit_record->appeal->clause_id, "complaints.escalation");
    }
}

static void
what_a_person_decided_has_sentences_too(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(CLAIM "  fault_photo: yes\n");
    char *remedies[] = {"repair", "refund"};
    Common__V1__Decision said = *edit_record;
    said.outcome = GRANTED;
    said.reason = "APPROVED_BY_STAFF";
    said.remedies = remedies;
    said.n_remedies = COUNT_OF(remedies);
    policy_write_sentences(edit_arena, edit_engine, edit_versions[0], &said);
    assert_string_equal(said.sentences[1]->text,
                        "A member of our staff has decided on your claim and accepted it (clause "
                        "1.4). You can have: repair and your money back.");
    Common__V1__Decision__Appeal appeal = COMMON__V1__DECISION__APPEAL__INIT;
    said.outcome = DENIED;
    said.reason = "REJECTED_BY_STAFF";
    said.n_remedies = 0;
    said.appeal = &appeal;
    policy_write_sentences(edit_arena, edit_engine, edit_versions[0], &said);
    assert_string_equal(said.sentences[1]->text,
                        "A member of our staff has decided on your claim and does not accept it "
                        "(clause 1.4). If you do not agree, tell us at any time, and somebody else "
                        "will look at it again (clause 5.3).");
}

static void
nobody_is_told_to_be_examined_twice(void **state UNUSED)
{
    static const char late[] = EDIT_HEAD("warranty.claim", "2029-11-02") "serial: SN-1\nfacts:\n"
                                                                         "  category: "
                                                                         "small_appliances\n"
                                                                         "  region: US\n"
                                                                         "  customer_class: "
                                                                         "business\n  condition: "
                                                                         "new\n  channel: shop\n"
                                                                         "  delivered: "
                                                                         "2026-03-15\n";
    edit_open(NULL);
    edit_decide(late);
    assert_int_equal(edit_record->outcome, DENIED);
    edit_assert_says(1, "We can examine the product for");
    const char *const examined[] = {"  inspected: yes\n",
                                    "  finding: {value: impact, trust: found}\n"};
    for (size_t i = 0; i < COUNT_OF(examined); i++) {
        edit_decide(arena_printf(edit_files[0].arena, "%s%s", late, examined[i]));
        assert_int_equal(edit_record->outcome, DENIED);
        assert_null(strstr(edit_record->sentences[1]->text, "examine"));
        assert_non_null(edit_computed("offer_diagnosis"));
    }
}

static void
an_exchange_beside_money_back_is_said(void **state UNUSED)
{
    static const char returned[] =
        EDIT_HEAD("returns.check",
                  "2026-06-20") "facts: {category: large_appliances, region: DE, "
                                "customer_class: consumer, channel: online, condition: new, "
                                "reason: change_of_mind, order_line: L-1, price_paid: 800.00 "
                                "EUR, delivered: 2026-06-10}\n";
    edit_open(NULL);
    edit_decide(returned);
    edit_assert_outcome(GRANTED, "eu_consumer_sample.withdrawal", "RETURNABLE_BY_LAW");
    edit_assert_remedies("refund replace");
    assert_string_equal(
        edit_record->sentences[1]->text,
        "By law you may return the product: please tell us by June 24, 2026 "
        "(sample text). You may exchange it until June 24, 2026 (clause 2.2). "
        "Please send it to us by July 4, 2026. You receive up to €800.00 back; how much "
        "depends on the condition of the product.");
}

static void
a_first_claim_is_not_said_to_be_one_of_several(void **state UNUSED)
{
    static const struct text_edits none = {
        .main = {"{claims_max: 3, per:", "{claims_max: 0, per:"}};
    edit_open(&none);
    edit_decide(CLAIM "  fault_photo: yes\n");
    edit_assert_outcome(REFERRED, "warranty.limits", "LIMIT_REACHED");
    edit_assert_says(0, "Ihren Antrag sieht sich ein Mensch an (Ziffer 1.5).");
    assert_string_equal(edit_record->sentences[1]->text,
                        "A member of our staff will look at your claim (clause 1.5).");
    edit_decide(many_claims);
    edit_assert_says(1, "because there were several");
}

#define COMPLAINT                                                                                  \
    EDIT_HEAD("complaint.deadlines", "2026-11-02")                                                 \
    "facts:\n  severity: normal\n  region: DE\n  receive_time: 2026-10-30T09:00:00Z\n"             \
    "  acknowledge_time: 2026-10-30T10:00:00Z\n"

static void
an_answer_that_was_given_is_not_promised(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(COMPLAINT "  answer_time: 2026-10-31T09:00:00Z\n");
    edit_assert_outcome(GRANTED, "complaints.handling", "ON_TIME");
    assert_string_equal(edit_record->sentences[1]->text,
                        "You had our answer on October 31, 2026 (clause 5.2).");
    edit_decide(COMPLAINT);
    edit_assert_says(1, "You have our answer by");
    /* A day that has not come. */
    edit_decide(COMPLAINT "  answer_time: 2026-11-03T09:00:00Z\n");
    edit_assert_says(1, "You have our answer by");
}

static void
an_offset_of_one_month_is_in_the_singular(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"starts: [delivered, purchased, installed, registered, manufactured + 90 days]",
                 "starts: [delivered + 1 month]"}};
    edit_open(&edits);
    edit_decide(CLAIM "  fault_photo: yes\n");
    assert_string_equal(edit_step("warranty.period", "starts")->computed[0]->explanation,
                        "delivered 2026-03-15 + 1 month");
}

static void
what_a_denial_of_a_repair_rests_on_denies(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"charge_item: diagnosis}, charge: 39.00 EUR}",
                 "charge_item: diagnosis}, charge: not_offered}"}};
    edit_open(&edits);
    edit_decide(EDIT_HEAD("repair.charge", "2026-11-02") "facts: {category: small_appliances, "
                                                         "region: DE, coverage: uncovered, "
                                                         "charge_item: diagnosis}\n");
    edit_assert_outcome(DENIED, "repair.charges", "NOT_OFFERED");
    assert_int_equal(edit_step("repair.charges", "charge")->result, DENIES);
    edit_assert_says(1, "We do not offer this repair (clause 3.2).");
}

/* Its sentence is kept like others. */
static void
a_warranty_of_the_day_itself_says_its_length(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"          length: 1 year\n", "          length: 0 days\n"}};
    edit_open(&edits);
    for (int i = 0; i < 2; i++) {
        edit_decide(EDIT_HEAD("warranty.coverage", "2026-03-15") "facts: {category: "
                                                                 "small_appliances, region: US, "
                                                                 "condition: new, delivered: "
                                                                 "2026-03-15}\n");
        edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
        edit_assert_says(1, "our warranty of 0 days runs until March 15, 2026");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clause_that_customers_can_read_is_named_by_its_number),
        cmocka_unit_test(an_internal_clause_has_no_number_to_be_looked_up),
        cmocka_unit_test(what_is_asked_for_is_the_day_from_which_the_time_counts),
        cmocka_unit_test(every_fact_that_may_be_asked_for_has_words),
        cmocka_unit_test(a_fact_is_asked_for_in_words),
        cmocka_unit_test(a_claim_above_the_limit_says_so),
        cmocka_unit_test(where_nothing_is_approved_automatically_the_price_does_not_matter),
        cmocka_unit_test(a_refusal_says_which_law_was_looked_at_and_how_to_appeal),
        cmocka_unit_test(how_to_appeal_names_the_claim),
        cmocka_unit_test(what_a_person_decided_has_sentences_too),
        cmocka_unit_test(nobody_is_told_to_be_examined_twice),
        cmocka_unit_test(an_offset_of_one_month_is_in_the_singular),
        cmocka_unit_test(what_a_denial_of_a_repair_rests_on_denies),
        cmocka_unit_test(an_exchange_beside_money_back_is_said),
        cmocka_unit_test(a_first_claim_is_not_said_to_be_one_of_several),
        cmocka_unit_test(an_answer_that_was_given_is_not_promised),
        cmocka_unit_test(a_warranty_of_the_day_itself_says_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
