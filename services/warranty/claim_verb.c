/*
 * claim_verb - the two ends that all verbs of people share
 *
 * Each verb is one step between the same two: the claim is read, and what became of it is written.
 * Whether the verb is possible in a state at all is the table's to say, who may do what the rules'.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

enum err
claim_run_await(struct call *call, const struct claim_verb *verb, Warranty__V1__Claim **ret_claim,
                const ProtobufCMessage *res)
{
    enum err err;
    do {
        struct claim_work work;
        err = claim_open_await(call, verb->claim_id, verb->expected_version, &work);
        if (err == OK)
            err = claim_check_verb(call, &work);
        if (err == OK)
            err = verb->step_await(call, &work, verb->req);
        if (err == OK)
            err = claim_say_moved_await(call, &work, ret_claim, res);
    } while (call_may_retry_await(call, err));
    return err;
}

enum err
claim_move(struct call *call, struct claim_work *work, int to)
{
    return call_move_to(call, &warranty_v1_claim_state_machine, "CLAIM_STATE", to,
                        &work->claim.state);
}
