/*
 * policy_problem_test - problems are kept, bounded, sorted; facts are found, and each reading told
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_value_fixture.h"

static const struct policy_place place = {.file = "a.yaml", .line = 3, .column = 5};

static void
a_problem_keeps_what_it_was_told(void **state UNUSED)
{
    policy_problem_add(&problems, POLICY_ERROR, "CODE_UNKNOWN", place, "warranty.period",
                       "'%s' is no code", "x");
    policy_problem_suggest(&problems, "- {when: {}}");
    policy_problem_add(&problems, POLICY_WARNING, "RULE_USELESS", (struct policy_place){0}, NULL,
                       "nothing");
    const struct policy_problem *first = &problems.problems[0];
    assert_string_equal(first->message, "'x' is no code");
    assert_string_equal(first->file, "a.yaml");
    assert_int_equal(first->line, 3);
    assert_int_equal(first->column, 5);
    assert_string_equal(first->clause_id, "warranty.period");
    assert_string_equal(first->suggestion, "- {when: {}}");
    assert_string_equal(problems.problems[1].file, "");
    assert_string_equal(problems.problems[1].clause_id, "");
    assert_null(problems.problems[1].suggestion);
    assert_int_equal(problems.error_count, 1);
    assert_int_equal(problems.warning_count, 1);
}

static void
a_long_message_is_cut_between_characters(void **state UNUSED)
{
    for (int shift = 0; shift < 4; shift++) {
        char text[1200] = "abcd";
        text[shift] = 0;
        for (int i = 0; i < 300; i++)
            memcpy(text + shift + 3 * i, "\xe2\x82\xac", 4);
        policy_problem_add(&problems, POLICY_ERROR, "X", place, NULL, "%s", text);
        const char *message = problems.problems[shift].message;
        size_t size = strlen(message);
        assert_true(size < 512);
        assert_string_equal(message + size - 3, "...");
        assert_int_equal((size - 3 - (size_t)shift) % 3, 0);
    }
}

/* A message that begins a line of its own would be told as another problem. */
static void
what_is_quoted_stays_in_its_line(void **state UNUSED)
{
    policy_problem_add(&problems, POLICY_ERROR, "X", place, "a\nb", "\"%s\" is none",
                       "x\n/etc/passwd:1:1: error\t\x1b[31m\x7f");
    assert_string_equal(problems.problems[0].message,
                        "\"x\\n/etc/passwd:1:1: error\\t\\x1b[31m\\x7f\" is none");
    assert_string_equal(problems.problems[0].clause_id, "a\\nb");
    char many[1200];
    memset(many, '\n', sizeof many - 1);
    many[sizeof many - 1] = 0;
    policy_problem_add(&problems, POLICY_ERROR, "X", place, many, "%s", many);
    assert_int_equal(strlen(problems.problems[1].message), 511);
    assert_int_equal(strlen(problems.problems[1].clause_id), 511);
}

static void
a_quote_is_cut_between_characters(void **state UNUSED)
{
    policy_problem_add(&problems, POLICY_ERROR, "X", place, NULL, "\"%.5s\" and %.2s.",
                       "\xe2\x82\xac\xe2\x82\xac", "\xf0\x9f\x99\x82");
    assert_string_equal(problems.problems[0].message, "\"\xe2\x82\xac\" and .");
    policy_problem_add(&problems, POLICY_ERROR, "X", place, NULL, "the end of one is left out%s",
                       "\xbf\xbf");
    assert_string_equal(problems.problems[1].message, "the end of one is left out");
}

static void
a_character_of_four_bytes_is_told_whole(void **state UNUSED)
{
    policy_problem_add(&problems, POLICY_ERROR, "X", place, NULL, "%s", "a\xf0\x9f\x99\x82z");
    assert_string_equal(problems.problems[0].message, "a\xf0\x9f\x99\x82z");
}

static void
problems_above_the_limit_are_only_counted(void **state UNUSED)
{
    for (int i = 0; i < POLICY_PROBLEMS_MAX; i++)
        policy_problem_add(&problems, POLICY_ERROR, "X", place, NULL, "number %d", i);
    policy_problem_suggest(&problems, "mine");
    policy_problem_add(&problems, POLICY_ERROR, "X", place, NULL, "one more");
    policy_problem_suggest(&problems, "not mine");
    assert_int_equal(problems.problem_count, POLICY_PROBLEMS_MAX);
    assert_int_equal(problems.error_count, POLICY_PROBLEMS_MAX + 1);
    assert_string_equal(problems.problems[POLICY_PROBLEMS_MAX - 1].suggestion, "mine");
    assert_string_equal(problems.problems[POLICY_PROBLEMS_MAX - 1].message, "number 499");
}

static void
problems_sort_by_place_and_keep_their_order_there(void **state UNUSED)
{
    static const struct {
        const char *file;
        int line, column;
        const char *reason, *message;
    } added[] = {{"b", 1, 1, "A", "6"}, {"a", 2, 1, "A", "4"}, {"a", 2, 9, "A", "5"},
                 {"a", 1, 1, "B", "3"}, {"a", 1, 1, "A", "1"}, {"a", 1, 1, "A", "2"}};
    policy_problem_suggest(&problems, "there is none");
    for (size_t i = 0; i < COUNT_OF(added); i++)
        policy_problem_add(&problems, POLICY_WARNING, added[i].reason,
                           (struct policy_place){added[i].file, added[i].line, added[i].column},
                           NULL, "%s", added[i].message);
    policy_problems_sort(&problems);
    for (size_t i = 0; i < COUNT_OF(added); i++)
        assert_int_equal(problems.problems[i].message[0], '1' + (char)i);
}

/* ---- facts ---- */

static char told[200];

static void
on_read(void *context, const struct policy_fact_row *row, const struct policy_fact *fact)
{
    assert_ptr_equal(context, told);
    strcat(told, row->name);
    strcat(told, fact == NULL ? "- " : fact->is_known ? "+ " : "? ");
}

static void
every_reading_of_a_fact_is_told(void **state UNUSED)
{
    static const struct policy_fact facts[] = {
        {.name = "csat", .is_known = true, .number = 2},
        {.name = "finding", .is_known = false},
        {.name = "warranty_card", .is_known = true, .flag = true},
    };
    static const struct policy_fact_row card = {.name = "warranty_card", .kind = POLICY_FACT_FLAG};
    struct policy_fact_reader reader = {
        .facts = facts, .fact_count = COUNT_OF(facts), .on_read = on_read, .context = told};
    told[0] = 0;
    assert_int_equal(policy_fact_read(&reader, "csat")->number, 2);
    assert_null(policy_fact_read(&reader, "finding"));
    assert_null(policy_fact_read(&reader, "nps"));
    assert_true(policy_fact_read_row(&reader, &card)->flag);
    assert_string_equal(told, "csat+ finding? nps- warranty_card+ ");
    struct policy_fact_reader silent = {0};
    assert_null(policy_fact_read(&silent, "csat"));
}

static void
trust_has_names(void **state UNUSED)
{
    assert_string_equal(policy_trust_name(POLICY_STATED), "STATED");
    assert_string_equal(policy_trust_name(POLICY_RECORDED), "RECORDED");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_problem_keeps_what_it_was_told, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_long_message_is_cut_between_characters, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(what_is_quoted_stays_in_its_line, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_quote_is_cut_between_characters, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_character_of_four_bytes_is_told_whole, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(problems_above_the_limit_are_only_counted, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(problems_sort_by_place_and_keep_their_order_there,
                                        fixture_open, fixture_close),
        cmocka_unit_test(every_reading_of_a_fact_is_told),
        cmocka_unit_test(trust_has_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
