/*
 * claim_verdict - what a person decided about a claim, and how the customer reads it
 *
 * The policy's decision stays as it was made. The verdict stands beside it and holds in its place:
 * by which role, what, by which clause, which remedies, and in sentences of the policy's words.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include "common/message.h"

#define STATE(NAME) WARRANTY__V1__CLAIM__STATE__##NAME
#define OUTCOME(NAME) COMMON__V1__DECISION__OUTCOME__##NAME

enum { ROLES_MAX = 32 };

/* The role that the caller decided by: of those that may call the method, the last they hold. */
static const char *
find_role(const struct call *call)
{
    for (unsigned role = ROLES_MAX - 1; role > 0; role--) {
        uint32_t bit = 1U << role;
        if ((call->method->roles & bit) != 0 && call_has_role(call, bit))
            return contract_role_code(role);
    }
    return "";
}

/* The clause that left it to a person, or says the same; else the one by which staff may decide
 * otherwise. */
static const char *
find_clause(const Common__V1__Decision *decision, int outcome)
{
    bool is_left = decision->outcome == OUTCOME(REFERRED) ||
                   decision->outcome == OUTCOME(UNDETERMINED) || (int)decision->outcome == outcome;
    return is_left ? decision->deciding_clause_id
                   : policy_parameter_row(POLICY_GENERAL_AUTHORITY_OVERRIDE_LIMIT)->clause_id;
}

/* Those of the policy's decision; where it names none, because it granted nothing, each. */
static void
put_remedies(Common__V1__Decision *said)
{
    const char *const *all = policy_find_list("remedy")->codes;
    if (said->outcome == OUTCOME(DENIED))
        said->n_remedies = 0;
    else if (said->n_remedies == 0)
        for (said->remedies = (char **)all; all[said->n_remedies] != NULL;)
            said->n_remedies++;
}

static Common__V1__Decision__Appeal *
make_appeal(struct call *call, const struct claim *claim)
{
    Common__V1__Decision__Appeal *appeal = arena_alloc(call->arena, sizeof *appeal);
    common__v1__decision__appeal__init(appeal);
    appeal->method = arena_printf(call->arena, "POST /v1/claims/%s:appeal",
                                  message_uuid(call->arena, &claim->claim_id));
    appeal->clause_id =
        (char *)policy_parameter_row(POLICY_COMPLAINTS_ESCALATION_LADDER)->clause_id;
    return appeal;
}

/* The policy's decision as the person has it. A claim is appealed once. */
static Common__V1__Decision
decide_otherwise(struct call *call, const struct claim_work *work)
{
    const struct claim *claim = &work->claim;
    Common__V1__Decision said = *work->decision;
    said.outcome = claim->state == STATE(REJECTED)          ? OUTCOME(DENIED)
                   : claim->state == STATE(PARTLY_APPROVED) ? OUTCOME(PARTLY_GRANTED)
                                                            : OUTCOME(GRANTED);
    said.reason = said.outcome == OUTCOME(DENIED) ? "REJECTED_BY_STAFF" : "APPROVED_BY_STAFF";
    said.deciding_clause_id = (char *)find_clause(work->decision, (int)said.outcome);
    put_remedies(&said);
    bool may_appeal = said.outcome != OUTCOME(GRANTED) && claim->appeal_reason[0] == 0;
    said.appeal = may_appeal ? make_appeal(call, claim) : NULL;
    return said;
}

static enum err
make_verdict(struct call *call, const struct claim_work *work, Warranty__V1__Verdict **ret_verdict)
{
    Common__V1__Decision said = decide_otherwise(call, work);
    enum err err = warranty_write_sentences(call, &said);
    if (err != OK)
        return err;
    Warranty__V1__Verdict *verdict = arena_alloc(call->arena, sizeof *verdict);
    warranty__v1__verdict__init(verdict);
    verdict->role = (char *)find_role(call);
    verdict->decide_time = message_time(call->arena, work->now_us);
    verdict->outcome = said.outcome;
    verdict->reason = said.reason;
    verdict->clause_id = said.deciding_clause_id;
    verdict->remedies = said.remedies;
    verdict->n_remedies = said.n_remedies;
    verdict->sentences = said.sentences;
    verdict->n_sentences = said.n_sentences;
    verdict->appeal = said.appeal;
    *ret_verdict = verdict;
    return OK;
}

enum err
claim_sign(struct call *call, struct claim_work *work, const char *reason)
{
    struct claim *claim = &work->claim;
    claim->decided_by = call_subject(call);
    claim->is_by_person = claim->state != STATE(UNDER_REVIEW);
    claim->decide_reason = reason;
    claim->assignee_id = call_subject(call);
    claim->verdict = NULL;
    enum err err = claim->is_by_person ? make_verdict(call, work, &claim->verdict) : OK;
    work->verdict = claim->verdict;
    return err;
}
