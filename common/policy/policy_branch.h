/*
 * policy_branch - which branch of a select a value chooses
 *
 * What values are called stands here once, for the page, which chooses, and for the checker, which
 * refuses branches that no value chooses.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

enum { POLICY_BRANCH_SIZE = 160 };

/* What a value is called as the key of a branch: "yes", "restart", "3", "zero", "unlimited"; ""
 * where it has no name and `other` is chosen. */
void policy_branch_of(const struct policy_value *value, char ret_key[POLICY_BRANCH_SIZE]);

/* Whether some value of a parameter has this key, or it is `other`. */
bool policy_branch_is_possible(const struct policy *policy, const struct policy_parameter_row *row,
                               const char *key);
