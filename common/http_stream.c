/*
 * http_stream - bodies that are read in pieces, and answers that are sent in pieces
 *
 * One piece of a body is in memory at a time: the library's bytes are gathered in request->body
 * until it is full, then the receiver has it, and what comes meanwhile stays in the library, which
 * is suspended, and then in the kernel, so that the client's window closes. An answer goes the same
 * way: request->out holds one piece, and where the library asks for more than there is, it is
 * suspended until the receiver has handed over the next.
 *
 * The library cannot be suspended from everywhere: only when it offers bytes that have no room,
 * when the body is whole, and when it asks for bytes that are not there.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_private.h"

#include <string.h>

/* What the library sends at once. */
enum { BLOCK_BYTES = 32 * 1024 };

static void
call_ready(struct http_request *request)
{
    void (*on_ready)(void *context) = request->on_ready;
    request->on_ready = NULL;
    if (on_ready != NULL)
        on_ready(request->ready_context);
}

/* ---- bodies ---- */

bool
http_stream_offer(struct http_conn *conn)
{
    struct http_request *request = conn->request;
    struct http_server *server = conn->server;
    if (server->options.on_head == NULL)
        return false;
    request->is_held = true;
    server->in_flight++;
    if (server->options.on_head(server->context, request)) {
        CHECK(request->is_streamed || request->response != NULL);
        return true;
    }
    request->is_held = false;
    server->in_flight--;
    return false;
}

int64_t
http_declared_bytes(const struct http_request *request)
{
    return request->declared_bytes;
}

void
http_stream(struct http_request *request, uint64_t body_bytes_max)
{
    CHECK(request->is_held && !request->is_whole && request->response == NULL);
    request->is_streamed = true;
    request->stream_bytes_max = body_bytes_max;
}

static bool
is_at_end(const struct http_request *request)
{
    return request->is_whole || (request->declared_bytes >= 0 &&
                                 (int64_t)request->body_seen_bytes == request->declared_bytes);
}

/* Gives the receiver what it asked for, if it is there. */
static void
deliver(struct http_request *request)
{
    bool is_there =
        request->body.size_bytes == HTTP_PIECE_BYTES || request->is_too_large || is_at_end(request);
    if (request->on_ready == NULL || !is_there)
        return;
    request->is_piece_out = true;
    http_conn_enter(request->conn, HTTP_WORKING);
    call_ready(request);
}

void
http_stream_take(struct http_conn *conn, const char *upload, size_t *upload_size_bytes)
{
    struct http_request *request = conn->request;
    size_t room = request->is_piece_out ? 0 : HTTP_PIECE_BYTES - request->body.size_bytes;
    size_t size_bytes = *upload_size_bytes < room ? *upload_size_bytes : room;
    if (request->body_seen_bytes + size_bytes > request->stream_bytes_max) {
        request->is_too_large = true;
        size_bytes = 0;
    }
    buf_add(&request->body, upload, size_bytes);
    request->body_seen_bytes += size_bytes;
    *upload_size_bytes -= size_bytes;
    deliver(request);
    /* Nobody may have asked yet, or the receiver has the piece before. */
    if (*upload_size_bytes > 0 && conn->request == request && request->response == NULL)
        http_conn_suspend(conn);
}

enum MHD_Result
http_stream_finish(struct http_conn *conn)
{
    struct http_request *request = conn->request;
    deliver(request);
    if (request->response != NULL)
        return http_request_queue(conn);
    http_conn_enter(conn, HTTP_WORKING);
    http_conn_suspend(conn);
    return MHD_YES;
}

void
http_read(struct http_request *request, void (*on_ready)(void *context), void *context)
{
    struct http_conn *conn = request->conn;
    CHECK(request->is_streamed && request->response == NULL && request->on_ready == NULL);
    request->on_ready = on_ready;
    request->ready_context = context;
    if (request->is_piece_out)
        buf_clear(&request->body);
    request->is_piece_out = false;
    if (conn == NULL) {
        call_ready(request);
        return;
    }
    deliver(request);
    if (request->is_piece_out || request->is_whole)
        return;
    http_conn_enter(conn, HTTP_READING);
    http_conn_resume(conn);
}

enum http_piece
http_piece(const struct http_request *request, const void **ret_bytes, size_t *ret_size_bytes)
{
    *ret_bytes = request->body.bytes != NULL ? request->body.bytes : "";
    *ret_size_bytes = request->body.size_bytes;
    if (request->conn == NULL)
        return HTTP_GONE;
    if (request->is_too_large)
        return HTTP_TOO_LARGE;
    return is_at_end(request) ? HTTP_LAST : HTTP_MORE;
}

/* ---- answers ---- */

static bool
is_head(const struct http_request *request)
{
    return strcmp(request->method, "HEAD") == 0;
}

/* The library asks for the answer's next bytes. */
static ssize_t
on_block(void *context, uint64_t position UNUSED, char *block, size_t block_size_bytes)
{
    struct http_conn *conn = CAST(struct http_conn, context, HTTP_CONN_MAGIC);
    struct http_request *request = conn->request;
    if (conn->is_cut || request == NULL)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left_bytes = request->out.size_bytes - request->out_taken_bytes;
    if (left_bytes == 0 && request->is_ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (left_bytes == 0) {
        http_conn_enter(conn, HTTP_WORKING);
        http_conn_suspend(conn);
        return 0;
    }
    http_conn_enter(conn, HTTP_SENDING);
    size_t size_bytes = left_bytes < block_size_bytes ? left_bytes : block_size_bytes;
    memcpy(block, request->out.bytes + request->out_taken_bytes, size_bytes);
    request->out_taken_bytes += size_bytes;
    if (size_bytes == left_bytes) {
        buf_clear(&request->out);
        request->out_taken_bytes = 0;
        call_ready(request);
    }
    return (ssize_t)size_bytes;
}

void
http_reply_begin(struct http_request *request, unsigned status, const struct http_header *headers,
                 uint64_t size_bytes)
{
    CHECK(request->is_held && request->response == NULL);
    request->answer_bytes = size_bytes;
    if (request->conn == NULL)
        return;
    request->status = status;
    request->response = MHD_create_response_from_callback(
        size_bytes == HTTP_ENDLESS ? MHD_SIZE_UNKNOWN : size_bytes, BLOCK_BYTES, on_block,
        request->conn, NULL);
    CHECK(request->response != NULL);
    http_request_add_headers(request, headers, false);
    http_request_start_answer(request);
}

void
http_reply_piece(struct http_request *request, const void *bytes, size_t size_bytes,
                 void (*on_ready)(void *context), void *context)
{
    CHECK(request->is_held && request->on_ready == NULL && request->out.size_bytes == 0);
    CHECK(size_bytes > 0 && size_bytes <= request->answer_bytes);
    if (request->answer_bytes != HTTP_ENDLESS)
        request->answer_bytes -= size_bytes;
    request->on_ready = on_ready;
    request->ready_context = context;
    if (request->conn == NULL || is_head(request)) {
        call_ready(request);
        return;
    }
    buf_add(&request->out, bytes, size_bytes);
    http_conn_resume(request->conn);
}

void
http_reply_end(struct http_request **request)
{
    struct http_request *r = CAST(struct http_request, *request, HTTP_REQUEST_MAGIC);
    struct http_conn *conn = r->conn;
    *request = NULL;
    bool is_endless = r->answer_bytes == HTTP_ENDLESS;
    bool is_short = r->answer_bytes > 0 && !is_endless && !is_head(r);
    r->is_ended = true;
    http_request_release(r);
    if (conn == NULL)
        return;
    if (is_short)
        http_conn_cut(conn);
    else if (is_endless && conn->is_suspended) {
        http_conn_enter(conn, HTTP_SENDING);
        http_conn_resume(conn);
    }
}
