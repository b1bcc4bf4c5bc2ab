/*
 * key - reading the header fields that decide about repeats: Idempotency-Key, If-Match,
 * If-None-Match
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/call.h"

/*
 * Quoted as a string of RFC 8941 (1 to 255 characters 0x20 to 0x7e after unescaping, no
 * parameters), or bare (1 to 255 of A-Z a-z 0-9 . _ : -). False: neither. `ret_key` has
 * CALL_KEY_SIZE bytes.
 */
bool key_parse(const char *header, char *ret_key) MUST_CHECK;

/* 32 random hexadecimal digits, for changes that need no key of the client's. */
void key_make(char *ret_key);

enum key_match {
    KEY_MATCH_VERSION,   /* this version */
    KEY_MATCH_ANY,       /* "*" */
    KEY_MATCH_FOREIGN,   /* an entity tag, but none of ours: it matches nothing */
    KEY_MATCH_MALFORMED, /* no entity tag, or several */
};

/* Reads If-Match. `ret_version` is set for KEY_MATCH_VERSION: 1 and more. */
enum key_match key_parse_if_match(const char *header, int64_t *ret_version);

/* Whether If-None-Match names the entity tag (weak comparison), or is "*". */
bool key_is_none_match(const char *header, const char *etag);
