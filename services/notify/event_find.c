/*
 * event_find - one event of the log, by its identity
 */
// SPDX-License-Identifier: Apache-2.0
#include "event_find.h"

#include <string.h>

#include "common/message.h"
#include "events/v1/events.client.h"

enum { DEADLINE_MS = 5000, PAGE_SIZE = 1000, PAGES_MAX = 50 };

/* Events of one type. Whoever asks for a preview need not be one who may read the log. */
struct reader {
    struct call call;
    const char *type;
    int64_t epoch;
};

static enum err
pull_await(struct reader *reader, int64_t after, int32_t limit,
           const Events__V1__PullEventsResponse **ret_res)
{
    Events__V1__PullEventsRequest req = EVENTS__V1__PULL_EVENTS_REQUEST__INIT;
    req.epoch = reader->epoch;
    req.after = after;
    req.limit = limit;
    req.types = (char **)&reader->type;
    req.n_types = 1;
    return events_pull_events_await(&reader->call, &req, ret_res);
}

static int64_t
made_ms(const struct uuid *event_id)
{
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | event_id->bytes[i];
    return ms;
}

static int64_t
happened_ms(const Events__V1__LoggedEvent *event)
{
    return message_get_time(event->event_time) / 1000;
}

static enum err
probe_await(void *context, int64_t after, struct event_probe *ret_probe)
{
    const Events__V1__PullEventsResponse *res;
    enum err err = pull_await(context, after, 1, &res);
    *ret_probe = (struct event_probe){.is_gone = err == ERR_OUT_OF_RANGE};
    if (err != OK)
        return ret_probe->is_gone ? OK : err;
    ret_probe->next_after = res->next_after;
    ret_probe->is_there = res->n_events > 0;
    if (ret_probe->is_there) {
        ret_probe->position = res->events[0]->position;
        ret_probe->time_ms = happened_ms(res->events[0]);
    }
    return OK;
}

/* The next event behind a position, if there is one before `end`: a probe may look no further than
 * a part of the way. */
static enum err
find_next_await(event_probe_await *probe, void *context, int64_t after, int64_t end,
                struct event_probe *ret_found)
{
    for (;;) {
        enum err err = probe(context, after, ret_found);
        bool is_over = ret_found->is_gone || ret_found->is_there;
        if (err != OK || is_over || ret_found->next_after <= after || ret_found->next_after >= end)
            return err;
        after = ret_found->next_after;
    }
}

enum err
event_search_await(event_probe_await *probe, void *context, int64_t last, int64_t from_ms,
                   int64_t *ret_after)
{
    int64_t low = 0, high = last;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        struct event_probe found = {0};
        enum err err = find_next_await(probe, context, middle, high, &found);
        if (err != OK)
            return err;
        if (found.is_gone)
            low = middle + 1;
        else if (found.is_there && found.time_ms < from_ms)
            low = found.position;
        else
            high = middle;
    }
    *ret_after = low;
    return OK;
}

static enum err
scan_await(struct reader *reader, const char *event_id, int64_t after, int64_t until_ms,
           const Events__V1__LoggedEvent **ret_event)
{
    const Events__V1__PullEventsResponse *res;
    for (int page = 0; page < PAGES_MAX; page++) {
        enum err err = pull_await(reader, after, PAGE_SIZE, &res);
        if (err != OK)
            return err;
        for (size_t i = 0; i < res->n_events; i++) {
            *ret_event = res->events[i];
            if (strcmp((*ret_event)->event_id, event_id) == 0)
                return OK;
            if (happened_ms(*ret_event) > until_ms)
                return ERR_NOT_FOUND;
        }
        after = res->next_after;
        if (after >= res->last_position)
            break;
    }
    return ERR_NOT_FOUND;
}

enum err
event_find_await(struct call *call, const struct uuid *event_id, const char *type,
                 const Events__V1__LoggedEvent **ret_event)
{
    struct reader reader = {.type = type};
    int64_t time_ms = made_ms(event_id), after;
    svc_system_call(call->svc, &reader.call, call->arena, "find", DEADLINE_MS);
    if (reader.call.deadline_mono_ms > call->deadline_mono_ms)
        reader.call.deadline_mono_ms = call->deadline_mono_ms;
    Events__V1__GetStreamRequest req = EVENTS__V1__GET_STREAM_REQUEST__INIT;
    const Events__V1__GetStreamResponse *stream;
    enum err err = events_get_stream_await(&reader.call, &req, &stream);
    if (err == OK) {
        reader.epoch = stream->epoch;
        err = event_search_await(probe_await, &reader, stream->last_position,
                                 time_ms - EVENT_FIND_SLACK_MS, &after);
    }
    if (err == OK)
        err = scan_await(&reader, message_uuid(call->arena, event_id), after,
                         time_ms + EVENT_FIND_SLACK_MS, ret_event);
    if (err != OK)
        call->fault = reader.call.fault;
    return err;
}
