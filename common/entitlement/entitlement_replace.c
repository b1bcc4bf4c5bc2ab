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
    return before != NULL && before->goes_over &&
           before->cut_day > builder->chain.units[unit].handover_day;
}

void
entitlement_hold_in_hands(const struct entitlement_builder *builder,
                          struct entitlement_draft *draft, size_t unit)
{
    const struct entitlement_unit *owner = &builder->chain.units[unit];
    int64_t from = owner->received_day > draft->start_day ? owner->received_day : draft->start_day;
    draft->goes_over = owner->closed_by != NULL && from <= draft->last_day;
    if (!draft->goes_over)
        return;
    if (builder->at_day >= from && builder->at_day < owner->closed_day)
        draft->interval->is_paused = true;
    if (from < owner->closed_day && draft->last_day != ENTITLEMENT_NEVER)
        draft->last_day =
            entitlement_add_step(draft, ENTITLEMENT_STEP_IN_HANDS, entitlement_step_date(draft), 0,
                                 (int)(owner->closed_day - from), owner->closed_by);
}

/* Begins anew with a span from the handover. */
static void
restart(struct entitlement_draft *draft, const struct entitlement_span *span,
        const struct entitlement_fact *replaced)
{
    entitlement_set_start(draft, replaced->date);
    draft->last_day = span->is_unlimited
                          ? ENTITLEMENT_NEVER
                          : entitlement_add_step(draft, ENTITLEMENT_STEP_RESTART, replaced->date,
                                                 span->months, span->days, replaced);
    entitlement_open_cap(draft);
}

/* Goes on with the days that were left. */
static void
remain(struct entitlement_draft *draft, const struct entitlement_draft *before, int64_t handover,
       const struct entitlement_fact *replaced)
{
    entitlement_set_start(draft, before->start_day > handover ? before->interval->start_date
                                                              : replaced->date);
    draft->pause_left_days = before->pause_left_days;
    draft->last_day = before->last_day;
    if (before->last_day != ENTITLEMENT_NEVER)
        entitlement_add_step(draft, ENTITLEMENT_STEP_REMAINING, replaced->date, 0,
                             (int)(before->last_day - handover), replaced);
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
    int64_t handover = owner->handover_day;
    draft->interval->base = before->interval;
    if (before->interval->is_undetermined) {
        draft->interval->is_undetermined = true;
        return;
    }
    /* What had not begun has nothing to restart. */
    bool has_begun = before->start_day <= handover;
    if (has_begun && term->carry_over == ENTITLEMENT_RESTART)
        restart(draft, &term->span, owner->opened_by);
    else if (has_begun && term->carry_over == ENTITLEMENT_LONGER_OF &&
             is_longer(&term->at_least, owner->opened_by->date, before->last_day))
        restart(draft, &term->at_least, owner->opened_by);
    else
        remain(draft, before, handover, owner->opened_by);
}
