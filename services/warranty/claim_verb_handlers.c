/*
 * claim_verb_handlers - what people do with a claim in the ordinary way: approve, reject, withdraw,
 * settle, close
 *
 * A person decides what the policy left open, and no more: against it there is the override
 * (claim_appeal_handlers.c).
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include "common/message.h"

#define STATE(NAME) WARRANTY__V1__CLAIM__STATE__##NAME
#define MANAGERS (1U << COMMON__V1__ROLE__MANAGER)

/* ---- approve, reject ---- */

static enum err
check_leave(struct call *call, const struct claim_work *work, bool is_approval)
{
    switch (claim_may_decide(work->claim.outcome, is_approval, call_has_role(call, MANAGERS))) {
    case CLAIM_LEAVE:
        return OK;
    case CLAIM_LEAVE_MANAGERS:
        return call_fail(call, ERR_PERMISSION_DENIED, "FINDING_MISSING",
                         "the policy lacks what needed of its decision names; without that only a "
                         "manager decides");
    case CLAIM_STANDS:
        break;
    }
    return call_fail(call, ERR_FAILED_PRECONDITION, "DECISION_STANDS",
                     "the policy has decided this claim by %s; POST /v1/claims/%s:override decides "
                     "otherwise",
                     work->claim.deciding_clause_id,
                     message_uuid(call->arena, &work->claim.claim_id));
}

static enum err
approve_await(struct call *call, struct claim_work *work, const void *context)
{
    const Warranty__V1__ApproveClaimRequest *req = context;
    enum err err = check_leave(call, work, true);
    if (err == OK)
        err = claim_open_unit_await(call, work);
    if (err == OK)
        err = claim_move(call, work, claim_state_approved(work->claim.outcome));
    if (err != OK)
        return err;
    claim_count(work);
    return claim_sign(call, work, req->reason);
}

enum err
warranty_approve_claim(struct call *call, const Warranty__V1__ApproveClaimRequest *req,
                       Warranty__V1__ApproveClaimResponse *res)
{
    const struct claim_verb verb = {req->claim_id, req->expected_version, req, approve_await};
    return claim_run_await(call, &verb, &res->claim, &res->base);
}

static enum err
reject_await(struct call *call, struct claim_work *work, const void *context)
{
    const Warranty__V1__RejectClaimRequest *req = context;
    enum err err = check_leave(call, work, false);
    if (err == OK)
        err = claim_move(call, work, STATE(REJECTED));
    if (err != OK)
        return err;
    work->claim.accept_number = 0;
    return claim_sign(call, work, req->reason);
}

enum err
warranty_reject_claim(struct call *call, const Warranty__V1__RejectClaimRequest *req,
                      Warranty__V1__RejectClaimResponse *res)
{
    const struct claim_verb verb = {req->claim_id, req->expected_version, req, reject_await};
    return claim_run_await(call, &verb, &res->claim, &res->base);
}

/* ---- withdraw ---- */

static enum err
withdraw_await(struct call *call, struct claim_work *work, const void *context UNUSED)
{
    work->claim.accept_number = 0;
    return claim_move(call, work, STATE(WITHDRAWN));
}

enum err
warranty_withdraw_claim(struct call *call, const Warranty__V1__WithdrawClaimRequest *req,
                        Warranty__V1__WithdrawClaimResponse *res)
{
    const struct claim_verb verb = {req->claim_id, req->expected_version, req, withdraw_await};
    return claim_run_await(call, &verb, &res->claim, &res->base);
}

/* ---- settle, close ---- */

static enum err
settle_await(struct call *call, struct claim_work *work, const void *context UNUSED)
{
    return claim_move(call, work, STATE(SETTLED));
}

enum err
warranty_settle_claim(struct call *call, const Warranty__V1__SettleClaimRequest *req,
                      Warranty__V1__SettleClaimResponse *res)
{
    const struct claim_verb verb = {req->claim_id, req->expected_version, req, settle_await};
    return claim_run_await(call, &verb, &res->claim, &res->base);
}

static enum err
close_await(struct call *call, struct claim_work *work, const void *context UNUSED)
{
    return claim_move(call, work, STATE(CLOSED));
}

enum err
warranty_close_claim(struct call *call, const Warranty__V1__CloseClaimRequest *req,
                     Warranty__V1__CloseClaimResponse *res)
{
    const struct claim_verb verb = {req->claim_id, req->expected_version, req, close_await};
    return claim_run_await(call, &verb, &res->claim, &res->base);
}
