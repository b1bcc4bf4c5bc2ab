/*
 * policy_page_branch - the branch of a select for a value
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_branch.h"
#include "common/policy/policy_page_private.h"

#include <string.h>

const struct policy_template *
page_choose_branch(const struct policy_part *part, const struct policy_value *value)
{
    char key[POLICY_BRANCH_SIZE];
    policy_branch_of(value, key);
    for (size_t i = 0; i < part->branch_count; i++) {
        if (strcmp(part->branches[i].key, key) == 0)
            return part->branches[i].then;
    }
    return part->branches[part->branch_count - 1].then;
}
