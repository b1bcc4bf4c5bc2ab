/*
 * policy_template - the texts of clauses: words with placeholders, in three forms
 *
 *   {length}            the value, in the reader's words; where it varies, at most two exceptions
 *                       on one axis stand in the sentence
 *   {length, dative}    the same in another grammatical case
 *   {methods, or}       codes joined by "or" instead of "and"
 *   {length, table}     rows: for whom, which value
 *   {transferable, select, yes {...} no {...} other {...}}
 *                       one sentence per value of a flag, choice or number, `free`, `zero` (an
 *                       amount or percentage), `all` (100 %), or an absence (none, unlimited,
 *                       not_offered)
 *
 * A brace is written by doubling it (outside of branches). Branches of a select may hold
 * placeholders, not another select.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

enum {
    POLICY_TEMPLATE_PARTS_MAX = 256, /* of one text or branch */
    POLICY_TEMPLATE_BRANCHES_MAX = 32,
    POLICY_TEMPLATE_BYTES_MAX = 16 * 1024
};

enum policy_part_kind {
    POLICY_PART_WORDS,
    POLICY_PART_PLAIN,
    POLICY_PART_TABLE,
    POLICY_PART_SELECT
};

struct policy_template;

struct policy_branch {
    const char *key; /* "yes", "unlimited", "other" */
    const struct policy_template *then;
};

struct policy_part {
    enum policy_part_kind kind;
    const char *words;     /* WORDS */
    const char *parameter; /* others: "length", or another clause's, "warranty.period/length" */
    const char *form;      /* PLAIN: "", "dative" or "or" */
    const struct policy_branch *branches; /* SELECT; `other` is last and always there */
    size_t branch_count;
};

struct policy_template {
    const struct policy_part *parts;
    size_t part_count;
};

/* NULL: malformed; `ret_fault` (message, column in `text`) says how. */
const struct policy_template *policy_template_parse(struct arena *arena, const char *text,
                                                    struct fault *ret_fault);

/* Names of the parameters that it prints, sorted, without repeats. */
struct policy_codes policy_template_parameters(struct arena *arena,
                                               const struct policy_template *text);
