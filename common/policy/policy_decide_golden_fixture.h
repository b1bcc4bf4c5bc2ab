/*
 * policy_decide_golden_fixture - the cases of tests/policies/decisions, decided by the default
 * policy as version 1, and what their records say
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide_fixture.h"
#include "common/policy/policy_format.h"

static const char *const folder = "tests/policies/decisions";

/* ---- files ---- */

static inline char *
load_text(struct arena *arena, const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return NULL;
    char *bytes = arena_alloc(arena, 1 << 20);
    size_t size_bytes = fread(bytes, 1, (1 << 20) - 1, stream);
    (void)fclose(stream);
    bytes[size_bytes] = 0;
    return bytes;
}

static inline const char *
path_of(struct arena *arena, const char *name, const char *ending)
{
    return arena_printf(arena, "%s/%s/%s.%s", AFTERCARE_SOURCE_DIR, folder, name, ending);
}

static inline struct policy_case *
load_case(struct arena *arena, const char *name)
{
    const char *text = load_text(arena, path_of(arena, name, "yaml"));
    if (text == NULL)
        fail_msg("there is no case %s", name);
    struct policy_file file = read_text(name, text);
    struct policy_problems problems = {.arena = arena};
    struct policy_case *question = policy_case_read(arena, fixture_versions[0], &file, &problems);
    if (question == NULL)
        read_print_problems(&problems);
    assert_non_null(question);
    return question;
}

/* ---- what records say ---- */

static struct arena *arena;
static Common__V1__Decision *record;

static inline void
decide(const char *name)
{
    arena_free(&arena);
    arena = arena_new(ARENA_BUDGET_BYTES);
    record = fixture_decide(arena, load_case(arena, name));
}

static inline const Common__V1__Step *
step(const char *clause_id, const char *parameter, const char *rule)
{
    for (size_t i = 0; i < record->n_steps; i++) {
        const Common__V1__Step *found = record->steps[i];
        if (strcmp(found->clause_id, clause_id) == 0 && strcmp(found->parameter, parameter) == 0 &&
            strcmp(found->rule, rule) == 0)
            return found;
    }
    fail_msg("no step %s/%s[%s]", clause_id, parameter, rule);
    return NULL;
}

static inline const Common__V1__Value *
computed(const char *name)
{
    for (size_t i = 0; i < record->n_computed; i++) {
        if (strcmp(record->computed[i]->name, name) == 0)
            return record->computed[i]->value;
    }
    fail_msg("%s was not computed", name);
    return NULL;
}

static inline const Common__V1__Fact *
fact(const char *name)
{
    for (size_t i = 0; i < record->n_facts; i++) {
        if (strcmp(record->facts[i]->name, name) == 0)
            return record->facts[i];
    }
    fail_msg("the fact %s was not read", name);
    return NULL;
}

static inline void
assert_date(const Common__V1__Date *date, int year, int month, int day)
{
    assert_non_null(date);
    assert_int_equal(date->year, year);
    assert_int_equal(date->month, month);
    assert_int_equal(date->day, day);
}

static inline void
assert_outcome(Common__V1__Decision__Outcome outcome, const char *clause_id, const char *reason)
{
    assert_string_equal(record->reason, reason);
    assert_string_equal(record->deciding_clause_id, clause_id);
    assert_int_equal(record->outcome, outcome);
}

static inline bool
has_entitlement(Common__V1__Entitlement__Layer layer, const char *cost_class)
{
    for (size_t i = 0; i < record->n_entitlements; i++) {
        if (record->entitlements[i]->layer == layer &&
            strcmp(record->entitlements[i]->cost_class, cost_class) == 0)
            return true;
    }
    return false;
}

static inline const char *
sentence(const char *language)
{
    for (size_t i = 0; i < record->n_sentences; i++) {
        if (strcmp(record->sentences[i]->language, language) == 0)
            return record->sentences[i]->text;
    }
    return NULL;
}

/* How the formatter prints a day in English. */
static inline const char *
english(int year, int month, int day)
{
    struct policy_formatter *formatter = policy_formatter_new(fixture_versions[0], 0);
    struct buf text = {0};
    policy_format_date(formatter, (struct date){year, month, day}, &text);
    const char *printed = arena_copy_text(arena, buf_text(&text));
    buf_free(&text);
    policy_formatter_free(&formatter);
    return printed;
}

static inline void
assert_needed(const char *name, const char *clause_id)
{
    for (size_t i = 0; i < record->n_needed; i++) {
        if (strcmp(record->needed[i]->name, name) == 0) {
            assert_string_equal(record->needed[i]->clause_id, clause_id);
            return;
        }
    }
    fail_msg("%s is not needed", name);
}

#define RESULT(name) COMMON__V1__STEP__RESULT__##name
#define OUTCOME(name) COMMON__V1__DECISION__OUTCOME__##name
#define LAYER(name) COMMON__V1__ENTITLEMENT__LAYER__##name

static inline int
end(void **state)
{
    arena_free(&arena);
    return fixture_close(state);
}
