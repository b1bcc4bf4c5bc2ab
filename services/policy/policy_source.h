/*
 * policy_source - texts that become policies: read, checked, and refused with every problem
 *
 * Reading and checking are work for the processor, and a daemon has one thread: a check goes part
 * by part, and lets other calls run between parts that took long.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy.h"

/* A policy that was read, in an arena of its own. Start with {0}; source_close ends it. */
struct source {
    struct arena *arena;
    struct policy *policy; /* NULL: it cannot be read, and the problems say why */
    struct policy_problems problems;
};

/* Reads a text with the installation's lists of holidays. What was in `reading` is freed. */
void source_read(struct source *reading, const char *bytes, size_t size_bytes);
void source_close(struct source *reading);

/* Checks what was read; true if there is no error. Suspends between parts. */
bool source_check_await(struct source *reading, bool suggests);

/* The problems as messages, in the order of their places, in the arena: at most `size_bytes_max`
 * of them, packed. */
struct call_problems source_problems(struct arena *arena, struct source *reading,
                                     size_t size_bytes_max);

/* Refuses a text that cannot be read (POLICY_MALFORMED) or that has errors (POLICY_FAULTY). */
enum err source_refuse(struct call *call, struct source *reading);

/* Appends the canonical form of a policy as a version (0 and the absent date: as a draft), and says
 * its digest. `out` must be empty. */
void source_write(const struct policy *policy, int64_t version_number, struct date effective_from,
                  struct buf *out, uint8_t ret_digest[POLICY_DIGEST_BYTES]);

/*
 * Reads a policy as it is stored: by its author's text, so that problems have the lines of that;
 * and where that would give another policy by now (another program, other lists of holidays) the
 * canonical form. ERR_INTERNAL: neither can be read any more.
 */
enum err source_read_stored(struct call *call, const struct policy_row *row,
                            const struct policy_content *content,
                            struct source *reading) MUST_CHECK;
