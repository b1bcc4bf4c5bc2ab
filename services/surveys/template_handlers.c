/*
 * template_handlers - surveys: their questions, and what has them sent
 */
// SPDX-License-Identifier: Apache-2.0
#include "surveys.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "surveys/v1/surveys.dispatch.h"

#define TRIGGERS "survey_after"

static enum err
fail_missing(struct call *call, const char *template_id)
{
    return call_fail(call, ERR_NOT_FOUND, "TEMPLATE_MISSING", "template \"%s\" is not known",
                     template_id);
}

/* Of a template that another one keeps from being stored. */
static enum err
tell_conflict(struct call *call, const Surveys__V1__Template *template, enum err err)
{
    if (err != ERR_ALREADY_EXISTS)
        return err;
    if (strcmp(call->fault.field, "templates_trigger_ux") == 0)
        return call_fail(call, ERR_ALREADY_EXISTS, "TRIGGER_TAKEN",
                         "another template is sent after \"%s\" already", template->trigger);
    return call_fail(call, ERR_ALREADY_EXISTS, "TEMPLATE_EXISTS",
                     "template \"%s\" is there already", template->template_id);
}

static enum err
check(struct call *call, const Surveys__V1__Template *template)
{
    const struct policy *policy;
    enum err err = template_check(template, &call->fault);
    if (err == OK)
        err = surveys_policy(call, &policy);
    if (err == OK && !policy_has_code(policy, TRIGGERS, template->trigger))
        return call_fail_field(call, "template.trigger", "CODE_UNKNOWN",
                               "template.trigger: the policy has no " TRIGGERS " \"%s\"; it has %s",
                               template->trigger,
                               policy_print_codes(call->arena, policy, TRIGGERS));
    return err;
}

enum err
surveys_create_template(struct call *call, const Surveys__V1__CreateTemplateRequest *req,
                        Surveys__V1__CreateTemplateResponse *res)
{
    enum err err = check(call, req->template_);
    if (err != OK)
        return err;
    res->template_ = arena_copy(call->arena, req->template_, sizeof *req->template_);
    res->template_->create_time = message_time(call->arena, clock_now_us());
    res->template_->version = 1;
    Surveys__V1__TemplateCreated event = SURVEYS__V1__TEMPLATE_CREATED__INIT;
    event.template_id = res->template_->template_id;
    return tell_conflict(call, res->template_,
                         template_create_await(call, res->template_, &event.base, &res->base));
}

enum err
surveys_get_template(struct call *call, const Surveys__V1__GetTemplateRequest *req,
                     Surveys__V1__GetTemplateResponse *res)
{
    enum err err = template_read_await(call, req->template_id, 0, &res->template_);
    return err == ERR_NOT_FOUND ? fail_missing(call, req->template_id) : err;
}

enum err
surveys_list_templates(struct call *call, const Surveys__V1__ListTemplatesRequest *req,
                       Surveys__V1__ListTemplatesResponse *res)
{
    const char *after;
    struct page page;
    enum err err = page_token_read(call, req->page_token, 1, &after);
    if (err == OK)
        err = template_list_await(call, after, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->templates = (Surveys__V1__Template **)page.messages;
    res->n_templates = page.count;
    if (page.has_more) {
        const char *last = res->templates[page.count - 1]->template_id;
        res->next_page_token = (char *)page_token_make(call->arena, &last, 1);
    }
    return OK;
}

static enum err
update_once_await(struct call *call, const Surveys__V1__UpdateTemplateRequest *req,
                  Surveys__V1__UpdateTemplateResponse *res)
{
    Surveys__V1__Template *before;
    enum err err = template_read_await(call, req->template_id, 0, &before);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call, req->template_id);
    if (err == OK)
        err = call_check_version(call, req->expected_version, before->version);
    if (err != OK)
        return err;
    res->template_ = arena_copy(call->arena, req->template_, sizeof *req->template_);
    res->template_->template_id = req->template_id;
    res->template_->create_time = before->create_time;
    res->template_->version = before->version + 1;
    Surveys__V1__TemplateUpdated event = SURVEYS__V1__TEMPLATE_UPDATED__INIT;
    event.template_id = req->template_id;
    event.version = res->template_->version;
    return tell_conflict(call, res->template_,
                         template_update_await(call, res->template_, &event.base, &res->base));
}

enum err
surveys_update_template(struct call *call, const Surveys__V1__UpdateTemplateRequest *req,
                        Surveys__V1__UpdateTemplateResponse *res)
{
    const char *inner = req->template_->template_id;
    if (inner[0] != 0 && strcmp(inner, req->template_id) != 0)
        return call_fail_field(call, "template.template_id", "ID_DIFFERS",
                               "template.template_id is not the one of the path");
    enum err err = check(call, req->template_);
    if (err != OK)
        return err;
    do
        err = update_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
