/*
 * policy_right - the one table of the fields that the text of a right can print
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_right.h"

#include <string.h>

#define FIELD(name, kind, list)                                                                    \
    {                                                                                              \
#name, kind, list, offsetof(struct policy_right, name)                                     \
    }

static const struct policy_right_field fields[] = {
    FIELD(length, POLICY_SPAN, ""),
    FIELD(presumed_for, POLICY_SPAN, ""),
    FIELD(starts, POLICY_ANCHORS, "event"),
    FIELD(covers, POLICY_CHOICES, "cost_class"),
    FIELD(causes, POLICY_CHOICES, "cause"),
    FIELD(reasons, POLICY_CHOICES, "reason"),
    FIELD(remedies, POLICY_CHOICES, "remedy"),
};

const struct policy_right_field *
policy_find_right_field(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}
