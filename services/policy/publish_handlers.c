/*
 * publish_handlers - from draft to version: checking, publishing, revoking
 *
 * What is published is what was stored, checked once more by the program that publishes it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include "common/clock.h"
#include "common/message.h"
#include "policy_rules.h"
#include "policy_source.h"

/* Reads a stored policy and checks it. `ret_content` lives in the call's arena; `reading` is the
 * caller's to close, also on errors. */
static enum err
check_await(struct call *call, const struct policy_row *row, bool suggests,
            struct policy_content *ret_content, struct source *reading)
{
    enum err err = policy_content_await(call, row, true, ret_content);
    if (err == OK)
        err = source_read_stored(call, row, ret_content, reading);
    if (err != OK)
        return err;
    return source_check_await(reading, suggests) ? OK : source_refuse(call, reading);
}

enum err
policy_check_policy(struct call *call, const Policy__V1__CheckPolicyRequest *req,
                    Policy__V1__CheckPolicyResponse *res)
{
    struct policy_row row;
    struct policy_content content;
    struct source reading = {0};
    enum err err = policy_row_find_await(call, req->policy_id, &row);
    if (err == OK)
        err = check_await(call, &row, req->suggest, &content, &reading);
    if (err == OK) {
        struct call_problems problems =
            source_problems(call->arena, &reading, CALL_PROBLEMS_BYTES_MAX);
        res->digest = (char *)policy_digest_print(call->arena, row.digest);
        res->warning_count = (int32_t)reading.problems.warning_count;
        res->problems = problems.list;
        res->n_problems = problems.count;
    }
    source_close(&reading);
    return err;
}

/* ---- publishing ---- */

static enum err
may_publish(struct call *call, const struct policy *policy, const struct policy_line *line,
            const struct policy_row *row)
{
    struct fault fault;
    enum err err =
        rules_may_publish(policy, line, row->effective_from, row->publish_time_us, &fault);
    if (err != OK) {
        (void)call_fail(call, err, fault.reason, "%s", fault.message);
        call->fault = fault;
    }
    return err;
}

/* Writes a draft that has passed the check as the next version. */
static enum err
publish_await(struct call *call, struct policy_row *row, const struct policy *policy,
              Policy__V1__PublishPolicyResponse *res)
{
    struct policy_line line;
    enum err err = policy_line_await(call, &line);
    if (err == OK)
        err = may_publish(call, policy, &line, row);
    if (err != OK)
        return err;
    struct buf canonical = {0};
    uint8_t digest[POLICY_DIGEST_BYTES];
    row->version_number = line.last_number + 1;
    row->version++;
    source_write(policy, row->version_number, row->effective_from, &canonical, digest);
    row->digest = digest;
    const struct policy_content content = {.canonical = canonical.bytes,
                                           .canonical_size_bytes = canonical.size_bytes};
    res->policy = policy_row_to_message(call->arena, row);
    Policy__V1__PolicyPublished event = POLICY__V1__POLICY_PUBLISHED__INIT;
    event.policy_id = res->policy->policy_id;
    event.version_number = row->version_number;
    event.effective_from = res->policy->effective_from;
    event.digest = res->policy->digest;
    err = policy_publish_await(call, row, &line, &content, &event.base, &res->base);
    buf_free(&canonical);
    if (err == ERR_ALREADY_EXISTS) /* the number or the day was taken meanwhile */
        return call_fail(call, ERR_ABORTED, "LOST_RACE", "another version was published meanwhile");
    return err;
}

static enum err
publish_once_await(struct call *call, const Policy__V1__PublishPolicyRequest *req,
                   Policy__V1__PublishPolicyResponse *res)
{
    struct policy_row row;
    struct policy_content content;
    struct source reading = {0};
    enum err err = policy_row_find_await(call, req->policy_id, &row);
    if (err == OK)
        err = call_check_version(call, req->expected_version, row.version);
    if (err == OK)
        err = call_move(call, &policy_v1_policy_state_machine, "POLICY_NOT_DRAFT", &row.state);
    if (err != OK)
        return err;
    /* Read as what it is stored as: a draft. */
    struct policy_row stored = row;
    stored.state = POLICY__V1__POLICY__STATE__DRAFT;
    err = check_await(call, &stored, false, &content, &reading);
    if (err == OK) {
        row.effective_from = message_get_date(req->effective_from);
        row.publish_time_us = clock_now_us();
        err = publish_await(call, &row, reading.policy, res);
    }
    source_close(&reading);
    return err;
}

enum err
policy_publish_policy(struct call *call, const Policy__V1__PublishPolicyRequest *req,
                      Policy__V1__PublishPolicyResponse *res)
{
    enum err err;
    do
        err = publish_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- revoking ---- */

/* Its zones say where its day begins first. */
static enum err
may_revoke_await(struct call *call, const struct policy_row *row, int64_t now_us)
{
    struct policy_content content;
    struct source reading = {0};
    struct fault fault;
    enum err err = policy_content_await(call, row, false, &content);
    if (err == OK)
        err = source_read_stored(call, row, &content, &reading);
    if (err == OK) {
        err = rules_may_revoke(reading.policy, row->effective_from, now_us, &fault);
        if (err != OK)
            (void)call_fail(call, err, fault.reason, "%s", fault.message);
    }
    source_close(&reading);
    return err;
}

static enum err
revoke_once_await(struct call *call, const Policy__V1__RevokePolicyRequest *req,
                  Policy__V1__RevokePolicyResponse *res)
{
    struct policy_row row;
    struct policy_line line;
    enum err err = policy_row_find_await(call, req->policy_id, &row);
    if (err == OK)
        err = call_check_version(call, req->expected_version, row.version);
    if (err == OK)
        err = policy_line_await(call, &line);
    if (err != OK)
        return err;
    struct policy_row stored = row;
    err = call_move(call, &policy_v1_policy_state_machine, "POLICY_NOT_PUBLISHED", &row.state);
    row.revoke_time_us = clock_now_us();
    if (err == OK)
        err = may_revoke_await(call, &stored, row.revoke_time_us);
    if (err != OK)
        return err;
    row.revoke_reason = req->reason;
    row.version++;
    res->policy = policy_row_to_message(call->arena, &row);
    Policy__V1__PolicyRevoked event = POLICY__V1__POLICY_REVOKED__INIT;
    event.policy_id = res->policy->policy_id;
    event.version_number = row.version_number;
    return policy_revoke_await(call, &row, &line, &event.base, &res->base);
}

enum err
policy_revoke_policy(struct call *call, const Policy__V1__RevokePolicyRequest *req,
                     Policy__V1__RevokePolicyResponse *res)
{
    enum err err;
    do
        err = revoke_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}
