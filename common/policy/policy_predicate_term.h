/*
 * policy_predicate_term - how a condition is kept: a tree of terms
 *
 * The root is a MAP. A MAP, ALL or ANY holds items, a NOT one MAP; every other term matches a fact.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_predicate.h"

enum policy_term_kind {
    POLICY_TERM_MAP, /* all items hold; written as a map, so their keys differ */
    POLICY_TERM_ALL, /* all items, MAPs, hold */
    POLICY_TERM_ANY, /* any item, a MAP, holds */
    POLICY_TERM_NOT,
    POLICY_TERM_CODES,
    POLICY_TERM_FLAG,
    POLICY_TERM_COMPARISON,
    POLICY_TERM_KNOWN,
    POLICY_TERM_UNKNOWN
};

enum policy_comparison {
    POLICY_AT_LEAST,
    POLICY_AT_MOST,
    POLICY_ABOVE,
    POLICY_BELOW,
    POLICY_EQUAL
};

struct policy_predicate {
    enum policy_term_kind kind;
    const char *key; /* in a MAP: "all", "any", "not" or the fact's name; else NULL */
    const struct policy_predicate *items; /* MAP, ALL, ANY, NOT */
    size_t item_count;
    const struct policy_fact_row *row; /* the others */
    struct policy_codes codes;         /* CODES */
    int axis;                          /* CODES of an axis' tree; -1: of a list, or texts */
    bool flag;                         /* FLAG */
    enum policy_comparison comparison; /* COMPARISON, with what: by the fact's kind */
    int64_t number;
    struct date date;
    struct money money;
};
