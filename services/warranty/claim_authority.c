/*
 * claim_authority - the most that a member of staff may decide by themselves
 *
 * The staff directory of the policy daemon says it for a person; where it does not, the policy's
 * clause general.authority says it for each of the caller's roles, and the highest counts.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <stdio.h>
#include <string.h>

#include "common/message.h"
#include "policy/v1/policy.client.h"

enum { ROLES_MAX = 32 };

/* What the policy gives a role; ret_authority stays where that is not more. */
static void
raise_to_role(struct call *call, const struct policy *policy, unsigned role,
              struct money *authority)
{
    const char *code = contract_role_code(role);
    struct policy_subject subject = {0};
    if (code == NULL || !call_has_role(call, 1U << role) ||
        !policy_subject_set(&policy->axes, &subject, POLICY_AXIS_ROLE, code))
        return;
    struct policy_value limit =
        policy_read_value(call->arena, policy, POLICY_GENERAL_AUTHORITY_OVERRIDE_LIMIT, &subject)
            .value;
    if (limit.absence == POLICY_UNLIMITED)
        authority->minor = INT64_MAX;
    if (limit.absence == POLICY_PRESENT && limit.money.minor > authority->minor)
        *authority = limit.money;
}

static enum err
read_policy(struct call *call, struct money *ret_authority)
{
    const struct policy *policy;
    enum err err = warranty_policy(call, &policy);
    if (err != OK)
        return err;
    struct money authority = {0};
    memcpy(authority.currency_code, policy->currency_code, sizeof authority.currency_code);
    for (unsigned role = 1; role < ROLES_MAX; role++)
        raise_to_role(call, policy, role, &authority);
    *ret_authority = authority;
    return OK;
}

enum err
claim_authority_await(struct call *call, struct money *ret_authority)
{
    Policy__V1__GetStaffMemberRequest req = POLICY__V1__GET_STAFF_MEMBER_REQUEST__INIT;
    req.subject = (char *)call_subject(call);
    const Policy__V1__GetStaffMemberResponse *res;
    enum err err = policy_get_staff_member_await(call, &req, &res);
    if (err == OK && res->staff_member != NULL && res->staff_member->authority != NULL) {
        *ret_authority = message_get_money(res->staff_member->authority);
        return OK;
    }
    return err == OK || err == ERR_NOT_FOUND ? read_policy(call, ret_authority) : err;
}

enum err
claim_check_cost_await(struct call *call, const Common__V1__Money *asked, struct money *ret_cost)
{
    if (asked == NULL)
        return call_fail_field(call, "cost", "FIELD_REQUIRED",
                               "cost: an approval beyond the policy says what it may cost");
    struct money cost = message_get_money(asked);
    struct money authority;
    enum err err = claim_authority_await(call, &authority);
    if (err != OK)
        return err;
    if (strcmp(cost.currency_code, authority.currency_code) != 0)
        return call_fail_field(call, "cost.currency_code", "CURRENCY_WRONG",
                               "cost: authority is given in %s", authority.currency_code);
    if (cost.minor < 0)
        return call_fail_field(call, "cost.minor", "FIELD_RANGE", "cost must not be negative");
    char text[MONEY_TEXT_SIZE];
    money_print(authority, text);
    if (!claim_is_within(cost, authority))
        return call_fail(
            call, ERR_PERMISSION_DENIED, "AUTHORITY_EXCEEDED",
            "the caller may decide up to %s by themselves, by the staff directory or else "
            "the policy's general.authority; beyond it somebody who may decide more has to",
            text);
    *ret_cost = cost;
    return OK;
}
