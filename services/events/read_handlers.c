/*
 * read_handlers - what readers of the log ask for over the bus
 *
 * A pull that finds nothing waits for the log to grow and looks again, from where its last look
 * ended: what was not wished for is looked at once. It answers at once where the daemon drains, so
 * that its reader finds another replica.
 */
// SPDX-License-Identifier: Apache-2.0
#include "events.h"

#include <string.h>

#include "common/clock.h"
#include "common/event_filter.h"
#include "common/task.h"
#include "events/v1/events.dispatch.h"

enum {
    SCAN_MS = 500,   /* how long a pull that does not wait goes through what is not wished for */
    ANSWER_MS = 200, /* what an answer needs of the deadline */
    WAIT_SLICE_MS = 1000, /* a new epoch, which may begin before the old one's end, wakes nobody */
    FILTER_PAUSE_MS = 20, /* between two looks for what is rare */
};

enum err
events_get_stream(struct call *call, const Events__V1__GetStreamRequest *req UNUSED,
                  Events__V1__GetStreamResponse *res)
{
    struct log_ends ends;
    enum err err = log_read_ends_await(call, &ends);
    if (err != OK)
        return err;
    res->epoch = ends.epoch;
    res->first_position =
        ends.first_lasting > ends.first_brief ? ends.first_lasting : ends.first_brief;
    res->last_position = ends.last_position;
    res->publication = arena_copy_text(call->arena, follow_publication());
    res->publication_port = (int32_t)follow_publication_port();
    return OK;
}

static enum err
read_wish(struct call *call, const Events__V1__PullEventsRequest *req, struct log_wish *ret_wish)
{
    struct event_filter filter = {.type_count = 0};
    if (!event_filter_set_aggregate(&filter, call->arena, req->aggregate))
        return call_fail_field(call, "aggregate", "FIELD_FORMAT",
                               "must be a type, or a type, a slash and an id");
    *ret_wish = (struct log_wish){
        .epoch = req->epoch,
        .after = req->after,
        .limit = req->limit > 0 ? req->limit : LOG_LIMIT_DEFAULT,
        .types = (const char *const *)req->types,
        .type_count = req->n_types,
        .aggregate_type = filter.aggregate_type,
        .aggregate_id = filter.aggregate_id,
        .owner_id = req->owner_id,
        .lane_count = req->lane_count,
        .lane = req->lane,
    };
    if (req->lane > 0 && req->lane >= req->lane_count)
        return call_fail_field(call, "lane", "FIELD_RANGE", "must be less than lane_count");
    return OK;
}

enum err
log_search_await(struct call *call, struct log_wish *wish, int64_t wait_ms, int64_t search_ms,
                 struct log_page *ret_page)
{
    int64_t start_mono_ms = clock_mono_ms();
    int64_t left_ms = call_left_ms(call) - ANSWER_MS;
    int64_t wait_end_mono_ms = start_mono_ms + (wait_ms < left_ms ? wait_ms : left_ms);
    int64_t scan_end_mono_ms = start_mono_ms + (search_ms < left_ms ? search_ms : left_ms);
    for (;;) {
        enum err err = log_read_await(call, wish, ret_page);
        if (err != OK || ret_page->count > 0)
            return err;
        wish->after = ret_page->next_after;
        wish->epoch = ret_page->ends.epoch;
        int64_t now_mono_ms = clock_mono_ms();
        bool is_at_end = wish->after >= ret_page->ends.last_position;
        if (now_mono_ms >= (is_at_end ? wait_end_mono_ms : scan_end_mono_ms))
            return OK;
        if (!is_at_end)
            continue;
        if (log_is_filtered(wish))
            task_sleep_await(FILTER_PAUSE_MS);
        int64_t slice_mono_ms = now_mono_ms + WAIT_SLICE_MS;
        if (!follow_wait_await(wish->after,
                               slice_mono_ms < wait_end_mono_ms ? slice_mono_ms : wait_end_mono_ms))
            return OK;
    }
}

enum err
events_pull_events(struct call *call, const Events__V1__PullEventsRequest *req,
                   Events__V1__PullEventsResponse *res)
{
    struct log_wish wish;
    struct log_page page;
    enum err err = read_wish(call, req, &wish);
    if (err == OK)
        err = log_search_await(call, &wish, req->wait_ms,
                               req->wait_ms > SCAN_MS ? req->wait_ms : SCAN_MS, &page);
    if (err != OK)
        return err;
    res->events = page.events;
    res->n_events = page.count;
    res->epoch = page.ends.epoch;
    res->last_position = page.ends.last_position;
    res->next_after = page.next_after;
    return OK;
}
