/*
 * buf - bytes that grow, for text that is being written
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

/* Start with {0}; buf_free ends it. `bytes` is not ended by a zero unless buf_text asked for it. */
struct buf {
    char *bytes;
    size_t size_bytes;
    size_t room_bytes;
};

/* Makes room for `more_bytes` where there is not enough; the functions below call it. */
void buf_grow(struct buf *buf, size_t more_bytes);

/* Room for `more_bytes` at the end: answers where they go. Who writes there adds what was written
 * to `size_bytes`. For hot paths. */
static inline char *
buf_room(struct buf *buf, size_t more_bytes)
{
    if (more_bytes > buf->room_bytes - buf->size_bytes)
        buf_grow(buf, more_bytes);
    return buf->bytes + buf->size_bytes;
}

static inline void
buf_add_char(struct buf *buf, char c)
{
    *buf_room(buf, 1) = c;
    buf->size_bytes++;
}

void buf_add(struct buf *buf, const void *bytes, size_t size_bytes);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_number(struct buf *buf, int64_t number); /* decimal; faster than printf */
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD. */
void buf_add_json(struct buf *buf, const char *text, size_t size_bytes);

/* The content as text; valid until the next call. */
const char *buf_text(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_free(struct buf *buf);
