/*
 * ledger_rules - the facts of units that are linked: which concern a unit, which count, what
 * follows
 *
 * Pure. Which facts count is the judgement of the ledger itself (common/entitlement), which does
 * not tell of corrections; those are judged here by the same rule.
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include <string.h>

#define KIND(name) WARRANTY__V1__UNIT_FACT__KIND__##name

static struct ledger
make_room(struct arena *arena, size_t count)
{
    struct ledger ledger = {0};
    ledger.facts = arena_alloc(arena, (count + 1) * sizeof(*ledger.facts));
    ledger.entitlement = arena_alloc(arena, (count + 1) * sizeof(*ledger.entitlement));
    return ledger;
}

static void
put(struct ledger *ledger, Warranty__V1__UnitFact *fact, struct entitlement_fact told)
{
    ledger->facts[ledger->count] = fact;
    ledger->entitlement[ledger->count++] = told;
}

struct ledger
ledger_add(struct arena *arena, const struct ledger *ledger, Warranty__V1__UnitFact *const *facts,
           size_t fact_count)
{
    struct ledger whole = make_room(arena, ledger->count + fact_count);
    for (size_t i = 0; i < ledger->count; i++)
        put(&whole, ledger->facts[i], ledger->entitlement[i]);
    for (size_t i = 0; i < fact_count; i++)
        put(&whole, facts[i], fact_to_entitlement(arena, facts[i]));
    return whole;
}

/* The unit and those it replaced, by any fact that says so. */
static size_t
find_chain(const struct ledger *family, const char *serial, const char **chain)
{
    size_t count = 0;
    chain[count++] = serial;
    for (size_t at = 0; at < count; at++) {
        for (size_t i = 0; i < family->count && count < ENTITLEMENT_UNITS_MAX; i++) {
            const Warranty__V1__UnitFact *fact = family->facts[i];
            bool is_link = fact->kind == KIND(REPLACED) && strcmp(fact->serial, chain[at]) == 0;
            for (size_t seen = 0; is_link && seen < count; seen++)
                is_link = strcmp(fact->old_serial, chain[seen]) != 0;
            if (is_link)
                chain[count++] = fact->old_serial;
        }
    }
    return count;
}

static bool
is_one_of(const char *const *chain, size_t count, const char *serial)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(chain[i], serial) == 0)
            return true;
    }
    return false;
}

static const Warranty__V1__UnitFact *
find_fact(const struct ledger *ledger, const char *fact_id)
{
    for (size_t i = 0; i < ledger->count; i++) {
        if (strcmp(ledger->facts[i]->fact_id, fact_id) == 0)
            return ledger->facts[i];
    }
    return NULL;
}

/* The replacement that ended a unit, or a correction of it (and of that, and so on). */
static bool
is_end_of(const struct ledger *family, const Warranty__V1__UnitFact *fact, const char *serial)
{
    for (size_t step = 0; fact != NULL && fact->kind == KIND(CORRECTED) && step < family->count;
         step++)
        fact = find_fact(family, fact->corrects_fact_id);
    return fact != NULL && fact->kind == KIND(REPLACED) && strcmp(fact->old_serial, serial) == 0;
}

struct ledger
ledger_of(struct arena *arena, const struct ledger *family, const char *serial)
{
    const char *chain[ENTITLEMENT_UNITS_MAX];
    size_t chain_count = find_chain(family, serial, chain);
    struct ledger own = make_room(arena, family->count);
    for (size_t i = 0; i < family->count; i++) {
        const Warranty__V1__UnitFact *fact = family->facts[i];
        if (is_one_of(chain, chain_count, fact->serial) || is_end_of(family, fact, serial))
            put(&own, family->facts[i], family->entitlement[i]);
    }
    return own;
}

/* Of corrections: each counts unless one that counts corrects it. They are decided from those that
 * nobody corrects on. */
struct correction {
    size_t at;     /* in the ledger */
    size_t target; /* the correction that it corrects; NO_TARGET: another kind of fact */
    size_t pending;
    bool is_struck;
};
#define NO_TARGET SIZE_MAX

static size_t
find_corrections(const struct ledger *ledger, struct correction *corrections)
{
    size_t count = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        if (ledger->facts[i]->kind == KIND(CORRECTED))
            corrections[count++] = (struct correction){.at = i, .target = NO_TARGET};
    }
    for (size_t i = 0; i < count; i++) {
        const char *target_id = ledger->facts[corrections[i].at]->corrects_fact_id;
        for (size_t k = 0; k < count && corrections[i].target == NO_TARGET; k++) {
            if (strcmp(ledger->facts[corrections[k].at]->fact_id, target_id) == 0)
                corrections[i].target = k;
        }
        if (corrections[i].target != NO_TARGET)
            corrections[corrections[i].target].pending++;
    }
    return count;
}

static void
count_corrections(struct arena *arena, const struct ledger *ledger, bool *ret_counts)
{
    struct correction *corrections = arena_alloc(arena, (ledger->count + 1) * sizeof *corrections);
    size_t count = find_corrections(ledger, corrections);
    size_t *ready = arena_alloc(arena, (count + 1) * sizeof *ready);
    size_t ready_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (corrections[i].pending == 0)
            ready[ready_count++] = i;
    }
    for (size_t at = 0; at < ready_count; at++) {
        const struct correction *correction = &corrections[ready[at]];
        ret_counts[correction->at] = !correction->is_struck;
        if (correction->target == NO_TARGET)
            continue;
        struct correction *target = &corrections[correction->target];
        target->is_struck = target->is_struck || !correction->is_struck;
        if (--target->pending == 0)
            ready[ready_count++] = correction->target;
    }
}

enum err
ledger_find_counted(struct arena *arena, const struct ledger *ledger, bool *ret_counts,
                    struct fault *ret_fault)
{
    memset(ret_counts, 0, ledger->count * sizeof *ret_counts);
    if (ledger->count == 0)
        return OK;
    const struct entitlement_question question = {
        .serial = ledger->entitlement[0].serial,
        .at = {2000, 1, 1}, /* without terms no day matters */
        .known_at_us = INT64_MAX,
        .facts = ledger->entitlement,
        .fact_count = ledger->count,
    };
    struct entitlement_ledger counted;
    enum err err = entitlement_compute(arena, &question, &counted, ret_fault);
    for (size_t i = 0; err == OK && i < counted.fact_count; i++)
        ret_counts[counted.facts[i] - ledger->entitlement] = true;
    if (err == OK)
        count_corrections(arena, ledger, ret_counts);
    return err;
}

void
ledger_apply(const struct ledger *ledger, const bool *counts, struct unit *unit)
{
    memset(unit->days, 0, sizeof unit->days);
    unit->replaces_serial = "";
    unit->replaced_by_serial = "";
    bool is_purchase_said = false;
    bool is_purchase_proven = false;
    for (size_t i = 0; i < ledger->count; i++) {
        const Warranty__V1__UnitFact *fact = ledger->facts[i];
        bool is_own = strcmp(fact->serial, unit->serial) == 0;
        int event = fact_event((int)fact->kind);
        if (!counts[i])
            continue;
        if (is_own && event >= 0) {
            struct date *day = &unit->days[event];
            struct date told = ledger->entitlement[i].date;
            if (date_is_absent(*day) || date_compare(told, *day) < 0)
                *day = told;
            is_purchase_said = is_purchase_said || fact_is_stated(fact);
            is_purchase_proven =
                is_purchase_proven || (event == ENTITLEMENT_PURCHASED && !fact_is_stated(fact));
        } else if (is_own && fact->kind == KIND(REPLACED)) {
            unit->replaces_serial = fact->old_serial;
        } else if (fact->kind == KIND(REPLACED) && strcmp(fact->old_serial, unit->serial) == 0) {
            unit->replaced_by_serial = fact->serial;
        }
    }
    unit->is_purchase_stated = is_purchase_said && !is_purchase_proven;
}
