/*
 * policy_page_branch - which branch of a select a value chooses
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_page_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 160, PERCENT_ALL = 10000 /* basis points */ };

/* What a value is called as the name of a branch; "" where it has no name. */
static void
name_value(const struct policy_value *value, char ret_name[KEY_SIZE])
{
    static const char *const absences[] = {[POLICY_NONE] = "none",
                                           [POLICY_UNLIMITED] = "unlimited",
                                           [POLICY_NOT_OFFERED] = "not_offered"};
    const char *name = "";
    ret_name[0] = '\0';
    if (value->absence != POLICY_PRESENT)
        name = absences[value->absence];
    else if (value->kind == POLICY_FLAG)
        name = value->flag ? "yes" : "no";
    else if (value->kind == POLICY_CHOICE)
        name = value->code;
    else if (value->kind == POLICY_CHOICES && value->codes.count == 1)
        name = value->codes.codes[0];
    else if (value->kind == POLICY_FEE && value->fee.is_free)
        name = "free";
    else if (value->kind == POLICY_MONEY && value->money.minor == 0)
        name = "zero";
    else if (value->kind == POLICY_PERCENT && value->basis_points == 0)
        name = "zero";
    else if (value->kind == POLICY_PERCENT && value->basis_points == PERCENT_ALL)
        name = "all";
    else if (value->kind == POLICY_COUNT) {
        snprintf(ret_name, KEY_SIZE, "%" PRId64, value->count);
        return;
    }
    snprintf(ret_name, KEY_SIZE, "%s", name);
}

const struct policy_template *
page_choose_branch(const struct policy_part *part, const struct policy_value *value)
{
    char name[KEY_SIZE];
    name_value(value, name);
    for (size_t i = 0; i < part->branch_count; i++) {
        if (strcmp(part->branches[i].key, name) == 0)
            return part->branches[i].then;
    }
    return part->branches[part->branch_count - 1].then;
}
