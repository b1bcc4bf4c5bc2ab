/*
 * token - bearer tokens: JWS in compact form (RFC 7515, 7519, 8725), checked once and then
 * remembered
 *
 * What the token says about itself chooses nothing but the key: the key's algorithm is fixed by
 * jwks. Everything cheap is refused before a signature is computed. Verified tokens are remembered
 * by their BLAKE2b, with the sealed principal, until they end; a bounded number, the oldest gives
 * way. Real time, never the test clock.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/jwks.h"
#include "common/principal.h"

enum { TOKEN_SIZE_MAX = 8192, TOKEN_CACHE_COUNT = 4096 };

struct token_checker;

struct token_options {
    const char *issuer;
    const char *audience;
    int64_t leeway_ms; /* how far the clocks of issuer and daemon may be apart */
};

/* Texts and keys are borrowed. */
struct token_checker *token_checker_new(const struct token_options *options,
                                        const struct jwks *jwks);
void token_checker_free(struct token_checker **checker);

/* The keys have changed: forgets every token. */
void token_forget(struct token_checker *checker);

/* Looks among the tokens that were verified before. */
bool token_find(struct token_checker *checker, struct arena *arena, const char *token,
                struct principal *ret_principal);

/*
 * Verifies and remembers; costs a signature check. The principal is sealed, in the arena.
 * ERR_UNAUTHENTICATED otherwise, with reason TOKEN_INVALID; `ret_why` is then a constant text for
 * the log, never for the client.
 */
enum err token_verify(struct token_checker *checker, struct arena *arena, const char *token,
                      struct principal *ret_principal, const char **ret_why) MUST_CHECK;
