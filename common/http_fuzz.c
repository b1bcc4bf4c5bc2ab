/*
 * http_fuzz - any bytes at the HTTP server, over a socket, cut in two at a place that the first
 * byte chooses
 *
 * Whatever comes: the server lets go of the connection, and a request that it hands out has a token
 * for its method and no control character in any part. Paths that begin with /s are read in pieces,
 * and what was read goes back in pieces.
 */
// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/http_private.h"
#include "common/log.h"

enum { LIMIT_MS = 5000 };

static struct loop *loop;
static struct http_server *server;
static struct sockaddr_un address = {.sun_family = AF_UNIX};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static void
check_text(const char *text)
{
    for (; *text != 0; text++)
        CHECK(((unsigned char)*text >= 0x20 || *text == '\t') && *text != 0x7f);
}

static void
on_request(void *context UNUSED, struct http_request *request)
{
    size_t size_bytes;
    const char *body = http_body(request, &size_bytes);
    CHECK(size_bytes <= server->options.body_bytes_max);
    CHECK(http_check_method(http_method(request)) == NULL);
    check_text(http_path(request));
    check_text(http_query(request));
    for (size_t i = 0; i < request->header_count; i++)
        check_text(request->headers[i].value);
    CHECK(http_header(request, "host") != NULL ||
          http_header(request, "transfer-encoding") == NULL);
    http_reply(&request, 200, NULL, body, size_bytes);
}

/* ---- in pieces ---- */

static void
on_sent(void *context)
{
    struct http_request *request = context;
    http_reply_end(&request);
}

static void
on_piece(void *context)
{
    struct http_request *request = context;
    const void *bytes;
    size_t size_bytes;
    enum http_piece piece = http_piece(request, &bytes, &size_bytes);
    CHECK(size_bytes <= HTTP_PIECE_BYTES);
    if (piece == HTTP_MORE) {
        http_read(request, on_piece, request);
        return;
    }
    if (piece != HTTP_LAST || size_bytes == 0) {
        http_reply(&request, 413, NULL, NULL, 0);
        return;
    }
    http_reply_begin(request, 200, NULL, size_bytes + size_bytes % 2); /* cut short, at times */
    http_reply_piece(request, bytes, size_bytes, on_sent, request);
}

static bool
on_head(void *context UNUSED, struct http_request *request)
{
    size_t size_bytes;
    http_body(request, &size_bytes);
    CHECK(size_bytes == 0);
    check_text(http_path(request));
    if (strncmp(http_path(request), "/s", 2) != 0)
        return false;
    http_stream(request, 1024);
    http_read(request, on_piece, request);
    return true;
}

static void
remove_socket(void)
{
    unlink(address.sun_path);
}

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    struct fault fault;
    log_init("http_fuzz", LOG_ERROR);
    loop = loop_open();
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/http_fuzz.%d", (int)getpid());
    const struct http_options options = {.listen = address.sun_path,
                                         .connections_max = 8,
                                         .header_bytes_max = 4096,
                                         .body_bytes_max = 1024,
                                         .request_timeout_ms = 1000,
                                         .idle_timeout_ms = 1000,
                                         .on_head = on_head};
    CHECK(http_server_open(loop, &options, on_request, NULL, &server, &fault) == OK);
    return atexit(remove_socket);
}

static void
send_all(int fd, const uint8_t *bytes, size_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t sent = send(fd, bytes, size_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            return; /* the server had enough */
        if (sent > 0) {
            bytes += sent;
            size_bytes -= (size_t)sent;
        }
        uv_run(loop_uv(loop), UV_RUN_NOWAIT);
    }
}

static bool
is_nobody_there(void *context)
{
    char bytes[4096];
    while (recv(*(int *)context, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    return http_server_connections(server) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    if (size_bytes < 2)
        return 0;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    size_t cut = bytes[0] % size_bytes;
    send_all(fd, bytes + 1, cut > 0 ? cut - 1 : 0);
    send_all(fd, bytes + (cut > 0 ? cut : 1), size_bytes - (cut > 0 ? cut : 1));
    uv_run(loop_uv(loop), UV_RUN_NOWAIT); /* takes the connection in */
    shutdown(fd, SHUT_WR);
    CHECK(loop_run_until(loop, is_nobody_there, &fd, LIMIT_MS));
    close(fd);
    return 0;
}
