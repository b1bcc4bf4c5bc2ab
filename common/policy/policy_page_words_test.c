/*
 * policy_page_words_test - what lines do not break, and how words begin
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_fixture.h"
#include "common/policy/policy_page_private.h"

#define NBSP "\u00a0"

static void
assert_glued(const char *html, const char *wanted)
{
    struct buf glued = {0};
    page_glue_html(html, &glued);
    assert_string_equal(buf_text(&glued), wanted);
    buf_free(&glued);
}

static void
a_number_stays_with_its_unit(void **state UNUSED)
{
    assert_glued("within 14 days or 3 of 7", "within 14" NBSP "days or 3" NBSP "of 7");
    assert_glued("12 % und 5 €, 2 Geräte (3 Übungen)",
                 "12" NBSP "% und 5" NBSP "€, 2" NBSP "Geräte (3" NBSP "Übungen)");
    assert_glued("by 2026, 5 times; 1 (2)", "by 2026, 5" NBSP "times; 1 (2)");
    assert_glued("<b>3</b> x <span data-x=\"1 a\">3</span> claims, 3 <span>days</span>",
                 "<b>3</b> x <span data-x=\"1 a\">3</span>" NBSP "claims, 3" NBSP
                 "<span>days</span>");
    assert_glued("<td>3</td> <td>x</td>", "<td>3</td> <td>x</td>");
    assert_glued("3 ", "3 ");
    assert_glued("", "");
}

static void
signs_and_abbreviations_stay_together(void **state UNUSED)
{
    assert_glued("nach § 5, §§ 312 ff.", "nach §" NBSP "5, §§" NBSP "312" NBSP "ff.");
    assert_glued("z. B. Lampen, i. d. R. nicht (d. h. nie)",
                 "z." NBSP "B. Lampen, i." NBSP "d." NBSP "R. nicht (d." NBSP "h. nie)");
    assert_glued("usw. z. B.", "usw. z." NBSP "B.");
    assert_glued("No. 5, Art. 6, Abs. 7", "No." NBSP "5, Art." NBSP "6, Abs." NBSP "7");
    assert_glued("It ends. 14 days", "It ends. 14" NBSP "days");
    assert_glued("call (030) 12 34", "call (030) 12" NBSP "34");
}

static void
links_stay_as_they_are(void **state UNUSED)
{
    assert_glued("phone <a href=\"tel:1\">+49 30 00</a>, or 5 <a href=\"#x\">a 6 b</a> 7 c",
                 "phone <a href=\"tel:1\">+49 30 00</a>, or 5" NBSP
                 "<a href=\"#x\">a 6 b</a> 7" NBSP "c");
}

/* A contact as the default policy has it, but with hyphens that a browser may want to break at. */
static void
addresses_can_be_copied(void **state UNUSED)
{
    struct read_fixture own;
    const struct policy *hyphens =
        text_open(&own, &(struct text_edits){.main = {"email: service@example.com, url: "
                                                      "\"https://example.com/service\"",
                                                      "email: after-sales@ex-ample.com, url: "
                                                      "\"https://ex-ample.com/a-b-c\""}});
    for (size_t language = 0; language < 2; language++) {
        struct policy_page page = {.policy = hyphens, .language = language};
        struct buf html = {0};
        policy_page_html(&page, &html);
        assert_has(buf_text(&html), ">after-sales@ex-ample.com</a>");
        assert_has(buf_text(&html), "<a href=\"https://ex-ample.com/a-b-c\">https://ex-ample.com/"
                                    "a-b-c</a>");
        assert_has(buf_text(&html), ";hyphens:none}");
        assert_lacks(buf_text(&html), "\u2011");
        assert_lacks(buf_text(&html), "\u00ad");
        buf_free(&html);
        const char *text = print_text(&page, 60);
        assert_has(text, " after-sales@ex-ample.com,");
        assert_has(text, " https://ex-ample.com/a-b-c,");
        assert_lacks(text, "\u2011");
    }
    read_end(&own);
}

static void
lines_of_text_break_between_other_words(void **state UNUSED)
{
    struct policy_page page = {.policy = policy, .language = 1, .clause_id = "repair.uncollected"};
    assert_string_equal(print_text(&page, 36), "3 Reparaturen\n"
                                               "-------------\n"
                                               "3.7  Ein fertiges Produkt bewahren\n"
                                               "     wir 30 Tage kostenlos für Sie\n"
                                               "     auf. Danach kostet die Lagerung\n"
                                               "     1,00 € je Tag.\n"
                                               "\n");
    assert_has(print_text(&page, 24), "     wir 30 Tage\n");
    page.clause_id = "support.targets";
    assert_has(print_text(&page, 20), " 8\n     Arbeitsstunden\n"); /* wider than a line */
    assert_lacks(print_text(&page, 60), NBSP);
}

static void
words_begin_small_or_with_a_capital(void **state UNUSED)
{
    static const struct {
        enum page_letter letter;
        const char *words, *wanted;
    } cases[] = {{PAGE_SMALL, "Tax is added.", "tax is added."},
                 {PAGE_SMALL, "A product", "a product"},
                 {PAGE_SMALL, "Äpfel", "äpfel"},
                 {PAGE_SMALL, "VAT is added.", "VAT is added."},
                 {PAGE_SMALL, "I agree", "I agree"},
                 {PAGE_SMALL, "In time", "in time"},
                 {PAGE_SMALL, "", ""},
                 {PAGE_SMALL, "X", "x"},
                 {PAGE_CAPITAL, "ähnlich", "Ähnlich"},
                 {PAGE_CAPITAL, "you VAT", "You VAT"},
                 {PAGE_CAPITAL, "5 days", "5 days"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(page_begin(files.arena, cases[i].words, cases[i].letter),
                            cases[i].wanted);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_stays_with_its_unit),
        cmocka_unit_test(signs_and_abbreviations_stay_together),
        cmocka_unit_test(links_stay_as_they_are),
        cmocka_unit_test(addresses_can_be_copied),
        cmocka_unit_test(lines_of_text_break_between_other_words),
        cmocka_unit_test(words_begin_small_or_with_a_capital),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
