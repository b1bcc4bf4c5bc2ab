/*
 * bus - requests between daemons over ZeroMQ, with no broker; docs/protocol/bus.md is the protocol
 *
 * A service binds a ROUTER (bus_server); a caller holds one DEALER per replica (bus_client),
 * found in a directory of ipc sockets or by resolving a name to all its addresses, and gives each
 * call to the less loaded of two. Nothing blocks; every queue is bounded; expired work is
 * dropped.
 *
 * One thread. Only functions ending in _await suspend.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/call.h"
#include "common/loop.h"

struct bus;
struct bus_server;
struct bus_client;

enum {
    BUS_MESSAGE_BYTES_MAX = 256 * 1024, /* a frame; larger ones drop the peer */
    BUS_BODY_BYTES_MAX = 192 * 1024,    /* a request's or response's own message */
    BUS_PING_INTERVAL_MS = 1000,
    BUS_LIVENESS = 3, /* pings without answer before a replica is suspected */
};

/* How this process reaches the others; all texts live as long as the bus. */
struct bus_options {
    const char *service;   /* own name */
    const char *directory; /* ipc sockets live here; NULL: no ipc */
    const char *listen;    /* tcp with a port, as tcp://0.0.0.0:7400, beside ipc, or NULL */
    const char *connect;   /* "" = by directory; else "tcp://{service}:7400", resolved to all
                              addresses every 2 s */
    const char *curve_dir; /* CURVE keys, <service>.secret and <service>.public in Z85; NULL: no
                              CURVE, then tcp only on loopback */
    int64_t linger_ms;     /* how long unsent replies may stay at the end */
};

/* ERR_INVALID_ARGUMENT with a sentence for what cannot be used. */
enum err bus_open(struct loop *loop, const struct bus_options *options, struct bus **ret_bus,
                  struct fault *ret_fault) MUST_CHECK;
/* Servers and clients must be closed. NULL is fine. */
void bus_close(struct bus **bus);

/* ---- answering ---- */

/* A request as it came. Owned by the receiver until bus_reply, which must be called exactly once,
 * from any turn. */
struct bus_request {
    struct arena *arena; /* for the call; freed by bus_reply */
    const char *method;
    uint8_t request_id[16];
    int64_t deadline_mono_ms;
    unsigned attempt;
    const uint8_t *principal; /* packed */
    size_t principal_size_bytes;
    const uint8_t *principal_mac;
    size_t principal_mac_size_bytes;
    const char *key; /* idempotency key, "" if none */
    const char *traceparent;
    const uint8_t *body;
    size_t body_size_bytes;
    uint8_t peer[8]; /* routing id, for the reply */
    size_t peer_size_bytes;
    int64_t receive_mono_us;
};

/* An answer: fault.code OK and a body, or a fault. */
struct bus_reply {
    struct fault fault;
    struct call_problems problems; /* of the fault */
    struct call_details details;   /* of the fault; UTF-8 */
    const char *domain;
    int64_t retry_after_ms;
    bool is_replayed;
    const uint8_t *body;
    size_t body_size_bytes;
};

typedef void bus_on_request(void *context, struct bus_request *request);

/* Binds ipc (a name of its own under the directory, with a lock beside it) and tcp, as the options
 * say. */
enum err bus_server_open(struct bus *bus, bus_on_request *on_request, void *context,
                         struct bus_server **ret_server, struct fault *ret_fault) MUST_CHECK;

/* Sends and frees the request. A peer that is gone is counted, not reported. */
void bus_reply(struct bus_server *server, struct bus_request **request,
               const struct bus_reply *reply);

/* Takes the socket's file away, tells every known peer to send no more, refuses new requests
 * (UNAVAILABLE, DRAINING). */
void bus_server_drain(struct bus_server *server);
unsigned bus_server_in_flight(const struct bus_server *server);
void bus_server_close(struct bus_server **server);

/* ---- asking ---- */

/* A client for one service. Replicas come and go by themselves. */
enum err bus_client_open(struct bus *bus, const char *service,
                         struct bus_client **ret_client) MUST_CHECK;
void bus_client_close(struct bus_client **client);

/* Replicas that answer pings, are not suspected and do not drain. */
unsigned bus_client_ready(const struct bus_client *client);

/* What to ask. Pointers are borrowed until the await returns. */
struct bus_question {
    const char *method;
    const uint8_t *body;
    size_t body_size_bytes;
    const struct principal *principal; /* sealed; NULL: the caller is who `token` says */
    const char *token;                 /* a bearer token */
    const char *key;                   /* "" if none */
    const char *traceparent;
    int64_t deadline_mono_ms;
    bool may_repeat; /* safe or keyed: another replica may be asked if one is lost (within the retry
                        budget) */
};

/* The answer, in the caller's arena. */
struct bus_answer {
    struct fault fault;
    struct call_problems problems; /* of the fault */
    struct call_details details;   /* of the fault: the first ones */
    const char *domain;
    int64_t retry_after_ms;
    bool is_replayed;
    const uint8_t *body;
    size_t body_size_bytes;
    unsigned attempt_count;
};

/*
 * Asks, and suspends until the answer is here. The result is fault.code of the answer: what the
 * service said, or from the bus itself UNAVAILABLE (NO_REPLICA, REPLICA_LOST after retries),
 * DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED (too many calls at hand).
 */
enum err bus_ask_await(struct bus_client *client, struct arena *arena,
                       const struct bus_question *question,
                       struct bus_answer *ret_answer) MUST_CHECK;
