/*
 * smtp - hands one mail to the company's mail server
 *
 * By libcurl, on common/transfer. One connection a mail.
 *
 * What was answered with 250 is the server's. A connection that breaks before that answer, or a
 * deadline, leaves it open whether the server has the mail; it is sent again with the same
 * Message-ID.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attempt.h"

#include "common/transfer.h"

struct smtp;

struct smtp_options {
    /* "smtp://host", port 25 unless said, which must offer STARTTLS, or "smtps://host", port 465. A
     * path is the name that is said in EHLO; without one it is this machine's. */
    const char *url;
    const char *user;          /* "" : no login */
    const char *password_path; /* a file; its first line. "" without a user */
    const char *ca_path;       /* a file of certificates; "": the system's */
    bool is_plain;             /* smtp:// without TLS: a server on this machine. No login then */
};

/* Reads the password; options are copied. ERR_INVALID_ARGUMENT says what is wrong with them. */
enum err smtp_open(const struct smtp_options *options, struct transfer *transfer,
                   struct smtp **ret_smtp, struct fault *ret_fault) MUST_CHECK;
void smtp_close(struct smtp **smtp); /* nothing may be on its way; NULL is fine */

struct smtp_mail {
    const char *from; /* of the envelope; "": none, so that nothing can bounce to it (RFC 3834) */
    const char *to;
    const void *bytes; /* the message, with CRLF */
    size_t size_bytes;
};

/*
 * Suspends until the server has answered, or the call's deadline has passed. On OK *ret_attempt
 * says what came of it: DONE (ACCEPTED); NEVER (REFUSED) where the server refuses this mail or one
 * of its addresses with 5xx, or an address is none; LATER in all other cases: 4xx (DEFERRED), 5xx
 * before it came to the mail, which is about us (LOGIN_FAILED, DEFERRED), no connection, no TLS,
 * no time.
 *
 * The errors are transfer_await's: nothing was sent, but for ERR_CANCELLED.
 */
enum err smtp_send_await(struct smtp *smtp, struct call *call, const struct smtp_mail *mail,
                         struct attempt *ret_attempt) MUST_CHECK;
