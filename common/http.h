/*
 * http - an HTTP/1.1 server in the loop (libmicrohttpd, its epoll polled by libuv)
 *
 * Whole requests in, whole answers out. What libmicrohttpd lets through and a careful server must
 * not is refused here, and the connection closed: header names that are no token, NUL and control
 * characters, bare LF and folded lines in the head, several Host or Content-Length,
 * Content-Length beside Transfer-Encoding, any Transfer-Encoding but "chunked". A client that
 * leaves is noticed also while its request is at work. A request that is not complete some
 * seconds after its first byte is cut off. Where many connections are open, the clients that hold
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
 * valid, http_reply must still be called, and sends nothing. */
void http_on_gone(struct http_request *request, void (*on_gone)(void *context), void *context);
bool http_is_gone(const struct http_request *request);

/* Answers and ends the request. `headers` ends with {NULL, NULL} and may be NULL; Content-Length
 * and Date are added. The body is copied. */
void http_reply(struct http_request **request, unsigned status, const struct http_header *headers,
                const void *body, size_t body_size_bytes);
