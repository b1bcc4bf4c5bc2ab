/*
 * fact_rules - facts of units: what each kind carries, how the engine is told, what follows for a
 * unit
 *
 * Pure. One table says of each kind which event it is the day of, what it must have and what it may
 * have; whatever else is set is refused, since it would be kept and never looked at. Which facts
 * count is the ledger's own judgement (common/entitlement), so nobody judges it twice.
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include <stdio.h>
#include <string.h>

#include "common/message.h"

enum fact_field {
    DATE = 1 << 0,
    REPAIR_ID = 1 << 1,
    COVERAGE = 1 << 2,
    FAULT_CODE = 1 << 3,
    COMPONENT = 1 << 4,
    COST_CLASSES = 1 << 5,
    HAS_SUCCEEDED = 1 << 6,
    OLD_SERIAL = 1 << 7,
    RECEIVE_DATE = 1 << 8,
    CONTRACT_ID = 1 << 9,
    RENEWS_CONTRACT_ID = 1 << 10,
    PLAN = 1 << 11,
    LAST_DATE = 1 << 12,
    LAYERS = 1 << 13,
    CORRECTS_FACT_ID = 1 << 14,
    CLAUSE_ID = 1 << 15,
    FIELD_COUNT = 16
};

static const char *const field_names[FIELD_COUNT] = {
    "date",         "repair_id",    "coverage",           "fault_code",
    "component",    "cost_classes", "has_succeeded",      "old_serial",
    "receive_date", "contract_id",  "renews_contract_id", "plan",
    "last_date",    "layers",       "corrects_fact_id",   "clause_id"};

#define KIND(name) WARRANTY__V1__UNIT_FACT__KIND__##name

struct kind_row {
    enum entitlement_fact_kind kind;
    enum entitlement_event event;
    unsigned needs;
    unsigned may_have;
};

/* By kind. */
static const struct kind_row kind_rows[] = {
    [KIND(ORDERED)] = {ENTITLEMENT_FACT_EVENT, ENTITLEMENT_ORDERED, DATE, 0},
    [KIND(PURCHASED)] = {ENTITLEMENT_FACT_EVENT, ENTITLEMENT_PURCHASED, DATE, 0},
    [KIND(DELIVERED)] = {ENTITLEMENT_FACT_EVENT, ENTITLEMENT_DELIVERED, DATE, 0},
    [KIND(INSTALLED)] = {ENTITLEMENT_FACT_EVENT, ENTITLEMENT_INSTALLED, DATE, 0},
    [KIND(REGISTERED)] = {ENTITLEMENT_FACT_EVENT, ENTITLEMENT_REGISTERED, DATE, 0},
    [KIND(MANUFACTURED)] = {ENTITLEMENT_FACT_EVENT, ENTITLEMENT_MANUFACTURED, DATE, 0},
    [KIND(TAKEN_IN)] = {ENTITLEMENT_FACT_TAKEN_IN, 0, DATE | REPAIR_ID, COVERAGE},
    [KIND(HANDED_BACK)] = {ENTITLEMENT_FACT_HANDED_BACK, 0, DATE | REPAIR_ID, COVERAGE},
    [KIND(REPAIRED)] = {ENTITLEMENT_FACT_REPAIRED, 0, DATE | REPAIR_ID,
                        FAULT_CODE | COMPONENT | COST_CLASSES | HAS_SUCCEEDED},
    [KIND(REPLACED)] = {ENTITLEMENT_FACT_REPLACED, 0, DATE | OLD_SERIAL, RECEIVE_DATE | CLAUSE_ID},
    [KIND(PLAN_BOUGHT)] = {ENTITLEMENT_FACT_PLAN_BOUGHT, 0, DATE | CONTRACT_ID | PLAN, 0},
    [KIND(PLAN_CANCELLED)] = {ENTITLEMENT_FACT_PLAN_CANCELLED, 0, DATE | CONTRACT_ID, 0},
    [KIND(PLAN_RENEWED)] = {ENTITLEMENT_FACT_PLAN_RENEWED, 0, DATE | CONTRACT_ID | PLAN,
                            RENEWS_CONTRACT_ID},
    [KIND(TRANSFERRED)] = {ENTITLEMENT_FACT_TRANSFERRED, 0, DATE, 0},
    [KIND(GOODWILL)] = {ENTITLEMENT_FACT_GOODWILL, 0, DATE | LAST_DATE,
                        COST_CLASSES | COMPONENT | CLAUSE_ID},
    [KIND(VOIDED)] = {ENTITLEMENT_FACT_VOIDED, 0, DATE | LAYERS, 0},
    [KIND(CORRECTED)] = {ENTITLEMENT_FACT_CORRECTED, 0, CORRECTS_FACT_ID, 0},
};

int
fact_event(int kind)
{
    bool is_event = kind > 0 && kind < (int)COUNT_OF(kind_rows) &&
                    kind_rows[kind].kind == ENTITLEMENT_FACT_EVENT;
    return is_event ? (int)kind_rows[kind].event : -1;
}

int
fact_event_kind(enum entitlement_event event)
{
    int kind = KIND(ORDERED);
    while (fact_event(kind) != (int)event)
        kind++;
    return kind;
}

bool
fact_is_unknown(const Warranty__V1__UnitFact *fact)
{
    return (int)fact->kind <= 0 || (size_t)fact->kind >= COUNT_OF(kind_rows);
}

Warranty__V1__UnitFact *
fact_make(struct arena *arena, const char *serial, int kind, struct date date, int64_t record_us,
          const char *source)
{
    struct uuid fact_id = uuid_make();
    Warranty__V1__UnitFact *fact = arena_alloc(arena, sizeof *fact);
    warranty__v1__unit_fact__init(fact);
    fact->fact_id = message_uuid(arena, &fact_id);
    fact->serial = (char *)serial;
    fact->kind = (Warranty__V1__UnitFact__Kind)kind;
    fact->date = message_date(arena, date);
    fact->record_time = message_time(arena, record_us);
    fact->source = (char *)source;
    return fact;
}

/* ---- what a kind carries ---- */

static unsigned
fields_of(const Warranty__V1__UnitFact *fact)
{
    const bool is_set[FIELD_COUNT] = {
        fact->date != NULL,
        fact->repair_id[0] != 0,
        fact->coverage != WARRANTY__V1__UNIT_FACT__COVERAGE__COVERAGE_UNSPECIFIED,
        fact->fault_code[0] != 0,
        fact->component[0] != 0,
        fact->n_cost_classes > 0,
        fact->has_succeeded,
        fact->old_serial[0] != 0,
        fact->receive_date != NULL,
        fact->contract_id[0] != 0,
        fact->renews_contract_id[0] != 0,
        fact->plan[0] != 0,
        fact->last_date != NULL,
        fact->n_layers > 0,
        fact->corrects_fact_id[0] != 0,
        fact->clause_id[0] != 0,
    };
    unsigned fields = 0;
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        fields |= (unsigned)is_set[i] << i;
    return fields;
}

static enum err
refuse_field(struct fault *fault, unsigned fields, const char *reason, const char *what,
             const char *kind)
{
    const char *field = field_names[__builtin_ctz(fields)];
    (void)fault_set(fault, ERR_INVALID_ARGUMENT, reason, "%s %s a fact %s", field, what, kind);
    (void)snprintf(fault->field, sizeof fault->field, "%s", field);
    return ERR_INVALID_ARGUMENT;
}

/* The law's layer ends by law only. */
static enum err
check_layers(const Warranty__V1__UnitFact *fact, struct fault *ret_fault)
{
    for (size_t i = 0; i < fact->n_layers; i++) {
        if (fact->layers[i] >= COMMON__V1__ENTITLEMENT__LAYER__COMMERCIAL)
            continue;
        (void)fault_set(ret_fault, ERR_INVALID_ARGUMENT, "LAYER_BY_LAW",
                        "layers: what the law gives cannot be voided");
        (void)snprintf(ret_fault->field, sizeof ret_fault->field, "layers");
        return ERR_INVALID_ARGUMENT;
    }
    return OK;
}

enum err
fact_check_fields(const Warranty__V1__UnitFact *fact, struct fault *ret_fault)
{
    CHECK(!fact_is_unknown(fact)); /* the contract has seen to it */
    const struct kind_row *row = &kind_rows[fact->kind];
    const char *kind =
        contract_enum_name(&warranty__v1__unit_fact__kind__descriptor, (int)fact->kind);
    unsigned fields = fields_of(fact);
    unsigned missing = row->needs & ~fields;
    unsigned strange = fields & ~(row->needs | row->may_have);
    if (missing != 0)
        return refuse_field(ret_fault, missing, "FIELD_REQUIRED", "is missing in", kind);
    if (strange != 0)
        return refuse_field(ret_fault, strange, "FIELD_OUT_OF_PLACE", "says nothing in", kind);
    return check_layers(fact, ret_fault);
}

/* ---- as the engine is told ---- */

struct entitlement_fact
fact_to_entitlement(struct arena *arena, const Warranty__V1__UnitFact *fact)
{
    CHECK(!fact_is_unknown(fact));
    const struct kind_row *row = &kind_rows[fact->kind];
    const char **cost_classes =
        arena_alloc(arena, (fact->n_cost_classes + 1) * sizeof *cost_classes);
    for (size_t i = 0; i < fact->n_cost_classes; i++)
        cost_classes[i] = fact->cost_classes[i];
    struct entitlement_fact told = {
        .fact_id = fact->fact_id,
        .serial = fact->serial,
        .kind = row->kind,
        .event = row->event,
        .date = message_get_date(fact->date),
        .record_us = message_get_time(fact->record_time),
        .corrects_fact_id = fact->corrects_fact_id,
        .repair_id = fact->repair_id,
        .coverage = (enum entitlement_coverage)fact->coverage, /* the same numbers */
        .fault_code = fact->fault_code,
        .component = fact->component,
        .cost_classes = cost_classes,
        .cost_class_count = fact->n_cost_classes,
        .has_succeeded = fact->has_succeeded,
        .old_serial = fact->old_serial,
        .received_date = message_get_date(fact->receive_date),
        .contract_id = fact->contract_id,
        .renews_contract_id = fact->renews_contract_id,
        .plan = fact->plan,
        .last_date = message_get_date(fact->last_date),
        .clause_id = fact->clause_id,
    };
    for (size_t i = 0; i < fact->n_layers; i++)
        told.voided_layers |= 1U << fact->layers[i];
    return told;
}

/* ---- ledgers ---- */

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
    return err;
}

void
ledger_apply(const struct ledger *ledger, const bool *counts, struct unit *unit)
{
    memset(unit->days, 0, sizeof unit->days);
    unit->replaces_serial = "";
    unit->replaced_by_serial = "";
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
        } else if (is_own && fact->kind == KIND(REPLACED)) {
            unit->replaces_serial = fact->old_serial;
        } else if (fact->kind == KIND(REPLACED) && strcmp(fact->old_serial, unit->serial) == 0) {
            unit->replaced_by_serial = fact->serial;
        }
    }
}
