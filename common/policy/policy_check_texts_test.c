/*
 * policy_check_texts_test - texts, placeholders and labels in every language
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_check_fixture.h"

static void
every_language_has_every_text_and_the_same_placeholders(void **state)
{
    struct fixture *fixture = *state;
    struct policy_clause *period = fixture_clause(fixture, "warranty.period");
    struct policy_clause *limits = fixture_clause(fixture, "warranty.limits");
    fixture_fill(fixture);
    fixture->policy.languages[1] = "de";
    fixture->policy.language_count = 2;
    period->text.texts[1] = "Garantie {length}, {warranty.limits/per}";
    period->text.places[1] = (struct policy_place){"test.de.yaml", 7, 1};
    limits->text.texts[1] = "";
    static const struct policy_named_text named[] = {
        {.id = "a.test", .text.texts = {"English", "Deutsch"}},
        {.id = "b.test", .text = {{"English"}, {{"test.yaml", 77, 3}}}},
        {.id = "c.test", .text = {{NULL, "Deutsch"}, {{NULL, 0, 0}}}}};
    fixture->policy.named_texts = named;
    fixture->policy.named_text_count = COUNT_OF(named);
    policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
    assert_int_equal(fixture_count(fixture, "PLACEHOLDER_MISSING"), 2);
    assert_problem(fixture, "PLACEHOLDER_MISSING", 7, "warranty.period",
                   "'{starts}' is missing in language 'de', another language has it");
    assert_message(fixture, "'warranty.limits' has no text in language 'de'");
    assert_message(fixture, "'b.test' has no text in language 'de'");
    assert_message(fixture, "'c.test' has no text in language 'en'");
    /* A text without a place is looked for in the file as a whole. */
    for (size_t i = 0; i < fixture->problems.problem_count; i++) {
        const struct policy_problem *problem = &fixture->problems.problems[i];
        if (strcmp(problem->clause_id, "b.test") == 0)
            assert_int_equal(problem->line, 77);
        if (strcmp(problem->clause_id, "c.test") == 0)
            assert_string_equal(problem->file, "test.yaml");
    }
    assert_int_equal(fixture_count(fixture, "PLACEHOLDER_UNKNOWN"), 0);
}

static void
placeholders_and_branches_name_what_there_is(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *clause_id;
        const char *text;
        const char *reason; /* NULL: fine */
    } cases[] = {
        {"warranty.period", "{length} {starts} {lenght}", "PLACEHOLDER_UNKNOWN"},
        {"warranty.period", "{length} {starts} {warranty.limits/claims}", "PLACEHOLDER_UNKNOWN"},
        {"warranty.period", "{length} {starts", "TEXT_MALFORMED"},
        {"warranty.period", "{starts} {length, select, none {a} unlimited {b} other {c}}", NULL},
        {"warranty.period", "{starts} {length, select, yes {a} other {c}}", "BRANCH_UNKNOWN"},
        {"warranty.transfer", "{transferable, select, yes {a} no {b} other {c}}", NULL},
        {"warranty.transfer", "{transferable, select, maybe {a} other {c}}", "BRANCH_UNKNOWN"},
        {"warranty.replacement", "{at_least} {carry_over, select, restart {a} other {b}}", NULL},
        {"warranty.replacement", "{at_least} {carry_over, select, stop {a} other {b}}",
         "BRANCH_UNKNOWN"},
        {"repair.charges", "{charge, select, free {a} not_offered {b} other {c}}", NULL},
        {"warranty.limits", "{per} {claims_max, select, 0 {a} other {c}}", NULL},
        {"survey.methods",
         "{after} {methods} {delay} {expires} {reminders_max} {cool_down} "
         "{sample, select, zero {a} all {b} other {c}}",
         NULL},
        {"survey.methods",
         "{after} {methods} {delay} {expires} {reminders_max} {cool_down} "
         "{sample, select, most {a} other {c}}",
         "BRANCH_UNKNOWN"},
        {"warranty.limits", "{per} {claims_max, select, few {a} other {c}}", "BRANCH_UNKNOWN"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fixture_clause(fixture, cases[i].clause_id)->text.texts[0] = cases[i].text;
        fixture->problems.problem_count = fixture->problems.error_count = 0;
        bool is_accepted = check_all(fixture);
        print_message("%s\n", cases[i].text);
        assert_int_equal(is_accepted, cases[i].reason == NULL);
        if (!is_accepted)
            assert_string_equal(fixture_find(fixture, cases[i].reason)->clause_id,
                                cases[i].clause_id);
        fixture_clause(fixture, "warranty.period")->text.texts[0] = "{length} {starts}";
        fixture_clause(fixture, "warranty.transfer")->text.texts[0] = "{transferable}";
        fixture_clause(fixture, "warranty.replacement")->text.texts[0] = "{carry_over} {at_least}";
        fixture_clause(fixture, "warranty.limits")->text.texts[0] = "{claims_max} {per}";
    }
}

/* What is not there is most likely the nearest of what is: of the clause, or of all with a clause
 * named. The catalogue's first and last parameter are among them. */
static void
a_placeholder_that_is_misspelt_is_told_what_was_meant(void **state)
{
    struct fixture *fixture = *state;
    fixture_fill(fixture);
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++) {
        const struct policy_parameter_row *row = policy_parameter_row((enum policy_parameter)i);
        struct policy_clause *clause = fixture_clause(fixture, row->clause_id);
        const char *kept = clause->text.texts[0];
        const char *names[] = {row->parameter, row->name};
        for (size_t j = 0; j < COUNT_OF(names); j++) {
            fixture->problems.problem_count = fixture->problems.error_count = 0;
            clause->text.texts[0] = arena_printf(fixture->arena, "{%s_}", names[j]);
            (void)policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
            assert_message(fixture, arena_printf(fixture->arena,
                                                 "'{%s_}' is no parameter of '%s'; did you mean "
                                                 "{%s}?",
                                                 names[j], row->clause_id, names[j]));
        }
        clause->text.texts[0] = kept;
    }
}

static void
a_value_that_no_text_prints_is_warned_of_unless_it_is_internal(void **state)
{
    struct fixture *fixture = *state;
    struct policy_clause *period = fixture_clause(fixture, "warranty.period");
    fixture_rule(fixture, LENGTH, "", "1 year");
    fixture_rule(fixture, POLICY_WARRANTY_PERIOD_STARTS, "", "delivered");
    period->text.texts[0] = "{length}";
    assert_true(check_all(fixture));
    assert_problem(fixture, "VALUE_NOT_PRINTED", 2, "warranty.period",
                   "no text prints 'starts', and its clause is not internal");
    fixture->problems.problem_count = 0;
    period->is_internal = true;
    assert_true(check_all(fixture));
    assert_int_equal(fixture->problems.problem_count, 0);
}

static void
assert_need_not_be_printed(struct fixture *fixture, const char *nothing)
{
    fixture_rule(fixture, LENGTH, "", nothing);
    fixture_rule(fixture, POLICY_WARRANTY_PERIOD_STARTS, "", "delivered");
    fixture_clause(fixture, "warranty.period")->text.texts[0] = "{starts}";
    assert_true(check_all(fixture));
    assert_int_equal(fixture->problems.problem_count, 0);
}

static void
what_there_is_none_of_need_not_be_printed(void **state)
{
    assert_need_not_be_printed(*state, "none");
}

static void
what_is_not_offered_need_not_be_printed(void **state)
{
    assert_need_not_be_printed(*state, "not_offered");
}

static void
codes_that_are_printed_have_labels_in_every_language(void **state)
{
    struct fixture *fixture = *state;
    static const struct policy_label labels[] = {
        {.key = "cause.unknown", .text.texts = {"unknown causes", "unbekannte Ursachen"}},
        {.key = "cause.wear", .text.texts = {"wear and tear"}},
        {.key = "delivered", .text.texts = {"on delivery", "bei Lieferung"}},
    };
    static const struct policy_rung rungs[] = {{.to = "head_of_service"}};
    static const char *const instead[] = {"note"};
    static const struct policy_document documents[] = {
        {.document = "receipt", .instead = {instead, COUNT_OF(instead)}}};
    fixture->policy.labels = labels;
    fixture->policy.label_count = COUNT_OF(labels);
    fixture->policy.languages[1] = "de";
    fixture->policy.language_count = 2;
    fixture_rule(fixture, CAUSES, "", "unknown, wear");
    fixture_rule(fixture, CAUSES, "category=toys", "wear");
    fixture_rule(fixture, CAUSES, "sku=X-1", "not_offered");
    fixture_rule(fixture, ROUNDING, "", "half_up");
    fixture_rule(fixture, POLICY_WARRANTY_PERIOD_STARTS, "", "purchased, delivered");
    fixture_rule(fixture, POLICY_WARRANTY_REPLACEMENT_CARRY_OVER, "", "restart");
    struct policy_value ladder = {.kind = POLICY_LADDER, .ladder = {rungs, 1}};
    fixture_put(fixture, LADDER, (struct policy_when){0}, ladder);
    struct policy_value checklist = {.kind = POLICY_CHECKLIST, .documents = {documents, 1}};
    fixture_put(fixture, POLICY_WARRANTY_PROCESS_DOCUMENTS, (struct policy_when){0}, checklist);
    fixture_fill(fixture);
    fixture_clause(fixture, "general.money")->is_internal = true;
    policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
    assert_message(fixture,
                   "code 'wear' is printed and has no label in language 'de': add 'cause.wear' or "
                   "'wear' under 'labels'");
    /* wear in German; in both languages toys, purchased, restart, head_of_service, receipt, and
     * what may be given instead */
    assert_int_equal(fixture_count(fixture, "LABEL_MISSING"), 1 + 2 * 6);
}

static void
labels_of_many_codes_are_looked_for_in_bounded_time(void **state)
{
    struct fixture *fixture = *state;
    put_grid(fixture, 800, 10, true);
    for (size_t i = 0; i < fixture->policy.rule_count; i++)
        fixture->rules[i].value.span.days = 1;
    check_all(fixture);
    /* There are too many warnings of rules that change nothing to keep all errors. */
    assert_int_equal(fixture->problems.error_count, 500);
}

static void
a_code_that_two_lists_have_needs_a_label_for_each_in_every_language(void **state)
{
    static const char *const lists[] = {"cause", "refund_method"};
    static const char *const languages[] = {"en", "de"};
    static const char *const rust[] = {"rust"};
    struct fixture *fixture = *state;
    fixture->policy.languages[1] = "de";
    fixture->policy.language_count = 2;
    struct policy_value value = {.kind = POLICY_CHOICES, .codes = {rust, 1}};
    fixture_put(fixture, CAUSES, (struct policy_when){0}, value);
    fixture_put(fixture, POLICY_RETURNS_REFUND_METHODS, (struct policy_when){0}, value);
    fixture_fill(fixture);
    policy_check(fixture->arena, &fixture->policy, false, &fixture->problems);
    for (size_t i = 0; i < 4; i++)
        assert_message(fixture, arena_printf(fixture->arena,
                                             "code 'rust' is printed and has no label in language "
                                             "'%s': add '%s.rust' or 'rust' under 'labels'",
                                             languages[i % 2], lists[i / 2]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(every_language_has_every_text_and_the_same_placeholders),
        TEST(placeholders_and_branches_name_what_there_is),
        TEST(a_placeholder_that_is_misspelt_is_told_what_was_meant),
        TEST(a_value_that_no_text_prints_is_warned_of_unless_it_is_internal),
        TEST(what_there_is_none_of_need_not_be_printed),
        TEST(what_is_not_offered_need_not_be_printed),
        TEST(codes_that_are_printed_have_labels_in_every_language),
        TEST(a_code_that_two_lists_have_needs_a_label_for_each_in_every_language),
        TEST(labels_of_many_codes_are_looked_for_in_bounded_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
