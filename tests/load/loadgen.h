/*
 * loadgen - what the parts of the load generator share
 *
 *   loadgen.c        command line, report
 *   loadgen_plan.c   which requests there are: a JSON file into texts with holes
 *   loadgen_reply.c  where an answer ends and which status it has
 *   loadgen_run.c    connections and schedule
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "histogram.h"

enum { PLAN_KINDS_MAX = 16, PLAN_HOLES_MAX = 8, STATUS_MAX = 600, SECONDS_MAX = 3600 };

/* ---- loadgen_plan.c ---- */

/* A place in a request's text that is new each time; all of a kind are of one length. */
struct plan_hole {
    size_t offset;
    size_t length;
    bool is_key; /* a random UUID; else a random number of the plan's range */
};

/* One kind of request, whole: head and body. */
struct plan_kind {
    char *name;
    unsigned weight;
    char *text;
    size_t size_bytes;
    struct plan_hole holes[PLAN_HOLES_MAX];
    unsigned hole_count;
};

struct plan {
    char host[64]; /* an IPv4 address */
    uint16_t port;
    uint64_t first; /* `{number}` is one of `count` from here on */
    uint64_t count;
    struct plan_kind kinds[PLAN_KINDS_MAX];
    unsigned kind_count;
    unsigned weight_sum;
};

/* False: it is no plan, and standard error has why. */
bool plan_read(const char *path, struct plan *ret_plan) MUST_CHECK;
void plan_free(struct plan *plan);

/* A kind by its weight. */
unsigned plan_choose(const struct plan *plan, uint64_t *random);

/* Writes a request of the kind into `ret_text`, which has room for it. */
void plan_write(const struct plan *plan, unsigned kind, uint64_t *random, char *ret_text);

/* The next of a row of 64 random bits (splitmix64). */
uint64_t plan_random(uint64_t *state);

/* ---- loadgen_reply.c ---- */

enum reply_state { REPLY_HEAD, REPLY_BODY, REPLY_WHOLE, REPLY_MALFORMED };

enum { REPLY_HEAD_MAX = 16384 };

/* An answer on its way in. Zeroed: nothing came yet. */
struct reply {
    enum reply_state state;
    unsigned status;
    bool is_last; /* the server closes the connection behind it */
    size_t body_left_bytes;
    size_t head_size_bytes;
    char head[REPLY_HEAD_MAX];
};

/*
 * Takes the next bytes in. REPLY_WHOLE: the answer ended exactly with them; what comes behind an
 * answer that was not asked for is REPLY_MALFORMED, and so is one without Content-Length.
 */
enum reply_state reply_take(struct reply *reply, const char *bytes, size_t size_bytes);

/* Ready for the next answer of the connection. */
void reply_reset(struct reply *reply);

/* ---- loadgen_run.c ---- */

struct run_options {
    unsigned connections;
    double rate;    /* requests a second, by a fixed schedule; 0: as fast as they are answered */
    double warm_s;  /* not counted, before */
    double count_s; /* counted */
    double drain_s; /* at most: what was sent is waited for */
};

/* What was seen within the counted time, latencies in microseconds. */
struct run_result {
    double seconds;
    double cpu_s;                              /* of this process, all of its life */
    struct histogram accepted[PLAN_KINDS_MAX]; /* 2xx */
    struct histogram refused;                  /* any other status */
    uint64_t accepted_ever[PLAN_KINDS_MAX];    /* 2xx, whenever: warm-up and drain too */
    uint64_t statuses[STATUS_MAX];
    uint64_t unconnected; /* connections that could not be made, ever */
    uint64_t lost;        /* requests whose connection ended before their answer */
    uint64_t malformed;   /* requests whose answer was none */
    uint64_t unanswered;  /* requests still without answer at the end */
    uint64_t unsent;      /* requests of the schedule for which no connection was free in time */
    uint64_t per_second[SECONDS_MAX]; /* 2xx in each second since the start, warm-up too */
    unsigned second_count;
};

/* Runs the plan. False: the machine would not (descriptors); standard error has why. */
bool run_plan(const struct plan *plan, const struct run_options *options,
              struct run_result *ret_result) MUST_CHECK;
