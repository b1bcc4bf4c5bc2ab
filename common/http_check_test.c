/* Tests of what is refused in a head, on text alone; http_refusal_test.c has whole requests. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>

#include "common/http_private.h"

/* What is said about "Host: value"; NULL: nothing. */
static const char *
look_at_host(const char *value, size_t size_bytes)
{
    struct http_head head = {0};
    return http_check_header(&head, "Host", 4, value, size_bytes);
}

static void
a_host_is_a_name_or_an_address_with_or_without_a_port(void **state UNUSED)
{
    static const char *const good[] = {
        "x",           "shop.example",    "shop.example:8080", "127.0.0.1",    "127.0.0.1:80",
        "[::1]",       "[2001:db8::1]:1", "[::ffff:1.2.3.4]",  "a_b.example.", "shop.example:",
        "sh%C3%B6p.x", "a!$&'()*+,;=~-.", "x:65535",           " x ",          "x:00080"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        const char *problem = look_at_host(good[i], strlen(good[i]));
        if (problem != NULL)
            fail_msg("\"%s\": %s", good[i], problem);
    }
}

static void
every_other_host_is_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "",      " ",      "a b",     "a/b",      "user@host",   "a:b",    "a:1:2",   ":80",
        ":",     "x:+1",   "x:65536", "x:100000", "x:-1",        "a?b",    "a#b",     "a\\b",
        "[::1",  "::1",    "[]",      "[x]",      "[1.2.3.4]",   "[::1]x", "[::1]:x", "[::1%25lo]",
        "a%",    "a%2",    "a%zz",    "a\"b",     "a<b>",        "a|b",    "[v1.x]",  "x[::1]",
        "a,b/c", "{host}", "a\tb",    "\xc3\xb6", "[::1]:80:80", "a:80 b", "`x`",     "x^y"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (look_at_host(bad[i], strlen(bad[i])) == NULL)
            fail_msg("\"%s\" is taken", bad[i]);
    }
    assert_non_null(look_at_host("a\0b", 3));
    assert_non_null(look_at_host("[::1\0]", 6));
    char text[300];
    memset(text, 'h', sizeof text - 1);
    text[sizeof text - 1] = 0;
    assert_null(look_at_host(text, 255));
    assert_non_null(look_at_host(text, 256));
}

static void
an_absolute_target_has_a_host_of_the_same_form(void **state UNUSED)
{
    static const char *const bad[] = {"http://",        "http:///a",   "HTTP://?a",
                                      "http://user@x/", "http://a:b/", "http://[::1/"};
    static const char *const good[] = {
        "/", "*", "http://x", "http://x:80/a@b", "HTTP://[::1]:1?a", "/http://a:b/", "x:443"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (http_check_target(bad[i]) == NULL)
            fail_msg("\"%s\" is taken", bad[i]);
    }
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (http_check_target(good[i]) != NULL)
            fail_msg("\"%s\" is refused", good[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_is_a_name_or_an_address_with_or_without_a_port),
        cmocka_unit_test(every_other_host_is_refused),
        cmocka_unit_test(an_absolute_target_has_a_host_of_the_same_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
