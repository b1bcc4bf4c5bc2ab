/*
 * claim_appeal_handlers - deciding otherwise: override, appeal, and the decision of an appeal
 *
 * What goes beyond the policy costs money that somebody has the authority to spend; who decided a
 * claim does not decide its appeal.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/message.h"

#define STATE(NAME) WARRANTY__V1__CLAIM__STATE__##NAME

/* ---- override ---- */

/* Takes a decision that goes beyond or against the policy, with what it may cost. */
static enum err
override_to_await(struct call *call, struct claim_work *work, int to,
                  const Common__V1__Money *asked)
{
    struct money cost = {0};
    enum err err = OK;
    if (to == STATE(APPROVED))
        err = claim_check_cost_await(call, asked, &cost);
    else if (asked != NULL)
        err =
            call_fail_field(call, "cost", "FIELD_OUT_OF_PLACE", "cost goes with an approval only");
    if (err == OK)
        err = claim_open_unit_await(call, work);
    if (err == OK)
        err = claim_move(call, work, to);
    if (err != OK)
        return err;
    work->claim.is_overridden = true;
    work->claim.override_cost = cost;
    claim_count(work);
    return OK;
}

static enum err
override_await(struct call *call, struct claim_work *work, const void *context)
{
    const Warranty__V1__OverrideClaimRequest *req = context;
    int to = (int)req->state;
    if (to != STATE(APPROVED) && to != STATE(REJECTED))
        return call_fail_field(call, "state", "FIELD_ENUM",
                               "state: an override leads to APPROVED or REJECTED");
    enum err err = override_to_await(call, work, to, req->cost);
    return err != OK ? err : claim_sign(call, work, req->reason);
}

enum err
warranty_override_claim(struct call *call, const Warranty__V1__OverrideClaimRequest *req,
                        Warranty__V1__OverrideClaimResponse *res)
{
    const struct claim_verb verb = {req->claim_id, req->expected_version, req, override_await};
    return claim_run_await(call, &verb, &res->claim, &res->base);
}

/* ---- appeal ---- */

static enum err
check_appeal_await(struct call *call, struct claim_work *work)
{
    const Common__V1__Decision__Appeal *appeal =
        work->decision != NULL ? work->decision->appeal : NULL;
    struct date by_date = message_get_date(appeal != NULL ? appeal->by_date : NULL);
    if (work->claim.appeal_reason[0] != 0)
        return call_fail(call, ERR_FAILED_PRECONDITION, "APPEAL_USED",
                         "the claim was appealed before; a claim is appealed once");
    if (date_is_absent(by_date))
        return OK;
    const struct policy *policy;
    enum err err = claim_open_unit_await(call, work);
    if (err == OK)
        err = warranty_policy(call, &policy);
    if (err != OK)
        return err;
    if (claim_may_appeal(warranty_today(policy, work->unit.region), by_date))
        return OK;
    char text[DATE_TEXT_SIZE];
    date_print(by_date, text);
    return call_fail(call, ERR_FAILED_PRECONDITION, "APPEAL_TOO_LATE",
                     "the last day for an appeal was %s", text);
}

static enum err
appeal_await(struct call *call, struct claim_work *work, const void *context)
{
    const Warranty__V1__AppealClaimRequest *req = context;
    enum err err = check_appeal_await(call, work);
    if (err == OK)
        err = claim_move(call, work, STATE(APPEALED));
    if (err == OK)
        work->claim.appeal_reason = req->reason;
    return err;
}

enum err
warranty_appeal_claim(struct call *call, const Warranty__V1__AppealClaimRequest *req,
                      Warranty__V1__AppealClaimResponse *res)
{
    const struct claim_verb verb = {req->claim_id, req->expected_version, req, appeal_await};
    return claim_run_await(call, &verb, &res->claim, &res->base);
}

/* An approval that the policy's own last decision gives costs nothing beyond it. */
static bool
goes_beyond(const struct claim_work *work, int to)
{
    return to == STATE(APPROVED) && work->claim.outcome != COMMON__V1__DECISION__OUTCOME__GRANTED;
}

static enum err
decide_appeal_await(struct call *call, struct claim_work *work, const void *context)
{
    const Warranty__V1__DecideAppealRequest *req = context;
    int to = (int)req->state;
    if (to != STATE(APPROVED) && to != STATE(REJECTED) && to != STATE(UNDER_REVIEW))
        return call_fail_field(call, "state", "FIELD_ENUM",
                               "state: an appeal ends in APPROVED, REJECTED or UNDER_REVIEW");
    if (strcmp(work->claim.decided_by, call_subject(call)) == 0)
        return call_fail(call, ERR_PERMISSION_DENIED, "OWN_DECISION",
                         "who decided a claim does not decide its appeal");
    bool is_beyond = goes_beyond(work, to);
    enum err err;
    if (is_beyond) {
        err = override_to_await(call, work, to, req->cost);
    } else if (req->cost != NULL) {
        err = call_fail_field(call, "cost", "FIELD_OUT_OF_PLACE",
                              "cost goes with an approval beyond the policy only");
    } else {
        err = claim_open_unit_await(call, work);
        if (err == OK)
            err = claim_move(call, work, to);
        if (err == OK)
            claim_count(work);
    }
    return err != OK ? err : claim_sign(call, work, req->reason);
}

enum err
warranty_decide_appeal(struct call *call, const Warranty__V1__DecideAppealRequest *req,
                       Warranty__V1__DecideAppealResponse *res)
{
    const struct claim_verb verb = {req->claim_id, req->expected_version, req, decide_appeal_await};
    return claim_run_await(call, &verb, &res->claim, &res->base);
}
