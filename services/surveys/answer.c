/*
 * answer - taking answers and dismissals, whichever way they come
 *
 * The answer, its scores and the loop that a low one opens are one unit of work. Whether low scores
 * cluster is looked at afterwards, by a timer of that unit, when all of them can be seen.
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "survey_rules.h"

enum err
invitation_fail_missing(struct call *call, const char *invitation_id)
{
    return call_fail(call, ERR_NOT_FOUND, "INVITATION_MISSING", "invitation \"%s\" is not known",
                     invitation_id);
}

/* Reads it, and refuses where it can no longer be answered. */
static enum err
open_await(struct call *call, const char *invitation_id, int to, struct invitation *ret_invitation)
{
    enum err err = invitation_read_await(call, invitation_id, ret_invitation);
    if (err == ERR_NOT_FOUND)
        return invitation_fail_missing(call, invitation_id);
    if (err != OK)
        return err;
    Surveys__V1__Invitation *message = ret_invitation->message;
    const char *reason = invitation_reason_closed(message, clock_now_us());
    if (reason != NULL)
        return call_fail(call, ERR_FAILED_PRECONDITION, reason,
                         "the invitation can not be answered: its state is %s",
                         surveys_code(&surveys__v1__invitation__state__descriptor, message->state));
    int state = (int)message->state;
    err =
        call_move_to(call, &surveys_v1_invitation_state_machine, "INVITATION_NOT_SENT", to, &state);
    message->state = state;
    message->version++;
    return err;
}

/* Left out what says nothing. */
static void
keep_answers(struct call *call, const Surveys__V1__Template *template,
             Surveys__V1__Answer *const *answers, size_t count, Surveys__V1__Invitation *message)
{
    message->answers = arena_alloc(call->arena, (count + 1) * sizeof *message->answers);
    message->n_answers = 0;
    for (size_t i = 0; i < count; i++) {
        const Surveys__V1__Question *question =
            template_find_question(template, answers[i]->question_id);
        if (answer_is_given(question, answers[i]))
            message->answers[message->n_answers++] = answers[i];
    }
}

/* The loop that low scores open; NULL: none is low. */
static Surveys__V1__Loop *
open_loop(struct call *call, const struct policy *policy, const Surveys__V1__Invitation *message,
          const struct invitation_scores *scores)
{
    const struct rules_subject subject = {"", message->category, message->region, ""};
    const struct rules_number numbers[] = {
        {"nps", scores->nps}, {"csat", scores->csat}, {"effort", scores->ces}};
    struct policy_value tests =
        rules_read(call->arena, policy, POLICY_SURVEY_FEEDBACK_LOW_SCORE, &subject);
    struct policy_codes held = rules_judge(call->arena, policy, &tests, numbers, COUNT_OF(numbers));
    if (held.count == 0)
        return NULL;
    struct policy_value owner =
        rules_read(call->arena, policy, POLICY_SURVEY_FEEDBACK_OWNER, &subject);
    struct policy_value within =
        rules_read(call->arena, policy, POLICY_SURVEY_FEEDBACK_CONTACT_WITHIN, &subject);
    int64_t now_us = message_get_time(message->answer_time);
    const char *explanation;
    struct uuid loop_id = uuid_make();
    Surveys__V1__Loop *loop = arena_alloc(call->arena, sizeof *loop);
    surveys__v1__loop__init(loop);
    loop->loop_id = message_uuid(call->arena, &loop_id);
    loop->invitation_id = message->invitation_id;
    loop->clause_ids = (char **)held.codes;
    loop->n_clause_ids = held.count;
    loop->state = SURVEYS__V1__LOOP__STATE__OPEN;
    loop->owner = (char *)(owner.absence == POLICY_PRESENT ? owner.code : "");
    loop->contact_by =
        message_time(call->arena, rules_add(call->arena, policy, &within, now_us, 0, &explanation));
    loop->contact_by_explanation = (char *)explanation;
    return loop;
}

static int64_t
forget_time(struct call *call, const struct policy *policy, int64_t now_us)
{
    struct policy_subject subject = {0};
    (void)policy_subject_set(&policy->axes, &subject, POLICY_AXIS_DATA_CLASS, "survey");
    struct policy_value retention =
        policy_read_value(call->arena, policy, POLICY_GENERAL_PRIVACY_RETENTION, &subject).value;
    return rules_add(call->arena, policy, &retention, now_us, 0, NULL);
}

static enum err
write_await(struct call *call, const struct policy *policy, const struct invitation *invitation,
            const struct invitation_scores *scores, const ProtobufCMessage *response)
{
    const Surveys__V1__Invitation *message = invitation->message;
    Surveys__V1__Loop *loop = open_loop(call, policy, message, scores);
    Surveys__V1__InvitationAnswered event = SURVEYS__V1__INVITATION_ANSWERED__INIT;
    event.invitation_id = message->invitation_id;
    event.template_id = message->template_id;
    event.aggregate_type = message->aggregate_type;
    event.aggregate_id = message->aggregate_id;
    event.person_id = message->person_id;
    event.channel = message->channel;
    event.nps = scores->nps;
    event.csat = scores->csat;
    event.ces = scores->ces;
    Surveys__V1__LoopOpened opened = SURVEYS__V1__LOOP_OPENED__INIT;
    if (loop != NULL) {
        event.loop_id = loop->loop_id;
        opened.loop_id = loop->loop_id;
        opened.invitation_id = loop->invitation_id;
        opened.owner = loop->owner;
        opened.contact_by = loop->contact_by;
    }
    const struct invitation_answer answer = {
        .invitation = invitation,
        .scores = *scores,
        .loop = loop,
        .forget_us = forget_time(call, policy, message_get_time(message->answer_time)),
        .event = &event.base,
        .loop_event = &opened.base,
        .response = response,
    };
    return invitation_answer_await(call, &answer);
}

static enum err
take_once_await(struct call *call, const char *invitation_id, Surveys__V1__Answer **answers,
                size_t count, Surveys__V1__Invitation__Channel channel,
                Surveys__V1__Invitation **response_invitation, const ProtobufCMessage *response)
{
    struct invitation invitation;
    Surveys__V1__Template *template;
    struct invitation_scores scores;
    const struct policy *policy;
    enum err err =
        open_await(call, invitation_id, SURVEYS__V1__INVITATION__STATE__ANSWERED, &invitation);
    if (err != OK)
        return err;
    Surveys__V1__Invitation *message = invitation.message;
    err = invitation_check_channel_await(call, message, channel);
    if (err == OK)
        err = template_read_await(call, message->template_id, message->template_version, &template);
    if (err == OK)
        err = answers_check(template, answers, count, &scores, &call->fault);
    if (err == OK)
        err = surveys_policy_of(call, message->policy_version, &policy);
    if (err != OK)
        return err;
    keep_answers(call, template, answers, count, message);
    message->channel = channel;
    message->answer_time = message_time(call->arena, clock_now_us());
    *response_invitation = message;
    return write_await(call, policy, &invitation, &scores, response);
}

enum err
invitation_take_answers_await(struct call *call, const char *invitation_id,
                              Surveys__V1__Answer **answers, size_t count,
                              Surveys__V1__Invitation__Channel channel,
                              Surveys__V1__Invitation **response_invitation,
                              const ProtobufCMessage *response)
{
    enum err err;
    do
        err = take_once_await(call, invitation_id, answers, count, channel, response_invitation,
                              response);
    while (call_may_retry_await(call, err));
    return err;
}

static enum err
dismiss_once_await(struct call *call, const char *invitation_id,
                   Surveys__V1__Invitation **response_invitation, const ProtobufCMessage *response)
{
    struct invitation invitation;
    enum err err =
        open_await(call, invitation_id, SURVEYS__V1__INVITATION__STATE__DISMISSED, &invitation);
    if (err != OK)
        return err;
    Surveys__V1__Invitation *message = invitation.message;
    *response_invitation = message;
    Surveys__V1__InvitationDismissed event = SURVEYS__V1__INVITATION_DISMISSED__INIT;
    event.invitation_id = message->invitation_id;
    event.template_id = message->template_id;
    event.aggregate_type = message->aggregate_type;
    event.aggregate_id = message->aggregate_id;
    event.person_id = message->person_id;
    const struct invitation_move move = {
        .invitation = &invitation,
        .event_contract = &surveys_v1_invitation_dismissed_contract,
        .event = &event.base,
        .response = response,
    };
    return invitation_move_await(call, &move);
}

enum err
invitation_dismiss_await(struct call *call, const char *invitation_id,
                         Surveys__V1__Invitation **response_invitation,
                         const ProtobufCMessage *response)
{
    enum err err;
    do
        err = dismiss_once_await(call, invitation_id, response_invitation, response);
    while (call_may_retry_await(call, err));
    return err;
}
