/*
 * coverage_store - what decides about a unit's coverage, in one statement
 *
 * Most units were never replaced, replaced none and are not recalled. Of those a row for each fact
 * says everything; the columns of the others tell that they are others, and they are read the long
 * way: the unit with its recalls, then its family's ledger.
 */
// SPDX-License-Identifier: Apache-2.0
#include "coverage_rules.h"

#include <stdio.h>

/* $1 serial number. The rows of a unit come in any order: the ledger has one of its own. */
DB_BATCH(read_covered, "warranty_read_covered",
         "SELECT u.serial, u.sku, u.owner_id, u.region, u.channel, u.customer_class,"
         " u.condition, u.price_minor, u.price_currency, u.purchase_date, u.delivery_date,"
         " u.is_stated, u.is_purchase_stated, p.category, p.is_waterproof, p.discontinue_date,"
         " EXISTS (SELECT FROM recalls r WHERE r.sku = u.sku AND r.state = 'OPEN'"
         " AND u.serial COLLATE \"C\" BETWEEN r.first_serial AND r.last_serial),"
         " EXISTS (SELECT FROM unit_facts l WHERE l.old_serial = u.serial), f.old_serial,"
         " f.content, asked.n"
         " FROM unnest((SELECT $1::text[])) WITH ORDINALITY AS asked (serial, n)"
         " JOIN units u ON u.serial = asked.serial JOIN products p ON p.sku = u.sku"
         " LEFT JOIN unit_facts f ON f.serial = u.serial ORDER BY asked.n");

enum { RECALLED = 16, REPLACED = 17, OLD_SERIAL = 18, CONTENT = 19 };

static bool
is_plain(const struct db_rows *rows)
{
    bool is_plain = !db_get_bool(rows, 0, RECALLED) && !db_get_bool(rows, 0, REPLACED);
    for (size_t row = 0; is_plain && row < db_row_count(rows); row++)
        is_plain = db_is_null(rows, row, OLD_SERIAL);
    return is_plain;
}

static struct unit
unit_from_row(const struct db_rows *rows)
{
    struct unit unit = {
        .serial = db_get_text(rows, 0, 0),
        .sku = db_get_text(rows, 0, 1),
        .owner_id = db_get_text(rows, 0, 2),
        .region = db_get_text(rows, 0, 3),
        .channel = db_get_text(rows, 0, 4),
        .customer_class = db_get_text(rows, 0, 5),
        .condition = db_get_text(rows, 0, 6),
        .price_paid = {.minor = db_get_int8(rows, 0, 7)},
        .is_stated = db_get_bool(rows, 0, 11),
        .is_purchase_stated = db_get_bool(rows, 0, 12),
        .category = db_get_text(rows, 0, 13),
        .waterproof = product_waterproof(rows, 0, 14),
        .discontinue_date = db_get_date(rows, 0, 15),
    };
    (void)snprintf(unit.price_paid.currency_code, sizeof unit.price_paid.currency_code, "%s",
                   db_get_text(rows, 0, 8));
    unit.days[ENTITLEMENT_PURCHASED] = db_get_date(rows, 0, 9);
    unit.days[ENTITLEMENT_DELIVERED] = db_get_date(rows, 0, 10);
    return unit;
}

enum err
coverage_get_await(struct call *call, const char *serial, struct unit *ret_unit,
                   struct ledger *ret_family)
{
    const struct db_param params[] = {db_text(serial)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_covered, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? unit_fail_missing(call, serial) : err;
    if (is_plain(rows)) {
        *ret_unit = unit_from_row(rows);
        err = unit_show(call, ret_unit);
        return err == OK ? ledger_from_rows(call, rows, CONTENT, ret_family) : err;
    }
    err = unit_get_await(call, serial, ret_unit);
    return err == OK ? ledger_read_await(call, &serial, 1, ret_family) : err;
}
