/*
 * policy_check_many_test - thousands of rules are checked in little time, or refused
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_fixture.h"

#include <time.h>

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

/* Two rules of each region, the second for one category: the regions are what tells rules apart.
 * The last rule changes nothing, as those around it say the same. */
static void
one_that_changes_nothing_among_twelve_thousand_is_found(void **state)
{
    struct fixture *fixture = *state;
    put_grid(fixture, 1, 6000, true);
    struct policy_rule *last = &fixture->rules[fixture->policy.rule_count - 1];
    const char *when_text = last->when_text;
    last[0].value = last[-6001].value = last[-6000].value; /* of the region, of the category */
    assert_true(check_rules(fixture, LENGTH));
    assert_int_equal(fixture_count(fixture, "RULE_USELESS"), 1);
    assert_non_null(strstr(fixture_find(fixture, "RULE_USELESS")->message, when_text));
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(ten_thousand_rules_of_one_parameter_are_checked_in_seconds),
        TEST(one_that_changes_nothing_among_twelve_thousand_is_found),
        TEST(one_missing_among_ten_thousand_is_found),
        TEST(millions_of_ties_end_the_check_soon_and_say_so),
        TEST(overlaps_that_need_no_rule_of_their_own_are_accepted),
        TEST(more_overlaps_than_are_looked_at_are_refused_in_bounded_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
