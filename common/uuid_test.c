/*
 * uuid_test - ids rise whatever the clock does, and their text form is the one of RFC 9562
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/rng.h"
#include "common/uuid.h"

static char clock_path[] = "/tmp/uuid_test.XXXXXX";

static int
set_up(void **state UNUSED)
{
    int fd = mkstemp(clock_path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    unlink(clock_path);
    unsetenv("AFTERCARE_TEST_CLOCK");
    clock_init();
    return 0;
}

static void
set_offset(long seconds)
{
    FILE *file = fopen(clock_path, "w");
    assert_non_null(file);
    fprintf(file, "%ld\n", seconds);
    fclose(file);
    setenv("AFTERCARE_TEST_CLOCK", clock_path, 1);
    clock_init();
}

static int64_t
time_ms(const struct uuid *uuid)
{
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | uuid->bytes[i];
    return ms;
}

static void
assert_next_rise(struct uuid *last, int count)
{
    for (int i = 0; i < count; i++) {
        struct uuid next = uuid_make();
        assert_true(memcmp(last->bytes, next.bytes, 8) < 0);
        *last = next;
    }
}

static void
an_id_has_version_7_its_variant_and_the_time(void **state UNUSED)
{
    int64_t before_ms = clock_now_us() / 1000;
    struct uuid uuid = uuid_make();
    assert_int_equal(uuid.bytes[6] >> 4, 7);
    assert_int_equal(uuid.bytes[8] >> 6, 2);
    assert_true(time_ms(&uuid) >= before_ms);
    assert_true(time_ms(&uuid) <= clock_now_us() / 1000 + 1);
}

static void
ids_of_one_process_rise_strictly(void **state UNUSED)
{
    struct uuid last = uuid_make();
    assert_next_rise(&last, 20000);
}

/* An hour back, the clock stands below the last id for as long as the test runs: the counter alone
 * makes ids rise, and overflows several times. */
static void
ids_rise_when_the_clock_goes_back_and_stands_still(void **state UNUSED)
{
    set_offset(3600);
    struct uuid last = uuid_make();
    int64_t top_ms = time_ms(&last);
    set_offset(0);
    assert_next_rise(&last, 3 * 4096);
    assert_in_range(time_ms(&last), top_ms + 3, top_ms + 4);
    set_offset(7200);
    assert_next_rise(&last, 1);
    assert_true(time_ms(&last) > top_ms + 3000000);
}

static void
text_goes_there_and_back(void **state UNUSED)
{
    struct uuid uuid;
    char text[UUID_TEXT_SIZE];
    assert_true(uuid_parse("017F22E2-79b0-7cc3-98C4-dc0c0c07398f", &uuid));
    assert_int_equal(uuid.bytes[0], 0x01);
    assert_int_equal(uuid.bytes[15], 0x8f);
    uuid_print(&uuid, text);
    assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");

    struct uuid made = uuid_make(), again;
    uuid_print(&made, text);
    assert_true(uuid_parse(text, &again));
    assert_true(uuid_is_equal(&made, &again));
    again.bytes[15] ^= 1;
    assert_false(uuid_is_equal(&made, &again));
}

static void
what_is_no_uuid_is_refused_and_changes_nothing(void **state UNUSED)
{
    static const char *const texts[] = {
        "",
        "0",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4+dc0c0c07398f",
        "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        " 017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",
    };
    struct uuid uuid = {{7}};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_false(uuid_parse(texts[i], &uuid));
    assert_int_equal(uuid.bytes[0], 7);
}

int
main(void)
{
    rng_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_has_version_7_its_variant_and_the_time),
        cmocka_unit_test(ids_of_one_process_rise_strictly),
        cmocka_unit_test(ids_rise_when_the_clock_goes_back_and_stands_still),
        cmocka_unit_test(text_goes_there_and_back),
        cmocka_unit_test(what_is_no_uuid_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
