/*
 * entitlement_layer - one interval: its origin and span, what paused it and what ended it
 *
 * An interval is made in the order in which its steps are told: the origin (anchor, hand-back,
 * handover, the base of a plan), the span, the pauses, and what ended it early. Each step keeps
 * what it adds to, so that anybody can add again.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

enum { STEPS_BESIDE_PAUSES = 6 };

/* ---- making one ---- */

static const struct entitlement_pauses *
pauses_of(const struct entitlement_unit *unit, const struct entitlement_terms *term)
{
    static const struct entitlement_pauses none;
    if (term == NULL || !term->pauses)
        return &none;
    return term->counts_all_repairs ? &unit->all : &unit->covered;
}

struct entitlement_draft *
entitlement_draft_new(struct entitlement_builder *builder, const struct entitlement_terms *term,
                      size_t unit, struct fault *ret_fault)
{
    if (builder->count == builder->room) {
        fault_set(ret_fault, ERR_RESOURCE_EXHAUSTED, "INTERVALS_TOO_MANY",
                  "the ledger has more than %d intervals", ENTITLEMENT_INTERVALS_MAX);
        return NULL;
    }
    const struct entitlement_unit *owner = &builder->chain.units[unit];
    size_t step_room = pauses_of(owner, term)->count + STEPS_BESIDE_PAUSES;
    struct entitlement_step *steps = arena_try_alloc(builder->arena, step_room * sizeof steps[0]);
    if (steps == NULL) {
        entitlement_no_memory(ret_fault);
        return NULL;
    }
    struct entitlement_interval *interval = &builder->intervals[builder->count];
    *interval = (struct entitlement_interval){.clause_id = "",
                                              .cost_class = "",
                                              .component = "",
                                              .contract_id = "",
                                              .plan = "",
                                              .fault_code = "",
                                              .repair_id = "",
                                              .serial = owner->serial,
                                              .terms = term,
                                              .steps = steps};
    if (term != NULL) {
        interval->layer = term->layer;
        interval->clause_id = entitlement_text(term->clause_id);
        interval->cost_class = entitlement_text(term->cost_class);
        interval->component = entitlement_text(term->component);
    }
    struct entitlement_draft *draft = &builder->drafts[builder->count++];
    *draft = (struct entitlement_draft){.interval = interval,
                                        .steps = steps,
                                        .unit = unit,
                                        .pause_left_days = ENTITLEMENT_NEVER,
                                        .cut_day = ENTITLEMENT_NEVER};
    return draft;
}

int64_t
entitlement_add_step(struct entitlement_draft *draft, enum entitlement_step_kind kind,
                     struct date from_date, int months, int days,
                     const struct entitlement_fact *fact)
{
    struct date date = months == 0 && days == 0 ? from_date : date_add(from_date, months, days);
    draft->steps[draft->interval->step_count++] = (struct entitlement_step){
        .kind = kind,
        .from_date = from_date,
        .months = months,
        .days = days,
        .date = date,
        .fact = fact,
    };
    return date_to_days(date);
}

struct date
entitlement_step_date(const struct entitlement_draft *draft)
{
    CHECK(draft->interval->step_count > 0);
    return draft->steps[draft->interval->step_count - 1].date;
}

void
entitlement_set_start(struct entitlement_draft *draft, struct date date)
{
    draft->interval->start_date = date;
    draft->start_day = date_to_days(date);
}

void
entitlement_begin_at_anchor(const struct entitlement_builder *builder,
                            struct entitlement_draft *draft)
{
    const struct entitlement_terms *term = draft->interval->terms;
    for (size_t i = 0; i < term->anchor_count; i++) {
        const struct entitlement_anchor *anchor = &term->anchors[i];
        const struct entitlement_fact *fact = builder->chain.events[anchor->event];
        if (fact == NULL)
            continue;
        draft->start_day = entitlement_add_step(draft, ENTITLEMENT_STEP_ANCHOR, fact->date,
                                                anchor->months, anchor->days, fact);
        draft->interval->start_date = entitlement_step_date(draft);
        entitlement_add_span(draft);
        return;
    }
    draft->interval->is_undetermined = true;
}

void
entitlement_open_cap(struct entitlement_draft *draft)
{
    const struct entitlement_terms *term = draft->interval->terms;
    const struct entitlement_span *max = &term->pause_max;
    draft->pause_left_days = ENTITLEMENT_NEVER;
    if (!term->has_pause_max || max->is_none || max->is_unlimited ||
        draft->last_day == ENTITLEMENT_NEVER)
        return;
    struct date latest = date_add(entitlement_step_date(draft), max->months, max->days);
    draft->pause_left_days = date_to_days(latest) - draft->last_day;
}

void
entitlement_add_span(struct entitlement_draft *draft)
{
    const struct entitlement_span *span = &draft->interval->terms->span;
    draft->last_day = span->is_unlimited ? ENTITLEMENT_NEVER
                                         : entitlement_add_step(draft, ENTITLEMENT_STEP_SPAN,
                                                                entitlement_step_date(draft),
                                                                span->months, span->days, NULL);
    entitlement_open_cap(draft);
}

/* ---- what comes after origin and span ---- */

/* The clock stands still for one pause (A5). The cap never ends it in our hands. */
static void
apply_pause(struct entitlement_draft *draft, const struct entitlement_pause *pause, int64_t at)
{
    int64_t from = pause->from_day > draft->start_day ? pause->from_day : draft->start_day;
    struct entitlement_interval *interval = draft->interval;
    if (pause->to_day < from || from > draft->last_day)
        return;
    if (pause->is_open && date_is_absent(interval->in_repair_since))
        interval->in_repair_since = date_from_days(from);
    if (at >= from && (at < pause->to_day || pause->is_open))
        interval->is_paused = true;
    if (pause->to_day == from || draft->last_day == ENTITLEMENT_NEVER)
        return;
    int64_t days = pause->to_day - from;
    days = days < draft->pause_left_days ? days : draft->pause_left_days;
    if (draft->pause_left_days != ENTITLEMENT_NEVER)
        draft->pause_left_days -= days;
    if (draft->last_day + days < pause->to_day)
        days = pause->to_day - draft->last_day;
    draft->last_day = entitlement_add_step(draft, ENTITLEMENT_STEP_PAUSE,
                                           entitlement_step_date(draft), 0, (int)days, pause->fact);
}

static void
apply_pauses(struct entitlement_draft *draft, const struct entitlement_pauses *pauses, int64_t at)
{
    for (size_t i = 0; i < pauses->count && pauses->pauses[i].from_day <= draft->last_day; i++)
        apply_pause(draft, &pauses->pauses[i], at);
}

static bool
is_touched(const struct entitlement_end *end, const struct entitlement_interval *interval,
           size_t unit, int64_t origin)
{
    if (end->unit != unit || (origin != ENTITLEMENT_NEVER && origin >= end->day))
        return false;
    if (end->fact->kind == ENTITLEMENT_FACT_TRANSFERRED)
        return interval->terms != NULL && !interval->terms->is_transferable;
    return interval->layer != ENTITLEMENT_STATUTORY &&
           (end->fact->voided_layers & 1U << interval->layer) != 0;
}

/* Ends an interval on the day before `day`, if it would last longer. */
static void
end_before(struct entitlement_draft *draft, int64_t day, const struct entitlement_fact *fact,
           int64_t *last)
{
    if (day == ENTITLEMENT_NEVER || day - 1 >= *last)
        return;
    CHECK(fact != NULL);
    *last = entitlement_add_step(draft, ENTITLEMENT_STEP_END, fact->date, 0, -1, fact);
    draft->interval->ended_by_fact_id = fact->fact_id;
}

/* Cancelled, transferred, voided or replaced: the earliest holds. Answers the last day. */
static int64_t
apply_ends(const struct entitlement_builder *builder, struct entitlement_draft *draft, size_t unit,
           const struct entitlement_contract *contract, int64_t origin)
{
    const struct entitlement_fact *fact = NULL;
    for (size_t i = 0; i < builder->chain.end_count && fact == NULL; i++)
        if (is_touched(&builder->chain.ends[i], draft->interval, unit, origin)) {
            fact = builder->chain.ends[i].fact;
            draft->cut_day = builder->chain.ends[i].day;
        }
    if (contract != NULL && contract->cancelled != NULL &&
        date_to_days(contract->cancelled->date) < draft->cut_day) {
        fact = contract->cancelled;
        draft->cut_day = date_to_days(fact->date);
    }
    int64_t last = draft->last_day;
    const struct entitlement_unit *owner = &builder->chain.units[unit];
    if (owner->closed_day < draft->cut_day) {
        /* What would end it later finds another unit. */
        draft->cut_day = ENTITLEMENT_NEVER;
        end_before(draft, owner->closed_day, owner->closed_by, &last);
    } else {
        end_before(draft, draft->cut_day, fact, &last);
    }
    return last;
}

static void
set_dates(struct entitlement_draft *draft, int64_t last, int64_t at)
{
    struct entitlement_interval *interval = draft->interval;
    bool is_cut = interval->ended_by_fact_id != NULL;
    if (draft->cut_day != ENTITLEMENT_NEVER) {
        interval->cut_date = date_from_days(draft->cut_day);
        if (draft->cut_day <= at || (!date_is_absent(interval->in_repair_since) &&
                                     draft->cut_day <= date_to_days(interval->in_repair_since)))
            interval->in_repair_since = (struct date){0};
    }
    /* The steps lead to the last day; the one before an end to that of the term. */
    interval->has_last_date = last != ENTITLEMENT_NEVER;
    if (interval->has_last_date)
        interval->last_date = entitlement_step_date(draft);
    if (interval->is_undetermined)
        return;
    if (draft->last_day != ENTITLEMENT_NEVER)
        interval->term_last_date =
            is_cut ? draft->steps[interval->step_count - 2].date : interval->last_date;
    interval->is_empty = last < draft->start_day;
    interval->is_paused = interval->is_paused && at <= last;
}

void
entitlement_draft_finish(const struct entitlement_builder *builder, struct entitlement_draft *draft,
                         size_t unit, const struct entitlement_contract *contract, int64_t origin)
{
    const struct entitlement_unit *owner = &builder->chain.units[unit];
    if (draft->interval->is_undetermined) {
        draft->last_day = ENTITLEMENT_NEVER;
        draft->goes_over = true;
    } else if (draft->interval->terms != NULL) {
        apply_pauses(draft, pauses_of(owner, draft->interval->terms), builder->at_day);
        entitlement_hold_in_hands(builder, draft, unit);
    }
    set_dates(draft, apply_ends(builder, draft, unit, contract, origin), builder->at_day);
}

/* ---- statutory and commercial layers ---- */

enum err
entitlement_add_layers(struct entitlement_builder *builder, enum entitlement_layer layer,
                       struct fault *ret_fault)
{
    for (size_t i = 0; i < builder->question->term_count; i++) {
        const struct entitlement_terms *term = &builder->question->terms[i];
        if (term->layer != layer || term->span.is_none)
            continue;
        const struct entitlement_draft *before = NULL;
        for (size_t unit = 0; unit < builder->chain.unit_count; unit++) {
            if (unit > 0 && !entitlement_can_go_over(builder, before, unit))
                break;
            struct entitlement_draft *draft = entitlement_draft_new(builder, term, unit, ret_fault);
            if (draft == NULL)
                return ret_fault->code;
            if (unit > 0)
                entitlement_begin_from(builder, draft, before, unit);
            else
                entitlement_begin_at_anchor(builder, draft);
            entitlement_draft_finish(builder, draft, unit, NULL, ENTITLEMENT_NEVER);
            before = draft;
        }
    }
    return OK;
}
