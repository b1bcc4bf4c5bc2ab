/*
 * survey_page_handlers - the page behind a link: reading it, and what it sends
 *
 * A page that says why not has a status of its own: 409 answered already, 410 ended, 422 something
 * is missing.
 */
// SPDX-License-Identifier: Apache-2.0
#include "survey_page.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "surveys/v1/surveys.dispatch.h"

#define HTML "text/html; charset=utf-8"

enum {
    STATUS_CONFLICT = 409,
    STATUS_GONE = 410,
    STATUS_UNPROCESSABLE = 422,
    NUMBER_SIZE_MAX = 2,
    BASE = 10
};

/* What a page is made of. */
struct view {
    struct invitation invitation;
    const struct policy *policy;
    struct survey_page page;
};

static enum err
open_await(struct call *call, const char *invitation_id, const char *language, const char *accept,
           struct view *view)
{
    Surveys__V1__Template *template;
    enum err err = invitation_read_await(call, invitation_id, &view->invitation);
    if (err == ERR_NOT_FOUND)
        return invitation_fail_missing(call, invitation_id);
    if (err != OK)
        return err;
    const Surveys__V1__Invitation *message = view->invitation.message;
    err = template_read_await(call, message->template_id, message->template_version, &template);
    if (err == OK)
        err = surveys_policy(call, &view->policy);
    if (err != OK)
        return err;
    const char *wish = language[0] != 0 ? language : view->invitation.language;
    view->page = (struct survey_page){
        .template = template,
        .branding = &view->policy->branding,
        .language = survey_page_language(template, wish, accept, view->policy->languages[0]),
        .form_action = invitation_link(call->arena, message, &surveys_v1_post_survey_page_method),
        .page_path = invitation_link(call->arena, message, &surveys_v1_get_survey_page_method),
    };
    return OK;
}

static Common__V1__Body *
make_body(struct arena *arena, struct buf *html, int status)
{
    Common__V1__Body *body = arena_alloc(arena, sizeof *body);
    common__v1__body__init(body);
    const char *text = arena_copy_text(arena, buf_text(html));
    buf_free(html);
    body->media_type = (char *)HTML;
    body->content.data = (uint8_t *)text;
    body->content.len = strlen(text);
    body->size_bytes = (int64_t)body->content.len;
    body->status = status;
    return body;
}

static Common__V1__Body *
make_form(struct call *call, const struct view *view)
{
    struct buf html = {0};
    survey_page_write_form(&view->page, &html);
    return make_body(call->arena, &html, view->page.is_incomplete ? STATUS_UNPROCESSABLE : 0);
}

static Common__V1__Body *
make_notice(struct call *call, const struct view *view, enum survey_word title,
            enum survey_word text, int status)
{
    struct buf html = {0};
    survey_page_write_notice(&view->page, title, text, &html);
    return make_body(call->arena, &html, status);
}

/* The page of an invitation that can no longer be answered; NULL: of what was never sent, which has
 * none. */
static Common__V1__Body *
make_closed(struct call *call, const struct view *view, const char *reason)
{
    if (strcmp(reason, "INVITATION_ANSWERED") == 0)
        return make_notice(call, view, WORD_ANSWERED_TITLE, WORD_ANSWERED_TEXT, STATUS_CONFLICT);
    if (strcmp(reason, "INVITATION_DISMISSED") == 0)
        return make_notice(call, view, WORD_DISMISSED_TITLE, WORD_DISMISSED_TEXT, STATUS_CONFLICT);
    if (strcmp(reason, "INVITATION_EXPIRED") == 0)
        return make_notice(call, view, WORD_EXPIRED_TITLE, WORD_EXPIRED_TEXT, STATUS_GONE);
    return NULL;
}

enum err
surveys_get_survey_page(struct call *call, const Surveys__V1__GetSurveyPageRequest *req,
                        Surveys__V1__GetSurveyPageResponse *res)
{
    struct view view;
    enum err err = open_await(call, req->invitation_id, req->language, req->accept_language, &view);
    if (err != OK)
        return err;
    const char *reason = invitation_reason_closed(view.invitation.message, clock_now_us());
    res->body = reason == NULL ? make_form(call, &view) : make_closed(call, &view, reason);
    return res->body != NULL ? OK : invitation_fail_missing(call, req->invitation_id);
}

/* ---- what the page sends ---- */

/* A number of the page's; -1, which is on no scale: it is none. */
static int
read_number(const char *text)
{
    int number = 0;
    size_t size = strlen(text);
    if (size == 0 || size > NUMBER_SIZE_MAX || strspn(text, "0123456789") != size)
        return -1;
    for (size_t i = 0; i < size; i++)
        number = number * BASE + (text[i] - '0');
    return number;
}

static Surveys__V1__Answer *
read_answer(struct arena *arena, const Surveys__V1__Question *question, char *value)
{
    Surveys__V1__Answer *answer = arena_alloc(arena, sizeof *answer);
    surveys__v1__answer__init(answer);
    answer->question_id = question->question_id;
    if (question->kind == SURVEYS__V1__QUESTION__KIND__TEXT)
        answer->text = value;
    else if (question->kind == SURVEYS__V1__QUESTION__KIND__CHOICE)
        answer->choice_id = value;
    else
        answer->number = read_number(value);
    return answer;
}

/* Fields of no question are left out, as are empty ones. */
static size_t
read_answers(struct arena *arena, const Surveys__V1__Template *template,
             Common__V1__FormField *const *fields, size_t count, Surveys__V1__Answer **answers)
{
    size_t answer_count = 0;
    for (size_t i = 0; i < count; i++) {
        const Surveys__V1__Question *question = template_find_question(template, fields[i]->name);
        if (question != NULL && fields[i]->value[0] != 0)
            answers[answer_count++] = read_answer(arena, question, fields[i]->value);
    }
    return answer_count;
}

static bool
is_dismissal(const Surveys__V1__PostSurveyPageRequest *req)
{
    for (size_t i = 0; i < req->n_fields; i++) {
        if (strcmp(req->fields[i]->name, SURVEY_PAGE_DISMISS) == 0)
            return true;
    }
    return false;
}

/* Whether this very form was taken before: a second click is answered as the first was. */
static bool
is_repeat_await(struct call *call)
{
    const uint8_t *stored;
    size_t size_bytes;
    return change_replay_await(svc_db(call->svc), call, &stored, &size_bytes) == OK;
}

/* A refusal becomes a page, where it is one for people. */
static enum err
tell_refusal_await(struct call *call, struct view *view,
                   const Surveys__V1__PostSurveyPageRequest *req, enum err err,
                   Surveys__V1__PostSurveyPageResponse *res)
{
    Common__V1__Body *body = NULL;
    if (err == ERR_INVALID_ARGUMENT) {
        view->page.fields = req->fields;
        view->page.field_count = req->n_fields;
        view->page.is_incomplete = true;
        body = make_form(call, view);
    } else if (err == ERR_FAILED_PRECONDITION) {
        const char *reason = arena_copy_text(call->arena, call->fault.reason);
        if (is_repeat_await(call))
            return call_fail(call, ERR_KEY_USED, "KEY_USED", "this form was taken before");
        body = make_closed(call, view, reason);
    }
    if (body == NULL)
        return err;
    call->fault = (struct fault){0};
    res->body = body;
    return OK;
}

enum err
surveys_post_survey_page(struct call *call, const Surveys__V1__PostSurveyPageRequest *req,
                         Surveys__V1__PostSurveyPageResponse *res)
{
    struct view view;
    Surveys__V1__Invitation *changed;
    enum err err = open_await(call, req->invitation_id, req->language, "", &view);
    if (err != OK)
        return err;
    if (is_dismissal(req)) {
        res->body = make_notice(call, &view, WORD_DISMISSED_TITLE, WORD_DISMISSED_TEXT, 0);
        err = invitation_dismiss_await(call, req->invitation_id, &changed, &res->base);
        return err == OK ? OK : tell_refusal_await(call, &view, req, err, res);
    }
    Surveys__V1__Answer **answers =
        arena_alloc(call->arena, (req->n_fields + 1) * sizeof(Surveys__V1__Answer *));
    size_t count =
        read_answers(call->arena, view.page.template, req->fields, req->n_fields, answers);
    res->body = make_notice(call, &view, WORD_THANKS_TITLE, WORD_THANKS_TEXT, 0);
    err = invitation_take_answers_await(call, req->invitation_id, answers, count,
                                        SURVEYS__V1__INVITATION__CHANNEL__EMAIL, &changed,
                                        &res->base);
    return err == OK ? OK : tell_refusal_await(call, &view, req, err, res);
}
