/*
 * policy_predicate_fixture - conditions from texts, and facts to test them with
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_predicate.h"
#include "common/policy/policy_value_fixture.h"

static inline const struct policy_predicate *
try_read(const char *text)
{
    /* A file that begins with a brace would be JSON. */
    const struct policy_node *map = fixture_node(arena_printf(arena, "c: %s", text));
    assert_non_null(map);
    return policy_predicate_read(arena, &fixture, policy_node_get(map, "c"), "warranty.exclusions",
                                 &problems);
}

static inline const struct policy_predicate *
read_condition(const char *text)
{
    const struct policy_predicate *predicate = try_read(text);
    if (predicate == NULL)
        fail_msg("%s: %s", text, problems.problems[0].message);
    return predicate;
}

static inline const char *
print(const struct policy_predicate *predicate)
{
    struct buf out = {0};
    policy_predicate_print(predicate, &out);
    const char *text = arena_copy_text(arena, buf_text(&out));
    buf_free(&out);
    return text;
}

/* ---- facts of the case: sorted by name ---- */

enum { CSAT, DELIVERED, FINDING, OPENED, PRICE, REASON, SKU, FACT_COUNT };
static struct policy_fact facts[FACT_COUNT];
static char read_names[4096];

static inline void
reset_facts(void)
{
    static const char *const names[] = {"csat",       "delivered", "finding", "opened",
                                        "price_paid", "reason",    "sku"};
    for (int i = 0; i < FACT_COUNT; i++)
        facts[i] = (struct policy_fact){.name = names[i]};
}

static inline void
on_read(void *context UNUSED, const struct policy_fact_row *row,
        const struct policy_fact *fact UNUSED)
{
    size_t size = strlen(read_names);
    snprintf(read_names + size, sizeof read_names - size, "%s ", row->name);
}

static inline enum policy_truth
test(const struct policy_predicate *predicate)
{
    struct policy_fact_reader reader = {
        .facts = facts, .fact_count = FACT_COUNT, .on_read = on_read};
    read_names[0] = 0;
    return policy_predicate_test(predicate, &fixture.axes, &reader);
}

static inline enum policy_truth
test_text(const char *text)
{
    return test(read_condition(text));
}
