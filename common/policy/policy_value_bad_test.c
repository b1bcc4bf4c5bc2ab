/*
 * policy_value_bad_test - what is no value is refused with a sentence that helps
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_read_fixture.h"

struct refusal {
    enum policy_parameter parameter;
    const char *text;
    const char *reason;
    const char *message; /* a part of it */
};

static void
assert_refused(const struct refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        problems.problem_count = problems.error_count = 0;
        if (try_read(cases[i].parameter, cases[i].text) != NULL)
            fail_msg("%s was read", cases[i].text);
        assert_int_equal(problems.error_count, 1);
        assert_string_equal(problems.problems[0].reason, cases[i].reason);
        if (strstr(problems.problems[0].message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].text, problems.problems[0].message);
        assert_int_equal(problems.problems[0].line, 1);
    }
}

static void
spans_that_are_none_say_how_to_write_them(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"1.5 years",
         "'1.5 years' is no span: no fractions; write it in a smaller unit: 18 months"},
        {"1 year 2.5 months", "no fractions"},
        {"'1,5 years'", "no fractions"},
        {"30", "a number needs its unit"},
        {"2 weeks", "14 days"},
        {"8 hours", "working hours of office"},
        {"3 minutes", "working hours of office"},
        {"3 fortnights", "the units are years"},
        {"forever", "write 6 months"},
        {"-3 days", "write 6 months"},
        {"007 days", "write 6 months"},
        {"07 days", "write 6 months"},
        {"1 year and 2 days", "write 6 months"},
        {"2 days 1 month", "years stand before months"},
        {"1 day 1 day", "each once"},
        {"1201 months", "at most 1200 months"},
        {"101 years", "at most 1200 months"},
        {"36601 days", "36600 days"},
        {"99999999999999999999999 days", "36600 days"},
        {"7 working days", "must name its calendar"},
        {"7 working days in office", "must name its calendar"},
        {"7 working days of office now", "must name its calendar"},
        {"7 working weeks of office", "days, hours or minutes"},
        {"7 working", "days, hours or minutes"},
        {"0 working hours of office", "written as 0 days"},
        {"3661 working days of office", "3660 working days"},
        {"16667 working hours of office", "1000000 working minutes"},
        {"1000001 working minutes of office", "1000000 working minutes"},
        {"1 working day of "
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "too long"},
        {"none of it", "write 6 months"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct refusal refusal = {POLICY_WARRANTY_PERIOD_LENGTH, cases[i].text, "VALUE_WRONG",
                                  cases[i].message};
        assert_refused(&refusal, 1);
    }
    static const struct refusal calendar = {POLICY_WARRANTY_PERIOD_LENGTH,
                                            "7 working days of ofice", "CALENDAR_UNKNOWN",
                                            "there is no calendar 'ofice'"};
    assert_refused(&calendar, 1);
    struct policy_span span;
    enum policy_absence absence;
    assert_false(policy_span_parse(arena, "3", &span, &absence, NULL));
}

static void
fees_that_are_none_say_how_to_write_them(void **state UNUSED)
{
    static const char *const cases[][2] = {
        {"49 EUR", "with the digits of its currency"},
        {"49.00", "an amount is written as"},
        {"'+ 49.00 EUR'", "an amount"},
        {"-1.00 EUR", "not negative"},
        {"49.00 EUR per mile", "the units are hour"},
        {"49.00 EUR per price_paid", "the units are hour"},
        {"49.00 EUR per", "the units are hour"},
        {"9 % of profit", "a share is of price_paid"},
        {"9 % of km", "a share is of price_paid"},
        {"9 %", "a share says of what"},
        {"9.123 % of price_paid", "one or two digits"},
        {"9. % of price_paid", "one or two digits"},
        {"9.x % of price_paid", "one or two digits"},
        {"9.1x % of price_paid", "one or two digits"},
        {"101 % of price_paid", "at most 100 %"},
        {"100.01 % of price_paid", "at most 100 %"},
        {"x % of price_paid", "as '12.5 %'"},
        {"9 % of price_paid min 20.00 EUR max 10.00 EUR", "not above its max"},
        {"9 % of price_paid min free", "an amount is written as"},
        {"9 % of price_paid max 1", "an amount is written as"},
        {"1.00 EUR + 1.00 USD per km", "in one currency"},
        {"1.00 EUR + 2.00 EUR", "written as one"},
        {"1.00 EUR per km + 2.00 EUR per km", "written as one"},
        {"1.00 EUR and 2.00 EUR per km", "joined by +"},
        {"1.00 EUR +", "an amount is written as"},
        {"list prices", "list parts.price_list"},
        {"99999999999999999999999999999999 EUR", "an amount is written as"},
        {"free of charge", "an amount is written as"},
        {"none", "an amount is written as"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct refusal refusal = {POLICY_NETWORK_ONSITE_FEE, cases[i][0], "VALUE_WRONG",
                                  cases[i][1]};
        assert_refused(&refusal, 1);
    }
    struct policy_value fee;
    assert_false(policy_fee_parse(arena, "", &fee, NULL));
}

static void
a_fee_has_so_many_terms_at_most(void **state UNUSED)
{
    /* One of each kind that there is. */
    const char *most =
        "1.00 EUR + 1.00 EUR per day + 1.00 EUR per hour + 1.00 EUR per kg + 1.00 EUR "
        "per km + 1.00 EUR per participant + 1.00 EUR per piece + 1.00 EUR per "
        "session + 1.00 EUR per visit + 1 % of price_paid + 1 % of list_price + 1 % "
        "of estimate + list parts.price_list + list training.courses + list "
        "network.centres";
    assert_int_equal(read_value(POLICY_NETWORK_ONSITE_FEE, most)->fee.count, 15);
}

static void
other_scalars_that_are_none_are_refused(void **state UNUSED)
{
    static const struct refusal cases[] = {
        {POLICY_GENERAL_MONEY_TAX_INCLUDED, "true", "VALUE_WRONG", "neither yes nor no"},
        {POLICY_GENERAL_MONEY_TAX_INCLUDED, "none", "VALUE_WRONG", "neither yes nor no"},
        {POLICY_GENERAL_MONEY_TAX_INCLUDED, "[yes]", "VALUE_WRONG", "not a list"},
        {POLICY_GENERAL_MONEY_TAX_INCLUDED, "''", "VALUE_MISSING", "none, unlimited"},
        {POLICY_GENERAL_MONEY_TAX_INCLUDED, "", "VALUE_MISSING", "none, unlimited"},
        {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "-1", "VALUE_WRONG", "'-1' is no count"},
        {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "1000000001", "VALUE_WRONG", "up to 1000000000"},
        {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "3 claims", "VALUE_WRONG", "is no count"},
        {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "1.5", "VALUE_WRONG", "is no count"},
        {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "{a: b}", "VALUE_WRONG", "not a map"},
        {POLICY_SURVEY_METHODS_SAMPLE, "50", "VALUE_WRONG", "'50' is no percentage"},
        {POLICY_SURVEY_METHODS_SAMPLE, "'50 % %'", "VALUE_WRONG", "is no percentage"},
        {POLICY_SURVEY_METHODS_SAMPLE, "'50 x %'", "VALUE_WRONG", "is no percentage"},
        {POLICY_SURVEY_METHODS_SAMPLE, "'%'", "VALUE_WRONG", "is no percentage"},
        {POLICY_SURVEY_METHODS_SAMPLE, "100.5 %", "VALUE_WRONG", "at most 100 %"},
        {POLICY_GENERAL_MONEY_ROUNDING, "nearest", "CODE_UNKNOWN",
         "'nearest' is no code of rounding; its codes are half_up, half_even, down, up"},
        {POLICY_GENERAL_MONEY_ROUNDING, "[up]", "VALUE_WRONG", "one code belongs here"},
        {POLICY_SURVEY_FEEDBACK_OWNER, "boss", "CODE_UNKNOWN", "'boss' is no code of position"},
        {POLICY_WARRANTY_COVERAGE_CAUSES, "[wear, wear]", "CODE_REPEATED", "twice"},
        {POLICY_WARRANTY_COVERAGE_CAUSES, "[wear, weer]", "CODE_UNKNOWN",
         "'weer' is no code of cause; did you mean 'wear'?"},
        {POLICY_WARRANTY_COVERAGE_CAUSES, "[[wear]]", "VALUE_WRONG", "one code belongs here"},
        {POLICY_WARRANTY_COVERAGE_CAUSES, "[]", "VALUE_WRONG", "write none"},
        {POLICY_WARRANTY_COVERAGE_CAUSES, "{wear: yes}", "VALUE_WRONG", "a list belongs here"},
        {POLICY_WARRANTY_COVERAGE_CAUSES, "unlimited", "CODE_UNKNOWN", "'unlimited' is no code"},
        {POLICY_WARRANTY_COVERAGE_CAUSES, "'wear,'", "CODE_UNKNOWN", "'' is no code"},
        {POLICY_WARRANTY_PERIOD_STARTS, "[deliverd]", "CODE_UNKNOWN", "did you mean 'delivered'?"},
        {POLICY_WARRANTY_PERIOD_STARTS, "[delivered, delivered + 1 day]", "CODE_REPEATED",
         "could never hold"},
        {POLICY_WARRANTY_PERIOD_STARTS, "[delivered - 1 day]", "VALUE_WRONG", "is no anchor"},
        {POLICY_WARRANTY_PERIOD_STARTS, "[delivered + none]", "VALUE_WRONG", "is no anchor"},
        {POLICY_WARRANTY_PERIOD_STARTS, "[delivered + 1 working day of office]", "VALUE_WRONG",
         "is no anchor"},
        {POLICY_WARRANTY_PERIOD_STARTS, "none", "CODE_UNKNOWN", "'none' is no code of event"},
        {POLICY_WARRANTY_PERIOD_STARTS, "[[delivered]]", "VALUE_WRONG", "one event belongs here"},
        {POLICY_WARRANTY_PERIOD_STARTS, "[]", "VALUE_WRONG", "write none"},
        {POLICY_WARRANTY_PERIOD_STARTS,
         "'delivered, purchased, ordered, installed, registered, manufactured, discontinued, "
         "received, approved'",
         "LIST_TOO_LONG", "at most 8"},
        {POLICY_SUPPORT_HOURS_HOURS, "nights", "CALENDAR_UNKNOWN", "no calendar 'nights'"},
        {POLICY_SUPPORT_CHANNELS_CONTACT, "nobody", "CONTACT_UNKNOWN", "no contact 'nobody'"},
        {POLICY_TRAINING_CONTENT_COURSES, "parts.courses", "CODE_UNKNOWN",
         "its codes are parts.price_list"},
        {POLICY_GENERAL_AUTHORITY_OVERRIDE_LIMIT, "49", "VALUE_WRONG", "is no amount"},
        {POLICY_GENERAL_AUTHORITY_OVERRIDE_LIMIT, "-5.00 EUR", "VALUE_WRONG", "not below zero"},
        {POLICY_GENERAL_AUTHORITY_OVERRIDE_LIMIT, "5.00 JPY", "VALUE_WRONG", "is no amount"},
        {POLICY_WARRANTY_PERIOD_LENGTH, "[1 year]", "VALUE_WRONG",
         "one length of time belongs here, not a list"},
    };
    assert_refused(cases, COUNT_OF(cases));
}

static void
lists_of_maps_that_are_wrong_are_refused(void **state UNUSED)
{
    static const struct refusal cases[] = {
        {POLICY_COMPLAINTS_ESCALATION_LADDER, "head_of_service", "VALUE_WRONG", "a list belongs"},
        {POLICY_COMPLAINTS_ESCALATION_LADDER, "[]", "VALUE_WRONG", "write none"},
        {POLICY_COMPLAINTS_ESCALATION_LADDER, "[head_of_service]", "VALUE_WRONG",
         "begins with 'to:'"},
        {POLICY_COMPLAINTS_ESCALATION_LADDER, "[{to: head_of_service, on: [overdue]}]",
         "KEY_MISSING", "needs 'answer_within:'"},
        {POLICY_COMPLAINTS_ESCALATION_LADDER, "[{to: boss, on: [overdue], answer_within: 5 days}]",
         "CODE_UNKNOWN", "of position"},
        {POLICY_COMPLAINTS_ESCALATION_LADDER,
         "[{to: head_of_service, on: [late], answer_within: 5 days}]", "CODE_UNKNOWN",
         "'late' is no code of escalation_cause; its codes are overdue, unsatisfied"},
        {POLICY_COMPLAINTS_ESCALATION_LADDER,
         "[{to: head_of_service, on: [overdue], answer_within: none}]", "VALUE_WRONG",
         "'none' is no length of time"},
        {POLICY_COMPLAINTS_ESCALATION_LADDER,
         "[{to: head_of_service, on: [overdue], answer_within: {a: b}}]", "VALUE_WRONG",
         "not a map"},
        {POLICY_COMPLAINTS_ESCALATION_LADDER,
         "[{to: head_of_service, on: [overdue], answer_within: 5 days}, {to: head_of_service, on: "
         "[overdue], answer_within: 5 days}]",
         "ITEM_REPEATED", "'head_of_service' stands in complaints.escalation/ladder twice"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS, "[{document: selfie}]", "CODE_UNKNOWN", "of document"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS, "none_at_all", "VALUE_WRONG", "a list belongs"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS, "[{document: [a]}]", "VALUE_WRONG", "one code"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS, "[{document: fault_photo, if: {a: b}}]", "KEY_UNKNOWN",
         "has no 'if'"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS, "[{when: {opened: yes}}]", "KEY_MISSING",
         "needs 'document:'"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS, "[{document: fault_photo, when: {foo_bar_baz: 1}}]",
         "FACT_UNKNOWN", "no fact"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS, "[{document: fault_photo, unless: known}]",
         "CONDITION_WRONG", "a map of facts"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS, "[{document: fault_photo, instead: [selfie]}]",
         "CODE_UNKNOWN", "'selfie'"},
        {POLICY_WARRANTY_PROCESS_DOCUMENTS, "[{document: fault_photo}, {document: fault_photo}]",
         "ITEM_REPEATED", "'fault_photo'"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS, "[{id: warranty.exclusions.a}]", "KEY_MISSING",
         "needs 'when:'"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS, "[{id: misuse, when: {opened: yes}}]", "ID_WRONG",
         "'warranty.exclusions.' and a word"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS, "[{id: warranty.exclusions_x, when: {opened: yes}}]",
         "ID_WRONG", "and a word"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS, "[{id: warranty.exclusions.A, when: {opened: yes}}]",
         "ID_WRONG", "and a word"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS, "[{id: [a], when: {opened: yes}}]", "ID_WRONG",
         "and a word"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS,
         "[{id: warranty.exclusions.a, when: {opened: yes}, then: [apologise]}]", "CODE_UNKNOWN",
         "of remedy"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS,
         "[{id: warranty.exclusions.a, when: {opened: yes}, evidence: [rumour]}]", "CODE_UNKNOWN",
         "of document"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS,
         "[{id: warranty.exclusions.a, when: {opened: yes}}, {id: warranty.exclusions.a, when: "
         "{opened: no}}]",
         "ITEM_REPEATED", "'warranty.exclusions.a'"},
        {POLICY_WARRANTY_EXCLUSIONS_TESTS, "[]", "VALUE_WRONG", "write none"},
        {POLICY_WARRANTY_PROCESS_STEPS, "[{id: send, by: nobody}]", "CODE_UNKNOWN", "of step_by"},
        {POLICY_WARRANTY_PROCESS_STEPS, "[{id: Send it, by: customer}]", "ID_WRONG", "a word"},
        {POLICY_WARRANTY_PROCESS_STEPS, "[{id: send}]", "KEY_MISSING", "needs 'by:'"},
        {POLICY_WARRANTY_PROCESS_STEPS, "[{id: a, by: customer}, {id: a, by: company}]",
         "ITEM_REPEATED", "'a'"},
        {POLICY_WARRANTY_PROCESS_STEPS, "send", "VALUE_WRONG", "a list belongs"},
    };
    assert_refused(cases, COUNT_OF(cases));
}

static void
lists_have_limits(void **state UNUSED)
{
    struct buf text = {0};
    for (int i = 0; i <= POLICY_LIST_ITEMS_MAX; i++)
        buf_printf(&text, "%s{id: s%d, by: customer}", i == 0 ? "[" : ", ", i);
    buf_add_char(&text, ']');
    struct refusal refusal = {POLICY_WARRANTY_PROCESS_STEPS, buf_text(&text), "LIST_TOO_LONG",
                              "at most 256"};
    assert_refused(&refusal, 1);
    buf_clear(&text);
    for (int i = 0; i <= POLICY_CODES_MAX; i++)
        buf_printf(&text, "%swear", i == 0 ? "" : ", ");
    refusal = (struct refusal){POLICY_WARRANTY_COVERAGE_CAUSES, buf_text(&text), "LIST_TOO_LONG",
                               "at most 64"};
    assert_refused(&refusal, 1);
    buf_free(&text);
}

static void
lists_that_just_fit_are_read(void **state UNUSED)
{
    struct buf text = {0};
    for (int i = 0; i < POLICY_LIST_ITEMS_MAX; i++)
        buf_printf(&text, "%s{id: s%d, by: customer}", i == 0 ? "[" : ", ", i);
    buf_add_char(&text, ']');
    assert_non_null(try_read(POLICY_WARRANTY_PROCESS_STEPS, buf_text(&text)));
    assert_non_null(try_read(POLICY_WARRANTY_PERIOD_STARTS,
                             "'delivered, purchased, ordered, installed, "
                             "registered, manufactured, discontinued, received'"));
    buf_free(&text);
}

static void
every_fault_of_a_list_is_told_at_its_line(void **state UNUSED)
{
    assert_null(try_read(POLICY_WARRANTY_PROCESS_DOCUMENTS,
                         "\n- {document: selfie, when: {opened: maybe}}\n- {document: "
                         "fault_photo}\n- {document: tweet}\n"));
    assert_int_equal(problems.error_count, 3);
    assert_int_equal(problems.problems[0].line, 2);
    assert_int_equal(problems.problems[2].line, 4);
    assert_string_equal(problems.problems[0].clause_id, "warranty.process");
}

/* What is decided by a choice of the program's needs one. */
static void
a_choice_whose_codes_the_program_knows_is_never_absent(void **state UNUSED)
{
    static const struct refusal cases[] = {
        {POLICY_GENERAL_MONEY_ROUNDING, "none", "CODE_UNKNOWN", "'none' is no code of rounding"},
        {POLICY_WARRANTY_REPLACEMENT_CARRY_OVER, "not_offered", "CODE_UNKNOWN", "its codes are"},
        {POLICY_WARRANTY_REPAIR_TIME_REPAIRS_COUNTED, "none", "CODE_UNKNOWN", "its codes are"},
        {POLICY_RETURNS_REFUND_SHIPPING_PAID_BY, "none", "CODE_UNKNOWN", "its codes are"},
        {POLICY_WARRANTY_PERIOD_STARTS, "none", "CODE_UNKNOWN", "'none' is no code of event"},
    };
    assert_refused(cases, COUNT_OF(cases));
}

/* The ledger adds months and days; working time there would be dropped. */
static void
a_span_of_the_ledger_is_never_working_time(void **state UNUSED)
{
    static const enum policy_parameter parameters[] = {
        POLICY_WARRANTY_PERIOD_LENGTH, POLICY_WARRANTY_REPAIR_TIME_MAX,
        POLICY_WARRANTY_REPLACEMENT_AT_LEAST, POLICY_EXTENDED_PERIOD_LENGTH,
        POLICY_REPAIR_WARRANTY_LENGTH};
    for (size_t i = 0; i < COUNT_OF(parameters); i++) {
        const struct refusal cases[] = {
            {parameters[i], "500 working days of office", "VALUE_WRONG", "by the civil calendar"},
            {parameters[i], "1 working hour of office", "VALUE_WRONG", "by the civil calendar"},
        };
        assert_refused(cases, COUNT_OF(cases));
        assert_non_null(try_read(parameters[i], "500 days"));
    }
    assert_non_null(try_read(POLICY_RETURNS_WINDOW_LENGTH, "5 working days of office"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(spans_that_are_none_say_how_to_write_them),
        TEST(fees_that_are_none_say_how_to_write_them),
        TEST(a_fee_has_so_many_terms_at_most),
        TEST(other_scalars_that_are_none_are_refused),
        TEST(lists_of_maps_that_are_wrong_are_refused),
        TEST(lists_have_limits),
        TEST(lists_that_just_fit_are_read),
        TEST(every_fault_of_a_list_is_told_at_its_line),
        TEST(a_choice_whose_codes_the_program_knows_is_never_absent),
        TEST(a_span_of_the_ledger_is_never_working_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
