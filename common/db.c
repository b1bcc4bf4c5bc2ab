/*
 * db - opening, closing and asking: what the rest of the system sees of PostgreSQL
 *
 * The statements of the process lie in a section that the linker gathers (DB_STATEMENT). They are
 * sorted by address once, so that a statement's signature is found by bisection, without a name
 * being hashed for each call.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"

enum { STATEMENT_TIMEOUT_MS = 5000, PLAN_AGE_MS = 10000 };

extern const struct db_stmt *const __start_db_stmts[] __attribute__((weak));
extern const struct db_stmt *const __stop_db_stmts[] __attribute__((weak));

/* ---- statements ---- */

static int
compare_signatures(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct db_signature *)a)->stmt;
    uintptr_t right = (uintptr_t)((const struct db_signature *)b)->stmt;
    return (left > right) - (left < right);
}

static void
gather_statements(struct db *db)
{
    db->signature_count = (size_t)(__stop_db_stmts - __start_db_stmts);
    db->signatures = mem_alloc(db->signature_count * sizeof db->signatures[0]);
    for (size_t i = 0; i < db->signature_count; i++)
        db->signatures[i].stmt = __start_db_stmts[i];
    qsort(db->signatures, db->signature_count, sizeof db->signatures[0], compare_signatures);
}

void
db_leave_out(struct db *db, const char *prefix)
{
    size_t kept = 0;
    for (size_t i = 0; i < db->signature_count; i++) {
        if (strncmp(db->signatures[i].stmt->name, prefix, strlen(prefix)) != 0)
            db->signatures[kept++] = db->signatures[i];
    }
    db->signature_count = kept;
}

struct db_signature *
db_find_signature(struct db *db, const struct db_stmt *stmt)
{
    struct db_signature wanted = {.stmt = stmt};
    return bsearch(&wanted, db->signatures, db->signature_count, sizeof wanted, compare_signatures);
}

/* ---- state ---- */

/* A reason is logged once, however often it comes again before the database is ready. */
void
db_say_state(struct db *db, const char *format, ...)
{
    char state[DB_STATE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(state, sizeof state, format, args);
    va_end(args);
    if (strcmp(state, db->state) == 0)
        return;
    memcpy(db->state, state, sizeof state);
    struct log_line *line = log_begin(LOG_ERROR, "database not ready");
    log_text(line, "reason", state);
    log_end(line);
}

void
db_say_waiting(struct db *db)
{
    static const char state[] = "another process holds the lock";
    if (strcmp(state, db->state) == 0)
        return;
    memcpy(db->state, state, sizeof state);
    struct log_line *line = log_begin(LOG_INFO, "database waits");
    log_text(line, "reason", state);
    log_end(line);
}

bool
db_is_ready(const struct db *db)
{
    return (db->reads.ready_count > 0 || db->reads.conn_count == 0) && db->writes.ready_count > 0;
}

const char *
db_state(const struct db *db)
{
    return db_is_ready(db) ? "ready" : db->state;
}

const char *
db_schema_change(const struct db *db)
{
    return db->change;
}

/* ---- opening and closing ---- */

static bool
on_turn(void *context)
{
    struct db *db = context;
    db_lane_send(&db->reads);
    db_lane_send(&db->writes);
    return false;
}

bool
db_url_is_valid(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool is_valid = options != NULL;
    PQconninfoFree(options);
    return is_valid;
}

struct db *
db_open(struct loop *loop, const struct db_options *options)
{
    CHECK(options->read_connections <= DB_CONNECTIONS_MAX);
    CHECK(options->write_connections >= 1 && options->write_connections <= DB_CONNECTIONS_MAX);
    CHECK(options->advisory_lock == 0 || options->write_connections == 1);
    CHECK(options->group_max >= 1 && options->group_max <= DB_GROUP_MAX);
    struct db *db = mem_alloc(sizeof *db);
    db->loop = loop;
    db->url = mem_copy_text(options->url);
    db->schema = mem_copy_text(options->schema);
    db->queue_max = options->queue_max;
    db->group_max = options->group_max;
    db->statement_timeout_ms =
        options->statement_timeout_ms > 0 ? options->statement_timeout_ms : STATEMENT_TIMEOUT_MS;
    db->lock_timeout_ms = db->statement_timeout_ms / DB_LOCK_SHARE;
    db->settings = mem_copy_text(options->settings != NULL ? options->settings : "");
    db->advisory_lock = options->advisory_lock;
    db->plan_age_ms = options->plan_age_ms > 0 ? options->plan_age_ms : PLAN_AGE_MS;
    snprintf(db->state, sizeof db->state, "connecting");
    TAILQ_INIT(&db->free_ops);
    TAILQ_INIT(&db->free_groups);
    gather_statements(db);
    db_lane_init(&db->reads, db, false, options->read_connections);
    db_lane_init(&db->writes, db, true, options->write_connections);
    db->hook = (struct loop_hook){.run = on_turn, .context = db};
    loop_add_hook(loop, LOOP_DB, &db->hook);
    return db;
}

static void
free_db(struct db *db)
{
    while (!TAILQ_EMPTY(&db->free_ops)) {
        struct db_op *op = TAILQ_FIRST(&db->free_ops);
        TAILQ_REMOVE(&db->free_ops, op, link);
        mem_free(op);
    }
    while (!TAILQ_EMPTY(&db->free_groups)) {
        struct db_group *group = TAILQ_FIRST(&db->free_groups);
        TAILQ_REMOVE(&db->free_groups, group, link);
        mem_free(group);
    }
    mem_free(db->signatures);
    mem_free(db->settings);
    mem_free(db->schema);
    mem_free(db->url);
    mem_free(db);
}

void
db_handle_closed(struct db *db)
{
    CHECK(db->handle_count > 0);
    if (--db->handle_count == 0 && db->is_closing)
        free_db(db);
}

void
db_close(struct db **db)
{
    struct db *d = *db;
    *db = NULL;
    if (d == NULL)
        return;
    d->is_closing = true;
    loop_remove_hook(d->loop, LOOP_DB, &d->hook);
    db_lane_deinit(&d->writes);
    db_lane_deinit(&d->reads);
}

/* ---- asking ---- */

static void
on_timeout(struct task_wait *wait)
{
    db_lane_forget(container_of(wait, struct db_waiter, wait));
}

static enum err
ask_await(struct db_lane *lane, struct call *call, const struct db_stmt *stmt,
          const struct db_param *params, size_t param_count, const char *order_key,
          const struct db_rows **ret_rows)
{
    CHECK(param_count <= DB_PARAMS_MAX);
    struct db_waiter waiter = {.wait = {.on_timeout = on_timeout}, .call = call};
    int64_t begin_mono_us = clock_mono_us();
    enum err err = db_lane_ask(lane, &waiter, stmt, params, param_count, order_key);
    if (err != OK)
        return err;
    err = task_wait_await(&waiter.wait, call->deadline_mono_ms);
    call->database_us += clock_mono_us() - begin_mono_us;
    if (waiter.is_outcome_unknown)
        return call_fail(
            call, ERR_UNKNOWN, "OUTCOME_UNKNOWN",
            "the deadline passed before the database said whether the change happened");
    if (err == ERR_DEADLINE_EXCEEDED && call->fault.code != err)
        return call_fail(call, err, "DEADLINE_EXCEEDED", "the database did not answer in time");
    if (err == OK)
        *ret_rows = waiter.rows;
    return err;
}

enum err
db_read_await(struct db *db, struct call *call, const struct db_stmt *stmt,
              const struct db_param *params, size_t param_count, const struct db_rows **ret_rows)
{
    const struct db_rows *rows = NULL;
    enum err err = ask_await(&db->reads, call, stmt, params, param_count, "", &rows);
    if (err != OK)
        return err;
    if (db_row_count(rows) == 0)
        return ERR_NOT_FOUND;
    *ret_rows = rows;
    return OK;
}

enum err
db_write_await(struct db *db, struct call *call, const struct db_stmt *stmt,
               const struct db_param *params, size_t param_count, const char *order_key,
               const struct db_rows **ret_rows)
{
    return ask_await(&db->writes, call, stmt, params, param_count, order_key, ret_rows);
}
