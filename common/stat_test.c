/*
 * stat_test - what is counted is printed as Prometheus reads it
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/err.h"
#include "common/stat.h"

STAT(doors_opened, "door.opened", STAT_COUNTER, "", "Doors that were opened.");
STAT(room_size, "room.size", STAT_GAUGE, "bytes", "Room that is left.");
STAT(door_wait, "door.wait", STAT_HISTOGRAM_US, "seconds", "Time before a door opened.");

static struct buf printed;

static int
tear_down(void **state UNUSED)
{
    buf_free(&printed);
    stat_deinit();
    return 0;
}

static void
assert_line(const char *line)
{
    buf_clear(&printed);
    stat_print(&printed, "orders");
    if (strstr(buf_text(&printed), line) == NULL)
        fail_msg("no line \"%s\" in\n%s", line, buf_text(&printed));
}

static void
counters_and_gauges_have_their_names_and_units(void **state UNUSED)
{
    doors_opened.value += 3;
    room_size.value = 42;
    assert_line("# TYPE aftercare_door_opened_total counter\n");
    assert_line("aftercare_door_opened_total{service=\"orders\"} 3\n");
    assert_line("# HELP aftercare_room_size_bytes Room that is left.\n");
    assert_line("aftercare_room_size_bytes{service=\"orders\"} 42\n");
}

static void
histograms_are_cumulative(void **state UNUSED)
{
    stat_observe_us(&door_wait, 40);
    stat_observe_us(&door_wait, 60);
    stat_observe_us(&door_wait, 60000000);
    assert_line("aftercare_door_wait_seconds_bucket{service=\"orders\",le=\"5e-05\"} 1\n");
    assert_line("aftercare_door_wait_seconds_bucket{service=\"orders\",le=\"0.0001\"} 2\n");
    assert_line("aftercare_door_wait_seconds_bucket{service=\"orders\",le=\"+Inf\"} 3\n");
    assert_line("aftercare_door_wait_seconds_count{service=\"orders\"} 3\n");
}

static void
calls_are_counted_by_method_and_outcome(void **state UNUSED)
{
    stat_count_call("orders.v1.OrderService/PlaceOrder", err_name(OK), 100);
    stat_count_call("orders.v1.OrderService/PlaceOrder", err_name(OK), 100);
    stat_count_call("orders.v1.OrderService/PlaceOrder", err_name(ERR_NOT_FOUND), 100);
    assert_line("aftercare_calls_seconds_count{service=\"orders\","
                "method=\"orders.v1.OrderService/PlaceOrder\",outcome=\"OK\"} 2\n");
    assert_line("aftercare_calls_seconds_count{service=\"orders\","
                "method=\"orders.v1.OrderService/PlaceOrder\",outcome=\"NOT_FOUND\"} 1\n");
}

/* The number that stands behind `name` in what was printed of this process. */
static double
process_number(const char *name)
{
    buf_clear(&printed);
    stat_print_process(&printed, "orders", INT64_C(1700000000) * 1000000);
    char beginning[100];
    snprintf(beginning, sizeof beginning, "\n%s{service=\"orders\"} ", name);
    const char *found = strstr(buf_text(&printed), beginning);
    if (found == NULL)
        fail_msg("no %s in\n%s", name, buf_text(&printed));
    return strtod(found + strlen(beginning), NULL);
}

static void
the_process_tells_its_descriptors_memory_and_start(void **state UNUSED)
{
    double before = process_number("process_open_fds");
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(process_number("process_open_fds") == before + 1);
    close(fd);
    assert_true(process_number("process_open_fds") == before);
    assert_true(process_number("process_max_fds") >= before);

    enum { MORE_BYTES = 32 << 20 };
    before = process_number("process_resident_memory_bytes");
    char *more = malloc(MORE_BYTES);
    assert_non_null(more);
    memset(more, 1, MORE_BYTES);
    double grown = process_number("process_resident_memory_bytes") - before;
    free(more);
    assert_true(grown > MORE_BYTES * 0.9 && grown < MORE_BYTES * 2.0);
    assert_true(process_number("process_cpu_seconds_total") > 0);
    assert_true(process_number("process_start_time_seconds") == 1700000000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_and_gauges_have_their_names_and_units),
        cmocka_unit_test(histograms_are_cumulative),
        cmocka_unit_test(calls_are_counted_by_method_and_outcome),
        cmocka_unit_test(the_process_tells_its_descriptors_memory_and_start),
    };
    return cmocka_run_group_tests_name("stat", tests, NULL, tear_down);
}
