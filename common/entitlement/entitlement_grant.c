/*
 * entitlement_grant - what single facts grant: repair layers (A8) and goodwill
 *
 * A repair layer begins with the hand-back and is limited to what was repaired; it stays with its
 * unit. Goodwill has the dates that it was granted with, and goes over to a unit that replaces
 * this one.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

#include <stdlib.h>

/* ---- repairs ---- */

static bool
has_cost_class(const struct entitlement_fact *fact, const char *cost_class)
{
    for (size_t i = 0; i < fact->cost_class_count; i++)
        if (entitlement_is_same_text(fact->cost_classes[i], cost_class))
            return true;
    return fact->cost_class_count == 0;
}

/* A repair that succeeded, and the fact whose day its layer begins on. */
struct repair {
    const struct entitlement_fact *repaired;
    const struct entitlement_fact *handed_back;
};

static int
on_compare_repairs(const void *a, const void *b)
{
    return entitlement_compare_facts(((const struct repair *)a)->repaired,
                                     ((const struct repair *)b)->repaired);
}

/* Adds the repairs of one group of facts, if the unit is not with us any more. Answers how many. */
static size_t
read_group(const struct entitlement_fact *const *facts, size_t count, struct repair *ret_repairs)
{
    const struct entitlement_fact *handed_back = NULL;
    bool is_taken_in = false;
    for (size_t i = 0; i < count; i++) {
        if (facts[i]->kind == ENTITLEMENT_FACT_HANDED_BACK && handed_back == NULL)
            handed_back = facts[i];
        is_taken_in |= facts[i]->kind == ENTITLEMENT_FACT_TAKEN_IN;
    }
    if (is_taken_in && handed_back == NULL)
        return 0;
    size_t repair_count = 0;
    for (size_t i = 0; i < count; i++)
        if (facts[i]->kind == ENTITLEMENT_FACT_REPAIRED && facts[i]->has_succeeded)
            ret_repairs[repair_count++] = (struct repair){
                .repaired = facts[i], .handed_back = handed_back != NULL ? handed_back : facts[i]};
    return repair_count;
}

static void
begin_at_hand_back(struct entitlement_draft *draft, const struct entitlement_fact *repaired,
                   const struct entitlement_fact *handed_back)
{
    draft->interval->component = entitlement_text(repaired->component);
    draft->interval->fault_code = entitlement_text(repaired->fault_code);
    draft->interval->repair_id = entitlement_text(repaired->repair_id);
    draft->interval->fact = repaired;
    entitlement_add_step(draft, ENTITLEMENT_STEP_REPAIR, handed_back->date, 0, 0, handed_back);
    entitlement_set_start(draft, handed_back->date);
    entitlement_add_span(draft);
}

static enum err
add_repair(struct entitlement_builder *builder, const struct repair *repair,
           struct fault *ret_fault)
{
    const struct entitlement_fact *repaired = repair->repaired;
    size_t unit = entitlement_find_unit(&builder->chain, repaired->serial);
    if (unit == builder->chain.unit_count)
        return OK;
    for (size_t i = 0; i < builder->question->term_count; i++) {
        const struct entitlement_terms *term = &builder->question->terms[i];
        const char *component = entitlement_text(term->component);
        if (term->layer != ENTITLEMENT_REPAIR || term->span.is_none ||
            !has_cost_class(repaired, term->cost_class) ||
            (component[0] != 0 && !entitlement_is_same_text(component, repaired->component)))
            continue;
        struct entitlement_draft *draft = entitlement_draft_new(builder, term, unit, ret_fault);
        if (draft == NULL)
            return ret_fault->code;
        begin_at_hand_back(draft, repaired, repair->handed_back);
        entitlement_draft_finish(builder, draft, unit, NULL, draft->start_day);
    }
    return OK;
}

enum err
entitlement_add_repairs(struct entitlement_builder *builder, struct fault *ret_fault)
{
    const struct entitlement_history *history = &builder->history;
    if ((history->kinds & 1U << ENTITLEMENT_FACT_REPAIRED) == 0)
        return OK;
    struct repair *repairs =
        arena_try_alloc(builder->arena, history->fact_count * sizeof repairs[0]);
    if (repairs == NULL)
        return entitlement_no_memory(ret_fault);
    /* Group by group, as a repair may be told in many facts; then by day. */
    size_t count = 0;
    for (size_t i = 0, end; i < history->fact_count; i = end) {
        end = entitlement_group_end(history, i);
        count += read_group(history->groups + i, end - i, repairs + count);
    }
    qsort(repairs, count, sizeof repairs[0], on_compare_repairs);
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++)
        err = add_repair(builder, &repairs[i], ret_fault);
    return err;
}

/* ---- goodwill ---- */

/* The cost classes that a grant without any stands for: all of the terms, once each. */
static enum err
read_cost_classes(struct entitlement_builder *builder, const char *const **ret_classes,
                  size_t *ret_count, struct fault *ret_fault)
{
    const struct entitlement_question *question = builder->question;
    const char **classes =
        arena_try_alloc(builder->arena, (question->term_count + 1) * sizeof classes[0]);
    if (classes == NULL)
        return entitlement_no_memory(ret_fault);
    size_t count = 0;
    for (size_t i = 0; i < question->term_count; i++) {
        size_t j = 0;
        while (j < count && !entitlement_is_same_text(classes[j], question->terms[i].cost_class))
            j++;
        if (j == count)
            classes[count++] = question->terms[i].cost_class;
    }
    if (count == 0)
        classes[count++] = "";
    *ret_classes = classes;
    *ret_count = count;
    return OK;
}

/* One cost class of a grant, on the unit it was given for and on those that replaced it. */
static enum err
add_goodwill(struct entitlement_builder *builder, const struct entitlement_fact *grant,
             const char *cost_class, struct fault *ret_fault)
{
    int64_t first = date_to_days(grant->date), last = date_to_days(grant->last_date);
    size_t unit = entitlement_find_unit(&builder->chain, grant->serial);
    for (const struct entitlement_draft *before = NULL; unit < builder->chain.unit_count; unit++) {
        int64_t handover = builder->chain.units[unit].handover_day;
        if (before != NULL && (last < handover || before->cut_day <= handover))
            break;
        struct entitlement_draft *draft = entitlement_draft_new(builder, NULL, unit, ret_fault);
        if (draft == NULL)
            return ret_fault->code;
        draft->interval->layer = ENTITLEMENT_GOODWILL;
        draft->interval->clause_id = entitlement_text(grant->clause_id);
        draft->interval->cost_class = entitlement_text(cost_class);
        draft->interval->component = entitlement_text(grant->component);
        draft->interval->fact = grant;
        draft->interval->base = before != NULL ? before->interval : NULL;
        entitlement_set_start(draft, before != NULL && handover > first
                                         ? builder->chain.units[unit].opened_by->date
                                         : grant->date);
        draft->last_day =
            entitlement_add_step(draft, ENTITLEMENT_STEP_GOODWILL, grant->last_date, 0, 0, grant);
        entitlement_draft_finish(builder, draft, unit, NULL, first);
        before = draft;
    }
    return OK;
}

enum err
entitlement_add_goodwill(struct entitlement_builder *builder, struct fault *ret_fault)
{
    if ((builder->history.kinds & 1U << ENTITLEMENT_FACT_GOODWILL) == 0)
        return OK;
    const char *const *all = NULL;
    size_t all_count = 0;
    enum err err = read_cost_classes(builder, &all, &all_count, ret_fault);
    for (size_t i = 0; i < builder->history.fact_count && err == OK; i++) {
        const struct entitlement_fact *grant = builder->history.facts[i];
        if (grant->kind != ENTITLEMENT_FACT_GOODWILL)
            continue;
        const char *const *classes = grant->cost_class_count > 0 ? grant->cost_classes : all;
        size_t count = grant->cost_class_count > 0 ? grant->cost_class_count : all_count;
        for (size_t j = 0; j < count && err == OK; j++)
            err = add_goodwill(builder, grant, classes[j], ret_fault);
    }
    return err;
}
