/*
 * claim_rules - where a claim stands, who may decide what, and until when
 *
 * Pure: no I/O, no clock. What may follow what is the table in proto/warranty/v1/warranty.proto;
 * here is which of the states that it allows is taken, and what its guards mean.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/clock.h"
#include "common/policy/policy_catalogue.h"

#define STATE(NAME) WARRANTY__V1__CLAIM__STATE__##NAME
#define OUTCOME(NAME) COMMON__V1__DECISION__OUTCOME__##NAME

/* ---- states ---- */

/* The checklist is the customer's to fill; evidence of a test and findings are staff's. */
static bool
needs_document(const Common__V1__Decision *decision)
{
    const char *checklist = policy_parameter_row(POLICY_WARRANTY_PROCESS_DOCUMENTS)->clause_id;
    for (size_t i = 0; i < decision->n_needed; i++) {
        if (strcmp(decision->needed[i]->clause_id, checklist) == 0)
            return true;
    }
    return false;
}

int
claim_state_of(const Common__V1__Decision *decision)
{
    switch ((int)decision->outcome) {
    case OUTCOME(GRANTED):
        return STATE(APPROVED);
    case OUTCOME(PARTLY_GRANTED):
        return STATE(PARTLY_APPROVED);
    case OUTCOME(DENIED):
        return STATE(REJECTED);
    case OUTCOME(UNDETERMINED):
        return needs_document(decision) ? STATE(DOCUMENTS_REQUIRED) : STATE(UNDER_REVIEW);
    default: /* REFERRED, and what a newer engine may say: a person looks at it */
        return STATE(UNDER_REVIEW);
    }
}

bool
claim_follows_policy(const struct claim *claim)
{
    switch (claim->state) {
    case STATE(APPEALED):
    case STATE(IN_FULFILMENT):
    case STATE(SETTLED):
    case STATE(CLOSED):
    case STATE(WITHDRAWN):
        return false;
    default:
        return !claim->is_by_person;
    }
}

int
claim_state_after(const struct claim *claim, const Common__V1__Decision *decision)
{
    return claim_follows_policy(claim) ? claim_state_of(decision) : claim->state;
}

bool
claim_is_waiting(int state)
{
    return state == STATE(DOCUMENTS_REQUIRED) || state == STATE(UNDER_REVIEW);
}

bool
claim_is_work(int state)
{
    switch (state) {
    case STATE(UNDER_REVIEW):
    case STATE(APPEALED):
    case STATE(APPROVED):
    case STATE(PARTLY_APPROVED):
    case STATE(IN_FULFILMENT):
        return true;
    default:
        return false;
    }
}

bool
claim_counts(int state, size_t finding_count)
{
    return finding_count == 0 && (state == STATE(APPROVED) || state == STATE(PARTLY_APPROVED));
}

/* ---- who decides ---- */

enum claim_leave
claim_may_decide(int outcome, bool is_approval, bool is_manager)
{
    switch (outcome) {
    case OUTCOME(REFERRED):
        return CLAIM_LEAVE;
    case OUTCOME(UNDETERMINED):
        return is_manager ? CLAIM_LEAVE : CLAIM_LEAVE_MANAGERS;
    case OUTCOME(GRANTED):
    case OUTCOME(PARTLY_GRANTED):
        return is_approval ? CLAIM_LEAVE : CLAIM_STANDS;
    case OUTCOME(DENIED):
        return is_approval ? CLAIM_STANDS : CLAIM_LEAVE;
    default:
        return CLAIM_STANDS;
    }
}

int
claim_state_approved(int outcome)
{
    return outcome == OUTCOME(PARTLY_GRANTED) ? STATE(PARTLY_APPROVED) : STATE(APPROVED);
}

bool
claim_is_within(struct money cost, struct money authority)
{
    return strcmp(cost.currency_code, authority.currency_code) == 0 && cost.minor >= 0 &&
           cost.minor <= authority.minor;
}

bool
claim_may_appeal(struct date today, struct date by_date)
{
    return date_is_absent(by_date) || date_compare(today, by_date) <= 0;
}

/* ---- fulfilment ---- */

const char *
claim_remedy_code(int remedy)
{
    switch (remedy) {
    case WARRANTY__V1__FULFILMENT__REMEDY__REPAIR:
        return "repair";
    case WARRANTY__V1__FULFILMENT__REMEDY__REPLACE:
        return "replace";
    case WARRANTY__V1__FULFILMENT__REMEDY__REFUND:
        return "refund";
    default:
        return NULL;
    }
}

bool
claim_has_remedy(char *const *remedies, size_t count, int remedy)
{
    const char *code = claim_remedy_code(remedy);
    for (size_t i = 0; code != NULL && i < count; i++) {
        if (strcmp(remedies[i], code) == 0)
            return true;
    }
    return code != NULL && count == 0;
}

/* ---- what decisions and documents say ---- */

int
claim_dated_fact(const char *document_kind)
{
    if (strcmp(document_kind, "proof_of_purchase") == 0)
        return WARRANTY__V1__UNIT_FACT__KIND__PURCHASED;
    if (strcmp(document_kind, "delivery_note") == 0)
        return WARRANTY__V1__UNIT_FACT__KIND__DELIVERED;
    return 0;
}

int64_t
claim_promise(const Common__V1__Decision *decision)
{
    for (size_t i = 0; i < decision->n_computed; i++) {
        const Common__V1__Computed *computed = decision->computed[i];
        int64_t unix_us;
        if (strcmp(computed->name, "decide_by") == 0 && computed->value != NULL &&
            computed->value->kind_case == COMMON__V1__VALUE__KIND_TIME &&
            clock_parse_us(computed->value->time, &unix_us))
            return unix_us;
    }
    return 0;
}

struct date
claim_period_start(struct date at_date, int months, int days)
{
    return date_add(at_date, -months, -days);
}
