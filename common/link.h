/*
 * link - addresses that open one method for one resource for a limited time, without a token
 *
 * A link is base64url(packed common.v1.Principal of kind LINK) "." base64url(MAC under the
 * installation key, purpose "link"). The gateway opens it and vouches for the principal as for any
 * other; the service compares method and resource.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/principal.h"

enum { LINK_TEXT_SIZE_MAX = 2048 };

/*
 * A link, in the arena. `id` names it in logs and idempotency keys: its subject is "link:<id>".
 * `method` is a full name, as "warranty.v1.WarrantyService/GetClaim"; `resource` the value of that
 * method's link_field. NULL if that is longer than a principal can be.
 */
const char *link_make(struct arena *arena, const char *id, const char *method, const char *resource,
                      int64_t expire_time_ms);

/* Opens and checks. The principal is not sealed. ERR_UNAUTHENTICATED with reason LINK_INVALID or
 * LINK_EXPIRED. */
enum err link_open(struct arena *arena, const char *text, struct principal *ret_principal,
                   struct fault *ret_fault) MUST_CHECK;
