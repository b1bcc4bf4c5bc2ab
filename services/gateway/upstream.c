/*
 * upstream - one admission for each service; few enough to look through
 */
// SPDX-License-Identifier: Apache-2.0
#include "upstream.h"

#include <string.h>

#include "admission.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/stat.h"

STAT(turned_away, "gateway.request.refuse", STAT_COUNTER, "",
     "Requests that were refused because their service had more to do than it could.");

enum { SERVICES_MAX = 16 };

struct upstream {
    struct admission services[SERVICES_MAX];
    bool is_told[SERVICES_MAX]; /* the log knows that it is overloaded */
    unsigned count;
};

static struct admission *
find(const struct upstream *upstreams, const char *service)
{
    for (unsigned i = 0; i < upstreams->count; i++) {
        if (strcmp(upstreams->services[i].service, service) == 0)
            return (struct admission *)&upstreams->services[i];
    }
    return NULL;
}

struct upstream *
upstreams_open(struct gateway *gateway)
{
    struct upstream *upstreams = mem_alloc(sizeof *upstreams);
    for (size_t i = 0; i < gateway->parts->route_count; i++) {
        const char *service = gateway->parts->routes[i].method->service;
        if (strcmp(service, gateway->parts->dispatch->service) == 0 ||
            find(upstreams, service) != NULL)
            continue;
        CHECK(upstreams->count < SERVICES_MAX);
        admission_init(&upstreams->services[upstreams->count++], service,
                       gateway->config->overload_wait_ms * 1000, clock_mono_us());
        svc_client(gateway->svc, service);
    }
    return upstreams;
}

void
upstreams_free(struct upstream **upstreams)
{
    mem_free(*upstreams);
    *upstreams = NULL;
}

bool
upstreams_are_away(const struct gateway *gateway)
{
    const struct upstream *upstreams = gateway->upstreams;
    for (unsigned i = 0; i < upstreams->count; i++) {
        if (bus_client_ready(svc_client(gateway->svc, upstreams->services[i].service)) > 0)
            return false;
    }
    return true;
}

void
upstreams_add_status(struct buf *out, const struct gateway *gateway)
{
    const struct upstream *upstreams = gateway->upstreams;
    buf_add_text(out, ",\"upstreams\":{");
    for (unsigned i = 0; i < upstreams->count; i++) {
        const struct admission *admission = &upstreams->services[i];
        buf_printf(
            out, "%s\"%s\":{\"replicas\":%u,\"calls\":%u,\"calls_max\":%u,\"overloaded\":%s}",
            i > 0 ? "," : "", admission->service,
            bus_client_ready(svc_client(gateway->svc, admission->service)), admission->in_flight,
            admission_limit(admission), admission->is_overloaded ? "true" : "false");
    }
    buf_add_text(out, "}");
}

/* Once for the beginning and once for the end, not for each request. */
static void
tell(struct upstream *upstreams, const struct admission *admission)
{
    bool *is_told = &upstreams->is_told[admission - upstreams->services];
    if (*is_told == admission->is_overloaded)
        return;
    *is_told = admission->is_overloaded;
    struct log_line *line = log_begin(LOG_WARN, *is_told ? "a service is overloaded"
                                                         : "a service is no longer overloaded");
    log_text(line, "of", admission->service);
    log_number(line, "calls_max", admission_limit(admission));
    log_number(line, "calls_per_s", (int64_t)admission->rate_per_s);
    log_end(line);
}

enum err
upstream_check_room(struct exchange *exchange)
{
    struct upstream *upstreams = exchange->gateway->upstreams;
    struct admission *admission = find(upstreams, exchange->match.route->method->service);
    if (admission == NULL)
        return OK;
    bool is_open = admission_is_open(admission, clock_mono_us());
    tell(upstreams, admission);
    if (is_open)
        return OK;
    turned_away.value++;
    exchange->is_turned_away = true;
    exchange->retry_after_ms = UPSTREAM_RETRY_MS;
    return exchange_refuse(exchange, ERR_RESOURCE_EXHAUSTED, "OVERLOADED",
                           "the service has more to do than it can; try again later");
}

enum err
upstream_ask_await(struct gateway *gateway, const char *service, struct arena *arena,
                   const struct bus_question *question, struct bus_answer *ret_answer)
{
    struct admission *admission = find(gateway->upstreams, service);
    CHECK(admission != NULL);
    admission_enter(admission, clock_mono_us());
    enum err err = bus_ask_await(svc_client(gateway->svc, service), arena, question, ret_answer);
    bool is_done =
        err != ERR_UNAVAILABLE && err != ERR_RESOURCE_EXHAUSTED && err != ERR_DEADLINE_EXCEEDED;
    admission_leave(admission, clock_mono_us(), is_done);
    return err;
}
