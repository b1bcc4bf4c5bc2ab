/* Tests of media types: what a Content-Type says, and the name to save under. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/buf.h"
#include "media.h"

static void
expect_type(const char *header, const char *expected)
{
    char type[MEDIA_TYPE_SIZE];
    bool is_type = media_read(header, type);
    assert_int_equal(is_type, expected != NULL);
    if (is_type)
        assert_string_equal(type, expected);
}

static void
a_type_is_read_in_lower_case_without_parameters(void **state UNUSED)
{
    expect_type("image/png", "image/png");
    expect_type("Image/PNG", "image/png");
    expect_type("text/csv; header=present", "text/csv");
    expect_type("text/csv ; charset=\"UTF-8\"", "text/csv");
    expect_type("application/vnd.a+json;charset=utf-8", "application/vnd.a+json");
}

static void
what_is_no_type_or_not_utf8_is_refused(void **state UNUSED)
{
    static const char *const bad[] = {"",
                                      "png",
                                      "image/",
                                      "/png",
                                      "image/png, image/gif",
                                      "text/csv; charset=iso-8859-1",
                                      "text/csv;charset=utf-88",
                                      "*/*"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_type(bad[i], NULL);
    char longest[2 * MEDIA_TYPE_SIZE] = "a/";
    memset(longest + 2, 'b', MEDIA_TYPE_SIZE);
    expect_type(longest, NULL);
}

static void
json_is_known_by_its_name_or_its_suffix(void **state UNUSED)
{
    assert_true(media_is_json("application/json"));
    assert_true(media_is_json("application/merge-patch+json"));
    assert_false(media_is_json("application/+json"));
    assert_false(media_is_json("text/json"));
    assert_false(media_is_json("application/jsonl"));
}

static void
expect_disposition(const char *file_name, const char *expected)
{
    struct buf out = {0};
    media_write_disposition(&out, file_name);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void
a_file_name_is_given_in_both_forms_and_cannot_break_out(void **state UNUSED)
{
    expect_disposition("leak.jpg", "attachment; filename=\"leak.jpg\"; filename*=UTF-8''leak.jpg");
    expect_disposition("T\xc3\xbcr \xe2\x82\xac.png", "attachment; filename=\"T_r _.png\"; "
                                                      "filename*=UTF-8''T%C3%BCr%20%E2%82%AC.png");
    expect_disposition("a\"; x=\"../b\\c\r\n",
                       "attachment; filename=\"a_; x=_.._b_c__\"; "
                       "filename*=UTF-8''a%22%3B%20x%3D%22..%2Fb%5Cc%0D%0A");
}

static void
the_closest_range_says_how_much_a_type_is_wanted(void **state UNUSED)
{
    static const char browser[] = "text/html,application/xml;q=0.9,*/*;q=0.8";
    assert_int_equal(media_quality(browser, "text/html"), 1000);
    assert_int_equal(media_quality(browser, "application/json"), 800);
    assert_int_equal(media_quality("text/*;q=0.25, TEXT/HTML;q=0.5", "text/html"), 500);
    assert_int_equal(media_quality("text/*;q=0.25, text/html;q=0.5", "text/csv"), 250);
    assert_int_equal(media_quality("text/html;q=0, */*", "text/html"), 0);
    assert_int_equal(media_quality("text/html;level=1; q=0.125", "text/html"), 125);
    assert_int_equal(media_quality("text/html;q=1.000", "text/html"), 1000);
    assert_int_equal(media_quality("text/html;q=x, text/htmlx", "text/html"), 0);
    assert_int_equal(media_quality("a/b;q=0.1,text/html", "text/html"), 1000);
    assert_int_equal(media_quality("", "text/html"), 0);
    assert_int_equal(media_quality(NULL, "text/html"), 0);
    assert_int_equal(media_quality("text/html;", "text/html"), 1000);
    assert_int_equal(media_quality(";q=1,,q", "text/html"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_is_read_in_lower_case_without_parameters),
        cmocka_unit_test(what_is_no_type_or_not_utf8_is_refused),
        cmocka_unit_test(json_is_known_by_its_name_or_its_suffix),
        cmocka_unit_test(the_closest_range_says_how_much_a_type_is_wanted),
        cmocka_unit_test(a_file_name_is_given_in_both_forms_and_cannot_break_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
