/*
 * notice_store - all SQL for notices
 *
 * Each change raises the catalogue's revision, by which every process reads the notices again.
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include "common/message.h"

#define SELECT_NOTICE "SELECT content, create_time, version FROM notices "

DB_STATEMENT(read_notice, "notify_read_notice", SELECT_NOTICE "WHERE notice_id = $1");

/* $1 after which code, $2 how many, $3 event or ''. */
DB_STATEMENT(list_notices, "notify_list_notices",
             SELECT_NOTICE
             "WHERE notice_id > $1 AND ($3 = '' OR event = $3) ORDER BY notice_id LIMIT $2");

/* $1 notice that does not count. */
DB_STATEMENT(measure_notices, "notify_measure_notices",
             "SELECT coalesce(sum(octet_length(content)), 0)::bigint FROM notices"
             " WHERE notice_id <> $1");

#define BUMPED ", bumped AS (UPDATE catalogue SET revision = revision + 1 FROM changed), "

/* $14 code, $15 event, $16 content. */
DB_STATEMENT(create_notice, "notify_create_notice",
             "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM notices WHERE notice_id ="
             " $14)), " CHANGE_KEYED
             ", changed AS (INSERT INTO notices (notice_id, event, content, create_time)"
             " SELECT $14, $15, $16, $5 FROM keyed RETURNING version)" BUMPED CHANGE_SAID
                 CHANGE_COUNTS);

/* $14 .. $16 as above, $17 the version that was read. */
DB_STATEMENT(update_notice, "notify_update_notice",
             "WITH locked AS (SELECT notice_id FROM notices WHERE notice_id = $14 AND version = $17"
             " FOR UPDATE), " CHANGE_KEYED
             ", changed AS (UPDATE notices SET event = $15, content = $16, version = version + 1"
             " FROM keyed WHERE notice_id = $14 RETURNING version)" BUMPED CHANGE_SAID
                 CHANGE_COUNTS);

/* $14 code, $15 the version that was read. What is said of it has the version that a further
 * change would have had. */
DB_STATEMENT(delete_notice, "notify_delete_notice",
             "WITH locked AS (SELECT notice_id FROM notices WHERE notice_id = $14 AND version = $15"
             " FOR UPDATE), " CHANGE_KEYED
             ", changed AS (DELETE FROM notices USING keyed WHERE notice_id = $14"
             " RETURNING version + 1 AS version)" BUMPED CHANGE_SAID CHANGE_COUNTS);

Notify__V1__Notice *
notice_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    size_t size_bytes;
    const void *content = db_get_bytea(rows, row, 0, &size_bytes);
    Notify__V1__Notice *notice =
        notify__v1__notice__unpack(arena_allocator(arena), size_bytes, content);
    CHECK(notice != NULL); /* we packed it */
    notice->create_time = message_time(arena, db_get_time(rows, row, 1));
    notice->version = db_get_int8(rows, row, 2);
    return notice;
}

static void *
page_from_row(struct arena *arena, const struct db_rows *rows, size_t row)
{
    return notice_from_row(arena, rows, row);
}

enum err
notice_read_await(struct call *call, const char *notice_id, Notify__V1__Notice **ret_notice)
{
    const struct db_param params[] = {db_text(notice_id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_notice, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_notice = notice_from_row(call->arena, rows, 0);
    return err;
}

enum err
notice_list_await(struct call *call, const char *event, const char *after_id, int32_t size,
                  struct page *ret_page)
{
    const struct db_param params[] = {db_text(after_id), page_limit(size), db_text(event)};
    return page_read_await(svc_db(call->svc), call, &list_notices, params, COUNT_OF(params), size,
                           page_from_row, ret_page);
}

static enum err
check_room_await(struct call *call, const char *notice_id, size_t size_bytes)
{
    const struct db_param params[] = {db_text(notice_id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &measure_notices, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    if (db_get_int8(rows, 0, 0) + (int64_t)size_bytes <= NOTICES_BYTES_MAX)
        return OK;
    return call_fail(call, ERR_FAILED_PRECONDITION, "NOTICES_FULL",
                     "all notices together have at most %d MiB", NOTICES_BYTES_MAX >> 20);
}

enum err
notice_write_await(struct call *call, const Notify__V1__Notice *notice,
                   const ProtobufCMessage *response)
{
    /* What the row says itself is not said in its content. */
    Notify__V1__Notice content = *notice;
    content.create_time = NULL;
    content.version = 0;
    bool is_new = notice->version == 1;
    enum err err = check_room_await(call, notice->notice_id,
                                    protobuf_c_message_get_packed_size(&content.base));
    if (err != OK)
        return err;
    const struct db_param params[] = {db_text(notice->notice_id), db_text(notice->event),
                                      db_message(call->arena, &content.base),
                                      db_int8(notice->version - 1)};
    Notify__V1__NoticeCreated created = NOTIFY__V1__NOTICE_CREATED__INIT;
    Notify__V1__NoticeUpdated updated = NOTIFY__V1__NOTICE_UPDATED__INIT;
    created.notice_id = updated.notice_id = notice->notice_id;
    const struct change change = {
        .stmt = is_new ? &create_notice : &update_notice,
        .is_creation = is_new,
        .time_us = is_new ? message_get_time(notice->create_time) : 0,
        .params = params,
        .param_count = COUNT_OF(params) - (is_new ? 1 : 0),
        .aggregate_id = notice->notice_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract =
            is_new ? &notify_v1_notice_created_contract : &notify_v1_notice_updated_contract,
        .event = is_new ? &created.base : &updated.base,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}

enum err
notice_delete_await(struct call *call, const Notify__V1__Notice *notice,
                    const ProtobufCMessage *response)
{
    const struct db_param params[] = {db_text(notice->notice_id), db_int8(notice->version)};
    Notify__V1__NoticeDeleted event = NOTIFY__V1__NOTICE_DELETED__INIT;
    event.notice_id = notice->notice_id;
    const struct change change = {
        .stmt = &delete_notice,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = notice->notice_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = &notify_v1_notice_deleted_contract,
        .event = &event.base,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
