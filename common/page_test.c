/*
 * page_test - tokens come back as they were made, and others are refused
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/page.h"
#include "warranty/v1/warranty.pb-c.h"

static struct call call;

static int
set_up(void **state UNUSED)
{
    call = (struct call){.arena = arena_new(ARENA_BUDGET_BYTES)};
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&call.arena);
    arena_deinit();
    return 0;
}

static void
a_token_gives_its_parts_back(void **state UNUSED)
{
    const char *parts[] = {"AB-1/ü", "", "2026"};
    const char *token = page_token_make(call.arena, parts, 3);
    assert_null(strpbrk(token, "+/= &?"));
    const char *back[3];
    assert_int_equal(page_token_read(&call, token, 3, back), OK);
    for (int i = 0; i < 3; i++)
        assert_string_equal(back[i], parts[i]);
}

static void
no_token_starts_at_the_beginning(void **state UNUSED)
{
    const char *back[2];
    assert_int_equal(page_token_read(&call, "", 2, back), OK);
    assert_string_equal(back[0], "");
    assert_string_equal(back[1], "");
}

static void
what_is_no_token_is_refused(void **state UNUSED)
{
    const char *parts[] = {"a", "b"};
    const char *two = page_token_make(call.arena, parts, 2);
    const char *byte = "\xff";
    const char *not_utf8 = page_token_make(call.arena, &byte, 1);
    const char *wrong[] = {"%%%", "YQ", "YQ==", two, not_utf8};
    const char *back[1];
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(page_token_read(&call, wrong[i], 1, back), ERR_INVALID_ARGUMENT);
        assert_string_equal(call.fault.reason, "PAGE_TOKEN_MALFORMED");
        assert_string_equal(call.fault.field, "page_token");
    }
}

static void
sizes_have_a_default(void **state UNUSED)
{
    assert_int_equal(page_size(0), PAGE_SIZE_DEFAULT);
    assert_int_equal(page_size(7), 7);
}

static void
a_page_ends_where_the_answer_would_grow_too_large(void **state UNUSED)
{
    Warranty__V1__Claim claim = WARRANTY__V1__CLAIM__INIT;
    char *text = arena_alloc(call.arena, 20001);
    memset(text, 'x', 20000);
    claim.description = text;
    void *rows[20];
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        rows[i] = &claim;
    assert_int_equal(page_fit(rows, COUNT_OF(rows), 50), 8);
    assert_int_equal(page_fit(rows, COUNT_OF(rows), 3), 3);
    claim.description = (char *)"short";
    assert_int_equal(page_fit(rows, COUNT_OF(rows), 50), 20);
    assert_int_equal(page_fit(rows, 0, 50), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_gives_its_parts_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_token_starts_at_the_beginning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_token_is_refused, set_up, tear_down),
        cmocka_unit_test(sizes_have_a_default),
        cmocka_unit_test_setup_teardown(a_page_ends_where_the_answer_would_grow_too_large, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
