/*
 * stream - how a task waits for a piece of a body
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/task.h"
#include "gateway.h"

/* Counts a body in pieces. False: there are as many as may be, and the exchange is refused. */
bool stream_enter(struct exchange *exchange) MUST_CHECK;
void stream_leave(struct gateway *gateway);

/* The next piece of the request's body. */
enum http_piece stream_read_await(struct exchange *exchange, const void **ret_bytes,
                                  size_t *ret_size_bytes);

/* Hands over the next bytes of the answer, which are copied; `wait` is the caller's, for
 * stream_written_await. In between the caller may do other things. */
void stream_write(struct exchange *exchange, const void *bytes, size_t size_bytes,
                  struct task_wait *wait);
/* Until they are on their way. False: the client left. */
bool stream_written_await(struct exchange *exchange, struct task_wait *wait) MUST_CHECK;
