/*
 * case_link - what a link in a message leads to
 *
 * The service that has a case says by what its person sees it without a login: a path, where it has
 * a page for them, or a token, where it has none. A token opens the case to programs
 * (GET /v1/claims/{claim_id}?link=TOKEN), so it goes to the company's own page about cases, and
 * nowhere where there is no such page. Pure: no I/O, no clock.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"

/* Whether a template of addresses can be filled: it begins with https:// or http://, and holds no
 * other braces than {aggregate_type}, {aggregate_id} and {token}. "" is sound: there is no page. */
bool case_link_is_sound(const char *case_url);

/* The address, in the arena; "" where there is no page. `link` is what the service said. */
const char *case_link_make(struct arena *arena, const char *public_url, const char *case_url,
                           const char *link, const char *aggregate_type, const char *aggregate_id);
