/*
 * policy_decide_words - what sentences for customers are completed with, in English and German
 *
 * What is no reason: "undetermined", what may follow a sentence ("partly"), and what stands in its
 * places ("clause", "need.cause"). A policy brings its own as a label `words.sentence.KEY`.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

struct decide_words {
    const char *key;
    const char *texts[2]; /* by tongue, see policy_decide_phrases.h */
};

/* All, one place after the other; NULL: there are no more. */
const struct decide_words *decide_words_at(size_t place);
