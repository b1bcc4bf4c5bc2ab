/*
 * buf - bytes that grow by doubling
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
buf_grow(struct buf *buf, size_t more_bytes)
{
    size_t need_bytes = buf->size_bytes + more_bytes;
    CHECK(need_bytes >= more_bytes);
    size_t room_bytes = buf->room_bytes > 0 ? buf->room_bytes : 512;
    while (room_bytes < need_bytes)
        room_bytes *= 2;
    buf->bytes = mem_resize(buf->bytes, room_bytes);
    buf->room_bytes = room_bytes;
}

void
buf_add(struct buf *buf, const void *bytes, size_t size_bytes)
{
    if (size_bytes == 0)
        return;
    memcpy(buf_room(buf, size_bytes), bytes, size_bytes);
    buf->size_bytes += size_bytes;
}

void
buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void
buf_add_number(struct buf *buf, int64_t number)
{
    char digits[20]; /* 2^63 has 19, and a sign */
    size_t first = sizeof digits;
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--first] = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (number < 0)
        digits[--first] = '-';
    buf_add(buf, digits + first, sizeof digits - first);
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(size >= 0);
    char *at = buf_room(buf, (size_t)size + 1);
    vsnprintf(at, (size_t)size + 1, format, again);
    va_end(again);
    buf->size_bytes += (size_t)size;
}

/* Bytes of the UTF-8 character at `text` (RFC 3629: shortest form, no surrogates, up to U+10FFFF);
 * 0 if it is none. */
static size_t
utf8_size(const unsigned char *text, size_t left_bytes)
{
    unsigned char c = text[0];
    size_t size = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (size == 0 || size > left_bytes)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    bool is_overlong = (c == 0xe0 && text[1] < 0xa0) || (c == 0xf0 && text[1] < 0x90);
    bool is_beyond = (c == 0xed && text[1] > 0x9f) || (c == 0xf4 && text[1] > 0x8f);
    return is_overlong || is_beyond ? 0 : size;
}

static void
add_escape(struct buf *buf, unsigned char c)
{
    static const char short_forms[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                       ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    buf_add_char(buf, '\\');
    if (c < sizeof short_forms && short_forms[c] != 0)
        buf_add_char(buf, short_forms[c]);
    else
        buf_printf(buf, "u%04x", c);
}

void
buf_add_json(struct buf *buf, const char *text, size_t size_bytes)
{
    const unsigned char *bytes = (const unsigned char *)text;
    buf_add_char(buf, '"');
    size_t clean = 0; /* start of what needs no change */
    size_t i = 0;
    while (i < size_bytes) {
        size_t size = utf8_size(bytes + i, size_bytes - i);
        bool is_plain = size > 1 || (size == 1 && bytes[i] >= 0x20 && bytes[i] != '"' &&
                                     bytes[i] != '\\' && bytes[i] != 0x7f);
        if (is_plain) {
            i += size;
            continue;
        }
        buf_add(buf, text + clean, i - clean);
        if (size == 0)
            buf_add_text(buf, "\\ufffd");
        else
            add_escape(buf, bytes[i]);
        clean = ++i;
    }
    buf_add(buf, text + clean, size_bytes - clean);
    buf_add_char(buf, '"');
}

const char *
buf_text(struct buf *buf)
{
    *buf_room(buf, 1) = 0;
    return buf->bytes;
}

void
buf_clear(struct buf *buf)
{
    buf->size_bytes = 0;
}

void
buf_free(struct buf *buf)
{
    mem_free(buf->bytes);
    *buf = (struct buf){0};
}
