/*
 * policy_node_fixture - trees from texts, and what was said of those that are refused
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include "common/buf.h"
#include "common/policy/policy_node_private.h"
#include "common/test.h"

struct fixture {
    struct arena *arena;
    struct policy_problems problems;
};

static inline int
start(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.arena = arena_new((size_t)64 << 20)};
    fixture.problems.arena = fixture.arena;
    *state = &fixture;
    return 0;
}

static inline int
end(void **state)
{
    struct fixture *fixture = *state;
    arena_free(&fixture->arena);
    return 0;
}

static inline struct policy_node *
read_bytes(struct fixture *fixture, const char *bytes, size_t size_bytes)
{
    struct policy_file file = {.name = "x.yaml", .bytes = bytes, .size_bytes = size_bytes};
    fixture->problems = (struct policy_problems){.arena = fixture->arena};
    return policy_node_read(&file, POLICY_FILE_BYTES_MAX, &fixture->problems);
}

static inline struct policy_node *
read_text(struct fixture *fixture, const char *text)
{
    return read_bytes(fixture, text, strlen(text));
}

static inline void
assert_text(const struct policy_node *map, const char *key, const char *text)
{
    const struct policy_node *node = policy_node_get(map, key);
    assert_non_null(node);
    assert_int_equal(node->kind, POLICY_NODE_SCALAR);
    assert_string_equal(node->text, text);
}

static inline void
assert_place(struct policy_place place, int line, int column)
{
    assert_string_equal(place.file, "x.yaml");
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

/* Refused with this as the first error. */
static inline void
assert_refused(struct fixture *fixture, const char *bytes, size_t size_bytes, const char *reason,
               int line, int column)
{
    assert_null(read_bytes(fixture, bytes, size_bytes));
    assert_true(fixture->problems.error_count > 0);
    const struct policy_problem *problem = &fixture->problems.problems[0];
    if (strcmp(problem->reason, reason) != 0 || problem->line != line || problem->column != column)
        fail_msg("%.60s: expected %s at %d:%d, got %s at %d:%d: %s", bytes, reason, line, column,
                 problem->reason, problem->line, problem->column, problem->message);
    assert_string_equal(problem->file, "x.yaml");
    assert_true(problem->message[0] != 0);
}
