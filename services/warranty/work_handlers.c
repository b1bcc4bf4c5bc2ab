/*
 * work_handlers - the worklist: what waits for a member of staff, the first deadline first
 *
 * Claims that are to be decided, appeals, approved claims that are to be fulfilled, and low scores
 * of surveys. What waits for the customer (DOCUMENTS_REQUIRED) is nobody's work here. The list
 * follows the claims by a moment, as events tell it (views.h).
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/zone.h"

enum { US_PER_S = 1000000 };

/* The end of the policy's day. */
static enum err
find_end_of_today(struct call *call, int64_t *ret_us)
{
    const struct policy *policy;
    enum err err = warranty_policy(call, &policy);
    if (err != OK)
        return err;
    struct zone_stretch stretches[ZONE_STRETCHES_MAX];
    struct date day = warranty_today(policy, "");
    size_t count = zone_day(policy->zone, day, stretches);
    CHECK(count > 0); /* it is today */
    *ret_us = stretches[count - 1].end_s * US_PER_S;
    return OK;
}

/* A token holds the last row's deadline ("" for none) and its id. */
static enum err
read_token(struct call *call, const char *token, struct work_filter *filter)
{
    const char *parts[2];
    enum err err = page_token_read(call, token, COUNT_OF(parts), parts);
    if (err != OK || token[0] == 0)
        return err;
    filter->has_after = true;
    if ((parts[0][0] == 0 || clock_parse_us(parts[0], &filter->after_due_us)) &&
        uuid_parse(parts[1], &filter->after_id))
        return OK;
    return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                           "page_token is not one that this list gave");
}

static const char *
make_token(struct call *call, const Warranty__V1__WorkItem *last)
{
    char time[CLOCK_TEXT_SIZE] = "";
    if (last->due_time != NULL)
        clock_print_us(message_get_time(last->due_time), time);
    const char *parts[] = {time, strrchr(last->resource, '/') + 1};
    return page_token_make(call->arena, parts, COUNT_OF(parts));
}

enum err
warranty_list_work(struct call *call, const Warranty__V1__ListWorkRequest *req,
                   Warranty__V1__ListWorkResponse *res)
{
    struct work_filter filter = {.now_us = clock_now_us(),
                                 .assignee_id = req->mine ? call_subject(call) : NULL};
    enum err err = read_token(call, req->page_token, &filter);
    if (err == OK && req->due_today)
        err = find_end_of_today(call, &filter.due_before_us);
    if (err != OK)
        return err;
    if (req->overdue)
        filter.due_before_us = filter.now_us;
    struct page page;
    err = work_list_await(call, &filter, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->items = (Warranty__V1__WorkItem **)page.messages;
    res->n_items = page.count;
    if (page.has_more)
        res->next_page_token = (char *)make_token(call, res->items[page.count - 1]);
    return OK;
}
