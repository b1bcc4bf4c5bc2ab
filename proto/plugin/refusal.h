/*
 * refusal - how a method may refuse, by its options (docs/protocol/http.md)
 *
 * The reasons named here are those of the gateway and of common/; a service adds its own.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/model.h"
#include "proto/plugin/route.h"

struct refusal {
    const char *status;      /* "404", or "default" */
    const char *name;        /* "NotFound": under components/responses */
    const char *description; /* in Markdown */
    const char *reasons;     /* the general ones, joined by ", "; "" if the service names them */
    const char *header;      /* that comes with it; NULL if none */
};

/* All of them, by status. */
extern const struct refusal refusals[];
extern const size_t refusal_count;

/* Whether the method may answer refusals[index]. */
bool refusal_is_possible(size_t index, const struct model_method *method,
                         const struct route *route);
