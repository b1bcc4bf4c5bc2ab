/*
 * trace - traceparent, version 00: "00-<32 hex>-<16 hex>-<2 hex>"; later versions are read as far
 * as 00 goes
 */
// SPDX-License-Identifier: Apache-2.0
#include "trace.h"

#include <stdio.h>
#include <string.h>

#include "common/rng.h"

enum {
    TRACE_AT = 3,
    SPAN_AT = 36,
    FLAGS_AT = 53,
    END_AT = 55,
    TRACE_DIGITS = 32,
    SPAN_DIGITS = 16
};

static bool
is_hex(const char *text, size_t count)
{
    return strspn(text, "0123456789abcdef") >= count;
}

static bool
is_zero(const char *text, size_t count)
{
    return strspn(text, "0") >= count;
}

static bool
is_valid(const char *header)
{
    if (strlen(header) < END_AT || header[2] != '-' || header[SPAN_AT - 1] != '-' ||
        header[FLAGS_AT - 1] != '-')
        return false;
    if (!is_hex(header, 2) || strncmp(header, "ff", 2) == 0)
        return false;
    if (header[END_AT] != 0 && (strncmp(header, "00", 2) == 0 || header[END_AT] != '-'))
        return false;
    return is_hex(header + TRACE_AT, TRACE_DIGITS) && !is_zero(header + TRACE_AT, TRACE_DIGITS) &&
           is_hex(header + SPAN_AT, SPAN_DIGITS) && !is_zero(header + SPAN_AT, SPAN_DIGITS) &&
           is_hex(header + FLAGS_AT, 2);
}

/* Random, and never all zeros, which means "none". */
static void
print_random(size_t digits, char *ret_text)
{
    static const char alphabet[] = "0123456789abcdef";
    uint8_t bytes[TRACE_DIGITS / 2];
    rng_bytes(bytes, digits / 2);
    bytes[0] |= 1;
    for (size_t i = 0; i < digits; i++)
        ret_text[i] = alphabet[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15];
}

void
trace_begin(const char *header, char *ret_traceparent)
{
    memcpy(ret_traceparent, "00-00000000000000000000000000000000-0000000000000000-01", END_AT + 1);
    if (header != NULL && is_valid(header)) {
        memcpy(ret_traceparent + TRACE_AT, header + TRACE_AT, TRACE_DIGITS);
        memcpy(ret_traceparent + FLAGS_AT, header + FLAGS_AT, 2);
    } else {
        print_random(TRACE_DIGITS, ret_traceparent + TRACE_AT);
    }
    print_random(SPAN_DIGITS, ret_traceparent + SPAN_AT);
}

void
trace_print_id(const char *traceparent, char *ret_id)
{
    memcpy(ret_id, traceparent + TRACE_AT, TRACE_DIGITS);
    ret_id[TRACE_DIGITS] = 0;
}
