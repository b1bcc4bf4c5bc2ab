/*
 * log_store - all SQL that reads the log
 *
 * A page is read in one statement with the epoch and the end of the log, so that all three are of
 * one moment. The log's classes are parts of their own, each with its primary key: the first events
 * behind a position are the first of either.
 */
// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include "common/message.h"

/* $1 behind this position, $2 how many, $3 how many bytes, of which an event has about 320 beside its
 * payload: the first one comes however large it is. */
DB_STATEMENT(read_page, "events_read_page",
             "WITH found AS ("
             "(SELECT * FROM log WHERE class = 'lasting' AND position > $1"
             " ORDER BY position LIMIT $2)"
             " UNION ALL (SELECT * FROM log WHERE class = 'brief' AND position > $1"
             " ORDER BY position LIMIT $2) ORDER BY position LIMIT $2),"
             " sized AS (SELECT *, row_number() OVER whole AS place,"
             " sum(octet_length(payload) + 320) OVER whole AS size FROM found"
             " WINDOW whole AS (ORDER BY position ROWS UNBOUNDED PRECEDING))"
             " SELECT relay.epoch, relay.position, e.position, event_id, type, aggregate_type,"
             " aggregate_id, aggregate_version, lane::integer, event_time, append_time, owner_id,"
             " unit_serial, principal, trace, payload"
             " FROM relay LEFT JOIN sized e ON place = 1 OR size <= $3 ORDER BY e.position");

/* Before the first event all is kept from 1 on. */
DB_STATEMENT(read_extent, "events_read_extent",
             "SELECT epoch, (SELECT max(first_position) FROM horizons), position FROM relay");

static Events__V1__LoggedEvent *
read_event(struct arena *arena, const struct db_rows *rows, size_t row)
{
    Events__V1__LoggedEvent *event = arena_alloc(arena, sizeof *event);
    events__v1__logged_event__init(event);
    struct uuid event_id = db_get_uuid(rows, row, 3);
    event->position = db_get_int8(rows, row, 2);
    event->event_id = message_uuid(arena, &event_id);
    event->type = (char *)db_get_text(rows, row, 4);
    event->aggregate_type = (char *)db_get_text(rows, row, 5);
    event->aggregate_id = (char *)db_get_text(rows, row, 6);
    event->aggregate_version = db_get_int8(rows, row, 7);
    event->lane = db_get_int4(rows, row, 8);
    event->event_time = message_time(arena, db_get_time(rows, row, 9));
    event->append_time = message_time(arena, db_get_time(rows, row, 10));
    event->owner_id = (char *)db_get_text(rows, row, 11);
    event->unit_serial = (char *)db_get_text(rows, row, 12);
    event->principal = (char *)db_get_text(rows, row, 13);
    event->trace = (char *)db_get_text(rows, row, 14);
    event->payload.data = (uint8_t *)db_get_bytea(rows, row, 15, &event->payload.len);
    return event;
}

enum err
log_read_await(struct call *call, const struct log_wish *wish, struct log_page *ret_page)
{
    const struct db_param params[] = {db_int8(wish->after), db_int8(wish->limit),
                                      db_int8(LOG_PAGE_BYTES_MAX)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_page, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    size_t count = db_is_null(rows, 0, 2) ? 0 : db_row_count(rows);
    *ret_page = (struct log_page){
        .events = arena_alloc(call->arena, (count + 1) * sizeof(Events__V1__LoggedEvent *)),
        .count = count,
        .epoch = db_get_int8(rows, 0, 0),
        .last_position = db_get_int8(rows, 0, 1),
    };
    for (size_t i = 0; i < count; i++)
        ret_page->events[i] = read_event(call->arena, rows, i);
    return OK;
}

enum err
log_read_extent_await(struct call *call, struct log_extent *ret_extent)
{
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_extent, NULL, 0, &rows);
    if (err != OK)
        return err;
    *ret_extent = (struct log_extent){
        .epoch = db_get_int8(rows, 0, 0),
        .first_position = db_get_int8(rows, 0, 1),
        .last_position = db_get_int8(rows, 0, 2),
    };
    return OK;
}
