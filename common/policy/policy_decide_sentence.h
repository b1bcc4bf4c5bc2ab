/*
 * policy_decide_sentence - a sentence for the customer while it is written
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide_phrases.h"
#include "common/policy/policy_decide_private.h"

/* Writes the sentences of a record whose outcome stands. */
void decide_sentences(struct decide *d);

struct decide_writer {
    struct decide *d;
    const struct policy *policy;
    struct policy_formatter *formatter;
    size_t language;
    enum decide_tongue tongue;
    bool has_own; /* the policy has words of its own in this language */
    bool lacks;   /* a word that the language has not */
    struct buf *out;
    struct money money;
    const struct decide_clause *clause; /* whose number is written */
};

/* The words of a key, with their places filled (policy_decide_sentence.c). */
void decide_write_words(struct decide_writer *writer, const char *key);

/* ---- policy_decide_places.c: what stands in places ---- */

/* Whether a right or a pack is a sample. */
bool decide_is_sample(const struct policy *policy, const char *id);
/* {needed}, {codes}, {text}, {laws} */
void decide_write_needed(struct decide_writer *writer);
void decide_write_codes(struct decide_writer *writer);
void decide_write_text(struct decide_writer *writer);
void decide_write_laws(struct decide_writer *writer);
/* Whether {laws} has any to name. */
bool decide_has_laws(struct decide_writer *writer);
