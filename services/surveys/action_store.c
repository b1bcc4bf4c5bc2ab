/*
 * action_store - all SQL for corrective actions and the low scores that open them
 */
// SPDX-License-Identifier: Apache-2.0
#include "action.h"

#include <string.h>

#include "common/message.h"

enum { INVITATIONS_MAX = 500 };

/* The day that stands for none in the order of deadlines. */
static const struct date never = {9999, 12, 31};

#define COLUMNS                                                                                    \
    "SELECT action_id, title, clause_id, subject, state, plan, owner_id, due_date, check_date,"    \
    " finding, is_late, create_time, version, done_by_id FROM actions"
#define DEADLINE "coalesce(due_date, '9999-12-31'::date)"

DB_STATEMENT(read_action, "surveys_read_action", COLUMNS " WHERE action_id = $1");

DB_STATEMENT(read_action_invitations, "surveys_read_action_invitations",
             "SELECT invitation_id FROM action_invitations WHERE action_id = $1"
             " ORDER BY invitation_id");

/* $1 state, $2 late ones only; $3 $4 where to go on. */
DB_STATEMENT(list_actions, "surveys_list_actions",
             COLUMNS " WHERE ($1::text = '' OR state = $1) AND (NOT $2::boolean OR is_late)"
                     " AND (" DEADLINE ", action_id) > ($3::date, $4::uuid)"
                     " ORDER BY " DEADLINE ", action_id LIMIT $5");

/* $14 action, $15 title, $16 test or null, $17 subject or null, $18 plan, $19 owner, $20 due, $21
 * check, $22 invitations. */
DB_STATEMENT(
    create_action, "surveys_create_action",
    "WITH locked AS (SELECT 1 WHERE NOT EXISTS (SELECT FROM actions WHERE action_id = $14)),"
    " " CHANGE_KEYED
    ", changed AS (INSERT INTO actions (action_id, title, clause_id, subject, plan, owner_id,"
    " due_date, check_date, create_time) SELECT $14, $15, $16, $17, $18, $19, $20, $21, $5"
    " FROM keyed RETURNING version, action_id),"
    " linked AS (INSERT INTO action_invitations (action_id, invitation_id)"
    " SELECT action_id, i.invitation_id::uuid FROM changed, unnest($22::text[])"
    " AS i (invitation_id)), " CHANGE_SAID CHANGE_COUNTS);

/* $14 action, $15 version, $16 state, $17 plan, $18 owner, $19 who did it, $20 due, $21 check, $22
 * finding, $23 late; timers $24 $25, $26 $27. */
DB_STATEMENT(
    change_action, "surveys_change_action",
    "WITH locked AS (SELECT action_id FROM actions"
    " WHERE action_id = $14 AND version = $15 FOR UPDATE), " CHANGE_KEYED
    ", changed AS (UPDATE actions SET state = $16, plan = $17::text, owner_id = $18::text,"
    " done_by_id = $19::text, due_date = $20::date, check_date = $21::date, finding = $22::text,"
    " is_late = $23, version = version + 1 FROM keyed WHERE action_id = $14 RETURNING version),"
    " set AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
    " SELECT t.timer_id, '" ACTION_TIMER_DATE "', $9, t.due_time FROM changed, (VALUES"
    " ($24::uuid, $25::timestamptz), ($26::uuid, $27::timestamptz)) AS t (timer_id, due_time)"
    " WHERE t.due_time IS NOT NULL), " CHANGE_SAID CHANGE_COUNTS);

/* $1 since, $2 test, $3 category, $4 centre, $5 clause. */
DB_STATEMENT(read_low_scores, "surveys_read_low_scores",
             "SELECT i.invitation_id, i.category = $3 AND $3::text <> '', i.service_centre = $4"
             " AND $4::text <> '', i.clause_id = $5 AND $5::text <> '' FROM invitations i"
             " WHERE i.is_low AND i.answer_time >= $1 AND (i.category = $3 OR i.service_centre = $4"
             " OR i.clause_id = $5) AND NOT EXISTS (SELECT FROM action_invitations l"
             " JOIN actions a USING (action_id)"
             " WHERE l.invitation_id = i.invitation_id AND a.clause_id = $2)"
             " ORDER BY i.answer_time DESC, i.invitation_id LIMIT 500");

static struct action
make_action(struct arena *arena, const struct db_rows *rows, size_t row)
{
    Surveys__V1__Action *message = arena_alloc(arena, sizeof *message);
    surveys__v1__action__init(message);
    struct uuid action_id = db_get_uuid(rows, row, 0);
    message->action_id = message_uuid(arena, &action_id);
    message->title = (char *)db_get_text(rows, row, 1);
    message->clause_id = (char *)db_get_text(rows, row, 2);
    message->subject = (char *)db_get_text(rows, row, 3);
    message->state =
        surveys_value(&surveys__v1__action__state__descriptor, db_get_text(rows, row, 4));
    message->plan = (char *)db_get_text(rows, row, 5);
    message->owner_id = (char *)db_get_text(rows, row, 6);
    message->due_date = message_date(arena, db_get_date(rows, row, 7));
    message->check_date = message_date(arena, db_get_date(rows, row, 8));
    message->finding = (char *)db_get_text(rows, row, 9);
    message->is_late = db_get_bool(rows, row, 10);
    message->create_time = message_time(arena, db_get_time(rows, row, 11));
    message->version = db_get_int8(rows, row, 12);
    return (struct action){.message = message, .done_by_id = db_get_text(rows, row, 13)};
}

static void *
make_message(struct arena *arena, const struct db_rows *rows, size_t row)
{
    return make_action(arena, rows, row).message;
}

static enum err
read_invitations_await(struct call *call, const struct uuid *action_id,
                       Surveys__V1__Action *message)
{
    const struct db_param params[] = {db_uuid(action_id)};
    const struct db_rows *rows;
    enum err err = db_read_await(svc_db(call->svc), call, &read_action_invitations, params,
                                 COUNT_OF(params), &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    message->n_invitation_ids = db_row_count(rows);
    message->invitation_ids =
        arena_alloc(call->arena, message->n_invitation_ids * sizeof *message->invitation_ids);
    for (size_t i = 0; i < message->n_invitation_ids; i++) {
        struct uuid id = db_get_uuid(rows, i, 0);
        message->invitation_ids[i] = message_uuid(call->arena, &id);
    }
    return OK;
}

enum err
action_read_await(struct call *call, const char *action_id, struct action *ret_action)
{
    struct uuid id = message_get_uuid(action_id);
    const struct db_param params[] = {db_uuid(&id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_action, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err;
    *ret_action = make_action(call->arena, rows, 0);
    return read_invitations_await(call, &id, ret_action->message);
}

enum err
action_list_await(struct call *call, const Surveys__V1__ListActionsRequest *req,
                  struct page *ret_page)
{
    const char *parts[2];
    struct uuid after = {0};
    struct date day = {1, 1, 1};
    enum err err = page_token_read(call, req->page_token, COUNT_OF(parts), parts);
    if (err != OK)
        return err;
    if (parts[0][0] != 0 && !date_parse(parts[0], &day))
        day = never;
    (void)uuid_parse(parts[1], &after);
    int32_t size = page_size(req->page_size);
    const struct db_param params[] = {
        db_text(req->state == 0
                    ? ""
                    : surveys_code(&surveys__v1__action__state__descriptor, req->state)),
        db_bool(req->overdue),
        db_date(day),
        db_uuid(&after),
        page_limit(size),
    };
    return page_read_await(svc_db(call->svc), call, &list_actions, params, COUNT_OF(params), size,
                           make_message, ret_page);
}

enum err
action_create_await(struct call *call, const Surveys__V1__Action *action,
                    const ProtobufCMessage *response)
{
    struct uuid id = message_get_uuid(action->action_id);
    Surveys__V1__ActionOpened event = SURVEYS__V1__ACTION_OPENED__INIT;
    event.action_id = action->action_id;
    event.clause_id = action->clause_id;
    event.subject = action->subject;
    const struct db_param params[] = {
        db_uuid(&id),
        db_text(action->title),
        db_text_or_null(action->clause_id),
        db_text_or_null(action->subject),
        db_text_or_null(action->plan),
        db_text_or_null(action->owner_id),
        db_date(message_get_date(action->due_date)),
        db_date(message_get_date(action->check_date)),
        db_text_array(call->arena, (const char *const *)action->invitation_ids,
                      action->n_invitation_ids),
    };
    const struct change change = {
        .stmt = &create_action,
        .is_creation = true,
        .time_us = message_get_time(action->create_time),
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = action->action_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = &surveys_v1_action_opened_contract,
        .event = &event.base,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}

enum err
action_change_await(struct call *call, const struct action *action, const int64_t timers_us[2],
                    const struct contract_message *event_contract, const ProtobufCMessage *event,
                    const ProtobufCMessage *response)
{
    const Surveys__V1__Action *message = action->message;
    struct uuid id = message_get_uuid(message->action_id);
    struct uuid timers[2] = {uuid_make(), uuid_make()};
    const struct db_param params[] = {
        db_uuid(&id),
        db_int8(message->version - 1),
        db_text(surveys_code(&surveys__v1__action__state__descriptor, message->state)),
        db_text_or_null(message->plan),
        db_text_or_null(message->owner_id),
        db_text_or_null(action->done_by_id),
        db_date(message_get_date(message->due_date)),
        db_date(message_get_date(message->check_date)),
        db_text_or_null(message->finding),
        db_bool(message->is_late),
        db_uuid(&timers[0]),
        surveys_time_or_null(timers_us[0]),
        db_uuid(&timers[1]),
        surveys_time_or_null(timers_us[1]),
    };
    const struct change change = {
        .stmt = &change_action,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = message->action_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = event_contract,
        .event = event,
        .response = response,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}

enum err
low_scores_read_await(struct call *call, const Surveys__V1__Invitation *invitation,
                      int64_t since_us, const char *test_id, struct low_score **ret_scores,
                      size_t *ret_count)
{
    const struct db_param params[] = {
        db_time(since_us),
        db_text(test_id),
        db_text(invitation->category),
        db_text(invitation->service_centre),
        db_text(invitation->clause_id),
    };
    const struct db_rows *rows;
    *ret_count = 0;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_low_scores, params, COUNT_OF(params), &rows);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    size_t count = db_row_count(rows);
    CHECK(count <= INVITATIONS_MAX);
    struct low_score *scores = arena_alloc(call->arena, count * sizeof *scores);
    for (size_t i = 0; i < count; i++) {
        struct uuid id = db_get_uuid(rows, i, 0);
        scores[i] = (struct low_score){
            .invitation_id = message_uuid(call->arena, &id),
            .is_same_category = db_get_bool(rows, i, 1),
            .is_same_centre = db_get_bool(rows, i, 2),
            .is_same_clause = db_get_bool(rows, i, 3),
        };
    }
    *ret_scores = scores;
    *ret_count = count;
    return OK;
}
