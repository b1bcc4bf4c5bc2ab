/*
 * transfer - outgoing connections of daemons: libcurl on the loop, for coroutines
 *
 * Whoever needs one makes a libcurl easy handle and waits here until it ended. A few run at once,
 * and of these a few to one host; the others wait in order, but what waits for a busy host is
 * passed by. So a host that hangs holds up itself alone.
 *
 * http and https run in the loop; any other protocol in a thread of libuv's, two at most, because
 * libcurl waits in the midst of them. Callbacks of such a handle run in that thread, while its task
 * waits: they may touch what is the task's, and nothing else.
 *
 * Addresses that users chose go through transfer_guard: what they name may lie in our own network.
 *
 * libcurl's own limits hold too: set CURLOPT_TIMEOUT_MS, and CURLOPT_CONNECTTIMEOUT_MS.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include "common/buf.h"
#include "common/call.h"
#include "common/loop.h"

struct transfer;
struct sockaddr;

struct transfer_options {
    unsigned count_max; /* at once */
    unsigned host_max;  /* of these to one host; less than count_max */
    unsigned queue_max; /* that wait */
};

/* Options are copied. Starts libcurl where nobody has. */
struct transfer *transfer_open(struct loop *loop, const struct transfer_options *options);

/* Ends what runs and what waits, each with ERR_CANCELLED; what is in a thread ends within a second.
 * The loop must run on until it has. NULL is fine. */
void transfer_close(struct transfer **transfer);

/*
 * Suspends until the transfer of `easy` has ended; *ret_code is what libcurl says. At the call's
 * deadline it is ended, and *ret_code is CURLE_OPERATION_TIMEDOUT; in a thread that may take
 * another second. The handle stays the caller's and can be asked for more afterwards; its
 * CURLOPT_PRIVATE, _NOSIGNAL, _QUICK_EXIT and _XFERINFOFUNCTION are set here.
 *
 * ERR_DEADLINE_EXCEEDED   the deadline came before its turn: nothing was sent
 * ERR_RESOURCE_EXHAUSTED  `queue_max` wait already: nothing was sent
 * ERR_CANCELLED           transfer_close
 */
enum err transfer_await(struct transfer *transfer, struct call *call, CURL *easy,
                        CURLcode *ret_code) MUST_CHECK;

/* How many run, and how many wait. */
unsigned transfer_running(const struct transfer *transfer);
unsigned transfer_waiting(const struct transfer *transfer);

/* What a guarded transfer may do, and whether it was held back. */
struct transfer_guard {
    bool is_http_fine;    /* without TLS too */
    bool is_private_fine; /* addresses that are not public too: one's own network, and tests */
    bool is_refused;      /* set: an address was not public, and was not spoken to */
};

/*
 * For an address that somebody else chose: only https (and http where that is fine), no redirects,
 * no proxy and no .netrc of the environment, a connection of its own, and that only to public
 * addresses. These are judged when the connection is made, so it is no matter what a name resolves
 * to, or when. One that is refused counts as one that cannot be reached: CURLE_COULDNT_CONNECT.
 * `guard` is borrowed until the transfer ended.
 */
void transfer_guard(CURL *easy, struct transfer_guard *guard);

/* Whether it is an address of the public internet; transfer_guard.c has the table. */
bool transfer_is_public(const struct sockaddr *address);

/* An answer's body, of which at most `size_max` bytes are taken in. {.size_max = ...}; buf_free
 * ends `body`. */
struct transfer_reply {
    struct buf body;
    size_t size_max;
    bool is_cut; /* there was more: the transfer was ended, with CURLE_WRITE_ERROR */
};

/* `reply` is borrowed until the transfer ended. */
void transfer_keep(CURL *easy, struct transfer_reply *reply);
