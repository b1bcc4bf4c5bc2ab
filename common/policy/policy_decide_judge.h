/*
 * policy_decide_judge - what each layer says to a claim
 *
 * What the company excludes does not reach a right that does not list it, so each open layer has a
 * verdict of its own. The customer's word about the cause opens a layer; what closes one is a
 * finding of staff.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide_private.h"

/* What a layer says to the claim. */
struct decide_judgement {
    const void *key; /* step of its terms; goodwill: the interval */
    enum decide_saying verdict;
    const char *clause_id; /* DECIDE_NO, DECIDE_UNSURE: the clause that says so */
    const char *reason;
    const char *needed; /* DECIDE_UNSURE */
    bool is_test;
};

struct decide_claim {
    struct decide *d;
    struct decide_layers layers;
    struct decide_tests tests;
    struct policy_codes causes; /* of warranty.coverage */
    struct decide_judgement *judgements;
    size_t judgement_count;
};

/* What staff found to be the cause; NULL: nobody did. */
const struct policy_fact *decide_found(struct decide *d);
/* The causes of the company's warranty, as a step. */
void decide_look_at_causes(struct decide_claim *claim);
/* What the layer of an interval says; told as steps the first time. */
const struct decide_judgement *decide_judge(struct decide_claim *claim,
                                            const struct entitlement_interval *interval);
