/*
 * policy_decide_phrases - the sentences for customers in English and German, with places to fill
 *
 *   {span} {date} {own_date} {money} {text} {codes} {needed} {clause} {own_clause} {sample}
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum decide_tongue { DECIDE_ENGLISH, DECIDE_GERMAN, DECIDE_OTHER };

struct decide_phrase {
    const char *question; /* NULL: any */
    const char *reason;
    const char *texts[2];   /* by tongue */
    const char *endless[2]; /* where there is no last day; NULL: the same */
};

/* Each reason of a decision that is not UNDETERMINED has one. */
const struct decide_phrase *decide_find_phrase(const char *question, const char *reason);

/* By tongue: for UNDETERMINED; a right that goes on where the company's warranty ended; and what
 * may follow a sentence. */
extern const char *const decide_phrase_undetermined[2];
extern const char *const decide_phrase_own_ended[2];
extern const char *const decide_phrase_partly[2];
extern const char *const decide_phrase_pays_nothing[2];
extern const char *const decide_phrase_refunds[2];
extern const char *const decide_phrase_offers[2];

/* What is still needed, in the customer's words; NULL: no fact that has some (a document). */
const char *decide_need_words(const char *name, enum decide_tongue tongue);
