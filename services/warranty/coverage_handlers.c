/*
 * coverage_handlers - what covers a unit, on any day, as known at any time
 */
// SPDX-License-Identifier: Apache-2.0
#include "coverage_rules.h"

#include "common/clock.h"
#include "common/message.h"

static enum err
known_at_for(struct call *call, const Google__Protobuf__Timestamp *asked, int64_t *ret_us)
{
    int64_t now_us = clock_now_us();
    *ret_us = asked != NULL ? message_get_time(asked) : now_us;
    if (*ret_us <= now_us)
        return OK;
    return call_fail_field(call, "known_at", "TIME_IN_FUTURE", "known_at lies in the future");
}

enum err
coverage_decide(struct call *call, const struct unit *unit, const struct ledger *family,
                struct date at, int64_t known_at_us, Common__V1__Decision **ret_decision)
{
    struct policy_fact facts[COVERAGE_FACTS_MAX];
    size_t fact_count = coverage_facts(call->arena, unit, facts);
    struct ledger own = ledger_of(call->arena, family, unit->serial);
    const struct policy_case question =
        coverage_case(call->arena, unit, &own, facts, fact_count, at, known_at_us);
    return warranty_decide(call, &question, ret_decision);
}

static Warranty__V1__Coverage *
coverage_to_message(struct arena *arena, const struct unit *unit, struct date at,
                    Common__V1__Decision *decision)
{
    Warranty__V1__Coverage *message = arena_alloc(arena, sizeof *message);
    warranty__v1__coverage__init(message);
    message->serial = (char *)unit->serial;
    message->at = message_date(arena, at);
    message->outcome = (Warranty__V1__Coverage__Outcome)coverage_outcome(decision);
    message->n_layers = decision->n_entitlements;
    message->layers = decision->entitlements;
    message->decision = decision;
    message->owner_id = (char *)unit->owner_id;
    return message;
}

enum err
warranty_get_coverage(struct call *call, const Warranty__V1__GetCoverageRequest *req,
                      Warranty__V1__GetCoverageResponse *res)
{
    struct unit unit;
    struct ledger family;
    int64_t known_at_us;
    const struct policy *policy;
    enum err err = known_at_for(call, req->known_at, &known_at_us);
    if (err == OK)
        err = coverage_get_await(call, req->serial, &unit, &family);
    if (err == OK)
        err = warranty_policy(call, &policy);
    if (err != OK)
        return err;
    struct date at =
        req->at != NULL ? message_get_date(req->at) : warranty_today(policy, unit.region);
    Common__V1__Decision *decision;
    err = coverage_decide(call, &unit, &family, at, known_at_us, &decision);
    if (err == OK)
        res->coverage = coverage_to_message(call->arena, &unit, at, decision);
    return err;
}
