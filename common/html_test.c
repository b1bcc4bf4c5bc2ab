/*
 * html_test - words within HTML
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/html.h"

static void
words_are_no_markup_and_end_no_attribute(void **state UNUSED)
{
    struct buf out = {0};
    html_escape(&out, "<b a=\"1\" c='2'>Müller & Söhne");
    assert_string_equal(buf_text(&out),
                        "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;Müller &amp; Söhne");
    buf_free(&out);
}

static void
of_a_part_only_its_bytes_are_taken(void **state UNUSED)
{
    struct buf out = {0};
    html_escape_part(&out, "a<b>", 2);
    html_escape_part(&out, "never", 0);
    assert_string_equal(buf_text(&out), "a&lt;");
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_no_markup_and_end_no_attribute),
        cmocka_unit_test(of_a_part_only_its_bytes_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
