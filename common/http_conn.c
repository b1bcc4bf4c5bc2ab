/*
 * http_conn - connections, as libmicrohttpd tells of them, and the janitor's sweep over them
 *
 * Per connection one uv_poll(UV_DISCONNECT): the library does not look at a connection whose
 * request is suspended, so without it a client that leaves would be held until its answer. Such a
 * request is taken off its connection (which ends) and lives on by itself until http_reply.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/stat.h"

enum { TICK_MS = 10 }; /* the kernel counts in ticks */

STAT(connections, "http.connection.open", STAT_GAUGE, "", "Connections that are open.");
STAT(timeouts, "http.connection.timeout", STAT_COUNTER, "",
     "Connections cut because they were too slow or idle too long.");
STAT(departures, "http.client.leave", STAT_COUNTER, "",
     "Clients that left while their request was at work.");

void
http_conn_enter(struct http_conn *conn, enum http_phase phase)
{
    conn->phase = phase;
    conn->phase_mono_ms = clock_mono_ms();
}

void
http_conn_suspend(struct http_conn *conn)
{
    if (conn->is_suspended)
        return;
    conn->is_suspended = true;
    MHD_suspend_connection(conn->mhd);
}

void
http_conn_resume(struct http_conn *conn)
{
    if (!conn->is_suspended)
        return;
    conn->is_suspended = false;
    MHD_resume_connection(conn->mhd);
    conn->server->is_ready = true;
}

/* ---- connections ---- */

static void
on_hangup_closed(uv_handle_t *handle)
{
    struct http_conn *conn = CAST(struct http_conn, handle->data, HTTP_CONN_MAGIC);
    struct http_server *server = conn->server;
    conn->magic = 0;
    mem_free(conn);
    server->handle_count--;
    http_server_release(server);
}

void
http_conn_cut(struct http_conn *conn)
{
    struct http_request *request = conn->request;
    if (conn->is_cut)
        return;
    conn->is_cut = true;
    if (conn->is_suspended)
        http_conn_resume(conn);
    else
        shutdown(conn->fd, SHUT_RDWR); /* the library sees the end of the stream and lets go */
    if (request == NULL || !request->is_held)
        return;
    conn->request = NULL;
    request->conn = NULL;
    http_request_tell_gone(request);
}

static void
on_hangup(uv_poll_t *handle, int status UNUSED, int events UNUSED)
{
    struct http_conn *conn = CAST(struct http_conn, handle->data, HTTP_CONN_MAGIC);
    uv_poll_stop(handle); /* it would be said again in every turn */
    conn->is_hung = true;
    if (conn->phase == HTTP_WORKING)
        http_conn_leave(conn);
    else if (conn->phase != HTTP_SENDING)
        /* The library would read the end of the stream by itself, unless that came together with
         * bytes it has read already: then its epoll says nothing more. */
        http_conn_cut(conn);
}

void
http_conn_leave(struct http_conn *conn)
{
    departures.value++;
    http_conn_cut(conn);
}

static void
name_peer(struct http_conn *conn)
{
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(conn->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    int domain = AF_UNSPEC;
    socklen_t size_bytes = sizeof domain;
    getsockopt(conn->fd, SOL_SOCKET, SO_DOMAIN, &domain, &size_bytes);
    http_peer_name(address != NULL ? address->client_addr : NULL, domain, conn->peer);
    http_peer_key(conn->peer, conn->peer_key);
    conn->is_trusted = http_proxies_has(conn->server->options.trusted_proxies, conn->peer);
}

static void
begin_conn(struct http_server *server, struct MHD_Connection *mhd, void **context)
{
    struct http_conn *conn = mem_alloc(sizeof *conn);
    conn->magic = HTTP_CONN_MAGIC;
    conn->server = server;
    conn->mhd = mhd;
    conn->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    name_peer(conn);
    http_conn_enter(conn, HTTP_IDLE);
    conn->next = server->conns;
    conn->link = &server->conns;
    if (conn->next != NULL)
        conn->next->link = &conn->next;
    server->conns = conn;
    server->conn_count++;
    connections.value++;
    CHECK(uv_poll_init(loop_uv(server->loop), &conn->hangup, conn->fd) == 0);
    conn->hangup.data = conn;
    server->handle_count++;
    uv_poll_start(&conn->hangup, UV_DISCONNECT, on_hangup);
    uv_unref((uv_handle_t *)&conn->hangup);
    *context = conn;
}

/* The library closes the descriptor after this; the handle must have let go of it before. */
static void
end_conn(struct http_conn *conn)
{
    http_request_forget(conn); /* the library does not always say that one is over */
    *conn->link = conn->next;
    if (conn->next != NULL)
        conn->next->link = conn->link;
    conn->server->conn_count--;
    connections.value--;
    conn->server->is_ready = true; /* a full library listens again only when it is run again */
    uv_close((uv_handle_t *)&conn->hangup, on_hangup_closed);
}

void
http_conn_on_connection(void *server, struct MHD_Connection *mhd, void **context,
                        enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        begin_conn(CAST(struct http_server, server, HTTP_SERVER_MAGIC), mhd, context);
    else
        end_conn(CAST(struct http_conn, *context, HTTP_CONN_MAGIC));
}

/* The library tells of a request only when its first line is whole. That bytes came before it is
 * seen here: the last ones came after the phase began. Unix sockets do not say; they are bound by
 * the idle limit. */
static void
look_for_first_byte(struct http_conn *conn, int64_t now_mono_ms)
{
    struct tcp_info info = {0};
    socklen_t size_bytes = sizeof info;
    if (getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &size_bytes) != 0)
        return;
    int64_t last_mono_ms = now_mono_ms - info.tcpi_last_data_recv;
    if (last_mono_ms > conn->phase_mono_ms + TICK_MS)
        http_conn_enter(conn, HTTP_READING);
}

void
http_conn_sweep(struct http_server *server, int64_t now_mono_ms)
{
    const int64_t limits_ms[] = {
        [HTTP_IDLE] = server->options.idle_timeout_ms,
        [HTTP_READING] = server->options.request_timeout_ms,
        [HTTP_WORKING] = INT64_MAX,
        [HTTP_SENDING] = server->options.idle_timeout_ms,
    };
    for (struct http_conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->phase == HTTP_IDLE)
            look_for_first_byte(conn, now_mono_ms);
        if (conn->is_cut || now_mono_ms - conn->phase_mono_ms < limits_ms[conn->phase])
            continue;
        timeouts.value++;
        http_conn_cut(conn);
    }
    http_crowd_thin(server);
}
