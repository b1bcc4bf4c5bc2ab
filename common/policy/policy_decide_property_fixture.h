/*
 * policy_decide_property_fixture - random cases under two versions of the default policy
 *
 * The second version has what the default has not: reasons of which only some of a wide one are
 * accepted, a right that one of the company's tests reaches, floors that cannot be compared on
 * paper, and a window without end.
 *
 * The seed is printed; AFTERCARE_TEST_SEED replays it, AFTERCARE_TEST_LONG takes the large counts.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include "common/policy/policy_decide_fixture.h"
#include "common/policy/policy_decide_random.h"
#include "common/policy/policy_text_fixture.h"

static uint64_t seed;
static struct read_fixture second_files;

static const struct text_edits second_edits = {
    .main =
        {"        reasons: [change_of_mind]\n",
         "        reasons: [change_of_mind, defect]\n"
         "        excludes: [returns.conditions.used]\n",
         "reasons: [defect, not_as_described, wrong_item, change_of_mind]",
         "reasons: [defect, change_of_mind]", "          deduction: free\n",
         "          deduction: 20 % of price_paid\n", "{when: {reason: change_of_mind}, length: 14",
         "{when: {reason: wrong_item}, length: unlimited}\n"
         "          - {when: {reason: wrong_item, category: large_appliances}, length: unlimited}\n"
         "          - {when: {reason: change_of_mind}, length: 14",
         "    floors:\n",
         "    floors:\n"
         "      - {id: eu_consumer_sample.window, parameter: returns.window/exchange_length, "
         "is: 1 month}\n"
         "      - {id: eu_consumer_sample.deduction, parameter: returns.refund/deduction, "
         "is: 5.00 EUR}\n"
         "      - {id: eu_consumer_sample.labour, parameter: repair.charges/charge, when: "
         "{coverage: uncovered, charge_item: labour}, is: 60.00 EUR}\n"},
};

static inline int
case_count(void)
{
    return getenv("AFTERCARE_TEST_LONG") != NULL ? 100000 : 1500;
}

static inline struct policy *
open_second(void)
{
    (void)text_open(&second_files, &second_edits);
    struct policy *second = second_files.policy;
    second->version = 2;
    second->effective_from = (struct date){2026, 1, 1};
    second->also_for_sold_since = (struct date){2025, 6, 1};
    memset(second->digest, 0xd2, sizeof second->digest);
    return second;
}

/* Version 2 holds from 2026 on, and improves what was sold since June 2025. */
static inline int
open_two(void **state)
{
    const char *text = getenv("AFTERCARE_TEST_SEED");
    seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
    print_message("AFTERCARE_TEST_SEED=%llu\n", (unsigned long long)seed);
    fixture_versions[1] = open_second();
    fixture_set.version_count = 2;
    return fixture_open(state);
}

static inline int
close_two(void **state)
{
    read_end(&second_files);
    return fixture_close(state);
}

/* The record of a case; NULL: its unit facts contradict each other. */
static inline Common__V1__Decision *
try_decide(struct arena *arena, const struct policy_case *question)
{
    Common__V1__Decision *record = NULL;
    struct fault fault = {0};
    enum err err = policy_decide(arena, fixture_engine, question, &record, &fault);
    if (err != OK) {
        assert_int_equal(err, ERR_INVALID_ARGUMENT);
        assert_true(strcmp(fault.reason, "FACTS_CONTRADICT") == 0 ||
                    strcmp(fault.reason, "FACT_WRONG") == 0);
        return NULL;
    }
    return record;
}

typedef struct policy_case *random_maker(struct arena *arena, struct choices *choices);
typedef void case_check(struct arena *arena, struct choices *choices, struct policy_case *question,
                        Common__V1__Decision *record);

/* Calls `check` with random cases that have a record. */
static inline void
for_cases_of(random_maker *make, case_check *check)
{
    int decided = 0;
    for (int i = 0; i < case_count(); i++) {
        struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
        struct choices choices = {.state = seed + (uint64_t)i * 7919};
        struct policy_case *question = make(arena, &choices);
        Common__V1__Decision *record = try_decide(arena, question);
        if (record != NULL) {
            check(arena, &choices, question, record);
            decided++;
        }
        arena_free(&arena);
    }
    assert_true(decided * 2 > case_count());
}

static inline void
for_cases(case_check *check)
{
    for_cases_of(random_case, check);
}
