/*
 * entitlement_chain - the units, from the first one sold to the one asked about, and their pauses
 *
 * Anchors and the day of the sale are the first unit's. Pauses are those of each unit by itself: a
 * repair is an intake and a hand-back with one repair id. Stretches that overlap or touch are
 * united, so it makes no difference in which order or how often they were told.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

#include <stdlib.h>

/* ---- units ---- */

static const struct entitlement_fact *
find_replaced(const struct entitlement_history *history, const char *serial)
{
    const struct entitlement_fact key = {.kind = ENTITLEMENT_FACT_REPLACED, .serial = serial};
    size_t count;
    const struct entitlement_fact **facts = entitlement_find_group(history, &key, &count);
    return count > 0 ? facts[0] : NULL;
}

/* The replacement that took a unit; the history is checked, so there is at most one. */
static const struct entitlement_fact *
find_replaced_by(const struct entitlement_history *history, const char *serial)
{
    for (size_t i = 0; i < history->fact_count; i++)
        if (history->facts[i]->kind == ENTITLEMENT_FACT_REPLACED &&
            strcmp(history->facts[i]->old_serial, serial) == 0)
            return history->facts[i];
    return NULL;
}

static void
set_unit(struct entitlement_unit *unit, const char *serial,
         const struct entitlement_fact *opened_by, const struct entitlement_fact *closed_by)
{
    *unit = (struct entitlement_unit){.serial = serial,
                                      .opened_by = opened_by,
                                      .closed_by = closed_by,
                                      .received_day = ENTITLEMENT_NEVER,
                                      .closed_day = ENTITLEMENT_NEVER};
    if (opened_by != NULL)
        unit->handover_day = date_to_days(opened_by->date);
    if (closed_by == NULL)
        return;
    unit->closed_day = date_to_days(closed_by->date);
    unit->received_day = date_is_absent(closed_by->received_date)
                             ? unit->closed_day
                             : date_to_days(closed_by->received_date);
}

static enum err
read_units(struct arena *arena, const struct entitlement_history *history, const char *serial,
           struct entitlement_chain *chain, struct fault *ret_fault)
{
    bool has_replaced = (history->kinds & 1U << ENTITLEMENT_FACT_REPLACED) != 0;
    const struct entitlement_fact *opened[ENTITLEMENT_UNITS_MAX]; /* the last one first */
    size_t count = 0;
    for (const char *at = serial; has_replaced && (opened[count] = find_replaced(history, at));
         at = opened[count++]->old_serial)
        if (count == ENTITLEMENT_UNITS_MAX - 1)
            return fault_set(ret_fault, ERR_RESOURCE_EXHAUSTED, "UNITS_TOO_MANY",
                             "more than %d units replaced each other", ENTITLEMENT_UNITS_MAX);
    chain->unit_count = count + 1;
    chain->units = arena_try_alloc(arena, chain->unit_count * sizeof chain->units[0]);
    if (chain->units == NULL)
        return entitlement_no_memory(ret_fault);
    for (size_t i = 0; i <= count; i++) {
        const struct entitlement_fact *opened_by = i > 0 ? opened[count - i] : NULL;
        const struct entitlement_fact *closed_by = i < count ? opened[count - i - 1] : NULL;
        if (i == count && has_replaced)
            closed_by = find_replaced_by(history, serial);
        set_unit(&chain->units[i], i < count ? closed_by->old_serial : serial, opened_by,
                 closed_by);
    }
    return OK;
}

size_t
entitlement_find_unit(const struct entitlement_chain *chain, const char *serial)
{
    size_t i = 0;
    while (i < chain->unit_count && strcmp(chain->units[i].serial, serial) != 0)
        i++;
    return i;
}

static void
read_events(const struct entitlement_history *history, struct entitlement_chain *chain)
{
    const struct entitlement_fact key = {.kind = ENTITLEMENT_FACT_EVENT,
                                         .serial = chain->units[0].serial};
    size_t count;
    const struct entitlement_fact **facts = entitlement_find_group(history, &key, &count);
    for (size_t i = 0; i < count; i++) {
        const struct entitlement_fact **first = &chain->events[facts[i]->event];
        bool proves = *first != NULL && (*first)->is_stated && !facts[i]->is_stated &&
                      date_compare((*first)->date, facts[i]->date) == 0;
        if (*first == NULL || proves)
            *first = facts[i];
    }
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT && chain->sale_fact == NULL; event++)
        chain->sale_fact = chain->events[event];
}

/* Transfers and voidings of the units of the chain. */
static enum err
read_ends(struct arena *arena, const struct entitlement_history *history,
          struct entitlement_chain *chain, struct fault *ret_fault)
{
    enum { ENDS = 1 << ENTITLEMENT_FACT_TRANSFERRED | 1 << ENTITLEMENT_FACT_VOIDED };
    if ((history->kinds & ENDS) == 0)
        return OK;
    struct entitlement_end *ends = arena_try_alloc(arena, history->fact_count * sizeof ends[0]);
    if (ends == NULL)
        return entitlement_no_memory(ret_fault);
    chain->ends = ends;
    for (size_t i = 0; i < history->fact_count; i++) {
        const struct entitlement_fact *fact = history->facts[i];
        if ((1 << fact->kind & ENDS) == 0)
            continue;
        size_t unit = entitlement_find_unit(chain, fact->serial);
        if (unit < chain->unit_count)
            ends[chain->end_count++] = (struct entitlement_end){
                .fact = fact, .day = date_to_days(fact->date), .unit = unit};
    }
    return OK;
}

enum err
entitlement_read_chain(struct arena *arena, const struct entitlement_history *history,
                       const char *serial, struct entitlement_chain *ret_chain,
                       struct fault *ret_fault)
{
    *ret_chain = (struct entitlement_chain){0};
    if (serial == NULL || serial[0] == 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "QUESTION_WRONG",
                         "the question names no unit");
    enum err err = read_units(arena, history, serial, ret_chain, ret_fault);
    if (err != OK)
        return err;
    read_events(history, ret_chain);
    return read_ends(arena, history, ret_chain, ret_fault);
}

enum err
entitlement_sale_date(struct arena *arena, const struct entitlement_fact *facts, size_t fact_count,
                      const char *serial, int64_t known_at_us, struct date *ret_date,
                      const struct entitlement_fact **ret_fact, struct fault *ret_fault)
{
    struct entitlement_history history;
    struct entitlement_chain chain;
    enum err err =
        entitlement_read_history(arena, facts, fact_count, known_at_us, &history, ret_fault);
    if (err == OK)
        err = entitlement_check_history(arena, &history, ret_fault);
    if (err == OK)
        err = entitlement_read_chain(arena, &history, serial, &chain, ret_fault);
    if (err != OK)
        return err;
    *ret_date = chain.sale_fact != NULL ? chain.sale_fact->date : (struct date){0};
    if (ret_fact != NULL)
        *ret_fact = chain.sale_fact;
    return OK;
}

/* ---- pauses ---- */

static int
on_compare_pauses(const void *a, const void *b)
{
    const struct entitlement_pause *one = a, *other = b;
    int order = compare_numbers(one->from_day, other->from_day);
    if (order == 0)
        order = compare_numbers(one->to_day, other->to_day);
    return order != 0 ? order : strcmp(one->fact->fact_id, other->fact->fact_id);
}

/* Unites what overlaps or touches. Answers how many are left. */
static size_t
unite(struct entitlement_pause *pauses, size_t count)
{
    qsort(pauses, count, sizeof pauses[0], on_compare_pauses);
    size_t last = 0;
    for (size_t i = 1; i < count; i++) {
        if (pauses[i].from_day > pauses[last].to_day) {
            pauses[++last] = pauses[i];
            continue;
        }
        pauses[last].to_day =
            pauses[i].to_day > pauses[last].to_day ? pauses[i].to_day : pauses[last].to_day;
        pauses[last].is_open |= pauses[i].is_open;
    }
    return count > 0 ? last + 1 : 0;
}

/* The pause that a repair makes; false: it makes none. */
static bool
read_repair(const struct entitlement_unit *unit, const struct entitlement_fact *const *facts,
            size_t count, int64_t at, struct entitlement_pause *ret_pause,
            enum entitlement_coverage *ret_coverage)
{
    const struct entitlement_fact *taken_in = NULL, *handed_back = NULL;
    for (size_t i = 0; i < count; i++) {
        if (facts[i]->kind == ENTITLEMENT_FACT_TAKEN_IN && taken_in == NULL)
            taken_in = facts[i];
        else if (facts[i]->kind == ENTITLEMENT_FACT_HANDED_BACK && handed_back == NULL)
            handed_back = facts[i];
    }
    if (taken_in == NULL)
        return false;
    *ret_coverage = handed_back != NULL && handed_back->coverage != ENTITLEMENT_OPEN
                        ? handed_back->coverage
                        : taken_in->coverage;
    struct entitlement_pause pause = {.from_day = date_to_days(taken_in->date), .fact = taken_in};
    if (handed_back != NULL) {
        pause.to_day = date_to_days(handed_back->date);
    } else if (unit->closed_by != NULL) {
        pause.to_day = unit->received_day;
    } else {
        pause.to_day = at > pause.from_day ? at : pause.from_day;
        pause.is_open = true;
    }
    /* From the receipt on it is the replacement that counts. */
    if (pause.to_day > unit->received_day)
        pause.to_day = unit->received_day;
    *ret_pause = pause;
    return pause.to_day > pause.from_day || pause.is_open;
}

/* The pauses of one unit, whose repairs are neighbours in the history. */
static enum err
read_unit_pauses(struct arena *arena, const struct entitlement_history *history, int64_t at,
                 size_t first, size_t end, struct entitlement_unit *unit, struct fault *ret_fault)
{
    struct entitlement_pause *all = arena_try_alloc(arena, 2 * (end - first) * sizeof all[0]);
    if (all == NULL)
        return entitlement_no_memory(ret_fault);
    struct entitlement_pause *covered = all + (end - first);
    size_t all_count = 0, covered_count = 0;
    for (size_t i = first, next; i < end; i = next) {
        next = entitlement_group_end(history, i);
        struct entitlement_pause pause;
        enum entitlement_coverage coverage;
        if (!read_repair(unit, history->groups + i, next - i, at, &pause, &coverage))
            continue;
        all[all_count++] = pause;
        if (coverage != ENTITLEMENT_NOT_COVERED)
            covered[covered_count++] = pause;
    }
    unit->all = (struct entitlement_pauses){all, unite(all, all_count)};
    unit->covered = (struct entitlement_pauses){covered, unite(covered, covered_count)};
    return OK;
}

static bool
is_repair(const struct entitlement_fact *fact)
{
    return fact->kind == ENTITLEMENT_FACT_TAKEN_IN || fact->kind == ENTITLEMENT_FACT_HANDED_BACK ||
           fact->kind == ENTITLEMENT_FACT_REPAIRED;
}

enum err
entitlement_read_pauses(struct arena *arena, const struct entitlement_history *history,
                        struct date at, struct entitlement_chain *chain, struct fault *ret_fault)
{
    if ((history->kinds & 1U << ENTITLEMENT_FACT_TAKEN_IN) == 0)
        return OK;
    for (size_t i = 0, end; i < history->fact_count; i = end) {
        const struct entitlement_fact *first = history->groups[i];
        end = i + 1;
        if (!is_repair(first))
            continue;
        while (end < history->fact_count && is_repair(history->groups[end]) &&
               strcmp(first->serial, history->groups[end]->serial) == 0)
            end++;
        size_t unit = entitlement_find_unit(chain, first->serial);
        if (unit == chain->unit_count)
            continue;
        enum err err = read_unit_pauses(arena, history, date_to_days(at), i, end,
                                        &chain->units[unit], ret_fault);
        if (err != OK)
            return err;
    }
    return OK;
}
