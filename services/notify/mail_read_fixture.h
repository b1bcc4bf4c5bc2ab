/*
 * mail_read_fixture - a mail that was read, and goes with its test
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/test.h"

#include "common/buf.h"
#include "mail_read.h"

static struct mail *mail;

static inline int
tear_down(void **state UNUSED)
{
    mail_free(&mail);
    return 0;
}

static inline struct mail *
read_bytes(const void *bytes, size_t size_bytes)
{
    mail_free(&mail);
    mail = mail_read(bytes, size_bytes);
    return mail;
}

static inline struct mail *
read_text(const char *text)
{
    assert_non_null(read_bytes(text, strlen(text)));
    return mail;
}

#define HEAD                                                                                       \
    "From: Anna Berg <anna@example.org>\r\nTo: service@example.com\r\nSubject: A question\r\n"     \
    "Message-ID: <m1@mail.example.org>\r\nDate: Sun, 15 Mar 2026 10:30:00 +0100\r\n"               \
    "MIME-Version: 1.0\r\n"

#define REPORT(fields, original)                                                                   \
    "From: MAILER-DAEMON@example.org\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"             \
    "Content-Type: multipart/report; report-type=delivery-status; boundary=\"r\"\r\n\r\n"          \
    "--r\r\nContent-Type: text/plain\r\n\r\nIt was not delivered.\r\n"                             \
    "--r\r\nContent-Type: message/delivery-status\r\n\r\n" fields "--r\r\n" original "--r--\r\n"

static inline void
expect_bounce(const char *id, const char *action, const char *status, const char *recipient)
{
    assert_true(mail->bounce.is_bounce);
    assert_string_equal(mail->automatic, "BOUNCE");
    assert_string_equal(mail->bounce.message_id, id);
    assert_string_equal(mail->bounce.action, action);
    assert_string_equal(mail->bounce.status, status);
    assert_string_equal(mail->bounce.recipient, recipient);
    assert_string_equal(mail->text, "It was not delivered.");
    assert_int_equal(mail->attachment_count, 0);
}
