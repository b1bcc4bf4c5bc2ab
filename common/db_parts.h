/*
 * db_parts - what the files of db share, and nobody else includes
 *
 *     db.c          the public functions, the two lanes, the hook
 *     db_lane.c     the queue of a lane, and what leaves together
 *     db_group.c    groups, and who is to blame for a failed one
 *     db_batch.c    several ops as one statement
 *     db_conn.c     one pipelined connection, as a state machine
 *     db_connect.c  how a connection becomes ready
 *     db_error.c    what the server's errors mean
 *     db_host.c     names of servers into addresses, without blocking the loop
 *     db_param.c    parameters into binary
 *     db_rows.c     results out of binary
 *
 * An op is one statement that somebody waits for. It is in exactly one place: the queue of its
 * lane, a group that is to be sent again, or a group that was sent. Its waiter may go away at any
 * time (deadline); then nobody sends it any more, and an answer that still comes is dropped. So
 * what an op borrows from its waiter is touched only while it has one.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>
#include <sys/queue.h>

#include "common/db.h"
#include "common/task.h"

enum {
    DB_CONNECTIONS_MAX = 4,
    DB_GROUP_BYTES_MAX = 1024 * 1024, /* parameters of one group */
    DB_LOSSES_MAX = 2,                /* connections an op may lose before it is given up */
    DB_PATIENCE_MS = 2000,            /* how long calls wait for a lane that has no connection */
    DB_STATE_SIZE = 512,
    DB_RESOLVE_MS = 5000,
    DB_CONNECT_MS = 1500, /* silence while connecting; and twice the present pause */
    DB_PAUSE_MIN_MS = 50,
    DB_PAUSE_STARTING_MS = 150, /* while the server says that it is starting up */
    DB_LOCK_SHARE = 10,         /* the lock timeout is this part of the statement timeout */
    DB_FLUSH_WRITES = 16,       /* statements after which the server must say something */
    DB_FLUSH_READS = 3,
    DB_ADVISORY_LOCK_MS = 250, /* between two times that a session asks for its lock */
};

/* PostgreSQL counts days and microseconds from 2000-01-01. */
#define DB_EPOCH_DAYS INT64_C(10957) /* from 1970-01-01 */
#define DB_EPOCH_US (DB_EPOCH_DAYS * INT64_C(86400000000))

struct db_lane;

/* Lives on the stack of who waits. */
struct db_waiter {
    struct task_wait wait;
    struct db_lane *lane;
    struct db_op *op;
    struct call *call;
    const struct db_rows *rows;
    bool is_outcome_unknown;
};

struct db_op {
    TAILQ_ENTRY(db_op) link;  /* in the lane's queue, or in the list of free ones */
    struct db_waiter *waiter; /* NULL: nobody waits */
    const struct db_stmt *stmt;
    const struct db_param *params;
    size_t param_count;
    const char *order_key;
    size_t size_bytes;
    int64_t ask_mono_us;
    unsigned loss_count;
    bool is_queued;
    bool is_sent;
    bool is_alone; /* it was in a batch that failed */
};

TAILQ_HEAD(db_op_list, db_op);

/* The ops that are one statement: one, or a batch. */
struct db_run {
    unsigned first;
    unsigned count;
    PGresult *result; /* NULL: it did not come yet, or is done with */
};

/* What leaves under one sync. */
struct db_group {
    TAILQ_ENTRY(db_group) link;
    unsigned count;
    unsigned run_count;
    unsigned answer_count;           /* results that came */
    bool has_failed;                 /* a run has; its only op is answered, or all are alone now */
    PGresult *sync_error;            /* an error that came in place of the sync's success */
    struct db_op *ops[DB_GROUP_MAX]; /* NULL: answered */
    struct db_run runs[DB_GROUP_MAX];
};

TAILQ_HEAD(db_group_list, db_group);

/* What the server says that a statement takes. */
struct db_signature {
    const struct db_stmt *stmt;
    int param_count;
    Oid types[DB_PARAMS_MAX];
};

struct db_conn;

struct db_lane {
    struct db *db;
    bool is_write;
    struct db_op_list queue;
    unsigned queue_count;
    struct db_group_list again;
    struct db_conn *conns[DB_CONNECTIONS_MAX];
    unsigned conn_count;
    unsigned ready_count;
    int64_t down_mono_ms; /* since when ready_count is 0 */
    struct loop_timer patience;
};

struct db {
    struct loop *loop;
    char *url;
    char *schema;
    unsigned queue_max;
    unsigned group_max;
    int64_t statement_timeout_ms;
    int64_t lock_timeout_ms;
    char *settings;
    int64_t advisory_lock;
    int64_t plan_age_ms;
    struct db_lane reads;
    struct db_lane writes;
    struct loop_hook hook;
    struct db_signature *signatures; /* sorted by address of the statement */
    size_t signature_count;
    struct db_op_list free_ops;
    struct db_group_list free_groups;
    unsigned
        handle_count; /* handles of the loop that are not closed yet; the last one frees the db */
    bool is_closing;
    char state[DB_STATE_SIZE];
    char change[128]; /* last migration of the schema, "" before it was read */
};

struct db_host;

enum db_conn_state {
    DB_CONN_WAITING,
    DB_CONN_RESOLVING,
    DB_CONN_CONNECTING,
    DB_CONN_PREPARING,
    DB_CONN_LOCKING,
    DB_CONN_READY
};

/* The watcher of one socket. Apart from the connection, because it is freed only when libuv has
 * closed it. */
struct db_watch {
    uv_poll_t poll;
    struct db_conn *conn; /* NULL: closing */
    struct db *db;
    int events;
};

struct db_conn {
    struct db_lane *lane;
    struct db *db;
    enum db_conn_state state;
    PGconn *pg;
    struct db_watch *watch;
    struct db_host *host;
    struct loop_timer timer;
    int64_t pause_ms;
    int64_t alive_mono_ms; /* the last sign of life since something was sent */
    int64_t plan_mono_ms;  /* since when plans have been made */
    struct db_group *sent; /* NULL: the server owes nothing */
    size_t prepared_count; /* results taken while DB_CONN_PREPARING */
    bool is_lock_asked;    /* while DB_CONN_LOCKING: the server owes an answer */
    bool is_lock_held;
};

/* db.c */
void db_say_state(struct db *db, const char *format, ...) PRINTF_LIKE(2, 3);
void db_say_waiting(struct db *db); /* for the advisory lock: no mistake */
struct db_signature *db_find_signature(struct db *db, const struct db_stmt *stmt);
void db_handle_closed(struct db *db);

/* db_lane.c */
void db_lane_init(struct db_lane *lane, struct db *db, bool is_write, unsigned conn_count);
void db_lane_deinit(struct db_lane *lane);
/* Puts a statement into the queue. */
enum err db_lane_ask(struct db_lane *lane, struct db_waiter *waiter, const struct db_stmt *stmt,
                     const struct db_param *params, size_t param_count,
                     const char *order_key) MUST_CHECK;
/* The waiter goes away. */
void db_lane_forget(struct db_waiter *waiter);
/* Sends what can be sent. */
void db_lane_send(struct db_lane *lane);
/* From a connection: it became ready; it is not any more. */
void db_lane_up(struct db_lane *lane);
void db_lane_down(struct db_lane *lane);

/* db_group.c */
struct db_op *db_op_take(struct db *db);
void db_op_free(struct db_lane *lane, struct db_op *op);
struct db_group *db_group_take(struct db *db);
void db_group_free(struct db_lane *lane, struct db_group *group);
/* Ends the op, and wakes its waiter if there still is one; with the fault filled; because there is
 * no server. */
void db_op_answer(struct db_lane *lane, struct db_op *op, enum err err);
void db_op_refuse(struct db_lane *lane, struct db_op *op, enum err err, const char *reason,
                  const char *message);
void db_op_give_up(struct db_lane *lane, struct db_op *op);
/* From a connection: one result of the group (taken over); its sync; it was lost with the
 * connection. */
void db_group_keep(struct db_lane *lane, struct db_group *group, PGresult *result);
void db_group_end(struct db_lane *lane, struct db_group *group);
void db_group_lose(struct db_lane *lane, struct db_group *group, bool is_undone);

/* db_conn.c */
struct db_conn *db_conn_open(struct db_lane *lane);
void db_conn_close(struct db_conn **conn);
/* Whether it can take a group. */
bool db_conn_is_free(const struct db_conn *conn);
/* Takes the group over, whatever happens. */
void db_conn_send(struct db_conn *conn, struct db_group *group);

/* Watches the present socket for these events of libuv; false: it cannot be watched. */
bool db_conn_watch(struct db_conn *conn, int events) MUST_CHECK;
void db_conn_stop_watching(struct db_conn *conn);
/* Sends what libpq has buffered, as far as the socket takes it. */
void db_conn_flush(struct db_conn *conn);
/* Lets the connection go, says why in db_state, and plans the next try. */
void db_conn_drop(struct db_conn *conn, const char *what, const char *why);
void db_conn_drop_lost(struct db_conn *conn); /* libpq knows why */

/* db_connect.c */
void db_connect_start(struct db_conn *conn);
/* A sign of life while CONNECTING or PREPARING: the time for the next one begins. */
void db_connect_wait(struct db_conn *conn);
void db_connect_step(struct db_conn *conn); /* the socket is ready, while CONNECTING */
void db_connect_take(struct db_conn *conn, const PGresult *result); /* while PREPARING */
/* While LOCKING: asks for the advisory lock; takes what the server says. */
void db_connect_ask_lock(struct db_conn *conn);
void db_connect_take_lock(struct db_conn *conn, const PGresult *result);

/* db_host.c */
/* Turns the names in the connection string into addresses; `on_done` gets libpq's host, hostaddr
 * and port lists (NULL: nothing to resolve), or an error text. Borrowed until it returns. It may be
 * called before db_host_resolve returns. */
struct db_host_list {
    const char *host;
    const char *hostaddr;
    const char *port;
};
typedef void db_host_fn(void *context, const struct db_host_list *list, const char *error);
struct db_host *db_host_resolve(struct loop *loop, const char *url, db_host_fn *on_done,
                                void *context);
/* on_done is not called any more. */
void db_host_cancel(struct db_host **host);

/* db_batch.c */
/* Divides a group that is about to be sent into runs. */
void db_batch_divide(struct db_group *group);
/* Sends ops as one statement; libpq copies the parameters into its own buffer. */
bool db_batch_send(PGconn *pg, struct db_op *const *ops, unsigned count) MUST_CHECK;

/* db_param.c */
Oid db_param_oid(enum db_type type);
Oid db_param_array_oid(enum db_type type); /* 0: there are no arrays of it */

/* db_rows.c */
enum err db_rows_copy(struct arena *arena, const PGresult *result, int first_row, int row_count,
                      const struct db_rows **ret_rows) MUST_CHECK;
/* Which unit of a batch of reads the row belongs to, from 1: its last column. */
unsigned db_rows_place(const PGresult *result, int row);

/* db_error.c */
/* Whether the connection ended, and not just the statement. */
bool db_error_is_loss(const PGresult *result);
/* Whether the same statement may succeed on a new connection: the server became read-only, or a
 * prepared statement is stale. */
bool db_error_is_stale(const PGresult *result);
/* Whether the server has become read-only. */
bool db_error_is_read_only(const PGresult *result);
/* Whether libpq's words on a failed connection (PQERRORS_VERBOSE) say that the server will take
 * connections as soon as it has started, recovered or stopped. */
bool db_error_is_starting(const char *message);
/* Fills the call's fault from the server's error and returns its code. */
enum err db_error_tell(struct call *call, const struct db_stmt *stmt, const PGresult *result);
