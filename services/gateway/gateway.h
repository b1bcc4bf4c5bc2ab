/*
 * gateway - what the parts of aftercare-gateway share: its settings, what it keeps, and one
 * exchange
 *
 * An exchange is one HTTP request on its way to its answer, run as a task. It lives in the
 * request's arena.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/queue.h>

#include "common/http.h"
#include "common/jwks.h"
#include "common/principal.h"
#include "common/svc.h"
#include "common/token.h"
#include "common/v1/types.pb-c.h"
#include "cors.h"
#include "problem.h"
#include "rate.h"
#include "route.h"

enum {
    GATEWAY_MAGIC = 0x6a7e3a44,
    GATEWAY_HEADERS_MAX = 24,
    GATEWAY_PAGES_MAX = 4,
    GATEWAY_STREAMS_MAX = 256, /* bodies in pieces at once, both ways: each holds up to 0.5 MiB */
};

struct gateway_config {
    const char *listen;
    unsigned connections_max;
    unsigned header_bytes_max;
    unsigned body_bytes_max;
    int64_t request_timeout_ms;
    int64_t idle_timeout_ms;
    const char *jwks_file;
    const char *token_issuer;
    const char *token_audience;
    int64_t token_leeway_ms;
    unsigned token_failure_rate;
    unsigned token_failure_burst;
    unsigned anonymous_rate;
    unsigned anonymous_burst;
    const char *cors_origins;
    unsigned event_streams_max;
    unsigned event_streams_caller_max;
    int64_t event_comment_interval_ms;
    int64_t overload_wait_ms;
    const char *trusted_proxies;
};

/* A fixed page. */
struct gateway_page {
    const char *path;
    const char *type;
    const char *location; /* where it redirects to; NULL: it is the page itself */
    const unsigned char *bytes;
    size_t size_bytes;
};

/* What the gateway is made of, apart from its settings. Static. */
struct gateway_parts {
    const struct contract_route *routes;
    size_t route_count;
    const struct contract_dispatch *dispatch; /* its own methods */
    const struct gateway_page *pages;
    size_t page_count;
};

struct upstream;

struct gateway {
    unsigned magic;
    const struct gateway_config *config;
    const struct gateway_parts *parts;
    struct svc *svc;
    struct route_table *routes;
    struct jwks *jwks;
    struct token_checker *tokens;
    struct rate *anonymous_rate;
    struct rate *failure_rate;
    struct cors *cors;
    struct http_proxies *proxies;
    struct http_server *server;
    struct event_feed *feed;
    struct upstream *upstreams;                     /* the services that are asked */
    LIST_HEAD(event_streams, event_stream) streams; /* that are open */
    unsigned event_stream_count;
    struct loop_timer refresh;
    struct arena *anonymous_arena;
    struct principal anonymous;
    unsigned stream_count; /* bodies in pieces under way */
    char page_etags[GATEWAY_PAGES_MAX][24];
    struct buf scratch; /* for one document at a time; never held over an await */
};

/* Opens the server and registers with svc: drain, status, readiness. Ends the process with a
 * message on settings that cannot be. */
struct gateway *gateway_open(struct svc *svc, const struct gateway_config *config,
                             const struct gateway_parts *parts);
/* After svc_run. */
void gateway_close(struct gateway **gateway);
unsigned gateway_port(const struct gateway *gateway);

/* One exchange. */
struct exchange {
    struct gateway *gateway;
    struct http_request *http; /* NULL once answered */
    struct arena *arena;
    int64_t start_mono_us;
    int verb; /* contract_verb; -1: none that a route has */
    struct route_match match;
    struct principal principal;
    char key[CALL_KEY_SIZE];
    char traceparent[CALL_TRACEPARENT_SIZE];
    ProtobufCMessage *req;
    const char *file_name;      /* of an upload, as the query says it; NULL: not said */
    Common__V1__Upload *upload; /* in req */
    bool is_replayed;
    bool is_turned_away; /* its service had no room */
    bool is_token_given;
    struct fault fault;
    struct call_problems problems; /* of the fault */
    struct call_details details;   /* of the fault */
    const char *domain;            /* of the fault */
    int64_t retry_after_ms;
    const char *why; /* for the log only */
};

/* exchange.c: runs one request; on_request of the server. */
void exchange_on_request(void *gateway, struct http_request *request);

/* exchange.c: a refusal of the gateway itself. Returns the code. */
enum err exchange_refuse(struct exchange *exchange, enum err code, const char *reason,
                         const char *format, ...) PRINTF_LIKE(4, 5);

/* exchange.c: on_head of the server: takes the requests whose body is not JSON. */
bool exchange_on_head(void *gateway, struct http_request *request);

/* exchange.c: asks the method's service; what comes of it lies in `arena`. */
enum err exchange_ask_await(struct exchange *exchange, struct arena *arena,
                            const ProtobufCMessage **ret_res) MUST_CHECK;

/* exchange.c: keeps what a service said of a refusal. Returns its code. */
enum err exchange_keep_fault(struct exchange *exchange, const struct bus_answer *answer);

/* exchange.c: whether the caller's roles allow the method. */
enum err exchange_check_roles(struct exchange *exchange) MUST_CHECK;

/* upload.c: a body that is not JSON. What the head says of it, before anything of it is taken;
 * then, piece by piece, to the documents service, and the field `upload` into req. */
enum err upload_check(struct exchange *exchange) MUST_CHECK;
enum err upload_carry_await(struct exchange *exchange) MUST_CHECK;

/* caller.c: who asks. Fills the principal, sealed. */
enum err caller_recognise(struct exchange *exchange) MUST_CHECK;
/* The anonymous principal, sealed again when it is old. */
void caller_renew_anonymous(struct gateway *gateway);

/* form_body.c: a form's names and values, as "a=1&b=2" in the arena; "" where there are none. */
enum err form_body_read(struct exchange *exchange, char **ret_form) MUST_CHECK;
/* request.c: what is asked. Fills req and key. */
enum err request_read(struct exchange *exchange) MUST_CHECK;
/* The value of a query parameter, decoded, in the arena; NULL if it is not there or malformed. */
const char *request_parameter(struct exchange *exchange, const char *name);

/* Exactly one of these ends an exchange: answer.c, and answer_body.c for bytes. False: the service
 * set no bytes, and nothing was answered. */
bool answer_body_await(struct exchange *exchange, const ProtobufCMessage *res);
/* Of a message that is still packed, as most are. False: it has to be unpacked, and nothing was
 * answered. */
bool answer_packed(struct exchange *exchange, const uint8_t *bytes, size_t size_bytes);
void answer_message(struct exchange *exchange, const ProtobufCMessage *res);
void answer_problem(struct exchange *exchange);
void answer_options(struct exchange *exchange);
void answer_page(struct exchange *exchange, const struct gateway_page *page, const char *etag);
