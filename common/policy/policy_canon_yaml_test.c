/*
 * policy_canon_yaml_test - a version as YAML, and as another version, says the same
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_fixture.h"

static int
start(void **state)
{
    static struct read_fixture fixture;
    read_start(&fixture);
    *state = &fixture;
    return 0;
}

static int
end(void **state)
{
    read_end(*state);
    return 0;
}

/* Reads one file that holds everything. */
static struct policy *
read_publication(struct read_fixture *fixture, const char *name, const struct buf *text)
{
    struct policy_sources sources = {.main = {name, text->bytes, text->size_bytes}};
    struct policy *policy = policy_read(fixture->arena, &sources, &fixture->problems);
    if (policy == NULL)
        read_print_problems(&fixture->problems);
    assert_non_null(policy);
    return policy;
}

static void
assert_same_as_yaml(struct read_fixture *fixture)
{
    struct buf text = {0}, again = {0};
    policy_canon_write_yaml(fixture->policy, &text);
    const struct policy *policy = read_publication(fixture, "p.yaml", &text);
    assert_memory_equal(policy->digest, fixture->policy->digest, POLICY_DIGEST_BYTES);
    policy_canon_write_yaml(policy, &again);
    assert_int_equal(again.size_bytes, text.size_bytes);
    assert_memory_equal(again.bytes, text.bytes, text.size_bytes);
    buf_free(&text);
    buf_free(&again);
}

static void
a_policy_written_as_yaml_has_the_same_digest(void **state)
{
    (void)read_whole(*state);
    assert_same_as_yaml(*state);
}

static void
the_default_policy_written_as_yaml_has_the_same_digest(void **state)
{
    struct read_fixture *fixture = *state;
    assert_true(read_load(fixture, "deploy/policies/default.yaml", &fixture->sources.main));
    assert_true(read_load(fixture, "deploy/policies/default.de.yaml", &fixture->languages[0]));
    assert_true(read_load(fixture, "deploy/policies/holidays/DE.yaml", &fixture->holidays[0]));
    fixture->sources.language_count = fixture->sources.holiday_count = 1;
    assert_non_null(read_all(fixture));
    assert_same_as_yaml(fixture);
}

static void
a_policy_written_as_yaml_begins_in_its_first_line(void **state)
{
    struct buf text = {0};
    policy_canon_write_yaml(read_whole(*state), &text);
    assert_memory_equal(text.bytes, "also_for_sold_since:", strlen("also_for_sold_since:"));
    buf_free(&text);
}

/* All its words stand among the texts of that language then. */
static void
a_policy_of_one_language_written_as_yaml_has_the_same_digest(void **state)
{
    struct read_fixture *fixture = *state;
    assert_true(read_load(fixture, "deploy/policies/default.yaml", &fixture->sources.main));
    assert_true(read_load(fixture, "deploy/policies/holidays/DE.yaml", &fixture->holidays[0]));
    fixture->sources.holiday_count = 1;
    char *languages = strstr(fixture->sources.main.bytes, "languages: [en, de]");
    assert_non_null(languages);
    memcpy(languages, "languages: [en]    ", strlen("languages: [en]    "));
    assert_non_null(read_all(fixture));
    assert_same_as_yaml(fixture);
}

static const char head[] = "format: 1\npolicy: small\nlanguages: [en]\ntime_zone: UTC\n"
                           "currency: EUR\n";

static void
texts_that_yaml_takes_for_something_else_come_back_as_they_were(void **state)
{
    static const char *const titles[] = {
        "no",     "NULL",     "12",     "1e5",  "2026-01-01", "~",   "- a",
        "a: b",   "a #b",     "#",      "'",    "a\\\"b",     "[a]", "*a",
        "&a",     "a\\nb\\n", "\\tx",   " a ",  "%a",         "@a",  "\xf0\x9f\x94\xa7 Grüße",
        "a\\\\b", "10:30",    "0x1f",   "=",    "<<",         "?",   "| a",
        "> a",    "on",       "1 year", "a, b", "a/b.c",
    };
    struct read_fixture *fixture = *state;
    for (size_t i = 0; i < COUNT_OF(titles); i++) {
        struct buf text = {0};
        buf_printf(&text, "%stitle: \"%s\"\nsections: []\n", head, titles[i]);
        fixture->policy = read_publication(fixture, "small.yaml", &text);
        assert_same_as_yaml(fixture);
        buf_free(&text);
    }
}

static void
a_version_written_as_another_differs_in_number_and_day_only(void **state)
{
    struct read_fixture *fixture = *state;
    const struct policy *policy = read_whole(fixture);
    struct buf own = {0}, draft = {0}, other = {0}, back = {0};
    policy_canon_write(policy, &own);
    policy_canon_write_as(policy, 0, (struct date){0}, &draft);
    const struct policy *read = read_publication(fixture, "draft.json", &draft);
    assert_int_equal(read->version, 0);
    assert_true(date_is_absent(read->effective_from));
    policy_canon_write_as(read, 1, (struct date){2027, 2, 28}, &other);
    read = read_publication(fixture, "other.json", &other);
    assert_int_equal(read->version, 1);
    assert_int_equal(date_compare(read->effective_from, (struct date){2027, 2, 28}), 0);
    assert_memory_not_equal(read->digest, policy->digest, POLICY_DIGEST_BYTES);
    struct buf printed = {0};
    policy_canon_write(read, &printed); /* what was written is canonical already */
    assert_int_equal(printed.size_bytes, other.size_bytes);
    assert_memory_equal(printed.bytes, other.bytes, other.size_bytes);
    policy_canon_write_as(read, policy->version, policy->effective_from, &back);
    assert_int_equal(back.size_bytes, own.size_bytes);
    assert_memory_equal(back.bytes, own.bytes, own.size_bytes);
    buf_free(&own);
    buf_free(&draft);
    buf_free(&other);
    buf_free(&printed);
    buf_free(&back);
}

/* ---- a publication that a person wrote ---- */

static const char person[] =
    "format: 1\npolicy: small\ntitle: Small\nlanguages: [en, de]\ntime_zone: UTC\ncurrency: EUR\n"
    "calendars:\n  office: {time_zone: UTC, week: {mon-fri: [\"09:00-17:00\"]}, holidays: [DE]}\n"
    "labels: {cause.wear: wear}\n"
    "codes: {cause: [wear]}\n"
    "sections:\n  - {section: general, number: 1, title: General, clauses: [{clause: "
    "general.promise, text: We help.}]}\n"
    "translations:\n  de: {title: Klein, texts: {general: Allgemeines, general.promise: Wir "
    "helfen.}, labels: {cause.wear: Verschleiß}}\n";

static void
texts_of_the_first_language_may_stand_in_their_places(void **state)
{
    struct read_fixture *fixture = *state;
    const struct policy *policy = read_main_text(fixture, person);
    if (policy == NULL)
        read_print_problems(&fixture->problems);
    assert_non_null(policy);
    assert_int_equal(fixture->problems.error_count, 0);
    const struct policy_text *text = policy_find_text(policy, "general.promise");
    assert_string_equal(text->texts[0], "We help.");
    assert_string_equal(text->texts[1], "Wir helfen.");
    assert_string_equal(policy_label(policy, "cause", "wear", 0), "wear");
    assert_string_equal(policy_label(policy, "cause", "wear", 1), "Verschleiß");
    assert_same_as_yaml(fixture);
}

static void
lists_of_holidays_that_it_does_not_hold_are_taken_from_files(void **state)
{
    struct read_fixture *fixture = *state;
    struct policy_wants wants;
    struct policy_file main = read_text("main.yaml", person);
    assert_true(policy_read_wants(fixture->arena, &main, &wants, &fixture->problems));
    assert_int_equal(wants.language_count, 0);
    assert_int_equal(wants.holiday_code_count, 1);
    assert_string_equal(wants.holiday_codes[0], "DE");
    fixture->sources.main = main;
    assert_null(read_all(fixture));
    assert_string_equal(fixture->problems.problems[0].reason, "HOLIDAYS_MISSING");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_policy_written_as_yaml_has_the_same_digest),
        TEST(a_policy_written_as_yaml_begins_in_its_first_line),
        TEST(the_default_policy_written_as_yaml_has_the_same_digest),
        TEST(a_policy_of_one_language_written_as_yaml_has_the_same_digest),
        TEST(texts_that_yaml_takes_for_something_else_come_back_as_they_were),
        TEST(a_version_written_as_another_differs_in_number_and_day_only),
        TEST(texts_of_the_first_language_may_stand_in_their_places),
        TEST(lists_of_holidays_that_it_does_not_hold_are_taken_from_files),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
