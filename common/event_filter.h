/*
 * event_filter - which events somebody asks for, and may see
 *
 * The same for the daemon that lists events and the gateway that streams them: what a caller sees
 * must not depend on the way it asks.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/call.h"
#include "common/principal.h"

/* Texts are borrowed; "" is any. */
struct event_filter {
    const char *const *types; /* full names; none: any */
    size_t type_count;
    const char *aggregate_type;
    const char *aggregate_id;
    const char *owner_id; /* a pseudonym */
};

/* "claim" or "claim/0190..."; "" is any. What is cut lies in the arena. False: it is neither. */
bool event_filter_set_aggregate(struct event_filter *filter, struct arena *arena, const char *text);

/*
 * What somebody asks for over HTTP. ERR_INVALID_ARGUMENT: TYPE_UNKNOWN, AGGREGATE_UNKNOWN where
 * this program's contract has no such event, nor an event of such an aggregate: nothing would ever
 * come, and a mistyped name would look like silence. FIELD_FORMAT as above. Texts are borrowed.
 */
enum err event_filter_set_wish(struct event_filter *filter, struct arena *arena,
                               const char *const *types, size_t type_count, const char *aggregate,
                               struct fault *ret_fault) MUST_CHECK;

/*
 * Narrows it to what the principal may see: all events for analysts, managers, administrators,
 * integrations and daemons, for everybody else those of their own things. Whether they may ask at
 * all is the contract's matter.
 */
void event_filter_set_caller(struct event_filter *filter, struct arena *arena,
                             const struct principal *principal);

/* What an event says of itself. */
struct event_subject {
    const char *type;
    const char *aggregate_type;
    const char *aggregate_id;
    const char *owner_id; /* "" where it is nobody's */
};

bool event_filter_matches(const struct event_filter *filter, const struct event_subject *event);
