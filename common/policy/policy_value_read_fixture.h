/*
 * policy_value_read_fixture - reads a text as the value of a parameter
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_value_fixture.h"

/* Reads `text` (YAML) as a value of a parameter; NULL: refused. */
static inline const struct policy_value *
try_read(enum policy_parameter parameter, const char *text)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    const struct policy_node *map = fixture_node(arena_printf(arena, "v: %s", text));
    assert_non_null(map);
    struct policy_value *value = arena_alloc(arena, sizeof *value);
    bool is_fine = policy_value_read(arena, &fixture, row, policy_node_get(map, "v"),
                                     row->clause_id, value, &problems);
    return is_fine ? value : NULL;
}

static inline const struct policy_value *
read_value(enum policy_parameter parameter, const char *text)
{
    const struct policy_value *value = try_read(parameter, text);
    if (value == NULL)
        fail_msg("%s: %s", text, problems.problems[0].message);
    return value;
}
