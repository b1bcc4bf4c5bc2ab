/*
 * history_store - the SQL for a unit's life
 *
 * One list of three kinds of rows. A replacement, and the claim that led to it, are a part of both
 * units' lives.
 */
// SPDX-License-Identifier: Apache-2.0
#include "history.h"

/* $1 serial; $2 to $4 the place of the row to go on after, null for the first page; $5 how many; $6
 * whose claims, null for all. */
DB_STATEMENT(
    read_history, "warranty_read_history",
    "WITH own_claims AS (SELECT c.claim_id, c.serial, c.at_date, c.submit_time FROM claims c"
    " WHERE (c.serial = $1 OR c.replacement_serial = $1) AND c.submit_time IS NOT NULL"
    " AND ($6::text IS NULL OR c.owner_id = $6)),"
    " entries (entry_date, record_time, entry_id, kind, content, claim_id, serial, outcome, reason,"
    " clause_id) AS ("
    "SELECT coalesce(f.fact_date, (f.record_time AT TIME ZONE 'UTC')::date), f.record_time,"
    " f.fact_id, f.kind, f.content, '', f.serial, '', '', ''"
    " FROM unit_facts f WHERE f.serial = $1 OR f.old_serial = $1"
    " UNION ALL SELECT c.at_date, c.submit_time, c.claim_id, 'CLAIM_SUBMITTED', NULL,"
    " c.claim_id::text, c.serial, '', '', '' FROM own_claims c"
    " UNION ALL SELECT (d.create_time AT TIME ZONE 'UTC')::date, d.create_time, d.decision_id,"
    " 'CLAIM_DECIDED', NULL, c.claim_id::text, c.serial, d.outcome, d.reason, d.deciding_clause_id"
    " FROM own_claims c JOIN decisions d ON d.claim_id = c.claim_id)"
    " SELECT entry_date, record_time, entry_id, kind, content, claim_id, serial, outcome, reason,"
    " clause_id FROM entries WHERE $2::date IS NULL OR (entry_date, record_time, entry_id)"
    " > ($2, $3::timestamptz, $4::uuid) ORDER BY entry_date, record_time, entry_id LIMIT $5");

static enum err
take_fact(struct call *call, const struct db_rows *rows, size_t row, struct history_entry *entry)
{
    if (db_is_null(rows, row, 4))
        return OK;
    size_t size_bytes;
    const uint8_t *bytes = db_get_bytea(rows, row, 4, &size_bytes);
    entry->fact = warranty__v1__unit_fact__unpack(arena_allocator(call->arena), size_bytes, bytes);
    if (entry->fact != NULL)
        return OK;
    return call_fail(call, ERR_DATA_LOSS, "FACT_UNREADABLE",
                     "a fact of the unit cannot be read by this version of the service");
}

static struct history_entry
entry_from_row(const struct db_rows *rows, size_t row)
{
    return (struct history_entry){
        .date = db_get_date(rows, row, 0),
        .record_time_us = db_get_time(rows, row, 1),
        .entry_id = db_get_uuid(rows, row, 2),
        .kind = db_get_text(rows, row, 3),
        .claim_id = db_get_text(rows, row, 5),
        .serial = db_get_text(rows, row, 6),
        .outcome = db_get_text(rows, row, 7),
        .reason = db_get_text(rows, row, 8),
        .deciding_clause_id = db_get_text(rows, row, 9),
    };
}

enum err
history_read_await(struct call *call, const char *serial, const char *claim_owner_id,
                   const struct history_entry *after, int32_t size,
                   struct history_entry **ret_entries, size_t *ret_count)
{
    struct db_param params[] = {
        db_text(serial),           db_date(after->date), db_time(after->record_time_us),
        db_uuid(&after->entry_id), page_limit(size),     db_text(claim_owner_id),
    };
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_history, params, COUNT_OF(params), &rows);
    *ret_count = 0;
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    size_t count = db_row_count(rows);
    struct history_entry *entries = arena_alloc(call->arena, count * sizeof *entries);
    for (size_t i = 0; err == OK && i < count; i++) {
        entries[i] = entry_from_row(rows, i);
        err = take_fact(call, rows, i, &entries[i]);
    }
    *ret_entries = entries;
    *ret_count = count;
    return err;
}
