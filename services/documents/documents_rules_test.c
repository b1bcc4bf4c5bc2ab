/*
 * documents_rules_test - what bytes are, by their beginning and as text
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "documents.h"

#define EXPECT_TYPE(type, text) expect_type(type, text, sizeof text - 1)

static void
expect_type(const char *type, const char *bytes, size_t size_bytes)
{
    const char *found = media_type_of((const uint8_t *)bytes, size_bytes);
    if (type == NULL)
        assert_null(found);
    else
        assert_string_equal(found, type);
}

static void
a_format_is_known_by_its_beginning(void **state UNUSED)
{
    EXPECT_TYPE("application/pdf", "%PDF-1.7\n");
    EXPECT_TYPE("image/jpeg", "\xff\xd8\xff\xe0\0\x10JFIF");
    EXPECT_TYPE("image/png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    EXPECT_TYPE("image/gif", "GIF87a");
    EXPECT_TYPE("image/gif", "GIF89a\1\0");
    EXPECT_TYPE("image/webp", "RIFF\x24\0\0\0WEBPVP8 ");
    EXPECT_TYPE("image/heic", "\0\0\0\x18"
                              "ftypheic\0\0\0\0");
    EXPECT_TYPE("image/heic", "\0\0\0\x18"
                              "ftypmif1\0\0\0\0");
    EXPECT_TYPE("video/mp4", "\0\0\0\x20"
                             "ftypisom\0\0\2\0");
}

static void
what_begins_otherwise_or_too_short_is_none_of_them(void **state UNUSED)
{
    EXPECT_TYPE(NULL, "");
    EXPECT_TYPE(NULL, "%PDF");
    EXPECT_TYPE(NULL, " %PDF-1.7");
    EXPECT_TYPE(NULL, "\xff\xd8");
    EXPECT_TYPE(NULL, "RIFF\x24\0\0\0WAVEfmt ");
    EXPECT_TYPE(NULL, "\0\0\0\x18"
                      "ftypqt  ");
    EXPECT_TYPE(NULL, "MZ\x90");
    EXPECT_TYPE(NULL, "<html>");
}

/* Reads `text` in pieces of `piece_bytes`; whether it is a text. */
static bool
is_text(const char *text, size_t size_bytes, size_t piece_bytes)
{
    struct text_reader reader = {0};
    for (size_t at = 0; at < size_bytes; at += piece_bytes) {
        size_t left_bytes = size_bytes - at;
        if (!text_reader_take(&reader, (const uint8_t *)text + at,
                              left_bytes < piece_bytes ? left_bytes : piece_bytes))
            return false;
    }
    return text_reader_is_whole(&reader);
}

#define EXPECT_TEXT(expected, text)                                                                \
    for (size_t piece_bytes = 1; piece_bytes <= sizeof text; piece_bytes++)                        \
    assert_int_equal(is_text(text, sizeof text - 1, piece_bytes), expected)

static void
a_text_is_utf8_wherever_its_pieces_end(void **state UNUSED)
{
    EXPECT_TEXT(true, "plain\r\n\ttext\f");
    EXPECT_TEXT(true, "Gr\xc3\xbc\xc3\x9f"
                      "e \xe2\x82\xac \xf0\x9f\x94\xa7 \xe6\xb0\xb4");
    EXPECT_TEXT(true, "");
}

static void
what_is_not_utf8_or_holds_controls_is_no_text(void **state UNUSED)
{
    EXPECT_TEXT(false, "Gr\xfc\xdf"
                       "e");
    EXPECT_TEXT(false, "cut \xe2\x82");
    EXPECT_TEXT(false, "long form \xc0\xaf");
    EXPECT_TEXT(false, "surrogate \xed\xa0\x80");
    EXPECT_TEXT(false, "beyond \xf5\x80\x80\x80");
    EXPECT_TEXT(false, "lone \x80");
    EXPECT_TEXT(false, "zero \0 byte");
    EXPECT_TEXT(false, "escape \x1b[31m");
    EXPECT_TEXT(false, "delete \x7f");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_format_is_known_by_its_beginning),
        cmocka_unit_test(what_begins_otherwise_or_too_short_is_none_of_them),
        cmocka_unit_test(a_text_is_utf8_wherever_its_pieces_end),
        cmocka_unit_test(what_is_not_utf8_or_holds_controls_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
