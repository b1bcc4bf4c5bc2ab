/*
 * policy_set_test - which version counts for a day, and what later versions improve
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_fixture.h"
#include "common/policy/policy_set.h"

#define LENGTH POLICY_WARRANTY_PERIOD_LENGTH
#define REFUND POLICY_RETURNS_REFUND_REFUND_WITHIN
#define CAUSES POLICY_WARRANTY_COVERAGE_CAUSES
#define EXCLUSIONS POLICY_WARRANTY_EXCLUSIONS_TESTS
#define DECIDE POLICY_WARRANTY_PROCESS_DECIDE_WITHIN
#define STARTS POLICY_WARRANTY_PERIOD_STARTS

enum { VERSIONS = 4 };

struct line {
    struct fixture *fixtures[VERSIONS];
    const struct policy *versions[VERSIONS];
    struct policy_set set;
};

static struct date
day(const char *text)
{
    struct date date = {0, 0, 0};
    assert_true(text[0] == '\0' || date_parse(text, &date));
    return date;
}

/* Versions 1, 2, 3 and 7, in force from the first of January of 2020, 2021, 2022 and 2023. */
static int
set_up(void **state)
{
    struct line *line = calloc(1, sizeof *line);
    for (int i = 0; i < VERSIONS; i++) {
        line->fixtures[i] = fixture_new();
        line->fixtures[i]->policy.version = i == 3 ? 7 : i + 1;
        line->fixtures[i]->policy.effective_from = (struct date){2020 + i, 1, 1};
        line->versions[i] = &line->fixtures[i]->policy;
    }
    line->set = (struct policy_set){line->versions, VERSIONS};
    *state = line;
    return 0;
}

static int
tear_down(void **state)
{
    struct line *line = *state;
    for (int i = 0; i < VERSIONS; i++)
        fixture_free(&line->fixtures[i]);
    free(line);
    return 0;
}

static void
set_all(struct line *line, enum policy_parameter parameter, const char *const values[VERSIONS])
{
    for (int i = 0; i < VERSIONS; i++) {
        fixture_rule(line->fixtures[i], parameter, "", values[i]);
        fixture_index(line->fixtures[i]);
    }
}

/* What holds for a unit sold on a day, today: "24 months of 2". */
static const char *
read_value(struct line *line, enum policy_parameter parameter, const char *sold, const char *today,
           const char *who)
{
    struct fixture *fixture = line->fixtures[0];
    struct policy_pin pin =
        policy_set_pin(&line->set, policy_parameter_row(parameter)->moment, day(sold));
    struct policy_subject subject = {0};
    char *words = arena_copy_text(fixture->arena, who);
    for (char *word = strtok(words, ",="); word != NULL; word = strtok(NULL, ",="))
        (void)policy_subject_set(&pin.policy->axes, &subject,
                                 (enum policy_axis)policy_find_axis(word), strtok(NULL, ",="));
    struct policy_reading reading =
        policy_set_read(fixture->arena, &line->set, &pin, parameter, &subject, day(today));
    const char *text =
        arena_printf(fixture->arena, "%s of %d", policy_value_print(fixture->arena, &reading.value),
                     (int)reading.policy->version);
    if (reading.rival != NULL)
        text = arena_printf(fixture->arena, "%s, rival %s", text, reading.rival->id);
    return text;
}

static void
assert_refused(const struct line *line, const char *reason, const char *message)
{
    struct fault fault;
    assert_int_equal(policy_set_check(&line->set, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, reason);
    assert_string_equal(fault.message, message);
}

static void
a_line_of_versions_ascends_in_number_and_day(void **state)
{
    struct line *line = *state;
    struct policy *third = &line->fixtures[2]->policy;
    struct fault fault;
    assert_int_equal(policy_set_check(&line->set, &fault), OK);
    third->effective_from = (struct date){2021, 1, 1};
    assert_refused(line, "EFFECTIVE_DATE_TAKEN",
                   "versions 2 and 3 are both effective from 2021-01-01");
    third->effective_from = (struct date){2020, 12, 31};
    assert_refused(line, "VERSIONS_UNORDERED",
                   "version 3 is effective from 2020-12-31, before version 2");
    third->effective_from = (struct date){2022, 1, 1};
    third->version = 2;
    assert_refused(line, "VERSIONS_UNORDERED", "version 2 cannot follow version 2");
    third->version = 0;
    assert_refused(line, "VERSION_IS_DRAFT", "a draft of policy 'test' stands among its versions");
    third->version = 3;
    third->name = "trikes";
    assert_refused(line, "POLICY_DIFFERS", "policy 'trikes' is no version of policy 'test'");
    third->name = "test";
    third->effective_from = (struct date){0, 0, 0};
    assert_refused(line, "VERSION_IS_DRAFT", "a draft of policy 'test' stands among its versions");
    line->set.version_count = 0;
    assert_refused(line, "VERSIONS_MISSING", "there is no version of the policy");
    line->set.version_count = POLICY_VERSIONS_MAX + 1;
    assert_refused(line, "VERSIONS_TOO_MANY", "there are more than 1000 versions of the policy");
}

static void
a_day_pins_the_version_in_force(void **state)
{
    struct line *line = *state;
    static const struct {
        const char *date;
        int version;
        bool is_before_first;
    } cases[] = {{"2019-12-31", 1, true},  {"2020-01-01", 1, false}, {"2020-12-31", 1, false},
                 {"2021-01-01", 2, false}, {"2021-06-30", 2, false}, {"2022-12-31", 3, false},
                 {"2023-01-01", 7, false}, {"2099-01-01", 7, false}, {"", 1, true}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct policy_pin pin = policy_set_pin(&line->set, POLICY_CASE, day(cases[i].date));
        assert_int_equal(pin.policy->version, cases[i].version);
        assert_int_equal(pin.is_before_first, cases[i].is_before_first);
        assert_int_equal(pin.moment, POLICY_CASE);
        assert_int_equal(date_compare(pin.date, day(cases[i].date)), 0);
    }
}

static void
what_was_sold_keeps_its_terms(void **state)
{
    struct line *line = *state;
    set_all(line, LENGTH, (const char *[]){"1 year", "2 years", "6 months", "3 years"});
    assert_string_equal(read_value(line, LENGTH, "2020-05-05", "2025-01-01", ""), "12 months of 1");
    assert_string_equal(read_value(line, LENGTH, "2022-05-05", "2025-01-01", ""), "6 months of 3");
    assert_string_equal(read_value(line, LENGTH, "", "2025-01-01", ""), "12 months of 1");
}

static void
a_version_improves_what_was_sold_since_the_day_it_says(void **state)
{
    struct line *line = *state;
    set_all(line, LENGTH, (const char *[]){"1 year", "2 years", "6 months", "3 years"});
    line->fixtures[1]->policy.also_for_sold_since = day("2020-06-01");
    line->fixtures[2]->policy.also_for_sold_since = day("2000-01-01");
    assert_string_equal(read_value(line, LENGTH, "2020-05-31", "2025-01-01", ""), "12 months of 1");
    assert_string_equal(read_value(line, LENGTH, "2020-06-01", "2025-01-01", ""), "24 months of 2");
    assert_string_equal(read_value(line, LENGTH, "2020-06-01", "2020-12-31", ""), "12 months of 1");
    assert_string_equal(read_value(line, LENGTH, "2020-06-01", "2021-01-01", ""), "24 months of 2");
    assert_string_equal(read_value(line, LENGTH, "", "2025-01-01", ""), "12 months of 1");
    line->fixtures[3]->policy.also_for_sold_since = day("2015-01-01");
    assert_string_equal(read_value(line, LENGTH, "2020-06-01", "2025-01-01", ""), "36 months of 7");
    assert_string_equal(read_value(line, LENGTH, "2016-06-01", "2025-01-01", ""), "36 months of 7");
    assert_string_equal(read_value(line, LENGTH, "2014-06-01", "2025-01-01", ""), "12 months of 1");
}

static void
an_earlier_version_improves_nothing(void **state)
{
    struct line *line = *state;
    set_all(line, LENGTH, (const char *[]){"5 years", "2 years", "1 year", "3 years"});
    for (int i = 0; i < VERSIONS; i++)
        line->fixtures[i]->policy.also_for_sold_since = day("2000-01-01");
    assert_string_equal(read_value(line, LENGTH, "2022-06-01", "2025-01-01", ""), "36 months of 7");
    assert_string_equal(read_value(line, LENGTH, "2023-06-01", "2025-01-01", ""), "36 months of 7");
}

static void
a_version_does_not_come_after_itself(void **state)
{
    struct line *line = *state;
    line->fixtures[0]->policy.also_for_sold_since = day("2000-01-01");
    line->fixtures[3]->policy.also_for_sold_since = day("2000-01-01");
    struct policy_pin pin = policy_set_pin(&line->set, POLICY_SALE, day("2020-06-01"));
    size_t at = 0;
    assert_ptr_equal(policy_set_next(&line->set, &pin, day("2025-01-01"), &at), line->versions[3]);
    assert_null(policy_set_next(&line->set, &pin, day("2025-01-01"), &at));
}

static void
only_terms_of_the_sale_are_improved(void **state)
{
    struct line *line = *state;
    set_all(line, DECIDE, (const char *[]){"30 days", "20 days", "10 days", "5 days"});
    line->fixtures[1]->policy.also_for_sold_since = day("2000-01-01");
    assert_string_equal(read_value(line, DECIDE, "2020-05-31", "2025-01-01", ""), "30 days of 1");
    set_all(line, LENGTH, (const char *[]){"1 year", "2 years", "3 years", "4 years"});
    static const enum policy_moment moments[] = {POLICY_SALE, POLICY_CASE, POLICY_BUY};
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        struct policy_pin pin = policy_set_pin(&line->set, moments[i], day("2020-05-31"));
        struct policy_subject subject = {0};
        struct arena *arena = line->fixtures[0]->arena;
        struct date today = day("2025-01-01");
        struct policy_reading reading =
            policy_set_read(arena, &line->set, &pin, LENGTH, &subject, today);
        assert_int_equal(reading.policy->version, moments[i] == POLICY_SALE ? 2 : 1);
        reading = policy_set_read(arena, &line->set, &pin, DECIDE, &subject, today);
        assert_int_equal(reading.policy->version, 1);
    }
}

static void
what_cannot_be_compared_stays(void **state)
{
    struct line *line = *state;
    set_all(line, REFUND, (const char *[]){"1 month", "30 days", "1 month", "28 days"});
    set_all(line, STARTS, (const char *[]){"delivered", "purchased", "delivered", "delivered"});
    line->fixtures[1]->policy.also_for_sold_since = day("2000-01-01");
    assert_string_equal(read_value(line, REFUND, "2020-05-31", "2025-01-01", ""), "1 month of 1");
    assert_string_equal(read_value(line, STARTS, "2020-05-31", "2025-01-01", ""), "delivered of 1");
}

static void
sets_are_joined(void **state)
{
    struct line *line = *state;
    set_all(line, CAUSES, (const char *[]){"wear", "unknown", "wear", "wear, unknown"});
    line->fixtures[1]->policy.also_for_sold_since = day("2000-01-01");
    assert_string_equal(read_value(line, CAUSES, "2020-05-31", "2025-01-01", ""),
                        "wear, unknown of 2");
    line->fixtures[2]->policy.also_for_sold_since = day("2000-01-01");
    line->fixtures[3]->policy.also_for_sold_since = day("2000-01-01");
    assert_string_equal(read_value(line, CAUSES, "2020-05-31", "2025-01-01", ""),
                        "wear, unknown of 2");
    assert_string_equal(read_value(line, CAUSES, "2022-05-31", "2025-01-01", ""),
                        "wear, unknown of 7");
}

static void
a_floor_that_stood_beside_the_value_still_does_beside_a_better_one(void **state)
{
    struct line *line = *state;
    set_all(line, REFUND, (const char *[]){"31 days", "30 days", "31 days", "5 days"});
    fixture_floor(line->fixtures[0], "law.month", REFUND, "", "1 month");
    assert_string_equal(read_value(line, REFUND, "2020-05-31", "2025-01-01", ""),
                        "31 days of 1, rival law.month");
    line->fixtures[1]->policy.also_for_sold_since = day("2000-01-01");
    assert_string_equal(read_value(line, REFUND, "2020-05-31", "2025-01-01", ""),
                        "30 days of 2, rival law.month");
    line->fixtures[3]->policy.also_for_sold_since = day("2000-01-01");
    assert_string_equal(read_value(line, REFUND, "2020-05-31", "2025-01-01", ""), "5 days of 7");
}

static void
subjects_are_translated_by_their_codes(void **state)
{
    struct line *line = *state;
    static const struct fixture_value values[] = {{POLICY_AXIS_CATEGORY, "toys", NULL},
                                                  {POLICY_AXIS_CATEGORY, "appliances", NULL},
                                                  {POLICY_AXIS_CATEGORY, "robots", "appliances"},
                                                  {POLICY_AXIS_SKU, "X-7", NULL}};
    set_all(line, LENGTH, (const char *[]){"1 year", "1 year", "1 year", "1 year"});
    struct fixture *second = line->fixtures[1];
    fixture_axes(second, values, COUNT_OF(values));
    fixture_rule(second, LENGTH, "category=toys", "2 years");
    fixture_rule(second, LENGTH, "category=appliances", "3 years");
    fixture_rule(second, LENGTH, "category=robots", "4 years");
    fixture_rule(second, LENGTH, "sku=X-7", "7 years");
    fixture_index(second);
    second->policy.also_for_sold_since = day("2000-01-01");
    static const char *const expected[][2] = {
        {"category=toys", "24 months of 2"},
        {"category=ovens", "36 months of 2"},  /* by what is above it */
        {"category=robots", "48 months of 2"}, /* not known when it was sold */
        {"category=cars", "12 months of 1"},
        {"sku=X-7", "84 months of 2"}, /* no rule named it when it was sold */
        {"region=DE", "12 months of 1"},
        {"", "12 months of 1"}};
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_string_equal(read_value(line, LENGTH, "2020-05-31", "2025-01-01", expected[i][0]),
                            expected[i][1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_line_of_versions_ascends_in_number_and_day),
        TEST(a_day_pins_the_version_in_force),
        TEST(what_was_sold_keeps_its_terms),
        TEST(a_version_improves_what_was_sold_since_the_day_it_says),
        TEST(an_earlier_version_improves_nothing),
        TEST(a_version_does_not_come_after_itself),
        TEST(only_terms_of_the_sale_are_improved),
        TEST(what_cannot_be_compared_stays),
        TEST(sets_are_joined),
        TEST(a_floor_that_stood_beside_the_value_still_does_beside_a_better_one),
        TEST(subjects_are_translated_by_their_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
