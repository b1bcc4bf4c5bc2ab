/*
 * policy_decide_rivals - floors that cannot be compared with a value of the ledger on paper
 *
 * Which of 12 months and 365 days is longer depends on the day on which they begin, and that of a
 * plan or of a repair's warranty only the ledger knows. So the ledger is computed with either, and
 * the one holds with which the layers that it counts for last longer. There are few: each is tried
 * for itself, in the order in which the values were read.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_terms.h"

void
decide_add_rival(struct decide_builder *builder, enum decide_rival_of of, Common__V1__Step *step,
                 const struct policy_reading *reading)
{
    struct decide *d = builder->d;
    if (reading->rival == NULL || reading->value.absence != POLICY_PRESENT ||
        reading->rival_value.absence != POLICY_PRESENT)
        return;
    for (size_t i = 0; i < builder->rivals.count; i++) {
        if (((const struct decide_rival *)builder->rivals.items[i])->step == step)
            return;
    }
    struct decide_rival *rival = arena_alloc(d->work, sizeof *rival);
    *rival = (struct decide_rival){of, step, *reading};
    decide_list_add(d, &builder->rivals, rival);
}

/* Whether a value counts for terms. */
static bool
counts_for(const struct decide_builder *builder, const struct decide_rival *rival, size_t i)
{
    enum entitlement_layer layer = builder->terms[i].layer;
    if (rival->of == DECIDE_RIVAL_SPAN)
        return builder->layers->steps[i] == rival->step;
    return layer == ENTITLEMENT_COMMERCIAL || layer == ENTITLEMENT_EXTENDED;
}

static void
put(struct decide_builder *builder, const struct decide_rival *rival,
    const struct policy_value *value)
{
    for (size_t i = 0; i < builder->layers->term_count; i++) {
        struct entitlement_terms *terms = &builder->terms[i];
        if (!counts_for(builder, rival, i))
            continue;
        if (rival->of == DECIDE_RIVAL_SPAN)
            terms->span = decide_span_of(value);
        else if (rival->of == DECIDE_RIVAL_PAUSE_MAX)
            terms->pause_max = decide_span_of(value);
        else
            terms->at_least = decide_span_of(value);
    }
}

/* The last days of the layers that a value counts for, as a sum. */
static int64_t
sum_last_days(const struct decide_builder *builder, const struct decide_rival *rival,
              const struct entitlement_ledger *ledger)
{
    int64_t sum = 0;
    for (size_t i = 0; i < ledger->interval_count; i++) {
        const struct entitlement_interval *interval = &ledger->intervals[i];
        if (interval->terms != NULL && interval->has_last_date && !interval->is_empty &&
            counts_for(builder, rival, (size_t)(interval->terms - builder->terms)))
            sum += date_to_days(interval->last_date);
    }
    return sum;
}

enum err
decide_compute_ledger(struct decide_builder *builder, const struct entitlement_question *question,
                      struct entitlement_ledger *ret_ledger)
{
    struct decide *d = builder->d;
    enum err err = entitlement_compute(d->work, question, ret_ledger, d->fault);
    for (size_t i = 0; err == OK && i < builder->rivals.count; i++) {
        const struct decide_rival *rival = builder->rivals.items[i];
        struct entitlement_ledger other;
        put(builder, rival, &rival->reading.rival_value);
        err = entitlement_compute(d->work, question, &other, d->fault);
        if (err != OK)
            return err;
        if (sum_last_days(builder, rival, &other) > sum_last_days(builder, rival, ret_ledger)) {
            *ret_ledger = other;
            decide_lift(d, rival->step, &rival->reading);
        } else {
            put(builder, rival, &rival->reading.value);
        }
    }
    return err;
}
