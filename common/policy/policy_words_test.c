/*
 * policy_words_test - the engine's own words are whole in both languages, and can be replaced
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_text_fixture.h"
#include "common/policy/policy_words.h"

static struct read_fixture files;
static const struct policy *policy;

static int
set_up(void **state UNUSED)
{
    policy = text_open(
        &files, &(struct text_edits){
                    .main = {"labels:  ", "labels:\n  words: {fee.free: for nothing}\n  x: y #"}});
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    read_end(&files);
    arena_deinit();
    zone_deinit();
    return 0;
}

static void
the_keys_are_sorted(void **state UNUSED)
{
    for (size_t i = 1; i < policy_words_count(); i++) {
        if (strcmp(policy_words_key(i - 1), policy_words_key(i)) >= 0)
            fail_msg("%s stands before %s", policy_words_key(i - 1), policy_words_key(i));
    }
}

static void
both_languages_have_the_same_places(void **state UNUSED)
{
    for (size_t i = 0; i < policy_words_count(); i++) {
        const char *key = policy_words_key(i);
        const char *en = policy_words_find(policy, 0, key);
        const char *de = policy_words_find(policy, 1, key);
        assert_non_null(de);
        if (en == NULL) { /* English has no cases */
            assert_non_null(strstr(key, ".dative."));
            continue;
        }
        for (int place = 0; place < 3; place++) {
            char text[] = {'{', (char)('0' + place), '}', 0};
            if ((strstr(en, text) == NULL) != (strstr(de, text) == NULL))
                fail_msg("%s has %s in one language only", key, text);
        }
    }
}

static void
a_policy_replaces_a_word_in_its_language(void **state UNUSED)
{
    assert_string_equal(policy_words_get(policy, 0, "fee.free"), "for nothing");
    assert_string_equal(policy_words_get(policy, 1, "fee.free"), "kostenlos");
    assert_null(policy_words_find(policy, 0, "no.such.word"));
}

static void
a_code_may_be_called_otherwise_where_it_says_for_whom(void **state UNUSED)
{
    assert_string_equal(policy_words_who(policy, 0, "reason", "change_of_mind"),
                        "returns after a change of mind");
    assert_string_equal(policy_words_who(policy, 0, "region", "eu"), "the European Union");
    assert_string_equal(policy_words_who(policy, 1, "region", "eu"), "die Europäische Union");
    assert_string_equal(policy_label(policy, "region", "eu", 1), "Europäische Union");
    assert_string_equal(policy_words_who(policy, 0, "sku", "X-1"), "X-1");
}

static void
places_are_filled_and_other_braces_stay(void **state UNUSED)
{
    struct buf out = {0};
    policy_words_fill("{1} {0}{2}{3} {x", "a", "b", NULL, &out);
    assert_string_equal(buf_text(&out), "b a{3} {x");
    buf_free(&out);
}

/* How often the check of the default policy with one more label gives a reason. */
static size_t
count_problems(const char *label, const char *reason)
{
    struct read_fixture own;
    const char *labels = arena_printf(files.arena, "labels:\n  words: {%s}\n  x: y #", label);
    const struct policy *edited =
        text_open(&own, &(struct text_edits){.main = {"labels:  ", labels}});
    size_t count = 0;
    (void)policy_check(own.arena, edited, false, &own.problems);
    for (size_t i = 0; i < own.problems.problem_count; i++)
        count += strcmp(own.problems.problems[i].reason, reason) == 0;
    read_end(&own);
    return count;
}

static void
a_pattern_of_the_company_has_the_places_of_the_original(void **state UNUSED)
{
    assert_int_equal(count_problems("table.exception: \"{1}{1}: {0}\"", "PLACEHOLDER_REPEATED"), 1);
    assert_int_equal(count_problems("table.exception: \"{1}: {0} {2}\"", "PLACEHOLDER_UNKNOWN"), 1);
    assert_int_equal(count_problems("table.exception: \"{1}: {0} { 2}\"", "PLACEHOLDER_UNKNOWN"),
                     1);
    assert_int_equal(count_problems("table.exception: \"{1}: {0}}\"", "PLACEHOLDER_UNKNOWN"), 1);
    assert_int_equal(count_problems("table.exception: \"for {1}\"", "PLACEHOLDER_MISSING"), 1);
    assert_int_equal(count_problems("table.exception: \"{1}: {0}\"", "PLACEHOLDER_MISSING"), 0);
    assert_int_equal(count_problems("working_days.one: a day", "PLACEHOLDER_MISSING"), 0);
    assert_int_equal(count_problems("working_days.few: \"{0} {0}\"", "PLACEHOLDER_REPEATED"), 1);
    char *letters = arena_alloc(files.arena, 1002);
    memset(letters, 'a', 1001);
    const char *label = arena_printf(files.arena, "fee.free: %s", letters);
    assert_int_equal(count_problems(label, "LABEL_TOO_LONG"), 1);
}

static void
a_value_is_put_in_once(void **state UNUSED)
{
    struct buf out = {0};
    policy_words_fill("{1}{1}{0}{1}", "a", "b", NULL, &out);
    assert_string_equal(buf_text(&out), "b{1}a{1}");
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keys_are_sorted),
        cmocka_unit_test(both_languages_have_the_same_places),
        cmocka_unit_test(a_policy_replaces_a_word_in_its_language),
        cmocka_unit_test(a_code_may_be_called_otherwise_where_it_says_for_whom),
        cmocka_unit_test(places_are_filled_and_other_braces_stay),
        cmocka_unit_test(a_pattern_of_the_company_has_the_places_of_the_original),
        cmocka_unit_test(a_value_is_put_in_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
