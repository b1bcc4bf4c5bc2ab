/*
 * policy_test - which rule holds, how floors lift it, and finding things by name
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_fixture.h"

#include <time.h>

#define LENGTH POLICY_WARRANTY_PERIOD_LENGTH
#define REFUND POLICY_RETURNS_REFUND_REFUND_WITHIN
#define CAUSES POLICY_WARRANTY_COVERAGE_CAUSES

/* What a reading says, as "12 months by law.a, rival 20 days by law.b". */
static const char *
read_value(struct fixture *fixture, enum policy_parameter parameter, const char *who)
{
    struct policy_subject subject = fixture_subject(fixture, who);
    struct policy_reading reading =
        policy_read_value(fixture->arena, &fixture->policy, parameter, &subject);
    const char *text = policy_value_print(fixture->arena, &reading.value);
    if (reading.floor != NULL)
        text = arena_printf(fixture->arena, "%s by %s", text, reading.floor->id);
    if (reading.rival != NULL)
        text = arena_printf(fixture->arena, "%s, rival %s by %s", text,
                            policy_value_print(fixture->arena, &reading.rival_value),
                            reading.rival->id);
    return text;
}

static void
the_narrowest_rule_that_matches_holds(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "2 years");
    fixture_rule(fixture, LENGTH, "category=ovens", "3 years");
    fixture_rule(fixture, LENGTH, "category=appliances,cost_class=travel", "none");
    fixture_rule(fixture, LENGTH, "sku=X-1", "5 years");
    fixture_index(fixture);
    assert_string_equal(read_value(fixture, LENGTH, ""), "12 months");
    assert_string_equal(read_value(fixture, LENGTH, "category=toys"), "12 months");
    assert_string_equal(read_value(fixture, LENGTH, "category=appliances"), "12 months");
    assert_string_equal(read_value(fixture, LENGTH, "category=large"), "24 months");
    assert_string_equal(read_value(fixture, LENGTH, "category=ovens"), "36 months");
    assert_string_equal(read_value(fixture, LENGTH, "category=small,cost_class=travel"), "none");
    assert_string_equal(read_value(fixture, LENGTH, "cost_class=travel"), "12 months");
    assert_string_equal(read_value(fixture, LENGTH, "sku=X-1"), "60 months");
    assert_string_equal(read_value(fixture, LENGTH, "sku=X-2"), "12 months");
}

static void
a_parameter_without_rules_has_none_that_holds(void **state)
{
    struct fixture *fixture = *state;
    struct policy_subject subject = {0};
    fixture_index(fixture);
    assert_null(policy_find_rule(&fixture->policy, LENGTH, &subject));
    fixture_rule(fixture, LENGTH, "region=eu", "1 year");
    fixture_index(fixture);
    assert_null(policy_find_rule(&fixture->policy, LENGTH, &subject));
    assert_null(policy_find_rule(&fixture->policy, REFUND, &subject));
    /* Rules of its neighbour in the catalogue are none of its own. */
    fixture_rule(fixture, POLICY_WARRANTY_PERIOD_STARTS, "", "delivered");
    fixture_rule(fixture, POLICY_GENERAL_PRIVACY_RETENTION, "", "1 year");
    fixture_index(fixture);
    assert_null(policy_find_rule(&fixture->policy, LENGTH, &subject));
}

static void
a_floor_lifts_what_is_worse_and_leaves_what_is_better(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, LENGTH, "category=large", "3 years");
    fixture_floor(fixture, "law.length", LENGTH, "region=eu", "2 years");
    fixture_floor(fixture, "law.refund", REFUND, "region=eu", "2 days");
    fixture_index(fixture);
    assert_string_equal(read_value(fixture, LENGTH, ""), "12 months");
    assert_string_equal(read_value(fixture, LENGTH, "region=US"), "12 months");
    assert_string_equal(read_value(fixture, LENGTH, "region=DE"), "24 months by law.length");
    assert_string_equal(read_value(fixture, LENGTH, "region=DE,category=ovens"), "36 months");
}

static void
a_floor_of_what_the_company_has_as_well_lifts_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, REFUND, "", "14 days");
    fixture_floor(fixture, "law.refund", REFUND, "", "14 days");
    fixture_index(fixture);
    assert_string_equal(read_value(fixture, REFUND, ""), "14 days");
}

static void
of_several_floors_the_best_holds(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, REFUND, "", "30 days");
    fixture_floor(fixture, "law.a", REFUND, "region=eu", "20 days");
    fixture_floor(fixture, "law.b", REFUND, "region=DE", "10 days");
    fixture_floor(fixture, "law.c", REFUND, "region=eu", "15 days");
    fixture_index(fixture);
    assert_string_equal(read_value(fixture, REFUND, "region=DE"), "10 days by law.b");
    assert_string_equal(read_value(fixture, REFUND, "region=FR"), "15 days by law.c");
}

static void
a_floor_that_cannot_be_compared_stands_beside_the_value(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, REFUND, "", "1 month");
    fixture_rule(fixture, REFUND, "customer_class=business", "20 days");
    fixture_floor(fixture, "law.a", REFUND, "region=eu", "30 days");
    fixture_floor(fixture, "law.b", REFUND, "region=DE", "29 days");
    fixture_floor(fixture, "law.c", REFUND, "region=FR", "14 days");
    fixture_index(fixture);
    assert_string_equal(read_value(fixture, REFUND, "region=eu"),
                        "1 month, rival 30 days by law.a");
    assert_string_equal(read_value(fixture, REFUND, "region=DE"),
                        "1 month, rival 29 days by law.b");
    assert_string_equal(read_value(fixture, REFUND, "region=FR"), "14 days by law.c");
    assert_string_equal(read_value(fixture, REFUND, "region=DE,customer_class=business"),
                        "20 days");
}

static void
a_rival_that_is_worse_than_what_lifts_later_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, REFUND, "", "1 month");
    fixture_floor(fixture, "law.a", REFUND, "", "30 days");
    fixture_floor(fixture, "law.b", REFUND, "region=eu", "5 days");
    fixture_floor(fixture, "law.c", REFUND, "region=DE", "30 days");
    fixture_index(fixture);
    assert_string_equal(read_value(fixture, REFUND, "region=eu"), "5 days by law.b");
    assert_string_equal(read_value(fixture, REFUND, "region=DE"), "5 days by law.b");
    assert_string_equal(read_value(fixture, REFUND, ""), "1 month, rival 30 days by law.a");
}

static void
sets_of_floors_and_company_are_joined(void **state)
{
    struct fixture *fixture = *state;
    fixture_rule(fixture, CAUSES, "", "wear");
    fixture_rule(fixture, CAUSES, "category=toys", "wear, material_defect, workmanship_defect");
    fixture_floor(fixture, "law.a", CAUSES, "region=eu", "material_defect");
    fixture_floor(fixture, "law.b", CAUSES, "region=DE", "workmanship_defect");
    fixture_index(fixture);
    assert_string_equal(read_value(fixture, CAUSES, ""), "wear");
    assert_string_equal(read_value(fixture, CAUSES, "region=eu"), "wear, material_defect by law.a");
    assert_string_equal(read_value(fixture, CAUSES, "region=DE"),
                        "wear, material_defect, workmanship_defect by law.b");
    assert_string_equal(read_value(fixture, CAUSES, "region=DE,category=toys"),
                        "wear, material_defect, workmanship_defect");
}

static void
a_language_is_found_by_its_tag_or_the_nearest_one(void **state)
{
    struct fixture *fixture = *state;
    struct policy *policy = &fixture->policy;
    static const char *const tags[] = {"en", "de", "pt-BR", "zh-Hant"};
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        policy->languages[i] = tags[i];
    policy->language_count = COUNT_OF(tags);
    assert_int_equal(policy_find_language(policy, "de"), 1);
    assert_int_equal(policy_find_language(policy, "DE-at"), 1);
    assert_int_equal(policy_find_language(policy, "de-Latn-AT-x-a-b"), 1);
    assert_int_equal(policy_find_language(policy, "pt"), 2);
    assert_int_equal(policy_find_language(policy, "pt-PT"), 2);
    assert_int_equal(policy_find_language(policy, "zh-Hant-TW"), 3);
    assert_int_equal(policy_find_language(policy, "pt-b"), 2);
    assert_int_equal(policy_find_language(policy, "p"), 0);
    assert_int_equal(policy_find_language(policy, "den"), 0);
    assert_int_equal(policy_find_language(policy, "fr"), 0);
    assert_int_equal(policy_find_language(policy, ""), 0);
    assert_int_equal(policy_find_language(policy, "-"), 0);
}

static void
a_label_of_the_list_comes_before_the_one_for_all_lists(void **state)
{
    struct fixture *fixture = *state;
    struct policy *policy = &fixture->policy;
    static const struct policy_label labels[] = {
        {.key = "cause.wear", .text.texts = {"wear and tear", "Verschleiß"}},
        {.key = "causes.wear", .text.texts = {"wrong"}},
        {.key = "eu", .text.texts = {"European Union"}},
        {.key = "wear", .text.texts = {"worn", "abgenutzt"}},
    };
    policy->labels = labels;
    policy->label_count = COUNT_OF(labels);
    assert_string_equal(policy_label(policy, "cause", "wear", 0), "wear and tear");
    assert_string_equal(policy_label(policy, "cause", "wear", 1), "Verschleiß");
    assert_string_equal(policy_label(policy, "grade", "wear", 1), "abgenutzt");
    assert_string_equal(policy_label(policy, "caus", "wear", 0), "worn");
    assert_string_equal(policy_label(policy, NULL, "wear", 0), "worn");
    assert_string_equal(policy_label(policy, "region", "eu", 0), "European Union");
    assert_string_equal(policy_label(policy, "region", "eu", 1), "eu");
    assert_string_equal(policy_label(policy, "region", "US", 0), "US");
    policy->label_count = 0;
    assert_string_equal(policy_label(policy, "cause", "wear", 0), "wear");
}

static void
codes_are_those_of_the_program_the_policy_and_its_axes(void **state)
{
    struct fixture *fixture = *state;
    static const char *const own[] = {"rust"};
    const struct policy_code_list lists[] = {{.name = "other"},
                                             {.name = "cause", .codes = {own, 1}}};
    fixture->policy.lists = lists;
    fixture->policy.list_count = COUNT_OF(lists);
    const struct policy *policy = &fixture->policy;
    assert_true(policy_has_code(policy, "cause", "rust"));
    assert_false(policy_has_code(policy, "cause", "rusty"));
    assert_true(policy_has_code(policy, "rounding", "half_up"));
    assert_false(policy_has_code(policy, "rounding", "half"));
    assert_true(policy_has_code(policy, "category", "ovens"));
    assert_false(policy_has_code(policy, "category", "DE"));
    assert_true(policy_has_code(policy, "cost_class", "travel"));
    assert_false(policy_has_code(policy, "cost_class", "weather"));
    assert_true(policy_has_code(policy, "sku", "anything"));
    assert_false(policy_has_code(policy, "sku", ""));
    assert_false(policy_has_code(policy, "nothing", "wear"));
    /* An axis whose values are a list of another name. */
    for (int i = 0; i < POLICY_AXIS_COUNT; i++) {
        const struct policy_axis_row *row = policy_axis_row((enum policy_axis)i);
        if (row->source == POLICY_AXIS_LISTED)
            assert_false(policy_has_code(policy, row->name, "no such code"));
    }
}

static void
the_zone_is_that_of_the_nearest_region_with_one(void **state)
{
    struct fixture *fixture = *state;
    struct policy *policy = &fixture->policy;
    const struct policy_region_zone zones[] = {
        {policy_axes_find(&policy->axes, POLICY_AXIS_REGION, "eu"), zone_find("Europe/Berlin")},
        {policy_axes_find(&policy->axes, POLICY_AXIS_REGION, "FR"), zone_find("Europe/Paris")},
    };
    policy->zone = zone_find("UTC");
    policy->region_zones = zones;
    policy->region_zone_count = COUNT_OF(zones);
    static const char *const expected[][2] = {{"region=FR", "Europe/Paris"},
                                              {"region=DE", "Europe/Berlin"},
                                              {"region=eu", "Europe/Berlin"},
                                              {"region=US", "UTC"},
                                              {"", "UTC"}};
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        struct policy_subject subject = fixture_subject(fixture, expected[i][0]);
        assert_string_equal(zone_name(policy_zone(policy, &subject)), expected[i][1]);
    }
}

static struct calendar *
make_calendar(struct fixture *fixture, const char *name)
{
    struct calendar_source source = {.name = name, .time_zone = "UTC"};
    source.week[0] = (struct calendar_hours){.intervals = {{540, 1080}}, .interval_count = 1};
    struct calendar *calendar;
    struct fault fault;
    assert_int_equal(calendar_new(fixture->arena, &source, &calendar, &fault), OK);
    return calendar;
}

static void
things_are_found_by_their_names(void **state)
{
    struct fixture *fixture = *state;
    struct policy *policy = &fixture->policy;
    assert_null(policy_find_calendar(policy, "office"));
    assert_null(policy_find_text(policy, "a.test"));
    struct calendar *calendars[] = {make_calendar(fixture, "office"),
                                    make_calendar(fixture, "workshop")};
    static const struct policy_contact contacts[] = {{.name = "service"}, {.name = "complaints"}};
    static const struct policy_named_text texts[] = {{.id = "a.test"}, {.id = "b.test"}};
    policy->calendars = calendars;
    policy->calendar_count = COUNT_OF(calendars);
    policy->contacts = contacts;
    policy->contact_count = COUNT_OF(contacts);
    policy->named_texts = texts;
    policy->named_text_count = COUNT_OF(texts);
    struct policy_clause *clause = fixture_clause(fixture, "warranty.period");
    assert_ptr_equal(policy_find_calendar(policy, "workshop"), calendars[1]);
    assert_null(policy_find_calendar(policy, "shop"));
    assert_ptr_equal(policy_find_contact(policy, "complaints"), &contacts[1]);
    assert_null(policy_find_contact(policy, "nobody"));
    assert_ptr_equal(policy_find_text(policy, "b.test"), &texts[1].text);
    assert_ptr_equal(policy_find_text(policy, "warranty.period"), &clause->text);
    assert_null(policy_find_text(policy, "c.test"));
    assert_ptr_equal(policy_find_clause(policy, "warranty.period"), clause);
    assert_null(policy_find_clause(policy, "warranty"));
}

static void
a_rule_of_ten_is_found_in_well_under_a_microsecond(void **state)
{
    struct fixture *fixture = *state;
    static const char *const selectors[] = {
        "",
        "category=large",
        "cost_class=travel",
        "category=large,cost_class=travel",
        "condition=refurbished",
        "condition=refurbished,category=large",
        "condition=refurbished,category=large,cost_class=travel",
        "region=DE",
        "region=DE,category=toys",
        "region=FR,category=toys"};
    for (size_t i = 0; i < COUNT_OF(selectors); i++)
        fixture_rule(fixture, LENGTH, selectors[i], "1 year");
    fixture_index(fixture);
    struct policy_subject subject = fixture_subject(
        fixture, "category=small,region=US,condition=new,cost_class=parts,channel=online");
    enum { ROUNDS = 100000 };
    clock_t start = clock();
    size_t found_count = 0;
    for (int i = 0; i < ROUNDS; i++)
        found_count += policy_find_rule(&fixture->policy, LENGTH, &subject) != NULL;
    double each_ns = (double)(clock() - start) * 1e9 / CLOCKS_PER_SEC / ROUNDS;
    print_message("%.0f ns each\n", each_ns);
    assert_int_equal(found_count, ROUNDS);
    assert_true(each_ns < 20000); /* with sanitizers and a busy machine; else about 60 */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
        TEST(the_narrowest_rule_that_matches_holds),
        TEST(a_parameter_without_rules_has_none_that_holds),
        TEST(a_floor_lifts_what_is_worse_and_leaves_what_is_better),
        TEST(a_floor_of_what_the_company_has_as_well_lifts_nothing),
        TEST(of_several_floors_the_best_holds),
        TEST(a_floor_that_cannot_be_compared_stands_beside_the_value),
        TEST(a_rival_that_is_worse_than_what_lifts_later_is_forgotten),
        TEST(sets_of_floors_and_company_are_joined),
        TEST(a_language_is_found_by_its_tag_or_the_nearest_one),
        TEST(a_label_of_the_list_comes_before_the_one_for_all_lists),
        TEST(codes_are_those_of_the_program_the_policy_and_its_axes),
        TEST(the_zone_is_that_of_the_nearest_region_with_one),
        TEST(things_are_found_by_their_names),
        TEST(a_rule_of_ten_is_found_in_well_under_a_microsecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
