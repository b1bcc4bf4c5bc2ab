/*
 * db_group - ops and groups: how they are answered, and who is to blame when a group fails
 *
 * The server runs a group as one transaction, so one failing statement undoes its neighbours. In
 * pipeline mode the first error names the guilty op: it alone is answered with the error, and the
 * others are sent again as a group. Where it names a batch, each of that one's ops is sent alone
 * the next time. An error that comes only at the sync (a deferred constraint, the commit itself)
 * names nobody: the group is cut in two, and a group of one is guilty.
 *
 * Reads are answered as their result comes: nothing they saw can be undone. Writes are answered at
 * the sync.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <string.h>

#include "common/clock.h"
#include "common/stat.h"

STAT(stat_wait, "db.wait", STAT_HISTOGRAM_US, "seconds", "From asking the database to its answer.");
STAT(stat_guilty, "db.guilty.drop", STAT_COUNTER, "",
     "Statements taken out of their group because they failed.");
STAT(stat_halved, "db.group.halve", STAT_COUNTER, "",
     "Groups cut in two after an error at the sync.");
STAT(stat_divided, "db.batch.divide", STAT_COUNTER, "",
     "Batches whose units were done one by one because one of them failed.");
STAT(stat_unknown, "db.outcome.lose", STAT_COUNTER, "",
     "Writes whose outcome was lost with their connection.");

/* ---- ops and groups, kept for reuse ---- */

struct db_op *
db_op_take(struct db *db)
{
    struct db_op *op = TAILQ_FIRST(&db->free_ops);
    if (op == NULL)
        return mem_alloc(sizeof *op);
    TAILQ_REMOVE(&db->free_ops, op, link);
    memset(op, 0, sizeof *op);
    return op;
}

void
db_op_free(struct db_lane *lane, struct db_op *op)
{
    CHECK(!op->is_queued);
    TAILQ_INSERT_HEAD(&lane->db->free_ops, op, link);
}

struct db_group *
db_group_take(struct db *db)
{
    struct db_group *group = TAILQ_FIRST(&db->free_groups);
    if (group != NULL)
        TAILQ_REMOVE(&db->free_groups, group, link);
    else
        group = mem_alloc(sizeof *group);
    group->count = group->run_count = group->answer_count = 0;
    group->has_failed = false;
    group->sync_error = NULL;
    return group;
}

void
db_group_free(struct db_lane *lane, struct db_group *group)
{
    PQclear(group->sync_error);
    group->sync_error = NULL;
    TAILQ_INSERT_HEAD(&lane->db->free_groups, group, link);
}

/* ---- answers ---- */

/* Ends the op, and wakes its waiter if there still is one. */
void
db_op_answer(struct db_lane *lane, struct db_op *op, enum err err)
{
    struct db_waiter *waiter = op->waiter;
    if (waiter != NULL) {
        stat_observe_us(&stat_wait, clock_mono_us() - op->ask_mono_us);
        waiter->op = NULL;
        task_done(&waiter->wait, err);
    }
    db_op_free(lane, op);
}

void
db_op_refuse(struct db_lane *lane, struct db_op *op, enum err err, const char *reason,
             const char *message)
{
    if (op->waiter != NULL)
        call_fail(op->waiter->call, err, reason, "%s", message);
    db_op_answer(lane, op, err);
}

void
db_op_give_up(struct db_lane *lane, struct db_op *op)
{
    if (op->waiter != NULL)
        op->waiter->call->retry_after_ms = 1000;
    db_op_refuse(lane, op, ERR_UNAVAILABLE, "DATABASE_UNAVAILABLE",
                 "the database does not answer; nothing was changed");
}

static void
answer_unknown(struct db_lane *lane, struct db_op *op)
{
    stat_unknown.value++;
    db_op_refuse(lane, op, ERR_UNKNOWN, "OUTCOME_UNKNOWN",
                 "the connection to the database was lost; the change may have happened");
}

/* A write whose rows the call cannot hold has happened all the same, so it is no refusal: its
 * caller asks by the key, as after a lost connection. */
static void
answer_rows(struct db_lane *lane, struct db_op *op, const PGresult *result, int first_row,
            int row_count)
{
    enum err err = OK;
    struct db_waiter *waiter = op->waiter;
    if (waiter != NULL) {
        err = db_rows_copy(waiter->call->arena, result, first_row, row_count, &waiter->rows);
        if (err != OK && lane->is_write)
            err = ERR_UNKNOWN;
        if (err != OK)
            call_fail(waiter->call, err, "ANSWER_TOO_LARGE", "the answer of %s is too large",
                      op->stmt->name);
    }
    db_op_answer(lane, op, err);
}

/* Where the rows of the batch's next unit end: those of a read say by their last column whose they
 * are; of a write each unit has one. */
static int
find_end(const struct db_lane *lane, const PGresult *result, int first_row, unsigned place)
{
    if (lane->is_write)
        return first_row + 1;
    int row = first_row;
    while (row < PQntuples(result) && db_rows_place(result, row) == place)
        row++;
    return row;
}

static void
answer_run(struct db_lane *lane, struct db_group *group, struct db_run *run)
{
    PGresult *result = run->result;
    run->result = NULL;
    int row = 0;
    for (unsigned i = 0; i < run->count; i++) {
        struct db_op *op = group->ops[run->first + i];
        group->ops[run->first + i] = NULL;
        int end = op->stmt->is_batch ? find_end(lane, result, row, i + 1) : PQntuples(result);
        CHECK(end <= PQntuples(result));
        answer_rows(lane, op, result, row, end - row);
        row = end;
    }
    CHECK(row == PQntuples(result)); /* whose would the rest be? */
    PQclear(result);
}

static void
answer_error(struct db_lane *lane, struct db_op *op, const PGresult *error)
{
    enum err err = ERR_INTERNAL;
    if (op->waiter != NULL)
        err = db_error_tell(op->waiter->call, op->stmt, error);
    db_op_answer(lane, op, err);
}

/* ---- what comes back ---- */

static bool
is_answered_at_once(const struct db_lane *lane)
{
#ifdef KNOWN_BAD /* reply_before_sync */
    return lane != NULL;
#else
    return !lane->is_write;
#endif
}

static void
blame_run(struct db_lane *lane, struct db_group *group, const struct db_run *run,
          const PGresult *error)
{
    group->has_failed = true;
    if (run->count == 1) {
        struct db_op *op = group->ops[run->first];
        group->ops[run->first] = NULL;
        stat_guilty.value++;
        answer_error(lane, op, error);
        return;
    }
    stat_divided.value++;
    for (unsigned i = 0; i < run->count; i++)
        group->ops[run->first + i]->is_alone = true;
}

void
db_group_keep(struct db_lane *lane, struct db_group *group, PGresult *result)
{
    unsigned i = group->answer_count++;
    ExecStatusType status = PQresultStatus(result);
    if (i >= group->run_count && status == PGRES_COMMAND_OK) {
        PQclear(result); /* plans were let go */
        return;
    }
    if (i >= group->run_count) {
        group->sync_error = result;
        return;
    }
    struct db_run *run = &group->runs[i];
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        run->result = result;
        if (is_answered_at_once(lane))
            answer_run(lane, group, run);
        return;
    }
    if (status == PGRES_FATAL_ERROR && !group->has_failed)
        blame_run(lane, group, run, result);
    PQclear(result); /* after the first error all others are only "aborted" */
}

/* Undone by the server: ready to be sent once more. Keeps the order; drops the places that are
 * answered. */
static void
rewind_group(struct db_group *group)
{
    for (unsigned i = 0; i < group->run_count; i++)
        PQclear(group->runs[i].result);
    unsigned kept = 0;
    for (unsigned i = 0; i < group->count; i++) {
        struct db_op *op = group->ops[i];
        if (op == NULL)
            continue;
        op->is_sent = false;
        group->ops[kept++] = op;
    }
    group->count = kept;
    group->run_count = group->answer_count = 0;
    group->has_failed = false;
}

/* Both halves go ahead of everything else, in their order. */
static void
halve_group(struct db_lane *lane, struct db_group *group)
{
    struct db_group *rest = db_group_take(lane->db);
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
    db_group_free(lane, group);
}

void
db_group_end(struct db_lane *lane, struct db_group *group)
{
    if (group->has_failed) {
        rewind_group(group);
        if (group->count > 0)
            TAILQ_INSERT_HEAD(&lane->again, group, link);
        else
            db_group_free(lane, group);
        return;
    }
    if (group->sync_error != NULL) {
        end_failed_sync(lane, group);
        return;
    }
    for (unsigned i = 0; i < group->run_count; i++) {
        if (group->runs[i].result != NULL)
            answer_run(lane, group, &group->runs[i]);
    }
    db_group_free(lane, group);
}

static void
queue_again(struct db_lane *lane, struct db_op *op)
{
    if (op->waiter == NULL) {
        db_op_free(lane, op);
    } else if (++op->loss_count > DB_LOSSES_MAX) {
        db_op_give_up(lane, op);
    } else {
        op->is_queued = true;
        TAILQ_INSERT_HEAD(&lane->queue, op, link);
        lane->queue_count++;
    }
}

/* Reads, and what the server has certainly undone, go to the queue's head in their order; other
 * writes may have happened. */
void
db_group_lose(struct db_lane *lane, struct db_group *group, bool is_undone)
{
    rewind_group(group);
    for (unsigned i = group->count; i-- > 0;) {
        if (lane->is_write && !is_undone)
            answer_unknown(lane, group->ops[i]);
        else
            queue_again(lane, group->ops[i]);
    }
    db_group_free(lane, group);
}
