/*
 * policy_index_test - the order of rules, and those that name an article
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_fixture.h"

#define LENGTH POLICY_WARRANTY_PERIOD_LENGTH
#define REFUND POLICY_RETURNS_REFUND_REFUND_WITHIN

static void
the_order_of_rules_does_not_depend_on_the_order_in_which_they_were_written(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, REFUND, "region=eu", "5 days");
    fixture_rule(fixture, LENGTH, "region=eu", "1 year");
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "1 year");
    fixture_rule(fixture, LENGTH, "category=toys", "1 year");
    fixture_rule(fixture, LENGTH, "category=toys", "2 years");
    fixture_index(fixture);
    static const char *const expected[] = {
        "category=large", "category=toys", "category=toys", "region=eu", "", "region=eu"};
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_string_equal(fixture->policy.rules[i].when_text, expected[i]);
    assert_int_equal(fixture->policy.rules[1].place.line, 5);
    assert_int_equal(fixture->policy.rules[2].place.line, 6);
    assert_int_equal(fixture->policy.rule_first[LENGTH + 1], 5);
    assert_int_equal(fixture->policy.rule_first[POLICY_PARAMETER_COUNT], 6);
}

static void
of_rules_for_articles_those_of_the_article_asked_about_hold(void **state)
{
    static const struct fixture_value values[] = {{POLICY_AXIS_CATEGORY, "appliances", NULL},
                                                  {POLICY_AXIS_CATEGORY, "ovens", "appliances"},
                                                  {POLICY_AXIS_SKU, "X-1", NULL},
                                                  {POLICY_AXIS_SKU, "X-2", NULL},
                                                  {POLICY_AXIS_SKU, "X-3", NULL},
                                                  {POLICY_AXIS_SKU, "X-4", NULL}};
    static const char *const selectors[] = {
        "",        "category=ovens",         "sku=X-3",
        "sku=X-1", "category=ovens,sku=X-3", "category=appliances,sku=X-2"};
    static const struct {
        const char *who;
        const char *rule;
    } cases[] = {{"sku=X-1", "sku=X-1"}, {"sku=X-1,category=ovens", "category=ovens"},
                 {"sku=X-2", ""},        {"sku=X-2,category=ovens", "category=appliances,sku=X-2"},
                 {"sku=X-3", "sku=X-3"}, {"sku=X-3,category=ovens", "category=ovens,sku=X-3"},
                 {"sku=X-4", ""},        {"sku=X-4,category=ovens", "category=ovens"}};
    struct fixture *fixture = *state;
    fixture_axes(fixture, values, COUNT_OF(values));
    fixture_rule(fixture, POLICY_WARRANTY_PERIOD_STARTS, "sku=X-4", "delivered");
    fixture_rule(fixture, POLICY_WARRANTY_PERIOD_STARTS, "", "delivered");
    fixture_rule(fixture, REFUND, "sku=X-4", "5 days");
    for (size_t i = 0; i < COUNT_OF(selectors); i++)
        fixture_rule(fixture, LENGTH, selectors[i], "1 year");
    fixture_index(fixture);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct policy_subject subject = fixture_subject(fixture, cases[i].who);
        const struct policy_rule *rule = policy_find_rule(&fixture->policy, LENGTH, &subject);
        assert_non_null(rule);
        assert_string_equal(rule->when_text, cases[i].rule);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
        TEST(the_order_of_rules_does_not_depend_on_the_order_in_which_they_were_written),
        TEST(of_rules_for_articles_those_of_the_article_asked_about_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
