/* Tests of Idempotency-Key, If-Match and If-None-Match; the strings of the structured field tests
 * where they are at hand. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <jansson.h>
#include <stdio.h>

#include "common/rng.h"
#include "key.h"

static char key[CALL_KEY_SIZE];

static void
quoted_and_bare_keys_are_the_same_key(void **state UNUSED)
{
    assert_true(key_parse("\"abc-1\"", key));
    assert_string_equal(key, "abc-1");
    assert_true(key_parse("abc-1", key));
    assert_string_equal(key, "abc-1");
    assert_true(key_parse("  \"a \\\"b\\\\\"  ", key));
    assert_string_equal(key, "a \"b\\");
    assert_true(key_parse("A.b_c:d-9", key));
    assert_string_equal(key, "A.b_c:d-9");
}

static void
anything_else_is_no_key(void **state UNUSED)
{
    static const char *const bad[] = {"",       " ",        "\"\"",      "\"",           "\"a",
                                      "\"a\\",  "\"a\\b\"", "\"a\";p=1", "\"a\", \"b\"", "a, b",
                                      "a b",    "a/b",      "\xc3\xbc",  "\"\xc3\xbc\"", "\"\x7f\"",
                                      "\"\t\"", "'a'",      "a\"b\"",    "\"a\"b",       "a,",
                                      "\"\n\""};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (key_parse(bad[i], key))
            fail_msg("taken: %s", bad[i]);
    }
}

static void
keys_end_at_255_characters(void **state UNUSED)
{
    char text[300], quoted[303];
    for (size_t size = 254; size <= 257; size++) {
        memset(text, 'k', size);
        text[size] = 0;
        snprintf(quoted, sizeof quoted, "\"%s\"", text);
        assert_int_equal(key_parse(text, key), size <= 255);
        assert_int_equal(key_parse(quoted, key), size <= 255);
    }
    assert_int_equal(strlen(key), 255);
}

/* A key is a string item without parameters that is not empty and fits; the bare form takes some
 * tokens besides. */
static void
check_case(const json_t *test)
{
    const json_t *raw = json_object_get(test, "raw");
    const char *text = json_string_value(json_array_get(raw, 0));
    const char *expected = json_string_value(json_array_get(json_object_get(test, "expected"), 0));
    if (json_array_size(raw) != 1 || text == NULL ||
        strlen(text) != json_string_length(json_array_get(raw, 0)) ||
        text[strspn(text, " ")] != '"')
        return;
    bool is_good = !json_is_true(json_object_get(test, "must_fail")) && expected != NULL &&
                   expected[0] != 0 && strlen(expected) <= 255;
    if (key_parse(text, key) != is_good)
        fail_msg("%s: %s", json_string_value(json_object_get(test, "name")), text);
    if (is_good)
        assert_string_equal(key, expected);
}

static void
the_strings_of_the_structured_field_tests_are_read_as_they_say(void **state UNUSED)
{
    static const char *const names[] = {"string.json", "string-generated.json"};
    static const char *const roots[] = {"../shared", "../../shared", "../../../shared"};
    size_t file_count = 0;
    for (size_t i = 0; i < COUNT_OF(names) * COUNT_OF(roots); i++) {
        char path[512];
        const char *source = strstr(__FILE__, "services/gateway/");
        snprintf(path, sizeof path, "%.*s%s/data/structured_fields/%s",
                 (int)(source != NULL ? source - __FILE__ : 0), __FILE__,
                 roots[i % COUNT_OF(roots)], names[i / COUNT_OF(roots)]);
        json_t *cases = json_load_file(path, JSON_ALLOW_NUL, NULL);
        size_t index;
        const json_t *test;
        json_array_foreach(cases, index, test) check_case(test);
        file_count += cases != NULL;
        json_decref(cases);
    }
    if (file_count == 0)
        skip();
}

static void
made_keys_are_random_and_fit(void **state UNUSED)
{
    char other[CALL_KEY_SIZE];
    key_make(key);
    key_make(other);
    assert_int_equal(strlen(key), 32);
    assert_string_not_equal(key, other);
    assert_true(key_parse(key, other));
}

static void
if_match_is_one_version_or_any(void **state UNUSED)
{
    int64_t version = 0;
    assert_int_equal(key_parse_if_match("\"7\"", &version), KEY_MATCH_VERSION);
    assert_int_equal(version, 7);
    assert_int_equal(key_parse_if_match(" \"123456789012345678\" ", &version), KEY_MATCH_VERSION);
    assert_int_equal(version, 123456789012345678);
    assert_int_equal(key_parse_if_match("*", &version), KEY_MATCH_ANY);
    static const char *const foreign[] = {"\"\"",  "\"abc\"", "W/\"7\"", "\"07\"",
                                          "\"0\"", "\"-1\"",  "\"7a\"",  "\"1234567890123456789\""};
    for (size_t i = 0; i < COUNT_OF(foreign); i++)
        assert_int_equal(key_parse_if_match(foreign[i], &version), KEY_MATCH_FOREIGN);
    static const char *const bad[] = {"",        "7",       "\"7", "7\"",     "\"7\", \"8\"",
                                      "\"7\" 8", "w/\"7\"", "**",  "\"a b\"", "W/7"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(key_parse_if_match(bad[i], &version), KEY_MATCH_MALFORMED);
}

static void
if_none_match_is_a_list_compared_weakly(void **state UNUSED)
{
    assert_true(key_is_none_match("\"7\"", "\"7\""));
    assert_true(key_is_none_match("W/\"7\"", "\"7\""));
    assert_true(key_is_none_match("\"5\", W/\"6\" , \"7\"", "\"7\""));
    assert_true(key_is_none_match("*", "\"7\""));
    assert_false(key_is_none_match("\"70\"", "\"7\""));
    assert_false(key_is_none_match("", "\"7\""));
    assert_false(key_is_none_match("7", "\"7\""));
    assert_false(key_is_none_match("\"7", "\"7\""));
    assert_false(key_is_none_match("x, \"7\"", "\"7\""));
}

int
main(void)
{
    rng_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted_and_bare_keys_are_the_same_key),
        cmocka_unit_test(anything_else_is_no_key),
        cmocka_unit_test(keys_end_at_255_characters),
        cmocka_unit_test(the_strings_of_the_structured_field_tests_are_read_as_they_say),
        cmocka_unit_test(made_keys_are_random_and_fit),
        cmocka_unit_test(if_match_is_one_version_or_any),
        cmocka_unit_test(if_none_match_is_a_list_compared_weakly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
