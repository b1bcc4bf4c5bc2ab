/*
 * policy_read_fits_test - what is as large as it may be, or stands at the end of what there is, is
 * read
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_fixture.h"

#define LETTERS_60 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh"
#define NAME_120 LETTERS_60 LETTERS_60

/* The whole policy with `to` in place of the first `from` of its main file. */
static const struct policy *
read_changed(struct read_fixture *fixture, const char *from, const char *to)
{
    const struct policy_file main = fixture->sources.main;
    const char *at = strstr(main.bytes, from);
    if (at == NULL)
        fail_msg("there is no \"%s\"", from);
    const char *text = arena_printf(fixture->arena, "%.*s%s%s", (int)(at - main.bytes), main.bytes,
                                    to, at + strlen(from));
    fixture->sources.main = read_text("whole.yaml", text);
    fixture->problems = (struct policy_problems){.arena = fixture->arena};
    const struct policy *policy = read_all(fixture);
    fixture->sources.main = main;
    if (policy == NULL) {
        read_print_problems(&fixture->problems);
        fail_msg("\"%s\" is refused in place of \"%s\"", to, from);
    }
    return policy;
}

static void
what_just_fits_into_a_policy_is_read(void **state)
{
    static const char *const changes[][2] = {
        /* eight deep, with what stands above */
        {"{ovens: {}, lamps: {}}", "{ovens: {c: {d: {e: {f: {g: {h: {}}}}}}}, lamps: {}}"},
        {"toys: {}", "toys: {}, " LETTERS_60 "abc: {}"},
        {"toys: {}", "toys: {}, a: {}"},
        {"{sku: \"OV-7/b\"}, length", "{sku: \"" LETTERS_60 "abc\"}, length"},
        {"\"13:00-18:00\"", "\"13:00-13:01\", \"13:02-13:03\", \"13:04-13:05\", \"13:06-13:07\", "
                            "\"13:08-13:09\", \"13:10-13:11\", \"23:59-24:00\""},
        {"\"09:00-12:00\"", "\"00:00-12:00\""},
        {"\"13:00-18:00\"", "\"12:00-18:00\""},
        {"mon-thu", "mon-mon"},
        {"mon-thu", "tue-thu"},
        {"{from: 2026-12-27, to: 2026-12-31,", "{from: 2026-12-27, to: 2026-12-27,"},
        {"number: 5", "number: 999"},
    };
    struct read_fixture *fixture = *state;
    (void)read_whole(fixture);
    for (size_t i = 0; i < COUNT_OF(changes); i++)
        (void)read_changed(fixture, changes[i][0], changes[i][1]);
}

static const char head[] = "format: 1\npolicy: small\ntitle: S\ntime_zone: UTC\ncurrency: EUR\n";

/* Whether a policy in so many languages has too many of them. */
static bool
has_too_many_languages(struct read_fixture *fixture, int count)
{
    struct buf text = {0};
    buf_printf(&text, "%slanguages: [aa", head);
    for (int i = 1; i < count; i++)
        buf_printf(&text, ", %c%c", 'a' + i / 26, 'a' + i % 26);
    buf_add_text(&text, "]\nsections: []\n");
    fixture->problems = (struct policy_problems){.arena = fixture->arena};
    fixture->sources.main = (struct policy_file){"many.yaml", text.bytes, text.size_bytes};
    (void)read_all(fixture);
    buf_free(&text);
    for (size_t i = 0; i < fixture->problems.problem_count; i++)
        if (strcmp(fixture->problems.problems[i].reason, "LANGUAGES_TOO_MANY") == 0)
            return true;
    return false;
}

static void
a_policy_has_as_many_languages_as_are_allowed(void **state)
{
    assert_false(has_too_many_languages(*state, POLICY_LANGUAGES_MAX));
    assert_true(has_too_many_languages(*state, POLICY_LANGUAGES_MAX + 1));
}

/* The name of a holiday, and how many there are. */
static void
a_list_of_holidays_is_as_long_as_is_allowed(void **state)
{
    struct read_fixture *fixture = *state;
    struct buf text = {0};
    buf_printf(&text, "code: ABCDEFGHIJKLMNO\nrules:\n- {name: " NAME_120 "abcdefg, on: 01-01}\n");
    for (int i = 1; i < HOLIDAY_RULES_MAX; i++)
        buf_printf(&text, "- {name: A%d, on: 01-02}\n", i);
    fixture->holidays[0] = (struct policy_file){"A.yaml", text.bytes, text.size_bytes};
    fixture->sources.holiday_count = 1;
    fixture->sources.main = read_text(
        "main.yaml", arena_printf(fixture->arena,
                                  "%slanguages: [en]\ncalendars:\n  office: {time_zone: UTC, week: "
                                  "{mon: [\"09:00-17:00\"]}, holidays: [ABCDEFGHIJKLMNO]}\n"
                                  "sections: []\n",
                                  head));
    if (read_all(fixture) == NULL)
        read_print_problems(&fixture->problems);
    assert_non_null(fixture->policy);
    buf_free(&text);
}

static void
as_many_files_are_read_as_are_allowed(void **state)
{
    struct read_fixture *fixture = *state;
    struct policy_file *files = arena_alloc(fixture->arena, POLICY_FILES_MAX * sizeof *files);
    for (size_t i = 0; i < POLICY_FILES_MAX; i++)
        files[i] = read_text("x.yaml", "a: 1\n");
    fixture->sources.main =
        read_text("main.yaml", arena_printf(fixture->arena, "%slanguages: [en]\n", head));
    for (int is_holidays = 0; is_holidays < 2; is_holidays++) {
        fixture->problems = (struct policy_problems){.arena = fixture->arena};
        *(is_holidays ? &fixture->sources.holidays : &fixture->sources.languages) = files;
        fixture->sources.language_count = is_holidays ? 0 : POLICY_FILES_MAX;
        fixture->sources.holiday_count = is_holidays ? POLICY_FILES_MAX : 0;
        assert_null(read_all(fixture));
        for (size_t i = 0; i < fixture->problems.problem_count; i++)
            assert_string_not_equal(fixture->problems.problems[i].reason, "FILES_TOO_MANY");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, read_set_up, read_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_just_fits_into_a_policy_is_read),
        TEST(a_policy_has_as_many_languages_as_are_allowed),
        TEST(a_list_of_holidays_is_as_long_as_is_allowed),
        TEST(as_many_files_are_read_as_are_allowed),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
