/*
 * answer_body - answers that are bytes: a method's field `body`, sent as it is
 *
 * What fits a piece is answered whole. Of more, the next piece is asked for while the one before is
 * on its way, so that two are in memory and no more; a client that does not read is asked for by
 * nobody. What was promised by Content-Length and cannot be given ends the connection: the client
 * notices.
 */
// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "common/v1/envelope.pb-c.h"
#include "key.h"
#include "media.h"
#include "stream.h"

static const Common__V1__Body *
get_body(const struct contract_route *route, const ProtobufCMessage *res)
{
    if (route->produces == NULL)
        return NULL;
    const ProtobufCFieldDescriptor *field = &res->descriptor->fields[route->body_field];
    return *(const Common__V1__Body *const *)((const char *)res + field->offset);
}

/* Whether the service keeps to what proto/common/v1/types.proto says of a first piece. */
static bool
is_sound(const struct contract_route *route, const Common__V1__Body *body)
{
    int64_t count_bytes = (int64_t)body->content.len;
    bool is_whole = count_bytes == body->size_bytes;
    bool has_next = count_bytes > 0 && body->etag[0] != 0 && route->offset_field >= 0;
    bool is_refusal = body->status >= 400 && body->status < 500 && is_whole && body->etag[0] == 0;
    return media_is_listed(route->produces, body->media_type) && count_bytes <= body->size_bytes &&
           (is_whole || has_next) && (body->status == 0 || is_refusal);
}

static const char *
make_disposition(struct exchange *exchange, const char *file_name)
{
    struct buf *out = &exchange->gateway->scratch;
    buf_clear(out);
    media_write_disposition(out, file_name);
    return arena_copy_text(exchange->arena, buf_text(out));
}

/* Answers whether it is what the client has already. */
static bool
add_headers(struct exchange *exchange, struct answer_headers *headers, const Common__V1__Body *body)
{
    bool is_public = exchange->match.route->method->is_anonymous;
    bool is_by_link = exchange->principal.kind == COMMON__V1__PRINCIPAL__KIND__LINK;
    const char *none_match = http_header(exchange->http, "If-None-Match");
    const char *etag =
        body->etag[0] != 0 ? arena_printf(exchange->arena, "\"%s\"", body->etag) : NULL;
    bool is_same = etag != NULL && none_match != NULL && key_is_none_match(none_match, etag);
    answer_begin(headers, exchange, is_same ? NULL : body->media_type);
    answer_add(headers, "Cache-Control",
               etag == NULL || is_by_link ? "no-store"
               : is_public                ? "public, no-cache"
                                          : "private, no-cache");
    if (etag != NULL)
        answer_add(headers, "ETag", etag);
    if (exchange->is_replayed)
        answer_add(headers, "Idempotent-Replayed", "true");
    if (body->file_name[0] != 0)
        answer_add(headers, "Content-Disposition", make_disposition(exchange, body->file_name));
    return is_same;
}

/* ---- pieces ---- */

/* The bytes from `offset_bytes` on; NULL where there are none of the same whole. */
static const Common__V1__Body *
ask_next_await(struct exchange *exchange, struct arena *arena, const Common__V1__Body *first,
               int64_t offset_bytes)
{
    const struct contract_route *route = exchange->match.route;
    const ProtobufCFieldDescriptor *field = &exchange->req->descriptor->fields[route->offset_field];
    const ProtobufCMessage *res;
    *(int64_t *)((char *)exchange->req + field->offset) = offset_bytes;
    if (exchange_ask_await(exchange, arena, &res) != OK)
        return NULL;
    const Common__V1__Body *body = get_body(route, res);
    bool is_next = body != NULL && body->content.len > 0 && body->size_bytes == first->size_bytes &&
                   strcmp(body->etag, first->etag) == 0 &&
                   (int64_t)body->content.len <= first->size_bytes - offset_bytes;
    if (!is_next)
        exchange_refuse(exchange, ERR_INTERNAL, "ANSWER_MALFORMED",
                        "%s answered a piece that is none of the whole", route->method->service);
    return is_next ? body : NULL;
}

/* Sends all pieces, beginning with the first. Answers how many bytes were handed over. */
static int64_t
send_pieces_await(struct exchange *exchange, const Common__V1__Body *first)
{
    const Common__V1__Body *body = first;
    struct arena *arena = NULL;
    int64_t sent_bytes = 0;
    bool is_there = true;
    while (is_there && body != NULL && sent_bytes < first->size_bytes) {
        struct task_wait wait;
        stream_write(exchange, body->content.data, body->content.len, &wait);
        sent_bytes += (int64_t)body->content.len;
        arena_free(&arena);
        body = NULL;
        if (sent_bytes < first->size_bytes) {
            arena = arena_new(ARENA_BUDGET_BYTES);
            body = ask_next_await(exchange, arena, first, sent_bytes);
        }
        is_there = stream_written_await(exchange, &wait);
    }
    arena_free(&arena);
    return sent_bytes;
}

static void
log_cut(const struct exchange *exchange, int64_t sent_bytes, int64_t size_bytes)
{
    bool is_gone = http_is_gone(exchange->http);
    struct log_line *line = log_begin(is_gone ? LOG_INFO : LOG_WARN, "answer cut off");
    log_text(line, "path", exchange->match.route->path);
    log_text(line, "reason", is_gone ? "CLIENT_LEFT" : exchange->fault.reason);
    log_number(line, "sent_bytes", sent_bytes);
    log_number(line, "size_bytes", size_bytes);
    log_text(line, "trace", exchange->traceparent);
    log_end(line);
}

static void
answer_pieces_await(struct exchange *exchange, struct answer_headers *headers,
                    const Common__V1__Body *body)
{
    struct gateway *gateway = exchange->gateway;
    if (!stream_enter(exchange)) {
        answer_problem(exchange);
        return;
    }
    http_reply_begin(exchange->http, 200, headers->list, (uint64_t)body->size_bytes);
    int64_t sent_bytes = body->size_bytes;
    if (strcmp(http_method(exchange->http), "HEAD") != 0)
        sent_bytes = send_pieces_await(exchange, body);
    if (sent_bytes < body->size_bytes)
        log_cut(exchange, sent_bytes, body->size_bytes);
    answer_count(exchange, 200, OK);
    http_reply_end(&exchange->http);
    stream_leave(gateway);
}

bool
answer_body_await(struct exchange *exchange, const ProtobufCMessage *res)
{
    const struct contract_route *route = exchange->match.route;
    const Common__V1__Body *body = get_body(route, res);
    struct answer_headers headers;
    if (body == NULL)
        return false;
    if (!is_sound(route, body)) {
        exchange_refuse(exchange, ERR_INTERNAL, "ANSWER_MALFORMED",
                        "%s answered bytes that break their contract", route->method->service);
        answer_problem(exchange);
        return true;
    }
    unsigned status = body->status != 0 ? (unsigned)body->status : 200;
    if (add_headers(exchange, &headers, body))
        answer_finish(exchange, 304, OK, &headers, NULL, 0);
    else if ((int64_t)body->content.len == body->size_bytes)
        answer_finish(exchange, status, OK, &headers, body->content.data, body->content.len);
    else
        answer_pieces_await(exchange, &headers, body);
    return true;
}
