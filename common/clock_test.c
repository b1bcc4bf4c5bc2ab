/*
 * clock_test - the test clock moves business time only, and RFC 3339 is read and written
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"

enum { DAY_S = 86400 };

static void
write_offset(const char *path, const char *line)
{
    char part[256];
    snprintf(part, sizeof part, "%s.part", path);
    FILE *file = fopen(part, "we");
    assert_non_null(file);
    fputs(line, file);
    fclose(file);
    assert_int_equal(rename(part, path), 0);
}

static void
the_test_clock_moves_business_time_at_once_and_real_time_never(void **state UNUSED)
{
    char path[] = "/tmp/aftercare-clock-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_offset(path, "0\n");
    setenv("AFTERCARE_TEST_CLOCK", path, 1);
    clock_init();
    assert_true(clock_is_test());
    int64_t real_ms = clock_real_ms();
    assert_true(llabs(clock_now_us() / 1000 - real_ms) < 1000);
    write_offset(path, "31536000\n");
    assert_int_equal(clock_offset_s(), 365 * DAY_S);
    assert_true(clock_now_us() / 1000 - real_ms > INT64_C(364) * DAY_S * 1000);
    assert_true(clock_real_ms() - real_ms < 60000);
    write_offset(path, "-86400\n");
    assert_int_equal(clock_offset_s(), -DAY_S);
    write_offset(path, "nonsense\n"); /* keeps what it knew */
    assert_int_equal(clock_offset_s(), -DAY_S);
    unlink(path);
    assert_int_equal(clock_offset_s(), -DAY_S);
    unsetenv("AFTERCARE_TEST_CLOCK");
    clock_init();
    assert_false(clock_is_test());
    assert_int_equal(clock_offset_s(), 0);
}

static void
times_are_printed_without_needless_digits(void **state UNUSED)
{
    char text[CLOCK_TEXT_SIZE];
    clock_print_us(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    clock_print_us(INT64_C(1773567000250000), text);
    assert_string_equal(text, "2026-03-15T09:30:00.25Z");
    clock_print_us(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
}

static void
times_are_read_with_any_offset(void **state UNUSED)
{
    int64_t us;
    assert_true(clock_parse_us("2026-03-15T09:30:00.25Z", &us));
    assert_int_equal(us, INT64_C(1773567000250000));
    assert_true(clock_parse_us("2026-03-15T15:00:00.25+05:30", &us));
    assert_int_equal(us, INT64_C(1773567000250000));
    assert_true(clock_parse_us("0001-01-01T00:00:00Z", &us));
    assert_int_equal(us, INT64_C(-62135596800000000));
    assert_true(clock_parse_us("2024-02-29T23:59:59Z", &us));
}

static void
what_is_no_time_is_refused(void **state UNUSED)
{
    static const char *const wrong[] = {
        "",
        "2026-03-15",
        "2026-03-15T09:30:00",
        "2026-03-15 09:30:00Z",
        "2026-13-15T09:30:00Z",
        "2026-02-29T09:30:00Z",
        "2026-03-15T24:00:00Z",
        "2026-03-15T09:60:00Z",
        "2026-03-15T09:30:60Z",
        "2026-03-15T09:30:00.Z",
        "2026-03-15T09:30:00.1234567890Z",
        "2026-03-15T09:30:00+0530",
        "2026-03-15T09:30:00Zx",
        "0000-03-15T09:30:00Z",
        "+026-03-15T09:30:00Z",
    };
    int64_t us;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(clock_parse_us(wrong[i], &us));
}

static void
what_is_printed_is_read_back(void **state UNUSED)
{
    char text[CLOCK_TEXT_SIZE];
    for (int64_t us = INT64_C(-62135596800000000); us < INT64_C(253402300799000000);
         us += INT64_C(86400123457) * 977) {
        int64_t back;
        clock_print_us(us, text);
        assert_true(clock_parse_us(text, &back));
        assert_int_equal(back, us);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_clock_moves_business_time_at_once_and_real_time_never),
        cmocka_unit_test(times_are_printed_without_needless_digits),
        cmocka_unit_test(times_are_read_with_any_offset),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(what_is_printed_is_read_back),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
