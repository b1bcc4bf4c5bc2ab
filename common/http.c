/*
 * http - the server's life: listening, the library's place in the loop, the janitor, drain
 *
 * libmicrohttpd runs with an epoll of its own, whose descriptor libuv polls. What it found is run
 * in the loop's HTTP phase, together with the connections that were resumed in this turn;
 * MHD_get_timeout saying 0 afterwards means that it is to be run again at once. The flag is_ready
 * is cleared only right before a run: a resume that were forgotten would wait for the next timer.
 *
 * The library's own timeouts are off: they restart with every byte and do not run for suspended
 * connections. The janitor has all limits.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"

enum { BACKLOG = 1024, SWEEP_MS_MIN = 20, SWEEP_MS_MAX = 1000, POOL_BYTES_MIN = 8 * 1024 };

/* ---- the address ---- */

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un unix_path;
    };
    socklen_t size_bytes;
};

static bool
parse_port(const char *text, in_port_t *ret_port)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != 0 || port > 65535)
        return false;
    *ret_port = htons((in_port_t)port);
    return true;
}

static bool
parse_unix(const char *path, struct address *ret_address)
{
    if (strlen(path) >= sizeof ret_address->unix_path.sun_path)
        return false;
    ret_address->unix_path.sun_family = AF_UNIX;
    memcpy(ret_address->unix_path.sun_path, path, strlen(path) + 1);
    ret_address->size_bytes = sizeof ret_address->unix_path;
    return true;
}

static bool
parse_address(const char *listen, struct address *ret_address)
{
    memset(ret_address, 0, sizeof *ret_address);
    if (listen[0] == '/')
        return parse_unix(listen, ret_address);
    const char *colon = strrchr(listen, ':');
    char host[INET6_ADDRSTRLEN + 2] = "";
    in_port_t port;
    if (colon == NULL || (size_t)(colon - listen) >= sizeof host || !parse_port(colon + 1, &port))
        return false;
    memcpy(host, listen, (size_t)(colon - listen));
    size_t size = strlen(host);
    if (size > 1 && host[0] == '[' && host[size - 1] == ']') {
        host[size - 1] = 0;
        memmove(host, host + 1, size - 1);
    } else if (size > 0) {
        ret_address->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
        ret_address->size_bytes = sizeof ret_address->v4;
        return inet_pton(AF_INET, host, &ret_address->v4.sin_addr) == 1;
    }
    ret_address->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
    ret_address->size_bytes = sizeof ret_address->v6;
    return size == 0 || inet_pton(AF_INET6, host, &ret_address->v6.sin6_addr) == 1;
}

/* All addresses, on a machine without IPv6. */
static void
fall_back_to_v4(struct address *address)
{
    in_port_t port = address->v6.sin6_port;
    address->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    address->size_bytes = sizeof address->v4;
}

/* The descriptor; -1 with errno. */
static int
open_socket(const struct http_options *options, struct address *address)
{
    int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = socket(address->any.sa_family, type, 0);
    if (fd < 0 && errno == EAFNOSUPPORT && options->listen[0] == ':') {
        fall_back_to_v4(address);
        fd = socket(AF_INET, type, 0);
    }
    if (fd < 0)
        return -1;
    const int on = 1, off = 0;
    if (address->any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (address->any.sa_family != AF_UNIX) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (options->reuse_port)
            setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    if (bind(fd, &address->any, address->size_bytes) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int bind_errno = errno;
    close(fd);
    errno = bind_errno;
    return -1;
}

static unsigned
bound_port(int fd)
{
    struct address address = {.size_bytes = sizeof(struct sockaddr_un)};
    CHECK(getsockname(fd, &address.any, &address.size_bytes) == 0);
    if (address.any.sa_family == AF_UNIX)
        return 0;
    return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

/* ---- in the loop ---- */

static bool
on_turn(void *context)
{
    struct http_server *server = CAST(struct http_server, context, HTTP_SERVER_MAGIC);
    if (!server->is_ready)
        return false;
    server->is_ready = false;
    CHECK(MHD_run(server->daemon) == MHD_YES);
    MHD_UNSIGNED_LONG_LONG delay_ms;
    if (MHD_get_timeout(server->daemon, &delay_ms) == MHD_YES && delay_ms == 0)
        server->is_ready = true;
    return server->is_ready;
}

static void
on_epoll(uv_poll_t *handle, int status UNUSED, int events UNUSED)
{
    container_of(handle, struct http_server, poll)->is_ready = true;
}

static void
on_sweep(void *context)
{
    struct http_server *server = CAST(struct http_server, context, HTTP_SERVER_MAGIC);
    http_conn_sweep(server, clock_mono_ms());
}

static int64_t
sweep_period_ms(const struct http_options *options)
{
    int64_t period_ms = options->request_timeout_ms / 8;
    if (period_ms > SWEEP_MS_MAX)
        return SWEEP_MS_MAX;
    return period_ms < SWEEP_MS_MIN ? SWEEP_MS_MIN : period_ms;
}

static void
attach(struct http_server *server)
{
    int epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    CHECK(uv_poll_init(loop_uv(server->loop), &server->poll, epoll_fd) == 0);
    uv_poll_start(&server->poll, UV_READABLE, on_epoll);
    server->hook = (struct loop_hook){.run = on_turn, .context = server};
    loop_add_hook(server->loop, LOOP_HTTP, &server->hook);
    loop_timer_init(server->loop, &server->janitor, on_sweep, server);
    int64_t period_ms = sweep_period_ms(&server->options);
    loop_timer_start(&server->janitor, period_ms, period_ms);
    uv_unref((uv_handle_t *)&server->janitor.handle);
    server->handle_count = 2;
    server->is_ready = true;
}

/* ---- the library ---- */

/* Paths and parameters are decoded by those who know their parts. */
static size_t
keep_escapes(void *context UNUSED, struct MHD_Connection *mhd UNUSED, char *text)
{
    return strlen(text);
}

static struct MHD_Daemon *
start_daemon(struct http_server *server, int fd)
{
    size_t pool_bytes = 2 * server->options.header_bytes_max;
    if (pool_bytes < POOL_BYTES_MIN)
        pool_bytes = POOL_BYTES_MIN;
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO, 0, NULL, NULL,
        http_request_on_access, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        server->options.connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool_bytes,
        MHD_OPTION_CONNECTION_TIMEOUT, 0U, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, http_request_on_line, server, MHD_OPTION_NOTIFY_CONNECTION,
        http_conn_on_connection, server, MHD_OPTION_NOTIFY_COMPLETED, http_request_on_completed,
        server, MHD_OPTION_END);
}

enum err
http_server_open(struct loop *loop, const struct http_options *options, http_on_request *on_request,
                 void *context, struct http_server **ret_server, struct fault *ret_fault)
{
    struct address address;
    if (!parse_address(options->listen, &address))
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "ADDRESS_MALFORMED",
                         "\"%s\" is not an address with a port, nor a short path", options->listen);
    int fd = open_socket(options, &address);
    if (fd < 0)
        return fault_set(ret_fault, ERR_UNAVAILABLE, "ADDRESS_UNUSABLE",
                         "cannot listen on \"%s\": %s", options->listen, strerror(errno));
    struct http_server *server = mem_alloc(sizeof *server);
    server->magic = HTTP_SERVER_MAGIC;
    server->loop = loop;
    server->options = *options;
    server->on_request = on_request;
    server->context = context;
    server->port = bound_port(fd);
    server->daemon = start_daemon(server, fd);
    if (server->daemon == NULL) {
        close(fd);
        mem_free(server);
        return fault_set(ret_fault, ERR_UNAVAILABLE, "HTTP_UNUSABLE",
                         "libmicrohttpd does not start on \"%s\"", options->listen);
    }
    attach(server);
    *ret_server = server;
    return OK;
}

/* A connection that has sent nothing we have not answered. */
static bool
is_quiet(const struct http_conn *conn)
{
    int unread_bytes = 0;
    return conn->phase == HTTP_IDLE && ioctl(conn->fd, FIONREAD, &unread_bytes) == 0 &&
           unread_bytes == 0;
}

void
http_server_drain(struct http_server *server)
{
    if (server->is_draining)
        return;
    /* Takes in who waits to be accepted; then the descriptor must be closed, or the kernel goes on
     * giving it connections. */
    MHD_run(server->daemon);
    server->is_draining = true;
    int fd = MHD_quiesce_daemon(server->daemon);
    if (fd >= 0)
        close(fd);
    for (struct http_conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (is_quiet(conn))
            http_conn_cut(conn);
    }
    server->is_ready = true;
}

unsigned
http_server_connections(const struct http_server *server)
{
    return server->conn_count;
}

unsigned
http_server_in_flight(const struct http_server *server)
{
    return server->in_flight;
}

unsigned
http_server_port(const struct http_server *server)
{
    return server->port;
}

void
http_server_release(struct http_server *server)
{
    if (!server->is_closed || server->handle_count > 0 || server->in_flight > 0)
        return;
    server->magic = 0;
    mem_free(server);
}

static void
on_handle_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    server->handle_count--;
    http_server_release(server);
}

static void
on_janitor_closed(void *context)
{
    struct http_server *server = context;
    server->handle_count--;
    http_server_release(server);
}

void
http_server_close(struct http_server **server)
{
    struct http_server *s = *server;
    *server = NULL;
    if (s == NULL)
        return;
    http_server_drain(s);
    for (struct http_conn *conn = s->conns; conn != NULL; conn = conn->next)
        http_conn_cut(conn);
    MHD_run(s->daemon); /* nobody may be suspended when the library stops */
    s->poll.data = s;
    uv_close((uv_handle_t *)&s->poll, on_handle_closed);
    loop_timer_close(&s->janitor, on_janitor_closed);
    loop_remove_hook(s->loop, LOOP_HTTP, &s->hook);
    MHD_stop_daemon(s->daemon);
    s->is_closed = true;
}
