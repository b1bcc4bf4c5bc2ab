/*
 * events - what the parts of aftercare-events share
 *
 *     relay.c         the one process that appends: its life; relay_rules.c what it decides,
 *                     relay_store.c its statements
 *     log_store.c     the log, as readers see it; read_rules.c what they are told
 *     follow.c        pulls that wait, and the publication
 *     read_handlers.c the methods of the bus; list_handlers.c those of HTTP
 *
 * Every process answers readers; the one that holds the lock also appends. The two share nothing
 * but the database, and relay_on_append, which spares readers of the same process the wait for the
 * next look.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/svc.h"
#include "events/v1/events.contract.h"
#include "read_rules.h"

struct events_config {
    unsigned partition_events;    /* positions in a partition of the log */
    const char *publish;          /* where the publication is bound over tcp; "" for nowhere */
    int64_t retention_brief_ms;   /* of events marked RETENTION_BRIEF */
    int64_t retention_lasting_ms; /* of all others */
    int64_t switch_interval_ms;   /* between two switches of the outbox */
    int64_t tick_interval_max_ms; /* between two looks at the outbox when nothing comes */
    int64_t upkeep_interval_ms;   /* between two looks for partitions that are too old */
};

/* ---- the relay (relay.c) ---- */

/* From svc_serve to svc_run's end. */
void relay_start(struct svc *svc, const struct events_config *config);
void relay_stop(void);

/* Calls `on_append` each time this process has appended: `position` is the log's last one. */
void relay_on_append(void (*on_append)(void *context, int64_t position), void *context);

/* For svc_on_drain and svc_on_status. */
void relay_drain(void);
bool relay_is_drained(void);
void relay_add_status(struct buf *json_members);

/* ---- the log (log_store.c) ---- */

enum { LOG_PAGE_BYTES_MAX = 128 * 1024, LOG_LIMIT_DEFAULT = 100 };

/* What a pull gets; everything lives in the call's arena. */
struct log_page {
    Events__V1__LoggedEvent **events; /* in order of their positions, about LOG_PAGE_BYTES_MAX */
    size_t count;
    int64_t next_after; /* up to here nothing else is wished for */
    struct log_ends ends;
};

/*
 * Reads events that are wished for; `wish->limit` is at least 1. An empty page may end before the
 * log does: one reading looks at so much only, and the next goes on from next_after.
 * ERR_OUT_OF_RANGE, reason RESYNC with its details, where the reader cannot go on without a gap.
 */
enum err log_read_await(struct call *call, const struct log_wish *wish,
                        struct log_page *ret_page) MUST_CHECK;

/*
 * Reads on until there is an event (read_handlers.c): at the log's end it waits so long for one,
 * and through what is not wished for it searches so long. `wish` goes on with it. Without events
 * the page's next_after says how far it came.
 */
enum err log_search_await(struct call *call, struct log_wish *wish, int64_t wait_ms,
                          int64_t search_ms, struct log_page *ret_page) MUST_CHECK;

/* Without events. */
enum err log_read_ends_await(struct call *call, struct log_ends *ret_ends) MUST_CHECK;

/* ---- following (follow.c): each process wakes the pulls that wait in it, and publishes ---- */

/* Ends the process with a message where the publication cannot be bound. */
void follow_start(struct svc *svc, const struct events_config *config);
/* Whoever waits is woken, the publication's files are taken away. */
void follow_drain(void);
/* After svc_run. */
void follow_stop(void);

/* The log has grown, as the relay of this process knows. */
void follow_look(void);

/* Waits until the log may reach beyond `after`. False: it is not worth looking, the daemon drains.
 */
bool follow_wait_await(int64_t after, int64_t deadline_mono_ms);

/* Where this process publishes, "ipc://...", "" without ipc; valid until the next call. */
const char *follow_publication(void);
/* Its tcp port; 0: none. */
unsigned follow_publication_port(void);
