/*
 * event_find - one event of the log, by its identity
 *
 * The log is ordered by position and knows nothing else of an identity. But an identity begins with
 * the time it was made (UUID version 7), which is that of the change, and events of a type lie in
 * the order of their times but for what long transactions and clocks put apart. So the place is
 * searched for by halves, and what lies around it is read. An identity of another kind is not
 * found.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify.h"

/* Events that lie further from their time than this are not found. */
enum { EVENT_FIND_SLACK_MS = 10 * 60 * 1000 };

/* An event of this type. ERR_NOT_FOUND; others as svc_ask_await. */
enum err event_find_await(struct call *call, const struct uuid *event_id, const char *type,
                          const Events__V1__LoggedEvent **ret_event) MUST_CHECK;
