/*
 * consumer_private - what the files of consumer share, and nobody else includes
 *
 *     consumer.c         opening, the look once a second (leases, share), status, closing
 *     consumer_feed.c    rounds: one pull for all lanes, each lane's events to a task of its own
 *     consumer_handle.c  one event: handler, repeats, parking
 *     consumer_retry.c   parked events that are to be tried again
 *     consumer_page.c    pages of the admin socket: what is parked, and the wish to try it again
 *     consumer_store.c   the SQL of lanes, cursors and effects; consumer_write_await
 *     consumer_parked.c  the SQL of what is parked
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
#include "common/log.h"
#include "common/task.h"

enum {
    CONSUMER_MAGIC = 0xc0a5c3e4,
    CONSUMER_REASON_SIZE = 256,
    CONSUMER_STATEMENT_MS = 5000, /* a statement of our own */
    CONSUMER_TYPES_MAX = 64,      /* kinds of a consumer */
    CONSUMER_PATH_SIZE = 64,
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
    bool has_wish;                /* a parked event of it is to be tried again */
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
    int64_t shown_parked;   /* its part of the metrics, which all consumers of a daemon share */
    int64_t shown_lanes;
    int64_t last_position; /* of the log, as last seen */
    int64_t prune_mono_ms; /* when to prune next */
    unsigned work_count;   /* tasks that handle events */
    bool is_looking;
    bool is_feeding;
    int64_t reach_mono_ms; /* when an `events` daemon was last reached */
    bool is_aside;         /* our lanes are given up as none is */
    bool is_draining;
    bool are_lanes_made;
    char path[CONSUMER_PATH_SIZE];      /* of its page */
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
/* How long after try number `attempt`; -1: not any more. */
int64_t consumer_pause_ms(bool is_passing, unsigned attempt);
/* Whether the task may go on with its lane. */
bool consumer_is_ours(const struct consumer_task *task);
/* Handles one event to its end: done, parked, or false: the lane is not ours any more. */
bool consumer_handle_await(struct consumer_task *task, const Events__V1__LoggedEvent *event,
                           int64_t epoch);

/* For one try: the event at its place, and its call, in the trace of the change that said it; the
 * arena is the caller's to free. */
struct consumer_event consumer_make_event(const struct consumer_task *task,
                                          const Events__V1__LoggedEvent *envelope, int64_t epoch);
void consumer_begin_call(const struct consumer *consumer, struct call *call,
                         const Events__V1__LoggedEvent *envelope);
/* Reads the payload and runs the handler, if there is one. */
enum err consumer_run_await(const struct consumer_task *task, struct call *call,
                            struct consumer_event *event) MUST_CHECK;
/* The beginning of a log line about an event. */
struct log_line *consumer_begin_line(const struct consumer_task *task,
                                     const Events__V1__LoggedEvent *event, enum log_level level,
                                     const char *message);

/* ---- consumer_retry.c ---- */

/* Tries each parked event of the lane again for which somebody wishes it, once. */
void consumer_retry_await(struct consumer_task *task);

/* ---- consumer_page.c ---- */

/* GET /parked/<name>[?EVENT_ID] and POST /parked/<name>?EVENT_ID on the admin socket. */
void consumer_open_page(struct consumer *consumer);

/* ---- consumer_store.c: errors as db_write_await, unless said ---- */

/* Makes the rows of the lanes that are not there. ERR_FAILED_PRECONDITION: there are others. */
enum err consumer_make_lanes_await(struct consumer *consumer, struct call *call) MUST_CHECK;

/* What a look finds. */
struct consumer_look {
    unsigned replica_count; /* that live, this one too */
    int64_t parked_count;
    bool is_held[CONSUMER_LANES_MAX];  /* by this one */
    bool has_wish[CONSUMER_LANES_MAX]; /* a parked event is to be tried again, whoever holds it */
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
/* Forgets what is older than the inbox is kept. */
enum err consumer_prune_await(struct consumer *consumer, struct call *call) MUST_CHECK;

/* ---- consumer_parked.c: errors as consumer_write_await, unless said ---- */

/* Puts an event aside and moves the cursor behind it. */
enum err consumer_park_await(struct call *call, const struct consumer_event *event,
                             const struct fault *fault, unsigned attempts) MUST_CHECK;
/* Takes its row away, if it is still there: the handler had nothing to do for it, or has done it.
 */
enum err consumer_unpark_await(struct call *call, const struct consumer_event *event) MUST_CHECK;
/* It was refused again: the wish is over, and the reason is this one. As db_write_await. */
enum err consumer_park_again_await(struct call *call, const struct consumer_event *event,
                                   const struct fault *fault) MUST_CHECK;

/* A parked event, in the call's arena. */
struct consumer_parked {
    const Events__V1__LoggedEvent *event; /* NULL: its bytes cannot be read */
    struct uuid event_id;
    int64_t epoch;
    const char *type;
    const char *reason;
    const char *message;
    int attempts;
    int64_t park_time_us;
    bool has_wish;
};
struct consumer_parked_list {
    const struct consumer_parked *list;
    size_t count;
};
/* What lies parked, the oldest first, at most CONSUMER_PARKED_MAX. With `event_id` that one only.
 */
enum { CONSUMER_PARKED_MAX = 1000 };
enum err consumer_list_parked_await(struct consumer *consumer, struct call *call,
                                    const struct uuid *event_id,
                                    struct consumer_parked_list *ret_parked) MUST_CHECK;
/* What is to be tried again of a lane, in the order of the log, as many as are tried at once. */
enum err consumer_list_wishes_await(struct consumer *consumer, struct call *call, unsigned lane,
                                    struct consumer_parked_list *ret_parked) MUST_CHECK;
/* Wishes that it is tried again. ERR_NOT_FOUND: it does not lie there. */
enum err consumer_wish_await(struct consumer *consumer, struct call *call,
                             const struct uuid *event_id) MUST_CHECK;
