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
    assert_int_equal(notice_text_check("{sentence}", &warranty_v1_decision_missed_contract, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(notice_text_check("{sentence}", &warranty_v1_claim_moved_contract, &fault),
                     OK); /* its verdict has one */
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

/* ---- writing ---- */

static const char *
write_moved(const Warranty__V1__ClaimMoved *moved, const char *language, struct buf *out)
{
    static const struct policy policy = {.branding = {.company = "A"}};
    const struct notice_source source = {.event = &warranty_v1_claim_moved_contract,
                                         .payload = &moved->base,
                                         .link = "",
                                         .policy = &policy,
                                         .language = language};
    buf_clear(out);
    notice_text_write("<{sentence}>", &source, out);
    return buf_text(out);
}

static void
the_sentence_is_that_of_the_readers_language(void **state UNUSED)
{
    Common__V1__Decision__Sentence english = COMMON__V1__DECISION__SENTENCE__INIT;
    Common__V1__Decision__Sentence german = COMMON__V1__DECISION__SENTENCE__INIT;
    Common__V1__Decision__Sentence *sentences[] = {&english, &german};
    Warranty__V1__Verdict verdict = WARRANTY__V1__VERDICT__INIT;
    Warranty__V1__ClaimMoved moved = WARRANTY__V1__CLAIM_MOVED__INIT;
    struct buf out = {0};
    english.language = "en";
    english.text = "We repair it.";
    german.language = "de";
    german.text = "Wir reparieren es.";
    verdict.sentences = sentences;
    verdict.n_sentences = COUNT_OF(sentences);
    assert_string_equal(write_moved(&moved, "de", &out), "<>");
    moved.verdict = &verdict;
    assert_string_equal(write_moved(&moved, "de-AT", &out), "<Wir reparieren es.>");
    assert_string_equal(write_moved(&moved, "fr", &out), "<We repair it.>");
    verdict.n_sentences = 0;
    assert_string_equal(write_moved(&moved, "de", &out), "<>");
    buf_free(&out);
}

static const char *
write_linked(const char *text, const char *link, struct buf *out)
{
    static const struct policy policy = {.branding = {.company = "A"}};
    const struct notice_source source = {.event = &warranty_v1_claim_moved_contract,
                                         .link = link,
                                         .reference = "AC-1",
                                         .policy = &policy,
                                         .language = "en"};
    buf_clear(out);
    notice_text_write(text, &source, out);
    return buf_text(out);
}

static void
what_speaks_of_a_link_is_left_out_where_there_is_none(void **state UNUSED)
{
    static const char text[] = "Hello\n\nSee\n{link}\n\n{reference}: bye";
    struct buf out = {0};
    assert_string_equal(write_linked(text, "https://a", &out),
                        "Hello\n\nSee\nhttps://a\n\nAC-1: bye");
    assert_string_equal(write_linked(text, "", &out), "Hello\n\nAC-1: bye");
    assert_string_equal(write_linked("{link}\n\nbye", "", &out), "bye");
    assert_string_equal(write_linked("Hello\n\n{{link}} {{{link}}}", "", &out), "Hello");
    assert_string_equal(write_linked("Hello {{link}}\n\n\n{link}", "", &out), "Hello {link}");
    assert_string_equal(write_linked("See {link}", "", &out), "See ");
    buf_free(&out);
}

/* ---- HTML ---- */

#define FIFTY "01234567890123456789012345678901234567890123456789"

static void
words_are_escaped_and_addresses_become_links(void **state UNUSED)
{
    struct policy_branding branding = {
        .company = "A & B", .logo_url = "/logo.svg", .address = "", .imprint_url = ""};
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
    assert_null(strstr(html, "<img")); /* a path of our site is none of a mail's */
    buf_clear(&out);
    branding.logo_url = "https://a.example/logo.svg?a&b";
    notice_write_html("s", "https://a.example/" FIFTY FIFTY, "de", &branding, &out);
    html = buf_text(&out);
    assert_non_null(strstr(html, "<img src=\"https://a.example/logo.svg?a&amp;b\""));
    assert_non_null(strstr(html, "alt=\"A &amp; B\""));
    assert_non_null(strstr(html, "href=\"https://a.example/" FIFTY FIFTY "\">"));
    assert_null(strstr(html, ">https://a.example/" FIFTY));
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
        cmocka_unit_test(the_sentence_is_that_of_the_readers_language),
        cmocka_unit_test(what_speaks_of_a_link_is_left_out_where_there_is_none),
        cmocka_unit_test(words_are_escaped_and_addresses_become_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
