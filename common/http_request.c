/*
 * http_request - requests, as libmicrohttpd reads them, and their answers
 *
 * The library calls on_line (request line), on_access (head; each piece of body; whole; again after
 * each resume), on_completed. `*context` is always the connection. Everything a receiver reads of a
 * request is copied into its arena, so it never depends on the library's memory, and a request
 * outlives a client that left.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_private.h"

#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/stat.h"

enum { DISCARD_FACTOR = 4 };

STAT(requests, "http.request.receive", STAT_COUNTER, "", "Whole requests received.");
STAT(refusals, "http.request.refuse", STAT_COUNTER, "", "Requests refused for their form.");

/* "http://host/path" is allowed by RFC 9112, 3.2.2; its host must be well-formed, as the Host
 * header's must, and means no more than that. */
static const char *
skip_authority(const char *target)
{
    if (strncasecmp(target, "http://", 7) != 0)
        return target;
    const char *path = target + 7 + strcspn(target + 7, "/?");
    return *path == 0 ? "/" : path;
}

/* The library would take the query apart into its pool, which some hundred parameters use up, and
 * then it loses its way. It is shown none: it cuts at the '?', and goes on until a zero. */
static void
hide_query(const char *uri)
{
    char *query = strchr(uri, '?');
    if (query != NULL && query[1] != 0)
        query[1] = 0;
}

void *
http_request_on_line(void *server, const char *uri, struct MHD_Connection *mhd)
{
    struct http_conn *conn =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    CHECK(conn->magic == HTTP_CONN_MAGIC && conn->request == NULL);
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct http_request *request = arena_alloc(arena, sizeof *request);
    request->magic = HTTP_REQUEST_MAGIC;
    request->server = server;
    request->conn = conn;
    request->arena = arena;
    request->mhd_uri = uri;
    request->uri_size_bytes = strlen(uri);
    request->problem = http_check_target(uri);
    request->peer = arena_copy_text(arena, conn->peer);
    char *path = arena_copy_text(arena, skip_authority(uri));
    char *query = strchr(path, '?');
    if (query != NULL)
        *query++ = 0;
    hide_query(uri);
    request->path = path[0] == 0 ? "/" : path;
    request->query = query != NULL ? query : "";
    conn->request = request;
    if (conn->phase == HTTP_IDLE)
        http_conn_enter(conn, HTTP_READING);
    return conn;
}

static void
free_request(struct http_request *request)
{
    struct arena *arena = request->arena;
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    buf_free(&request->body);
    buf_free(&request->out);
    request->magic = 0;
    arena_free(&arena);
}

void
http_request_forget(struct http_conn *conn)
{
    struct http_request *request = conn->request;
    conn->request = NULL;
    if (request == NULL)
        return;
    request->conn = NULL;
    if (request->is_held)
        http_request_tell_gone(request); /* it is freed when its receiver lets go */
    else
        free_request(request);
}

void
http_request_tell_gone(struct http_request *request)
{
    void (*on_ready)(void *context) = request->on_ready;
    request->on_ready = NULL;
    if (on_ready != NULL)
        on_ready(request->ready_context);
    else if (request->on_gone != NULL)
        request->on_gone(request->gone_context);
}

void
http_request_release(struct http_request *request)
{
    struct http_server *server = request->server;
    CHECK(request->is_held && server->in_flight > 0);
    request->is_held = false;
    server->in_flight--;
    if (request->conn != NULL)
        return;
    free_request(request);
    http_server_release(server);
}

void
http_request_on_completed(void *server UNUSED, struct MHD_Connection *mhd UNUSED, void **context,
                          enum MHD_RequestTerminationCode code UNUSED)
{
    struct http_conn *conn = CAST(struct http_conn, *context, HTTP_CONN_MAGIC);
    http_request_forget(conn);
    http_conn_enter(conn, HTTP_IDLE);
    /* It took its answer, and asks no more; or shall not, and was not told so when a long answer
     * began. */
    if (conn->is_hung || conn->server->is_draining)
        http_conn_cut(conn);
}

struct head_reader {
    struct http_request *request;
    struct http_head head;
    size_t count_max;
    const char *problem;
};

static enum MHD_Result
on_header(void *context, enum MHD_ValueKind kind UNUSED, const char *name, size_t name_size_bytes,
          const char *value, size_t value_size_bytes)
{
    struct head_reader *reader = context;
    struct http_request *request = reader->request;
    if (value == NULL) {
        reader->problem = "a header has no value";
        return MHD_NO;
    }
    reader->problem =
        http_check_header(&reader->head, name, name_size_bytes, value, value_size_bytes);
    if (reader->problem != NULL || request->header_count == reader->count_max)
        return MHD_NO;
    while (value_size_bytes > 0 && strchr(" \t", value[value_size_bytes - 1]) != NULL)
        value_size_bytes--;
    char *copy = arena_alloc(request->arena, value_size_bytes + 1);
    memcpy(copy, value, value_size_bytes);
    request->headers[request->header_count++] =
        (struct http_header){.name = arena_copy_text(request->arena, name), .value = copy};
    return MHD_YES;
}

enum MHD_Result
http_request_queue(struct http_conn *conn)
{
    struct http_request *request = conn->request;
    enum MHD_Result is_queued = MHD_queue_response(conn->mhd, request->status, request->response);
    http_conn_enter(conn, HTTP_SENDING);
    return is_queued;
}

void
http_request_add_headers(struct http_request *request, const struct http_header *headers,
                         bool is_last)
{
    for (; headers != NULL && headers->name != NULL; headers++)
        CHECK(MHD_add_response_header(request->response, headers->name, headers->value) == MHD_YES);
    if (is_last || request->server->is_draining)
        CHECK(MHD_add_response_header(request->response, "Connection", "close") == MHD_YES);
}

static void
build_response(struct http_request *request, unsigned status, const struct http_header *headers,
               const void *body, size_t body_size_bytes, bool is_last)
{
    union {
        const void *borrowed;
        void *given;
    } bytes = {.borrowed = body_size_bytes > 0 ? body : ""};
    request->status = status;
    request->response =
        MHD_create_response_from_buffer(body_size_bytes, bytes.given, MHD_RESPMEM_MUST_COPY);
    CHECK(request->response != NULL);
    http_request_add_headers(request, headers, is_last);
}

/* Answered here, by nobody else, and the connection ends with it. */
static enum MHD_Result
refuse(struct http_conn *conn, unsigned status, const char *title, const char *reason,
       const char *sentence)
{
    static const struct http_header headers[] = {{"Content-Type", "application/problem+json"},
                                                 {"X-Content-Type-Options", "nosniff"},
                                                 {NULL, NULL}};
    struct http_request *request = conn->request;
    refusals.value++;
    struct log_line *line = log_begin(LOG_INFO, "http request refused");
    log_text(line, "reason", reason);
    log_text(line, "detail", sentence);
    log_text(line, "peer", conn->peer);
    log_end(line);
    const char *body =
        arena_printf(request->arena,
                     "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,\"detail\":\"%s\","
                     "\"reason\":\"%s\",\"domain\":\"http\"}",
                     title, status, sentence, reason);
    build_response(request, status, headers, body, strlen(body), true);
    return http_request_queue(conn);
}

static enum MHD_Result
refuse_size(struct http_conn *conn)
{
    return refuse(conn, 413, "Content Too Large", "BODY_TOO_LARGE",
                  "the body is larger than the limit");
}

static enum MHD_Result
begin_request(struct http_conn *conn, const char *method, const char *version)
{
    struct http_request *request = conn->request;
    const struct http_options *options = &conn->server->options;
    request->is_begun = true;
    request->method = arena_copy_text(request->arena, method);
    int count = MHD_get_connection_values_n(conn->mhd, MHD_HEADER_KIND, NULL, NULL);
    CHECK(count >= 0);
    request->headers = arena_alloc(request->arena, ((size_t)count + 1) * sizeof *request->headers);
    struct head_reader reader = {.request = request, .count_max = (size_t)count};
    http_check_begin(&reader.head, method, request->mhd_uri, request->uri_size_bytes, version);
    reader.problem = request->problem != NULL ? request->problem : http_check_method(method);
    if (reader.problem == NULL)
        MHD_get_connection_values_n(conn->mhd, MHD_HEADER_KIND, on_header, &reader);
    size_t head_size_bytes =
        MHD_get_connection_info(conn->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (reader.problem == NULL)
        reader.problem = http_check_end(&reader.head, head_size_bytes);
    if (reader.problem == NULL)
        reader.problem = http_check_head(&reader.head, version);
    if (reader.problem != NULL)
        return refuse(conn, 400, "Bad Request", "HTTP_MALFORMED", reader.problem);
    if (head_size_bytes > options->header_bytes_max)
        return refuse(conn, 431, "Request Header Fields Too Large", "HEADERS_TOO_LARGE",
                      "the headers are larger than the limit");
    if (conn->is_trusted)
        request->peer = http_proxies_client(options->trusted_proxies, request->arena, request->peer,
                                            http_header(request, "X-Forwarded-For"));
    request->declared_bytes = reader.head.is_chunked ? -1 : (int64_t)reader.head.length_bytes;
    if (http_stream_offer(conn))
        return request->response != NULL ? http_request_queue(conn) : MHD_YES;
    return reader.head.length_bytes > options->body_bytes_max ? refuse_size(conn) : MHD_YES;
}

/* Past the limit the rest is read and dropped, since the library cannot answer in the middle of a
 * body, but not for ever. */
static enum MHD_Result
take_body(struct http_conn *conn, const char *upload, size_t *upload_size_bytes)
{
    struct http_request *request = conn->request;
    uint64_t max_bytes =
        request->is_streamed ? request->stream_bytes_max : conn->server->options.body_bytes_max;
    request->body_seen_bytes += *upload_size_bytes;
    if (request->body_seen_bytes <= max_bytes && request->response == NULL)
        buf_add(&request->body, upload, *upload_size_bytes);
    else
        buf_free(&request->body);
    *upload_size_bytes = 0;
    if (request->body_seen_bytes > max_bytes * DISCARD_FACTOR) {
        refusals.value++;
        return MHD_NO;
    }
    return MHD_YES;
}

static enum MHD_Result
give_request(struct http_conn *conn)
{
    struct http_request *request = conn->request;
    struct http_server *server = conn->server;
    request->is_held = true;
    requests.value++;
    server->in_flight++;
    http_conn_enter(conn, HTTP_WORKING);
    server->on_request(server->context, request);
    if (request->response != NULL)
        return http_request_queue(conn);
    http_conn_suspend(conn);
    if (conn->is_hung)
        http_conn_leave(conn); /* before its request was given, and will not be said again */
    return MHD_YES;
}

enum MHD_Result
http_request_on_access(void *server UNUSED, struct MHD_Connection *mhd UNUSED,
                       const char *url UNUSED, const char *method, const char *version,
                       const char *upload, size_t *upload_size_bytes, void **context)
{
    struct http_conn *conn = CAST(struct http_conn, *context, HTTP_CONN_MAGIC);
    struct http_request *request = conn->request;
    if (conn->is_cut || request == NULL)
        return MHD_NO;
    if (!request->is_begun)
        return begin_request(conn, method, version);
    if (*upload_size_bytes > 0 && request->is_streamed && request->response == NULL) {
        http_stream_take(conn, upload, upload_size_bytes);
        return MHD_YES;
    }
    if (*upload_size_bytes > 0)
        return take_body(conn, upload, upload_size_bytes);
    request->is_whole = true;
    if (request->response != NULL)
        return http_request_queue(conn);
    if (request->is_streamed) {
        requests.value++;
        return http_stream_finish(conn);
    }
    if (request->body_seen_bytes > conn->server->options.body_bytes_max)
        return refuse_size(conn);
    return give_request(conn);
}

/* ---- what receivers call ---- */

void
http_reply(struct http_request **request, unsigned status, const struct http_header *headers,
           const void *body, size_t body_size_bytes)
{
    struct http_request *r = CAST(struct http_request, *request, HTTP_REQUEST_MAGIC);
    *request = NULL;
    CHECK(r->response == NULL);
    if (r->conn != NULL) {
        build_response(r, status, headers, body, body_size_bytes, false);
        http_request_start_answer(r);
    }
    http_request_release(r);
}

/* The library comes for an answer when the body is whole, and not before; what is missing of it is
 * read and dropped. */
void
http_request_start_answer(struct http_request *request)
{
    struct http_conn *conn = request->conn;
    if (request->is_streamed && !request->is_whole)
        http_conn_enter(conn, HTTP_READING);
    http_conn_resume(conn);
}

void
http_drop(struct http_request *request)
{
    if (request->conn != NULL)
        http_conn_cut(request->conn);
}
