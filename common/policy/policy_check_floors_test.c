/*
 * policy_check_floors_test - floors and promises below them, packs, ids, ladders
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_fixture.h"
#include "common/policy/policy_check_parts.h"
#include "common/policy/policy_predicate_term.h"

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
the_first_of_each_kind_takes_an_id_too(void **state)
{
    struct fixture *fixture = *state;
    static const struct policy_test tests[] = {{.id = "misuse", .line = 50},
                                               {.id = "misuse", .line = 51}};
    const struct policy_right right = {.id = "law.same", .place = {"test.yaml", 2000, 1}};
    put_tests(fixture, "", tests, COUNT_OF(tests));
    fixture_floor(fixture, "law.same", POLICY_WARRANTY_PERIOD_LENGTH, "", "1 year");
    fixture->pack.rights = &right;
    fixture->pack.right_count = 1;
    fixture->section.id = "warranty.exclusions";
    fixture_index(fixture);
    policy_check_ids(fixture->arena, &fixture->policy, &fixture->problems);
    assert_int_equal(fixture_count(fixture, "ID_REPEATED"), 3);
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
    fixture->problems.problem_count = 0;
    struct policy_predicate condition = {.kind = POLICY_TERM_KNOWN};
    for_toys.then = for_all.then;
    for_toys.when = &condition;
    policy_check_ids(fixture->arena, &fixture->policy, &fixture->problems);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_promise_below_its_floor_is_warned_of_where_it_holds),
        TEST(a_set_below_its_floor_is_warned_of),
        TEST(a_floor_without_direction_is_refused),
        TEST(a_floor_varies_by_the_axes_of_its_parameter_and_its_pack_only),
        TEST(more_floors_than_are_looked_at_are_refused),
        TEST(three_values_of_which_none_is_better_are_refused),
        TEST(samples_and_empty_layers_are_warned_of),
        TEST(a_right_excludes_only_tests_that_are_there),
        TEST(an_id_that_is_taken_is_refused),
        TEST(the_first_of_each_kind_takes_an_id_too),
        TEST(a_test_may_stand_in_an_exception_too_if_it_is_the_same),
        TEST(a_ladder_goes_to_each_position_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
