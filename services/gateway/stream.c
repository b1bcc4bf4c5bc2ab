/*
 * stream - see stream.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include "common/clock.h"
#include "common/task.h"

/* The HTTP server ends every wait by its own limits; this one is never reached. */
enum { WAIT_LIMIT_MS = 24 * 60 * 60 * 1000, RETRY_MS = 1000 };

bool
stream_enter(struct exchange *exchange)
{
    if (exchange->gateway->stream_count < GATEWAY_STREAMS_MAX) {
        exchange->gateway->stream_count++;
        return true;
    }
    exchange->retry_after_ms = RETRY_MS;
    exchange_refuse(exchange, ERR_RESOURCE_EXHAUSTED, "OVERLOADED",
                    "the gateway carries all the bodies it can at once");
    return false;
}

void
stream_leave(struct gateway *gateway)
{
    CHECK(gateway->stream_count > 0);
    gateway->stream_count--;
}

static void
on_ready(void *context)
{
    task_done(context, OK);
}

static void
wait_await(struct task_wait *wait)
{
    enum err err = task_wait_await(wait, clock_mono_ms() + WAIT_LIMIT_MS);
    CHECK(err == OK);
}

enum http_piece
stream_read_await(struct exchange *exchange, const void **ret_bytes, size_t *ret_size_bytes)
{
    struct task_wait wait = {0};
    http_read(exchange->http, on_ready, &wait);
    wait_await(&wait);
    return http_piece(exchange->http, ret_bytes, ret_size_bytes);
}

void
stream_write(struct exchange *exchange, const void *bytes, size_t size_bytes,
             struct task_wait *wait)
{
    *wait = (struct task_wait){0};
    http_reply_piece(exchange->http, bytes, size_bytes, on_ready, wait);
}

bool
stream_written_await(struct exchange *exchange, struct task_wait *wait)
{
    wait_await(wait);
    return !http_is_gone(exchange->http);
}
