/*
 * event_stream - events as they come, for one client: server-sent events (WHATWG HTML, 9.2)
 *
 * A task for each client. It sends what the feed has (event_feed.h) and what it pulls for itself
 * where the feed does not reach so far back; the seam is a position, so nothing is sent twice or
 * left out. What a client does not take stays in the log: at most one piece of about
 * EVENT_PIECE_BYTES is on its way, and nothing further is rendered or pulled before it is taken.
 *
 * A stream ends when its caller's token does, when the installation's keys change, when the gateway
 * drains, or after RESYNC. The client comes back and says where it was.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway.h"

enum { EVENT_PIECE_BYTES = 32 * 1024 };

/* Streams that are open. In gateway->streams. */
struct event_stream;

/* Whether the exchange asks for a stream where there is one. Its route must be known. */
bool event_stream_is_wanted(const struct exchange *exchange);

/* Answers it; returns when the stream has ended. The request must have been read. */
void event_stream_answer_await(struct exchange *exchange);

/* Ends all that are open; one whose client does not take what was sent is cut off. `reason` is a
 * constant, for the log. */
void event_stream_end_all(struct gateway *gateway, const char *reason);
