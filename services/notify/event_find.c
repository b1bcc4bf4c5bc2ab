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
    enum err err = events_pull_events_await(&reader->call, &req, ret_res);
    if (err == OK)
        reader->epoch = (*ret_res)->epoch;
    return err;
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

/* Behind which position events are not before a time. */
static enum err
search_await(struct reader *reader, int64_t from_ms, int64_t *ret_after)
{
    const Events__V1__PullEventsResponse *res;
    enum err err = pull_await(reader, 0, 1, &res);
    int64_t low = 0, high = err == OK ? res->last_position : 0;
    while (err == OK && low < high) {
        int64_t middle = low + (high - low) / 2;
        err = pull_await(reader, middle, 1, &res);
        if (err != OK)
            break;
        if (res->n_events > 0 && happened_ms(res->events[0]) < from_ms)
            low = res->events[0]->position;
        else if (res->n_events == 0 && res->next_after > middle && res->next_after < high)
            low = res->next_after; /* none of the type so far */
        else
            high = middle;
    }
    *ret_after = low;
    return err;
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
    enum err err = search_await(&reader, time_ms - EVENT_FIND_SLACK_MS, &after);
    if (err == OK)
        err = scan_await(&reader, message_uuid(call->arena, event_id), after,
                         time_ms + EVENT_FIND_SLACK_MS, ret_event);
    if (err != OK)
        call->fault = reader.call.fault;
    return err;
}
