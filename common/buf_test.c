/*
 * buf_test - text that grows, and JSON strings whatever the bytes
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/buf.h"

static void
it_grows_and_keeps_what_was_there(void **state UNUSED)
{
    struct buf buf = {0};
    for (int i = 0; i < 1000; i++)
        buf_printf(&buf, "%03d,", i);
    assert_int_equal(buf.size_bytes, 4000);
    assert_memory_equal(buf_text(&buf) + 3996, "999,", 5);
    buf_clear(&buf);
    buf_add_text(&buf, "x");
    buf_add_char(&buf, 'y');
    assert_string_equal(buf_text(&buf), "xy");
    buf_free(&buf);
    assert_null(buf.bytes);
}

static void
numbers_are_decimal(void **state UNUSED)
{
    static const int64_t numbers[] = {0, 7, -1, 10, 2026, -120, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct buf written = {0};
        struct buf printed = {0};
        buf_add_number(&written, numbers[i]);
        buf_printf(&printed, "%lld", (long long)numbers[i]);
        assert_string_equal(buf_text(&written), buf_text(&printed));
        buf_free(&written);
        buf_free(&printed);
    }
}

static void
assert_json(const char *text, size_t size_bytes, const char *json)
{
    struct buf buf = {0};
    buf_add_json(&buf, text, size_bytes);
    assert_string_equal(buf_text(&buf), json);
    buf_free(&buf);
}

static void
json_strings_are_escaped(void **state UNUSED)
{
    assert_json("", 0, "\"\"");
    assert_json("plain", 5, "\"plain\"");
    assert_json("a\"b\\c\n\t\x01", 8, "\"a\\\"b\\\\c\\n\\t\\u0001\"");
    assert_json("\x7f", 1, "\"\\u007f\"");
    assert_json("Käse 漢 😀", strlen("Käse 漢 😀"), "\"Käse 漢 😀\"");
    assert_json("a\0b", 3, "\"a\\u0000b\"");
}

static void
bytes_that_are_no_utf8_become_replacement_characters(void **state UNUSED)
{
    assert_json("a\xff"
                "b",
                3, "\"a\\ufffdb\"");
    assert_json("\xc3", 1, "\"\\ufffd\"");                       /* cut short */
    assert_json("\xc0\xaf", 2, "\"\\ufffd\\ufffd\"");            /* overlong */
    assert_json("\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\""); /* surrogate */
    assert_json("\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_and_keeps_what_was_there),
        cmocka_unit_test(numbers_are_decimal),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(bytes_that_are_no_utf8_become_replacement_characters),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
