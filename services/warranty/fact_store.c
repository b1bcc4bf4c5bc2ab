/*
 * fact_store - all SQL for facts of units
 *
 * Facts are inserted by the statements that change units (FACTS_INSERTED); here they are read. The
 * families are found by the replacements that were ever told, corrected ones too: what was known at
 * an earlier moment needs them.
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include "common/clock.h"
#include "common/message.h"

#include <sodium.h>
#include <stdlib.h>

/* $1 serial numbers, by a query of their own: PostgreSQL then expects as many whether it has seen
 * them or not, and keeps the plan. Where it sees one number it takes the recursion for a tenth of
 * what it takes the unknown one for, and makes the plan anew for each call. */
DB_STATEMENT(read_ledger, "warranty_read_ledger",
             "WITH RECURSIVE family (serial) AS (SELECT unnest((SELECT $1::text[])) UNION SELECT "
             "linked.serial FROM family,"
             " LATERAL (SELECT f.old_serial FROM unit_facts f WHERE f.serial = family.serial"
             " AND f.old_serial IS NOT NULL UNION ALL SELECT f.serial FROM unit_facts f"
             " WHERE f.old_serial = family.serial) AS linked (serial))"
             " SELECT f.content FROM unit_facts f"
             " WHERE f.serial = ANY (ARRAY (SELECT serial FROM family))");

enum { FIELDS_OF_FACT = 7 };

static const char *
print_date(struct arena *arena, const Common__V1__Date *date)
{
    if (date == NULL)
        return "";
    char *text = arena_alloc(arena, DATE_TEXT_SIZE);
    date_print(message_get_date(date), text);
    return text;
}

static const char *
print_time(struct arena *arena, const Google__Protobuf__Timestamp *time)
{
    char *text = arena_alloc(arena, CLOCK_TEXT_SIZE);
    clock_print_us(message_get_time(time), text);
    return text;
}

static const char *
pack_hex(struct arena *arena, const Warranty__V1__UnitFact *fact)
{
    size_t size_bytes = warranty__v1__unit_fact__get_packed_size(fact);
    uint8_t *bytes = arena_alloc(arena, size_bytes);
    warranty__v1__unit_fact__pack(fact, bytes);
    char *hex = arena_alloc(arena, 2 * size_bytes + 1);
    return sodium_bin2hex(hex, 2 * size_bytes + 1, bytes, size_bytes);
}

struct db_param
fact_param(struct arena *arena, Warranty__V1__UnitFact *const *facts, size_t count)
{
    const char **texts = arena_alloc(arena, (count + 1) * FIELDS_OF_FACT * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        const char **text = &texts[i * FIELDS_OF_FACT];
        text[0] = facts[i]->fact_id;
        text[1] = facts[i]->serial;
        text[2] =
            contract_enum_name(&warranty__v1__unit_fact__kind__descriptor, (int)facts[i]->kind);
        text[3] = print_date(arena, facts[i]->date);
        text[4] = print_time(arena, facts[i]->record_time);
        text[5] = facts[i]->old_serial;
        text[6] = pack_hex(arena, facts[i]);
    }
    return db_text_array(arena, texts, count * FIELDS_OF_FACT);
}

/* What was stored was checked before; what cannot be read now is a newer daemon's, or damaged. */
enum err
ledger_from_rows(struct call *call, const struct db_rows *rows, size_t column,
                 struct ledger *ret_ledger)
{
    size_t row_count = db_row_count(rows), count = 0;
    Warranty__V1__UnitFact **facts = arena_alloc(call->arena, (row_count + 1) * sizeof *facts);
    for (size_t row = 0; row < row_count; row++) {
        size_t size_bytes;
        const uint8_t *bytes = db_get_bytea(rows, row, column, &size_bytes);
        if (db_is_null(rows, row, column))
            continue;
        Warranty__V1__UnitFact *fact =
            warranty__v1__unit_fact__unpack(arena_allocator(call->arena), size_bytes, bytes);
        if (fact == NULL || fact_is_unknown(fact))
            return call_fail(call, ERR_DATA_LOSS, "FACT_UNREADABLE",
                             "a fact of the unit cannot be read by this version of the service");
        facts[count++] = fact;
    }
    qsort(facts, count, sizeof *facts, fact_compare);
    const struct ledger nothing = {0};
    *ret_ledger = ledger_add(call->arena, &nothing, facts, count);
    return OK;
}

enum err
ledger_read_await(struct call *call, const char *const *serials, size_t serial_count,
                  struct ledger *ret_ledger)
{
    const struct db_param params[] = {db_text_array(call->arena, serials, serial_count)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_ledger, params, COUNT_OF(params), &rows);
    *ret_ledger = (struct ledger){0};
    if (err == ERR_NOT_FOUND)
        return OK;
    return err == OK ? ledger_from_rows(call, rows, 0, ret_ledger) : err;
}
