/*
 * notify_rules_test - the rules, without anything around them
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "notify.h"

static void
a_text_of_spaces_and_line_breaks_is_blank(void **state UNUSED)
{
    assert_true(note_is_blank(""));
    assert_true(note_is_blank(" \t\r\n"));
}

static void
a_text_with_one_letter_is_not_blank(void **state UNUSED)
{
    assert_false(note_is_blank("  x "));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_of_spaces_and_line_breaks_is_blank),
        cmocka_unit_test(a_text_with_one_letter_is_not_blank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
