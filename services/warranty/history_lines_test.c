/*
 * history_lines_test - facts and events of other services as lines
 */
// SPDX-License-Identifier: Apache-2.0
#include "history.h"

#include "common/message.h"
#include "common/test.h"

#define FACT_ID "01900000-0000-7000-8000-000000000001"

static struct arena *arena;

static int
set_up(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    zone_deinit();
    return 0;
}

static Warranty__V1__UnitFact
make_fact(int kind)
{
    Warranty__V1__UnitFact fact = WARRANTY__V1__UNIT_FACT__INIT;
    fact.fact_id = (char *)(uintptr_t)FACT_ID;
    fact.serial = (char *)(uintptr_t) "NEW";
    fact.kind = (Warranty__V1__UnitFact__Kind)kind;
    fact.record_time = message_time(arena, INT64_C(86400) * 1000000 - 1);
    return fact;
}

static void
a_replacement_is_a_line_of_both_units(void **state UNUSED)
{
    struct history_line lines[HISTORY_FACT_LINES_MAX];
    Warranty__V1__UnitFact fact = make_fact(WARRANTY__V1__UNIT_FACT__KIND__REPLACED);
    fact.date = message_date(arena, (struct date){2026, 3, 15});
    assert_int_equal(history_of_fact(arena, zone_find("UTC"), &fact, lines), 1);
    fact.old_serial = (char *)(uintptr_t) "OLD";
    assert_int_equal(history_of_fact(arena, zone_find("UTC"), &fact, lines), 2);
    assert_string_equal(lines[0].serial, "NEW");
    assert_string_equal(lines[1].serial, "OLD");
    assert_true(uuid_is_equal(&lines[0].line_id, &lines[1].line_id));
    assert_string_equal(lines[1].kind, "REPLACED");
    assert_int_equal(lines[1].date.day, 15);
    assert_null(lines[0].visible_to);
}

static void
a_correction_stands_at_the_day_it_was_told(void **state UNUSED)
{
    struct history_line lines[HISTORY_FACT_LINES_MAX];
    Warranty__V1__UnitFact fact = make_fact(WARRANTY__V1__UNIT_FACT__KIND__CORRECTED);
    assert_int_equal(history_of_fact(arena, zone_find("UTC"), &fact, lines), 1);
    assert_int_equal(date_to_days(lines[0].date), 0);
    assert_int_equal(date_to_days(history_day(zone_find("UTC"), -1)), -1);
}

static void
a_day_is_one_by_the_clocks_of_the_company(void **state UNUSED)
{
    const int64_t late_us = (INT64_C(86400) - 1800) * 1000000;
    assert_int_equal(date_to_days(history_day(zone_find("UTC"), late_us)), 0);
    assert_int_equal(date_to_days(history_day(zone_find("Europe/Berlin"), late_us)), 1);
    assert_int_equal(date_to_days(history_day(zone_find("America/New_York"), 0)), -1);
}

static void
a_fact_of_a_kind_to_come_is_a_line_and_one_without_id_is_none(void **state UNUSED)
{
    struct history_line lines[HISTORY_FACT_LINES_MAX];
    Warranty__V1__UnitFact fact = make_fact(999);
    assert_int_equal(history_of_fact(arena, zone_find("UTC"), &fact, lines), 1);
    assert_string_equal(lines[0].kind, "UNKNOWN");
    fact.fact_id = (char *)(uintptr_t) "no id";
    assert_int_equal(history_of_fact(arena, zone_find("UTC"), &fact, lines), 0);
}

static void
an_event_of_another_service_tells_itself(void **state UNUSED)
{
    struct history_line line =
        history_of_event(arena, "parts.v1.PartOrderShipped", "part_order", "7");
    assert_string_equal(line.kind, "PART_ORDER_SHIPPED");
    assert_string_equal(line.summary, "part order shipped");
    assert_string_equal(line.resource, "/v1/part-orders/7");
    assert_string_equal(history_resource(arena, "policy", "p"), "/v1/policies/p");
    assert_string_equal(history_of_event(arena, "Odd", "y", "1").kind, "ODD");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_replacement_is_a_line_of_both_units),
        TEST(a_correction_stands_at_the_day_it_was_told),
        TEST(a_day_is_one_by_the_clocks_of_the_company),
        TEST(a_fact_of_a_kind_to_come_is_a_line_and_one_without_id_is_none),
        TEST(an_event_of_another_service_tells_itself),
    };
    return cmocka_run_group_tests_name("history_lines", tests, NULL, NULL);
}
