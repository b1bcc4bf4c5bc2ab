/*
 * entitlement_test - the twelve cases of the ledger, line by line and date by date
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

/* ---- replacement ---- */

static void
a_replacement_carries_over_as_the_terms_say(void **state UNUSED)
{
    static const struct {
        const char *received, *handover;
        enum entitlement_carry_over carry_over;
        const char *last, *explanation;
    } cases[] = {
        {"2027-03-01", "2027-03-11", ENTITLEMENT_REMAINING, "2027-04-20",
         "replaced 2027-03-11 + 40 days left"},
        {"2027-03-01", "2027-03-11", ENTITLEMENT_RESTART, "2028-03-11",
         "replaced 2027-03-11 + 1 year"},
        {"2027-03-01", "2027-03-11", ENTITLEMENT_LONGER_OF, "2027-09-11",
         "replaced 2027-03-11 + 6 months"},
        {"2026-05-10", "2026-05-20", ENTITLEMENT_LONGER_OF, "2027-04-20",
         "replaced 2026-05-20 + 335 days left"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene scene;
        scene_open(&scene);
        tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-04-10");
        tell_replaced(&scene, "S1", "S2", cases[i].received, cases[i].handover);
        struct entitlement_terms *term = promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
        term->carry_over = cases[i].carry_over;
        term->at_least = (struct entitlement_span){.months = 6};
        ask_about(&scene, "S2", cases[i].handover);
        assert_int_equal(scene.ledger.interval_count, 2);
        const struct entitlement_interval *old = nth_of(&scene, ENTITLEMENT_COMMERCIAL, 0);
        const struct entitlement_interval *new = nth_of(&scene, ENTITLEMENT_COMMERCIAL, 1);
        assert_lasts(new, cases[i].handover, cases[i].last);
        assert_explained(new, cases[i].explanation);
        assert_string_equal(new->serial, "S2");
        assert_ptr_equal(new->base, old);
        assert_string_equal(old->serial, "S1");
        assert_string_equal(old->ended_by_fact_id, "f2");
        assert_true(entitlement_covers(old, date_add(day(cases[i].handover), 0, -1)));
        assert_false(entitlement_covers(old, day(cases[i].handover)));
        /* The old unit knows it too. */
        ask(&scene, cases[i].handover);
        assert_day(only(&scene, ENTITLEMENT_COMMERCIAL)->last_date,
                   i == 3 ? "2026-05-19" : "2027-03-10");
        scene_close(&scene);
    }
}

/* ---- layers and classes ---- */

static void
promise_for(struct scene *scene, enum entitlement_layer layer, int months, const char *cost_class,
            const char *component)
{
    struct entitlement_terms *term = promise(scene, layer, months);
    term->cost_class = cost_class;
    term->component = component;
}

/* "COMMERCIAL parts, STATUTORY travel" and so on: what covers a day, in order. */
static const char *
covering(struct scene *scene, const char *at)
{
    struct buf out = {0};
    ask(scene, at);
    for (size_t i = 0; i < scene->ledger.interval_count; i++) {
        const struct entitlement_interval *interval = &scene->ledger.intervals[i];
        if (!entitlement_covers(interval, day(at)))
            continue;
        buf_printf(&out, "%s%s %s", out.size_bytes > 0 ? ", " : "",
                   entitlement_layer_name(interval->layer), interval->cost_class);
        if (interval->component[0] != 0)
            buf_printf(&out, " (%s)", interval->component);
    }
    const char *text = arena_copy_text(scene->arena, buf_text(&out));
    buf_free(&out);
    return text;
}

static void
layers_stand_beside_each_other_by_cost_class(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2025-06-30");
    promise_for(&scene, ENTITLEMENT_STATUTORY, 24, "parts", "");
    promise_for(&scene, ENTITLEMENT_STATUTORY, 24, "labour", "");
    promise_for(&scene, ENTITLEMENT_STATUTORY, 24, "travel", "");
    promise_for(&scene, ENTITLEMENT_COMMERCIAL, 12, "parts", "");
    promise_for(&scene, ENTITLEMENT_COMMERCIAL, 12, "labour", "");
    promise_for(&scene, ENTITLEMENT_COMMERCIAL, 0, "travel", "");
    scene.terms[5].span = (struct entitlement_span){.is_none = true};
    const char *by_law = "STATUTORY parts, STATUTORY labour, STATUTORY travel";
    assert_string_equal(covering(&scene, "2026-06-30"),
                        "COMMERCIAL parts, COMMERCIAL labour, STATUTORY parts, STATUTORY labour, "
                        "STATUTORY travel");
    assert_string_equal(covering(&scene, "2026-07-01"), by_law);
    assert_string_equal(covering(&scene, "2026-09-01"), by_law);
    assert_string_equal(covering(&scene, "2027-06-30"), by_law);
    assert_string_equal(covering(&scene, "2027-07-01"), "");
    /* A business customer has no statutory layer. */
    memmove(scene.terms, scene.terms + 3, 3 * sizeof scene.terms[0]);
    scene.term_count = 3;
    assert_string_equal(covering(&scene, "2026-06-30"), "COMMERCIAL parts, COMMERCIAL labour");
    assert_string_equal(covering(&scene, "2026-07-01"), "");
    scene_close(&scene);
}

static void
a_component_may_be_covered_longer_than_its_unit(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-05-31");
    promise_for(&scene, ENTITLEMENT_COMMERCIAL, 24, "parts", "");
    promise_for(&scene, ENTITLEMENT_COMMERCIAL, 24, "labour", "");
    promise_for(&scene, ENTITLEMENT_COMMERCIAL, 120, "parts", "compressor");
    assert_string_equal(covering(&scene, "2028-05-31"),
                        "COMMERCIAL parts, COMMERCIAL labour, COMMERCIAL parts (compressor)");
    assert_string_equal(covering(&scene, "2028-06-01"), "COMMERCIAL parts (compressor)");
    assert_string_equal(covering(&scene, "2036-05-31"), "COMMERCIAL parts (compressor)");
    assert_string_equal(covering(&scene, "2036-06-01"), "");
    scene_close(&scene);
}

/* ---- transfer, goodwill, repair layer ---- */

static void
a_transfer_cancels_a_plan_that_does_not_go_along(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-31");
    tell_plan(&scene, "c1", "plus1", "2026-02-10");
    promise_for(&scene, ENTITLEMENT_COMMERCIAL, 12, "parts", "");
    promise_for(&scene, ENTITLEMENT_COMMERCIAL, 12, "labour", "");
    struct entitlement_terms *term = promise(&scene, ENTITLEMENT_EXTENDED, 12);
    term->plan = "plus1";
    term->is_transferable = false;
    ask(&scene, "2026-03-01");
    assert_lasts(only(&scene, ENTITLEMENT_EXTENDED), "2027-02-01", "2028-01-31");

    tell(&scene, ENTITLEMENT_FACT_TRANSFERRED, "2026-08-20");
    struct entitlement_fact *grant = tell(&scene, ENTITLEMENT_FACT_GOODWILL, "2027-02-01");
    static const char *const parts[] = {"parts"};
    grant->last_date = day("2027-04-30");
    grant->cost_classes = parts;
    grant->cost_class_count = 1;
    grant->clause_id = "general.authority";
    ask(&scene, "2027-02-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 0), "2026-01-31", "2027-01-31");
    const struct entitlement_interval *plan = only(&scene, ENTITLEMENT_EXTENDED);
    assert_true(plan->is_empty);
    assert_string_equal(plan->ended_by_fact_id, "f3");
    assert_day(plan->start_date, "2027-02-01");
    assert_day(plan->term_last_date, "2028-01-31");
    assert_day(plan->last_date, "2026-08-19");
    assert_false(entitlement_covers(plan, day("2027-02-01")));
    assert_explained(plan, "base until 2027-01-31 + 1 year, ended 2026-08-19 (transferred)");
    const struct entitlement_interval *goodwill = only(&scene, ENTITLEMENT_GOODWILL);
    assert_lasts(goodwill, "2027-02-01", "2027-04-30");
    assert_explained(goodwill, "granted until 2027-04-30");
    assert_string_equal(goodwill->clause_id, "general.authority");
    assert_string_equal(covering(&scene, "2027-01-31"), "COMMERCIAL parts, COMMERCIAL labour");
    assert_string_equal(covering(&scene, "2027-02-01"), "GOODWILL parts");
    assert_string_equal(covering(&scene, "2027-05-01"), "");
    scene_close(&scene);
}

static void
a_repair_is_warranted_beyond_the_end_of_the_base(void **state UNUSED)
{
    struct scene scene;
    open_unit_of_case_6(&scene);
    promise(&scene, ENTITLEMENT_REPAIR, 3);
    tell_repair(&scene, "r1", ENTITLEMENT_NOT_COVERED, "2026-12-10", "2026-12-20");
    struct entitlement_fact *repaired = tell_repaired(&scene, "r1", "2026-12-18");
    repaired->component = "pump";
    repaired->fault_code = "leak";
    ask(&scene, "2027-03-20");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2027-01-20");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_REPAIR);
    assert_lasts(interval, "2026-12-20", "2027-03-20");
    assert_string_equal(interval->component, "pump");
    assert_string_equal(interval->fault_code, "leak");
    assert_string_equal(interval->repair_id, "r1");
    assert_explained(interval, "handed back 2026-12-20 + 3 months");
    assert_string_equal(covering(&scene, "2027-01-20"), "REPAIR parts (pump), COMMERCIAL parts");
    assert_string_equal(covering(&scene, "2027-03-20"), "REPAIR parts (pump)");
    assert_string_equal(covering(&scene, "2027-03-21"), "");
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
        cmocka_unit_test(a_replacement_carries_over_as_the_terms_say),
        cmocka_unit_test(layers_stand_beside_each_other_by_cost_class),
        cmocka_unit_test(a_component_may_be_covered_longer_than_its_unit),
        cmocka_unit_test(a_transfer_cancels_a_plan_that_does_not_go_along),
        cmocka_unit_test(a_repair_is_warranted_beyond_the_end_of_the_base),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
