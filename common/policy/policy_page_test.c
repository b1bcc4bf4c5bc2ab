/*
 * policy_page_test - the published page: its structure, anchors, marks, links, plain text
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_sound.h"

static void
the_page_is_sound_in_both_languages_for_everyone(void **state UNUSED)
{
    struct policy_subject reader = text_subject(
        &files, "category=large_appliances region=DE customer_class=consumer condition=new");
    for (size_t language = 0; language < 2; language++) {
        for (int form = 0; form < 4; form++) {
            struct policy_page page = {.policy = policy,
                                       .language = language,
                                       .reader = form & 1 ? &reader : NULL,
                                       .shows_internal = (form & 2) != 0};
            assert_sound(print_html(&page));
            assert_has(buf_text(&out), language == 0 ? "<html lang=\"en\">" : "<html lang=\"de\">");
        }
    }
}

static void
the_default_policy_is_fine_but_for_its_sample(void **state UNUSED)
{
    struct policy_problems problems = {.arena = files.arena};
    bool is_fine = policy_check(files.arena, policy, true, &problems);
    if (!is_fine || problems.warning_count > 1)
        read_print_problems(&problems);
    assert_true(is_fine);
    assert_int_equal(problems.warning_count, 1);
    assert_string_equal(problems.problems[0].reason, "LAYER_IS_SAMPLE");
}

static void
no_code_and_no_brace_is_printed(void **state UNUSED)
{
    for (size_t language = 0; language < 2; language++) {
        struct policy_page page = {.policy = policy, .language = language, .shows_internal = true};
        const char *text = print_text(&page, 80);
        assert_lacks(text, "{");
        assert_lacks(text, "_");
        assert_lacks(text, "(null)");
    }
}

static void
every_clause_has_its_id_as_anchor_and_a_number(void **state UNUSED)
{
    struct policy_page page = {.policy = policy};
    const char *html = print_html(&page);
    assert_has(html, "<div class=\"clause\" id=\"warranty.period\"><a class=\"number\" "
                     "href=\"#warranty.period\">1.1</a>");
    assert_has(html, "<li id=\"warranty.exclusions.misuse\">");
    assert_has(html, "id=\"eu_consumer_sample.conformity\"");
    assert_has(html, "href=\"#section-warranty\"><span class=\"number\">1</span> "
                     "<span>Warranty</span></a>");
    assert_lacks(html, "general.authority"); /* internal */
    page.shows_internal = true;
    html = print_html(&page);
    assert_has(html, "id=\"general.authority\"><span class=\"number\"></span>");
    assert_has(html, "for staff only");
    /* The number of what follows is the same for customers and staff. */
    assert_has(html, "href=\"#general.privacy\">0.4</a>");
}

static void
assert_once(const char *text, const char *part)
{
    const char *first = strstr(text, part);
    if (first == NULL || strstr(first + 1, part) != NULL)
        fail_msg("\"%s\" stands %s", part, first == NULL ? "nowhere" : "twice");
}

static void
what_two_laws_and_two_calendars_say_stands_under_one_heading(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"statutory:\n",
                 "statutory:\n  - layer: other\n    version: 1\n    applies: {}\n    rights:\n"
                 "      - clause: other.conformity\n        right: warranty\n"
                 "        text: \"The other law says {length}.\"\n        length: 3 years\n"
                 "        starts: [delivered]\n        covers: [parts]\n"
                 "        causes: [material_defect]\n"},
        .german = {"texts:\n", "texts:\n  other.conformity: \"Das andere Gesetz: {length}.\"\n"}};
    struct read_fixture own;
    struct policy_page page = {.policy = text_open(&own, &edits)};
    const char *text = print_text(&page, 400);
    assert_has(text, "The other law says 3 years.");
    assert_has(text, "By law the seller answers");
    assert_once(text, "What the law gives you\n");
    assert_once(text, "These rights stand beside our own promises");
    assert_once(text, "Working days and hours\n");
    const char *html = print_html(&page);
    assert_has(html, "The other law says");
    assert_has(html, "By law the seller answers");
    assert_once(html, "<h2 id=\"law\">");
    assert_once(html, "<h2 id=\"calendars\">");
    read_end(&own);
}

static void
what_changed_is_marked(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *old = text_open(
        &own, &(struct text_edits){
                  .main = {"set: {length: 90 days}", "set: {length: 60 days}",
                           "text: normal wear of lamps and batteries", "text: wear",
                           "      - clause: support.content\n        text: \"We help you with "
                           "{topics}.\"\n        set: {topics: [usage, troubleshooting, "
                           "software_updates]}\n",
                           ""},
                  .german = {"  support.content: \"Wir helfen Ihnen bei diesen Themen: "
                             "{topics}.\"\n",
                             "", "Schulungen finden", "Kurse finden"}});
    struct policy *writable = files.policy;
    own.policy->version = 3;
    writable->version = 4;
    writable->effective_from = (struct date){2026, 6, 1};
    struct policy_page page = {.policy = policy, .previous = old};
    const char *html = print_html(&page);
    assert_sound(html);
    assert_has(html, "Version 4, in force from June 1, 2026");
    assert_has(html, "Marked as changed: what differs from version 3.");
    assert_has(html, "href=\"#repair.warranty\">3.5</a><div>\n<p> <span "
                     "class=\"mark\">changed</span></p>");
    assert_has(html, "href=\"#warranty.exclusions\">1.3</a><div>\n<p> <span "
                     "class=\"mark\">changed</span></p>");
    assert_has(html, "href=\"#support.content\">4.3</a><div>\n<p> <span class=\"mark\">new</span>");
    assert_has(html, "href=\"#training.methods\">8.2</a><div>\n<p>Training");
    const char *text = print_text(&page, 80);
    assert_has(text, "3.5  [changed] We guarantee");
    assert_has(text, "Marked as changed");
    page.language = 1;
    assert_has(print_text(&page, 80), "8.2  [geändert] Schulungen");
    writable->version = 0;
    writable->effective_from = (struct date){0};
    read_end(&own);
}

static void
company_languages_and_registers_are_linked(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *branded = text_open(
        &own, &(struct text_edits){.main = {"company: Example Appliances GmbH",
                                            "company: \"A & \\\"B\\\" <Ada's GmbH>\"\n  logo_url: "
                                            "https://example.com/logo.svg"}});
    static const struct policy_page_link links[] = {{"en", "/policy?language=en&x=1"},
                                                    {"de", "/policy?language=de"}};
    static const struct policy_register_link registers[] = {
        {"parts.price_list", "/parts/prices", {2026, 1, 2}}};
    struct policy_formatter *formatter = policy_formatter_new(branded, 0);
    policy_formatter_link(formatter, registers, 1);
    struct policy_page page = {.policy = branded,
                               .language_links = links,
                               .language_link_count = 2,
                               .formatter = formatter};
    const char *html = print_html(&page);
    assert_sound(html);
    assert_has(html, "<strong>A &amp; &quot;B&quot; &lt;Ada&#39;s GmbH&gt;</strong>");
    assert_has(html, "<img src=\"https://example.com/logo.svg\" alt=\"A &amp;");
    assert_has(html, "<a href=\"/policy?language=en&amp;x=1\" hreflang=\"en\" lang=\"en\" "
                     "aria-current=\"page\">English</a>");
    assert_has(html, "hreflang=\"de\" lang=\"de\">Deutsch</a>");
    assert_has(html, "<a href=\"/parts/prices\">price list for spare parts</a> (as of January 2, "
                     "2026)");
    policy_formatter_free(&formatter);
    read_end(&own);
}

static void
sections_without_a_daemon_are_marked_for_staff(void **state UNUSED)
{
    static const char *const enforced[] = {"general", "warranty"};
    struct policy_page page = {
        .policy = policy, .has_enforced = true, .enforced = {enforced, COUNT_OF(enforced)}};
    const char *html = print_html(&page);
    assert_has(html, "\">1</span> Warranty</h2>");
    assert_has(html, "\">3</span> Repairs <span class=\"mark\">printed, not yet enforced by a "
                     "program</span></h2>");
    assert_has(print_text(&page, 120), "3 Repairs [printed, not yet enforced by a program]");
}

static void
staff_see_what_no_text_prints(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *silent = text_open(
        &own, &(struct text_edits){
                  .main = {"finished within {complete_within, dative}; we "
                           "ourselves aim for {internal_target}.",
                           "finished within {complete_within, dative}."},
                  .german = {"fertig; unser eigenes Ziel: {internal_target}.", "fertig."}});
    struct policy_page page = {.policy = silent, .shows_internal = true};
    assert_has(print_html(&page), "<dt>What we aim for</dt><dd "
                                  "data-parameter=\"repair.timeframe/internal_target\">5 working "
                                  "days</dd>");
    assert_sound(buf_text(&out));
    assert_has(print_text(&page, 200), "Also decided by this clause: What we aim for: 5 working");
    page.shows_internal = false;
    assert_lacks(print_html(&page), "What we aim for");
    read_end(&own);
}

static size_t
count_characters(const char *line, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)line[i] & 0xc0) != 0x80;
    return count;
}

static void
plain_text_keeps_to_its_width(void **state UNUSED)
{
    for (int width = 10; width <= 100; width += 30) {
        struct policy_page page = {.policy = policy, .language = 1};
        const char *text = print_text(&page, width);
        size_t limit = width < 20 ? 20 : (size_t)width;
        for (const char *at = text; *at != '\0';) {
            size_t size = strcspn(at, "\n");
            const char *last = memrchr(at, ' ', size);
            size_t indent = strspn(at, " ");
            bool is_one_word = last == NULL || (size_t)(last - at) < indent + 5;
            if (count_characters(at, size) > limit && !is_one_word)
                fail_msg("wider than %zu: %.*s", limit, (int)size, at);
            assert_true(size == 0 || at[size - 1] != ' ');
            at += size + (at[size] == '\n');
        }
    }
    struct policy_page process = {.policy = policy, .clause_id = "warranty.process"};
    assert_has(print_text(&process, 80), "     1. You report the fault");
    assert_has(buf_text(&out), "     - your proof of purchase");
    struct policy_page page = {.policy = policy, .clause_id = "repair.warranty"};
    assert_string_equal(print_text(&page, 30), "3 Repairs\n"
                                               "---------\n"
                                               "3.5  We guarantee the repair\n"
                                               "     itself for 90 days.\n"
                                               "\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_sound_in_both_languages_for_everyone),
        cmocka_unit_test(the_default_policy_is_fine_but_for_its_sample),
        cmocka_unit_test(no_code_and_no_brace_is_printed),
        cmocka_unit_test(every_clause_has_its_id_as_anchor_and_a_number),
        cmocka_unit_test(what_two_laws_and_two_calendars_say_stands_under_one_heading),
        cmocka_unit_test(what_changed_is_marked),
        cmocka_unit_test(company_languages_and_registers_are_linked),
        cmocka_unit_test(sections_without_a_daemon_are_marked_for_staff),
        cmocka_unit_test(staff_see_what_no_text_prints),
        cmocka_unit_test(plain_text_keeps_to_its_width),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
