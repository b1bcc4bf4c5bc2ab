/*
 * policy_axis_test - trees, selectors and subjects, by example and against a model
 *
 * The model walks parents, one step after the other, over random trees. The seed is printed;
 * AFTERCARE_TEST_SEED replays it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_fixture.h"

static struct policy_subject
subject_of(const char *category, const char *channel)
{
    struct policy_subject subject = {0};
    assert_true(policy_subject_set(&fixture.axes, &subject, POLICY_AXIS_CATEGORY, category));
    assert_true(policy_subject_set(&fixture.axes, &subject, POLICY_AXIS_CHANNEL, channel));
    return subject;
}

static void
name(struct policy_when *when, enum policy_axis axis, const char *code)
{
    int value = policy_axes_find(&fixture.axes, axis, code);
    assert_true(value > 0);
    policy_when_name(&fixture.axes, when, axis, value);
}

static void
a_selector_holds_for_what_lies_beneath(void **state UNUSED)
{
    struct policy_when when = {0};
    name(&when, POLICY_AXIS_CHANNEL, "distance");
    struct policy_subject online = subject_of("small_appliances", "online");
    struct policy_subject shop = subject_of("small_appliances", "shop");
    assert_true(policy_when_matches(&fixture.axes, &when, &online));
    assert_false(policy_when_matches(&fixture.axes, &when, &shop));
    name(&when, POLICY_AXIS_CATEGORY, "large_appliances");
    assert_false(policy_when_matches(&fixture.axes, &when, &online));
    assert_string_equal(policy_when_print(arena, &fixture.axes, &when),
                        "category=large_appliances,channel=distance");
    assert_int_equal(when.depth, 3);
    struct policy_when all = {0};
    assert_true(policy_when_matches(&fixture.axes, &all, &online));
    assert_string_equal(policy_when_print(arena, &fixture.axes, &all), "");
}

static void
a_subject_that_says_less_matches_only_wider_rules(void **state UNUSED)
{
    struct policy_subject vague = subject_of("appliances", "distance");
    struct policy_when wide = {0};
    struct policy_when narrow = {0};
    name(&wide, POLICY_AXIS_CATEGORY, "appliances");
    name(&narrow, POLICY_AXIS_CATEGORY, "small_appliances");
    assert_true(policy_when_matches(&fixture.axes, &wide, &vague));
    assert_false(policy_when_matches(&fixture.axes, &narrow, &vague));
}

static void
a_value_that_no_axis_has_is_refused_but_on_the_open_one(void **state UNUSED)
{
    struct policy_subject subject = {0};
    assert_false(policy_subject_set(&fixture.axes, &subject, POLICY_AXIS_CATEGORY, "toys"));
    assert_true(policy_subject_set(&fixture.axes, &subject, POLICY_AXIS_SKU, "TX-100"));
    assert_int_equal(subject.values[POLICY_AXIS_SKU], 0);
    assert_true(policy_subject_set(&fixture.axes, &subject, POLICY_AXIS_COST_CLASS, "parts"));
}

static void
the_meeting_of_two_selectors_takes_the_narrower_of_each_axis(void **state UNUSED)
{
    struct policy_when a = {0};
    struct policy_when b = {0};
    struct policy_when both;
    name(&a, POLICY_AXIS_CATEGORY, "appliances");
    name(&a, POLICY_AXIS_CHANNEL, "online");
    name(&b, POLICY_AXIS_CATEGORY, "large_appliances");
    name(&b, POLICY_AXIS_COST_CLASS, "parts");
    assert_true(policy_when_meet(&fixture.axes, &a, &b, &both));
    assert_string_equal(policy_when_print(arena, &fixture.axes, &both),
                        "category=large_appliances,channel=online,cost_class=parts");
    assert_int_equal(both.depth, 2 + 2 + 1);
    name(&b, POLICY_AXIS_CHANNEL, "telephone");
    assert_false(policy_when_meet(&fixture.axes, &a, &b, &both));
    policy_when_name(&fixture.axes, &b, POLICY_AXIS_CHANNEL, 0);
    assert_true(policy_when_meet(&fixture.axes, &a, &b, &both));
    assert_int_equal(b.depth, 3);
}

/* ---- against a model ---- */

enum { VALUES = 40 };

static struct policy_axes tree;

/* Random trees on three axes. Codes count upwards, so their order by text differs from preorder. */
static void
grow_trees(struct arena *memory)
{
    tree = (struct policy_axes){.value_count = 1 + below(VALUES)};
    tree.values = arena_alloc(memory, (VALUES + 1) * sizeof *tree.values);
    enum policy_axis axis = POLICY_AXIS_CATEGORY;
    for (int i = 1; i < tree.value_count; i++) {
        bool is_next = below(12) == 0 && axis < POLICY_AXIS_REGION;
        if (is_next)
            axis++;
        const struct policy_axis_value *last = &tree.values[i - 1];
        int parent = i > 1 && last->axis == axis && !is_next ? i - 1 : 0;
        for (int up = below(4); up > 0 && parent != 0; up--)
            parent = tree.values[parent].parent;
        tree.values[i] = (struct policy_axis_value){
            .axis = axis, .parent = parent, .code = arena_printf(memory, "v%d", i)};
    }
    policy_axes_finish(memory, &tree);
}

static bool
model_contains(int outer, int inner)
{
    if (outer == 0)
        return true;
    while (inner != 0 && inner != outer)
        inner = tree.values[inner].parent;
    return inner == outer;
}

static int
random_value(enum policy_axis axis)
{
    int count = tree.end[axis] - tree.first[axis];
    return count == 0 || below(4) == 0 ? 0 : tree.first[axis] + below(count);
}

static struct policy_when
random_when(void)
{
    struct policy_when when = {0};
    for (int axis = 0; axis <= POLICY_AXIS_REGION; axis++)
        policy_when_name(&tree, &when, (enum policy_axis)axis,
                         random_value((enum policy_axis)axis));
    return when;
}

static bool
model_matches(const struct policy_when *when, const int *values)
{
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++)
        if (!model_contains(when->values[axis], values[axis]))
            return false;
    return true;
}

static int
model_depth(const struct policy_when *when)
{
    int depth = 0;
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++)
        for (int value = when->values[axis]; value != 0; value = tree.values[value].parent)
            depth++;
    return depth;
}

static void
check_pair(const struct policy_when *a, const struct policy_when *b)
{
    struct policy_when both = {0};
    bool do_meet = policy_when_meet(&tree, a, b, &both);
    assert_int_equal(policy_when_is_inside(&tree, a, b), model_matches(b, a->values));
    assert_int_equal(model_depth(a), a->depth);
    for (int i = 0; i < 20; i++) {
        struct policy_subject subject = {0};
        for (int axis = 0; axis <= POLICY_AXIS_REGION; axis++)
            subject.values[axis] = random_value((enum policy_axis)axis);
        bool matches_a = policy_when_matches(&tree, a, &subject);
        bool matches_b = policy_when_matches(&tree, b, &subject);
        assert_int_equal(matches_a, model_matches(a, subject.values));
        bool matches_both = do_meet && policy_when_matches(&tree, &both, &subject);
        assert_int_equal(matches_both, matches_a && matches_b);
    }
    if (do_meet)
        assert_int_equal(model_depth(&both), both.depth);
    if (do_meet && policy_when_is_inside(&tree, a, b))
        assert_true(policy_when_equals(&both, a));
}

static void
property_selectors_agree_with_walking_the_trees(void **state UNUSED)
{
    random_start(7);
    int count = random_count(2000, 100000);
    for (int i = 0; i < count; i++) {
        struct arena *memory = arena_new(ARENA_BUDGET_BYTES);
        grow_trees(memory);
        for (int value = 1; value < tree.value_count; value++) {
            const struct policy_axis_value *row = &tree.values[value];
            assert_int_equal(policy_axes_find(&tree, row->axis, row->code), value);
            int other = 1 + below(tree.value_count - 1);
            assert_int_equal(policy_axes_contains(&tree, value, other),
                             model_contains(value, other));
        }
        assert_int_equal(policy_axes_find(&tree, POLICY_AXIS_CATEGORY, "v"), 0);
        assert_int_equal(policy_axes_find(&tree, POLICY_AXIS_ZONE, "v1"), 0);
        struct policy_when a = random_when();
        struct policy_when b = random_when();
        check_pair(&a, &b);
        arena_free(&memory);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_selector_holds_for_what_lies_beneath, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_subject_that_says_less_matches_only_wider_rules,
                                        fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_value_that_no_axis_has_is_refused_but_on_the_open_one,
                                        fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(
            the_meeting_of_two_selectors_takes_the_narrower_of_each_axis, fixture_open,
            fixture_close),
        cmocka_unit_test_setup_teardown(property_selectors_agree_with_walking_the_trees,
                                        fixture_open, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
