/*
 * claim_verb_handlers - what people do with a claim: approve, reject, withdraw, appeal, override,
 * decide an appeal, settle, close
 *
 * Each verb is one step between the same two: the claim is read, and what became of it is written.
 * Whether the verb is possible in a state at all is the table's to say, who may do what by the
 * rules.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/message.h"

#define STATE(NAME) WARRANTY__V1__CLAIM__STATE__##NAME
#define MANAGERS (1U << COMMON__V1__ROLE__MANAGER)

typedef enum err verb_step(struct call *call, struct claim_work *work, const void *req);

struct verb {
    const char *claim_id;
    int64_t expected_version;
    const void *req;
    verb_step *step_await;
};

static enum err
run_await(struct call *call, const struct verb *verb, Warranty__V1__Claim **ret_claim,
          const ProtobufCMessage *res)
{
    enum err err;
    do {
        struct claim_work work;
        err = claim_open_await(call, verb->claim_id, verb->expected_version, &work);
        if (err == OK)
            err = claim_check_verb(call, &work);
        if (err == OK)
            err = verb->step_await(call, &work, verb->req);
        if (err == OK)
            err = claim_say_moved_await(call, &work, ret_claim, res);
    } while (call_may_retry_await(call, err));
    return err;
}

static enum err
move(struct call *call, struct claim_work *work, int to)
{
    return call_move_to(call, &warranty_v1_claim_state_machine, "CLAIM_STATE", to,
                        &work->claim.state);
}

/* From now on a person's word holds. */
static void
sign(struct call *call, struct claim_work *work, const char *reason)
{
    work->claim.decided_by = call_subject(call);
    work->claim.is_by_person = true;
    work->claim.decide_reason = reason;
    work->claim.assignee_id = call_subject(call);
}

/* ---- approve, reject ---- */

static enum err
check_leave(struct call *call, const struct claim_work *work, bool is_approval)
{
    switch (claim_may_decide(work->claim.outcome, is_approval, call_has_role(call, MANAGERS))) {
    case CLAIM_LEAVE:
        return OK;
    case CLAIM_LEAVE_MANAGERS:
        return call_fail(call, ERR_PERMISSION_DENIED, "FINDING_MISSING",
                         "the policy waits for a finding; without one only a manager decides");
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
        err = move(call, work, claim_state_approved(work->claim.outcome));
    if (err != OK)
        return err;
    sign(call, work, req->reason);
    claim_count(work);
    return OK;
}

enum err
warranty_approve_claim(struct call *call, const Warranty__V1__ApproveClaimRequest *req,
                       Warranty__V1__ApproveClaimResponse *res)
{
    const struct verb verb = {req->claim_id, req->expected_version, req, approve_await};
    return run_await(call, &verb, &res->claim, &res->base);
}

static enum err
reject_await(struct call *call, struct claim_work *work, const void *context)
{
    const Warranty__V1__RejectClaimRequest *req = context;
    enum err err = check_leave(call, work, false);
    if (err == OK)
        err = move(call, work, STATE(REJECTED));
    if (err != OK)
        return err;
    sign(call, work, req->reason);
    work->claim.accept_number = 0;
    return OK;
}

enum err
warranty_reject_claim(struct call *call, const Warranty__V1__RejectClaimRequest *req,
                      Warranty__V1__RejectClaimResponse *res)
{
    const struct verb verb = {req->claim_id, req->expected_version, req, reject_await};
    return run_await(call, &verb, &res->claim, &res->base);
}

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
        err = move(call, work, to);
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
    if (err == OK)
        sign(call, work, req->reason);
    return err;
}

enum err
warranty_override_claim(struct call *call, const Warranty__V1__OverrideClaimRequest *req,
                        Warranty__V1__OverrideClaimResponse *res)
{
    const struct verb verb = {req->claim_id, req->expected_version, req, override_await};
    return run_await(call, &verb, &res->claim, &res->base);
}

/* ---- withdraw ---- */

static enum err
withdraw_await(struct call *call, struct claim_work *work, const void *context UNUSED)
{
    work->claim.accept_number = 0;
    return move(call, work, STATE(WITHDRAWN));
}

enum err
warranty_withdraw_claim(struct call *call, const Warranty__V1__WithdrawClaimRequest *req,
                        Warranty__V1__WithdrawClaimResponse *res)
{
    const struct verb verb = {req->claim_id, req->expected_version, req, withdraw_await};
    return run_await(call, &verb, &res->claim, &res->base);
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
        err = move(call, work, STATE(APPEALED));
    if (err == OK)
        work->claim.appeal_reason = req->reason;
    return err;
}

enum err
warranty_appeal_claim(struct call *call, const Warranty__V1__AppealClaimRequest *req,
                      Warranty__V1__AppealClaimResponse *res)
{
    const struct verb verb = {req->claim_id, req->expected_version, req, appeal_await};
    return run_await(call, &verb, &res->claim, &res->base);
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
            err = move(call, work, to);
        if (err == OK)
            claim_count(work);
    }
    if (err != OK)
        return err;
    sign(call, work, req->reason);
    work->claim.is_by_person = to != STATE(UNDER_REVIEW); /* else it is decided anew */
    return OK;
}

enum err
warranty_decide_appeal(struct call *call, const Warranty__V1__DecideAppealRequest *req,
                       Warranty__V1__DecideAppealResponse *res)
{
    const struct verb verb = {req->claim_id, req->expected_version, req, decide_appeal_await};
    return run_await(call, &verb, &res->claim, &res->base);
}

/* ---- settle, close ---- */

static enum err
settle_await(struct call *call, struct claim_work *work, const void *context UNUSED)
{
    return move(call, work, STATE(SETTLED));
}

enum err
warranty_settle_claim(struct call *call, const Warranty__V1__SettleClaimRequest *req,
                      Warranty__V1__SettleClaimResponse *res)
{
    const struct verb verb = {req->claim_id, req->expected_version, req, settle_await};
    return run_await(call, &verb, &res->claim, &res->base);
}

static enum err
close_await(struct call *call, struct claim_work *work, const void *context UNUSED)
{
    return move(call, work, STATE(CLOSED));
}

enum err
warranty_close_claim(struct call *call, const Warranty__V1__CloseClaimRequest *req,
                     Warranty__V1__CloseClaimResponse *res)
{
    const struct verb verb = {req->claim_id, req->expected_version, req, close_await};
    return run_await(call, &verb, &res->claim, &res->base);
}
