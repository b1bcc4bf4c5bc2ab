/*
 * bus_replica - one replica as a client sees it: a DEALER of its own, and a state
 *
 *     CONNECTING  --pong--> READY
 *     READY       --BUS_LIVENESS pings unanswered--> SUSPECTED
 *     SUSPECTED   --pong--> READY
 *     any         --its connection ended, or it cannot be sent to--> CONNECTING, if it is named
 *     any         --LEAVING, a pong that says draining, or no longer named--> LEAVING
 *     LEAVING     --a pong that does not say draining--> READY, if it is named
 *
 * change_state is the only function that sets the state. Whoever leaves READY other than for
 * LEAVING loses its calls at hand: the client gives them to others or ends them. LEAVING finishes
 * its calls; the client closes it when the last has ended.
 *
 * The replies that had arrived before a connection ended are read before its calls are given up.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <string.h>

#include "common/clock.h"
#include "common/stat.h"

STAT(pings, "bus.ping.send", STAT_COUNTER, "", "Pings sent to replicas.");
STAT(suspected, "bus.replica.suspect", STAT_COUNTER, "",
     "Times a replica was suspected: its pings went unanswered.");
STAT(lost, "bus.replica.lose", STAT_COUNTER, "",
     "Times the connection to a replica that was in use ended.");
STAT(ejected, "bus.replica.eject", STAT_COUNTER, "",
     "Times a replica was left out for failing repeatedly.");

enum {
    PING_RETRY_MS = 20,
    PING_RETRY_FOR_MS = 2000, /* afterwards the monitor alone tells when it is there */
    REOPEN_MS = 1000,
    FAILURES_MAX = 5,
    EJECTION_MS = 5000,
    EJECTIONS_MAX = 12,
    EJECTION_MEMORY_MS = 60000,
};

/* READY is entered and left here only. */
static void
change_state(struct bus_replica *replica, enum bus_replica_state state)
{
    enum bus_replica_state before = replica->state;
    if (before == state)
        return;
    replica->state = state;
    if (state == BUS_REPLICA_READY)
        replica->failure_count = 0;
    bus_client_on_state(replica->client);
    if (state == BUS_REPLICA_CONNECTING || state == BUS_REPLICA_SUSPECTED)
        bus_client_on_lost(replica->client, replica);
}

/* ---- what it says ---- */

static void
take_presence(struct bus_replica *replica, const uint8_t *bytes, size_t size_bytes)
{
    uint8_t epoch[BUS_ID_SIZE];
    bool is_draining;
    if (!bus_frame_open_presence(bytes, size_bytes, epoch, &is_draining)) {
        bus_frame_count_bad();
        return;
    }
    replica->pings_unanswered = 0;
    if (memcmp(epoch, replica->epoch, BUS_ID_SIZE) != 0) {
        /* Another process, with a clean slate. */
        memcpy(replica->epoch, epoch, BUS_ID_SIZE);
        replica->ejection_count = 0;
        replica->ejected_until_mono_ms = 0;
    }
    if (is_draining || !replica->is_named)
        change_state(replica, BUS_REPLICA_LEAVING);
    else
        change_state(replica, BUS_REPLICA_READY);
}

static void
take_frame(struct bus_replica *replica, const uint8_t *bytes, size_t size_bytes)
{
    enum bus_kind kind;
    if (!bus_frame_kind(bytes, size_bytes, &kind))
        bus_frame_count_bad();
    else if (kind == BUS_REPLY) {
        /* It comes from the replica's loop, as a pong does; a pong may wait behind many of them. */
        replica->pings_unanswered = 0;
        bus_client_on_reply(replica->client, replica, bytes, size_bytes);
    } else if (kind == BUS_PONG || kind == BUS_LEAVING)
        take_presence(replica, bytes, size_bytes);
    else
        bus_frame_count_bad();
}

/* True: there may be more. */
static bool
take_frames(struct bus_replica *replica)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    int i = 0;
    for (; i < BUS_TURN_REPLIES_MAX && bus_socket_receive_single(replica->socket, &frame); i++)
        take_frame(replica, zmq_msg_data(&frame), zmq_msg_size(&frame));
    zmq_msg_close(&frame);
    return i == BUS_TURN_REPLIES_MAX;
}

static void
on_ready(void *context)
{
    take_frames(context);
}

/* ---- what happens to it ---- */

void
bus_replica_lose(struct bus_replica *replica)
{
    /* What is in the socket's queue was sent before the end; the queue is bounded. */
    while (take_frames(replica))
        continue;
    if (replica->state == BUS_REPLICA_READY || replica->in_flight > 0)
        lost.value++;
    replica->pings_unanswered = 0;
    if (replica->state != BUS_REPLICA_CONNECTING)
        replica->open_mono_ms = clock_mono_ms();
    replica->next_ping_mono_ms = clock_mono_ms() + PING_RETRY_MS;
    if (replica->is_named)
        change_state(replica, BUS_REPLICA_CONNECTING);
    /* From LEAVING and CONNECTING too: nothing that was asked will be answered. */
    bus_client_on_lost(replica->client, replica);
    bus_client_poke(replica->client);
}

static void
on_event(void *context, unsigned event)
{
    struct bus_replica *replica = context;
    if (event == ZMQ_EVENT_DISCONNECTED) {
        bus_replica_lose(replica);
    } else if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        replica->next_ping_mono_ms = 0;
        replica->open_mono_ms = clock_mono_ms();
        bus_client_poke(replica->client);
    } else {
        replica->is_refused = true;
    }
}

void
bus_replica_leave(struct bus_replica *replica)
{
    change_state(replica, BUS_REPLICA_LEAVING);
    bus_client_poke(replica->client);
}

void
bus_replica_judge(struct bus_replica *replica, enum err code, bool may_eject)
{
    int64_t now_mono_ms = clock_mono_ms();
    if (now_mono_ms < replica->ejected_until_mono_ms)
        return; /* answers to what was asked before it was left out */
    if (code != ERR_UNAVAILABLE && code != ERR_INTERNAL) {
        replica->failure_count = 0;
        return;
    }
    if (++replica->failure_count < FAILURES_MAX || !may_eject)
        return;
    if (now_mono_ms - replica->ejected_until_mono_ms > EJECTION_MEMORY_MS)
        replica->ejection_count = 0;
    if (replica->ejection_count < EJECTIONS_MAX)
        replica->ejection_count++;
    replica->ejected_until_mono_ms = now_mono_ms + (int64_t)EJECTION_MS * replica->ejection_count;
    replica->failure_count = 0;
    ejected.value++;
}

/* ---- the socket ---- */

static bool
open_socket(struct bus_replica *replica)
{
    struct bus *bus = bus_client_bus(replica->client);
    bool is_tcp = strncmp(replica->endpoint, "tcp://", 6) == 0;
    replica->socket = bus_socket_open(bus->poller, ZMQ_DEALER, on_ready, replica);
    if (replica->socket == NULL)
        return false;
    bus_socket_set_limits(replica->socket, 0);
    bus_socket_set_number(replica->socket, ZMQ_IMMEDIATE, 1);
    if (is_tcp && bus->curve != NULL &&
        !bus_curve_ask(bus->curve, replica->socket, bus_client_service(replica->client)))
        goto failed;
    bus_socket_monitor(replica->socket,
                       ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                           ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
                       on_event);
    if (bus_socket_connect(replica->socket, replica->endpoint) != 0)
        goto failed;
    return true;

failed:
    bus_socket_close(&replica->socket);
    return false;
}

/* libzmq does not try again after a refused handshake, though the other side's keys may have
 * changed since. Called by the client's timer, so not below one of the socket's callbacks. */
static void
reopen_socket(struct bus_replica *replica)
{
    struct bus_socket *old = replica->socket;
    if (!open_socket(replica)) {
        replica->socket = old;
        return;
    }
    bus_socket_close(&old);
    replica->is_refused = false;
    replica->open_mono_ms = clock_mono_ms();
}

/* ---- pings ---- */

static bool
send_ping(struct bus_replica *replica)
{
    zmq_msg_t frame;
    bus_frame_pack(BUS_PING, NULL, &frame);
    bool is_sent = bus_socket_send(replica->socket, &frame, false) == 0;
    pings.value += is_sent;
    zmq_msg_close(&frame);
    return is_sent;
}

int64_t
bus_replica_tick(struct bus_replica *replica, int64_t now_mono_ms)
{
    if (now_mono_ms < replica->next_ping_mono_ms)
        return replica->next_ping_mono_ms;
    /* Not what it has not said, but what was not heard counts: after a long turn of our own the
     * pongs may wait in the queue. */
    take_frames(replica);
    if (replica->is_refused && now_mono_ms - replica->open_mono_ms >= REOPEN_MS)
        reopen_socket(replica);
    if (replica->state == BUS_REPLICA_READY && replica->pings_unanswered >= BUS_LIVENESS) {
        suspected.value++;
        change_state(replica, BUS_REPLICA_SUSPECTED);
    }
    bool is_sent = send_ping(replica);
    bool is_new = now_mono_ms - replica->open_mono_ms < PING_RETRY_FOR_MS;
    if (is_sent || replica->state == BUS_REPLICA_READY)
        replica->pings_unanswered++;
    replica->next_ping_mono_ms =
        now_mono_ms + (is_sent || !is_new ? BUS_PING_INTERVAL_MS : PING_RETRY_MS);
    return replica->next_ping_mono_ms;
}

/* ---- life ---- */

struct bus_replica *
bus_replica_open(struct bus_client *client, const char *endpoint)
{
    struct bus_replica *replica = mem_alloc(sizeof *replica);
    replica->client = client;
    replica->is_named = true;
    replica->open_mono_ms = clock_mono_ms();
    CHECK(strlen(endpoint) < sizeof replica->endpoint);
    memcpy(replica->endpoint, endpoint, strlen(endpoint) + 1);
    if (!open_socket(replica)) {
        mem_free(replica);
        return NULL;
    }
    return replica;
}

void
bus_replica_close(struct bus_replica **replica)
{
    if (*replica == NULL)
        return;
    CHECK((*replica)->in_flight == 0);
    bus_socket_close(&(*replica)->socket);
    mem_free(*replica);
    *replica = NULL;
}
