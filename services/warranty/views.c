/*
 * views - the consumer of all events that keeps histories and worklist
 */
// SPDX-License-Identifier: Apache-2.0
#include "views.h"

#include "surveys/v1/surveys.contract.h"
#include "warranty.h"

static const struct consumer_kind kinds[] = {
    {&warranty_v1_unit_registered_contract, view_on_unit_registered},
    {&warranty_v1_unit_fact_recorded_contract, view_on_unit_fact_recorded},
    {&warranty_v1_unit_transferred_contract, view_on_unit_transferred},
    {&warranty_v1_claim_created_contract, view_on_claim_created},
    {&warranty_v1_claim_decided_contract, view_on_claim_decided},
    {&warranty_v1_claim_moved_contract, view_on_claim_moved},
    {&warranty_v1_decision_missed_contract, view_on_decision_missed},
    {&surveys_v1_loop_opened_contract, view_on_loop_opened},
    {&surveys_v1_loop_assigned_contract, view_on_loop_assigned},
    {&surveys_v1_loop_escalated_contract, view_on_loop_escalated},
    {&surveys_v1_customer_contacted_contract, view_on_customer_contacted},
    {&surveys_v1_loop_closed_contract, view_on_loop_closed},
    {NULL, view_on_any},
    CONSUMER_KIND_END,
};

enum err
view_zone(struct call *call, const struct zone **ret_zone)
{
    const struct policy *policy;
    enum err err = warranty_policy(call, &policy);
    if (err == OK)
        *ret_zone = policy->zone;
    return err;
}

void
views_init(struct svc *svc)
{
    const struct consumer_options options = {
        .name = "views", .kinds = kinds, .on_resync = CONSUMER_GO_ON};
    consumer_open(svc, &options);
}
