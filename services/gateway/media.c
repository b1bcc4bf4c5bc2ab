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
