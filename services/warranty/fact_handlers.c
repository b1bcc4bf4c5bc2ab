/*
 * fact_handlers - facts of units that other systems tell
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include "common/clock.h"
#include "common/message.h"

/* When it was learnt: now, or earlier by another system; never later. */
static enum err
record_time_for(struct call *call, const Google__Protobuf__Timestamp *asked, int64_t *ret_us)
{
    int64_t now_us = clock_now_us();
    *ret_us = asked != NULL ? message_get_time(asked) : now_us;
    if (*ret_us <= now_us)
        return OK;
    return call_fail_field(call, "record_time", "TIME_IN_FUTURE", "record_time lies in the future");
}

static Warranty__V1__UnitFact *
take_request(struct arena *arena, const Warranty__V1__AddUnitFactRequest *req, int64_t record_us)
{
    Warranty__V1__UnitFact *fact =
        fact_make(arena, req->serial, (int)req->kind, message_get_date(req->date), record_us, "");
    if (req->fact_id[0] != 0)
        fact->fact_id = req->fact_id;
    fact->repair_id = req->repair_id;
    fact->coverage = req->coverage;
    fact->fault_code = req->fault_code;
    fact->component = req->component;
    fact->n_cost_classes = req->n_cost_classes;
    fact->cost_classes = req->cost_classes;
    fact->has_succeeded = req->has_succeeded;
    fact->old_serial = req->old_serial;
    fact->receive_date = req->receive_date;
    fact->contract_id = req->contract_id;
    fact->renews_contract_id = req->renews_contract_id;
    fact->plan = req->plan;
    fact->last_date = req->last_date;
    fact->n_layers = req->n_layers;
    fact->layers = req->layers;
    fact->corrects_fact_id = req->corrects_fact_id;
    fact->clause_id = req->clause_id;
    return fact;
}

/* Codes of the policy; a fault's code is the trade's own. */
static enum err
check_codes(struct call *call, const Warranty__V1__UnitFact *fact)
{
    const struct policy *policy;
    enum err err = warranty_policy(call, &policy);
    if (err == OK)
        err = warranty_check_code(call, policy, "component", "component", fact->component);
    if (err == OK)
        err = warranty_check_code(call, policy, "plan", "plan", fact->plan);
    for (size_t i = 0; err == OK && i < fact->n_cost_classes; i++)
        err =
            warranty_check_code(call, policy, "cost_classes", "cost_class", fact->cost_classes[i]);
    return err;
}

static enum err
make_fact(struct call *call, const Warranty__V1__AddUnitFactRequest *req,
          Warranty__V1__UnitFact **ret_fact)
{
    int64_t record_us;
    enum err err = record_time_for(call, req->record_time, &record_us);
    if (err != OK)
        return err;
    *ret_fact = take_request(call->arena, req, record_us);
    struct fault fault = {0};
    err = fact_check_fields(*ret_fact, &fault);
    if (err != OK)
        call->fault = fault;
    return err == OK ? check_codes(call, *ret_fact) : err;
}

static enum err
add_once_await(struct call *call, Warranty__V1__UnitFact *fact,
               Warranty__V1__AddUnitFactResponse *res)
{
    struct fact_change change;
    enum err err = fact_prepare_await(call, fact->serial, NULL, &fact, 1, &change);
    if (err == ERR_NOT_FOUND)
        return unit_fail_missing(call, fact->serial);
    if (err != OK)
        return err;
    struct change_event events[FACT_UNITS_MAX];
    size_t count = fact_events(call->arena, &change, 0, events);
    res->fact = fact;
    const struct fact_commit commit = {
        .event_contract = events[0].event_contract,
        .event = events[0].event,
        .response = &res->base,
        .also = &events[1],
        .also_count = count - 1,
    };
    err = fact_commit_await(call, &change, &commit);
    if (err == ERR_ALREADY_EXISTS) /* unit_facts_pk: it is a fact of another unit */
        return call_fail(call, ERR_ALREADY_EXISTS, "FACT_EXISTS", "fact \"%s\" is there already",
                         fact->fact_id);
    return err;
}

enum err
warranty_add_unit_fact(struct call *call, const Warranty__V1__AddUnitFactRequest *req,
                       Warranty__V1__AddUnitFactResponse *res)
{
    Warranty__V1__UnitFact *fact;
    enum err err = make_fact(call, req, &fact);
    if (err != OK)
        return err;
    do
        err = add_once_await(call, fact, res);
    while (call_may_retry_await(call, err));
    return err;
}
