/*
 * survey_page_test - the page as a browser without a script gets it
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "survey_page.h"

#include <string.h>

static Surveys__V1__Words en = SURVEYS__V1__WORDS__INIT;
static Surveys__V1__Words de = SURVEYS__V1__WORDS__INIT;
static Surveys__V1__Words *words[] = {&en, &de};
static Surveys__V1__Question score = SURVEYS__V1__QUESTION__INIT;
static Surveys__V1__Question text = SURVEYS__V1__QUESTION__INIT;
static Surveys__V1__Question *questions[] = {&score, &text};
static Surveys__V1__Template template = SURVEYS__V1__TEMPLATE__INIT;
static const struct policy_branding branding = {
    .company = "Ward & <Sons>", .logo_url = "", .address = "", .imprint_url = ""};
static struct survey_page page;
static struct buf html;

static int
fill(void **state UNUSED)
{
    en.language = "en";
    en.text = "<script>alert(1)</script>";
    de.language = "de";
    de.text = "Wie war es?";
    score.question_id = "recommend";
    score.kind = SURVEYS__V1__QUESTION__KIND__NPS;
    score.is_required = true;
    text.question_id = "words";
    text.kind = SURVEYS__V1__QUESTION__KIND__TEXT;
    score.text = text.text = template.title = words;
    score.n_text = text.n_text = template.n_title = COUNT_OF(words);
    template.questions = questions;
    template.n_questions = COUNT_OF(questions);
    page = (struct survey_page){.template = &template,
                                .branding = &branding,
                                .language = "de",
                                .form_action = "/survey/1?link=a&b",
                                .page_path = "/survey/1?link=c"};
    return 0;
}

static int
clear(void **state UNUSED)
{
    buf_free(&html);
    return 0;
}

static bool
has(const char *piece)
{
    return strstr(buf_text(&html), piece) != NULL;
}

static void
a_score_is_a_group_of_buttons_with_its_question_as_legend(void **state UNUSED)
{
    survey_page_write_form(&page, &html);
    assert_true(has("<html lang=\"de\">"));
    assert_true(has("<fieldset><legend>Wie war es?</legend>"));
    assert_true(has("name=\"recommend\" value=\"0\" required>"));
    assert_true(has("name=\"recommend\" value=\"10\" required>"));
    assert_false(has("value=\"11\""));
    assert_true(has("<label class=\"question\" for=\"words\">"));
    assert_true(has("action=\"/survey/1?link=a&amp;b\""));
    assert_true(
        has("href=\"/survey/1?link=c&amp;language=en\" hreflang=\"en\" lang=\"en\">English"));
}

static void
the_foot_says_the_companys_name_once(void **state UNUSED)
{
    struct policy_branding own = branding;
    page.branding = &own;
    own.address = "Ward & <Sons>, 1 High Street";
    survey_page_write_notice(&page, WORD_THANKS_TITLE, WORD_THANKS_TEXT, &html);
    assert_true(has("<footer><p>Ward &amp; &lt;Sons&gt;, 1 High Street</p></footer>"));
    buf_clear(&html);
    own.address = "1 High Street";
    own.imprint_url = "/imprint?a&b";
    survey_page_write_notice(&page, WORD_THANKS_TITLE, WORD_THANKS_TEXT, &html);
    assert_true(has("<footer><p>Ward &amp; &lt;Sons&gt;\n1 High Street</p>"
                    "<a href=\"/imprint?a&amp;b\">Impressum</a></footer>"));
}

static void
words_of_people_are_no_markup(void **state UNUSED)
{
    page.language = "en";
    survey_page_write_form(&page, &html);
    assert_false(has("<script"));
    assert_true(has("Ward &amp; &lt;Sons&gt;"));
}

static void
what_is_missing_is_marked_and_what_was_said_is_kept(void **state UNUSED)
{
    Common__V1__FormField field = COMMON__V1__FORM_FIELD__INIT;
    Common__V1__FormField *fields[] = {&field};
    field.name = "words";
    field.value = "</textarea>\"'";
    page.fields = fields;
    page.field_count = 1;
    page.is_incomplete = true;
    survey_page_write_form(&page, &html);
    assert_true(has("role=\"alert\""));
    assert_true(has("Bitte beantworten Sie diese Frage."));
    assert_true(has(">&lt;/textarea&gt;&quot;&#39;</textarea>"));
}

static void
every_word_of_ours_is_there_in_each_language(void **state UNUSED)
{
    for (int word = 0; word < WORD_COUNT; word++) {
        assert_non_null(survey_word((enum survey_word)word, "en"));
        assert_non_null(survey_word((enum survey_word)word, "de"));
        assert_non_null(survey_word((enum survey_word)word, "fr"));
    }
    assert_string_equal(survey_word(WORD_THANKS_TITLE, "fr-CA"), "Merci");
    assert_string_equal(survey_word(WORD_THANKS_TITLE, "pl"), "Thank you");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_score_is_a_group_of_buttons_with_its_question_as_legend,
                                        fill, clear),
        cmocka_unit_test_setup_teardown(the_foot_says_the_companys_name_once, fill, clear),
        cmocka_unit_test_setup_teardown(words_of_people_are_no_markup, fill, clear),
        cmocka_unit_test_setup_teardown(what_is_missing_is_marked_and_what_was_said_is_kept, fill,
                                        clear),
        cmocka_unit_test(every_word_of_ours_is_there_in_each_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
