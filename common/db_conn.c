/*
 * db_conn - one connection to PostgreSQL in pipeline mode
 *
 *     WAITING ----pause over----> RESOLVING --> CONNECTING --> PREPARING --> READY
 *        ^                            |             |              |           |
 *        +------- failed, slow, or a statement did not fit --------+-- lost ---+
 *
 *     WAITING      on_timer starts the next try after 50 ms to 5 s, doubling, with jitter
 *     RESOLVING    db_host turns names into addresses
 *     CONNECTING   PQconnectPoll; the socket may change with each step, so its watcher is made anew
 *     PREPARING    one pipeline: each statement is prepared and described, then the schema says
 * which daemons it wants READY        groups are sent, each with a sync; `sent` is the order in
 * which answers come
 *
 * Each state has a limit of its own. A READY connection whose oldest group has waited for
 * WATCHDOG_MS is dropped: the server hangs, or the network lost it in silence.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/rng.h"
#include "common/stat.h"

STAT(stat_made, "db.connection.make", STAT_COUNTER, "", "Connections that became ready.");
STAT(stat_lost, "db.connection.lose", STAT_COUNTER, "", "Ready connections that were lost.");

enum {
    CONNECT_MS = 5000,
    WATCHDOG_MS = 10000,
    WATCHDOG_PERIOD_MS = 1000,
    PAUSE_MIN_MS = 50,
    PAUSE_MAX_MS = 5000,
};

enum conn_state { WAITING, RESOLVING, CONNECTING, PREPARING, READY };

/* The watcher of one socket. Apart from the connection, because it is freed only when libuv has
 * closed it. */
struct watch {
    uv_poll_t poll;
    struct db_conn *conn; /* NULL: closing */
    struct db *db;
    int events;
};

struct db_conn {
    struct db_lane *lane;
    struct db *db;
    enum conn_state state;
    PGconn *pg;
    struct watch *watch;
    struct db_host *host;
    struct loop_timer timer;
    int64_t pause_ms;
    struct db_group_list sent;
    unsigned sent_count;
    size_t prepared_count; /* results taken while PREPARING */
};

/* The last word of the pipeline that prepares: what the schema says of itself. */
DB_STATEMENT(read_schema, "db_read_schema", "SELECT change, oldest_daemon FROM schema_info");

/* ---- the watcher ---- */

static void
on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = container_of((uv_poll_t *)handle, struct watch, poll);
    struct db *db = watch->db;
    mem_free(watch);
    db_handle_closed(db);
}

static void
stop_watching(struct db_conn *conn)
{
    if (conn->watch == NULL)
        return;
    conn->watch->conn = NULL;
    uv_close((uv_handle_t *)&conn->watch->poll, on_watch_closed);
    conn->watch = NULL;
}

static void on_socket(uv_poll_t *poll, int status, int events);

/* Watches the connection's present socket for these events. False: it cannot be watched. */
static bool
watch_socket(struct db_conn *conn, int events)
{
    if (conn->watch == NULL) {
        struct watch *watch = mem_alloc(sizeof *watch);
        if (uv_poll_init(loop_uv(conn->db->loop), &watch->poll, PQsocket(conn->pg)) != 0) {
            mem_free(watch);
            return false;
        }
        watch->conn = conn;
        watch->db = conn->db;
        conn->db->handle_count++;
        conn->watch = watch;
    }
    if (conn->watch->events != events) {
        conn->watch->events = events;
        return uv_poll_start(&conn->watch->poll, events, on_socket) == 0;
    }
    return true;
}

/* ---- the end of a connection ---- */

static void
lose_groups(struct db_conn *conn, bool is_first_undone)
{
    struct db_group_list lost = TAILQ_HEAD_INITIALIZER(lost);
    TAILQ_CONCAT(&lost, &conn->sent, link);
    conn->sent_count = 0;
    struct db_group *first = TAILQ_FIRST(&lost);
    /* From the last to the first, because each puts its reads at the queue's head. */
    while (!TAILQ_EMPTY(&lost)) {
        struct db_group *group = TAILQ_LAST(&lost, db_group_list);
        TAILQ_REMOVE(&lost, group, link);
        db_lane_lose(conn->lane, group, is_first_undone && group == first);
    }
}

/* Lets the connection go and plans the next try. */
static void
drop(struct db_conn *conn, bool is_first_undone)
{
    enum conn_state state = conn->state;
    conn->state = WAITING;
    db_host_cancel(&conn->host);
    stop_watching(conn);
    PQfinish(conn->pg);
    conn->pg = NULL;
    if (state == READY) {
        stat_lost.value++;
        conn->pause_ms = PAUSE_MIN_MS;
        db_lane_down(conn->lane);
    }
    lose_groups(conn, is_first_undone);
    loop_timer_start(&conn->timer, conn->pause_ms / 2 + rng_below((uint32_t)conn->pause_ms), 0);
    conn->pause_ms = conn->pause_ms * 2 < PAUSE_MAX_MS ? conn->pause_ms * 2 : PAUSE_MAX_MS;
}

/* The same, and says why. libpq's messages end with a line end and may have several lines. */
static void
drop_saying(struct db_conn *conn, const char *what, const char *why)
{
    db_say_state(conn->db, "%s: %.*s", what, (int)strcspn(why, "\n"), why);
    drop(conn, false);
}

static void
drop_lost(struct db_conn *conn)
{
    drop_saying(conn, "connection lost", PQerrorMessage(conn->pg));
}

/* ---- sending ---- */

static void
flush(struct db_conn *conn)
{
    int left = PQflush(conn->pg);
    if (left < 0 || !watch_socket(conn, UV_READABLE | (left > 0 ? UV_WRITABLE : 0)))
        drop_lost(conn);
}

unsigned
db_conn_room(const struct db_conn *conn)
{
    unsigned sent_max = conn->lane->is_write ? 1 : DB_READ_GROUPS_MAX;
    return conn->state == READY ? sent_max - conn->sent_count : 0;
}

/* libpq copies the parameters into its own buffer. */
static bool
send_op(struct db_conn *conn, const struct db_op *op)
{
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX];
    int formats[DB_PARAMS_MAX];
    for (size_t i = 0; i < op->param_count; i++) {
        const struct db_param *param = &op->params[i];
        values[i] = param->bytes != NULL ? param->bytes : (const char *)param->scratch;
        if (param->is_null)
            values[i] = NULL;
        lengths[i] = param->size_bytes;
        formats[i] = 1;
    }
    return PQsendQueryPrepared(conn->pg, op->stmt->name, (int)op->param_count, values, lengths,
                               formats, 1) == 1;
}

void
db_conn_send(struct db_conn *conn, struct db_group *group)
{
    CHECK(db_conn_room(conn) > 0);
    TAILQ_INSERT_TAIL(&conn->sent, group, link);
    conn->sent_count++;
    bool is_sent = true;
    for (unsigned i = 0; is_sent && i < group->count; i++)
        is_sent = send_op(conn, group->ops[i]);
    if (is_sent && PQpipelineSync(conn->pg) == 1)
        flush(conn);
    else
        drop_lost(conn);
}

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
    conn->state = PREPARING;
    conn->prepared_count = 0;
    if (send_preparations(conn))
        flush(conn);
    else
        drop_lost(conn);
}

static void
become_ready(struct db_conn *conn)
{
    conn->state = READY;
    conn->pause_ms = PAUSE_MIN_MS;
    stat_made.value++;
    loop_timer_start(&conn->timer, WATCHDOG_PERIOD_MS, WATCHDOG_PERIOD_MS);
    db_lane_up(conn->lane);
}

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
    unsigned major, minor, patch;
    if (sscanf(text, "%u.%u.%u", &major, &minor, &patch) != 3)
        return -1;
    return ((int64_t)major << 40) + ((int64_t)minor << 20) + patch;
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
static void
take_preparation(struct db_conn *conn, const PGresult *result)
{
    struct db *db = conn->db;
    ExecStatusType status = PQresultStatus(result);
    size_t i = conn->prepared_count++;
    const char *name = i / 2 < db->signature_count ? db->signatures[i / 2].stmt->name : "schema";
    if (status == PGRES_PIPELINE_SYNC) {
        become_ready(conn);
    } else if (status == PGRES_FATAL_ERROR && db_error_is_loss(result)) {
        drop_lost(conn);
    } else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        char what[128];
        snprintf(what, sizeof what, "statement %s does not fit the schema %s (not migrated?)", name,
                 db->schema);
        drop_saying(conn, what, PQresultErrorMessage(result));
    } else if (i == 2 * db->signature_count) {
        const char *fault = find_schema_fault(conn, result);
        if (fault != NULL)
            drop_saying(conn, db->change, fault);
    } else if (i % 2 == 1 && !take_signature(&db->signatures[i / 2], result)) {
        drop_saying(conn, name, "the statement takes too many parameters");
    }
}

/* ---- receiving ---- */

/* The next result that is here, or NULL. A NULL of libpq only ends one command; two in a row end
 * them all. */
static PGresult *
next_result(struct db_conn *conn)
{
    for (int i = 0; i < 2 && !PQisBusy(conn->pg); i++) {
        PGresult *result = PQgetResult(conn->pg);
        if (result != NULL)
            return result;
    }
    return NULL;
}

static void
take_result(struct db_conn *conn, PGresult *result)
{
    struct db_group *group = TAILQ_FIRST(&conn->sent);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        TAILQ_REMOVE(&conn->sent, group, link);
        conn->sent_count--;
        db_lane_end(conn->lane, group);
        return;
    }
    if (status == PGRES_FATAL_ERROR && db_error_is_loss(result)) {
        drop_saying(conn, "connection lost", PQresultErrorMessage(result));
        PQclear(result);
    } else if (status == PGRES_FATAL_ERROR && db_error_is_stale(result)) {
        PQclear(result);
        drop(conn, true);
    } else {
        db_lane_take(conn->lane, group, result);
    }
}

static void
read_results(struct db_conn *conn)
{
    if (PQconsumeInput(conn->pg) != 1) {
        drop_lost(conn);
        return;
    }
    while (conn->state == PREPARING || (conn->state == READY && conn->sent_count > 0)) {
        PGresult *result = next_result(conn);
        if (result == NULL)
            break;
        if (conn->state == PREPARING) {
            take_preparation(conn, result);
            PQclear(result);
        } else {
            take_result(conn, result);
        }
    }
    if (conn->pg != NULL && PQstatus(conn->pg) == CONNECTION_BAD)
        drop_lost(conn);
}

/* ---- connecting ---- */

static void
step_connecting(struct db_conn *conn)
{
    stop_watching(conn); /* the step may change the socket */
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_OK:
        start_preparing(conn);
        break;
    case PGRES_POLLING_READING:
        if (!watch_socket(conn, UV_READABLE))
            drop_lost(conn);
        break;
    case PGRES_POLLING_WRITING:
        if (!watch_socket(conn, UV_WRITABLE))
            drop_lost(conn);
        break;
    default:
        drop_saying(conn, "cannot connect", PQerrorMessage(conn->pg));
    }
}

static void
on_socket(uv_poll_t *poll, int status UNUSED, int events)
{
    struct db_conn *conn = container_of(poll, struct watch, poll)->conn;
    if (conn == NULL)
        return;
    if (conn->state == CONNECTING) {
        step_connecting(conn);
        return;
    }
    read_results(conn); /* a broken socket shows here */
    bool is_open = conn->state == PREPARING || conn->state == READY;
    if (is_open && (events & UV_WRITABLE) != 0)
        flush(conn);
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
        drop_saying(conn, "cannot find the server", error);
        return;
    }
    char application[96];
    char options[256];
    snprintf(application, sizeof application, "aftercare-%s", db->schema);
    snprintf(options, sizeof options,
             "-c search_path=%s -c statement_timeout=%lld -c lock_timeout=500 -c jit=off"
             " -c idle_in_transaction_session_timeout=10000",
             db->schema, (long long)db->statement_timeout_ms);
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
    conn->state = CONNECTING;
    PQsetNoticeProcessor(conn->pg, on_notice, NULL);
    if (PQstatus(conn->pg) == CONNECTION_BAD)
        drop_saying(conn, "cannot connect", PQerrorMessage(conn->pg));
    else if (!watch_socket(conn, UV_WRITABLE)) /* as after PGRES_POLLING_WRITING, says libpq */
        drop_lost(conn);
}

static void
start_connecting(struct db_conn *conn)
{
    conn->state = RESOLVING;
    loop_timer_start(&conn->timer, CONNECT_MS, 0);
    struct db_host *host = db_host_resolve(conn->db->loop, conn->db->url, on_resolved, conn);
    if (conn->state == RESOLVING)
        conn->host = host;
}

static void
on_timer(void *context)
{
    struct db_conn *conn = context;
    const struct db_group *oldest = TAILQ_FIRST(&conn->sent);
    switch (conn->state) {
    case WAITING:
        start_connecting(conn);
        break;
    case RESOLVING:
    case CONNECTING:
    case PREPARING:
        drop_saying(conn, "cannot connect", "the server does not answer in time");
        break;
    case READY:
        if (oldest != NULL && clock_mono_ms() - oldest->sent_mono_ms > WATCHDOG_MS)
            drop_saying(conn, "connection dropped", "the server does not answer in time");
        break;
    }
}

struct db_conn *
db_conn_open(struct db_lane *lane)
{
    struct db_conn *conn = mem_alloc(sizeof *conn);
    conn->lane = lane;
    conn->db = lane->db;
    conn->pause_ms = PAUSE_MIN_MS;
    TAILQ_INIT(&conn->sent);
    loop_timer_init(conn->db->loop, &conn->timer, on_timer, conn);
    loop_timer_start(&conn->timer, 0, 0);
    conn->db->handle_count++;
    return conn;
}

static void
on_timer_closed(void *context)
{
    struct db_conn *conn = context;
    struct db *db = conn->db;
    mem_free(conn);
    db_handle_closed(db);
}

/* Nobody waits: what was sent is answered to nobody. */
void
db_conn_close(struct db_conn **conn)
{
    struct db_conn *c = *conn;
    *conn = NULL;
    if (c == NULL)
        return;
    drop(c, false);
    loop_timer_close(&c->timer, on_timer_closed);
}
