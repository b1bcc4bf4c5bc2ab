/*
 * policy_value_compare_test - which value is better for the customer, and joins of two
 */
// SPDX-License-Identifier: Apache-2.0
#include <limits.h>

#include "common/policy/policy_value_fixture.h"
#include "common/policy/policy_value_parts.h"

static struct policy_value
read_value(const struct policy_parameter_row *row, const char *text)
{
    struct policy_value value;
    const struct policy_node *map = fixture_node(arena_printf(arena, "v: %s", text));
    if (!policy_value_read(arena, &fixture, row, policy_node_get(map, "v"), row->clause_id, &value,
                           &problems))
        fail_msg("%s: %s", text, problems.problems[0].message);
    return value;
}

#define LONGEST POLICY_RETURNS_WINDOW_LENGTH
#define SHORTEST POLICY_REPAIR_TIMEFRAME_COMPLETE_WITHIN

/* Two values of a parameter, and what the first is to the second. */
static const struct {
    enum policy_parameter parameter;
    const char *a, *b;
    enum policy_order order;
} compared[] = {
    {LONGEST, "2 years", "1 year", POLICY_BETTER},
    {LONGEST, "12 months", "1 year", POLICY_SAME},
    {LONGEST, "none", "0 days", POLICY_WORSE},
    {LONGEST, "unlimited", "100 years", POLICY_BETTER},
    {LONGEST, "none", "unlimited", POLICY_WORSE},
    {LONGEST, "not_offered", "1 day", POLICY_WORSE},
    {LONGEST, "not_offered", "none", POLICY_SAME},
    {LONGEST, "12 months", "366 days", POLICY_INCOMPARABLE},
    {LONGEST, "12 months", "365 days", POLICY_INCOMPARABLE},
    {LONGEST, "12 months", "364 days", POLICY_BETTER},
    {LONGEST, "12 months", "367 days", POLICY_WORSE},
    {LONGEST, "1 month", "40 days", POLICY_WORSE},
    {LONGEST, "1 month", "28 days", POLICY_INCOMPARABLE},
    {LONGEST, "1 month", "27 days", POLICY_BETTER},
    {LONGEST, "1 month 3 days", "34 days", POLICY_INCOMPARABLE},
    {LONGEST, "2 months", "1 month 27 days", POLICY_BETTER},
    {LONGEST, "14 days", "7 working days of office", POLICY_INCOMPARABLE},
    {LONGEST, "7 working days of office", "5 working days of office", POLICY_BETTER},
    {LONGEST, "7 working days of office", "5 working days of workshop", POLICY_INCOMPARABLE},
    {LONGEST, "7 working days of office", "70 working hours of office", POLICY_INCOMPARABLE},
    {LONGEST, "90 working minutes of office", "2 working hours of office", POLICY_WORSE},
    {SHORTEST, "7 days", "14 days", POLICY_BETTER},
    {SHORTEST, "14 days", "unlimited", POLICY_BETTER},
    {SHORTEST, "none", "14 days", POLICY_WORSE},
    {SHORTEST, "not_offered", "unlimited", POLICY_SAME},
    {SHORTEST, "14 days", "7 working days of office", POLICY_INCOMPARABLE},
    {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "3", "2", POLICY_BETTER},
    {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "3", "unlimited", POLICY_WORSE},
    {POLICY_WARRANTY_PROCESS_AUTO_APPROVE_UP_TO, "3.00 EUR", "2.00 EUR", POLICY_BETTER},
    {POLICY_WARRANTY_PROCESS_AUTO_APPROVE_UP_TO, "3.00 EUR", "2.00 USD", POLICY_INCOMPARABLE},
    {POLICY_WARRANTY_PROCESS_AUTO_APPROVE_UP_TO, "none", "0.00 EUR", POLICY_WORSE},
    {POLICY_REPAIR_ESTIMATE_NEEDED_ABOVE, "0.00 EUR", "5.00 EUR", POLICY_BETTER},
    {POLICY_REPAIR_ESTIMATE_NEEDED_ABOVE, "unlimited", "5.00 EUR", POLICY_WORSE},
    {POLICY_WARRANTY_TRANSFER_TRANSFERABLE, "yes", "no", POLICY_BETTER},
    {POLICY_WARRANTY_TRANSFER_TRANSFERABLE, "no", "yes", POLICY_WORSE},
    {POLICY_WARRANTY_REPLACEMENT_CARRY_OVER, "restart", "remaining", POLICY_BETTER},
    {POLICY_WARRANTY_REPLACEMENT_CARRY_OVER, "remaining", "longer_of", POLICY_WORSE},
    {POLICY_RETURNS_REFUND_SHIPPING_PAID_BY, "customer", "company", POLICY_WORSE},
    {POLICY_WARRANTY_COVERAGE_CAUSES, "[wear, unknown]", "[wear]", POLICY_BETTER},
    {POLICY_WARRANTY_COVERAGE_CAUSES, "[wear, unknown]", "[unknown, wear]", POLICY_SAME},
    {POLICY_WARRANTY_COVERAGE_CAUSES, "[wear]", "[unknown]", POLICY_INCOMPARABLE},
    {POLICY_WARRANTY_COVERAGE_CAUSES, "none", "[unknown]", POLICY_WORSE},
    {POLICY_REPAIR_TIMEFRAME_PAUSE_REASONS, "[estimate_answer]",
     "[customer_information, estimate_answer]", POLICY_BETTER},
    {POLICY_REPAIR_TIMEFRAME_PAUSE_REASONS, "none", "[estimate_answer]", POLICY_BETTER},
    {POLICY_WARRANTY_EXCLUSIONS_TESTS, "none", "[{id: warranty.exclusions.a, when: {opened: yes}}]",
     POLICY_BETTER},
    {POLICY_WARRANTY_EXCLUSIONS_TESTS, "[{id: warranty.exclusions.a, when: {opened: no}}]",
     "[{id: warranty.exclusions.a, when: {opened: yes}}]", POLICY_INCOMPARABLE},
    {POLICY_WARRANTY_PROCESS_DOCUMENTS, "[{document: fault_photo}]",
     "[{document: delivery_note}, {document: fault_photo}]", POLICY_BETTER},
    {POLICY_NETWORK_ONSITE_FEE, "free", "49.00 EUR per visit", POLICY_BETTER},
    {POLICY_NETWORK_ONSITE_FEE, "free", "0.00 EUR", POLICY_SAME},
    {POLICY_NETWORK_ONSITE_FEE, "not_offered", "49.00 EUR per visit", POLICY_WORSE},
    {POLICY_NETWORK_ONSITE_FEE, "49.00 EUR per visit", "49.00 EUR per visit + 0.80 EUR per km",
     POLICY_BETTER},
    {POLICY_NETWORK_ONSITE_FEE, "0.80 EUR per km + 1.00 EUR", "1.00 EUR + 0.80 EUR per km",
     POLICY_SAME},
    {POLICY_NETWORK_ONSITE_FEE, "49.00 EUR per visit", "0.80 EUR per km", POLICY_INCOMPARABLE},
    {POLICY_NETWORK_ONSITE_FEE, "1.00 EUR", "2.00 USD", POLICY_INCOMPARABLE},
    {POLICY_NETWORK_ONSITE_FEE, "free", "2.00 USD", POLICY_BETTER},
    {POLICY_NETWORK_ONSITE_FEE, "9 % of price_paid min 15.00 EUR",
     "9 % of price_paid min 14.00 EUR", POLICY_WORSE},
    {POLICY_NETWORK_ONSITE_FEE, "9 % of price_paid max 15.00 EUR", "9 % of price_paid",
     POLICY_BETTER},
    {POLICY_NETWORK_ONSITE_FEE, "9 % of price_paid", "5 % of price_paid min 5.00 EUR",
     POLICY_INCOMPARABLE},
    {POLICY_NETWORK_ONSITE_FEE, "9 % of price_paid max 14.00 EUR", "15.00 EUR", POLICY_BETTER},
    {POLICY_NETWORK_ONSITE_FEE, "14.00 EUR", "9 % of price_paid min 14.00 EUR", POLICY_BETTER},
    {POLICY_NETWORK_ONSITE_FEE, "16.00 EUR", "9 % of price_paid max 14.00 EUR", POLICY_WORSE},
    {POLICY_NETWORK_ONSITE_FEE, "9 % of price_paid max 14.00 EUR", "1 % of list_price",
     POLICY_INCOMPARABLE},
    {POLICY_NETWORK_ONSITE_FEE, "0 % of price_paid", "free", POLICY_SAME},
    {POLICY_NETWORK_ONSITE_FEE, "5 % of price_paid max 0.00 EUR", "free", POLICY_SAME},
    {POLICY_NETWORK_ONSITE_FEE, "5 % of price_paid max 1.00 USD", "1.00 EUR", POLICY_INCOMPARABLE},
    {POLICY_NETWORK_ONSITE_FEE, "list parts.price_list", "free", POLICY_WORSE},
    {POLICY_NETWORK_ONSITE_FEE, "list parts.price_list", "list parts.price_list + 1.00 EUR",
     POLICY_BETTER},
    {POLICY_NETWORK_ONSITE_FEE,
     "90000000000000000.00 EUR + 5 % of price_paid max 90000000000000000.00 EUR",
     "90000000000000000.00 EUR", POLICY_WORSE},
    {POLICY_NETWORK_ONSITE_FEE,
     "90000000000000000.00 EUR + 5 % of price_paid min 90000000000000000.00 EUR",
     "90000000000000000.00 EUR", POLICY_WORSE},
    {POLICY_SUPPORT_CHANNELS_CONTACT, "service", "complaints", POLICY_INCOMPARABLE},
    {POLICY_SUPPORT_CHANNELS_CONTACT, "service", "service", POLICY_SAME},
    {POLICY_WARRANTY_PERIOD_STARTS, "[delivered]", "[purchased]", POLICY_INCOMPARABLE},
};

static void
a_value_is_better_worse_the_same_or_it_depends(void **state UNUSED)
{
    static const enum policy_order reversed[] = {
        [POLICY_WORSE] = POLICY_BETTER,
        [POLICY_SAME] = POLICY_SAME,
        [POLICY_BETTER] = POLICY_WORSE,
        [POLICY_INCOMPARABLE] = POLICY_INCOMPARABLE,
    };
    for (size_t i = 0; i < COUNT_OF(compared); i++) {
        const struct policy_parameter_row *row = policy_parameter_row(compared[i].parameter);
        struct policy_value a = read_value(row, compared[i].a);
        struct policy_value b = read_value(row, compared[i].b);
        if (policy_value_compare(row, &a, &b) != compared[i].order ||
            policy_value_compare(row, &b, &a) != reversed[compared[i].order])
            fail_msg("%s | %s: %d, %d", compared[i].a, compared[i].b,
                     policy_value_compare(row, &a, &b), policy_value_compare(row, &b, &a));
    }
}

/* What `a` is to so many days. */
static enum policy_order
compare_with_days(int months, int days)
{
    struct policy_span a = {.months = months};
    struct policy_span b = {.days = days};
    return policy_span_compare(&a, &b);
}

/* Whatever day both begin on. The days to begin on are those of twelve years around one without a
 * leap day; up to a year, each bound is reached by one of them. */
static void
months_are_compared_with_days_by_every_day_that_both_may_begin_on(void **state UNUSED)
{
    int64_t begin = date_to_days((struct date){1895, 1, 1});
    int64_t end = date_to_days((struct date){1907, 1, 1});
    for (int months = 1; months <= 120; months++) {
        int least = INT_MAX, most = 0;
        for (int64_t day = begin; day < end; day++) {
            int days = (int)(date_to_days(date_add(date_from_days(day), months, 0)) - day);
            least = days < least ? days : least;
            most = days > most ? days : most;
        }
        print_message("%d months: %d to %d days\n", months, least, most);
        assert_int_equal(compare_with_days(months, least), POLICY_INCOMPARABLE);
        assert_int_equal(compare_with_days(months, most), POLICY_INCOMPARABLE);
        if (months > 12 && months % 12 != 0)
            continue;
        assert_int_equal(compare_with_days(months, least - 1), POLICY_BETTER);
        assert_int_equal(compare_with_days(months, most + 1), POLICY_WORSE);
    }
}

static void
every_direction_compares_every_kind_that_has_an_order(void **state UNUSED)
{
    struct policy_parameter_row row = *policy_parameter_row(POLICY_SURVEY_METHODS_SAMPLE);
    struct policy_value a = read_value(&row, "10 %");
    struct policy_value b = read_value(&row, "20 %");
    row.better = POLICY_LOWER;
    assert_int_equal(policy_value_compare(&row, &a, &b), POLICY_BETTER);
    row.better = POLICY_HIGHER;
    assert_int_equal(policy_value_compare(&row, &a, &b), POLICY_WORSE);
    row = *policy_parameter_row(POLICY_WARRANTY_TRANSFER_TRANSFERABLE);
    row.better = POLICY_NO;
    a = read_value(&row, "yes");
    b = read_value(&row, "no");
    assert_int_equal(policy_value_compare(&row, &a, &b), POLICY_WORSE);
    /* A direction that a kind has no order for. */
    row = *policy_parameter_row(POLICY_SUPPORT_CHANNELS_CONTACT);
    row.better = POLICY_LONGER;
    a = read_value(&row, "service");
    b = read_value(&row, "complaints");
    assert_int_equal(policy_value_compare(&row, &a, &b), POLICY_INCOMPARABLE);
    row = *policy_parameter_row(POLICY_WARRANTY_REPLACEMENT_CARRY_OVER);
    a = read_value(&row, "remaining");
    b = (struct policy_value){.kind = POLICY_CHOICE, .absence = POLICY_NOT_OFFERED};
    assert_int_equal(policy_value_compare(&row, &a, &b), POLICY_INCOMPARABLE);
    row.ranking = "restart > longer_of";
    a = read_value(&row, "restart");
    b = read_value(&row, "remaining");
    assert_int_equal(policy_value_compare(&row, &a, &b), POLICY_INCOMPARABLE);
    row = *policy_parameter_row(POLICY_REPAIR_TIMEFRAME_PAUSE_REASONS);
    a = (struct policy_value){.kind = POLICY_CHOICES, .absence = POLICY_UNLIMITED};
    b = read_value(&row, "[estimate_answer]");
    assert_int_equal(policy_value_compare(&row, &a, &b), POLICY_WORSE);
}

static void
the_best_of_two_joins_sets_and_chooses_otherwise(void **state UNUSED)
{
    static const struct {
        enum policy_parameter parameter;
        const char *a, *b, *best;
    } cases[] = {
        {LONGEST, "1 year", "2 years", "24 months"},
        {LONGEST, "2 years", "1 year", "24 months"},
        {LONGEST, "14 days", "7 working days of office", "14 days"},
        {POLICY_WARRANTY_COVERAGE_CAUSES, "[wear, unknown]", "[material_defect, wear]",
         "wear, unknown, material_defect"},
        {POLICY_WARRANTY_COVERAGE_CAUSES, "[wear]", "[unknown, wear]", "unknown, wear"},
        {POLICY_REPAIR_TIMEFRAME_PAUSE_REASONS, "[estimate_answer, customer_pickup]",
         "[part_delivery, estimate_answer]", "estimate_answer"},
        {POLICY_REPAIR_TIMEFRAME_PAUSE_REASONS, "[estimate_answer]", "[part_delivery]", "none"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS,
         "[{document: fault_photo}, {document: delivery_note, when: {opened: yes}}]",
         "[{document: fault_photo}, {document: delivery_note}]",
         "[{\"document\":\"fault_photo\"}]"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS,
         "[{id: warranty.exclusions.a, when: {opened: yes}}, {id: warranty.exclusions.b, when: "
         "{csat: 1}}]",
         "[{id: warranty.exclusions.c, when: {csat: 1}}, {id: warranty.exclusions.a, when: "
         "{opened: yes}}]",
         "[{\"id\":\"warranty.exclusions.a\",\"when\":{\"opened\":\"yes\"}}]"},
        {POLICY_REPAIR_REMEDY_TESTS,
         "[{id: repair.remedy.a, when: {csat: 1}}, {id: repair.remedy.b, when: {csat: 2}}]",
         "[{id: repair.remedy.b, when: {csat: 3}}, {id: repair.remedy.c, when: {csat: 4}}]",
         "[{\"id\":\"repair.remedy.a\",\"when\":{\"csat\":\"= 1\"}},{\"id\":\"repair.remedy.b\","
         "\"when\":{\"csat\":\"= 2\"}},{\"id\":\"repair.remedy.c\",\"when\":{\"csat\":\"= 4\"}}]"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct policy_parameter_row *row = policy_parameter_row(cases[i].parameter);
        struct policy_value a = read_value(row, cases[i].a);
        struct policy_value b = read_value(row, cases[i].b);
        struct policy_value best = policy_value_best(arena, row, &a, &b);
        assert_string_equal(policy_value_print(arena, &best), cases[i].best);
        assert_int_not_equal(policy_value_compare(row, &best, &a), POLICY_WORSE);
    }
}

/* More of a checklist asked for is no parameter's direction; the join does not mind. */
static void
a_union_of_checklists_keeps_one_of_each_document(void **state UNUSED)
{
    struct policy_parameter_row row = *policy_parameter_row(POLICY_WARRANTY_PROCESS_DOCUMENTS);
    row.better = POLICY_MORE;
    struct policy_value a = read_value(&row, "[{document: fault_photo, when: {opened: yes}}]");
    struct policy_value b =
        read_value(&row, "[{document: fault_photo}, {document: delivery_note}]");
    struct policy_value best = policy_value_best(arena, &row, &a, &b);
    assert_string_equal(policy_value_print(arena, &best),
                        "[{\"document\":\"fault_photo\",\"when\":{\"opened\":\"yes\"}},"
                        "{\"document\":\"delivery_note\"}]");
}

static void
lists_that_differ_in_one_thing_are_not_equal(void **state UNUSED)
{
    static const struct {
        enum policy_parameter parameter;
        const char *values[7];
    } cases[] = {
        {POLICY_COMPLAINTS_ESCALATION_LADDER,
         {"[{to: head_of_service, on: [overdue], answer_within: 5 days}]",
          "[{to: head_of_service, on: [overdue], answer_within: 6 days}]",
          "[{to: head_of_service, on: [unsatisfied], answer_within: 5 days}]",
          "[{to: managing_director, on: [overdue], answer_within: 5 days}]",
          "[{to: head_of_service, on: [overdue], answer_within: 5 days}, {to: managing_director, "
          "on: [overdue], answer_within: 5 days}]",
          "none"}},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS,
         {"[{document: fault_photo}]", "[{document: fault_photo, when: {opened: yes}}]",
          "[{document: fault_photo, unless: {opened: yes}}]",
          "[{document: fault_photo, instead: [delivery_note]}]", "[{document: delivery_note}]",
          "[{document: delivery_note}, {document: fault_photo}]",
          "[{document: fault_photo, when: {opened: no}}]"}},
        {POLICY_WARRANTY_PROCESS_STEPS,
         {"[{id: a, by: customer}]", "[{id: a, by: company}]", "[{id: b, by: customer}]",
          "[{id: a, by: customer}, {id: b, by: customer}]",
          "[{id: b, by: customer}, {id: a, by: customer}]", "none"}},
        {POLICY_WARRANTY_PERIOD_STARTS,
         {"[delivered]", "[purchased]", "[delivered + 1 day]", "[delivered + 1 month]",
          "[delivered, purchased]"}},
        {POLICY_NETWORK_ONSITE_FEE,
         {"1.00 EUR", "1.00 EUR per km", "1 % of price_paid", "1 % of price_paid min 1.00 EUR",
          "1 % of price_paid max 1.00 EUR", "1.00 EUR + 1.00 EUR per km", "free"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct policy_parameter_row *row = policy_parameter_row(cases[i].parameter);
        for (size_t j = 0; j < 7 && cases[i].values[j] != NULL; j++)
            for (size_t k = 0; k < 7 && cases[i].values[k] != NULL; k++) {
                struct policy_value a = read_value(row, cases[i].values[j]);
                struct policy_value b = read_value(row, cases[i].values[k]);
                assert_int_equal(policy_value_equals(&a, &b), j == k);
            }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_value_is_better_worse_the_same_or_it_depends),
        TEST(months_are_compared_with_days_by_every_day_that_both_may_begin_on),
        TEST(every_direction_compares_every_kind_that_has_an_order),
        TEST(the_best_of_two_joins_sets_and_chooses_otherwise),
        TEST(a_union_of_checklists_keeps_one_of_each_document),
        TEST(lists_that_differ_in_one_thing_are_not_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
