/*
 * invitation_handlers - invitations by the API: reading, answering, dismissing, and for daemons
 * that write to people, where somebody is reached
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

#include "common/clock.h"
#include "common/link.h"
#include "common/v1/envelope.pb-c.h"
#include "common/message.h"
#include "surveys/v1/surveys.dispatch.h"

/* A link opens its page for a time after it has expired, so that the page can say so. */
static const int64_t LINK_LIFE_AFTER_MS = INT64_C(365) * 24 * 3600 * 1000;
enum { US_PER_MS = 1000 };

static enum err
read_await(struct call *call, const char *invitation_id, struct invitation *ret_invitation)
{
    enum err err = invitation_read_await(call, invitation_id, ret_invitation);
    return err == ERR_NOT_FOUND ? invitation_fail_missing(call, invitation_id) : err;
}

/* Words of customers are for those who work with them. */
static void
hide_words(struct call *call, Surveys__V1__Invitation *const *invitations, size_t count)
{
    const uint32_t readers =
        1U << COMMON__V1__ROLE__AGENT | 1U << COMMON__V1__ROLE__COMPLAINT_HANDLER |
        1U << COMMON__V1__ROLE__MANAGER | 1U << COMMON__V1__ROLE__ADMINISTRATOR;
    for (size_t i = 0; i < count && !call_has_role(call, readers); i++) {
        for (size_t k = 0; k < invitations[i]->n_answers; k++)
            invitations[i]->answers[k]->text = (char *)"";
    }
}

enum err
surveys_get_invitation(struct call *call, const Surveys__V1__GetInvitationRequest *req,
                       Surveys__V1__GetInvitationResponse *res)
{
    struct invitation invitation;
    enum err err = read_await(call, req->invitation_id, &invitation);
    if (err == OK)
        err = answers_read_await(call, &invitation.message, 1);
    if (err != OK)
        return err;
    hide_words(call, &invitation.message, 1);
    res->invitation = invitation.message;
    return OK;
}

enum err
surveys_list_invitations(struct call *call, const Surveys__V1__ListInvitationsRequest *req,
                         Surveys__V1__ListInvitationsResponse *res)
{
    const struct policy *policy;
    struct page page;
    enum err err = surveys_policy(call, &policy);
    if (err == OK)
        err = invitation_list_await(call, req, surveys_day_begin(policy, req->from_date),
                                    surveys_day_begin(policy, req->before_date), &page);
    if (err != OK)
        return err;
    res->invitations = (Surveys__V1__Invitation **)page.messages;
    res->n_invitations = page.count;
    if (page.has_more) {
        const Surveys__V1__Invitation *last = res->invitations[page.count - 1];
        const char *parts[] = {surveys_token_time(call->arena, message_get_time(last->create_time)),
                               last->invitation_id};
        res->next_page_token = (char *)page_token_make(call->arena, parts, COUNT_OF(parts));
    }
    hide_words(call, res->invitations, res->n_invitations);
    return OK;
}

static bool
is_by_link(const struct call *call)
{
    return call->principal.kind == COMMON__V1__PRINCIPAL__KIND__LINK;
}

enum err
surveys_answer_invitation(struct call *call, const Surveys__V1__AnswerInvitationRequest *req,
                          Surveys__V1__AnswerInvitationResponse *res)
{
    return invitation_take_answers_await(call, req->invitation_id, req->answers, req->n_answers,
                                         is_by_link(call)
                                             ? SURVEYS__V1__INVITATION__CHANNEL__ONLINE_FORM
                                             : SURVEYS__V1__INVITATION__CHANNEL__PHONE,
                                         &res->invitation, &res->base);
}

enum err
surveys_dismiss_invitation(struct call *call, const Surveys__V1__DismissInvitationRequest *req,
                           Surveys__V1__DismissInvitationResponse *res)
{
    return invitation_dismiss_await(call, req->invitation_id, &res->invitation, &res->base);
}

char *
invitation_link(struct arena *arena, const Surveys__V1__Invitation *invitation,
                const struct contract_method *method)
{
    struct uuid id = uuid_make();
    int64_t left_us = message_get_time(invitation->expire_time) - clock_now_us();
    int64_t left_ms = left_us > 0 ? left_us / US_PER_MS : 0;
    const char *link =
        link_make(arena, message_uuid(arena, &id), method->name, invitation->invitation_id,
                  clock_real_ms() + left_ms + LINK_LIFE_AFTER_MS);
    CHECK(link != NULL); /* all of it is shorter than a principal holds */
    return arena_printf(arena, "/survey/%s?link=%s", invitation->invitation_id, link);
}

enum err
surveys_get_invitation_contact(struct call *call,
                               const Surveys__V1__GetInvitationContactRequest *req,
                               Surveys__V1__GetInvitationContactResponse *res)
{
    struct invitation invitation;
    struct invitation_reach reach;
    enum err err = read_await(call, req->aggregate_id, &invitation);
    if (err == OK)
        err = invitation_reach_await(call, invitation.message, &reach);
    if (err != OK)
        return err;
    res->contact = reach.contact;
    res->link =
        invitation_link(call->arena, invitation.message, &surveys_v1_get_survey_page_method);
    return OK;
}
