/*
 * policy_decide_policy_fixture - decisions by a policy that differs from the default one in many
 * ways
 *
 * It has floors that no one can compare on paper, a document of its own, and a language without
 * phrases. Each decision is made twice, the second time from its own record.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide_fixture.h"
#include "common/policy/policy_decide_private.h"
#include "common/policy/policy_text_fixture.h"

static const struct text_edits edits = {
    .main =
        {"    floors:\n",
         "    floors:\n"
         "      - {id: eu_consumer_sample.length, parameter: warranty.period/length, is: 183 "
         "days}\n"
         "      - {id: eu_consumer_sample.motor, parameter: warranty.period/length, when: "
         "{component: "
         "motor}, is: 3 years}\n"
         "      - {id: eu_consumer_sample.answer, parameter: complaints.handling/answer, is: 8 "
         "days}\n"
         "      - {id: eu_consumer_sample.window, parameter: returns.window/exchange_length, "
         "is: 1 month}\n"
         "      - {id: eu_consumer_sample.refund, parameter: returns.window/length, is: 1 year}\n"
         "      - {id: eu_consumer_sample.told, parameter: complaints.handling/acknowledge, is: 4 "
         "days}\n",
         "languages: [en, de]", "languages: [fr, en]", "fault_photo, delivery_note,",
         "fault_photo, delivery_note, warranty_card,", "instead: [delivery_note]",
         "instead: [warranty_card, delivery_note]", "offered: [in_warranty, out_of_warranty]",
         "offered: [in_warranty]", "claims_max: unlimited", "claims_max: 1",
         "{claims_max: 3, per: 12 months}", "{claims_max: unlimited, per: 12 months}",
         "auto_approve_up_to: 150.00 EUR", "auto_approve_up_to: unlimited"},
    .german = {"language: de", "language: en"},
};

static struct read_fixture files;
static const struct policy *versions[2];
static struct policy_set set = {versions, 1};
static struct policy_engine *engine;
static struct arena *arena;
static Common__V1__Decision *record;

static inline struct policy *
open_version(struct read_fixture *fixture, const struct text_edits *changes, int number,
             struct date from)
{
    CHECK(text_open(fixture, changes) != NULL);
    fixture->policy->version = number;
    fixture->policy->effective_from = from;
    return fixture->policy;
}

static inline int
open_policies(void **state UNUSED)
{
    versions[0] = open_version(&files, &edits, 1, (struct date){2025, 1, 1});
    engine = policy_engine_new(&set);
    return 0;
}

static inline int
close_policies(void **state UNUSED)
{
    arena_free(&arena);
    policy_engine_free(&engine);
    policy_engine_free(&engine);
    read_end(&files);
    arena_deinit();
    zone_deinit();
    return 0;
}

static inline struct policy_case *
read_case(const char *text)
{
    arena_free(&arena);
    arena = arena_new(ARENA_BUDGET_BYTES);
    struct policy_file file = read_text("case.yaml", text);
    struct policy_problems problems = {.arena = arena};
    struct policy_case *question = policy_case_read(arena, versions[0], &file, &problems);
    if (question == NULL)
        read_print_problems(&problems);
    assert_non_null(question);
    return question;
}

/* Decides, and decides the record again. */
static inline void
decide_case(const struct policy_case *question)
{
    struct fault fault = {0};
    if (policy_decide(arena, engine, question, &record, &fault) != OK)
        fail_msg("%s: %s", fault.reason, fault.message);
    if (contract_check(&common_v1_decision_contract, &record->base, false, &fault) != OK)
        fail_msg("%s %s", fault.reason, fault.field);
    Common__V1__Decision *again = NULL;
    assert_int_equal(policy_decide_again(arena, engine, record, &again, &fault), OK);
    fixture_assert_same(arena, record, again);
}

static inline void
decide(const char *text)
{
    decide_case(read_case(text));
}

static inline const Common__V1__Step *
find_step(const char *clause_id, const char *parameter)
{
    for (size_t i = 0; i < record->n_steps; i++) {
        if (strcmp(record->steps[i]->clause_id, clause_id) == 0 &&
            strcmp(record->steps[i]->parameter, parameter) == 0)
            return record->steps[i];
    }
    fail_msg("there is no step %s/%s", clause_id, parameter);
    return NULL;
}

/* The fact of a name in the record. */
static inline Common__V1__Fact *
fact(const char *name)
{
    for (size_t i = 0; i < record->n_facts; i++) {
        if (strcmp(record->facts[i]->name, name) == 0)
            return record->facts[i];
    }
    fail_msg("there is no fact %s", name);
    return NULL;
}

#define HEAD(QUESTION, AT)                                                                         \
    "question: " QUESTION "\nat: " AT "\ndecided: " AT                                             \
    "T10:30:00.25Z\nid: 01900000-0000-7000-8000-000000000001\nsubject: tests/1\n"
#define SOLD "  category: small_appliances\n  region: DE\n  channel: online\n"

#define CLAIM_WITH_CARD                                                                            \
    HEAD("warranty.claim", "2026-03-02")                                                           \
    "serial: SN-1\nfacts:\n" SOLD "  condition: new\n  customer_class: business\n"                 \
    "  warranty_card: {value: yes, trust: documented, source: documents/1}\n"                      \
    "  fault_photo: yes\n  serial_label_photo: yes\n"                                              \
    "  purchased: 2026-01-20\n"                                                                    \
    "  cause: {value: material_defect, trust: stated, source: claim}\n"

/* A plan that pays once, for a unit whose own warranty is over. */
#define PLAN(CLAIMS)                                                                               \
    HEAD("warranty.claim", "2026-06-01")                                                           \
    "serial: SN-1\nfacts:\n" SOLD "  condition: new\n  customer_class: business\n"                 \
    "  cause: {value: material_defect, trust: stated, source: claim}\n"                            \
    "  fault_photo: yes\n  serial_label_photo: yes\n" CLAIMS "unit:\n"                             \
    "  - {id: f1, kind: delivered, date: 2024-03-10, recorded: 2025-01-05T08:00:00Z}\n"            \
    "  - {id: f2, kind: plan_bought, date: 2025-02-01, recorded: 2025-02-01T12:00:00Z, "           \
    "contract_id: C-1, plan: plus2}\n"
