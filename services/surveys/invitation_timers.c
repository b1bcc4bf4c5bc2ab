/*
 * invitation_timers - what is due in an invitation's life: it is sent, reminded of, expires, and
 * its words are forgotten
 *
 * Each runs as a call of the daemon itself, whose key is the timer's: what is run again finds its
 * key used. A timer whose invitation has gone on does nothing.
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

#include "common/clock.h"
#include "common/message.h"
#include "survey_rules.h"

enum { DAYS_EXPIRE_DEFAULT = 30 };
static const int64_t US_PER_DAY = INT64_C(86400) * 1000000;

static struct rules_subject
subject_of(const Surveys__V1__Invitation *invitation)
{
    return (struct rules_subject){"", invitation->category, invitation->region, ""};
}

/* ---- it is sent ---- */

enum err
invitation_skip_await(struct call *call, struct invitation *invitation, const char *reason)
{
    Surveys__V1__Invitation *message = invitation->message;
    Surveys__V1__GetInvitationResponse response = SURVEYS__V1__GET_INVITATION_RESPONSE__INIT;
    Surveys__V1__InvitationSkipped event = SURVEYS__V1__INVITATION_SKIPPED__INIT;
    message->state = SURVEYS__V1__INVITATION__STATE__NOT_SENT;
    message->reason = (char *)reason;
    message->version++;
    event.invitation_id = message->invitation_id;
    event.template_id = message->template_id;
    event.aggregate_type = message->aggregate_type;
    event.aggregate_id = message->aggregate_id;
    event.person_id = message->person_id;
    event.reason = message->reason;
    event.reason_clause_id = (char *)invitation_reason_clause(reason);
    const struct invitation_move move = {
        .invitation = invitation,
        .event_contract = &surveys_v1_invitation_skipped_contract,
        .event = &event.base,
        .response = &response.base,
    };
    return invitation_move_await(call, &move);
}

/* Its next reminder; none where all were sent. What nobody could send in time counts as sent. */
static struct invitation_timer
next_reminder(struct call *call, const struct policy *policy, struct invitation *invitation)
{
    const Surveys__V1__Invitation *message = invitation->message;
    const struct rules_subject subject = subject_of(message);
    struct policy_value value =
        rules_read(call->arena, policy, POLICY_SURVEY_METHODS_REMINDERS_MAX, &subject);
    int max = rules_reminders_max(&value);
    int64_t send_us = message_get_time(message->send_time);
    int64_t expire_us = message_get_time(message->expire_time);
    int begun = rules_reminders_begun(send_us, expire_us, max, clock_now_us());
    if (invitation->reminder_count < begun)
        invitation->reminder_count = begun;
    int64_t due_us = rules_remind_time(send_us, expire_us, invitation->reminder_count + 1, max);
    return (struct invitation_timer){due_us == 0 ? NULL : INVITATION_TIMER_REMIND, due_us};
}

static enum err
say_sent_await(struct call *call, struct invitation *invitation, const struct policy *policy)
{
    Surveys__V1__Invitation *message = invitation->message;
    const struct rules_subject subject = subject_of(message);
    struct policy_value expires =
        rules_read(call->arena, policy, POLICY_SURVEY_METHODS_EXPIRES, &subject);
    int64_t now_us = clock_now_us();
    int64_t expire_us = rules_add(call->arena, policy, &expires, now_us,
                                  now_us + DAYS_EXPIRE_DEFAULT * US_PER_DAY, NULL);
    message->state = SURVEYS__V1__INVITATION__STATE__SENT;
    message->send_time = message_time(call->arena, now_us);
    message->expire_time = message_time(call->arena, expire_us);
    message->version++;
    Surveys__V1__GetInvitationResponse response = SURVEYS__V1__GET_INVITATION_RESPONSE__INIT;
    Surveys__V1__InvitationSent event = SURVEYS__V1__INVITATION_SENT__INIT;
    event.invitation_id = message->invitation_id;
    event.template_id = message->template_id;
    event.aggregate_type = message->aggregate_type;
    event.aggregate_id = message->aggregate_id;
    event.person_id = message->person_id;
    event.expire_time = message->expire_time;
    const struct invitation_move move = {
        .invitation = invitation,
        .timers = {{INVITATION_TIMER_EXPIRE, expire_us}, next_reminder(call, policy, invitation)},
        .event_contract = &surveys_v1_invitation_sent_contract,
        .event = &event.base,
        .response = &response.base,
    };
    return invitation_move_await(call, &move);
}

static enum err
send_once_await(struct call *call, const char *invitation_id)
{
    struct invitation invitation;
    struct invitation_reach reach;
    const struct policy *policy;
    enum err err = invitation_read_await(call, invitation_id, &invitation);
    if (err != OK || invitation.message->state != SURVEYS__V1__INVITATION__STATE__SCHEDULED)
        return err;
    if (invitation.is_opted_out)
        return invitation_skip_await(call, &invitation, "OPTED_OUT");
    err = invitation_reach_await(call, invitation.message, &reach);
    if (err == ERR_INTERNAL || (err != OK && err_may_pass(err)))
        return err; /* any other refusal is for good, and as no contact: nothing waits for ever */
    if (reach.reason != NULL)
        return invitation_skip_await(call, &invitation, reach.reason);
    invitation.language = reach.contact->language;
    err = surveys_policy_of(call, invitation.message->policy_version, &policy);
    return err != OK ? err : say_sent_await(call, &invitation, policy);
}

enum err
invitation_on_send(struct call *call, const struct timer_due *due)
{
    enum err err;
    do
        err = send_once_await(call, due->aggregate_id);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- it is reminded of ---- */

static bool
is_open(const struct invitation *invitation)
{
    return invitation->message->state == SURVEYS__V1__INVITATION__STATE__SENT ||
           invitation->message->state == SURVEYS__V1__INVITATION__STATE__REMINDED;
}

static enum err
remind_once_await(struct call *call, const char *invitation_id)
{
    struct invitation invitation;
    const struct policy *policy;
    enum err err = invitation_read_await(call, invitation_id, &invitation);
    if (err != OK || !is_open(&invitation) || invitation.is_opted_out)
        return err;
    Surveys__V1__Invitation *message = invitation.message;
    if (clock_now_us() >= message_get_time(message->expire_time))
        return OK; /* late, after a downtime */
    err = surveys_policy_of(call, message->policy_version, &policy);
    if (err != OK)
        return err;
    message->state = SURVEYS__V1__INVITATION__STATE__REMINDED;
    message->version++;
    invitation.reminder_count++;
    Surveys__V1__GetInvitationResponse response = SURVEYS__V1__GET_INVITATION_RESPONSE__INIT;
    Surveys__V1__InvitationReminded event = SURVEYS__V1__INVITATION_REMINDED__INIT;
    event.invitation_id = message->invitation_id;
    event.template_id = message->template_id;
    event.aggregate_type = message->aggregate_type;
    event.aggregate_id = message->aggregate_id;
    event.person_id = message->person_id;
    event.expire_time = message->expire_time;
    const struct invitation_move move = {
        .invitation = &invitation,
        .timers = {next_reminder(call, policy, &invitation)},
        .event_contract = &surveys_v1_invitation_reminded_contract,
        .event = &event.base,
        .response = &response.base,
    };
    return invitation_move_await(call, &move);
}

enum err
invitation_on_remind(struct call *call, const struct timer_due *due)
{
    enum err err;
    do
        err = remind_once_await(call, due->aggregate_id);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- it expires ---- */

static enum err
expire_once_await(struct call *call, const char *invitation_id)
{
    struct invitation invitation;
    enum err err = invitation_read_await(call, invitation_id, &invitation);
    if (err != OK || !is_open(&invitation))
        return err;
    Surveys__V1__Invitation *message = invitation.message;
    message->state = SURVEYS__V1__INVITATION__STATE__EXPIRED;
    message->version++;
    Surveys__V1__GetInvitationResponse response = SURVEYS__V1__GET_INVITATION_RESPONSE__INIT;
    Surveys__V1__InvitationExpired event = SURVEYS__V1__INVITATION_EXPIRED__INIT;
    event.invitation_id = message->invitation_id;
    event.template_id = message->template_id;
    event.aggregate_type = message->aggregate_type;
    event.aggregate_id = message->aggregate_id;
    event.person_id = message->person_id;
    const struct invitation_move move = {
        .invitation = &invitation,
        .event_contract = &surveys_v1_invitation_expired_contract,
        .event = &event.base,
        .response = &response.base,
    };
    return invitation_move_await(call, &move);
}

enum err
invitation_on_expire(struct call *call, const struct timer_due *due)
{
    enum err err;
    do
        err = expire_once_await(call, due->aggregate_id);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- its words are forgotten ---- */

enum err
invitation_on_forget(struct call *call, const struct timer_due *due)
{
    bool is_worked_on = false;
    enum err err = invitation_forget_await(call, due->aggregate_id, &is_worked_on);
    if (err == OK && is_worked_on)
        *due->next_due_us = clock_now_us() + US_PER_DAY;
    return err;
}
