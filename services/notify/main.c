/*
 * aftercare-notify - tells people and other systems what happened, and keeps what people write back
 *
 *   answers  notify.v1.NotifyService          proto/notify/v1/notify.proto
 *   says     NoticeCreated, NoticeUpdated, NoticeDeleted, MessageSent, MessageFailed,
 *            MessageReplayed, OptOutCreated, OptOutDeleted, WebhookCreated, WebhookDeleted,
 *            WebhookEnabled, WebhookDisabled, WebhookSecretRotated, WebhookTested,
 *            DeliveryReplayed, MailReceived, MailAssigned, MailDismissed
 *            through the outbox, in the statement that did it
 *   keeps    schema "notify"                  services/notify/schema/
 *   hears    every event, for notices and webhooks (notice_events.h)
 *   calls    the policy daemon for its versions, once a minute: words and branding are taken from
 *            them; whoever an event names for the contact of its reader, when something is sent
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc.h"
#include "notify/v1/notify.dispatch.h"

#include "catalogue.h"
#include "forget.h"
#include "mail_poll.h"
#include "notice_events.h"
#include "send.h"

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

/* Alphabetical. `aftercare-notify --help` is drawn from here. */
static const struct conf_key config_keys[] = {
    CONF_TEXT(
        "case_url", notify_config.case_url, "",
        "The company's own page about a case, as "
        "https://shop.example/cases/{aggregate_id}?t={token}: what messages link to; it asks "
        "the gateway with the token, and may have {aggregate_type} in it. Empty: they have no "
        "such link."),
    CONF_DURATION("collect", notify_config.collect_ms, "5s", 0, HOUR_MS,
                  "How long what comes for one person is collected, to be sent as one message."),
    CONF_DURATION("delivery_retention", notify_config.delivery_retention_ms, "30d", HOUR_MS,
                  INT64_C(3653) * DAY_MS,
                  "How long deliveries to webhooks are kept; an event that the log has for longer "
                  "is told to nobody. Messages and mails are kept as the policy's general.privacy "
                  "says."),
    CONF_DURATION("forget_interval", notify_config.forget_interval_ms, "10m", 100, HOUR_MS,
                  "How often what is too old is looked for."),
    CONF_TEXT("mail_from", notify_config.mail_from, "",
              "Address that mails come from; empty: no mail is sent."),
    CONF_TEXT("mailbox_ca_file", notify_config.mailbox_ca_file, "",
              "Certificates that the mailbox's server is judged by; empty: the system's."),
    CONF_TEXT("mailbox_done_folder", notify_config.mailbox_done_folder, "",
              "Folder that a mail is moved to once it is kept; empty: it stays, as seen."),
    CONF_TEXT("mailbox_folder", notify_config.mailbox_folder, "INBOX",
              "Folder of the mailbox that is read. What is unseen in it is new."),
    CONF_FLAG("mailbox_is_plain", notify_config.mailbox_is_plain, "no",
              "Speak to the mailbox's server without TLS: only one on this machine."),
    CONF_TEXT("mailbox_password_file", notify_config.mailbox_password_file, "",
              "File whose first line is the mailbox's password."),
    CONF_DURATION("mailbox_pause", notify_config.mailbox_pause_ms, "1m", 100, HOUR_MS,
                  "How long after a look into the mailbox the next one is."),
    CONF_TEXT("mailbox_url", notify_config.mailbox_url, "",
              "The mailbox that people write to: imaps://host, or imap://host with STARTTLS; "
              "empty: no mail is read."),
    CONF_TEXT("mailbox_user", notify_config.mailbox_user, "", "User of the mailbox."),
    CONF_DURATION("min_gap", notify_config.min_gap_ms, "10m", 0, 24 * HOUR_MS,
                  "Least time between two messages to one person by one channel."),
    CONF_DURATION(
        "notice_age_max", notify_config.notice_age_max_ms, "3d", 1000, INT64_C(3653) * DAY_MS,
        "People are told of an event that the log has for longer no more: after an outage, "
        "or when this daemon is added to an installation that has events."),
    CONF_TEXT("provider_ca_file", notify_config.provider_ca_file, "",
              "Certificates that the providers of SMS and push messages are judged by; empty: the "
              "system's."),
    CONF_FLAG("provider_is_http_fine", notify_config.provider_is_http_fine, "no",
              "Speak to those providers without TLS: only on this machine."),
    CONF_TEXT("provider_secret_file", notify_config.provider_secret_file, "",
              "File whose first line signs what they are sent: whsec_ and base64 of 24 to 64 "
              "bytes."),
    CONF_TEXT("public_url", notify_config.public_url, "http://localhost:8080",
              "Where people reach the gateway, as https://service.example.com: what links in "
              "messages begin with."),
    CONF_TEXT("push_url", notify_config.push_url, "",
              "Where the provider of push messages takes them; empty: none is sent."),
    CONF_TEXT("sms_url", notify_config.sms_url, "",
              "Where the provider of SMS takes them; empty: none is sent."),
    CONF_TEXT("smtp_ca_file", notify_config.smtp_ca_file, "",
              "Certificates that the mail server is judged by; empty: the system's."),
    CONF_FLAG("smtp_is_plain", notify_config.smtp_is_plain, "no",
              "Speak to the mail server without TLS: only one on this machine."),
    CONF_TEXT("smtp_password_file", notify_config.smtp_password_file, "",
              "File whose first line is the mail server's password."),
    CONF_TEXT("smtp_url", notify_config.smtp_url, "",
              "The mail server: smtps://host, or smtp://host with STARTTLS; empty: no mail is "
              "sent."),
    CONF_TEXT("smtp_user", notify_config.smtp_user, "",
              "User at the mail server; empty: no login."),
    CONF_TEXT("webhook_ca_file", notify_config.webhook_ca_file, "",
              "Certificates that webhooks are judged by; empty: the system's."),
    CONF_FLAG("webhook_is_http_fine", notify_config.webhook_is_http_fine, "no",
              "Webhooks may be addresses without TLS."),
    CONF_FLAG("webhook_is_private_fine", notify_config.webhook_is_private_fine, "no",
              "Webhooks may be addresses within one's own network."),
    CONF_END,
};

static const struct timer_kind timers[] = {
    {SEND_TIMER_EMAIL, message_on_due},  {SEND_TIMER_SMS, message_on_due},
    {SEND_TIMER_PUSH, message_on_due},   {SEND_TIMER_DELIVERY, delivery_on_due},
    {MAIL_POLL_TIMER, mail_poll_on_due}, TIMER_KIND_END,
};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("notify", config_keys, argc, argv);

    svc_serve(svc, &notify_v1_dispatch);
    svc_timers(svc, timers);
    notify_init(svc);
    catalogue_open(svc);
    mail_poll_open(svc);
    notice_events_open(svc);
    forget_open(svc);
    svc_run(svc);

    notify_deinit();
    return svc_deinit(&svc);
}
