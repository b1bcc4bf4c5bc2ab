/*
 * jwks - the keys that tokens may be signed with (RFC 7517), from a file
 *
 * The table fixes each key's algorithm: EC P-256 is ES256, RSA of 2048 bits and more is RS256; all
 * else in the file is passed over. A key needs a `kid` of its own. A file that changes is read
 * again; one that cannot be read or holds no key changes nothing.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/err.h"

struct json_t; /* jansson's */
struct jwks;

struct jwks_key {
    char *kid;
    const char *algorithm; /* "ES256", "RS256" */
    struct json_t *jwk;    /* public members and `alg` only */
};

enum err jwks_open(const char *path, struct jwks **ret_jwks, struct fault *ret_fault) MUST_CHECK;
/* The same from memory, for tests and fuzzing. */
enum err jwks_open_text(const char *text, size_t size_bytes, struct jwks **ret_jwks,
                        struct fault *ret_fault) MUST_CHECK;
void jwks_close(struct jwks **jwks);

/* NULL: no such key. Valid until jwks_refresh. */
const struct jwks_key *jwks_find(const struct jwks *jwks, const char *kid);
size_t jwks_count(const struct jwks *jwks);

/* Looks at the file. True: the keys are other ones now, so what was checked with the old ones must
 * be forgotten. */
bool jwks_refresh(struct jwks *jwks);
