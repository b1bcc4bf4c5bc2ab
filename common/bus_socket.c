/*
 * bus_socket - ZeroMQ sockets in the loop; the one file that knows ZMQ_FD
 *
 * ZMQ_FD tells of changes, not of states: it may be readable with nothing to do, and a send can
 * consume the change that a receive was waiting for. So the watcher on it does no work; it only
 * puts the socket into the list of *hot* sockets. A socket is
 *
 *     cold --(fd readable; something was sent or received)--> hot
 *     hot  --(a receive found nothing; ZMQ_EVENTS says there is nothing)--> cold
 *
 * and only those two transitions to cold are safe, because both process the socket's commands,
 * after which the next change makes the fd readable. While a socket is hot an idle handle keeps the
 * loop from sleeping. In each turn bus_poller_receive visits the hot sockets once, in rotation, and
 * bus_poller_settle, after everything was sent, asks ZMQ_EVENTS of those that are still hot.
 *
 * The fd is watched for reading only, also where room for sending is waited for. One thread.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/stat.h"

STAT(idle_wakeups, "bus.wakeup.idle", STAT_COUNTER, "",
     "Times a bus socket's descriptor was readable and there was nothing to receive.");
STAT(split_messages, "bus.message.split", STAT_COUNTER, "",
     "Messages of several frames, which the bus never sends; dropped.");

struct bus_poller {
    void *zmq;
    uv_loop_t *uv;
    uv_idle_t idle;
    struct bus_socket *first;
    struct bus_socket *last;
    unsigned hot_count;
    unsigned socket_count;
    uint64_t monitor_count;
};

struct bus_socket {
    struct bus_poller *poller;
    void *zmq;
    uv_poll_t poll;
    bus_on_ready *on_ready;
    void *context;
    bool is_hot;
    bool was_woken; /* by the fd, and nothing was received since */
    struct bus_socket *next;
    struct bus_socket *previous;
    struct bus_socket *monitor; /* tells of this one's connections */
    bus_on_event *on_event;
};

/* ---- the list of hot sockets ---- */

static void
on_idle(uv_idle_t *handle UNUSED)
{
}

static void
make_hot(struct bus_socket *socket)
{
    struct bus_poller *poller = socket->poller;
    if (socket->is_hot)
        return;
    socket->is_hot = true;
    socket->next = NULL;
    socket->previous = poller->last;
    if (poller->last != NULL)
        poller->last->next = socket;
    else
        poller->first = socket;
    poller->last = socket;
    if (poller->hot_count++ == 0)
        uv_idle_start(&poller->idle, on_idle);
}

static void
make_cold(struct bus_socket *socket)
{
    struct bus_poller *poller = socket->poller;
    if (!socket->is_hot)
        return;
    socket->is_hot = false;
    if (socket->previous != NULL)
        socket->previous->next = socket->next;
    else
        poller->first = socket->next;
    if (socket->next != NULL)
        socket->next->previous = socket->previous;
    else
        poller->last = socket->previous;
    if (--poller->hot_count == 0)
        uv_idle_stop(&poller->idle);
}

static void
on_fd(uv_poll_t *handle, int status UNUSED, int events UNUSED)
{
    struct bus_socket *socket = container_of(handle, struct bus_socket, poll);
    socket->was_woken = true;
    make_hot(socket);
}

bool
bus_poller_receive(struct bus_poller *poller)
{
    for (unsigned i = poller->hot_count; i > 0 && poller->first != NULL; i--) {
        struct bus_socket *socket = poller->first;
        make_cold(socket);
        make_hot(socket); /* to the end of the list */
        socket->on_ready(socket->context);
    }
    return poller->first != NULL;
}

static unsigned
read_events(struct bus_socket *socket)
{
    int events = 0;
    size_t size = sizeof events;
    while (zmq_getsockopt(socket->zmq, ZMQ_EVENTS, &events, &size) != 0)
        CHECK(errno == EINTR);
    return (unsigned)events;
}

bool
bus_poller_settle(struct bus_poller *poller)
{
    for (struct bus_socket *socket = poller->first, *next; socket != NULL; socket = next) {
        next = socket->next;
        if ((read_events(socket) & ZMQ_POLLIN) == 0)
            make_cold(socket);
    }
    return poller->first != NULL;
}

struct bus_poller *
bus_poller_open(struct loop *loop, void *zmq)
{
    struct bus_poller *poller = mem_alloc(sizeof *poller);
    poller->zmq = zmq;
    poller->uv = loop_uv(loop);
    uv_idle_init(poller->uv, &poller->idle);
    return poller;
}

static void
on_poller_closed(uv_handle_t *handle)
{
    mem_free(container_of((uv_idle_t *)handle, struct bus_poller, idle));
}

void
bus_poller_close(struct bus_poller **poller)
{
    if (*poller == NULL)
        return;
    CHECK((*poller)->socket_count == 0);
    uv_close((uv_handle_t *)&(*poller)->idle, on_poller_closed);
    *poller = NULL;
}

/* ---- sockets ---- */

static struct bus_socket *
adopt(struct bus_poller *poller, void *zmq, bus_on_ready *on_ready, void *context)
{
    int fd = -1;
    size_t size = sizeof fd;
    CHECK(zmq_getsockopt(zmq, ZMQ_FD, &fd, &size) == 0);
    struct bus_socket *socket = mem_alloc(sizeof *socket);
    socket->poller = poller;
    socket->zmq = zmq;
    socket->on_ready = on_ready;
    socket->context = context;
    CHECK(uv_poll_init(poller->uv, &socket->poll, fd) == 0);
    CHECK(uv_poll_start(&socket->poll, UV_READABLE, on_fd) == 0);
    poller->socket_count++;
    return socket;
}

struct bus_socket *
bus_socket_open(struct bus_poller *poller, int type, bus_on_ready *on_ready, void *context)
{
    void *zmq = zmq_socket(poller->zmq, type);
    if (zmq == NULL)
        return NULL; /* no descriptors left */
    return adopt(poller, zmq, on_ready, context);
}

static void
on_poll_closed(uv_handle_t *handle)
{
    mem_free(container_of((uv_poll_t *)handle, struct bus_socket, poll));
}

void
bus_socket_close(struct bus_socket **socket)
{
    struct bus_socket *s = *socket;
    *socket = NULL;
    if (s == NULL)
        return;
    if (s->monitor != NULL) {
        zmq_socket_monitor(s->zmq, NULL, 0);
        bus_socket_close(&s->monitor);
    }
    make_cold(s);
    s->poller->socket_count--;
    /* libuv lets go of the fd in here, before libzmq closes it. */
    uv_close((uv_handle_t *)&s->poll, on_poll_closed);
    CHECK(zmq_close(s->zmq) == 0);
}

void
bus_socket_set_number(struct bus_socket *socket, int option, int value)
{
    CHECK(zmq_setsockopt(socket->zmq, option, &value, sizeof value) == 0);
}

void
bus_socket_set_bytes(struct bus_socket *socket, int option, const void *bytes, size_t size_bytes)
{
    CHECK(zmq_setsockopt(socket->zmq, option, bytes, size_bytes) == 0);
}

void
bus_socket_set_limits(struct bus_socket *socket, int64_t linger_ms)
{
    int64_t size_max = BUS_MESSAGE_BYTES_MAX;
    bus_socket_set_bytes(socket, ZMQ_MAXMSGSIZE, &size_max, sizeof size_max);
    bus_socket_set_number(socket, ZMQ_LINGER, (int)linger_ms);
    /* Never reached by one peer's calls: where libzmq stops reading it reads no heartbeats, and
     * ends a connection whose reader stands still for ZMQ_HEARTBEAT_TIMEOUT. */
    bus_socket_set_number(socket, ZMQ_RCVHWM, BUS_HWM);
    bus_socket_set_number(socket, ZMQ_SNDHWM, BUS_HWM);
    bus_socket_set_number(socket, ZMQ_HEARTBEAT_IVL, 500);
    bus_socket_set_number(socket, ZMQ_HEARTBEAT_TIMEOUT, 1500);
    /* The kernel would ask a host that is not there yet ever more rarely: at 7 s, and then at 11
     * or 15. */
    bus_socket_set_number(socket, ZMQ_CONNECT_TIMEOUT, 1000);
    bus_socket_set_number(socket, ZMQ_HANDSHAKE_IVL, 2000);
    bus_socket_set_number(socket, ZMQ_RECONNECT_IVL, 100);
    bus_socket_set_number(socket, ZMQ_RECONNECT_IVL_MAX, 2000);
    bus_socket_set_number(socket, ZMQ_IPV6, 1);
}

int
bus_socket_bind(struct bus_socket *socket, const char *endpoint)
{
    make_hot(socket);
    return zmq_bind(socket->zmq, endpoint) == 0 ? 0 : errno;
}

void
bus_socket_unbind(struct bus_socket *socket, const char *endpoint)
{
    make_hot(socket);
    zmq_unbind(socket->zmq, endpoint);
}

int
bus_socket_connect(struct bus_socket *socket, const char *endpoint)
{
    make_hot(socket);
    return zmq_connect(socket->zmq, endpoint) == 0 ? 0 : errno;
}

void
bus_socket_get_endpoint(struct bus_socket *socket, char ret_endpoint[BUS_ENDPOINT_SIZE])
{
    size_t size = BUS_ENDPOINT_SIZE;
    CHECK(zmq_getsockopt(socket->zmq, ZMQ_LAST_ENDPOINT, ret_endpoint, &size) == 0);
}

int
bus_socket_send(struct bus_socket *socket, zmq_msg_t *message, bool is_more)
{
    make_hot(socket);
    while (zmq_msg_send(message, socket->zmq, ZMQ_DONTWAIT | (is_more ? ZMQ_SNDMORE : 0)) < 0) {
        if (errno != EINTR)
            return errno;
    }
    return 0;
}

bool
bus_socket_receive(struct bus_socket *socket, zmq_msg_t *message)
{
    while (zmq_msg_recv(message, socket->zmq, ZMQ_DONTWAIT) < 0) {
        if (errno == EINTR)
            continue;
        CHECK(errno == EAGAIN);
        idle_wakeups.value += socket->was_woken;
        socket->was_woken = false;
        make_cold(socket);
        return false;
    }
    socket->was_woken = false;
    make_hot(socket);
    return true;
}

bool
bus_socket_receive_single(struct bus_socket *socket, zmq_msg_t *message)
{
    while (bus_socket_receive(socket, message)) {
        if (!zmq_msg_more(message))
            return true;
        split_messages.value++;
        while (zmq_msg_more(message) && bus_socket_receive(socket, message))
            continue;
    }
    return false;
}

/* ---- what happens to a socket's connections ---- */

/* A first frame of 16 bits of event and 32 of value, then the endpoint. */
static void
on_monitor_ready(void *context)
{
    struct bus_socket *socket = context;
    zmq_msg_t message;
    zmq_msg_init(&message);
    for (int i = 0; i < BUS_TURN_MESSAGES_MAX && bus_socket_receive(socket->monitor, &message);
         i++) {
        uint16_t event = 0;
        if (!zmq_msg_more(&message))
            continue;
        if (zmq_msg_size(&message) >= sizeof event)
            memcpy(&event, zmq_msg_data(&message), sizeof event);
        socket->on_event(socket->context, event);
    }
    zmq_msg_close(&message);
}

void
bus_socket_monitor(struct bus_socket *socket, int events, bus_on_event *on_event)
{
    CHECK(socket->monitor == NULL);
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "inproc://bus-monitor-%" PRIu64,
             ++socket->poller->monitor_count);
    if (zmq_socket_monitor(socket->zmq, endpoint, events) != 0)
        return; /* no descriptors left; pings still tell */
    void *pair = zmq_socket(socket->poller->zmq, ZMQ_PAIR);
    if (pair == NULL) {
        zmq_socket_monitor(socket->zmq, NULL, 0);
        return;
    }
    int linger_ms = 0;
    CHECK(zmq_setsockopt(pair, ZMQ_LINGER, &linger_ms, sizeof linger_ms) == 0);
    CHECK(zmq_connect(pair, endpoint) == 0);
    socket->on_event = on_event;
    socket->monitor = adopt(socket->poller, pair, on_monitor_ready, socket);
    make_hot(socket->monitor);
}
