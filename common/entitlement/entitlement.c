/*
 * entitlement - puts the ledger together, in the order of use
 *
 * What an interval depends on (the base of a plan, the predecessor of a replaced unit) is always
 * made before it, as the order of use (A12) has it: so one walk is enough.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

/* ---- room ---- */

/* At least as many intervals as there will be, or the limit. */
static size_t
count_room(const struct entitlement_builder *builder)
{
    const struct entitlement_question *question = builder->question;
    size_t units = builder->chain.unit_count, repairs = 0, room = 0;
    for (size_t i = 0; i < builder->history.fact_count; i++) {
        const struct entitlement_fact *fact = builder->history.facts[i];
        repairs += fact->kind == ENTITLEMENT_FACT_REPAIRED;
        if (fact->kind == ENTITLEMENT_FACT_GOODWILL && room < ENTITLEMENT_INTERVALS_MAX)
            room += units * (fact->cost_class_count > 0 ? fact->cost_class_count
                                                        : question->term_count + 1);
    }
    for (size_t i = 0; i < question->term_count && room < ENTITLEMENT_INTERVALS_MAX; i++) {
        enum entitlement_layer layer = question->terms[i].layer;
        if (layer == ENTITLEMENT_REPAIR)
            room += repairs;
        else
            room += units * (layer == ENTITLEMENT_EXTENDED ? builder->contract_count : 1);
    }
    return room < ENTITLEMENT_INTERVALS_MAX ? room : ENTITLEMENT_INTERVALS_MAX;
}

static enum err
make_room(struct entitlement_builder *builder, struct fault *ret_fault)
{
    builder->room = count_room(builder);
    builder->intervals =
        arena_try_alloc(builder->arena, builder->room * sizeof builder->intervals[0]);
    builder->drafts = arena_try_alloc(builder->arena, builder->room * sizeof builder->drafts[0]);
    if (builder->intervals == NULL || builder->drafts == NULL)
        return entitlement_no_memory(ret_fault);
    return OK;
}

/* ---- the ledger ---- */

/* All that is told: facts, units, pauses, contracts. */
static enum err
read_question(struct entitlement_builder *builder, struct fault *ret_fault)
{
    const struct entitlement_question *question = builder->question;
    struct arena *arena = builder->arena;
    if (!date_is_valid(question->at))
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "QUESTION_WRONG",
                         "the question names no day");
    builder->at_day = date_to_days(question->at);
    enum err err = entitlement_check_terms(question->terms, question->term_count, ret_fault);
    if (err == OK)
        err = entitlement_read_history(arena, question->facts, question->fact_count,
                                       question->known_at_us, &builder->history, ret_fault);
    if (err == OK)
        err = entitlement_check_history(arena, &builder->history, ret_fault);
    if (err == OK)
        err = entitlement_read_chain(arena, &builder->history, question->serial, &builder->chain,
                                     ret_fault);
    if (err == OK)
        err = entitlement_read_pauses(arena, &builder->history, question->at, &builder->chain,
                                      ret_fault);
    if (err == OK)
        err = entitlement_read_contracts(builder, ret_fault);
    return err;
}

static enum err
make_intervals(struct entitlement_builder *builder, struct fault *ret_fault)
{
    enum err err = make_room(builder, ret_fault);
    if (err == OK)
        err = entitlement_add_repairs(builder, ret_fault);
    if (err == OK)
        err = entitlement_add_layers(builder, ENTITLEMENT_COMMERCIAL, ret_fault);
    if (err == OK)
        err = entitlement_add_layers(builder, ENTITLEMENT_STATUTORY, ret_fault);
    if (err == OK)
        err = entitlement_add_plans(builder, ret_fault);
    if (err == OK)
        err = entitlement_add_goodwill(builder, ret_fault);
    return err;
}

enum err
entitlement_compute(struct arena *arena, const struct entitlement_question *question,
                    struct entitlement_ledger *ret_ledger, struct fault *ret_fault)
{
    struct entitlement_builder builder = {.arena = arena, .question = question};
    enum err err = read_question(&builder, ret_fault);
    if (err == OK)
        err = make_intervals(&builder, ret_fault);
    if (err != OK)
        return err;
    const struct entitlement_fact *sale_fact = builder.chain.sale_fact;
    *ret_ledger = (struct entitlement_ledger){
        .intervals = builder.intervals,
        .interval_count = builder.count,
        .sale_date = sale_fact != NULL ? sale_fact->date : (struct date){0},
        .sale_fact = sale_fact,
        .facts = builder.history.facts,
        .fact_count = builder.history.fact_count,
    };
    return OK;
}

bool
entitlement_covers(const struct entitlement_interval *interval, struct date day)
{
    if (interval->is_undetermined || interval->is_empty ||
        date_compare(day, interval->start_date) < 0)
        return false;
    if (!interval->has_last_date || date_compare(day, interval->last_date) <= 0)
        return true;
    return !date_is_absent(interval->in_repair_since) &&
           date_compare(day, interval->in_repair_since) >= 0 &&
           (date_is_absent(interval->cut_date) || date_compare(day, interval->cut_date) < 0);
}

bool
entitlement_is_stated(const struct entitlement_interval *interval)
{
    for (; interval != NULL; interval = interval->base) {
        for (size_t i = 0; i < interval->step_count; i++) {
            const struct entitlement_step *step = &interval->steps[i];
            if (step->kind == ENTITLEMENT_STEP_ANCHOR && step->fact->is_stated)
                return true;
        }
    }
    return false;
}
