/*
 * notify - what the parts of aftercare-notify share
 *
 * A subject has its handlers, its store and its rules in files that begin with its name: notice_,
 * message_, opt_out_, webhook_, delivery_, mail_case_. What is answered is read straight into its
 * message.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/change.h"
#include "common/page.h"
#include "common/policies.h"
#include "common/svc.h"
#include "events/v1/events.pb-c.h"
#include "notify/v1/notify.contract.h"

struct transfer;
struct smtp;

struct notify_config {
    const char *case_url;    /* the company's own page about a case (case_link.h); "": none */
    const char *public_url;  /* what the paths of links are put behind; no slash at its end */
    const char *mail_from;   /* "" : no mail is sent */
    const char *mailbox_url; /* "" : no mail is read */
    const char *mailbox_user;
    const char *mailbox_password_file;
    const char *mailbox_ca_file;
    const char *mailbox_folder;
    const char *mailbox_done_folder;
    int64_t mailbox_pause_ms;
    bool mailbox_is_plain;
    const char *smtp_url;
    const char *smtp_user;
    const char *smtp_password_file;
    const char *smtp_ca_file;
    const char *sms_url;  /* "": no SMS is sent */
    const char *push_url; /* "": no push message is sent */
    const char *provider_secret_file;
    const char *provider_ca_file;
    const char *webhook_ca_file;
    int64_t collect_ms;            /* for how long what comes for one person is collected */
    int64_t delivery_retention_ms; /* of deliveries that are over; older events are told nobody */
    int64_t forget_interval_ms;
    int64_t notice_age_max_ms; /* of an event that people are told of */
    int64_t min_gap_ms;        /* between two messages to one person */
    bool provider_is_http_fine;
    bool smtp_is_plain;
    bool webhook_is_http_fine;
    bool webhook_is_private_fine;
};

/* ---- notify.c: what the process has ---- */

extern struct notify_config notify_config;

/* Ends the process with a message where the configuration is wrong. */
void notify_init(struct svc *svc);
void notify_deinit(void);

struct transfer *notify_transfer(void);
struct smtp *notify_smtp(void); /* NULL: no mail is sent */
/* Whether the installation sends by this channel, a name as "EMAIL". */
bool notify_has_channel(const char *channel);

/* The version of the policy in force; ERR_UNAVAILABLE where there is none yet. */
enum err notify_policy(struct call *call, const struct policy **ret_policy) MUST_CHECK;

/* Null for 0. */
struct db_param notify_time_or_null(int64_t unix_us);
/* The value of a name; what a newer daemon wrote is 0. */
int notify_enum_of(const ProtobufCEnumDescriptor *descriptor, const char *name);
/* Its name; "" for 0. */
const char *notify_enum_name(const ProtobufCEnumDescriptor *descriptor, int value);

/* Pages of what is listed the newest first, by its UUID: where to go on, null at the start. */
enum err notify_read_token(struct call *call, const char *token,
                           struct db_param *ret_before) MUST_CHECK;
char *notify_make_token(struct call *call, const char *last_id);

/* ---- notices ---- */

/* Rule: whether a notice can be kept. ERR_INVALID_ARGUMENT with field, and the place in a text.
 * `language` is one it must have words in. */
enum err notice_check(const Notify__V1__Notice *notice, const char *language,
                      struct fault *ret_fault) MUST_CHECK;
/* Rule: whether it has something to say of this event. */
bool notice_wants(const Notify__V1__Notice *notice, const struct contract_message *event,
                  const ProtobufCMessage *payload);

enum err notice_read_await(struct call *call, const char *notice_id,
                           Notify__V1__Notice **ret_notice) MUST_CHECK;
enum err notice_list_await(struct call *call, const char *event, const char *after_id, int32_t size,
                           struct page *ret_page) MUST_CHECK;
/* Every process holds all of them. */
enum { NOTICES_BYTES_MAX = 4 * 1024 * 1024 };
/* ERR_FAILED_PRECONDITION, NOTICES_FULL. From `version` on: version 1 is created, a later one
 * replaces the one before. */
enum err notice_write_await(struct call *call, const Notify__V1__Notice *notice,
                            const ProtobufCMessage *response) MUST_CHECK;
enum err notice_delete_await(struct call *call, const Notify__V1__Notice *notice,
                             const ProtobufCMessage *response) MUST_CHECK;
/* A stored notice, with what its row says. */
Notify__V1__Notice *notice_from_row(struct arena *arena, const struct db_rows *rows, size_t row);

/* ---- messages ---- */

/* All of it, attempts too. ERR_NOT_FOUND. `ret_version` may be NULL. */
enum err message_read_await(struct call *call, const struct uuid *message_id,
                            Notify__V1__Message **ret_message, int64_t *ret_version) MUST_CHECK;
/* Without attempts, the newest first. */
enum err message_list_await(struct call *call, const Notify__V1__ListMessagesRequest *req,
                            const struct db_param *before, int32_t size,
                            struct page *ret_page) MUST_CHECK;
/* As it is to be after the replay; `version` is the one that was read. */
enum err message_replay_await(struct call *call, const Notify__V1__Message *message,
                              int64_t version, const ProtobufCMessage *response) MUST_CHECK;

/* An event that a notice told of, as it is kept with what was told. ERR_NOT_FOUND. */
enum err message_event_await(struct call *call, const struct uuid *event_id,
                             Events__V1__LoggedEvent **ret_event) MUST_CHECK;

/* Attempts of rows number, time, duration, outcome, code, answer. */
Notify__V1__Attempt **attempts_from_rows(struct arena *arena, const struct db_rows *rows,
                                         size_t *ret_count);

/* ---- opt-outs ---- */

enum err opt_out_list_await(struct call *call, const char *person_id,
                            Notify__V1__OptOutEntry ***ret_entries, size_t *ret_count) MUST_CHECK;
/* Whether somebody is without a category, and how often they have said anything about any. */
enum err opt_out_find_await(struct call *call, const char *person_id,
                            Notify__V1__Notice__Category category, bool *ret_is_out,
                            int64_t *ret_version) MUST_CHECK;
/* `is_out` false takes it back. */
enum err opt_out_write_await(struct call *call, const char *person_id,
                             Notify__V1__Notice__Category category, bool is_out, int64_t time_us,
                             const ProtobufCMessage *response) MUST_CHECK;

/* ---- webhooks and deliveries ---- */

struct webhook {
    Notify__V1__Webhook *shown; /* without the secret */
    const char *secret;
    const char *old_secret; /* "" : none */
    int64_t old_secret_expire_us;
    int64_t fail_time_us; /* since when everything failed; 0: it did not */
};

enum err webhook_read_await(struct call *call, const struct uuid *webhook_id,
                            struct webhook *ret_webhook) MUST_CHECK;
enum err webhook_list_await(struct call *call, const struct db_param *after, int32_t size,
                            struct page *ret_page) MUST_CHECK;
enum err webhook_create_await(struct call *call, const struct webhook *webhook,
                              const ProtobufCMessage *response) MUST_CHECK;
/* State, reason and secrets as they are in `webhook`, whose version is the new one. */
enum err webhook_update_await(struct call *call, const struct webhook *webhook,
                              const struct contract_message *event_contract,
                              const ProtobufCMessage *event,
                              const ProtobufCMessage *response) MUST_CHECK;
enum err webhook_delete_await(struct call *call, const struct webhook *webhook,
                              const ProtobufCMessage *response) MUST_CHECK;
/* Says WebhookTested, and keeps a delivery of it, which leaves once the log tells the event. */
enum err webhook_test_await(struct call *call, const struct webhook *webhook,
                            const Notify__V1__Delivery *delivery,
                            const ProtobufCMessage *response) MUST_CHECK;

enum err delivery_read_await(struct call *call, const struct uuid *delivery_id,
                             Notify__V1__Delivery **ret_delivery, int64_t *ret_version) MUST_CHECK;
enum err delivery_list_await(struct call *call, const Notify__V1__ListDeliveriesRequest *req,
                             const struct db_param *before, int32_t size,
                             struct page *ret_page) MUST_CHECK;
enum err delivery_replay_await(struct call *call, const Notify__V1__Delivery *delivery,
                               int64_t version, const ProtobufCMessage *response) MUST_CHECK;

/* ---- mails ---- */

enum err mail_case_read_await(struct call *call, const struct uuid *mail_id,
                              Notify__V1__Mail **ret_mail) MUST_CHECK;
/* Where its sender is reached; "": nowhere. ERR_NOT_FOUND. */
enum err mail_case_sender_await(struct call *call, const struct uuid *mail_id,
                                const char **ret_address) MUST_CHECK;
enum err mail_case_list_await(struct call *call, const Notify__V1__ListMailsRequest *req,
                              const struct db_param *before, int32_t size,
                              struct page *ret_page) MUST_CHECK;
/* State and place as they are in `mail`, whose version is the new one. */
enum err mail_case_update_await(struct call *call, const Notify__V1__Mail *mail,
                                const struct contract_message *event_contract,
                                const ProtobufCMessage *event,
                                const ProtobufCMessage *response) MUST_CHECK;
