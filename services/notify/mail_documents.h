/*
 * mail_documents - attachments as documents of the documents daemon
 *
 * What it takes, its contract says: media types and size. It looks at the content itself.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/call.h"
#include "common/uuid.h"
#include "mail_read.h"

struct mail_document {
    struct uuid document_id;
    const char *media_type; /* in the arena */
    const char *reason;     /* why it is none: TYPE_REFUSED, TOO_LARGE, EMPTY; "": it is one */
};

/* Keeps one. `key` is the mail's, `number` the attachment's in it: the same of both make the same
 * document. Errors: the daemon is away, or the like; again later. */
enum err mail_document_keep_await(struct call *call, const char *key, size_t number,
                                  const struct mail_attachment *attachment,
                                  struct mail_document *ret_document) MUST_CHECK;
