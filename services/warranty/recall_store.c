/*
 * recall_store - all SQL for recalls
 */
// SPDX-License-Identifier: Apache-2.0
#include "recall.h"

/* Units that a recall reaches are counted through the list of the product's units. */
#define REACHED                                                                                    \
    " FROM units u WHERE u.sku = r.sku AND u.serial COLLATE \"C\" BETWEEN r.first_serial"          \
    " AND r.last_serial"

#define SELECT_RECALLS                                                                             \
    "SELECT r.recall_id, r.sku, r.first_serial, r.last_serial, r.title, r.instruction, r.state,"   \
    " (SELECT count(*)" REACHED "), (SELECT count(*)" REACHED " AND EXISTS (SELECT 1 FROM claims"  \
    " c WHERE c.serial = u.serial AND c.create_time >= r.create_time AND c.state <> 'DRAFT')),"    \
    " r.create_time, r.version FROM recalls r "

/* $1 and $2: the row to go on after, newest first; null for the first page. $3 how many, $4 product
 * or ''. */
#define PAGE                                                                                       \
    " ($1::timestamptz IS NULL OR (r.create_time, r.recall_id) < ($1, $2::uuid))"                  \
    " ORDER BY r.create_time DESC, r.recall_id DESC LIMIT $3"

DB_STATEMENT(read_recall, "warranty_read_recall", SELECT_RECALLS "WHERE r.recall_id = $1");
DB_STATEMENT(list_recalls, "warranty_list_recalls", SELECT_RECALLS "WHERE" PAGE);
DB_STATEMENT(list_sku_recalls, "warranty_list_sku_recalls",
             SELECT_RECALLS "WHERE r.sku = $4 AND" PAGE);

/* $1 product, $2 first, $3 last. */
DB_STATEMENT(count_units, "warranty_count_recalled_units",
             "SELECT count(*) FROM units u WHERE u.sku = $1"
             " AND u.serial COLLATE \"C\" BETWEEN $2 AND $3");

/* $14 recall, $15 product, $16 first, $17 last, $18 title, $19 instruction. A product that is not
 * there breaks recalls_sku_fk. */
DB_STATEMENT(create_recall, "warranty_create_recall",
             "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM recalls WHERE recall_id = "
             "$14)), " CHANGE_KEYED
             ", changed AS (INSERT INTO recalls (recall_id, sku, first_serial, last_serial, title,"
             " instruction, state, create_time) SELECT $14, $15, $16, $17, $18, $19, 'OPEN', $5"
             " FROM keyed RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

/* $14 recall, $15 the version that was read. */
DB_STATEMENT(close_recall, "warranty_close_recall",
             "WITH locked AS (SELECT recall_id FROM recalls WHERE recall_id = $14 AND version = "
             "$15 FOR UPDATE), " CHANGE_KEYED
             ", changed AS (UPDATE recalls SET state = 'ENDED', version = version + 1 FROM keyed"
             " WHERE recall_id = $14 RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

static struct recall
recall_from_row(const struct db_rows *rows, size_t row)
{
    struct recall recall = {
        .recall_id = db_get_uuid(rows, row, 0),
        .sku = db_get_text(rows, row, 1),
        .first_serial = db_get_text(rows, row, 2),
        .last_serial = db_get_text(rows, row, 3),
        .title = db_get_text(rows, row, 4),
        .instruction = db_get_text(rows, row, 5),
        .unit_count = db_get_int8(rows, row, 7),
        .claimed_count = db_get_int8(rows, row, 8),
        .create_time_us = db_get_time(rows, row, 9),
        .version = db_get_int8(rows, row, 10),
    };
    /* A name that is not known is a newer daemon's: 0, unspecified. */
    if (!contract_enum_value(warranty_v1_recall_state_machine.states, db_get_text(rows, row, 6),
                             &recall.state))
        recall.state = 0;
    return recall;
}

enum err
recall_read_await(struct call *call, const struct uuid *recall_id, struct recall *ret_recall)
{
    const struct db_param params[] = {db_uuid(recall_id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_recall, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_recall = recall_from_row(rows, 0);
    return err;
}

enum err
recall_count_units_await(struct call *call, const struct recall *recall, int64_t *ret_count)
{
    const struct db_param params[] = {db_text(recall->sku), db_text(recall->first_serial),
                                      db_text(recall->last_serial)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &count_units, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_count = db_get_int8(rows, 0, 0);
    return err;
}

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct recall recall = recall_from_row(rows, row);
    return recall_to_message(arena, &recall);
}

enum err
recall_list_await(struct call *call, const char *sku, int64_t before_time_us,
                  const struct uuid *before_id, int32_t size, struct page *ret_page)
{
    struct db_param params[] = {db_time(before_time_us), db_uuid(before_id), page_limit(size),
                                db_text(sku)};
    params[0].is_null = before_time_us == 0;
    bool is_all = sku[0] == 0;
    return page_read_await(svc_db(call->svc), call, is_all ? &list_recalls : &list_sku_recalls,
                           params, is_all ? 3 : 4, size, message_from_row, ret_page);
}

/* What both changes have in common. */
static enum err
commit_await(struct call *call, const struct recall *recall, struct change *change)
{
    char recall_id[UUID_TEXT_SIZE];
    uuid_print(&recall->recall_id, recall_id);
    change->aggregate_id = recall_id;
    change->owner_id = "";
    change->unit_serial = "";
    return change_commit_await(svc_db(call->svc), call, change);
}

enum err
recall_create_await(struct call *call, const struct recall *recall, const ProtobufCMessage *event,
                    const ProtobufCMessage *response)
{
    const struct db_param params[] = {db_uuid(&recall->recall_id),   db_text(recall->sku),
                                      db_text(recall->first_serial), db_text(recall->last_serial),
                                      db_text(recall->title),        db_text(recall->instruction)};
    struct change change = {
        .stmt = &create_recall,
        .is_creation = true,
        .time_us = recall->create_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &warranty_v1_recall_created_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, recall, &change);
}

enum err
recall_close_await(struct call *call, const struct recall *recall, const ProtobufCMessage *event,
                   const ProtobufCMessage *response)
{
    const struct db_param params[] = {db_uuid(&recall->recall_id), db_int8(recall->version - 1)};
    struct change change = {
        .stmt = &close_recall,
        .params = params,
        .param_count = COUNT_OF(params),
        .event_contract = &warranty_v1_recall_closed_contract,
        .event = event,
        .response = response,
    };
    return commit_await(call, recall, &change);
}
