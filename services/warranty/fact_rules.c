/*
 * fact_rules - facts of units: what each kind carries, and how the engine is told
 *
 * Pure. One table says of each kind which event it is the day of, what it must have and what it may
 * have; whatever else is set is refused, since it would be kept and never looked at.
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

int
fact_compare(const void *a, const void *b)
{
    const Warranty__V1__UnitFact *left = *(Warranty__V1__UnitFact *const *)a;
    const Warranty__V1__UnitFact *right = *(Warranty__V1__UnitFact *const *)b;
    if ((left->date == NULL) != (right->date == NULL))
        return left->date == NULL ? 1 : -1;
    int order = date_compare(message_get_date(left->date), message_get_date(right->date));
    if (order != 0)
        return order;
    int64_t left_us = message_get_time(left->record_time);
    int64_t right_us = message_get_time(right->record_time);
    if (left_us != right_us)
        return left_us < right_us ? -1 : 1;
    return strcasecmp(left->fact_id, right->fact_id);
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

bool
fact_is_stated(const Warranty__V1__UnitFact *fact)
{
    return fact->kind == KIND(PURCHASED) && strcmp(fact->source, FACT_SOURCE_CUSTOMER) == 0;
}

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
        .is_stated = fact_is_stated(fact),
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
