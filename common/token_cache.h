/*
 * token_cache - principals of verified tokens, by the token's BLAKE2b
 *
 * Sets of four places; a newcomer takes the place of one that has ended, else of the oldest in its
 * set. All memory is taken at the start.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/principal.h"

enum { TOKEN_DIGEST_SIZE = 32 };

struct token_cache;

struct token_cache *token_cache_new(size_t count_max);
void token_cache_free(struct token_cache **cache);

void token_cache_put(struct token_cache *cache, const uint8_t *digest,
                     const struct principal *principal);

/* Copies the principal, what is packed into the arena. False: not known, or ended. */
bool token_cache_get(struct token_cache *cache, struct arena *arena, const uint8_t *digest,
                     int64_t now_real_ms, struct principal *ret_principal);
void token_cache_clear(struct token_cache *cache);
