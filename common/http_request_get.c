/*
 * http_request_get - what receivers ask of a request
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_private.h"

#include <strings.h>

void
http_on_gone(struct http_request *request, void (*on_gone)(void *context), void *context)
{
    request->on_gone = on_gone;
    request->gone_context = context;
}

bool
http_is_gone(const struct http_request *request)
{
    return request->conn == NULL;
}

struct arena *
http_arena(struct http_request *request)
{
    return request->arena;
}

const char *
http_method(const struct http_request *request)
{
    return request->method;
}

const char *
http_path(const struct http_request *request)
{
    return request->path;
}

const char *
http_query(const struct http_request *request)
{
    return request->query;
}

const char *
http_peer(const struct http_request *request)
{
    return request->peer;
}

const char *
http_header(const struct http_request *request, const char *name)
{
    const char *joined = NULL;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (strcasecmp(header->name, name) != 0)
            continue;
        joined = joined == NULL ? header->value
                                : arena_printf(request->arena, "%s, %s", joined, header->value);
    }
    return joined;
}

const char *
http_body(const struct http_request *request, size_t *ret_size_bytes)
{
    *ret_size_bytes = request->body.size_bytes;
    return request->body.bytes != NULL ? request->body.bytes : "";
}
