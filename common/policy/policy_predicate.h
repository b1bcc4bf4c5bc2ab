/*
 * policy_predicate - the conditions of tests and checklists: facts against matchers, in
 * three-valued logic (Kleene)
 *
 * Written as a map of fact -> matcher, all of which must hold, and `all:` and `any:` (lists of
 * maps) and `not:` (a map) to depth 4. A matcher is a code, a list of codes (any of), `yes` / `no`,
 * a comparison (">= 2"; of numbers, days and amounts) or `known` / `unknown`. A comparison with an
 * unknown fact is unknown, not false.
 *
 * A code of an axis also matches what lies beneath it; a fact that says less than the matcher asks
 * (`our_fault`, asked for `defect`) is unknown. Of a day on which something happens, `yes` asks
 * whether it has happened: not known is unknown. A code that is called `known` or `unknown` is
 * written in a list: `cause: [unknown]`.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/policy/policy_fact.h"
#include "common/policy/policy_value.h"

enum { POLICY_PREDICATE_DEPTH_MAX = 4, POLICY_PREDICATE_TERMS_MAX = 64 };

enum policy_truth { POLICY_FALSE, POLICY_UNKNOWN, POLICY_TRUE };

struct policy_predicate;

/* NULL: refused, `problems` says why and where (unknown fact, code that the fact cannot have,
 * comparison of something that is no number, depth). */
const struct policy_predicate *policy_predicate_read(struct arena *arena,
                                                     const struct policy *policy,
                                                     const struct policy_node *node,
                                                     const char *clause_id,
                                                     struct policy_problems *problems);

/* `axes` are those of the policy it was read for, or of a later one that took it over: codes are
 * looked up there. `reader` is asked for each fact that is looked
 * at, so that the caller can record it; all facts of the predicate are asked for, whatever the
 * outcome, so that equal cases record equal facts. */
enum policy_truth policy_predicate_test(const struct policy_predicate *predicate,
                                        const struct policy_axes *axes,
                                        struct policy_fact_reader *reader);

/* Names of the facts it rests on, in the order written, without repeats, in the arena. */
struct policy_codes policy_predicate_facts(struct arena *arena,
                                           const struct policy_predicate *predicate);

/* Canonical JSON: {"finding":["misuse","impact"]}. */
void policy_predicate_print(const struct policy_predicate *predicate, struct buf *out);

bool policy_predicate_equals(const struct policy_predicate *a, const struct policy_predicate *b);
