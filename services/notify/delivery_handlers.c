/*
 * delivery_handlers - what went to webhooks, and delivering it again
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include "common/clock.h"
#include "common/message.h"
#include "notify/v1/notify.dispatch.h"

static enum err
read_await(struct call *call, const char *delivery_id, Notify__V1__Delivery **ret_delivery,
           int64_t *ret_version)
{
    struct uuid id = message_get_uuid(delivery_id);
    enum err err = delivery_read_await(call, &id, ret_delivery, ret_version);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "DELIVERY_MISSING", "delivery \"%s\" is not known",
                         delivery_id);
    return err;
}

enum err
notify_get_delivery(struct call *call, const Notify__V1__GetDeliveryRequest *req,
                    Notify__V1__GetDeliveryResponse *res)
{
    return read_await(call, req->delivery_id, &res->delivery, NULL);
}

enum err
notify_list_deliveries(struct call *call, const Notify__V1__ListDeliveriesRequest *req,
                       Notify__V1__ListDeliveriesResponse *res)
{
    struct db_param before;
    struct page page;
    enum err err = notify_read_token(call, req->page_token, &before);
    if (err == OK)
        err = delivery_list_await(call, req, &before, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->deliveries = (Notify__V1__Delivery **)page.messages;
    res->n_deliveries = page.count;
    if (page.has_more)
        res->next_page_token =
            notify_make_token(call, res->deliveries[page.count - 1]->delivery_id);
    return OK;
}

static enum err
replay_once_await(struct call *call, const Notify__V1__ReplayDeliveryRequest *req,
                  Notify__V1__ReplayDeliveryResponse *res)
{
    int64_t version;
    enum err err = read_await(call, req->delivery_id, &res->delivery, &version);
    if (err != OK)
        return err;
    int state = (int)res->delivery->state;
    err = call_move(call, &notify_v1_delivery_state_machine, "DELIVERY_STATE", &state);
    if (err != OK)
        return err;
    res->delivery->state = (Notify__V1__Delivery__State)state;
    res->delivery->due_time = message_time(call->arena, clock_now_us());
    return delivery_replay_await(call, res->delivery, version, &res->base);
}

enum err
notify_replay_delivery(struct call *call, const Notify__V1__ReplayDeliveryRequest *req,
                       Notify__V1__ReplayDeliveryResponse *res)
{
    enum err err;
    do
        err = replay_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
