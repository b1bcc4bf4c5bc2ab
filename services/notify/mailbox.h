/*
 * mailbox - the folder that people write to, by IMAP
 *
 * What is unseen is to be taken. Reading leaves a message unseen (BODY.PEEK); whoever has kept it
 * says so, and only then it is marked as seen, and moved where that is wished. So whatever dies in
 * between is taken again, and known by its Message-ID.
 *
 *     mailbox_enter_await, mailbox_list_await, for each: mailbox_fetch_await, mailbox_done_await,
 *     mailbox_leave
 *
 * The errors are those of imap.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/transfer.h"

struct mailbox;

enum { MAILBOX_NAME_SIZE = 100, MAILBOX_HEADER_BYTES_MAX = 64 * 1024 };

struct mailbox_options {
    const char *url; /* "imaps://host", or "imap://host", which must offer STARTTLS */
    const char *user;
    const char *password_path;
    const char *ca_path;
    const char *folder;      /* as "INBOX" */
    const char *done_folder; /* where it goes once it is kept; "": it stays */
    bool is_plain;           /* imap:// without TLS: a server on this machine */
    size_t bytes_max;        /* of a larger message only the head is read */
};

struct mailbox_message {
    uint32_t uid;
    int64_t receive_us; /* when the server got it; 0: it does not say */
    int64_t size_bytes; /* of the whole */
    bool is_whole;      /* false: `bytes` are its head */
    const void *bytes;  /* the mailbox's, until the next is fetched */
    size_t bytes_count;
};

/* Options are copied. ERR_INVALID_ARGUMENT says what is wrong with them. */
enum err mailbox_open(const struct mailbox_options *options, struct transfer *transfer,
                      struct loop *loop, struct mailbox **ret_mailbox,
                      struct fault *ret_fault) MUST_CHECK;
void mailbox_close(struct mailbox **mailbox); /* nobody is in it; NULL is fine */

/* Whoever waits for the server waits no more: the process ends. */
void mailbox_stop(struct mailbox *mailbox);

/* Connects, logs in, opens the folder. One at a time. */
enum err mailbox_enter_await(struct mailbox *mailbox, struct call *call) MUST_CHECK;
void mailbox_leave(struct mailbox *mailbox);

/* The first unseen messages, at most `count_max`, in the order they came. */
enum err mailbox_list_await(struct mailbox *mailbox, struct call *call, size_t count_max,
                            uint32_t *ret_uids, size_t *ret_count) MUST_CHECK;

/* Its head alone where it is too large or `is_head`. ERR_NOT_FOUND: it is gone.
 * ERR_FAILED_PRECONDITION, MAIL_NOT_SENT: it is there, and did not come. */
enum err mailbox_fetch_await(struct mailbox *mailbox, struct call *call, uint32_t uid, bool is_head,
                             struct mailbox_message *ret_message) MUST_CHECK;

/* It is kept: seen, and moved. */
enum err mailbox_done_await(struct mailbox *mailbox, struct call *call, uint32_t uid) MUST_CHECK;
