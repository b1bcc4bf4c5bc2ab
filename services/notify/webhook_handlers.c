/*
 * webhook_handlers - subscriptions: adding, reading, enabling, new secrets, trying, ending
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include <string.h>
#include <strings.h>

#include "catalogue.h"
#include "common/clock.h"
#include "common/cloudevent.h"
#include "common/message.h"
#include "notify/v1/notify.dispatch.h"
#include "webhook_sign.h"

/* For how long deliveries are signed with both secrets. */
static const int64_t OLD_SECRET_US = INT64_C(24) * 3600 * 1000000;

static enum err
check_url(struct call *call, const char *url)
{
    bool is_https = strncasecmp(url, "https://", strlen("https://")) == 0;
    bool is_http = strncasecmp(url, "http://", strlen("http://")) == 0;
    const char *host = is_https ? url + strlen("https://") : url + strlen("http://");
    if (!is_https && !(is_http && notify_config.webhook_is_http_fine))
        return call_fail_field(call, "url", "URL_NOT_HTTPS", "url must begin with https://");
    if (host[0] == 0 || strchr("/?#:@", host[0]) != NULL ||
        memchr(host, '@', strcspn(host, "/?#")) != NULL)
        return call_fail_field(call, "url", "URL_MALFORMED",
                               "url names no host, or has a user or a password in it");
    return OK;
}

static enum err
check_types(struct call *call, char *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cloudevent_find_type(types[i]) == NULL)
            return call_fail_field(call, "types", "EVENT_UNKNOWN", "there is no event \"%s\"",
                                   types[i]);
    return OK;
}

enum err
notify_create_webhook(struct call *call, const Notify__V1__CreateWebhookRequest *req,
                      Notify__V1__CreateWebhookResponse *res)
{
    enum err err = check_url(call, req->url);
    if (err == OK)
        err = check_types(call, req->types, req->n_types);
    if (err != OK)
        return err;
    struct uuid webhook_id = uuid_make();
    char *secret = arena_alloc(call->arena, WEBHOOK_SECRET_SIZE);
    webhook_secret_make(secret);
    Notify__V1__Webhook *shown = arena_alloc(call->arena, sizeof *shown);
    notify__v1__webhook__init(shown);
    shown->webhook_id = message_uuid(call->arena, &webhook_id);
    shown->url = req->url;
    shown->types = req->types;
    shown->n_types = req->n_types;
    shown->description = req->description;
    shown->state = NOTIFY__V1__WEBHOOK__STATE__ACTIVE;
    shown->create_time = message_time(call->arena, clock_now_us());
    shown->version = 1;
    shown->secret = secret;
    const struct webhook webhook = {.shown = shown, .secret = secret, .old_secret = ""};
    res->webhook = shown;
    err = webhook_create_await(call, &webhook, &res->base);
    if (err == OK)
        catalogue_poke();
    return err;
}

static enum err
read_await(struct call *call, const char *webhook_id, struct webhook *ret_webhook)
{
    struct uuid id = message_get_uuid(webhook_id);
    enum err err = webhook_read_await(call, &id, ret_webhook);
    if (err == ERR_NOT_FOUND)
        return call_fail(call, ERR_NOT_FOUND, "WEBHOOK_MISSING", "webhook \"%s\" is not known",
                         webhook_id);
    if (err == OK && ret_webhook->old_secret_expire_us <= clock_now_us()) {
        ret_webhook->shown->old_secret_expire_time = NULL;
        ret_webhook->old_secret = "";
        ret_webhook->old_secret_expire_us = 0;
    }
    return err;
}

enum err
notify_get_webhook(struct call *call, const Notify__V1__GetWebhookRequest *req,
                   Notify__V1__GetWebhookResponse *res)
{
    struct webhook webhook;
    enum err err = read_await(call, req->webhook_id, &webhook);
    if (err == OK)
        res->webhook = webhook.shown;
    return err;
}

enum err
notify_list_webhooks(struct call *call, const Notify__V1__ListWebhooksRequest *req,
                     Notify__V1__ListWebhooksResponse *res)
{
    struct db_param after;
    struct page page;
    enum err err = notify_read_token(call, req->page_token, &after);
    if (err == OK)
        err = webhook_list_await(call, &after, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->webhooks = (Notify__V1__Webhook **)page.messages;
    res->n_webhooks = page.count;
    for (size_t i = 0; i < page.count; i++)
        if (message_get_time(res->webhooks[i]->old_secret_expire_time) <= clock_now_us())
            res->webhooks[i]->old_secret_expire_time = NULL;
    if (page.has_more)
        res->next_page_token = notify_make_token(call, res->webhooks[page.count - 1]->webhook_id);
    return OK;
}

enum err
notify_delete_webhook(struct call *call, const Notify__V1__DeleteWebhookRequest *req,
                      Notify__V1__DeleteWebhookResponse *res)
{
    enum err err;
    do {
        struct webhook webhook;
        err = read_await(call, req->webhook_id, &webhook);
        if (err == OK)
            err = call_check_version(call, req->expected_version, webhook.shown->version);
        if (err == OK)
            err = webhook_delete_await(call, &webhook, &res->base);
    } while (call_may_retry_await(call, err));
    if (err == OK)
        catalogue_poke();
    return err;
}

static enum err
enable_once_await(struct call *call, const Notify__V1__EnableWebhookRequest *req,
                  Notify__V1__EnableWebhookResponse *res)
{
    struct webhook webhook;
    enum err err = read_await(call, req->webhook_id, &webhook);
    if (err != OK)
        return err;
    int state = (int)webhook.shown->state;
    err = call_move(call, &notify_v1_webhook_state_machine, "WEBHOOK_STATE", &state);
    if (err != OK)
        return err;
    webhook.shown->state = (Notify__V1__Webhook__State)state;
    webhook.shown->reason = (char *)"";
    webhook.shown->version++;
    res->webhook = webhook.shown;
    Notify__V1__WebhookEnabled event = NOTIFY__V1__WEBHOOK_ENABLED__INIT;
    event.webhook_id = webhook.shown->webhook_id;
    return webhook_update_await(call, &webhook, &notify_v1_webhook_enabled_contract, &event.base,
                                &res->base);
}

enum err
notify_enable_webhook(struct call *call, const Notify__V1__EnableWebhookRequest *req,
                      Notify__V1__EnableWebhookResponse *res)
{
    enum err err;
    do
        err = enable_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    if (err == OK)
        catalogue_poke();
    return err;
}

static enum err
rotate_once_await(struct call *call, const Notify__V1__RotateWebhookSecretRequest *req,
                  Notify__V1__RotateWebhookSecretResponse *res)
{
    struct webhook webhook;
    enum err err = read_await(call, req->webhook_id, &webhook);
    if (err != OK)
        return err;
    char *secret = arena_alloc(call->arena, WEBHOOK_SECRET_SIZE);
    webhook_secret_make(secret);
    webhook.old_secret = webhook.secret;
    webhook.old_secret_expire_us = clock_now_us() + OLD_SECRET_US;
    webhook.secret = secret;
    webhook.shown->secret = secret;
    webhook.shown->old_secret_expire_time = message_time(call->arena, webhook.old_secret_expire_us);
    webhook.shown->version++;
    res->webhook = webhook.shown;
    Notify__V1__WebhookSecretRotated event = NOTIFY__V1__WEBHOOK_SECRET_ROTATED__INIT;
    event.webhook_id = webhook.shown->webhook_id;
    return webhook_update_await(call, &webhook, &notify_v1_webhook_secret_rotated_contract,
                                &event.base, &res->base);
}

enum err
notify_rotate_webhook_secret(struct call *call, const Notify__V1__RotateWebhookSecretRequest *req,
                             Notify__V1__RotateWebhookSecretResponse *res)
{
    enum err err;
    do
        err = rotate_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

static enum err
test_once_await(struct call *call, const Notify__V1__TestWebhookRequest *req,
                Notify__V1__TestWebhookResponse *res)
{
    struct webhook webhook;
    enum err err = read_await(call, req->webhook_id, &webhook);
    if (err != OK)
        return err;
    if (webhook.shown->state != NOTIFY__V1__WEBHOOK__STATE__ACTIVE)
        return call_fail(call, ERR_FAILED_PRECONDITION, "WEBHOOK_STATE",
                         "the webhook is disabled; enable it first");
    struct uuid delivery_id = uuid_make();
    Notify__V1__Delivery *delivery = arena_alloc(call->arena, sizeof *delivery);
    notify__v1__delivery__init(delivery);
    delivery->delivery_id = message_uuid(call->arena, &delivery_id);
    delivery->webhook_id = webhook.shown->webhook_id;
    delivery->type = (char *)notify__v1__webhook_tested__descriptor.name;
    delivery->state = NOTIFY__V1__DELIVERY__STATE__WAITING;
    delivery->create_time = message_time(call->arena, clock_now_us());
    delivery->due_time = delivery->create_time;
    res->delivery = delivery;
    return webhook_test_await(call, &webhook, delivery, &res->base);
}

enum err
notify_test_webhook(struct call *call, const Notify__V1__TestWebhookRequest *req,
                    Notify__V1__TestWebhookResponse *res)
{
    enum err err;
    do
        err = test_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
