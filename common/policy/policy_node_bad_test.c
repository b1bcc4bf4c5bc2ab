/*
 * policy_node_bad_test - everything that is refused before it costs anything
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_node_fixture.h"

struct bad {
    const char *text;
    const char *reason;
    int line;
    int column;
};

static void
assert_all_refused(void **state, const struct bad *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_refused(*state, cases[i].text, strlen(cases[i].text), cases[i].reason, cases[i].line,
                       cases[i].column);
}

static void
what_yaml_can_and_a_policy_may_not_is_refused(void **state)
{
    static const struct bad cases[] = {
        {"", "FILE_EMPTY", 0, 0},
        {"# nothing\n", "FILE_EMPTY", 0, 0},
        {"a: &x 1\n", "ANCHOR_REFUSED", 1, 4},
        {"a: &x [1]\n", "ANCHOR_REFUSED", 1, 4},
        {"a: &x {b: 1}\n", "ANCHOR_REFUSED", 1, 4},
        {"a: *x\n", "ALIAS_REFUSED", 1, 4},
        {"*x : 1\n", "ALIAS_REFUSED", 1, 1},
        {"a: !!str 1\n", "TAG_REFUSED", 1, 4},
        {"a: !x [1]\n", "TAG_REFUSED", 1, 4},
        {"a: ! b\n", "TAG_REFUSED", 1, 4},
        {"a: 1\n<<: {b: 1}\n", "MERGE_REFUSED", 2, 1},
        {"? [a]\n: 1\n", "KEY_NOT_SCALAR", 1, 3},
        {"? {a: 1}\n: 1\n", "KEY_NOT_SCALAR", 1, 3},
        {"a: 1\nb: 2\na: 3\n", "KEY_TWICE", 3, 1},
        {"a: {b: 1, b: 2}\n", "KEY_TWICE", 1, 11},
        {"a: 1\n---\nb: 1\n", "DOCUMENT_SECOND", 2, 1},
        {"a: 1\n...\n---\nb: 1\n", "DOCUMENT_SECOND", 3, 1},
        {"%YAML 1.1\n---\na: 1\n", "DIRECTIVE_REFUSED", 1, 1},
        {"{text: we repair, replace or refund}\n", "JSON_MALFORMED", 1, 2},
        {"a: {text: we repair, replace or refund}\n", "VALUE_CUT", 1, 22},
        {"a: {b}\n", "VALUE_CUT", 1, 5},
        {"a: {b: }\n", "VALUE_CUT", 1, 5},
        {"a: [1\nb: 2\n", "YAML_MALFORMED", 2, 2},
        {"a: b: c\n", "YAML_MALFORMED", 1, 5},
        {"a: @b\n", "YAML_MALFORMED", 1, 4},
        {"a: 'x\n", "YAML_MALFORMED", 2, 1},
        {"a:\n\tb: 1\n", "TAB_REFUSED", 2, 1},
        {"a:\n  \tb: 1\n", "TAB_REFUSED", 2, 3},
        {"a: \"\\0\"\n", "CHARACTER_REFUSED", 1, 4},
        {"a: \"\\e[31m\"\n", "CHARACTER_REFUSED", 1, 4},
        {"a: \"\\u2028\"\n", "CHARACTER_REFUSED", 1, 4},
        {"a: \"\\r\"\n", "CHARACTER_REFUSED", 1, 4},
        {"\"\\x07\": 1\n", "CHARACTER_REFUSED", 1, 1},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "FILE_TOO_DEEP", 1, 17},
        {"- - - - - - - - - - - - - - - - - 1\n", "FILE_TOO_DEEP", 1, 33},
    };
    assert_all_refused(state, cases, COUNT_OF(cases));
}

static void
bytes_that_are_no_text_are_refused(void **state)
{
    static const struct bad cases[] = {
        {"a: \x01\n", "CHARACTER_REFUSED", 1, 4},
        {"a: b\n\nc: \x7f\n", "CHARACTER_REFUSED", 3, 4},
        {"a: \xc2\x85\n", "CHARACTER_REFUSED", 1, 4},
        {"a: \xe2\x80\xa8\n", "CHARACTER_REFUSED", 1, 4},
        {"a: \xe2\x80\xaa\n", "CHARACTER_REFUSED", 1, 4},
        {"a: b\xe2\x80\xae\n", "CHARACTER_REFUSED", 1, 5},
        {"a: \xe2\x81\xa6\n", "CHARACTER_REFUSED", 1, 4},
        {"a: \xe2\x81\xa9\n", "CHARACTER_REFUSED", 1, 4},
        {"a: \"\\u202e\"\n", "CHARACTER_REFUSED", 1, 4},
        {"{\"a\":\"\\u2066\"}", "CHARACTER_REFUSED", 1, 6},
        {"a: \xef\xbb\xbf\n", "CHARACTER_REFUSED", 1, 4},
        {"a: \xef\xbf\xbe\n", "CHARACTER_REFUSED", 1, 4},
        {"a: b\rc: d\n", "CHARACTER_REFUSED", 1, 5},
        {"\xc3\xa4: \xff\n", "NOT_UTF8", 1, 5},
        {"a: \x80\n", "NOT_UTF8", 1, 4},
        {"a: \xc3", "NOT_UTF8", 1, 4},
        {"a: \xc0\xaf\n", "NOT_UTF8", 1, 4},
        {"a: \xe0\x80\xaf\n", "NOT_UTF8", 1, 4},
        {"a: \xed\xa0\x80\n", "NOT_UTF8", 1, 4},
        {"a: \xf4\x90\x80\x80\n", "NOT_UTF8", 1, 4},
        {"\xff\xfe"
         "a",
         "NOT_UTF8", 1, 1},
    };
    assert_all_refused(state, cases, COUNT_OF(cases));
    assert_refused(*state, "a: b\0c\n", 7, "CHARACTER_REFUSED", 1, 5);
}

static void
what_is_no_json_is_refused(void **state)
{
    static const struct bad cases[] = {
        {"{", "JSON_MALFORMED", 1, 2},
        {"{\"a\":1", "JSON_MALFORMED", 1, 7},
        {"{\"a\":1,}", "JSON_MALFORMED", 1, 8},
        {"{\"a\":[1,]}", "JSON_MALFORMED", 1, 9},
        {"{\"a\" 1}", "JSON_MALFORMED", 1, 6},
        {"{a:1}", "JSON_MALFORMED", 1, 2},
        {"{\"a\":'b'}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":1}\n{}", "JSON_MALFORMED", 2, 1},
        {"{\"a\":01}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":1.}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":.5}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":1e}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":-}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":+1}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":tru}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":truer}", "JSON_MALFORMED", 1, 10},
        {"{\"a\":NaN}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":\"b\n\"}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":\"b\t\"}", "JSON_MALFORMED", 1, 6},
        {"{\"a\":\"b", "JSON_MALFORMED", 1, 6},
        {"{\"a\":\"b\\", "JSON_MALFORMED", 1, 6},
        {"{\"a\":\"\\x41\"}", "JSON_MALFORMED", 1, 8},
        {"{\"a\":\"\\u00g0\"}", "JSON_MALFORMED", 1, 11},
        {"{\"a\":\"\\ud800\"}", "JSON_MALFORMED", 1, 7},
        {"{\"a\":\"\\udc00\"}", "JSON_MALFORMED", 1, 7},
        {"{\"a\":\"\\ud800\\u0041\"}", "JSON_MALFORMED", 1, 7},
        {"{\"a\":\"\\ud83d\\udg00\"}", "JSON_MALFORMED", 1, 16},
        {"{\"a\":\"\\u0000\"}", "CHARACTER_REFUSED", 1, 6},
        {"{\"a\":1,\"a\":2}", "KEY_TWICE", 1, 8},
        {"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "FILE_TOO_DEEP", 1, 21},
        {"{\"a\":1} // more", "JSON_MALFORMED", 1, 9},
    };
    assert_all_refused(state, cases, COUNT_OF(cases));
}

static void
a_cut_text_is_told_what_it_needs(void **state)
{
    struct fixture *fixture = *state;
    assert_null(read_text(fixture, "- {clause: a.b, text: we repair, replace or refund}\n"));
    assert_int_equal(fixture->problems.error_count, 1);
    const struct policy_problem *problem = &fixture->problems.problems[0];
    assert_non_null(strstr(problem->message, "a text with a comma needs quotes"));
    assert_non_null(strstr(problem->message, "text: \"we repair, replace or refund\""));
    assert_string_equal(problem->clause_id, "a.b");
}

static void
a_carriage_return_alone_is_named(void **state)
{
    struct fixture *fixture = *state;
    assert_null(read_text(fixture, "a: b\rc: d\n"));
    assert_string_equal(fixture->problems.problems[0].message,
                        "a carriage return without a line feed");
}

/* Read from memory of just that size: with sanitizers, a look behind the end is seen. */
static void
each_beginning_of_a_text_is_read_to_its_end_and_no_further(void **state)
{
    static const char *const texts[] = {
        "\xef\xbb\xbf"
        "a: \xf0\x9f\x98\x80\r\n",
        "\xef\xbb\xbf{\"a\": [-1.5e+3, true, false, null, "
        "\"\\u00fc\\ud83d\\ude00\\n\xe2\x82\xac\"], \"b\": {}}\r\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        for (size_t size = 0; size <= strlen(texts[i]); size++) {
            char *bytes = malloc(size + (size == 0));
            assert_non_null(bytes);
            memcpy(bytes, texts[i], size);
            const struct policy_node *root = read_bytes(*state, bytes, size);
            free(bytes);
            assert_true(size < strlen(texts[i]) || root != NULL);
        }
    }
}

static void
the_clause_of_an_error_is_the_one_around_it(void **state)
{
    struct fixture *fixture = *state;
    assert_null(read_text(fixture, "a:\n- clause: x.y\n  set: {p: 1, p: 2}\n- b: 1\n  b: 2\n"));
    assert_int_equal(fixture->problems.error_count, 2);
    assert_string_equal(fixture->problems.problems[0].clause_id, "x.y");
    assert_string_equal(fixture->problems.problems[1].clause_id, "");
}

/* ---- hostile files cost little ---- */

/* `text` is refused, having taken at most `bytes_max` of memory. */
static void
assert_cheap(struct fixture *fixture, const struct buf *text, const char *reason, size_t bytes_max)
{
    size_t used_bytes = arena_used_bytes(fixture->arena);
    assert_null(read_bytes(fixture, text->bytes, text->size_bytes));
    assert_string_equal(fixture->problems.problems[0].reason, reason);
    assert_true(arena_used_bytes(fixture->arena) - used_bytes <= bytes_max);
}

static void
fill(struct buf *text, const char *piece, size_t size_bytes)
{
    buf_clear(text);
    while (text->size_bytes + strlen(piece) <= size_bytes)
        buf_add_text(text, piece);
}

static void
brackets_without_end_are_refused_at_once(void **state)
{
    static const char *const pieces[][2] = {
        {"[", "FILE_TOO_DEEP"},         {"- ", "FILE_TOO_DEEP"},       {"[{a: ", "FILE_TOO_DEEP"},
        {"{\"a\":", "FILE_TOO_DEEP"},   {"{\"a\":[", "FILE_TOO_DEEP"}, {"? ", "KEY_NOT_SCALAR"},
        {"[{\"a\": ", "FILE_TOO_DEEP"}, {"{", "JSON_MALFORMED"},
    };
    struct buf text = {0};
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        fill(&text, pieces[i][0], POLICY_FILE_BYTES_MAX);
        assert_cheap(*state, &text, pieces[i][1], 64 * 1024);
    }
    buf_free(&text);
}

static void
a_file_that_would_grow_to_a_gigabyte_is_refused_at_its_first_anchor(void **state)
{
    struct buf text = {0};
    buf_add_text(&text, "a: &a [\"lol\", \"lol\", \"lol\", \"lol\", \"lol\", \"lol\", \"lol\"]\n");
    for (char c = 'b'; c < 'l'; c++) {
        buf_printf(&text, "%c: &%c [", c, c);
        for (int i = 0; i < 9; i++)
            buf_printf(&text, "*%c,", c - 1);
        buf_add_text(&text, "]\n");
    }
    assert_cheap(*state, &text, "ANCHOR_REFUSED", 64 * 1024);
    buf_free(&text);
}

static void
a_mebibyte_of_garbage_is_refused(void **state)
{
    struct buf text = {0};
    uint64_t number = 42;
    while (text.size_bytes < POLICY_FILE_BYTES_MAX) {
        number = number * UINT64_C(6364136223846793005) + 1442695040888963407U;
        buf_add_char(&text, (char)(number >> 56));
    }
    assert_cheap(*state, &text, "NOT_UTF8", 64 * 1024);
    for (size_t i = 0; i < text.size_bytes; i++)
        text.bytes[i] = (char)(' ' + (unsigned char)text.bytes[i] % 95);
    text.bytes[0] = '-';
    assert_cheap(*state, &text, "YAML_MALFORMED", 16 * POLICY_FILE_BYTES_MAX);
    buf_free(&text);
}

static void
more_values_than_a_policy_can_have_are_refused(void **state)
{
    struct buf text = {0};
    fill(&text, "-\n", 2 * (POLICY_NODES_MAX + 10));
    assert_cheap(*state, &text, "FILE_TOO_LARGE", (size_t)48 << 20);
    fill(&text, "- a\n", POLICY_FILE_BYTES_MAX + 8);
    assert_cheap(*state, &text, "FILE_TOO_LARGE", 64 * 1024);
    buf_free(&text);
}

/* Each of many long lines of small values is walked along once. */
static void
one_line_of_a_mebibyte_is_read(void **state)
{
    struct buf text = {0};
    buf_add_text(&text, "- [");
    while (text.size_bytes < POLICY_FILE_BYTES_MAX - 16)
        buf_add_text(&text, "\xc3\xa4\xc3\xa4\xc3\xa4, ");
    buf_add_text(&text, "b]\n");
    const struct policy_node *root = read_bytes(*state, text.bytes, text.size_bytes);
    assert_non_null(root);
    const struct policy_node *last = root->children->children;
    while (last->next != NULL)
        last = last->next;
    assert_place(last->place, 1, (int)text.size_bytes - 2);
    buf_free(&text);
}

static void
a_small_budget_is_an_error_and_no_abort(void **state)
{
    struct fixture *fixture = *state;
    struct buf text = {0};
    fill(&text, "- {a: \"b\", c: [d, e]}\n", 40000);
    for (size_t budget_bytes = 0; budget_bytes < 400000; budget_bytes += 997) {
        struct arena *arena = arena_new(budget_bytes);
        struct policy_problems problems = {.arena = fixture->arena};
        struct policy_file file = {"x.yaml", text.bytes, text.size_bytes};
        assert_null(policy_node_parse(arena, &file, POLICY_FILE_BYTES_MAX, &problems));
        assert_string_equal(problems.problems[0].reason, "FILE_TOO_LARGE");
        arena_free(&arena);
    }
    buf_free(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_yaml_can_and_a_policy_may_not_is_refused),
        TEST(bytes_that_are_no_text_are_refused),
        TEST(what_is_no_json_is_refused),
        TEST(a_cut_text_is_told_what_it_needs),
        TEST(a_carriage_return_alone_is_named),
        TEST(each_beginning_of_a_text_is_read_to_its_end_and_no_further),
        TEST(the_clause_of_an_error_is_the_one_around_it),
        TEST(brackets_without_end_are_refused_at_once),
        TEST(a_file_that_would_grow_to_a_gigabyte_is_refused_at_its_first_anchor),
        TEST(a_mebibyte_of_garbage_is_refused),
        TEST(more_values_than_a_policy_can_have_are_refused),
        TEST(one_line_of_a_mebibyte_is_read),
        TEST(a_small_budget_is_an_error_and_no_abort),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
