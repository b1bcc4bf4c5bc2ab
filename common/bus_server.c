/*
 * bus_server - one ROUTER that receives requests and sends replies
 *
 * Requests are handed on as they come; replies are collected during a turn and sent at its end
 * (bus_reply.c). The server remembers who pinged lately, to tell them when it leaves.
 *
 * Limit: PEERS_MAX such peers; others learn of it by their next ping.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <string.h>

#include "common/clock.h"
#include "common/rng.h"
#include "common/stat.h"

STAT(requests, "bus.request.receive", STAT_COUNTER, "", "Requests received in good form.");
STAT(expired, "bus.request.expire", STAT_COUNTER, "",
     "Requests dropped because their deadline had passed.");
STAT(refused, "bus.request.refuse", STAT_COUNTER, "", "Requests refused while the daemon drains.");

enum { PEERS_MAX = 1024, PEER_AGE_MS = 10000, STALL_MS = 10 };

struct bus_server {
    struct bus *bus;
    struct bus_server *next;
    struct bus_socket *socket;
    bus_on_request *on_request;
    void *context;
    uint8_t epoch[BUS_ID_SIZE];
    struct bus_binding binding;
    bool is_draining;
    unsigned in_flight;
    struct bus_outbox outbox;
    struct loop_timer stall; /* runs while replies are stalled */
    struct bus_peer peers[PEERS_MAX];
    unsigned peer_count;
};

/* ---- presence ---- */

static void
queue_presence(struct bus_server *server, const struct bus_peer *peer, enum bus_kind kind)
{
    Common__V1__Presence presence = COMMON__V1__PRESENCE__INIT;
    presence.epoch = (ProtobufCBinaryData){.len = BUS_ID_SIZE, .data = server->epoch};
    presence.in_flight = server->in_flight;
    presence.draining = server->is_draining;
    zmq_msg_t frame;
    bus_frame_pack(kind, &presence.base, &frame);
    bus_outbox_add(&server->outbox, peer, &frame, 0);
}

/* Notes that the peer is there. The place of one that was silent for long is taken again; where all
 * places are taken the newcomer is not noted, and learns of a drain from its next pong. */
static void
note_peer(struct bus_server *server, const struct bus_peer *peer)
{
    int64_t oldest_mono_ms = peer->seen_mono_ms - PEER_AGE_MS;
    struct bus_peer *place = NULL;
    for (unsigned i = 0; i < server->peer_count; i++) {
        struct bus_peer *known = &server->peers[i];
        if (known->size_bytes == peer->size_bytes &&
            memcmp(known->id, peer->id, sizeof peer->id) == 0) {
            known->seen_mono_ms = peer->seen_mono_ms;
            return;
        }
        if (known->seen_mono_ms < oldest_mono_ms)
            place = known;
    }
    if (place == NULL && server->peer_count < PEERS_MAX)
        place = &server->peers[server->peer_count++];
    if (place != NULL)
        *place = *peer;
}

/* ---- in ---- */

static void
fill_request(struct bus_request *request, const Common__V1__Request *message,
             const struct bus_peer *peer)
{
    request->method = message->method;
    memcpy(request->request_id, message->request_id.data, BUS_ID_SIZE);
    request->attempt = message->attempt;
    request->principal = message->principal.data;
    request->principal_size_bytes = message->principal.len;
    request->principal_mac = message->principal_mac.data;
    request->principal_mac_size_bytes = message->principal_mac.len;
    request->key = message->idempotency_key;
    request->traceparent = message->traceparent;
    request->body = message->body.data;
    request->body_size_bytes = message->body.len;
    memcpy(request->peer, peer->id, sizeof request->peer);
    request->peer_size_bytes = peer->size_bytes;
    request->receive_mono_us = clock_mono_us();
}

static void
refuse_draining(struct bus_server *server, struct bus_request *request)
{
    struct bus_reply reply = {.domain = server->bus->options.service};
    fault_set(&reply.fault, ERR_UNAVAILABLE, "DRAINING", "this replica is about to end");
    refused.value++;
    server->in_flight++; /* bus_reply takes it off */
    bus_reply(server, &request, &reply);
}

static void
take_request(struct bus_server *server, const struct bus_peer *peer, const uint8_t *bytes,
             size_t size_bytes)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    const Common__V1__Request *message = bus_frame_open_request(bytes, size_bytes, arena);
    int64_t left_ms = 0;
    if (message == NULL) {
        bus_frame_count_bad();
    } else {
        requests.value++;
        /* Anything a peer may write, so compared before it is subtracted. */
        int64_t now_real_ms = clock_real_ms();
        if (message->deadline_time_ms > now_real_ms)
            left_ms = message->deadline_time_ms - now_real_ms;
#ifdef KNOWN_BAD /* no_deadline_check */
        left_ms = BUS_DEADLINE_MS_MAX;
#endif
        expired.value += left_ms == 0;
    }
    if (left_ms == 0) {
        arena_free(&arena);
        return;
    }
    struct bus_request *request = arena_alloc(arena, sizeof *request);
    request->arena = arena;
    request->deadline_mono_ms =
        clock_mono_ms() + (left_ms < BUS_DEADLINE_MS_MAX ? left_ms : BUS_DEADLINE_MS_MAX);
    fill_request(request, message, peer);
    if (server->is_draining) {
        refuse_draining(server, request);
        return;
    }
    server->in_flight++;
    server->on_request(server->context, request);
}

static void
take_frame(struct bus_server *server, struct bus_peer *peer, const uint8_t *bytes,
           size_t size_bytes)
{
    enum bus_kind kind;
    if (!bus_frame_kind(bytes, size_bytes, &kind)) {
        bus_frame_count_bad();
    } else if (kind == BUS_REQUEST) {
        take_request(server, peer, bytes, size_bytes);
    } else if (kind == BUS_PING) {
        peer->seen_mono_ms = clock_mono_ms();
        note_peer(server, peer);
        queue_presence(server, peer, BUS_PONG);
    } else {
        bus_frame_count_bad();
    }
}

/* Receives the frames after a routing id; true: exactly one, in `frame`. */
static bool
receive_rest(struct bus_server *server, zmq_msg_t *frame)
{
    unsigned count = 0;
    while (bus_socket_receive(server->socket, frame)) {
        count++;
        if (!zmq_msg_more(frame))
            break;
    }
    return count == 1;
}

static void
on_ready(void *context)
{
    struct bus_server *server = context;
    zmq_msg_t id, frame;
    zmq_msg_init(&id);
    zmq_msg_init(&frame);
    for (int i = 0; i < BUS_TURN_MESSAGES_MAX && bus_socket_receive(server->socket, &id); i++) {
        struct bus_peer peer = {.size_bytes = zmq_msg_size(&id)};
        bool is_single = zmq_msg_more(&id) && receive_rest(server, &frame);
        if (!is_single || peer.size_bytes > sizeof peer.id) {
            bus_frame_count_bad();
            continue;
        }
        memcpy(peer.id, zmq_msg_data(&id), peer.size_bytes);
        take_frame(server, &peer, zmq_msg_data(&frame), zmq_msg_size(&frame));
    }
    zmq_msg_close(&id);
    zmq_msg_close(&frame);
}

/* ---- replies ---- */

static void
on_stall(void *context UNUSED)
{
    /* It has woken the loop; the turn's end flushes. */
}

void
bus_server_flush(struct bus_server *server)
{
    if (bus_outbox_flush(&server->outbox, server->socket) > 0)
        loop_timer_start(&server->stall, STALL_MS, 0);
}

void
bus_reply(struct bus_server *server, struct bus_request **request, const struct bus_reply *reply)
{
    struct bus_request *r = *request;
    *request = NULL;
    struct bus_reply too_large = {.domain = reply->domain};
    if (reply->body_size_bytes > BUS_BODY_BYTES_MAX) {
        fault_set(&too_large.fault, ERR_INTERNAL, "REPLY_TOO_LARGE",
                  "the reply has more than %d bytes", BUS_BODY_BYTES_MAX);
        reply = &too_large;
    }
    CHECK(server->in_flight > 0 && reply->fault.code <= ERR_UNAUTHENTICATED);
    server->in_flight--;
    struct bus_peer peer = {.size_bytes = r->peer_size_bytes};
    memcpy(peer.id, r->peer, sizeof peer.id);
    zmq_msg_t frame;
    bus_reply_pack(r, reply, &frame);
    bus_outbox_add(&server->outbox, &peer, &frame, r->deadline_mono_ms);
    struct arena *arena = r->arena;
    arena_free(&arena);
}

/* ---- life ---- */

static struct bus_server *
new_server(struct bus *bus)
{
    struct bus_server *server = mem_alloc(sizeof *server);
    server->bus = bus;
    rng_bytes(server->epoch, sizeof server->epoch);
    loop_timer_init(bus->loop, &server->stall, on_stall, server);
    server->next = bus->first_server;
    bus->first_server = server;
    return server;
}

enum err
bus_server_open(struct bus *bus, bus_on_request *on_request, void *context,
                struct bus_server **ret_server, struct fault *ret_fault)
{
    struct bus_server *server = new_server(bus);
    server->on_request = on_request;
    server->context = context;
    server->socket = bus_socket_open(bus->poller, ZMQ_ROUTER, on_ready, server);
    CHECK(server->socket != NULL);
    bus_socket_set_limits(server->socket, bus->options.linger_ms);
    bus_socket_set_number(server->socket, ZMQ_ROUTER_MANDATORY, 1);
    server->binding.suffix = BUS_IPC_CALLS;
    server->binding.listen = bus->options.listen;
    enum err err = bus_binding_open(&server->binding, bus, server->socket, ret_fault);
    if (err != OK)
        bus_server_close(&server);
    else
        *ret_server = server;
    return err;
}

void
bus_server_drain(struct bus_server *server)
{
    if (server->is_draining)
        return;
    server->is_draining = true;
    bus_binding_release(&server->binding);
    int64_t oldest_mono_ms = clock_mono_ms() - PEER_AGE_MS;
    for (unsigned i = 0; i < server->peer_count; i++) {
        if (server->peers[i].seen_mono_ms >= oldest_mono_ms)
            queue_presence(server, &server->peers[i], BUS_LEAVING);
    }
    bus_server_flush(server);
}

static void
on_stall_closed(void *context)
{
    mem_free(context);
}

static void
on_binding_closed(void *binding)
{
    struct bus_server *server =
        container_of((struct bus_binding *)binding, struct bus_server, binding);
    loop_timer_close(&server->stall, on_stall_closed);
}

void
bus_server_close(struct bus_server **server)
{
    struct bus_server *s = *server;
    *server = NULL;
    if (s == NULL)
        return;
    bus_server_flush(s);
    bus_outbox_free(&s->outbox);
    bus_socket_close(&s->socket);
    struct bus_server **at = &s->bus->first_server;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    bus_binding_close(&s->binding, on_binding_closed);
}

unsigned
bus_server_in_flight(const struct bus_server *server)
{
    return server->in_flight;
}

struct bus_server *
bus_server_next(struct bus_server *server)
{
    return server->next;
}

const char *
bus_server_ipc_path(const struct bus_server *server)
{
    return server->binding.path;
}

const char *
bus_server_tcp_endpoint(const struct bus_server *server)
{
    return server->binding.tcp_endpoint;
}
