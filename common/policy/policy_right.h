/*
 * policy_right - the fields of a right that its text can print
 *
 * A right has no parameters: what it grants stands in its own fields, which vary for nobody. So its
 * text prints them as {length} or {remedies, or}, without tables and selects.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

struct policy_right_field {
    const char *name;      /* "length" */
    enum policy_kind kind; /* SPAN, ANCHORS or CHOICES */
    const char *list;      /* CHOICES: where the codes are from */
    size_t offset;         /* in struct policy_right: of a struct policy_span or policy_codes */
};

/* By name; NULL: a right has no such field. */
const struct policy_right_field *policy_find_right_field(const char *name);
