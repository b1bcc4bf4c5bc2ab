/*
 * db_lane - the queue of a lane, and groups: what leaves together, and who is to blame when a group
 * fails
 *
 *     asked -> queued -> sent in a group -> answered
 *                ^            |
 *                |            | a neighbour failed (the server undid all), or the connection was
 * lost (reads only)
 *                +-- again <--+
 *
 * The server runs a group as one transaction, so one failing statement undoes its neighbours. In
 * pipeline mode the first error names the guilty op: it alone is answered with the error, and the
 * others are sent again as a group. An error that comes only at the sync (a deferred constraint,
 * the commit itself) names nobody: the group is cut in two, and a group of one is guilty.
 *
 * Reads are answered as their result comes: nothing they saw can be undone. Writes are answered at
 * the sync.
 *
 * Limits: queue_max ops wait; a group holds group_max ops and DB_GROUP_BYTES_MAX bytes of
 * parameters.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/stat.h"

STAT(stat_wait, "db.wait", STAT_HISTOGRAM_US, "seconds", "From asking the database to its answer.");
STAT(stat_refused, "db.queue.refuse", STAT_COUNTER, "",
     "Statements refused because the queue was full.");
STAT(stat_groups, "db.group.send", STAT_COUNTER, "", "Groups sent under one sync.");
STAT(stat_statements, "db.statement.send", STAT_COUNTER, "", "Statements sent, repeats included.");
STAT(stat_guilty, "db.guilty.drop", STAT_COUNTER, "",
     "Statements taken out of their group because they failed.");
STAT(stat_halved, "db.group.halve", STAT_COUNTER, "",
     "Groups cut in two after an error at the sync.");
STAT(stat_unknown, "db.outcome.lose", STAT_COUNTER, "",
     "Writes whose outcome was lost with a connection or a deadline.");

/* ---- ops and groups, kept for reuse ---- */

static struct db_op *
take_op(struct db *db)
{
    struct db_op *op = TAILQ_FIRST(&db->free_ops);
    if (op == NULL)
        return mem_alloc(sizeof *op);
    TAILQ_REMOVE(&db->free_ops, op, link);
    memset(op, 0, sizeof *op);
    return op;
}

static void
free_op(struct db_lane *lane, struct db_op *op)
{
    CHECK(!op->is_queued);
    PQclear(op->result);
    op->result = NULL;
    TAILQ_INSERT_HEAD(&lane->db->free_ops, op, link);
}

static struct db_group *
take_group(struct db *db)
{
    struct db_group *group = TAILQ_FIRST(&db->free_groups);
    if (group != NULL)
        TAILQ_REMOVE(&db->free_groups, group, link);
    else
        group = mem_alloc(sizeof *group);
    group->count = 0;
    group->answer_count = 0;
    group->guilty = -1;
    group->sync_error = NULL;
    return group;
}

static void
free_group(struct db_lane *lane, struct db_group *group)
{
    PQclear(group->sync_error);
    group->sync_error = NULL;
    TAILQ_INSERT_HEAD(&lane->db->free_groups, group, link);
}

/* ---- answers ---- */

/* Ends the op, and wakes its waiter if there still is one. */
static void
answer(struct db_lane *lane, struct db_op *op, enum err err)
{
    struct db_waiter *waiter = op->waiter;
    if (waiter != NULL) {
        stat_observe_us(&stat_wait, clock_mono_us() - op->ask_mono_us);
        waiter->op = NULL;
        task_done(&waiter->wait, err);
    }
    free_op(lane, op);
}

static void
answer_refusal(struct db_lane *lane, struct db_op *op, enum err err, const char *reason,
               const char *message)
{
    if (op->waiter != NULL)
        call_fail(op->waiter->call, err, reason, "%s", message);
    answer(lane, op, err);
}

static void
answer_away(struct db_lane *lane, struct db_op *op)
{
    if (op->waiter != NULL)
        op->waiter->call->retry_after_ms = 1000;
    answer_refusal(lane, op, ERR_UNAVAILABLE, "DATABASE_UNAVAILABLE",
                   "the database does not answer; nothing was changed");
}

static void
answer_unknown(struct db_lane *lane, struct db_op *op)
{
    stat_unknown.value++;
    answer_refusal(lane, op, ERR_UNKNOWN, "OUTCOME_UNKNOWN",
                   "the connection to the database was lost; the change may have happened");
}

static void
answer_rows(struct db_lane *lane, struct db_op *op)
{
    enum err err = OK;
    struct db_waiter *waiter = op->waiter;
    if (waiter != NULL) {
        err = db_rows_copy(waiter->call->arena, op->result, &waiter->rows);
        if (err != OK)
            call_fail(waiter->call, err, "ANSWER_TOO_LARGE", "the answer of %s is too large",
                      op->stmt->name);
    }
    answer(lane, op, err);
}

static void
answer_error(struct db_lane *lane, struct db_op *op, const PGresult *error)
{
    enum err err = ERR_INTERNAL;
    if (op->waiter != NULL)
        err = db_error_tell(op->waiter->call, op->stmt, error);
    answer(lane, op, err);
}

/* ---- the queue ---- */

static bool
is_given_up(const struct db_lane *lane)
{
    return lane->ready_count == 0 && clock_mono_ms() - lane->down_mono_ms >= DB_PATIENCE_MS;
}

static void
give_up_group(struct db_lane *lane, struct db_group *group)
{
    for (unsigned i = 0; i < group->count; i++)
        answer_away(lane, group->ops[i]);
    free_group(lane, group);
}

/* Nothing that waits has been sent, or what was sent has been undone. */
static void
on_patience_end(void *context)
{
    struct db_lane *lane = context;
    while (!TAILQ_EMPTY(&lane->again)) {
        struct db_group *group = TAILQ_FIRST(&lane->again);
        TAILQ_REMOVE(&lane->again, group, link);
        give_up_group(lane, group);
    }
    while (!TAILQ_EMPTY(&lane->queue)) {
        struct db_op *op = TAILQ_FIRST(&lane->queue);
        TAILQ_REMOVE(&lane->queue, op, link);
        op->is_queued = false;
        lane->queue_count--;
        answer_away(lane, op);
    }
}

void
db_lane_init(struct db_lane *lane, struct db *db, bool is_write, unsigned conn_count)
{
    lane->db = db;
    lane->is_write = is_write;
    TAILQ_INIT(&lane->queue);
    TAILQ_INIT(&lane->again);
    loop_timer_init(db->loop, &lane->patience, on_patience_end, lane);
    db->handle_count++;
    db_lane_down(lane);
    lane->conn_count = conn_count;
    for (unsigned i = 0; i < conn_count; i++)
        lane->conns[i] = db_conn_open(lane);
}

/* Whoever waited had to be gone: what is left are ops that nobody waits for. */
static void
drop_group(struct db_lane *lane, struct db_group *group)
{
    for (unsigned i = 0; i < group->count; i++) {
        struct db_op *op = group->ops[i];
        if (op != NULL) {
            CHECK(op->waiter == NULL);
            free_op(lane, op);
        }
    }
    free_group(lane, group);
}

static void
on_patience_closed(void *context)
{
    db_handle_closed(((struct db_lane *)context)->db);
}

void
db_lane_deinit(struct db_lane *lane)
{
    for (unsigned i = 0; i < lane->conn_count; i++)
        db_conn_close(&lane->conns[i]);
    CHECK(TAILQ_EMPTY(&lane->queue));
    while (!TAILQ_EMPTY(&lane->again)) {
        struct db_group *group = TAILQ_FIRST(&lane->again);
        TAILQ_REMOVE(&lane->again, group, link);
        drop_group(lane, group);
    }
    loop_timer_close(&lane->patience, on_patience_closed);
}

static size_t
sum_sizes(const struct db_param *params, size_t param_count)
{
    size_t size_bytes = 0;
    for (size_t i = 0; i < param_count; i++)
        size_bytes += (size_t)params[i].size_bytes + 8;
    return size_bytes;
}

enum err
db_lane_ask(struct db_lane *lane, struct db_waiter *waiter, const struct db_stmt *stmt,
            const struct db_param *params, size_t param_count, const char *order_key)
{
    if (lane->queue_count >= lane->db->queue_max) {
        stat_refused.value++;
        waiter->call->retry_after_ms = 1000;
        return call_fail(waiter->call, ERR_RESOURCE_EXHAUSTED, "DATABASE_BUSY",
                         "too many statements wait for the database");
    }
    if (is_given_up(lane)) {
        waiter->call->retry_after_ms = 1000;
        return call_fail(waiter->call, ERR_UNAVAILABLE, "DATABASE_UNAVAILABLE",
                         "there is no connection to the database");
    }
    struct db_op *op = take_op(lane->db);
    op->waiter = waiter;
    op->stmt = stmt;
    op->params = params;
    op->param_count = param_count;
    op->order_key = order_key;
    op->size_bytes = sum_sizes(params, param_count);
    op->ask_mono_us = clock_mono_us();
    op->is_queued = true;
    waiter->op = op;
    waiter->lane = lane;
    TAILQ_INSERT_TAIL(&lane->queue, op, link);
    lane->queue_count++;
    return OK;
}

void
db_lane_forget(struct db_waiter *waiter)
{
    struct db_lane *lane = waiter->lane;
    struct db_op *op = waiter->op;
    waiter->op = NULL;
    op->waiter = NULL;
    if (lane->is_write && op->is_sent) {
        stat_unknown.value++;
        waiter->is_outcome_unknown = true;
    }
    if (op->is_queued) {
        TAILQ_REMOVE(&lane->queue, op, link);
        op->is_queued = false;
        lane->queue_count--;
        free_op(lane, op);
    }
}

/* ---- sending ---- */

/* Whether the op may be sent; if not, it has been answered. */
static bool
can_send_op(struct db_lane *lane, struct db_op *op, int64_t now_mono_ms)
{
    if (op->waiter == NULL) {
        free_op(lane, op);
        return false;
    }
    if (op->waiter->call->deadline_mono_ms <= now_mono_ms) {
        answer_refusal(lane, op, ERR_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
                       "the deadline passed before the statement was sent");
        return false;
    }
    const struct db_signature *signature = db_find_signature(lane->db, op->stmt);
    bool is_fit = signature != NULL && signature->param_count == (int)op->param_count;
    for (size_t i = 0; is_fit && i < op->param_count; i++)
        is_fit = signature->types[i] == db_param_oid(op->params[i].type);
    if (!is_fit) {
        call_fail(op->waiter->call, ERR_INTERNAL, "PARAMETERS_MISMATCH",
                  "the parameters of %s are not those it was prepared with", op->stmt->name);
        answer(lane, op, ERR_INTERNAL);
    }
    return is_fit;
}

static int
compare_ops(const void *a, const void *b)
{
    const struct db_op *left = *(struct db_op *const *)a;
    const struct db_op *right = *(struct db_op *const *)b;
    int order = strcmp(left->order_key, right->order_key);
    if (order != 0)
        return order;
    return (left->ask_mono_us > right->ask_mono_us) - (left->ask_mono_us < right->ask_mono_us);
}

static void
fill_group(struct db_lane *lane, struct db_group *group, int64_t now_mono_ms)
{
    size_t size_bytes = 0;
    while (!TAILQ_EMPTY(&lane->queue) && group->count < lane->db->group_max) {
        struct db_op *op = TAILQ_FIRST(&lane->queue);
        if (group->count > 0 && size_bytes + op->size_bytes > DB_GROUP_BYTES_MAX)
            break;
        TAILQ_REMOVE(&lane->queue, op, link);
        op->is_queued = false;
        lane->queue_count--;
        size_t op_bytes = op->size_bytes;
        if (can_send_op(lane, op, now_mono_ms)) {
            group->ops[group->count++] = op;
            size_bytes += op_bytes;
        }
    }
    if (lane->is_write && group->count > 1)
        qsort(group->ops, group->count, sizeof group->ops[0], compare_ops);
}

/* The next group to send, its ops fit to be sent; NULL: nothing waits. */
static struct db_group *
next_group(struct db_lane *lane, int64_t now_mono_ms)
{
    struct db_group *group = TAILQ_FIRST(&lane->again);
    if (group == NULL) {
        if (TAILQ_EMPTY(&lane->queue))
            return NULL;
        group = take_group(lane->db);
        fill_group(lane, group, now_mono_ms);
        return group;
    }
    TAILQ_REMOVE(&lane->again, group, link);
    unsigned kept = 0;
    for (unsigned i = 0; i < group->count; i++) {
        if (can_send_op(lane, group->ops[i], now_mono_ms))
            group->ops[kept++] = group->ops[i];
    }
    group->count = kept;
    return group;
}

static struct db_conn *
find_idlest(struct db_lane *lane)
{
    struct db_conn *idlest = NULL;
    unsigned room_max = 0;
    for (unsigned i = 0; i < lane->conn_count; i++) {
        unsigned room = db_conn_room(lane->conns[i]);
        if (room > room_max) {
            room_max = room;
            idlest = lane->conns[i];
        }
    }
    return idlest;
}

void
db_lane_send(struct db_lane *lane)
{
    if (TAILQ_EMPTY(&lane->queue) && TAILQ_EMPTY(&lane->again))
        return;
    int64_t now_mono_ms = clock_mono_ms();
    for (;;) {
        struct db_conn *conn = find_idlest(lane);
        struct db_group *group = conn != NULL ? next_group(lane, now_mono_ms) : NULL;
        if (group == NULL)
            return;
        if (group->count == 0) {
            free_group(lane, group);
            continue;
        }
        group->sent_mono_ms = now_mono_ms;
        for (unsigned i = 0; i < group->count; i++)
            group->ops[i]->is_sent = true;
        stat_groups.value++;
        stat_statements.value += group->count;
        db_conn_send(conn, group);
    }
}

/* ---- what comes back ---- */

void
db_lane_up(struct db_lane *lane)
{
    if (lane->ready_count++ == 0)
        loop_timer_stop(&lane->patience);
}

/* Counts a connection that is gone, or (at the start) none that came yet. */
void
db_lane_down(struct db_lane *lane)
{
    if (lane->ready_count > 0)
        lane->ready_count--;
    if (lane->ready_count > 0)
        return;
    lane->down_mono_ms = clock_mono_ms();
    loop_timer_start(&lane->patience, DB_PATIENCE_MS, 0);
}

void
db_lane_take(struct db_lane *lane, struct db_group *group, PGresult *result)
{
    unsigned i = group->answer_count++;
    ExecStatusType status = PQresultStatus(result);
    if (i >= group->count) {
        group->sync_error = result;
        return;
    }
    struct db_op *op = group->ops[i];
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        op->result = result;
        if (!lane->is_write) {
            group->ops[i] = NULL;
            answer_rows(lane, op);
        }
        return;
    }
    if (status == PGRES_FATAL_ERROR && group->guilty < 0) {
        group->guilty = (int)i;
        group->ops[i] = NULL;
        answer_error(lane, op, result);
    }
    PQclear(result); /* after the first error all others are only "aborted" */
}

/* Undone by the server: ready to be sent once more. Keeps the order; drops the places that are
 * answered. */
static void
rewind_group(struct db_group *group)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < group->count; i++) {
        struct db_op *op = group->ops[i];
        if (op == NULL)
            continue;
        PQclear(op->result);
        op->result = NULL;
        op->is_sent = false;
        group->ops[kept++] = op;
    }
    group->count = kept;
    group->answer_count = 0;
    group->guilty = -1;
}

/* Both halves go ahead of everything else, in their order. */
static void
halve_group(struct db_lane *lane, struct db_group *group)
{
    struct db_group *rest = take_group(lane->db);
    unsigned half = group->count / 2;
    rest->count = group->count - half;
    memcpy(rest->ops, group->ops + half, rest->count * sizeof rest->ops[0]);
    group->count = half;
    PQclear(group->sync_error);
    group->sync_error = NULL;
    stat_halved.value++;
    TAILQ_INSERT_HEAD(&lane->again, rest, link);
    TAILQ_INSERT_HEAD(&lane->again, group, link);
}

static void
end_failed_sync(struct db_lane *lane, struct db_group *group)
{
    rewind_group(group);
    if (group->count > 1) {
        halve_group(lane, group);
        return;
    }
    if (group->count == 1) {
        stat_guilty.value++;
        answer_error(lane, group->ops[0], group->sync_error);
    }
    free_group(lane, group);
}

void
db_lane_end(struct db_lane *lane, struct db_group *group)
{
    if (group->guilty >= 0) {
        stat_guilty.value++;
        rewind_group(group);
        if (group->count > 0)
            TAILQ_INSERT_HEAD(&lane->again, group, link);
        else
            free_group(lane, group);
        return;
    }
    if (group->sync_error != NULL) {
        end_failed_sync(lane, group);
        return;
    }
    for (unsigned i = 0; i < group->count; i++) {
        if (group->ops[i] != NULL)
            answer_rows(lane, group->ops[i]);
    }
    free_group(lane, group);
}

static void
queue_again(struct db_lane *lane, struct db_op *op)
{
    if (op->waiter == NULL) {
        free_op(lane, op);
    } else if (++op->loss_count > DB_LOSSES_MAX) {
        answer_away(lane, op);
    } else {
        op->is_queued = true;
        TAILQ_INSERT_HEAD(&lane->queue, op, link);
        lane->queue_count++;
    }
}

/* Reads, and what the server has certainly undone, go to the queue's head in their order; other
 * writes may have happened. */
void
db_lane_lose(struct db_lane *lane, struct db_group *group, bool is_undone)
{
    rewind_group(group);
    for (unsigned i = group->count; i-- > 0;) {
        if (lane->is_write && !is_undone)
            answer_unknown(lane, group->ops[i]);
        else
            queue_again(lane, group->ops[i]);
    }
    free_group(lane, group);
}
