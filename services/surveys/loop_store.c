/*
 * loop_store - all SQL for low scores and what is done about them
 */
// SPDX-License-Identifier: Apache-2.0
#include "loop.h"

#include "common/clock.h"
#include "common/message.h"

#define COLUMNS                                                                                    \
    "SELECT loop_id, invitation_id, array_to_string(clause_ids, ','), state, owner, assignee_id,"  \
    " contact_by, contact_by_explanation, is_late, note, create_time, version FROM loops"
#define DEADLINE "coalesce(contact_by, '9999-12-31 00:00:00+00'::timestamptz)"

static const int64_t NEVER_US = INT64_C(253402214400000000);

DB_STATEMENT(read_loop, "surveys_read_loop", COLUMNS " WHERE loop_id = $1");

/* $1 state, $2 whose or null, $3 late ones only; $4 $5 where to go on. */
DB_STATEMENT(list_loops, "surveys_list_loops",
             COLUMNS " WHERE ($1::text = '' OR state = $1)"
                     " AND ($2::text IS NULL OR assignee_id = $2) AND (NOT $3::boolean OR is_late)"
                     " AND (" DEADLINE ", loop_id) > ($4::timestamptz, $5::uuid)"
                     " ORDER BY " DEADLINE ", loop_id LIMIT $6");

/* $14 loop, $15 version, $16 state, $17 whose, $18 late, $19 note. */
DB_STATEMENT(change_loop, "surveys_change_loop",
             "WITH locked AS (SELECT loop_id FROM loops"
             " WHERE loop_id = $14 AND version = $15 FOR UPDATE), " CHANGE_KEYED
             ", changed AS (UPDATE loops SET state = $16, assignee_id = $17::text, is_late = $18,"
             " note = $19::text, version = version + 1 FROM keyed WHERE loop_id = $14"
             " RETURNING version), " CHANGE_SAID CHANGE_COUNTS);

/* The ids of a text that joins them, in the arena. */
static char **
split(struct arena *arena, const char *joined, size_t *ret_count)
{
    size_t count = 1;
    for (const char *at = joined; *at != 0; at++)
        count += *at == ',';
    char **ids = arena_alloc(arena, count * sizeof *ids);
    char *rest = arena_copy_text(arena, joined);
    *ret_count = 0;
    for (char *at = rest; joined[0] != 0 && at != NULL;) {
        ids[(*ret_count)++] = at;
        while (*at != 0 && *at != ',')
            at++;
        if (*at == 0)
            break;
        *at++ = 0;
    }
    return ids;
}

static void *
make_loop(struct arena *arena, const struct db_rows *rows, size_t row)
{
    Surveys__V1__Loop *loop = arena_alloc(arena, sizeof *loop);
    surveys__v1__loop__init(loop);
    struct uuid loop_id = db_get_uuid(rows, row, 0);
    struct uuid invitation_id = db_get_uuid(rows, row, 1);
    loop->loop_id = message_uuid(arena, &loop_id);
    loop->invitation_id = message_uuid(arena, &invitation_id);
    loop->clause_ids = split(arena, db_get_text(rows, row, 2), &loop->n_clause_ids);
    loop->state = surveys_value(&surveys__v1__loop__state__descriptor, db_get_text(rows, row, 3));
    loop->owner = (char *)db_get_text(rows, row, 4);
    loop->assignee_id = (char *)db_get_text(rows, row, 5);
    loop->contact_by = message_time(arena, db_get_time(rows, row, 6));
    loop->contact_by_explanation = (char *)db_get_text(rows, row, 7);
    loop->is_late = db_get_bool(rows, row, 8);
    loop->note = (char *)db_get_text(rows, row, 9);
    loop->create_time = message_time(arena, db_get_time(rows, row, 10));
    loop->version = db_get_int8(rows, row, 11);
    return loop;
}

enum err
loop_read_await(struct call *call, const char *loop_id, Surveys__V1__Loop **ret_loop)
{
    struct uuid id = message_get_uuid(loop_id);
    const struct db_param params[] = {db_uuid(&id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_loop, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_loop = make_loop(call->arena, rows, 0);
    return err;
}

enum err
loop_list_await(struct call *call, const Surveys__V1__ListLoopsRequest *req, struct page *ret_page)
{
    const char *parts[2];
    struct uuid after = {0};
    enum err err = page_token_read(call, req->page_token, COUNT_OF(parts), parts);
    if (err != OK)
        return err;
    (void)uuid_parse(parts[1], &after);
    int64_t time_us = surveys_read_token_time(parts[0], INT64_MIN / 4);
    int32_t size = page_size(req->page_size);
    const struct db_param params[] = {
        db_text(req->state == 0 ? ""
                                : surveys_code(&surveys__v1__loop__state__descriptor, req->state)),
        db_text(req->mine ? call_subject(call) : NULL),
        db_bool(req->overdue),
        db_time(time_us == 0  ? NEVER_US
                : time_us > 0 ? time_us
                              : 1),
        db_uuid(&after),
        page_limit(size),
    };
    return page_read_await(svc_db(call->svc), call, &list_loops, params, COUNT_OF(params), size,
                           make_loop, ret_page);
}

enum err
loop_change_await(struct call *call, const Surveys__V1__Loop *loop,
                  const struct contract_message *event_contract, const ProtobufCMessage *event,
                  const ProtobufCMessage *response)
{
    struct uuid id = message_get_uuid(loop->loop_id);
    const struct db_param params[] = {
        db_uuid(&id),
        db_int8(loop->version - 1),
        db_text(surveys_code(&surveys__v1__loop__state__descriptor, loop->state)),
        db_text_or_null(loop->assignee_id),
        db_bool(loop->is_late),
        db_text_or_null(loop->note),
    };
    const struct change change = {
        .stmt = &change_loop,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = loop->loop_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = event_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}
