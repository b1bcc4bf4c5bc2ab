/*
 * read_handlers - what readers of the log ask for
 */
// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include "events/v1/events.dispatch.h"

enum err
events_get_stream(struct call *call, const Events__V1__GetStreamRequest *req UNUSED,
                  Events__V1__GetStreamResponse *res)
{
    struct log_extent extent;
    enum err err = log_read_extent_await(call, &extent);
    if (err != OK)
        return err;
    res->epoch = extent.epoch;
    res->first_position = extent.first_position;
    res->last_position = extent.last_position;
    return OK;
}

enum err
events_pull_events(struct call *call, const Events__V1__PullEventsRequest *req,
                   Events__V1__PullEventsResponse *res)
{
    const struct log_wish wish = {.after = req->after,
                                  .limit = req->limit > 0 ? req->limit : LOG_LIMIT_DEFAULT};
    struct log_page page;
    enum err err = log_read_await(call, &wish, &page);
    if (err != OK)
        return err;
    res->events = page.events;
    res->n_events = page.count;
    res->epoch = page.epoch;
    res->last_position = page.last_position;
    res->next_after = page.count > 0 ? page.events[page.count - 1]->position : req->after;
    return OK;
}

enum err
events_list_events(struct call *call, const Events__V1__ListEventsRequest *req UNUSED,
                   Events__V1__ListEventsResponse *res UNUSED)
{
    return call_fail(call, ERR_UNIMPLEMENTED, "METHOD_UNKNOWN", "events are pulled over the bus");
}

enum err
events_get_event_schema(struct call *call, const Events__V1__GetEventSchemaRequest *req UNUSED,
                        Events__V1__GetEventSchemaResponse *res UNUSED)
{
    return call_fail(call, ERR_UNIMPLEMENTED, "METHOD_UNKNOWN", "events are pulled over the bus");
}
