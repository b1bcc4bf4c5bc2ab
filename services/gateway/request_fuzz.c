/*
 * request_fuzz - any bytes as a request's parts: routing, body, path, query, versions, keys,
 * tokens, links, Accept, the problem document and its page
 *
 * Input: "METHOD path?query" LF, "Name: value" LF ..., LF, body. The HTTP server itself has a fuzz
 * target of its own (common/http_fuzz.c). What is accepted must pack, unpack and print.
 */
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "common/http_private.h"
#include "common/json.h"
#include "common/link.h"
#include "common/log.h"
#include "common/rng.h"
#include "common/v1/envelope.pb-c.h"
#include "contract_all.h"
#include "gateway.h"
#include "media.h"
#include "trace.h"

enum { HEADERS_MAX = 16 };

static const char jwks_text[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\","
                                "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
                                "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}]}";

static struct gateway gateway;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    static const uint8_t key[PRINCIPAL_KEY_SIZE] = {1, 2, 3};
    static const struct token_options options = {.issuer = "aftercare", .audience = "aftercare"};
    struct fault fault;
    log_init("request_fuzz", LOG_ERROR);
    rng_init();
    principal_init_key(key);
    gateway.magic = GATEWAY_MAGIC;
    gateway.routes = route_table_new(contract_all_routes, contract_all_routes_count);
    CHECK(jwks_open_text(jwks_text, strlen(jwks_text), &gateway.jwks, &fault) == OK);
    gateway.tokens = token_checker_new(&options, gateway.jwks);
    return 0;
}

/* Cuts the next line off `rest`; "" at the end. */
static char *
next_line(char **rest)
{
    static char nothing[1];
    char *line = strsep(rest, "\n");
    return line != NULL ? line : nothing;
}

static void
read_head(struct http_request *request, char **rest)
{
    char *line = next_line(rest);
    request->method = strsep(&line, " ");
    char *target = line != NULL ? line : next_line(rest);
    request->path = strsep(&target, "?");
    request->query = target != NULL ? target : "";
    while ((line = next_line(rest))[0] != 0 && request->header_count < HEADERS_MAX) {
        const char *name = strsep(&line, ":");
        request->headers[request->header_count++] =
            (struct http_header){name, line != NULL ? line : ""};
    }
}

static void
check_accepted(struct exchange *exchange)
{
    const struct contract_message *contract = exchange->match.route->method->request;
    size_t size_bytes = protobuf_c_message_get_packed_size(exchange->req);
    uint8_t *packed = arena_alloc(exchange->arena, size_bytes);
    protobuf_c_message_pack(exchange->req, packed);
    CHECK(protobuf_c_message_unpack(contract->descriptor, arena_allocator(exchange->arena),
                                    size_bytes, packed) != NULL);
    CHECK(strlen(exchange->key) < sizeof exchange->key);
    buf_clear(&gateway.scratch);
    json_write(&gateway.scratch, contract, exchange->req);
}

static void
try_identity(struct exchange *exchange, const char *credentials)
{
    struct principal principal;
    struct fault fault;
    const char *why;
    if (token_verify(gateway.tokens, exchange->arena, credentials, &principal, &why) == OK)
        CHECK(principal.packed_size_bytes > 0);
    if (link_open(exchange->arena, credentials, &principal, &fault) == OK)
        CHECK(false); /* nobody guesses a MAC */
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct http_header headers[HEADERS_MAX];
    struct http_request request = {.magic = HTTP_REQUEST_MAGIC, .arena = arena, .headers = headers};
    char *text = arena_alloc(arena, size_bytes + 1), *rest = text;
    memcpy(text, bytes, size_bytes);
    read_head(&request, &rest);
    size_t head_bytes = rest != NULL ? (size_t)(rest - text) : size_bytes;
    buf_add(&request.body, bytes + head_bytes, size_bytes - head_bytes);

    struct exchange *exchange = arena_alloc(arena, sizeof *exchange);
    exchange->gateway = &gateway;
    exchange->http = &request;
    exchange->arena = arena;
    exchange->verb = route_verb(request.method);
    trace_begin(http_header(&request, "traceparent"), exchange->traceparent);
    enum err err = route_find(gateway.routes, arena, request.path, exchange->verb, &exchange->match,
                              &exchange->fault);
    if (err == OK && exchange->match.route != NULL) {
        if (exchange->match.route->is_form) /* nobody else posts forms */
            exchange->principal.kind = COMMON__V1__PRINCIPAL__KIND__LINK;
        err = request_read(exchange);
        if (err == OK && exchange->match.route->consumes != NULL)
            err = upload_check(exchange);
        if (err == OK)
            check_accepted(exchange);
    }
    const char *credentials = http_header(&request, "Authorization");
    if (credentials != NULL)
        try_identity(exchange, credentials + strspn(credentials, " "));
    const struct problem problem = {.fault = exchange->fault, .domain = "gateway"};
    buf_clear(&gateway.scratch);
    problem_write(&gateway.scratch, &problem);
    problem_write_page(&gateway.scratch, &problem);
    CHECK(media_quality(http_header(&request, "Accept"), "text/html") <= 1000);
    buf_free(&request.body);
    arena_free(&arena);
    return 0;
}
