/*
 * notice_write - a notice in words: what notice_text does, with its language, formatter and zone
 * chosen by the reader
 *
 * Pure but for ICU's tables.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/contract.h"
#include "common/policy/policy.h"
#include "notify/v1/notify.contract.h"

/* Who reads it. Texts may be "", never NULL. */
struct notice_reader {
    const char *name;
    const char *language;
    const char *time_zone; /* "" or unknown: the policy's */
    const char *link;
    const char *reference;
};

/* As it is sent; texts in the arena. */
struct notice_words {
    const char *language; /* whose words were used */
    const char *subject;  /* one line */
    const char *plain;
    const char *html;
};

/* `payload` NULL: an example, with the names of placeholders in brackets. */
void notice_write(struct arena *arena, const struct policy *policy,
                  const Notify__V1__Notice *notice, const struct contract_message *event,
                  const ProtobufCMessage *payload, const struct notice_reader *reader,
                  struct notice_words *ret_words);
