/*
 * unit_store - all SQL for units
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#define SELECT_UNITS                                                                               \
    "SELECT u.serial, u.sku, p.category, u.purchase_date, u.delivery_date, u.owner_id, "           \
    "u.order_number,"                                                                              \
    " u.create_time, u.version FROM units u JOIN products p ON p.sku = u.sku "

#define PAGE " u.serial > $1 ORDER BY u.serial LIMIT $2"

DB_STATEMENT(read_unit, "warranty_read_unit", SELECT_UNITS "WHERE u.serial = $1");

/* $1 after which serial, $2 how many; then owner, product. One text for each way to narrow, so that
 * each has its index. */
DB_STATEMENT(list_units, "warranty_list_units", SELECT_UNITS "WHERE" PAGE);
DB_STATEMENT(list_sku_units, "warranty_list_sku_units", SELECT_UNITS "WHERE u.sku = $3 AND" PAGE);
DB_STATEMENT(list_owner_units, "warranty_list_owner_units",
             SELECT_UNITS "WHERE u.owner_id = $3 AND ($4 = '' OR u.sku = $4) AND" PAGE);

/* $14 serial, $15 sku, $16 purchase, $17 delivery, $18 owner, $19 order. A product that is not
 * there breaks units_sku_fk. */
DB_STATEMENT(create_unit, "warranty_create_unit",
             "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM units WHERE serial = "
             "$14)), " CHANGE_KEYED ", changed AS (INSERT INTO units (serial, sku, purchase_date, "
             "delivery_date, owner_id, order_number,"
             " create_time) SELECT $14, $15, $16, $17, $18, $19, $5 FROM keyed RETURNING "
             "version), " CHANGE_SAID CHANGE_COUNTS);

static struct unit
unit_from_row(const struct db_rows *rows, size_t row)
{
    return (struct unit){
        .serial = db_get_text(rows, row, 0),
        .sku = db_get_text(rows, row, 1),
        .category = db_get_text(rows, row, 2),
        .purchase_date = db_get_date(rows, row, 3),
        .delivery_date = db_get_date(rows, row, 4),
        .owner_id = db_get_text(rows, row, 5),
        .order_number = db_get_text(rows, row, 6),
        .create_time_us = db_get_time(rows, row, 7),
        .version = db_get_int8(rows, row, 8),
    };
}

enum err
unit_read_await(struct call *call, const char *serial, struct unit *ret_unit)
{
    const struct db_param params[] = {db_text(serial)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_unit, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_unit = unit_from_row(rows, 0);
    return err;
}

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct unit unit = unit_from_row(rows, row);
    return unit_to_message(arena, &unit);
}

enum err
unit_list_await(struct call *call, const char *sku, const char *owner_id, const char *after_serial,
                int32_t size, struct page *ret_page)
{
    struct db_param params[4] = {db_text(after_serial), page_limit(size)};
    const struct db_stmt *stmt = &list_units;
    size_t param_count = 2;
    if (owner_id != NULL) {
        stmt = &list_owner_units;
        params[param_count++] = db_text(owner_id);
        params[param_count++] = db_text(sku);
    } else if (sku[0] != 0) {
        stmt = &list_sku_units;
        params[param_count++] = db_text(sku);
    }
    return page_read_await(svc_db(call->svc), call, stmt, params, param_count, size,
                           message_from_row, ret_page);
}

enum err
unit_create_await(struct call *call, const struct unit *unit, const ProtobufCMessage *event,
                  const ProtobufCMessage *response)
{
    const struct db_param params[] = {
        db_text(unit->serial),           db_text(unit->sku),
        db_date(unit->purchase_date),    db_date(unit->delivery_date),
        db_text_or_null(unit->owner_id), db_text_or_null(unit->order_number)};
    const struct change change = {
        .stmt = &create_unit,
        .is_creation = true,
        .time_us = unit->create_time_us,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = unit->serial,
        .owner_id = unit->owner_id,
        .unit_serial = unit->serial,
        .event_contract = &warranty_v1_unit_registered_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
