/*
 * read_rules - what a pull asks for, and whether the log can give it without a gap
 *
 * Pure: no I/O, no clock.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

/* What a reader wants. Texts are borrowed; "" is any. */
struct log_wish {
    int64_t epoch; /* of `after`; 0: not said */
    int64_t after; /* events behind this position */
    int limit;
    const char *const *types; /* of these types only; none: any */
    size_t type_count;
    const char *aggregate_type;
    const char *aggregate_id;
    const char *owner_id;
    int lane_count; /* readers that share the lanes; 0 and 1: one has all */
    int lane;
};

/* The log's ends as they were when it was read. */
struct log_ends {
    int64_t epoch;
    int64_t first_lasting; /* from which events of the class are kept */
    int64_t first_brief;
    int64_t last_position;
    /* Where the epoch behind the reader's begins; INT64_MAX: there is none. */
    int64_t newer_first_position;
};

enum {
    LOG_TYPES_SOUGHT_MAX = 8, /* more types are not sought one by one */
    LOG_SCAN_POSITIONS = 20000,
};

/* By which index the log is read. */
enum log_way { LOG_WAY_POSITION, LOG_WAY_TYPES, LOG_WAY_AGGREGATE, LOG_WAY_OWNER };

/* The first position from which all that is wished for is kept: of the classes of its types. */
int64_t log_first_position(const struct log_wish *wish, const struct log_ends *ends);

/*
 * Where a reader that cannot go on without a gap begins anew with the least that it reads twice or
 * misses: where the epoch behind its own began, if it has read beyond; else, and at the earliest,
 * where all that it wishes for is kept.
 */
int64_t log_resync_position(const struct log_wish *wish, const struct log_ends *ends);

/* Why the reader cannot go on without a gap, a constant text; NULL: it can. */
const char *log_find_gap(const struct log_wish *wish, const struct log_ends *ends);

/* The way that reads the least. Events of one aggregate or owner are few; few types are sought
 * each by itself, unless lanes leave out most of what would be found. */
enum log_way log_choose_way(const struct log_wish *wish);

/* Whether some events are not wished for. */
bool log_is_filtered(const struct log_wish *wish);

/*
 * Whether a page of `count` events, the first and last of them at these positions, leaves out any
 * up to `next_after`. Of a filtered page that cannot be said: false.
 */
bool log_has_hole(const struct log_wish *wish, int64_t count, int64_t first, int64_t last,
                  int64_t next_after);

/* The last position that one reading looks at, so that its work is bounded where little of what it
 * sees is wished for. */
int64_t log_scan_end(const struct log_wish *wish);
