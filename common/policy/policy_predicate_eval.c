/*
 * policy_predicate_eval - whether a condition holds, in Kleene's logic
 *
 * With false < unknown < true, "all" is the least, "any" the greatest and "not" the reverse. Every
 * term is looked at, whatever the others say.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_predicate_term.h"

#include <string.h>

#include "common/policy/policy_value_parts.h"

static enum policy_truth
truth_of(bool holds)
{
    return holds ? POLICY_TRUE : POLICY_FALSE;
}

static enum policy_truth
match_code(const struct policy_predicate *term, size_t i, const struct policy_axes *axes,
           const char *code, int value)
{
    if (strcmp(term->codes.codes[i], code) == 0)
        return POLICY_TRUE;
    if (value == 0)
        return POLICY_FALSE;
    int asked = policy_axes_find(axes, (enum policy_axis)term->axis, term->codes.codes[i]);
    if (asked == 0)
        return POLICY_FALSE;
    if (policy_axes_contains(axes, asked, value))
        return POLICY_TRUE;
    /* The fact says less than is asked: it may be so. */
    return policy_axes_contains(axes, value, asked) ? POLICY_UNKNOWN : POLICY_FALSE;
}

static enum policy_truth
match_codes(const struct policy_predicate *term, const struct policy_axes *axes, const char *code)
{
    int value = term->axis < 0 ? 0 : policy_axes_find(axes, (enum policy_axis)term->axis, code);
    enum policy_truth truth = POLICY_FALSE;
    for (size_t i = 0; i < term->codes.count; i++) {
        enum policy_truth match = match_code(term, i, axes, code, value);
        if (match > truth)
            truth = match;
    }
    return truth;
}

static enum policy_truth
match_comparison(const struct policy_predicate *term, const struct policy_fact *fact)
{
    int64_t a = fact->number;
    int64_t b = term->number;
    if (term->row->kind == POLICY_FACT_MONEY) {
        if (strcmp(fact->money.currency_code, term->money.currency_code) != 0)
            return POLICY_UNKNOWN;
        a = fact->money.minor;
        b = term->money.minor;
    } else if (term->row->kind == POLICY_FACT_DATE) {
        a = date_compare(fact->date, term->date);
        b = 0;
    }
    switch (term->comparison) {
    case POLICY_AT_LEAST:
        return truth_of(a >= b);
    case POLICY_AT_MOST:
        return truth_of(a <= b);
    case POLICY_ABOVE:
        return truth_of(a > b);
    case POLICY_BELOW:
        return truth_of(a < b);
    default:
        return truth_of(a == b);
    }
}

static enum policy_truth
match_fact(const struct policy_predicate *term, const struct policy_axes *axes,
           struct policy_fact_reader *reader)
{
    const struct policy_fact *fact = policy_fact_read_row(reader, term->row);
    if (term->kind == POLICY_TERM_KNOWN)
        return truth_of(fact != NULL);
    if (term->kind == POLICY_TERM_UNKNOWN)
        return truth_of(fact == NULL);
    if (fact == NULL)
        return POLICY_UNKNOWN;
    if (term->kind == POLICY_TERM_CODES)
        return match_codes(term, axes, fact->code);
    if (term->kind == POLICY_TERM_COMPARISON)
        return match_comparison(term, fact);
    /* A day that is known has come to pass. */
    bool flag = term->row->kind == POLICY_FACT_DATE || fact->flag;
    return truth_of(flag == term->flag);
}

enum policy_truth
policy_predicate_test(const struct policy_predicate *predicate, const struct policy_axes *axes,
                      struct policy_fact_reader *reader)
{
    if (predicate->kind > POLICY_TERM_NOT)
        return match_fact(predicate, axes, reader);
    bool is_any = predicate->kind == POLICY_TERM_ANY;
    enum policy_truth truth = is_any ? POLICY_FALSE : POLICY_TRUE;
    for (size_t i = 0; i < predicate->item_count; i++) {
        enum policy_truth item = policy_predicate_test(&predicate->items[i], axes, reader);
        if (is_any ? item > truth : item < truth)
            truth = item;
    }
    if (predicate->kind == POLICY_TERM_NOT)
        return (enum policy_truth)(POLICY_TRUE - truth);
    return truth;
}

static void
collect(const struct policy_predicate *term, const char **names, struct policy_codes *codes)
{
    for (size_t i = 0; i < term->item_count; i++)
        collect(&term->items[i], names, codes);
    if (term->kind > POLICY_TERM_NOT && !policy_codes_has(codes, term->row->name))
        names[codes->count++] = term->row->name;
}

struct policy_codes
policy_predicate_facts(struct arena *arena, const struct policy_predicate *predicate)
{
    const char **names = arena_alloc(arena, POLICY_PREDICATE_TERMS_MAX * sizeof *names);
    struct policy_codes codes = {.codes = names};
    collect(predicate, names, &codes);
    return codes;
}
