/*
 * notice_preview - a notice as it would be sent, and sending nothing
 *
 * With an event: one that some notice has told of, since those are kept here with what was told, or
 * one of the log. Without: placeholders stand as their names in brackets.
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include <string.h>

#include "common/cloudevent.h"
#include "common/message.h"
#include "notify/v1/notify.dispatch.h"
#include "event_find.h"
#include "notice_text.h"
#include "notice_write.h"

/* Words to try take the place of those that are kept. */
static enum err
take_words(struct call *call, const Notify__V1__NoticeText *text,
           const struct contract_message *event, Notify__V1__Notice *notice)
{
    struct fault fault = {0};
    const char *field = "text.subject";
    enum err err = notice_text_check(text->subject, event, &fault);
    if (err == OK) {
        field = "text.body";
        err = notice_text_check(text->body, event, &fault);
    }
    if (err != OK) {
        call->fault = fault;
        (void)snprintf(call->fault.field, sizeof call->fault.field, "%s", field);
        return err;
    }
    notice->texts = arena_alloc(call->arena, sizeof *notice->texts);
    notice->texts[0] = (Notify__V1__NoticeText *)text;
    notice->n_texts = 1;
    return OK;
}

static enum err
read_payload_await(struct call *call, const char *event_id, const struct contract_message *event,
                   ProtobufCMessage **ret_payload)
{
    struct uuid id = message_get_uuid(event_id);
    Events__V1__LoggedEvent *told;
    enum err err = message_event_await(call, &id, &told);
    const Events__V1__LoggedEvent *logged = told;
    if (err == ERR_NOT_FOUND)
        err = event_find_await(call, &id, event->descriptor->name, &logged);
    if (err == ERR_NOT_FOUND || (err == OK && strcmp(logged->type, event->descriptor->name) != 0))
        return call_fail(call, ERR_NOT_FOUND, "EVENT_MISSING",
                         "the log has no event \"%s\" of this type", event_id);
    if (err != OK)
        return err;
    struct fault fault = {0};
    err = contract_read(call->arena, event, logged->payload.data, logged->payload.len, false,
                        ret_payload, &fault);
    if (err != OK)
        call->fault = fault;
    return err;
}

enum err
notify_preview_notice(struct call *call, const Notify__V1__PreviewNoticeRequest *req,
                      Notify__V1__PreviewNoticeResponse *res)
{
    const struct policy *policy;
    Notify__V1__Notice *notice;
    ProtobufCMessage *payload = NULL;
    enum err err = notice_read_await(call, req->notice_id, &notice);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "NOTICE_MISSING", "notice \"%s\" is not known",
                         req->notice_id);
    if (err != OK)
        return err;
    const struct contract_message *event = cloudevent_find_type(notice->event);
    if (event == NULL)
        return call_fail(call, ERR_FAILED_PRECONDITION, "EVENT_UNKNOWN",
                         "this program does not know the event \"%s\"", notice->event);
    if (req->text != NULL)
        err = take_words(call, req->text, event, notice);
    if (err == OK && req->event_id[0] != 0)
        err = read_payload_await(call, req->event_id, event, &payload);
    if (err == OK)
        err = notify_policy(call, &policy);
    if (err != OK)
        return err;
    const struct notice_reader reader = {
        .name = "[contact.name]",
        .language = req->language,
        .time_zone = "",
        .link = "[link]",
        .reference = "[reference]",
    };
    struct notice_words words;
    notice_write(call->arena, policy, notice, event, payload, &reader, &words);
    res->language = (char *)words.language;
    res->subject = (char *)words.subject;
    res->text = (char *)words.plain;
    res->html = (char *)words.html;
    return OK;
}
