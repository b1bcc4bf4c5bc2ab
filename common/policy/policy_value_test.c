/*
 * policy_value_test - values of each kind: read and printed
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_read_fixture.h"

/* What may be written, and how it is printed. */
static const struct {
    enum policy_parameter parameter;
    const char *text;
    const char *canonical;
} read_as[] = {
    {POLICY_GENERAL_MONEY_TAX_INCLUDED, "yes", "yes"},
    {POLICY_GENERAL_MONEY_TAX_INCLUDED, "no", "no"},
    {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "0", "0"},
    {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "1000000000", "1000000000"},
    {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, "unlimited", "unlimited"},
    {POLICY_SURVEY_METHODS_SAMPLE, "12.5 %", "12.50 %"},
    {POLICY_SURVEY_METHODS_SAMPLE, "100%", "100.00 %"},
    {POLICY_SURVEY_METHODS_SAMPLE, "0.05  %", "0.05 %"},
    {POLICY_GENERAL_MONEY_ROUNDING, "half_even", "half_even"},
    {POLICY_EXTENDED_CANCELLATION_REFUND_AFTER, "none", "none"},
    {POLICY_WARRANTY_COVERAGE_CAUSES, "[wear, unknown]", "wear, unknown"},
    {POLICY_WARRANTY_COVERAGE_CAUSES, "'wear ,  unknown'", "wear, unknown"},
    {POLICY_RETURNS_CONDITIONS_REASONS, "[our_fault]", "our_fault"},
    {POLICY_REPAIR_TIMEFRAME_PAUSE_REASONS, "none", "none"},
    {POLICY_WARRANTY_PERIOD_LENGTH, "1 year", "12 months"},
    {POLICY_WARRANTY_PERIOD_LENGTH, "1 year 6 months 1 day", "18 months 1 day"},
    {POLICY_WARRANTY_PERIOD_LENGTH, "90 days", "90 days"},
    {POLICY_WARRANTY_PERIOD_LENGTH, "0 months", "0 days"},
    {POLICY_WARRANTY_PERIOD_LENGTH, "not_offered", "not_offered"},
    {POLICY_WARRANTY_PERIOD_LENGTH, "1200 months 36600 days", "1200 months 36600 days"},
    {POLICY_REPAIR_TIMEFRAME_COMPLETE_WITHIN, "7 working days of workshop",
     "7 working days of workshop"},
    {POLICY_REPAIR_TIMEFRAME_COMPLETE_WITHIN, "1 working hour of office",
     "1 working hour of office"},
    {POLICY_REPAIR_TIMEFRAME_COMPLETE_WITHIN, "90 working minutes of office",
     "90 working minutes of office"},
    {POLICY_REPAIR_TIMEFRAME_COMPLETE_WITHIN, "0 working days of office",
     "0 working days of office"},
    {POLICY_WARRANTY_PERIOD_STARTS, "[delivered, purchased, manufactured + 90 days]",
     "delivered, purchased, manufactured + 90 days"},
    {POLICY_WARRANTY_PERIOD_STARTS, "delivered + 1 month 2 days", "delivered + 1 month 2 days"},
    {POLICY_SUPPORT_HOURS_HOURS, "office", "office"},
    {POLICY_SUPPORT_CHANNELS_CONTACT, "service", "service"},
    {POLICY_TRAINING_CONTENT_COURSES, "training.courses", "training.courses"},
    {POLICY_TRAINING_CONTENT_COURSES, "not_offered", "not_offered"},
    {POLICY_GENERAL_AUTHORITY_OVERRIDE_LIMIT, "49.00 EUR", "49.00 EUR"},
    {POLICY_GENERAL_AUTHORITY_OVERRIDE_LIMIT, "5 JPY", "5 JPY"},
    {POLICY_GENERAL_AUTHORITY_OVERRIDE_LIMIT, "1.250 KWD", "1.250 KWD"},
    {POLICY_WARRANTY_PROCESS_AUTO_APPROVE_UP_TO, "unlimited", "unlimited"},
    {POLICY_NETWORK_ONSITE_FEE, "free", "free"},
    {POLICY_NETWORK_ONSITE_FEE, "not_offered", "not_offered"},
    {POLICY_NETWORK_ONSITE_FEE, "49.00 EUR per visit + 0.80 EUR per km",
     "49.00 EUR per visit + 0.80 EUR per km"},
    {POLICY_NETWORK_ONSITE_FEE, "9 % of price_paid min 15.00 EUR",
     "9.00 % of price_paid min 15.00 EUR"},
    {POLICY_NETWORK_ONSITE_FEE, "9% of list_price", "9.00 % of list_price"},
    {POLICY_NETWORK_ONSITE_FEE, "20% of price_paid max 60.00 EUR",
     "20.00 % of price_paid max 60.00 EUR"},
    {POLICY_NETWORK_ONSITE_FEE, "list parts.price_list", "list parts.price_list"},
    {POLICY_COMPLAINTS_ESCALATION_LADDER,
     "[{to: head_of_service, on: [overdue, unsatisfied], answer_within: 5 working days of "
     "office}]",
     "[{\"answer_within\":\"5 working days of office\",\"on\":[\"overdue\",\"unsatisfied\"],"
     "\"to\":\"head_of_service\"}]"},
    {POLICY_WARRANTY_PROCESS_DOCUMENTS,
     "[{document: proof_of_purchase, unless: {delivered: known}, instead: [delivery_note]}, "
     "{document: fault_photo, when: {channel: distance}}]",
     "[{\"document\":\"proof_of_purchase\",\"instead\":[\"delivery_note\"],\"unless\":{"
     "\"delivered\":\"known\"}},{\"document\":\"fault_photo\",\"when\":{\"channel\":"
     "\"distance\"}}]"},
    {POLICY_WARRANTY_EXCLUSIONS_TESTS,
     "[{id: warranty.exclusions.b, text: t, when: {finding: liquid}, evidence: "
     "[technician_report], then: [repair]}, {id: warranty.exclusions.a, when: {opened: yes}}]",
     "[{\"id\":\"warranty.exclusions.a\",\"when\":{\"opened\":\"yes\"}},{\"evidence\":["
     "\"technician_report\"],\"id\":\"warranty.exclusions.b\",\"then\":[\"repair\"],\"when\":{"
     "\"finding\":\"liquid\"}}]"},
    {POLICY_WARRANTY_PROCESS_STEPS, "[{id: send, by: customer, text: a}, {id: check, by: company}]",
     "[{\"by\":\"customer\",\"id\":\"send\"},{\"by\":\"company\",\"id\":\"check\"}]"},
    {POLICY_WARRANTY_PROCESS_STEPS, "none", "none"},
};

static void
each_kind_is_read_and_printed(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT_OF(read_as); i++) {
        const struct policy_value *value = read_value(read_as[i].parameter, read_as[i].text);
        assert_string_equal(policy_value_print(arena, value), read_as[i].canonical);
        const struct policy_value *again = read_value(read_as[i].parameter, read_as[i].canonical);
        assert_true(policy_value_equals(value, again));
        for (size_t j = 0; j < COUNT_OF(read_as); j++)
            assert_int_equal(
                policy_value_equals(value, read_value(read_as[j].parameter, read_as[j].text)),
                value->kind == policy_parameter_row(read_as[j].parameter)->kind &&
                    strcmp(read_as[i].canonical, read_as[j].canonical) == 0);
    }
}

static void
four_absences_are_four_things(void **state UNUSED)
{
    assert_int_equal(read_value(POLICY_WARRANTY_PERIOD_LENGTH, "none")->absence, POLICY_NONE);
    assert_int_equal(read_value(POLICY_WARRANTY_PERIOD_LENGTH, "unlimited")->absence,
                     POLICY_UNLIMITED);
    assert_int_equal(read_value(POLICY_WARRANTY_PERIOD_LENGTH, "not_offered")->absence,
                     POLICY_NOT_OFFERED);
    assert_int_equal(read_value(POLICY_WARRANTY_PERIOD_LENGTH, "0 days")->absence, POLICY_PRESENT);
    /* A code of the list is a code, whatever it is called. */
    const struct policy_value *code = read_value(POLICY_EXTENDED_CANCELLATION_REFUND_AFTER, "none");
    assert_int_equal(code->absence, POLICY_PRESENT);
    assert_string_equal(code->code, "none");
}

/* No parameter is a text yet; the kind is there for those that will be. */
static void
a_text_is_kept_under_its_parameter(void **state UNUSED)
{
    static const struct policy_parameter_row row = {.name = "general.hello/text",
                                                    .clause_id = "general.hello",
                                                    .parameter = "text",
                                                    .kind = POLICY_TEXT,
                                                    .list = ""};
    struct policy_value value;
    const struct policy_node *text = fixture_node("a: {en: Hello, de: Hallo}\nb: [x]\n");
    assert_true(policy_value_read(arena, &fixture, &row, policy_node_get(text, "a"),
                                  "general.hello", &value, &problems));
    assert_string_equal(value.text, "general.hello/text");
    assert_string_equal(policy_value_print(arena, &value), "general.hello/text");
    assert_false(policy_value_read(arena, &fixture, &row, policy_node_get(text, "b"),
                                   "general.hello", &value, &problems));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_is_read_and_printed),
        TEST(four_absences_are_four_things),
        TEST(a_text_is_kept_under_its_parameter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
