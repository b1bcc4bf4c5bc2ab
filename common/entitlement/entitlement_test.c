/*
 * entitlement_test - the cases of the ledger about one unit, line by line and date by date
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_fixture.h"

/* ---- one year, leap days, ends of months ---- */

static void
one_year_lasts_through_the_day_a_year_later(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    ask(&scene, "2026-11-02");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_lasts(interval, "2026-03-15", "2027-03-15");
    assert_explained(interval, "delivered 2026-03-15 + 1 year");
    assert_false(entitlement_covers(interval, day("2026-03-14")));
    assert_true(entitlement_covers(interval, day("2026-03-15")));
    assert_true(entitlement_covers(interval, day("2027-03-15")));
    assert_false(entitlement_covers(interval, day("2027-03-16")));
    scene_close(&scene);
}

static void
spans_are_added_at_once_over_leap_days_and_ends_of_months(void **state UNUSED)
{
    static const struct {
        const char *delivered;
        int months;
        const char *last;
    } cases[] = {{"2024-02-29", 12, "2025-02-28"}, {"2024-02-29", 24, "2026-02-28"},
                 {"2024-02-29", 48, "2028-02-29"}, {"2023-02-28", 12, "2024-02-28"},
                 {"2025-08-31", 6, "2026-02-28"},  {"2025-08-31", 18, "2027-02-28"},
                 {"2026-01-31", 2, "2026-03-31"},  {"2026-05-31", 24, "2028-05-31"},
                 {"2026-05-31", 120, "2036-05-31"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene scene;
        scene_open(&scene);
        tell_event(&scene, ENTITLEMENT_DELIVERED, cases[i].delivered);
        promise(&scene, ENTITLEMENT_COMMERCIAL, cases[i].months);
        ask(&scene, cases[i].delivered);
        assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), cases[i].delivered, cases[i].last);
        scene_close(&scene);
    }
}

/* ---- what is known when ---- */

static void
a_better_anchor_that_is_known_later_counts_from_then_on(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_PURCHASED, "2026-05-01");
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-05-09")->record_us = noon_us("2026-06-20");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);

    assert_int_equal(try_ask(&scene, "S1", "2026-06-01", noon_us("2026-06-01")), OK);
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_lasts(interval, "2026-05-01", "2027-05-01");
    assert_explained(interval, "purchased 2026-05-01 + 1 year");

    assert_int_equal(try_ask(&scene, "S1", "2026-06-21", noon_us("2026-06-21")), OK);
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-05-09", "2027-05-09");

    assert_int_equal(try_ask(&scene, "S1", "2026-06-21", noon_us("2026-06-01")), OK);
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-05-01", "2027-05-01");
    /* The day of the sale is the purchase all the time. */
    assert_day(scene.ledger.sale_date, "2026-05-01");
    assert_ptr_equal(scene.ledger.sale_fact, &scene.facts[0]);
    scene_close(&scene);
}

static void
without_a_proof_the_production_with_its_offset_is_the_anchor(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    struct entitlement_terms *term = promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    term->anchors[2] = (struct entitlement_anchor){ENTITLEMENT_MANUFACTURED, 0, 90};
    term->anchor_count = 3;
    tell_event(&scene, ENTITLEMENT_MANUFACTURED, "2025-01-10");
    ask(&scene, "2025-06-01");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_lasts(interval, "2025-04-10", "2026-04-10");
    assert_explained(interval, "manufactured 2025-01-10 + 90 days + 1 year");

    scene.fact_count = 0;
    ask(&scene, "2025-06-01");
    interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_true(interval->is_undetermined);
    assert_false(interval->has_last_date);
    assert_false(entitlement_covers(interval, day("2025-06-01")));
    assert_explained(interval, "no anchor known");
    assert_true(date_is_absent(scene.ledger.sale_date));
    assert_null(scene.ledger.sale_fact);
    scene_close(&scene);
}

/* ---- repairs ---- */

/* The unit of case 6: delivered, with a commercial year and a plan of two. */
static void
open_unit_of_case_6(struct scene *scene)
{
    scene_open(scene);
    tell_event(scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    promise(scene, ENTITLEMENT_COMMERCIAL, 12);
}

static void
twelve_days_in_repair_are_added(void **state UNUSED)
{
    struct scene scene;
    open_unit_of_case_6(&scene);
    tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-02", "2026-03-14");
    ask(&scene, "2026-06-01");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_lasts(interval, "2026-01-20", "2027-02-01");
    assert_true(entitlement_covers(interval, day("2027-02-01")));
    assert_false(entitlement_covers(interval, day("2027-02-02")));
    assert_false(interval->is_paused);
    assert_explained(interval, "delivered 2026-01-20 + 1 year + 12 days in repair");
    scene_close(&scene);
}

static void
what_was_left_at_the_intake_is_left_at_the_hand_back(void **state UNUSED)
{
    struct scene scene;
    open_unit_of_case_6(&scene);
    tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2027-01-15", "2027-02-10");
    ask(&scene, "2027-02-01");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_lasts(interval, "2026-01-20", "2027-02-15");
    assert_true(entitlement_covers(interval, day("2027-02-01")));
    assert_true(interval->is_paused);

    tell_repair(&scene, "r2", ENTITLEMENT_COVERED, "2027-02-15", "2027-02-20");
    ask(&scene, "2027-02-16");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2027-02-20");
    assert_true(only(&scene, ENTITLEMENT_COMMERCIAL)->is_paused);

    scene.fact_count -= 2;
    tell_repair(&scene, "r2", ENTITLEMENT_COVERED, "2027-02-16", "2027-02-20");
    ask(&scene, "2027-02-16");
    interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_lasts(interval, "2026-01-20", "2027-02-15");
    assert_false(entitlement_covers(interval, day("2027-02-16")));
    assert_false(interval->is_paused);
    scene_close(&scene);
}

static void
a_unit_that_is_still_in_repair_never_expires(void **state UNUSED)
{
    struct scene scene;
    open_unit_of_case_6(&scene);
    tell_taken_in(&scene, "r1", ENTITLEMENT_OPEN, "2027-01-15");
    ask(&scene, "2027-02-01");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    /* 17 days in repair if it came back today. */
    assert_lasts(interval, "2026-01-20", "2027-02-06");
    assert_true(interval->is_paused);
    assert_day(interval->in_repair_since, "2027-01-15");
    assert_true(entitlement_covers(interval, day("2027-02-01")));
    assert_true(entitlement_covers(interval, day("2029-01-01")));
    ask(&scene, "2027-01-15");
    assert_true(only(&scene, ENTITLEMENT_COMMERCIAL)->is_paused);
    /* Before the intake nothing is paused. */
    ask(&scene, "2027-01-14");
    interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_lasts(interval, "2026-01-20", "2027-01-20");
    assert_false(interval->is_paused);
    scene_close(&scene);
}

static void
repairs_that_overlap_count_once_and_chargeable_ones_never(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-02-10");
    tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2026-06-01", "2026-06-11");
    tell_repair(&scene, "supplier", ENTITLEMENT_COVERED, "2026-06-08", "2026-06-20");
    tell_repair(&scene, "misuse", ENTITLEMENT_NOT_COVERED, "2026-09-01", "2026-09-11");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    ask(&scene, "2026-12-01");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-02-10", "2027-03-01");
    assert_explained(only(&scene, ENTITLEMENT_COMMERCIAL),
                     "delivered 2026-02-10 + 1 year + 19 days in repair");
    scene_close(&scene);
}

/* ---- plans ---- */

static void
a_plan_begins_after_its_base_and_moves_with_it(void **state UNUSED)
{
    struct scene scene;
    open_unit_of_case_6(&scene);
    promise(&scene, ENTITLEMENT_EXTENDED, 24)->plan = "plus2";
    tell_plan(&scene, "c1", "plus2", "2026-02-01");
    ask(&scene, "2026-02-15");
    assert_lasts(only(&scene, ENTITLEMENT_EXTENDED), "2027-01-21", "2029-01-20");

    tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-02", "2026-03-14");
    ask(&scene, "2026-06-01");
    const struct entitlement_interval *plan = only(&scene, ENTITLEMENT_EXTENDED);
    assert_lasts(plan, "2027-02-02", "2029-02-01");
    assert_explained(plan, "base until 2027-02-01 + 2 years");
    assert_ptr_equal(plan->base, only(&scene, ENTITLEMENT_COMMERCIAL));

    tell_repair(&scene, "r2", ENTITLEMENT_COVERED, "2028-05-01", "2028-05-11");
    ask(&scene, "2028-05-05");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2027-02-01");
    plan = only(&scene, ENTITLEMENT_EXTENDED);
    assert_lasts(plan, "2027-02-02", "2029-02-11");
    assert_true(plan->is_paused);
    assert_false(only(&scene, ENTITLEMENT_COMMERCIAL)->is_paused);
    scene_close(&scene);
}

static void
a_repair_over_the_end_of_the_base_only_moves_the_plan(void **state UNUSED)
{
    struct scene scene;
    open_unit_of_case_6(&scene);
    promise(&scene, ENTITLEMENT_EXTENDED, 24)->plan = "plus2";
    tell_plan(&scene, "c1", "plus2", "2026-02-01");
    tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2027-01-15", "2027-02-10");
    ask(&scene, "2027-03-01");
    assert_lasts(only(&scene, ENTITLEMENT_EXTENDED), "2027-02-16", "2029-02-15");
    scene_close(&scene);
}

static void
a_plan_after_a_leap_day_ends_on_the_last_of_february(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-02-28");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 24)->span.days = 1;
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2026-03-01");
    ask(&scene, "2026-03-01");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-02-28", "2028-02-29");
    assert_lasts(only(&scene, ENTITLEMENT_EXTENDED), "2028-03-01", "2029-02-28");
    scene_close(&scene);
}

static void
facts_are_left_that_were_known_and_not_struck_out(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_PURCHASED, "2026-05-01");
    tell_event(&scene, ENTITLEMENT_ORDERED, "2026-04-01");
    tell(&scene, ENTITLEMENT_FACT_CORRECTED, "2026-05-02")->corrects_fact_id = "f1";
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-05-09")->record_us = noon_us("2026-06-20");
    const struct entitlement_fact *const *left;
    size_t count;
    assert_int_equal(entitlement_facts_left(scene.arena, scene.facts, scene.fact_count,
                                            noon_us("2026-05-10"), &left, &count, &scene.fault),
                     OK);
    assert_int_equal(count, 2);
    assert_string_equal(left[0]->fact_id, "f2");
    assert_string_equal(left[1]->fact_id, "f3");
    scene.facts[1].fact_id = "f1";
    assert_int_equal(entitlement_facts_left(scene.arena, scene.facts, scene.fact_count, INT64_MAX,
                                            &left, &count, &scene.fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(scene.fault.message, "fact f1 is there twice");
    scene_close(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_year_lasts_through_the_day_a_year_later),
        cmocka_unit_test(spans_are_added_at_once_over_leap_days_and_ends_of_months),
        cmocka_unit_test(a_better_anchor_that_is_known_later_counts_from_then_on),
        cmocka_unit_test(without_a_proof_the_production_with_its_offset_is_the_anchor),
        cmocka_unit_test(twelve_days_in_repair_are_added),
        cmocka_unit_test(what_was_left_at_the_intake_is_left_at_the_hand_back),
        cmocka_unit_test(a_unit_that_is_still_in_repair_never_expires),
        cmocka_unit_test(repairs_that_overlap_count_once_and_chargeable_ones_never),
        cmocka_unit_test(a_plan_begins_after_its_base_and_moves_with_it),
        cmocka_unit_test(a_repair_over_the_end_of_the_base_only_moves_the_plan),
        cmocka_unit_test(a_plan_after_a_leap_day_ends_on_the_last_of_february),
        cmocka_unit_test(facts_are_left_that_were_known_and_not_struck_out),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
