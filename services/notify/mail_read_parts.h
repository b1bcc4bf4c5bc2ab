/*
 * mail_read_parts - what the files of mail_read share, and nobody else includes
 *
 *     mail_read.c    the message's own headers, the limits, the thread
 *     mail_body.c    its parts: text, attachments
 *     mail_report.c  reports of what was not delivered
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmime/gmime.h>

#include "common/buf.h"
#include "mail_read.h"

/* A text in MAIL_TEXT_LINE, cut to MAIL_LINE_BYTES_MAX, to be freed; NULL becomes "". */
char *mail_line(const char *text);

/* The message's identity without < and >, to be freed; "" where there is none. */
char *mail_identity(GMimeMessage *message);

/* Parses what of `bytes` the limits let through; *ret_is_cut: that was not all. NULL: there is
 * nothing in them. */
GMimeMessage *mail_parse(const void *bytes, size_t size_bytes, bool *ret_is_cut);

/* A part's content, decoded. */
void mail_content(GMimePart *part, struct buf *bytes);

/* mail_body.c: fills text, attachments and is_cut; and bounce, where it meets a report. */
void mail_body_read(GMimeMessage *message, struct mail *mail);

/* mail_report.c: takes one part of a multipart/report. True: it has it, and it is neither text nor
 * attachment. */
bool mail_report_take(GMimeObject *part, struct mail_bounce *bounce);
/* Whether it is a report of deliveries. */
bool mail_report_is(GMimeObject *object);
