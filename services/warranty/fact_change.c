/*
 * fact_change - a unit of work that adds facts to a ledger: read, check, work out, write
 *
 * Facts of units that replaced each other are judged together, and one fact may move the days of
 * all of them: so the whole family is held at the versions that were read, and each unit whose days
 * change is written. Units are read before their facts: a fact that comes between is dated by a
 * version that is not there any more, and the unit of work begins anew.
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include <string.h>

#include "claim.h"
#include "common/clock.h"
#include "common/message.h"
#include "coverage_rules.h"

/* Timers of units whose waiting claims the policy is to look at again. */
#define DECIDED_LATER                                                                              \
    "decided_later AS (INSERT INTO timers (timer_id, kind, aggregate_id, due_time)"                \
    " SELECT gen_random_uuid(), '" CLAIM_TIMER_DECIDE "', w.serial, $5 FROM changed, wanted w"     \
    " WHERE w.hold = 'changed' AND EXISTS (SELECT 1 FROM claims c WHERE c.serial = w.serial"       \
    " AND c.state NOT IN ('DRAFT', 'SETTLED', 'CLOSED', 'WITHDRAWN')))"

/* $22 units, the one at hand first; $23 facts. */
DB_STATEMENT(change_units, "warranty_change_units",
             "WITH " UNITS_WANTED(
                 "$22") ", locked AS " UNITS_LOCKED ", " CHANGE_KEYED
                        ", changed AS (" UNITS_UPDATED(
                            "keyed",
                            "w.place = 1") " RETURNING u.version),"
                                           " others AS (" UNITS_UPDATED(
                                               "changed",
                                               "w.place > 1") "),"
                                                              " told AS (" FACTS_INSERTED(
                                                                  "changed",
                                                                  "$23") "), " DECIDED_LATER
                                                                         ", " CHANGE_SAID
                                                                         ", " CHANGE_SAID_ALSO
                                                                             CHANGE_COUNTS);

/* ---- reading ---- */

/* The unit at hand, and those that replacements among the new facts link to it. */
static size_t
find_serials(const char *serial, Warranty__V1__UnitFact *const *facts, size_t fact_count,
             const char **serials)
{
    size_t count = 0;
    serials[count++] = serial;
    for (size_t i = 0; i < fact_count; i++) {
        if (facts[i]->kind == WARRANTY__V1__UNIT_FACT__KIND__REPLACED) {
            serials[count++] = facts[i]->serial;
            serials[count++] = facts[i]->old_serial;
        }
    }
    return count;
}

static struct unit_hold *
find_unit(const struct fact_change *change, const char *serial)
{
    for (size_t i = 0; i < change->unit_count; i++) {
        if (strcmp(change->units[i].unit.serial, serial) == 0)
            return &change->units[i];
    }
    return NULL;
}

/* The unit at hand comes first. */
static enum err
bring_forward(const struct fact_change *change, const char *serial)
{
    struct unit_hold *found = find_unit(change, serial);
    if (found == NULL)
        return ERR_NOT_FOUND;
    struct unit_hold first = change->units[0];
    change->units[0] = *found;
    *found = first;
    change->units[0].kind = UNIT_CHANGED;
    return OK;
}

static void
add_created(struct arena *arena, struct fact_change *change, const struct unit *created)
{
    struct unit_hold *units = arena_alloc(arena, (change->unit_count + 1) * sizeof *units);
    memcpy(units, change->units, change->unit_count * sizeof *units);
    units[change->unit_count] = (struct unit_hold){.unit = *created, .kind = UNIT_NEW};
    change->units = units;
    change->unit_count++;
}

/* ---- checking ---- */

static enum err
check_units(struct call *call, const struct fact_change *change)
{
    for (size_t i = 0; i < change->fact_count; i++) {
        const Warranty__V1__UnitFact *fact = change->facts[i];
        if (find_unit(change, fact->serial) == NULL)
            return call_fail(call, ERR_ABORTED, "LOST_RACE", "the units were linked otherwise");
        if (fact->kind == WARRANTY__V1__UNIT_FACT__KIND__REPLACED &&
            find_unit(change, fact->old_serial) == NULL)
            return call_fail_field(call, "old_serial", "UNIT_MISSING", "unit \"%s\" is not known",
                                   fact->old_serial);
    }
    for (size_t i = 0; i < change->ledger.count; i++) {
        if (find_unit(change, change->ledger.facts[i]->serial) == NULL)
            return call_fail(call, ERR_ABORTED, "LOST_RACE", "another unit was linked meanwhile");
    }
    if (change->unit_count <= FACT_UNITS_MAX)
        return OK;
    return call_fail(call, ERR_FAILED_PRECONDITION, "UNITS_TOO_MANY",
                     "more than %d units replaced each other", FACT_UNITS_MAX);
}

/* Corrections are always taken: a wrong fact must not stay because there are too many. */
static enum err
check_size(struct call *call, const struct fact_change *change)
{
    size_t size_bytes = 0;
    bool is_correction = true;
    for (size_t i = 0; i < change->fact_count; i++)
        is_correction =
            is_correction && change->facts[i]->kind == WARRANTY__V1__UNIT_FACT__KIND__CORRECTED;
    for (size_t i = 0; i < change->ledger.count; i++)
        size_bytes += warranty__v1__unit_fact__get_packed_size(change->ledger.facts[i]);
    size_t max_bytes = is_correction ? FACT_LEDGER_BYTES_MAX : FACT_LEDGER_BYTES_MAX * 3 / 4;
    if (change->fact_count == 0 || size_bytes <= max_bytes)
        return OK;
    return call_fail(call, ERR_FAILED_PRECONDITION, "FACTS_TOO_MANY",
                     "no more facts than these %zu can be kept of unit \"%s\" and those that are "
                     "linked to it",
                     change->ledger.count - change->fact_count, change->units[0].unit.serial);
}

static enum err
check_ids(struct call *call, const struct ledger *before, Warranty__V1__UnitFact *const *facts,
          size_t fact_count)
{
    for (size_t i = 0; i < fact_count; i++) {
        for (size_t k = 0; k < before->count; k++) {
            if (strcmp(before->facts[k]->fact_id, facts[i]->fact_id) == 0)
                return call_fail(call, ERR_ALREADY_EXISTS, "FACT_EXISTS",
                                 "fact \"%s\" is there already", facts[i]->fact_id);
        }
    }
    return OK;
}

/* What is corrected is a fact of the same unit, and there. */
static enum err
check_corrections(struct call *call, const struct ledger *before,
                  Warranty__V1__UnitFact *const *facts, size_t fact_count)
{
    for (size_t i = 0; i < fact_count; i++) {
        bool is_found = facts[i]->kind != WARRANTY__V1__UNIT_FACT__KIND__CORRECTED;
        for (size_t k = 0; k < before->count && !is_found; k++)
            is_found = strcmp(before->facts[k]->fact_id, facts[i]->corrects_fact_id) == 0 &&
                       strcmp(before->facts[k]->serial, facts[i]->serial) == 0;
        if (!is_found)
            return call_fail_field(call, "corrects_fact_id", "FACT_MISSING",
                                   "unit \"%s\" has no fact \"%s\"", facts[i]->serial,
                                   facts[i]->corrects_fact_id);
    }
    return OK;
}

/* Facts that contradict each other are a state that the new one does not fit into. */
static enum err
refuse(struct call *call, enum err err, const struct fault *fault)
{
    bool is_contradiction = strcmp(fault->reason, "FACTS_CONTRADICT") == 0;
    return call_fail(call, is_contradiction ? ERR_FAILED_PRECONDITION : err, fault->reason, "%s",
                     fault->message);
}

/* ---- working out ---- */

static bool
is_same(const struct unit *a, const struct unit *b)
{
    return memcmp(a->days, b->days, sizeof a->days) == 0 &&
           strcmp(a->replaces_serial, b->replaces_serial) == 0 &&
           strcmp(a->replaced_by_serial, b->replaced_by_serial) == 0 &&
           date_compare(a->last_cover_date, b->last_cover_date) == 0;
}

enum err
fact_work_out_cover(struct call *call, const struct ledger *family, struct unit *unit)
{
    const struct policy *policy;
    enum err err = warranty_policy(call, &policy);
    if (err != OK)
        return err;
    struct policy_fact facts[COVERAGE_FACTS_MAX];
    size_t fact_count = coverage_facts(call->arena, unit, facts);
    struct ledger own = ledger_of(call->arena, family, unit->serial);
    const struct policy_case question =
        coverage_case(call->arena, unit, &own, facts, fact_count,
                      warranty_today(policy, unit->region), clock_now_us());
    return warranty_last_cover(call, &question, &unit->last_cover_date);
}

static enum err
work_out(struct call *call, const struct fact_change *change, const bool *counts)
{
    for (size_t i = 0; i < change->unit_count; i++) {
        struct unit_hold *hold = &change->units[i];
        struct unit before = hold->unit;
        ledger_apply(&change->ledger, counts, &hold->unit);
        enum err err = fact_work_out_cover(call, &change->ledger, &hold->unit);
        if (err != OK)
            return err;
        if (hold->kind == UNIT_HELD && !is_same(&before, &hold->unit))
            hold->kind = UNIT_CHANGED;
        if (hold->kind == UNIT_CHANGED)
            hold->unit.version++;
    }
    return OK;
}

enum err
fact_prepare_await(struct call *call, const char *serial, const struct unit *created,
                   Warranty__V1__UnitFact *const *facts, size_t fact_count,
                   struct fact_change *ret_change)
{
    struct fact_change change = {.facts = facts, .fact_count = fact_count};
    const char **serials = arena_alloc(call->arena, (2 * fact_count + 1) * sizeof *serials);
    size_t serial_count = find_serials(serial, facts, fact_count, serials);
    enum err err =
        unit_read_family_await(call, serials, serial_count, &change.units, &change.unit_count);
    if (err == OK)
        err = bring_forward(&change, serial);
    struct ledger before = {0};
    if (err == OK)
        err = ledger_read_await(call, serials, serial_count, &before);
    if (err == OK)
        err = check_ids(call, &before, facts, fact_count);
    if (err == OK)
        err = check_corrections(call, &before, facts, fact_count);
    if (err != OK)
        return err;
    if (created != NULL)
        add_created(call->arena, &change, created);
    change.ledger = ledger_add(call->arena, &before, facts, fact_count);
    err = check_units(call, &change);
    if (err == OK)
        err = check_size(call, &change);
    if (err != OK)
        return err;
    bool *counts = arena_alloc(call->arena, change.ledger.count + 1);
    struct fault fault = {0};
    err = ledger_find_counted(call->arena, &change.ledger, counts, &fault);
    if (err != OK)
        return refuse(call, err, &fault);
    err = work_out(call, &change, counts);
    if (err == OK)
        *ret_change = change;
    return err;
}

/* ---- saying and writing ---- */

void
fact_say_registered(struct arena *arena, const struct unit *unit,
                    Warranty__V1__UnitFact *const *facts, size_t fact_count,
                    Warranty__V1__UnitRegistered *ret_event)
{
    warranty__v1__unit_registered__init(ret_event);
    ret_event->serial = (char *)unit->serial;
    ret_event->sku = (char *)unit->sku;
    ret_event->purchase_date = message_date(arena, unit->days[ENTITLEMENT_PURCHASED]);
    ret_event->delivery_date = message_date(arena, unit->days[ENTITLEMENT_DELIVERED]);
    ret_event->facts = arena_alloc(arena, (fact_count + 1) * sizeof(*ret_event->facts));
    for (size_t i = 0; i < fact_count; i++)
        if (strcmp(facts[i]->serial, unit->serial) == 0)
            ret_event->facts[ret_event->n_facts++] = facts[i];
}

static struct change_event
say_registered(struct arena *arena, const struct fact_change *change, const struct unit *unit)
{
    Warranty__V1__UnitRegistered *event = arena_alloc(arena, sizeof *event);
    fact_say_registered(arena, unit, change->facts, change->fact_count, event);
    return (struct change_event){.event_contract = &warranty_v1_unit_registered_contract,
                                 .event = &event->base};
}

static struct change_event
say_recorded(struct arena *arena, const struct fact_change *change)
{
    Warranty__V1__UnitFactRecorded *event = arena_alloc(arena, sizeof *event);
    warranty__v1__unit_fact_recorded__init(event);
    event->facts = (Warranty__V1__UnitFact **)change->facts;
    event->n_facts = change->fact_count;
    return (struct change_event){.event_contract = &warranty_v1_unit_fact_recorded_contract,
                                 .event = &event->base};
}

size_t
fact_events(struct arena *arena, const struct fact_change *change, size_t first,
            struct change_event *ret_events)
{
    size_t count = 0;
    for (size_t i = first; i < change->unit_count; i++) {
        const struct unit_hold *hold = &change->units[i];
        if (hold->kind == UNIT_HELD)
            continue;
        struct change_event event = hold->kind == UNIT_NEW
                                        ? say_registered(arena, change, &hold->unit)
                                        : say_recorded(arena, change);
        event.aggregate_id = hold->unit.serial;
        event.aggregate_version = hold->unit.version;
        event.owner_id = hold->unit.owner_id;
        event.unit_serial = hold->unit.serial;
        ret_events[count++] = event;
    }
    return count;
}

enum err
fact_commit_await(struct call *call, const struct fact_change *change,
                  const struct fact_commit *commit)
{
    const struct unit *unit = &change->units[0].unit;
    const struct db_param params[] = {
        unit_param(call->arena, change->units, change->unit_count),
        fact_param(call->arena, change->facts, change->fact_count),
    };
    const struct change unit_change = {
        .stmt = &change_units,
        .params = params,
        .param_count = COUNT_OF(params),
        .aggregate_id = unit->serial,
        .owner_id = unit->owner_id,
        .unit_serial = unit->serial,
        .event_contract = commit->event_contract,
        .event = commit->event,
        .response = commit->response,
        .says_also = true,
        .also = commit->also,
        .also_count = commit->also_count,
    };
    enum err err = change_commit_await(svc_db(call->svc), call, &unit_change);
    if (err == OK)
        timer_poke(svc_timer_service(call->svc), clock_now_us());
    return err;
}
