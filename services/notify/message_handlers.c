/*
 * message_handlers - what was sent to people, and sending it again
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include "common/clock.h"
#include "common/message.h"
#include "notify/v1/notify.dispatch.h"

static enum err
read_await(struct call *call, const char *message_id, Notify__V1__Message **ret_message,
           int64_t *ret_version)
{
    struct uuid id = message_get_uuid(message_id);
    enum err err = message_read_await(call, &id, ret_message, ret_version);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "MESSAGE_MISSING", "message \"%s\" is not known",
                         message_id);
    return err;
}

enum err
notify_get_message(struct call *call, const Notify__V1__GetMessageRequest *req,
                   Notify__V1__GetMessageResponse *res)
{
    return read_await(call, req->message_id, &res->message, NULL);
}

enum err
notify_list_messages(struct call *call, const Notify__V1__ListMessagesRequest *req,
                     Notify__V1__ListMessagesResponse *res)
{
    if ((req->aggregate_type[0] == 0) != (req->aggregate_id[0] == 0))
        return call_fail_field(call, "aggregate_id", "AGGREGATE_INCOMPLETE",
                               "aggregate_type and aggregate_id go together");
    struct db_param before;
    struct page page;
    enum err err = notify_read_token(call, req->page_token, &before);
    if (err == OK)
        err = message_list_await(call, req, &before, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->messages = (Notify__V1__Message **)page.messages;
    res->n_messages = page.count;
    if (page.has_more)
        res->next_page_token = notify_make_token(call, res->messages[page.count - 1]->message_id);
    return OK;
}

static enum err
replay_once_await(struct call *call, const Notify__V1__ReplayMessageRequest *req,
                  Notify__V1__ReplayMessageResponse *res)
{
    int64_t version;
    enum err err = read_await(call, req->message_id, &res->message, &version);
    if (err != OK)
        return err;
    int state = (int)res->message->state;
    err = call_move(call, &notify_v1_message_state_machine, "MESSAGE_STATE", &state);
    if (err != OK)
        return err;
    res->message->state = (Notify__V1__Message__State)state;
    res->message->reason = (char *)"";
    res->message->due_time = message_time(call->arena, clock_now_us());
    return message_replay_await(call, res->message, version, &res->base);
}

enum err
notify_replay_message(struct call *call, const Notify__V1__ReplayMessageRequest *req,
                      Notify__V1__ReplayMessageResponse *res)
{
    enum err err;
    do
        err = replay_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
