/*
 * consumer_parked - the SQL of events that lie parked: put aside, listed, wished for, taken away
 *
 * A row is taken away in the statement of the event's effect (CONSUMER_TAKEN), by the holder of its
 * lane. So of two tries one has the effect.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/consumer_private.h"

#include "common/clock.h"
#include "events/v1/events.contract.h"

enum { WISHES_MAX = 20 }; /* tried at once: they wait in the lane for each other */

/* $2 packed event, $3 type, $4 reason, $5 message, $6 attempts, $7 time. In the inbox too, so that
 * it is parked once. */
DB_STATEMENT(
    park, "consumer_park",
    "WITH " CONSUMER_TAKEN(
        "$1") ","
              " parked AS (INSERT INTO consumer_parked (name, event_id, lane, epoch, position,"
              " type, event, reason, message, attempts, park_time)"
              " SELECT ($1::text[])[1], event_id, ($1::text[])[2]::integer,"
              " ($1::text[])[4]::bigint, ($1::text[])[5]::bigint,"
              " $3, $2, $4, $5, $6, $7 FROM taken ON CONFLICT DO NOTHING)" CONSUMER_COUNTS);
DB_STATEMENT(unpark, "consumer_unpark", "WITH " CONSUMER_TAKEN("$1") CONSUMER_COUNTS);

/* $1 name, $2 event, $3 reason, $4 message. */
DB_STATEMENT(park_again, "consumer_park_again",
             "UPDATE consumer_parked SET reason = $3, message = $4, attempts = attempts + 1,"
             " has_wish = false WHERE name = $1 AND event_id = $2");
/* $1 name, $2 event. */
DB_STATEMENT(wish, "consumer_wish",
             "UPDATE consumer_parked SET has_wish = true WHERE name = $1 AND event_id = $2"
             " RETURNING event_id");

#define PARKED                                                                                     \
    "SELECT event_id, event, epoch, type, reason, message, attempts, park_time, has_wish"          \
    " FROM consumer_parked WHERE name = $1"
/* $2 event or null, $3 how many. */
DB_STATEMENT(list_parked, "consumer_list_parked",
             PARKED " AND ($2::uuid IS NULL OR event_id = $2)"
                    " ORDER BY park_time, event_id LIMIT $3");
/* $2 lane, $3 how many. */
DB_STATEMENT(list_wishes, "consumer_list_wishes",
             PARKED " AND lane = $2 AND has_wish ORDER BY epoch, position LIMIT $3");

enum err
consumer_park_await(struct call *call, const struct consumer_event *event,
                    const struct fault *fault, unsigned attempts)
{
    const struct db_param params[] = {
        db_message(call->arena, &event->envelope->base),
        db_text(event->envelope->type),
        db_text(fault->reason),
        db_text(fault->message),
        db_int4((int32_t)attempts),
        db_time(clock_real_ms() * 1000),
    };
    return consumer_write_await(svc_db(call->svc), call, event, &park, params, COUNT_OF(params));
}

enum err
consumer_unpark_await(struct call *call, const struct consumer_event *event)
{
    return consumer_write_await(svc_db(call->svc), call, event, &unpark, NULL, 0);
}

enum err
consumer_park_again_await(struct call *call, const struct consumer_event *event,
                          const struct fault *fault)
{
    const struct db_param params[] = {db_text(event->place.name), db_uuid(&event->event_id),
                                      db_text(fault->reason), db_text(fault->message)};
    const struct db_rows *rows;
    return db_write_await(svc_db(call->svc), call, &park_again, params, COUNT_OF(params),
                          event->envelope->aggregate_id, &rows);
}

enum err
consumer_wish_await(struct consumer *consumer, struct call *call, const struct uuid *event_id)
{
    const struct db_param params[] = {db_text(consumer->options.name), db_uuid(event_id)};
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(consumer->svc), call, &wish, params, COUNT_OF(params),
                                  consumer->options.name, &rows);
    if (err == OK && db_row_count(rows) == 0)
        return call_fail(call, ERR_NOT_FOUND, "NOT_PARKED", "no such event is parked for \"%s\"",
                         consumer->options.name);
    return err;
}

static const Events__V1__LoggedEvent *
read_event(struct call *call, const struct db_rows *rows, size_t row)
{
    size_t size_bytes;
    const void *packed = db_get_bytea(rows, row, 1, &size_bytes);
    ProtobufCMessage *message;
    struct fault fault;
    if (contract_read(call->arena, &events_v1_logged_event_contract, packed, size_bytes, false,
                      &message, &fault) != OK)
        return NULL;
    return (const void *)message;
}

static void
read_rows(struct call *call, const struct db_rows *rows, struct consumer_parked_list *ret_parked)
{
    size_t count = db_row_count(rows);
    struct consumer_parked *list = arena_alloc(call->arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct consumer_parked){
            .event = read_event(call, rows, i),
            .event_id = db_get_uuid(rows, i, 0),
            .epoch = db_get_int8(rows, i, 2),
            .type = db_get_text(rows, i, 3),
            .reason = db_get_text(rows, i, 4),
            .message = db_get_text(rows, i, 5),
            .attempts = db_get_int4(rows, i, 6),
            .park_time_us = db_get_time(rows, i, 7),
            .has_wish = db_get_bool(rows, i, 8),
        };
    *ret_parked = (struct consumer_parked_list){list, count};
}

static enum err
list_await(struct consumer *consumer, struct call *call, const struct db_stmt *stmt,
           const struct db_param params[3], struct consumer_parked_list *ret_parked)
{
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(consumer->svc), call, stmt, params, 3, &rows);
    *ret_parked = (struct consumer_parked_list){0};
    if (err == ERR_NOT_FOUND)
        return OK;
    if (err == OK)
        read_rows(call, rows, ret_parked);
    return err;
}

enum err
consumer_list_parked_await(struct consumer *consumer, struct call *call,
                           const struct uuid *event_id, struct consumer_parked_list *ret_parked)
{
    const struct db_param params[] = {db_text(consumer->options.name), db_uuid(event_id),
                                      db_int8(CONSUMER_PARKED_MAX)};
    return list_await(consumer, call, &list_parked, params, ret_parked);
}

enum err
consumer_list_wishes_await(struct consumer *consumer, struct call *call, unsigned lane,
                           struct consumer_parked_list *ret_parked)
{
    const struct db_param params[] = {db_text(consumer->options.name), db_int4((int32_t)lane),
                                      db_int8(WISHES_MAX)};
    return list_await(consumer, call, &list_wishes, params, ret_parked);
}
