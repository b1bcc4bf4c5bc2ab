/*
 * policy_decide_record - a stored record back to the case that it answers
 *
 * The reader trusts nothing: a record may be of any origin. What a fact or a unit fact may say is
 * judged where all facts are (policy_decide_wrong.c, policy_decide_unit.c).
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

static bool
read_unit_fact(struct arena *arena, const Common__V1__UnitFact *message,
               struct entitlement_fact *fact)
{
    fact->fact_id = message->fact_id;
    fact->serial = message->serial;
    fact->date = decide_date_of(message->date);
    if (!decide_unit_fact_set_kind(fact, message->kind) ||
        !decide_time_parse(message->record_time, &fact->record_us))
        return false;
    for (size_t i = 0; i < message->n_details; i++) {
        const Common__V1__UnitFact__Detail *detail = message->details[i];
        const struct policy_codes values = {(const char *const *)detail->values, detail->n_values};
        if (decide_unit_fact_set(arena, fact, detail->name, &values) != NULL)
            return false;
    }
    return true;
}

static bool
read_value(const struct policy_fact_row *row, const Common__V1__Value *value,
           struct policy_fact *fact)
{
    int64_t time_us = 0;
    switch (row == NULL ? POLICY_FACT_FLAG : row->kind) {
    case POLICY_FACT_CODE:
        fact->code = value->code;
        return value->kind_case == COMMON__V1__VALUE__KIND_CODE;
    case POLICY_FACT_TEXT:
        fact->code = value->text;
        return value->kind_case == COMMON__V1__VALUE__KIND_TEXT;
    case POLICY_FACT_FLAG:
        fact->flag = value->flag;
        return value->kind_case == COMMON__V1__VALUE__KIND_FLAG;
    case POLICY_FACT_NUMBER:
        fact->number = value->number;
        return value->kind_case == COMMON__V1__VALUE__KIND_NUMBER;
    case POLICY_FACT_DATE:
        if (value->kind_case != COMMON__V1__VALUE__KIND_DATE)
            return false;
        fact->date = decide_date_of(value->date);
        return true;
    case POLICY_FACT_TIME:
        if (value->kind_case != COMMON__V1__VALUE__KIND_TIME ||
            !decide_time_parse(value->time, &time_us))
            return false;
        fact->time_s = divide_floor(time_us, 1000000);
        return true;
    case POLICY_FACT_MONEY:
        break;
    }
    if (value->kind_case != COMMON__V1__VALUE__KIND_MONEY || value->money == NULL ||
        strlen(value->money->currency_code) != 3)
        return false;
    fact->money.minor = value->money->minor;
    memcpy(fact->money.currency_code, value->money->currency_code, 4);
    return true;
}

static bool
read_fact(const Common__V1__Fact *message, struct policy_fact *fact)
{
    fact->name = message->name;
    fact->source = message->source;
    fact->evidence = (const char *const *)message->evidence;
    fact->evidence_count = message->n_evidence;
    fact->trust = (enum policy_trust)message->trust;
    fact->is_known = message->value != NULL;
    return !fact->is_known || read_value(policy_find_fact(message->name), message->value, fact);
}

static enum err
refuse(struct fault *fault, const char *what, const char *name)
{
    return fault_set(fault, ERR_INVALID_ARGUMENT, "RECORD_WRONG", "%s %s cannot be", what, name);
}

enum err
decide_case_of(struct arena *arena, const Common__V1__Decision *record,
               struct policy_case *ret_case, struct fault *ret_fault)
{
    int question = policy_find_question(record->question);
    if (question < 0)
        return refuse(ret_fault, "the question", record->question);
    if (record->n_facts > 2 * POLICY_CASE_FACTS_MAX || record->n_unit_facts > ENTITLEMENT_FACTS_MAX)
        return refuse(ret_fault, "the number of facts of", record->decision_id);
    *ret_case = (struct policy_case){
        .question = (enum policy_question)question,
        .decision_id = record->decision_id,
        .subject = record->subject,
        .at_date = decide_date_of(record->at_date),
        .replaces_decision_id = record->replaces_decision_id,
        .serial = record->serial,
        .unit_fact_count = record->n_unit_facts,
    };
    if (!decide_time_parse(record->decide_time, &ret_case->decide_us))
        return refuse(ret_fault, "the time", record->decide_time);
    struct policy_fact *facts = arena_alloc(arena, record->n_facts * sizeof *facts);
    for (size_t i = 0; i < record->n_facts; i++) {
        const Common__V1__Fact *from = record->facts[i];
        if (from->value == NULL && from->n_evidence == 0 && from->source[0] == 0)
            continue; /* it was asked for, and nothing was given */
        if (!read_fact(from, &facts[ret_case->fact_count++]))
            return refuse(ret_fault, "the fact", from->name);
    }
    ret_case->facts = facts;
    struct entitlement_fact *unit_facts =
        arena_try_alloc(arena, record->n_unit_facts * sizeof *unit_facts);
    if (unit_facts == NULL)
        return refuse(ret_fault, "the number of facts of", record->decision_id);
    memset(unit_facts, 0, record->n_unit_facts * sizeof *unit_facts);
    for (size_t i = 0; i < record->n_unit_facts; i++) {
        if (!read_unit_fact(arena, record->unit_facts[i], &unit_facts[i]))
            return refuse(ret_fault, "the unit fact", record->unit_facts[i]->fact_id);
    }
    ret_case->unit_facts = unit_facts;
    return OK;
}
