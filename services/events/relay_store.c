/*
 * relay_store - the relay's statements that append nothing
 *
 * All but the view run on the connection that holds the lock, one after the other.
 */
// SPDX-License-Identifier: Apache-2.0
#include "relay.h"

#include <stdio.h>
#include <string.h>

const char *const relay_class_names[RELAY_CLASS_COUNT] = {
    [RELAY_BRIEF] = "brief",
    [RELAY_LASTING] = "lasting",
};

/* The timeline is that of the WAL being written. The control file's follows later after a
 * promotion. */
#define TIMELINE "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer"

DB_STATEMENT(read_relay, "events_read_relay",
             "SELECT relay.ctid::text, snapshot::text, target::text, last_id, position, epoch,"
             " relay.system_identifier = s.system_identifier, timeline = " TIMELINE
             ", pg_backend_pid(), pg_postmaster_start_time()"
             " FROM relay, pg_control_system() s");

/* Never a number that was given before, also where the row is older than a later epoch: the second
 * in which it begins. */
#define NEW_EPOCH "epoch = greatest(epoch + 1, extract(epoch FROM $4::timestamptz)::bigint)"

#define BEGUN                                                                                      \
    " AND position = $2 AND epoch = $3 RETURNING relay.ctid::text, snapshot::text, target::text,"  \
    " last_id, position, epoch),"                                                                  \
    " begun AS (INSERT INTO epochs (epoch, first_position, start_time)"                            \
    " SELECT epoch, position + 1, $4 FROM moved)"                                                  \
    " SELECT * FROM moved"

DB_STATEMENT(begin_epoch, "events_begin_epoch",
             "WITH moved AS (UPDATE relay SET " NEW_EPOCH ", timeline = " TIMELINE
             " WHERE relay.ctid = $1::text::tid" BEGUN);

/* A snapshot that sees nothing: the next tick takes what it finds, or makes a backlog of it. */
DB_STATEMENT(begin_epoch_anew, "events_begin_epoch_anew",
             "WITH moved AS (UPDATE relay SET " NEW_EPOCH ", timeline = " TIMELINE
             ", system_identifier = s.system_identifier, snapshot = '3:3:', target = NULL,"
             " last_id = 0 FROM pg_control_system() s WHERE relay.ctid = $1::text::tid" BEGUN);

/* Each row gets the transaction id that no transaction has. Rows that come meanwhile are this
 * cluster's: they may keep theirs. */
DB_STATEMENT(adopt_rows, "events_adopt_rows",
             "WITH adopted AS (UPDATE outbox SET xid = '3' WHERE id IN (SELECT id FROM outbox"
             " WHERE xid <> '3' LIMIT $1) RETURNING 1) SELECT count(*) FROM adopted");

DB_STATEMENT(read_ends, "events_read_ends",
             "SELECT coalesce(max(end_position) FILTER (WHERE class = 'brief'), 1),"
             " coalesce(max(end_position) FILTER (WHERE class = 'lasting'), 1) FROM partitions");

DB_STATEMENT(add_partition, "events_add_partition", "SELECT add_partition($1, $2)");

/* Of an empty partition the next event counts: it is older than that. */
DB_STATEMENT(
    read_oldest, "events_read_oldest",
    "SELECT p.class, p.first_position, p.end_position, coalesce("
    "(SELECT l.append_time FROM log l WHERE l.class = p.class AND l.position >= p.first_position"
    " AND l.position < p.end_position ORDER BY l.position DESC LIMIT 1),"
    " (SELECT l.append_time FROM log l WHERE l.class = p.class AND l.position >= p.end_position"
    " ORDER BY l.position LIMIT 1))"
    " FROM (SELECT DISTINCT ON (class) * FROM partitions ORDER BY class, first_position) p"
    " WHERE EXISTS (SELECT FROM partitions n WHERE n.class = p.class"
    " AND n.first_position > p.first_position)");

DB_STATEMENT(drop_partition, "events_drop_partition", "SELECT drop_partition($1, $2)");

/* $1 place, $2 switched before this, $3 now. */
DB_STATEMENT(
    switch_outbox, "events_switch_outbox",
    "WITH due AS MATERIALIZED (SELECT pg_sequence_last_value('outbox_turn') AS turn FROM relay"
    " WHERE relay.ctid = $1::text::tid AND switch_time < $2),"
    " fit AS MATERIALIZED (SELECT turn FROM due"
    " WHERE EXISTS (SELECT FROM outbox WHERE slot = turn % 3)"
    " AND NOT EXISTS (SELECT FROM outbox WHERE slot = (turn + 1) % 3)),"
    " moved AS (UPDATE relay SET switch_time = $3 FROM fit WHERE relay.ctid = $1::text::tid"
    " RETURNING relay.ctid::text AS place, turn)"
    " SELECT place, setval('outbox_turn', turn + 1) FROM moved");

DB_STATEMENT(read_full_slots, "events_read_full_slots",
             "SELECT slot::integer FROM generate_series(0, 2) slot"
             " WHERE slot <> pg_sequence_last_value('outbox_turn') % 3"
             " AND EXISTS (SELECT FROM outbox o WHERE o.slot = slot.slot)");

DB_STATEMENT(empty_slot, "events_empty_slot", "SELECT empty_slot($1)");

/* Within a backlog the first row behind the last id is taken for the oldest. */
DB_STATEMENT(
    view_relay, "events_view_relay",
    "SELECT epoch, position, CASE WHEN target IS NOT NULL THEN"
    " (SELECT event_time FROM outbox WHERE id > last_id ORDER BY id LIMIT 1) ELSE least("
    " (SELECT event_time FROM outbox WHERE xid >= pg_snapshot_xmax(snapshot) ORDER BY xid LIMIT 1),"
    " (SELECT event_time FROM outbox WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(snapshot)))"
    " ORDER BY xid LIMIT 1)) END FROM relay");

/* ---- taking over ---- */

/* Columns 0 to 5 are the row's. */
static void
read_row(const struct db_rows *rows, struct relay_row *row)
{
    snprintf(row->place, sizeof row->place, "%s", db_get_text(rows, 0, 0));
    snprintf(row->snapshot, sizeof row->snapshot, "%s", db_get_text(rows, 0, 1));
    snprintf(row->target, sizeof row->target, "%s", db_get_text(rows, 0, 2));
    row->last_id = db_get_int8(rows, 0, 3);
    row->position = db_get_int8(rows, 0, 4);
    row->epoch = db_get_int8(rows, 0, 5);
}

enum err
relay_read_await(struct db *db, struct call *call, struct relay_row *ret_row,
                 enum relay_past *ret_past)
{
    const struct db_rows *rows;
    enum err err = db_write_await(db, call, &read_relay, NULL, 0, "relay", &rows);
    if (err != OK)
        return err;
    if (db_row_count(rows) != 1)
        return call_fail(call, ERR_INTERNAL, "RELAY_ROW_MISSING", "the table relay has no row");
    read_row(rows, ret_row);
    *ret_past = relay_judge_past(db_get_bool(rows, 0, 6), db_get_bool(rows, 0, 7));
    ret_row->session_pid = db_get_int4(rows, 0, 8);
    ret_row->session_start_us = db_get_time(rows, 0, 9);
    return OK;
}

enum err
relay_begin_epoch_await(struct db *db, struct call *call, enum relay_past past, int64_t now_us,
                        struct relay_row *row, bool *ret_is_lost)
{
    const struct db_param params[] = {db_text(row->place), db_int8(row->position),
                                      db_int8(row->epoch), db_time(now_us)};
    const struct db_rows *rows;
    enum err err =
        db_write_await(db, call, past == RELAY_NEW_CLUSTER ? &begin_epoch_anew : &begin_epoch,
                       params, COUNT_OF(params), "relay", &rows);
    if (err != OK)
        return err;
    *ret_is_lost = db_row_count(rows) == 0;
    if (!*ret_is_lost)
        read_row(rows, row);
    return OK;
}

enum err
relay_adopt_await(struct db *db, struct call *call, int64_t *ret_count)
{
    const struct db_param params[] = {db_int8(RELAY_SCAN_MAX)};
    const struct db_rows *rows;
    enum err err = db_write_await(db, call, &adopt_rows, params, COUNT_OF(params), "relay", &rows);
    if (err == OK)
        *ret_count = db_get_int8(rows, 0, 0);
    return err;
}

/* ---- partitions ---- */

enum err
relay_read_ends_await(struct db *db, struct call *call, int64_t ret_ends[RELAY_CLASS_COUNT])
{
    const struct db_rows *rows;
    enum err err = db_write_await(db, call, &read_ends, NULL, 0, "relay", &rows);
    if (err != OK)
        return err;
    ret_ends[RELAY_BRIEF] = db_get_int8(rows, 0, 0);
    ret_ends[RELAY_LASTING] = db_get_int8(rows, 0, 1);
    return OK;
}

enum err
relay_add_partition_await(struct db *db, struct call *call, enum relay_class class, int64_t count,
                          int64_t *ret_end)
{
    const struct db_param params[] = {db_text(relay_class_names[class]), db_int8(count)};
    const struct db_rows *rows;
    enum err err =
        db_write_await(db, call, &add_partition, params, COUNT_OF(params), "relay", &rows);
    if (err == OK)
        *ret_end = db_get_int8(rows, 0, 0);
    return err;
}

enum err
relay_read_oldest_await(struct db *db, struct call *call,
                        struct relay_oldest ret_oldest[RELAY_CLASS_COUNT])
{
    const struct db_rows *rows;
    enum err err = db_write_await(db, call, &read_oldest, NULL, 0, "relay", &rows);
    if (err != OK)
        return err;
    memset(ret_oldest, 0, RELAY_CLASS_COUNT * sizeof ret_oldest[0]);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        bool is_brief = strcmp(db_get_text(rows, row, 0), relay_class_names[RELAY_BRIEF]) == 0;
        ret_oldest[is_brief ? RELAY_BRIEF : RELAY_LASTING] = (struct relay_oldest){
            .is_there = true,
            .first_position = db_get_int8(rows, row, 1),
            .end_position = db_get_int8(rows, row, 2),
            .last_time_us = db_is_null(rows, row, 3) ? INT64_MAX : db_get_time(rows, row, 3),
        };
    }
    return OK;
}

enum err
relay_drop_partition_await(struct db *db, struct call *call, enum relay_class class,
                           int64_t first_position, bool *ret_is_dropped)
{
    const struct db_param params[] = {db_text(relay_class_names[class]), db_int8(first_position)};
    const struct db_rows *rows;
    enum err err =
        db_write_await(db, call, &drop_partition, params, COUNT_OF(params), "relay", &rows);
    if (err == OK)
        *ret_is_dropped = db_get_bool(rows, 0, 0);
    return err;
}

/* ---- the outbox ---- */

enum err
relay_switch_await(struct db *db, struct call *call, int64_t before_us, int64_t now_us,
                   struct relay_row *row, bool *ret_is_switched)
{
    const struct db_param params[] = {db_text(row->place), db_time(before_us), db_time(now_us)};
    const struct db_rows *rows;
    enum err err =
        db_write_await(db, call, &switch_outbox, params, COUNT_OF(params), "relay", &rows);
    if (err != OK)
        return err;
    *ret_is_switched = db_row_count(rows) > 0;
    if (*ret_is_switched)
        snprintf(row->place, sizeof row->place, "%s", db_get_text(rows, 0, 0));
    return OK;
}

enum err
relay_read_full_slots_await(struct db *db, struct call *call, unsigned *ret_slots)
{
    const struct db_rows *rows;
    enum err err = db_write_await(db, call, &read_full_slots, NULL, 0, "relay", &rows);
    if (err != OK)
        return err;
    *ret_slots = 0;
    for (size_t row = 0; row < db_row_count(rows); row++)
        *ret_slots |= 1u << db_get_int4(rows, row, 0);
    return OK;
}

enum err
relay_empty_slot_await(struct db *db, struct call *call, int slot, bool *ret_is_empty)
{
    const struct db_param params[] = {db_int4(slot)};
    const struct db_rows *rows;
    enum err err = db_write_await(db, call, &empty_slot, params, COUNT_OF(params), "relay", &rows);
    if (err == OK)
        *ret_is_empty = db_get_bool(rows, 0, 0);
    return err;
}

/* ---- for whoever looks ---- */

enum err
relay_view_await(struct db *db, struct call *call, struct relay_view *ret_view)
{
    const struct db_rows *rows;
    enum err err = db_read_await(db, call, &view_relay, NULL, 0, &rows);
    if (err != OK)
        return err;
    *ret_view = (struct relay_view){
        .epoch = db_get_int8(rows, 0, 0),
        .position = db_get_int8(rows, 0, 1),
        .oldest_time_us = db_is_null(rows, 0, 2) ? 0 : db_get_time(rows, 0, 2),
    };
    return OK;
}
