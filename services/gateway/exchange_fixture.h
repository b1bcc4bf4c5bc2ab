/*
 * exchange_fixture - what the tests of whole exchanges share: HTTP in, the bus behind, HTTP out
 *
 * The service is a fake that keeps what it was asked and answers what the test says; everything
 * else is real. Included by tests only.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/link.h"
#include "common/rng.h"
#include "common/task.h"
#include "common/v1/envelope.pb-c.h"
#include "common/v1/options.pb-c.h"
#include "contract_all.h"
#include "gateway.h"
#include "gateway/v1/gateway.dispatch.h"
#include "warranty/v1/warranty.pb-c.h"

/* Which one the fake is. */
#ifndef FAKE_SERVICE
#define FAKE_SERVICE "warranty"
#endif

enum { LIMIT_MS = 10000 };

#define URL_HEAD " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define GET_CLAIM "warranty.v1.WarrantyService/GetClaim"
#define CLAIM_ID "0197f3a0-0000-7000-8000-000000000001"

static const struct conf_key no_keys[] = {CONF_END};
static struct svc *svc;
static struct gateway *gateway;
static struct bus *service_bus;
static struct bus_server *service;
static char directory[] = "/tmp/exchange_test.XXXXXX";
static char key_path[64], jwks_path[64], token[2048];

/* What the fake was asked, and what it will say. */
static struct {
    unsigned count;
    bool is_held;
    struct bus_request *request; /* held */
    char method[128];
    char key[CALL_KEY_SIZE];
    char traceparent[CALL_TRACEPARENT_SIZE];
    struct principal principal;
    struct arena *arena;
    ProtobufCMessage *message;
    struct bus_reply reply;
    const ProtobufCMessage *response;
} fake;

static inline enum err
on_get_me(struct call *call, const ProtobufCMessage *req, ProtobufCMessage *res)
{
    return gateway_get_me(call, (const Gateway__V1__GetMeRequest *)req,
                          (Gateway__V1__GetMeResponse *)res);
}

static const struct contract_dispatch_entry entries[] = {{&gateway_v1_get_me_method, on_get_me}};
static const struct contract_dispatch dispatch = {
    .service = "gateway", .entries = entries, .count = 1};

static const struct gateway_page pages[] = {
    {.path = "/", .location = "/docs"},
    {.path = "/docs", .type = "text/html", .bytes = (const unsigned char *)"<p>", .size_bytes = 3},
};
static const struct gateway_parts parts = {
    .routes = contract_all_routes, .dispatch = &dispatch, .pages = pages, .page_count = 2};
static struct gateway_parts all_parts;

static struct gateway_config config = {
    .listen = "127.0.0.1:0",
    .connections_max = 64,
    .header_bytes_max = 16384,
    .body_bytes_max = 4096,
    .request_timeout_ms = 10000,
    .idle_timeout_ms = 60000,
    .jwks_file = jwks_path,
    .token_issuer = "aftercare",
    .token_audience = "aftercare",
    .token_leeway_ms = 60000,
    .token_failure_rate = 1,
    .token_failure_burst = 10,
    .anonymous_rate = 1,
    .anonymous_burst = 20,
    .cors_origins = "https://shop.example",
    .trusted_proxies = "127.0.0.1", /* this is where the tests come from */
};

/* ---- the fake service ---- */

static inline const struct contract_method *
find_method(const char *name)
{
    for (size_t i = 0; i < contract_all_methods_count; i++) {
        if (strcmp(contract_all_methods[i]->name, name) == 0)
            return contract_all_methods[i];
    }
    return NULL;
}

static inline void
answer_fake(struct bus_request *request)
{
    if (fake.response != NULL) {
        fake.reply.body_size_bytes = protobuf_c_message_get_packed_size(fake.response);
        uint8_t *body = arena_alloc(request->arena, fake.reply.body_size_bytes);
        protobuf_c_message_pack(fake.response, body);
        fake.reply.body = body;
    }
    bus_reply(service, &request, &fake.reply);
}

static inline void
on_service_request(void *context UNUSED, struct bus_request *request)
{
    struct fault fault;
    fake.count++;
    snprintf(fake.method, sizeof fake.method, "%s", request->method);
    snprintf(fake.key, sizeof fake.key, "%s", request->key);
    snprintf(fake.traceparent, sizeof fake.traceparent, "%s", request->traceparent);
    assert_int_equal(
        principal_open(arena_copy(fake.arena, request->principal, request->principal_size_bytes),
                       request->principal_size_bytes, request->principal_mac,
                       request->principal_mac_size_bytes, &fake.principal, &fault),
        OK);
    const struct contract_method *method = find_method(request->method);
    assert_non_null(method);
    fake.message =
        protobuf_c_message_unpack(method->request->descriptor, arena_allocator(fake.arena),
                                  request->body_size_bytes, request->body);
    assert_non_null(fake.message);
    if (fake.is_held)
        fake.request = request;
    else
        answer_fake(request);
}

/* ---- the world around ---- */

static inline void
write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline void
make_token(void)
{
    json_t *key = json_pack("{s:s}", "alg", "ES256");
    assert_true(jose_jwk_gen(NULL, key));
    json_object_set_new(key, "kid", json_string("k"));
    json_t *set = json_pack("{s:[O]}", "keys", key);
    assert_int_equal(json_dump_file(set, jwks_path, 0), 0);
    json_t *claims = json_pack("{s:s, s:s, s:s, s:[s,s], s:I}", "iss", "aftercare", "aud",
                               "aftercare", "sub", "ann", "roles", "agent", "customer", "exp",
                               (json_int_t)(clock_real_ms() / 1000 + 3600));
    json_t *jws = json_pack("{s:o}", "payload", jose_b64_enc_dump(claims));
    json_t *signature = json_pack("{s:{s:s, s:s}}", "protected", "alg", "ES256", "kid", "k");
    assert_true(jose_jws_sig(NULL, jws, signature, key));
    snprintf(token, sizeof token, "Authorization: Bearer %s.%s.%s\r\n",
             json_string_value(json_object_get(jws, "protected")),
             json_string_value(json_object_get(jws, "payload")),
             json_string_value(json_object_get(jws, "signature")));
    json_decref(signature);
    json_decref(jws);
    json_decref(claims);
    json_decref(set);
    json_decref(key);
}

static inline bool
is_service_found(void *context UNUSED)
{
    return bus_client_ready(svc_client(svc, FAKE_SERVICE)) > 0;
}

static inline int
group_setup(void **state UNUSED)
{
    static char *arguments[] = {"exchange_test", NULL};
    assert_non_null(mkdtemp(directory));
    snprintf(key_path, sizeof key_path, "%s/key", directory);
    snprintf(jwks_path, sizeof jwks_path, "%s/jwks.json", directory);
    write_text(key_path, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    make_token();
    setenv("AFTERCARE_KEY_FILE", key_path, 1);
    setenv("AFTERCARE_RUN_DIR", directory, 1);
    setenv("AFTERCARE_BUS_DIR", directory, 1);
    setenv("AFTERCARE_LOG_LEVEL", "error", 1);
    svc = svc_init("gateway", no_keys, 1, arguments);
    const struct bus_options options = {
        .service = FAKE_SERVICE, .directory = directory, .connect = "", .linger_ms = 100};
    struct fault fault;
    assert_int_equal(bus_open(svc_loop(svc), &options, &service_bus, &fault), OK);
    assert_int_equal(bus_server_open(service_bus, on_service_request, NULL, &service, &fault), OK);
    all_parts = parts;
    all_parts.route_count = contract_all_routes_count;
    return 0;
}

static inline int
group_teardown(void **state UNUSED)
{
    bus_server_close(&service);
    bus_close(&service_bus);
    svc_deinit(&svc);
    unlink(key_path);
    unlink(jwks_path);
    return rmdir(directory); /* fails if a socket was left behind */
}

static inline int
setup(void **state UNUSED)
{
    memset(&fake, 0, sizeof fake);
    fake.arena = arena_new(ARENA_BUDGET_BYTES);
    fake.reply.domain = FAKE_SERVICE;
    gateway = gateway_open(svc, &config, &all_parts);
    assert_true(loop_run_until(svc_loop(svc), is_service_found, NULL, LIMIT_MS));
    return 0;
}

static inline bool
has_no_task(void *context UNUSED)
{
    return task_count() == 0;
}

static inline int
teardown(void **state UNUSED)
{
    assert_true(loop_run_until(svc_loop(svc), has_no_task, NULL, LIMIT_MS));
    gateway_close(&gateway);
    arena_free(&fake.arena);
    return 0;
}

/* ---- the client ---- */

struct client {
    int fd;
    struct buf in;
};

static struct client answer; /* of the last ask */

static inline bool
has_ended(void *context)
{
    struct client *client = context;
    char bytes[4096];
    ssize_t size;
    while ((size = read(client->fd, bytes, sizeof bytes)) > 0)
        buf_add(&client->in, bytes, (size_t)size);
    return size == 0 || errno != EAGAIN;
}

static inline void
say(struct client *client, const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((in_port_t)gateway_port(gateway))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(client->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    const struct timeval soon = {.tv_usec = 1};
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
}

/* Asks and answers the status. `line` is "GET /path"; `headers` end with CR LF each. */
static inline unsigned
ask(const char *line, const char *headers, const char *body)
{
    struct buf text = {0};
    buf_printf(&text, "%s" URL_HEAD "%s", line, headers);
    if (body != NULL)
        buf_printf(&text, "Content-Length: %zu\r\n", strlen(body));
    buf_printf(&text, "\r\n%s", body != NULL ? body : "");
    buf_free(&answer.in);
    say(&answer, buf_text(&text));
    buf_free(&text);
    if (!loop_run_until(svc_loop(svc), has_ended, &answer, LIMIT_MS))
        fail_msg("no answer to %s", line);
    close(answer.fd);
    assert_int_equal(strncmp(buf_text(&answer.in), "HTTP/1.1 ", 9), 0);
    return (unsigned)atoi(buf_text(&answer.in) + 9);
}

/* The same as staff, with a token. */
static inline unsigned
ask_staff(const char *line, const char *headers, const char *body)
{
    char all[3000];
    snprintf(all, sizeof all, "%s%s%s", token, headers,
             body != NULL ? "Content-Type: application/json\r\n" : "");
    return ask(line, all, body);
}

static inline const char *
body_text(void)
{
    return strstr(buf_text(&answer.in), "\r\n\r\n") + 4;
}

/* "name: value" is a header of the answer. */
static inline bool
has_header(const char *line)
{
    char wanted[512];
    snprintf(wanted, sizeof wanted, "\r\n%s\r\n", line);
    return strstr(buf_text(&answer.in), wanted) != NULL;
}

static inline bool
has_member(const char *text)
{
    return strstr(body_text(), text) != NULL;
}

#define EXPECT_REASON(reason) assert_true(has_member("\"reason\":\"" reason "\""))

static Warranty__V1__Product product;
static Warranty__V1__GetProductResponse product_res;
static Warranty__V1__CreateProductResponse create_res;
static Warranty__V1__UpdateProductResponse update_res;

/* What the fake says of products. */
static inline const ProtobufCMessage *
prepare_product(int64_t version)
{
    warranty__v1__product__init(&product);
    warranty__v1__get_product_response__init(&product_res);
    warranty__v1__create_product_response__init(&create_res);
    warranty__v1__update_product_response__init(&update_res);
    product.sku = "a/b:c";
    product.name = "Br\xc3\xbchrer";
    product.version = version;
    product_res.product = create_res.product = update_res.product = &product;
    return &product_res.base;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
