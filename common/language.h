/*
 * language - which of several languages a reader gets
 *
 * Pure. Tags are those of BCP 47, compared whatever their case.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

/*
 * Which of these languages a reader of `wish` gets: the same tag, else one that `wish` narrows
 * ("de-AT" gets "de"), else one of the same language ("de" gets "de-AT"), else `fallback` by the
 * same rule, else the first. "" wishes nothing. `count` is at least 1.
 */
size_t language_choose(const char *const *languages, size_t count, const char *wish,
                       const char *fallback);

/* The one that fits the wish best; `count` where none does. */
size_t language_find(const char *const *languages, size_t count, const char *wish);

/*
 * The one that fits an Accept-Language header best, as "de-AT, fr;q=0.8": of its wishes that one
 * fits, the one of the most weight, the first of equals. `count` where none fits. "*" and what is
 * malformed wish nothing, as does a weight of 0.
 */
size_t language_find_accepted(const char *const *languages, size_t count, const char *header);
