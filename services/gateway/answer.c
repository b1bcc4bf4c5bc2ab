/*
 * answer - from the method's message, or a refusal, to HTTP; the log line and the count
 */
// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/json_packed.h"
#include "common/log.h"
#include "common/packed_wire.h"
#include "common/stat.h"
#include "key.h"
#include "media.h"
#include "trace.h"

enum { ALLOW_SIZE = 64, ETAG_SIZE = 32 };

#define PAGE_TYPE "text/html; charset=utf-8"

/* Of every page: no script, nothing from elsewhere but pictures, for a company's logo may lie
 * anywhere, and forms that post to us alone. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' http: https: data:; "           \
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

void
answer_add(struct answer_headers *headers, const char *name, const char *value)
{
    CHECK(headers->count < GATEWAY_HEADERS_MAX);
    headers->list[headers->count++] = (struct http_header){.name = name, .value = value};
    headers->list[headers->count] = (struct http_header){NULL, NULL};
}

static void
add_cors(struct answer_headers *headers, const struct exchange *exchange)
{
    const struct cors *cors = exchange->gateway->cors;
    const char *origin = http_header(exchange->http, "Origin");
    if (!cors_is_on(cors))
        return;
    answer_add(headers, "Vary", "Origin");
    if (!cors_is_allowed(cors, origin))
        return;
    answer_add(headers, "Access-Control-Allow-Origin", origin);
    answer_add(headers, "Access-Control-Expose-Headers", CORS_EXPOSED_HEADERS);
}

void
answer_begin(struct answer_headers *headers, const struct exchange *exchange, const char *type)
{
    headers->count = 0;
    if (type != NULL)
        answer_add(headers, "Content-Type", type);
    answer_add(headers, "X-Content-Type-Options", "nosniff");
    answer_add(headers, "Referrer-Policy", "no-referrer");
    answer_add(headers, "traceparent", exchange->traceparent);
    if (type != NULL && strncmp(type, "text/html", 9) == 0)
        answer_add(headers, "Content-Security-Policy", PAGE_POLICY);
    add_cors(headers, exchange);
}

static void
log_answer(const struct exchange *exchange, unsigned status, enum err err, int64_t duration_us)
{
    const struct contract_route *route = exchange->match.route;
    struct log_line *line = log_begin(status >= 500 ? LOG_WARN : LOG_INFO, "request answered");
    log_text(line, "verb", http_method(exchange->http));
    log_text(line, "path",
             route != NULL ? route->path : "other"); /* the pattern: values may be personal */
    log_number(line, "status", status);
    if (err != OK)
        log_text(line, "reason", exchange->fault.reason);
    if (err == ERR_INTERNAL)
        log_text(line, "detail", exchange->fault.message);
    if (err == ERR_UNAUTHENTICATED || status == 429) {
        log_text(line, "peer", http_peer(exchange->http));
        if (exchange->why != NULL)
            log_text(line, "why", exchange->why);
    }
    log_number(line, "duration_us", duration_us);
    log_text(line, "trace", exchange->traceparent);
    log_end(line);
}

void
answer_count(const struct exchange *exchange, unsigned status, enum err err)
{
    const struct contract_route *route = exchange->match.route;
    int64_t duration_us = clock_mono_us() - exchange->start_mono_us;
    if (!exchange->is_turned_away) /* of these there may be thousands a second */
        log_answer(exchange, status, err, duration_us);
    stat_count_call(route != NULL ? route->method->name : "other", err_name(err), duration_us);
    svc_count_answer(exchange->gateway->svc);
}

void
answer_finish(struct exchange *exchange, unsigned status, enum err err,
              struct answer_headers *headers, const void *body, size_t size_bytes)
{
    answer_count(exchange, status, err);
    http_reply(&exchange->http, status, headers->list, body, size_bytes);
}

/* ---- messages ---- */

struct reply {
    const struct contract_message *contract;
    const ProtobufCMessage *message; /* NULL: it is still packed */
    struct span span;                /* then it is this */
    char etag[ETAG_SIZE];            /* "" if it has none */
};

static void
print_etag(int64_t version, char ret_etag[ETAG_SIZE])
{
    if (version > 0)
        snprintf(ret_etag, ETAG_SIZE, "\"%" PRId64 "\"", version);
}

/* The part of the response that is the answer. False: the service left it out. */
static bool
pick_reply(const struct contract_route *route, const ProtobufCMessage *res, struct reply *ret_reply)
{
    *ret_reply = (struct reply){.contract = route->method->response, .message = res};
    if (route->reply_field >= 0) {
        const ProtobufCFieldDescriptor *field = &res->descriptor->fields[route->reply_field];
        ret_reply->contract = route->method->response->fields[route->reply_field].message;
        ret_reply->message = *(const ProtobufCMessage *const *)((const char *)res + field->offset);
    }
    bool is_bytes_only = route->produces != NULL && route->reply_field < 0;
    if (ret_reply->message == NULL || is_bytes_only)
        return false;
    if (route->etag_field >= 0) {
        const ProtobufCFieldDescriptor *field =
            &ret_reply->message->descriptor->fields[route->etag_field];
        CHECK(field->type == PROTOBUF_C_TYPE_INT64);
        print_etag(*(const int64_t *)((const char *)ret_reply->message + field->offset),
                   ret_reply->etag);
    }
    return true;
}

/* The same of a response that is packed. False: it has to be unpacked. */
static bool
pick_packed(const struct contract_route *route, struct span span, struct reply *ret_reply)
{
    const struct contract_message *response = route->method->response;
    struct value value;
    *ret_reply = (struct reply){.contract = response, .span = span};
    if (route->reply_field >= 0) {
        uint64_t key;
        /* What else the response may hold would have to be checked too. */
        if (response->descriptor->n_fields != 1 || !take_varint(&span, &key) ||
            key != ((uint64_t)response->descriptor->fields[0].id << 3 | WIRE_BYTES) ||
            !take_enclosed(&span, &ret_reply->span) || span.at != span.end)
            return false;
        ret_reply->contract = response->fields[0].message;
    }
    if (route->etag_field >= 0) {
        uint32_t id = ret_reply->contract->descriptor->fields[route->etag_field].id;
        if (find_packed(ret_reply->span, id, &value))
            print_etag((int64_t)value.number, ret_reply->etag);
    }
    return true;
}

static void
add_field(struct buf *out, const struct reply *reply, const char *name, size_t size)
{
    const ProtobufCMessageDescriptor *descriptor = reply->contract->descriptor;
    struct buf text = {0};
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const char *field = reply->contract->fields[i].name;
        struct value value;
        if (strlen(field) != size || memcmp(field, name, size) != 0)
            continue;
        if (reply->message != NULL)
            json_write_plain(&text, reply->contract, reply->message, (int)i);
        else if (find_packed(reply->span, descriptor->fields[i].id, &value)) /* an id is a text */
            buf_add(&text, value.span.at, span_size(value.span));
    }
    route_encode(out, buf_text(&text));
    buf_free(&text);
}

/* The template with its names in braces filled in, in the arena. */
static const char *
make_location(struct exchange *exchange, const struct reply *reply)
{
    struct buf *out = &exchange->gateway->scratch;
    buf_clear(out);
    for (const char *at = exchange->match.route->location; *at != 0;) {
        size_t plain = strcspn(at, "{");
        buf_add(out, at, plain);
        at += plain;
        if (*at != '{')
            continue;
        size_t size = strcspn(at + 1, "}");
        add_field(out, reply, at + 1, size);
        at += size + 2;
    }
    return arena_copy_text(exchange->arena, buf_text(out));
}

static bool
is_not_modified(const struct exchange *exchange, const struct reply *reply)
{
    const char *header = http_header(exchange->http, "If-None-Match");
    return exchange->verb == CONTRACT_GET && reply->etag[0] != 0 && header != NULL &&
           key_is_none_match(header, reply->etag);
}

static void
add_version(struct answer_headers *headers, const struct reply *reply)
{
    answer_add(headers, "Cache-Control", reply->etag[0] != 0 ? "private, no-cache" : "no-store");
    if (reply->etag[0] != 0)
        answer_add(headers, "ETag", reply->etag);
}

/* Of an answer that is written. `location` NULL: nothing was made. */
static void
send_reply(struct exchange *exchange, const struct reply *reply, const char *location)
{
    const struct buf *body = &exchange->gateway->scratch;
    unsigned status = location != NULL ? 201 : 200;
    struct answer_headers headers;
    answer_begin(&headers, exchange, "application/json");
    add_version(&headers, reply);
    if (location != NULL)
        answer_add(&headers, "Location", location);
    if (exchange->is_replayed)
        answer_add(&headers, "Idempotent-Replayed", "true");
    answer_finish(exchange, status, OK, &headers, body->bytes, body->size_bytes);
}

static void
send_not_modified(struct exchange *exchange, const struct reply *reply)
{
    struct answer_headers headers;
    answer_begin(&headers, exchange, NULL);
    add_version(&headers, reply);
    answer_finish(exchange, 304, OK, &headers, NULL, 0);
}

bool
answer_packed(struct exchange *exchange, const uint8_t *bytes, size_t size_bytes)
{
    const struct contract_route *route = exchange->match.route;
    struct buf *body = &exchange->gateway->scratch;
    const char *location = NULL;
    struct reply reply;
    if (route->produces != NULL || bytes == NULL ||
        !pick_packed(route, (struct span){bytes, bytes + size_bytes}, &reply) ||
        is_not_modified(exchange, &reply))
        return false;
    if (route->location[0] != 0)
        location = make_location(exchange, &reply);
    buf_clear(body);
    if (!json_write_packed(body, reply.contract, reply.span.at, span_size(reply.span)))
        return false;
    send_reply(exchange, &reply, location);
    return true;
}

void
answer_message(struct exchange *exchange, const ProtobufCMessage *res)
{
    const struct contract_route *route = exchange->match.route;
    const char *location = NULL;
    struct reply reply;
    if (!pick_reply(route, res, &reply)) {
        exchange_refuse(exchange, ERR_INTERNAL, "ANSWER_EMPTY", "%s answered without its reply",
                        route->method->name);
        answer_problem(exchange);
        return;
    }
    if (is_not_modified(exchange, &reply)) {
        send_not_modified(exchange, &reply);
        return;
    }
    if (route->location[0] != 0)
        location = make_location(exchange, &reply);
    struct buf *body = &exchange->gateway->scratch;
    buf_clear(body);
    json_write(body, reply.contract, reply.message);
    send_reply(exchange, &reply, location);
}

/* ---- refusals ---- */

static const char *
make_allow(const struct exchange *exchange)
{
    struct buf *out = &exchange->gateway->scratch;
    buf_clear(out);
    for (unsigned verb = CONTRACT_GET; verb <= CONTRACT_DELETE; verb++) {
        if ((exchange->match.verbs & 1U << verb) == 0)
            continue;
        buf_printf(out, "%s, ", route_verb_name(verb));
        if (verb == CONTRACT_GET)
            buf_add_text(out, "HEAD, ");
    }
    buf_add_text(out, "OPTIONS");
    return arena_copy_text(exchange->arena, buf_text(out));
}

/* Whether a person looks at it: the method answers pages, and the client would rather have one. */
static bool
is_page_wanted(const struct exchange *exchange)
{
    const struct contract_route *route = exchange->match.route;
    const char *accept = http_header(exchange->http, "Accept");
    unsigned page = media_quality(accept, "text/html");
    return route != NULL && route->produces != NULL &&
           media_is_listed(route->produces, PAGE_TYPE) &&
           page > media_quality(accept, "application/problem+json") &&
           page > media_quality(accept, "application/json");
}

void
answer_problem(struct exchange *exchange)
{
    char trace_id[TRACE_ID_SIZE];
    trace_print_id(exchange->traceparent, trace_id);
    const struct problem problem = {.fault = exchange->fault,
                                    .problems = exchange->problems,
                                    .details = exchange->details,
                                    .domain = exchange->domain,
                                    .retry_after_ms = exchange->retry_after_ms,
                                    .trace_id = trace_id};
    unsigned status = problem_status(&problem);
    unsigned retry_after_s = problem_retry_after_s(&problem);
    bool is_page = is_page_wanted(exchange);
    struct answer_headers headers;
    answer_begin(&headers, exchange, is_page ? PAGE_TYPE : "application/problem+json");
    answer_add(&headers, "Cache-Control", "no-store");
    if (status == 401)
        answer_add(&headers, "WWW-Authenticate",
                   exchange->is_token_given ? "Bearer realm=\"aftercare\", error=\"invalid_token\""
                                            : "Bearer realm=\"aftercare\"");
    if (status == 405)
        answer_add(&headers, "Allow", make_allow(exchange));
    if (retry_after_s > 0)
        answer_add(&headers, "Retry-After", arena_printf(exchange->arena, "%u", retry_after_s));
    struct buf *body = &exchange->gateway->scratch;
    buf_clear(body);
    if (is_page)
        problem_write_page(body, &problem);
    else
        problem_write(body, &problem);
    answer_finish(exchange, status, exchange->fault.code, &headers, body->bytes, body->size_bytes);
}

/* ---- OPTIONS and pages ---- */

static bool
is_page(const struct exchange *exchange)
{
    const struct gateway_parts *parts = exchange->gateway->parts;
    for (size_t i = 0; i < parts->page_count; i++) {
        if (strcmp(http_path(exchange->http), parts->pages[i].path) == 0)
            return true;
    }
    return false;
}

static enum err
find_verbs(struct exchange *exchange)
{
    if (strcmp(http_path(exchange->http), "*") == 0) {
        exchange->match.verbs = (1U << (CONTRACT_DELETE + 1)) - 1;
        return OK;
    }
    enum err err = route_find(exchange->gateway->routes, exchange->arena, http_path(exchange->http),
                              -1, &exchange->match, &exchange->fault);
    if (is_page(exchange))
        exchange->match.verbs = 1U << CONTRACT_GET;
    if (err == OK && exchange->match.verbs == 0)
        return exchange_refuse(exchange, ERR_NOT_FOUND, "PATH_UNKNOWN",
                               "there is nothing at this path");
    return err;
}

void
answer_options(struct exchange *exchange)
{
    struct answer_headers headers;
    if (find_verbs(exchange) != OK) {
        answer_problem(exchange);
        return;
    }
    answer_begin(&headers, exchange, NULL);
    const char *allow = make_allow(exchange);
    answer_add(&headers, "Allow", allow);
    bool is_preflight = http_header(exchange->http, "Access-Control-Request-Method") != NULL;
    if (is_preflight &&
        cors_is_allowed(exchange->gateway->cors, http_header(exchange->http, "Origin"))) {
        answer_add(&headers, "Access-Control-Allow-Methods", allow);
        answer_add(&headers, "Access-Control-Allow-Headers", CORS_REQUEST_HEADERS);
        answer_add(&headers, "Access-Control-Max-Age", CORS_MAX_AGE_S);
    }
    answer_finish(exchange, 204, OK, &headers, NULL, 0);
}

void
answer_page(struct exchange *exchange, const struct gateway_page *page, const char *etag)
{
    struct answer_headers headers;
    answer_begin(&headers, exchange, page->type);
    if (page->location != NULL) {
        answer_add(&headers, "Location", page->location);
        answer_finish(exchange, 302, OK, &headers, NULL, 0);
        return;
    }
    answer_add(&headers, "Cache-Control", "public, no-cache");
    answer_add(&headers, "ETag", etag);
    const char *none_match = http_header(exchange->http, "If-None-Match");
    if (none_match != NULL && key_is_none_match(none_match, etag))
        answer_finish(exchange, 304, OK, &headers, NULL, 0);
    else
        answer_finish(exchange, 200, OK, &headers, page->bytes, page->size_bytes);
}
