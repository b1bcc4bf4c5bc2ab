/*
 * relay_tick - the two statements that append
 *
 * tick   what has committed since the row's snapshot S0, by the snapshot of the statement itself,
 * S1. It sees what S1 sees; of that, what S0 did not see has an id of a transaction from S0's xmax
 * on, or one of those that ran in S0. Both are ranges of the index on xid. In order of id they get
 * the next positions. Where they are more than one statement should take, it only makes S1 the
 * target: the backlog goes by pieces. piece  what S1, the target, sees and S0 does not, by the
 * index on id from the last id on. When no more is there, the target becomes the snapshot.
 *
 * Ordering by id is right because an event's id is drawn under the lock on its aggregate's row: of
 * two events of one aggregate the later version has the greater id, and is in no snapshot that the
 * earlier one is not in.
 *
 * Rows with the transaction id 3, which no transaction has, came from another cluster: the log may
 * have them (relay_begin_epoch_await).
 */
// SPDX-License-Identifier: Apache-2.0
#include "relay.h"

#include <stdio.h>
#include <string.h>

#include "contract_all.h"

/* What an event has beside its place. */
#define COLUMNS                                                                                    \
    "o.event_id, o.type, o.aggregate_type, o.aggregate_id, o.aggregate_version, o.event_time,"     \
    " o.owner_id, o.unit_serial, o.principal, o.trace, o.payload"

/* The subquery has a LIMIT so that it is never answered by a hash of the whole log. */
#define IS_NEW                                                                                     \
    "(o.xid <> '3'::xid8 OR NOT coalesce((SELECT true FROM log l"                                  \
    " WHERE l.aggregate_type = o.aggregate_type AND l.aggregate_id = o.aggregate_id"               \
    " AND l.aggregate_version = o.aggregate_version AND l.event_id = o.event_id LIMIT 1), false))"

/* The row of `relay` where it is known to be and as it is known, in the session that knows it: $1
 * place, $2 position, $3 snapshot, $4 process, $5 start of the server. */
#define IS_KNOWN                                                                                   \
    "relay.ctid = $1::text::tid AND relay.position = $2::bigint AND relay.snapshot::text = "       \
    "$3::text"                                                                                     \
    " AND pg_backend_pid() = $4::integer AND pg_postmaster_start_time() = $5::timestamptz"

/* Of `placed` into the log behind $2, at time $6; $7 types that are kept for a short time. */
#define APPENDED                                                                                   \
    "appended AS (INSERT INTO log (class, position, event_id, type, aggregate_type, aggregate_id," \
    " aggregate_version, lane, event_time, append_time, owner_id, unit_serial, principal, trace,"  \
    " payload) SELECT CASE WHEN o.type = ANY ($7::text[]) THEN 'brief' ELSE 'lasting' END,"        \
    " $2::bigint + o.place, o.event_id, o.type, o.aggregate_type, o.aggregate_id,"                 \
    " o.aggregate_version, get_byte(sha256(convert_to(o.aggregate_type, 'UTF8') || '\\x00'::bytea" \
    " || convert_to(o.aggregate_id, 'UTF8')), 0), o.event_time, $6::timestamptz, o.owner_id,"      \
    " o.unit_serial, o.principal, o.trace, o.payload FROM placed o CROSS JOIN moved"               \
    " ORDER BY o.place RETURNING 1)"

#define RETURNED                                                                                   \
    " RETURNING relay.ctid::text AS place, relay.snapshot::text AS snapshot,"                      \
    " relay.target::text AS target, relay.last_id, relay.position"

#define TOLD                                                                                       \
    "(SELECT count(*) FROM appended), moved.place, moved.snapshot, moved.target, moved.last_id,"   \
    " moved.position, pg_current_snapshot()::text"

#ifdef KNOWN_BAD /* naive_cursor */
#define FOUND " WHERE o.id > (SELECT last_id FROM relay)"
#define LAST_ID "greatest(last_id, (SELECT max(id) FROM found))"
#else
#define FOUND                                                                                      \
    " WHERE o.xid >= pg_snapshot_xmax($3::text::pg_snapshot)"                                      \
    " UNION ALL SELECT o.id, o.xid, " COLUMNS " FROM outbox o"                                     \
    " WHERE o.xid = ANY (ARRAY(SELECT pg_snapshot_xip($3::text::pg_snapshot)))"
#define LAST_ID "0"
#endif

/* $8 the most events, $9 whether the snapshot is to be written down though nothing came. That alone
 * is a transaction too: one that would come after nothing but itself is not worth it. */
DB_STATEMENT(
    tick_log, "events_tick",
    "WITH found AS MATERIALIZED (SELECT * FROM ("
    "SELECT o.id, o.xid, " COLUMNS " FROM outbox o" FOUND ") o LIMIT $8::bigint + 1),"
    " counted AS (SELECT count(*) AS count, count(*) > $8::bigint AS is_backlog FROM found),"
    " placed AS MATERIALIZED (SELECT row_number() OVER (ORDER BY o.id) AS place, o.*"
    " FROM found o, counted WHERE NOT counted.is_backlog AND " IS_NEW "),"
    " moved AS (UPDATE relay SET position = position + (SELECT count(*) FROM placed),"
    " last_id = " LAST_ID ","
    " snapshot = CASE WHEN is_backlog THEN snapshot ELSE pg_current_snapshot() END,"
    " target = CASE WHEN is_backlog THEN pg_current_snapshot() END"
    " FROM counted WHERE " IS_KNOWN
    " AND relay.target IS NULL AND (counted.count > 0 OR $9::boolean"
    " AND pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    " > pg_snapshot_xmax($3::text::pg_snapshot)::text::bigint + 1)" RETURNED "), " APPENDED
    " SELECT counted.count > 0, " TOLD " FROM counted LEFT JOIN moved ON true");

/* $8 the most events, $9 the last id, $10 the target, $11 how many rows to look at. The ids of what
 * is found first: most of what is looked at may be in the log already. */
DB_STATEMENT(
    append_piece, "events_append_piece",
    "WITH found AS MATERIALIZED (SELECT o.id FROM (SELECT id, xid FROM outbox WHERE id > $9::bigint"
    " ORDER BY id LIMIT $11::bigint) o WHERE pg_visible_in_snapshot(o.xid, $10::text::pg_snapshot)"
    " AND NOT pg_visible_in_snapshot(o.xid, $3::text::pg_snapshot) ORDER BY o.id"
    " LIMIT $8::bigint),"
    " counted AS (SELECT count(*) AS count, CASE WHEN count(*) = $8::bigint THEN max(id) ELSE"
    " (SELECT CASE WHEN count(*) = $11::bigint THEN max(s.id) END FROM (SELECT id FROM outbox"
    " WHERE id > $9::bigint ORDER BY id LIMIT $11::bigint) s) END AS last_id FROM found),"
    " placed AS MATERIALIZED (SELECT row_number() OVER (ORDER BY o.id) AS place, " COLUMNS
    " FROM found JOIN outbox o ON o.id = found.id WHERE " IS_NEW "),"
    " moved AS (UPDATE relay SET position = position + (SELECT count(*) FROM placed),"
    " last_id = coalesce(counted.last_id, 0),"
    " snapshot = CASE WHEN counted.last_id IS NULL THEN relay.target ELSE snapshot END,"
    " target = CASE WHEN counted.last_id IS NOT NULL THEN relay.target END"
    " FROM counted WHERE " IS_KNOWN " AND relay.target::text = $10::text"
    " AND relay.last_id = $9::bigint" RETURNED "), " APPENDED " SELECT true, " TOLD
    " FROM counted LEFT JOIN moved ON true");

/* Names of the events that are kept for a short time. */
static struct db_param
brief_types(struct arena *arena)
{
    const char **names = arena_alloc(arena, contract_all_messages_count * sizeof(const char *));
    size_t count = 0;
    for (size_t i = 0; i < contract_all_messages_count; i++) {
        if (contract_all_messages[i]->is_event_brief)
            names[count++] = contract_all_messages[i]->descriptor->name;
    }
    return db_text_array(arena, names, count);
}

static void
read_moved(const struct db_rows *rows, struct relay_row *row)
{
    snprintf(row->place, sizeof row->place, "%s", db_get_text(rows, 0, 2));
    snprintf(row->snapshot, sizeof row->snapshot, "%s", db_get_text(rows, 0, 3));
    snprintf(row->target, sizeof row->target, "%s", db_get_text(rows, 0, 4));
    row->last_id = db_get_int8(rows, 0, 5);
    row->position = db_get_int8(rows, 0, 6);
}

enum err
relay_tick_await(struct db *db, struct call *call, const struct relay_tick *tick,
                 struct relay_row *row, struct relay_ticked *ret_ticked)
{
    bool is_piece = row->target[0] != 0;
    const struct db_param params[] = {
        db_text(row->place),
        db_int8(row->position),
        db_text(row->snapshot),
        db_int4(row->session_pid),
        db_time(row->session_start_us),
        db_time(tick->now_us),
        brief_types(call->arena),
        db_int8(tick->append_max),
        is_piece ? db_int8(row->last_id) : db_bool(tick->is_due),
        db_text(row->target),
        db_int8(RELAY_SCAN_MAX),
    };
    const struct db_rows *rows;
    enum err err = db_write_await(db, call, is_piece ? &append_piece : &tick_log, params,
                                  is_piece ? 11 : 9, "relay", &rows);
    if (err != OK)
        return err;
    bool has_moved = !db_is_null(rows, 0, 2);
    *ret_ticked = (struct relay_ticked){
        .is_lost = db_get_bool(rows, 0, 0) && !has_moved,
        .count = db_get_int8(rows, 0, 1),
        .snapshot_now = db_get_text(rows, 0, 7),
    };
    if (has_moved)
        read_moved(rows, row);
    ret_ticked->is_backlog = row->target[0] != 0;
    return OK;
}
