/*
 * text - see text.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/plugin/memory.h"

static void
reserve(struct text *text, size_t size_bytes)
{
    size_t needed = text->size_bytes + size_bytes + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = text->capacity == 0 ? 256 : text->capacity;
    while (capacity < needed)
        capacity *= 2;
    char *bytes = memory_new(capacity);
    if (text->size_bytes > 0)
        memcpy(bytes, text->bytes, text->size_bytes);
    text->bytes = bytes;
    text->capacity = capacity;
}

void
text_add_bytes(struct text *text, const char *bytes, size_t size_bytes)
{
    reserve(text, size_bytes);
    memcpy(text->bytes + text->size_bytes, bytes, size_bytes);
    text->size_bytes += size_bytes;
    text->bytes[text->size_bytes] = '\0';
}

void
text_add_char(struct text *text, char character)
{
    text_add_bytes(text, &character, 1);
}

void
text_add(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    reserve(text, (size_t)len);
    va_start(args, format);
    vsnprintf(text->bytes + text->size_bytes, (size_t)len + 1, format, args);
    va_end(args);
    text->size_bytes += (size_t)len;
}

void
text_add_json(struct text *text, const char *value)
{
    text_add_char(text, '"');
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            text_add(text, "\\%c", *p);
        else if (*p == '\n')
            text_add(text, "\\n");
        else if ((unsigned char)*p < 0x20)
            text_add(text, "\\u%04x", (unsigned char)*p);
        else
            text_add_char(text, *p);
    }
    text_add_char(text, '"');
}

void
text_add_html(struct text *text, const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        switch (*p) {
        case '&':
            text_add(text, "&amp;");
            break;
        case '<':
            text_add(text, "&lt;");
            break;
        case '>':
            text_add(text, "&gt;");
            break;
        case '"':
            text_add(text, "&quot;");
            break;
        default:
            text_add_char(text, *p);
        }
    }
}

const char *
text_bytes(const struct text *text)
{
    return text->bytes == NULL ? "" : text->bytes;
}

bool
text_is_equal(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

bool
text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
text_ends_with(const char *text, const char *suffix)
{
    size_t text_len = strlen(text);
    size_t suffix_len = strlen(suffix);
    return text_len >= suffix_len && text_is_equal(text + text_len - suffix_len, suffix);
}
