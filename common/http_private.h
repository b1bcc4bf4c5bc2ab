/*
 * http_private - the inside of the HTTP server, shared by http.c (its life), http_conn.c
 * (connections), http_crowd.c (too many of them), http_request.c (requests), http_stream.c (bodies
 * and answers in pieces) and http_check.c (what a careful server refuses)
 *
 * Nobody else includes this, tests apart.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include "common/http.h"

enum {
    HTTP_SERVER_MAGIC = 0x477b5e47,
    HTTP_CONN_MAGIC = 0x477bc044,
    HTTP_REQUEST_MAGIC = 0x477b4e90,
    HTTP_PEER_SIZE = 64,
};

/*
 * Where a connection stands.
 *
 *   IDLE --first byte--> READING --whole request--> WORKING --http_reply--> SENDING
 *    ^                                                                         |
 *    +--------------------------------last byte--------------------------------+
 *
 * A body in pieces goes back from WORKING to READING with each piece that is asked for; an answer
 * in pieces goes back from SENDING to WORKING where the next piece is not there yet.
 *
 * http_conn_enter makes every change. The janitor ends what stays too long: IDLE idle_timeout,
 * READING request_timeout, SENDING idle_timeout. WORKING has the deadline of the work.
 */
enum http_phase { HTTP_IDLE, HTTP_READING, HTTP_WORKING, HTTP_SENDING };

struct http_conn {
    unsigned magic;
    struct http_server *server;
    struct http_conn *next; /* in server->conns */
    struct http_conn **link;
    struct MHD_Connection *mhd;
    int fd;
    uv_poll_t hangup; /* says that the client left, also while the library does not look */
    enum http_phase phase;
    int64_t phase_mono_ms;        /* when it was entered */
    bool is_hung;                 /* the client ended its side */
    struct http_request *request; /* NULL: none, or its client left */
    bool is_cut;                  /* no further word with this client */
    bool is_suspended;            /* the library does not look at it */
    char peer[HTTP_PEER_SIZE];    /* its address; a proxy's own */
    uint8_t peer_key[HTTP_PEER_KEY_SIZE];
    bool is_trusted; /* a proxy that we believe */
};

struct http_server {
    unsigned magic;
    struct loop *loop;
    struct http_options options;
    http_on_request *on_request;
    void *context;
    struct MHD_Daemon *daemon;
    struct loop_hook hook;
    uv_poll_t poll; /* the library's epoll descriptor */
    struct loop_timer janitor;
    struct http_conn *conns;
    unsigned conn_count;
    unsigned in_flight;    /* handed out and not yet replied to */
    unsigned handle_count; /* uv handles that are not closed yet */
    unsigned port;         /* 0 on a unix socket */
    bool is_ready;         /* the library has something to do */
    bool is_draining;
    bool is_closed; /* freed with its last handle and request */
};

/* A request. Lives in its own arena. */
struct http_request {
    unsigned magic;
    struct http_server *server;
    struct http_conn *conn; /* NULL: the client left */
    struct arena *arena;
    const char *mhd_uri; /* the library's own copy, to compare places only */
    size_t uri_size_bytes;
    const char *problem; /* with the request line; NULL: none */
    const char *method;
    const char *path;
    const char *query;
    const char *peer;
    struct http_header *headers;
    size_t header_count;
    struct buf body;
    size_t body_seen_bytes; /* what came, kept or not */
    bool is_begun;          /* its headers were looked at */
    bool is_held;           /* the receiver's; it will be let go by http_reply or http_reply_end */
    struct MHD_Response *response;
    unsigned status;
    void (*on_gone)(void *context);
    void *gone_context;
    /* http_stream.c */
    int64_t declared_bytes; /* -1: not said */
    bool is_streamed;       /* the body, in pieces: `body` has one, perhaps half full */
    uint64_t stream_bytes_max;
    bool is_whole;     /* nothing of the body is missing */
    bool is_piece_out; /* the receiver reads it */
    bool is_too_large;
    struct buf out; /* the answer's piece */
    size_t out_taken_bytes;
    uint64_t answer_bytes; /* what was promised, and not handed over yet; or HTTP_ENDLESS */
    bool is_ended;         /* the receiver has let go of an answer in pieces */
    void (*on_ready)(void *context);
    void *ready_context;
};

/* ---- http_check.c ---- */

/* What is wrong with a request's head; NULL: nothing. */
struct http_head {
    unsigned host_count;
    unsigned length_count;
    unsigned coding_count;
    bool is_chunked;
    uint64_t length_bytes;
    uintptr_t start; /* where the head lies */
    uintptr_t end;   /* of the last piece seen */
    bool is_torn;    /* a piece does not follow the one before */
};

/*
 * The library ends each piece of the head with a zero where it lies, and repairs what it should
 * refuse: it cuts at NUL, takes a bare LF for a line's end, joins folded lines, drops headers
 * without a name. All of that shows as bytes that are not accounted for: piece by piece, each must
 * begin two bytes (CR LF) after the end of the one before, and the last must end four before the
 * head's end.
 */
void http_check_begin(struct http_head *head, const char *method, const char *target,
                      size_t target_size_bytes, const char *version);
/* `size_bytes`: of the whole head, as it was received. */
const char *http_check_end(const struct http_head *head, size_t size_bytes);

/* Looks at one header line and counts it. Answers a sentence if it must be refused. */
const char *http_check_header(struct http_head *head, const char *name, size_t name_size_bytes,
                              const char *value, size_t value_size_bytes);
/* Looks at the whole, after the last line. */
const char *http_check_head(const struct http_head *head, const char *version);
/* Look at the parts of the request line; the target is looked at before the library takes it apart.
 */
const char *http_check_method(const char *method);
const char *http_check_target(const char *target);

/* ---- http_conn.c ---- */

void http_conn_on_connection(void *server, struct MHD_Connection *mhd, void **context,
                             enum MHD_ConnectionNotificationCode code);
/* The only way to change the phase. */
void http_conn_enter(struct http_conn *conn, enum http_phase phase);
/* Ends what took too long. */
void http_conn_sweep(struct http_server *server, int64_t now_mono_ms);
/* The client left while its request was at work. */
void http_conn_leave(struct http_conn *conn);
/* Lets go of a connection; a request at work stays its receiver's until http_reply. */
void http_conn_cut(struct http_conn *conn);

/* Both: whether the library looks at it. */
void http_conn_suspend(struct http_conn *conn);
void http_conn_resume(struct http_conn *conn);

/* ---- http_stream.c ---- */

/* Offers a request at its head. False: it is to be taken whole. */
bool http_stream_offer(struct http_conn *conn);
/* Takes what has room of a piece of the body. */
void http_stream_take(struct http_conn *conn, const char *upload, size_t *upload_size_bytes);
/* The body is whole. */
enum MHD_Result http_stream_finish(struct http_conn *conn);

/* ---- http_crowd.c ---- */

/* Makes room where the connections come near to their limit. */
void http_crowd_thin(struct http_server *server);

/* ---- http_request.c ---- */

void *http_request_on_line(void *server, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_request_on_access(void *server, struct MHD_Connection *mhd, const char *url,
                                       const char *method, const char *version, const char *upload,
                                       size_t *upload_size_bytes, void **context);
void http_request_on_completed(void *server, struct MHD_Connection *mhd, void **context,
                               enum MHD_RequestTerminationCode code);

/* Sends the answer that was built. */
enum MHD_Result http_request_queue(struct http_conn *conn);
/* The answer was built: lets the library come for it. */
void http_request_start_answer(struct http_request *request);
/* Headers of an answer; closes the connection after it where the server drains, or `is_last`. */
void http_request_add_headers(struct http_request *request, const struct http_header *headers,
                              bool is_last);
/* The receiver lets go. */
void http_request_release(struct http_request *request);
/* The client left: tells a receiver that holds the request. */
void http_request_tell_gone(struct http_request *request);

/* No request belongs to the connection any more. */
void http_request_forget(struct http_conn *conn);

/* ---- http.c ---- */

/* Frees the server if it was closed and nothing refers to it any more. */
void http_server_release(struct http_server *server);
