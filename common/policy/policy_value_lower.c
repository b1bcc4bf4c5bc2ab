/*
 * policy_value_lower - which of two fees is lower, whatever the case
 *
 * A sum of terms never falls when a quantity or a base rises. So a fee is never above another one
 * if each of its terms is at most the other's of its kind, or if the most that it can come to is at
 * most the least of the other.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_parts.h"

#include <string.h>

/* "" for a fee without any amount, which goes with every currency. */
static const char *
currency_of(const struct policy_value *fee)
{
    for (size_t i = 0; i < fee->fee.count; i++) {
        const struct policy_fee_term *term = &fee->fee.items[i];
        if (term->amount.currency_code[0] != 0)
            return term->amount.currency_code;
        if (term->has_min || term->has_max)
            return term->has_min ? term->min.currency_code : term->max.currency_code;
    }
    return "";
}

static bool
currencies_fit(const struct policy_value *a, const struct policy_value *b)
{
    const char *a_code = currency_of(a);
    const char *b_code = currency_of(b);
    return a_code[0] == 0 || b_code[0] == 0 || strcmp(a_code, b_code) == 0;
}

/* A term is never above another of its kind (NULL: none, which is 0). */
static bool
term_is_at_most(const struct policy_fee_term *a, const struct policy_fee_term *b)
{
    if (b == NULL)
        return a->register_name == NULL && a->amount.minor == 0 && a->min.minor == 0 &&
               (a->basis_points == 0 || (a->has_max && a->max.minor == 0));
    int64_t a_max = a->has_max ? a->max.minor : INT64_MAX;
    int64_t b_max = b->has_max ? b->max.minor : INT64_MAX;
    return a->amount.minor <= b->amount.minor && a->basis_points <= b->basis_points &&
           a->min.minor <= b->min.minor && a_max <= b_max;
}

/* The most that a fee can come to, and the least. INT64_MAX: without limit. */
static int64_t
fee_max(const struct policy_value *fee)
{
    int64_t sum = 0;
    for (size_t i = 0; i < fee->fee.count; i++) {
        const struct policy_fee_term *term = &fee->fee.items[i];
        bool is_flat = term->unit == NULL && term->base == NULL && term->register_name == NULL;
        if (!is_flat && !term->has_max)
            return INT64_MAX;
        if (__builtin_add_overflow(sum, is_flat ? term->amount.minor : term->max.minor, &sum))
            return INT64_MAX;
    }
    return sum;
}

static int64_t
fee_min(const struct policy_value *fee)
{
    int64_t sum = 0;
    for (size_t i = 0; i < fee->fee.count; i++) {
        const struct policy_fee_term *term = &fee->fee.items[i];
        int64_t least = term->unit == NULL ? term->amount.minor + term->min.minor : 0;
        if (__builtin_add_overflow(sum, least, &sum))
            return INT64_MAX;
    }
    return sum;
}

/* a is never above b, in any case. */
static bool
is_at_most(const struct policy_value *a, const struct policy_value *b)
{
    int64_t most = fee_max(a);
    if (most != INT64_MAX && most <= fee_min(b))
        return true;
    for (size_t i = 0; i < a->fee.count; i++) {
        const struct policy_fee_term *match = NULL;
        for (size_t j = 0; j < b->fee.count; j++)
            if (policy_fee_terms_pair(&a->fee.items[i], &b->fee.items[j]))
                match = &b->fee.items[j];
        if (!term_is_at_most(&a->fee.items[i], match))
            return false;
    }
    return true;
}

enum policy_order
policy_fee_compare(const struct policy_value *a, const struct policy_value *b)
{
    if (!currencies_fit(a, b))
        return POLICY_INCOMPARABLE;
    bool a_fits = is_at_most(a, b);
    bool b_fits = is_at_most(b, a);
    if (a_fits && b_fits)
        return POLICY_SAME;
    return a_fits ? POLICY_BETTER : b_fits ? POLICY_WORSE : POLICY_INCOMPARABLE;
}
