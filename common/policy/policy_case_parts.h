/*
 * policy_case_parts - what the parts of the reader of cases share
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide.h"
#include "common/policy/policy_node.h"

struct case_reader {
    struct arena *arena;
    const struct policy *policy;
    struct policy_problems *problems;
    struct policy_case *question;
};

/* An error at a node, which it names where it has a name. */
void policy_case_refuse(struct case_reader *reader, const struct policy_node *node,
                        const char *reason, const char *what);

/* What is wrong with a text that is no day or time: it begins with a day that does not exist, or
 * else is not `form`. */
const char *policy_case_day_wrong(struct case_reader *reader, const char *text, const char *form);

/* The texts of a list, or of one scalar; false: it is neither. */
bool policy_case_texts(struct case_reader *reader, const struct policy_node *node,
                       struct policy_codes *ret_codes);

/* ---- policy_case_unit.c ---- */

/* `list` may be NULL: then there are none. */
void policy_case_read_unit(struct case_reader *reader, const struct policy_node *list);
