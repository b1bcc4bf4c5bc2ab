/*
 * loadgen_reply - where an answer ends
 *
 * Enough of HTTP/1.1 for servers that are measured: a status line, Content-Length, Connection.
 * Bodies are counted and dropped.
 */
// SPDX-License-Identifier: Apache-2.0
#include "loadgen.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char STATUS_LINE[] = "HTTP/1.1 200";

/* The value of a header in a head that ends with zero, NULL: it is not there. */
static const char *
find_header(const char *head, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
    }
    return NULL;
}

/* 204 and 304 have no body. */
static bool
read_length(struct reply *reply)
{
    const char *length = find_header(reply->head, "Content-Length");
    reply->body_left_bytes = length != NULL ? strtoul(length, NULL, 10) : 0;
    return length != NULL || reply->status == 204 || reply->status == 304;
}

static bool
read_head(struct reply *reply)
{
    if (reply->head_size_bytes < sizeof STATUS_LINE ||
        strncmp(reply->head, STATUS_LINE, strcspn(STATUS_LINE, " ") + 1) != 0)
        return false;
    reply->status = (unsigned)strtoul(reply->head + strcspn(STATUS_LINE, " ") + 1, NULL, 10);
    if (reply->status < 200 || reply->status >= STATUS_MAX)
        return false;
    const char *connection = find_header(reply->head, "Connection");
    reply->is_last = connection != NULL && strncasecmp(connection, "close", 5) == 0;
    return read_length(reply);
}

/* How many of the bytes belong to the head; it may have begun with earlier ones. */
static size_t
take_head(struct reply *reply, const char *bytes, size_t size_bytes)
{
    size_t room = REPLY_HEAD_MAX - 1 - reply->head_size_bytes;
    size_t taken = size_bytes < room ? size_bytes : room;
    size_t before = reply->head_size_bytes;
    memcpy(reply->head + before, bytes, taken);
    reply->head_size_bytes += taken;
    reply->head[reply->head_size_bytes] = 0;
    char *end = memmem(reply->head, reply->head_size_bytes, "\r\n\r\n", 4);
    if (end == NULL) {
        if (taken == room)
            reply->state = REPLY_MALFORMED;
        return taken;
    }
    reply->head_size_bytes = (size_t)(end - reply->head) + 4;
    reply->head[reply->head_size_bytes] = 0;
    reply->state = read_head(reply) ? REPLY_BODY : REPLY_MALFORMED;
    return reply->head_size_bytes - before;
}

enum reply_state
reply_take(struct reply *reply, const char *bytes, size_t size_bytes)
{
    size_t taken = 0;
    if (reply->state == REPLY_HEAD)
        taken = take_head(reply, bytes, size_bytes);
    if (reply->state != REPLY_BODY)
        return reply->state;
    if (size_bytes - taken > reply->body_left_bytes)
        return reply->state = REPLY_MALFORMED;
    reply->body_left_bytes -= size_bytes - taken;
    if (reply->body_left_bytes == 0)
        reply->state = REPLY_WHOLE;
    return reply->state;
}

void
reply_reset(struct reply *reply)
{
    reply->state = REPLY_HEAD;
    reply->head_size_bytes = 0;
    reply->is_last = false;
}
