/*
 * media - see media.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "media.h"

#include <string.h>
#include <strings.h>

#include "common/buf.h"
#include "route.h"

#define TYPE_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^_.+-"

/* The parameter charset, if there is one, says UTF-8. */
static bool
is_utf8(const char *parameters)
{
    const char *charset = strcasestr(parameters, "charset=");
    if (charset == NULL)
        return true;
    charset += strlen("charset=");
    charset += *charset == '"';
    return strncasecmp(charset, "utf-8", 5) == 0 && strchr("\"; \t", charset[5]) != NULL;
}

bool
media_read(const char *header, char *ret_type)
{
    size_t main_size = strspn(header, TYPE_CHARACTERS);
    if (main_size == 0 || header[main_size] != '/')
        return false;
    size_t sub_size = strspn(header + main_size + 1, TYPE_CHARACTERS);
    size_t size = main_size + 1 + sub_size;
    const char *rest = header + size;
    if (sub_size == 0 || size >= MEDIA_TYPE_SIZE || strchr("; \t", *rest) == NULL || !is_utf8(rest))
        return false;
    for (size_t i = 0; i < size; i++)
        ret_type[i] = (char)(header[i] >= 'A' && header[i] <= 'Z' ? header[i] + 32 : header[i]);
    ret_type[size] = 0;
    return true;
}

bool
media_is_json(const char *type)
{
    size_t size = strlen(type);
    return strcmp(type, "application/json") == 0 ||
           (size > 17 && strncmp(type, "application/", 12) == 0 &&
            strcmp(type + size - 5, "+json") == 0);
}

bool
media_is_listed(const char *const *list, const char *type)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, type) == 0)
            return true;
    return false;
}

/* 3: the type itself, 2: its kind, 1: all types, 0: none of them. `range_size` is without
 * parameters. */
static unsigned
closeness(const char *range, size_t range_size, const char *type)
{
    size_t main_size = strcspn(type, "/") + 1;
    if (range_size == strlen(type) && strncasecmp(range, type, range_size) == 0)
        return 3;
    if (range_size == main_size + 1 && strncasecmp(range, type, main_size) == 0 &&
        range[main_size] == '*')
        return 2;
    return range_size == 3 && strncmp(range, "*/*", 3) == 0 ? 1 : 0;
}

/* The weight among a range's parameters, which end at `end`: "0", "0.8", "1.000". What is none is
 * 0. */
static unsigned
weight_of(const char *parameters, const char *end)
{
    const char *at = parameters;
    for (; at < end; at++) {
        if (*at != ';')
            continue;
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, "q=", 2) == 0)
            break;
    }
    if (at >= end)
        return 1000;
    at += 2;
    if (*at != '0')
        return *at == '1' ? 1000 : 0;
    unsigned weight = 0, unit = 100;
    for (at += at[1] == '.' ? 2 : 1; *at >= '0' && *at <= '9' && unit > 0; at++, unit /= 10)
        weight += (unsigned)(*at - '0') * unit;
    return weight;
}

unsigned
media_quality(const char *accept, const char *type)
{
    unsigned best = 0, weight = 0;
    while (accept != NULL && *accept != 0) {
        accept += strspn(accept, " \t,");
        const char *end = accept + strcspn(accept, ",");
        unsigned close = closeness(accept, strcspn(accept, ",; \t"), type);
        if (close > best) {
            best = close;
            weight = weight_of(accept, end);
        }
        accept = end;
    }
    return weight;
}

void
media_write_disposition(struct buf *out, const char *file_name)
{
    buf_add_text(out, "attachment; filename=\"");
    for (const char *at = file_name; *at != 0; at++) {
        bool is_plain = *at >= 0x20 && *at < 0x7f && strchr("\"\\/%", *at) == NULL;
        if (((unsigned char)*at & 0xc0) != 0x80) /* one for each character */
            buf_add_char(out, (char)(is_plain ? *at : '_'));
    }
    buf_add_text(out, "\"; filename*=UTF-8''");
    route_encode(out, file_name);
}
