/*
 * invitation_store - the SQL for invitations, until they are answered (answer_store.c)
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"

#define COLUMNS                                                                                    \
    "SELECT invitation_id, template_id, template_version, aggregate_type, aggregate_id, "          \
    "person_id,"                                                                                   \
    " state, reason, channel, clause_id, sku, category, region, service_centre, send_time,"        \
    " expire_time, answer_time, policy_version, create_time, version, language, reminder_count,"   \
    " sent_event_id, EXISTS (SELECT FROM opt_outs o WHERE o.person_id = invitations.person_id"     \
    " AND o.is_opted_out) FROM invitations"

DB_STATEMENT(read_invitation, "surveys_read_invitation", COLUMNS " WHERE invitation_id = $1");

/* $1 template, $2 state, $3 clause, $4 sku, $5 category, $6 region, $7 centre, $8 $9 case, $10
 * from, $11 before, $12 channel, $13 lacking, $14 whether sent only; $15 $16 where to go on. */
DB_STATEMENT(list_invitations, "surveys_list_invitations",
             COLUMNS
             " WHERE ($1::text = '' OR template_id = $1) AND ($2::text = '' OR state = $2)"
             " AND ($3::text = '' OR clause_id = $3) AND ($4::text = '' OR sku = $4)"
             " AND ($5::text = '' OR category = $5) AND ($6::text = '' OR region = $6)"
             " AND ($7::text = '' OR service_centre = $7)"
             " AND ($8::text = '' OR aggregate_type = $8) AND ($9::text = '' OR aggregate_id = $9)"
             " AND ($10::timestamptz IS NULL OR send_time >= $10)"
             " AND ($11::timestamptz IS NULL OR send_time < $11)"
             " AND ($12::text = '' OR channel = $12)"
             " AND ($13::text = '' OR '' = CASE $13 WHEN 'clause_id' THEN clause_id"
             " WHEN 'sku' THEN sku WHEN 'category' THEN category WHEN 'region' THEN region"
             " ELSE service_centre END)"
             " AND (NOT $14::boolean OR state NOT IN ('SCHEDULED', 'NOT_SENT'))"
             " AND (create_time, invitation_id) < ($15, $16)"
             " ORDER BY create_time DESC, invitation_id DESC LIMIT $17");

/*
 * $14 event, $15 invitation, $16 event that closed the case, $17 $18 template, $19 $20 case, $21
 * person or null, $22 why not, or null, $23 clause, $24 sku, $25 category, $26 region, $27 centre,
 * $28 when it is sent, $29 policy version, $30 timer, $31 latest moment of an earlier question, $32
 * $33 type and payload of the event where nobody is asked. Whether they were asked too lately is
 * judged on their row of `people`, which only one of two replicas at once changes first.
 */
DB_STATEMENT(
    plan_invitation, "surveys_plan_invitation",
    "WITH " CONSUMER_TAKEN(
        "$14") ", locked AS (SELECT event_id FROM taken), " CHANGE_KEYED
               ", cooled AS (INSERT INTO people (person_id, ask_time)"
               " SELECT $21::text, $28::timestamptz FROM keyed"
               " WHERE $22::text IS NULL AND $21::text IS NOT NULL"
               " ON CONFLICT (person_id) DO UPDATE SET ask_time = excluded.ask_time"
               " WHERE people.ask_time <= $31::timestamptz RETURNING person_id),"
               " judged AS (SELECT coalesce($22::text, CASE WHEN $21::text IS NULL"
               " OR EXISTS (SELECT FROM cooled) THEN NULL ELSE 'COOL_DOWN' END) AS reason FROM "
               "keyed),"
               " changed AS (INSERT INTO invitations (invitation_id, event_id, template_id, "
               "template_version,"
               " aggregate_type, aggregate_id, person_id, state, reason, clause_id, sku, category, "
               "region,"
               " service_centre, send_time, policy_version, create_time)"
               " SELECT $15, $16, $17, $18, $19, $20, $21::text,"
               " CASE WHEN reason IS NULL THEN 'SCHEDULED' ELSE 'NOT_SENT' END, reason, $23, $24, "
               "$25, $26,"
               " $27, $28::timestamptz, $29, $5 FROM judged RETURNING version, reason),"
               " said AS (INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id,"
               " aggregate_version, event_time, owner_id, unit_serial, principal, trace, payload)"
               " SELECT $6, CASE WHEN reason IS NULL THEN $7::text ELSE $32::text END, $8, $9, "
               "version, $5,"
               " coalesce($10::text, $21::text), $11, $1, $12,"
               " CASE WHEN reason IS NULL THEN $13::bytea ELSE CASE reason WHEN 'COOL_DOWN' THEN "
               "$34::bytea"
               " ELSE $33::bytea END END FROM changed),"
               " set AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
               " SELECT $30, '" INVITATION_TIMER_SEND "', $9, $28::timestamptz FROM changed"
               " WHERE reason IS NULL)" CHANGE_COUNTS);

/* $14 invitation, $15 version, $16 state, $17 reason, $18 sent, $19 expires, $20 language, $21
 * reminders; timers: $22 $23 $24, $25 $26 $27. Who was not asked after all may be asked again. */
DB_STATEMENT(
    move_invitation, "surveys_move_invitation",
    "WITH locked AS (SELECT invitation_id FROM invitations"
    " WHERE invitation_id = $14 AND version = $15 FOR UPDATE), " CHANGE_KEYED
    ", changed AS (UPDATE invitations SET state = $16, reason = $17::text, send_time = $18,"
    " expire_time = $19::timestamptz, language = $20, reminder_count = $21,"
    " sent_event_id = CASE WHEN $16 = 'SENT' THEN $6 ELSE sent_event_id END, version = version + 1"
    " FROM keyed WHERE invitation_id = $14 RETURNING version, person_id, state),"
    " freed AS (DELETE FROM people USING changed"
    " WHERE people.person_id = changed.person_id AND changed.state = 'NOT_SENT'"
    " AND people.ask_time <= $18),"
    " set AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"
    " SELECT t.timer_id, t.kind, $9, t.due_time FROM changed, (VALUES"
    " ($22::uuid, $23::text, $24::timestamptz), ($25::uuid, $26::text, $27::timestamptz))"
    " AS t (timer_id, kind, due_time) WHERE t.kind IS NOT NULL), " CHANGE_SAID CHANGE_COUNTS);

/* ---- reading ---- */

static char *
get_text(const struct db_rows *rows, size_t row, size_t column)
{
    return (char *)db_get_text(rows, row, column);
}

static struct invitation
make_invitation(struct arena *arena, const struct db_rows *rows, size_t row)
{
    Surveys__V1__Invitation *message = arena_alloc(arena, sizeof *message);
    surveys__v1__invitation__init(message);
    struct uuid invitation_id = db_get_uuid(rows, row, 0);
    message->invitation_id = message_uuid(arena, &invitation_id);
    message->template_id = get_text(rows, row, 1);
    message->template_version = db_get_int8(rows, row, 2);
    message->aggregate_type = get_text(rows, row, 3);
    message->aggregate_id = get_text(rows, row, 4);
    message->person_id = get_text(rows, row, 5);
    message->state =
        surveys_value(&surveys__v1__invitation__state__descriptor, get_text(rows, row, 6));
    message->reason = get_text(rows, row, 7);
    message->reason_clause_id = (char *)invitation_reason_clause(message->reason);
    message->channel =
        surveys_value(&surveys__v1__invitation__channel__descriptor, get_text(rows, row, 8));
    message->clause_id = get_text(rows, row, 9);
    message->sku = get_text(rows, row, 10);
    message->category = get_text(rows, row, 11);
    message->region = get_text(rows, row, 12);
    message->service_centre = get_text(rows, row, 13);
    message->send_time = message_time(arena, db_get_time(rows, row, 14));
    message->expire_time = message_time(arena, db_get_time(rows, row, 15));
    message->answer_time = message_time(arena, db_get_time(rows, row, 16));
    message->policy_version = db_get_int8(rows, row, 17);
    message->create_time = message_time(arena, db_get_time(rows, row, 18));
    message->version = db_get_int8(rows, row, 19);
    return (struct invitation){.message = message,
                               .invitation_id = invitation_id,
                               .language = db_get_text(rows, row, 20),
                               .reminder_count = db_get_int4(rows, row, 21),
                               .sent_event_id = db_get_uuid(rows, row, 22),
                               .is_opted_out = db_get_bool(rows, row, 23)};
}

static void *
make_message(struct arena *arena, const struct db_rows *rows, size_t row)
{
    return make_invitation(arena, rows, row).message;
}

enum err
invitation_read_await(struct call *call, const char *invitation_id,
                      struct invitation *ret_invitation)
{
    struct uuid id = message_get_uuid(invitation_id);
    const struct db_param params[] = {db_uuid(&id)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(call->svc), call, &read_invitation, params, COUNT_OF(params), &rows);
    if (err == OK)
        *ret_invitation = make_invitation(call->arena, rows, 0);
    return err;
}

/* With their answers fewer of them may fit into an answer of ours. */
static enum err
add_answers_await(struct call *call, struct page *page, int32_t size)
{
    enum err err =
        answers_read_await(call, (Surveys__V1__Invitation **)page->messages, page->count);
    size_t fit = page_fit(page->messages, page->count, size);
    page->has_more = page->has_more || fit < page->count;
    page->count = fit;
    return err;
}

enum err
invitation_list_await(struct call *call, const Surveys__V1__ListInvitationsRequest *req,
                      int64_t from_us, int64_t before_us, struct page *ret_page)
{
    static const int64_t last_us = INT64_C(253402214400000000);
    const char *parts[2];
    struct uuid id;
    enum err err = page_token_read(call, req->page_token, COUNT_OF(parts), parts);
    if (err != OK)
        return err;
    if (!uuid_parse(parts[1], &id))
        memset(&id, UINT8_MAX, sizeof id);
    int32_t size = page_size(req->page_size);
    const char *state = req->state == 0
                            ? ""
                            : surveys_code(&surveys__v1__invitation__state__descriptor, req->state);
    const char *channel =
        req->channel == 0
            ? ""
            : surveys_code(&surveys__v1__invitation__channel__descriptor, req->channel);
    const struct db_param params[] = {
        db_text(req->template_id),
        db_text(state),
        db_text(req->clause_id),
        db_text(req->sku),
        db_text(req->category),
        db_text(req->region),
        db_text(req->service_centre),
        db_text(req->aggregate_type),
        db_text(req->aggregate_id),
        surveys_time_or_null(from_us),
        surveys_time_or_null(before_us),
        db_text(channel),
        db_text(req->lacking),
        db_bool(req->sent),
        db_time(surveys_read_token_time(parts[0], last_us)),
        db_uuid(&id),
        page_limit(size),
    };
    err = page_read_await(svc_db(call->svc), call, &list_invitations, params, COUNT_OF(params),
                          size, make_message, ret_page);
    return err == OK && req->with_answers ? add_answers_await(call, ret_page, size) : err;
}

/* ---- changing ---- */

/* The event of somebody who was asked too lately: the plan's other one, with that reason. */
static struct db_param
pack_cooled(struct arena *arena, const ProtobufCMessage *skipped)
{
    Surveys__V1__InvitationSkipped event = *(const Surveys__V1__InvitationSkipped *)skipped;
    event.reason = (char *)"COOL_DOWN";
    event.reason_clause_id = (char *)invitation_reason_clause(event.reason);
    return db_message(arena, &event.base);
}

enum err
invitation_plan_await(struct call *call, const struct consumer_event *event,
                      const struct invitation_plan *plan)
{
    static const int64_t never_us = INT64_C(253402214400000000);
    const Surveys__V1__Invitation *made = plan->invitation;
    const Surveys__V1__GetInvitationResponse nothing = SURVEYS__V1__GET_INVITATION_RESPONSE__INIT;
    struct uuid id = message_get_uuid(made->invitation_id);
    struct uuid timer_id = uuid_make();
    const struct db_param params[] = {
        consumer_param(call->arena, event),
        db_uuid(&id),
        db_uuid(&plan->event_id),
        db_text(made->template_id),
        db_int8(made->template_version),
        db_text(made->aggregate_type),
        db_text(made->aggregate_id),
        db_text_or_null(made->person_id),
        db_text_or_null(made->reason),
        db_text(made->clause_id),
        db_text(made->sku),
        db_text(made->category),
        db_text(made->region),
        db_text(made->service_centre),
        db_time(message_get_time(made->send_time)),
        db_int8(made->policy_version),
        db_uuid(&timer_id),
        db_time(plan->cool_down_before_us == INT64_MAX ? never_us : plan->cool_down_before_us),
        db_text(plan->skipped->descriptor->name),
        db_message(call->arena, plan->skipped),
        pack_cooled(call->arena, plan->skipped),
    };
    const struct change change = {
        .stmt = &plan_invitation,
        .params = params,
        .param_count = COUNT_OF(params),
        .time_us = message_get_time(made->create_time),
        .aggregate_id = made->invitation_id,
        .owner_id = "",
        .unit_serial = event->envelope->unit_serial,
        .event_contract = &surveys_v1_invitation_scheduled_contract,
        .event = plan->scheduled,
        .response = &nothing.base,
    };
    return change_commit_await(svc_db(call->svc), call, &change);
}

enum err
invitation_move_await(struct call *call, const struct invitation_move *move)
{
    const struct invitation *invitation = move->invitation;
    const Surveys__V1__Invitation *message = invitation->message;
    struct uuid ids[INVITATION_TIMERS] = {uuid_make(), uuid_make()};
    const struct db_param params[] = {
        db_uuid(&invitation->invitation_id),
        db_int8(message->version - 1),
        db_text(surveys_code(&surveys__v1__invitation__state__descriptor, message->state)),
        db_text_or_null(message->reason),
        db_time(message_get_time(message->send_time)),
        surveys_time_or_null(message_get_time(message->expire_time)),
        db_text(invitation->language),
        db_int4(invitation->reminder_count),
        db_uuid(&ids[0]),
        db_text(move->timers[0].kind),
        surveys_time_or_null(move->timers[0].due_us),
        db_uuid(&ids[1]),
        db_text(move->timers[1].kind),
        surveys_time_or_null(move->timers[1].due_us),
    };
    const struct change change = {
        .stmt = &move_invitation,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = message->invitation_id,
        .owner_id = "",
        .unit_serial = "",
        .event_contract = move->event_contract,
        .event = move->event,
        .response = move->response,
    };
    enum err err = change_commit_await(svc_db(call->svc), call, &change);
    for (size_t i = 0; err == OK && i < INVITATION_TIMERS; i++) {
        if (move->timers[i].kind != NULL)
            timer_poke(svc_timer_service(call->svc), move->timers[i].due_us);
    }
    return err;
}
