/*
 * policy_branch - which branch of a select a value chooses
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_branch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PERCENT_ALL = 10000 /* basis points */ };

static const char *const absences[] = {
    [POLICY_NONE] = "none", [POLICY_UNLIMITED] = "unlimited", [POLICY_NOT_OFFERED] = "not_offered"};

void
policy_branch_of(const struct policy_value *value, char ret_key[POLICY_BRANCH_SIZE])
{
    const char *name = "";
    ret_key[0] = '\0';
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
        snprintf(ret_key, POLICY_BRANCH_SIZE, "%" PRId64, value->count);
        return;
    }
    snprintf(ret_key, POLICY_BRANCH_SIZE, "%s", name);
}

static bool
is_absence(const char *key)
{
    for (size_t i = 0; i < COUNT_OF(absences); i++)
        if (absences[i] != NULL && strcmp(absences[i], key) == 0)
            return true;
    return false;
}

bool
policy_branch_is_possible(const struct policy *policy, const struct policy_parameter_row *row,
                          const char *key)
{
    if (strcmp(key, "other") == 0 || is_absence(key))
        return true;
    if (row->kind == POLICY_FLAG)
        return strcmp(key, "yes") == 0 || strcmp(key, "no") == 0;
    if (row->kind == POLICY_CHOICE || row->kind == POLICY_CHOICES)
        return policy_has_code(policy, row->list, key);
    if (row->kind == POLICY_FEE)
        return strcmp(key, "free") == 0;
    if (row->kind == POLICY_MONEY)
        return strcmp(key, "zero") == 0;
    if (row->kind == POLICY_PERCENT)
        return strcmp(key, "zero") == 0 || strcmp(key, "all") == 0;
    return row->kind == POLICY_COUNT && key[strspn(key, "0123456789")] == '\0';
}
