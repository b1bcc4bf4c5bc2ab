/*
 * policy_check_fixture - what the tests of policy_check share
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_fixture.h"

#define LENGTH POLICY_WARRANTY_PERIOD_LENGTH
#define REFUND POLICY_RETURNS_REFUND_REFUND_WITHIN
#define CAUSES POLICY_WARRANTY_COVERAGE_CAUSES
#define EXCLUSIONS POLICY_WARRANTY_EXCLUSIONS_TESTS
#define LADDER POLICY_COMPLAINTS_ESCALATION_LADDER
#define ROUNDING POLICY_GENERAL_MONEY_ROUNDING

static inline int
set_up(void **state)
{
    *state = fixture_new();
    return 0;
}

static inline int
tear_down(void **state)
{
    struct fixture *fixture = *state;
    fixture_free(&fixture);
    return 0;
}

static inline bool
check_rules(struct fixture *fixture, enum policy_parameter parameter)
{
    fixture_index(fixture);
    return policy_check_rules(fixture->arena, &fixture->policy, parameter, true,
                              &fixture->problems);
}

static inline bool
check_all(struct fixture *fixture)
{
    fixture_fill(fixture);
    return policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
}

static inline void
assert_problem(const struct fixture *fixture, const char *reason, int line, const char *clause_id,
               const char *message)
{
    const struct policy_problem *problem = fixture_find(fixture, reason);
    assert_string_equal(problem->message, message);
    assert_int_equal(problem->line, line);
    assert_string_equal(problem->clause_id, clause_id);
}

/* Exactly one problem has this message. */
static inline void
assert_message(const struct fixture *fixture, const char *message)
{
    size_t count = 0;
    for (size_t i = 0; i < fixture->problems.problem_count; i++)
        count += strcmp(fixture->problems.problems[i].message, message) == 0;
    assert_int_equal(count, 1);
}

/* Rules for each of `rows` categories, each of `columns` regions, and, with `has_all`, each pair,
 * with values that all differ. */
static inline void
put_grid(struct fixture *fixture, int rows, int columns, bool has_all)
{
    struct arena *arena = fixture->arena;
    size_t count = (size_t)rows + (size_t)columns;
    struct fixture_value *values = arena_alloc(arena, count * sizeof *values);
    for (int i = 0; i < rows; i++)
        values[i] =
            (struct fixture_value){POLICY_AXIS_CATEGORY, arena_printf(arena, "c%d", i), NULL};
    for (int i = 0; i < columns; i++)
        values[rows + i] =
            (struct fixture_value){POLICY_AXIS_REGION, arena_printf(arena, "r%d", i), NULL};
    fixture_axes(fixture, values, count);
    const struct policy_axes *axes = &fixture->policy.axes;
    for (int row = 0; row <= rows; row++) {
        for (int column = 0; column <= columns; column++) {
            if (row > 0 && column > 0 && !has_all)
                continue;
            struct policy_when when = {0};
            policy_when_name(axes, &when, POLICY_AXIS_CATEGORY, row);
            policy_when_name(axes, &when, POLICY_AXIS_REGION, column == 0 ? 0 : rows + column);
            struct policy_value value = {.kind = POLICY_SPAN};
            value.span.days = (int)fixture->policy.rule_count + 1;
            fixture_put(fixture, LENGTH, when, value);
        }
    }
}
