/*
 * answer_store - the SQL for answers: an invitation's, with the loop that a low one opens
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"

/* $1 invitations, $2 how much text is read: a row that begins beyond it is left out. */
DB_STATEMENT(read_answers, "surveys_read_answers",
             "SELECT invitation_number, question_id, number, choice_id, text FROM"
             " (SELECT i.place AS invitation_number, a.*, sum(coalesce(octet_length(text), 0))"
             " OVER (ORDER BY i.place, a.place) - coalesce(octet_length(text), 0) AS begin_bytes"
             " FROM unnest($1::text[]) WITH ORDINALITY AS i (invitation_id, place)"
             " JOIN answers a ON a.invitation_id = i.invitation_id::uuid) AS given"
             " WHERE begin_bytes <= $2 ORDER BY invitation_number, place");

/* $22 invitation, $23 version, $24 channel, $25 $26 $27 scores, $28 whether one is low; $29 to $32
 * answers; $33 loop, $34 its tests, $35 owner, $36 contact by, $37 why then, $38 its timer, $39
 * that of clusters, $40 $41 that of forgetting. */
DB_STATEMENT(
    answer_invitation, "surveys_answer_invitation",
    "WITH locked AS (SELECT invitation_id FROM invitations"
    " WHERE invitation_id = $22 AND version = $23 FOR UPDATE), " CHANGE_KEYED
    ", changed AS (UPDATE invitations SET state = 'ANSWERED', channel = $24, nps = $25,"
    " csat = $26, ces = $27, is_low = $28::boolean, answer_time = $5, version = version + 1"
    " FROM keyed WHERE invitation_id = $22 RETURNING version, invitation_id),"
    " given AS (INSERT INTO answers (invitation_id, place, question_id, number, choice_id, text)"
    " SELECT invitation_id, a.place, a.question_id, nullif(a.number, '')::integer,"
    " nullif(a.choice_id, ''), nullif(a.text, '') FROM changed, unnest($29::text[], $30::text[],"
    " $31::text[], $32::text[]) WITH ORDINALITY"
    " AS a (question_id, number, choice_id, text, place)),"
    " opened AS (INSERT INTO loops (loop_id, invitation_id, clause_ids, owner, contact_by,"
    " contact_by_explanation, create_time) SELECT $33, invitation_id, $34::text[], $35::text,"
    " $36::timestamptz, $37::text, $5 FROM changed WHERE $28::boolean RETURNING loop_id),"
    " set AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
    " SELECT t.timer_id, t.kind, t.aggregate_id, t.due_time FROM changed, (VALUES"
    " ($38::uuid, '" LOOP_TIMER_CONTACT_BY "', $33::uuid::text, $36::timestamptz, $28::boolean),"
    " ($39::uuid, '" ACTION_TIMER_CLUSTER "', $9::text, $5::timestamptz, $28::boolean),"
    " ($40::uuid, '" INVITATION_TIMER_FORGET "', $9::text, $41::timestamptz, true))"
    " AS t (timer_id, kind, aggregate_id, due_time, is_needed)"
    " WHERE t.is_needed AND t.due_time IS NOT NULL), " CHANGE_SAID
    ", " CHANGE_SAID_ALSO CHANGE_COUNTS);

/* What staff wrote down goes with the words, but not while somebody still works with it. */
DB_STATEMENT(forget_words, "surveys_forget_words",
             "WITH words AS (UPDATE answers SET text = NULL"
             " WHERE invitation_id = $1 AND text IS NOT NULL),"
             " notes AS (UPDATE loops SET note = NULL WHERE invitation_id = $1"
             " AND note IS NOT NULL AND state IN ('RECOVERED', 'NOT_RECOVERED'))"
             " SELECT EXISTS (SELECT FROM loops WHERE invitation_id = $1"
             " AND state NOT IN ('RECOVERED', 'NOT_RECOVERED'))");

/* ---- reading ---- */

static Surveys__V1__Answer *
make_answer(struct arena *arena, const struct db_rows *rows, size_t row)
{
    Surveys__V1__Answer *answer = arena_alloc(arena, sizeof *answer);
    surveys__v1__answer__init(answer);
    answer->question_id = (char *)db_get_text(rows, row, 1);
    answer->number = db_get_int4(rows, row, 2);
    answer->choice_id = (char *)db_get_text(rows, row, 3);
    answer->text = (char *)db_get_text(rows, row, 4);
    return answer;
}

/* The rows of an invitation follow each other: its answers are a part of one array. */
static void
give_answers(struct arena *arena, const struct db_rows *rows,
             Surveys__V1__Invitation *const *invitations)
{
    size_t count = db_row_count(rows);
    Surveys__V1__Answer **answers = arena_alloc(arena, count * sizeof *answers);
    for (size_t row = 0; row < count; row++) {
        Surveys__V1__Invitation *invitation = invitations[db_get_int8(rows, row, 0) - 1];
        answers[row] = make_answer(arena, rows, row);
        if (invitation->n_answers++ == 0)
            invitation->answers = &answers[row];
    }
}

enum err
answers_read_await(struct call *call, Surveys__V1__Invitation *const *invitations, size_t count)
{
    const char **ids = arena_alloc(call->arena, (count + 1) * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = invitations[i]->invitation_id;
    const struct db_param params[] = {db_text_array(call->arena, ids, count),
                                      db_int8(PAGE_BYTES_MAX)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_answers, params, COUNT_OF(params), &rows);
    if (err == OK)
        give_answers(call->arena, rows, invitations);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* ---- changing ---- */

static struct db_param
int4_or_null(int value)
{
    struct db_param param = db_int4(value);
    param.is_null = value < 0;
    return param;
}

enum { ANSWER_ARRAYS = 4, ANSWER_PARAMS = 20 };

/* Question, number, choice and words: a column of each. */
static void
fill_answers(struct arena *arena, const Surveys__V1__Invitation *invitation,
             struct db_param *params)
{
    const char **texts[ANSWER_ARRAYS];
    for (size_t k = 0; k < ANSWER_ARRAYS; k++)
        texts[k] = arena_alloc(arena, (invitation->n_answers + 1) * sizeof(**texts));
    for (size_t i = 0; i < invitation->n_answers; i++) {
        const Surveys__V1__Answer *answer = invitation->answers[i];
        bool is_number = answer->choice_id[0] == 0 && answer->text[0] == 0;
        texts[0][i] = answer->question_id;
        texts[1][i] = is_number ? arena_printf(arena, "%d", answer->number) : "";
        texts[2][i] = answer->choice_id;
        texts[3][i] = answer->text;
    }
    for (size_t k = 0; k < ANSWER_ARRAYS; k++)
        params[k] = db_text_array(arena, texts[k], invitation->n_answers);
}

/* $22 and on; `loop` is an empty one where none is opened. */
static void
fill_params(struct arena *arena, const struct invitation_answer *answer,
            const Surveys__V1__Loop *loop, struct db_param *ret_params)
{
    const Surveys__V1__Invitation *message = answer->invitation->message;
    struct uuid timers[] = {uuid_make(), uuid_make(), uuid_make()};
    struct uuid loop_id = answer->loop != NULL ? message_get_uuid(loop->loop_id) : uuid_make();
    struct db_param given[ANSWER_ARRAYS];
    fill_answers(arena, message, given);
    const struct db_param params[ANSWER_PARAMS] = {
        db_uuid(&answer->invitation->invitation_id),
        db_int8(message->version - 1),
        db_text(surveys_code(&surveys__v1__invitation__channel__descriptor, message->channel)),
        int4_or_null(answer->scores.nps),
        int4_or_null(answer->scores.csat),
        int4_or_null(answer->scores.ces),
        db_bool(answer->loop != NULL),
        given[0],
        given[1],
        given[2],
        given[3],
        db_uuid(&loop_id),
        db_text_array(arena, (const char *const *)loop->clause_ids, loop->n_clause_ids),
        db_text(loop->owner),
        surveys_time_or_null(message_get_time(loop->contact_by)),
        db_text(loop->contact_by_explanation),
        db_uuid(&timers[0]),
        db_uuid(&timers[1]),
        db_uuid(&timers[2]),
        surveys_time_or_null(answer->forget_us),
    };
    memcpy(ret_params, params, sizeof params);
}

enum err
invitation_answer_await(struct call *call, const struct invitation_answer *answer)
{
    static const Surveys__V1__Loop no_loop = SURVEYS__V1__LOOP__INIT;
    const Surveys__V1__Invitation *message = answer->invitation->message;
    const Surveys__V1__Loop *loop = answer->loop != NULL ? answer->loop : &no_loop;
    struct db_param params[ANSWER_PARAMS];
    fill_params(call->arena, answer, loop, params);
    const struct change_event also = {
        .event_contract = &surveys_v1_loop_opened_contract,
        .event = answer->loop_event,
        .aggregate_id = loop->loop_id,
        .aggregate_version = 1,
        .owner_id = "",
        .unit_serial = "",
    };
    const struct change change = {
        .stmt = &answer_invitation,
        .params = params,
        .param_count = COUNT_OF(params),
        .time_us = message_get_time(message->answer_time),
        .aggregate_id = message->invitation_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = &surveys_v1_invitation_answered_contract,
        .event = answer->event,
        .response = answer->response,
        .says_also = true,
        .also = &also,
        .also_count = answer->loop != NULL ? 1 : 0,
    };
    enum err err = change_commit_await(svc_db(call->svc), call, &change);
    if (err == OK && answer->loop != NULL)
        timer_poke(svc_timer_service(call->svc), clock_now_us());
    return err;
}

enum err
invitation_forget_await(struct call *call, const char *invitation_id, bool *ret_is_worked_on)
{
    struct uuid id = message_get_uuid(invitation_id);
    const struct db_param params[] = {db_uuid(&id)};
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &forget_words, params, COUNT_OF(params),
                                  invitation_id, &rows);
    if (err == OK)
        *ret_is_worked_on = db_get_bool(rows, 0, 0);
    return err;
}
