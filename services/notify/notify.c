/*
 * notify - what the process has: configuration, policy, ways out
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/transfer.h"
#include "case_link.h"
#include "mail_address.h"
#include "provider.h"
#include "smtp.h"

enum { TRANSFERS_MAX = 64, TRANSFERS_HOST_MAX = 8, TRANSFERS_QUEUE_MAX = 1000 };

struct notify_config notify_config;

static struct {
    struct policies *policies;
    struct transfer *transfer;
    struct smtp *smtp;
} notify;

/* ---- begin and end ---- */

static void
close_ways(void *context UNUSED)
{
    provider_deinit();
    smtp_close(&notify.smtp);
    transfer_close(&notify.transfer);
}

static void
check_mail_from(void)
{
    char address[MAIL_ADDRESS_SIZE];
    if (mail_address_read(notify_config.mail_from, address))
        return;
    (void)fprintf(stderr,
                  "AFTERCARE_NOTIFY_MAIL_FROM: \"%s\" is no address, as service@shop.example is: "
                  "without a name, whose place the company's takes\n",
                  notify_config.mail_from);
    exit(EXIT_FAILURE);
}

static void
check_case_url(void)
{
    if (case_link_is_sound(notify_config.case_url))
        return;
    (void)fprintf(
        stderr,
        "AFTERCARE_NOTIFY_CASE_URL: \"%s\" is no address with {aggregate_type}, "
        "{aggregate_id} and {token}, as https://shop.example/cases/{aggregate_id}?t={token} is\n",
        notify_config.case_url);
    exit(EXIT_FAILURE);
}

static void
open_smtp(void)
{
    const struct smtp_options options = {
        .url = notify_config.smtp_url,
        .user = notify_config.smtp_user,
        .password_path = notify_config.smtp_password_file,
        .ca_path = notify_config.smtp_ca_file,
        .is_plain = notify_config.smtp_is_plain,
    };
    struct fault fault;
    if (smtp_open(&options, notify.transfer, &notify.smtp, &fault) == OK)
        return;
    (void)fprintf(stderr, "AFTERCARE_NOTIFY_SMTP_URL: %s\n", fault.message);
    exit(EXIT_FAILURE);
}

/* `aftercare status` shows what is not done as this is configured. */
static void
add_status(struct buf *out, void *context UNUSED)
{
    if (notify.smtp == NULL)
        buf_printf(out, ",\"notes\":[\"no mail is sent: AFTERCARE_NOTIFY_%s is empty\"]",
                   notify_config.smtp_url[0] == 0 ? "SMTP_URL" : "MAIL_FROM");
}

void
notify_init(struct svc *svc)
{
    /* No section of the policy is enforced here: words and branding are taken from it. */
    const struct policies_options policies = {.sections = NULL, .section_count = 0};
    const struct transfer_options transfers = {
        .count_max = TRANSFERS_MAX,
        .host_max = TRANSFERS_HOST_MAX,
        .queue_max = TRANSFERS_QUEUE_MAX,
    };
    if (notify_config.mail_from[0] != 0)
        check_mail_from();
    check_case_url();
    notify.policies = policies_open(svc, &policies);
    notify.transfer = transfer_open(svc_loop(svc), &transfers);
    if (notify_config.smtp_url[0] != 0 && notify_config.mail_from[0] != 0)
        open_smtp();
    provider_init();
    svc_on_status(svc, add_status, NULL);
    svc_on_close(svc, close_ways, NULL);
}

void
notify_deinit(void)
{
    policies_close(&notify.policies);
}

struct transfer *
notify_transfer(void)
{
    return notify.transfer;
}

struct smtp *
notify_smtp(void)
{
    return notify.smtp;
}

bool
notify_has_channel(const char *channel)
{
    return strcmp(channel, "EMAIL") == 0 ? notify.smtp != NULL : provider_has(channel);
}

enum err
notify_policy(struct call *call, const struct policy **ret_policy)
{
    const struct policies_line *line;
    enum err err = policies_need(notify.policies, call, &line);
    if (err == OK)
        *ret_policy = policies_in_force(line);
    return err;
}

/* ---- rows ---- */

struct db_param
notify_time_or_null(int64_t unix_us)
{
    struct db_param param = db_time(unix_us);
    param.is_null = unix_us == 0;
    return param;
}

int
notify_enum_of(const ProtobufCEnumDescriptor *descriptor, const char *name)
{
    int value = 0;
    return contract_enum_value(descriptor, name, &value) ? value : 0;
}

const char *
notify_enum_name(const ProtobufCEnumDescriptor *descriptor, int value)
{
    const char *name = value != 0 ? contract_enum_name(descriptor, value) : NULL;
    return name != NULL ? name : "";
}

/* ---- pages ---- */

enum err
notify_read_token(struct call *call, const char *token, struct db_param *ret_before)
{
    const char *part;
    enum err err = page_token_read(call, token, 1, &part);
    *ret_before = db_uuid(NULL);
    if (err != OK || token[0] == 0)
        return err;
    struct uuid before;
    if (!uuid_parse(part, &before))
        return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                               "page_token is not one that this list gave");
    *ret_before = db_uuid(&before);
    return OK;
}

char *
notify_make_token(struct call *call, const char *last_id)
{
    return (char *)page_token_make(call->arena, &last_id, 1);
}
