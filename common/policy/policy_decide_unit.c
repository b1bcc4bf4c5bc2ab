/*
 * policy_decide_unit - what a fact of a unit carries beside its day, by name
 *
 * One table says which details there are, of which kinds of facts, and where each stands in the
 * ledger's fact. Case files and stored records set details through it, records are written through
 * it, and facts that come from elsewhere are held against it: so what one way lets in, all do, and
 * a fact comes back as it was. A detail of another kind is refused, as nothing would ever read it,
 * and whoever gave it meant something. What is empty is left out of a record.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

static const char *const coverage_names[] = {
    [ENTITLEMENT_OPEN] = "open",
    [ENTITLEMENT_COVERED] = "covered",
    [ENTITLEMENT_NOT_COVERED] = "not_covered",
};

enum detail_form {
    DETAIL_TEXT,
    DETAIL_CLASSES,
    DETAIL_COVERAGE,
    DETAIL_FLAG,
    DETAIL_DATE,
    DETAIL_LAYERS
};

#define KIND(name) (1U << ENTITLEMENT_FACT_##name)
#define OF_PLANS (KIND(PLAN_BOUGHT) | KIND(PLAN_CANCELLED) | KIND(PLAN_RENEWED))
#define OF_REPAIRS (KIND(TAKEN_IN) | KIND(HANDED_BACK) | KIND(REPAIRED))
#define AT(field) offsetof(struct entitlement_fact, field)

/* Sorted by name, as records hold them. */
static const struct detail {
    const char *name;
    enum detail_form form;
    unsigned kinds; /* bits 1 << kind of those that carry it */
    size_t offset;
} details[] = {
    {"clause_id", DETAIL_TEXT, KIND(REPLACED) | KIND(GOODWILL), AT(clause_id)},
    {"component", DETAIL_TEXT, KIND(REPAIRED) | KIND(GOODWILL), AT(component)},
    {"contract_id", DETAIL_TEXT, OF_PLANS, AT(contract_id)},
    {"corrects_fact_id", DETAIL_TEXT, KIND(CORRECTED), AT(corrects_fact_id)},
    {"cost_classes", DETAIL_CLASSES, KIND(REPAIRED) | KIND(GOODWILL), AT(cost_classes)},
    {"coverage", DETAIL_COVERAGE, KIND(TAKEN_IN) | KIND(HANDED_BACK), AT(coverage)},
    {"fault_code", DETAIL_TEXT, KIND(REPAIRED), AT(fault_code)},
    {"has_succeeded", DETAIL_FLAG, KIND(REPAIRED), AT(has_succeeded)},
    {"last_date", DETAIL_DATE, KIND(GOODWILL), AT(last_date)},
    {"old_serial", DETAIL_TEXT, KIND(REPLACED), AT(old_serial)},
    {"plan", DETAIL_TEXT, OF_PLANS, AT(plan)},
    {"received_date", DETAIL_DATE, KIND(REPLACED), AT(received_date)},
    {"renews_contract_id", DETAIL_TEXT, KIND(PLAN_RENEWED), AT(renews_contract_id)},
    {"repair_id", DETAIL_TEXT, OF_REPAIRS, AT(repair_id)},
    {"stated", DETAIL_FLAG, KIND(EVENT), AT(is_stated)},
    {"voided_layers", DETAIL_LAYERS, KIND(VOIDED), AT(voided_layers)},
};

static const struct detail *
find_detail(const char *name)
{
    size_t i = 0;
    while (i < COUNT_OF(details) && strcmp(details[i].name, name) != 0)
        i++;
    return i == COUNT_OF(details) ? NULL : &details[i];
}

static bool
is_carried(const struct detail *detail, const struct entitlement_fact *fact)
{
    return (detail->kinds >> fact->kind & 1) != 0;
}

static const char *
kind_name(const struct entitlement_fact *fact)
{
    return fact->kind == ENTITLEMENT_FACT_EVENT ? entitlement_event_name(fact->event)
                                                : entitlement_fact_kind_name(fact->kind);
}

static const char *
not_carried(struct arena *arena, const struct entitlement_fact *fact, const char *name)
{
    return arena_printf(arena, "a fact of the kind %s has no %s", kind_name(fact), name);
}

/* ---- setting ---- */

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
set_layers(const struct policy_codes *values, unsigned *ret_layers)
{
    for (size_t i = 0; i < values->count; i++) {
        int layer = ENTITLEMENT_STATUTORY;
        while (layer <= ENTITLEMENT_GOODWILL &&
               strcmp(entitlement_layer_name((enum entitlement_layer)layer), values->codes[i]) != 0)
            layer++;
        if (layer > ENTITLEMENT_GOODWILL)
            return false;
        *ret_layers |= 1U << layer;
    }
    return true;
}

static bool
set_coverage(const char *name, enum entitlement_coverage *ret_coverage)
{
    size_t i = 0;
    while (i < COUNT_OF(coverage_names) && strcmp(coverage_names[i], name) != 0)
        i++;
    *ret_coverage = (enum entitlement_coverage)i;
    return i < COUNT_OF(coverage_names);
}

static void
set_classes(struct arena *arena, struct entitlement_fact *fact, const struct policy_codes *values)
{
    fact->cost_classes = arena_copy(arena, values->codes, values->count * sizeof *values->codes);
    fact->cost_class_count = values->count;
}

bool
decide_flag_parse(const char *text, bool *ret_flag)
{
    *ret_flag = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    return *ret_flag || strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
}

/* What the value should have been; NULL: it is set. */
static const char *
set_value(struct arena *arena, struct entitlement_fact *fact, const struct detail *detail,
          const struct policy_codes *values)
{
    void *place = (char *)fact + detail->offset;
    if (detail->form == DETAIL_LAYERS)
        return set_layers(values, place) ? NULL : "layers are asked for, as COMMERCIAL";
    if (detail->form == DETAIL_CLASSES) {
        set_classes(arena, fact, values);
        return NULL;
    }
    const char *value = values->count == 1 ? values->codes[0] : "";
    switch (detail->form) {
    case DETAIL_COVERAGE:
        return set_coverage(value, place) ? NULL : "open, covered or not_covered is asked for";
    case DETAIL_FLAG:
        return decide_flag_parse(value, place) ? NULL : "yes or no is asked for";
    case DETAIL_DATE:
        return date_parse(value, place) ? NULL : "a day is asked for, as 2026-03-15";
    default:
        break;
    }
    *(const char **)place = value;
    return values->count == 1 ? NULL : "one text is asked for";
}

const char *
decide_unit_fact_set(struct arena *arena, struct entitlement_fact *fact, const char *name,
                     const struct policy_codes *values)
{
    const struct detail *detail = find_detail(name);
    if (detail == NULL)
        return "no fact of a unit has this part";
    if (!is_carried(detail, fact))
        return not_carried(arena, fact, name);
    return set_value(arena, fact, detail, values);
}

/* ---- what is there ---- */

static bool
is_there(const struct entitlement_fact *fact, const struct detail *detail)
{
    const void *place = (const char *)fact + detail->offset;
    switch (detail->form) {
    case DETAIL_TEXT:
        break;
    case DETAIL_CLASSES:
        return fact->cost_class_count > 0;
    case DETAIL_COVERAGE:
        return fact->coverage != ENTITLEMENT_OPEN;
    case DETAIL_FLAG:
        return *(const bool *)place;
    case DETAIL_DATE:
        return !date_is_absent(*(const struct date *)place);
    case DETAIL_LAYERS:
        return fact->voided_layers != 0;
    }
    const char *text = *(const char *const *)place;
    return text != NULL && text[0] != 0;
}

const char *
decide_unit_fact_wrong(struct arena *arena, const struct entitlement_fact *fact)
{
    if ((unsigned)fact->kind >= ENTITLEMENT_FACT_KIND_COUNT ||
        (fact->kind == ENTITLEMENT_FACT_EVENT && (unsigned)fact->event >= ENTITLEMENT_EVENT_COUNT))
        return "it has no known kind";
    if ((unsigned)fact->coverage >= COUNT_OF(coverage_names))
        return "it has no known coverage";
    for (size_t i = 0; i < COUNT_OF(details); i++) {
        if (!is_carried(&details[i], fact) && is_there(fact, &details[i]))
            return not_carried(arena, fact, details[i].name);
    }
    return NULL;
}

/* ---- writing ---- */

struct writer {
    struct arena *arena;
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

static const char *
date_text(struct writer *writer, struct date date)
{
    char *text = take(writer, DATE_TEXT_SIZE);
    if (text != NULL && date_is_valid(date))
        date_print(date, text);
    return text;
}

static size_t
layer_names(unsigned layers, const char **ret_names)
{
    size_t count = 0;
    for (int layer = ENTITLEMENT_STATUTORY; layer <= ENTITLEMENT_GOODWILL; layer++)
        if ((layers >> layer & 1) != 0)
            ret_names[count++] = entitlement_layer_name((enum entitlement_layer)layer);
    return count;
}

/* The values of a detail that is there; none: the budget does not do. */
static struct policy_codes
read_values(struct writer *writer, const struct entitlement_fact *fact, const struct detail *detail)
{
    const void *place = (const char *)fact + detail->offset;
    if (detail->form == DETAIL_CLASSES)
        return (struct policy_codes){fact->cost_classes, fact->cost_class_count};
    size_t room = detail->form == DETAIL_LAYERS ? ENTITLEMENT_GOODWILL + 1 : 1;
    const char **texts = take(writer, room * sizeof *texts);
    if (texts == NULL)
        return (struct policy_codes){0};
    if (detail->form == DETAIL_LAYERS)
        return (struct policy_codes){texts, layer_names(fact->voided_layers, texts)};
    texts[0] = detail->form == DETAIL_COVERAGE ? coverage_names[fact->coverage]
               : detail->form == DETAIL_FLAG   ? "yes"
               : detail->form == DETAIL_DATE   ? date_text(writer, *(const struct date *)place)
                                               : *(const char *const *)place;
    return (struct policy_codes){texts, texts[0] != NULL};
}

static void
add_details(struct writer *writer, const struct entitlement_fact *fact,
            Common__V1__UnitFact *message)
{
    for (size_t i = 0; i < COUNT_OF(details); i++) {
        if (!is_there(fact, &details[i]))
            continue;
        struct policy_codes values = read_values(writer, fact, &details[i]);
        Common__V1__UnitFact__Detail *detail = take(writer, sizeof *detail);
        if (writer->is_full)
            return;
        if (values.count == 0)
            continue;
        common__v1__unit_fact__detail__init(detail);
        detail->name = (char *)details[i].name;
        detail->n_values = values.count;
        detail->values = (char **)values.codes;
        message->details[message->n_details++] = detail;
    }
}

static Common__V1__UnitFact *
write_unit_fact(struct writer *writer, const struct entitlement_fact *fact)
{
    Common__V1__UnitFact *message = take(writer, sizeof *message);
    char *record_time = take(writer, DECIDE_TIME_SIZE);
    Common__V1__UnitFact__Detail **room = take(writer, COUNT_OF(details) * sizeof(*room));
    if (writer->is_full)
        return NULL;
    common__v1__unit_fact__init(message);
    message->fact_id = (char *)fact->fact_id;
    message->serial = (char *)fact->serial;
    message->kind = (char *)kind_name(fact);
    if (date_is_valid(fact->date))
        message->date = decide_new_date(writer->arena, fact->date);
    decide_time_print(fact->record_us, record_time);
    message->record_time = record_time;
    message->details = room;
    add_details(writer, fact, message);
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
