/*
 * db_lane - the queue of a lane: who waits, and what leaves together
 *
 *     asked -> queued -> sent in a group -> answered
 *                ^            |
 *                |            | a neighbour failed (the server undid all),
 *                |            | or the connection was lost (reads only)
 *                +-- again <--+
 *
 * An op whose waiter has gone, or whose deadline has passed, is never sent. A lane that has had no
 * connection for DB_PATIENCE_MS refuses at once, so that an absent server costs callers two seconds
 * once, and not each of them.
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

STAT(stat_refused, "db.queue.refuse", STAT_COUNTER, "",
     "Statements refused because the queue was full.");
STAT(stat_groups, "db.group.send", STAT_COUNTER, "", "Groups sent under one sync.");
STAT(stat_statements, "db.statement.send", STAT_COUNTER, "", "Statements sent, repeats included.");
STAT(stat_left, "db.write.leave", STAT_COUNTER, "",
     "Writes whose caller's deadline passed before the outcome was known.");

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
        db_op_give_up(lane, group->ops[i]);
    db_group_free(lane, group);
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
        db_op_give_up(lane, op);
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
            db_op_free(lane, op);
        }
    }
    db_group_free(lane, group);
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
    struct db_op *op = db_op_take(lane->db);
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
        stat_left.value++;
        waiter->is_outcome_unknown = true;
    }
    if (op->is_queued) {
        TAILQ_REMOVE(&lane->queue, op, link);
        op->is_queued = false;
        lane->queue_count--;
        db_op_free(lane, op);
    }
}

/* ---- sending ---- */

/* Whether the op may be sent; if not, it has been answered. */
static bool
can_send_op(struct db_lane *lane, struct db_op *op, int64_t now_mono_ms)
{
    if (op->waiter == NULL) {
        db_op_free(lane, op);
        return false;
    }
    if (op->waiter->call->deadline_mono_ms <= now_mono_ms) {
        db_op_refuse(lane, op, ERR_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
                     "the deadline passed before the statement was sent");
        return false;
    }
    const struct db_signature *signature = db_find_signature(lane->db, op->stmt);
    bool is_fit = signature != NULL && signature->param_count == (int)op->param_count;
    for (size_t i = 0; is_fit && i < op->param_count; i++) {
        enum db_type type = op->params[i].type;
        is_fit = signature->types[i] ==
                 (op->stmt->is_batch ? db_param_array_oid(type) : db_param_oid(type));
    }
    if (!is_fit) {
        call_fail(op->waiter->call, ERR_INTERNAL, "PARAMETERS_MISMATCH",
                  "the parameters of %s are not those it was prepared with", op->stmt->name);
        db_op_answer(lane, op, ERR_INTERNAL);
    }
    return is_fit;
}

/* Batches first, so that what can be done at once stands together; their statements lock in an
 * order of their own. */
static int
compare_ops(const void *a, const void *b)
{
    const struct db_op *left = *(struct db_op *const *)a;
    const struct db_op *right = *(struct db_op *const *)b;
    if (left->stmt->is_batch != right->stmt->is_batch)
        return left->stmt->is_batch ? -1 : 1;
    if (left->stmt != right->stmt && left->stmt->is_batch)
        return strcmp(left->stmt->name, right->stmt->name);
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
    if (group->count > 1)
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
        group = db_group_take(lane->db);
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
find_free(struct db_lane *lane)
{
    for (unsigned i = 0; i < lane->conn_count; i++) {
        if (db_conn_is_free(lane->conns[i]))
            return lane->conns[i];
    }
    return NULL;
}

void
db_lane_send(struct db_lane *lane)
{
    if (TAILQ_EMPTY(&lane->queue) && TAILQ_EMPTY(&lane->again))
        return;
    int64_t now_mono_ms = clock_mono_ms();
    for (;;) {
        struct db_conn *conn = find_free(lane);
        struct db_group *group = conn != NULL ? next_group(lane, now_mono_ms) : NULL;
        if (group == NULL)
            return;
        if (group->count == 0) {
            db_group_free(lane, group);
            continue;
        }
        for (unsigned i = 0; i < group->count; i++)
            group->ops[i]->is_sent = true;
        db_batch_divide(group);
        stat_groups.value++;
        stat_statements.value += group->run_count;
        db_conn_send(conn, group);
    }
}

/* ---- connections come and go ---- */

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
