/*
 * policy_case_test - what a file of facts may say is what the policy and a record can hold
 *
 * Files that are malformed altogether are refused in policy_decide_test.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_fixture.h"

static struct arena *arena;
static struct policy_problems problems;

static int
start(void **state UNUSED)
{
    arena = arena_new(1024 * 1024);
    problems = (struct policy_problems){.arena = arena};
    return 0;
}

static int
end(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

/* A case with one fact; NULL after an error. */
static const struct policy_fact *
read_fact(const char *fact)
{
    const char *text =
        arena_printf(arena, "question: warranty.claim\nat: 2026-11-02\nfacts:\n  %s\n", fact);
    struct policy_file file = read_text("case.yaml", text);
    problems = (struct policy_problems){.arena = arena};
    const struct policy_case *question =
        policy_case_read(arena, fixture_versions[0], &file, &problems);
    return question == NULL ? NULL : &question->facts[0];
}

static void
assert_refused(const char *fact, const char *reason, const char *words)
{
    if (read_fact(fact) != NULL)
        fail_msg("%s is taken", fact);
    assert_int_equal(problems.error_count, 1);
    assert_string_equal(problems.problems[0].reason, reason);
    assert_int_equal(problems.problems[0].line, 4);
    if (strstr(problems.problems[0].message, words) == NULL)
        fail_msg("%s: %s", fact, problems.problems[0].message);
}

static void
a_part_of_a_second_before_1970_belongs_to_the_second_that_it_is_in(void **state UNUSED)
{
    const struct policy_fact *fact = read_fact("receive_time: 1969-12-31T23:59:59.5Z");
    assert_non_null(fact);
    assert_int_equal(fact->time_s, -1);
}

static void
a_code_that_the_policy_does_not_have_is_refused(void **state UNUSED)
{
    assert_refused("reason: chnage_of_mind", "CODE_UNKNOWN", "did you mean change_of_mind?");
    assert_refused("charge_item: diagnossis", "CODE_UNKNOWN", "did you mean diagnosis?");
    assert_refused("finding: materail_defect", "CODE_UNKNOWN", "did you mean material_defect?");
    assert_refused("finding: {value: materail_defect, trust: found}", "CODE_UNKNOWN",
                   "did you mean material_defect?");
    assert_refused("wanted_remedy: repare", "CODE_UNKNOWN", "is no code of remedy; did you mean");
    assert_refused("region: Atlantis", "CODE_UNKNOWN", "\"Atlantis\" is no code of region");
}

static void
codes_of_the_policy_and_of_the_program_are_taken(void **state UNUSED)
{
    assert_string_equal(read_fact("finding: material_defect")->code, "material_defect");
    assert_string_equal(read_fact("reason: our_fault")->code, "our_fault");
    assert_string_equal(read_fact("cause: misuse")->code, "misuse");
    assert_string_equal(read_fact("finding: wear")->code, "wear");
    assert_string_equal(read_fact("severity: safety")->code, "safety");
    assert_string_equal(read_fact("sku: X-1")->code, "X-1");
}

/* Among causes it is a code: the customer does not know. */
static void
unknown_is_a_code_only_where_the_list_has_it(void **state UNUSED)
{
    assert_true(read_fact("cause: unknown")->is_known);
    assert_false(read_fact("region: unknown")->is_known);
    assert_false(read_fact("rung: unknown")->is_known);
}

/* Records are told as JSON, which is exact up to there. */
static void
numbers_and_amounts_are_those_that_a_record_can_hold(void **state UNUSED)
{
    assert_true(read_fact("days_in_repair: 9007199254740991")->number == 9007199254740991);
    assert_int_equal(read_fact("days_in_repair: 0")->number, 0);
    assert_refused("days_in_repair: 9007199254740992", "FACT_WRONG", "a whole number");
    assert_refused("days_in_repair: 9007199254740993", "FACT_WRONG", "a whole number");
    assert_refused("days_in_repair: 99999999999999999999", "FACT_WRONG", "a whole number");
    assert_refused("days_in_repair: -1", "FACT_WRONG", "a whole number");
    assert_true(read_fact("price_paid: 0.00 EUR")->money.minor == 0);
    assert_refused("price_paid: -0.01 EUR", "FACT_WRONG", "below zero");
    assert_refused("price_paid: 90071992547409.92 EUR", "FACT_WRONG", "too large");
}

static const struct policy_case *
read_unit(const char *serial, const char *fact)
{
    const char *text = arena_printf(
        arena, "{\"question\": \"warranty.claim\", \"at\": \"2026-11-02\", %s\"unit\": [%s]}\n",
        serial, fact);
    struct policy_file file = read_text("case.json", text);
    return policy_case_read(arena, fixture_versions[0], &file, &problems);
}

static void
a_unit_can_be_told_in_json(void **state UNUSED)
{
    static const char repaired[] =
        "{\"kind\": \"repaired\", \"date\": \"2026-03-15\", \"repair_id\": \"R-1\", "
        "\"has_succeeded\": %s}";
    const struct policy_case *question = read_unit("", arena_printf(arena, repaired, "true"));
    assert_non_null(question);
    assert_true(question->unit_facts[0].has_succeeded);
    question = read_unit("\"serial\": null, ", arena_printf(arena, repaired, "false"));
    assert_non_null(question);
    assert_false(question->unit_facts[0].has_succeeded);
    assert_string_equal(question->unit_facts[0].serial, "unit");
    assert_null(read_unit("", arena_printf(arena, repaired, "1")));
}

static void
a_part_of_a_fact_that_says_nothing_is_refused(void **state UNUSED)
{
    static const char *const parts[][2] = {
        {"id", "id: a text is asked for"},
        {"serial", "serial: a text is asked for"},
        {"date", "date: a day is asked for, as 2026-03-15"},
        {"recorded", "recorded: a time is asked for, as 2026-03-15T09:30:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        problems = (struct policy_problems){.arena = arena};
        assert_null(
            read_unit("", arena_printf(arena, "{\"kind\": \"delivered\", %s\"%s\": \"\"}",
                                       i == 2 ? "" : "\"date\": \"2026-03-15\", ", parts[i][0])));
        assert_string_equal(problems.problems[0].message, parts[i][1]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_part_of_a_second_before_1970_belongs_to_the_second_that_it_is_in),
        TEST(a_part_of_a_fact_that_says_nothing_is_refused),
        TEST(a_code_that_the_policy_does_not_have_is_refused),
        TEST(codes_of_the_policy_and_of_the_program_are_taken),
        TEST(unknown_is_a_code_only_where_the_list_has_it),
        TEST(numbers_and_amounts_are_those_that_a_record_can_hold),
        TEST(a_unit_can_be_told_in_json),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
