/*
 * exchange - one HTTP exchange from start to end
 *
 *   page?       fixed pages and OPTIONS are answered here
 *   route       path and method: 404, 405
 *   room        a service that is overloaded gets no more: 503     upstream.c, admission.c
 *   caller      token, link or nobody: 401, 429                    caller.c
 *   request     path, query, body, keys into the method's message    request.c
 *   ask         the service over the bus, or the gateway's own handler
 *   answer      message, bytes or problem                              answer.c, answer_body.c
 *
 * Of the method that lists events one may ask for a stream, which goes on until somebody ends it
 * (event_stream.c).
 *
 * Where the method takes a body that is not JSON, the exchange begins at the request's head:
 * caller, roles and what the head says are looked at before anything of the body is taken, which
 * then goes piece by piece to the documents service (upload.c).
 *
 * Whether the caller may is decided by the service. There is no code per endpoint: everything comes
 * from the generated tables.
 */
// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/pack.h"
#include "common/task.h"
#include "common/v1/envelope.pb-c.h"
#include "event_stream.h"
#include "trace.h"
#include "upstream.h"

enum err
exchange_refuse(struct exchange *exchange, enum err code, const char *reason, const char *format,
                ...)
{
    va_list args;
    va_start(args, format);
    exchange->fault = (struct fault){.code = code};
    exchange->problems = (struct call_problems){NULL, 0};
    exchange->details.count = 0;
    snprintf(exchange->fault.reason, sizeof exchange->fault.reason, "%s", reason);
    vsnprintf(exchange->fault.message, sizeof exchange->fault.message, format, args);
    va_end(args);
    return code;
}

static enum err
find_route(struct exchange *exchange)
{
    enum err err = route_find(exchange->gateway->routes, exchange->arena, http_path(exchange->http),
                              exchange->verb, &exchange->match, &exchange->fault);
    if (err != OK)
        return err;
    if (exchange->match.verbs == 0)
        return exchange_refuse(exchange, ERR_NOT_FOUND, "PATH_UNKNOWN",
                               "there is nothing at this path");
    if (exchange->match.route == NULL)
        return exchange_refuse(exchange, ERR_UNIMPLEMENTED, "METHOD_NOT_ALLOWED",
                               "the path has no such method; Allow says which it has");
    return OK;
}

/* ---- asking a service ---- */

enum err
exchange_keep_fault(struct exchange *exchange, const struct bus_answer *answer)
{
    exchange->fault = answer->fault;
    exchange->problems = answer->problems;
    exchange->details = answer->details;
    exchange->domain = answer->domain;
    exchange->retry_after_ms = answer->retry_after_ms;
    return answer->fault.code;
}

static enum err
unpack_answer(struct exchange *exchange, struct arena *arena, const struct bus_answer *answer,
              const ProtobufCMessage **ret_res)
{
    const struct contract_method *method = exchange->match.route->method;
    ProtobufCMessage *res;
    struct fault fault;
    if (contract_read(arena, method->response, answer->body, answer->body_size_bytes, false, &res,
                      &fault) != OK)
        return exchange_refuse(exchange, ERR_INTERNAL, "ANSWER_MALFORMED",
                               "%s answered what is no %s", method->service,
                               method->response->descriptor->name);
    *ret_res = res;
    return OK;
}

/* What comes of it lies in `arena`, and is packed. */
static enum err
send_await(struct exchange *exchange, struct arena *arena, struct bus_answer *ret_answer)
{
    const struct contract_method *method = exchange->match.route->method;
    size_t size_bytes;
    const uint8_t *body = pack_message(arena, exchange->req, &size_bytes);
    if (size_bytes > BUS_BODY_BYTES_MAX)
        return exchange_refuse(exchange, ERR_INVALID_ARGUMENT, "BODY_TOO_LARGE",
                               "the request is larger than the limit");
    const struct bus_question question = {
        .method = method->name,
        .body = body,
        .body_size_bytes = size_bytes,
        .principal = &exchange->principal,
        .key = exchange->key,
        .traceparent = exchange->traceparent,
        .deadline_mono_ms = clock_mono_ms() + method->deadline_ms,
        .may_repeat = true, /* safe, or keyed */
    };
    if (upstream_ask_await(exchange->gateway, method->service, arena, &question, ret_answer) != OK)
        return exchange_keep_fault(exchange, ret_answer);
    exchange->is_replayed = ret_answer->is_replayed;
    return OK;
}

enum err
exchange_ask_await(struct exchange *exchange, struct arena *arena, const ProtobufCMessage **ret_res)
{
    struct bus_answer answer = {0};
    enum err err = send_await(exchange, arena, &answer);
    return err == OK ? unpack_answer(exchange, arena, &answer, ret_res) : err;
}

/* ---- the gateway's own methods: here it is the service, and decides ---- */

/* Also asked before a body is carried: nobody's bytes are taken for a method that refuses them. */
enum err
exchange_check_roles(struct exchange *exchange)
{
    const struct contract_method *method = exchange->match.route->method;
    const struct principal *principal = &exchange->principal;
    if (method->is_anonymous ||
        (principal->kind == COMMON__V1__PRINCIPAL__KIND__LINK && method->link_field >= 0 &&
         strcmp(principal->link_method, method->name) == 0))
        return OK;
    if (principal->kind == COMMON__V1__PRINCIPAL__KIND__LINK)
        return exchange_refuse(exchange, ERR_PERMISSION_DENIED, "LINK_FOR_SOMETHING_ELSE",
                               "the link does not open this");
    if ((principal->roles & (method->roles | method->own_roles)) == 0)
        return exchange_refuse(exchange, ERR_PERMISSION_DENIED, "ROLE_MISSING",
                               "none of the caller's roles may do this");
    return OK;
}

static contract_handler *
find_handler(const struct contract_dispatch *dispatch, const struct contract_method *method)
{
    for (size_t i = 0; i < dispatch->count; i++) {
        if (dispatch->entries[i].method == method)
            return dispatch->entries[i].handler;
    }
    return NULL;
}

static enum err
answer_self_await(struct exchange *exchange, contract_handler *handler,
                  const ProtobufCMessage **ret_res)
{
    const struct contract_method *method = exchange->match.route->method;
    enum err err = exchange_check_roles(exchange);
    if (err == OK)
        err = contract_check(method->request, exchange->req, true, &exchange->fault);
    if (err != OK)
        return err;
    struct call *call = arena_alloc(exchange->arena, sizeof *call);
    call->svc = exchange->gateway->svc;
    call->arena = exchange->arena;
    call->method = method;
    call->principal = exchange->principal;
    call->attempt = 1;
    call->deadline_mono_ms = clock_mono_ms() + method->deadline_ms;
    call->start_mono_us = exchange->start_mono_us;
    memcpy(call->traceparent, exchange->traceparent, sizeof call->traceparent);
    memcpy(call->key, exchange->key, sizeof call->key);
    ProtobufCMessage *res = json_new_message(exchange->arena, method->response);
    *ret_res = res;
    err = handler(call, exchange->req, res);
    exchange->fault = call->fault;
    exchange->details = call->details;
    exchange->retry_after_ms = call->retry_after_ms;
    return err;
}

/* OK and a NULL *ret_res: it is answered already. */
static enum err
ask_await(struct exchange *exchange, const ProtobufCMessage **ret_res)
{
    const struct contract_dispatch *own = exchange->gateway->parts->dispatch;
    const struct contract_method *method = exchange->match.route->method;
    *ret_res = NULL;
    if (strcmp(method->service, own->service) == 0) {
        contract_handler *handler = find_handler(own, method);
        CHECK(handler != NULL);
        return answer_self_await(exchange, handler, ret_res);
    }
    struct bus_answer answer = {0};
    enum err err = send_await(exchange, exchange->arena, &answer);
    if (err != OK || answer_packed(exchange, answer.body, answer.body_size_bytes))
        return err;
    return unpack_answer(exchange, exchange->arena, &answer, ret_res);
}

/* ---- from start to end ---- */

static bool
answer_fixed(struct exchange *exchange)
{
    const struct gateway *gateway = exchange->gateway;
    for (size_t i = 0; exchange->verb == CONTRACT_GET && i < gateway->parts->page_count; i++) {
        if (strcmp(http_path(exchange->http), gateway->parts->pages[i].path) == 0) {
            answer_page(exchange, &gateway->parts->pages[i], gateway->page_etags[i]);
            return true;
        }
    }
    if (strcmp(http_method(exchange->http), "OPTIONS") != 0)
        return false;
    answer_options(exchange);
    return true;
}

/* Asks, and answers what came of it; `err`: of what went before. */
static void
conclude_await(struct exchange *exchange, enum err err)
{
    const ProtobufCMessage *res = NULL;
    if (err == OK)
        err = ask_await(exchange, &res);
    if (err == OK) {
        if (res != NULL && !answer_body_await(exchange, res))
            answer_message(exchange, res);
        return;
    }
    /* Drivers may answer a code without words. */
    if (exchange->fault.code != err)
        exchange_refuse(exchange, err, err_name(err), "this could not be done now");
    answer_problem(exchange);
}

static void
run_await(void *context)
{
    struct exchange *exchange = context;
    if (answer_fixed(exchange))
        return;
    enum err err = find_route(exchange);
    if (err == OK)
        err = upstream_check_room(exchange);
    if (err == OK)
        err = caller_recognise(exchange);
    if (err == OK)
        err = request_read(exchange);
    if (err == OK && event_stream_is_wanted(exchange))
        event_stream_answer_await(exchange);
    else
        conclude_await(exchange, err);
}

/* The same for a body that is not JSON. All until upload_carry_await is decided at the request's
 * head. */
static void
run_upload_await(void *context)
{
    struct exchange *exchange = context;
    enum err err = upstream_check_room(exchange);
    if (err == OK)
        err = caller_recognise(exchange);
    if (err == OK)
        err = exchange_check_roles(exchange);
    if (err == OK)
        err = request_read(exchange);
    if (err == OK)
        err = upload_check(exchange);
    if (err == OK)
        err = upload_carry_await(exchange);
    conclude_await(exchange, err);
}

static struct exchange *
begin_exchange(struct gateway *gateway, struct http_request *request)
{
    struct exchange *exchange = arena_alloc(http_arena(request), sizeof *exchange);
    exchange->gateway = gateway;
    exchange->http = request;
    exchange->arena = http_arena(request);
    exchange->start_mono_us = clock_mono_us();
    exchange->verb = route_verb(http_method(request));
    exchange->domain = svc_name(gateway->svc);
    trace_begin(http_header(request, "traceparent"), exchange->traceparent);
    return exchange;
}

static void
start(struct exchange *exchange, void (*run)(void *context))
{
    if (task_spawn(run, exchange))
        return;
    exchange->retry_after_ms = UPSTREAM_RETRY_MS;
    exchange_refuse(exchange, ERR_RESOURCE_EXHAUSTED, "OVERLOADED",
                    "the gateway has all the requests it can take");
    answer_problem(exchange);
}

void
exchange_on_request(void *context, struct http_request *request)
{
    struct gateway *gateway = CAST(struct gateway, context, GATEWAY_MAGIC);
    start(begin_exchange(gateway, request), run_await);
}

bool
exchange_on_head(void *context, struct http_request *request)
{
    struct gateway *gateway = CAST(struct gateway, context, GATEWAY_MAGIC);
    int verb = route_verb(http_method(request));
    struct route_match match = {0};
    struct fault fault;
    if ((verb != CONTRACT_POST && verb != CONTRACT_PUT) ||
        route_find(gateway->routes, http_arena(request), http_path(request), verb, &match,
                   &fault) != OK ||
        match.route == NULL || match.route->consumes == NULL)
        return false;
    struct exchange *exchange = begin_exchange(gateway, request);
    exchange->match = match;
    start(exchange, run_upload_await);
    return true;
}
