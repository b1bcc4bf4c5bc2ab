/*
 * policy_decide_facts - what the case and the unit's ledger say, and what of it was read
 *
 * Facts of the catalogue stand by the number of their row, which is also their order by name: so
 * one is found at once, and what was read is a set of bits. Documents that only a policy names are
 * few; they stand in a list beside it.
 *
 * Of the unit's facts those count that no correction strikes out; the record holds all that were
 * known. They beat facts of the case: the day of an event that the ledger knows is RECORDED,
 * whatever the case says of it. An event that only the case knows, on more than the customer's
 * word, becomes a fact of the unit for this decision (policy_decide_layers.c).
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* The row's number; -1 for a document that is none of the catalogue. */
static int
row_index(const struct policy_engine *engine, const struct policy_fact_row *row)
{
    bool is_own = row < engine->rows || row >= engine->rows + engine->row_names.count;
    return is_own ? -1 : (int)(row - engine->rows);
}

static const struct policy_fact *
find_document(const struct decide *d, const char *name)
{
    for (size_t i = 0; i < d->documents.count; i++) {
        const struct policy_fact *fact = d->documents.items[i];
        if (strcmp(fact->name, name) == 0)
            return fact;
    }
    return NULL;
}

static void
note_document(struct decide *d, const struct policy_fact_row *row)
{
    for (size_t i = 0; i < d->read_documents.count; i++) {
        const struct policy_fact_row *other = d->read_documents.items[i];
        if (strcmp(other->name, row->name) == 0)
            return;
    }
    decide_list_add(d, &d->read_documents, (void *)row);
}

static const struct policy_fact *
find_fact(void *context, const struct policy_fact_row *row)
{
    struct decide *d = context;
    int index = row_index(d->engine, row);
    if (index < 0) {
        note_document(d, row);
        return find_document(d, row->name);
    }
    d->read_rows[index / 64] |= UINT64_C(1) << index % 64;
    return d->given[index];
}

const struct policy_fact *
decide_read_row(struct decide *d, const struct policy_fact_row *row)
{
    CHECK(row != NULL);
    const struct policy_fact *fact = find_fact(d, row);
    return fact != NULL && fact->is_known ? fact : NULL;
}

const struct policy_fact *
decide_read_fact(struct decide *d, const char *name)
{
    return decide_read_row(d, decide_row(d->engine, name));
}

/* ---- the case ---- */

static bool
is_document(const struct policy_set *set, const char *name)
{
    for (size_t i = 0; i < set->version_count; i++) {
        if (policy_has_code(set->versions[i], "document", name))
            return true;
    }
    return false;
}

/* Where a code is kept, or may be. */
static struct decide_code *
find_code(struct policy_engine *engine, const char *code)
{
    return &engine->codes[decide_names_hash(code) % DECIDE_CODES_KEPT];
}

/* What is wrong with a fact; NULL: nothing. A code that was right once is not looked up again. */
static const char *
find_wrong(struct decide *d, const struct policy_fact_row *row, const struct policy_fact *fact,
           const char **ret_reason)
{
    bool has_code = row != NULL && row->kind == POLICY_FACT_CODE && fact->code != NULL &&
                    strnlen(fact->code, POLICY_CODE_SIZE) < POLICY_CODE_SIZE;
    struct decide_code *kept = has_code ? find_code(d->engine, fact->code) : NULL;
    if (kept != NULL && kept->row == row && kept->trust == fact->trust &&
        decide_is_same_text(kept->code, fact->code))
        return NULL;
    const char *wrong = decide_fact_wrong(d->work, &d->engine->set, row, fact, ret_reason);
    if (wrong == NULL && kept != NULL) {
        kept->row = row;
        kept->trust = fact->trust;
        memcpy(kept->code, fact->code, strlen(fact->code) + 1);
    }
    return wrong;
}

/* A stored record was held against the rule when it was made, perhaps with versions that are not
 * there any more: of its codes nothing is asked again. */
static enum err
check_fact(struct decide *d, const struct policy_fact_row *row, const struct policy_fact *fact)
{
    const char *reason = "";
    const char *wrong = fact->is_known ? find_wrong(d, row, fact, &reason) : NULL;
    if (wrong == NULL || (d->is_again && strcmp(reason, "CODE_UNKNOWN") == 0))
        return OK;
    return fault_set(d->fault, ERR_INVALID_ARGUMENT, reason, "the fact %s: %s", fact->name, wrong);
}

static enum err
take_fact(struct decide *d, const struct policy_fact *fact)
{
    const struct policy_fact_row *row = decide_row(d->engine, fact->name);
    if (row == NULL && !is_document(&d->engine->set, fact->name))
        return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_UNKNOWN", "no fact is called %s",
                         fact->name);
    enum err err = check_fact(d, row, fact);
    if (err != OK)
        return err;
    const struct policy_fact **place = row == NULL ? NULL : &d->given[row - d->engine->rows];
    if (row == NULL ? find_document(d, fact->name) != NULL : *place != NULL)
        return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_REPEATS",
                         "the fact %s is given twice", fact->name);
    if (row == NULL)
        decide_list_add(d, &d->documents, (void *)fact);
    else
        *place = fact;
    return OK;
}

static enum err
take_facts(struct decide *d)
{
    const struct policy_case *question = d->question;
    if (question->fact_count > POLICY_CASE_FACTS_MAX)
        return fault_set(d->fault, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS", "more than %d facts",
                         POLICY_CASE_FACTS_MAX);
    enum err err = OK;
    for (size_t i = 0; err == OK && i < question->fact_count; i++)
        err = take_fact(d, &question->facts[i]);
    d->reader = (struct policy_fact_reader){.find = find_fact, .context = d};
    return err;
}

/* ---- the unit ---- */

static int
compare_unit_facts(const void *a_place, const void *b_place)
{
    const struct entitlement_fact *a = *(const struct entitlement_fact *const *)a_place;
    const struct entitlement_fact *b = *(const struct entitlement_fact *const *)b_place;
    int order = date_compare(a->date, b->date);
    if (order == 0)
        order = compare_numbers(a->record_us, b->record_us);
    return order != 0 ? order : strcmp(a->fact_id, b->fact_id);
}

static enum err
check_unit_fact(struct decide *d, const struct entitlement_fact *fact)
{
    if (fact->fact_id == NULL || fact->serial == NULL)
        return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_WRONG",
                         "a unit fact has no id or serial");
    const char *wrong = decide_unit_fact_wrong(d->work, fact);
    if (wrong != NULL)
        return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_WRONG", "the unit fact %s: %s",
                         fact->fact_id, wrong);
    return OK;
}

/* Keeps the unit facts that were known, and among them those that count. */
static enum err
take_unit_facts(struct decide *d)
{
    const struct policy_case *question = d->question;
    if (question->unit_fact_count > ENTITLEMENT_FACTS_MAX)
        return fault_set(d->fault, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_FACTS",
                         "more than %d unit facts", ENTITLEMENT_FACTS_MAX);
    size_t room = question->unit_fact_count + 1;
    struct entitlement_fact *known = arena_alloc(d->work, room * sizeof *known);
    d->unit_facts = arena_alloc(d->work, room * sizeof *d->unit_facts);
    for (size_t i = 0; i < question->unit_fact_count; i++) {
        enum err err = check_unit_fact(d, &question->unit_facts[i]);
        if (err != OK)
            return err;
        if (question->unit_facts[i].record_us > question->decide_us)
            continue;
        known[d->unit_fact_count] = question->unit_facts[i];
        d->unit_facts[d->unit_fact_count++] = &question->unit_facts[i];
    }
    if (d->unit_fact_count > 1)
        qsort(d->unit_facts, d->unit_fact_count, sizeof(*d->unit_facts), compare_unit_facts);
    return entitlement_facts_left(d->work, known, d->unit_fact_count, question->decide_us,
                                  &d->facts_left, &d->left_count, d->fault);
}

static void
set_event(struct decide *d, const struct entitlement_fact *from)
{
    const struct policy_fact_row *row = d->engine->event_rows[from->event];
    struct policy_fact *event = arena_alloc(d->work, sizeof *event);
    event->name = row->name;
    event->is_known = true;
    event->date = from->date;
    event->trust = from->is_stated ? POLICY_STATED : POLICY_RECORDED;
    event->source = from->fact_id;
    d->given[row - d->engine->rows] = event;
}

/* Whether a fact says no more of an event than one before it: that is the first day, unless it is
 * the customer's word for the same day. */
static bool
is_told(const struct decide *d, const struct entitlement_fact *fact)
{
    if ((d->known_events >> fact->event & 1) == 0)
        return false;
    const struct policy_fact *before =
        d->given[d->engine->event_rows[fact->event] - d->engine->rows];
    return before->trust != POLICY_STATED || fact->is_stated ||
           date_compare(before->date, fact->date) != 0;
}

/* The first day of each event that the ledger knows, as facts of the case. */
static enum err
take_events(struct decide *d)
{
    for (size_t i = 0; i < d->left_count; i++) {
        const struct entitlement_fact *fact = d->facts_left[i];
        if (fact->kind != ENTITLEMENT_FACT_EVENT || fact->event >= ENTITLEMENT_EVENT_COUNT ||
            is_told(d, fact))
            continue;
        if (!date_is_valid(fact->date))
            return fault_set(d->fault, ERR_INVALID_ARGUMENT, "FACT_WRONG",
                             "the unit fact %s has no day", fact->fact_id);
        d->known_events |= 1U << fact->event;
        set_event(d, fact);
    }
    return OK;
}

enum err
decide_take_facts(struct decide *d)
{
    enum err err = take_facts(d);
    if (err == OK)
        err = take_unit_facts(d);
    return err == OK ? take_events(d) : err;
}

/* ---- the record ---- */

static int
compare_facts(const void *a, const void *b)
{
    return strcmp((*(Common__V1__Fact *const *)a)->name, (*(Common__V1__Fact *const *)b)->name);
}

void
decide_write_facts(struct decide *d)
{
    Common__V1__Decision *record = d->record;
    size_t count = d->read_documents.count;
    for (size_t word = 0; word < COUNT_OF(d->read_rows); word++)
        count += (size_t)__builtin_popcountll(d->read_rows[word]);
    record->facts = decide_room(d->arena, count * sizeof(*record->facts));
    Common__V1__Fact *messages = decide_room(d->arena, count * sizeof *messages);
    for (size_t i = 0; i < count; i++)
        record->facts[i] = &messages[i];
    for (size_t word = 0; word < COUNT_OF(d->read_rows); word++) {
        for (uint64_t left = d->read_rows[word]; left != 0; left &= left - 1) {
            size_t index = word * 64 + (size_t)__builtin_ctzll(left);
            decide_write_fact(d, &d->engine->rows[index], d->given[index],
                              record->facts[record->n_facts++]);
        }
    }
    for (size_t i = 0; i < d->read_documents.count; i++) {
        const struct policy_fact_row *row = d->read_documents.items[i];
        decide_write_fact(d, row, find_document(d, row->name), record->facts[record->n_facts++]);
    }
    if (d->read_documents.count > 0)
        qsort(record->facts, record->n_facts, sizeof(*record->facts), compare_facts);
}
