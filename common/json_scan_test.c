/*
 * json_scan_test - what is no JSON, or too much of it, is refused at its place
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "common/json.h"

static struct fault fault;

static void
syntax_errors_name_line_and_column_in_bytes(void **state UNUSED)
{
    static const struct {
        const char *text;
        int line;
        int column;
    } cases[] = {
        {"[1,,2]", 1, 4},
        {"[1, abc]", 1, 5},
        {"{\"a\" 1}", 1, 6},
        {"{\"a\":1,\"a\":2}", 1, 8}, /* the second key */
        {"[\"ab\ncd\"]", 1, 5},      /* the line break in the text */
        {"[\"a\\xb\"]", 1, 5},
        {"[1", 1, 3},
        {"", 1, 1},
        {"\n\n", 3, 1},
        {"[\"\xc3\xa9\", x]", 1, 8}, /* two bytes are two columns */
        {"[\"a\xff\"]", 1, 4},
        {"[1]\n\n x", 3, 2},
        {"[1e400]", 1, 2},
        {"\n\n[1 2]", 3, 4},
        {"[\n  \"\\u0000\"]", 2, 3},
        {"{\"a\":tru}", 1, 6},
        {"[1,]", 1, 4},
        {"[\"\x01\"]", 1, 3},
        {"[01]", 1, 2},
        {"\xef\xbb\xbf{}", 1, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_t *json;
        if (json_parse(cases[i].text, strlen(cases[i].text), &json, &fault) == OK)
            fail_msg("%s was accepted", cases[i].text);
        assert_string_equal(fault.reason, "JSON_MALFORMED");
        if (fault.line != cases[i].line || fault.column != cases[i].column)
            fail_msg("%s: %d:%d %s", cases[i].text, fault.line, fault.column, fault.message);
    }
}

static void
a_zero_byte_is_refused_where_it_stands(void **state UNUSED)
{
    struct json_t *json;
    assert_int_equal(json_parse("[1,\n\0]", 6, &json, &fault), ERR_INVALID_ARGUMENT);
    assert_int_equal(fault.line, 2);
    assert_int_equal(fault.column, 1);
}

static void
nesting_is_limited_to_32_levels(void **state UNUSED)
{
    char text[200];
    for (int depth = 31; depth <= 34; depth++) {
        struct json_t *json;
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        enum err err = json_parse(text, (size_t)depth * 2, &json, &fault);
        if (depth <= JSON_DEPTH_MAX) {
            assert_int_equal(err, OK);
            json_decref(json);
        } else {
            assert_int_equal(err, ERR_INVALID_ARGUMENT);
            assert_string_equal(fault.reason, "JSON_TOO_DEEP");
            assert_int_equal(fault.column, 33);
        }
    }
}

static void
brackets_in_texts_do_not_nest(void **state UNUSED)
{
    const char *text = "[\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\\\", \"{{{\"]";
    struct json_t *json;
    assert_int_equal(json_parse(text, strlen(text), &json, &fault), OK);
    json_decref(json);
}

static void
a_bomb_of_brackets_is_refused_at_once(void **state UNUSED)
{
    static char text[100000];
    memset(text, '[', sizeof text);
    struct json_t *json;
    assert_int_equal(json_parse(text, sizeof text, &json, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "JSON_TOO_DEEP");
}

static void
size_is_limited(void **state UNUSED)
{
    size_t size_bytes = JSON_SIZE_BYTES_MAX + 1;
    char *text = mem_alloc(size_bytes);
    memset(text, ' ', size_bytes);
    text[0] = '1';
    struct json_t *json;
    assert_int_equal(json_parse(text, size_bytes - 1, &json, &fault), OK);
    json_decref(json);
    assert_int_equal(json_parse(text, size_bytes, &json, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "JSON_TOO_LARGE");
    mem_free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syntax_errors_name_line_and_column_in_bytes),
        cmocka_unit_test(a_zero_byte_is_refused_where_it_stands),
        cmocka_unit_test(nesting_is_limited_to_32_levels),
        cmocka_unit_test(brackets_in_texts_do_not_nest),
        cmocka_unit_test(a_bomb_of_brackets_is_refused_at_once),
        cmocka_unit_test(size_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
