/*
 * policy_value_parts - what the files policy_value_*.c share: words of a scalar, and printing and
 * comparing the parts that values are made of
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/policy/policy_value.h"

/* ---- words of a scalar, apart by spaces ---- */

struct policy_word {
    const char *text;
    size_t length; /* 0: there is none */
};

/* The next word; moves `at` behind it. */
struct policy_word policy_word_take(const char **at);
bool policy_word_is(struct policy_word word, const char *text);
bool policy_words_end(const char *at); /* nothing but spaces is left */

enum policy_number { POLICY_NUMBER_FINE, POLICY_NUMBER_NONE, POLICY_NUMBER_FRACTION };

/* A whole number in decimal digits; one above `max` is read as max + 1. */
enum policy_number policy_word_number(struct policy_word word, int64_t max, int64_t *ret_number);

/* "12.5" as hundredths (1250): at most two digits after the point, at most POLICY_SHARE_MAX. */
enum { POLICY_SHARE_MAX = 10000 };
bool policy_word_hundredths(struct policy_word word, int *ret_hundredths, const char **ret_reason);

/* Answers false; `ret_reason` may be NULL. */
bool policy_refuse(const char **ret_reason, const char *reason);

/* ---- spans ---- */

void policy_span_print(const struct policy_span *span, struct buf *out);
bool policy_span_equals(const struct policy_span *a, const struct policy_span *b);
/* Which is longer: POLICY_BETTER = a, whatever the day on which both begin. */
enum policy_order policy_span_compare(const struct policy_span *a, const struct policy_span *b);

/* ---- fees ---- */

void policy_fee_print(const struct policy_value *fee, struct buf *out);
bool policy_fee_equals(const struct policy_value *a, const struct policy_value *b);
/* Terms of one kind: both flat, per the same unit, of the same base or of the same register. A fee
 * has one of a kind at most. */
bool policy_fee_terms_pair(const struct policy_fee_term *a, const struct policy_fee_term *b);
/* Which is lower: POLICY_BETTER = a, whatever the case. Both present. */
enum policy_order policy_fee_compare(const struct policy_value *a, const struct policy_value *b);

/* ---- parts of lists ---- */

bool policy_codes_has(const struct policy_codes *codes, const char *code);
bool policy_codes_equals(const struct policy_codes *a, const struct policy_codes *b);
bool policy_test_equals(const struct policy_test *a, const struct policy_test *b);
bool policy_document_equals(const struct policy_document *a, const struct policy_document *b);

/* ---- reading ---- */

/* What a value is being read for. */
struct policy_reading_value {
    struct arena *arena;
    const struct policy *policy;
    const struct policy_parameter_row *row;
    const char *clause_id;
    struct policy_problems *problems;
};

/* A reader of one kind: fills all but kind and absence; false: refused and reported. */
typedef bool policy_value_reader(const struct policy_reading_value *reading,
                                 const struct policy_node *node, struct policy_value *ret_value);

policy_value_reader policy_value_read_choice;
policy_value_reader policy_value_read_choices;
policy_value_reader policy_value_read_anchors;
policy_value_reader policy_value_read_ladder;
policy_value_reader policy_value_read_documents;
policy_value_reader policy_value_read_tests;
policy_value_reader policy_value_read_steps;

/* Reports an error at a node and answers false. */
bool policy_value_refuse(const struct policy_reading_value *reading, const struct policy_node *node,
                         const char *reason, const char *format, ...) PRINTF_LIKE(4, 5);

/* Reports what is no scalar; `what` belongs there. */
bool policy_value_is_scalar(const struct policy_reading_value *reading,
                            const struct policy_node *node, const char *what);

/* A code of a list, copied; NULL: refused and reported. */
const char *policy_value_read_code(const struct policy_reading_value *reading,
                                   const struct policy_node *node, const char *list);
/* A list of codes, written `[a, b]` or `a, b`; no repeats, not empty. */
bool policy_value_read_codes(const struct policy_reading_value *reading,
                             const struct policy_node *node, const char *list,
                             struct policy_codes *ret_codes);
/* A length that is there: neither none nor unlimited nor not_offered. */
bool policy_value_read_length(const struct policy_reading_value *reading,
                              const struct policy_node *node, struct policy_span *ret_span);
