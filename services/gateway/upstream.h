/*
 * upstream - the services that the gateway asks, and how much each is given at once
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway.h"

enum { UPSTREAM_RETRY_MS = 1000 }; /* Retry-After of who was turned away */

/* Of all routes; the bus looks for their replicas from now on, not from the first request on. */
struct upstream *upstreams_open(struct gateway *gateway);
void upstreams_free(struct upstream **upstreams);

/* Whether no service has a replica that is ready. */
bool upstreams_are_away(const struct gateway *gateway);

/* Adds the member "upstreams": of each service its replicas that are ready, the calls at hand and
 * how many they may be, and whether it is overloaded. */
void upstreams_add_status(struct buf *out, const struct gateway *gateway);

/* Whether the service of the exchange's route takes one more. ERR_RESOURCE_EXHAUSTED, reason
 * OVERLOADED: it does not, and the exchange is marked as turned away. The gateway's own methods are
 * always open. */
enum err upstream_check_room(struct exchange *exchange) MUST_CHECK;

/* bus_ask_await of a service that routes name, counted. Suspends. */
enum err upstream_ask_await(struct gateway *gateway, const char *service, struct arena *arena,
                            const struct bus_question *question,
                            struct bus_answer *ret_answer) MUST_CHECK;
