/*
 * db_conn - one connection to PostgreSQL in pipeline mode
 *
 *     WAITING ----pause over----> RESOLVING --> CONNECTING --> PREPARING (--> LOCKING) --> READY
 *        ^                            |             |              |             |          |
 *        +------- failed, slow, or a statement did not fit --------+------------ lost ------+
 *
 * db_connect.c has the way to READY, this file the rest.
 *
 *     WAITING      on_timer starts the next try after 50 ms to 1 s, doubling, with jitter; a server
 *                  that says it is starting up is asked again every 150 ms
 *     RESOLVING    db_host turns names into addresses
 *     CONNECTING   PQconnectPoll; the socket may change with each step, so its watcher is made anew
 *     PREPARING    one pipeline: statements are prepared and described, the schema is asked
 *     LOCKING      where the session must hold an advisory lock: it is asked for until it is had
 *     READY        groups are sent, each with a sync, the next when the one before is answered
 *
 * Each state has a limit of its own, on silence and not on the whole: a server that is slow but
 * alive is waited for. A READY connection that owes answers and has been silent for longer than
 * limit_silence_ms says is dropped: the server hangs, or the network lost it in silence. The
 * statement and lock timeouts are each statement's own, and a server speaks when it has 8 KB or is
 * made to: after DB_FLUSH_READS reads, none of which can take longer than the statement timeout;
 * after DB_FLUSH_WRITES writes, which may all wait for locks just short of the lock timeout, and of
 * which two may also work just short of the statement timeout. More than that is taken for a hang:
 * a group with several writes that slow ends with its outcome unknown.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/rng.h"
#include "common/stat.h"

STAT(stat_planned, "db.plan.discard", STAT_COUNTER, "",
     "Times a connection let its plans go, so that they are made anew.");
STAT(stat_lost, "db.connection.lose", STAT_COUNTER, "", "Ready connections that were lost.");

enum {
    PAUSE_MAX_MS = 1000,
};

/* ---- the watcher ---- */

static void
on_watch_closed(uv_handle_t *handle)
{
    struct db_watch *watch = container_of((uv_poll_t *)handle, struct db_watch, poll);
    struct db *db = watch->db;
    mem_free(watch);
    db_handle_closed(db);
}

void
db_conn_stop_watching(struct db_conn *conn)
{
    if (conn->watch == NULL)
        return;
    conn->watch->conn = NULL;
    uv_close((uv_handle_t *)&conn->watch->poll, on_watch_closed);
    conn->watch = NULL;
}

static void on_socket(uv_poll_t *poll, int status, int events);

/* Watches the connection's present socket for these events. False: it cannot be watched. */
bool
db_conn_watch(struct db_conn *conn, int events)
{
    if (conn->watch == NULL) {
        struct db_watch *watch = mem_alloc(sizeof *watch);
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

/* Lets the connection go and plans the next try. What it was sent may have happened, or was
 * certainly undone. */
static void
drop(struct db_conn *conn, bool is_undone)
{
    enum db_conn_state state = conn->state;
    conn->state = DB_CONN_WAITING;
    db_host_cancel(&conn->host);
    db_conn_stop_watching(conn);
    PQfinish(conn->pg);
    conn->pg = NULL;
    if (state == DB_CONN_READY) {
        stat_lost.value++;
        conn->pause_ms = DB_PAUSE_MIN_MS;
        db_lane_down(conn->lane);
    }
    struct db_group *lost = conn->sent;
    conn->sent = NULL;
    if (lost != NULL)
        db_group_lose(conn->lane, lost, is_undone);
    loop_timer_start(&conn->timer, conn->pause_ms / 2 + rng_below((uint32_t)conn->pause_ms), 0);
    conn->pause_ms = conn->pause_ms * 2 < PAUSE_MAX_MS ? conn->pause_ms * 2 : PAUSE_MAX_MS;
}

/* The same, and says why. libpq's messages end with a line end and may have several lines. */
void
db_conn_drop(struct db_conn *conn, const char *what, const char *why)
{
    db_say_state(conn->db, "%s: %.*s", what, (int)strcspn(why, "\n"), why);
    drop(conn, false);
}

void
db_conn_drop_lost(struct db_conn *conn)
{
    db_conn_drop(conn, "connection lost", PQerrorMessage(conn->pg));
}

/* A server that has become read-only hands over to another, and what it says may be old: also those
 * leave it to whom it has not said so yet, or a write would be judged by what one server has and
 * its repeat by what another has. */
static void
leave_server(struct db *db)
{
    struct db_lane *lanes[] = {&db->reads, &db->writes};
    for (unsigned i = 0; i < 2 * DB_CONNECTIONS_MAX; i++) {
        struct db_lane *lane = lanes[i / DB_CONNECTIONS_MAX];
        unsigned n = i % DB_CONNECTIONS_MAX;
        if (n < lane->conn_count && lane->conns[n]->state == DB_CONN_READY)
            db_conn_drop(lane->conns[n], "connection dropped", "the server has become read-only");
    }
}

/* The server says so by itself, with the end of the next group. */
static bool
is_read_only(const struct db_conn *conn)
{
    const char *value = PQparameterStatus(conn->pg, "default_transaction_read_only");
    return value != NULL && strcmp(value, "on") == 0;
}

/* ---- sending ---- */

void
db_conn_flush(struct db_conn *conn)
{
    int left = PQflush(conn->pg);
    if (left < 0 || !db_conn_watch(conn, UV_READABLE | (left > 0 ? UV_WRITABLE : 0)))
        db_conn_drop_lost(conn);
}

bool
db_conn_is_free(const struct db_conn *conn)
{
    return conn->state == DB_CONN_READY && conn->sent == NULL;
}

void
db_conn_send(struct db_conn *conn, struct db_group *group)
{
    CHECK(db_conn_is_free(conn));
    unsigned flush_each = conn->lane->is_write ? DB_FLUSH_WRITES : DB_FLUSH_READS;
    conn->alive_mono_ms = clock_mono_ms();
    conn->sent = group;
    bool is_sent = true;
    for (unsigned i = 0; is_sent && i < group->run_count; i++) {
        is_sent = db_batch_send(conn->pg, &group->ops[group->runs[i].first], group->runs[i].count);
        if (is_sent && (i + 1) % flush_each == 0 && i + 1 < group->run_count)
            is_sent = PQsendFlushRequest(conn->pg) == 1;
    }
    if (is_sent && PQpipelineSync(conn->pg) == 1)
        db_conn_flush(conn);
    else
        db_conn_drop_lost(conn);
}

/* A prepared statement keeps the plan that was good for the tables as they were, until something
 * tells PostgreSQL that they are others now; a table that was empty is read from end to end until
 * then. So plans are let go from time to time, by a group that holds no op. */
static void
renew_plans(struct db_conn *conn)
{
    int64_t now_mono_ms = clock_mono_ms();
    if (!db_conn_is_free(conn) || now_mono_ms - conn->plan_mono_ms < conn->db->plan_age_ms)
        return;
    conn->plan_mono_ms = now_mono_ms;
    stat_planned.value++;
    if (PQsendQueryParams(conn->pg, "DISCARD PLANS", 0, NULL, NULL, NULL, NULL, 0) == 1)
        db_conn_send(conn, db_group_take(conn->db));
    else
        db_conn_drop_lost(conn);
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
    struct db_group *group = conn->sent;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        conn->sent = NULL;
        if (group->count > 0)
            renew_plans(conn);
        db_group_end(conn->lane, group);
        return;
    }
    if (status == PGRES_FATAL_ERROR && db_error_is_loss(result)) {
        db_conn_drop(conn, "connection lost", PQresultErrorMessage(result));
        PQclear(result);
    } else if (status == PGRES_FATAL_ERROR && db_error_is_stale(result)) {
        bool is_handed_over = db_error_is_read_only(result);
        PQclear(result);
        drop(conn, true);
        if (is_handed_over)
            leave_server(conn->db);
    } else {
        db_group_keep(conn->lane, group, result);
    }
}

static void
read_results(struct db_conn *conn)
{
    if (PQconsumeInput(conn->pg) != 1) {
        db_conn_drop_lost(conn);
        return;
    }
    while (conn->state == DB_CONN_PREPARING || conn->state == DB_CONN_LOCKING ||
           (conn->state == DB_CONN_READY && conn->sent != NULL)) {
        PGresult *result = next_result(conn);
        if (result == NULL)
            break;
        conn->alive_mono_ms = clock_mono_ms();
        if (conn->state == DB_CONN_PREPARING) {
            db_connect_take(conn, result);
            PQclear(result);
        } else if (conn->state == DB_CONN_LOCKING) {
            db_connect_take_lock(conn, result);
            PQclear(result);
        } else {
            take_result(conn, result);
        }
    }
    if (conn->pg != NULL && PQstatus(conn->pg) == CONNECTION_BAD)
        db_conn_drop_lost(conn);
    else if (conn->state == DB_CONN_READY && is_read_only(conn))
        leave_server(conn->db);
}

/* At an error of the socket libuv says so once and watches it no longer. But before its error a
 * socket may still hold the server's last words (a crashing one writes a warning), so it is watched
 * again until reading itself fails; else a dead connection would look alive until its limit. */
static void
on_socket(uv_poll_t *poll, int status, int events)
{
    struct db_conn *conn = container_of(poll, struct db_watch, poll)->conn;
    if (conn == NULL)
        return;
    if (conn->state == DB_CONN_CONNECTING) {
        db_connect_step(conn);
        return;
    }
    if (status != 0)
        conn->watch->events = 0;
    read_results(conn); /* a broken socket shows here */
    bool is_open = conn->state == DB_CONN_PREPARING || conn->state == DB_CONN_LOCKING ||
                   conn->state == DB_CONN_READY;
    if (is_open && (status != 0 || (events & UV_WRITABLE) != 0))
        db_conn_flush(conn);
}

/* ---- life ---- */

/* How long a server that is alive may say nothing: 18 s by default. */
static int64_t
limit_silence_ms(const struct db *db)
{
    return 2 * db->statement_timeout_ms + DB_FLUSH_WRITES * db->lock_timeout_ms;
}

/* Three reads are within the limit as well. */
_Static_assert(DB_FLUSH_READS *DB_LOCK_SHARE < 2 * DB_LOCK_SHARE + DB_FLUSH_WRITES, "or none is");

/* What lies in the socket counts: perhaps it was this process that slept. */
static void
watch_over(struct db_conn *conn)
{
    int64_t limit_ms = limit_silence_ms(conn->db);
    if (conn->sent == NULL || clock_mono_ms() - conn->alive_mono_ms <= limit_ms)
        return;
    read_results(conn);
    if (conn->state == DB_CONN_READY && conn->sent != NULL &&
        clock_mono_ms() - conn->alive_mono_ms > limit_ms)
        db_conn_drop(conn, "connection dropped", "the server does not answer in time");
}

static void
on_timer(void *context)
{
    struct db_conn *conn = context;
    switch (conn->state) {
    case DB_CONN_WAITING:
        db_connect_start(conn);
        break;
    case DB_CONN_RESOLVING:
    case DB_CONN_CONNECTING:
    case DB_CONN_PREPARING:
        db_conn_drop(conn, "cannot connect", "the server does not answer in time");
        break;
    case DB_CONN_LOCKING:
        db_connect_ask_lock(conn);
        break;
    case DB_CONN_READY:
        watch_over(conn);
        break;
    }
}

struct db_conn *
db_conn_open(struct db_lane *lane)
{
    struct db_conn *conn = mem_alloc(sizeof *conn);
    conn->lane = lane;
    conn->db = lane->db;
    conn->pause_ms = DB_PAUSE_MIN_MS;
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
