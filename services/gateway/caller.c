/*
 * caller - who asks: a bearer token, a link, a ticket, or nobody
 *
 * A method that lets everybody in looks at no token. Links, tickets and anonymous requests are
 * limited for each client address; so are tokens that do not hold, since each costs a signature
 * check: only failures count, and an address that has none left is refused before the next check.
 */
// SPDX-License-Identifier: Apache-2.0
#include "gateway.h"

#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/link.h"
#include "common/v1/envelope.pb-c.h"
#include "event_stream.h"
#include "ticket.h"

enum { ANONYMOUS_LIFE_MS = 10 * 60 * 1000, ANONYMOUS_BUDGET_BYTES = 4096 };

void
caller_renew_anonymous(struct gateway *gateway)
{
    struct principal *principal = &gateway->anonymous;
    int64_t now_ms = clock_real_ms();
    if (principal->expire_time_ms > now_ms + ANONYMOUS_LIFE_MS / 2)
        return;
    arena_free(&gateway->anonymous_arena);
    gateway->anonymous_arena = arena_new(ANONYMOUS_BUDGET_BYTES);
    *principal = (struct principal){.kind = COMMON__V1__PRINCIPAL__KIND__ANONYMOUS,
                                    .subject = "anonymous",
                                    .expire_time_ms = now_ms + ANONYMOUS_LIFE_MS};
    principal_seal(principal, gateway->anonymous_arena);
}

static enum err
refuse_rate(struct exchange *exchange, int64_t wait_ms)
{
    exchange->retry_after_ms = wait_ms;
    return exchange_refuse(exchange, ERR_RESOURCE_EXHAUSTED, "RATE_LIMITED",
                           "too many requests from this address");
}

static enum err
take_anonymous_rate(struct exchange *exchange)
{
    int64_t wait_ms =
        rate_take(exchange->gateway->anonymous_rate, http_peer(exchange->http), clock_mono_ms());
    return wait_ms == 0 ? OK : refuse_rate(exchange, wait_ms);
}

static enum err
recognise_anonymous(struct exchange *exchange)
{
    enum err err = take_anonymous_rate(exchange);
    if (err != OK)
        return err;
    caller_renew_anonymous(exchange->gateway);
    exchange->principal = exchange->gateway->anonymous;
    /* The gateway's own may be renewed while this request waits. */
    exchange->principal.packed = arena_copy(exchange->arena, exchange->principal.packed,
                                            exchange->principal.packed_size_bytes);
    return OK;
}

static enum err
recognise_link(struct exchange *exchange, const char *link)
{
    enum err err = take_anonymous_rate(exchange);
    if (err == OK)
        err = link_open(exchange->arena, link, &exchange->principal, &exchange->fault);
    if (err == OK)
        principal_seal(&exchange->principal, exchange->arena);
    return err;
}

static enum err
recognise_ticket(struct exchange *exchange, const char *ticket)
{
    enum err err = take_anonymous_rate(exchange);
    if (err == OK)
        err = ticket_open(exchange->arena, ticket, &exchange->principal, &exchange->fault);
    return err;
}

static enum err
recognise_token(struct exchange *exchange, const char *token)
{
    struct gateway *gateway = exchange->gateway;
    const char *peer = http_peer(exchange->http);
    int64_t now_ms = clock_mono_ms();
    exchange->is_token_given = true;
    if (token_find(gateway->tokens, exchange->arena, token, &exchange->principal))
        return OK;
    int64_t wait_ms = rate_look(gateway->failure_rate, peer, now_ms);
    if (wait_ms > 0)
        return refuse_rate(exchange, wait_ms);
    if (token_verify(gateway->tokens, exchange->arena, token, &exchange->principal,
                     &exchange->why) == OK)
        return OK;
    rate_take(gateway->failure_rate, peer, now_ms);
    return exchange_refuse(exchange, ERR_UNAUTHENTICATED, "TOKEN_INVALID",
                           "the token does not hold");
}

/* What follows the scheme's name and blanks; NULL if it is another scheme. */
static const char *
credentials(const char *authorization, const char *scheme)
{
    size_t size = strlen(scheme);
    if (authorization == NULL || strncasecmp(authorization, scheme, size) != 0 ||
        authorization[size] != ' ')
        return NULL;
    return authorization + size + strspn(authorization + size, " ");
}

enum err
caller_recognise(struct exchange *exchange)
{
    if (exchange->match.route->method->is_anonymous)
        return recognise_anonymous(exchange);
    const char *authorization = http_header(exchange->http, "Authorization");
    const char *token = credentials(authorization, "Bearer");
    if (token != NULL)
        return recognise_token(exchange, token);
    const char *link = credentials(authorization, "Link");
    if (link == NULL && authorization == NULL)
        link = request_parameter(exchange, "link");
    if (link != NULL)
        return recognise_link(exchange, link);
    const char *ticket = NULL;
    if (authorization == NULL && event_stream_is_wanted(exchange))
        ticket = request_parameter(exchange, "ticket");
    if (ticket != NULL)
        return recognise_ticket(exchange, ticket);
    return exchange_refuse(exchange, ERR_UNAUTHENTICATED, "TOKEN_MISSING",
                           "this needs a bearer token");
}
