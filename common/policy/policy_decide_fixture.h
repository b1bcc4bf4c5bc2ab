/*
 * policy_decide_fixture - the default policy as version 1, cases from files, and records as text
 *
 * The digest of the policy is replaced by a constant, so that records change with what the policy
 * says and not with its comments or labels.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide.h"
#include "common/policy/policy_read_fixture.h"
#include "common/v1/decision.contract.h"
#include "common/contract.h"
#include "common/json.h"

static struct read_fixture fixture_files;
static const struct policy *fixture_versions[2];
static struct policy_set fixture_set = {fixture_versions, 1};
static struct policy_engine *fixture_engine;

static inline struct policy *
fixture_read_default(struct read_fixture *files)
{
    read_start(files);
    assert_true(read_load(files, "deploy/policies/default.yaml", &files->sources.main));
    assert_true(read_load(files, "deploy/policies/default.de.yaml", &files->languages[0]));
    assert_true(read_load(files, "deploy/policies/holidays/DE.yaml", &files->holidays[0]));
    files->sources.language_count = 1;
    files->sources.holiday_count = 1;
    struct policy *policy = read_all(files);
    if (policy == NULL)
        read_print_problems(&files->problems);
    CHECK(policy != NULL);
    policy->version = 1;
    policy->effective_from = (struct date){2025, 1, 1};
    memset(policy->digest, 0xd1, sizeof policy->digest);
    return policy;
}

static inline int
fixture_open(void **state UNUSED)
{
    fixture_versions[0] = fixture_read_default(&fixture_files);
    fixture_engine = policy_engine_new(&fixture_set);
    return 0;
}

static inline int
fixture_close(void **state UNUSED)
{
    policy_engine_free(&fixture_engine);
    read_end(&fixture_files);
    arena_deinit();
    zone_deinit();
    return 0;
}

static inline Common__V1__Decision *
fixture_decide(struct arena *arena, const struct policy_case *question)
{
    Common__V1__Decision *record = NULL;
    struct fault fault = {0};
    if (policy_decide(arena, fixture_engine, question, &record, &fault) != OK)
        fail_msg("%s: %s", fault.reason, fault.message);
    return record;
}

/* The bytes of a record, in the arena. */
static inline uint8_t *
fixture_pack(struct arena *arena, const Common__V1__Decision *record, size_t *ret_size_bytes)
{
    *ret_size_bytes = common__v1__decision__get_packed_size(record);
    uint8_t *bytes = arena_alloc(arena, *ret_size_bytes);
    common__v1__decision__pack(record, bytes);
    return bytes;
}

static inline void
fixture_assert_same(struct arena *arena, const Common__V1__Decision *a,
                    const Common__V1__Decision *b)
{
    size_t a_bytes;
    size_t b_bytes;
    uint8_t *a_packed = fixture_pack(arena, a, &a_bytes);
    uint8_t *b_packed = fixture_pack(arena, b, &b_bytes);
    assert_int_equal(a_bytes, b_bytes);
    assert_memory_equal(a_packed, b_packed, a_bytes);
}
