/*
 * message_send_store - the SQL of a message that is due
 */
// SPDX-License-Identifier: Apache-2.0
#include "send.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/principal.h"

/* $1 message. */
DB_STATEMENT(
    read_due_message, "notify_read_due_message",
    "SELECT m.timer_id, m.person_id, m.channel, m.state, m.is_open, m.part_count,"
    " m.attempt_count, m.start_time, m.version, coalesce((SELECT string_agg(o.category, ' ')"
    " FROM opt_outs o WHERE o.person_id = m.person_id), ''), last.email, last.sms, last.push"
    " FROM messages m, LATERAL (SELECT max(b.sent_time) FILTER (WHERE b.channel = 'EMAIL') AS "
    "email,"
    " max(b.sent_time) FILTER (WHERE b.channel = 'SMS') AS sms,"
    " max(b.sent_time) FILTER (WHERE b.channel = 'PUSH') AS push FROM messages b"
    " WHERE b.person_id = m.person_id AND b.message_id <> m.message_id) last"
    " WHERE m.message_id = $1");

enum {
    PARTS_MAX = 400,               /* that are read; with them an event stays within its 128 KiB */
    PARTS_BYTES_MAX = 1024 * 1024, /* of their events; unpacked they are some times as large */
};

/* $1 message, $2 how many parts, $3 how many bytes: the newest of them, one at least. */
DB_STATEMENT(read_due_parts, "notify_read_due_parts",
             "WITH placed AS (SELECT notice_id, event_id, event_time, row_number() OVER newest AS"
             " place, sum(octet_length(event)) OVER newest AS size_bytes, count(*) OVER () AS total"
             " FROM message_parts WHERE message_id = $1 WINDOW newest AS (ORDER BY event_time DESC,"
             " event_id DESC, notice_id DESC)) SELECT p.notice_id, p.event, f.total"
             " FROM placed f JOIN message_parts p ON p.message_id = $1"
             " AND p.event_id = f.event_id AND p.notice_id = f.notice_id"
             " WHERE f.place = 1 OR (f.place <= $2 AND f.size_bytes <= $3) ORDER BY f.place DESC");

/* $1 message, $2 version and $3 parts as they were read, $4 channel, $5 pseudonym of the address;
 * $6 whether parts go, $7 $8 notices and events of those that stay, $9 the message of the others,
 * $10 its timer, $11 now. */
DB_STATEMENT(
    close_message, "notify_close_message",
    "WITH before AS (SELECT channel FROM messages WHERE message_id = $1), closed AS (UPDATE "
    "messages"
    " SET is_open = false, channel = $4, address_id = $5, version = version + 1"
    " WHERE message_id = $1 AND version = $2 AND part_count = $3 RETURNING person_id, version),"
    " others AS (SELECT p.notice_id, p.event_id FROM closed, message_parts p WHERE $6::boolean"
    " AND p.message_id = $1 AND NOT EXISTS (SELECT 1 FROM unnest($7::text[], $8::text[])"
    " AS k (notice_id, event_id) WHERE k.notice_id = p.notice_id"
    " AND k.event_id::uuid = p.event_id)), apart AS (INSERT INTO messages (message_id, person_id,"
    " channel, is_open, part_count, timer_id, start_time, due_time, create_time) SELECT $9,"
    " closed.person_id, before.channel, false, (SELECT count(*) FROM others), $10, $11, $11, $11"
    " FROM closed, before WHERE EXISTS (SELECT 1 FROM others) RETURNING message_id),"
    " moved AS (UPDATE message_parts p SET message_id = apart.message_id FROM apart, others o"
    " WHERE p.message_id = $1 AND p.notice_id = o.notice_id AND p.event_id = o.event_id),"
    " timed AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
    " SELECT $10, 'send', message_id::text, $11 FROM apart) SELECT version FROM closed");

/* $1 message, $2 version, $3 when, $4 timer; $5 .. $9 time, duration, outcome, code and answer of
 * the attempt, an outcome of '' is none. */
DB_STATEMENT(
    delay_message, "notify_delay_message",
    "WITH changed AS (UPDATE messages SET due_time = $3, timer_id = $4, attempt_count ="
    " attempt_count + ($7 <> '')::integer, version = version + 1 WHERE message_id = $1"
    " AND version = $2 RETURNING message_id), tried AS (INSERT INTO attempts (message_id, number,"
    " attempt_time, duration_ms, outcome, code, answer) SELECT message_id, (SELECT"
    " coalesce(max(number), 0) + 1 FROM attempts WHERE message_id = $1), $5, $6, $7, $8, $9"
    " FROM changed WHERE $7 <> '') INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
    " SELECT $4, 'send', message_id::text, $3 FROM changed RETURNING 1");

/* $14 message, $15 version, $16 state, $17 reason; $18 .. $22 the attempt as above; $23 parts as
 * they were read: while it is open one may join, which changes no version. */
DB_STATEMENT(
    end_message, "notify_end_message",
    "WITH locked AS (SELECT message_id FROM messages WHERE message_id = $14 AND version = $15"
    " AND part_count = $23 FOR UPDATE), " CHANGE_KEYED
    ", changed AS (UPDATE messages SET state = $16, reason = $17, is_open = false,"
    " sent_time = CASE WHEN $16 = 'SENT' THEN $5 ELSE sent_time END,"
    " attempt_count = attempt_count + ($20 <> '')::integer, version = version + 1 FROM keyed"
    " WHERE message_id = $14 RETURNING version), tried AS (INSERT INTO attempts (message_id,"
    " number, attempt_time, duration_ms, outcome, code, answer) SELECT $14, (SELECT"
    " coalesce(max(number), 0) + 1 FROM attempts WHERE message_id = $14), $18, $19, $20, $21, $22"
    " FROM changed WHERE $20 <> ''), " CHANGE_SAID CHANGE_COUNTS);

/* ---- reading ---- */

static enum err
read_parts_await(struct call *call, struct message_due *due)
{
    const struct db_param params[] = {db_uuid(&due->message_id), db_int8(PARTS_MAX),
                                      db_int8(PARTS_BYTES_MAX)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_due_parts, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    due->part_row_count = db_row_count(rows);
    due->unread_count = (size_t)db_get_int8(rows, 0, 2) - due->part_row_count;
    due->parts = arena_alloc(call->arena, due->part_row_count * sizeof *due->parts);
    for (size_t i = 0; i < due->part_row_count; i++) {
        size_t size_bytes;
        const void *bytes = db_get_bytea(rows, i, 1, &size_bytes);
        due->parts[i].notice_id = db_get_text(rows, i, 0);
        due->parts[i].event =
            events__v1__logged_event__unpack(arena_allocator(call->arena), size_bytes, bytes);
        CHECK(due->parts[i].event != NULL); /* we packed it */
    }
    return OK;
}

enum err
message_due_read_await(struct call *call, const struct uuid *message_id,
                       struct message_due *ret_due)
{
    const struct db_param params[] = {db_uuid(message_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_due_message, params, 1, &rows);
    if (err != OK)
        return err;
    *ret_due = (struct message_due){
        .message_id = *message_id,
        .timer_id = db_get_uuid(rows, 0, 0),
        .person_id = db_get_text(rows, 0, 1),
        .channel = db_get_text(rows, 0, 2),
        .state = db_get_text(rows, 0, 3),
        .is_open = db_get_bool(rows, 0, 4),
        .part_count = db_get_int4(rows, 0, 5),
        .attempt_count = db_get_int4(rows, 0, 6),
        .start_us = db_get_time(rows, 0, 7),
        .version = db_get_int8(rows, 0, 8),
        .opted_out = db_get_text(rows, 0, 9),
    };
    for (int i = 1; i < SEND_CHANNELS; i++)
        ret_due->last_sent_us[i] = db_get_time(rows, 0, 9 + i);
    return read_parts_await(call, ret_due);
}

/* ---- writing ---- */

static const char *
order_key(struct call *call, const struct message_due *due)
{
    return message_uuid(call->arena, &due->message_id);
}

static void
list_parts(struct arena *arena, const struct message_due *due, const char ***ret_notice_ids,
           const char ***ret_event_ids)
{
    *ret_notice_ids = arena_alloc(arena, (due->part_row_count + 1) * sizeof(char *));
    *ret_event_ids = arena_alloc(arena, (due->part_row_count + 1) * sizeof(char *));
    for (size_t i = 0; i < due->part_row_count; i++) {
        (*ret_notice_ids)[i] = due->parts[i].notice_id;
        (*ret_event_ids)[i] = due->parts[i].event->event_id;
    }
}

enum err
message_due_close_await(struct call *call, struct message_due *due, const char *channel,
                        const char *address)
{
    char address_id[PRINCIPAL_PSEUDONYM_SIZE] = "";
    if (!due->is_open && !due->is_split && strcmp(due->channel, channel) == 0)
        return OK;
    if (strcmp(channel, "EMAIL") == 0 && address[0] != 0)
        principal_person(address, "", "", address_id);
    const char **notice_ids, **event_ids;
    list_parts(call->arena, due, &notice_ids, &event_ids);
    struct uuid other_id = uuid_make(), timer_id = uuid_make();
    int64_t now_us = clock_now_us();
    const struct db_param params[] = {
        db_uuid(&due->message_id),
        db_int8(due->version),
        db_int4(due->part_count),
        db_text(channel),
        db_text(address_id),
        db_bool(due->is_split),
        db_text_array(call->arena, notice_ids, due->part_row_count),
        db_text_array(call->arena, event_ids, due->part_row_count),
        db_uuid(&other_id),
        db_uuid(&timer_id),
        db_time(now_us),
    };
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &close_message, params, COUNT_OF(params),
                                  order_key(call, due), &rows);
    if (err != OK)
        return err;
    if (db_row_count(rows) == 0)
        return call_fail(call, ERR_ABORTED, "MESSAGE_CHANGED", "something joined the message");
    if (due->is_split)
        timer_poke(svc_timer_service(call->svc), now_us);
    due->is_open = due->is_split = false;
    due->channel = channel;
    due->version = db_get_int8(rows, 0, 0);
    return OK;
}

enum { ATTEMPT_PARAM_COUNT = 5 };

static void
fill_attempt(const struct attempt *attempt, int64_t attempt_us, struct db_param *params)
{
    *params++ = db_time(attempt_us);
    *params++ = db_int8(attempt != NULL ? attempt->duration_ms : 0);
    *params++ = db_text(attempt != NULL ? attempt->name : "");
    *params++ = db_int4(attempt != NULL ? attempt->code : 0);
    *params++ = db_text(attempt != NULL ? attempt->answer : "");
}

enum err
message_due_later_await(struct call *call, const struct message_due *due,
                        const struct attempt *attempt, int64_t attempt_us, int64_t due_us)
{
    struct uuid timer_id = uuid_make();
    struct db_param params[4 + ATTEMPT_PARAM_COUNT] = {
        db_uuid(&due->message_id), db_int8(due->version), db_time(due_us), db_uuid(&timer_id)};
    fill_attempt(attempt, attempt_us, params + 4);
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &delay_message, params, COUNT_OF(params),
                                  order_key(call, due), &rows);
    if (err != OK)
        return err;
    if (db_row_count(rows) == 0)
        return call_fail(call, ERR_ABORTED, "MESSAGE_CHANGED", "the message was changed meanwhile");
    timer_poke(svc_timer_service(call->svc), due_us);
    return OK;
}

static Notify__V1__MessagePart **
parts_to_messages(struct arena *arena, const struct message_due *due)
{
    Notify__V1__MessagePart **parts = arena_alloc(arena, (due->part_row_count + 1) * sizeof *parts);
    for (size_t i = 0; i < due->part_row_count; i++) {
        const Events__V1__LoggedEvent *event = due->parts[i].event;
        parts[i] = arena_alloc(arena, sizeof *parts[i]);
        notify__v1__message_part__init(parts[i]);
        parts[i]->notice_id = (char *)due->parts[i].notice_id;
        parts[i]->event_id = event->event_id;
        parts[i]->aggregate_type = event->aggregate_type;
        parts[i]->aggregate_id = event->aggregate_id;
        parts[i]->event_time = event->event_time;
    }
    return parts;
}

enum err
message_due_end_await(struct call *call, const struct message_due *due,
                      const struct attempt *attempt, int64_t attempt_us,
                      Notify__V1__Message__State state, const char *reason)
{
    bool is_sent = state == NOTIFY__V1__MESSAGE__STATE__SENT;
    struct db_param params[4 + ATTEMPT_PARAM_COUNT + 1] = {
        db_uuid(&due->message_id), db_int8(due->version),
        db_text(notify_enum_name(&notify__v1__message__state__descriptor, (int)state)),
        db_text(reason)};
    fill_attempt(attempt, attempt_us, params + 4);
    params[4 + ATTEMPT_PARAM_COUNT] = db_int4(due->part_count);
    Notify__V1__MessageSent sent = NOTIFY__V1__MESSAGE_SENT__INIT;
    Notify__V1__MessageFailed failed = NOTIFY__V1__MESSAGE_FAILED__INIT;
    sent.message_id = failed.message_id = message_uuid(call->arena, &due->message_id);
    sent.person_id = failed.person_id = (char *)due->person_id;
    sent.channel = failed.channel = (Notify__V1__Notice__Channel)notify_enum_of(
        &notify__v1__notice__channel__descriptor, due->channel);
    sent.parts = failed.parts = parts_to_messages(call->arena, due);
    sent.n_parts = failed.n_parts = due->part_row_count;
    failed.reason = (char *)reason;
    Notify__V1__GetMessageResponse response = NOTIFY__V1__GET_MESSAGE_RESPONSE__INIT;
    const struct change change = {
        .stmt = &end_message,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = sent.message_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract =
            is_sent ? &notify_v1_message_sent_contract : &notify_v1_message_failed_contract,
        .event = is_sent ? &sent.base : &failed.base,
        .response = &response.base,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
