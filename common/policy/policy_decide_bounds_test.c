/*
 * policy_decide_bounds_test - the largest case, the first and last times, and records that no
 * engine made
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_policy_fixture.h"

/* A unit with as many facts as it may have, and texts that do not fit into the first room. */
static void
the_largest_history_makes_a_record_that_keeps_its_contract(void **state UNUSED)
{
    struct policy_case *question = read_case(CLAIM_WITH_CARD);
    size_t count = ENTITLEMENT_FACTS_MAX - 1; /* and the purchase, which the case knows */
    struct arena *room = arena_new(256 << 20);
    struct entitlement_fact *facts = arena_alloc(room, count * sizeof *facts);
    for (size_t i = 0; i < count; i++) {
        facts[i] = (struct entitlement_fact){
            .fact_id = arena_printf(room, "fact-%zu", i),
            .serial = "SN-1",
            .kind = i == 0       ? ENTITLEMENT_FACT_EVENT
                    : i % 2 == 1 ? ENTITLEMENT_FACT_TAKEN_IN
                                 : ENTITLEMENT_FACT_HANDED_BACK,
            .event = ENTITLEMENT_DELIVERED,
            .date = date_add((struct date){2025, 3, 1}, 0, i == 0 ? 0 : (int)(i / 50)),
            .record_us = INT64_C(1762000000000000) + (int64_t)i, /* November 2025 */
            .repair_id = i == 0 ? NULL : arena_printf(room, "R-%zu", (i + 1) / 2),
            .coverage = i == 0 ? ENTITLEMENT_OPEN : ENTITLEMENT_COVERED,
        };
    }
    question->unit_facts = facts;
    question->unit_fact_count = count;
    struct fault fault = {0};
    if (policy_decide(room, engine, question, &record, &fault) != OK)
        fail_msg("%s: %s", fault.reason, fault.message);
    if (contract_check(&common_v1_decision_contract, &record->base, false, &fault) != OK)
        fail_msg("%s %s", fault.reason, fault.field);
    assert_int_equal(record->n_unit_facts, count);
    arena_free(&room);
    record = NULL;
}

static void
assert_broken(const char *what)
{
    struct fault fault = {0};
    Common__V1__Decision *again = NULL;
    assert_int_equal(policy_decide_again(arena, engine, record, &again, &fault),
                     ERR_INVALID_ARGUMENT);
    if (strcmp(fault.reason, "RECORD_WRONG") != 0)
        fail_msg("%s: %s", what, fault.reason);
}

static void
a_record_that_no_engine_made_is_refused(void **state UNUSED)
{
    static const char *const times[] = {"soon",
                                        "2026-03-02X10:30:00Z",
                                        "2026-13-02T10:30:00Z",
                                        "2026-03-02T25:30:00Z",
                                        "2026-03-02T10:3a:00Z",
                                        "2026-03-02T10:30:00.1"};
    decide(PLAN("  receive_time: 2026-06-01T08:00:00Z\n  price_paid: 59.00 EUR\n"));
    char *good = record->decide_time;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        record->decide_time = (char *)times[i];
        assert_broken(times[i]);
    }
    record->decide_time = good;
    Common__V1__Value *value = fact("cause")->value;
    fact("cause")->value = fact("delivered")->value;
    assert_broken("a day for a code");
    fact("cause")->value = value;
    Common__V1__Value *day = fact("delivered")->value;
    fact("delivered")->value = value;
    assert_broken("a code for a day");
    fact("delivered")->value = day;
    Common__V1__Value *time = fact("receive_time")->value;
    fact("receive_time")->value = value;
    assert_broken("a code for a time");
    fact("receive_time")->value = time;
    Common__V1__Value *price = fact("price_paid")->value;
    fact("price_paid")->value = value;
    assert_broken("a code for money");
    fact("price_paid")->value = price;
    Common__V1__UnitFact *plan = record->unit_facts[1];
    static const char *const names[] = {"unknown", "coverage", "voided_layers", "last_date",
                                        "has_succeeded"};
    char *name = plan->details[0]->name;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        plan->details[0]->name = (char *)names[i];
        assert_broken(names[i]);
    }
    plan->details[0]->name = name;
    plan->details[0]->n_values = 0;
    assert_broken("no value");
    plan->details[0]->n_values = 1;
    plan->kind = (char *)"sold";
    assert_broken("a kind that is none");
}

static void
times_are_exact_to_the_microsecond(void **state UNUSED)
{
    struct policy_case *question = read_case(CLAIM_WITH_CARD);
    question->at_date = (struct date){1969, 12, 31};
    question->decide_us = -1;
    question->fact_count = 1; /* without the day of purchase */
    decide_case(question);
    assert_string_equal(record->decide_time, "1969-12-31T23:59:59.999999Z");
    question->decide_us = 1500000;
    decide_case(question);
    assert_string_equal(record->decide_time, "1970-01-01T00:00:01.5Z");
}

static void
the_first_and_the_last_second_of_all_years_are_times_of_decisions(void **state UNUSED)
{
    static const int64_t first_us = ZONE_SECOND_MIN * 1000000;
    static const int64_t last_us = ZONE_SECOND_MAX * 1000000;
    struct policy_case *question = read_case(CLAIM_WITH_CARD);
    struct fault fault = {0};
    question->fact_count = 1;
    question->decide_us = last_us;
    decide_case(question);
    assert_string_equal(record->decide_time, "9999-12-31T23:59:59Z");
    question->decide_us = first_us;
    decide_case(question);
    assert_string_equal(record->decide_time, "0001-01-01T00:00:00Z");
    for (int i = 0; i < 2; i++) {
        question->decide_us = i == 0 ? first_us - 1 : last_us + 1;
        assert_int_equal(policy_decide(arena, engine, question, &record, &fault),
                         ERR_INVALID_ARGUMENT);
        assert_string_equal(fault.reason, "QUESTION_WRONG");
    }
}

static void
unit_facts_without_id_or_day_are_refused(void **state UNUSED)
{
    struct policy_case *question = read_case(PLAN(""));
    struct entitlement_fact wrong = question->unit_facts[0];
    question->unit_facts = &wrong;
    question->unit_fact_count = 1;
    struct fault fault = {0};
    wrong.date = (struct date){0};
    assert_int_equal(policy_decide(arena, engine, question, &record, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FACT_WRONG");
    wrong.fact_id = NULL;
    assert_int_equal(policy_decide(arena, engine, question, &record, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FACT_WRONG");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_history_makes_a_record_that_keeps_its_contract),
        cmocka_unit_test(a_record_that_no_engine_made_is_refused),
        cmocka_unit_test(times_are_exact_to_the_microsecond),
        cmocka_unit_test(the_first_and_the_last_second_of_all_years_are_times_of_decisions),
        cmocka_unit_test(unit_facts_without_id_or_day_are_refused),
    };
    return cmocka_run_group_tests(tests, open_policies, close_policies);
}
