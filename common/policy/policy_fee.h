/*
 * policy_fee - what a fee comes to: terms, units, shares, bounds, and one rounding at the end of
 * the line
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

enum policy_rounding { POLICY_HALF_UP, POLICY_HALF_EVEN, POLICY_DOWN, POLICY_UP };

/* False: unknown code. */
bool policy_rounding_parse(const char *code, enum policy_rounding *ret_rounding);

/* round(minor x numerator / denominator), exact in 128 bits; half_up and up go away from zero, down
 * goes to it. The denominator is above 0. ERR_OUT_OF_RANGE: leaves int64. */
enum err policy_round(int64_t minor, int64_t numerator, int64_t denominator,
                      enum policy_rounding rounding, int64_t *ret_minor) MUST_CHECK;

/* Computes a present, offered fee for a case. Quantities and bases are the facts that the
 * catalogue's fee units name, all read through `reader`, whatever comes of them; a quantity counts
 * the small unit (labour_minutes, 60 to the hour). The sum of the terms is exact and rounded once.
 * ERR_NOT_FOUND: a fact is missing (`ret_missing` names it); ERR_FAILED_PRECONDITION: a register's
 * price is needed
 * (`ret_missing` names the register); ERR_INVALID_ARGUMENT: an amount in another currency than
 * `currency_code`, or a quantity or base below 0 (`ret_missing` names the fact, or is NULL where
 * the fee itself is in another currency); ERR_OUT_OF_RANGE. `ret_explanation`: "39.00 EUR + 12 km x
 * 0.80 EUR = 48.60 EUR", in the arena. */
enum err policy_fee_compute(struct arena *arena, const struct policy_value *fee,
                            enum policy_rounding rounding, const char *currency_code,
                            struct policy_fact_reader *reader, struct money *ret_money,
                            const char **ret_explanation, const char **ret_missing) MUST_CHECK;

/* Pro rata: the share of `paid` for the days not used, by `rounding`; refund + earned = paid
 * exactly. Days: 0 <= used <= total, total > 0, else ERR_INVALID_ARGUMENT. */
enum err policy_pro_rata(struct money paid, int used_days, int total_days,
                         enum policy_rounding rounding, struct money *ret_refund,
                         struct money *ret_earned) MUST_CHECK;
