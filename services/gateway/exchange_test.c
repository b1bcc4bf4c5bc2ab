/* Tests of whole exchanges: HTTP in, the bus behind, HTTP out. The service is a fake that keeps
 * what it was asked and answers what the test says; everything else is real. */
// SPDX-License-Identifier: Apache-2.0
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

static enum err
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
    {.path = "/docs",
     .type = "text/html",
     .policy = "default-src 'none'",
     .bytes = (const unsigned char *)"<p>",
     .size_bytes = 3},
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
};

/* ---- the fake service ---- */

static const struct contract_method *
find_method(const char *name)
{
    for (size_t i = 0; i < contract_all_methods_count; i++) {
        if (strcmp(contract_all_methods[i]->name, name) == 0)
            return contract_all_methods[i];
    }
    return NULL;
}

static void
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

static void
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

static void
write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void
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

static bool
is_service_found(void *context UNUSED)
{
    return bus_client_ready(svc_client(svc, "warranty")) > 0;
}

static int
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
        .service = "warranty", .directory = directory, .connect = "", .linger_ms = 100};
    struct fault fault;
    assert_int_equal(bus_open(svc_loop(svc), &options, &service_bus, &fault), OK);
    assert_int_equal(bus_server_open(service_bus, on_service_request, NULL, &service, &fault), OK);
    all_parts = parts;
    all_parts.route_count = contract_all_routes_count;
    return 0;
}

static int
group_teardown(void **state UNUSED)
{
    bus_server_close(&service);
    bus_close(&service_bus);
    svc_deinit(&svc);
    unlink(key_path);
    unlink(jwks_path);
    return rmdir(directory); /* fails if a socket was left behind */
}

static int
setup(void **state UNUSED)
{
    memset(&fake, 0, sizeof fake);
    fake.arena = arena_new(ARENA_BUDGET_BYTES);
    fake.reply.domain = "warranty";
    gateway = gateway_open(svc, &config, &all_parts);
    assert_true(loop_run_until(svc_loop(svc), is_service_found, NULL, LIMIT_MS));
    return 0;
}

static bool
has_no_task(void *context UNUSED)
{
    return task_count() == 0;
}

static int
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

static bool
has_ended(void *context)
{
    struct client *client = context;
    char bytes[4096];
    ssize_t size;
    while ((size = read(client->fd, bytes, sizeof bytes)) > 0)
        buf_add(&client->in, bytes, (size_t)size);
    return size == 0 || errno != EAGAIN;
}

static void
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
static unsigned
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
static unsigned
ask_staff(const char *line, const char *headers, const char *body)
{
    char all[3000];
    snprintf(all, sizeof all, "%s%s%s", token, headers,
             body != NULL ? "Content-Type: application/json\r\n" : "");
    return ask(line, all, body);
}

static const char *
body_text(void)
{
    return strstr(buf_text(&answer.in), "\r\n\r\n") + 4;
}

/* "name: value" is a header of the answer. */
static bool
has_header(const char *line)
{
    char wanted[512];
    snprintf(wanted, sizeof wanted, "\r\n%s\r\n", line);
    return strstr(buf_text(&answer.in), wanted) != NULL;
}

static bool
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
static const ProtobufCMessage *
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

/* ---- reading ---- */

static void
a_get_becomes_its_message_and_its_answer_json(void **state UNUSED)
{
    fake.response = prepare_product(3);
    assert_int_equal(ask("GET /v1/products/a%2Fb%3Ac",
                         "traceparent: 00-" TRACE "-00f067aa0ba902b7-00\r\n", NULL),
                     200);
    assert_string_equal(fake.method, "warranty.v1.WarrantyService/GetProduct");
    assert_string_equal(((Warranty__V1__GetProductRequest *)fake.message)->sku, "a/b:c");
    assert_string_equal(fake.key, "");
    assert_memory_equal(fake.traceparent, "00-" TRACE, 35);
    assert_true(has_member("\"name\":\"Br\xc3\xbchrer\""));
    assert_true(has_header("ETag: \"3\""));
    assert_true(has_header("Content-Type: application/json"));
    assert_true(has_header("X-Content-Type-Options: nosniff"));
    char wanted[80];
    snprintf(wanted, sizeof wanted, "traceparent: %s", fake.traceparent);
    assert_true(has_header(wanted));
}

static void
an_unchanged_version_is_304(void **state UNUSED)
{
    fake.response = prepare_product(3);
    assert_int_equal(ask("GET /v1/products/a", "If-None-Match: \"2\", W/\"3\"\r\n", NULL), 304);
    assert_string_equal(body_text(), "");
    assert_true(has_header("ETag: \"3\""));
    assert_int_equal(ask("GET /v1/products/a", "If-None-Match: \"2\"\r\n", NULL), 200);
}

static void
head_is_a_get_without_its_body(void **state UNUSED)
{
    fake.response = prepare_product(3);
    assert_int_equal(ask("HEAD /v1/products/a", "", NULL), 200);
    assert_string_equal(fake.method, "warranty.v1.WarrantyService/GetProduct");
    assert_string_equal(body_text(), "");
}

static void
query_parameters_become_fields(void **state UNUSED)
{
    assert_int_equal(
        ask_staff("GET /v1/claims?state=SUBMITTED&serial=a+b%26c&page_size=7&", "", NULL), 200);
    const Warranty__V1__ListClaimsRequest *req =
        (const Warranty__V1__ListClaimsRequest *)fake.message;
    assert_int_equal(req->state, WARRANTY__V1__CLAIM__STATE__SUBMITTED);
    assert_string_equal(req->serial, "a b&c");
    assert_int_equal(req->page_size, 7);
    assert_string_equal(body_text(), "{\"claims\":[],\"next_page_token\":\"\"}");
}

static void
bad_parameters_are_400_and_named(void **state UNUSED)
{
    static const struct {
        const char *line, *reason, *field;
    } bad[] = {
        {"GET /v1/claims?stat=X", "PARAMETER_UNKNOWN", "\"field\":\"stat\""},
        {"GET /v1/claims?serial=a&serial=b", "PARAMETER_REPEATED", "\"field\":\"serial\""},
        {"GET /v1/units/a/coverage?serial=a", "PARAMETER_REPEATED", "\"field\":\"serial\""},
        {"GET /v1/claims?serial=%ff", "PARAMETER_MALFORMED", ""},
        {"GET /v1/claims?serial=%00", "PARAMETER_MALFORMED", ""},
        {"GET /v1/claims?page_size=x", "", "\"field\":\"page_size\""},
        {"GET /v1/claims?state=NOWHERE", "", "\"field\":\"state\""},
        {"GET /v1/units/a/coverage?at=2026-02-30", "", "\"field\":\"at\""},
        {"GET /v1/units/%ff", "PATH_MALFORMED", ""},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(ask_staff(bad[i].line, "", NULL), 400);
        assert_true(has_member(bad[i].reason));
        assert_true(has_member(bad[i].field));
    }
    assert_int_equal(ask_staff("POST /v1/products?sku=a", "Idempotency-Key: k\r\n", "{}"), 400);
    EXPECT_REASON("PARAMETER_UNEXPECTED");
    assert_int_equal(fake.count, 0);
}

/* ---- changing ---- */

static void
a_creation_is_201_with_its_place(void **state UNUSED)
{
    prepare_product(1);
    fake.response = &create_res.base;
    assert_int_equal(
        ask_staff("POST /v1/products", "Idempotency-Key: \"k 1\"\r\n",
                  "{\"sku\":\"a/b:c\",\"name\":\"Br\xc3\xbchrer\",\"category\":\"x\"}"),
        201);
    assert_string_equal(fake.key, "k 1");
    assert_string_equal(((Warranty__V1__CreateProductRequest *)fake.message)->category, "x");
    assert_true(has_header("Location: /v1/products/a%2Fb%3Ac"));
    assert_true(has_header("ETag: \"1\""));
    assert_null(strstr(buf_text(&answer.in), "Idempotent-Replayed"));
    fake.reply.is_replayed = true;
    assert_int_equal(ask_staff("POST /v1/products", "Idempotency-Key: k\r\n", "{}"), 201);
    assert_true(has_header("Idempotent-Replayed: true"));
}

static void
a_changing_post_needs_a_key(void **state UNUSED)
{
    assert_int_equal(ask_staff("POST /v1/products", "", "{}"), 400);
    EXPECT_REASON("IDEMPOTENCY_KEY_MISSING");
    static const char *const bad[] = {"Idempotency-Key: a b\r\n", "Idempotency-Key: \"\"\r\n",
                                      "Idempotency-Key:\r\n",
                                      "Idempotency-Key: a\r\nIdempotency-Key: a\r\n"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(ask_staff("POST /v1/products", bad[i], "{}"), 400);
        EXPECT_REASON("IDEMPOTENCY_KEY_MALFORMED");
    }
    assert_int_equal(fake.count, 0);
}

static void
a_put_carries_the_version_and_needs_no_key(void **state UNUSED)
{
    prepare_product(8);
    fake.response = &update_res.base;
    const Warranty__V1__UpdateProductRequest *req;
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: \"7\"\r\n", "{\"name\":\"n\"}"),
                     200);
    req = (const Warranty__V1__UpdateProductRequest *)fake.message;
    assert_int_equal(req->expected_version, 7);
    assert_string_equal(req->sku, "a");
    assert_int_equal(strlen(fake.key), 32);
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: *\r\nIdempotency-Key: mine\r\n",
                               "{\"sku\":\"a\"}"),
                     200);
    req = (const Warranty__V1__UpdateProductRequest *)fake.message;
    assert_int_equal(req->expected_version, 0);
    assert_string_equal(fake.key, "mine");
}

static void
if_match_is_needed_well_formed_and_ours(void **state UNUSED)
{
    assert_int_equal(ask_staff("PUT /v1/products/a", "", "{}"), 428);
    EXPECT_REASON("IF_MATCH_MISSING");
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: 7\r\n", "{}"), 400);
    EXPECT_REASON("IF_MATCH_MALFORMED");
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: \"abc\"\r\n", "{}"), 412);
    EXPECT_REASON("VERSION_MISMATCH");
    assert_int_equal(
        ask_staff("POST /v1/products", "If-Match: \"7\"\r\nIdempotency-Key: k\r\n", "{}"), 400);
    EXPECT_REASON("IF_MATCH_UNEXPECTED");
    assert_int_equal(
        ask_staff("PUT /v1/products/a", "If-Match: \"7\"\r\n", "{\"expected_version\":6}"), 400);
    assert_int_equal(fake.count, 0);
}

static void
a_verb_takes_no_body_or_an_empty_one(void **state UNUSED)
{
    static const char line[] = "POST /v1/claims/" CLAIM_ID ":withdraw";
    fake.reply.fault.code = ERR_FAILED_PRECONDITION;
    assert_int_equal(ask_staff(line, "Idempotency-Key: k\r\n", NULL), 409);
    assert_int_equal(ask_staff(line, "Idempotency-Key: k\r\nIf-Match: \"2\"\r\n", "{}"), 409);
    const Warranty__V1__WithdrawClaimRequest *req =
        (const Warranty__V1__WithdrawClaimRequest *)fake.message;
    assert_string_equal(req->claim_id, CLAIM_ID);
    assert_int_equal(req->expected_version, 2);
    assert_int_equal(fake.count, 2);
}

static void
bad_bodies_are_refused_with_their_place(void **state UNUSED)
{
    assert_int_equal(
        ask_staff("POST /v1/products", "Idempotency-Key: k\r\n", "{\"sku\":\n \"a\",, }"), 400);
    assert_true(has_member("\"line\":2,\"column\":"));
    assert_int_equal(ask_staff("POST /v1/products", "Idempotency-Key: k\r\n", "{\"colour\":1}"),
                     400);
    assert_true(has_member("\"field\":\"colour\""));
    assert_int_equal(ask_staff("PUT /v1/products/a", "If-Match: *\r\n", "{\"sku\":\"b\"}"), 400);
    EXPECT_REASON("PATH_CONTRADICTED");
    assert_true(has_member("\"field\":\"sku\""));
    char all[3000];
    static const char *const types[] = {"", "Content-Type: text/plain\r\n",
                                        "Content-Type: application/jsonx\r\n",
                                        "Content-Type: application/json; charset=latin1\r\n"};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        snprintf(all, sizeof all, "%sIdempotency-Key: k\r\n%s", token, types[i]);
        assert_int_equal(ask("POST /v1/products", all, "{}"), 415);
    }
    assert_int_equal(ask_staff("GET /v1/units/a", "", "{}"), 400);
    EXPECT_REASON("BODY_UNEXPECTED");
    char large[5000];
    memset(large, ' ', sizeof large - 1);
    large[sizeof large - 1] = 0;
    assert_int_equal(ask_staff("POST /v1/products", "Idempotency-Key: k\r\n", large), 413);
    assert_int_equal(fake.count, 0);
}

static void
json_types_by_other_names_are_taken(void **state UNUSED)
{
    char all[3000];
    static const char *const types[] = {"application/json;charset=UTF-8",
                                        "Application/JSON; charset=\"utf-8\"",
                                        "application/problem+json"};
    prepare_product(1);
    fake.response = &create_res.base;
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        snprintf(all, sizeof all, "%sIdempotency-Key: k\r\nContent-Type: %s\r\n", token, types[i]);
        assert_int_equal(ask("POST /v1/products", all, "{}"), 201);
    }
}

/* ---- who asks ---- */

static void
without_a_token_that_holds_it_is_401(void **state UNUSED)
{
    assert_int_equal(ask("GET /v1/units/a", "", NULL), 401);
    EXPECT_REASON("TOKEN_MISSING");
    assert_true(has_header("WWW-Authenticate: Bearer realm=\"aftercare\""));
    assert_int_equal(ask("GET /v1/units/a", "Authorization: Bearer a.b.c\r\n", NULL), 401);
    EXPECT_REASON("TOKEN_INVALID");
    assert_true(
        has_header("WWW-Authenticate: Bearer realm=\"aftercare\", error=\"invalid_token\""));
    assert_int_equal(ask("GET /v1/units/a", "Authorization: Basic YTpi\r\n", NULL), 401);
    EXPECT_REASON("TOKEN_MISSING");
    assert_int_equal(ask("GET /v1/units/a", "Authorization: Link x.y\r\n", NULL), 401);
    EXPECT_REASON("LINK_INVALID");
    assert_int_equal(fake.count, 0);
}

static void
a_token_becomes_the_principal(void **state UNUSED)
{
    for (int i = 0; i < 2; i++) { /* verified, then remembered */
        ask_staff("GET /v1/units/a", "", NULL);
        assert_int_equal(fake.principal.kind, COMMON__V1__PRINCIPAL__KIND__TOKEN);
        assert_string_equal(fake.principal.subject, "ann");
        assert_int_equal(fake.principal.roles,
                         1U << COMMON__V1__ROLE__AGENT | 1U << COMMON__V1__ROLE__CUSTOMER);
    }
}

static void
me_is_how_the_gateway_understands_the_token(void **state UNUSED)
{
    assert_int_equal(ask_staff("GET /v1/me", "", NULL), 200);
    assert_true(
        has_member("{\"subject\":\"ann\",\"roles\":[\"customer\",\"agent\"],\"expire_time\":\"20"));
    assert_int_equal(ask("GET /v1/me", "", NULL), 401);
    assert_int_equal(fake.count, 0);
}

static void
tokens_that_keep_failing_are_429(void **state UNUSED)
{
    unsigned status = 0;
    for (unsigned i = 0; i < config.token_failure_burst + 1; i++)
        status = ask("GET /v1/units/a", "Authorization: Bearer a.b.c\r\n", NULL);
    assert_int_equal(status, 429);
    EXPECT_REASON("RATE_LIMITED");
    assert_true(has_header("Retry-After: 1"));
}

static void
an_anonymous_method_looks_at_no_token_and_is_limited(void **state UNUSED)
{
    fake.response = prepare_product(1);
    assert_int_equal(ask("GET /v1/products/a", "Authorization: Bearer rubbish\r\n", NULL), 200);
    assert_int_equal(fake.principal.kind, COMMON__V1__PRINCIPAL__KIND__ANONYMOUS);
    assert_string_equal(fake.principal.subject, "anonymous");
    unsigned status = 200;
    /* Tokens come back while a slow machine asks: somewhat more than the burst is needed. */
    for (unsigned i = 0; i < 5 * config.anonymous_burst && status == 200; i++)
        status = ask("GET /v1/products/a", "", NULL);
    assert_int_equal(status, 429);
    assert_true(has_header("Retry-After: 1"));
}

static void
a_link_is_passed_on_as_what_it_opens(void **state UNUSED)
{
    char line[3000];
    const char *link = link_make(fake.arena, "L1", GET_CLAIM, CLAIM_ID, clock_real_ms() + 60000);
    fake.reply.fault.code = ERR_NOT_FOUND;
    snprintf(line, sizeof line, "GET /v1/claims/" CLAIM_ID "?link=%s", link);
    assert_int_equal(ask(line, "", NULL), 404);
    assert_int_equal(fake.principal.kind, COMMON__V1__PRINCIPAL__KIND__LINK);
    assert_string_equal(fake.principal.subject, "link:L1");
    assert_string_equal(fake.principal.link_resource, CLAIM_ID);
    snprintf(line, sizeof line, "Authorization: Link %s\r\n", link);
    assert_int_equal(ask("POST /v1/claims/" CLAIM_ID ":withdraw", line, NULL), 404);
    assert_string_equal(fake.key, "link:L1");
    assert_int_equal(ask("GET /v1/me", line, NULL), 403);
    EXPECT_REASON("LINK_FOR_SOMETHING_ELSE");
    link = link_make(fake.arena, "L1", GET_CLAIM, CLAIM_ID, clock_real_ms() - 1);
    snprintf(line, sizeof line, "GET /v1/claims/" CLAIM_ID "?link=%s", link);
    assert_int_equal(ask(line, "", NULL), 401);
    EXPECT_REASON("LINK_EXPIRED");
}

/* ---- refusals ---- */

static void
a_refusal_of_the_service_is_told_as_a_problem(void **state UNUSED)
{
    fault_set(&fake.reply.fault, ERR_FAILED_PRECONDITION, "CLAIM_NOT_SUBMITTED", "it is withdrawn");
    assert_int_equal(
        ask_staff("GET /v1/units/a", "traceparent: 00-" TRACE "-00f067aa0ba902b7-01\r\n", NULL),
        409);
    EXPECT_REASON("CLAIM_NOT_SUBMITTED");
    assert_true(has_member("\"domain\":\"warranty\""));
    assert_true(has_member("\"detail\":\"it is withdrawn\""));
    assert_true(has_member("\"trace_id\":\"" TRACE "\""));
    assert_true(has_header("Content-Type: application/problem+json"));
    fault_set(&fake.reply.fault, ERR_RESOURCE_EXHAUSTED, "OVERLOADED", "later");
    fake.reply.retry_after_ms = 2500;
    assert_int_equal(ask_staff("GET /v1/units/a", "", NULL), 503);
    assert_true(has_header("Retry-After: 3"));
    fault_set(&fake.reply.fault, ERR_INTERNAL, "STATEMENT_FAILED", "secret");
    assert_int_equal(ask_staff("GET /v1/units/a", "", NULL), 500);
    assert_false(has_member("secret"));
}

static void
an_answer_that_is_none_is_500(void **state UNUSED)
{
    assert_int_equal(ask_staff("GET /v1/units/a", "", NULL), 500); /* the reply field is missing */
    fake.reply.body = (const uint8_t *)"\xff\xff\xff";
    fake.reply.body_size_bytes = 3;
    assert_int_equal(ask_staff("GET /v1/units/a", "", NULL), 500);
    EXPECT_REASON("INTERNAL");
}

static void
paths_and_methods_that_are_not_are_404_and_405(void **state UNUSED)
{
    assert_int_equal(ask_staff("GET /v1/nothing", "", NULL), 404);
    EXPECT_REASON("PATH_UNKNOWN");
    assert_int_equal(ask_staff("DELETE /v1/products/a", "", NULL), 405);
    assert_true(has_header("Allow: GET, HEAD, PUT, OPTIONS"));
    static const char *const methods[] = {"TRACE", "CONNECT", "BREW", "get"};
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        char line[64];
        snprintf(line, sizeof line, "%s /v1/products", methods[i]);
        assert_int_equal(ask(line, "", NULL), 405);
    }
    assert_int_equal(ask("OPTIONS /v1/products/a", "", NULL), 204);
    assert_true(has_header("Allow: GET, HEAD, PUT, OPTIONS"));
    assert_int_equal(ask("OPTIONS *", "", NULL), 204);
    assert_int_equal(ask("OPTIONS /v1/nothing", "", NULL), 404);
}

/* ---- browsers ---- */

static void
configured_origins_may_read_and_others_not(void **state UNUSED)
{
    assert_int_equal(ask_staff("GET /v1/me", "Origin: https://shop.example\r\n", NULL), 200);
    assert_true(has_header("Access-Control-Allow-Origin: https://shop.example"));
    assert_true(has_header("Access-Control-Expose-Headers: ETag, Location, Idempotent-Replayed, "
                           "Retry-After, traceparent"));
    assert_true(has_header("Vary: Origin"));
    assert_int_equal(ask_staff("GET /v1/me", "Origin: https://evil.example\r\n", NULL), 200);
    assert_null(strstr(buf_text(&answer.in), "Access-Control"));
    assert_true(has_header("Vary: Origin"));
    assert_int_equal(ask("GET /v1/units/a", "Origin: https://shop.example\r\n", NULL), 401);
    assert_true(has_header("Access-Control-Allow-Origin: https://shop.example"));
}

static void
a_preflight_says_what_the_path_takes(void **state UNUSED)
{
    assert_int_equal(ask("OPTIONS /v1/products",
                         "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n",
                         NULL),
                     204);
    assert_true(has_header("Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS"));
    assert_true(has_header("Access-Control-Max-Age: 600"));
    assert_non_null(
        strstr(buf_text(&answer.in), "Access-Control-Allow-Headers: Authorization, Content-Type"));
    assert_int_equal(ask("OPTIONS /v1/products",
                         "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n",
                         NULL),
                     204);
    assert_null(strstr(buf_text(&answer.in), "Access-Control"));
}

static void
pages_have_an_entity_tag_and_a_policy(void **state UNUSED)
{
    assert_int_equal(ask("GET /", "", NULL), 302);
    assert_true(has_header("Location: /docs"));
    assert_int_equal(ask("GET /docs", "", NULL), 200);
    assert_string_equal(body_text(), "<p>");
    assert_true(has_header("Content-Security-Policy: default-src 'none'"));
    char header[128], etag[64];
    assert_int_equal(sscanf(strstr(buf_text(&answer.in), "ETag: "), "ETag: %63s", etag), 1);
    snprintf(header, sizeof header, "If-None-Match: %s\r\n", etag);
    assert_int_equal(ask("GET /docs", header, NULL), 304);
    assert_string_equal(body_text(), "");
}

/* ---- clients that leave ---- */

static bool
is_asked(void *context UNUSED)
{
    return fake.request != NULL;
}

static bool
is_nobody_there(void *context UNUSED)
{
    return http_server_connections(gateway->server) == 0;
}

static void
a_client_that_leaves_frees_its_connection_before_the_answer_comes(void **state UNUSED)
{
    struct client client;
    struct buf text = {0};
    fake.is_held = true;
    buf_printf(&text, "GET /v1/units/a" URL_HEAD "%s\r\n", token);
    say(&client, buf_text(&text));
    assert_true(loop_run_until(svc_loop(svc), is_asked, NULL, LIMIT_MS));
    close(client.fd);
    assert_true(loop_run_until(svc_loop(svc), is_nobody_there, NULL, LIMIT_MS));
    assert_int_equal(task_count(), 1);
    answer_fake(fake.request);
    buf_free(&text);
    assert_true(loop_run_until(svc_loop(svc), has_no_task, NULL, LIMIT_MS));
    assert_int_equal(http_server_in_flight(gateway->server), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_get_becomes_its_message_and_its_answer_json),
        TEST(an_unchanged_version_is_304),
        TEST(head_is_a_get_without_its_body),
        TEST(query_parameters_become_fields),
        TEST(bad_parameters_are_400_and_named),
        TEST(a_creation_is_201_with_its_place),
        TEST(a_changing_post_needs_a_key),
        TEST(a_put_carries_the_version_and_needs_no_key),
        TEST(if_match_is_needed_well_formed_and_ours),
        TEST(a_verb_takes_no_body_or_an_empty_one),
        TEST(bad_bodies_are_refused_with_their_place),
        TEST(json_types_by_other_names_are_taken),
        TEST(without_a_token_that_holds_it_is_401),
        TEST(a_token_becomes_the_principal),
        TEST(me_is_how_the_gateway_understands_the_token),
        TEST(tokens_that_keep_failing_are_429),
        TEST(an_anonymous_method_looks_at_no_token_and_is_limited),
        TEST(a_link_is_passed_on_as_what_it_opens),
        TEST(a_refusal_of_the_service_is_told_as_a_problem),
        TEST(an_answer_that_is_none_is_500),
        TEST(paths_and_methods_that_are_not_are_404_and_405),
        TEST(configured_origins_may_read_and_others_not),
        TEST(a_preflight_says_what_the_path_takes),
        TEST(pages_have_an_entity_tag_and_a_policy),
        TEST(a_client_that_leaves_frees_its_connection_before_the_answer_comes),
    };
    int failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
    buf_free(&answer.in);
    return failed;
}
