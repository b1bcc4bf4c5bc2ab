/*
 * http_stream_fixture - a server whose bodies are read in pieces and whose answers are sent in
 * pieces, by the test
 *
 * "/up" is taken at its head, at most LIMIT_BYTES of it; the test asks for each piece. "/refused"
 * is answered at its head. "/down" is answered in pieces by the test. Included by tests only.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/http_fixture.h"

enum { LIMIT_BYTES = 3 * HTTP_PIECE_BYTES };

static struct http_request *taken;
static unsigned ready_count, taken_count;
static enum http_piece piece;
static struct buf pieces; /* what was read of all */
static size_t piece_size_bytes;

static inline void
on_ready(void *context UNUSED)
{
    ready_count++;
}

static inline bool
on_head(void *context UNUSED, struct http_request *request)
{
    if (strcmp(http_path(request), "/refused") == 0) {
        http_reply(&request, 403, NULL, "no", 2);
        return true;
    }
    if (strcmp(http_path(request), "/down") == 0) {
        http_stream(request, 0);
        taken = request;
        taken_count++;
        return true;
    }
    if (strcmp(http_path(request), "/up") != 0)
        return false;
    http_stream(request, LIMIT_BYTES);
    taken = request;
    taken_count++;
    return true;
}

static inline void
open_streams(int64_t request_timeout_ms, int64_t idle_timeout_ms)
{
    const struct http_options options = {
        .listen = "127.0.0.1:0",
        .connections_max = CONNECTIONS_MAX,
        .header_bytes_max = 4096,
        .body_bytes_max = BODY_MAX,
        .request_timeout_ms = request_timeout_ms,
        .idle_timeout_ms = idle_timeout_ms,
        .on_head = on_head,
    };
    struct fault fault;
    loop = loop_open();
    taken = NULL;
    taken_count = ready_count = held_count = gone_count = received_count = 0;
    assert_int_equal(http_server_open(loop, &options, on_request, NULL, &server, &fault), OK);
}

static inline int
setup_streams(void **state UNUSED)
{
    open_streams(5000, 60000);
    return 0;
}

static inline int
setup_hasty_streams(void **state UNUSED)
{
    open_streams(300, 400);
    return 0;
}

static inline int
teardown_streams(void **state)
{
    buf_free(&pieces);
    return teardown(state);
}

static inline bool
has_taken(void *context)
{
    return taken_count >= *(unsigned *)context;
}

static inline void
expect_taken(unsigned count)
{
    assert_true(loop_run_until(loop, has_taken, &count, LIMIT_MS));
}

static inline bool
is_ready(void *context)
{
    return ready_count >= *(unsigned *)context;
}

static inline enum http_piece
take_piece(void)
{
    const void *bytes;
    piece = http_piece(taken, &bytes, &piece_size_bytes);
    buf_add(&pieces, bytes, piece_size_bytes);
    return piece;
}

/* Asks for the next piece and waits for it. */
static inline enum http_piece
read_piece(void)
{
    unsigned next = ready_count + 1;
    http_read(taken, on_ready, NULL);
    assert_true(loop_run_until(loop, is_ready, &next, LIMIT_MS));
    return take_piece();
}

/* Bytes that differ from place to place. */
static inline char *
make_bytes(size_t size_bytes)
{
    char *bytes = mem_alloc(size_bytes);
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (char)('a' + (i * 7 + i / 251) % 26);
    return bytes;
}

/* Sends in the background of the loop's turns: a client whose window is closed. */
struct sender {
    int fd;
    const char *bytes;
    size_t left_bytes;
    size_t goal_bytes; /* of left_bytes */
};

static inline bool
has_sent(void *context)
{
    struct sender *sender = context;
    ssize_t sent = send(sender->fd, sender->bytes, sender->left_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
        sender->bytes += sent;
        sender->left_bytes -= (size_t)sent;
    }
    return sender->left_bytes <= sender->goal_bytes;
}

#define STREAM(name) cmocka_unit_test_setup_teardown(name, setup_streams, teardown_streams)
#define HASTY(name) cmocka_unit_test_setup_teardown(name, setup_hasty_streams, teardown_streams)
