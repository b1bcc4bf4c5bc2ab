/*
 * ticket - opens the event stream of one caller for a minute, as ?ticket=
 *
 * A browser's EventSource sends no Authorization, and what stands in an address is read by proxies
 * and kept in their logs: so a ticket holds for a minute, opens nothing else, and says nothing to
 * those who read it. It is the caller's sealed principal, encrypted (XChaCha20-Poly1305) under a
 * key made from the installation's, in base64url: any gateway opens what any other made, and none
 * keeps anything. It may be used more than once while it holds.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/principal.h"

enum { TICKET_LIFE_MS = 60 * 1000, TICKET_TEXT_SIZE_MAX = 4096 };

/* A ticket for a sealed principal, in the arena. The time is real. */
const char *ticket_make(struct arena *arena, const struct principal *principal,
                        int64_t expire_time_ms);

/* The principal, sealed, in the arena. ERR_UNAUTHENTICATED with reason TICKET_INVALID, or
 * TICKET_EXPIRED where the ticket or what it was made for has ended. */
enum err ticket_open(struct arena *arena, const char *text, struct principal *ret_principal,
                     struct fault *ret_fault) MUST_CHECK;
