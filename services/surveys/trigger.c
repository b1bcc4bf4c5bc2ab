/*
 * trigger - the consumer that invites somebody when their case is closed
 *
 * One event makes one invitation, whatever becomes of it: who is not asked has one too, with the
 * reason, so that the numbers can be explained. What results are grouped by is asked of the service
 * that has the case. While that is away the lane waits. Of service centres no service knows yet:
 * that one stays empty. The same consumer hears what became of the invitations (delivery.c).
 */
// SPDX-License-Identifier: Apache-2.0
#include "invitation.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "survey_rules.h"
#include "warranty/v1/warranty.client.h"
#include "warranty/v1/warranty.contract.h"

#define CLAIM_CLOSED "claim_closed"

/* What a survey is about. */
struct closed_case {
    const char *trigger;
    const char *clause_id;
    const char *sku;
    const char *category;
    const char *region;
    const char *customer_class;
};

static enum err
ask_about_claim_await(struct call *call, const char *claim_id, const char *serial,
                      struct closed_case *closed)
{
    Warranty__V1__GetClaimRequest claim_wish = WARRANTY__V1__GET_CLAIM_REQUEST__INIT;
    Warranty__V1__GetUnitRequest unit_wish = WARRANTY__V1__GET_UNIT_REQUEST__INIT;
    Warranty__V1__GetProductRequest product_wish = WARRANTY__V1__GET_PRODUCT_REQUEST__INIT;
    const Warranty__V1__GetClaimResponse *claim;
    const Warranty__V1__GetUnitResponse *unit;
    const Warranty__V1__GetProductResponse *product;
    claim_wish.claim_id = (char *)claim_id;
    enum err err = warranty_get_claim_await(call, &claim_wish, &claim);
    if (err != OK)
        return err;
    closed->clause_id = claim->claim->deciding_clause_id;
    unit_wish.serial = (char *)serial;
    err = warranty_get_unit_await(call, &unit_wish, &unit);
    if (err != OK)
        return err;
    closed->sku = unit->unit->sku;
    closed->region = unit->unit->region;
    closed->customer_class = unit->unit->customer_class;
    product_wish.sku = unit->unit->sku;
    err = warranty_get_product_await(call, &product_wish, &product);
    if (err == OK)
        closed->category = product->product->category;
    return err;
}

static Surveys__V1__Invitation *
make_invitation(struct call *call, const struct consumer_event *event,
                const Surveys__V1__Template *template, const struct closed_case *closed)
{
    Surveys__V1__Invitation *made = arena_alloc(call->arena, sizeof *made);
    surveys__v1__invitation__init(made);
    struct uuid id = uuid_make();
    made->invitation_id = message_uuid(call->arena, &id);
    made->template_id = template->template_id;
    made->template_version = template->version;
    made->aggregate_type = event->envelope->aggregate_type;
    made->aggregate_id = event->envelope->aggregate_id;
    made->person_id = event->envelope->owner_id;
    made->clause_id = (char *)closed->clause_id;
    made->sku = (char *)closed->sku;
    made->category = (char *)closed->category;
    made->region = (char *)closed->region;
    made->create_time = message_time(call->arena, clock_now_us());
    return made;
}

/* When, and whether at all. */
static void
decide(struct call *call, const struct policy *policy, const struct closed_case *closed,
       struct invitation_plan *plan, Surveys__V1__Invitation *made, int64_t closed_us)
{
    const struct rules_subject subject = {closed->trigger, closed->category, closed->region,
                                          closed->customer_class};
    struct policy_value delay =
        rules_read(call->arena, policy, POLICY_SURVEY_METHODS_DELAY, &subject);
    struct policy_value sample =
        rules_read(call->arena, policy, POLICY_SURVEY_METHODS_SAMPLE, &subject);
    struct policy_value cool_down =
        rules_read(call->arena, policy, POLICY_SURVEY_METHODS_COOL_DOWN, &subject);
    int64_t send_us = rules_add(call->arena, policy, &delay, closed_us, closed_us, NULL);
    struct policy_value expires =
        rules_read(call->arena, policy, POLICY_SURVEY_METHODS_EXPIRES, &subject);
    made->send_time = message_time(call->arena, send_us);
    made->policy_version = policy->version;
    plan->cool_down_before_us = rules_cool_down_before(call->arena, policy, &cool_down, send_us);
    made->state = SURVEYS__V1__INVITATION__STATE__SCHEDULED;
    if (!rules_is_sampled(&plan->event_id, sample.basis_points)) {
        made->state = SURVEYS__V1__INVITATION__STATE__NOT_SENT;
        made->reason = (char *)"SAMPLED_OUT";
    } else if (rules_add(call->arena, policy, &expires, send_us, INT64_MAX, NULL) <
               clock_now_us()) {
        made->state = SURVEYS__V1__INVITATION__STATE__NOT_SENT;
        made->reason = (char *)"TOO_LATE"; /* they would have had their time by now */
    }
}

static enum err
write_await(struct call *call, const struct consumer_event *event, struct invitation_plan *plan)
{
    const Surveys__V1__Invitation *made = plan->invitation;
    Surveys__V1__InvitationScheduled scheduled = SURVEYS__V1__INVITATION_SCHEDULED__INIT;
    scheduled.invitation_id = made->invitation_id;
    scheduled.template_id = made->template_id;
    scheduled.aggregate_type = made->aggregate_type;
    scheduled.aggregate_id = made->aggregate_id;
    scheduled.person_id = made->person_id;
    scheduled.send_time = made->send_time;
    Surveys__V1__InvitationSkipped skipped = SURVEYS__V1__INVITATION_SKIPPED__INIT;
    skipped.invitation_id = made->invitation_id;
    skipped.template_id = made->template_id;
    skipped.aggregate_type = made->aggregate_type;
    skipped.aggregate_id = made->aggregate_id;
    skipped.person_id = made->person_id;
    skipped.reason = made->reason;
    skipped.reason_clause_id = (char *)invitation_reason_clause(made->reason);
    plan->scheduled = &scheduled.base;
    plan->skipped = &skipped.base;
    enum err err = invitation_plan_await(call, event, plan);
    if (err == OK)
        timer_poke(svc_timer_service(call->svc), message_get_time(made->send_time));
    return err;
}

static enum err
on_claim_moved(struct call *call, const struct consumer_event *event)
{
    const Warranty__V1__ClaimMoved *moved = (const void *)event->payload;
    if (moved->to_state != WARRANTY__V1__CLAIM__STATE__CLOSED)
        return OK;
    struct closed_case closed = {CLAIM_CLOSED, "", "", "", "", ""};
    const struct rules_subject subject = {CLAIM_CLOSED, "", "", ""};
    const struct policy *policy;
    Surveys__V1__Template *template;
    enum err err = surveys_policy(call, &policy);
    if (err != OK || !rules_asks_after(call->arena, policy, &subject))
        return err;
    err = template_find_await(call, CLAIM_CLOSED, &template);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    err = ask_about_claim_await(call, moved->claim_id, moved->serial, &closed);
    if (err == OK)
        err = surveys_policy(call, &policy); /* a newer one may have come meanwhile */
    if (err != OK)
        return err;
    Surveys__V1__Invitation *made = make_invitation(call, event, template, &closed);
    struct invitation_plan plan = {.invitation = made, .event_id = event->event_id};
    decide(call, policy, &closed, &plan, made, event->event_time_us);
    return write_await(call, event, &plan);
}

static const struct consumer_kind kinds[] = {
    {&warranty_v1_claim_moved_contract, on_claim_moved},
    {&notify_v1_opt_out_created_contract, delivery_on_opted_out},
    {&notify_v1_opt_out_deleted_contract, delivery_on_opted_in},
    {&notify_v1_message_failed_contract, delivery_on_message_failed},
    CONSUMER_KIND_END,
};

void
trigger_init(struct svc *svc)
{
    const struct consumer_options options = {
        .name = "trigger", .kinds = kinds, .on_resync = CONSUMER_GO_ON};
    consumer_open(svc, &options);
}
