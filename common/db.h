/*
 * db - PostgreSQL for coroutines: a lane for reads, a lane for writes
 *
 * Both lanes are a few connections in pipeline mode, shared by all coroutines. What is asked for
 * waits while a sync is outstanding, and then leaves as a group of up to 64 under one sync: at low
 * load a group is one statement, at high load it is many, so throughput grows with load and latency
 * hardly does.
 *
 * Invariants
 *   (1) A caller hears of a write only after the sync that made it durable.
 *   (2) A failing statement fails its own caller only: it is taken out of the group, and the rest
 *       is sent again. An error that appears only at the sync is found by bisection.
 *   (3) After a lost connection, a write not yet synced is ERR_UNKNOWN: it may have happened. Its
 *       idempotency key tells; nobody answers "failed" for it.
 *   (4) Answers come back in the order of sending.
 *
 * A statement of many units of work (DB_BATCH) takes all of its kind that leave in a group: what a
 * statement costs beside its rows is paid once for them. Their callers notice nothing of it.
 *
 * All statements of the process are prepared on each new connection (DB_STATEMENT registers them),
 * so one that does not fit the schema stops the start, not a request. Parameters and results are
 * binary.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/call.h"
#include "common/date.h"
#include "common/loop.h"
#include "common/uuid.h"

struct db;
struct db_rows;

enum { DB_PARAMS_MAX = 80, DB_GROUP_MAX = 64 };

/* One SQL text with static storage. */
struct db_stmt {
    const char *name; /* "<service>_<verb>_<noun>"; unique in the process */
    const char *sql;
    bool is_batch;
};

#define DB_DEFINE(variable, ...)                                                                   \
    static const struct db_stmt variable = {__VA_ARGS__};                                          \
    static const struct db_stmt *const variable##_registered                                       \
        __attribute__((section("db_stmts"), used)) = &variable

/* Defines a statement and has it prepared on every connection of the process. */
#define DB_STATEMENT(variable, statement_name, ...)                                                \
    DB_DEFINE(variable, .name = statement_name, .sql = __VA_ARGS__)

/*
 * The same of a statement that does many units of work at once. Each of its parameters is an array
 * with an element for each unit. Callers know one unit: they give its values, and get its rows.
 * Arrays of texts that units give are joined, one behind the other; where it matters whose an
 * element is, another such array beside it says so.
 *
 * On the write lane it answers a row for each unit, in their order. On the read lane a unit may
 * have any number of rows; the last column says whose they are, as WITH ORDINALITY counts (bigint,
 * from 1), and the rows come sorted by it.
 *
 * Where the statement fails, each of its units is done alone, so that the guilty one is found.
 */
#define DB_BATCH(variable, statement_name, ...)                                                    \
    DB_DEFINE(variable, .name = statement_name, .is_batch = true, .sql = __VA_ARGS__)

enum db_type {
    DB_TEXT,
    DB_BYTEA,
    DB_INT4,
    DB_INT8,
    DB_BOOL,
    DB_UUID,
    DB_DATE,
    DB_TIMESTAMPTZ,
    DB_TEXT_ARRAY
};

/* One parameter in binary form. Texts and bytes are borrowed and must stay valid until the await
 * returns. */
struct db_param {
    enum db_type type;
    bool is_null;
    const void *bytes; /* NULL: the value is in `scratch` */
    int size_bytes;
    uint8_t scratch[16];
};

struct db_param db_text(const char *text);         /* NULL is SQL null; "" is the empty text */
struct db_param db_text_or_null(const char *text); /* "" is SQL null too */
struct db_param db_bytea(const void *bytes, size_t size_bytes);
/* Its packed bytes, in the arena. */
struct db_param db_message(struct arena *arena, const ProtobufCMessage *message);
struct db_param db_int4(int32_t value);
struct db_param db_int8(int64_t value);
struct db_param db_bool(bool value);
struct db_param db_uuid(const struct uuid *uuid); /* NULL is SQL null */
struct db_param db_date(struct date date);        /* an absent date is SQL null */
struct db_param db_time(int64_t unix_us);         /* timestamptz */
struct db_param db_text_array(struct arena *arena, const char *const *texts, size_t count);

struct db_options {
    const char *url;    /* libpq connection string or URL */
    const char *schema; /* search_path of every connection, and where schema_version() is asked */
    unsigned read_connections;    /* 0 to 4; with 0, nothing may be read */
    unsigned write_connections;   /* 1 to 4 */
    unsigned queue_max;           /* statements waiting per lane; more is refused */
    unsigned group_max;           /* 1 to DB_GROUP_MAX */
    int64_t statement_timeout_ms; /* on the server; 0: 5 s */
    const char *settings; /* of each session, as "-c enable_seqscan=off"; NULL: none further */
    /* Not 0: the one write connection is ready only while its session holds this advisory lock of
     * the database, and asks for it again every 250 ms until it has it. So a write comes from
     * whoever holds the lock, or not at all: both end with the session. */
    int64_t advisory_lock;
    int64_t plan_age_ms; /* after which plans are made anew; 0: 10 s */
};

/* Whether libpq understands the connection string; it may name a server that does not exist. */
bool db_url_is_valid(const char *url);

/* Starts connecting; reconnects by itself for ever, after 50 ms to 1 s. Calls before a connection
 * is there wait for it until their deadline, at most 2 s, then ERR_UNAVAILABLE. */
struct db *db_open(struct loop *loop, const struct db_options *options);
/* Does not prepare the statements whose names begin so: those of a part of the runtime whose tables
 * the schema does not have. They cannot be asked for then. Before the loop runs. */
void db_leave_out(struct db *db, const char *prefix);
/* Nobody may wait. NULL is fine. */
void db_close(struct db **db);

/* A connection of each lane is there. `db_state` says why not: "connecting", the server's message
 * ... */
bool db_is_ready(const struct db *db);
const char *db_state(const struct db *db);

/* The last migration of the schema, as its table schema_info says; "" before it was read. A
 * connection is not ready, and db_state says so, while that table wants a newer daemon than this
 * one, or while a statement does not fit the schema. */
const char *db_schema_change(const struct db *db);

/*
 * Runs one statement on the read lane and suspends until its rows are here. *ret_rows is set only
 * on OK; it lives in the call's arena.
 *
 * ERR_NOT_FOUND           no row came
 * ERR_DEADLINE_EXCEEDED   the call's deadline passed
 * ERR_RESOURCE_EXHAUSTED  `queue_max` statements wait already
 * ERR_UNAVAILABLE         no server, or it went away
 * ERR_INTERNAL            the statement failed; the fault is filled and says how
 */
enum err db_read_await(struct db *db, struct call *call, const struct db_stmt *stmt,
                       const struct db_param *params, size_t param_count,
                       const struct db_rows **ret_rows) MUST_CHECK;

/*
 * Runs one unit of work on the write lane and suspends until it is durable. `order_key` sorts the
 * units of a group (the aggregate's id), so that two replicas lock in one order. Zero rows are OK
 * here.
 *
 * Errors as above, and: ERR_ALREADY_EXISTS unique violation, ERR_FAILED_PRECONDITION foreign key or
 * check violation (both: fault.field is the constraint's name), ERR_ABORTED deadlock, lock timeout
 * or serialization failure: nothing happened, worth another try; ERR_UNKNOWN see invariant (3),
 * also when the deadline passes after sending.
 */
enum err db_write_await(struct db *db, struct call *call, const struct db_stmt *stmt,
                        const struct db_param *params, size_t param_count, const char *order_key,
                        const struct db_rows **ret_rows) MUST_CHECK;

size_t db_row_count(const struct db_rows *rows);
bool db_is_null(const struct db_rows *rows, size_t row, size_t column);
/* The types must be the statement's; a mismatch aborts. SQL null is "", 0, false, the zero UUID,
 * the absent date. */
const char *db_get_text(const struct db_rows *rows, size_t row, size_t column);
const void *db_get_bytea(const struct db_rows *rows, size_t row, size_t column,
                         size_t *ret_size_bytes);
int32_t db_get_int4(const struct db_rows *rows, size_t row, size_t column);
int64_t db_get_int8(const struct db_rows *rows, size_t row, size_t column);
bool db_get_bool(const struct db_rows *rows, size_t row, size_t column);
struct uuid db_get_uuid(const struct db_rows *rows, size_t row, size_t column);
struct date db_get_date(const struct db_rows *rows, size_t row, size_t column);
int64_t db_get_time(const struct db_rows *rows, size_t row, size_t column);
