/*
 * delivery - what the notify daemon's events say of invitations: who wants none, and which message
 * never arrived
 *
 * A message that could not be delivered takes its invitation out of every number, as one that was
 * never sent. A reminder's does not: the invitation itself has arrived. Whom no mail can reach, but
 * an agent may call, stays asked.
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

#include <stdio.h>
#include <string.h>

#include "common/message.h"

/* ---- who wants none ---- */

static bool
is_survey(Notify__V1__Notice__Category category)
{
    return category == NOTIFY__V1__NOTICE__CATEGORY__SURVEY;
}

enum err
delivery_on_opted_out(struct call *call, const struct consumer_event *event)
{
    const Notify__V1__OptOutCreated *said = (const void *)event->payload;
    return is_survey(said->category) ? opt_out_keep_await(call, event, said->person_id, true) : OK;
}

enum err
delivery_on_opted_in(struct call *call, const struct consumer_event *event)
{
    const Notify__V1__OptOutDeleted *said = (const void *)event->payload;
    return is_survey(said->category) ? opt_out_keep_await(call, event, said->person_id, false) : OK;
}

/* ---- what never arrived ---- */

struct failure {
    const char *notify_reason;
    const char *reason; /* of the invitation */
    bool is_by_mail;    /* says nothing of the telephone */
};

static const struct failure failures[] = {
    {"OPTED_OUT", "OPTED_OUT", false},   {"ERASED", "ERASED", false},
    {"NO_ADDRESS", "NO_CONTACT", true},  {"NO_CHANNEL", "NO_CONTACT", true},
    {"NOTICE_GONE", "NO_CONTACT", true},
};

static struct failure
find_failure(const char *notify_reason)
{
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        if (strcmp(failures[i].notify_reason, notify_reason) == 0)
            return failures[i];
    }
    return (struct failure){notify_reason, "BOUNCED", false};
}

static bool
may_be_undelivered(const struct invitation *invitation, const struct uuid *event_id)
{
    int state = invitation->message->state;
    return (state == SURVEYS__V1__INVITATION__STATE__SENT ||
            state == SURVEYS__V1__INVITATION__STATE__REMINDED ||
            state == SURVEYS__V1__INVITATION__STATE__EXPIRED) &&
           uuid_is_equal(&invitation->sent_event_id, event_id);
}

static enum err
take_once_await(struct call *call, const char *invitation_id, const struct uuid *event_id,
                const struct failure *failure)
{
    struct invitation invitation;
    struct invitation_reach reach = {0};
    enum err err = invitation_read_await(call, invitation_id, &invitation);
    if (err == ERR_NOT_FOUND)
        return OK; /* of an invitation that this database never had */
    if (err != OK || !may_be_undelivered(&invitation, event_id))
        return err;
    if (failure->is_by_mail)
        err = invitation_reach_await(call, invitation.message, &reach);
    if (err != OK || reach.is_by_phone)
        return err;
    return invitation_skip_await(call, &invitation, failure->reason);
}

/* Each invitation that a message tells of is a unit of work with a key of its own. */
static enum err
take_await(struct call *call, size_t number, const Notify__V1__MessagePart *part,
           const struct failure *failure)
{
    struct uuid event_id, invitation_id;
    if (!uuid_parse(part->event_id, &event_id) || !uuid_parse(part->aggregate_id, &invitation_id))
        return call_fail(call, ERR_DATA_LOSS, "EVENT_UNREADABLE", "an id is no UUID");
    struct call one = *call;
    CHECK(snprintf(one.key, sizeof one.key, "%.*s:%zu", CALL_KEY_SIZE / 2, call->key, number) > 0);
    enum err err;
    do
        err = take_once_await(&one, part->aggregate_id, &event_id, failure);
    while (call_may_retry_await(&one, err));
    call->fault = one.fault;
    return err == ERR_KEY_USED ? OK : err;
}

enum err
delivery_on_message_failed(struct call *call, const struct consumer_event *event)
{
    const Notify__V1__MessageFailed *said = (const void *)event->payload;
    const char *type = surveys_v1_invitation_sent_contract.event_aggregate;
    const struct failure failure = find_failure(said->reason);
    enum err err = OK;
    for (size_t i = 0; err == OK && i < said->n_parts; i++) {
        if (strcmp(said->parts[i]->aggregate_type, type) == 0)
            err = take_await(call, i, said->parts[i], &failure);
    }
    return err;
}
