/*
 * unit_store - all SQL for units
 *
 * A row is read with what its product says and with the open recalls that reach it, which are
 * written one after the other with their lengths before them.
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fact.h"

#define COLUMNS                                                                                    \
    "u.serial, u.sku, u.owner_id, u.order_number, u.region, u.channel, u.customer_class,"          \
    " u.condition, u.price_minor, u.price_currency, u.order_date, u.purchase_date,"                \
    " u.delivery_date, u.install_date, u.register_date, u.manufacture_date, u.replaces_serial,"    \
    " u.replaced_by_serial, u.last_cover_date, u.claim_count, u.create_time, u.version,"           \
    " p.category, p.is_waterproof, p.discontinue_date,"                                            \
    " (SELECT string_agg(r.recall_id || octet_length(r.title)::text || ':' || r.title"             \
    " || octet_length(r.instruction) || ':' || r.instruction, '' ORDER BY r.create_time,"          \
    " r.recall_id) FROM recalls r WHERE r.sku = u.sku AND r.state = 'OPEN'"                        \
    " AND u.serial COLLATE \"C\" BETWEEN r.first_serial AND r.last_serial),"                       \
    " u.is_stated, u.is_purchase_stated"

#define SELECT_UNITS "SELECT " COLUMNS " FROM units u JOIN products p ON p.sku = u.sku "

#define PAGE " u.serial > $1 ORDER BY u.serial LIMIT $2"

DB_STATEMENT(read_unit, "warranty_read_unit", SELECT_UNITS "WHERE u.serial = $1");
/* $1 serial number; a row for each of its facts. */
DB_BATCH(read_told, "warranty_read_told_unit",
         "SELECT " COLUMNS ", EXISTS (SELECT FROM unit_facts l WHERE l.old_serial = u.serial),"
         " f.old_serial, f.content, asked.n FROM unnest((SELECT $1::text[])) WITH ORDINALITY"
         " AS asked (serial, n) JOIN units u ON u.serial = asked.serial"
         " JOIN products p ON p.sku = u.sku LEFT JOIN unit_facts f ON f.serial = u.serial"
         " ORDER BY asked.n");
enum { IS_REPLACED = 28, OLD_SERIAL, CONTENT }; /* behind COLUMNS */
/* $1 serial numbers. Joined, and not compared with ANY: a plan that was made while there were few
 * units stays, and would compare each unit with each number. */
DB_STATEMENT(read_many, "warranty_read_many",
             SELECT_UNITS "JOIN unnest($1::text[]) AS wanted (serial) ON wanted.serial = u.serial");

/* $1 serial numbers. Links that were corrected count too: facts of both units are judged. The
 * family becomes an array first: PostgreSQL takes a recursion for thousands of rows, and would
 * read all units for a join with it. $1 stands in a query as in warranty_read_ledger. */
DB_STATEMENT(read_family, "warranty_read_family",
             "WITH RECURSIVE family (serial) AS (SELECT unnest((SELECT $1::text[])) UNION SELECT"
             " linked.serial FROM family, LATERAL (SELECT f.old_serial FROM unit_facts f"
             " WHERE f.serial = family.serial AND f.old_serial IS NOT NULL UNION ALL"
             " SELECT f.serial FROM unit_facts f WHERE f.old_serial = family.serial)"
             " AS linked (serial)) " SELECT_UNITS
             "WHERE u.serial = ANY (ARRAY (SELECT serial FROM family)) ORDER BY u.serial");

/* $1 after which serial, $2 how many; then what the list is narrowed by, '' for all. One text for
 * each way to narrow, so that each has its index; parts of a serial number are looked for first,
 * since no order helps there. */
DB_STATEMENT(list_units, "warranty_list_units", SELECT_UNITS "WHERE" PAGE);
DB_STATEMENT(list_sku_units, "warranty_list_sku_units", SELECT_UNITS "WHERE u.sku = $3 AND" PAGE);
/* $3 order, $4 product, $5 pattern. */
DB_STATEMENT(list_order_units, "warranty_list_order_units",
             SELECT_UNITS "WHERE u.order_number = $3 AND ($4 = '' OR u.sku = $4)"
                          " AND ($5 = '' OR u.serial LIKE $5) AND" PAGE);
/* $3 pattern, $4 product. */
DB_STATEMENT(list_part_units, "warranty_list_part_units",
             "WITH found AS MATERIALIZED (SELECT f.serial FROM units f WHERE f.serial || '' LIKE "
             "$3) " SELECT_UNITS
             "JOIN found ON found.serial = u.serial WHERE ($4 = '' OR u.sku = $4)"
             " AND" PAGE);
/* $3 owner, $4 product, $5 order, $6 pattern. */
DB_STATEMENT(list_owner_units, "warranty_list_owner_units",
             SELECT_UNITS "WHERE u.owner_id = $3 AND ($4 = '' OR u.sku = $4)"
                          " AND ($5 = '' OR u.order_number = $5)"
                          " AND ($6 = '' OR u.serial LIKE $6) AND" PAGE);

/* $1 and $2: the row to go on after; null for the first page. $3 how many, $4 from which day, $5
 * before which day, $6 owner. */
#define EXPIRING                                                                                   \
    " u.last_cover_date >= $4 AND u.last_cover_date < $5"                                          \
    " AND ($1::date IS NULL OR (u.last_cover_date, u.serial) > ($1, $2))"                          \
    " ORDER BY u.last_cover_date, u.serial LIMIT $3"
DB_STATEMENT(list_expiring_units, "warranty_list_expiring_units", SELECT_UNITS "WHERE" EXPIRING);
DB_STATEMENT(list_owner_expiring_units, "warranty_list_owner_expiring_units",
             SELECT_UNITS "WHERE u.owner_id = $6 AND" EXPIRING);

/* $14 serial, $15 sku, $16 owner, $17 order, $18 region, $19 channel, $20 customer class, $21
 * condition, $22 and $23 price, $24 .. $29 days, $30 last day of cover, $31 facts, $32 and $33
 * what is the customer's word. A product that
 * is not there breaks units_sku_fk. */
DB_STATEMENT(
    create_unit, "warranty_create_unit",
    "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM units WHERE serial = "
    "$14)), " CHANGE_KEYED
    ", changed AS (INSERT INTO units (serial, sku, owner_id, order_number, region, channel,"
    " customer_class, condition, price_minor, price_currency, order_date, purchase_date,"
    " delivery_date, install_date, register_date, manufacture_date, last_cover_date, is_stated,"
    " is_purchase_stated, create_time)"
    " SELECT $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,"
    " $32, $33, $5 FROM keyed RETURNING version), told AS (" FACTS_INSERTED(
        "changed", "$31") "), " CHANGE_SAID CHANGE_COUNTS);

/* ---- rows ---- */

/* "12:twelve bytes" at `*at`, which moves on. NULL: it is not that. */
static const char *
read_counted(struct arena *arena, const char **at, const char *end)
{
    char *colon;
    unsigned long size = strtoul(*at, &colon, 10);
    if (*colon != ':' || size > (size_t)(end - colon) - 1)
        return NULL;
    char *text = arena_alloc(arena, size + 1);
    memcpy(text, colon + 1, size);
    *at = colon + 1 + size;
    return text;
}

static void
read_recalls(struct arena *arena, const char *text, struct unit *unit)
{
    if (text[0] == 0)
        return;
    const char *end = text + strlen(text);
    /* Each takes its identity and two lengths at least. */
    size_t room = (size_t)(end - text) / (UUID_TEXT_SIZE + 3) + 1;
    struct unit_recall *recalls = arena_alloc(arena, room * sizeof *recalls);
    unit->recalls = recalls;
    for (const char *at = text; end - at >= UUID_TEXT_SIZE;) {
        struct unit_recall *recall = &recalls[unit->recall_count];
        char *recall_id = arena_alloc(arena, UUID_TEXT_SIZE);
        memcpy(recall_id, at, UUID_TEXT_SIZE - 1);
        at += UUID_TEXT_SIZE - 1;
        recall->recall_id = recall_id;
        recall->title = read_counted(arena, &at, end);
        recall->instruction = recall->title != NULL ? read_counted(arena, &at, end) : NULL;
        CHECK(recall->instruction != NULL); /* the statement writes them so */
        unit->recall_count++;
    }
}

static struct unit
unit_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct unit unit = {
        .serial = db_get_text(rows, row, 0),
        .sku = db_get_text(rows, row, 1),
        .owner_id = db_get_text(rows, row, 2),
        .order_number = db_get_text(rows, row, 3),
        .region = db_get_text(rows, row, 4),
        .channel = db_get_text(rows, row, 5),
        .customer_class = db_get_text(rows, row, 6),
        .condition = db_get_text(rows, row, 7),
        .is_stated = db_get_bool(rows, row, 26),
        .is_purchase_stated = db_get_bool(rows, row, 27),
        .price_paid = {.minor = db_get_int8(rows, row, 8)},
        .replaces_serial = db_get_text(rows, row, 16),
        .replaced_by_serial = db_get_text(rows, row, 17),
        .last_cover_date = db_get_date(rows, row, 18),
        .claim_count = db_get_int4(rows, row, 19),
        .create_time_us = db_get_time(rows, row, 20),
        .version = db_get_int8(rows, row, 21),
        .category = db_get_text(rows, row, 22),
        .waterproof = product_waterproof(rows, row, 23),
        .discontinue_date = db_get_date(rows, row, 24),
    };
    (void)snprintf(unit.price_paid.currency_code, sizeof unit.price_paid.currency_code, "%s",
                   db_get_text(rows, row, 9));
    for (size_t event = 0; event < ENTITLEMENT_EVENT_COUNT; event++)
        unit.days[event] = db_get_date(rows, row, 10 + event);
    read_recalls(arena, db_get_text(rows, row, 25), &unit);
    return unit;
}

enum err
unit_read_await(struct call *call, const char *serial, struct unit *ret_unit)
{
    const struct db_param param = db_text(serial);
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_unit, &param, 1, &rows);
    if (err == OK)
        *ret_unit = unit_from_row(call->arena, rows, 0);
    return err;
}

/* Only of a unit that was replaced or replaces one others' facts count, too. */
enum err
unit_read_told_await(struct call *call, const char *serial, struct unit *ret_unit,
                     struct ledger *ret_family)
{
    const struct db_param param = db_text(serial);
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_told, &param, 1, &rows);
    if (err != OK)
        return err;
    *ret_unit = unit_from_row(call->arena, rows, 0);
    bool is_alone = !db_get_bool(rows, 0, IS_REPLACED);
    for (size_t row = 0; row < db_row_count(rows); row++)
        is_alone = is_alone && db_is_null(rows, row, OLD_SERIAL);
    return is_alone ? ledger_from_rows(call, rows, CONTENT, ret_family)
                    : ledger_read_await(call, &serial, 1, ret_family);
}

enum err
unit_read_many_await(struct call *call, const char *const *serials, size_t serial_count,
                     struct unit **ret_units, size_t *ret_count)
{
    const struct db_param params[] = {db_text_array(call->arena, serials, serial_count)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_many, params, COUNT_OF(params), &rows);
    size_t count = err == OK ? db_row_count(rows) : 0;
    *ret_count = count;
    *ret_units = arena_alloc(call->arena, (count + 1) * sizeof(**ret_units));
    for (size_t i = 0; i < count; i++)
        (*ret_units)[i] = unit_from_row(call->arena, rows, i);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
unit_read_family_await(struct call *call, const char *const *serials, size_t serial_count,
                       struct unit_hold **ret_units, size_t *ret_count)
{
    const struct db_param params[] = {db_text_array(call->arena, serials, serial_count)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_family, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    size_t count = db_row_count(rows);
    struct unit_hold *units = arena_alloc(call->arena, count * sizeof *units);
    for (size_t i = 0; i < count; i++)
        units[i].unit = unit_from_row(call->arena, rows, i);
    *ret_units = units;
    *ret_count = count;
    return OK;
}

/* ---- lists ---- */

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct unit unit = unit_from_row(arena, rows, row);
    return unit_to_message(arena, &unit);
}

/* "%part%" with what LIKE takes as a sign made plain; "" for "". */
static const char *
make_pattern(struct arena *arena, const char *part)
{
    if (part[0] == 0)
        return "";
    char *pattern = arena_alloc(arena, 2 * strlen(part) + 3);
    char *at = pattern;
    *at++ = '%';
    for (; *part != 0; part++) {
        if (strchr("%_\\", *part) != NULL)
            *at++ = '\\';
        *at++ = *part;
    }
    *at++ = '%';
    return pattern;
}

enum err
unit_list_await(struct call *call, const struct unit_filter *filter, const char *after_serial,
                int32_t size, struct page *ret_page)
{
    const char *pattern = make_pattern(call->arena, filter->serial_part);
    struct db_param params[6] = {db_text(after_serial), page_limit(size)};
    const struct db_stmt *stmt = &list_units;
    size_t count = 2;
    if (filter->owner_id != NULL) {
        stmt = &list_owner_units;
        params[count++] = db_text(filter->owner_id);
        params[count++] = db_text(filter->sku);
        params[count++] = db_text(filter->order_number);
        params[count++] = db_text(pattern);
    } else if (filter->order_number[0] != 0) {
        stmt = &list_order_units;
        params[count++] = db_text(filter->order_number);
        params[count++] = db_text(filter->sku);
        params[count++] = db_text(pattern);
    } else if (pattern[0] != 0) {
        stmt = &list_part_units;
        params[count++] = db_text(pattern);
        params[count++] = db_text(filter->sku);
    } else if (filter->sku[0] != 0) {
        stmt = &list_sku_units;
        params[count++] = db_text(filter->sku);
    }
    return page_read_await(svc_db(call->svc), call, stmt, params, count, size, message_from_row,
                           ret_page);
}

enum err
unit_list_expiring_await(struct call *call, const struct unit_filter *filter,
                         struct date after_date, const char *after_serial, int32_t size,
                         struct page *ret_page)
{
    const struct db_param params[] = {
        db_date(after_date),         db_text(after_serial),         page_limit(size),
        db_date(filter->cover_from), db_date(filter->cover_before), db_text(filter->owner_id)};
    bool is_all = filter->owner_id == NULL;
    return page_read_await(svc_db(call->svc), call,
                           is_all ? &list_expiring_units : &list_owner_expiring_units, params,
                           is_all ? 5 : 6, size, message_from_row, ret_page);
}

/* ---- writing ---- */

static const char *
print_date(struct arena *arena, struct date date)
{
    if (date_is_absent(date))
        return "";
    char *text = arena_alloc(arena, DATE_TEXT_SIZE);
    date_print(date, text);
    return text;
}

enum { FIELDS_OF_UNIT = 22 };

struct db_param
unit_param(struct arena *arena, const struct unit_hold *units, size_t count)
{
    static const char *const holds[] = {
        [UNIT_HELD] = "held", [UNIT_CHANGED] = "changed", [UNIT_NEW] = "new"};
    const char **texts = arena_alloc(arena, (count + 1) * FIELDS_OF_UNIT * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        const struct unit *unit = &units[i].unit;
        const char **text = &texts[i * FIELDS_OF_UNIT];
        bool has_price = unit->price_paid.currency_code[0] != 0;
        *text++ = unit->serial;
        *text++ = arena_printf(arena, "%" PRId64, unit->version);
        *text++ = unit->owner_id;
        *text++ = unit->replaces_serial;
        *text++ = unit->replaced_by_serial;
        *text++ = print_date(arena, unit->last_cover_date);
        for (size_t event = 0; event < ENTITLEMENT_EVENT_COUNT; event++)
            *text++ = print_date(arena, unit->days[event]);
        *text++ = holds[units[i].kind];
        *text++ = unit->sku;
        *text++ = unit->order_number;
        *text++ = unit->region;
        *text++ = unit->channel;
        *text++ = unit->customer_class;
        *text++ = unit->condition;
        *text++ = has_price ? arena_printf(arena, "%" PRId64, unit->price_paid.minor) : "";
        *text++ = unit->price_paid.currency_code;
        *text++ = unit->is_purchase_stated ? "true" : "false";
    }
    return db_text_array(arena, texts, count * FIELDS_OF_UNIT);
}

enum err
unit_create_await(struct call *call, const struct unit *unit, Warranty__V1__UnitFact *const *facts,
                  size_t fact_count, const ProtobufCMessage *event,
                  const ProtobufCMessage *response)
{
    struct db_param price_minor = db_int8(unit->price_paid.minor);
    price_minor.is_null = unit->price_paid.currency_code[0] == 0;
    const struct date *days = unit->days;
    const struct db_param params[] = {
        db_text(unit->serial),
        db_text(unit->sku),
        db_text_or_null(unit->owner_id),
        db_text_or_null(unit->order_number),
        db_text_or_null(unit->region),
        db_text_or_null(unit->channel),
        db_text_or_null(unit->customer_class),
        db_text_or_null(unit->condition),
        price_minor,
        db_text_or_null(unit->price_paid.currency_code),
        db_date(days[ENTITLEMENT_ORDERED]),
        db_date(days[ENTITLEMENT_PURCHASED]),
        db_date(days[ENTITLEMENT_DELIVERED]),
        db_date(days[ENTITLEMENT_INSTALLED]),
        db_date(days[ENTITLEMENT_REGISTERED]),
        db_date(days[ENTITLEMENT_MANUFACTURED]),
        db_date(unit->last_cover_date),
        fact_param(call->arena, facts, fact_count),
        db_bool(unit->is_stated),
        db_bool(unit->is_purchase_stated),
    };
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
