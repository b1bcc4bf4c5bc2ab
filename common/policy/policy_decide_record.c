/*
 * policy_decide_record - the unit's facts as a record holds them, and a record back to its case
 *
 * What a unit fact carries beside its day stands in details, sorted by name; what is empty is left
 * out. Writing and reading are two ways through the same names, so a fact comes back as it was.
 * The reader trusts nothing: a stored record may be of any origin.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <stdlib.h>
#include <string.h>

static const char *const coverage_names[] = {
    [ENTITLEMENT_OPEN] = "open",
    [ENTITLEMENT_COVERED] = "covered",
    [ENTITLEMENT_NOT_COVERED] = "not_covered",
};

/* Where the details that are one text stand, sorted by name. */
struct text_detail {
    const char *name;
    size_t offset;
};
static const struct text_detail text_details[] = {
    {"clause_id", offsetof(struct entitlement_fact, clause_id)},
    {"component", offsetof(struct entitlement_fact, component)},
    {"contract_id", offsetof(struct entitlement_fact, contract_id)},
    {"corrects_fact_id", offsetof(struct entitlement_fact, corrects_fact_id)},
    {"fault_code", offsetof(struct entitlement_fact, fault_code)},
    {"old_serial", offsetof(struct entitlement_fact, old_serial)},
    {"plan", offsetof(struct entitlement_fact, plan)},
    {"renews_contract_id", offsetof(struct entitlement_fact, renews_contract_id)},
    {"repair_id", offsetof(struct entitlement_fact, repair_id)},
};

/* Beside the texts: cost classes, coverage, success, two days, layers. */
enum { DETAILS_MAX = COUNT_OF(text_details) + 6 };

/* ---- writing ---- */

struct writer {
    struct arena *arena;
    Common__V1__UnitFact__Detail **details; /* of the fact that is being written */
    size_t detail_count;
    bool is_full; /* the budget does not do */
};

static void *
take(struct writer *writer, size_t size_bytes)
{
    void *memory = arena_try_alloc(writer->arena, size_bytes);
    if (memory == NULL)
        writer->is_full = true;
    else
        memset(memory, 0, size_bytes);
    return memory;
}

static void
add_detail(struct writer *writer, const char *name, const char *const *values, size_t count)
{
    Common__V1__UnitFact__Detail *detail = take(writer, sizeof *detail);
    if (detail == NULL)
        return;
    CHECK(writer->detail_count < DETAILS_MAX);
    common__v1__unit_fact__detail__init(detail);
    detail->name = (char *)name;
    detail->n_values = count;
    detail->values = (char **)values;
    writer->details[writer->detail_count++] = detail;
}

static void
add_text(struct writer *writer, const char *name, const char *text)
{
    const char **values = take(writer, sizeof *values);
    if (values == NULL)
        return;
    values[0] = text;
    add_detail(writer, name, values, 1);
}

static void
add_date(struct writer *writer, const char *name, struct date date)
{
    char *text = date_is_valid(date) ? take(writer, DATE_TEXT_SIZE) : NULL;
    if (text == NULL)
        return;
    date_print(date, text);
    add_text(writer, name, text);
}

static void
add_layers(struct writer *writer, unsigned bits)
{
    const char **names = take(writer, (ENTITLEMENT_GOODWILL + 1) * sizeof *names);
    size_t count = 0;
    if (names == NULL)
        return;
    for (int layer = ENTITLEMENT_STATUTORY; layer <= ENTITLEMENT_GOODWILL; layer++) {
        if ((bits >> layer & 1) != 0)
            names[count++] = entitlement_layer_name((enum entitlement_layer)layer);
    }
    if (count > 0)
        add_detail(writer, "voided_layers", names, count);
}

static int
compare_details(const void *a, const void *b)
{
    return strcmp((*(Common__V1__UnitFact__Detail *const *)a)->name,
                  (*(Common__V1__UnitFact__Detail *const *)b)->name);
}

static void
add_details(struct writer *writer, const struct entitlement_fact *fact)
{
    for (size_t i = 0; i < COUNT_OF(text_details); i++) {
        const char *text = *(const char *const *)((const char *)fact + text_details[i].offset);
        if (text != NULL && text[0] != 0)
            add_text(writer, text_details[i].name, text);
    }
    if (fact->cost_class_count > 0)
        add_detail(writer, "cost_classes", fact->cost_classes, fact->cost_class_count);
    if (fact->coverage != ENTITLEMENT_OPEN && fact->coverage < COUNT_OF(coverage_names))
        add_text(writer, "coverage", coverage_names[fact->coverage]);
    if (fact->has_succeeded)
        add_text(writer, "has_succeeded", "yes");
    add_date(writer, "last_date", fact->last_date);
    add_date(writer, "received_date", fact->received_date);
    if (fact->voided_layers != 0)
        add_layers(writer, fact->voided_layers);
    if (writer->detail_count > 1)
        qsort(writer->details, writer->detail_count, sizeof(*writer->details), compare_details);
}

static Common__V1__UnitFact *
write_unit_fact(struct writer *writer, const struct entitlement_fact *fact)
{
    Common__V1__UnitFact *message = take(writer, sizeof *message);
    char *record_time = take(writer, DECIDE_TIME_SIZE);
    writer->details = take(writer, DETAILS_MAX * sizeof(*writer->details));
    writer->detail_count = 0;
    if (writer->is_full)
        return NULL;
    common__v1__unit_fact__init(message);
    message->fact_id = (char *)fact->fact_id;
    message->serial = (char *)fact->serial;
    message->kind =
        (char *)(fact->kind == ENTITLEMENT_FACT_EVENT ? entitlement_event_name(fact->event)
                                                      : entitlement_fact_kind_name(fact->kind));
    if (date_is_valid(fact->date))
        message->date = decide_new_date(writer->arena, fact->date);
    decide_time_print(fact->record_us, record_time);
    message->record_time = record_time;
    add_details(writer, fact);
    message->n_details = writer->detail_count;
    message->details = writer->details;
    return message;
}

Common__V1__UnitFact **
decide_unit_facts(struct decide *d)
{
    struct writer writer = {.arena = d->arena};
    Common__V1__UnitFact **messages = take(&writer, d->unit_fact_count * sizeof(*messages));
    for (size_t i = 0; !writer.is_full && i < d->unit_fact_count; i++)
        messages[i] = write_unit_fact(&writer, d->unit_facts[i]);
    return writer.is_full ? NULL : messages;
}

/* ---- reading ---- */

bool
decide_unit_fact_set_kind(struct entitlement_fact *fact, const char *kind)
{
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        if (strcmp(entitlement_event_name((enum entitlement_event)event), kind) == 0) {
            fact->kind = ENTITLEMENT_FACT_EVENT;
            fact->event = (enum entitlement_event)event;
            return true;
        }
    }
    for (int i = ENTITLEMENT_FACT_EVENT + 1; i < ENTITLEMENT_FACT_KIND_COUNT; i++) {
        if (strcmp(entitlement_fact_kind_name((enum entitlement_fact_kind)i), kind) == 0) {
            fact->kind = (enum entitlement_fact_kind)i;
            return true;
        }
    }
    return false;
}

static bool
set_layers(struct entitlement_fact *fact, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int layer = ENTITLEMENT_STATUTORY;
        while (layer <= ENTITLEMENT_GOODWILL &&
               strcmp(entitlement_layer_name((enum entitlement_layer)layer), values[i]) != 0)
            layer++;
        if (layer > ENTITLEMENT_GOODWILL)
            return false;
        fact->voided_layers |= 1U << layer;
    }
    return true;
}

static bool
set_coverage(struct entitlement_fact *fact, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(coverage_names); i++) {
        if (strcmp(coverage_names[i], name) == 0) {
            fact->coverage = (enum entitlement_coverage)i;
            return true;
        }
    }
    return false;
}

bool
decide_unit_fact_set(struct arena *arena, struct entitlement_fact *fact, const char *name,
                     const char *const *values, size_t value_count)
{
    if (strcmp(name, "voided_layers") == 0)
        return set_layers(fact, values, value_count);
    if (strcmp(name, "cost_classes") == 0) {
        fact->cost_classes = arena_copy(arena, values, value_count * sizeof *values);
        fact->cost_class_count = value_count;
        return true;
    }
    if (value_count != 1)
        return false;
    if (strcmp(name, "coverage") == 0)
        return set_coverage(fact, values[0]);
    if (strcmp(name, "has_succeeded") == 0) {
        fact->has_succeeded = strcmp(values[0], "yes") == 0;
        return fact->has_succeeded || strcmp(values[0], "no") == 0;
    }
    if (strcmp(name, "last_date") == 0)
        return date_parse(values[0], &fact->last_date);
    if (strcmp(name, "received_date") == 0)
        return date_parse(values[0], &fact->received_date);
    for (size_t i = 0; i < COUNT_OF(text_details); i++) {
        if (strcmp(text_details[i].name, name) == 0) {
            *(const char **)((char *)fact + text_details[i].offset) = values[0];
            return true;
        }
    }
    return false;
}

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
        if (!decide_unit_fact_set(arena, fact, detail->name, (const char *const *)detail->values,
                                  detail->n_values))
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
        fact->time_s = time_us / 1000000;
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
    struct policy_fact *facts = arena_alloc(arena, (record->n_facts + 1) * sizeof *facts);
    for (size_t i = 0; i < record->n_facts; i++) {
        const Common__V1__Fact *from = record->facts[i];
        if (from->value == NULL && from->n_evidence == 0 && from->source[0] == 0)
            continue; /* it was asked for, and nothing was given */
        if (!read_fact(from, &facts[ret_case->fact_count++]))
            return refuse(ret_fault, "the fact", from->name);
    }
    ret_case->facts = facts;
    struct entitlement_fact *unit_facts =
        arena_try_alloc(arena, (record->n_unit_facts + 1) * sizeof *unit_facts);
    if (unit_facts == NULL)
        return refuse(ret_fault, "the number of facts of", record->decision_id);
    memset(unit_facts, 0, (record->n_unit_facts + 1) * sizeof *unit_facts);
    for (size_t i = 0; i < record->n_unit_facts; i++) {
        if (!read_unit_fact(arena, record->unit_facts[i], &unit_facts[i]))
            return refuse(ret_fault, "the unit fact", record->unit_facts[i]->fact_id);
    }
    ret_case->unit_facts = unit_facts;
    return OK;
}
