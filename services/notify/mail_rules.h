/*
 * mail_rules - what a mail is, and what in it says where it belongs
 *
 * Pure.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/uuid.h"
#include "mail_read.h"

enum { MAIL_REFERENCE_SIZE = 13, MAIL_FOUND_MAX = 20 };

/* The end of an aggregate's identity, as it stands in it. */
struct mail_reference {
    char text[MAIL_REFERENCE_SIZE];
};

/* The references in a text, as "AC-0123456789AB" in either case, each once, at most
 * MAIL_FOUND_MAX; adds them to what is there. */
void mail_find_references(const char *text, struct mail_reference *references, size_t *count);

/* Whether a Message-ID is one of ours: "<a UUID>@<our domain>". */
bool mail_is_ours(const char *message_id, const char *domain, struct uuid *ret_id);

/* The domain of an address; "" where there is none. */
const char *mail_domain(const char *address);

/* Why a machine must not answer it, in one word; NULL: a person seems to have written it. `from` is
 * the address that our mails come from. */
const char *mail_automatic(const struct mail *mail, const char *from);

/* The media type that an attachment is to be kept as: what it is called, or what its name says
 * where it is called "some bytes". */
const char *mail_document_type(const struct mail_attachment *attachment);
