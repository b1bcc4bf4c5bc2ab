/*
 * delivery_store - the SQL of deliveries as people read them, and of their replay
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include "common/message.h"

#define SELECT_DELIVERY                                                                            \
    "SELECT delivery_id, webhook_id, event_id, type, state,"                                       \
    " CASE WHEN state = 'WAITING' THEN due_time END, create_time, version FROM deliveries "

DB_STATEMENT(read_delivery, "notify_read_delivery", SELECT_DELIVERY "WHERE delivery_id = $1");

/* $1 before which delivery, null at the start; $2 how many; $3 state or ''. */
#define PAGE                                                                                       \
    "($1::uuid IS NULL OR delivery_id < $1) AND ($3 = '' OR state = $3)"                           \
    " ORDER BY delivery_id DESC LIMIT $2"

DB_STATEMENT(list_deliveries, "notify_list_deliveries", SELECT_DELIVERY "WHERE " PAGE);
/* $4 webhook. */
DB_STATEMENT(list_webhook_deliveries, "notify_list_webhook_deliveries",
             SELECT_DELIVERY "WHERE webhook_id = $4 AND " PAGE);

DB_STATEMENT(list_delivery_attempts, "notify_list_delivery_attempts",
             "SELECT number, attempt_time, duration_ms, outcome, code, answer FROM attempts"
             " WHERE delivery_id = $1 ORDER BY number");

/* $14 delivery, $15 the version that was read, $16 the timer. */
DB_STATEMENT(replay_delivery, "notify_replay_delivery",
             "WITH locked AS (SELECT delivery_id FROM deliveries WHERE delivery_id = $14"
             " AND version = $15 FOR UPDATE), " CHANGE_KEYED
             ", changed AS (UPDATE deliveries SET state = 'WAITING', attempt_count = 0,"
             " timer_id = $16, due_time = $5, version = version + 1 FROM keyed"
             " WHERE delivery_id = $14 RETURNING version, webhook_id), timed AS (INSERT INTO "
             "timers (timer_id,"
             " kind, aggregate_id, due_time) SELECT $16, 'deliver', webhook_id::text, $5 FROM "
             "changed), " CHANGE_SAID CHANGE_COUNTS);

static void *
delivery_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct uuid delivery_id = db_get_uuid(rows, row, 0), webhook_id = db_get_uuid(rows, row, 1);
    struct uuid event_id = db_get_uuid(rows, row, 2);
    Notify__V1__Delivery *delivery = arena_alloc(arena, sizeof *delivery);
    notify__v1__delivery__init(delivery);
    delivery->delivery_id = message_uuid(arena, &delivery_id);
    delivery->webhook_id = message_uuid(arena, &webhook_id);
    delivery->event_id = message_uuid(arena, &event_id);
    delivery->type = (char *)db_get_text(rows, row, 3);
    delivery->state = (Notify__V1__Delivery__State)notify_enum_of(
        &notify__v1__delivery__state__descriptor, db_get_text(rows, row, 4));
    delivery->due_time = message_time(arena, db_get_time(rows, row, 5));
    delivery->create_time = message_time(arena, db_get_time(rows, row, 6));
    return delivery;
}

enum err
delivery_read_await(struct call *call, const struct uuid *delivery_id,
                    Notify__V1__Delivery **ret_delivery, int64_t *ret_version)
{
    const struct db_param params[] = {db_uuid(delivery_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_delivery, params, 1, &rows);
    if (err != OK)
        return err;
    Notify__V1__Delivery *delivery = delivery_from_row(call->arena, rows, 0);
    if (ret_version != NULL)
        *ret_version = db_get_int8(rows, 0, 7);
    *ret_delivery = delivery;
    err = db_read_await(svc_db(call->svc), call, &list_delivery_attempts, params, 1, &rows);
    if (err == OK)
        delivery->attempts = attempts_from_rows(call->arena, rows, &delivery->n_attempts);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
delivery_list_await(struct call *call, const Notify__V1__ListDeliveriesRequest *req,
                    const struct db_param *before, int32_t size, struct page *ret_page)
{
    bool is_all = req->webhook_id[0] == 0;
    struct uuid webhook_id = {0};
    if (!is_all)
        webhook_id = message_get_uuid(req->webhook_id);
    const struct db_param params[] = {
        *before, page_limit(size),
        db_text(notify_enum_name(&notify__v1__delivery__state__descriptor, (int)req->state)),
        db_uuid(&webhook_id)};
    return page_read_await(svc_db(call->svc), call,
                           is_all ? &list_deliveries : &list_webhook_deliveries, params,
                           is_all ? 3 : 4, size, delivery_from_row, ret_page);
}

enum err
delivery_replay_await(struct call *call, const Notify__V1__Delivery *delivery, int64_t version,
                      const ProtobufCMessage *response)
{
    struct uuid delivery_id = message_get_uuid(delivery->delivery_id), timer_id = uuid_make();
    const struct db_param params[] = {db_uuid(&delivery_id), db_int8(version), db_uuid(&timer_id)};
    Notify__V1__DeliveryReplayed event = NOTIFY__V1__DELIVERY_REPLAYED__INIT;
    event.delivery_id = delivery->delivery_id;
    const struct change change = {
        .stmt = &replay_delivery,
        .time_us = message_get_time(delivery->due_time),
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = delivery->delivery_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = &notify_v1_delivery_replayed_contract,
        .event = &event.base,
        .response = response,
    };
    enum err err = change_commit_await(svc_db(call->svc), call, &change);
    if (err == OK)
        timer_poke(svc_timer_service(call->svc), change.time_us);
    return err;
}
