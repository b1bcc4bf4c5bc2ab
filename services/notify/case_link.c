/*
 * case_link - what a link in a message leads to
 */
// SPDX-License-Identifier: Apache-2.0
#include "case_link.h"

#include <string.h>

#include "common/buf.h"

enum { PLACEHOLDERS = 3 };

static const char *const names[PLACEHOLDERS] = {"{aggregate_type}", "{aggregate_id}", "{token}"};

/* Which placeholder stands there; PLACEHOLDERS: none. */
static size_t
find_placeholder(const char *at)
{
    size_t i = 0;
    while (i < PLACEHOLDERS && strncmp(at, names[i], strlen(names[i])) != 0)
        i++;
    return i;
}

bool
case_link_is_sound(const char *case_url)
{
    if (case_url[0] == 0)
        return true;
    if (strncmp(case_url, "https://", 8) != 0 && strncmp(case_url, "http://", 7) != 0)
        return false;
    for (const char *at = case_url; *(at += strcspn(at, "{}")) != 0;) {
        size_t which = find_placeholder(at);
        if (which == PLACEHOLDERS)
            return false;
        at += strlen(names[which]);
    }
    return true;
}

/* RFC 3986: all but the unreserved characters. */
static void
add_escaped(struct buf *out, const char *value)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *value != 0; value++) {
        if (strchr(unreserved, *value) != NULL)
            buf_add_char(out, *value);
        else
            buf_printf(out, "%%%02X", (unsigned char)*value);
    }
}

static const char *
fill(struct arena *arena, const char *case_url, const char *const values[PLACEHOLDERS])
{
    struct buf out = {0};
    for (const char *at = case_url; *at != 0;) {
        size_t which = find_placeholder(at);
        if (which == PLACEHOLDERS) {
            buf_add_char(&out, *at++);
            continue;
        }
        add_escaped(&out, values[which]);
        at += strlen(names[which]);
    }
    const char *filled = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return filled;
}

const char *
case_link_make(struct arena *arena, const char *public_url, const char *case_url, const char *link,
               const char *aggregate_type, const char *aggregate_id)
{
    const char *const values[PLACEHOLDERS] = {aggregate_type, aggregate_id, link};
    if (link[0] == '/')
        return arena_printf(arena, "%s%s", public_url, link);
    return link[0] == 0 || case_url[0] == 0 ? "" : fill(arena, case_url, values);
}
