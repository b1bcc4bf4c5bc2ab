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

/* $1 message, $2 how many parts are looked at (one less is read), $3 how many bytes are read: the
 * newest parts, one at least. The last column says how many were looked at. Older ones are not
 * touched, however many there are. */
DB_STATEMENT(read_due_parts, "notify_read_due_parts",
             "WITH looked AS MATERIALIZED (SELECT notice_id, event_id, channel, event_time, event"
             " FROM message_parts WHERE message_id = $1 ORDER BY event_time DESC, event_id DESC,"
             " notice_id DESC LIMIT $2), placed AS (SELECT *, row_number() OVER newest AS place,"
             " sum(octet_length(event)) OVER newest AS size_bytes FROM looked WINDOW newest AS"
             " (ORDER BY event_time DESC, event_id DESC, notice_id DESC)) SELECT notice_id, event,"
             " channel, (SELECT count(*) FROM looked) FROM placed"
             " WHERE place = 1 OR (place < $2 AND size_bytes <= $3) ORDER BY place DESC");

/* $1 message, $2 version and $3 parts as they were read; $4 $5 $6 notices, events and channels of
 * the parts that go, $7 how many, $8 the message that they go into, $9 its timer, $10 now. Each is
 * found by its key, so what stays is not touched, however much it is. */
DB_STATEMENT(
    split_message, "notify_split_message",
    "WITH split AS (UPDATE messages SET is_open = false, version = version + 1,"
    " part_count = greatest(part_count - $7::integer, 1) WHERE message_id = $1 AND version = $2"
    " AND part_count = $3 RETURNING person_id, channel), apart AS (INSERT INTO messages "
    "(message_id, person_id,"
    " channel, is_open, part_count, timer_id, start_time, due_time, create_time) SELECT $8,"
    " person_id, channel, false, $7::integer, $9, $10, $10, $10 FROM split"
    " RETURNING message_id, person_id), moved AS (UPDATE message_parts p SET message_id ="
    " apart.message_id FROM apart, unnest($4::text[], $5::text[], $6::text[])"
    " AS k (notice_id, event_id, channel) WHERE p.notice_id = k.notice_id"
    " AND p.event_id = k.event_id::uuid AND p.person_id = apart.person_id"
    " AND p.channel = k.channel), timed AS (INSERT INTO timers (timer_id, kind, aggregate_id,"
    " due_time) SELECT $9, 'send_' || lower(channel), $8::text, $10 FROM split, apart)"
    " SELECT 1 FROM apart");

/* $1 message, $2 version and $3 parts as they were read, $4 channel, $5 pseudonym of the address.
 */
DB_STATEMENT(close_message, "notify_close_message",
             "UPDATE messages SET is_open = false, channel = $4, address_id = $5,"
             " version = version + 1 WHERE message_id = $1 AND version = $2 AND part_count = $3"
             " RETURNING version");

/* $1 message, $2 version, $3 when, $4 timer; $5 .. $9 time, duration, outcome, code and answer of
 * the attempt, an outcome of '' is none; $10 channel. */
DB_STATEMENT(
    delay_message, "notify_delay_message",
    "WITH changed AS (UPDATE messages SET due_time = $3, timer_id = $4, attempt_count ="
    " attempt_count + ($7 <> '')::integer, version = version + 1 WHERE message_id = $1"
    " AND version = $2 RETURNING message_id), tried AS (INSERT INTO attempts (message_id, number,"
    " attempt_time, duration_ms, outcome, code, answer) SELECT message_id, (SELECT"
    " coalesce(max(number), 0) + 1 FROM attempts WHERE message_id = $1), $5, $6, $7, $8, $9"
    " FROM changed WHERE $7 <> '') INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
    " SELECT $4, 'send_' || lower($10), message_id::text, $3 FROM changed RETURNING 1");

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

/* Of more than were looked at the message's own count tells, about: it counts events that joined,
 * those that came again once more. */
static size_t
count_unread(const struct message_due *due, size_t looked_count)
{
    size_t count = looked_count;
    if (looked_count > PARTS_MAX && (size_t)due->part_count > looked_count)
        count = (size_t)due->part_count;
    return count - due->part_row_count;
}

static enum err
read_parts_await(struct call *call, struct message_due *due)
{
    const struct db_param params[] = {db_uuid(&due->message_id), db_int8(PARTS_MAX + 1),
                                      db_int8(PARTS_BYTES_MAX)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_due_parts, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    due->part_row_count = db_row_count(rows);
    due->unread_count = count_unread(due, (size_t)db_get_int8(rows, 0, 3));
    due->parts = arena_alloc(call->arena, due->part_row_count * sizeof *due->parts);
    for (size_t i = 0; i < due->part_row_count; i++) {
        size_t size_bytes;
        const void *bytes = db_get_bytea(rows, i, 1, &size_bytes);
        due->parts[i].notice_id = db_get_text(rows, i, 0);
        due->parts[i].channel = db_get_text(rows, i, 2);
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

static enum err
tell_changed(struct call *call)
{
    return call_fail(call, ERR_ABORTED, "MESSAGE_CHANGED", "the message was changed meanwhile");
}

enum err
message_due_split_await(struct call *call, const struct message_due *due)
{
    enum { LISTS = 3 };
    const char **lists[LISTS];
    for (size_t i = 0; i < LISTS; i++)
        lists[i] = arena_alloc(call->arena, due->leaving_count * sizeof(char *));
    for (size_t i = 0; i < due->leaving_count; i++) {
        lists[0][i] = due->leaving[i].notice_id;
        lists[1][i] = due->leaving[i].event->event_id;
        lists[2][i] = due->leaving[i].channel;
    }
    struct uuid other_id = uuid_make(), timer_id = uuid_make();
    int64_t now_us = clock_now_us();
    const struct db_param params[] = {
        db_uuid(&due->message_id),
        db_int8(due->version),
        db_int4(due->part_count),
        db_text_array(call->arena, lists[0], due->leaving_count),
        db_text_array(call->arena, lists[1], due->leaving_count),
        db_text_array(call->arena, lists[2], due->leaving_count),
        db_int4((int32_t)due->leaving_count),
        db_uuid(&other_id),
        db_uuid(&timer_id),
        db_time(now_us),
    };
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &split_message, params, COUNT_OF(params),
                                  order_key(call, due), &rows);
    if (err == OK && db_row_count(rows) == 0)
        return tell_changed(call);
    if (err == OK)
        timer_poke(svc_timer_service(call->svc), now_us);
    return err;
}

enum err
message_due_close_await(struct call *call, struct message_due *due, const char *channel,
                        const char *address)
{
    char address_id[PRINCIPAL_PSEUDONYM_SIZE] = "";
    if (!due->is_open && due->attempt_count > 0 && strcmp(due->channel, channel) == 0)
        return OK;
    if (strcmp(channel, "EMAIL") == 0 && address[0] != 0)
        principal_person(address, "", "", address_id);
    const struct db_param params[] = {
        db_uuid(&due->message_id), db_int8(due->version), db_int4(due->part_count),
        db_text(channel),          db_text(address_id),
    };
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &close_message, params, COUNT_OF(params),
                                  order_key(call, due), &rows);
    if (err == OK && db_row_count(rows) == 0)
        return tell_changed(call);
    if (err != OK)
        return err;
    due->is_open = false;
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
message_due_later_await(struct call *call, const struct message_due *due, const char *channel,
                        const struct attempt *attempt, int64_t attempt_us, int64_t due_us)
{
    struct uuid timer_id = uuid_make();
    struct db_param params[4 + ATTEMPT_PARAM_COUNT + 1] = {
        db_uuid(&due->message_id), db_int8(due->version), db_time(due_us), db_uuid(&timer_id)};
    fill_attempt(attempt, attempt_us, params + 4);
    params[4 + ATTEMPT_PARAM_COUNT] = db_text(channel);
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &delay_message, params, COUNT_OF(params),
                                  order_key(call, due), &rows);
    if (err != OK)
        return err;
    if (db_row_count(rows) == 0)
        return tell_changed(call);
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
