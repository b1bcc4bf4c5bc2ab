/*
 * invitation_reach - in which ways somebody may be asked, and may answer
 *
 * Which ways there are is survey.methods of the policy in force: "email", "phone" (an agent calls),
 * "online_form" (the company's own page), and "sms" and "push" where a policy adds them to its
 * codes. A contact leaves this daemon without the addresses of all others.
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

#include "survey_rules.h"
#include "warranty/v1/warranty.client.h"

/* What somebody is asked by, as the policy has it for an invitation. */
struct methods {
    struct call *call;
    const struct policy *policy;
    struct rules_subject subject;
};

static enum err
open_methods(struct call *call, const Surveys__V1__Invitation *invitation,
             struct methods *ret_methods)
{
    *ret_methods = (struct methods){
        .call = call,
        .subject = {"", invitation->category, invitation->region, ""},
    };
    return surveys_policy(call, &ret_methods->policy);
}

static bool
has_method(const struct methods *methods, const char *method)
{
    return rules_asks_by(methods->call->arena, methods->policy, &methods->subject, method);
}

static enum err
read_contact_await(struct call *call, const Surveys__V1__Invitation *invitation,
                   Common__V1__Contact **ret_contact)
{
    Warranty__V1__GetClaimContactRequest wish = WARRANTY__V1__GET_CLAIM_CONTACT_REQUEST__INIT;
    const Warranty__V1__GetClaimContactResponse *answer;
    wish.aggregate_id = invitation->aggregate_id;
    *ret_contact = NULL;
    enum err err = warranty_get_claim_contact_await(call, &wish, &answer);
    if (err == OK)
        *ret_contact = answer->contact;
    return err == ERR_NOT_FOUND ? OK : err;
}

static bool
has_address(const Common__V1__Contact *contact)
{
    return contact->email[0] != 0 || contact->phone[0] != 0 || contact->push_token[0] != 0;
}

/* Takes out of the contact what no method leads to. */
static void
limit(const struct methods *methods, struct invitation_reach *reach)
{
    Common__V1__Contact *contact = reach->contact;
    bool is_known = has_address(contact);
    reach->is_by_phone = contact->phone[0] != 0 && has_method(methods, "phone");
    if (!has_method(methods, "email"))
        contact->email = (char *)"";
    if (!has_method(methods, "sms"))
        contact->phone = (char *)"";
    if (!has_method(methods, "push"))
        contact->push_token = (char *)"";
    if (!reach->is_by_phone && !has_address(contact))
        reach->reason = is_known ? "NO_METHOD" : "NO_CONTACT";
}

enum err
invitation_reach_await(struct call *call, const Surveys__V1__Invitation *invitation,
                       struct invitation_reach *ret_reach)
{
    struct methods methods;
    *ret_reach = (struct invitation_reach){.reason = "NO_CONTACT"};
    enum err err = read_contact_await(call, invitation, &ret_reach->contact);
    if (err != OK || ret_reach->contact == NULL)
        return err;
    ret_reach->reason = NULL;
    err = open_methods(call, invitation, &methods);
    if (err == OK)
        limit(&methods, ret_reach);
    return err;
}

enum err
invitation_check_channel_await(struct call *call, const Surveys__V1__Invitation *invitation,
                               Surveys__V1__Invitation__Channel channel)
{
    struct methods methods;
    bool is_phone = channel == SURVEYS__V1__INVITATION__CHANNEL__PHONE;
    if (channel == SURVEYS__V1__INVITATION__CHANNEL__EMAIL)
        return OK;
    enum err err = open_methods(call, invitation, &methods);
    if (err != OK || has_method(&methods, is_phone ? "phone" : "online_form"))
        return err;
    const char *clause = policy_parameter_row(POLICY_SURVEY_METHODS_METHODS)->clause_id;
    err =
        call_fail(call, ERR_FAILED_PRECONDITION, "METHOD_NOT_OFFERED",
                  "the policy's %s does not name \"%s\" as a way of asking, so no answer is taken "
                  "that comes that way",
                  clause, is_phone ? "phone" : "online_form");
    call_add_detail(call, "clause_id", "%s", clause);
    return err;
}
