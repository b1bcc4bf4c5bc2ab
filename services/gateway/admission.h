/*
 * admission - how many calls a service is given at once
 *
 * A service that has more to do than it can does not get slower without end: what it cannot do soon
 * is refused at once, cheaply, so that what it takes is done in time. How many calls may be at hand
 * follows from Little's law: (calls done in a second) x (how long one may take).
 *
 * A crowd that comes at once is let in and served one after the other: up to ADMISSION_CROWD_MS of
 * work. Only where work stands for ADMISSION_STANDS_MS without a pause, the service is overloaded:
 * then no more is let in than it does within the goal, until nobody was refused for
 * ADMISSION_CALM_MS. The first is E1, the second E2 (CoDel, as Facebook has it in "Fail at Scale")
 * of the rules that docs/decisions/0021-overload.md names.
 *
 * What a service does in a second is seen, not configured: while it is overloaded every
 * ADMISSION_WINDOW_MS anew, else the most that was seen. So limits follow replicas that come and
 * go, a database that slows down, and calls that cost more than those before; and several gateways
 * share a service without knowing of each other. Never fewer than ADMISSION_MIN are let in, so that
 * commits may be grouped and a service that stood still is tried.
 *
 * No clock, no loop: the time is given, in microseconds of the monotonic clock, and does not go
 * back.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum {
    ADMISSION_MIN = 64,        /* calls at hand, however slow the service is */
    ADMISSION_CROWD_MIN = 256, /* the same while it is not overloaded */
    ADMISSION_CROWD_MS = 250,  /* as much work as a crowd may bring at once */
    ADMISSION_STANDS_MS = 100, /* work that stands for so long is overload */
    ADMISSION_CALM_MS = 1000,  /* nobody refused for so long: it is over */
    ADMISSION_WINDOW_MS = 100, /* over which calls are counted */
};

struct admission {
    const char *service;
    int64_t goal_us; /* how long a call may take while the service is overloaded */
    unsigned in_flight;
    bool is_overloaded;
    double rate_per_s;   /* calls done; while overloaded the mean of the last windows */
    unsigned done_count; /* in this window */
    int64_t window_us;   /* when it began */
    int64_t low_us;      /* when fewer were at hand than overload lets in, last */
    int64_t refusal_us;  /* the last one */
};

/* `service` must live on. */
void admission_init(struct admission *admission, const char *service, int64_t goal_us,
                    int64_t now_us);

/* Whether one more call may be begun; where not, this counts as a refusal. */
bool admission_is_open(struct admission *admission, int64_t now_us);

/* A call goes to the service. Also one that admission_is_open was not asked about: a later part of
 * something that was let in. */
void admission_enter(struct admission *admission, int64_t now_us);

/* It is back. `is_done`: the service did something for it, be it to say no; not, where it was away
 * or refused for want of room. */
void admission_leave(struct admission *admission, int64_t now_us, bool is_done);

/* How many calls may be at hand now. */
unsigned admission_limit(const struct admission *admission);
