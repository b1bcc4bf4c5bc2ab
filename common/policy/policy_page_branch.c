/*
 * policy_page_branch - the branch of a select for a value
 *
 * What there is none of and what is not offered are told alike where the text has words for one of
 * them: `other` is for values, and would say "at most not offered".
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_branch.h"
#include "common/policy/policy_page_private.h"

#include <string.h>

static const struct policy_template *
find_branch(const struct policy_part *part, const char *key)
{
    for (size_t i = 0; i < part->branch_count; i++) {
        if (strcmp(part->branches[i].key, key) == 0)
            return part->branches[i].then;
    }
    return NULL;
}

const struct policy_template *
page_choose_branch(const struct policy_part *part, const struct policy_value *value)
{
    char key[POLICY_BRANCH_SIZE];
    policy_branch_of(value, key);
    const struct policy_template *branch = find_branch(part, key);
    if (branch == NULL && value->absence == POLICY_NOT_OFFERED)
        branch = find_branch(part, "none");
    if (branch == NULL && value->absence == POLICY_NONE)
        branch = find_branch(part, "not_offered");
    return branch == NULL ? part->branches[part->branch_count - 1].then : branch;
}
