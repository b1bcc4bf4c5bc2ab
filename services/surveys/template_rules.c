/*
 * template_rules - what a template must be beyond what its contract says
 */
// SPDX-License-Identifier: Apache-2.0
#include "surveys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CHOICES_MIN = 2, PLACE_SIZE = 64 };

static enum err
refuse(struct fault *ret_fault, const char *field, const char *reason, const char *sentence)
{
    (void)fault_set(ret_fault, ERR_INVALID_ARGUMENT, reason, "%s: %s", field, sentence);
    (void)snprintf(ret_fault->field, sizeof ret_fault->field, "%s", field);
    return ERR_INVALID_ARGUMENT;
}

static bool
has_language(Surveys__V1__Words *const *words, size_t count, const char *language)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(words[i]->language, language) == 0)
            return true;
    }
    return false;
}

/* Each language once, and those of the title, so that no page is half in another. */
static enum err
check_words(const Surveys__V1__Template *template, Surveys__V1__Words *const *words, size_t count,
            const char *field, struct fault *ret_fault)
{
    for (size_t i = 0; i < count; i++) {
        if (has_language(words, i, words[i]->language))
            return refuse(ret_fault, field, "LANGUAGE_REPEATED", "a language stands there twice");
    }
    for (size_t i = 0; i < template->n_title; i++) {
        if (!has_language(words, count, template->title[i]->language))
            return refuse(ret_fault, field, "LANGUAGE_MISSING",
                          "a language of the title is missing");
    }
    if (count != template->n_title)
        return refuse(ret_fault, field, "LANGUAGE_UNKNOWN",
                      "there is a language that the title does not have");
    return OK;
}

static enum err
check_choices(const Surveys__V1__Template *template, const Surveys__V1__Question *question,
              const char *field, struct fault *ret_fault)
{
    bool is_choice = question->kind == SURVEYS__V1__QUESTION__KIND__CHOICE;
    char place[2 * PLACE_SIZE];
    if (!is_choice && question->n_choices > 0)
        return refuse(ret_fault, field, "CHOICES_UNEXPECTED", "only CHOICE has choices");
    if (is_choice && question->n_choices < CHOICES_MIN)
        return refuse(ret_fault, field, "CHOICES_MISSING", "CHOICE needs two choices or more");
    for (size_t i = 0; i < question->n_choices; i++) {
        (void)snprintf(place, sizeof place, "%s.choices[%zu]", field, i);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(question->choices[k]->choice_id, question->choices[i]->choice_id) == 0)
                return refuse(ret_fault, place, "CHOICE_REPEATED", "it stands there already");
        }
        enum err err = check_words(template, question->choices[i]->text,
                                   question->choices[i]->n_text, place, ret_fault);
        if (err != OK)
            return err;
    }
    return OK;
}

static bool
is_score(const Surveys__V1__Question *question)
{
    return question->kind == SURVEYS__V1__QUESTION__KIND__NPS ||
           question->kind == SURVEYS__V1__QUESTION__KIND__CSAT ||
           question->kind == SURVEYS__V1__QUESTION__KIND__CES;
}

static enum err
check_question(const Surveys__V1__Template *template, size_t at, struct fault *ret_fault)
{
    const Surveys__V1__Question *question = template->questions[at];
    char field[PLACE_SIZE];
    (void)snprintf(field, sizeof field, "template.questions[%zu]", at);
    for (size_t i = 0; i < at; i++) {
        const Surveys__V1__Question *other = template->questions[i];
        if (strcmp(other->question_id, question->question_id) == 0)
            return refuse(ret_fault, field, "QUESTION_REPEATED", "its id stands there already");
        if (other->kind == question->kind && is_score(question))
            return refuse(ret_fault, field, "KIND_REPEATED",
                          "a template has each of NPS, CSAT and CES once at most");
    }
    enum err err = check_words(template, question->text, question->n_text, field, ret_fault);
    return err != OK ? err : check_choices(template, question, field, ret_fault);
}

enum err
template_check(const Surveys__V1__Template *template, struct fault *ret_fault)
{
    enum err err =
        check_words(template, template->title, template->n_title, "template.title", ret_fault);
    if (err == OK && template->n_introduction > 0)
        err = check_words(template, template->introduction, template->n_introduction,
                          "template.introduction", ret_fault);
    for (size_t i = 0; err == OK && i < template->n_questions; i++)
        err = check_question(template, i, ret_fault);
    return err;
}

const Surveys__V1__Question *
template_find_question(const Surveys__V1__Template *template, const char *question_id)
{
    for (size_t i = 0; i < template->n_questions; i++) {
        if (strcmp(template->questions[i]->question_id, question_id) == 0)
            return template->questions[i];
    }
    return NULL;
}
