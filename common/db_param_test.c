/*
 * db_param_test - the binary forms of parameters, byte by byte
 *
 * The expected bytes are those that PostgreSQL's own *_send functions give.
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/db.h"

static void
expect(struct db_param param, enum db_type type, const char *bytes, int size_bytes)
{
    assert_false(param.is_null);
    assert_int_equal(param.type, type);
    assert_int_equal(param.size_bytes, size_bytes);
    const void *found = param.bytes != NULL ? param.bytes : param.scratch;
    assert_memory_equal(found, bytes, (size_t)size_bytes);
}

static void
numbers_are_big_endian(void **state UNUSED)
{
    expect(db_int4(-2), DB_INT4, "\xff\xff\xff\xfe", 4);
    expect(db_int8(INT64_C(0x0102030405060708)), DB_INT8, "\1\2\3\4\5\6\7\10", 8);
    expect(db_bool(true), DB_BOOL, "\1", 1);
}

static void
days_and_times_count_from_the_year_2000(void **state UNUSED)
{
    expect(db_date((struct date){2000, 1, 1}), DB_DATE, "\0\0\0\0", 4);
    expect(db_date((struct date){1999, 12, 31}), DB_DATE, "\xff\xff\xff\xff", 4);
    expect(db_time(INT64_C(946684800000001)), DB_TIMESTAMPTZ, "\0\0\0\0\0\0\0\1", 8);
    expect(db_time(INT64_C(946684799999999)), DB_TIMESTAMPTZ, "\xff\xff\xff\xff\xff\xff\xff\xff",
           8);
}

static void
what_is_absent_is_null(void **state UNUSED)
{
    assert_true(db_text(NULL).is_null);
    assert_true(db_text_or_null("").is_null);
    assert_true(db_text_or_null(NULL).is_null);
    assert_true(db_uuid(NULL).is_null);
    assert_true(db_date((struct date){0}).is_null);
    expect(db_text(""), DB_TEXT, "", 0);
    expect(db_bytea(NULL, 0), DB_BYTEA, "", 0);
    expect(db_text_or_null("x"), DB_TEXT, "x", 1);
}

static void
arrays_of_texts_have_their_head_and_lengths(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    const char *const texts[] = {"a", ""};
    expect(db_text_array(arena, texts, 2), DB_TEXT_ARRAY,
           "\0\0\0\1\0\0\0\0\0\0\0\31\0\0\0\2\0\0\0\1\0\0\0\1a\0\0\0\0", 29);
    expect(db_text_array(arena, NULL, 0), DB_TEXT_ARRAY, "\0\0\0\0\0\0\0\0\0\0\0\31", 12);
    arena_free(&arena);
    arena_deinit();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(days_and_times_count_from_the_year_2000),
        cmocka_unit_test(what_is_absent_is_null),
        cmocka_unit_test(arrays_of_texts_have_their_head_and_lengths),
    };
    return cmocka_run_group_tests_name("db_param", tests, NULL, NULL);
}
