/*
 * relay - the one writer of the log
 *
 *     relay.c         its life: takes over when its connection has the lock, ticks, keeps house
 *     relay_house.c   what it does beside: the outbox's slots, partitions that are too old
 *     relay_tick.c    the statements that append
 *     relay_store.c   all other statements: taking over, restores, partitions, the outbox's slots
 *     relay_rules.c   what follows from what; no I/O, no clock
 *
 * The row `relay` says how far the log is. The relay knows it from its last statement, and each
 * statement changes it only where it still stands as known, in the session that took over. So
 * whatever is sent twice, late, or by a process that ought to be dead, changes nothing.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events.h"

enum {
    RELAY_APPEND_MAX = 2000,    /* events in one statement */
    RELAY_SCAN_MAX = 50000,     /* rows of the outbox that a piece of a backlog looks at */
    RELAY_PAUSE_MIN_MS = 2,     /* after a tick that found something */
    RELAY_PLACE_SIZE = 32,      /* "(0,1)" */
    RELAY_SNAPSHOT_SIZE = 65536 /* "731:900:731,745": a number for each transaction that writes */
};

/* Of the relay's session. A plan is made once, when the tables may be empty, and a tick must go by
 * the index whatever they hold later; by the index itself and not by a bitmap of all that it finds,
 * of which a tick takes only the first in a backlog. A host that is gone gives the lock back after
 * some ten seconds. */
#define RELAY_SETTINGS                                                                             \
    "-c enable_seqscan=off -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan"         \
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"

/* ---- rules ---- */

/* The row `relay`, and the session that knows it. */
struct relay_row {
    char place[RELAY_PLACE_SIZE];       /* where the row lies: found without looking for it */
    char snapshot[RELAY_SNAPSHOT_SIZE]; /* all that was committed in it is in the log */
    char target[RELAY_SNAPSHOT_SIZE];   /* "", or the snapshot at which a backlog ends */
    int64_t last_id;                    /* within a backlog */
    int64_t position;
    int64_t epoch;
    int32_t session_pid;
    int64_t session_start_us; /* of the server, in whose life the process id is one */
};

/* What a relay that takes over finds. */
enum relay_past {
    RELAY_SAME,         /* it goes on */
    RELAY_NEW_TIMELINE, /* another server was promoted, or a recovery ended early: commits may be
                           lost, and with them the log's end */
    RELAY_NEW_CLUSTER,  /* restored from a dump: transaction ids mean nothing */
};

enum relay_past relay_judge_past(bool is_same_cluster, bool is_same_timeline);

/* How long to wait after a tick that found `count` events, when the last wait was `pause_ms`. */
int64_t relay_choose_pause_ms(int64_t pause_ms, int64_t count, bool is_backlog, int64_t max_ms);

/* The most events in one statement: a tick must not need more than the half partition that is
 * always ahead. */
int64_t relay_append_max(unsigned partition_events);

/* Whether a class whose last partition ends at `end` needs a further one. */
bool relay_needs_partition(int64_t end, int64_t position, unsigned partition_events);

/* Whether one more statement's events have room before `end`, even if none is added now. */
bool relay_has_room(int64_t end, int64_t position, unsigned partition_events);

/* Whether the oldest partition of a class, which ends at `end`, is to be dropped. `last_time_us` is
 * when its last event was appended. */
bool relay_may_drop(int64_t end, int64_t position, int64_t last_time_us, int64_t now_us,
                    int64_t retention_ms);

/* Since when the oldest transaction that still writes has been that: zeroed before first use. */
struct relay_watch {
    uint64_t oldest;
    int64_t since_ms;
};

/* How long `snapshot`'s oldest running transaction has been seen to be the oldest; 0: none runs. */
int64_t relay_watch_ms(struct relay_watch *watch, const char *snapshot, int64_t now_ms);

/* ---- appending (relay_tick.c) ---- */

struct relay_tick {
    int64_t now_us; /* real time */
    int64_t append_max;
    bool is_due; /* to write the snapshot down, though nothing came */
};

struct relay_ticked {
    bool is_lost;             /* the row is not as known: take over again */
    bool is_backlog;          /* there is more, to be had at once */
    int64_t count;            /* appended */
    const char *snapshot_now; /* in the call's arena */
};

/* Appends what has committed since `row`, which moves along; the next piece where it is in a
 * backlog. Errors of db_write_await; of ERR_UNKNOWN nobody knows whether it happened: take over
 * again. */
enum err relay_tick_await(struct db *db, struct call *call, const struct relay_tick *tick,
                          struct relay_row *row, struct relay_ticked *ret_ticked) MUST_CHECK;

/* ---- all other statements (relay_store.c) ---- */

enum err relay_read_await(struct db *db, struct call *call, struct relay_row *ret_row,
                          enum relay_past *ret_past) MUST_CHECK;

/* Begins a new epoch behind the last position; `row` moves along. For a new cluster the
 * next tick finds all that the outbox holds: relay_adopt_await must have answered 0. */
enum err relay_begin_epoch_await(struct db *db, struct call *call, enum relay_past past,
                                 int64_t now_us, struct relay_row *row,
                                 bool *ret_is_lost) MUST_CHECK;

/* Takes some of the rows whose transactions are another cluster's; answers how many. */
enum err relay_adopt_await(struct db *db, struct call *call, int64_t *ret_count) MUST_CHECK;

enum relay_class { RELAY_BRIEF, RELAY_LASTING, RELAY_CLASS_COUNT };

extern const char *const relay_class_names[RELAY_CLASS_COUNT];

/* Where the last partition of each class ends; 1 where there is none. */
enum err relay_read_ends_await(struct db *db, struct call *call,
                               int64_t ret_ends[RELAY_CLASS_COUNT]) MUST_CHECK;

/* *ret_end 0: somebody holds a lock, try again. */
enum err relay_add_partition_await(struct db *db, struct call *call, enum relay_class class,
                                   int64_t count, int64_t *ret_end) MUST_CHECK;

/* The oldest partition of a class that has a later one. */
struct relay_oldest {
    bool is_there;
    int64_t first_position;
    int64_t end_position;
    int64_t last_time_us; /* INT64_MAX: it is empty, and so is what comes behind it */
};

enum err relay_read_oldest_await(struct db *db, struct call *call,
                                 struct relay_oldest ret_oldest[RELAY_CLASS_COUNT]) MUST_CHECK;
enum err relay_drop_partition_await(struct db *db, struct call *call, enum relay_class class,
                                    int64_t first_position, bool *ret_is_dropped) MUST_CHECK;

/* Lets inserts go to the next slot, where that is empty, this one is not, and the last switch was
 * before `before_us`. */
enum err relay_switch_await(struct db *db, struct call *call, int64_t before_us, int64_t now_us,
                            struct relay_row *row, bool *ret_is_switched) MUST_CHECK;

enum { RELAY_SLOT_COUNT = 3 };

/* The slots that inserts do not go to and that hold rows: bits 1 << slot. */
enum err relay_read_full_slots_await(struct db *db, struct call *call,
                                     unsigned *ret_slots) MUST_CHECK;

/* Empties a slot, where the log has all that it holds and nobody writes there now. */
enum err relay_empty_slot_await(struct db *db, struct call *call, int slot,
                                bool *ret_is_empty) MUST_CHECK;

/* How far the log is, for whoever looks, on any connection. */
struct relay_view {
    int64_t epoch;
    int64_t position;
    int64_t oldest_time_us; /* business time of the oldest event that is not in the log; 0: none */
};

enum err relay_view_await(struct db *db, struct call *call, struct relay_view *ret_view) MUST_CHECK;

/* ---- keeping house (relay_house.c) ---- */

struct relay_house {
    struct db *db;
    const struct events_config *config;
    struct relay_row *row; /* moves along */
};

/* Switches and empties the outbox; where `is_upkeep_due`, drops partitions that are too old. */
enum err relay_keep_house_await(const struct relay_house *house, struct call *call,
                                bool is_upkeep_due) MUST_CHECK;
