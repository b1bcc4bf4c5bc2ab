/*
 * message_store - the SQL of messages as people read them, and of their replay
 */
// SPDX-License-Identifier: Apache-2.0
#include "send.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"

#define SELECT_MESSAGE                                                                             \
    "SELECT m.message_id, m.person_id, m.channel, m.state, m.reason, m.due_time, m.sent_time,"     \
    " m.create_time, m.version, (SELECT count(*) FROM message_parts c"                             \
    " WHERE c.message_id = m.message_id) FROM messages m "

DB_STATEMENT(read_message, "notify_read_message", SELECT_MESSAGE "WHERE m.message_id = $1");

/* $1 before which message, null at the start; $2 how many; $3 state or ''. */
#define PAGE                                                                                       \
    "($1::uuid IS NULL OR m.message_id < $1) AND ($3 = '' OR m.state = $3)"                        \
    " ORDER BY m.message_id DESC LIMIT $2"

DB_STATEMENT(list_messages, "notify_list_messages", SELECT_MESSAGE "WHERE " PAGE);
/* $4 person. */
DB_STATEMENT(list_person_messages, "notify_list_person_messages",
             SELECT_MESSAGE "WHERE m.person_id = $4 AND " PAGE);
/* $4 person or '', $5 and $6 type and id of the aggregate. */
DB_STATEMENT(list_aggregate_messages, "notify_list_aggregate_messages",
             SELECT_MESSAGE "WHERE m.message_id IN (SELECT message_id FROM message_parts"
                            " WHERE aggregate_type = $5 AND aggregate_id = $6)"
                            " AND ($4 = '' OR m.person_id = $4) AND " PAGE);

/* $1 messages, $2 how many parts of each: the newest. In the order of $1. */
DB_STATEMENT(list_parts, "notify_list_parts",
             "SELECT p.message_id, p.notice_id, p.event_id, p.aggregate_type, p.aggregate_id,"
             " p.event_time FROM unnest($1::text[]) WITH ORDINALITY AS m (message_id, place),"
             " LATERAL (SELECT message_id, notice_id, event_id, aggregate_type, aggregate_id,"
             " event_time FROM message_parts WHERE message_id = m.message_id::uuid"
             " ORDER BY event_time DESC, event_id DESC, notice_id DESC LIMIT $2) p"
             " ORDER BY m.place, p.event_time, p.event_id, p.notice_id");

DB_STATEMENT(list_attempts, "notify_list_attempts",
             "SELECT number, attempt_time, duration_ms, outcome, code, answer FROM attempts"
             " WHERE message_id = $1 ORDER BY number");

DB_STATEMENT(read_told_event, "notify_read_told_event",
             "SELECT event FROM message_parts WHERE event_id = $1 LIMIT 1");

/* $14 message, $15 the version that was read, $16 the timer. */
DB_STATEMENT(
    replay_message, "notify_replay_message",
    "WITH locked AS (SELECT message_id FROM messages WHERE message_id = $14"
    " AND version = $15 FOR UPDATE), " CHANGE_KEYED
    ", changed AS (UPDATE messages SET state = 'WAITING', reason = '', attempt_count = 0,"
    " timer_id = $16, start_time = $5, due_time = $5, version = version + 1 FROM keyed"
    " WHERE message_id = $14 RETURNING version, channel), timed AS (INSERT INTO timers (timer_id,"
    " kind, aggregate_id, due_time) SELECT $16, 'send_' || lower(channel), $14::text, $5"
    " FROM changed), " CHANGE_SAID CHANGE_COUNTS);

/* ---- from rows ---- */

static void *
message_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct uuid message_id = db_get_uuid(rows, row, 0);
    Notify__V1__Message *message = arena_alloc(arena, sizeof *message);
    notify__v1__message__init(message);
    message->message_id = message_uuid(arena, &message_id);
    message->person_id = (char *)db_get_text(rows, row, 1);
    message->channel = (Notify__V1__Notice__Channel)notify_enum_of(
        &notify__v1__notice__channel__descriptor, db_get_text(rows, row, 2));
    message->state = (Notify__V1__Message__State)notify_enum_of(
        &notify__v1__message__state__descriptor, db_get_text(rows, row, 3));
    message->reason = (char *)db_get_text(rows, row, 4);
    message->due_time = message_time(arena, db_get_time(rows, row, 5));
    message->sent_time = message_time(arena, db_get_time(rows, row, 6));
    message->create_time = message_time(arena, db_get_time(rows, row, 7));
    message->part_count = db_get_int8(rows, row, 9);
    return message;
}

static Notify__V1__MessagePart *
part_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct uuid event_id = db_get_uuid(rows, row, 2);
    Notify__V1__MessagePart *part = arena_alloc(arena, sizeof *part);
    notify__v1__message_part__init(part);
    part->notice_id = (char *)db_get_text(rows, row, 1);
    part->event_id = message_uuid(arena, &event_id);
    part->aggregate_type = (char *)db_get_text(rows, row, 3);
    part->aggregate_id = (char *)db_get_text(rows, row, 4);
    part->event_time = message_time(arena, db_get_time(rows, row, 5));
    return part;
}

Notify__V1__Attempt **
attempts_from_rows(struct arena *arena, const struct db_rows *rows, size_t *ret_count)
{
    size_t count = db_row_count(rows);
    Notify__V1__Attempt **attempts = arena_alloc(arena, (count + 1) * sizeof *attempts);
    for (size_t i = 0; i < count; i++) {
        attempts[i] = arena_alloc(arena, sizeof *attempts[i]);
        notify__v1__attempt__init(attempts[i]);
        attempts[i]->number = db_get_int4(rows, i, 0);
        attempts[i]->time = message_time(arena, db_get_time(rows, i, 1));
        attempts[i]->duration_ms = db_get_int8(rows, i, 2);
        attempts[i]->outcome = (char *)db_get_text(rows, i, 3);
        attempts[i]->code = db_get_int4(rows, i, 4);
        attempts[i]->answer = (char *)db_get_text(rows, i, 5);
    }
    *ret_count = count;
    return attempts;
}

/* ---- reading ---- */

enum {
    PARTS_MAX = 1000,      /* of one message, as the contract says */
    PAGE_PARTS_SUM = 4000, /* of a page: so many do not fit into its bytes */
};

/* How many of the messages are answered with their parts: at least one. */
static size_t
count_readable(Notify__V1__Message *const *messages, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += messages[i]->part_count < PARTS_MAX ? messages[i]->part_count : PARTS_MAX;
        if (i > 0 && sum > PAGE_PARTS_SUM)
            return i;
    }
    return count;
}

/* Its rows begin at `row`; answers where those of the next one do. */
static size_t
give_parts(struct arena *arena, const struct db_rows *rows, size_t row,
           Notify__V1__Message *message)
{
    struct uuid id = message_get_uuid(message->message_id);
    size_t end = row;
    for (; end < db_row_count(rows); end++) {
        struct uuid other = db_get_uuid(rows, end, 0);
        if (!uuid_is_equal(&id, &other))
            break;
    }
    message->parts = arena_alloc(arena, (end - row + 1) * sizeof *message->parts);
    for (; row < end; row++)
        message->parts[message->n_parts++] = part_from_row(arena, rows, row);
    return end;
}

/* Gives each message its parts. */
static enum err
read_parts_await(struct call *call, Notify__V1__Message **messages, size_t count)
{
    const char **ids = arena_alloc(call->arena, (count + 1) * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = messages[i]->message_id;
    const struct db_param params[] = {db_text_array(call->arena, ids, count), db_int8(PARTS_MAX)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &list_parts, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    size_t row = 0;
    for (size_t i = 0; i < count; i++)
        row = give_parts(call->arena, rows, row, messages[i]);
    return OK;
}

enum err
message_read_await(struct call *call, const struct uuid *message_id,
                   Notify__V1__Message **ret_message, int64_t *ret_version)
{
    const struct db_param params[] = {db_uuid(message_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_message, params, 1, &rows);
    if (err != OK)
        return err;
    Notify__V1__Message *message = message_from_row(call->arena, rows, 0);
    if (ret_version != NULL)
        *ret_version = db_get_int8(rows, 0, 8);
    *ret_message = message;
    err = read_parts_await(call, ret_message, 1);
    if (err != OK)
        return err;
    err = db_read_await(svc_db(call->svc), call, &list_attempts, params, 1, &rows);
    if (err == OK)
        message->attempts = attempts_from_rows(call->arena, rows, &message->n_attempts);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
message_list_await(struct call *call, const Notify__V1__ListMessagesRequest *req,
                   const struct db_param *before, int32_t size, struct page *ret_page)
{
    const struct db_param params[] = {
        *before,
        page_limit(size),
        db_text(notify_enum_name(&notify__v1__message__state__descriptor, (int)req->state)),
        db_text(req->person_id),
        db_text(req->aggregate_type),
        db_text(req->aggregate_id),
    };
    const struct db_stmt *stmt = &list_messages;
    size_t param_count = 3;
    if (req->aggregate_type[0] != 0) {
        stmt = &list_aggregate_messages;
        param_count = COUNT_OF(params);
    } else if (req->person_id[0] != 0) {
        stmt = &list_person_messages;
        param_count = 4;
    }
    enum err err = page_read_await(svc_db(call->svc), call, stmt, params, param_count, size,
                                   message_from_row, ret_page);
    if (err != OK || ret_page->count == 0)
        return err;
    /* With their parts fewer of them may fit into an answer. */
    size_t fit = count_readable((Notify__V1__Message **)ret_page->messages, ret_page->count);
    err = read_parts_await(call, (Notify__V1__Message **)ret_page->messages, fit);
    fit = page_fit(ret_page->messages, fit, size);
    ret_page->has_more = ret_page->has_more || fit < ret_page->count;
    ret_page->count = fit;
    return err;
}

enum err
message_event_await(struct call *call, const struct uuid *event_id,
                    Events__V1__LoggedEvent **ret_event)
{
    const struct db_param params[] = {db_uuid(event_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_told_event, params, 1, &rows);
    if (err != OK)
        return err;
    size_t size_bytes;
    const void *bytes = db_get_bytea(rows, 0, 0, &size_bytes);
    *ret_event = events__v1__logged_event__unpack(arena_allocator(call->arena), size_bytes, bytes);
    CHECK(*ret_event != NULL); /* we packed it */
    return OK;
}

/* ---- replay ---- */

enum err
message_replay_await(struct call *call, const Notify__V1__Message *message, int64_t version,
                     const ProtobufCMessage *response)
{
    struct uuid message_id = message_get_uuid(message->message_id), timer_id = uuid_make();
    const struct db_param params[] = {db_uuid(&message_id), db_int8(version), db_uuid(&timer_id)};
    Notify__V1__MessageReplayed event = NOTIFY__V1__MESSAGE_REPLAYED__INIT;
    event.message_id = message->message_id;
    const struct change change = {
        .stmt = &replay_message,
        .time_us = message_get_time(message->due_time),
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = message->message_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = &notify_v1_message_replayed_contract,
        .event = &event.base,
        .response = response,
    };
    enum err err = change_commit_await(svc_db(call->svc), call, &change);
    if (err == OK)
        timer_poke(svc_timer_service(call->svc), change.time_us);
    return err;
}
