/*
 * http - an HTTP/1.1 server in the loop (libmicrohttpd, its epoll polled by libuv)
 *
 * Whole requests in, whole answers out; or, where the receiver asks for it at a request's head, its
 * body in pieces, and an answer in pieces: then neither is ever in memory as a whole, and who is
 * slow holds up the other side and nobody else. What libmicrohttpd lets through and a careful
 * server must not is refused here, and the connection closed: header names that are no token, NUL
 * and control characters, bare LF and folded lines in the head, several Host or Content-Length,
 * Content-Length beside Transfer-Encoding, any Transfer-Encoding but "chunked". A client that
 * leaves is noticed also while its request is at work. A request that is not complete some
 * seconds after its first byte (in pieces: a piece, after the one before was taken) is cut off.
 * Where many connections are open, the clients that hold
 * the most lose some of those that wait for them.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/http_peer.h"
#include "common/loop.h"

struct http_server;
struct http_request;

/*
 * Called when a request's head is whole, before anything of its body is taken (100 Continue is not
 * sent yet). True: it is the receiver's from now on. Then it was answered by http_reply (a body
 * that would come is not read, and the connection ends), or http_stream was called. False: it will
 * be given to http_on_request when it is whole.
 */
typedef bool http_on_head(void *context, struct http_request *request);

enum { HTTP_PIECE_BYTES = 128 * 1024 };

struct http_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:8080", ":8080" for all; or a path beginning with
                           '/' for a unix socket */
    unsigned connections_max;
    size_t header_bytes_max;    /* all headers; more is 431 */
    size_t body_bytes_max;      /* more is 413 */
    int64_t request_timeout_ms; /* from its first byte until it is complete */
    int64_t idle_timeout_ms;    /* between requests */
    bool reuse_port;
    const struct http_proxies *trusted_proxies; /* borrowed; NULL: none */
    http_on_head *on_head; /* NULL: every body is taken whole; has the context of on_request */
};

struct http_header {
    const char *name;
    const char *value;
};

/* Called when a request is whole. It must be answered by http_reply exactly once, now or later,
 * unless on_gone was called. */
typedef void http_on_request(void *context, struct http_request *request);

enum err http_server_open(struct loop *loop, const struct http_options *options,
                          http_on_request *on_request, void *context,
                          struct http_server **ret_server, struct fault *ret_fault) MUST_CHECK;
/* Takes no new connections; those that are there finish their request and are closed. */
void http_server_drain(struct http_server *server);
unsigned http_server_connections(const struct http_server *server);
unsigned http_server_in_flight(const struct http_server *server); /* requests at hand */
unsigned
http_server_port(const struct http_server *server);  /* where it listens; 0 on a unix socket */
void http_server_close(struct http_server **server); /* cuts off what is left */

/* All texts live as long as the request. */
struct arena *http_arena(struct http_request *request);
const char *http_method(const struct http_request *request);
const char *
http_path(const struct http_request *request); /* as sent, not decoded, without the query */
const char *http_query(const struct http_request *request); /* after '?', not decoded; "" if none */
const char *http_header(const struct http_request *request,
                        const char *name); /* NULL if none; joined by ", " if several */
const char *http_body(const struct http_request *request, size_t *ret_size_bytes);
/* The client's address in text: the connection's ("unix" on a unix socket), or the one that trusted
 * proxies have seen (http_peer.h). */
const char *http_peer(const struct http_request *request);

/* `on_gone(context)` is called if the client leaves before http_reply; then the request is still
 * valid, http_reply must still be called, and sends nothing. Who waits for a piece is told by its
 * on_ready instead. */
void http_on_gone(struct http_request *request, void (*on_gone)(void *context), void *context);
bool http_is_gone(const struct http_request *request);
/* Cuts the client off, as if it had left: who waits for it is told. */
void http_drop(struct http_request *request);

/* Answers and ends the request. `headers` ends with {NULL, NULL} and may be NULL; Content-Length
 * and Date are added. The body is copied. */
void http_reply(struct http_request **request, unsigned status, const struct http_header *headers,
                const void *body, size_t body_size_bytes);

/* ---- bodies in pieces ---- */

/* What the head says of the body's size; -1: it is chunked, and says nothing. */
int64_t http_declared_bytes(const struct http_request *request);

/* In http_on_head: the body will be read in pieces, at most `body_bytes_max` of it. */
void http_stream(struct http_request *request, uint64_t body_bytes_max);

/*
 * Lets go of the piece before and asks for the next: `on_ready(context)` is called once, at once or
 * later. Until it is asked for, the client is made to wait. One question at a time.
 */
void http_read(struct http_request *request, void (*on_ready)(void *context), void *context);

enum http_piece {
    HTTP_MORE,      /* HTTP_PIECE_BYTES; more will come */
    HTTP_LAST,      /* what was left, perhaps nothing */
    HTTP_TOO_LARGE, /* beyond body_bytes_max; the rest is dropped */
    HTTP_GONE,      /* the client left; http_reply must still be called */
};

/* After on_ready: what came. The bytes are valid until the next http_read, http_reply or
 * http_reply_end. */
enum http_piece http_piece(const struct http_request *request, const void **ret_bytes,
                           size_t *ret_size_bytes);

/* ---- answers in pieces ---- */

/* An answer that ends when it ends, as a stream of events: chunked. */
#define HTTP_ENDLESS UINT64_MAX

/* Begins an answer of `size_bytes`, or HTTP_ENDLESS. Then http_reply_piece as often as it takes,
 * and http_reply_end. While no piece is on its way a client that leaves is told by http_on_gone. */
void http_reply_begin(struct http_request *request, unsigned status,
                      const struct http_header *headers, uint64_t size_bytes);

/* Hands over the next bytes, which are copied: one and more, never more than are missing.
 * `on_ready(context)` is called once, when they are on their way or the client has left
 * (http_is_gone); not before that may more be handed over. To HEAD nothing is sent. */
void http_reply_piece(struct http_request *request, const void *bytes, size_t size_bytes,
                      void (*on_ready)(void *context), void *context);

/* Ends the request. Where pieces are missing, the client is cut off: it notices. An endless answer
 * ends well. */
void http_reply_end(struct http_request **request);
