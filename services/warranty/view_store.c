/*
 * view_store - the statements by which events become lines of histories and items of the worklist
 *
 * A claim that was settled by another unit is a part of both units' lives: from then on its lines
 * are written for both, and those from before are copied.
 */
// SPDX-License-Identifier: Apache-2.0
#include "views.h"

/* $8 to $16 lines. */
DB_BATCH(add_lines, "warranty_add_lines",
         "WITH " CONSUMER_EACH_TAKEN ", added AS (" HISTORY_ADDED ")" CONSUMER_EACH_COUNTS);

#define COPIED                                                                                     \
    "copied AS (INSERT INTO unit_history (serial, line_date, record_time, line_id, kind,"          \
    " resource, visible_to, summary) SELECT ($19::text[])[n], h.line_date, h.record_time,"         \
    " h.line_id, h.kind, h.resource, h.visible_to, h.summary FROM taken JOIN unit_history h"       \
    " ON h.serial = ($18::text[])[n] AND h.resource = ($20::text[])[n]"                            \
    " WHERE ($19::text[])[n] IS NOT NULL ON CONFLICT DO NOTHING)"

/* $8 to $16 lines; $17 claim, $18 its unit, $19 the unit in its place or null, $20 its resource;
 * $21 whether it is open, $22 state, $23 due time or null, $24 whose work or null, $25 its version.
 * An event that is tried again by hand comes behind later ones: it changes no item that they made,
 * and makes none of a claim that has gone on. */
DB_BATCH(take_claim, "warranty_take_claim",
         "WITH " CONSUMER_EACH_TAKEN ", added AS (" HISTORY_ADDED "), " COPIED
         ", gone AS (DELETE FROM work_items w USING taken WHERE NOT ($21::boolean[])[n]"
         " AND w.item_id = ($17::uuid[])[n] AND w.version < ($25::bigint[])[n]),"
         " kept AS (INSERT INTO work_items AS w (item_id, kind, serial, state, due_time,"
         " assignee_id, version) SELECT ($17::uuid[])[n], 'claim', ($18::text[])[n],"
         " ($22::text[])[n], coalesce(($23::timestamptz[])[n], 'infinity'), ($24::text[])[n],"
         " ($25::bigint[])[n] FROM taken WHERE ($21::boolean[])[n] AND EXISTS"
         " (SELECT FROM claims c WHERE c.claim_id = ($17::uuid[])[n]"
         " AND c.state = ($22::text[])[n])"
         " ON CONFLICT (item_id) DO UPDATE SET state = excluded.state,"
         " due_time = excluded.due_time, assignee_id = excluded.assignee_id,"
         " version = excluded.version WHERE w.version < excluded.version)" CONSUMER_EACH_COUNTS);

/* $2 loop, $3 state, $4 due time or null, $5 whose work or null, $6 whether it is done, $7 its
 * version. What is done stays, marked: an event that is tried again late brings it not back. */
DB_STATEMENT(take_loop, "warranty_take_loop",
             "WITH " CONSUMER_TAKEN(
                 "$1") ", kept AS (INSERT INTO work_items AS w (item_id, kind,"
                       " serial, state, due_time, assignee_id, is_done, version) SELECT $2, "
                       "'survey_loop', '',"
                       " $3, coalesce($4::timestamptz, 'infinity'), $5, $6::boolean, $7 FROM taken"
                       " ON CONFLICT (item_id) DO UPDATE SET state = excluded.state,"
                       " due_time = excluded.due_time, assignee_id = excluded.assignee_id,"
                       " is_done = excluded.is_done, version = excluded.version"
                       " WHERE w.version < excluded.version)" CONSUMER_COUNTS);

enum { CLAIM_PARAM_COUNT = 9 };

enum err
view_add_lines_await(struct call *call, const struct consumer_event *event,
                     const struct history_line *lines, size_t count)
{
    struct db_param params[HISTORY_PARAM_COUNT];
    history_params(call->arena, &event->event_id, lines, count, params);
    return consumer_write_await(svc_db(call->svc), call, event, &add_lines, params,
                                HISTORY_PARAM_COUNT);
}

enum err
view_take_claim_await(struct call *call, const struct consumer_event *event,
                      const struct history_line *lines, size_t count, const struct view_work *work)
{
    struct uuid claim_id;
    if (!uuid_parse(work->claim_id, &claim_id))
        return call_fail(call, ERR_DATA_LOSS, "EVENT_UNREADABLE", "claim_id is no UUID");
    struct db_param due_time = db_time(work->due_time_us);
    due_time.is_null = work->due_time_us == 0;
    const struct db_param claim[CLAIM_PARAM_COUNT] = {
        db_uuid(&claim_id),
        db_text(work->serial),
        db_text_or_null(work->replacement_serial),
        db_text(history_resource(call->arena, "claim", work->claim_id)),
        db_bool(work->is_open),
        db_text(work->state),
        due_time,
        db_text_or_null(work->assignee_id),
        db_int8(event->envelope->aggregate_version),
    };
    struct db_param params[HISTORY_PARAM_COUNT + CLAIM_PARAM_COUNT];
    history_params(call->arena, &event->event_id, lines, count, params);
    for (size_t i = 0; i < CLAIM_PARAM_COUNT; i++)
        params[HISTORY_PARAM_COUNT + i] = claim[i];
    return consumer_write_await(svc_db(call->svc), call, event, &take_claim, params,
                                COUNT_OF(params));
}

enum err
view_take_loop_await(struct call *call, const struct consumer_event *event,
                     const struct view_loop *loop)
{
    struct uuid loop_id;
    if (!uuid_parse(loop->loop_id, &loop_id))
        return call_fail(call, ERR_DATA_LOSS, "EVENT_UNREADABLE", "loop_id is no UUID");
    struct db_param due_time = db_time(loop->due_time_us);
    due_time.is_null = loop->due_time_us == 0;
    const struct db_param params[] = {
        db_uuid(&loop_id),
        db_text(loop->state),
        due_time,
        db_text_or_null(loop->assignee_id),
        db_bool(loop->is_done),
        db_int8(event->envelope->aggregate_version),
    };
    return consumer_write_await(svc_db(call->svc), call, event, &take_loop, params,
                                COUNT_OF(params));
}
