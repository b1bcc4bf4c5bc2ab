/*
 * db_connect - how a connection becomes ready: find the server, connect, prepare every statement,
 * and where it is to hold an advisory lock, wait for that
 *
 * The states RESOLVING, CONNECTING, PREPARING and LOCKING of db_conn. All statements are prepared
 * and described in one pipeline, which ends with what the schema says of itself; so a statement
 * that does not fit, or a schema that wants a newer daemon, is found here and not by a request.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <stdio.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/stat.h"

STAT(stat_made, "db.connection.make", STAT_COUNTER, "", "Connections that became ready.");

/* The last word of the pipeline that prepares: what the schema says of itself. */
DB_STATEMENT(read_schema, "db_read_schema", "SELECT change, oldest_daemon FROM schema_info");

/* ---- preparing ---- */

static bool
send_preparations(struct db_conn *conn)
{
    struct db *db = conn->db;
    if (PQsetnonblocking(conn->pg, 1) != 0 || PQenterPipelineMode(conn->pg) != 1)
        return false;
    for (size_t i = 0; i < db->signature_count; i++) {
        const struct db_stmt *stmt = db->signatures[i].stmt;
        if (PQsendPrepare(conn->pg, stmt->name, stmt->sql, 0, NULL) != 1 ||
            PQsendDescribePrepared(conn->pg, stmt->name) != 1)
            return false;
    }
    return PQsendQueryPrepared(conn->pg, read_schema.name, 0, NULL, NULL, NULL, 0) == 1 &&
           PQpipelineSync(conn->pg) == 1;
}

static void
start_preparing(struct db_conn *conn)
{
    conn->state = DB_CONN_PREPARING;
    conn->prepared_count = 0;
    PQsetErrorVerbosity(conn->pg, PQERRORS_DEFAULT);
    if (send_preparations(conn))
        db_conn_flush(conn);
    else
        db_conn_drop_lost(conn);
}

/* Says so, and forgets the reason why it was not: the next outage is told again. */
static void
tell_ready(struct db *db)
{
    snprintf(db->state, sizeof db->state, "connecting");
    struct log_line *line = log_begin(LOG_INFO, "database ready");
    log_text(line, "schema", db->change);
    log_end(line);
}

static void
become_ready(struct db_conn *conn)
{
    bool was_ready = db_is_ready(conn->db);
    conn->state = DB_CONN_READY;
    conn->pause_ms = DB_PAUSE_MIN_MS;
    conn->plan_mono_ms = clock_mono_ms();
    stat_made.value++;
    int64_t period_ms = conn->db->statement_timeout_ms / 4;
    loop_timer_start(&conn->timer, period_ms, period_ms);
    db_lane_up(conn->lane);
    if (!was_ready && db_is_ready(conn->db))
        tell_ready(conn->db);
}

/* ---- the advisory lock ---- */

/* An answer that is still owed when the timer comes again is none. */
void
db_connect_ask_lock(struct db_conn *conn)
{
    if (conn->is_lock_asked) {
        db_conn_drop(conn, "connection dropped", "the server does not answer in time");
        return;
    }
    char lock[24];
    snprintf(lock, sizeof lock, "%lld", (long long)conn->db->advisory_lock);
    const char *const values[] = {lock};
    conn->is_lock_asked = true;
    db_connect_wait(conn);
    if (PQsendQueryParams(conn->pg, "SELECT pg_try_advisory_lock($1::bigint)", 1, NULL, values,
                          NULL, NULL, 0) == 1 &&
        PQpipelineSync(conn->pg) == 1)
        db_conn_flush(conn);
    else
        db_conn_drop_lost(conn);
}

/* Results come as the lock's row, the sync. */
void
db_connect_take_lock(struct db_conn *conn, const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK) {
        conn->is_lock_held = PQgetvalue(result, 0, 0)[0] == 't';
    } else if (status == PGRES_FATAL_ERROR) {
        db_conn_drop(conn, "cannot ask for the lock", PQresultErrorMessage(result));
    } else if (status == PGRES_PIPELINE_SYNC && conn->is_lock_held) {
        become_ready(conn);
    } else if (status == PGRES_PIPELINE_SYNC) {
        conn->is_lock_asked = false;
        db_say_waiting(conn->db);
        loop_timer_start(&conn->timer, DB_ADVISORY_LOCK_MS, 0);
    }
}

static void
end_preparing(struct db_conn *conn)
{
    if (!conn->lane->is_write || conn->db->advisory_lock == 0) {
        become_ready(conn);
        return;
    }
    conn->state = DB_CONN_LOCKING;
    conn->is_lock_asked = false;
    conn->is_lock_held = false;
    db_connect_ask_lock(conn);
}

/* ---- what the server says of the statements ---- */

static bool
take_signature(struct db_signature *signature, const PGresult *result)
{
    signature->param_count = PQnparams(result);
    if (signature->param_count > DB_PARAMS_MAX)
        return false;
    for (int i = 0; i < signature->param_count; i++)
        signature->types[i] = PQparamtype(result, i);
    return true;
}

/* Versions are three numbers; -1 is a text that is none. */
static int64_t
read_version(const char *text)
{
    int64_t version = 0;
    for (int i = 0; i < 3; i++) {
        char *end;
        errno = 0;
        unsigned long number = strtoul(text, &end, 10);
        if (end == text || errno != 0 || number >= 1u << 20 || *end != (i < 2 ? '.' : 0))
            return -1;
        version = (version << 20) + (int64_t)number;
        text = end + 1;
    }
    return version;
}

/* Answers NULL if this daemon may work with the schema. */
static const char *
find_schema_fault(struct db_conn *conn, const PGresult *result)
{
    if (PQntuples(result) != 1)
        return "schema_info holds no row";
    const char *oldest = PQgetvalue(result, 0, 1);
    snprintf(conn->db->change, sizeof conn->db->change, "%s", PQgetvalue(result, 0, 0));
    if (read_version(oldest) < 0)
        return "schema_info.oldest_daemon is not a version";
    if (read_version(AFTERCARE_VERSION) < read_version(oldest))
        return "the schema wants a newer daemon than " AFTERCARE_VERSION;
    return NULL;
}

/* Results come as Prepare, Describe, Prepare, Describe, ..., the schema's row, the sync. */
void
db_connect_take(struct db_conn *conn, const PGresult *result)
{
    struct db *db = conn->db;
    ExecStatusType status = PQresultStatus(result);
    db_connect_wait(conn);
    size_t i = conn->prepared_count++;
    const char *name = i / 2 < db->signature_count ? db->signatures[i / 2].stmt->name : "schema";
    if (status == PGRES_PIPELINE_SYNC) {
        end_preparing(conn);
    } else if (status == PGRES_FATAL_ERROR && db_error_is_loss(result)) {
        db_conn_drop_lost(conn);
    } else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        char what[128];
        snprintf(what, sizeof what, "statement %s does not fit the schema %s (not migrated?)", name,
                 db->schema);
        db_conn_drop(conn, what, PQresultErrorMessage(result));
    } else if (i == 2 * db->signature_count) {
        const char *fault = find_schema_fault(conn, result);
        if (fault != NULL)
            db_conn_drop(conn, db->change, fault);
    } else if (i % 2 == 1 && !take_signature(&db->signatures[i / 2], result)) {
        db_conn_drop(conn, name, "the statement takes too many parameters");
    }
}

/* ---- connecting ---- */

/* The limit grows with the pause: a server under such load that it needs longer is not asked in
 * vain for ever. */
void
db_connect_wait(struct db_conn *conn)
{
    loop_timer_start(&conn->timer, DB_CONNECT_MS + 2 * conn->pause_ms, 0);
}

static void
fail_to_connect(struct db_conn *conn)
{
    const char *message = PQerrorMessage(conn->pg);
    if (db_error_is_starting(message))
        conn->pause_ms = DB_PAUSE_STARTING_MS;
    db_conn_drop(conn, "cannot connect", message);
}

void
db_connect_step(struct db_conn *conn)
{
    db_connect_wait(conn);
    db_conn_stop_watching(conn); /* the step may change the socket */
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_OK:
        start_preparing(conn);
        break;
    case PGRES_POLLING_READING:
        if (!db_conn_watch(conn, UV_READABLE))
            db_conn_drop_lost(conn);
        break;
    case PGRES_POLLING_WRITING:
        if (!db_conn_watch(conn, UV_WRITABLE))
            db_conn_drop_lost(conn);
        break;
    default:
        fail_to_connect(conn);
    }
}

static void
on_notice(void *context UNUSED, const char *message)
{
    struct log_line *line = log_begin(LOG_DEBUG, "database notice");
    log_text(line, "notice", message);
    log_end(line);
}

static void
on_resolved(void *context, const struct db_host_list *list, const char *error)
{
    struct db_conn *conn = context;
    struct db *db = conn->db;
    conn->host = NULL;
    if (error != NULL) {
        db_conn_drop(conn, "cannot find the server", error);
        return;
    }
    char application[96];
    char options[512];
    snprintf(application, sizeof application, "aftercare-%s", db->schema);
    snprintf(options, sizeof options,
             "-c search_path=%s -c statement_timeout=%lld -c lock_timeout=%lld -c jit=off"
             " -c idle_in_transaction_session_timeout=10000 %s",
             db->schema, (long long)db->statement_timeout_ms, (long long)db->lock_timeout_ms,
             db->settings);
    /* What comes later in the list goes before what the URL says; a NULL value changes nothing. */
    const char *names[] = {"dbname",
                           "host",
                           "hostaddr",
                           "port",
                           "application_name",
                           "options",
                           "target_session_attrs",
                           "client_encoding",
                           NULL};
    const char *values[] = {db->url, list->host,   list->hostaddr, list->port, application,
                            options, "read-write", "UTF8",         NULL};
    conn->pg = PQconnectStartParams(names, values, 1);
    CHECK(conn->pg != NULL);
    conn->state = DB_CONN_CONNECTING;
    db_connect_wait(conn);
    PQsetErrorVerbosity(conn->pg, PQERRORS_VERBOSE);
    PQsetNoticeProcessor(conn->pg, on_notice, NULL);
    if (PQstatus(conn->pg) == CONNECTION_BAD)
        fail_to_connect(conn);
    else if (!db_conn_watch(conn, UV_WRITABLE)) /* as after PGRES_POLLING_WRITING, says libpq */
        db_conn_drop_lost(conn);
}

void
db_connect_start(struct db_conn *conn)
{
    conn->state = DB_CONN_RESOLVING;
    loop_timer_start(&conn->timer, DB_RESOLVE_MS, 0);
    struct db_host *host = db_host_resolve(conn->db->loop, conn->db->url, on_resolved, conn);
    if (conn->state == DB_CONN_RESOLVING)
        conn->host = host;
}
