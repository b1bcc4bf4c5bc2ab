/*
 * notice_text_test - what stands in braces is looked over when it is saved, and put in when it is
 * sent
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/buf.h"
#include "notice_text.h"
#include "warranty/v1/warranty.contract.h"

static const struct contract_message *const decided = &warranty_v1_claim_decided_contract;
static struct fault fault;

/* ---- looking over ---- */

static void
fields_of_the_event_and_our_own_names_are_known(void **state UNUSED)
{
    assert_int_equal(notice_text_check("{claim_id} {decide_by} {at_date} {state} {sentence} "
                                       "{decision.outcome} {contact.name} {company.phone} {link}",
                                       decided, &fault),
                     OK);
}

static void
an_unknown_name_is_refused_with_its_place_and_what_there_is(void **state UNUSED)
{
    assert_int_equal(notice_text_check("Dear {contact.name},\n\nyour {clam_id}", decided, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "PLACEHOLDER_UNKNOWN");
    assert_int_equal(fault.line, 3);
    assert_int_equal(fault.column, 6);
    assert_non_null(strstr(fault.message, "{clam_id}"));
    assert_non_null(strstr(fault.message, "{claim_id}"));
}

static void
a_message_or_a_list_cannot_be_printed(void **state UNUSED)
{
    assert_int_equal(notice_text_check("{decision}", decided, &fault), ERR_INVALID_ARGUMENT);
    assert_int_equal(notice_text_check("{decision.sentences}", decided, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(notice_text_check("{decide_by.seconds}", decided, &fault),
                     ERR_INVALID_ARGUMENT);
}

static void
an_event_without_a_decision_has_no_sentence(void **state UNUSED)
{
    assert_int_equal(notice_text_check("{sentence}", &warranty_v1_claim_moved_contract, &fault),
                     ERR_INVALID_ARGUMENT);
}

static void
braces_that_are_no_placeholder_are_refused(void **state UNUSED)
{
    static const char *const texts[] = {"{", "}", "{}", "{claim_id", "claim_id}", "{a{b}}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_int_equal(notice_text_check(texts[i], decided, &fault), ERR_INVALID_ARGUMENT);
        assert_string_equal(fault.reason, "PLACEHOLDER_MALFORMED");
    }
    assert_int_equal(notice_text_check("{{claim_id}}", decided, &fault), OK);
}

/* ---- languages ---- */

static const char *
choose(const char *wish, const char *fallback)
{
    static const char *const languages[] = {"en", "de-AT", "pt", "pt-BR", "fr"};
    return languages[notice_choose_language(languages, COUNT_OF(languages), wish, fallback)];
}

static void
the_nearest_language_is_chosen(void **state UNUSED)
{
    assert_string_equal(choose("fr", ""), "fr");
    assert_string_equal(choose("FR-ca", ""), "fr");
    assert_string_equal(choose("de", ""), "de-AT");
    assert_string_equal(choose("pt-BR-x-own", ""), "pt-BR");
    assert_string_equal(choose("p", "fr"), "fr");
    assert_string_equal(choose("", "fr-CH"), "fr");
    assert_string_equal(choose("ja", "ko"), "en");
}

/* ---- HTML ---- */

static void
words_are_escaped_and_addresses_become_links(void **state UNUSED)
{
    const struct policy_branding branding = {
        .company = "A & B", .logo_url = "", .address = "", .imprint_url = ""};
    struct buf out = {0};
    notice_write_html("<s>", "x < y\nsee https://a.example/?b=1&c=2.\n\nbye", "de", &branding,
                      &out);
    const char *html = buf_text(&out);
    assert_non_null(strstr(html, "<html lang=\"de\">"));
    assert_non_null(strstr(html, "<title>&lt;s&gt;</title>"));
    assert_non_null(strstr(html, "x &lt; y<br>"));
    assert_non_null(strstr(html, "<a href=\"https://a.example/?b=1&amp;c=2\">"
                                 "https://a.example/?b=1&amp;c=2</a>.</p>"));
    assert_non_null(strstr(html, ">bye</p>"));
    assert_non_null(strstr(html, "A &amp; B"));
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_the_event_and_our_own_names_are_known),
        cmocka_unit_test(an_unknown_name_is_refused_with_its_place_and_what_there_is),
        cmocka_unit_test(a_message_or_a_list_cannot_be_printed),
        cmocka_unit_test(an_event_without_a_decision_has_no_sentence),
        cmocka_unit_test(braces_that_are_no_placeholder_are_refused),
        cmocka_unit_test(the_nearest_language_is_chosen),
        cmocka_unit_test(words_are_escaped_and_addresses_become_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
