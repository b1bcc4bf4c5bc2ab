/*
 * policy_read - files in memory to a policy: structure, names, kinds, texts
 *
 * Reads the main file (all values, one language), the files of its other languages (the same ids,
 * texts only) and the holiday lists that its calendars name; or a publication, one JSON file that
 * holds all of them (policy_canon.h). The reader refuses what it cannot understand; whether the
 * rules are complete and free of contradiction is policy_check's work, which readers of drafts call
 * next.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

enum { POLICY_FILES_MAX = 128 };

/* What a main file asks for: languages besides its own, and codes of holiday lists. */
struct policy_wants {
    const char *const *languages;
    size_t language_count;
    const char *const *holiday_codes;
    size_t holiday_code_count;
};

struct policy_sources {
    struct policy_file main;
    const struct policy_file *languages; /* each says its `language:` */
    size_t language_count;
    const struct policy_file *holidays; /* each says its `code:` */
    size_t holiday_count;
};

/* What files belong to `main`. False: unreadable, `problems` says why. A publication wants nothing.
 */
bool policy_read_wants(struct arena *arena, const struct policy_file *main,
                       struct policy_wants *ret_wants, struct policy_problems *problems);

/* NULL after any error. Warnings alone give a policy. Bounded: time and memory are linear in the
 * bytes read. */
struct policy *policy_read(struct arena *arena, const struct policy_sources *sources,
                           struct policy_problems *problems);
