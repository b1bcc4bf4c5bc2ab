/*
 * events - what the parts of aftercare-events share
 *
 *     relay.c         the one process that appends: its life; relay_rules.c what it decides,
 *                     relay_store.c its statements
 *     log_store.c     the log, as readers see it
 *     read_handlers.c the methods
 *
 * Every process answers readers; the one that holds the lock also appends. The two share nothing
 * but the database, and relay_on_append, which spares readers of the same process the wait for the
 * next look.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/svc.h"
#include "events/v1/events.contract.h"

struct events_config {
    unsigned partition_events;    /* positions in a partition of the log */
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

/* What a pull asks for. */
struct log_wish {
    int64_t after; /* events behind this position */
    int limit;
};

/* What it gets; everything lives in the call's arena. */
struct log_page {
    Events__V1__LoggedEvent **events; /* in order of their positions, about LOG_PAGE_BYTES_MAX */
    size_t count;
    int64_t epoch;
    int64_t last_position;
};

enum { LOG_PAGE_BYTES_MAX = 128 * 1024, LOG_LIMIT_DEFAULT = 100 };

enum err log_read_await(struct call *call, const struct log_wish *wish,
                        struct log_page *ret_page) MUST_CHECK;

/* The log's ends. */
struct log_extent {
    int64_t epoch;
    int64_t first_position; /* from which every event of every class is kept */
    int64_t last_position;  /* 0: none yet */
};

enum err log_read_extent_await(struct call *call, struct log_extent *ret_extent) MUST_CHECK;
