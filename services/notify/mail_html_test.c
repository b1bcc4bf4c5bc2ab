/*
 * mail_html_test - the text of HTML as people write it, and of what is hardly HTML
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>

#include "common/clock.h"
#include "mail_html.h"

static void
expect(const char *html, const char *wanted)
{
    struct buf text = {0};
    assert_true(mail_html_add(&text, html, strlen(html), 100000));
    assert_string_equal(buf_text(&text), wanted);
    buf_free(&text);
}

static void
paragraphs_and_breaks_begin_lines(void **state UNUSED)
{
    expect("<p>One</p><p>Two</p>", "One\n\nTwo");
    expect("<div>One</div><div>Two</div>", "One\nTwo");
    expect("One<br>Two<br><br><br><br>Three", "One\nTwo\n\nThree");
    expect("<h1>Head</h1>text", "Head\n\ntext");
    expect("  a \n b\t\tc&nbsp;&nbsp;d  ", "a b c d");
    expect("a<b>b</b>c <i>d</i>", "abc d");
    expect("<pre>a\n  b</pre>c", "a\n  b\nc");
    expect("", "");
}

static void
lists_and_tables_are_readable(void **state UNUSED)
{
    expect("<ul><li>one<li>two</ul>end", "- one\n- two\nend");
    expect("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a b\nc d");
}

static void
scripts_and_styles_are_dropped(void **state UNUSED)
{
    expect("<html><head><title>T</title><style>p{color:red}</style></head>"
           "<body><script>alert('x')</script>text<!-- comment --><style>a{}</style></body></html>",
           "text");
    expect("<script>if (a<b) document.write('</p>')</script>after", "after");
    expect("a<svg><text>drawn</text></svg>b", "ab");
}

static void
links_stay(void **state UNUSED)
{
    expect("See <a href=\"https://example.com/x\">here</a>.", "See here <https://example.com/x>.");
    expect("<a href='https://example.com/'>www.example.com</a>", "www.example.com");
    expect("<a href='mailto:anna@example.com'>anna@example.com</a>", "anna@example.com");
    expect("<a href='javascript:alert(1)'>x</a> <a name='y'>y</a> <a href='#z'>z</a>", "x y z");
    expect("<a href='https://example.com/x'><img src='y.png' alt='Picture'></a>",
           "Picture <https://example.com/x>");
}

static void
characters_are_decoded(void **state UNUSED)
{
    expect("&lt;b&gt; &amp; &auml; &#228; &#xE4; &euro; \xc3\xa4",
           "<b> & \xc3\xa4 \xc3\xa4 \xc3\xa4 \xe2\x82\xac \xc3\xa4");
    expect("a&#0;b&#8;c&#x1b;d&nosuch;e", "abcd&nosuch;e");
    expect("<meta charset=iso-8859-1>\xc3\xa4", "\xc3\xa4"); /* it has been read as UTF-8 */
}

static void
what_is_hardly_html_is_read(void **state UNUSED)
{
    expect("just text", "just text");
    expect("a < b and c > d", "a < b and c > d");
    expect("<p>open <b>never closed", "open never closed");
    expect("</p></div>closed</a>", "closed");
    expect("<<<>>>", "<<<>>>");
    expect("<p", "");
}

static void
text_is_cut_at_its_limit(void **state UNUSED)
{
    struct buf text = {0};
    assert_false(mail_html_add(&text, "<p>0123456789\xc3\xa4</p>", 19, 11));
    assert_string_equal(buf_text(&text), "0123456789");
    buf_free(&text);
}

/* What takes long where the parser looks back again and again. */
static void
deep_pages_do_not_take_for_ever(void **state UNUSED)
{
    static const char *const pieces[] = {"<b>",      "<p>",   "<table><tr><td>", "<a href=x>",
                                         "</p>",     "<!--",  "<![CDATA[",       "&",
                                         "<ul><li>", "<svg>", "<x a=",           "<font><p>"};
    enum { PAGE_BYTES = 200000 };
    char *html = mem_alloc(PAGE_BYTES);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        size_t piece_bytes = strlen(pieces[i]), size_bytes = 0;
        for (; size_bytes + piece_bytes <= PAGE_BYTES; size_bytes += piece_bytes)
            memcpy(html + size_bytes, pieces[i], piece_bytes);
        struct buf text = {0};
        int64_t start_ms = clock_mono_ms();
        mail_html_add(&text, html, size_bytes, 100000);
        int64_t took_ms = clock_mono_ms() - start_ms;
        if (took_ms > 20000)
            fail_msg("%s: %d ms", pieces[i], (int)took_ms);
        buf_free(&text);
    }
    mem_free(html);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paragraphs_and_breaks_begin_lines),
        cmocka_unit_test(lists_and_tables_are_readable),
        cmocka_unit_test(scripts_and_styles_are_dropped),
        cmocka_unit_test(links_stay),
        cmocka_unit_test(characters_are_decoded),
        cmocka_unit_test(what_is_hardly_html_is_read),
        cmocka_unit_test(text_is_cut_at_its_limit),
        cmocka_unit_test(deep_pages_do_not_take_for_ever),
    };
    return cmocka_run_group_tests_name("mail_html", tests, NULL, NULL);
}
