/*
 * bus_server - one ROUTER that receives requests and sends replies
 *
 * Requests are handed on as they come; replies are collected during a turn and sent at its end. A
 * reply whose peer does not read (EAGAIN) stays in the queue, tried again every STALL_MS until its
 * call's deadline; one whose peer is gone (EHOSTUNREACH) is counted. ROUTER_MANDATORY reports both
 * at the routing id's frame, and only there.
 *
 * The server remembers who pinged lately, to tell them when it leaves. Limits: PEERS_MAX such
 * peers, REPLIES_MAX replies in the queue.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/rng.h"
#include "common/stat.h"
#include "common/uuid.h"

STAT(requests, "bus.request.receive", STAT_COUNTER, "", "Requests received in good form.");
STAT(expired, "bus.request.expire", STAT_COUNTER, "",
     "Requests dropped because their deadline had passed.");
STAT(refused, "bus.request.refuse", STAT_COUNTER, "", "Requests refused while the daemon drains.");
STAT(replies_sent, "bus.reply.send", STAT_COUNTER, "", "Replies sent.");
STAT(replies_lost, "bus.reply.lose", STAT_COUNTER, "",
     "Replies dropped because their caller is gone, does not read, or the queue is full.");
STAT(replies_stalled, "bus.reply.stall", STAT_GAUGE, "", "Replies that wait for a caller to read.");

enum { PEERS_MAX = 1024, PEER_AGE_MS = 10000, REPLIES_MAX = 16384, STALL_MS = 10 };

struct peer {
    uint8_t id[8];
    size_t size_bytes;
    int64_t seen_mono_ms;
};

/* A reply on its way out. */
struct pending {
    struct peer peer;
    zmq_msg_t frame;
    int64_t deadline_mono_ms; /* 0: no reply but a word on the server itself */
};

struct bus_server {
    struct bus *bus;
    struct bus_server *next;
    struct bus_socket *socket;
    bus_on_request *on_request;
    void *context;
    uint8_t epoch[BUS_ID_SIZE];
    char path[BUS_IPC_PATH_MAX + 1]; /* "" without ipc */
    char tcp_endpoint[BUS_ENDPOINT_SIZE];
    int lock_fd;
    bool is_draining;
    unsigned in_flight;
    struct pending *pending;
    unsigned pending_count;
    unsigned pending_room;
    struct loop_timer stall; /* runs while replies are stalled */
    struct peer peers[PEERS_MAX];
    unsigned peer_count;
};

/* ---- out ---- */

/* Queues a frame for a peer; taken. */
static void
queue_frame(struct bus_server *server, const struct peer *peer, zmq_msg_t *frame,
            int64_t deadline_mono_ms)
{
    if (server->pending_count == REPLIES_MAX) {
        replies_lost.value++;
        zmq_msg_close(frame);
        return;
    }
    if (server->pending_count == server->pending_room) {
        server->pending_room = server->pending_room == 0 ? 64 : server->pending_room * 2;
        server->pending =
            mem_resize(server->pending, server->pending_room * sizeof *server->pending);
    }
    struct pending *pending = &server->pending[server->pending_count++];
    pending->peer = *peer;
    pending->deadline_mono_ms = deadline_mono_ms;
    zmq_msg_init(&pending->frame);
    zmq_msg_move(&pending->frame, frame);
    zmq_msg_close(frame);
}

/* False: the peer does not read now, keep it. */
static bool
send_pending(struct bus_server *server, struct pending *pending, int64_t now_mono_ms)
{
    zmq_msg_t id;
    CHECK(zmq_msg_init_size(&id, pending->peer.size_bytes) == 0);
    memcpy(zmq_msg_data(&id), pending->peer.id, pending->peer.size_bytes);
    int error = bus_socket_send(server->socket, &id, true);
    if (error == 0)
        error = bus_socket_send(server->socket, &pending->frame, false);
    else
        zmq_msg_close(&id);
    if (error == EAGAIN && now_mono_ms < pending->deadline_mono_ms)
        return false;
    if (pending->deadline_mono_ms > 0)
        *(error == 0 ? &replies_sent.value : &replies_lost.value) += 1;
    zmq_msg_close(&pending->frame);
    return true;
}

void
bus_server_flush(struct bus_server *server)
{
    if (server->pending_count == 0)
        return;
    int64_t now_mono_ms = clock_mono_ms();
    unsigned kept_count = 0;
    for (unsigned i = 0; i < server->pending_count; i++) {
        if (send_pending(server, &server->pending[i], now_mono_ms))
            continue;
        /* A message may not be copied as bytes by the letter of its API, so it is moved. */
        if (kept_count < i) {
            struct pending *kept = &server->pending[kept_count];
            kept->peer = server->pending[i].peer;
            kept->deadline_mono_ms = server->pending[i].deadline_mono_ms;
            zmq_msg_init(&kept->frame);
            zmq_msg_move(&kept->frame, &server->pending[i].frame);
        }
        kept_count++;
    }
    server->pending_count = kept_count;
    replies_stalled.value = kept_count;
    if (kept_count > 0)
        loop_timer_start(&server->stall, STALL_MS, 0);
}

static void
on_stall(void *context UNUSED)
{
    /* It has woken the loop; the turn's end flushes. */
}

/* ---- presence ---- */

static void
queue_presence(struct bus_server *server, const struct peer *peer, enum bus_kind kind)
{
    Common__V1__Presence presence = COMMON__V1__PRESENCE__INIT;
    presence.epoch = (ProtobufCBinaryData){.len = BUS_ID_SIZE, .data = server->epoch};
    presence.in_flight = server->in_flight;
    presence.draining = server->is_draining;
    zmq_msg_t frame;
    bus_frame_pack(kind, &presence.base, &frame);
    queue_frame(server, peer, &frame, 0);
}

/* Notes that the peer is there. The place of one that was silent for long is taken again; where all
 * places are taken the newcomer is not noted, and learns of a drain from its next pong. */
static void
note_peer(struct bus_server *server, const struct peer *peer)
{
    int64_t oldest_mono_ms = peer->seen_mono_ms - PEER_AGE_MS;
    struct peer *place = NULL;
    for (unsigned i = 0; i < server->peer_count; i++) {
        struct peer *known = &server->peers[i];
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
             const struct peer *peer)
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
take_request(struct bus_server *server, const struct peer *peer, const uint8_t *bytes,
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
take_frame(struct bus_server *server, struct peer *peer, const uint8_t *bytes, size_t size_bytes)
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
        struct peer peer = {.size_bytes = zmq_msg_size(&id)};
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

enum { DETAILS_MAX = 3, NUMBER_TEXT_SIZE = 12 };

static void
add_detail(Common__V1__Reply *message, char *name, char *value)
{
    Common__V1__Reply__Detail *detail = message->details[message->n_details++];
    common__v1__reply__detail__init(detail);
    detail->name = name;
    detail->value = value;
}

/* Packs a refusal. Its texts may quote the request and be cut within a character, which the wire
 * does not allow. */
static void
pack_fault(Common__V1__Reply *message, const struct bus_reply *reply, zmq_msg_t *ret_frame)
{
    Common__V1__Reply__Detail details[DETAILS_MAX];
    Common__V1__Reply__Detail *detail_list[DETAILS_MAX] = {&details[0], &details[1], &details[2]};
    char line[NUMBER_TEXT_SIZE], column[NUMBER_TEXT_SIZE];
    struct fault fault = reply->fault;
    fault.message[bus_frame_clean_size(fault.message)] = 0;
    fault.field[bus_frame_clean_size(fault.field)] = 0;
    snprintf(line, sizeof line, "%d", fault.line);
    snprintf(column, sizeof column, "%d", fault.column);
    message->code = fault.code;
    if (reply->domain != NULL)
        message->domain = (char *)reply->domain;
    message->reason = fault.reason;
    message->message = fault.message;
    message->retry_after_ms = (uint32_t)reply->retry_after_ms;
    message->details = detail_list;
    if (fault.field[0] != 0)
        add_detail(message, "field", fault.field);
    if (fault.line > 0)
        add_detail(message, "line", line);
    if (fault.column > 0)
        add_detail(message, "column", column);
    bus_frame_pack(BUS_REPLY, &message->base, ret_frame);
}

static void
pack_reply(const struct bus_request *request, const struct bus_reply *reply, zmq_msg_t *ret_frame)
{
    Common__V1__Reply message = COMMON__V1__REPLY__INIT;
    message.request_id =
        (ProtobufCBinaryData){.len = BUS_ID_SIZE, .data = (uint8_t *)request->request_id};
    message.replayed = reply->is_replayed;
    if (reply->fault.code != OK) {
        pack_fault(&message, reply, ret_frame);
        return;
    }
    message.body =
        (ProtobufCBinaryData){.len = reply->body_size_bytes, .data = (uint8_t *)reply->body};
    bus_frame_pack(BUS_REPLY, &message.base, ret_frame);
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
    struct peer peer = {.size_bytes = r->peer_size_bytes};
    memcpy(peer.id, r->peer, sizeof peer.id);
    zmq_msg_t frame;
    pack_reply(r, reply, &frame);
    queue_frame(server, &peer, &frame, r->deadline_mono_ms);
    struct arena *arena = r->arena;
    arena_free(&arena);
}

/* ---- life ---- */

static enum err
bind_ipc(struct bus_server *server, struct fault *ret_fault)
{
    const struct bus_options *options = &server->bus->options;
    char uuid_text[UUID_TEXT_SIZE], endpoint[sizeof server->path + 6], path[4096];
    struct uuid uuid = uuid_make();
    uuid_print(&uuid, uuid_text);
    snprintf(path, sizeof path, "%s/%s-%s.sock", options->directory, options->service, uuid_text);
    enum err err = bus_ipc_claim(path, &server->lock_fd, ret_fault);
    if (err != OK)
        return err;
    snprintf(server->path, sizeof server->path, "%.*s", BUS_IPC_PATH_MAX, path);
    snprintf(endpoint, sizeof endpoint, "ipc://%s", server->path);
    int error = bus_socket_bind(server->socket, endpoint);
    if (error != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_BIND_FAILED", "cannot bind %s: %s",
                         endpoint, zmq_strerror(error));
    return OK;
}

static enum err
bind_tcp(struct bus_server *server, struct fault *ret_fault)
{
    const char *endpoint = server->bus->options.listen;
    /* Options hold for what is bound after them: ipc, bound before, has no CURVE. */
    if (server->bus->curve != NULL)
        bus_curve_serve(server->bus->curve, server->socket);
    int error = bus_socket_bind(server->socket, endpoint);
    if (error != 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_BIND_FAILED", "cannot bind %s: %s",
                         endpoint, zmq_strerror(error));
    bus_socket_get_endpoint(server->socket, server->tcp_endpoint);
    return OK;
}

static struct bus_server *
new_server(struct bus *bus)
{
    struct bus_server *server = mem_alloc(sizeof *server);
    server->bus = bus;
    server->lock_fd = -1;
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
    bus_socket_set_limits(server->socket, bus->options.linger_ms, BUS_SERVER_RCVHWM);
    bus_socket_set_number(server->socket, ZMQ_ROUTER_MANDATORY, 1);
    enum err err = OK;
    if (bus->options.directory != NULL)
        err = bind_ipc(server, ret_fault);
    if (err == OK && bus->options.listen != NULL)
        err = bind_tcp(server, ret_fault);
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
    bus_ipc_release(server->path, &server->lock_fd);
    int64_t oldest_mono_ms = clock_mono_ms() - PEER_AGE_MS;
    for (unsigned i = 0; i < server->peer_count; i++) {
        if (server->peers[i].seen_mono_ms >= oldest_mono_ms)
            queue_presence(server, &server->peers[i], BUS_LEAVING);
    }
    bus_server_flush(server);
}

static void
on_closed(void *context)
{
    struct bus_server *server = context;
    mem_free(server->pending);
    mem_free(server);
}

void
bus_server_close(struct bus_server **server)
{
    struct bus_server *s = *server;
    *server = NULL;
    if (s == NULL)
        return;
    bus_server_flush(s);
    for (unsigned i = 0; i < s->pending_count; i++)
        zmq_msg_close(&s->pending[i].frame);
    s->pending_count = 0;
    bus_socket_close(&s->socket);
    bus_ipc_release(s->path, &s->lock_fd);
    struct bus_server **at = &s->bus->first_server;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    loop_timer_close(&s->stall, on_closed);
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
    return server->path;
}

const char *
bus_server_tcp_endpoint(const struct bus_server *server)
{
    return server->tcp_endpoint;
}
