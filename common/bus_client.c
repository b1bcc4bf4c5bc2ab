/*
 * bus_client - the replicas of one service: which there are, which is chosen, when each is pinged
 * and closed
 *
 * Discovery names them, a replica tells when its state changes, bus_ask.c asks for the best one.
 * Replicas are closed by the client's own timer only, never below one of their callbacks.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <string.h>

#include "common/clock.h"
#include "common/rng.h"

enum { HOUSEKEEPING_MS = 1000 };

/* ---- state ---- */

static bool
is_usable(const struct bus_replica *replica, int64_t now_mono_ms)
{
    return replica->state == BUS_REPLICA_READY && replica->ejected_until_mono_ms <= now_mono_ms;
}

bool
bus_client_has_other(const struct bus_client *client, const struct bus_replica *replica)
{
    int64_t now_mono_ms = clock_mono_ms();
    for (unsigned i = 0; i < client->replica_count; i++) {
        if (client->replicas[i] != replica && is_usable(client->replicas[i], now_mono_ms))
            return true;
    }
    return false;
}

void
bus_client_on_state(struct bus_client *client)
{
    unsigned ready_count = 0;
    for (unsigned i = 0; i < client->replica_count; i++)
        ready_count += client->replicas[i]->state == BUS_REPLICA_READY;
    if (client->ready_count > 0 && ready_count == 0)
        client->unready_since_mono_ms = clock_mono_ms();
    bool has_come = ready_count > client->ready_count;
    client->ready_count = ready_count;
    if (has_come)
        bus_client_wake_waiting(client);
}

unsigned
bus_client_ready(const struct bus_client *client)
{
    return client->ready_count;
}

/* ---- choice ---- */

/* xorshift64: the choice needs no secrecy, and is made for each call. */
static unsigned
roll(struct bus_client *client, unsigned bound)
{
    client->dice ^= client->dice << 13;
    client->dice ^= client->dice >> 7;
    client->dice ^= client->dice << 17;
    return (unsigned)((client->dice >> 32) * bound >> 32);
}

static struct bus_replica *
choose(struct bus_client *client, const struct bus_replica *avoid, bool with_ejected)
{
    struct bus_replica *candidates[BUS_REPLICAS_MAX];
    unsigned count = 0;
    int64_t now_mono_ms = with_ejected ? INT64_MAX : clock_mono_ms();
    for (unsigned i = 0; i < client->replica_count; i++) {
        if (client->replicas[i] != avoid && is_usable(client->replicas[i], now_mono_ms))
            candidates[count++] = client->replicas[i];
    }
    if (count < 2)
        return count == 0 ? NULL : candidates[0];
    unsigned first = roll(client, count), second = roll(client, count - 1);
    second += second >= first;
    return candidates[first]->in_flight <= candidates[second]->in_flight ? candidates[first]
                                                                         : candidates[second];
}

struct bus_replica *
bus_client_choose(struct bus_client *client, const struct bus_replica *avoid)
{
    struct bus_replica *replica = choose(client, avoid, false);
    if (replica == NULL)
        replica = choose(client, avoid, true);
    if (replica == NULL && avoid != NULL)
        replica = choose(client, NULL, true);
    return replica;
}

/* ---- discovery ---- */

void
bus_client_look_begin(struct bus_client *client)
{
    for (unsigned i = 0; i < client->replica_count; i++)
        client->replicas[i]->is_named = false;
}

void
bus_client_look_found(struct bus_client *client, const char *endpoint)
{
    for (unsigned i = 0; i < client->replica_count; i++) {
        if (strcmp(client->replicas[i]->endpoint, endpoint) == 0) {
            client->replicas[i]->is_named = true;
            return;
        }
    }
    if (client->replica_count == BUS_REPLICAS_MAX)
        return;
    struct bus_replica *replica = bus_replica_open(client, endpoint);
    if (replica == NULL)
        return;
    client->replicas[client->replica_count++] = replica;
    /* It is about to answer: calls wait for it as they do for one that went away just now. */
    if (client->ready_count == 0)
        client->unready_since_mono_ms = clock_mono_ms();
    bus_client_poke(client);
}

void
bus_client_look_end(struct bus_client *client)
{
    for (unsigned i = 0; i < client->replica_count; i++) {
        if (!client->replicas[i]->is_named)
            bus_replica_leave(client->replicas[i]);
    }
}

/* ---- housekeeping ---- */

static void
close_left(struct bus_client *client)
{
    unsigned kept_count = 0;
    for (unsigned i = 0; i < client->replica_count; i++) {
        struct bus_replica *replica = client->replicas[i];
        if (replica->state == BUS_REPLICA_LEAVING && !replica->is_named && replica->in_flight == 0)
            bus_replica_close(&replica);
        else
            client->replicas[kept_count++] = replica;
    }
    client->replica_count = kept_count;
}

static void
schedule(struct bus_client *client, int64_t tick_mono_ms)
{
    int64_t now_mono_ms = clock_mono_ms();
    client->tick_mono_ms = tick_mono_ms > now_mono_ms ? tick_mono_ms : now_mono_ms;
    loop_timer_start(&client->timer, client->tick_mono_ms - now_mono_ms, 0);
}

static void
on_tick(void *context)
{
    struct bus_client *client = context;
    int64_t now_mono_ms = clock_mono_ms();
    int64_t next_mono_ms = now_mono_ms + HOUSEKEEPING_MS;
    client->tick_mono_ms = INT64_MAX; /* so that a poke from here on starts the timer */
    close_left(client);
    for (unsigned i = 0; i < client->replica_count; i++) {
        int64_t ping_mono_ms = bus_replica_tick(client->replicas[i], now_mono_ms);
        if (ping_mono_ms < next_mono_ms)
            next_mono_ms = ping_mono_ms;
    }
    if (next_mono_ms < client->tick_mono_ms)
        schedule(client, next_mono_ms);
}

void
bus_client_poke(struct bus_client *client)
{
    if (client->tick_mono_ms > clock_mono_ms())
        schedule(client, 0);
}

/* ---- life ---- */

struct bus *
bus_client_bus(struct bus_client *client)
{
    return client->bus;
}

const char *
bus_client_service(const struct bus_client *client)
{
    return client->service;
}

enum err
bus_client_open(struct bus *bus, const char *service, struct bus_client **ret_client)
{
    struct bus_client *client = mem_alloc(sizeof *client);
    client->bus = bus;
    client->service = mem_copy_text(service);
    rng_bytes(client->id_prefix, sizeof client->id_prefix);
    memcpy(&client->dice, client->id_prefix, sizeof client->dice);
    client->dice |= 1;
    client->saved_credits = BUS_RETRY_CREDITS_MAX;
    client->unready_since_mono_ms = client->credit_mono_ms = clock_mono_ms();
    for (unsigned i = 0; i < BUS_CALLS_MAX; i++)
        client->free_slots[client->free_count++] = (uint16_t)(BUS_CALLS_MAX - 1 - i);
    loop_timer_init(bus->loop, &client->timer, on_tick, client);
    schedule(client, 0);
    bus->client_count++;
    client->discovery = bus_discovery_open(client);
    *ret_client = client;
    return OK;
}

static void
on_closed(void *context)
{
    struct bus_client *client = context;
    mem_free(client->service);
    mem_free(client);
}

void
bus_client_close(struct bus_client **client)
{
    struct bus_client *c = *client;
    *client = NULL;
    if (c == NULL)
        return;
    bus_discovery_close(&c->discovery);
    bus_client_end_calls(c);
    for (unsigned i = 0; i < c->replica_count; i++)
        bus_replica_close(&c->replicas[i]);
    c->bus->client_count--;
    loop_timer_close(&c->timer, on_closed);
}
