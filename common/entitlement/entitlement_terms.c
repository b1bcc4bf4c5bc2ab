/*
 * entitlement_terms - terms that can be, and none twice
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

static bool
is_length(int months, int days)
{
    return months >= 0 && months <= ENTITLEMENT_MONTHS_MAX && days >= 0 &&
           days <= ENTITLEMENT_DAYS_MAX;
}

static bool
is_span(const struct entitlement_span *span)
{
    if (span->is_none || span->is_unlimited)
        return span->is_none != span->is_unlimited && span->months == 0 && span->days == 0;
    return is_length(span->months, span->days);
}

static bool
are_anchors(const struct entitlement_terms *term)
{
    if (term->anchor_count > ENTITLEMENT_ANCHORS_MAX)
        return false;
    for (size_t i = 0; i < term->anchor_count; i++)
        if ((unsigned)term->anchors[i].event >= ENTITLEMENT_EVENT_COUNT ||
            !is_length(term->anchors[i].months, term->anchors[i].days))
            return false;
    return true;
}

/* NULL: nothing is wrong with it. */
static const char *
what_is_wrong(const struct entitlement_terms *term)
{
    if (term->layer < ENTITLEMENT_STATUTORY || term->layer > ENTITLEMENT_REPAIR)
        return "no layer that terms can promise";
    if (!is_span(&term->span))
        return "a span that is none";
    if (!are_anchors(term))
        return "anchors that are none";
    if (term->has_pause_max && !is_span(&term->pause_max))
        return "a cap of pauses that is none";
    if ((unsigned)term->carry_over > ENTITLEMENT_LONGER_OF)
        return "no known way to carry over";
    if (term->carry_over == ENTITLEMENT_LONGER_OF && !is_span(&term->at_least))
        return "a least span that is none";
    return NULL;
}

static bool
is_same(const struct entitlement_terms *a, const struct entitlement_terms *b)
{
    if (a->layer != b->layer || !entitlement_is_same_text(a->cost_class, b->cost_class) ||
        !entitlement_is_same_text(a->component, b->component))
        return false;
    if (a->layer == ENTITLEMENT_EXTENDED)
        return entitlement_is_same_text(a->plan, b->plan);
    return a->layer != ENTITLEMENT_STATUTORY ||
           entitlement_is_same_text(a->clause_id, b->clause_id);
}

enum err
entitlement_check_terms(const struct entitlement_terms *terms, size_t term_count,
                        struct fault *ret_fault)
{
    if (term_count > ENTITLEMENT_TERMS_MAX)
        return fault_set(ret_fault, ERR_RESOURCE_EXHAUSTED, "TERMS_TOO_MANY",
                         "%zu terms are more than %d", term_count, ENTITLEMENT_TERMS_MAX);
    for (size_t i = 0; i < term_count; i++) {
        const struct entitlement_terms *term = &terms[i];
        const char *wrong = what_is_wrong(term);
        if (wrong != NULL)
            return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "TERMS_WRONG", "clause %s has %s",
                             entitlement_text(term->clause_id), wrong);
        for (size_t j = 0; j < i; j++)
            if (is_same(term, &terms[j]))
                return fault_set(
                    ret_fault, ERR_INVALID_ARGUMENT, "TERMS_REPEAT",
                    "clauses %s and %s promise the same layer, cost class '%s' and "
                    "component '%s'",
                    entitlement_text(terms[j].clause_id), entitlement_text(term->clause_id),
                    entitlement_text(term->cost_class), entitlement_text(term->component));
    }
    return OK;
}
