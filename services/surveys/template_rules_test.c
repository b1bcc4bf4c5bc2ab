/*
 * template_rules_test - which templates can be asked
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "surveys.h"

/* A template of two questions, one of which has choices. */
struct sample {
    Surveys__V1__Words en;
    Surveys__V1__Words de;
    Surveys__V1__Words *both[2];
    Surveys__V1__Choice choices[2];
    Surveys__V1__Choice *choice_list[2];
    Surveys__V1__Question questions[2];
    Surveys__V1__Question *question_list[2];
    Surveys__V1__Template template;
};

static struct sample sample;

static void
fill_choices(void)
{
    static char *const ids[] = {"slow", "rude"};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        surveys__v1__choice__init(&sample.choices[i]);
        sample.choices[i].choice_id = ids[i];
        sample.choices[i].text = sample.both;
        sample.choices[i].n_text = 2;
        sample.choice_list[i] = &sample.choices[i];
    }
}

static int
fill(void **state UNUSED)
{
    static char *const ids[] = {"recommend", "why"};
    surveys__v1__words__init(&sample.en);
    surveys__v1__words__init(&sample.de);
    sample.en.language = "en";
    sample.de.language = "de";
    sample.both[0] = &sample.en;
    sample.both[1] = &sample.de;
    fill_choices();
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        surveys__v1__question__init(&sample.questions[i]);
        sample.questions[i].question_id = ids[i];
        sample.questions[i].text = sample.both;
        sample.questions[i].n_text = 2;
        sample.question_list[i] = &sample.questions[i];
    }
    sample.questions[0].kind = SURVEYS__V1__QUESTION__KIND__NPS;
    sample.questions[1].kind = SURVEYS__V1__QUESTION__KIND__CHOICE;
    sample.questions[1].choices = sample.choice_list;
    sample.questions[1].n_choices = 2;
    surveys__v1__template__init(&sample.template);
    sample.template.title = sample.both;
    sample.template.n_title = 2;
    sample.template.questions = sample.question_list;
    sample.template.n_questions = 2;
    return 0;
}

static void
assert_refused(const char *reason, const char *field)
{
    struct fault fault = {0};
    assert_int_equal(template_check(&sample.template, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, reason);
    assert_string_equal(fault.field, field);
}

static void
a_template_with_all_words_in_all_languages_can_be_asked(void **state UNUSED)
{
    struct fault fault = {0};
    assert_int_equal(template_check(&sample.template, &fault), OK);
}

static void
a_choice_that_lacks_a_language_of_the_title_is_named(void **state UNUSED)
{
    sample.choices[1].n_text = 1;
    assert_refused("LANGUAGE_MISSING", "template.questions[1].choices[1]");
}

static void
a_language_that_the_title_lacks_or_that_stands_twice_is_refused(void **state UNUSED)
{
    sample.template.n_title = 1;
    assert_refused("LANGUAGE_UNKNOWN", "template.questions[0]");
    sample.template.n_title = 2;
    sample.de.language = "EN";
    assert_refused("LANGUAGE_REPEATED", "template.title");
}

static void
only_a_question_of_choices_has_some_and_two_at_least(void **state UNUSED)
{
    sample.questions[1].n_choices = 1;
    assert_refused("CHOICES_MISSING", "template.questions[1]");
    sample.questions[1].n_choices = 2;
    sample.questions[1].kind = SURVEYS__V1__QUESTION__KIND__TEXT;
    assert_refused("CHOICES_UNEXPECTED", "template.questions[1]");
}

static void
each_score_is_asked_for_once_and_texts_more_often(void **state UNUSED)
{
    sample.questions[1].n_choices = 0;
    sample.questions[1].kind = SURVEYS__V1__QUESTION__KIND__NPS;
    assert_refused("KIND_REPEATED", "template.questions[1]");
    struct fault fault = {0};
    sample.questions[0].kind = SURVEYS__V1__QUESTION__KIND__TEXT;
    sample.questions[1].kind = SURVEYS__V1__QUESTION__KIND__TEXT;
    assert_int_equal(template_check(&sample.template, &fault), OK);
}

static void
a_question_and_a_choice_have_ids_of_their_own(void **state UNUSED)
{
    sample.choices[1].choice_id = "slow";
    assert_refused("CHOICE_REPEATED", "template.questions[1].choices[1]");
    sample.questions[1].question_id = "recommend";
    assert_refused("QUESTION_REPEATED", "template.questions[1]");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_template_with_all_words_in_all_languages_can_be_asked, fill),
        cmocka_unit_test_setup(a_choice_that_lacks_a_language_of_the_title_is_named, fill),
        cmocka_unit_test_setup(a_language_that_the_title_lacks_or_that_stands_twice_is_refused,
                               fill),
        cmocka_unit_test_setup(only_a_question_of_choices_has_some_and_two_at_least, fill),
        cmocka_unit_test_setup(each_score_is_asked_for_once_and_texts_more_often, fill),
        cmocka_unit_test_setup(a_question_and_a_choice_have_ids_of_their_own, fill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
