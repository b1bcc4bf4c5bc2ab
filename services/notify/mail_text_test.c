/*
 * mail_text_test - text is UTF-8 without control characters, whatever it was
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "mail_text.h"

static void
expect_bytes(enum mail_text_form form, const char *charset, const char *bytes, size_t size_bytes,
             const char *wanted)
{
    struct buf text = {0};
    assert_true(mail_text_add_charset(&text, form, charset, bytes, size_bytes, 10000));
    assert_string_equal(buf_text(&text), wanted);
    buf_free(&text);
}

static void
expect(enum mail_text_form form, const char *charset, const char *bytes, const char *wanted)
{
    expect_bytes(form, charset, bytes, strlen(bytes), wanted);
}

static void
lines_end_with_lf(void **state UNUSED)
{
    expect(MAIL_TEXT_LINES, NULL, "a\r\nb\nc\rd\r\n\r\ne\tf", "a\nb\nc\nd\n\ne\tf");
    expect(MAIL_TEXT_LINES, NULL, "a\xe2\x80\xa8z", "a\nz");
}

static void
a_line_is_one(void **state UNUSED)
{
    expect(MAIL_TEXT_LINE, NULL, " \r\n a\r\nb\tc \n", "a b c");
    expect(MAIL_TEXT_LINE, NULL, "a\xc2\x85z", "a z");
    expect(MAIL_TEXT_LINE, NULL, "", "");
}

static void
control_characters_are_dropped(void **state UNUSED)
{
    expect_bytes(MAIL_TEXT_LINES, NULL, "a\0b\x01\x1b\x7f\xc2\x9b\x08z", 10, "abz");
    expect_bytes(MAIL_TEXT_LINE, NULL, "a\0b\x0b\x0c", 5, "ab");
}

static void
what_cannot_be_read_is_replaced(void **state UNUSED)
{
    expect(MAIL_TEXT_LINE, NULL,
           "a\xff"
           "b\xc3",
           "a\xef\xbf\xbd"
           "b\xef\xbf\xbd");
    expect(MAIL_TEXT_LINE, NULL, "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    expect(MAIL_TEXT_LINE, NULL, "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");
    expect(MAIL_TEXT_LINE, "shift_jis", "a\x81", "a\xef\xbf\xbd");
}

static void
charsets_are_read(void **state UNUSED)
{
    expect(MAIL_TEXT_LINE, "iso-8859-1",
           "Gr\xfc\xdf"
           "e",
           "Gr\xc3\xbc\xc3\x9f"
           "e");
    expect(MAIL_TEXT_LINE, "windows-1252", "\x80 5", "\xe2\x82\xac 5");
    expect(MAIL_TEXT_LINE, "iso-2022-jp", "\x1b$B$\"\x1b(B", "\xe3\x81\x82");
    expect(MAIL_TEXT_LINE, "UTF-8", "\xc3\xa4", "\xc3\xa4");
    expect(MAIL_TEXT_LINE, "koi8-r", "\xd0\xd2\xc9", "\xd0\xbf\xd1\x80\xd0\xb8");
    expect_bytes(MAIL_TEXT_LINE, "utf-16", "\xfe\xff\0a\0b", 6, "ab");
    expect(MAIL_TEXT_LINE, "no-such-charset", "\xc3\xa4", "\xc3\xa4");
    expect(MAIL_TEXT_LINE, "", "\xc3\xa4", "\xc3\xa4");
    expect(MAIL_TEXT_LINE, "../../etc/passwd", "a", "a");
}

static void
texts_are_cut_between_characters(void **state UNUSED)
{
    struct buf text = {0};
    assert_false(mail_text_add(&text, MAIL_TEXT_LINE, "ab\xc3\xa4", 4, 3));
    assert_string_equal(buf_text(&text), "ab");
    assert_false(mail_text_add(&text, MAIL_TEXT_LINE, "cd", 2, 3));
    assert_string_equal(buf_text(&text), "abc");
    assert_true(mail_text_add(&text, MAIL_TEXT_LINE, "", 0, 3));
    buf_free(&text);
}

static void
long_texts_are_converted_in_pieces(void **state UNUSED)
{
    enum { SIZE = 100001 };
    char *bytes = mem_alloc(SIZE);
    struct buf text = {0};
    memset(bytes, '\xfc', SIZE);
    assert_true(mail_text_add_charset(&text, MAIL_TEXT_LINES, "iso-8859-1", bytes, SIZE, 2 * SIZE));
    assert_int_equal(text.size_bytes, 2 * SIZE);
    for (size_t i = 0; i < text.size_bytes; i += 2)
        assert_memory_equal(text.bytes + i, "\xc3\xbc", 2);
    buf_clear(&text);
    assert_false(mail_text_add_charset(&text, MAIL_TEXT_LINES, "iso-8859-1", bytes, SIZE, 1001));
    assert_int_equal(text.size_bytes, 1000);
    buf_free(&text);
    mem_free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_lf),
        cmocka_unit_test(a_line_is_one),
        cmocka_unit_test(control_characters_are_dropped),
        cmocka_unit_test(what_cannot_be_read_is_replaced),
        cmocka_unit_test(charsets_are_read),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(long_texts_are_converted_in_pieces),
    };
    return cmocka_run_group_tests_name("mail_text", tests, NULL, NULL);
}
