/*
 * gateway - the daemon's life: what it keeps, opened and closed in mirrored order
 */
// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "event_feed.h"
#include "event_stream.h"
#include "upstream.h"

enum { REFRESH_MS = 5000, ETAG_BYTES = 8 };

static void
on_refresh(void *context)
{
    struct gateway *gateway = CAST(struct gateway, context, GATEWAY_MAGIC);
    if (!jwks_refresh(gateway->jwks))
        return;
    token_forget(gateway->tokens);
    event_stream_end_all(gateway, "KEYS_CHANGED"); /* theirs may have been one that is gone */
}

static void
on_drain(void *context)
{
    struct gateway *gateway = CAST(struct gateway, context, GATEWAY_MAGIC);
    http_server_drain(gateway->server);
    event_feed_stop(gateway->feed);
    event_stream_end_all(gateway, "DRAINING");
}

static bool
is_drained(void *context)
{
    const struct gateway *gateway = CAST(struct gateway, context, GATEWAY_MAGIC);
    return http_server_in_flight(gateway->server) == 0 &&
           http_server_connections(gateway->server) == 0;
}

static void
add_status(struct buf *out, void *context)
{
    const struct gateway *gateway = CAST(struct gateway, context, GATEWAY_MAGIC);
    buf_printf(
        out, ",\"connections\":%u,\"requests\":%u,\"event_streams\":%u,\"keys\":%zu,\"port\":%u",
        http_server_connections(gateway->server), http_server_in_flight(gateway->server),
        gateway->event_stream_count, jwks_count(gateway->jwks), http_server_port(gateway->server));
    upstreams_add_status(out, gateway);
}

/* Ready as soon as one service can be asked: one that is away must not take the others from the
 * clients. */
static const char *
reason_not_ready(void *context)
{
    const struct gateway *gateway = CAST(struct gateway, context, GATEWAY_MAGIC);
    return upstreams_are_away(gateway) ? "no replica of any service is ready" : NULL;
}

NO_RETURN static void
refuse_start(const char *key, const char *value, const char *why)
{
    fprintf(stderr, "aftercare-gateway: AFTERCARE_GATEWAY_%s: \"%s\": %s\n", key, value, why);
    exit(2);
}

static const char *
own_or_shared(const char *own, const char *shared)
{
    return own[0] != 0 ? own : shared;
}

static void
open_tokens(struct gateway *gateway)
{
    const struct gateway_config *config = gateway->config;
    const struct svc_token_origin shared = svc_token_origin(gateway->svc);
    const char *jwks_file = own_or_shared(config->jwks_file, shared.jwks_file);
    struct fault fault;
    if (jwks_file[0] == 0)
        refuse_start("JWKS_FILE", "", "this, or AFTERCARE_TOKEN_JWKS_FILE, must be set");
    if (jwks_open(jwks_file, &gateway->jwks, &fault) != OK)
        refuse_start("JWKS_FILE", jwks_file, fault.message);
    const struct token_options options = {
        .issuer = own_or_shared(config->token_issuer, shared.issuer),
        .audience = own_or_shared(config->token_audience, shared.audience),
        .leeway_ms = config->token_leeway_ms};
    gateway->tokens = token_checker_new(&options, gateway->jwks);
}

static void
open_identity(struct gateway *gateway)
{
    const struct gateway_config *config = gateway->config;
    open_tokens(gateway);
    gateway->cors = cors_new(config->cors_origins);
    if (gateway->cors == NULL)
        refuse_start("CORS_ORIGINS", config->cors_origins,
                     "is no list of origins as https://app.example");
    gateway->proxies = http_proxies_new(config->trusted_proxies);
    if (gateway->proxies == NULL)
        refuse_start("TRUSTED_PROXIES", config->trusted_proxies,
                     "is no list of addresses and networks as 10.0.0.7, 192.168.0.0/16");
    gateway->anonymous_rate = rate_new(config->anonymous_rate, config->anonymous_burst);
    gateway->failure_rate = rate_new(config->token_failure_rate, config->token_failure_burst);
}

static void
make_page_etags(struct gateway *gateway)
{
    CHECK(gateway->parts->page_count <= GATEWAY_PAGES_MAX);
    for (size_t i = 0; i < gateway->parts->page_count; i++) {
        const struct gateway_page *page = &gateway->parts->pages[i];
        uint8_t digest[crypto_hash_sha256_BYTES];
        char hex[2 * ETAG_BYTES + 1];
        crypto_hash_sha256(digest, page->bytes, page->size_bytes);
        sodium_bin2hex(hex, sizeof hex, digest, ETAG_BYTES);
        snprintf(gateway->page_etags[i], sizeof gateway->page_etags[i], "\"%s\"", hex);
    }
}

static void
open_server(struct gateway *gateway)
{
    const struct gateway_config *config = gateway->config;
    const struct http_options options = {
        .listen = config->listen,
        .connections_max = config->connections_max,
        .header_bytes_max = config->header_bytes_max,
        .body_bytes_max = config->body_bytes_max,
        .request_timeout_ms = config->request_timeout_ms,
        .idle_timeout_ms = config->idle_timeout_ms,
        .reuse_port = true,
        .trusted_proxies = gateway->proxies,
        .on_head = exchange_on_head,
    };
    struct fault fault;
    if (http_server_open(svc_loop(gateway->svc), &options, exchange_on_request, gateway,
                         &gateway->server, &fault) != OK)
        refuse_start("LISTEN", config->listen, fault.message);
}

struct gateway *
gateway_open(struct svc *svc, const struct gateway_config *config,
             const struct gateway_parts *parts)
{
    struct gateway *gateway = mem_alloc(sizeof *gateway);
    gateway->magic = GATEWAY_MAGIC;
    gateway->config = config;
    gateway->parts = parts;
    gateway->svc = svc;
    gateway->routes = route_table_new(parts->routes, parts->route_count);
    open_identity(gateway);
    make_page_etags(gateway);
    gateway->upstreams = upstreams_open(gateway);
    gateway->feed = event_feed_new(svc);
    open_server(gateway);
    loop_timer_init(svc_loop(svc), &gateway->refresh, on_refresh, gateway);
    loop_timer_start(&gateway->refresh, REFRESH_MS, REFRESH_MS);
    uv_unref((uv_handle_t *)&gateway->refresh.handle);
    svc_on_drain(svc, on_drain, is_drained, gateway);
    svc_on_status(svc, add_status, gateway);
    svc_on_ready(svc, reason_not_ready, gateway);
    return gateway;
}

unsigned
gateway_port(const struct gateway *gateway)
{
    return http_server_port(gateway->server);
}

static void
on_refresh_closed(void *context)
{
    mem_free(context);
}

void
gateway_close(struct gateway **gateway)
{
    struct gateway *g = *gateway;
    *gateway = NULL;
    if (g == NULL)
        return;
    http_server_close(&g->server);
    event_feed_free(&g->feed);
    upstreams_free(&g->upstreams);
    rate_free(&g->failure_rate);
    rate_free(&g->anonymous_rate);
    http_proxies_free(&g->proxies);
    cors_free(&g->cors);
    token_checker_free(&g->tokens);
    jwks_close(&g->jwks);
    route_table_free(&g->routes);
    arena_free(&g->anonymous_arena);
    buf_free(&g->scratch);
    loop_timer_close(&g->refresh, on_refresh_closed); /* frees the gateway itself */
}
