/*
 * policy_read_bad_test - broken policies are refused with the reason, the place and the clause
 *
 * Each file of tests/policies/bad says in its first lines what it expects:
 *
 *     # expect: PARAMETER_UNKNOWN 27 warranty.period        in this file
 *     # expect: TEXT_MISSING de:4 warranty.period           in the German one beside it
 *
 * and that is all the errors there are while it is read. What only the check of the rules finds is
 * looked for among its findings, as these small files set hardly any parameter.
 */
// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>

#include "common/policy/policy_check.h"
#include "common/policy/policy_read_fixture.h"

enum { FILES_WANTED = 40, EXPECTED_MAX = 16, NAME_SIZE = 300 };

struct expected {
    char reason[64];
    char clause_id[128];
    int line;
    bool is_german;
};

static size_t
read_expected(const struct policy_file *file, struct expected expected[EXPECTED_MAX])
{
    size_t count = 0;
    const char *at = file->bytes;
    while ((at = strstr(at, "# expect: ")) != NULL) {
        struct expected *one = &expected[count++];
        assert_true(count <= EXPECTED_MAX);
        char place[16];
        assert_int_equal(
            sscanf(at, "# expect: %63s %15s %127s", one->reason, place, one->clause_id), 3);
        one->is_german = strncmp(place, "de:", 3) == 0;
        one->line = (int)strtol(place + (one->is_german ? 3 : 0), NULL, 10);
        if (strcmp(one->clause_id, "-") == 0)
            one->clause_id[0] = 0;
        at++;
    }
    return count;
}

static bool
is_it(const struct policy_problem *problem, const struct expected *expected)
{
    bool is_german = strstr(problem->file, ".de.yaml") != NULL;
    return problem->severity == POLICY_ERROR && strcmp(problem->reason, expected->reason) == 0 &&
           strcmp(problem->clause_id, expected->clause_id) == 0 &&
           problem->line == expected->line && is_german == expected->is_german &&
           problem->message[0] != 0;
}

static bool
is_among(const struct policy_problems *problems, const struct expected *expected)
{
    for (size_t i = 0; i < problems->problem_count; i++)
        if (is_it(&problems->problems[i], expected))
            return true;
    return false;
}

/* Answers whether all is as the file says. */
static bool
check_file(const char *name)
{
    char path[NAME_SIZE * 2];
    char german[NAME_SIZE * 2];
    struct expected expected[EXPECTED_MAX];
    struct read_fixture fixture;
    read_start(&fixture);
    (void)snprintf(path, sizeof path, "tests/policies/bad/%s.yaml", name);
    (void)snprintf(german, sizeof german, "tests/policies/bad/%s.de.yaml", name);
    assert_true(read_load(&fixture, path, &fixture.sources.main));
    fixture.sources.language_count = read_load(&fixture, german, &fixture.languages[0]);
    fixture.holidays[0] = read_text("DE.yaml", read_holidays_de);
    fixture.sources.holiday_count = 1;
    size_t count = read_expected(&fixture.sources.main, expected);
    bool is_fine = count > 0;
    struct policy *policy = read_all(&fixture);
    if (policy != NULL)
        is_fine = !policy_check(fixture.arena, policy, false, &fixture.problems) && is_fine;
    else
        is_fine = fixture.problems.error_count == count && is_fine;
    for (size_t i = 0; i < count; i++)
        is_fine = is_among(&fixture.problems, &expected[i]) && is_fine;
    if (!is_fine) {
        print_message("%s is not refused as it says, but:\n", path);
        read_print_problems(&fixture.problems);
    }
    read_end(&fixture);
    return is_fine;
}

static void
broken_files_are_refused_with_reason_line_and_clause(void **state UNUSED)
{
    DIR *folder = opendir(AFTERCARE_SOURCE_DIR "/tests/policies/bad");
    assert_non_null(folder);
    int count = 0;
    int wrong = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "%s", entry->d_name);
        char *end = strstr(name, ".yaml");
        if (end == NULL || strstr(name, ".de.yaml") != NULL)
            continue;
        *end = 0;
        count++;
        wrong += !check_file(name);
    }
    (void)closedir(folder);
    assert_int_equal(wrong, 0);
    assert_true(count >= FILES_WANTED);
}

/* ---- the four files of the specification, where it lies beside the tree ---- */

static void
assert_specified(const char *name, const struct expected *expected)
{
    char path[NAME_SIZE];
    char german[NAME_SIZE];
    struct read_fixture fixture;
    read_start(&fixture);
    (void)snprintf(path, sizeof path, "../shared/policy/bad/%s.yaml", name);
    (void)snprintf(german, sizeof german, "../shared/policy/bad/%s.de.yaml", name);
    if (!read_load(&fixture, path, &fixture.sources.main)) {
        read_end(&fixture);
        skip();
    }
    assert_true(read_load(&fixture, german, &fixture.languages[0]));
    fixture.sources.language_count = 1;
    fixture.holidays[0] = read_text("DE.yaml", read_holidays_de);
    fixture.sources.holiday_count = 1;
    struct policy *policy = read_all(&fixture);
    if (policy != NULL)
        assert_false(policy_check(fixture.arena, policy, true, &fixture.problems));
    if (!is_among(&fixture.problems, expected))
        read_print_problems(&fixture.problems);
    assert_true(is_among(&fixture.problems, expected));
    read_end(&fixture);
}

static void
a_missing_calendar_is_found(void **state UNUSED)
{
    assert_specified(
        "cal",
        &(struct expected){.reason = "VALUE_WRONG", .clause_id = "repair.timeframe", .line = 214});
}

static void
a_gap_is_found(void **state UNUSED)
{
    assert_specified(
        "gap",
        &(struct expected){.reason = "VALUE_MISSING", .clause_id = "repair.charges", .line = 201});
}

static void
a_tie_is_found(void **state UNUSED)
{
    assert_specified("tie", &(struct expected){
                                .reason = "RULES_TIE", .clause_id = "warranty.period", .line = 85});
}

static void
a_misspelt_parameter_is_found(void **state UNUSED)
{
    assert_specified("typo", &(struct expected){.reason = "PARAMETER_UNKNOWN",
                                                .clause_id = "warranty.period",
                                                .line = 81});
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_files_are_refused_with_reason_line_and_clause),
        cmocka_unit_test(a_missing_calendar_is_found),
        cmocka_unit_test(a_gap_is_found),
        cmocka_unit_test(a_tie_is_found),
        cmocka_unit_test(a_misspelt_parameter_is_found),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
