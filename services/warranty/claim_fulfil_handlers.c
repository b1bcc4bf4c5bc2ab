/*
 * claim_fulfil_handlers - beginning what an approved claim promises: repair, replacement, refund
 *
 * A replacement is one unit of work with the claim: the unit that takes the faulty one's place is
 * registered, unless it is there, becomes the owner's, and the ledger of both says so. How cover
 * goes over is the policy's clause warranty.replacement, which the ledger works out from the fact.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/message.h"

#define REMEDY(NAME) WARRANTY__V1__FULFILMENT__REMEDY__##NAME

/* ---- what was asked for ---- */

static enum err
refuse_field(struct call *call, const char *field, const char *remedy)
{
    return call_fail_field(call, field, "FIELD_OUT_OF_PLACE", "%s says nothing with %s", field,
                           remedy);
}

/* Whether what goes with a remedy is there, and nothing else. */
static enum err
check_fields(struct call *call, const Warranty__V1__Fulfilment *asked)
{
    bool is_replacement = asked->remedy == REMEDY(REPLACE);
    bool is_refund = asked->remedy == REMEDY(REFUND);
    const char *code = claim_remedy_code((int)asked->remedy);
    if (!is_replacement && asked->replacement_serial[0] != 0)
        return refuse_field(call, "fulfilment.replacement_serial", code);
    if (!is_replacement && asked->handover_date != NULL)
        return refuse_field(call, "fulfilment.handover_date", code);
    if (!is_replacement && asked->receive_date != NULL)
        return refuse_field(call, "fulfilment.receive_date", code);
    if (!is_refund && asked->amount != NULL)
        return refuse_field(call, "fulfilment.amount", code);
    if (is_replacement && asked->replacement_serial[0] == 0)
        return call_fail_field(call, "fulfilment.replacement_serial", "FIELD_REQUIRED",
                               "fulfilment.replacement_serial: which unit takes its place?");
    if (is_refund && asked->amount == NULL)
        return call_fail_field(call, "fulfilment.amount", "FIELD_REQUIRED",
                               "fulfilment.amount: how much is given back?");
    return OK;
}

static enum err
check_remedy(struct call *call, const struct claim_work *work, int remedy)
{
    CHECK(work->decision != NULL); /* an approved claim was decided */
    const Warranty__V1__Verdict *verdict = work->claim.verdict;
    if (verdict != NULL
            ? claim_has_remedy(verdict->remedies, verdict->n_remedies, remedy)
            : claim_has_remedy(work->decision->remedies, work->decision->n_remedies, remedy))
        return OK;
    return call_fail(call, ERR_FAILED_PRECONDITION, "REMEDY_NOT_OFFERED",
                     "the decision does not name the remedy \"%s\"", claim_remedy_code(remedy));
}

/* ---- refund ---- */

static enum err
check_refund(struct call *call, const struct unit *unit, const Common__V1__Money *asked)
{
    struct money amount = message_get_money(asked);
    const struct money *paid = &unit->price_paid;
    if (money_digits(amount.currency_code) < 0)
        return call_fail_field(call, "fulfilment.amount.currency_code", "CURRENCY_WRONG",
                               "there is no currency \"%s\"", amount.currency_code);
    if (amount.minor <= 0)
        return call_fail_field(call, "fulfilment.amount.minor", "FIELD_RANGE",
                               "fulfilment.amount must be more than nothing");
    if (paid->currency_code[0] == 0)
        return OK;
    char text[MONEY_TEXT_SIZE];
    money_print(*paid, text);
    if (!claim_is_within(amount, *paid))
        return call_fail_field(call, "fulfilment.amount", "AMOUNT_TOO_HIGH",
                               "at most what was paid for the unit is given back: %s", text);
    return OK;
}

/* ---- replacement ---- */

/* The days of a replacement: the handover today unless it is said, the faulty unit's coming in with
 * it. */
static enum err
take_days(struct call *call, const struct claim_work *work, Warranty__V1__Fulfilment *fulfilment)
{
    const struct policy *policy;
    enum err err = warranty_policy(call, &policy);
    if (err != OK)
        return err;
    struct date today = warranty_today(policy, work->unit.region);
    if (fulfilment->handover_date == NULL)
        fulfilment->handover_date = message_date(call->arena, today);
    if (fulfilment->receive_date == NULL)
        fulfilment->receive_date = fulfilment->handover_date;
    struct date handover = message_get_date(fulfilment->handover_date);
    if (date_compare(handover, date_add(today, 0, 1)) > 0)
        return call_fail_field(call, "fulfilment.handover_date", "DATE_IN_FUTURE",
                               "fulfilment.handover_date lies in the future");
    if (date_compare(message_get_date(fulfilment->receive_date), handover) > 0)
        return call_fail_field(call, "fulfilment.receive_date", "DATE_ORDER",
                               "the faulty unit comes in before the other is handed over");
    return OK;
}

/* A new unit like the faulty one. Its own days are told by its ledger. */
static struct unit
make_unit(const struct claim_work *work, const char *serial)
{
    struct unit unit = work->unit;
    unit.serial = serial;
    memset(unit.days, 0, sizeof unit.days);
    unit.replaces_serial = unit.replaced_by_serial = "";
    unit.last_cover_date = (struct date){0};
    unit.claim_count = 0;
    unit.create_time_us = work->now_us;
    unit.version = 1;
    unit.recalls = NULL;
    unit.recall_count = 0;
    return unit;
}

/* The unit that takes the place: as it is, or a new one. */
static enum err
find_unit_await(struct call *call, const struct claim_work *work, const char *serial,
                struct unit *ret_unit, bool *ret_is_new)
{
    if (strcmp(serial, work->unit.serial) == 0)
        return call_fail_field(call, "fulfilment.replacement_serial", "SAME_UNIT",
                               "a unit does not replace itself");
    enum err err = unit_read_await(call, serial, ret_unit);
    *ret_is_new = err == ERR_NOT_FOUND;
    if (*ret_is_new)
        *ret_unit = make_unit(work, serial);
    else if (err != OK)
        return err;
    if (!*ret_is_new && ret_unit->owner_id[0] != 0 &&
        strcmp(ret_unit->owner_id, work->unit.owner_id) != 0)
        return call_fail(call, ERR_FAILED_PRECONDITION, "UNIT_TAKEN",
                         "unit \"%s\" belongs to somebody else", serial);
    return OK;
}

static Warranty__V1__UnitFact *
make_fact(struct call *call, const struct claim_work *work,
          const Warranty__V1__Fulfilment *fulfilment)
{
    const struct policy_parameter_row *clause =
        policy_parameter_row(POLICY_WARRANTY_REPLACEMENT_CARRY_OVER);
    const char *source = arena_printf(call->arena, "warranty/claims/%s",
                                      message_uuid(call->arena, &work->claim.claim_id));
    Warranty__V1__UnitFact *fact = fact_make(
        call->arena, fulfilment->replacement_serial, WARRANTY__V1__UNIT_FACT__KIND__REPLACED,
        message_get_date(fulfilment->handover_date), work->now_us, source);
    fact->old_serial = (char *)work->unit.serial;
    fact->receive_date = fulfilment->receive_date;
    fact->clause_id = (char *)clause->clause_id;
    return fact;
}

/* The unit that was nobody's goes to the owner of the one it replaces. */
static void
give_to_owner(struct fact_change *change, const char *serial, const char *owner_id)
{
    for (size_t i = 0; i < change->unit_count; i++) {
        if (strcmp(change->units[i].unit.serial, serial) == 0)
            change->units[i].unit.owner_id = owner_id;
    }
}

static enum err
replace_await(struct call *call, struct claim_work *work, Warranty__V1__Fulfilment *fulfilment)
{
    enum err err = take_days(call, work, fulfilment);
    struct unit replacement;
    bool is_new = false;
    if (err == OK)
        err = find_unit_await(call, work, fulfilment->replacement_serial, &replacement, &is_new);
    if (err != OK)
        return err;
    Warranty__V1__UnitFact **facts = arena_alloc(call->arena, sizeof(*facts));
    facts[0] = make_fact(call, work, fulfilment);
    struct fact_change prepared;
    err = fact_prepare_await(call, work->unit.serial, is_new ? &replacement : NULL, facts, 1,
                             &prepared);
    if (err != OK)
        return err;
    give_to_owner(&prepared, fulfilment->replacement_serial, work->unit.owner_id);
    claim_take_facts(call, work, &prepared);
    return OK;
}

/* ---- the method ---- */

static enum err
fulfil_once_await(struct call *call, const Warranty__V1__FulfilClaimRequest *req,
                  Warranty__V1__FulfilClaimResponse *res)
{
    struct claim_work work;
    enum err err = claim_open_await(call, req->claim_id, req->expected_version, &work);
    if (err == OK)
        err = claim_check_verb(call, &work);
    if (err == OK)
        err = check_fields(call, req->fulfilment);
    if (err == OK)
        err = check_remedy(call, &work, (int)req->fulfilment->remedy);
    if (err == OK)
        err = claim_open_unit_await(call, &work);
    if (err != OK)
        return err;
    Warranty__V1__Fulfilment *fulfilment = arena_alloc(call->arena, sizeof *fulfilment);
    *fulfilment = *req->fulfilment;
    if (fulfilment->remedy == REMEDY(REPLACE))
        err = replace_await(call, &work, fulfilment);
    else if (fulfilment->remedy == REMEDY(REFUND))
        err = check_refund(call, &work.unit, fulfilment->amount);
    if (err == OK)
        err = call_move_to(call, &warranty_v1_claim_state_machine, "CLAIM_STATE",
                           WARRANTY__V1__CLAIM__STATE__IN_FULFILMENT, &work.claim.state);
    if (err != OK)
        return err;
    work.claim.fulfilment = fulfilment;
    work.claim.assignee_id = call_subject(call);
    err = claim_say_moved_await(call, &work, &res->claim, &res->base);
    if (err == ERR_ALREADY_EXISTS && strcmp(call->fault.field, "units_pk") == 0)
        return call_fail(call, ERR_ABORTED, "LOST_RACE",
                         "the replacement was registered meanwhile");
    return err;
}

enum err
warranty_fulfil_claim(struct call *call, const Warranty__V1__FulfilClaimRequest *req,
                      Warranty__V1__FulfilClaimResponse *res)
{
    enum err err;
    do
        err = fulfil_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
