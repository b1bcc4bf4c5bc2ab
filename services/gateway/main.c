/*
 * aftercare-gateway - HTTP and JSON in front of every service
 *
 *   answers  HTTP                                docs/protocol/http.md
 *            gateway.v1.GatewayService           proto/gateway/v1/gateway.proto
 *   says     nothing
 *   keeps    nothing; verified tokens in memory
 *   calls    every service that has a route      contract_all_routes, from proto/
 */
// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"

#include "common/json.h"
#include "contract_all.h"
#include "embedded_docs.h"
#include "embedded_openapi.h"
#include "gateway/v1/gateway.dispatch.h"

static struct gateway_config config;

/* Alphabetical. `aftercare-gateway --help` and the reference page are drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_UINT("anonymous_burst", config.anonymous_burst, "1000", 1, 1000000,
              "Requests without a token that one client address may make at once."),
    CONF_UINT("anonymous_rate", config.anonymous_rate, "200", 0, 1000000,
              "Requests without a token, or by a link, that one client address may make a second; "
              "0: no limit."),
    CONF_UINT("body_bytes_max", config.body_bytes_max, "131072", 1024, JSON_SIZE_BYTES_MAX,
              "The largest body; a larger one is 413."),
    CONF_UINT("connections_max", config.connections_max, "4096", 1, 60000,
              "The most client connections; more wait in the kernel. Beyond three quarters of "
              "them, waiting ones are closed, of the addresses with the most first."),
    CONF_TEXT(
        "cors_origins", config.cors_origins, "",
        "Origins whose pages may read answers, comma-separated, compared exactly; empty: none."),
    CONF_DURATION("event_comment_interval", config.event_comment_interval_ms, "15s", 100, 3600000,
                  "After how long a silence an event stream sends a comment: sooner than proxies "
                  "on the way take it for dead."),
    CONF_UINT("event_streams_caller_max", config.event_streams_caller_max, "20", 1, 10000,
              "The most event streams of one caller; beyond them it is 429."),
    CONF_UINT("event_streams_max", config.event_streams_max, "1000", 0, 10000,
              "The most event streams at once; beyond them it is 503. Each takes a place of "
              "connections_max, and 70 to 140 KiB."),
    CONF_UINT("header_bytes_max", config.header_bytes_max, "16384", 1024, 1048576,
              "The largest head of a request; a larger one is 431."),
    CONF_DURATION(
        "idle_timeout", config.idle_timeout_ms, "60s", 100, 3600000,
        "How long a connection may be without a request, or a client may take for an answer."),
    CONF_TEXT("jwks_file", config.jwks_file, "",
              "The JSON Web Key Set that tokens are signed with, where it is not "
              "AFTERCARE_TOKEN_JWKS_FILE; read again when it changes. One of them must be set."),
    CONF_TEXT("listen", config.listen, "127.0.0.1:8080",
              "Where to listen: an address and a port, [IPv6]:port, or :port for all addresses."),
    CONF_DURATION("overload_wait", config.overload_wait_ms, "20ms", 1, 10000,
                  "How long a call may take in a service that has more to do than it can: so many "
                  "calls are let in, the rest is 503 at once."),
    CONF_DURATION("request_timeout", config.request_timeout_ms, "10s", 100, 3600000,
                  "How long a request may take from its first byte until it is complete."),
    CONF_TEXT("token_audience", config.token_audience, "",
              "The `aud` that tokens must name, where it is not AFTERCARE_TOKEN_AUDIENCE."),
    CONF_UINT("token_failure_burst", config.token_failure_burst, "100", 1, 1000000,
              "Tokens that are not valid that one client address may send at once."),
    CONF_UINT("token_failure_rate", config.token_failure_rate, "10", 0, 1000000,
              "Tokens that are not valid that one client address may send a second; 0: no limit."),
    CONF_TEXT("token_issuer", config.token_issuer, "",
              "The `iss` that tokens must have, where it is not AFTERCARE_TOKEN_ISSUER."),
    CONF_DURATION("token_leeway", config.token_leeway_ms, "60s", 0, 600000,
                  "How far the clocks of issuer and gateway may be apart."),
    CONF_TEXT("trusted_proxies", config.trusted_proxies, "",
              "Proxies whose X-Forwarded-For is believed: addresses and networks as "
              "10.0.0.0/8, \"unix\" for the unix socket, comma-separated; empty: none. Must name "
              "only proxies that set or extend the header."),
    CONF_END,
};

int
main(int argc, char **argv)
{
    /* Exits, and says why, on a bad flag or key: a daemon starts whole or not at all. */
    struct svc *svc = svc_init("gateway", config_keys, argc, argv);

    const struct gateway_page pages[] = {
        {.path = "/", .location = "/docs"},
        {.path = "/docs",
         .type = "text/html; charset=utf-8",
         .bytes = embedded_docs,
         .size_bytes = embedded_docs_size},
        {.path = "/openapi.json",
         .type = "application/json",
         .bytes = embedded_openapi,
         .size_bytes = embedded_openapi_size},
    };
    const struct gateway_parts parts = {
        .routes = contract_all_routes,
        .route_count = contract_all_routes_count,
        .dispatch = &gateway_v1_dispatch,
        .pages = pages,
        .page_count = COUNT_OF(pages),
    };
    struct gateway *gateway = gateway_open(svc, &config, &parts);

    /* Returns after SIGTERM, once the requests at hand are answered or the drain limit has passed.
     */
    svc_run(svc);
    gateway_close(&gateway);
    return svc_deinit(&svc);
}
