/*
 * invitation_rules - which answers are answers, and until when they are taken
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

#include <stdio.h>
#include <string.h>

#include "common/message.h"
#include "score_rules.h"

static enum err
refuse(struct fault *ret_fault, size_t at, const char *reason, const char *sentence)
{
    (void)fault_set(ret_fault, ERR_INVALID_ARGUMENT, reason, "answers[%zu]: %s", at, sentence);
    (void)snprintf(ret_fault->field, sizeof ret_fault->field, "answers[%zu]", at);
    return ERR_INVALID_ARGUMENT;
}

bool
answer_is_given(const Surveys__V1__Question *question, const Surveys__V1__Answer *answer)
{
    switch (question->kind) {
    case SURVEYS__V1__QUESTION__KIND__CHOICE:
        return answer->choice_id[0] != 0;
    case SURVEYS__V1__QUESTION__KIND__TEXT:
        return answer->text[strspn(answer->text, " \t\r\n")] != 0;
    default:
        return true; /* a number is given by naming the question: 0 is one */
    }
}

static bool
is_in_scale(const Surveys__V1__Question *question, int number)
{
    switch (question->kind) {
    case SURVEYS__V1__QUESTION__KIND__NPS:
        return number >= 0 && number <= NPS_MAX;
    case SURVEYS__V1__QUESTION__KIND__CSAT:
        return number >= 1 && number <= CSAT_MAX;
    case SURVEYS__V1__QUESTION__KIND__CES:
        return number >= 1 && number <= CES_MAX;
    default:
        return number == 0;
    }
}

static bool
has_choice(const Surveys__V1__Question *question, const char *choice_id)
{
    for (size_t i = 0; i < question->n_choices; i++) {
        if (strcmp(question->choices[i]->choice_id, choice_id) == 0)
            return true;
    }
    return choice_id[0] == 0;
}

static enum err
check_answer(const Surveys__V1__Question *question, const Surveys__V1__Answer *answer, size_t at,
             struct fault *ret_fault)
{
    bool is_text = question->kind == SURVEYS__V1__QUESTION__KIND__TEXT;
    if (!is_in_scale(question, answer->number))
        return refuse(ret_fault, at, "NUMBER_OUT_OF_SCALE",
                      "the number is not one of the question's scale");
    if (!has_choice(question, answer->choice_id))
        return refuse(ret_fault, at, "CHOICE_UNKNOWN", "the question has no such choice");
    if (answer->text[0] != 0 && !is_text)
        return refuse(ret_fault, at, "TEXT_UNEXPECTED", "the question takes no words");
    return OK;
}

static void
take_score(const Surveys__V1__Question *question, const Surveys__V1__Answer *answer,
           struct invitation_scores *scores)
{
    if (question->kind == SURVEYS__V1__QUESTION__KIND__NPS)
        scores->nps = answer->number;
    if (question->kind == SURVEYS__V1__QUESTION__KIND__CSAT)
        scores->csat = answer->number;
    if (question->kind == SURVEYS__V1__QUESTION__KIND__CES)
        scores->ces = answer->number;
}

static bool
is_answered(const Surveys__V1__Question *question, Surveys__V1__Answer *const *answers,
            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(answers[i]->question_id, question->question_id) == 0 &&
            answer_is_given(question, answers[i]))
            return true;
    }
    return false;
}

enum err
answers_check(const Surveys__V1__Template *template, Surveys__V1__Answer *const *answers,
              size_t count, struct invitation_scores *ret_scores, struct fault *ret_fault)
{
    *ret_scores = (struct invitation_scores){-1, -1, -1};
    for (size_t i = 0; i < count; i++) {
        const Surveys__V1__Question *question =
            template_find_question(template, answers[i]->question_id);
        if (question == NULL)
            return refuse(ret_fault, i, "QUESTION_UNKNOWN", "there is no such question");
        for (size_t k = 0; k < i; k++) {
            if (strcmp(answers[k]->question_id, answers[i]->question_id) == 0)
                return refuse(ret_fault, i, "QUESTION_REPEATED", "it is answered twice");
        }
        enum err err = check_answer(question, answers[i], i, ret_fault);
        if (err != OK)
            return err;
        take_score(question, answers[i], ret_scores);
    }
    for (size_t i = 0; i < template->n_questions; i++) {
        const Surveys__V1__Question *question = template->questions[i];
        if (!question->is_required || is_answered(question, answers, count))
            continue;
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "ANSWER_MISSING",
                         "the question \"%s\" must be answered", question->question_id);
    }
    return OK;
}

const char *
invitation_reason_clause(const char *reason)
{
    static const char *const by_policy[] = {"SAMPLED_OUT", "COOL_DOWN", "TOO_LATE", "NO_METHOD"};
    for (size_t i = 0; i < COUNT_OF(by_policy); i++) {
        if (strcmp(reason, by_policy[i]) == 0)
            return policy_parameter_row(POLICY_SURVEY_METHODS_METHODS)->clause_id;
    }
    return "";
}

const char *
invitation_reason_closed(const Surveys__V1__Invitation *invitation, int64_t now_us)
{
    switch (invitation->state) {
    case SURVEYS__V1__INVITATION__STATE__ANSWERED:
        return "INVITATION_ANSWERED";
    case SURVEYS__V1__INVITATION__STATE__DISMISSED:
        return "INVITATION_DISMISSED";
    case SURVEYS__V1__INVITATION__STATE__EXPIRED:
        return "INVITATION_EXPIRED";
    case SURVEYS__V1__INVITATION__STATE__SENT:
    case SURVEYS__V1__INVITATION__STATE__REMINDED:
        /* The timer may come a moment later. */
        return now_us >= message_get_time(invitation->expire_time) ? "INVITATION_EXPIRED" : NULL;
    default:
        return "INVITATION_NOT_SENT";
    }
}
