/*
 * claim_work - a claim that is being changed: read, decide, write
 *
 * The shape of every change: open (the claim, and its unit where the change rests on it), decide by
 * the rules or the policy, write it all at the versions that were read. Whoever lost a race begins
 * again with the open.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/principal.h"

enum { LEARNT_MAX = 4 }; /* a purchase, a delivery, and for each a correction */

/* ---- opening ---- */

enum err
claim_fail_missing(struct call *call, const char *claim_id)
{
    return call_fail(call, ERR_NOT_FOUND, "CLAIM_MISSING", "claim \"%s\" is not known", claim_id);
}

enum err
claim_open_await(struct call *call, const char *claim_id, int64_t expected_version,
                 struct claim_work *ret_work)
{
    struct uuid uuid = message_get_uuid(claim_id);
    *ret_work = (struct claim_work){.now_us = clock_now_us()};
    struct claim *claim = &ret_work->claim;
    enum err err = claim_read_await(call, &uuid, claim);
    if (err == ERR_NOT_FOUND || (err == OK && !call_may_see(call, claim->owner_id)))
        return claim_fail_missing(call, claim_id);
    if (err == OK)
        err = call_check_version(call, expected_version, claim->version);
    if (err == OK)
        err = claim_evidence_read_await(call, &uuid, &ret_work->evidence);
    if (err == OK && claim->has_decision)
        err = claim_decision_read_await(call, &claim->decision_id, &ret_work->decision);
    ret_work->state_before = claim->state;
    ret_work->change.evidence = ret_work->evidence;
    return err;
}

enum err
claim_check_verb(struct call *call, const struct claim_work *work)
{
    int state = work->claim.state;
    return call_move(call, &warranty_v1_claim_state_machine, "CLAIM_STATE", &state);
}

static void
hold_unit(struct call *call, struct claim_work *work)
{
    struct unit_hold *hold = arena_alloc(call->arena, sizeof *hold);
    *hold = (struct unit_hold){.unit = work->unit, .kind = UNIT_HELD};
    work->change.units = hold;
    work->change.unit_count = 1;
    work->change.claim_count = work->unit.claim_count;
}

/* What was read was known before: a fact that was recorded while we read, or by a clock that is a
 * little ahead, must not count as one of the time to come. */
static void
take_time(struct claim_work *work)
{
    work->now_us = clock_now_us();
    for (size_t i = 0; i < work->ledger.count; i++) {
        if (work->ledger.entitlement[i].record_us > work->now_us)
            work->now_us = work->ledger.entitlement[i].record_us;
    }
}

/* The unit is not looked at for whose it is: who sees a claim sees what it is about, also when the
 * unit was given to somebody else since. */
enum err
claim_open_unit_await(struct call *call, struct claim_work *work)
{
    struct ledger family;
    enum err err = unit_read_told_await(call, work->claim.serial, &work->unit, &family);
    if (err == ERR_NOT_FOUND)
        return unit_fail_missing(call, work->claim.serial);
    if (err != OK)
        return err;
    work->ledger = ledger_of(call->arena, &family, work->claim.serial);
    work->has_unit = true;
    take_time(work);
    hold_unit(call, work);
    return OK;
}

/* ---- what documents tell of the unit ---- */

/* The fact of the unit's own that says when an event was; NULL: nobody knows. */
static enum err
find_told(struct call *call, const struct claim_work *work, int kind,
          const Warranty__V1__UnitFact **ret_fact)
{
    const struct ledger *ledger = &work->ledger;
    bool *counts = arena_alloc(call->arena, (ledger->count + 1) * sizeof *counts);
    *ret_fact = NULL;
    enum err err = ledger_find_counted(call->arena, ledger, counts, &call->fault);
    for (size_t i = 0; err == OK && i < ledger->count; i++) {
        const Warranty__V1__UnitFact *fact = ledger->facts[i];
        if (counts[i] && (int)fact->kind == kind && strcmp(fact->serial, work->unit.serial) == 0)
            *ret_fact = fact;
    }
    return err;
}

/* A day that nobody knew becomes a fact; one that only the customer said is corrected by it, and a
 * proof of which nobody said the day proves what they said. What we knew ourselves stays. */
static enum err
learn_from(struct call *call, const struct claim_work *work, const struct claim_document *document,
           Warranty__V1__UnitFact **facts, size_t *count)
{
    int kind = claim_dated_fact(document->kind);
    if (kind == 0)
        return OK;
    for (size_t i = 0; i < *count; i++) {
        if ((int)facts[i]->kind == kind)
            return OK; /* of two documents the first one tells */
    }
    const Warranty__V1__UnitFact *told;
    enum err err = find_told(call, work, kind, &told);
    if (err != OK)
        return err;
    bool is_said = told != NULL && fact_is_stated(told);
    struct date date = document->document_date;
    if (is_said && date_is_absent(date))
        date = message_get_date(told->date);
    if ((told != NULL && !is_said) || date_is_absent(date))
        return OK;
    const char *source = arena_printf(call->arena, "warranty/claims/%s",
                                      message_uuid(call->arena, &work->claim.claim_id));
    if (is_said) {
        facts[*count] =
            fact_make(call->arena, work->unit.serial, WARRANTY__V1__UNIT_FACT__KIND__CORRECTED,
                      (struct date){0}, work->now_us, source);
        facts[(*count)++]->corrects_fact_id = told->fact_id;
    }
    facts[(*count)++] = fact_make(call->arena, work->unit.serial, kind, date, work->now_us, source);
    return OK;
}

void
claim_take_facts(struct call *call, struct claim_work *work, const struct fact_change *prepared)
{
    int32_t claim_count = work->unit.claim_count;
    struct change_event *events = arena_alloc(call->arena, prepared->unit_count * sizeof *events);
    work->unit = prepared->units[0].unit;
    work->ledger = ledger_of(call->arena, &prepared->ledger, work->claim.serial);
    work->change.also_count = fact_events(call->arena, prepared, 0, events);
    work->change.also = events;
    work->change.units = prepared->units;
    work->change.unit_count = prepared->unit_count;
    work->change.claim_count = claim_count; /* read before the ledger, so it is the older one */
    work->change.facts = prepared->facts;
    work->change.fact_count = prepared->fact_count;
}

static enum err
learn_from_documents_await(struct call *call, struct claim_work *work)
{
    Warranty__V1__UnitFact **facts = arena_alloc(call->arena, LEARNT_MAX * sizeof(*facts));
    size_t count = 0;
    enum err err = OK;
    for (size_t i = 0; err == OK && i < work->evidence.document_count; i++)
        err = learn_from(call, work, &work->evidence.documents[i], facts, &count);
    if (err != OK || count == 0)
        return err;
    struct fact_change prepared;
    err = fact_prepare_await(call, work->claim.serial, NULL, facts, count, &prepared);
    if (err == OK)
        claim_take_facts(call, work, &prepared);
    return err;
}

/* ---- deciding ---- */

static void
take_decision(struct claim_work *work, Common__V1__Decision *decision)
{
    struct claim *claim = &work->claim;
    work->decision = decision;
    work->change.decision = decision;
    claim->has_decision = true;
    claim->decision_id = message_get_uuid(decision->decision_id);
    claim->outcome = (int)decision->outcome;
    claim->reason = decision->reason;
    claim->deciding_clause_id = decision->deciding_clause_id;
    if (claim->decide_by_us == 0) {
        claim->decide_by_us = claim_promise(decision);
        work->change.sets_timer = claim->decide_by_us != 0;
    }
}

/* By the table, whoever does it: a timer has no method and no roles to be asked for. */
static enum err
move(struct call *call, struct claim_work *work, const char *verb, int to)
{
    const struct contract_machine *machine = &warranty_v1_claim_state_machine;
    if (call->method != NULL)
        return call_move_to(call, machine, "CLAIM_STATE", to, &work->claim.state);
    if (contract_find_way(machine, work->claim.state, verb, to) == NULL)
        return call_fail(call, ERR_FAILED_PRECONDITION, "CLAIM_STATE",
                         "%s does not change a claim in this state", verb);
    work->claim.state = to;
    return OK;
}

void
claim_count(struct claim_work *work)
{
    struct claim *claim = &work->claim;
    bool counts = claim_counts(claim->state, work->evidence.finding_count);
    CHECK(work->has_unit);
    work->change.raises_count = counts && claim->accept_number == 0;
    if (work->change.raises_count)
        claim->accept_number = work->change.claim_count + 1;
    else if (!counts)
        claim->accept_number = 0;
}

enum err
claim_decide_again_await(struct call *call, struct claim_work *work, const char *verb)
{
    CHECK(work->has_unit);
    enum err err = learn_from_documents_await(call, work);
    if (err != OK)
        return err;
    const struct claim_case question = {
        .claim = &work->claim,
        .evidence = &work->evidence,
        .unit = &work->unit,
        .ledger = &work->ledger,
        .now_us = work->now_us,
    };
    Common__V1__Decision *decision;
    err = claim_decide_await(call, &question, &decision);
    if (err != OK)
        return err;
    err = move(call, work, verb, claim_state_after(&work->claim, decision));
    if (err != OK)
        return err;
    take_decision(work, decision);
    claim_count(work);
    return OK;
}

/* ---- writing ---- */

static enum err
write_await(struct call *call, struct claim_work *work, Warranty__V1__Claim *message,
            const struct contract_message *event_contract, const ProtobufCMessage *event,
            const ProtobufCMessage *response)
{
    CHECK(message->version == work->claim.version);
    struct claim_change *change = &work->change;
    change->claim = &work->claim;
    change->time_us = work->now_us;
    change->evidence = work->evidence;
    change->event_contract = event_contract;
    change->event = event;
    change->response = response;
    return claim_write_await(call, change);
}

static Warranty__V1__Claim *
make_answer(struct call *call, struct claim_work *work)
{
    work->claim.version++;
    return claim_to_message(call->arena, &work->claim, &work->evidence, work->decision);
}

/* Whose work it is, as events may say it. */
static char *
assignee(struct arena *arena, const struct claim *claim)
{
    char *text = arena_alloc(arena, PRINCIPAL_PSEUDONYM_SIZE);
    principal_pseudonym("subject", claim->assignee_id, text);
    return text;
}

enum err
claim_say_decided_await(struct call *call, struct claim_work *work, const char *verb,
                        Warranty__V1__Claim **ret_claim, const ProtobufCMessage *response)
{
    Warranty__V1__Claim *message = make_answer(call, work);
    *ret_claim = message;
    if (work->claim.version == 1) {
        char person_id[PRINCIPAL_PSEUDONYM_SIZE];
        principal_person(work->claim.contact_email, work->claim.contact_phone, work->claim.owner_id,
                         person_id);
        Warranty__V1__ClaimCreated created = WARRANTY__V1__CLAIM_CREATED__INIT;
        created.claim_id = message->claim_id;
        created.serial = message->serial;
        created.cause = message->cause;
        created.at_date = message->at_date;
        created.state = message->state;
        created.decision = work->change.decision;
        created.person_id = person_id;
        created.decide_by = message->decide_by;
        return write_await(call, work, message, &warranty_v1_claim_created_contract, &created.base,
                           response);
    }
    Warranty__V1__ClaimDecided decided = WARRANTY__V1__CLAIM_DECIDED__INIT;
    decided.claim_id = message->claim_id;
    decided.serial = message->serial;
    decided.state = message->state;
    decided.decision = work->change.decision;
    decided.verb = (char *)verb;
    decided.at_date = message->at_date;
    decided.decide_by = message->decide_by;
    decided.assignee_id = assignee(call->arena, &work->claim);
    if (message->fulfilment != NULL)
        decided.replacement_serial = message->fulfilment->replacement_serial;
    return write_await(call, work, message, &warranty_v1_claim_decided_contract, &decided.base,
                       response);
}

enum err
claim_say_moved_await(struct call *call, struct claim_work *work, Warranty__V1__Claim **ret_claim,
                      const ProtobufCMessage *response)
{
    Warranty__V1__Claim *message = make_answer(call, work);
    *ret_claim = message;
    Warranty__V1__ClaimMoved moved = WARRANTY__V1__CLAIM_MOVED__INIT;
    moved.claim_id = message->claim_id;
    moved.serial = message->serial;
    moved.from_state = (Warranty__V1__Claim__State)work->state_before;
    moved.to_state = message->state;
    moved.verb = (char *)call->method->verb;
    moved.override_cost = message->override_cost;
    moved.fulfilment = message->fulfilment;
    moved.decide_by = message->decide_by;
    moved.assignee_id = assignee(call->arena, &work->claim);
    moved.verdict = (Warranty__V1__Verdict *)work->verdict;
    return write_await(call, work, message, &warranty_v1_claim_moved_contract, &moved.base,
                       response);
}

enum err
claim_say_missed_await(struct call *call, struct claim_work *work, Warranty__V1__Claim **ret_claim,
                       const ProtobufCMessage *response)
{
    Warranty__V1__Claim *message = make_answer(call, work);
    *ret_claim = message;
    Warranty__V1__DecisionMissed missed = WARRANTY__V1__DECISION_MISSED__INIT;
    missed.claim_id = message->claim_id;
    missed.serial = message->serial;
    missed.decide_by = message->decide_by;
    return write_await(call, work, message, &warranty_v1_decision_missed_contract, &missed.base,
                       response);
}
