/*
 * policy_decide_edit_fixture - decisions by the default policy with some words replaced, or by two
 * versions of it
 *
 * Each decision is made twice, the second time from its own record, and held against the contract.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide_fixture.h"
#include "common/policy/policy_decide_private.h"
#include "common/policy/policy_text_fixture.h"

static struct read_fixture edit_files[2];
static const struct policy *edit_versions[2];
static struct policy_set edit_set = {edit_versions, 0};
static struct policy_engine *edit_engine;
static struct arena *edit_arena;
static Common__V1__Decision *edit_record;

static inline void
edit_close(void)
{
    arena_free(&edit_arena);
    policy_engine_free(&edit_engine);
    for (size_t i = 0; i < edit_set.version_count; i++)
        read_end(&edit_files[i]);
    edit_set.version_count = 0;
}

static inline struct policy *
edit_add_version(const struct text_edits *edits, struct date from)
{
    size_t i = edit_set.version_count++;
    (void)text_open(&edit_files[i], edits);
    edit_files[i].policy->version = (int64_t)i + 1;
    edit_files[i].policy->effective_from = from;
    memset(edit_files[i].policy->digest, (int)i + 1, POLICY_DIGEST_BYTES);
    edit_versions[i] = edit_files[i].policy;
    return edit_files[i].policy;
}

/* The policy with these edits, as version 1, decides from now on. */
static inline void
edit_open(const struct text_edits *edits)
{
    if (edit_set.version_count > 0)
        edit_close();
    edit_add_version(edits, (struct date){2025, 1, 1});
    edit_engine = policy_engine_new(&edit_set);
}

/* The same with a second version from 2026 on, which counts for all that was sold before. */
static inline void
edit_open_two(const struct text_edits *edits, const struct text_edits *later)
{
    if (edit_set.version_count > 0)
        edit_close();
    edit_add_version(edits, (struct date){2025, 1, 1});
    edit_add_version(later, (struct date){2026, 1, 1})->also_for_sold_since =
        (struct date){2020, 1, 1};
    edit_engine = policy_engine_new(&edit_set);
}

static inline int
edit_teardown(void **state UNUSED)
{
    edit_close();
    arena_deinit();
    zone_deinit();
    return 0;
}

static inline struct policy_case *
edit_read(const char *text)
{
    arena_free(&edit_arena);
    edit_arena = arena_new(ARENA_BUDGET_BYTES);
    struct policy_file file = read_text("case.yaml", text);
    struct policy_problems problems = {.arena = edit_arena};
    const struct policy *last = edit_versions[edit_set.version_count - 1];
    struct policy_case *question = policy_case_read(edit_arena, last, &file, &problems);
    if (question == NULL)
        read_print_problems(&problems);
    assert_non_null(question);
    return question;
}

static inline void
edit_decide_case(const struct policy_case *question)
{
    struct fault fault = {0};
    if (policy_decide(edit_arena, edit_engine, question, &edit_record, &fault) != OK)
        fail_msg("%s: %s", fault.reason, fault.message);
    if (contract_check(&common_v1_decision_contract, &edit_record->base, false, &fault) != OK)
        fail_msg("%s %s", fault.reason, fault.field);
    Common__V1__Decision *again = NULL;
    assert_int_equal(policy_decide_again(edit_arena, edit_engine, edit_record, &again, &fault), OK);
    fixture_assert_same(edit_arena, edit_record, again);
}

static inline void
edit_decide(const char *text)
{
    edit_decide_case(edit_read(text));
}

static inline const Common__V1__Step *
edit_step(const char *clause_id, const char *parameter)
{
    for (size_t i = 0; i < edit_record->n_steps; i++) {
        if (strcmp(edit_record->steps[i]->clause_id, clause_id) == 0 &&
            strcmp(edit_record->steps[i]->parameter, parameter) == 0)
            return edit_record->steps[i];
    }
    fail_msg("there is no step %s/%s", clause_id, parameter);
    return NULL;
}

/* What was computed for the whole; NULL: it was not. */
static inline const Common__V1__Value *
edit_computed(const char *name)
{
    for (size_t i = 0; i < edit_record->n_computed; i++) {
        if (strcmp(edit_record->computed[i]->name, name) == 0)
            return edit_record->computed[i]->value;
    }
    return NULL;
}

static inline void
edit_assert_outcome(Common__V1__Decision__Outcome outcome, const char *clause_id,
                    const char *reason)
{
    assert_string_equal(edit_record->reason, reason);
    assert_string_equal(edit_record->deciding_clause_id, clause_id);
    assert_int_equal(edit_record->outcome, outcome);
}

static inline void
edit_assert_needed(const char *name, const char *clause_id)
{
    assert_int_equal(edit_record->outcome, UNDETERMINED);
    assert_int_equal(edit_record->n_needed, 1);
    assert_string_equal(edit_record->needed[0]->name, name);
    assert_string_equal(edit_record->needed[0]->clause_id, clause_id);
}

/* "refund replace". */
static inline void
edit_assert_remedies(const char *codes)
{
    const char *text = "";
    for (size_t i = 0; i < edit_record->n_remedies; i++)
        text =
            arena_printf(edit_arena, "%s%s%s", text, i == 0 ? "" : " ", edit_record->remedies[i]);
    assert_string_equal(text, codes);
}

/* "2026-05-18"; "" where there is none. */
static inline void
edit_assert_last_date(const char *day)
{
    const Common__V1__Value *value = edit_computed("last_date");
    char text[DATE_TEXT_SIZE] = "";
    if (value != NULL)
        date_print(decide_date_of(value->date), text);
    assert_string_equal(text, day);
}

/* The sentence in the policy's first or second language, in the order of tags. */
static inline void
edit_assert_says(size_t language, const char *part)
{
    const char *text = edit_record->sentences[language]->text;
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, text);
}

#define EDIT_HEAD(QUESTION, AT)                                                                    \
    "question: " QUESTION "\nat: " AT "\ndecided: " AT                                             \
    "T10:30:00Z\nid: 01900000-0000-7000-8000-000000000001\nsubject: tests/1\n"
