/*
 * policy_handlers - drafts: storing, replacing, deleting, reading and listing what is known of
 * policies
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/message.h"
#include "page_answer.h"
#include "policy_source.h"
#include "policy_upload.h"

/* A draft that was sent: read, and in its canonical form. Start with {0}; draft_close ends it. */
struct draft {
    struct buf source;
    struct buf canonical;
    uint8_t digest[POLICY_DIGEST_BYTES];
    struct source reading;
};

static void
draft_close(struct draft *draft)
{
    buf_free(&draft->source);
    buf_free(&draft->canonical);
    source_close(&draft->reading);
}

/* Reads what was sent. A number and a day that it was given as a version are taken off. */
static enum err
draft_take_await(struct call *call, const Common__V1__Upload *upload, struct draft *draft)
{
    enum err err = upload_read_await(call, upload, &draft->source);
    if (err != OK)
        return err;
    source_read(&draft->reading, buf_text(&draft->source), draft->source.size_bytes);
    if (draft->reading.policy == NULL)
        return source_refuse(call, &draft->reading);
    source_write(draft->reading.policy, 0, (struct date){0}, &draft->canonical, draft->digest);
    return OK;
}

static struct policy_content
content_of(const struct draft *draft)
{
    return (struct policy_content){
        .canonical = draft->canonical.bytes,
        .canonical_size_bytes = draft->canonical.size_bytes,
        .source = draft->source.bytes,
        .source_size_bytes = draft->source.size_bytes,
    };
}

/* Fills in what a row says of its draft, in the arena: the answer outlives the draft. */
static void
describe(struct arena *arena, const struct draft *draft, struct policy_row *row)
{
    const struct policy *policy = draft->reading.policy;
    struct buf languages = {0};
    for (size_t i = 0; i < policy->language_count; i++)
        buf_printf(&languages, "%s%s", i > 0 ? " " : "", policy->languages[i]);
    row->title = arena_copy_text(arena, policy->title.texts[0]);
    row->languages = arena_copy_text(arena, buf_text(&languages));
    row->digest = arena_copy(arena, draft->digest, sizeof draft->digest);
    buf_free(&languages);
}

static enum err
create_await(struct call *call, const struct draft *draft, Policy__V1__CreatePolicyResponse *res)
{
    struct policy_row row = {
        .policy_id = uuid_make(),
        .state = POLICY__V1__POLICY__STATE__DRAFT,
        .revoke_reason = "",
        .create_time_us = clock_now_us(),
        .version = 1,
    };
    describe(call->arena, draft, &row);
    struct policy_content content = content_of(draft);
    Policy__V1__PolicyCreated event = POLICY__V1__POLICY_CREATED__INIT;
    res->policy = policy_row_to_message(call->arena, &row);
    event.policy_id = res->policy->policy_id;
    event.digest = res->policy->digest;
    return policy_create_await(call, &row, &content, &event.base, &res->base);
}

enum err
policy_create_policy(struct call *call, const Policy__V1__CreatePolicyRequest *req,
                     Policy__V1__CreatePolicyResponse *res)
{
    struct draft draft = {0};
    enum err err = draft_take_await(call, req->upload, &draft);
    if (err == OK)
        err = create_await(call, &draft, res);
    draft_close(&draft);
    return err;
}

static enum err
update_once_await(struct call *call, const Policy__V1__UpdatePolicyRequest *req,
                  const struct draft *draft, Policy__V1__UpdatePolicyResponse *res)
{
    struct policy_row row;
    enum err err = policy_row_find_await(call, req->policy_id, &row);
    if (err == OK)
        err = call_check_version(call, req->expected_version, row.version);
    if (err == OK)
        err = call_move(call, &policy_v1_policy_state_machine, "POLICY_NOT_DRAFT", &row.state);
    if (err != OK)
        return err;
    describe(call->arena, draft, &row);
    row.version++;
    struct policy_content content = content_of(draft);
    Policy__V1__PolicyUpdated event = POLICY__V1__POLICY_UPDATED__INIT;
    res->policy = policy_row_to_message(call->arena, &row);
    event.policy_id = res->policy->policy_id;
    event.digest = res->policy->digest;
    return policy_replace_await(call, &row, &content, &event.base, &res->base);
}

enum err
policy_update_policy(struct call *call, const Policy__V1__UpdatePolicyRequest *req,
                     Policy__V1__UpdatePolicyResponse *res)
{
    struct draft draft = {0};
    enum err err = draft_take_await(call, req->upload, &draft);
    while (err == OK) {
        err = update_once_await(call, req, &draft, res);
        if (!call_may_retry_await(call, err))
            break;
        err = OK;
    }
    draft_close(&draft);
    return err;
}

static enum err
delete_once_await(struct call *call, const Policy__V1__DeletePolicyRequest *req,
                  Policy__V1__DeletePolicyResponse *res)
{
    struct policy_row row;
    enum err err = policy_row_find_await(call, req->policy_id, &row);
    if (err == OK)
        err = call_check_version(call, req->expected_version, row.version);
    if (err == OK && row.state != POLICY__V1__POLICY__STATE__DRAFT)
        err = call_fail(call, ERR_FAILED_PRECONDITION, "POLICY_NOT_DRAFT",
                        "the policy was published: only drafts are deleted");
    if (err != OK)
        return err;
    Policy__V1__PolicyDeleted event = POLICY__V1__POLICY_DELETED__INIT;
    res->policy = policy_row_to_message(call->arena, &row);
    event.policy_id = res->policy->policy_id;
    return policy_delete_await(call, &row, &event.base, &res->base);
}

enum err
policy_delete_policy(struct call *call, const Policy__V1__DeletePolicyRequest *req,
                     Policy__V1__DeletePolicyResponse *res)
{
    enum err err;
    do
        err = delete_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

enum err
policy_get_policy(struct call *call, const Policy__V1__GetPolicyRequest *req,
                  Policy__V1__GetPolicyResponse *res)
{
    struct policy_row row;
    enum err err = policy_row_find_await(call, req->policy_id, &row);
    if (err != OK)
        return err;
    if (req->format[0] != 0)
        return page_answer_await(call, &row, req, res);
    if (req->language[0] != 0 || req->clause[0] != 0 || req->category[0] != 0 ||
        req->region[0] != 0 || req->customer_class[0] != 0 || req->channel[0] != 0)
        return call_fail_field(call, "format", "FORMAT_MISSING",
                               "who reads, and what, is asked with format=text or html");
    res->policy = policy_row_to_message(call->arena, &row);
    return OK;
}

/* A list goes on after a row's time and identity. */
static enum err
read_token(struct call *call, const char *token, struct policy_filter *filter)
{
    const char *parts[2];
    enum err err = page_token_read(call, token, COUNT_OF(parts), parts);
    if (err != OK || token[0] == 0)
        return err;
    filter->before_time_us = strtoll(parts[0], NULL, 10);
    if (filter->before_time_us <= 0 || !uuid_parse(parts[1], &filter->before_id))
        return call_fail_field(call, "page_token", "PAGE_TOKEN_MALFORMED",
                               "page_token is none that was answered");
    return OK;
}

enum err
policy_list_policies(struct call *call, const Policy__V1__ListPoliciesRequest *req,
                     Policy__V1__ListPoliciesResponse *res)
{
    struct policy_filter filter = {.state = req->state};
    enum err err = read_token(call, req->page_token, &filter);
    if (err != OK)
        return err;
    struct page page;
    err = policy_list_await(call, &filter, page_size(req->page_size), &page);
    if (err != OK)
        return err;
    res->policies = (Policy__V1__Policy **)page.messages;
    res->n_policies = page.count;
    if (page.has_more) {
        const Policy__V1__Policy *last = res->policies[page.count - 1];
        char time[24];
        snprintf(time, sizeof time, "%" PRId64, message_get_time(last->create_time));
        const char *parts[] = {time, last->policy_id};
        res->next_page_token = (char *)page_token_make(call->arena, parts, COUNT_OF(parts));
    }
    return OK;
}
