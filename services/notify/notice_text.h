/*
 * notice_text - the words of a notice: what may stand in braces, and what is put there
 *
 *   {claim_id} {decision.outcome}   a field of the event, by its name in JSON: text, number, day,
 *                                   time, money, the code of an enum; no list and no message
 *   {sentence}                      what the event's decision or verdict says to the customer: of
 *                                   the first message in it that has such sentences
 *   {contact.name}                  the reader
 *   {company.name} {company.address} {company.imprint_url} {company.phone} {company.email}
 *   {company.url}                   the policy's branding, and its contact "service"
 *   {link}                          where the case can be seen without a login; where that is
 * nowhere, the paragraph with it is left out {reference}                     by which an answer is
 * matched to the case
 *
 * A brace is written by doubling it. Everything else stands as it is written: there is no markup.
 * Pure: no I/O, no clock.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/contract.h"
#include "common/policy/policy_format.h"

struct zone;

enum { NOTICE_PLACEHOLDER_BYTES_MAX = 128 };

/*
 * Looks a text over. ERR_INVALID_ARGUMENT with line and column: PLACEHOLDER_UNKNOWN (the sentence
 * names those that there are), PLACEHOLDER_MALFORMED.
 */
enum err notice_text_check(const char *text, const struct contract_message *event,
                           struct fault *ret_fault) MUST_CHECK;

/* What is put into the words. All borrowed; texts may be "", never NULL. */
struct notice_source {
    const struct contract_message *event;
    const ProtobufCMessage *payload; /* NULL: an example, a placeholder's name in brackets */
    const char *contact_name;
    const char *link;
    const char *reference;
    const struct policy *policy;
    struct policy_formatter *formatter; /* of the reader's language */
    const char *language;               /* of the words, for `sentence` */
    const struct zone *zone;            /* of times */
};

/* The words with everything put in, added to `out`. Of a text that notice_text_check passed; what
 * is absent becomes nothing. */
void notice_text_write(const char *text, const struct notice_source *source, struct buf *out);

/* The HTML of a mail: the words as paragraphs, addresses as links, the company above and below. A
 * whole document; words are escaped. */
void notice_write_html(const char *subject, const char *body, const char *language,
                       const struct policy_branding *branding, struct buf *out);
