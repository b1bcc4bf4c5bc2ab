/*
 * mail_write - a message in the form of RFC 5322, from its parts
 *
 * Pure, by GMime. No part can make a header or end one: names and subjects lose their control
 * characters, and addresses, identities and links that are none are refused. What is beyond ASCII
 * is encoded (RFC 2047), texts as quoted-printable in UTF-8, so no server needs 8BITMIME and no
 * line is too long.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/err.h"

/* All are texts; "" where there is none. */
struct mail_parts {
    const char *from_address;
    const char *from_name; /* may be "" */
    const char *to_address;
    const char *to_name; /* may be "" */
    const char *subject;
    const char *message_id;      /* without < and >; the same at each try */
    const char *in_reply_to;     /* of a mail that this answers, without < and >; may be "", and is
                                    left out where it is none */
    const char *unsubscribe_url; /* ends such mails at one POST (RFC 8058), https; may be "" */
    const char *plain;
    const char *html; /* the same; may be "" */
    int64_t time_us;  /* since 1970 */
};

/* Fills `ret_bytes` (emptied first) with the message, with CRLF. Auto-Submitted says that no person
 * wrote it (RFC 3834). ERR_INVALID_ARGUMENT, MAIL_INVALID with the field at fault. */
enum err mail_write(const struct mail_parts *parts, struct buf *ret_bytes,
                    struct fault *ret_fault) MUST_CHECK;

/* Whether it can be a Message-ID, without < and >: printable, something on both sides of an @. */
bool mail_is_message_id(const char *text);
