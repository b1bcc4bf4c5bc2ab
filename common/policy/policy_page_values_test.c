/*
 * policy_page_values_test - what varies: exceptions in a sentence or a table, branches, readers,
 * single sentences
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_sound.h"

static void
few_exceptions_stand_in_the_sentence_and_many_in_a_table(void **state UNUSED)
{
    struct policy_page page = {.policy = policy};
    const char *html = print_html(&page);
    assert_has(html, "<span data-parameter=\"general.privacy/retention\">10 years</span> (1 year "
                     "for chat messages; 2 years for answers to surveys)");
    assert_has(html, "<span data-parameter=\"warranty.period/length\">1 year</span> (exceptions: "
                     "see the table)");
    assert_has(html, "<tr><th scope=\"row\">large appliances + compressors + parts</th><td "
                     "data-parameter=\"warranty.period/length\">10 years</td></tr>");
    assert_has(html, "<caption>Clause 1.1: what applies to whom</caption>");
    assert_has(html, "<th scope=\"col\">Return within</th><th scope=\"col\">Exchange within</th>");
    /* Equal neighbours are named together. */
    assert_has(html, "(3 working days for serious complaints and complaints about safety)");
}

static void
a_flag_has_a_sentence_for_each_answer(void **state UNUSED)
{
    struct policy_page page = {.policy = policy};
    const char *html = print_html(&page);
    assert_has(html, "<span data-parameter=\"network.onsite/offered\" data-value=\"no\">We do not "
                     "repair at your home");
    assert_has(html, "For large appliances: <span data-parameter=\"network.onsite/offered\" "
                     "data-value=\"yes\">we come to your home");
    struct policy_subject reader = text_subject(&files, "category=large_appliances");
    page.reader = &reader;
    html = print_html(&page);
    assert_lacks(html, "We do not repair at your home");
    assert_has(html, "This page shows what applies to: large appliances.");
}

static void
a_reader_sees_what_holds_for_them(void **state UNUSED)
{
    struct policy_subject reader =
        text_subject(&files, "category=large_appliances condition=refurbished cost_class=parts "
                             "component=compressor region=DE customer_class=consumer");
    struct policy_page page = {.policy = policy, .reader = &reader};
    const char *html = print_html(&page);
    assert_has(html, "<span data-parameter=\"warranty.period/length\">1 year</span>, counted");
    assert_has(html, "7 working days or 14 days (whichever is better for you)");
    reader = text_subject(&files, "condition=new region=US");
    assert_lacks(print_html(&page), "eu_consumer_sample");
}

static void
an_article_that_no_rule_names_is_no_row(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *special = text_open(
        &own, &(struct text_edits){.main = {"- {when: {cost_class: travel}, length: none}",
                                            "- {when: {sku: X-1}, length: 5 years}\n          "
                                            "- {when: {sku: X-1, cost_class: travel}, length: 5 "
                                            "years}\n          - {when: {cost_class: travel}, "
                                            "length: none}"}});
    struct policy_page page = {.policy = special};
    assert_has(print_html(&page), "<th scope=\"row\">article X-1</th>");
    struct policy_subject other = text_subject(&own, "sku=Y-2");
    page.reader = &other;
    assert_lacks(print_html(&page), "X-1");
    read_end(&own);
}

static void
floors_of_a_layer_that_applies_are_rows(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *lifted = text_open(
        &own, &(struct text_edits){.main = {"is: company}",
                                            "is: company}\n      - {id: eu_consumer_sample.long, "
                                            "parameter: warranty.period/length, when: {condition: "
                                            "new}, is: 3 years}"}});
    struct policy_subject reader = text_subject(&own, "region=AT customer_class=consumer");
    struct policy_page page = {.policy = lifted, .reader = &reader};
    const char *html = print_html(&page);
    assert_has(html, "<th scope=\"row\">new products</th><td "
                     "data-parameter=\"warranty.period/length\">3 years</td>");
    /* Where a rule and the floor meet, the better one. */
    assert_has(html,
               "<th scope=\"row\">large appliances + new products + compressors + parts</th><td "
               "data-parameter=\"warranty.period/length\">10 years</td>");
    read_end(&own);
}

static void
tables_that_do_not_fit_together_stand_apart(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *two = text_open(
        &own,
        &(struct text_edits){
            .main =
                {"{offered, select, yes {We come to your home for repairs, {conditions}.} other "
                 "{We do not repair at your home; please bring or send us the product.}}",
                 "{offered, table}{warranty.period/length, table}{nothing}"},
            .german = {"{offered, select, yes {Wir kommen zur Reparatur zu Ihnen nach Hause, "
                       "{conditions}.} other {Wir reparieren nicht bei Ihnen zu Hause; bitte "
                       "bringen oder senden Sie uns das Produkt.}}",
                       "{offered, table}{warranty.period/length, table}{nothing}"}});
    struct policy_page page = {.policy = two, .clause_id = "network.onsite"};
    const char *html = print_html(&page);
    assert_sound(html);
    int tables = 0;
    for (const char *at = html; (at = strstr(at, "<table>")) != NULL; at++)
        tables++;
    assert_int_equal(tables, 2); /* the rows of one are among those of another */
    assert_has(html, "nothing"); /* what is no parameter stays as it is */
    assert_lacks(html, "id=\"contents\"");
    assert_lacks(html, "id=\"warranty.period\"");
    read_end(&own);
}

static void
a_sentence_stands_alone(void **state UNUSED)
{
    struct policy_subject reader = text_subject(&files, "category=large_appliances");
    struct policy_page page = {.policy = policy};
    buf_clear(&out);
    assert_int_equal(policy_page_sentence(&page, "general.privacy", &out), OK);
    assert_string_equal(buf_text(&out), "We keep the records of your case for 10 years (1 year for "
                                        "chat messages; 2 years for answers to surveys), and then "
                                        "delete them.");
    page.reader = &reader;
    buf_clear(&out);
    assert_int_equal(policy_page_sentence(&page, "repair.remedy", &out), OK);
    assert_string_equal(buf_text(&out),
                        "You may choose a replacement or your money back when the same fault has "
                        "come back after two repairs, repairs have taken more than 30 days in all, "
                        "or a part has been missing for more than 90 days.");
    buf_clear(&out);
    assert_int_equal(policy_page_sentence(&page, "eu_consumer_sample.withdrawal", &out), OK);
    assert_has(buf_text(&out), "within 14 days after it was delivered, without");
    buf_clear(&out);
    assert_int_equal(policy_page_sentence(&page, "extended.period", &out), OK);
    assert_has(buf_text(&out), "not offered (1 year for the plan Plus 1; 2 years for the plan Plus "
                               "2; 3 years for the plan Plus 3).");
    assert_int_equal(policy_page_sentence(&page, "no.such", &out), ERR_NOT_FOUND);
}

static void
all_fields_of_a_right_can_be_printed(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *all = text_open(
        &own,
        &(struct text_edits){
            .main = {"may send back within {length, dative} after it was {starts}",
                     "{length} {presumed_for} {starts} {covers} {causes} {reasons, or} {remedies}"},
            .german = {"innerhalb von {length, dative} ab dem Tag {starts}",
                       "{length} {presumed_for} {starts} {covers} {causes} {reasons} {remedies}"}});
    struct policy_page page = {.policy = all};
    buf_clear(&out);
    assert_int_equal(policy_page_sentence(&page, "eu_consumer_sample.withdrawal", &out), OK);
    assert_has(buf_text(&out), "14 days 0 days delivered   a change of mind ");
    read_end(&own);
}

static void
every_select_has_a_branch_for_what_holds(void **state UNUSED)
{
    static const struct {
        const char *old, *new, *clause_id, *words;
    } cases[] = {
        {"{claims_max: 3, per", "{claims_max: unlimited, per", "warranty.limits", "any number"},
        {"pauses: yes, repairs_counted: covered, max: unlimited",
         "pauses: no, repairs_counted: all, max: none", "warranty.repair_time", "No time is added"},
        {"{transferable: yes}", "{transferable: no}", "warranty.transfer", "yours alone"},
        {"carry_over: longer_of", "carry_over: restart", "warranty.replacement", "new warranty"},
        {"reminders_max: 1", "reminders_max: 0", "survey.methods", "we do not remind"},
        {"reminders_max: 1", "reminders_max: 4", "survey.methods", "at most 4 times"},
        {"needed_above: 0.00 EUR", "needed_above: 20.00 EUR", "repair.estimate", "than €20.00"},
        {"sample: 100 %", "sample: 12.5 %", "survey.methods", "we ask 12.5% of our customers"},
        {"sample: 100 %", "sample: 0 %", "survey.methods", "we ask none of our customers"},
        {"reminders_max: 1", "reminders_max: 2", "survey.methods", "we ask all our customers"},
        {"free_seats: 0", "free_seats: 3", "training.fees", "you get 3 free seats"},
        {"refund_after: pro_rata", "refund_after: none", "extended.cancellation",
         "we refund nothing"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct read_fixture own;
        const struct policy *changed =
            text_open(&own, &(struct text_edits){.main = {cases[i].old, cases[i].new}});
        struct policy_page page = {.policy = changed};
        buf_clear(&out);
        assert_int_equal(policy_page_sentence(&page, cases[i].clause_id, &out), OK);
        assert_has(buf_text(&out), cases[i].words);
        read_end(&own);
    }
}

/* How often a part stands in a text. */
static int
count_parts(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void
values_of_one_sentence_share_the_note_of_their_table(void **state UNUSED)
{
    struct policy_page page = {.policy = policy, .clause_id = "returns.window"};
    const char *html = print_html(&page);
    assert_sound(html);
    assert_int_equal(count_parts(html, "exceptions: see the table"), 1);
    assert_has(html, "30 days</span> and exchange it within <span "
                     "data-parameter=\"returns.window/exchange_length\">30 days</span> "
                     "(exceptions: see the table). The time");
    /* In another sentence it is said again. */
    struct read_fixture own;
    const struct policy *two =
        text_open(&own, &(struct text_edits){.main = {"{length, dative} and exchange it within",
                                                      "{length, dative}. Exchange it within"}});
    page.policy = two;
    assert_int_equal(count_parts(print_html(&page), "exceptions: see the table"), 2);
    read_end(&own);
}

static void
a_contact_stands_once_and_other_clauses_point_there(void **state UNUSED)
{
    struct policy_page page = {.policy = policy};
    const char *html = print_html(&page);
    assert_int_equal(count_parts(html, ">service@example.com<"), 1);
    assert_int_equal(count_parts(html, ">complaints@example.com<"), 1);
    assert_has(html, "How to reach us: <span data-parameter=\"warranty.process/contact\" "
                     "data-value=\"service\">see clause <a "
                     "href=\"#general.contact\">0.2</a></span>.");
    page.language = 1;
    assert_has(print_text(&page, 200), "So erreichen Sie uns: siehe Ziffer 0.2.");
    /* A clause by itself says it all; and so does one whose contact is for some only. */
    page.clause_id = "warranty.process";
    assert_has(print_text(&page, 200), "service@example.com");
    struct read_fixture own;
    const struct policy *own_contact = text_open(
        &own, &(struct text_edits){.main = {"set: {contact: service}",
                                            "set: {contact: service}\n        except:\n          - "
                                            "{when: {region: GB}, contact: "
                                            "complaints}"}});
    page = (struct policy_page){.policy = own_contact};
    html = print_html(&page);
    assert_int_equal(count_parts(html, ">service@example.com<"), 2);
    assert_int_equal(count_parts(html, ">complaints@example.com<"), 2);
    assert_has(html, "see clause <a href=\"#warranty.process\">1.4</a>");
    read_end(&own);
}

/* What only some readers or staff see is no place that others can be sent to. */
static void
a_contact_that_not_all_see_stands_in_full_again(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *some =
        text_open(&own, &(struct text_edits){
                            .main = {"      - clause: general.contact\n",
                                     "      - clause: general.contact\n        internal: true\n",
                                     "other {Tax is added to all prices.}",
                                     "other {{complaints.channels/contact}}",
                                     "You can complain by {channels, or}: {contact}.",
                                     "You can complain by {channels, or}: {contact} or {contact}."},
                            .german = {"other {Zu allen Preisen kommen die Steuern hinzu.}",
                                       "other {{complaints.channels/contact}}"}});
    struct policy_page page = {.policy = some, .shows_internal = true};
    const char *html = print_html(&page);
    assert_int_equal(count_parts(html, ">service@example.com<"), 2);
    assert_int_equal(count_parts(html, ">complaints@example.com<"), 3);
    read_end(&own);
}

static void
an_exception_reads_on_in_its_language(void **state UNUSED)
{
    struct policy_page page = {.policy = policy};
    assert_has(print_text(&page, 400), "For businesses: tax is added to all prices.");
    assert_has(buf_text(&out), "(for the plan Plus 3: parts, labour, and a technician's travel)");
    assert_has(buf_text(&out), "For returns after a change of mind: you pay for the return");
    assert_has(buf_text(&out), "Applies to: the European Union + consumers\n");
    page.language = 1;
    assert_has(print_text(&page, 400), "Für Unternehmen: Zu allen Preisen kommen");
    assert_has(buf_text(&out), "innerhalb von 7 Arbeitstagen (15 Arbeitstagen für Großgeräte)");
    assert_has(buf_text(&out), "Für Rückgaben bei Nichtgefallen: Den Rückversand bezahlen Sie.");
    assert_has(buf_text(&out), "Frist zur Rückgabe 14 Tage; Frist zum Umtausch 30 Tage");
    assert_has(buf_text(&out), "Quelle: Richtlinie (EU) 2019/771");
    assert_lacks(buf_text(&out), "Directive");
}

/* "Up to 0 claims" and "at most not offered" would say nothing. */
static void
what_there_is_none_of_has_a_sentence_of_its_own(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *nothing = text_open(
        &own,
        &(struct text_edits){.main = {"{claims_max: 3, per:", "{claims_max: 0, per:",
                                      "covered, max: unlimited}", "covered, max: not_offered}"}});
    struct policy_page page = {.policy = nothing};
    assert_has(print_text(&page, 400), "We inspect the product before we decide on a claim.");
    assert_has(buf_text(&out), "No time is added.");
    page.language = 1;
    assert_has(print_text(&page, 400), "Bevor wir über einen Garantiefall entscheiden, prüfen");
    assert_has(buf_text(&out), "Verlängert wird nicht.");
    read_end(&own);
}

static void
words_for_what_is_not_offered_tell_of_none_but_of_no_value(void **state UNUSED)
{
    static const struct {
        const char *max, *words;
    } cases[] = {{"covered, max: none}", "No time is added."},
                 {"covered, max: 30 days}", "At most 30 days are added."}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct read_fixture own;
        const struct policy *changed = text_open(
            &own, &(struct text_edits){.main = {"covered, max: unlimited}", cases[i].max,
                                                "none {No time", "not_offered {No time"}});
        struct policy_page page = {.policy = changed};
        buf_clear(&out);
        assert_int_equal(policy_page_sentence(&page, "warranty.repair_time", &out), OK);
        assert_has(buf_text(&out), cases[i].words);
        read_end(&own);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_exceptions_stand_in_the_sentence_and_many_in_a_table),
        cmocka_unit_test(a_flag_has_a_sentence_for_each_answer),
        cmocka_unit_test(a_reader_sees_what_holds_for_them),
        cmocka_unit_test(an_article_that_no_rule_names_is_no_row),
        cmocka_unit_test(floors_of_a_layer_that_applies_are_rows),
        cmocka_unit_test(tables_that_do_not_fit_together_stand_apart),
        cmocka_unit_test(a_sentence_stands_alone),
        cmocka_unit_test(all_fields_of_a_right_can_be_printed),
        cmocka_unit_test(every_select_has_a_branch_for_what_holds),
        cmocka_unit_test(values_of_one_sentence_share_the_note_of_their_table),
        cmocka_unit_test(a_contact_stands_once_and_other_clauses_point_there),
        cmocka_unit_test(a_contact_that_not_all_see_stands_in_full_again),
        cmocka_unit_test(an_exception_reads_on_in_its_language),
        cmocka_unit_test(what_there_is_none_of_has_a_sentence_of_its_own),
        cmocka_unit_test(words_for_what_is_not_offered_tell_of_none_but_of_no_value),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
