/*
 * staff_handlers - the directory of who is who: adding, reading, listing, changing, removing
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include "common/clock.h"
#include "common/message.h"
#include "common/money.h"
#include "policy_rules.h"

static enum err
fail_missing(struct call *call)
{
    return call_fail(call, ERR_NOT_FOUND, "STAFF_MEMBER_MISSING",
                     "nobody in the staff directory has this subject");
}

/* Fills in what may change of an entry. */
static enum err
take_terms(struct call *call, Common__V1__Role role, const char *position,
           const Common__V1__Money *authority, struct staff_row *row)
{
    if (!rules_is_staff_role(role))
        return call_fail_field(call, "role", "ROLE_NOT_STAFF", "nobody of the staff is this");
    if (authority != NULL && money_digits(authority->currency_code) < 0)
        return call_fail_field(call, "authority.currency_code", "CURRENCY_UNKNOWN",
                               "it is no currency, as EUR");
    if (authority != NULL && authority->minor < 0)
        return call_fail_field(call, "authority.minor", "FIELD_RANGE",
                               "an authority is not negative");
    row->role = role;
    row->position = position;
    row->has_authority = authority != NULL;
    row->authority_minor = authority != NULL ? authority->minor : 0;
    row->currency_code = authority != NULL ? authority->currency_code : "";
    return OK;
}

enum err
policy_create_staff_member(struct call *call, const Policy__V1__CreateStaffMemberRequest *req,
                           Policy__V1__CreateStaffMemberResponse *res)
{
    struct staff_row row = {
        .staff_id = uuid_make(),
        .subject = req->subject,
        .create_time_us = clock_now_us(),
        .version = 1,
    };
    enum err err = take_terms(call, req->role, req->position, req->authority, &row);
    if (err != OK)
        return err;
    Policy__V1__StaffMemberCreated event = POLICY__V1__STAFF_MEMBER_CREATED__INIT;
    res->staff_member = staff_to_message(call->arena, &row);
    event.staff_id = res->staff_member->staff_id;
    event.role = req->role;
    event.position = req->position;
    err = staff_create_await(call, &row, &event.base, &res->base);
    if (err == ERR_ALREADY_EXISTS)
        return call_fail(call, err, "STAFF_MEMBER_EXISTS",
                         "somebody in the staff directory has this subject already");
    return err;
}

enum err
policy_get_staff_member(struct call *call, const Policy__V1__GetStaffMemberRequest *req,
                        Policy__V1__GetStaffMemberResponse *res)
{
    struct staff_row row;
    enum err err = staff_read_await(call, req->subject, &row);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call);
    if (err == OK)
        res->staff_member = staff_to_message(call->arena, &row);
    return err;
}

enum err
policy_list_staff(struct call *call, const Policy__V1__ListStaffRequest *req,
                  Policy__V1__ListStaffResponse *res)
{
    const char *after;
    enum err err = page_token_read(call, req->page_token, 1, &after);
    if (err != OK)
        return err;
    struct page page;
    err = staff_list_await(call, req->position, req->role, after, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->staff = (Policy__V1__StaffMember **)page.messages;
    res->n_staff = page.count;
    if (page.has_more) {
        const char *last = res->staff[page.count - 1]->subject;
        res->next_page_token = (char *)page_token_make(call->arena, &last, 1);
    }
    return OK;
}

/* The entry at the version that the caller means. */
static enum err
read_expected_await(struct call *call, const char *subject, int64_t expected_version,
                    struct staff_row *ret_row)
{
    enum err err = staff_read_await(call, subject, ret_row);
    if (err == ERR_NOT_FOUND)
        return fail_missing(call);
    if (err != OK)
        return err;
    return call_check_version(call, expected_version, ret_row->version);
}

static enum err
update_once_await(struct call *call, const Policy__V1__UpdateStaffMemberRequest *req,
                  Policy__V1__UpdateStaffMemberResponse *res)
{
    struct staff_row row;
    enum err err = read_expected_await(call, req->subject, req->expected_version, &row);
    if (err == OK)
        err = take_terms(call, req->role, req->position, req->authority, &row);
    if (err != OK)
        return err;
    row.version++;
    Policy__V1__StaffMemberUpdated event = POLICY__V1__STAFF_MEMBER_UPDATED__INIT;
    res->staff_member = staff_to_message(call->arena, &row);
    event.staff_id = res->staff_member->staff_id;
    event.role = req->role;
    event.position = req->position;
    event.authority = res->staff_member->authority;
    return staff_update_await(call, &row, &event.base, &res->base);
}

enum err
policy_update_staff_member(struct call *call, const Policy__V1__UpdateStaffMemberRequest *req,
                           Policy__V1__UpdateStaffMemberResponse *res)
{
    enum err err;
    do
        err = update_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

static enum err
delete_once_await(struct call *call, const Policy__V1__DeleteStaffMemberRequest *req,
                  Policy__V1__DeleteStaffMemberResponse *res)
{
    struct staff_row row;
    enum err err = read_expected_await(call, req->subject, req->expected_version, &row);
    if (err != OK)
        return err;
    Policy__V1__StaffMemberDeleted event = POLICY__V1__STAFF_MEMBER_DELETED__INIT;
    res->staff_member = staff_to_message(call->arena, &row);
    event.staff_id = res->staff_member->staff_id;
    return staff_delete_await(call, &row, &event.base, &res->base);
}

enum err
policy_delete_staff_member(struct call *call, const Policy__V1__DeleteStaffMemberRequest *req,
                           Policy__V1__DeleteStaffMemberResponse *res)
{
    enum err err;
    do
        err = delete_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
