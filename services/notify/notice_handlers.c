/*
 * notice_handlers - notices: adding, reading, listing, changing, removing
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include <string.h>

#include "catalogue.h"
#include "common/clock.h"
#include "common/message.h"
#include "notify/v1/notify.dispatch.h"

static enum err
fail_missing(struct call *call, const char *notice_id)
{
    return call_fail(call, ERR_NOT_FOUND, "NOTICE_MISSING", "notice \"%s\" is not known",
                     notice_id);
}

/* The policy says which language its author writes. */
static enum err
check(struct call *call, const Notify__V1__Notice *notice)
{
    const struct policy *policy;
    enum err err = notify_policy(call, &policy);
    if (err != OK)
        return err;
    struct fault fault = {0};
    err = notice_check(notice, policy->languages[0], &fault);
    if (err != OK)
        call->fault = fault;
    return err;
}

enum err
notify_create_notice(struct call *call, const Notify__V1__CreateNoticeRequest *req,
                     Notify__V1__CreateNoticeResponse *res)
{
    enum err err = check(call, req->notice);
    if (err != OK)
        return err;
    Notify__V1__Notice *notice = arena_copy(call->arena, req->notice, sizeof *notice);
    notice->create_time = message_time(call->arena, clock_now_us());
    notice->version = 1;
    res->notice = notice;
    err = notice_write_await(call, notice, &res->base);
    if (err == OK)
        catalogue_poke();
    if (err == ERR_ALREADY_EXISTS)
        return call_fail(call, ERR_ALREADY_EXISTS, "NOTICE_EXISTS",
                         "notice \"%s\" is there already", notice->notice_id);
    return err;
}

enum err
notify_get_notice(struct call *call, const Notify__V1__GetNoticeRequest *req,
                  Notify__V1__GetNoticeResponse *res)
{
    enum err err = notice_read_await(call, req->notice_id, &res->notice);
    return err == ERR_NOT_FOUND ? fail_missing(call, req->notice_id) : err;
}

enum err
notify_list_notices(struct call *call, const Notify__V1__ListNoticesRequest *req,
                    Notify__V1__ListNoticesResponse *res)
{
    const char *after;
    struct page page;
    enum err err = page_token_read(call, req->page_token, 1, &after);
    if (err == OK)
        err = notice_list_await(call, req->event, after, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->notices = (Notify__V1__Notice **)page.messages;
    res->n_notices = page.count;
    if (page.has_more)
        res->next_page_token = notify_make_token(call, res->notices[page.count - 1]->notice_id);
    return OK;
}

static enum err
read_expected_await(struct call *call, const char *notice_id, int64_t expected_version,
                    Notify__V1__Notice **ret_notice)
{
    enum err err = notice_read_await(call, notice_id, ret_notice);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call, notice_id);
    if (err != OK)
        return err;
    return call_check_version(call, expected_version, (*ret_notice)->version);
}

static enum err
update_once_await(struct call *call, const Notify__V1__UpdateNoticeRequest *req,
                  Notify__V1__UpdateNoticeResponse *res)
{
    Notify__V1__Notice *before;
    enum err err = read_expected_await(call, req->notice_id, req->expected_version, &before);
    if (err != OK)
        return err;
    Notify__V1__Notice *notice = arena_copy(call->arena, req->notice, sizeof *notice);
    notice->create_time = before->create_time;
    notice->version = before->version + 1;
    res->notice = notice;
    return notice_write_await(call, notice, &res->base);
}

enum err
notify_update_notice(struct call *call, const Notify__V1__UpdateNoticeRequest *req,
                     Notify__V1__UpdateNoticeResponse *res)
{
    if (strcmp(req->notice->notice_id, req->notice_id) != 0)
        return call_fail_field(call, "notice.notice_id", "NOTICE_ID_CHANGED",
                               "a notice keeps its code: \"%s\"", req->notice_id);
    enum err err = check(call, req->notice);
    if (err != OK)
        return err;
    do
        err = update_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    if (err == OK)
        catalogue_poke();
    return err;
}

enum err
notify_delete_notice(struct call *call, const Notify__V1__DeleteNoticeRequest *req,
                     Notify__V1__DeleteNoticeResponse *res)
{
    enum err err;
    do {
        Notify__V1__Notice *notice;
        err = read_expected_await(call, req->notice_id, req->expected_version, &notice);
        if (err == OK)
            err = notice_delete_await(call, notice, &res->base);
    } while (call_may_retry_await(call, err));
    if (err == OK)
        catalogue_poke();
    return err;
}
