/*
 * stat_test - what is counted is printed as Prometheus reads it
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_and_gauges_have_their_names_and_units),
        cmocka_unit_test(histograms_are_cumulative),
        cmocka_unit_test(calls_are_counted_by_method_and_outcome),
    };
    return cmocka_run_group_tests_name("stat", tests, NULL, tear_down);
}
