/*
 * policy_decide_phrases - the sentences for customers in English and German, with places to fill
 *
 *   {span} {date} {own_date} {exchange_date} {send_date} {money} {text} {codes} {needed} {clause}
 *   {own_clause} {window_clause} {appeal_clause} {laws} {sample} {number}
 *
 * Each has a key: a policy brings its own in any language as a label `words.sentence.KEY`. A
 * sentence's is the reason of the record ("EXPIRED"), after the question where that has words of
 * its own ("returns.check.EXPIRED"), and ends in ".endless" where there is no last day.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum { DECIDE_KEY_SIZE = 96 };

enum decide_tongue { DECIDE_ENGLISH, DECIDE_GERMAN, DECIDE_OTHER };

struct decide_phrase {
    const char *question; /* NULL: any */
    const char *reason;
    const char *texts[2];   /* by tongue */
    const char *endless[2]; /* where there is no last day; NULL: the same */
};

/* Each reason of a decision that is not UNDETERMINED has one. */
const struct decide_phrase *decide_find_phrase(const char *question, const char *reason);

/* The key of a phrase; `ret_key` has DECIDE_KEY_SIZE bytes. */
void decide_phrase_key(const struct decide_phrase *phrase, bool is_endless, char *ret_key);

/* All keys, those of policy_decide_words too, with the English of each, one place after the other;
 * false: that was the last. */
bool decide_phrase_at(size_t place, char *ret_key, const char **ret_english);

/* The English of a key; NULL: there is no such key. */
const char *decide_phrase_original(const char *key);
