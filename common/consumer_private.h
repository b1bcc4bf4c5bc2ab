/*
 * consumer_private - what the files of consumer share, and nobody else includes
 *
 *     consumer.c         opening, the look once a second (leases, share), status, closing
 *     consumer_feed.c    rounds: one pull for all lanes, each lane's events to a task of its own
 *     consumer_handle.c  one event: handler, repeats, parking
 *     consumer_store.c   all SQL, and consumer_write_await
 *
 * A lane as this process sees it:
 *
 *     not held --look--> ready --round--> working --done--> ready
 *                          ^                 | refusal
 *                          |                 v
 *                          +----done---- in trouble            any --lost, given up--> not held
 *
 * A round waits for the lanes that work, not for those in trouble: these go on by themselves with
 * what they were given, and take part in rounds again when that is done. `tenure` tells a task
 * whether the lane is still the one that it was given.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/consumer.h"
#include "common/task.h"

enum {
    CONSUMER_MAGIC = 0xc0a5c3e4,
    CONSUMER_REASON_SIZE = 256,
    CONSUMER_STATEMENT_MS = 5000, /* a statement of our own */
    CONSUMER_TYPES_MAX = 64,      /* kinds of a consumer */
};

/* A place in the log. Places of a later epoch are behind all of an earlier one. */
struct consumer_point {
    int64_t epoch;
    int64_t position;
};

struct consumer_lane {
    bool is_held;
    bool is_busy;                 /* a task handles its events */
    bool is_round;                /* it takes part in the round at hand */
    unsigned tenure;              /* one more with each time that it is taken */
    struct consumer_point point;  /* events up to here are done, or nobody's */
    struct consumer_point stored; /* the same as the row has it */
};

struct consumer {
    unsigned magic;
    struct svc *svc;
    struct consumer_options options;
    struct uuid holder;
    struct loop_timer timer;
    struct consumer_lane lanes[CONSUMER_LANES_MAX];
    unsigned lane_count;
    unsigned replica_count; /* that live, as last seen */
    int64_t parked_count;   /* as last seen */
    int64_t last_position;  /* of the log, as last seen */
    int64_t prune_mono_ms;  /* when to prune next */
    unsigned work_count;    /* tasks that handle events */
    bool is_looking;
    bool is_feeding;
    bool is_draining;
    bool are_lanes_made;
    char reason[CONSUMER_REASON_SIZE];  /* why nothing is pulled, "" if it is */
    char trouble[CONSUMER_REASON_SIZE]; /* of the event that was refused last, "" once it passed */
};

int consumer_compare(struct consumer_point a, struct consumer_point b);

/* ---- consumer.c ---- */

/* Says in /status and, where it is another reason than before, in the log why nothing is pulled;
 * "" for nothing. */
void consumer_note(struct consumer *consumer, const char *reason, const char *message);
/* It was found in somebody else's hand. */
void consumer_lose(struct consumer *consumer, unsigned lane);

/* ---- consumer_feed.c ---- */

/* Pulls for the lanes that are ready until there are none, unless that goes on already. */
void consumer_feed(struct consumer *consumer);

/* ---- consumer_handle.c ---- */

/* What the handling of one event is told. */
struct consumer_task {
    struct consumer *consumer;
    unsigned lane;
    unsigned tenure;
    void (*on_trouble)(struct consumer_task *task); /* before the first pause */
};

/* The handler for a type; NULL: nobody wants it. */
const struct consumer_kind *consumer_find_kind(const struct consumer_kind *kinds, const char *type);
bool consumer_is_passing(enum err err);
/* How long after try number `attempt`; -1: not any more. */
int64_t consumer_pause_ms(bool is_passing, unsigned attempt);
/* Whether the task may go on with its lane. */
bool consumer_is_ours(const struct consumer_task *task);
/* Handles one event to its end: done, parked, or false: the lane is not ours any more. */
bool consumer_handle_await(struct consumer_task *task, const Events__V1__LoggedEvent *event,
                           int64_t epoch);

/* ---- consumer_store.c: errors as db_write_await, unless said ---- */

/* Makes the rows of the lanes that are not there. ERR_FAILED_PRECONDITION: there are others. */
enum err consumer_make_lanes_await(struct consumer *consumer, struct call *call) MUST_CHECK;

/* What a look finds. */
struct consumer_look {
    unsigned replica_count; /* that live, this one too */
    int64_t parked_count;
    bool is_held[CONSUMER_LANES_MAX]; /* by this one */
};
/* Renews the lease and looks who holds what. */
enum err consumer_look_await(struct consumer *consumer, struct call *call, int64_t lease_ms,
                             struct consumer_look *ret_look) MUST_CHECK;
/* Takes up to `count` lanes that nobody holds who lives: they are ready. */
enum err consumer_take_await(struct consumer *consumer, struct call *call,
                             unsigned count) MUST_CHECK;
/* Gives up these lanes: those whose number is in the list. */
enum err consumer_give_await(struct consumer *consumer, struct call *call, const unsigned *lanes,
                             size_t count) MUST_CHECK;
/* Gives up all, and the lease. */
enum err consumer_leave_await(struct consumer *consumer, struct call *call) MUST_CHECK;
/* Writes how far these lanes are, all at the same point. `is_forced`: also back. */
enum err consumer_move_await(struct consumer *consumer, struct call *call, const unsigned *lanes,
                             size_t count, struct consumer_point point, bool is_forced) MUST_CHECK;
/* Where a lane's row is. ERR_ABORTED: another replica holds it. */
enum err consumer_read_lane_await(struct consumer *consumer, struct call *call, unsigned lane,
                                  struct consumer_point *ret_point) MUST_CHECK;
/* Puts an event aside and moves the cursor behind it. The fault is `call`'s. */
enum err consumer_park_await(struct call *call, const struct consumer_event *event,
                             const struct fault *fault, unsigned attempts) MUST_CHECK;
/* Forgets what is older than the inbox is kept. */
enum err consumer_prune_await(struct consumer *consumer, struct call *call) MUST_CHECK;
