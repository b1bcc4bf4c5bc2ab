/*
 * policy_check_test - gaps, repeats, ties, suggestions, rules that change nothing
 *
 * tests/model/test_policy_rules.py compares ties and winners with brute force.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_fixture.h"

static void
a_policy_that_is_whole_has_no_problem(void **state)
{
    struct fixture *fixture = *state;
    bool is_accepted = check_all(fixture);
    for (size_t i = 0; i < fixture->problems.problem_count; i++)
        print_message("%s: %s\n", fixture->problems.problems[i].reason,
                      fixture->problems.problems[i].message);
    assert_true(is_accepted);
    assert_int_equal(fixture->problems.problem_count, 0);
}

static void
a_parameter_without_a_value_for_all_is_refused_at_its_clause(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "region=eu", "1 year");
    fixture_index(fixture);
    policy_check(fixture->arena, &fixture->policy, true, &fixture->problems);
    assert_problem(fixture, "VALUE_MISSING", 101, "warranty.period",
                   "clause 'warranty.period' sets no value of 'length' for all: write it under "
                   "`set`, if only as `length: none`");
    assert_message(fixture, "clause 'warranty.period' sets no value of 'starts' for all: write it "
                            "under `set`, if only as `starts: [delivered]`");
}

static void
a_missing_clause_is_one_error_and_the_first_carries_all_that_are(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, POLICY_WARRANTY_PERIOD_STARTS, "", "delivered");
    fixture_index(fixture);
    policy_check(fixture->arena, &fixture->policy, true, &fixture->problems);
    assert_message(fixture, "clause 'returns.refund' is missing, which sets shipping_paid_by, "
                            "deduction, refund_within, methods: what is not offered is said in an "
                            "internal clause");
    const struct policy_problem *first = fixture_find(fixture, "CLAUSE_MISSING");
    assert_string_equal(first->clause_id, "general.contact");
    assert_string_equal(first->file, "test.yaml");
    static const char survey[] = "  - section: survey\n    number: ";
    static const char feedback[] =
        "      - clause: survey.feedback\n        internal: yes\n        set: {low_score: none, "
        "contact_within: none, owner: none, cluster: none}\n";
    assert_non_null(strstr(first->suggestion, survey));
    assert_non_null(strstr(first->suggestion, feedback));
    assert_null(strstr(first->suggestion, "warranty.period"));
    /* Of a ranked list, the least. */
    assert_non_null(strstr(first->suggestion, "shipping_paid_by: customer"));
}

static void
two_rules_that_cross_tie_where_nothing_is_said_of_both(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "2 years");
    fixture_rule(fixture, LENGTH, "cost_class=travel", "none");
    assert_false(check_rules(fixture, LENGTH));
    assert_problem(fixture, "RULES_TIE", 3, "warranty.period",
                   "'length' is 24 months for category=large (line 2) but none for "
                   "cost_class=travel, and neither is narrower: write what it is for "
                   "category=large,cost_class=travel");
    assert_string_equal(fixture_find(fixture, "RULES_TIE")->suggestion,
                        "- {when: {category: large, cost_class: travel}, length: 24 months}  # or "
                        "none, as for {cost_class: travel}\n");
    fixture_rule(fixture, LENGTH, "category=large,cost_class=travel", "2 years");
    assert_true(check_rules(fixture, LENGTH));
}

static void
without_suggests_a_tie_carries_nothing_to_paste(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "2 years");
    fixture_rule(fixture, LENGTH, "region=eu", "3 years");
    fixture_index(fixture);
    assert_false(
        policy_check_rules(fixture->arena, &fixture->policy, LENGTH, false, &fixture->problems));
    assert_null(fixture_find(fixture, "RULES_TIE")->suggestion);
}

static void
rules_in_one_line_are_told_apart_by_their_columns(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "region=eu", "2 years");
    fixture_rule(fixture, LENGTH, "category=large", "3 years");
    fixture_rule(fixture, LENGTH, "cost_class=travel", "4 years");
    fixture_rule(fixture, LENGTH, "cost_class=travel", "4 years");
    for (int i = 1; i < 5; i++)
        fixture->rules[i].place = (struct policy_place){"test.yaml", 2, 50 - 10 * i};
    assert_false(check_rules(fixture, LENGTH));
    for (size_t i = 1; i <= 3; i++) {
        const struct policy_problem *problem = &fixture->problems.problems[i];
        assert_string_equal(problem->reason, "RULES_TIE");
        assert_int_equal(problem->column, i == 1 ? 30 : 40);
    }
    assert_int_equal(fixture_find(fixture, "RULE_REPEATED")->column, 20);
}

static void
rules_that_cross_and_agree_do_not_tie(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "24 months");
    fixture_rule(fixture, LENGTH, "region=eu", "2 years");
    assert_true(check_rules(fixture, LENGTH));
    assert_int_equal(fixture->problems.problem_count, 0);
}

static void
rules_of_which_no_subject_is_in_both_do_not_tie(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large,region=DE", "2 years");
    fixture_rule(fixture, LENGTH, "category=ovens,region=FR", "3 years");
    fixture_rule(fixture, LENGTH, "category=small", "4 years");
    assert_true(check_rules(fixture, LENGTH));
}

static void
a_rule_between_two_and_their_overlap_decides(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "2 years");
    fixture_rule(fixture, LENGTH, "region=DE", "3 years");
    /* Wider than the overlap, inside the first, and of one mind with the second. */
    fixture_rule(fixture, LENGTH, "category=large,region=eu", "3 years");
    assert_true(check_rules(fixture, LENGTH));
    struct policy_subject subject = fixture_subject(fixture, "category=large,region=DE");
    const struct policy_rule *rule = policy_find_rule(&fixture->policy, LENGTH, &subject);
    assert_int_equal(rule->value.span.months, 36);
}

static void
a_tie_on_inner_values_is_refused_though_every_leaf_is_covered(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "2 years");
    fixture_rule(fixture, LENGTH, "region=eu", "3 years");
    fixture_rule(fixture, LENGTH, "category=large,region=DE", "4 years");
    fixture_rule(fixture, LENGTH, "category=large,region=FR", "5 years");
    assert_false(check_rules(fixture, LENGTH));
    assert_int_equal(fixture_count(fixture, "RULES_TIE"), 1);
}

static void
all_that_is_missing_for_three_crossing_axes_is_suggested(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "2 years");
    fixture_rule(fixture, LENGTH, "condition=refurbished", "6 months");
    fixture_rule(fixture, LENGTH, "sku=X-1", "90 days");
    assert_false(check_rules(fixture, LENGTH));
    assert_int_equal(fixture_count(fixture, "RULES_TIE"), 3);
    assert_string_equal(
        fixture->problems.problems[0].suggestion,
        "- {when: {sku: X-1, condition: refurbished}, length: 6 months}  # or 90 days, as for "
        "{sku: X-1}\n"
        "- {when: {category: large, condition: refurbished}, length: 24 months}  # or 6 months, as "
        "for {condition: refurbished}\n"
        "- {when: {category: large, sku: X-1}, length: 24 months}  # or 90 days, as for {sku: "
        "X-1}\n"
        "- {when: {category: large, sku: X-1, condition: refurbished}, length: 24 months}  # or 6 "
        "months, as for {sku: X-1, condition: refurbished}\n");
    assert_null(fixture->problems.problems[1].suggestion);
}

static void
ties_are_told_in_the_order_of_the_file(void **state)
{
    struct fixture *fixture = *state;
    put_grid(fixture, 5, 5, false);
    assert_false(check_rules(fixture, LENGTH));
    assert_int_equal(fixture_count(fixture, "RULES_TIE"), 25);
    for (size_t i = 1; i < fixture->problems.problem_count; i++)
        assert_true(fixture->problems.problems[i - 1].line <= fixture->problems.problems[i].line);
}

static void
what_is_suggested_is_quoted_where_yaml_needs_it(void **state)
{
    struct fixture *fixture = *state;
    static const struct fixture_value values[] = {{POLICY_AXIS_CATEGORY, "toys", NULL},
                                                  {POLICY_AXIS_SKU, "A,1: {x}", NULL}};
    fixture_axes(fixture, values, COUNT_OF(values));
    fixture_rule(fixture, CAUSES, "", "unknown");
    fixture_rule(fixture, CAUSES, "category=toys", "wear, unknown");
    struct policy_when odd = {0};
    policy_when_name(&fixture->policy.axes, &odd, POLICY_AXIS_SKU, 2);
    fixture_put(fixture, CAUSES, odd,
                (struct policy_value){.kind = POLICY_CHOICES, .absence = POLICY_NONE});
    fixture_index(fixture);
    assert_false(
        policy_check_rules(fixture->arena, &fixture->policy, CAUSES, true, &fixture->problems));
    assert_string_equal(fixture_find(fixture, "RULES_TIE")->suggestion,
                        "- {when: {category: toys, sku: \"A,1: {x}\"}, causes: [wear, unknown]}  # "
                        "or none, as for {sku: \"A,1: {x}\"}\n");
}

static void
the_same_selector_twice_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large,region=eu", "2 years");
    fixture_rule(fixture, LENGTH, "region=eu,category=large", "2 years");
    assert_false(check_rules(fixture, LENGTH));
    assert_problem(fixture, "RULE_REPEATED", 3, "warranty.period",
                   "'length' is set twice for the same 'when', first in line 2");
    assert_int_equal(fixture->problems.problem_count, 1);
}

static void
an_axis_that_the_catalogue_does_not_know_for_a_parameter_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, REFUND, "", "7 days");
    fixture_rule(fixture, REFUND, "category=toys", "8 days");
    assert_false(check_rules(fixture, REFUND));
    assert_problem(fixture, "AXIS_NOT_ALLOWED", 2, "returns.refund",
                   "'returns.refund/refund_within' cannot vary by 'category'");
}

static void
a_rule_that_changes_nothing_is_warned_of(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "2 years");
    fixture_rule(fixture, LENGTH, "category=ovens", "24 months");
    fixture_rule(fixture, LENGTH, "category=toys", "12 months");
    fixture_rule(fixture, LENGTH, "category=small", "3 years");
    assert_true(check_rules(fixture, LENGTH));
    assert_int_equal(fixture->problems.problem_count, 2);
    assert_int_equal(fixture_count(fixture, "RULE_USELESS"), 2);
    policy_problems_sort(&fixture->problems);
    assert_problem(fixture, "RULE_USELESS", 3, "warranty.period",
                   "'length' for category=ovens changes nothing: it is the same for category=large "
                   "(line 2)");
    assert_string_equal(fixture->problems.problems[1].message,
                        "'length' for category=toys changes nothing: it is the same for all (line "
                        "1)");
}

static void
a_rule_that_decides_between_two_is_not_useless(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "2 years");
    fixture_rule(fixture, LENGTH, "region=eu", "3 years");
    fixture_rule(fixture, LENGTH, "category=large,region=eu", "3 years");
    assert_true(check_rules(fixture, LENGTH));
    assert_int_equal(fixture->problems.problem_count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_policy_that_is_whole_has_no_problem),
        TEST(a_parameter_without_a_value_for_all_is_refused_at_its_clause),
        TEST(a_missing_clause_is_one_error_and_the_first_carries_all_that_are),
        TEST(two_rules_that_cross_tie_where_nothing_is_said_of_both),
        TEST(without_suggests_a_tie_carries_nothing_to_paste),
        TEST(rules_in_one_line_are_told_apart_by_their_columns),
        TEST(rules_that_cross_and_agree_do_not_tie),
        TEST(rules_of_which_no_subject_is_in_both_do_not_tie),
        TEST(a_rule_between_two_and_their_overlap_decides),
        TEST(a_tie_on_inner_values_is_refused_though_every_leaf_is_covered),
        TEST(all_that_is_missing_for_three_crossing_axes_is_suggested),
        TEST(ties_are_told_in_the_order_of_the_file),
        TEST(what_is_suggested_is_quoted_where_yaml_needs_it),
        TEST(the_same_selector_twice_is_refused),
        TEST(an_axis_that_the_catalogue_does_not_know_for_a_parameter_is_refused),
        TEST(a_rule_that_changes_nothing_is_warned_of),
        TEST(a_rule_that_decides_between_two_is_not_useless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
