/*
 * page_answer - a policy in the form that somebody asks for, a piece at a time
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy.h"

/* Fills the body of an answer: a publication as JSON or YAML, or the text for staff. Refuses a form
 * that it does not know, and a reader that the policy does not know, with INVALID_ARGUMENT; a
 * clause that is not there with NOT_FOUND. */
enum err page_answer_await(struct call *call, const struct policy_row *row,
                           const Policy__V1__GetPolicyRequest *req,
                           Policy__V1__GetPolicyResponse *res) MUST_CHECK;
