/*
 * policy_check_test - ties, gaps, suggestions, floors, ids, texts and labels, each with its place
 *
 * tests/model/test_policy_rules.py compares ties and winners with brute force.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_fixture.h"

#include <time.h>

#define LENGTH POLICY_WARRANTY_PERIOD_LENGTH
#define REFUND POLICY_RETURNS_REFUND_REFUND_WITHIN
#define CAUSES POLICY_WARRANTY_COVERAGE_CAUSES
#define EXCLUSIONS POLICY_WARRANTY_EXCLUSIONS_TESTS
#define LADDER POLICY_COMPLAINTS_ESCALATION_LADDER
#define ROUNDING POLICY_GENERAL_MONEY_ROUNDING

static int
set_up(void **state)
{
    *state = fixture_new();
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;
    fixture_free(&fixture);
    return 0;
}

static bool
check_rules(struct fixture *fixture, enum policy_parameter parameter)
{
    fixture_index(fixture);
    return policy_check_rules(fixture->arena, &fixture->policy, parameter, true,
                              &fixture->problems);
}

static bool
check_all(struct fixture *fixture)
{
    fixture_fill(fixture);
    return policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
}

static void
assert_problem(const struct fixture *fixture, const char *reason, int line, const char *clause_id,
               const char *message)
{
    const struct policy_problem *problem = fixture_find(fixture, reason);
    assert_string_equal(problem->message, message);
    assert_int_equal(problem->line, line);
    assert_string_equal(problem->clause_id, clause_id);
}

/* Exactly one problem has this message. */
static void
assert_message(const struct fixture *fixture, const char *message)
{
    size_t count = 0;
    for (size_t i = 0; i < fixture->problems.problem_count; i++)
        count += strcmp(fixture->problems.problems[i].message, message) == 0;
    assert_int_equal(count, 1);
}

/* ---- rules ---- */

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
    assert_false(check_rules(fixture, LENGTH));
    assert_problem(fixture, "VALUE_MISSING", 101, "warranty.period",
                   "clause 'warranty.period' sets no value of 'length' for all: that there is none "
                   "is to be written too");
    assert_false(check_rules(fixture, REFUND));
    assert_int_equal(fixture->problems.problem_count, 2);
    assert_string_equal(fixture->problems.problems[1].message,
                        "clause 'returns.refund' is missing, and with it the value of "
                        "'refund_within'");
    assert_int_equal(fixture->problems.problems[1].line, 0);
    assert_string_equal(fixture->problems.problems[1].file, "test.yaml");
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

/* ---- many rules ---- */

/* Rules for each of `rows` categories, each of `columns` regions, and, with `has_all`, each pair,
 * with values that all differ. */
static void
put_grid(struct fixture *fixture, int rows, int columns, bool has_all)
{
    struct arena *arena = fixture->arena;
    size_t count = (size_t)rows + (size_t)columns;
    struct fixture_value *values = arena_alloc(arena, count * sizeof *values);
    for (int i = 0; i < rows; i++)
        values[i] =
            (struct fixture_value){POLICY_AXIS_CATEGORY, arena_printf(arena, "c%d", i), NULL};
    for (int i = 0; i < columns; i++)
        values[rows + i] =
            (struct fixture_value){POLICY_AXIS_REGION, arena_printf(arena, "r%d", i), NULL};
    fixture_axes(fixture, values, count);
    const struct policy_axes *axes = &fixture->policy.axes;
    for (int row = 0; row <= rows; row++) {
        for (int column = 0; column <= columns; column++) {
            if (row > 0 && column > 0 && !has_all)
                continue;
            struct policy_when when = {0};
            policy_when_name(axes, &when, POLICY_AXIS_CATEGORY, row);
            policy_when_name(axes, &when, POLICY_AXIS_REGION, column == 0 ? 0 : rows + column);
            struct policy_value value = {.kind = POLICY_SPAN};
            value.span.days = (int)fixture->policy.rule_count + 1;
            fixture_put(fixture, LENGTH, when, value);
        }
    }
}

static double
seconds_of_check(struct fixture *fixture)
{
    clock_t start = clock();
    (void)check_rules(fixture, LENGTH);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    print_message("%zu rules: %.3f s, %zu MB\n", fixture->policy.rule_count, seconds,
                  arena_used_bytes(fixture->arena) >> 20);
    return seconds;
}

static void
ten_thousand_rules_of_one_parameter_are_checked_in_seconds(void **state)
{
    struct fixture *fixture = *state;
    put_grid(fixture, 99, 99, true);
    assert_int_equal(fixture->policy.rule_count, 10000);
    assert_true(seconds_of_check(fixture) < 10); /* with sanitizers; else well under one */
    assert_int_equal(fixture->problems.problem_count, 0);
}

static void
one_missing_among_ten_thousand_is_found(void **state)
{
    struct fixture *fixture = *state;
    put_grid(fixture, 99, 99, true);
    struct policy_rule *rule = &fixture->rules[5050];
    const char *when_text = rule->when_text;
    *rule = fixture->rules[--fixture->policy.rule_count];
    assert_false(check_rules(fixture, LENGTH));
    assert_int_equal(fixture->problems.error_count, 1);
    assert_non_null(strstr(fixture_find(fixture, "RULES_TIE")->message, when_text));
}

static void
millions_of_ties_end_the_check_soon_and_say_so(void **state)
{
    struct fixture *fixture = *state;
    put_grid(fixture, 3000, 3000, false);
    assert_true(seconds_of_check(fixture) < 20);
    assert_int_equal(fixture_count(fixture, "RULES_TIE") + 1, fixture->problems.error_count);
    assert_int_equal(fixture->problems.error_count, 501);
    const char *suggestion = fixture_find(fixture, "RULES_TIE")->suggestion;
    assert_non_null(strstr(suggestion, "# these are not all: paste them and check again\n"));
    size_t line_count = 0;
    for (const char *at = suggestion; *at != '\0'; at++)
        line_count += *at == '\n';
    assert_int_equal(line_count, 1001);
}

/* Categories cross the regions of one country. For the country there is a rule of each category
 * that agrees with those of the regions: it stands between each category and its overlaps, none of
 * which has a rule of its own or needs one. */
static void
put_country(struct fixture *fixture, int count)
{
    struct arena *arena = fixture->arena;
    size_t value_count = 2 * (size_t)count + 1;
    struct fixture_value *values = arena_alloc(arena, value_count * sizeof *values);
    for (int i = 0; i < count; i++)
        values[i] =
            (struct fixture_value){POLICY_AXIS_CATEGORY, arena_printf(arena, "c%d", i), NULL};
    values[count] = (struct fixture_value){POLICY_AXIS_REGION, "country", NULL};
    for (int i = count + 1; i <= 2 * count; i++)
        values[i] =
            (struct fixture_value){POLICY_AXIS_REGION, arena_printf(arena, "r%d", i), "country"};
    fixture_axes(fixture, values, value_count);
    for (int i = 0; i <= 3 * count; i++) {
        struct policy_when when = {0};
        struct policy_value value = {.kind = POLICY_SPAN};
        int category = i <= count ? i : i <= 2 * count ? i - count : 0;
        int region = i <= count ? 0 : i <= 2 * count ? count + 1 : i - count + 1;
        policy_when_name(&fixture->policy.axes, &when, POLICY_AXIS_CATEGORY, category);
        policy_when_name(&fixture->policy.axes, &when, POLICY_AXIS_REGION, region);
        value.span.days = i == 0 ? 3 : i <= count ? 2 : 1;
        fixture_put(fixture, LENGTH, when, value);
    }
}

static void
overlaps_that_need_no_rule_of_their_own_are_accepted(void **state)
{
    struct fixture *fixture = *state;
    put_country(fixture, 100);
    (void)seconds_of_check(fixture);
    assert_int_equal(fixture->problems.error_count, 0);
}

static void
more_overlaps_than_are_looked_at_are_refused_in_bounded_time(void **state)
{
    struct fixture *fixture = *state;
    put_country(fixture, 700);
    assert_true(seconds_of_check(fixture) < 20);
    assert_int_equal(fixture->problems.error_count, 1);
    assert_string_equal(fixture_find(fixture, "RULES_TANGLED")->clause_id, "warranty.period");
}

/* ---- floors ---- */

static void
a_promise_below_its_floor_is_warned_of_where_it_holds(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "region=eu", "3 years");
    fixture_rule(fixture, LENGTH, "category=toys,region=DE", "6 months");
    fixture_rule(fixture, LENGTH, "category=toys,region=US", "6 months");
    fixture_rule(fixture, LENGTH, "category=toys", "5 years");
    fixture_rule(fixture, LENGTH, "category=toys,region=eu", "5 years");
    fixture_floor(fixture, "law.length", LENGTH, "region=eu", "2 years");
    assert_true(check_all(fixture));
    assert_int_equal(fixture_count(fixture, "BELOW_FLOOR"), 1);
    assert_problem(fixture, "BELOW_FLOOR", 3, "warranty.period",
                   "'length' is 6 months, but floor 'law.length' gives 24 months for "
                   "category=toys,region=DE");
}

static void
a_set_below_its_floor_is_warned_of(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, CAUSES, "", "unknown");
    fixture_rule(fixture, CAUSES, "region=DE", "unknown, wear");
    fixture_rule(fixture, CAUSES, "region=FR", "wear");
    fixture_floor(fixture, "law.causes", CAUSES, "", "wear");
    fixture_fill(fixture);
    policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
    assert_int_equal(fixture_count(fixture, "BELOW_FLOOR"), 1);
    assert_problem(fixture, "BELOW_FLOOR", 1, "warranty.coverage",
                   "'causes' is unknown, but floor 'law.causes' gives wear for all");
}

static void
a_floor_without_direction_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_floor(fixture, "law.rounding", ROUNDING, "", "half_up");
    assert_false(check_all(fixture));
    assert_problem(fixture, "FLOOR_UNCOMPARED", 1001, "",
                   "floor 'law.rounding': no value of 'general.money/rounding' is better for the "
                   "customer than another, so it cannot have a floor");
}

static void
a_floor_varies_by_the_axes_of_its_parameter_and_its_pack_only(void **state)
{
    struct fixture *fixture = *state;
    fixture->pack.applies = fixture_when(fixture, "condition=new");
    fixture_floor(fixture, "law.a", REFUND, "region=eu,condition=new", "14 days");
    assert_true(check_all(fixture));
    fixture_floor(fixture, "law.b", REFUND, "category=toys,condition=new", "14 days");
    assert_false(check_all(fixture));
    assert_problem(fixture, "AXIS_NOT_ALLOWED", 1002, "",
                   "floor 'law.b': 'returns.refund/refund_within' cannot vary by 'category'");
}

static void
more_floors_than_are_looked_at_are_refused(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i <= 64; i++)
        fixture_floor(fixture, arena_printf(fixture->arena, "law.%d", i), REFUND, "", "14 days");
    assert_false(check_all(fixture));
    assert_int_equal(fixture_find(fixture, "FLOORS_TOO_MANY")->line, 1065);
}

static void
three_values_of_which_none_is_better_are_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, REFUND, "", "1 month");
    fixture_rule(fixture, REFUND, "region=DE", "5 days");
    fixture_floor(fixture, "law.days", REFUND, "region=eu", "30 days");
    fixture_floor(fixture, "law.both", REFUND, "region=US", "1 month");
    fixture_floor(fixture, "law.us", REFUND, "region=US", "30 days");
    assert_true(check_all(fixture));
    struct policy_value working = {.kind = POLICY_SPAN,
                                   .span = {.working_days = 20, .calendar = "office"}};
    fixture_floor(fixture, "law.working", REFUND, "region=FR", "9 days");
    fixture->floors[3].value = working;
    assert_false(check_all(fixture));
    assert_problem(fixture, "FLOORS_RIVAL", 1004, "",
                   "floors 'law.days' and 'law.working' and a third value of "
                   "'returns.refund/refund_within' hold together, and none of the three is better "
                   "than another");
}

/* ---- packs, ids, ladders ---- */

static void
samples_and_empty_layers_are_warned_of(void **state)
{
    struct fixture *fixture = *state;
    fixture->pack.is_sample = true;
    fixture->policy.packs = &fixture->pack;
    fixture->policy.pack_count = 1;
    assert_true(check_all(fixture));
    assert_int_equal(fixture_count(fixture, "LAYER_EMPTY"), 1);
    assert_int_equal(fixture_count(fixture, "LAYER_IS_SAMPLE"), 1);
}

/* A list of tests for exclusions. Remedies in `then` tell tests of one id apart. */
static void
put_tests(struct fixture *fixture, const char *when, const struct policy_test *tests, size_t count)
{
    struct policy_value value = {.kind = POLICY_TESTS};
    value.tests.items = tests;
    value.tests.count = count;
    fixture_put(fixture, EXCLUSIONS, fixture_when(fixture, when), value);
}

static void
a_right_excludes_only_tests_that_are_there(void **state)
{
    struct fixture *fixture = *state;
    static const struct policy_test tests[] = {{.id = "misuse"}};
    static const char *const excluded[] = {"misuse", "misused"};
    struct policy_right right = {.id = "law.right",
                                 .text.texts = {"A right"},
                                 .excludes = {excluded, 1},
                                 .place = {"test.yaml", 2000, 1}};
    put_tests(fixture, "", tests, 1);
    fixture->pack.rights = &right;
    fixture->pack.right_count = 1;
    fixture->policy.packs = &fixture->pack;
    fixture->policy.pack_count = 1;
    assert_true(check_all(fixture));
    right.excludes.count = 2;
    assert_false(check_all(fixture));
    assert_problem(fixture, "TEST_UNKNOWN", 2000, "law.right",
                   "right 'law.right' excludes 'misused', which is no test of this policy");
}

static void
an_id_that_is_taken_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const struct policy_test tests[] = {{.id = "misuse", .line = 50},
                                               {.id = "misuse", .line = 51},
                                               {.id = "warranty.period", .line = 5000}};
    put_tests(fixture, "", tests, COUNT_OF(tests));
    assert_false(check_all(fixture));
    assert_int_equal(fixture_count(fixture, "ID_REPEATED"), 2);
    assert_problem(fixture, "ID_REPEATED", 51, "warranty.exclusions",
                   "id 'misuse' of this test is taken by the test in line 50");
    fixture->section.id = "law";
    fixture->policy.packs = &fixture->pack;
    fixture->policy.pack_count = 1;
    policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
    assert_int_equal(fixture_count(fixture, "ID_REPEATED"), 5);
}

static void
a_test_may_stand_in_an_exception_too_if_it_is_the_same(void **state)
{
    struct fixture *fixture = *state;
    static const char *const codes[] = {"repair", "refund"};
    struct policy_test for_all = {.id = "misuse", .then = {codes, 2}, .evidence = {codes, 1}};
    struct policy_test for_toys = for_all;
    put_tests(fixture, "", &for_all, 1);
    put_tests(fixture, "category=toys", &for_toys, 1);
    check_all(fixture);
    assert_int_equal(fixture->problems.error_count, 0);
    for_toys.then.count = 1;
    check_all(fixture);
    assert_problem(fixture, "TEST_DIFFERS", 2, "warranty.exclusions",
                   "test 'misuse' is another one than in line 1: give it an id of its own");
    fixture->problems.problem_count = 0;
    for_toys.then = (struct policy_codes){codes + 1, 1};
    for_all.then = (struct policy_codes){codes, 1};
    check_all(fixture);
    assert_int_equal(fixture_count(fixture, "TEST_DIFFERS"), 1);
}

static void
a_ladder_goes_to_each_position_once(void **state)
{
    struct fixture *fixture = *state;
    static const struct policy_rung rungs[] = {{.to = "head_of_service"},
                                               {.to = "managing_director"},
                                               {.to = "head_of_service", .line = 9}};
    struct policy_value value = {.kind = POLICY_LADDER};
    value.ladder.items = rungs;
    value.ladder.count = COUNT_OF(rungs);
    fixture_put(fixture, LADDER, (struct policy_when){0}, value);
    fixture_clause(fixture, "complaints.escalation")->is_internal = true;
    assert_false(check_all(fixture));
    assert_problem(fixture, "RUNG_REPEATED", 9, "complaints.escalation",
                   "the ladder goes to 'head_of_service' twice");
    assert_string_equal(fixture_find(fixture, "APPEAL_INTERNAL")->clause_id,
                        "complaints.escalation");
}

/* ---- texts and labels ---- */

static void
every_language_has_every_text_and_the_same_placeholders(void **state)
{
    struct fixture *fixture = *state;
    struct policy_clause *period = fixture_clause(fixture, "warranty.period");
    struct policy_clause *limits = fixture_clause(fixture, "warranty.limits");
    fixture_fill(fixture);
    fixture->policy.languages[1] = "de";
    fixture->policy.language_count = 2;
    period->text.texts[1] = "Garantie {length}, {warranty.limits/per}";
    period->text.places[1] = (struct policy_place){"test.de.yaml", 7, 1};
    limits->text.texts[1] = "";
    static const struct policy_named_text named[] = {
        {.id = "a.test", .text.texts = {"English", "Deutsch"}},
        {.id = "b.test", .text = {{"English"}, {{"test.yaml", 77, 3}}}}};
    fixture->policy.named_texts = named;
    fixture->policy.named_text_count = COUNT_OF(named);
    policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
    assert_int_equal(fixture_count(fixture, "PLACEHOLDER_MISSING"), 2);
    assert_problem(fixture, "PLACEHOLDER_MISSING", 7, "warranty.period",
                   "'{starts}' is missing in language 'de', another language has it");
    assert_message(fixture, "'warranty.limits' has no text in language 'de'");
    assert_message(fixture, "'b.test' has no text in language 'de'");
}

static void
placeholders_and_branches_name_what_there_is(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *clause_id;
        const char *text;
        const char *reason; /* NULL: fine */
    } cases[] = {
        {"warranty.period", "{length} {starts} {lenght}", "PLACEHOLDER_UNKNOWN"},
        {"warranty.period", "{length} {starts} {warranty.limits/claims}", "PLACEHOLDER_UNKNOWN"},
        {"warranty.period", "{length} {starts", "TEXT_MALFORMED"},
        {"warranty.period", "{starts} {length, select, none {a} unlimited {b} other {c}}", NULL},
        {"warranty.period", "{starts} {length, select, yes {a} other {c}}", "BRANCH_UNKNOWN"},
        {"warranty.transfer", "{transferable, select, yes {a} no {b} other {c}}", NULL},
        {"warranty.transfer", "{transferable, select, maybe {a} other {c}}", "BRANCH_UNKNOWN"},
        {"warranty.replacement", "{at_least} {carry_over, select, restart {a} other {b}}", NULL},
        {"warranty.replacement", "{at_least} {carry_over, select, stop {a} other {b}}",
         "BRANCH_UNKNOWN"},
        {"repair.charges", "{charge, select, free {a} not_offered {b} other {c}}", NULL},
        {"warranty.limits", "{per} {claims_max, select, 0 {a} other {c}}", NULL},
        {"warranty.limits", "{per} {claims_max, select, few {a} other {c}}", "BRANCH_UNKNOWN"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fixture_clause(fixture, cases[i].clause_id)->text.texts[0] = cases[i].text;
        fixture->problems.problem_count = fixture->problems.error_count = 0;
        bool is_accepted = check_all(fixture);
        print_message("%s\n", cases[i].text);
        assert_int_equal(is_accepted, cases[i].reason == NULL);
        if (!is_accepted)
            assert_string_equal(fixture_find(fixture, cases[i].reason)->clause_id,
                                cases[i].clause_id);
        fixture_clause(fixture, "warranty.period")->text.texts[0] = "{length} {starts}";
        fixture_clause(fixture, "warranty.transfer")->text.texts[0] = "{transferable}";
        fixture_clause(fixture, "warranty.replacement")->text.texts[0] = "{carry_over} {at_least}";
        fixture_clause(fixture, "warranty.limits")->text.texts[0] = "{claims_max} {per}";
    }
}

static void
a_value_that_no_text_prints_is_warned_of_unless_it_is_internal(void **state)
{
    struct fixture *fixture = *state;
    struct policy_clause *period = fixture_clause(fixture, "warranty.period");
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, POLICY_WARRANTY_PERIOD_STARTS, "", "delivered");
    period->text.texts[0] = "{length}";
    assert_true(check_all(fixture));
    assert_problem(fixture, "VALUE_NOT_PRINTED", 2, "warranty.period",
                   "no text prints 'starts', and its clause is not internal");
    fixture->problems.problem_count = 0;
    period->is_internal = true;
    assert_true(check_all(fixture));
    assert_int_equal(fixture->problems.problem_count, 0);
}

static void
codes_that_are_printed_have_labels_in_every_language(void **state)
{
    struct fixture *fixture = *state;
    static const struct policy_label labels[] = {
        {.key = "cause.unknown", .text.texts = {"unknown causes", "unbekannte Ursachen"}},
        {.key = "cause.wear", .text.texts = {"wear and tear"}},
        {.key = "delivered", .text.texts = {"on delivery", "bei Lieferung"}},
    };
    static const struct policy_rung rungs[] = {{.to = "head_of_service"}};
    static const char *const instead[] = {"note"};
    static const struct policy_document documents[] = {
        {.document = "receipt", .instead = {instead, COUNT_OF(instead)}}};
    fixture->policy.labels = labels;
    fixture->policy.label_count = COUNT_OF(labels);
    fixture->policy.languages[1] = "de";
    fixture->policy.language_count = 2;
    fixture_rule(fixture, CAUSES, "", "unknown, wear");
    fixture_rule(fixture, CAUSES, "category=toys", "wear");
    fixture_rule(fixture, CAUSES, "sku=X-1", "not_offered");
    fixture_rule(fixture, ROUNDING, "", "half_up");
    fixture_rule(fixture, POLICY_WARRANTY_PERIOD_STARTS, "", "purchased, delivered");
    fixture_rule(fixture, POLICY_WARRANTY_REPLACEMENT_CARRY_OVER, "", "restart");
    struct policy_value ladder = {.kind = POLICY_LADDER, .ladder = {rungs, 1}};
    fixture_put(fixture, LADDER, (struct policy_when){0}, ladder);
    struct policy_value checklist = {.kind = POLICY_CHECKLIST, .documents = {documents, 1}};
    fixture_put(fixture, POLICY_WARRANTY_PROCESS_DOCUMENTS, (struct policy_when){0}, checklist);
    fixture_fill(fixture);
    fixture_clause(fixture, "general.money")->is_internal = true;
    policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
    assert_message(fixture,
                   "code 'wear' is printed and has no label in language 'de': add 'cause.wear' or "
                   "'wear' under 'labels'");
    /* wear, toys, purchased, restart, head_of_service, receipt, and what may be given instead */
    assert_int_equal(fixture_count(fixture, "LABEL_MISSING"), 7);
}

static void
labels_of_many_codes_are_looked_for_in_bounded_time(void **state)
{
    struct fixture *fixture = *state;
    put_grid(fixture, 800, 10, true);
    for (size_t i = 0; i < fixture->policy.rule_count; i++)
        fixture->rules[i].value.span.days = 1;
    check_all(fixture);
    /* There are too many warnings of rules that change nothing to keep all errors. */
    assert_int_equal(fixture->problems.error_count, 500);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_policy_that_is_whole_has_no_problem),
        TEST(a_parameter_without_a_value_for_all_is_refused_at_its_clause),
        TEST(two_rules_that_cross_tie_where_nothing_is_said_of_both),
        TEST(without_suggests_a_tie_carries_nothing_to_paste),
        TEST(rules_in_one_line_are_told_apart_by_their_columns),
        TEST(rules_that_cross_and_agree_do_not_tie),
        TEST(rules_of_which_no_subject_is_in_both_do_not_tie),
        TEST(a_rule_between_two_and_their_overlap_decides),
        TEST(a_tie_on_inner_values_is_refused_though_every_leaf_is_covered),
        TEST(all_that_is_missing_for_three_crossing_axes_is_suggested),
        TEST(what_is_suggested_is_quoted_where_yaml_needs_it),
        TEST(the_same_selector_twice_is_refused),
        TEST(an_axis_that_the_catalogue_does_not_know_for_a_parameter_is_refused),
        TEST(a_rule_that_changes_nothing_is_warned_of),
        TEST(a_rule_that_decides_between_two_is_not_useless),
        TEST(ten_thousand_rules_of_one_parameter_are_checked_in_seconds),
        TEST(one_missing_among_ten_thousand_is_found),
        TEST(millions_of_ties_end_the_check_soon_and_say_so),
        TEST(overlaps_that_need_no_rule_of_their_own_are_accepted),
        TEST(more_overlaps_than_are_looked_at_are_refused_in_bounded_time),
        TEST(a_promise_below_its_floor_is_warned_of_where_it_holds),
        TEST(a_set_below_its_floor_is_warned_of),
        TEST(a_floor_without_direction_is_refused),
        TEST(a_floor_varies_by_the_axes_of_its_parameter_and_its_pack_only),
        TEST(more_floors_than_are_looked_at_are_refused),
        TEST(three_values_of_which_none_is_better_are_refused),
        TEST(samples_and_empty_layers_are_warned_of),
        TEST(a_right_excludes_only_tests_that_are_there),
        TEST(an_id_that_is_taken_is_refused),
        TEST(a_test_may_stand_in_an_exception_too_if_it_is_the_same),
        TEST(a_ladder_goes_to_each_position_once),
        TEST(every_language_has_every_text_and_the_same_placeholders),
        TEST(placeholders_and_branches_name_what_there_is),
        TEST(a_value_that_no_text_prints_is_warned_of_unless_it_is_internal),
        TEST(codes_that_are_printed_have_labels_in_every_language),
        TEST(labels_of_many_codes_are_looked_for_in_bounded_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
