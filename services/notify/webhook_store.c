/*
 * webhook_store - all SQL for subscriptions
 *
 * Each change raises the catalogue's revision, by which every process reads them again.
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include <string.h>

#include "common/message.h"

/* Types are codes, which have no spaces. */
#define SELECT_WEBHOOK                                                                             \
    "SELECT webhook_id, url, array_to_string(types, ' '), description, state, reason,"             \
    " old_secret_expire_time, create_time, version, secret, old_secret, fail_time FROM webhooks "

DB_STATEMENT(read_webhook, "notify_read_webhook", SELECT_WEBHOOK "WHERE webhook_id = $1");

/* $1 after which webhook, null at the start; $2 how many. */
DB_STATEMENT(list_webhooks, "notify_list_webhooks",
             SELECT_WEBHOOK
             "WHERE $1::uuid IS NULL OR webhook_id > $1 ORDER BY webhook_id LIMIT $2");

#define BUMPED ", bumped AS (UPDATE catalogue SET revision = revision + 1 FROM changed), "

/* $14 webhook, $15 url, $16 types, $17 description, $18 secret. */
DB_STATEMENT(create_webhook, "notify_create_webhook",
             "WITH locked AS (SELECT 1), " CHANGE_KEYED
             ", changed AS (INSERT INTO webhooks (webhook_id, url, types, description, secret,"
             " create_time) SELECT $14, $15, $16, $17, $18, $5 FROM keyed RETURNING version)" BUMPED
                 CHANGE_SAID CHANGE_COUNTS);

#define LOCKED                                                                                     \
    "WITH locked AS (SELECT webhook_id FROM webhooks WHERE webhook_id = $14 AND version = $15"     \
    " FOR UPDATE), "

/* $14 webhook, $15 the version that was read, $16 state, $17 reason, $18 secret, $19 the older one
 * or null, $20 until when. */
DB_STATEMENT(update_webhook, "notify_update_webhook",
             LOCKED CHANGE_KEYED
             ", changed AS (UPDATE webhooks SET state = $16, reason = $17, secret = $18,"
             " old_secret = $19, old_secret_expire_time = $20,"
             " fail_time = CASE WHEN state = $16 THEN fail_time END, version = version + 1"
             " FROM keyed WHERE webhook_id = $14 RETURNING version)" BUMPED CHANGE_SAID
                 CHANGE_COUNTS);

/* $14, $15 as above. */
DB_STATEMENT(delete_webhook, "notify_delete_webhook",
             LOCKED CHANGE_KEYED
             ", changed AS (DELETE FROM webhooks USING keyed WHERE webhook_id = $14"
             " RETURNING version + 1 AS version)" BUMPED CHANGE_SAID CHANGE_COUNTS);

/* $14, $15 as above, $16 delivery, $17 timer. The log gives the event's place later: until then the
 * delivery has no event and no timer. */
DB_STATEMENT(test_webhook, "notify_test_webhook",
             LOCKED CHANGE_KEYED
             ", changed AS (UPDATE webhooks SET version = version + 1 FROM keyed"
             " WHERE webhook_id = $14 RETURNING version), kept AS (INSERT INTO deliveries"
             " (delivery_id, webhook_id, event_id, type, epoch, timer_id, due_time, create_time)"
             " SELECT $16, $14, $6, $7, 0, $17, $5, $5 FROM changed), " CHANGE_SAID CHANGE_COUNTS);

static void
read_types(struct arena *arena, const char *text, Notify__V1__Webhook *webhook)
{
    webhook->types = arena_alloc(arena, (strlen(text) / 2 + 1) * sizeof *webhook->types);
    char *rest = arena_copy_text(arena, text);
    for (char *type = strsep(&rest, " "); type != NULL; type = strsep(&rest, " "))
        if (type[0] != 0)
            webhook->types[webhook->n_types++] = type;
}

static void *
shown_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct uuid webhook_id = db_get_uuid(rows, row, 0);
    Notify__V1__Webhook *webhook = arena_alloc(arena, sizeof *webhook);
    notify__v1__webhook__init(webhook);
    webhook->webhook_id = message_uuid(arena, &webhook_id);
    webhook->url = (char *)db_get_text(rows, row, 1);
    read_types(arena, db_get_text(rows, row, 2), webhook);
    webhook->description = (char *)db_get_text(rows, row, 3);
    webhook->state = (Notify__V1__Webhook__State)notify_enum_of(
        &notify__v1__webhook__state__descriptor, db_get_text(rows, row, 4));
    webhook->reason = (char *)db_get_text(rows, row, 5);
    webhook->old_secret_expire_time = message_time(arena, db_get_time(rows, row, 6));
    webhook->create_time = message_time(arena, db_get_time(rows, row, 7));
    webhook->version = db_get_int8(rows, row, 8);
    return webhook;
}

enum err
webhook_read_await(struct call *call, const struct uuid *webhook_id, struct webhook *ret_webhook)
{
    const struct db_param params[] = {db_uuid(webhook_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_webhook, params, 1, &rows);
    if (err != OK)
        return err;
    *ret_webhook = (struct webhook){
        .shown = shown_from_row(call->arena, rows, 0),
        .secret = db_get_text(rows, 0, 9),
        .old_secret = db_get_text(rows, 0, 10),
        .old_secret_expire_us = db_get_time(rows, 0, 6),
        .fail_time_us = db_get_time(rows, 0, 11),
    };
    return OK;
}

enum err
webhook_list_await(struct call *call, const struct db_param *after, int32_t size,
                   struct page *ret_page)
{
    const struct db_param params[] = {*after, page_limit(size)};
    return page_read_await(svc_db(call->svc), call, &list_webhooks, params, COUNT_OF(params), size,
                           shown_from_row, ret_page);
}

static enum err
commit_await(struct call *call, const struct webhook *webhook, struct change *change)
{
    change->aggregate_id = webhook->shown->webhook_id;
    change->owner_id = "";
    change->unit_serial = "";
    return change_commit_await(svc_db(call->svc), call, change);
}

enum err
webhook_create_await(struct call *call, const struct webhook *webhook,
                     const ProtobufCMessage *response)
{
    const Notify__V1__Webhook *shown = webhook->shown;
    struct uuid webhook_id = message_get_uuid(shown->webhook_id);
    const struct db_param params[] = {
        db_uuid(&webhook_id), db_text(shown->url),
        db_text_array(call->arena, (const char *const *)shown->types, shown->n_types),
        db_text(shown->description), db_text(webhook->secret)};
    Notify__V1__WebhookCreated event = NOTIFY__V1__WEBHOOK_CREATED__INIT;
    event.webhook_id = shown->webhook_id;
    struct change change = {
        .stmt = &create_webhook,
        .is_creation = true,
        .time_us = message_get_time(shown->create_time),
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &notify_v1_webhook_created_contract,
        .event = &event.base,
        .response = response,
    };
    return commit_await(call, webhook, &change);
}

enum err
webhook_update_await(struct call *call, const struct webhook *webhook,
                     const struct contract_message *event_contract, const ProtobufCMessage *event,
                     const ProtobufCMessage *response)
{
    const Notify__V1__Webhook *shown = webhook->shown;
    struct uuid webhook_id = message_get_uuid(shown->webhook_id);
    const struct db_param params[] = {
        db_uuid(&webhook_id),
        db_int8(shown->version - 1),
        db_text(notify_enum_name(&notify__v1__webhook__state__descriptor, (int)shown->state)),
        db_text(shown->reason),
        db_text(webhook->secret),
        db_text_or_null(webhook->old_secret),
        notify_time_or_null(webhook->old_secret_expire_us)};
    struct change change = {
        .stmt = &update_webhook,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = event_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, webhook, &change);
}

enum err
webhook_delete_await(struct call *call, const struct webhook *webhook,
                     const ProtobufCMessage *response)
{
    struct uuid webhook_id = message_get_uuid(webhook->shown->webhook_id);
    const struct db_param params[] = {db_uuid(&webhook_id), db_int8(webhook->shown->version)};
    Notify__V1__WebhookDeleted event = NOTIFY__V1__WEBHOOK_DELETED__INIT;
    event.webhook_id = webhook->shown->webhook_id;
    struct change change = {
        .stmt = &delete_webhook,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &notify_v1_webhook_deleted_contract,
        .event = &event.base,
        .response = response,
    };
    return commit_await(call, webhook, &change);
}

enum err
webhook_test_await(struct call *call, const struct webhook *webhook,
                   const Notify__V1__Delivery *delivery, const ProtobufCMessage *response)
{
    struct uuid webhook_id = message_get_uuid(webhook->shown->webhook_id);
    struct uuid delivery_id = message_get_uuid(delivery->delivery_id), timer_id = uuid_make();
    const struct db_param params[] = {db_uuid(&webhook_id), db_int8(webhook->shown->version),
                                      db_uuid(&delivery_id), db_uuid(&timer_id)};
    Notify__V1__WebhookTested event = NOTIFY__V1__WEBHOOK_TESTED__INIT;
    event.webhook_id = webhook->shown->webhook_id;
    struct change change = {
        .stmt = &test_webhook,
        .time_us = message_get_time(delivery->create_time),
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &notify_v1_webhook_tested_contract,
        .event = &event.base,
        .response = response,
    };
    return commit_await(call, webhook, &change);
}
