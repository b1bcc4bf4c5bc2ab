/*
 * message_send - a message that is due: later, sent, dead, or not to be sent at all
 *
 * Until it is sent for the first time a message is open: parts join it. The sender closes it as it
 * read it, so that what it sends is all that the message ever tells, at each attempt.
 */
// SPDX-License-Identifier: Apache-2.0
#include "send.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/rng.h"
#include "mail_write.h"
#include "provider.h"
#include "send_rules.h"
#include "smtp.h"
#include "unsubscribe.h"

static const int64_t MS_US = 1000;

const char *
send_kind(const char *channel)
{
    if (strcmp(channel, "EMAIL") == 0)
        return SEND_TIMER_EMAIL;
    return strcmp(channel, "SMS") == 0 ? SEND_TIMER_SMS : SEND_TIMER_PUSH;
}

static enum err
suppress_await(struct call *call, const struct message_due *due, const char *reason)
{
    return message_due_end_await(call, due, NULL, 0, NOTIFY__V1__MESSAGE__STATE__SUPPRESSED,
                                 reason);
}

/* ---- not yet ---- */

static int64_t
earliest(const struct message_due *due, const struct policy *policy,
         const struct composed *composed, int64_t now_us)
{
    int64_t at_us = now_us;
    int channel = notify_enum_of(&notify__v1__notice__channel__descriptor, composed->channel);
    if (due->is_open)
        at_us = send_earliest(now_us, due->last_sent_us[channel], notify_config.min_gap_ms * MS_US);
    if (channel == NOTIFY__V1__NOTICE__CHANNEL__EMAIL || !composed->is_quiet_at_night)
        return at_us;
    const struct zone *zone = composed->time_zone[0] != 0 ? zone_find(composed->time_zone) : NULL;
    return send_after_night(zone != NULL ? zone : policy->zone, at_us);
}

/* ---- one attempt ---- */

/* Its domain is that of the address which it comes from. */
static const char *
make_message_id(struct arena *arena, const struct uuid *message_id)
{
    const char *domain = strrchr(notify_config.mail_from, '@');
    return arena_printf(arena, "%s%s", message_uuid(arena, message_id),
                        domain != NULL ? domain : "@localhost");
}

static enum err
write_mail(struct call *call, const struct message_due *due, const struct policy *policy,
           const struct composed *composed, int64_t now_us, struct buf *ret_bytes)
{
    const struct mail_parts parts = {
        .from_address = notify_config.mail_from,
        .from_name = policy->branding.company,
        .to_address = composed->address,
        .to_name = composed->name,
        .subject = composed->subject,
        .message_id = make_message_id(call->arena, &due->message_id),
        .in_reply_to = "",
        .unsubscribe_url = unsubscribe_url(call->arena, &due->message_id, due->person_id,
                                           composed->stoppable, composed->language),
        .plain = composed->plain,
        .html = composed->html,
        .time_us = now_us,
    };
    return mail_write(&parts, ret_bytes, &call->fault);
}

static enum err
send_mail_await(struct call *call, const struct composed *composed, const struct buf *bytes,
                struct attempt *ret_attempt)
{
    const struct smtp_mail mail = {
        .from = notify_config.mail_from,
        .to = composed->address,
        .bytes = bytes->bytes,
        .size_bytes = bytes->size_bytes,
    };
    return smtp_send_await(notify_smtp(), call, &mail, ret_attempt);
}

static enum err
send_short_await(struct call *call, const struct message_due *due, const struct composed *composed,
                 struct attempt *ret_attempt)
{
    Notify__V1__ProviderMessage message = NOTIFY__V1__PROVIDER_MESSAGE__INIT;
    message.message_id = message_uuid(call->arena, &due->message_id);
    message.channel = (Notify__V1__Notice__Channel)notify_enum_of(
        &notify__v1__notice__channel__descriptor, composed->channel);
    message.to = (char *)composed->address;
    message.title = (char *)composed->subject;
    message.text = (char *)composed->plain;
    message.language = (char *)composed->language;
    return provider_send_await(call, &message, ret_attempt);
}

/* `bytes` are the mail; NULL: it is none. */
static enum err
attempt_await(struct call *call, const struct message_due *due, const struct composed *composed,
              const struct buf *bytes, struct attempt *ret_attempt)
{
    struct call limited = *call;
    limited.deadline_mono_ms = clock_mono_ms() + (bytes != NULL ? SEND_MAIL_MS : SEND_ATTEMPT_MS);
    enum err err = bytes != NULL ? send_mail_await(&limited, composed, bytes, ret_attempt)
                                 : send_short_await(&limited, due, composed, ret_attempt);
    call->deadline_mono_ms = clock_mono_ms() + SEND_KEEP_MS;
    return err;
}

static enum err
keep_await(struct call *call, const struct message_due *due, const struct attempt *attempt,
           int64_t begin_us)
{
    if (attempt->outcome == ATTEMPT_DONE)
        return message_due_end_await(call, due, attempt, begin_us, NOTIFY__V1__MESSAGE__STATE__SENT,
                                     "");
    if (attempt->outcome != ATTEMPT_LATER)
        return message_due_end_await(call, due, attempt, begin_us, NOTIFY__V1__MESSAGE__STATE__DEAD,
                                     attempt->name);
    int64_t next_us =
        clock_now_us() + send_message_pause_us(due->attempt_count + 1, rng_below(UINT32_MAX));
    if (send_message_is_late(due->start_us, next_us))
        return message_due_end_await(call, due, attempt, begin_us, NOTIFY__V1__MESSAGE__STATE__DEAD,
                                     "TOO_LATE");
    return message_due_later_await(call, due, due->channel, attempt, begin_us, next_us);
}

static enum err
send_await(struct call *call, struct message_due *due, const struct policy *policy,
           const struct composed *composed)
{
    int64_t begin_us = clock_now_us();
    struct buf bytes = {0};
    bool is_mail = strcmp(composed->channel, "EMAIL") == 0;
    if (is_mail && write_mail(call, due, policy, composed, begin_us, &bytes) != OK) {
        buf_free(&bytes);
        if (strcmp(call->fault.field, "to_address") != 0)
            return ERR_INTERNAL;                        /* it waits until we are mended */
        return suppress_await(call, due, "NO_ADDRESS"); /* what they gave is none */
    }
    struct attempt attempt;
    enum err err = message_due_close_await(call, due, composed->channel, composed->address);
    if (err == OK)
        err = attempt_await(call, due, composed, is_mail ? &bytes : NULL, &attempt);
    buf_free(&bytes);
    return err == OK ? keep_await(call, due, &attempt, begin_us) : err;
}

static enum err
tell_await(struct call *call, const struct timer_due *timer, struct message_due *due,
           const struct catalogue *catalogue, const struct policy *policy)
{
    struct composed composed;
    enum err err = message_compose_await(call, due, catalogue, policy, &composed);
    if (err != OK)
        return err;
    int64_t now_us = clock_now_us(), at_us = now_us;
    if (composed.reason == NULL)
        at_us = earliest(due, policy, &composed, now_us);
    bool is_other_kind =
        composed.reason == NULL && strcmp(timer->kind, send_kind(composed.channel)) != 0;
    if (at_us > now_us || is_other_kind)
        return message_due_later_await(call, due, composed.channel, NULL, 0, at_us);
    if (due->leaving_count > 0) {
        err = message_due_split_await(call, due);
        if (err == OK)
            *timer->next_due_us = now_us; /* for what stays */
        return err;
    }
    if (composed.reason != NULL)
        return suppress_await(call, due, composed.reason);
    return send_await(call, due, policy, &composed);
}

enum err
message_on_due(struct call *call, const struct timer_due *timer)
{
    call->deadline_mono_ms = clock_mono_ms() + SEND_COMPOSE_MS;
    struct uuid message_id;
    struct message_due due;
    const struct policy *policy;
    CHECK(uuid_parse(timer->aggregate_id, &message_id));
    enum err err = message_due_read_await(call, &message_id, &due);
    if (err != OK || strcmp(due.state, "WAITING") != 0 ||
        !uuid_is_equal(&due.timer_id, &timer->timer_id))
        return err == ERR_NOT_FOUND ? OK : err;
    err = notify_policy(call, &policy);
    if (err != OK)
        return err;
    const struct catalogue *catalogue = catalogue_hold();
    if (catalogue == NULL)
        return call_fail(call, ERR_UNAVAILABLE, "NOTICES_UNREAD", "the notices were not read yet");
    err = tell_await(call, timer, &due, catalogue, policy);
    catalogue_release(catalogue);
    return err;
}
