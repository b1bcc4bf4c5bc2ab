/*
 * unsubscribe_handlers - the page by which somebody ends notices of a category, and what it sends
 *
 * What stands is a part of the key: who opted in again since then can end it once more by the same
 * mail, though the same link is posted with the same words.
 */
// SPDX-License-Identifier: Apache-2.0
#include "unsubscribe.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/link.h"
#include "common/message.h"
#include "notify/v1/notify.dispatch.h"

#define HTML "text/html; charset=utf-8"

static const int64_t LINK_LIFE_MS = INT64_C(365) * 24 * 3600 * 1000;

const char *
unsubscribe_url(struct arena *arena, const struct uuid *message_id, const char *person_id,
                const char *category, const char *language)
{
    if (category[0] == 0 || strncmp(notify_config.public_url, "https://", strlen("https://")) != 0)
        return "";
    const char *link = link_make(arena, message_uuid(arena, message_id),
                                 notify_v1_post_unsubscribe_page_method.name, person_id,
                                 clock_real_ms() + LINK_LIFE_MS);
    return link == NULL
               ? ""
               : arena_printf(arena, "%s/unsubscribe/%s/%s/%s?link=%s", notify_config.public_url,
                              person_id, category, language, link);
}

/* ---- the page ---- */

static enum err
read_category(struct call *call, const char *name, Notify__V1__Notice__Category *ret_category)
{
    *ret_category = (Notify__V1__Notice__Category)notify_enum_of(
        &notify__v1__notice__category__descriptor, name);
    if (*ret_category == NOTIFY__V1__NOTICE__CATEGORY__REMINDER ||
        *ret_category == NOTIFY__V1__NOTICE__CATEGORY__SURVEY)
        return OK;
    return call_fail(call, ERR_NOT_FOUND, "CATEGORY_UNKNOWN",
                     "there is no category \"%s\" that one can be without", name);
}

static enum err
make_page(struct call *call, const char *category, const char *language, bool is_done,
          Common__V1__Body **ret_body)
{
    struct unsubscribe_page page = {.language = language, .is_done = is_done};
    const struct policy *policy;
    enum err err = read_category(call, category, &page.category);
    if (err == OK)
        err = notify_policy(call, &policy);
    if (err != OK)
        return err;
    struct buf html = {0};
    page.branding = &policy->branding;
    unsubscribe_page_write(&page, &html);
    Common__V1__Body *body = arena_alloc(call->arena, sizeof *body);
    common__v1__body__init(body);
    body->media_type = (char *)HTML;
    body->content.data = (uint8_t *)arena_copy_text(call->arena, buf_text(&html));
    body->content.len = html.size_bytes;
    body->size_bytes = (int64_t)html.size_bytes;
    buf_free(&html);
    *ret_body = body;
    return OK;
}

enum err
notify_get_unsubscribe_page(struct call *call, const Notify__V1__GetUnsubscribePageRequest *req,
                            Notify__V1__GetUnsubscribePageResponse *res)
{
    return make_page(call, req->category, req->language, false, &res->body);
}

/* ---- what it sends ---- */

static bool
is_meant(const Notify__V1__PostUnsubscribePageRequest *req)
{
    for (size_t i = 0; i < req->n_fields; i++)
        if (strcmp(req->fields[i]->name, UNSUBSCRIBE_FIELD) == 0 &&
            strcmp(req->fields[i]->value, UNSUBSCRIBE_VALUE) == 0)
            return true;
    return false;
}

enum err
notify_post_unsubscribe_page(struct call *call, const Notify__V1__PostUnsubscribePageRequest *req,
                             Notify__V1__PostUnsubscribePageResponse *res)
{
    Notify__V1__Notice__Category category;
    bool is_out;
    int64_t version;
    if (!is_meant(req))
        return call_fail_field(call, UNSUBSCRIBE_FIELD, "FORM_UNKNOWN",
                               "the form must say " UNSUBSCRIBE_FIELD "=" UNSUBSCRIBE_VALUE);
    enum err err = read_category(call, req->category, &category);
    if (err == OK)
        err = make_page(call, req->category, req->language, true, &res->body);
    if (err == OK)
        err = opt_out_find_await(call, req->person_id, category, &is_out, &version);
    if (err != OK || is_out)
        return err;
    char key[sizeof call->key];
    (void)snprintf(key, sizeof key, "%.200s/%lld", call->key, (long long)version);
    (void)snprintf(call->key, sizeof call->key, "%s", key);
    return opt_out_write_await(call, req->person_id, category, true, clock_now_us(), &res->base);
}
