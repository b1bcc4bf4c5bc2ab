/*
 * recall_handlers - calling units back, looking after it, ending it
 */
// SPDX-License-Identifier: Apache-2.0
#include "recall.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"

Warranty__V1__Recall *
recall_to_message(struct arena *arena, const struct recall *recall)
{
    Warranty__V1__Recall *message = arena_alloc(arena, sizeof *message);
    warranty__v1__recall__init(message);
    message->recall_id = message_uuid(arena, &recall->recall_id);
    message->sku = (char *)recall->sku;
    message->first_serial = (char *)recall->first_serial;
    message->last_serial = (char *)recall->last_serial;
    message->title = (char *)recall->title;
    message->instruction = (char *)recall->instruction;
    message->state = (Warranty__V1__Recall__State)recall->state;
    message->unit_count = recall->unit_count;
    message->claimed_count = recall->claimed_count;
    message->create_time = message_time(arena, recall->create_time_us);
    message->version = recall->version;
    return message;
}

static enum err
fail_missing(struct call *call, const char *recall_id)
{
    return call_fail(call, ERR_NOT_FOUND, "RECALL_MISSING", "recall \"%s\" is not known",
                     recall_id);
}

static enum err
take_request(struct call *call, const Warranty__V1__CreateRecallRequest *req,
             struct recall *ret_recall)
{
    *ret_recall = (struct recall){
        .recall_id = req->recall_id[0] != 0 ? message_get_uuid(req->recall_id) : uuid_make(),
        .sku = req->sku,
        .first_serial = req->first_serial,
        .last_serial = req->last_serial,
        .title = req->title,
        .instruction = req->instruction,
        .create_time_us = clock_now_us(),
        .version = 1,
    };
    if (strcmp(req->first_serial, req->last_serial) > 0)
        return call_fail_field(call, "last_serial", "RANGE_EMPTY",
                               "last_serial comes before first_serial in the order of bytes");
    return call_move(call, &warranty_v1_recall_state_machine, "RECALL_STATE", &ret_recall->state);
}

enum err
warranty_create_recall(struct call *call, const Warranty__V1__CreateRecallRequest *req,
                       Warranty__V1__CreateRecallResponse *res)
{
    struct recall recall;
    enum err err = take_request(call, req, &recall);
    if (err == OK)
        err = recall_count_units_await(call, &recall, &recall.unit_count);
    if (err != OK)
        return err;
    res->recall = recall_to_message(call->arena, &recall);
    Warranty__V1__RecallCreated event = WARRANTY__V1__RECALL_CREATED__INIT;
    event.recall_id = res->recall->recall_id;
    event.sku = res->recall->sku;
    event.first_serial = res->recall->first_serial;
    event.last_serial = res->recall->last_serial;
    event.title = res->recall->title;
    err = recall_create_await(call, &recall, &event.base, &res->base);
    if (err == ERR_ALREADY_EXISTS)
        return call_fail(call, ERR_ALREADY_EXISTS, "RECALL_EXISTS",
                         "recall \"%s\" is there already", res->recall->recall_id);
    if (err == ERR_FAILED_PRECONDITION) /* recalls_sku_fk */
        return call_fail_field(call, "sku", "PRODUCT_MISSING",
                               "product \"%s\" is not in the catalogue", req->sku);
    return err;
}

enum err
warranty_get_recall(struct call *call, const Warranty__V1__GetRecallRequest *req,
                    Warranty__V1__GetRecallResponse *res)
{
    struct uuid recall_id = message_get_uuid(req->recall_id);
    struct recall recall;
    enum err err = recall_read_await(call, &recall_id, &recall);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call, req->recall_id);
    if (err == OK)
        res->recall = recall_to_message(call->arena, &recall);
    return err;
}

/* A token holds the last row's time and its id. */
static enum err
read_token(struct call *call, const char *token, int64_t *ret_time_us, struct uuid *ret_id)
{
    const char *parts[2];
    *ret_time_us = 0;
    *ret_id = (struct uuid){{0}};
    enum err err = page_token_read(call, token, COUNT_OF(parts), parts);
    if (err != OK || token[0] == 0)
        return err;
    if (clock_parse_us(parts[0], ret_time_us) && uuid_parse(parts[1], ret_id))
        return OK;
    return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                           "page_token is not one that this list gave");
}

enum err
warranty_list_recalls(struct call *call, const Warranty__V1__ListRecallsRequest *req,
                      Warranty__V1__ListRecallsResponse *res)
{
    int64_t before_time_us;
    struct uuid before_id;
    enum err err = read_token(call, req->page_token, &before_time_us, &before_id);
    if (err != OK)
        return err;
    struct page page;
    err = recall_list_await(call, req->sku, before_time_us, &before_id, page_size(req->page_size),
                            &page);
    if (err != OK)
        return err;
    res->recalls = (Warranty__V1__Recall **)page.messages;
    res->n_recalls = page.count;
    if (page.has_more) {
        const Warranty__V1__Recall *last = res->recalls[page.count - 1];
        char time[CLOCK_TEXT_SIZE];
        clock_print_us(message_get_time(last->create_time), time);
        const char *parts[] = {time, last->recall_id};
        res->next_page_token = (char *)page_token_make(call->arena, parts, COUNT_OF(parts));
    }
    return OK;
}

static enum err
close_once_await(struct call *call, const Warranty__V1__CloseRecallRequest *req,
                 Warranty__V1__CloseRecallResponse *res)
{
    struct uuid recall_id = message_get_uuid(req->recall_id);
    struct recall recall;
    enum err err = recall_read_await(call, &recall_id, &recall);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call, req->recall_id);
    if (err == OK)
        err = call_check_version(call, req->expected_version, recall.version);
    if (err == OK)
        err = call_move(call, &warranty_v1_recall_state_machine, "RECALL_STATE", &recall.state);
    if (err != OK)
        return err;
    recall.version++;
    res->recall = recall_to_message(call->arena, &recall);
    Warranty__V1__RecallClosed event = WARRANTY__V1__RECALL_CLOSED__INIT;
    event.recall_id = res->recall->recall_id;
    return recall_close_await(call, &recall, &event.base, &res->base);
}

enum err
warranty_close_recall(struct call *call, const Warranty__V1__CloseRecallRequest *req,
                      Warranty__V1__CloseRecallResponse *res)
{
    enum err err;
    do
        err = close_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
