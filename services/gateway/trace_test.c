/* Tests of trace context. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/rng.h"
#include "trace.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"

static char own[CALL_TRACEPARENT_SIZE];
static char id[TRACE_ID_SIZE];

static void
a_valid_trace_is_continued_with_a_span_of_its_own(void **state UNUSED)
{
    static const char *const good[] = {"00-" TRACE "-00f067aa0ba902b7-00",
                                       "cc-" TRACE "-00f067aa0ba902b7-00-more"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        trace_begin(good[i], own);
        trace_print_id(own, id);
        assert_string_equal(id, TRACE);
        assert_int_equal(strlen(own), 55);
        assert_memory_equal(own, "00-", 3);
        assert_memory_not_equal(own + 36, good[i] + 36, 16);
        assert_string_equal(own + 52, "-00");
    }
}

static void
anything_else_begins_a_new_trace(void **state UNUSED)
{
    static const char *const bad[] = {NULL,
                                      "",
                                      "00",
                                      "00-" TRACE "-00f067aa0ba902b7",
                                      "00-" TRACE "-00f067aa0ba902b7-0",
                                      "00-" TRACE "-00f067aa0ba902b7-00-more",
                                      "00-" TRACE "-0000000000000000-01",
                                      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                                      "ff-" TRACE "-00f067aa0ba902b7-01",
                                      "0x-" TRACE "-00f067aa0ba902b7-01",
                                      "00_" TRACE "-00f067aa0ba902b7-01",
                                      "cc-" TRACE "-00f067aa0ba902b7-00.more"};
    char first[CALL_TRACEPARENT_SIZE] = "";
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        trace_begin(bad[i], own);
        trace_print_id(own, id);
        assert_string_not_equal(id, TRACE);
        assert_string_not_equal(id, "00000000000000000000000000000000");
        assert_int_equal(strspn(id, "0123456789abcdef"), 32);
        assert_string_equal(own + 52, "-01");
        assert_string_not_equal(own, first);
        strcpy(first, own);
    }
}

int
main(void)
{
    rng_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_trace_is_continued_with_a_span_of_its_own),
        cmocka_unit_test(anything_else_begins_a_new_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
