/*
 * mail_read - a message that somebody sent us, as text, attachments and what it is an answer to
 *
 * By GMime; HTML by mail_html. Any bytes are taken. Every text is UTF-8 without control characters,
 * "" where there is none; what cannot be read is U+FFFD. What goes beyond a limit is left out, and
 * is_cut says so.
 *
 * It may take 100 ms for the largest, and more stack than a task has: call mail_read_await, or
 * mail_read where there is no task.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/err.h"
#include "common/loop.h"

enum {
    MAIL_BYTES_MAX = 25 * 1024 * 1024,
    MAIL_PARTS_MAX = 50,
    MAIL_DEPTH_MAX = 10, /* of parts within parts */
    MAIL_TEXT_BYTES_MAX = 256 * 1024,
    MAIL_LINE_BYTES_MAX = 1000, /* of each other text */
    MAIL_REFERENCES_MAX = 50,
};

struct mail_attachment {
    char *name; /* without a path; never "" */
    char *type; /* as "image/jpeg" */
    void *bytes;
    size_t size_bytes;
    bool is_inline; /* shown within the text, as a logo is */
};

/* A report that a mail of ours was not delivered, or is late (RFC 3464). */
struct mail_bounce {
    bool is_bounce;
    char *message_id; /* of our mail, without < and > */
    char *action;     /* failed, delayed, delivered, relayed, expanded */
    char *status;     /* as "5.1.1" (RFC 3463) */
    char *recipient;  /* personal */
};

struct mail {
    char *message_id;  /* without < and > */
    char **references; /* of In-Reply-To, then of References from the last: the nearest first */
    size_t reference_count;
    char *from_address; /* "" where it is none that could be answered */
    char *from_name;
    char *subject;
    int64_t time_us; /* its Date; 0: none */
    char *text;
    struct mail_attachment *attachments;
    size_t attachment_count;
    /* Why no machine may answer it (RFC 3834): AUTO_SUBMITTED, PRECEDENCE, X_LOOP, LIST,
     * NULL_SENDER, BOUNCE. NULL: a person seems to have sent it. Constant. */
    const char *automatic;
    struct mail_bounce bounce;
    bool is_cut;
};

/* NULL: it has more than MAIL_BYTES_MAX. mail_free ends it. */
struct mail *mail_read(const void *bytes, size_t size_bytes);
void mail_free(struct mail **mail); /* NULL is fine */

/* The same in a thread; suspends until it is done. The bytes are borrowed. */
struct mail *mail_read_await(struct loop *loop, const void *bytes, size_t size_bytes);
