/*
 * claim_handlers - submitting, reading, listing and withdrawing claims
 *
 * A change has one shape: read what the decision rests on, with its version; decide; write state,
 * event and answer as one unit of work. If somebody else was faster the write changes nothing, and
 * the handler starts again from its read.
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#include "common/clock.h"
#include "common/message.h"
#include "common/principal.h"

#include "coverage_rules.h"

static Warranty__V1__Contact *
contact_to_message(struct arena *arena, const struct claim *claim)
{
    if (claim->contact_name[0] == 0 && claim->contact_email[0] == 0 && claim->contact_phone[0] == 0)
        return NULL;
    Warranty__V1__Contact *message = arena_alloc(arena, sizeof *message);
    warranty__v1__contact__init(message);
    message->name = (char *)claim->contact_name;
    message->email = (char *)claim->contact_email;
    message->phone = (char *)claim->contact_phone;
    return message;
}

Warranty__V1__Claim *
claim_to_message(struct arena *arena, const struct claim *claim)
{
    Warranty__V1__Claim *message = arena_alloc(arena, sizeof *message);
    warranty__v1__claim__init(message);
    message->claim_id = message_uuid(arena, &claim->claim_id);
    message->serial = (char *)claim->serial;
    message->state = (Warranty__V1__Claim__State)claim->state;
    message->cause = (char *)claim->cause;
    message->description = (char *)claim->description;
    message->contact = contact_to_message(arena, claim);
    message->report_date = message_date(arena, claim->report_date);
    message->outcome = (Warranty__V1__Coverage__Outcome)claim->outcome;
    message->last_date = message_date(arena, claim->last_date);
    message->clause_id = (char *)claim->clause_id;
    message->owner_id = (char *)claim->owner_id;
    message->create_time = message_time(arena, claim->create_time_us);
    message->version = claim->version;
    return message;
}

static enum err
fail_missing(struct call *call, const char *claim_id)
{
    return call_fail(call, ERR_NOT_FOUND, "CLAIM_MISSING", "claim \"%s\" is not known", claim_id);
}

/* Customers report today: the day decides, so it is not theirs to choose. */
static enum err
report_date_for(struct call *call, const Common__V1__Date *asked, struct date *ret_date)
{
    struct date today = warranty_today();
    *ret_date = asked != NULL ? message_get_date(asked) : today;
    if (date_compare(*ret_date, today) > 0)
        return call_fail_field(call, "report_date", "DATE_IN_FUTURE",
                               "report_date lies in the future");
    if (call_own_subject(call) != NULL && date_compare(*ret_date, today) != 0)
        return call_fail_field(call, "report_date", "REPORT_DATE_NOT_TODAY",
                               "a customer reports today; staff may record an earlier report");
    return OK;
}

static void
take_request(const Warranty__V1__SubmitClaimRequest *req, struct claim *claim)
{
    const Warranty__V1__Contact *contact = req->contact;
    claim->claim_id = req->claim_id[0] != 0 ? message_get_uuid(req->claim_id) : uuid_make();
    claim->cause = req->cause;
    claim->description = req->description;
    claim->contact_name = contact != NULL ? contact->name : "";
    claim->contact_email = contact != NULL ? contact->email : "";
    claim->contact_phone = contact != NULL ? contact->phone : "";
    claim->create_time_us = clock_now_us();
    claim->version = 1;
}

static void
take_coverage(const struct unit *unit, struct claim *claim)
{
    struct coverage coverage =
        coverage_decide(warranty_terms(), unit->category, unit->purchase_date, unit->delivery_date,
                        claim->report_date);
    claim->outcome = coverage.outcome;
    claim->last_date = coverage.last_date;
    claim->clause_id = coverage.clause_id;
}

static enum err
write_submission_await(struct call *call, const struct claim *claim,
                       Warranty__V1__SubmitClaimResponse *res)
{
    char person_id[PRINCIPAL_PSEUDONYM_SIZE];
    principal_person(claim->contact_email, claim->contact_phone, claim->owner_id, person_id);
    res->claim = claim_to_message(call->arena, claim);
    Warranty__V1__ClaimSubmitted event = WARRANTY__V1__CLAIM_SUBMITTED__INIT;
    event.claim_id = res->claim->claim_id;
    event.serial = res->claim->serial;
    event.cause = res->claim->cause;
    event.report_date = res->claim->report_date;
    event.outcome = res->claim->outcome;
    event.clause_id = res->claim->clause_id;
    event.person_id = person_id;
    enum err err = claim_create_await(call, claim, &event.base, &res->base);
    if (err == ERR_ALREADY_EXISTS)
        return call_fail(call, ERR_ALREADY_EXISTS, "CLAIM_EXISTS", "claim \"%s\" is there already",
                         res->claim->claim_id);
    return err;
}

enum err
warranty_submit_claim(struct call *call, const Warranty__V1__SubmitClaimRequest *req,
                      Warranty__V1__SubmitClaimResponse *res)
{
    struct claim claim = {0};
    enum err err = report_date_for(call, req->report_date, &claim.report_date);
    if (err != OK)
        return err;
    struct unit unit;
    err = unit_get_await(call, req->serial, &unit);
    if (err != OK)
        return err;
    err = call_move(call, &warranty_v1_claim_state_machine, "CLAIM_STATE", &claim.state);
    if (err != OK)
        return err;
    claim.serial = unit.serial;
    claim.owner_id = unit.owner_id;
    take_request(req, &claim);
    take_coverage(&unit, &claim);
    return write_submission_await(call, &claim, res);
}

enum err
warranty_get_claim(struct call *call, const Warranty__V1__GetClaimRequest *req,
                   Warranty__V1__GetClaimResponse *res)
{
    struct uuid claim_id = message_get_uuid(req->claim_id);
    struct claim claim;
    enum err err = claim_read_await(call, &claim_id, &claim);
    if (err == ERR_NOT_FOUND || (err == OK && !call_may_see(call, claim.owner_id)))
        return fail_missing(call, req->claim_id);
    if (err == OK)
        res->claim = claim_to_message(call->arena, &claim);
    return err;
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

enum err
warranty_list_claims(struct call *call, const Warranty__V1__ListClaimsRequest *req,
                     Warranty__V1__ListClaimsResponse *res)
{
    struct claim_filter filter = {
        .serial = req->serial, .state = req->state, .owner_id = call_own_subject(call)};
    enum err err = read_token(call, req->page_token, &filter);
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

static enum err
withdraw_once_await(struct call *call, const Warranty__V1__WithdrawClaimRequest *req,
                    Warranty__V1__WithdrawClaimResponse *res)
{
    struct uuid claim_id = message_get_uuid(req->claim_id);
    struct claim claim;
    enum err err = claim_read_await(call, &claim_id, &claim);
    if (err == ERR_NOT_FOUND || (err == OK && !call_may_see(call, claim.owner_id)))
        return fail_missing(call, req->claim_id);
    if (err == OK)
        err = call_check_version(call, req->expected_version, claim.version);
    if (err != OK)
        return err;
    err = call_move(call, &warranty_v1_claim_state_machine, "CLAIM_NOT_SUBMITTED", &claim.state);
    if (err != OK)
        return err;
    claim.version++;
    res->claim = claim_to_message(call->arena, &claim);
    Warranty__V1__ClaimWithdrawn event = WARRANTY__V1__CLAIM_WITHDRAWN__INIT;
    event.claim_id = res->claim->claim_id;
    event.serial = res->claim->serial;
    return claim_move_await(call, &claim, &event.base, &warranty_v1_claim_withdrawn_contract,
                            &res->base);
}

enum err
warranty_withdraw_claim(struct call *call, const Warranty__V1__WithdrawClaimRequest *req,
                        Warranty__V1__WithdrawClaimResponse *res)
{
    enum err err;
    do
        err = withdraw_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
