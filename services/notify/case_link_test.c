/*
 * case_link_test - where readers land
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "case_link.h"

#define OURS "https://service.example.com"

static struct arena *arena;

static int
set_up(void **state UNUSED)
{
    arena = arena_new(4096);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    arena_deinit();
    return 0;
}

static const char *
make(const char *case_url, const char *link)
{
    return case_link_make(arena, OURS, case_url, link, "claim", "7 a");
}

static void
a_page_of_ours_is_behind_our_address(void **state UNUSED)
{
    assert_string_equal(make("", "/survey/1?link=x"), OURS "/survey/1?link=x");
    assert_string_equal(make("https://shop.example/{token}", "/survey/1"), OURS "/survey/1");
}

static void
a_token_goes_to_the_companys_own_page(void **state UNUSED)
{
    assert_string_equal(
        make("https://shop.example/{aggregate_type}/{aggregate_id}?t={token}#{aggregate_id}",
             "a.b_c-d~+"),
        "https://shop.example/claim/7%20a?t=a.b_c-d~%2B#7%20a");
    assert_string_equal(make("https://shop.example/cases", "x"), "https://shop.example/cases");
}

static void
without_such_a_page_nothing_is_linked(void **state UNUSED)
{
    assert_string_equal(make("", "token"), "");
    assert_string_equal(make("https://shop.example/{token}", ""), "");
}

static void
a_template_names_only_what_there_is(void **state UNUSED)
{
    assert_true(case_link_is_sound(""));
    assert_true(case_link_is_sound("https://shop.example/cases"));
    assert_true(case_link_is_sound("http://127.0.0.1/{aggregate_type}/{aggregate_id}?{token}"));
    assert_false(case_link_is_sound("shop.example/{token}"));
    assert_false(case_link_is_sound("/cases/{token}"));
    assert_false(case_link_is_sound("https://shop.example/{claim_id}"));
    assert_false(case_link_is_sound("https://shop.example/{token"));
    assert_false(case_link_is_sound("https://shop.example/token}"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_of_ours_is_behind_our_address),
        cmocka_unit_test(a_token_goes_to_the_companys_own_page),
        cmocka_unit_test(without_such_a_page_nothing_is_linked),
        cmocka_unit_test(a_template_names_only_what_there_is),
    };
    return cmocka_run_group_tests_name("case_link", tests, set_up, tear_down);
}
