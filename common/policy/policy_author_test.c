/*
 * policy_author_test - what an author is told of a slip: once, where the cure is, and with it
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide.h"
#include "common/policy/policy_text_fixture.h"

static struct read_fixture files;

static int
tear_down(void **state UNUSED)
{
    read_end(&files);
    arena_deinit();
    zone_deinit();
    return 0;
}

/* Reads the default policy with some words replaced, and checks it if it could be read. */
static void
check_edited(const struct text_edits *edits)
{
    if (files.arena != NULL)
        read_end(&files);
    read_start(&files);
    assert_true(read_load(&files, "deploy/policies/default.yaml", &files.sources.main));
    assert_true(read_load(&files, "deploy/policies/default.de.yaml", &files.languages[0]));
    assert_true(read_load(&files, "deploy/policies/holidays/DE.yaml", &files.holidays[0]));
    files.sources.language_count = 1;
    files.sources.holiday_count = 1;
    text_replace(&files.sources.main, edits->main, &files);
    text_replace(&files.languages[0], edits->german, &files);
    const struct policy *policy = read_all(&files);
    if (policy != NULL)
        (void)policy_check(files.arena, policy, true, &files.problems);
}

static const struct policy_problem *
find(const char *reason, const char *part)
{
    for (size_t i = 0; i < files.problems.problem_count; i++) {
        const struct policy_problem *problem = &files.problems.problems[i];
        if (strcmp(problem->reason, reason) == 0 && strstr(problem->message, part) != NULL)
            return problem;
    }
    read_print_problems(&files.problems);
    fail_msg("no problem %s with \"%s\"", reason, part);
    return NULL;
}

/* The slip is one error, whatever refers to what it left out. */
static const struct policy_problem *
find_only(const char *reason, const char *part)
{
    const struct policy_problem *problem = find(reason, part);
    if (files.problems.error_count != 1)
        read_print_problems(&files.problems);
    assert_int_equal(files.problems.error_count, 1);
    return problem;
}

static void
a_calendar_with_a_fault_is_not_missing_too(void **state UNUSED)
{
    check_edited(&(struct text_edits){.main = {"\"09:00-18:00\"", "\"9-18\""}});
    find_only("HOURS_MALFORMED", "\"9-18\"");
    check_edited(&(struct text_edits){.main = {"holidays: [DE]", "holidays: [FR]"}});
    find_only("HOLIDAYS_MISSING", "holidays/FR.yaml beside the policy");
}

static void
a_misspelt_clause_is_told_once_with_the_one_that_is_meant(void **state UNUSED)
{
    check_edited(
        &(struct text_edits){.main = {"clause: warranty.period", "clause: warranty.peroid"}});
    const struct policy_problem *problem =
        find_only("CLAUSE_UNKNOWN", "did you mean \"warranty.period\"?");
    assert_string_equal(problem->clause_id, "warranty.peroid");
}

static void
a_misspelt_placeholder_is_told_once_with_the_one_that_is_meant(void **state UNUSED)
{
    check_edited(&(struct text_edits){.main = {"product for {length}", "product for {lenght}"}});
    const struct policy_problem *problem =
        find_only("PLACEHOLDER_UNKNOWN", "did you mean {length}?");
    assert_string_equal(problem->file, "deploy/policies/default.yaml");
}

static void
the_one_number_that_a_key_can_be_is_told(void **state UNUSED)
{
    check_edited(&(struct text_edits){.main = {"format: 1\n", "format: 2\n"}});
    find_only("VALUE_WRONG", "format is 1, and not \"2\"");
}

static void
a_section_without_a_number_has_not_that_of_another(void **state UNUSED)
{
    check_edited(&(struct text_edits){.main = {"    number: 3\n", ""}});
    find_only("KEY_MISSING", "number");
}

static void
a_misspelt_axis_is_told_once(void **state UNUSED)
{
    check_edited(&(struct text_edits){.main = {"\n  category:", "\n  categories:"}});
    find_only("AXIS_UNKNOWN", "did you mean \"category\"?");
    assert_int_equal(files.problems.problem_count, 1);
    check_edited(&(struct text_edits){.main = {"\naxes:", "\naxis:"}});
    find_only("KEY_UNKNOWN", "did you mean \"axes\"?");
    assert_int_equal(files.problems.problem_count, 1);
}

static void
a_test_with_a_fault_has_its_text_all_the_same(void **state UNUSED)
{
    check_edited(
        &(struct text_edits){.main = {"when: {finding: [misuse", "when: {findign: [misuse"}});
    assert_int_equal(files.problems.error_count, 1);
}

static void
an_amount_in_another_currency_is_refused(void **state UNUSED)
{
    check_edited(&(struct text_edits){.main = {"charge: 39.00 EUR", "charge: 39.00 USD"}});
    find_only("CURRENCY_OTHER", "'39.00 USD' is in USD, but the currency of the policy is EUR");
    check_edited(&(struct text_edits){.main = {"min 9.00 EUR", "min 9.00 USD"}});
    find_only("CURRENCY_OTHER", "is in USD");
    check_edited(&(struct text_edits){
        .main = {"auto_approve_up_to: 150.00 EUR", "auto_approve_up_to: 150.00 USD"}});
    find_only("CURRENCY_OTHER", "'150.00 USD' is in USD");
}

static void
a_condition_without_words_is_told_in_the_file_that_lacks_them(void **state UNUSED)
{
    check_edited(&(struct text_edits){
        .main = {"channel.distance: if you bought online or by telephone, ", ""}});
    const struct policy_problem *problem =
        find_only("LABEL_MISSING", "in language 'en': add 'when.channel.distance' under 'labels'");
    assert_string_equal(problem->file, "deploy/policies/default.yaml");
    check_edited(
        &(struct text_edits){.main = {"channel.distance: if you", "chanel.distance: if you"}});
    find_only("LABEL_MISSING", "'when.channel.distance'");
    find("LABEL_UNKNOWN", "there is no fact \"chanel\"");
}

static void
what_pages_and_decisions_name_needs_words_in_each_language(void **state UNUSED)
{
    check_edited(
        &(struct text_edits){.main = {"eu: the European Union, ", "", "consumer: consumers, ", "",
                                      "calendar: {office: Customer service, ", "calendar: {",
                                      "cost_class: {parts: parts, ", "cost_class: {"}});
    find("LABEL_MISSING", "'region.eu'");
    find("LABEL_MISSING", "'customer_class.consumer'");
    find("LABEL_MISSING", "'calendar.office'");
    find("LABEL_MISSING", "'cost_class.parts'");
}

static void
labels_and_texts_that_a_language_lacks_are_there_to_be_pasted(void **state UNUSED)
{
    check_edited(
        &(struct text_edits){.german = {"  region: {eu: Europäische Union, ", "  region: {"}});
    const struct policy_problem *problem = find_only("LABEL_MISSING", "'region.eu'");
    assert_string_equal(problem->file, "deploy/policies/default.de.yaml");
    assert_string_equal(problem->suggestion, "labels:\n  region.eu: \"the European Union\"\n");
    check_edited(&(struct text_edits){.german = {"\n  warranty.exclusions.wear:", "\n#"}});
    problem = find_only("TEXT_MISSING", "warranty.exclusions.wear");
    assert_non_null(strstr(problem->suggestion, "texts:\n  warranty.exclusions.wear: \"normal"));
}

static void
an_internal_clause_needs_no_text(void **state UNUSED)
{
    check_edited(
        &(struct text_edits){.main = {"        text: \"Staff may decide beyond this policy up to "
                                      "{override_limit}, and give their reason.\"\n",
                                      ""},
                             .german = {"\n  general.authority: \"", "\n# \""}});
    assert_int_equal(files.problems.error_count, 0);
    const struct policy_clause *clause = policy_find_clause(files.policy, "general.authority");
    assert_null(clause->text.texts[0]);
    struct buf page = {0};
    policy_page_text(&(struct policy_page){.policy = files.policy, .shows_internal = true}, 80,
                     &page);
    assert_non_null(strstr(buf_text(&page), "Authority: "));
    buf_free(&page);
}

/* The message about a case file. */
static const char *
refuse_case(const char *text)
{
    check_edited(&(struct text_edits){.main = {NULL}});
    struct policy_file file = read_text("case.yaml", text);
    struct policy_problems problems = {.arena = files.arena};
    assert_null(policy_case_read(files.arena, files.policy, &file, &problems));
    return problems.problems[0].message;
}

static void
a_case_is_told_which_questions_there_are(void **state UNUSED)
{
    assert_string_equal(refuse_case("at: 2026-01-01\n"),
                        "the question is missing; there are warranty.coverage, warranty.claim, "
                        "returns.check, repair.charge, repair.remedy, complaint.deadlines");
    assert_string_equal(refuse_case("question: waranty.claim\nat: 2026-01-01\n"),
                        "question: there is no such question; did you mean warranty.claim?");
    assert_string_equal(refuse_case("question: warranty.claim\n"),
                        "the day asked about is missing, as at: 2026-11-02");
    assert_string_equal(refuse_case("question: warranty.claim\nat: soon\n"),
                        "at: the day asked about is written as 2026-11-02");
}

static void
a_day_that_does_not_exist_is_not_called_badly_written(void **state UNUSED)
{
    assert_string_equal(refuse_case("question: warranty.claim\nat: 2026-02-29\n"),
                        "at: there is no day 2026-02-29");
    assert_string_equal(refuse_case("question: warranty.claim\nat: 2026-03-01\n"
                                    "decided: 2026-02-29T10:00:00Z\n"),
                        "decided: there is no day 2026-02-29");
    assert_string_equal(refuse_case("question: warranty.claim\nat: 2026-03-01\n"
                                    "decided: 2026-02-28\n"),
                        "decided: the time of the decision is written as 2026-11-02T10:30:00Z");
    assert_string_equal(refuse_case("question: warranty.claim\nat: 2026-03-01\n"
                                    "facts: {delivered: 2026-13-01}\n"),
                        "delivered: there is no day 2026-13-01");
    assert_string_equal(refuse_case("question: warranty.claim\nat: 2026-03-01\n"
                                    "facts: {receive_time: 2026-04-31T10:00:00Z}\n"),
                        "receive_time: there is no day 2026-04-31");
    assert_string_equal(refuse_case("question: warranty.claim\nat: 2026-03-01\n"
                                    "facts: {delivered: 1 May 2026}\n"),
                        "delivered: a day is asked for, as 2026-03-15");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_calendar_with_a_fault_is_not_missing_too),
        cmocka_unit_test(a_misspelt_clause_is_told_once_with_the_one_that_is_meant),
        cmocka_unit_test(a_misspelt_placeholder_is_told_once_with_the_one_that_is_meant),
        cmocka_unit_test(the_one_number_that_a_key_can_be_is_told),
        cmocka_unit_test(a_section_without_a_number_has_not_that_of_another),
        cmocka_unit_test(a_misspelt_axis_is_told_once),
        cmocka_unit_test(a_test_with_a_fault_has_its_text_all_the_same),
        cmocka_unit_test(an_amount_in_another_currency_is_refused),
        cmocka_unit_test(a_condition_without_words_is_told_in_the_file_that_lacks_them),
        cmocka_unit_test(what_pages_and_decisions_name_needs_words_in_each_language),
        cmocka_unit_test(labels_and_texts_that_a_language_lacks_are_there_to_be_pasted),
        cmocka_unit_test(an_internal_clause_needs_no_text),
        cmocka_unit_test(a_case_is_told_which_questions_there_are),
        cmocka_unit_test(a_day_that_does_not_exist_is_not_called_badly_written),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
