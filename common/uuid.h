/*
 * uuid - identities that sort by time: UUID version 7 (RFC 9562, 5.7)
 *
 * Made from business time in milliseconds, a counter that grows within one millisecond, and 62
 * random bits: ids of one process rise strictly.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

struct uuid {
    uint8_t bytes[16];
};

enum { UUID_TEXT_SIZE = 37 };

/* A new one. */
struct uuid uuid_make(void);

/* Accepts the form 8-4-4-4-12 in hexadecimal digits of either case, any version; false if it is not
 * that. */
bool uuid_parse(const char *text, struct uuid *ret_uuid);

/* Lower case, with the final zero: `ret_text` has UUID_TEXT_SIZE bytes. */
void uuid_print(const struct uuid *uuid, char *ret_text);

bool uuid_is_equal(const struct uuid *a, const struct uuid *b);
