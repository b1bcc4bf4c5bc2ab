/*
 * event_stream - see event_stream.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "event_stream.h"

#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "common/clock.h"
#include "common/cloudevent.h"
#include "common/log.h"
#include "common/stat.h"
#include "event_feed.h"
#include "events/v1/events.contract.h"
#include "media.h"
#include "stream.h"
#include "upstream.h"

#define STREAM_TYPE "text/event-stream"

/* How long an EventSource waits before it connects again. */
#define GREETING "retry: 2000\n\n"

enum {
    PLACE_LIMIT_MS = 5000, /* until it is known where a new stream begins */
    PAUSE_MS = 250,        /* before the log is asked once more */
};

STAT(open_streams, "event.stream.open", STAT_GAUGE, "", "Event streams that are open.");
STAT(sent, "event.stream.send", STAT_COUNTER, "", "Events sent to streams.");

struct event_stream {
    LIST_ENTRY(event_stream) link;
    struct exchange *exchange;
    struct gateway *gateway;
    struct event_filter filter;
    struct event_place place; /* up to here it was sent */
    bool is_placed;           /* the client said where it begins, were it before the first event */
    bool is_known;            /* the log has such a place */
    struct event_wait wait;
    bool is_writing;         /* the client has not taken all that was sent */
    int64_t end_mono_ms;     /* when the token ends */
    int64_t comment_mono_ms; /* when a comment is due */
    int64_t count;
    const char *end_reason; /* NULL: it goes on */
    struct buf out;
};

/* ---- whether ---- */

/* Whether a list of media types, as in Accept, names this one. */
static bool
is_accepted(const char *header, const char *type)
{
    size_t size = strlen(type);
    while (header != NULL && *header != 0) {
        header += strspn(header, " \t,");
        if (strncasecmp(header, type, size) == 0 && strchr(" \t,;", header[size]) != NULL)
            return true;
        header += strcspn(header, ",");
    }
    return false;
}

bool
event_stream_is_wanted(const struct exchange *exchange)
{
    const struct contract_route *route = exchange->match.route;
    return strcmp(http_method(exchange->http), "GET") == 0 && route->produces != NULL &&
           media_is_listed(route->produces, STREAM_TYPE) &&
           route->method->request == &events_v1_list_events_request_contract &&
           is_accepted(http_header(exchange->http, "Accept"), STREAM_TYPE);
}

/* ---- the request ---- */

static enum err
read_place(struct event_stream *stream, const Events__V1__ListEventsRequest *req)
{
    struct exchange *exchange = stream->exchange;
    const char *text = http_header(exchange->http, "Last-Event-ID");
    bool is_header = text != NULL && text[0] != 0;
    if (!is_header)
        text = req->after;
    if (text[0] == 0)
        return OK;
    stream->is_placed =
        cloudevent_parse_sequence(text, &stream->place.epoch, &stream->place.position);
    if (stream->is_placed)
        return OK;
    exchange_refuse(exchange, ERR_INVALID_ARGUMENT, "FIELD_FORMAT",
                    "%s must be an event's sequence", is_header ? "Last-Event-ID" : "after");
    if (!is_header)
        snprintf(exchange->fault.field, sizeof exchange->fault.field, "after");
    return ERR_INVALID_ARGUMENT;
}

static enum err
read_request(struct event_stream *stream)
{
    struct exchange *exchange = stream->exchange;
    const Events__V1__ListEventsRequest *req = (const Events__V1__ListEventsRequest *)exchange->req;
    enum err err = exchange_check_roles(exchange);
    if (err == OK)
        err = contract_check(exchange->match.route->method->request, exchange->req, true,
                             &exchange->fault);
    if (err == OK)
        err = read_place(stream, req);
    if (err != OK)
        return err;
    event_filter_set_caller(&stream->filter, exchange->arena, &exchange->principal);
    return event_filter_set_wish(&stream->filter, exchange->arena, (const char *const *)req->types,
                                 req->n_types, req->aggregate, &exchange->fault);
}

static unsigned
count_of_caller(const struct exchange *exchange)
{
    const struct event_stream *other;
    unsigned count = 0;
    LIST_FOREACH(other, &exchange->gateway->streams, link)
    count += strcmp(other->exchange->principal.subject, exchange->principal.subject) == 0;
    return count;
}

static enum err
refuse_overload(struct exchange *exchange, const char *reason, const char *sentence)
{
    exchange->retry_after_ms = UPSTREAM_RETRY_MS;
    return exchange_refuse(exchange, ERR_RESOURCE_EXHAUSTED, reason, "%s", sentence);
}

static enum err
check_room(struct exchange *exchange)
{
    const struct gateway *gateway = exchange->gateway;
    if (event_feed_is_stopped(gateway->feed))
        return refuse_overload(exchange, "OVERLOADED", "the gateway is about to end");
    if (gateway->event_stream_count >= gateway->config->event_streams_max)
        return refuse_overload(exchange, "OVERLOADED",
                               "the gateway has all the event streams it can take");
    if (count_of_caller(exchange) >= gateway->config->event_streams_caller_max)
        return refuse_overload(exchange, "STREAMS_TOO_MANY",
                               "the caller has all the event streams that one may have");
    return OK;
}

/* ---- its place among the others ---- */

static void
on_gone(void *context)
{
    struct event_stream *stream = context;
    event_feed_wake(&stream->wait);
}

static void
enter(struct event_stream *stream)
{
    struct gateway *gateway = stream->gateway;
    const struct principal *principal = &stream->exchange->principal;
    LIST_INSERT_HEAD(&gateway->streams, stream, link);
    open_streams.value = ++gateway->event_stream_count;
    stream->end_mono_ms = clock_mono_ms() + principal->expire_time_ms - clock_real_ms();
    http_on_gone(stream->exchange->http, on_gone, stream);
    event_feed_enter(gateway->feed);
}

static void
leave(struct event_stream *stream)
{
    struct gateway *gateway = stream->gateway;
    event_feed_leave(gateway->feed);
    open_streams.value = --gateway->event_stream_count;
    LIST_REMOVE(stream, link);
    buf_free(&stream->out);
}

static bool
is_ended(struct event_stream *stream)
{
    if (stream->end_reason != NULL)
        return true;
    if (http_is_gone(stream->exchange->http))
        stream->end_reason = "CLIENT_LEFT";
    else if (clock_mono_ms() >= stream->end_mono_ms)
        stream->end_reason = "TOKEN_ENDED";
    return stream->end_reason != NULL;
}

static void
wait_await(struct event_stream *stream, int64_t deadline_mono_ms)
{
    if (deadline_mono_ms > stream->end_mono_ms)
        deadline_mono_ms = stream->end_mono_ms;
    event_feed_wait_await(stream->gateway->feed, &stream->wait, deadline_mono_ms);
}

/* Where a stream begins that does not say so: a client must know that it will be told of what
 * comes next before it is answered. */
static enum err
find_place_await(struct event_stream *stream)
{
    const struct event_feed *feed = stream->gateway->feed;
    int64_t deadline_mono_ms = clock_mono_ms() + PLACE_LIMIT_MS;
    if (stream->is_placed)
        return OK;
    while (!event_feed_end(feed, &stream->place)) {
        if (is_ended(stream) || clock_mono_ms() >= deadline_mono_ms) {
            stream->exchange->retry_after_ms = UPSTREAM_RETRY_MS;
            return exchange_refuse(stream->exchange, ERR_UNAVAILABLE, "NO_REPLICA",
                                   "the log of events cannot be reached now");
        }
        wait_await(stream, deadline_mono_ms);
    }
    stream->is_known = true;
    return OK;
}

/* ---- sending ---- */

/* Sends what is in `out`. */
static void
flush_await(struct event_stream *stream)
{
    struct task_wait wait;
    if (stream->out.size_bytes == 0)
        return;
    stream->is_writing = true;
    stream_write(stream->exchange, stream->out.bytes, stream->out.size_bytes, &wait);
    buf_free(&stream->out); /* it was copied; a large event's room is not kept */
    bool is_taken = stream_written_await(stream->exchange, &wait);
    stream->is_writing = false;
    if (!is_taken && stream->end_reason == NULL)
        stream->end_reason = "CLIENT_LEFT";
    stream->comment_mono_ms = clock_mono_ms() + stream->gateway->config->event_comment_interval_ms;
}

static void
send_page_await(struct event_stream *stream, const Events__V1__PullEventsResponse *page)
{
    stream->place.epoch = page->epoch;
    for (size_t i = 0; i < page->n_events && !is_ended(stream); i++) {
        event_ring_write(&stream->out, page->epoch, page->events[i]);
        stream->count++;
        sent.value++;
        if (stream->out.size_bytes >= EVENT_PIECE_BYTES)
            flush_await(stream);
    }
    stream->place.position = page->next_after;
}

static void
end_with_resync(struct event_stream *stream, const struct call_details *details)
{
    stream->end_reason = "RESYNC";
    buf_add_text(&stream->out, "event: RESYNC\ndata: {");
    for (size_t i = 0; i < details->count; i++)
        buf_printf(&stream->out, "%s\"%s\":\"%s\"", i > 0 ? "," : "", details->list[i].name,
                   details->list[i].value);
    buf_add_text(&stream->out, "}\n\n");
}

/* Sends a page of what lies before the feed. */
static void
catch_up_await(struct event_stream *stream)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    const Events__V1__PullEventsResponse *page;
    struct call_details details;
    enum err err = event_feed_pull_await(stream->gateway->feed, arena, &stream->filter,
                                         &stream->place, &page, &details);
    bool is_empty = true;
    if (err == OK) {
        is_empty = page->n_events == 0;
        stream->is_known = true;
        send_page_await(stream, page);
    } else if (err == ERR_OUT_OF_RANGE) {
        end_with_resync(stream, &details);
    }
    arena_free(&arena);
    flush_await(stream);
    /* The log cannot be reached, or has a new epoch and the feed does not know yet. */
    if (is_empty && !event_feed_reaches(stream->gateway->feed, &stream->place) && !is_ended(stream))
        wait_await(stream, clock_mono_ms() + PAUSE_MS);
}

/* Whether the feed is where the stream goes on. One that says to be ahead of it must be looked
 * up once. */
static bool
can_join(const struct event_stream *stream)
{
    struct event_place end;
    return event_feed_end(stream->gateway->feed, &end) &&
           event_feed_reaches(stream->gateway->feed, &stream->place) &&
           (stream->is_known || stream->place.position <= end.position);
}

/* Sends what the feed has, else waits. */
static void
join_await(struct event_stream *stream)
{
    unsigned count = event_feed_take(stream->gateway->feed, &stream->filter, &stream->place,
                                     &stream->out, EVENT_PIECE_BYTES);
    stream->is_known = true;
    stream->count += count;
    sent.value += count;
    if (count == 0 && clock_mono_ms() >= stream->comment_mono_ms)
        buf_add_text(&stream->out, ":\n\n");
    if (stream->out.size_bytes > 0)
        flush_await(stream);
    else
        wait_await(stream, stream->comment_mono_ms);
}

static void
go_on_await(struct event_stream *stream)
{
    struct event_place end;
    if (can_join(stream))
        join_await(stream);
    else if (event_feed_end(stream->gateway->feed, &end))
        catch_up_await(stream);
    else if (clock_mono_ms() < stream->comment_mono_ms)
        wait_await(stream, stream->comment_mono_ms);
    else {
        buf_add_text(&stream->out, ":\n\n");
        flush_await(stream);
    }
}

/* ---- from start to end ---- */

static void
log_end_of(const struct event_stream *stream)
{
    struct log_line *line = log_begin(LOG_INFO, "event stream ended");
    log_text(line, "reason", stream->end_reason);
    log_number(line, "events", stream->count);
    log_number(line, "duration_ms", (clock_mono_us() - stream->exchange->start_mono_us) / 1000);
    log_text(line, "trace", stream->exchange->traceparent);
    log_end(line);
}

static void
run_await(struct event_stream *stream)
{
    struct exchange *exchange = stream->exchange;
    struct answer_headers headers;
    answer_begin(&headers, exchange, STREAM_TYPE);
    answer_add(&headers, "Cache-Control", "no-store");
    answer_add(&headers, "X-Accel-Buffering", "no"); /* nginx would collect it */
    answer_count(exchange, 200, OK);
    http_reply_begin(exchange->http, 200, headers.list, HTTP_ENDLESS);
    buf_add_text(&stream->out, GREETING);
    flush_await(stream);
    while (!is_ended(stream))
        go_on_await(stream);
    log_end_of(stream);
}

void
event_stream_answer_await(struct exchange *exchange)
{
    struct event_stream stream = {.exchange = exchange, .gateway = exchange->gateway};
    enum err err = read_request(&stream);
    if (err == OK)
        err = check_room(exchange);
    if (err != OK) {
        answer_problem(exchange);
        return;
    }
    enter(&stream);
    if (find_place_await(&stream) == OK) {
        run_await(&stream);
        http_on_gone(exchange->http, NULL, NULL);
        http_reply_end(&exchange->http);
    } else {
        http_on_gone(exchange->http, NULL, NULL);
        answer_problem(exchange);
    }
    leave(&stream);
}

void
event_stream_end_all(struct gateway *gateway, const char *reason)
{
    struct event_stream *stream, *next;
    for (stream = LIST_FIRST(&gateway->streams); stream != NULL; stream = next) {
        next = LIST_NEXT(stream, link);
        stream->end_reason = reason;
        if (stream->is_writing)
            http_drop(stream->exchange->http);
        else
            event_feed_wake(&stream->wait);
    }
}
