/*
 * http_fixture - what the tests of the HTTP server share: a server and raw clients in one process,
 * bytes in, bytes out
 *
 * "/later" is held until the test replies; everything else is answered at once with its own body.
 * Included by tests only.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/http.h"
#include "common/log.h"

enum { LIMIT_MS = 5000, HELD_MAX = 64, BODY_MAX = 1000, CONNECTIONS_MAX = 64 };

#define HOST "Host: x\r\n"
#define GET "GET /now HTTP/1.1\r\n" HOST
#define POST "POST /now HTTP/1.1\r\n" HOST

static struct loop *loop;
static struct http_server *server;
static struct http_request *held[HELD_MAX];
static unsigned held_count, gone_count, received_count;
static char last_body[BODY_MAX + 1], last_query[256], last_header[256], last_path[256],
    last_peer[64];

struct client {
    int fd;
    struct buf in;
    bool is_ended; /* the server closed */
    const char *wanted;
    unsigned wanted_count;
};

static inline void
on_gone(void *context)
{
    unsigned *count = context;
    (*count)++;
}

static inline void
on_request(void *context UNUSED, struct http_request *request)
{
    static const struct http_header headers[] = {{"Content-Type", "text/plain"}, {NULL, NULL}};
    size_t size_bytes;
    const char *body = http_body(request, &size_bytes);
    received_count++;
    assert_true(size_bytes <= BODY_MAX);
    memcpy(last_body, body, size_bytes);
    last_body[size_bytes] = 0;
    snprintf(last_query, sizeof last_query, "%s", http_query(request));
    snprintf(last_peer, sizeof last_peer, "%s", http_peer(request));
    snprintf(last_path, sizeof last_path, "%s", http_path(request));
    const char *header = http_header(request, "x-test");
    snprintf(last_header, sizeof last_header, "%s", header != NULL ? header : "none");
    if (strcmp(http_path(request), "/later") == 0) {
        assert_true(held_count < HELD_MAX);
        http_on_gone(request, on_gone, &gone_count);
        held[held_count++] = request;
        return;
    }
    http_reply(&request, 200, headers, body, size_bytes);
}

static inline void
open_server(int64_t request_timeout_ms, int64_t idle_timeout_ms,
            const struct http_proxies *trusted_proxies)
{
    const struct http_options options = {
        .listen = "127.0.0.1:0",
        .connections_max = CONNECTIONS_MAX,
        .header_bytes_max = 4096,
        .body_bytes_max = BODY_MAX,
        .request_timeout_ms = request_timeout_ms,
        .idle_timeout_ms = idle_timeout_ms,
        .reuse_port = true,
        .trusted_proxies = trusted_proxies,
    };
    struct fault fault;
    loop = loop_open();
    held_count = gone_count = received_count = 0;
    assert_int_equal(http_server_open(loop, &options, on_request, NULL, &server, &fault), OK);
}

static inline int
setup(void **state UNUSED)
{
    open_server(5000, 60000, NULL);
    return 0;
}

static inline int
setup_hasty(void **state UNUSED)
{
    open_server(200, 400, NULL);
    return 0;
}

static inline int
teardown(void **state UNUSED)
{
    http_server_close(&server);
    loop_close(&loop);
    arena_deinit();
    return 0;
}

/* `host`: the last byte of an address of this machine, from 127.0.0.1 on. */
static inline struct client
client_open_from(unsigned host)
{
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((in_port_t)http_server_port(server))};
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(client.fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_true(connect(client.fd, (struct sockaddr *)&address, sizeof address) == 0 ||
                errno == EINPROGRESS);
    return client;
}

static inline struct client
client_open(void)
{
    return client_open_from(1);
}

static inline void
client_close(struct client *client)
{
    close(client->fd);
    buf_free(&client->in);
}

static inline void
client_read(struct client *client)
{
    char bytes[4096];
    ssize_t size;
    while ((size = read(client->fd, bytes, sizeof bytes)) > 0)
        buf_add(&client->in, bytes, (size_t)size);
    client->is_ended |= size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static inline unsigned
count_text(struct client *client, const char *text)
{
    unsigned count = 0;
    for (const char *at = buf_text(&client->in); (at = strstr(at, text)) != NULL;
         at += strlen(text))
        count++;
    return count;
}

static inline bool
has_wanted(void *context)
{
    struct client *client = context;
    client_read(client);
    return count_text(client, client->wanted) >= client->wanted_count;
}

static inline bool
has_ended(void *context)
{
    struct client *client = context;
    client_read(client);
    return client->is_ended;
}

static inline bool
is_nobody_there(void *context UNUSED)
{
    return http_server_connections(server) == 0;
}

static inline bool
has_held(void *context)
{
    return held_count >= *(unsigned *)context;
}

static inline bool
has_gone(void *context)
{
    return gone_count >= *(unsigned *)context;
}

static inline bool
never(void *context UNUSED)
{
    return false;
}

/* Sends what may be sent; the loop runs when the socket is full. A closed peer ends it. */
static inline void
client_send(struct client *client, const char *bytes, size_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t sent = send(client->fd, bytes, size_bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINPROGRESS && errno != ENOTCONN)
            return;
        if (sent > 0) {
            bytes += sent;
            size_bytes -= (size_t)sent;
        } else {
            uv_run(loop_uv(loop), UV_RUN_NOWAIT);
        }
    }
}

static inline void
client_say(struct client *client, const char *text)
{
    client_send(client, text, strlen(text));
}

static inline void
expect_count(struct client *client, const char *text, unsigned count)
{
    client->wanted = text;
    client->wanted_count = count;
    if (!loop_run_until(loop, has_wanted, client, LIMIT_MS))
        fail_msg("\"%s\" is not %u times in: %s", text, count, buf_text(&client->in));
}

static inline void
expect_end(struct client *client)
{
    if (!loop_run_until(loop, has_ended, client, LIMIT_MS))
        fail_msg("still open after: %s", buf_text(&client->in));
}

static inline void
hold(struct client *client, unsigned count)
{
    client_say(client, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    assert_true(loop_run_until(loop, has_held, &count, LIMIT_MS));
}

static inline void
reply_to(unsigned i)
{
    http_reply(&held[i], 200, NULL, "done", 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_HASTY(name) cmocka_unit_test_setup_teardown(name, setup_hasty, teardown)
