/*
 * entitlement_replace - what goes over from a replaced unit to the one that was handed over (A9)
 *
 * What is left is counted on R, the day on which the faulty unit reached us: the clock stands still
 * until the handover N, so on N just as many days are left.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

bool
entitlement_can_go_over(const struct entitlement_builder *builder,
                        const struct entitlement_draft *before, size_t unit)
{
    return before != NULL && before->goes_over && before->cut > builder->chain.units[unit].handover;
}

void
entitlement_hold_in_hands(const struct entitlement_builder *builder,
                          struct entitlement_draft *draft, size_t unit)
{
    const struct entitlement_unit *owner = &builder->chain.units[unit];
    int64_t from = owner->received > draft->start ? owner->received : draft->start;
    draft->goes_over = owner->closed_by != NULL && from <= draft->last;
    if (!draft->goes_over)
        return;
    if (builder->at >= from && builder->at < owner->closed)
        draft->interval->is_paused = true;
    if (from < owner->closed && draft->last != ENTITLEMENT_NEVER)
        draft->last =
            entitlement_add_step(draft, ENTITLEMENT_STEP_IN_HANDS, entitlement_step_date(draft), 0,
                                 (int)(owner->closed - from), owner->closed_by);
}

/* Begins anew with a span from the handover. */
static void
restart(struct entitlement_draft *draft, const struct entitlement_span *span,
        entitlement_fact_ref replaced)
{
    entitlement_set_start(draft, replaced->date);
    draft->last = span->is_unlimited
                      ? ENTITLEMENT_NEVER
                      : entitlement_add_step(draft, ENTITLEMENT_STEP_RESTART, replaced->date,
                                             span->months, span->days, replaced);
    entitlement_open_cap(draft);
}

/* Goes on with the days that were left. */
static void
remain(struct entitlement_draft *draft, const struct entitlement_draft *before, int64_t handover,
       entitlement_fact_ref replaced)
{
    entitlement_set_start(draft,
                          before->start > handover ? before->interval->start_date : replaced->date);
    draft->pause_left = before->pause_left;
    draft->last = before->last;
    if (before->last != ENTITLEMENT_NEVER)
        entitlement_add_step(draft, ENTITLEMENT_STEP_REMAINING, replaced->date, 0,
                             (int)(before->last - handover), replaced);
}

static bool
is_longer(const struct entitlement_span *span, struct date handover, int64_t last)
{
    if (span->is_none || last == ENTITLEMENT_NEVER)
        return false;
    return span->is_unlimited || date_to_days(date_add(handover, span->months, span->days)) > last;
}

void
entitlement_begin_from(const struct entitlement_builder *builder, struct entitlement_draft *draft,
                       const struct entitlement_draft *before, size_t unit)
{
    const struct entitlement_unit *owner = &builder->chain.units[unit];
    const struct entitlement_terms *term = draft->interval->terms;
    int64_t handover = owner->handover;
    draft->interval->base = before->interval;
    if (before->interval->is_undetermined) {
        draft->interval->is_undetermined = true;
        return;
    }
    /* What had not begun has nothing to restart. */
    bool has_begun = before->start <= handover;
    if (has_begun && term->carry_over == ENTITLEMENT_RESTART)
        restart(draft, &term->span, owner->opened_by);
    else if (has_begun && term->carry_over == ENTITLEMENT_LONGER_OF &&
             is_longer(&term->at_least, owner->opened_by->date, before->last))
        restart(draft, &term->at_least, owner->opened_by);
    else
        remain(draft, before, handover, owner->opened_by);
}
