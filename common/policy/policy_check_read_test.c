/*
 * policy_check_read_test - the check of policies as they are read: what is suggested can be pasted,
 * and the default policy has no error
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check.h"
#include "common/policy/policy_read_fixture.h"

enum { TEXT_SIZE = 8192 };

/* One clause with a value for all and two exceptions that cross. */
static const char policy_text[] =
    "format: 1\n"
    "policy: small\n"
    "title: Small\n"
    "languages: [en]\n"
    "time_zone: Europe/Berlin\n"
    "currency: EUR\n"
    "axes:\n"
    "  category: {toys: {}, ovens: {}}\n"
    "  region: {eu: {DE: {}}, US: {}}\n"
    "codes: {cause: [wear, rust], document: [bill, note]}\n"
    "calendars: {always: {week: {mon-sun: [\"00:00-24:00\"]}}, office: {week: {mon: "
    "[\"09:00-17:00\"]}}}\n"
    "contacts: {one: {phone: \"1\"}, two: {phone: \"2\"}}\n"
    "sections:\n"
    "  - section: %.*s\n"
    "    number: 1\n"
    "    title: Title\n"
    "    clauses:\n"
    "      - clause: %s\n"
    "        text: \"Text.\"\n"
    "        set: {%s: %s}\n"
    "        except:\n"
    "          - {when: {%s}, %s: %s}\n"
    "          - {when: {%s}, %s: %s}\n";

static const struct tie_case {
    enum policy_parameter parameter;
    const char *values[3];
    const char *selectors[2];
} tie_cases[] = {
    {POLICY_WARRANTY_PERIOD_LENGTH,
     {"1 year", "2 years 3 days", "none"},
     {"category: toys", "region: DE"}},
    {POLICY_RETURNS_WINDOW_LENGTH,
     {"1 year", "7 working days of office", "90 working minutes of office"},
     {"sku: A-1", "region: DE"}},
    {POLICY_WARRANTY_PERIOD_STARTS,
     {"[delivered]", "[purchased + 3 days, delivered]", "[manufactured + 2 months]"},
     {"category: toys", "region: eu"}},
    {POLICY_WARRANTY_COVERAGE_CAUSES,
     {"[wear]", "[wear, rust]", "[rust]"},
     {"category: toys", "region: eu"}},
    {POLICY_WARRANTY_LIMITS_CLAIMS_MAX, {"3", "unlimited", "0"}, {"category: toys", "region: eu"}},
    {POLICY_WARRANTY_TRANSFER_TRANSFERABLE, {"yes", "no", "yes"}, {"category: toys", "region: eu"}},
    {POLICY_WARRANTY_REPLACEMENT_CARRY_OVER,
     {"remaining", "restart", "longer_of"},
     {"category: toys", "region: eu"}},
    {POLICY_WARRANTY_EXCLUSIONS_TESTS,
     {"[{id: warranty.exclusions.a, text: \"A, b\", when: {cause: [wear, rust]}}]",
      "[{id: warranty.exclusions.b, text: B, when: {all: [{cause: wear}, {region: eu}]}, evidence: "
      "[bill]}, {id: warranty.exclusions.a, when: {cause: [wear, rust]}}]",
      "[{id: warranty.exclusions.c, text: C, when: {days_in_repair: \"> 3\"}}]"},
     {"category: toys", "region: eu"}},
    {POLICY_WARRANTY_PROCESS_DOCUMENTS,
     {"[{document: bill}]", "[{document: note, when: {cause: wear}, instead: [bill]}]",
      "[{document: bill, unless: {delivered: known}}]"},
     {"category: toys", "region: eu"}},
    {POLICY_RETURNS_REFUND_DEDUCTION,
     {"free", "20 % of price_paid min 1.00 EUR max 60.00 EUR", "1.00 EUR per day + 9.50 EUR"},
     {"category: toys", "grade: worn"}},
    {POLICY_SUPPORT_HOURS_HOURS,
     {"office", "always", "office"},
     {"contact_channel: phone", "region: eu"}},
    {POLICY_COMPLAINTS_ESCALATION_LADDER,
     {"[{to: complaint_manager, on: [overdue], answer_within: 1 working day of office}]",
      "[{to: head_of_service, on: [overdue, unsatisfied], answer_within: 2 days}]",
      "[{to: managing_director, on: [unsatisfied], answer_within: 1 month}]"},
     {"severity: serious", "region: eu"}},
};

/* Reads the policy of a case with some lines more; the problems are those of its parameter. */
static bool
check_case(struct read_fixture *fixture, const struct tie_case *tie, const char *more, char *text)
{
    const struct policy_parameter_row *row = policy_parameter_row(tie->parameter);
    int size =
        snprintf(text, TEXT_SIZE, policy_text, (int)strcspn(row->clause_id, "."), row->clause_id,
                 row->clause_id, row->parameter, tie->values[0], tie->selectors[0], row->parameter,
                 tie->values[1], tie->selectors[1], row->parameter, tie->values[2]);
    while (*more != '\0') {
        int line_size = (int)strcspn(more, "\n") + 1;
        size += snprintf(text + size, TEXT_SIZE - (size_t)size, "          %.*s", line_size, more);
        more += line_size;
    }
    read_start(fixture);
    struct policy *policy = read_main_text(fixture, text);
    if (policy == NULL) {
        read_print_problems(&fixture->problems);
        fail_msg("%s", text);
    }
    return policy_check_rules(fixture->arena, policy, tie->parameter, true, &fixture->problems);
}

static void
what_is_suggested_can_be_pasted_whatever_its_kind(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT_OF(tie_cases); i++) {
        struct read_fixture fixture;
        char text[TEXT_SIZE];
        const struct tie_case *tie = &tie_cases[i];
        assert_false(check_case(&fixture, tie, "", text));
        char suggestion[TEXT_SIZE] = "";
        for (size_t j = 0; j < fixture.problems.problem_count; j++) {
            if (fixture.problems.problems[j].suggestion != NULL)
                (void)snprintf(suggestion, sizeof suggestion, "%s",
                               fixture.problems.problems[j].suggestion);
        }
        read_end(&fixture);
        assert_true(suggestion[0] != '\0');
        bool is_accepted = check_case(&fixture, tie, suggestion, text);
        if (!is_accepted)
            read_print_problems(&fixture.problems);
        assert_true(is_accepted);
        read_end(&fixture);
    }
}

static void
the_default_policy_has_no_error(void **state UNUSED)
{
    struct read_fixture fixture;
    read_start(&fixture);
    assert_true(read_load(&fixture, "deploy/policies/default.yaml", &fixture.sources.main));
    assert_true(read_load(&fixture, "deploy/policies/default.de.yaml", &fixture.languages[0]));
    assert_true(read_load(&fixture, "deploy/policies/holidays/DE.yaml", &fixture.holidays[0]));
    fixture.sources.language_count = 1;
    fixture.sources.holiday_count = 1;
    struct policy *policy = read_all(&fixture);
    if (policy != NULL)
        (void)policy_check(fixture.arena, policy, true, &fixture.problems);
    if (fixture.problems.error_count > 0)
        read_print_problems(&fixture.problems);
    assert_int_equal(fixture.problems.error_count, 0);
    assert_non_null(policy);
    read_end(&fixture);
}

/* "You may choose (), because ..." */
static void
a_test_for_remedies_names_some(void **state UNUSED)
{
    static const char then[] = ", then: [replace, refund]}";
    struct read_fixture fixture;
    read_start(&fixture);
    assert_true(read_load(&fixture, "deploy/policies/default.yaml", &fixture.sources.main));
    assert_true(read_load(&fixture, "deploy/policies/default.de.yaml", &fixture.languages[0]));
    assert_true(read_load(&fixture, "deploy/policies/holidays/DE.yaml", &fixture.holidays[0]));
    char *text = arena_copy_text(fixture.arena, fixture.sources.main.bytes);
    char *at = strstr(text, then);
    assert_non_null(at);
    memset(at, ' ', strlen(then));
    at[0] = '}';
    fixture.sources.main.bytes = text;
    fixture.sources.language_count = 1;
    fixture.sources.holiday_count = 1;
    struct policy *policy = read_all(&fixture);
    assert_non_null(policy);
    (void)policy_check(fixture.arena, policy, true, &fixture.problems);
    assert_int_equal(fixture.problems.error_count, 1);
    const struct policy_problem *problem = fixture.problems.problems;
    while (problem->severity != POLICY_ERROR)
        problem++;
    assert_string_equal(problem->reason, "REMEDY_MISSING");
    assert_string_equal(problem->clause_id, "repair.remedy");
    assert_int_equal(problem->line, policy_find_clause(policy, "repair.remedy")->place.line + 4);
    read_end(&fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_suggested_can_be_pasted_whatever_its_kind),
        cmocka_unit_test(the_default_policy_has_no_error),
        cmocka_unit_test(a_test_for_remedies_names_some),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
