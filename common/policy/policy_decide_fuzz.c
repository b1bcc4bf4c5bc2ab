/*
 * policy_decide_fuzz - sequences of facts as bytes: every case is decided or refused, and decided
 * again to the same bytes
 *
 * The policy is the default one, read once from the source tree.
 */
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "common/policy/policy_decide_random.h"
#include "common/policy/policy_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static const struct policy *versions[1];
static struct policy_set set = {versions, 1};
static struct policy_engine *engine;

static struct policy_file
load(struct arena *arena, const char *path)
{
    FILE *stream = fopen(arena_printf(arena, "%s/%s", AFTERCARE_SOURCE_DIR, path), "rb");
    CHECK(stream != NULL);
    char *text = arena_alloc(arena, POLICY_FILE_BYTES_MAX);
    struct policy_file file = {path, text, fread(text, 1, POLICY_FILE_BYTES_MAX, stream)};
    CHECK(fclose(stream) == 0);
    return file;
}

static struct arena *lasting; /* of the policy and the engine, until the process ends */

static void
start(void)
{
    struct arena *arena = lasting = arena_new(SIZE_MAX / 2);
    struct policy_file german = load(arena, "deploy/policies/default.de.yaml");
    struct policy_file holidays = load(arena, "deploy/policies/holidays/DE.yaml");
    struct policy_sources sources = {
        .main = load(arena, "deploy/policies/default.yaml"),
        .languages = &german,
        .language_count = 1,
        .holidays = &holidays,
        .holiday_count = 1,
    };
    struct policy_problems problems = {.arena = arena};
    struct policy *policy = policy_read(arena, &sources, &problems);
    CHECK(policy != NULL);
    policy->version = 1;
    policy->effective_from = (struct date){2025, 1, 1};
    versions[0] = policy;
    engine = policy_engine_new(&set);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    if (engine == NULL)
        start();
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct choices choices = {.bytes = bytes, .size_bytes = size_bytes};
    struct policy_case *question = random_case(arena, &choices);
    Common__V1__Decision *record = NULL;
    Common__V1__Decision *again = NULL;
    struct fault fault;
    if (policy_decide(arena, engine, question, &record, &fault) == OK) {
        CHECK(policy_decide_again(arena, engine, record, &again, &fault) == OK);
        size_t packed_bytes = common__v1__decision__get_packed_size(record);
        CHECK(packed_bytes == common__v1__decision__get_packed_size(again));
        uint8_t *packed = arena_alloc(arena, packed_bytes);
        uint8_t *other = arena_alloc(arena, packed_bytes);
        common__v1__decision__pack(record, packed);
        common__v1__decision__pack(again, other);
        CHECK(memcmp(packed, other, packed_bytes) == 0);
    }
    arena_free(&arena);
    return 0;
}
