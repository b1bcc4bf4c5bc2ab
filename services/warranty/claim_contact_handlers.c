/*
 * claim_contact_handlers - where a claim's customer is reached, for daemons that write to people
 *
 * Asked when something is sent, so that nobody else keeps addresses. The token opens the claim
 * without a login; each answer makes a new one.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include "common/clock.h"
#include "common/link.h"
#include "common/message.h"

static const int64_t LINK_LIFE_MS = INT64_C(30) * 24 * 3600 * 1000;

static char *
make_token(struct arena *arena, const char *claim_id)
{
    struct uuid id = uuid_make();
    const char *link = link_make(arena, message_uuid(arena, &id), warranty_v1_get_claim_method.name,
                                 claim_id, clock_real_ms() + LINK_LIFE_MS);
    CHECK(link != NULL); /* all of it is shorter than a principal holds */
    return (char *)link;
}

enum err
warranty_get_claim_contact(struct call *call, const Warranty__V1__GetClaimContactRequest *req,
                           Warranty__V1__GetClaimContactResponse *res)
{
    struct uuid claim_id = message_get_uuid(req->aggregate_id);
    struct claim claim;
    enum err err = claim_read_await(call, &claim_id, &claim);
    if (err == ERR_NOT_FOUND)
        return claim_fail_missing(call, req->aggregate_id);
    if (err != OK)
        return err;
    res->contact = claim_contact_to_message(call->arena, &claim);
    res->link = make_token(call->arena, req->aggregate_id);
    res->is_open = claim.state != WARRANTY__V1__CLAIM__STATE__CLOSED &&
                   claim.state != WARRANTY__V1__CLAIM__STATE__WITHDRAWN;
    return OK;
}
