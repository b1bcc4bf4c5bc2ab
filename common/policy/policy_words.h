/*
 * policy_words - the engine's own words: what stands on pages and in sentences and ICU does not
 * know
 *
 * Each has a key ("working_days.other") and a pattern with {0}, {1}, {2} where values go. English
 * and German are built in. A label `words.KEY` of a policy replaces a word in its language, so a
 * language file can bring its own; what neither knows is English.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/policy/policy.h"

/* The pattern of a key in a language of the policy; NULL where there is none (a grammatical form
 * that the language does not have). */
const char *policy_words_find(const struct policy *policy, size_t language, const char *key);

/* The same for a key that must be there. */
const char *policy_words_get(const struct policy *policy, size_t language, const char *key);

/* What a value of an axis is called where it says for whom something holds ("returns after a change
 * of mind"): its label `for.AXIS.CODE`, or that of the code itself; `code` where there is none. */
const char *policy_words_who(const struct policy *policy, size_t language, const char *axis,
                             const char *code);

/* The pattern that is built in, English where there is one; NULL: no such key. */
const char *policy_words_original(const char *key);

/* Writes a pattern with its values put in, each at its first place only, so that no pattern can
 * multiply them; a value that is NULL is left out. */
void policy_words_fill(const char *pattern, const char *first, const char *second,
                       const char *third, struct buf *out);

/* For tests: the keys in order, and how many. */
size_t policy_words_count(void);
const char *policy_words_key(size_t i);
