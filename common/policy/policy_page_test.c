/*
 * policy_page_test - the published page: its structure, what varies, marks, single clauses, plain
 * text
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_text_fixture.h"

enum { IDS_MAX = 500, DEPTH_MAX = 64, NAME_SIZE = 32 };

static struct read_fixture files;
static const struct policy *policy;
static struct buf out;

static int
set_up(void **state UNUSED)
{
    policy = text_open(&files, NULL);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    buf_free(&out);
    read_end(&files);
    arena_deinit();
    zone_deinit();
    return 0;
}

static const char *
print_html(const struct policy_page *page)
{
    buf_clear(&out);
    policy_page_html(page, &out);
    return buf_text(&out);
}

static const char *
print_text(const struct policy_page *page, int width_columns)
{
    buf_clear(&out);
    policy_page_text(page, width_columns, &out);
    return buf_text(&out);
}

static void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("there is no \"%s\"", part);
}

static void
assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("there is \"%s\"", part);
}

/* ---- a strict reader of HTML ---- */

struct html {
    char open[DEPTH_MAX][NAME_SIZE];
    int depth;
    char *ids[IDS_MAX];
    size_t id_count;
    char *targets[IDS_MAX];
    size_t target_count;
    int heading; /* level of the last one */
    bool has_main, has_h1;
};

static bool
is_void(const char *name)
{
    return strcmp(name, "meta") == 0 || strcmp(name, "img") == 0;
}

/* An attribute's value, copied; NULL where the tag has none. */
static char *
attribute_of(const char *tag, size_t size, const char *name)
{
    char *key = arena_printf(files.arena, " %s=\"", name);
    const char *found = memmem(tag, size, key, strlen(key));
    if (found == NULL)
        return NULL;
    found += strlen(key);
    const char *end = memchr(found, '"', size - (size_t)(found - tag));
    assert_non_null(end);
    return arena_printf(files.arena, "%.*s", (int)(end - found), found);
}

static void
note_tag(struct html *html, const char *name, const char *tag, size_t size)
{
    char *id = attribute_of(tag, size, "id");
    char *target = attribute_of(tag, size, "href");
    assert_true(html->id_count < IDS_MAX && html->target_count < IDS_MAX);
    if (id != NULL)
        html->ids[html->id_count++] = id;
    if (target != NULL && target[0] == '#')
        html->targets[html->target_count++] = target + 1;
    if (name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
        int level = name[1] - '0';
        if (level > html->heading + 1)
            fail_msg("a heading h%d after h%d", level, html->heading);
        assert_false(level == 1 && html->has_h1);
        html->has_h1 = html->has_h1 || level == 1;
        html->heading = level;
    }
    html->has_main = html->has_main || strcmp(name, "main") == 0;
    if (strcmp(name, "img") == 0)
        assert_non_null(attribute_of(tag, size, "alt"));
    if (strcmp(name, "th") == 0)
        assert_non_null(attribute_of(tag, size, "scope"));
    assert_string_not_equal(name, "script");
    if (strcmp(name, "p") == 0)
        for (int i = 0; i < html->depth; i++)
            assert_string_not_equal(html->open[i], "p");
}

static void
read_tag(struct html *html, const char *tag, size_t size)
{
    char name[NAME_SIZE] = "";
    bool is_end = tag[0] == '/';
    size_t name_size = strspn(tag + is_end, "abcdefghijklmnopqrstuvwxyz0123456789");
    assert_true(name_size > 0 && name_size < sizeof name);
    memcpy(name, tag + is_end, name_size);
    if (is_end) {
        assert_true(html->depth > 0);
        assert_string_equal(html->open[--html->depth], name);
        return;
    }
    note_tag(html, name, tag, size);
    if (is_void(name))
        return;
    assert_true(html->depth < DEPTH_MAX);
    memcpy(html->open[html->depth++], name, sizeof name);
}

/* Every element is closed in its order, ids differ, links within the page lead somewhere, headings
 * go down one by one, no bare '&', '<' or '>' stands in words. */
static void
assert_sound(const char *page)
{
    static struct html html;
    html = (struct html){0};
    assert_memory_equal(page, "<!DOCTYPE html>\n", 16);
    for (const char *at = page + 16; *at != '\0'; at++) {
        bool is_style = html.depth > 0 && strcmp(html.open[html.depth - 1], "style") == 0;
        if (*at == '<' && (!is_style || at[1] == '/')) {
            const char *end = strchr(at, '>');
            assert_non_null(end);
            read_tag(&html, at + 1, (size_t)(end - at - 1));
            at = end;
        } else if (!is_style) {
            assert_true(*at != '>');
            assert_true(*at != '&' || strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
                        strncmp(at, "&gt;", 4) == 0 || strncmp(at, "&quot;", 6) == 0);
        }
    }
    assert_int_equal(html.depth, 0);
    assert_true(html.has_main && html.has_h1);
    for (size_t i = 0; i < html.id_count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(html.ids[i], html.ids[j]);
    for (size_t i = 0; i < html.target_count; i++) {
        size_t j = 0;
        while (j < html.id_count && strcmp(html.ids[j], html.targets[i]) != 0)
            j++;
        if (j == html.id_count)
            fail_msg("#%s leads nowhere", html.targets[i]);
    }
}

/* ---- tests ---- */

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
few_exceptions_stand_in_the_sentence_and_many_in_a_table(void **state UNUSED)
{
    struct policy_page page = {.policy = policy};
    const char *html = print_html(&page);
    assert_has(html, "<span data-parameter=\"general.privacy/retention\">10 years</span> (1 year "
                     "for chat messages; 2 years for answers to surveys)");
    assert_has(html, "<span data-parameter=\"warranty.period/length\">1 year</span> (exceptions: "
                     "see the table)");
    assert_has(html, "<tr><th scope=\"row\">large appliances, compressor, parts</th><td "
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
                     "data-value=\"yes\">We come to your home");
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
    assert_has(html, "<th scope=\"row\">large appliances, new products, compressor, parts</th><td "
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
                                            "company: \"A & \\\"B\\\" <GmbH>\"\n  logo_url: "
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
    assert_has(html, "<strong>A &amp; &quot;B&quot; &lt;GmbH&gt;</strong>");
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
    struct policy_page page = {.policy = policy, .clause_id = "repair.warranty"};
    assert_string_equal(print_text(&page, 30), "3 Repairs\n"
                                               "---------\n"
                                               "3.5  We guarantee the repair\n"
                                               "     itself for 90 days.\n"
                                               "\n");
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_sound_in_both_languages_for_everyone),
        cmocka_unit_test(the_default_policy_is_fine_but_for_its_sample),
        cmocka_unit_test(no_code_and_no_brace_is_printed),
        cmocka_unit_test(every_clause_has_its_id_as_anchor_and_a_number),
        cmocka_unit_test(few_exceptions_stand_in_the_sentence_and_many_in_a_table),
        cmocka_unit_test(a_flag_has_a_sentence_for_each_answer),
        cmocka_unit_test(a_reader_sees_what_holds_for_them),
        cmocka_unit_test(an_article_that_no_rule_names_is_no_row),
        cmocka_unit_test(floors_of_a_layer_that_applies_are_rows),
        cmocka_unit_test(tables_that_do_not_fit_together_stand_apart),
        cmocka_unit_test(what_changed_is_marked),
        cmocka_unit_test(company_languages_and_registers_are_linked),
        cmocka_unit_test(sections_without_a_daemon_are_marked_for_staff),
        cmocka_unit_test(staff_see_what_no_text_prints),
        cmocka_unit_test(plain_text_keeps_to_its_width),
        cmocka_unit_test(a_sentence_stands_alone),
        cmocka_unit_test(all_fields_of_a_right_can_be_printed),
        cmocka_unit_test(every_select_has_a_branch_for_what_holds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
