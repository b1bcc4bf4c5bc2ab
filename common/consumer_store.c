/*
 * consumer_store - the SQL of a consumer: leases, cursors, inbox; consumer_parked.c has the rest
 *
 * A lane is free when its holder's lease has ended or it has none. Taking it waits for a statement
 * of the old holder that is on its way: the row is locked by that, and skipped. Leases are real
 * time of the daemons, as those of timers: moving the test clock ends none. Clocks of hosts that
 * differ by less than a lease do no harm, and more does no more than move lanes to and fro: the
 * holder stands in every statement that moves a cursor.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/consumer_private.h"

#include <string.h>

#include "common/clock.h"

enum {
    INBOX_KEEP_DAYS = 7,
    PRUNE_COUNT_MAX = 5000,
};

/* ---- an event's effect ---- */

struct db_param
consumer_param(struct arena *arena, const struct consumer_event *event)
{
    char holder[UUID_TEXT_SIZE], event_id[UUID_TEXT_SIZE];
    const struct consumer_place *place = &event->place;
    uuid_print(&place->holder, holder);
    uuid_print(&event->event_id, event_id);
    const char *texts[] = {
        place->name,
        arena_printf(arena, "%d", place->lane),
        holder,
        arena_printf(arena, "%lld", (long long)place->epoch),
        arena_printf(arena, "%lld", (long long)place->position),
        event_id,
        place->is_again ? "true" : "false",
    };
    return db_text_array(arena, texts, COUNT_OF(texts));
}

/* The parameters that stand before those of the effect; answers how many. */
static size_t
fill_own(struct arena *arena, const struct db_stmt *stmt, const struct consumer_event *event,
         struct db_param *params)
{
    const struct consumer_place *place = &event->place;
    if (!stmt->is_batch) {
        params[0] = consumer_param(arena, event);
        return 1;
    }
    const struct db_param each[CONSUMER_EACH_PARAM_COUNT] = {
        db_text(place->name),     db_int4(place->lane),     db_uuid(&place->holder),
        db_int8(place->epoch),    db_int8(place->position), db_uuid(&event->event_id),
        db_bool(place->is_again),
    };
    memcpy(params, each, sizeof each);
    return CONSUMER_EACH_PARAM_COUNT;
}

enum err
consumer_write_await(struct db *db, struct call *call, const struct consumer_event *event,
                     const struct db_stmt *stmt, const struct db_param *params, size_t param_count)
{
    struct db_param all[DB_PARAMS_MAX];
    const struct db_rows *rows;
    size_t count = fill_own(call->arena, stmt, event, all);
    CHECK(count + param_count <= DB_PARAMS_MAX);
    for (size_t i = 0; i < param_count; i++)
        all[count++] = params[i];
    enum err err = db_write_await(db, call, stmt, all, count, event->envelope->aggregate_id, &rows);
    if (err == OK && db_get_int8(rows, 0, 0) == 0)
        return call_fail(call, ERR_ABORTED, "LANE_MOVED",
                         "the event had its effect, or its lane is another replica's");
    return err;
}

/* ---- lanes ---- */

/* Others may make them at the same time. */
DB_STATEMENT(make_lanes, "consumer_make_lanes",
             "INSERT INTO consumer_lanes (name, lane) SELECT $1, lane FROM"
             " generate_series(0, $2::integer - 1) AS lane"
             " WHERE NOT EXISTS (SELECT FROM consumer_lanes WHERE name = $1)"
             " ON CONFLICT DO NOTHING");
DB_STATEMENT(count_lanes, "consumer_count_lanes",
             "SELECT count(*), max(lane) FROM consumer_lanes WHERE name = $1");

/* $1 name, $2 holder, $3 now, $4 end of the lease. Rows of replicas that are long gone go, too. */
DB_STATEMENT(renew, "consumer_renew",
             "WITH gone AS (DELETE FROM consumer_replicas WHERE name = $1"
             " AND lease_time < $3::timestamptz - interval '1 hour')"
             " INSERT INTO consumer_replicas (name, holder, lease_time) VALUES ($1, $2, $4)"
             " ON CONFLICT (name, holder) DO UPDATE SET lease_time = excluded.lease_time");
/* Not in the statement before: that sees the row as it was. $3 now. */
DB_STATEMENT(look, "consumer_look",
             "SELECT (SELECT count(*) FROM consumer_replicas WHERE name = $1 AND lease_time > $3),"
             " (SELECT count(*) FROM consumer_parked WHERE name = $1),"
             " (SELECT coalesce(bit_or(1::bigint << lane), 0) FROM consumer_lanes"
             " WHERE name = $1 AND holder = $2),"
             " (SELECT coalesce(bit_or(1::bigint << lane), 0) FROM consumer_parked"
             " WHERE name = $1 AND has_wish)");

/* $1 name, $2 holder, $3 now, $4 how many. */
DB_STATEMENT(
    take, "consumer_take",
    "WITH free AS (SELECT l.lane FROM consumer_lanes l WHERE l.name = $1"
    " AND (l.holder IS NULL OR NOT EXISTS (SELECT FROM consumer_replicas r WHERE r.name = $1"
    " AND r.holder = l.holder AND r.lease_time > $3))"
    " ORDER BY l.lane LIMIT $4 FOR UPDATE SKIP LOCKED)"
    " UPDATE consumer_lanes l SET holder = $2 FROM free WHERE l.name = $1 AND l.lane = free.lane"
    " RETURNING l.lane, l.epoch, l.position");

/* $1 name, $2 holder, $3 lanes. */
DB_STATEMENT(give, "consumer_give",
             "UPDATE consumer_lanes SET holder = NULL"
             " WHERE name = $1 AND holder = $2 AND lane = ANY ($3::text[]::integer[])");
DB_STATEMENT(leave, "consumer_leave",
             "WITH given AS (UPDATE consumer_lanes SET holder = NULL WHERE name = $1"
             " AND holder = $2)"
             " DELETE FROM consumer_replicas WHERE name = $1 AND holder = $2");

/* $1 name, $2 holder, $3 lanes, $4 epoch, $5 position, $6 also back. */
DB_STATEMENT(move, "consumer_move",
             "UPDATE consumer_lanes SET epoch = $4, position = $5 WHERE name = $1 AND holder = $2"
             " AND lane = ANY ($3::text[]::integer[]) AND ($6::boolean OR (epoch, position)"
             " < ($4, $5))");
DB_STATEMENT(read_lane, "consumer_read_lane",
             "SELECT epoch, position FROM consumer_lanes"
             " WHERE name = $1 AND holder = $2 AND lane = $3");

/* The event's id begins with its time in milliseconds; $2 is the first that is kept. */
DB_STATEMENT(prune, "consumer_prune",
             "DELETE FROM consumer_inbox WHERE name = $1 AND event_id = ANY (ARRAY("
             "SELECT event_id FROM consumer_inbox WHERE name = $1 AND event_id < $2"
             " ORDER BY name, event_id LIMIT $3))");

enum err
consumer_make_lanes_await(struct consumer *consumer, struct call *call)
{
    struct db *db = svc_db(consumer->svc);
    const char *name = consumer->options.name;
    const struct db_param params[] = {db_text(name), db_int4((int32_t)consumer->lane_count)};
    const struct db_rows *rows;
    enum err err = db_write_await(db, call, &make_lanes, params, COUNT_OF(params), name, &rows);
    if (err == OK)
        err = db_read_await(db, call, &count_lanes, params, 1, &rows);
    if (err == OK && (db_get_int8(rows, 0, 0) != consumer->lane_count ||
                      db_get_int4(rows, 0, 1) != (int32_t)consumer->lane_count - 1))
        return call_fail(call, ERR_FAILED_PRECONDITION, "LANES_DIFFER",
                         "consumer \"%s\" has %lld lanes, and this program wants %u", name,
                         (long long)db_get_int8(rows, 0, 0), consumer->lane_count);
    return err;
}

enum err
consumer_look_await(struct consumer *consumer, struct call *call, int64_t lease_ms,
                    struct consumer_look *ret_look)
{
    struct db *db = svc_db(consumer->svc);
    int64_t now_ms = clock_real_ms();
    const struct db_param params[] = {db_text(consumer->options.name), db_uuid(&consumer->holder),
                                      db_time(now_ms * 1000), db_time((now_ms + lease_ms) * 1000)};
    const struct db_rows *rows;
    enum err err = db_write_await(db, call, &renew, params, 4, consumer->options.name, &rows);
    if (err == OK)
        err = db_read_await(db, call, &look, params, 3, &rows);
    if (err != OK)
        return err;
    *ret_look = (struct consumer_look){.replica_count = (unsigned)db_get_int8(rows, 0, 0),
                                       .parked_count = db_get_int8(rows, 0, 1)};
    uint64_t lanes = (uint64_t)db_get_int8(rows, 0, 2), wishes = (uint64_t)db_get_int8(rows, 0, 3);
    for (unsigned i = 0; i < CONSUMER_LANES_MAX; i++) {
        ret_look->is_held[i] = (lanes >> i & 1) != 0;
        ret_look->has_wish[i] = (wishes >> i & 1) != 0;
    }
    return OK;
}

enum err
consumer_take_await(struct consumer *consumer, struct call *call, unsigned count)
{
    const struct db_param params[] = {db_text(consumer->options.name), db_uuid(&consumer->holder),
                                      db_time(clock_real_ms() * 1000), db_int8(count)};
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(consumer->svc), call, &take, params, COUNT_OF(params),
                                  consumer->options.name, &rows);
    for (size_t i = 0; err == OK && i < db_row_count(rows); i++) {
        struct consumer_lane *lane = &consumer->lanes[db_get_int4(rows, i, 0)];
        lane->stored = lane->point =
            (struct consumer_point){db_get_int8(rows, i, 1), db_get_int8(rows, i, 2)};
        lane->tenure++;
        lane->is_busy = lane->is_round = false;
        lane->is_held = true;
    }
    return err;
}

static struct db_param
lanes_param(struct arena *arena, const unsigned *lanes, size_t count)
{
    const char *texts[CONSUMER_LANES_MAX];
    for (size_t i = 0; i < count; i++)
        texts[i] = arena_printf(arena, "%u", lanes[i]);
    return db_text_array(arena, texts, count);
}

enum err
consumer_give_await(struct consumer *consumer, struct call *call, const unsigned *lanes,
                    size_t count)
{
    const struct db_param params[] = {db_text(consumer->options.name), db_uuid(&consumer->holder),
                                      lanes_param(call->arena, lanes, count)};
    const struct db_rows *rows;
    return db_write_await(svc_db(consumer->svc), call, &give, params, COUNT_OF(params),
                          consumer->options.name, &rows);
}

enum err
consumer_leave_await(struct consumer *consumer, struct call *call)
{
    const struct db_param params[] = {db_text(consumer->options.name), db_uuid(&consumer->holder)};
    const struct db_rows *rows;
    return db_write_await(svc_db(consumer->svc), call, &leave, params, COUNT_OF(params),
                          consumer->options.name, &rows);
}

enum err
consumer_move_await(struct consumer *consumer, struct call *call, const unsigned *lanes,
                    size_t count, struct consumer_point point, bool is_forced)
{
    const struct db_param params[] = {db_text(consumer->options.name),
                                      db_uuid(&consumer->holder),
                                      lanes_param(call->arena, lanes, count),
                                      db_int8(point.epoch),
                                      db_int8(point.position),
                                      db_bool(is_forced)};
    const struct db_rows *rows;
    return db_write_await(svc_db(consumer->svc), call, &move, params, COUNT_OF(params),
                          consumer->options.name, &rows);
}

enum err
consumer_read_lane_await(struct consumer *consumer, struct call *call, unsigned lane,
                         struct consumer_point *ret_point)
{
    const struct db_param params[] = {db_text(consumer->options.name), db_uuid(&consumer->holder),
                                      db_int4((int32_t)lane)};
    const struct db_rows *rows;
    enum err err =
        db_read_await(svc_db(consumer->svc), call, &read_lane, params, COUNT_OF(params), &rows);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_ABORTED, "LANE_LOST", "another replica holds the lane");
    if (err == OK)
        *ret_point = (struct consumer_point){db_get_int8(rows, 0, 0), db_get_int8(rows, 0, 1)};
    return err;
}

enum err
consumer_prune_await(struct consumer *consumer, struct call *call)
{
    int64_t first_ms = clock_now_us() / 1000 - INBOX_KEEP_DAYS * INT64_C(86400000);
    struct uuid first = {0};
    for (int i = 0; i < 6; i++)
        first.bytes[i] = (uint8_t)(first_ms >> (40 - 8 * i));
    const struct db_param params[] = {db_text(consumer->options.name), db_uuid(&first),
                                      db_int8(PRUNE_COUNT_MAX)};
    const struct db_rows *rows;
    return db_write_await(svc_db(consumer->svc), call, &prune, params, COUNT_OF(params),
                          consumer->options.name, &rows);
}
