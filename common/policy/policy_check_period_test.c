/*
 * policy_check_period_test - warranties that no ledger could work out are refused
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_fixture.h"

#define STARTS POLICY_WARRANTY_PERIOD_STARTS

/* Two cost classes, and components of which each has a length of its own for `when`. */
static void
put_components(struct fixture *fixture, int count, const char *when)
{
    struct fixture_value *values =
        arena_alloc(fixture->arena, ((size_t)count + 2) * sizeof *values);
    values[count] = (struct fixture_value){POLICY_AXIS_COST_CLASS, "parts", NULL};
    values[count + 1] = (struct fixture_value){POLICY_AXIS_COST_CLASS, "labour", NULL};
    for (int i = 0; i < count; i++)
        values[i] = (struct fixture_value){POLICY_AXIS_COMPONENT,
                                           arena_printf(fixture->arena, "k%d", i), NULL};
    fixture_axes(fixture, values, (size_t)count + 2);
    for (int i = 0; i < count; i++)
        fixture_rule(fixture, LENGTH, arena_printf(fixture->arena, "component=k%d%s", i, when),
                     arena_printf(fixture->arena, "%d days", i + 1));
}

static void
as_many_components_as_a_ledger_has_room_for_are_accepted(void **state)
{
    struct fixture *fixture = *state;
    put_components(fixture, 221, "");
    (void)check_all(fixture);
    assert_int_equal(fixture_count(fixture, "COMPONENTS_TOO_MANY"), 0);
}

static void
one_more_is_refused(void **state)
{
    struct fixture *fixture = *state;
    put_components(fixture, 222, "");
    assert_false(check_all(fixture));
    assert_int_equal(fixture_count(fixture, "COMPONENTS_TOO_MANY"), 1);
    const struct policy_problem *problem = fixture_find(fixture, "COMPONENTS_TOO_MANY");
    assert_string_equal(problem->clause_id, "warranty.period");
    assert_string_equal(problem->message,
                        "with a 'length' for each of so many components a decision would rest on "
                        "up to 450 terms, 448 at most can be: let groups of components share one");
}

static void
a_component_counts_where_it_has_a_length_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    put_components(fixture, 400, ",cost_class=parts");
    (void)check_all(fixture);
    assert_int_equal(fixture_count(fixture, "COMPONENTS_TOO_MANY"), 0);
}

static void
floors_give_components_lengths_too(void **state)
{
    struct fixture *fixture = *state;
    put_components(fixture, 220, "");
    (void)check_all(fixture);
    assert_int_equal(fixture_count(fixture, "COMPONENTS_TOO_MANY"), 0);
    fixture_floor(fixture, "law.one", LENGTH, "component=k7", "2 years");
    struct policy_right right = {.id = "law.right",
                                 .kind = POLICY_RIGHT_WARRANTY,
                                 .covers = {(const char *const[]){"parts", "labour"}, 2}};
    fixture->pack.rights = &right;
    fixture->pack.right_count = 1;
    (void)check_all(fixture);
    assert_int_equal(fixture_count(fixture, "COMPONENTS_TOO_MANY"), 0);
    right.covers.codes = (const char *const[]){"parts", "labour", "travel"};
    right.covers.count = 3;
    (void)check_all(fixture);
    assert_int_equal(fixture_count(fixture, "COMPONENTS_TOO_MANY"), 1);
}

static void
a_warranty_that_can_never_begin_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, STARTS, "", "received");
    fixture_rule(fixture, STARTS, "region=eu", "approved + 3 days");
    assert_false(check_all(fixture));
    assert_int_equal(fixture_count(fixture, "EVENT_NOT_OF_UNIT"), 2);
    assert_string_equal(fixture_find(fixture, "EVENT_NOT_OF_UNIT")->clause_id, "warranty.period");
    assert_message(fixture, "no warranty can begin when something was 'received': there are "
                            "ordered, purchased, delivered, installed, registered and "
                            "manufactured");
}

static void
a_right_counts_from_what_is_told_of_units_too(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, STARTS, "", "delivered");
    fixture_floor(fixture, "law.one", REFUND, "", "14 days");
    struct policy_value starts = fixture_parse(fixture, STARTS, "received");
    struct policy_right right = {.id = "law.right",
                                 .kind = POLICY_RIGHT_WARRANTY,
                                 .starts = starts.anchors.items,
                                 .start_count = starts.anchors.count};
    fixture->pack.rights = &right;
    fixture->pack.right_count = 1;
    assert_false(check_all(fixture));
    assert_string_equal(fixture_find(fixture, "EVENT_NOT_OF_UNIT")->clause_id, "law.right");
    /* The money back may wait until the product is there. */
    right.kind = POLICY_RIGHT_RETURN;
    size_t before = fixture_count(fixture, "EVENT_NOT_OF_UNIT");
    (void)check_all(fixture);
    assert_int_equal(fixture_count(fixture, "EVENT_NOT_OF_UNIT"), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_many_components_as_a_ledger_has_room_for_are_accepted),
        TEST(one_more_is_refused),
        TEST(a_component_counts_where_it_has_a_length_of_its_own),
        TEST(floors_give_components_lengths_too),
        TEST(a_warranty_that_can_never_begin_is_refused),
        TEST(a_right_counts_from_what_is_told_of_units_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
