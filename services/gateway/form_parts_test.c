/*
 * form_parts_test - forms as mail programs may post them
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "form_parts.h"

#define TYPE "multipart/form-data; boundary=xyz"
#define PART(name) "--xyz\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"

static struct arena *arena;

static const char *
read_as(const char *type, const char *body)
{
    return form_parts_read(arena, type, body, strlen(body));
}

static void
parts_become_names_and_values(void **state UNUSED)
{
    assert_string_equal(read_as(TYPE, PART("List-Unsubscribe") "One-Click\r\n--xyz--\r\n"),
                        "List%2DUnsubscribe=One%2DClick");
    assert_string_equal(read_as("multipart/form-data;charset=utf-8; Boundary=\"xyz\"",
                                PART("a") "1&2=+\r\n--x\r\n" PART("b") "\r\n--xyz--"),
                        "a=1%262%3D%2B%0D%0A%2D%2Dx&b=");
    assert_string_equal(read_as(TYPE, "--xyz\r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION: "
                                      "form-data; name=a\r\n\r\n\xc3\xa4\r\n--xyz--\r\n"),
                        "a=%C3%A4");
    assert_string_equal(read_as(TYPE, "--xyz--\r\n"), "");
}

static void
what_is_no_form_is_refused(void **state UNUSED)
{
    static const char *const bodies[] = {
        "",
        "a=b",
        "--abc--",
        "--xyz",
        "--xyz\r\n",
        PART("a") "1",
        PART("a") "1\r\n--xyz",
        PART("a") "1\n--xyz--",
        PART("") "1\r\n--xyz--",
        "--xyz\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n1\r\n--xyz--",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        assert_null(read_as(TYPE, bodies[i]));
    assert_null(read_as("multipart/form-data", PART("a") "1\r\n--xyz--"));
    assert_null(read_as("multipart/form-data; boundary=", PART("a") "1\r\n--xyz--"));
}

static int
setup(void **state UNUSED)
{
    arena = arena_new(1 << 20);
    return 0;
}

static int
teardown(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_become_names_and_values),
        cmocka_unit_test(what_is_no_form_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
