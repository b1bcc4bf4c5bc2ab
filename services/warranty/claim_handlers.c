/*
 * claim_handlers - filing, submitting, reading and listing claims
 *
 * A change has one shape: read what the decision rests on, with its version; decide; write state,
 * event and answer as one unit of work. If somebody else was faster the write changes nothing, and
 * the handler starts again from its read (claim_work.c).
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/zone.h"

#define STATE(NAME) WARRANTY__V1__CLAIM__STATE__##NAME

/* ---- filing ---- */

/* Customers report today: the day decides, so it is not theirs to choose. */
static enum err
find_day(struct call *call, const struct policy *policy, const struct unit *unit,
         const Common__V1__Date *asked, struct date *ret_date)
{
    struct date today = warranty_today(policy, unit->region);
    *ret_date = asked != NULL ? message_get_date(asked) : today;
    if (date_compare(*ret_date, today) > 0)
        return call_fail_field(call, "at_date", "DATE_IN_FUTURE", "at_date lies in the future");
    if (call_own_subject(call) != NULL && date_compare(*ret_date, today) != 0)
        return warranty_fail_not_yours(call, "at_date");
    return OK;
}

static enum err
check_request(struct call *call, const struct policy *policy,
              const Warranty__V1__CreateClaimRequest *req)
{
    const Common__V1__Contact *contact = req->contact;
    enum err err = warranty_check_code(call, policy, "cause", "cause", req->cause);
    if (err == OK)
        err = warranty_check_code(call, policy, "component", "component", req->component);
    if (err == OK && contact != NULL && contact->time_zone[0] != 0 &&
        zone_find(contact->time_zone) == NULL)
        err = call_fail_field(call, "contact.time_zone", "ZONE_UNKNOWN",
                              "contact.time_zone: there is no zone \"%s\"; a name is as "
                              "\"Europe/Berlin\"",
                              contact->time_zone);
    return err;
}

static void
take_request(struct call *call, const Warranty__V1__CreateClaimRequest *req,
             struct claim_work *work)
{
    static const Common__V1__Contact nobody = COMMON__V1__CONTACT__INIT;
    const Common__V1__Contact *contact = req->contact != NULL ? req->contact : &nobody;
    const char *own = call_own_subject(call);
    struct claim *claim = &work->claim;
    claim->claim_id = req->claim_id[0] != 0 ? message_get_uuid(req->claim_id) : uuid_make();
    claim->cause = req->cause;
    claim->component = req->component;
    claim->description = req->description;
    claim->contact_name = contact->name;
    claim->contact_email = contact->email;
    claim->contact_phone = contact->phone;
    claim->contact_language = contact->language;
    claim->contact_time_zone = contact->time_zone;
    claim->contact_push_token = contact->push_token;
    claim->owner_id = own != NULL ? own : work->unit.owner_id;
    claim->assignee_id = claim->reason = claim->deciding_clause_id = "";
    claim->decided_by = claim->decide_reason = claim->appeal_reason = "";
    claim->create_time_us = work->now_us;
}

/* A unit that the caller may see, the request that fits it, its documents. */
static enum err
prepare_await(struct call *call, const Warranty__V1__CreateClaimRequest *req,
              struct claim_work *work)
{
    *work = (struct claim_work){.claim = {.serial = req->serial}};
    enum err err = claim_open_unit_await(call, work);
    if (err == OK && !call_may_see(call, work->unit.owner_id))
        err = unit_fail_missing(call, req->serial);
    const struct policy *policy = NULL;
    if (err == OK)
        err = warranty_policy(call, &policy);
    if (err == OK)
        err = check_request(call, policy, req);
    if (err == OK)
        err = find_day(call, policy, &work->unit, req->at_date, &work->claim.at_date);
    if (err != OK)
        return err;
    take_request(call, req, work);
    return claim_add_documents_await(call, work, "documents", req->documents, req->n_documents, 0);
}

static enum err
create_once_await(struct call *call, const Warranty__V1__CreateClaimRequest *req,
                  Warranty__V1__CreateClaimResponse *res)
{
    struct claim_work work;
    enum err err = prepare_await(call, req, &work);
    if (err != OK)
        return err;
    if (req->draft) {
        err = call_move_to(call, &warranty_v1_claim_state_machine, "CLAIM_STATE", STATE(DRAFT),
                           &work.claim.state);
    } else {
        work.claim.submit_time_us = work.now_us;
        err = claim_decide_again_await(call, &work, call->method->verb);
    }
    if (err != OK)
        return err;
    err = claim_say_decided_await(call, &work, call->method->verb, &res->claim, &res->base);
    if (err == ERR_ALREADY_EXISTS && strcmp(call->fault.field, "claims_pk") == 0)
        return call_fail(call, ERR_ALREADY_EXISTS, "CLAIM_EXISTS", "claim \"%s\" is there already",
                         res->claim->claim_id);
    return err;
}

enum err
warranty_create_claim(struct call *call, const Warranty__V1__CreateClaimRequest *req,
                      Warranty__V1__CreateClaimResponse *res)
{
    enum err err;
    do
        err = create_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- submitting ---- */

static enum err
submit_once_await(struct call *call, const Warranty__V1__SubmitClaimRequest *req,
                  Warranty__V1__SubmitClaimResponse *res)
{
    struct claim_work work;
    enum err err = claim_open_await(call, req->claim_id, req->expected_version, &work);
    if (err == OK)
        err = claim_check_verb(call, &work);
    if (err == OK)
        err = claim_open_unit_await(call, &work);
    const struct policy *policy = NULL;
    if (err == OK)
        err = warranty_policy(call, &policy);
    if (err != OK)
        return err;
    work.claim.submit_time_us = work.now_us;
    if (call_own_subject(call) != NULL) /* reported by submitting it, whenever it was begun */
        work.claim.at_date = warranty_today(policy, work.unit.region);
    err = claim_decide_again_await(call, &work, call->method->verb);
    if (err != OK)
        return err;
    return claim_say_decided_await(call, &work, call->method->verb, &res->claim, &res->base);
}

enum err
warranty_submit_claim(struct call *call, const Warranty__V1__SubmitClaimRequest *req,
                      Warranty__V1__SubmitClaimResponse *res)
{
    enum err err;
    do
        err = submit_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- reading ---- */

enum err
warranty_get_claim(struct call *call, const Warranty__V1__GetClaimRequest *req,
                   Warranty__V1__GetClaimResponse *res)
{
    struct claim_work work;
    enum err err = claim_open_await(call, req->claim_id, 0, &work);
    if (err == OK)
        res->claim = claim_to_message(call->arena, &work.claim, &work.evidence, work.decision);
    return err;
}

/* A token holds the last decision's id. */
static enum err
read_decision_token(struct call *call, const char *token, struct uuid *after,
                    const struct uuid **ret_after)
{
    const char *text;
    enum err err = page_token_read(call, token, 1, &text);
    *ret_after = NULL;
    if (err != OK || token[0] == 0)
        return err;
    if (!uuid_parse(text, after))
        return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                               "page_token is not one that this list gave");
    *ret_after = after;
    return OK;
}

enum err
warranty_get_claim_decisions(struct call *call, const Warranty__V1__GetClaimDecisionsRequest *req,
                             Warranty__V1__GetClaimDecisionsResponse *res)
{
    struct uuid claim_id = message_get_uuid(req->claim_id);
    struct claim claim;
    struct uuid after_id;
    const struct uuid *after = NULL;
    enum err err = claim_read_await(call, &claim_id, &claim);
    if (err == ERR_NOT_FOUND || (err == OK && !call_may_see(call, claim.owner_id)))
        return claim_fail_missing(call, req->claim_id);
    if (err == OK)
        err = read_decision_token(call, req->page_token, &after_id, &after);
    struct page page;
    if (err == OK)
        err = claim_decisions_list_await(call, &claim_id, after, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->owner_id = (char *)claim.owner_id;
    res->decisions = (Common__V1__Decision **)page.messages;
    res->n_decisions = page.count;
    if (page.has_more) {
        const char *last = res->decisions[page.count - 1]->decision_id;
        res->next_page_token = (char *)page_token_make(call->arena, &last, 1);
    }
    return OK;
}

/* A token holds the last row's time and its id. */
static enum err
read_token(struct call *call, const char *token, struct claim_filter *filter)
{
    const char *parts[2];
    enum err err = page_token_read(call, token, COUNT_OF(parts), parts);
    if (err != OK || token[0] == 0)
        return err;
    if (clock_parse_us(parts[0], &filter->before_time_us) &&
        uuid_parse(parts[1], &filter->before_id))
        return OK;
    return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                           "page_token is not one that this list gave");
}

static const char *
make_token(struct call *call, const Warranty__V1__Claim *last)
{
    char time[CLOCK_TEXT_SIZE];
    clock_print_us(message_get_time(last->create_time), time);
    const char *parts[] = {time, last->claim_id};
    return page_token_make(call->arena, parts, COUNT_OF(parts));
}

/* Fewer than three characters would find nearly everybody. */
static enum err
check_contact(struct call *call, const char *contact)
{
    enum { CHARACTERS_MIN = 3 };
    size_t count = 0;
    for (const char *c = contact; *c != 0; c++)
        count += ((unsigned char)*c & 0xc0) != 0x80;
    if (contact[0] != 0 && call_own_subject(call) != NULL)
        return warranty_fail_not_yours(call, "contact");
    if (contact[0] != 0 && count < CHARACTERS_MIN)
        return call_fail_field(call, "contact", "FIELD_TOO_SHORT",
                               "contact: at least %d characters", CHARACTERS_MIN);
    return OK;
}

enum err
warranty_list_claims(struct call *call, const Warranty__V1__ListClaimsRequest *req,
                     Warranty__V1__ListClaimsResponse *res)
{
    struct claim_filter filter = {.serial = req->serial,
                                  .contact = req->contact,
                                  .state = (int)req->state,
                                  .owner_id = call_own_subject(call)};
    enum err err = check_contact(call, req->contact);
    if (err == OK)
        err = read_token(call, req->page_token, &filter);
    if (err != OK)
        return err;
    struct page page;
    err = claim_list_await(call, &filter, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->claims = (Warranty__V1__Claim **)page.messages;
    res->n_claims = page.count;
    if (page.has_more)
        res->next_page_token = (char *)make_token(call, res->claims[page.count - 1]);
    return OK;
}
