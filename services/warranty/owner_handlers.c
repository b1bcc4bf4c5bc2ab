/*
 * owner_handlers - units that go from one owner to another, and those that find their first
 *
 * A transfer is a fact: the policy says what goes along and what ends. A buyer who takes what is
 * nobody's ends nothing.
 */
// SPDX-License-Identifier: Apache-2.0
#include "owner.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "fact.h"

/* ---- transfer ---- */

static enum err
check_transfer_day(struct call *call, const Warranty__V1__TransferUnitRequest *req,
                   const struct unit *unit, struct date *ret_date)
{
    const struct policy *policy;
    enum err err = warranty_policy(call, &policy);
    if (err != OK)
        return err;
    struct date today = warranty_today(policy, unit->region);
    *ret_date = req->date != NULL ? message_get_date(req->date) : today;
    if (date_compare(*ret_date, today) > 0)
        return call_fail_field(call, "date", "DATE_IN_FUTURE", "date lies in the future");
    if (call_own_subject(call) != NULL && date_compare(*ret_date, today) != 0)
        return warranty_fail_not_yours(call, "date");
    return OK;
}

static enum err
write_transfer_await(struct call *call, const struct fact_change *change,
                     Warranty__V1__UnitFact *fact, Warranty__V1__TransferUnitResponse *res)
{
    const struct unit *unit = &change->units[0].unit;
    struct change_event also[FACT_UNITS_MAX];
    Warranty__V1__UnitTransferred event = WARRANTY__V1__UNIT_TRANSFERRED__INIT;
    event.serial = (char *)unit->serial;
    event.date = fact->date;
    event.fact = fact;
    res->unit = unit_to_message(call->arena, unit);
    const struct fact_commit commit = {
        .event_contract = &warranty_v1_unit_transferred_contract,
        .event = &event.base,
        .response = &res->base,
        .also = also,
        .also_count = fact_events(call->arena, change, 1, also),
    };
    return fact_commit_await(call, change, &commit);
}

static enum err
transfer_once_await(struct call *call, const Warranty__V1__TransferUnitRequest *req,
                    Warranty__V1__TransferUnitResponse *res)
{
    struct unit unit;
    struct date date;
    enum err err = unit_get_await(call, req->serial, &unit);
    if (err == OK)
        err = call_check_version(call, req->expected_version, unit.version);
    if (err == OK)
        err = check_transfer_day(call, req, &unit, &date);
    if (err != OK)
        return err;
    if (strcmp(unit.owner_id, req->owner_id) == 0)
        return call_fail_field(call, "owner_id", "OWNER_IS_THE_SAME", "it is theirs already");
    Warranty__V1__UnitFact *fact =
        fact_make(call->arena, unit.serial, WARRANTY__V1__UNIT_FACT__KIND__TRANSFERRED, date,
                  clock_now_us(), arena_printf(call->arena, "warranty/units/%s", unit.serial));
    struct fact_change change;
    err = fact_prepare_await(call, unit.serial, NULL, &fact, 1, &change);
    if (err != OK)
        return err;
    /* Between the two readings it may have gone to somebody else. */
    if (!call_may_see(call, change.units[0].unit.owner_id))
        return unit_fail_missing(call, req->serial);
    res->owner_id = (char *)unit.owner_id;
    change.units[0].unit.owner_id = req->owner_id;
    return write_transfer_await(call, &change, fact, res);
}

enum err
warranty_transfer_unit(struct call *call, const Warranty__V1__TransferUnitRequest *req,
                       Warranty__V1__TransferUnitResponse *res)
{
    enum err err;
    do
        err = transfer_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- the first owner ---- */

/* Equal in a time that does not tell how much of it was right. */
static bool
is_same_secret(const char *a, const char *b)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    unsigned difference = a_size != b_size;
    for (size_t i = 0; i < a_size; i++)
        difference |= (unsigned)(unsigned char)a[i] ^ (unsigned char)b[b_size > 0 ? i % b_size : 0];
    return difference == 0;
}

/* Whoever errs learns nothing: not whether the unit is there, nor whose it is. */
static enum err
claim_once_await(struct call *call, const Warranty__V1__ClaimOwnershipRequest *req,
                 Warranty__V1__ClaimOwnershipResponse *res)
{
    struct fact_change change;
    enum err err = fact_prepare_await(call, req->serial, NULL, NULL, 0, &change);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (err == ERR_NOT_FOUND || change.units[0].unit.owner_id[0] != 0 ||
        change.units[0].unit.order_number[0] == 0 ||
        !is_same_secret(change.units[0].unit.order_number, req->order_number))
        return call_fail(call, ERR_NOT_FOUND, "UNIT_MISSING",
                         "no unit that is nobody's has this serial number and this order number");
    struct unit *unit = &change.units[0].unit;
    unit->owner_id = call_subject(call);
    res->unit = unit_to_message(call->arena, unit);
    Warranty__V1__UnitTransferred event = WARRANTY__V1__UNIT_TRANSFERRED__INIT;
    event.serial = (char *)unit->serial;
    const struct fact_commit commit = {
        .event_contract = &warranty_v1_unit_transferred_contract,
        .event = &event.base,
        .response = &res->base,
    };
    return fact_commit_await(call, &change, &commit);
}

enum err
warranty_claim_ownership(struct call *call, const Warranty__V1__ClaimOwnershipRequest *req,
                         Warranty__V1__ClaimOwnershipResponse *res)
{
    enum err err = owner_guess_await(call, req->serial, req->order_number);
    if (err != OK)
        return err;
    do
        err = claim_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    if (err == ERR_NOT_FOUND)
        return err;
    /* Right, or not looked at. Where it cannot be taken back it goes on counting for an hour, and
     * what came of it stays. */
    struct fault fault = call->fault;
    enum err back = owner_take_back_await(call, req->serial, req->order_number);
    if (back != OK)
        call->fault = fault;
    return err;
}
