/*
 * opt_out_handlers - what people do not want to get: reading it, saying it, taking it back
 *
 * It counts when something is sent, so nothing else has to be told of it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include "common/clock.h"
#include "common/message.h"
#include "notify/v1/notify.dispatch.h"

/* What must be heard of one's own case cannot be opted out of. */
static enum err
check_category(struct call *call, Notify__V1__Notice__Category category)
{
    if (category == NOTIFY__V1__NOTICE__CATEGORY__CASE)
        return call_fail_field(call, "category", "CATEGORY_NEEDED",
                               "nobody can be without what they must hear of their own case");
    return OK;
}

enum err
notify_get_opt_outs(struct call *call, const Notify__V1__GetOptOutsRequest *req,
                    Notify__V1__GetOptOutsResponse *res)
{
    return opt_out_list_await(call, req->person_id, &res->opt_outs, &res->n_opt_outs);
}

/* Where a category stands in the list; the list's size if it does not. */
static size_t
find_entry(Notify__V1__OptOutEntry **entries, size_t count, Notify__V1__Notice__Category category)
{
    size_t i = 0;
    while (i < count && entries[i]->category != category)
        i++;
    return i;
}

enum err
notify_opt_out(struct call *call, const Notify__V1__OptOutRequest *req,
               Notify__V1__OptOutResponse *res)
{
    enum err err = check_category(call, req->category);
    if (err == OK)
        err = opt_out_list_await(call, req->person_id, &res->opt_outs, &res->n_opt_outs);
    if (err != OK || find_entry(res->opt_outs, res->n_opt_outs, req->category) < res->n_opt_outs)
        return err;
    int64_t now_us = clock_now_us();
    Notify__V1__OptOutEntry *entry = arena_alloc(call->arena, sizeof *entry);
    notify__v1__opt_out_entry__init(entry);
    entry->category = req->category;
    entry->create_time = message_time(call->arena, now_us);
    res->opt_outs[res->n_opt_outs++] = entry;
    return opt_out_write_await(call, req->person_id, req->category, true, now_us, &res->base);
}

enum err
notify_opt_in(struct call *call, const Notify__V1__OptInRequest *req,
              Notify__V1__OptInResponse *res)
{
    enum err err = check_category(call, req->category);
    if (err == OK)
        err = opt_out_list_await(call, req->person_id, &res->opt_outs, &res->n_opt_outs);
    if (err != OK)
        return err;
    size_t place = find_entry(res->opt_outs, res->n_opt_outs, req->category);
    if (place == res->n_opt_outs)
        return OK;
    res->opt_outs[place] = res->opt_outs[--res->n_opt_outs];
    return opt_out_write_await(call, req->person_id, req->category, false, clock_now_us(),
                               &res->base);
}
