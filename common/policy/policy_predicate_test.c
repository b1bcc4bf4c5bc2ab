/*
 * policy_predicate_test - conditions: read, refused, tested in three-valued logic, printed
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_predicate_fixture.h"

static void
a_fact_that_is_not_known_decides_nothing(void **state UNUSED)
{
    reset_facts();
    assert_int_equal(test_text("{finding: misuse}"), POLICY_UNKNOWN);
    assert_int_equal(test_text("{not: {finding: misuse}}"), POLICY_UNKNOWN);
    assert_int_equal(test_text("{csat: '<= 2'}"), POLICY_UNKNOWN);
    assert_int_equal(test_text("{finding: known}"), POLICY_FALSE);
    assert_int_equal(test_text("{finding: unknown}"), POLICY_TRUE);
    facts[OPENED] = (struct policy_fact){.name = "opened", .is_known = true, .flag = true};
    assert_int_equal(test_text("{finding: misuse, opened: no}"), POLICY_FALSE);
    assert_int_equal(test_text("{any: [{finding: misuse}, {opened: yes}]}"), POLICY_TRUE);
    assert_int_equal(test_text("{all: [{finding: misuse}, {opened: yes}]}"), POLICY_UNKNOWN);
}

static void
all_facts_are_asked_whatever_the_outcome(void **state UNUSED)
{
    reset_facts();
    facts[OPENED] = (struct policy_fact){.name = "opened", .is_known = true};
    const struct policy_predicate *predicate = read_condition(
        "{opened: yes, any: [{opened: no}, {finding: misuse, csat: 3}], not: {sku: [a, b]}}");
    assert_int_equal(test(predicate), POLICY_FALSE);
    assert_string_equal(read_names, "opened opened finding csat sku ");
    struct policy_codes names = policy_predicate_facts(arena, predicate);
    assert_int_equal(names.count, 4);
    assert_string_equal(names.codes[0], "opened");
    assert_string_equal(names.codes[1], "finding");
    assert_string_equal(names.codes[2], "csat");
    assert_string_equal(names.codes[3], "sku");
}

static void
a_code_of_a_tree_matches_what_lies_beneath(void **state UNUSED)
{
    static const struct {
        const char *said;
        enum policy_truth our_fault, defect;
    } cases[] = {
        {"defect", POLICY_TRUE, POLICY_TRUE},           {"wrong_item", POLICY_TRUE, POLICY_FALSE},
        {"change_of_mind", POLICY_FALSE, POLICY_FALSE}, {"our_fault", POLICY_TRUE, POLICY_UNKNOWN},
        {"elsewhere", POLICY_FALSE, POLICY_FALSE},
    };
    reset_facts();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        facts[REASON] =
            (struct policy_fact){.name = "reason", .is_known = true, .code = cases[i].said};
        assert_int_equal(test_text("{reason: our_fault}"), cases[i].our_fault);
        assert_int_equal(test_text("{reason: [change_of_mind, defect]}"),
                         i == 2 ? POLICY_TRUE : cases[i].defect);
    }
}

static void
days_amounts_and_numbers_are_compared(void **state UNUSED)
{
    reset_facts();
    facts[DELIVERED].is_known = facts[PRICE].is_known = facts[CSAT].is_known = true;
    facts[DELIVERED].date = (struct date){2026, 3, 15};
    facts[PRICE].money = (struct money){5900, "EUR"};
    facts[CSAT].number = 2;
    assert_int_equal(test_text("{delivered: '>= 2026-03-15'}"), POLICY_TRUE);
    assert_int_equal(test_text("{delivered: '> 2026-03-15'}"), POLICY_FALSE);
    assert_int_equal(test_text("{delivered: yes}"), POLICY_TRUE);
    assert_int_equal(test_text("{delivered: no}"), POLICY_FALSE);
    assert_int_equal(test_text("{price_paid: '< 59.01 EUR'}"), POLICY_TRUE);
    assert_int_equal(test_text("{price_paid: '<59.00 EUR'}"), POLICY_FALSE);
    assert_int_equal(test_text("{price_paid: '< 59.01 USD'}"), POLICY_UNKNOWN);
    assert_int_equal(test_text("{csat: 2}"), POLICY_TRUE);
    assert_int_equal(test_text("{csat: '= 3'}"), POLICY_FALSE);
    assert_int_equal(test_text("{receive_time: known}"), POLICY_FALSE);
    reset_facts();
    assert_int_equal(test_text("{delivered: yes}"), POLICY_UNKNOWN);
}

static void
a_document_of_the_policy_is_a_fact(void **state UNUSED)
{
    static const struct policy_fact card = {
        .name = "warranty_card", .is_known = true, .flag = true};
    struct policy_fact_reader reader = {.facts = &card, .fact_count = 1};
    const struct policy_predicate *predicate = read_condition("{warranty_card: yes}");
    assert_int_equal(policy_predicate_test(predicate, &fixture.axes, &reader), POLICY_TRUE);
    assert_string_equal(print(predicate), "{\"warranty_card\":\"yes\"}");
}

static void
a_condition_prints_sorted_and_equal_ones_equally(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *canonical;
    } cases[] = {
        {"{opened: yes, finding: [misuse, impact]}",
         "{\"finding\":[\"misuse\",\"impact\"],\"opened\":\"yes\"}"},
        {"{finding: [liquid]}", "{\"finding\":\"liquid\"}"},
        {"{cause: [unknown]}", "{\"cause\":[\"unknown\"]}"},
        {"{cause: unknown}", "{\"cause\":\"unknown\"}"},
        {"{csat: known, nps: '<6'}", "{\"csat\":\"known\",\"nps\":\"< 6\"}"},
        {"{csat: 3, nps: '>= 9'}", "{\"csat\":\"= 3\",\"nps\":\">= 9\"}"},
        {"{opened: no, price_paid: '> 5.00 EUR'}",
         "{\"opened\":\"no\",\"price_paid\":\"> 5.00 EUR\"}"},
        {"{delivered: '<= 2026-01-31'}", "{\"delivered\":\"<= 2026-01-31\"}"},
        {"{not: {csat: 1}, any: [{csat: 2}, {csat: 3, nps: 4}]}",
         "{\"any\":[{\"csat\":\"= 2\"},{\"csat\":\"= 3\",\"nps\":\"= 4\"}],\"not\":{\"csat\":\"= "
         "1\"}}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct policy_predicate *predicate = read_condition(cases[i].text);
        assert_string_equal(print(predicate), cases[i].canonical);
        const struct policy_predicate *again = read_condition(cases[i].canonical);
        assert_true(policy_predicate_equals(predicate, again));
        for (size_t j = 0; j < COUNT_OF(cases); j++)
            assert_int_equal(policy_predicate_equals(predicate, read_condition(cases[j].text)),
                             i == j);
    }
    static const char *const others[] = {"{opened: yes, csat: 1}", "{finding: [impact, misuse]}",
                                         "{csat: unknown, nps: 1}", "{csat: '> 6', nps: '> 6'}"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        for (size_t j = 0; j < COUNT_OF(cases); j++)
            assert_false(
                policy_predicate_equals(read_condition(others[i]), read_condition(cases[j].text)));
    assert_false(policy_predicate_equals(read_condition("{opened: yes}"),
                                         read_condition("{hygiene_product: yes}")));
}

static void
what_is_no_condition_is_refused_with_its_place(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *reason;
        const char *message; /* a part of it */
        int column;
    } cases[] = {
        {"{fiding: misuse}", "FACT_UNKNOWN", "did you mean 'finding'?", 2},
        {"{qwertyuiop: 1}", "FACT_UNKNOWN", "there is no fact 'qwertyuiop'", 2},
        {"{finding: misuze}", "CODE_UNKNOWN", "'misuze' is no code of finding", 11},
        {"{reason: toy}", "CODE_UNKNOWN", "'toy' is no code of reason", 10},
        {"{finding: [misuse, misuse]}", "CODE_REPEATED", "twice", 20},
        {"{finding: []}", "MATCHER_WRONG", "at least one", 11},
        {"{finding: [[misuse]]}", "MATCHER_WRONG", "holds codes", 12},
        {"{finding: ''}", "MATCHER_WRONG", "needs a code", 11},
        {"{finding: {a: b}}", "MATCHER_WRONG", "needs a code", 11},
        {"{csat: [1, 2]}", "MATCHER_WRONG", "needs one value", 8},
        {"{csat: many}", "MATCHER_WRONG", "'>= 2'", 8},
        {"{csat: '!= 2'}", "MATCHER_WRONG", "neither", 8},
        {"{csat: '>= 2.5'}", "MATCHER_WRONG", "neither", 8},
        {"{csat: '>= 2 3'}", "MATCHER_WRONG", "neither", 8},
        {"{csat: '>= 1000000001'}", "MATCHER_WRONG", "neither", 8},
        {"{opened: true}", "MATCHER_WRONG", "yes, no, known or unknown", 10},
        {"{price_paid: '> 5'}", "MATCHER_WRONG", "'>= 50.00 EUR'", 14},
        {"{delivered: '> 2026-02-30'}", "MATCHER_WRONG", "'>= 2026-01-31'", 13},
        {"{receive_time: yes}", "MATCHER_WRONG", "only known or unknown", 16},
        {"{}", "CONDITION_WRONG", "a map of facts", 1},
        {"[finding]", "CONDITION_WRONG", "a map of facts", 1},
        {"{all: {csat: 1}}", "CONDITION_WRONG", "'all' needs a list", 7},
        {"{any: []}", "CONDITION_WRONG", "'any' needs a list", 7},
        {"{not: [{csat: 1}]}", "CONDITION_WRONG", "a map of facts", 7},
        {"{not: {not: {not: {not: {not: {csat: 1}}}}}}", "CONDITION_TOO_DEEP", "at most 4 deep",
         26},
        {"{sku: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
         "MATCHER_WRONG", "too long", 7},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        problems.problem_count = problems.error_count = 0;
        if (try_read(cases[i].text) != NULL)
            fail_msg("%s was read", cases[i].text);
        const struct policy_problem *problem = &problems.problems[0];
        assert_int_equal(problems.error_count, 1);
        assert_string_equal(problem->reason, cases[i].reason);
        if (strstr(problem->message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].text, problem->message);
        assert_int_equal(problem->line, 1);
        assert_int_equal(problem->column, cases[i].column + (int)strlen("c: "));
        assert_string_equal(problem->clause_id, "warranty.exclusions");
    }
}

static void
every_fault_of_a_condition_is_told(void **state UNUSED)
{
    assert_null(try_read("{finding: [a, b], all: [{c: 1}, {d: 1}], not: {opened: maybe}}"));
    assert_int_equal(problems.error_count, 5);
}

static void
a_condition_may_nest_four_deep_and_have_so_many_terms(void **state UNUSED)
{
    read_condition("{not: {not: {not: {not: {csat: 1}}}}}");
    for (int terms = POLICY_PREDICATE_TERMS_MAX - 1; terms <= POLICY_PREDICATE_TERMS_MAX; terms++) {
        struct buf text = {0};
        buf_add_text(&text, "{any: [");
        for (int i = 0; i < terms; i++)
            buf_printf(&text, "{csat: %d}, ", i);
        buf_add_text(&text, "]}");
        bool is_fine = try_read(buf_text(&text)) != NULL;
        buf_free(&text);
        assert_int_equal(is_fine, terms < POLICY_PREDICATE_TERMS_MAX);
    }
    assert_string_equal(problems.problems[0].reason, "CONDITION_TOO_LONG");
    struct buf text = {0};
    for (int i = 0; i <= POLICY_PREDICATE_TERMS_MAX; i++)
        buf_printf(&text, "%s{csat: %d}", i == 0 ? "{any: [" : ",", i);
    buf_add_text(&text, "]}");
    assert_null(try_read(buf_text(&text)));
    buf_free(&text);
    struct buf codes = {0};
    for (int i = 0; i <= POLICY_CODES_MAX; i++)
        buf_printf(&codes, "%s s%d", i == 0 ? "{sku: [" : ",", i);
    buf_add_text(&codes, "]}");
    assert_null(try_read(buf_text(&codes)));
    buf_free(&codes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_fact_that_is_not_known_decides_nothing),
        TEST(all_facts_are_asked_whatever_the_outcome),
        TEST(a_code_of_a_tree_matches_what_lies_beneath),
        TEST(days_amounts_and_numbers_are_compared),
        TEST(a_document_of_the_policy_is_a_fact),
        TEST(a_condition_prints_sorted_and_equal_ones_equally),
        TEST(what_is_no_condition_is_refused_with_its_place),
        TEST(every_fault_of_a_condition_is_told),
        TEST(a_condition_may_nest_four_deep_and_have_so_many_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
