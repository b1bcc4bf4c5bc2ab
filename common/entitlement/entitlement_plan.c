/*
 * entitlement_plan - contracts for extended cover: what each begins after, and for how long (A10)
 *
 * For each cost class and component of its plan a contract has one interval on the unit it was
 * bought for and one on each that replaced it. It begins after its base: for a renewal the contract
 * that it renews, else the commercial layer. Where there is none it begins at the anchor, and goes
 * over to the next unit as any other layer.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

#include <stdlib.h>

/* ---- contracts ---- */

static bool
is_opening(const struct entitlement_fact *fact)
{
    return fact->kind == ENTITLEMENT_FACT_PLAN_BOUGHT ||
           fact->kind == ENTITLEMENT_FACT_PLAN_RENEWED;
}

/* The facts of one group. False: no contract, one that nothing opened, or not for a unit of the
 * chain. */
static bool
read_contract(const struct entitlement_builder *builder,
              const struct entitlement_fact *const *facts, size_t count,
              struct entitlement_contract *contract)
{
    *contract = (struct entitlement_contract){0};
    for (size_t i = 0; i < count; i++) {
        const struct entitlement_fact **known =
            is_opening(facts[i]) ? &contract->fact : &contract->cancelled;
        *known = *known == NULL ? facts[i] : *known;
    }
    if (contract->fact == NULL || !is_opening(contract->fact))
        return false;
    contract->bought_day = date_to_days(contract->fact->date);
    contract->unit = entitlement_find_unit(&builder->chain, contract->fact->serial);
    return contract->unit < builder->chain.unit_count;
}

static int
on_compare_contracts(const void *a, const void *b)
{
    return entitlement_compare_facts((*(const struct entitlement_contract *const *)a)->fact,
                                     (*(const struct entitlement_contract *const *)b)->fact);
}

static int
on_compare_id(const void *contract_id, const void *contract)
{
    return entitlement_compare_text(
        contract_id, ((const struct entitlement_contract *)contract)->fact->contract_id);
}

/* What a contract renews among those that were found, which are sorted by id; NULL: nothing. */
static const struct entitlement_contract *
find_renewed(const struct entitlement_contract *found, size_t count,
             const struct entitlement_contract *contract)
{
    const char *id = entitlement_text(contract->fact->renews_contract_id);
    if (contract->fact->kind != ENTITLEMENT_FACT_PLAN_RENEWED)
        return NULL;
    return bsearch(id, found, count, sizeof *found, on_compare_id);
}

/* In the order of the history's facts, but what is renewed before what renews it. The history is
 * checked, so there are no circles. */
static void
order_contracts(struct entitlement_builder *builder, const struct entitlement_contract *found,
                size_t count)
{
    const struct entitlement_contract *order[ENTITLEMENT_CONTRACTS_MAX];
    const struct entitlement_contract *renewed[ENTITLEMENT_CONTRACTS_MAX]; /* as `found` */
    const struct entitlement_contract *done[ENTITLEMENT_CONTRACTS_MAX] = {NULL};
    for (size_t i = 0; i < count; i++) {
        order[i] = &found[i];
        renewed[i] = find_renewed(found, count, &found[i]);
    }
    qsort(order, count, sizeof *order, on_compare_contracts);
    while (builder->contract_count < count) {
        size_t before_count = builder->contract_count;
        for (size_t i = 0; i < count; i++) {
            size_t place = (size_t)(order[i] - found);
            const struct entitlement_contract *base = renewed[place];
            if (done[place] != NULL || (base != NULL && done[base - found] == NULL))
                continue;
            struct entitlement_contract *contract = &builder->contracts[builder->contract_count++];
            *contract = found[place];
            contract->renews = base == NULL ? NULL : done[base - found];
            done[place] = contract;
        }
        CHECK(builder->contract_count > before_count);
    }
}

enum err
entitlement_read_contracts(struct entitlement_builder *builder, struct fault *ret_fault)
{
    enum { OPENED = 1 << ENTITLEMENT_FACT_PLAN_BOUGHT | 1 << ENTITLEMENT_FACT_PLAN_RENEWED };
    const struct entitlement_history *history = &builder->history;
    if ((history->kinds & OPENED) == 0)
        return OK;
    size_t room = 0, count = 0;
    for (size_t i = 0; i < history->fact_count; i++)
        room += is_opening(history->facts[i]);
    room = room < ENTITLEMENT_CONTRACTS_MAX ? room : ENTITLEMENT_CONTRACTS_MAX;
    struct entitlement_contract *found =
        arena_try_alloc(builder->arena, 2 * room * sizeof found[0]);
    if (found == NULL)
        return entitlement_no_memory(ret_fault);
    builder->contracts = found + room;
    for (size_t i = 0, end; i < history->fact_count; i = end) {
        struct entitlement_contract contract;
        end = entitlement_group_end(history, i);
        if (!read_contract(builder, history->groups + i, end - i, &contract))
            continue;
        if (count == room)
            return fault_set(ret_fault, ERR_RESOURCE_EXHAUSTED, "CONTRACTS_TOO_MANY",
                             "the units have more than %d contracts", ENTITLEMENT_CONTRACTS_MAX);
        found[count++] = contract;
    }
    order_contracts(builder, found, count);
    return OK;
}

/* ---- bases ---- */

/* The interval of a layer for a cost class and component among some of the drafts: that on the last
 * of the units up to one. */
static const struct entitlement_draft *
find_draft(const struct entitlement_builder *builder, size_t first, size_t end,
           enum entitlement_layer layer, const struct entitlement_terms *term,
           const char *component, size_t unit)
{
    /* The drafts of one term stand in the order of the units. */
    for (size_t i = end; i-- > first;) {
        const struct entitlement_draft *draft = &builder->drafts[i];
        if (draft->interval->layer == layer && draft->unit <= unit &&
            entitlement_is_same_text(draft->interval->cost_class, term->cost_class) &&
            strcmp(draft->interval->component, component) == 0)
            return draft;
    }
    return NULL;
}

/* For the component, or else for the whole unit; on the last of the units up to one. */
static const struct entitlement_draft *
find_in(const struct entitlement_builder *builder, size_t first, size_t end,
        enum entitlement_layer layer, const struct entitlement_terms *term, size_t unit)
{
    const char *component = entitlement_text(term->component);
    const struct entitlement_draft *draft =
        find_draft(builder, first, end, layer, term, component, unit);
    if (draft == NULL && component[0] != 0)
        draft = find_draft(builder, first, end, layer, term, "", unit);
    return draft;
}

/* Whether a base ended before it began, on an earlier unit: it leaves its place there, and what it
 * would have begun after may go on. */
static bool
has_left_its_place(const struct entitlement_draft *base, size_t unit)
{
    return base->unit < unit && !base->interval->is_undetermined &&
           base->cut_day <= base->start_day;
}

/* What a contract begins after on a unit; NULL: it has no base. What ended on an earlier unit is a
 * base too: the same one wherever the contract was bought. */
static const struct entitlement_draft *
find_base(const struct entitlement_builder *builder, const struct entitlement_contract *contract,
          const struct entitlement_terms *term, size_t unit)
{
    for (const struct entitlement_contract *renewed = contract->renews; renewed != NULL;
         renewed = renewed->renews) {
        const struct entitlement_draft *base = find_in(
            builder, renewed->first_draft, renewed->end_draft, ENTITLEMENT_EXTENDED, term, unit);
        if (base != NULL && !has_left_its_place(base, unit))
            return base;
        /* Its place is after what it would have begun after itself. */
        term = base != NULL ? base->interval->terms : term;
    }
    size_t end = builder->contracts[0].first_draft;
    return find_in(builder, 0, end, ENTITLEMENT_COMMERCIAL, term, unit);
}

/* ---- intervals ---- */

static const struct date last_date_of_all = {9999, 12, 31};

/* The day that a base really ended on; of one that ended before it began, the day before its first.
 * A replacement is no end: the base goes on on the new unit. */
static int64_t
end_of_base(const struct entitlement_draft *base)
{
    int64_t last = base->last_day;
    if (base->cut_day != ENTITLEMENT_NEVER && base->cut_day - 1 < last)
        last = base->cut_day - 1;
    return last < base->start_day - 1 ? base->start_day - 1 : last;
}

static void
begin_after(struct entitlement_draft *draft, const struct entitlement_draft *base)
{
    struct entitlement_interval *interval = draft->interval;
    interval->base = base->interval;
    if (base->interval->is_undetermined) {
        interval->is_undetermined = true;
        return;
    }
    int64_t last = end_of_base(base);
    if (last >= date_to_days(last_date_of_all) || base->start_day == ENTITLEMENT_NEVER) {
        /* No day is left after the base, so the plan never begins. */
        interval->is_empty = true;
        draft->start_day = draft->last_day = ENTITLEMENT_NEVER;
        return;
    }
    struct date last_date = date_from_days(last);
    entitlement_add_step(draft, ENTITLEMENT_STEP_BASE, last_date, 0, 0, NULL);
    entitlement_set_start(draft, date_add(last_date, 0, 1));
    entitlement_add_span(draft);
}

/* A draft with the names of the contract; NULL: a limit is reached. */
static struct entitlement_draft *
new_plan(struct entitlement_builder *builder, const struct entitlement_contract *contract,
         const struct entitlement_terms *term, size_t unit, struct fault *ret_fault)
{
    struct entitlement_draft *draft = entitlement_draft_new(builder, term, unit, ret_fault);
    if (draft == NULL)
        return NULL;
    draft->interval->contract_id = contract->fact->contract_id;
    draft->interval->plan = entitlement_text(contract->fact->plan);
    draft->interval->fact = contract->fact;
    return draft;
}

/* Whether a plan ran, or had ended, when its unit was replaced. If not it waits for its base. */
static bool
had_begun(const struct entitlement_draft *before, int64_t handover)
{
    return before != NULL && !before->interval->is_undetermined && before->start_day <= handover;
}

static enum err
add_plan(struct entitlement_builder *builder, const struct entitlement_contract *contract,
         const struct entitlement_terms *term, struct fault *ret_fault)
{
    const struct entitlement_draft *before = NULL;
    for (size_t unit = contract->unit; unit < builder->chain.unit_count; unit++) {
        int64_t handover = builder->chain.units[unit].handover_day;
        const struct entitlement_draft *base =
            had_begun(before, handover) ? NULL : find_base(builder, contract, term, unit);
        if (before != NULL && (before->cut_day <= handover || (base == NULL && !before->goes_over)))
            break;
        struct entitlement_draft *draft = new_plan(builder, contract, term, unit, ret_fault);
        if (draft == NULL)
            return ret_fault->code;
        if (base != NULL)
            begin_after(draft, base);
        else if (before != NULL)
            entitlement_begin_from(builder, draft, before, unit);
        else
            entitlement_begin_at_anchor(builder, draft);
        if (!draft->interval->is_empty)
            entitlement_draft_finish(builder, draft, unit, contract, contract->bought_day);
        before = draft;
    }
    return OK;
}

enum err
entitlement_add_plans(struct entitlement_builder *builder, struct fault *ret_fault)
{
    const struct entitlement_question *question = builder->question;
    for (size_t i = 0; i < builder->contract_count; i++) {
        struct entitlement_contract *contract = &builder->contracts[i];
        contract->first_draft = builder->count;
        for (size_t j = 0; j < question->term_count; j++) {
            const struct entitlement_terms *term = &question->terms[j];
            if (term->layer != ENTITLEMENT_EXTENDED || term->span.is_none ||
                !entitlement_is_same_text(term->plan, contract->fact->plan))
                continue;
            enum err err = add_plan(builder, contract, term, ret_fault);
            if (err != OK)
                return err;
        }
        contract->end_draft = builder->count;
    }
    return OK;
}
