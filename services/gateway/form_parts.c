/*
 * form_parts - a form in the format of multipart/form-data
 *
 * The body is "--boundary CRLF head CRLF CRLF value CRLF --boundary ... --boundary--". The value
 * ends where the next boundary begins, so it may hold anything else.
 */
// SPDX-License-Identifier: Apache-2.0
#include "form_parts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/buf.h"

enum { BOUNDARY_MAX = 70, NAME_MAX_BYTES = 100 };

/* A parameter of a header, as `name="a"` or `name=a`. False: there is none, or it is too long. */
static bool
read_parameter(const char *header, const char *name, char *ret_value, size_t size_max)
{
    size_t name_size = strlen(name);
    const char *at = strchr(header, ';');
    while (at != NULL) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, name, name_size) == 0 && at[name_size] == '=')
            break;
        at = strchr(at, ';');
    }
    if (at == NULL)
        return false;
    at += name_size + 1;
    bool is_quoted = *at == '"';
    at += is_quoted;
    size_t size = strcspn(at, is_quoted ? "\"\\\r\n" : "; \t\r\n\"");
    if (size == 0 || size > size_max || (is_quoted && at[size] != '"'))
        return false;
    memcpy(ret_value, at, size);
    ret_value[size] = 0;
    return true;
}

static void
add_encoded(struct buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (isalnum(c))
            buf_add_char(out, text[i]);
        else
            buf_printf(out, "%%%02X", c);
    }
}

/* The part's name from its head, up to the empty line; NULL: it has none. Answers where the value
 * begins. */
static const char *
read_head(const char *at, char name[NAME_MAX_BYTES + 1])
{
    static const char disposition[] = "Content-Disposition:";
    bool has_name = false;
    while (strncmp(at, "\r\n", 2) != 0) {
        const char *end = strstr(at, "\r\n");
        char line[4 * NAME_MAX_BYTES];
        if (end == NULL || (size_t)(end - at) >= sizeof line)
            return NULL;
        memcpy(line, at, (size_t)(end - at));
        line[end - at] = 0;
        if (strncasecmp(line, disposition, sizeof disposition - 1) == 0)
            has_name = read_parameter(line, "name", name, NAME_MAX_BYTES) &&
                       strcasestr(line, "filename") == NULL;
        at = end + 2;
    }
    return has_name ? at + 2 : NULL;
}

/* False: the body is not of this boundary. */
static bool
read_parts(const char *body, const char *mark, struct buf *out)
{
    size_t mark_size = strlen(mark);
    if (strncmp(body, mark + 2, mark_size - 2) != 0) /* the first one has no line before it */
        return false;
    const char *at = body + mark_size - 2;
    while (strncmp(at, "--", 2) != 0) {
        char name[NAME_MAX_BYTES + 1];
        const char *value = strncmp(at, "\r\n", 2) == 0 ? read_head(at + 2, name) : NULL;
        const char *end = value != NULL ? strstr(value, mark) : NULL;
        if (end == NULL)
            return false;
        buf_add_text(out, out->size_bytes > 0 ? "&" : "");
        add_encoded(out, name, strlen(name));
        buf_add_char(out, '=');
        add_encoded(out, value, (size_t)(end - value));
        at = end + mark_size;
    }
    return true;
}

char *
form_parts_read(struct arena *arena, const char *content_type, const char *body, size_t size_bytes)
{
    char boundary[BOUNDARY_MAX + 1];
    if (!read_parameter(content_type, "boundary", boundary, BOUNDARY_MAX))
        return NULL;
    char *copy = arena_alloc(arena, size_bytes + 1);
    memcpy(copy, body, size_bytes);
    struct buf out = {0};
    const char *mark = arena_printf(arena, "\r\n--%s", boundary);
    char *text = read_parts(copy, mark, &out) ? arena_copy_text(arena, buf_text(&out)) : NULL;
    buf_free(&out);
    return text;
}
