/*
 * policy_node_test - trees with places: what is read
 */
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "common/policy/policy_node_fixture.h"

static void
scalars_stay_the_text_they_were_written_as(void **state)
{
    const struct policy_node *root = read_text(
        *state, "a: no\nb: 1.10\nc: 0x1f\nd: ~\ne: \"no\"\nf: 2026-03-15\ng:\nh: 'it''s'\n"
                "i: |\n  two\n  lines\n");
    assert_non_null(root);
    assert_int_equal(root->child_count, 9);
    assert_text(root, "a", "no");
    assert_text(root, "b", "1.10");
    assert_text(root, "c", "0x1f");
    assert_text(root, "d", "~");
    assert_text(root, "f", "2026-03-15");
    assert_text(root, "g", "");
    assert_text(root, "h", "it's");
    assert_text(root, "i", "two\nlines\n");
    assert_false(policy_node_get(root, "a")->is_quoted);
    assert_true(policy_node_get(root, "e")->is_quoted);
    assert_true(policy_node_get(root, "g")->is_null);
    assert_false(policy_node_get(root, "d")->is_null);
    assert_null(policy_node_get(root, "z"));
    assert_null(policy_node_get(policy_node_get(root, "a"), "z"));
}

static void
places_count_bytes_from_one(void **state)
{
    const struct policy_node *root = read_text(
        *state, "\xef\xbb\xbf\xc3\xa4: {\xc3\xb6: 1, b: [x, \xc3\xbc, z]}\r\nc:\r\n  - d: 5\r\n");
    assert_non_null(root);
    const struct policy_node *map = root->children;
    assert_place(root->place, 1, 1);
    assert_place(map->key_place, 1, 1);
    assert_place(map->place, 1, 5);
    assert_place(map->children->key_place, 1, 6);
    assert_place(map->children->place, 1, 10);
    const struct policy_node *list = map->children->next;
    assert_place(list->key_place, 1, 13);
    assert_place(list->place, 1, 16);
    assert_place(list->children->next->place, 1, 20);
    assert_place(list->children->next->next->place, 1, 24);
    const struct policy_node *item = map->next->children;
    assert_place(item->place, 3, 5);
    assert_place(item->children->place, 3, 8);
}

/* The first and the last character of each size and first byte that UTF-8 has, and those around
 * what is refused. */
static void
every_script_is_read(void **state)
{
    static const char *const texts[] = {
        "\xc2\xa0x",        "\xc3\xbf",         "\xc4\x80",         "\xdf\xbf",
        "\xe0\xa0\x80",     "\xe0\xb8\x81",     "\xe0\xbf\xbf",     "\xe1\x80\x80",
        "\xe2\x80\xa7",     "\xe2\x80\xaf",     "\xe2\x81\xa5",     "\xe2\x81\xaa",
        "\xed\x9f\xbf",     "\xee\x80\x80",     "\xef\xbb\xbe",     "\xef\xbf\xbd",
        "\xf0\x90\x80\x80", "\xf0\xbf\xbf\xbd", "\xf3\xa0\x84\x80", "\xf4\x8f\xbf\xbd"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char yaml[32];
        (void)snprintf(yaml, sizeof yaml, "a: %s\n", texts[i]);
        const struct policy_node *root = read_text(*state, yaml);
        print_message("%zu: U+%s", i, yaml);
        assert_non_null(root);
        assert_text(root, "a", texts[i]);
    }
}

static void
json_is_read_with_the_same_places(void **state)
{
    const struct policy_node *root = read_text(
        *state, " {\"a\": \"no\",\n\t\"\xc3\xa4\": [1.10, true, null, {}], \"e\": "
                "\"\\u00fc\\n\\t\\ud83d\\ude00\\/\\\\\\\"\", \"f\": [], \"g\": -0.5e+3}\n");
    assert_non_null(root);
    assert_place(root->place, 1, 2);
    assert_text(root, "a", "no");
    assert_text(root, "e", "\xc3\xbc\n\t\xf0\x9f\x98\x80/\\\"");
    assert_text(root, "g", "-0.5e+3");
    assert_true(policy_node_get(root, "a")->is_quoted);
    const struct policy_node *list = policy_node_get(root, "\xc3\xa4");
    assert_place(list->key_place, 2, 2);
    assert_place(list->place, 2, 8);
    assert_string_equal(list->children->text, "1.10");
    assert_false(list->children->is_quoted);
    assert_string_equal(list->children->next->text, "true");
    assert_true(list->children->next->next->is_null);
    assert_int_equal(list->child_count, 4);
}

static void
sixteen_levels_are_read(void **state)
{
    assert_non_null(read_text(*state, "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"));
    assert_non_null(read_text(*state, "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}"));
}

static void
many_keys_are_read(void **state)
{
    struct buf text = {0};
    for (int i = 0; i < 60000; i++)
        buf_printf(&text, "k%d: %d\n", i, i);
    struct policy_node *root = read_bytes(*state, text.bytes, text.size_bytes);
    assert_non_null(root);
    assert_int_equal(root->child_count, 60000);
    buf_add_text(&text, "k77: again\n");
    assert_refused(*state, text.bytes, text.size_bytes, "KEY_TWICE", 60001, 1);
    buf_free(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(scalars_stay_the_text_they_were_written_as),
        TEST(places_count_bytes_from_one),
        TEST(every_script_is_read),
        TEST(json_is_read_with_the_same_places),
        TEST(sixteen_levels_are_read),
        TEST(many_keys_are_read),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
