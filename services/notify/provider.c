/*
 * provider - hands short messages to the company's providers of SMS and push messages
 */
// SPDX-License-Identifier: Apache-2.0
#include "provider.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/json.h"
#include "webhook_post.h"

static char secret[WEBHOOK_SECRET_SIZE];

static const char *
find_url(const char *channel)
{
    if (strcmp(channel, "SMS") == 0)
        return notify_config.sms_url;
    return strcmp(channel, "PUSH") == 0 ? notify_config.push_url : "";
}

bool
provider_has(const char *channel)
{
    return find_url(channel)[0] != 0;
}

/* ---- begin and end ---- */

static void
refuse(const char *key, const char *sentence)
{
    (void)fprintf(stderr, "AFTERCARE_NOTIFY_%s: %s\n", key, sentence);
    exit(EXIT_FAILURE);
}

static void
check_url(const char *key, const char *url)
{
    bool is_http = strncasecmp(url, "http://", strlen("http://")) == 0;
    bool is_https = strncasecmp(url, "https://", strlen("https://")) == 0;
    if (url[0] != 0 && !is_https && !(is_http && notify_config.provider_is_http_fine))
        refuse(key, "the address must begin with https://");
}

static void
read_secret(void)
{
    const char *path = notify_config.provider_secret_file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, secret, sizeof secret - 1) : -1;
    int code = errno;
    if (fd >= 0)
        close(fd);
    if (size < 0)
        refuse("PROVIDER_SECRET_FILE", strerror(code));
    secret[size < 0 ? 0 : size] = 0;
    secret[strcspn(secret, "\r\n")] = 0;
    if (!webhook_secret_is_valid(secret))
        refuse("PROVIDER_SECRET_FILE",
               "its first line must be whsec_ and base64 of 24 to 64 bytes");
}

void
provider_init(void)
{
    check_url("SMS_URL", notify_config.sms_url);
    check_url("PUSH_URL", notify_config.push_url);
    if (provider_has("SMS") || provider_has("PUSH"))
        read_secret();
}

void
provider_deinit(void)
{
    sodium_memzero(secret, sizeof secret);
}

/* ---- sending ---- */

enum err
provider_send_await(struct call *call, const Notify__V1__ProviderMessage *message,
                    struct attempt *ret_attempt)
{
    struct buf body = {0};
    json_write(&body, &notify_v1_provider_message_contract, &message->base);
    const struct webhook_delivery delivery = {
        .url = find_url(
            notify_enum_name(&notify__v1__notice__channel__descriptor, (int)message->channel)),
        .id = arena_printf(call->arena, "msg_%s", message->message_id),
        .secrets = {secret},
        .content_type = "application/json",
        .body = body.bytes,
        .body_size_bytes = body.size_bytes,
        .is_http_fine = notify_config.provider_is_http_fine,
        .is_private_fine = true,
        .ca_path = notify_config.provider_ca_file,
    };
    enum err err = webhook_post_await(notify_transfer(), call, &delivery, ret_attempt);
    /* What a provider says may hold the number or the token, written in any way. */
    if (err == OK && ret_attempt->code != 0)
        ret_attempt->answer[0] = 0;
    buf_free(&body);
    return err;
}
