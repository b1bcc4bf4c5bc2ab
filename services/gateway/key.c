/*
 * key - Idempotency-Key in its two forms; entity tags that are versions
 */
// SPDX-License-Identifier: Apache-2.0
#include "key.h"

#include <stdlib.h>
#include <string.h>

#include "common/rng.h"

static const char *
skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

/* sf-string of RFC 8941, 3.3.3, without parameters. */
static bool
parse_quoted(const char *at, char *ret_key)
{
    size_t size = 0;
    for (; *at != '"'; at++) {
        if (*at == '\\' && *++at != '"' && *at != '\\')
            return false;
        if (*at < 0x20 || *at > 0x7e || size == CALL_KEY_SIZE - 1)
            return false;
        ret_key[size++] = *at;
    }
    ret_key[size] = 0;
    return size > 0 && *skip_blanks(at + 1) == 0;
}

static bool
parse_bare(const char *at, char *ret_key)
{
    size_t size = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");
    if (size == 0 || size > CALL_KEY_SIZE - 1 || *skip_blanks(at + size) != 0)
        return false;
    memcpy(ret_key, at, size);
    ret_key[size] = 0;
    return true;
}

bool
key_parse(const char *header, char *ret_key)
{
    header = skip_blanks(header);
    return *header == '"' ? parse_quoted(header + 1, ret_key) : parse_bare(header, ret_key);
}

void
key_make(char *ret_key)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    rng_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        ret_key[2 * i] = digits[bytes[i] >> 4];
        ret_key[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_key[2 * sizeof bytes] = 0;
}

/* The end of one entity tag (RFC 9110, 8.8.3) without its weakness; NULL if it is none. */
static const char *
skip_tag(const char *at)
{
    if (*at++ != '"')
        return NULL;
    while (*at == 0x21 || (*at >= 0x23 && *at <= 0x7e) || (unsigned char)*at >= 0x80)
        at++;
    return *at == '"' ? at + 1 : NULL;
}

enum key_match
key_parse_if_match(const char *header, int64_t *ret_version)
{
    header = skip_blanks(header);
    if (strcmp(header, "*") == 0)
        return KEY_MATCH_ANY;
    bool is_weak = strncmp(header, "W/", 2) == 0;
    const char *tag = header + (is_weak ? 2 : 0);
    const char *end = skip_tag(tag);
    if (end == NULL || *skip_blanks(end) != 0)
        return KEY_MATCH_MALFORMED;
    size_t digits = strspn(tag + 1, "0123456789");
    /* A weak tag never matches strongly; our tags are whole numbers from 1 without leading zeros.
     */
    if (is_weak || digits == 0 || digits > 18 || tag + 1 + digits + 1 != end || tag[1] == '0')
        return KEY_MATCH_FOREIGN;
    *ret_version = strtoll(tag + 1, NULL, 10);
    return KEY_MATCH_VERSION;
}

bool
key_is_none_match(const char *header, const char *etag)
{
    const char *at = skip_blanks(header);
    if (strcmp(at, "*") == 0)
        return true;
    while (*at != 0) {
        if (strncmp(at, "W/", 2) == 0)
            at += 2;
        const char *end = skip_tag(at);
        if (end == NULL)
            return false;
        if ((size_t)(end - at) == strlen(etag) && strncmp(at, etag, (size_t)(end - at)) == 0)
            return true;
        at = end + strspn(end, " \t,");
    }
    return false;
}
