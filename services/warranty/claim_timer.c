/*
 * claim_timer - what is due: promises that pass, and claims of units that turned out to be
 * different
 *
 * Both run as calls of the daemon itself, and what they write has the timer's key: a timer that is
 * run again finds its key used.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <stdio.h>
#include <string.h>

#include "common/message.h"

/* ---- a promise passes ---- */

static enum err
miss_once_await(struct call *call, const char *claim_id)
{
    struct claim_work work;
    enum err err = claim_open_await(call, claim_id, 0, &work);
    if (err != OK)
        return err;
    if (!claim_is_waiting(work.claim.state) || work.claim.is_late)
        return OK;
    work.claim.is_late = true;
    Warranty__V1__GetClaimResponse response = WARRANTY__V1__GET_CLAIM_RESPONSE__INIT;
    return claim_say_missed_await(call, &work, &response.claim, &response.base);
}

enum err
claim_on_decide_by(struct call *call, const struct timer_due *due)
{
    enum err err;
    do
        err = miss_once_await(call, due->aggregate_id);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- a unit turned out to be different ---- */

static bool
is_same_input(const Common__V1__Decision *a, const Common__V1__Decision *b)
{
    return a != NULL && a->input_digest.len == b->input_digest.len &&
           memcmp(a->input_digest.data, b->input_digest.data, a->input_digest.len) == 0;
}

static enum err
decide_once_await(struct call *call, const char *claim_id)
{
    static const char *const verb = "AddUnitFact";
    struct claim_work work;
    enum err err = claim_open_await(call, claim_id, 0, &work);
    if (err != OK || !claim_follows_policy(&work.claim) || work.decision == NULL)
        return err;
    const Common__V1__Decision *before = work.decision;
    err = claim_open_unit_await(call, &work);
    if (err == OK)
        err = claim_decide_again_await(call, &work, verb);
    if (err != OK || is_same_input(before, work.decision))
        return err; /* the same question has the same answer */
    Warranty__V1__GetClaimResponse response = WARRANTY__V1__GET_CLAIM_RESPONSE__INIT;
    return claim_say_decided_await(call, &work, verb, &response.claim, &response.base);
}

/* Each claim is a call of its own, with a key and memory of its own. OK also where the claim does
 * not let itself be decided again, or was by an earlier run: the others are not kept from it. */
static enum err
decide_await(struct call *call, const struct uuid *claim_id)
{
    struct call each = *call;
    char id[UUID_TEXT_SIZE];
    uuid_print(claim_id, id);
    (void)snprintf(each.key, sizeof each.key, "%.100s/%s", call->key, id);
    each.arena = arena_new(ARENA_BUDGET_BYTES);
    enum err err;
    do
        err = decide_once_await(&each, id);
    while (call_may_retry_await(&each, err));
    call->fault = each.fault;
    arena_free(&each.arena);
    bool is_over = err == ERR_KEY_USED || err == ERR_FAILED_PRECONDITION || err == ERR_NOT_FOUND ||
                   err == ERR_INVALID_ARGUMENT;
    return is_over ? OK : err;
}

enum err
claim_on_decide(struct call *call, const struct timer_due *due)
{
    struct uuid *claim_ids;
    size_t count;
    enum err err = claim_open_list_await(call, due->aggregate_id, &claim_ids, &count);
    for (size_t i = 0; err == OK && i < count; i++)
        err = decide_await(call, &claim_ids[i]);
    return err;
}
