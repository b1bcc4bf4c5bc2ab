/*
 * entitlement_rules_test - what the header decides beyond the twelve cases: corrections, caps,
 * ends, plans, replacements, texts
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_fixture.h"

/* ---- corrections ---- */

static void
a_correction_of_a_correction_brings_the_fact_back(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15");
    tell_correction(&scene, "f1", "2026-04-01");
    ask(&scene, "2026-05-01");
    assert_true(only(&scene, ENTITLEMENT_COMMERCIAL)->is_undetermined);
    assert_int_equal(scene.ledger.fact_count, 1);
    /* As known before the correction. */
    assert_int_equal(try_ask(&scene, "S1", "2026-05-01", noon_us("2026-03-31")), OK);
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-03-15", "2027-03-15");

    /* Whichever id comes first. */
    tell_correction(&scene, "f2", "2026-04-02")->fact_id = "a correction";
    ask(&scene, "2026-05-01");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-03-15", "2027-03-15");
    scene_close(&scene);
}

static void
an_appeal_that_changes_covered_is_a_corrected_fact(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    tell_taken_in(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-02");
    tell_handed_back(&scene, "r1", "2026-03-14")->coverage = ENTITLEMENT_NOT_COVERED;
    ask(&scene, "2026-06-01");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2027-01-20");
    tell_correction(&scene, "f3", "2026-05-01");
    tell_handed_back(&scene, "r1", "2026-03-14")->coverage = ENTITLEMENT_COVERED;
    ask(&scene, "2026-06-01");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2027-02-01");
    scene_close(&scene);
}

/* ---- what only the customer tells ---- */

static void
a_layer_that_counts_from_a_stated_day_is_stated(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    struct entitlement_fact *delivered = tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15");
    ask(&scene, "2026-05-01");
    assert_false(entitlement_is_stated(only(&scene, ENTITLEMENT_COMMERCIAL)));
    delivered->is_stated = true;
    ask(&scene, "2026-05-01");
    assert_true(entitlement_is_stated(only(&scene, ENTITLEMENT_COMMERCIAL)));
    scene_close(&scene);
}

/* ---- pauses ---- */

static void
the_cap_of_pauses_never_ends_a_layer_in_our_hands(void **state UNUSED)
{
    static const struct {
        struct entitlement_span max;
        const char *last;
    } cases[] = {{{.days = 30}, "2027-02-19"},      {{.days = 10}, "2027-02-10"},
                 {{.days = 0}, "2027-02-10"},       {{.months = 1}, "2027-02-20"},
                 {{.is_none = true}, "2027-02-25"}, {{.is_unlimited = true}, "2027-02-25"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene scene;
        scene_open(&scene);
        tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
        tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-01", "2026-03-11");
        tell_repair(&scene, "r2", ENTITLEMENT_COVERED, "2027-01-15", "2027-02-10");
        struct entitlement_terms *term = promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
        term->has_pause_max = true;
        term->pause_max = cases[i].max;
        ask(&scene, "2027-02-10");
        assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", cases[i].last);
        scene_close(&scene);
    }
}

static void
terms_may_count_all_repairs_or_none(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    tell_repair(&scene, "misuse", ENTITLEMENT_NOT_COVERED, "2026-03-01", "2026-03-11");
    tell_handed_back(&scene, "never taken in", "2026-05-11");
    struct entitlement_terms *term = promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    term->counts_all_repairs = true;
    ask(&scene, "2026-03-05");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2027-01-30");
    assert_true(only(&scene, ENTITLEMENT_COMMERCIAL)->is_paused);
    /* On the day of the hand-back it is the customer's again. */
    ask(&scene, "2026-03-11");
    assert_false(only(&scene, ENTITLEMENT_COMMERCIAL)->is_paused);
    term->pauses = false;
    ask(&scene, "2026-03-05");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2027-01-20");
    assert_false(only(&scene, ENTITLEMENT_COMMERCIAL)->is_paused);
    scene_close(&scene);
}

static void
a_layer_without_limit_is_paused_but_not_lengthened(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    tell_taken_in(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-01");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 0)->span =
        (struct entitlement_span){.is_unlimited = true};
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2026-02-01");
    ask(&scene, "2026-04-01");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_true(interval->is_paused);
    assert_false(interval->has_last_date);
    assert_true(entitlement_covers(interval, day("9999-12-31")));
    assert_explained(interval, "delivered 2026-01-20");
    const struct entitlement_interval *plan = only(&scene, ENTITLEMENT_EXTENDED);
    assert_true(plan->is_empty);
    assert_true(date_is_absent(plan->start_date));
    assert_false(entitlement_covers(plan, day("9999-12-31")));
    assert_explained(plan, "base without limit");
    scene_close(&scene);
}

static void
custody_of_a_replaced_unit_counts_until_its_receipt(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-04-10");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    /* Two repairs from one day on, of which one never ended, and one that ended too late. */
    tell_taken_in(&scene, "r2", ENTITLEMENT_COVERED, "2027-02-19");
    tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2027-02-19", "2027-02-21");
    tell_repair(&scene, "r3", ENTITLEMENT_COVERED, "2027-02-20", "2027-04-01");
    tell_replaced(&scene, "S1", "S2", "2027-03-01", "2027-03-11");
    ask_about(&scene, "S2", "2027-02-01");
    assert_explained(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 0),
                     "delivered 2026-04-10 + 1 year + 10 days in repair + 10 days until replaced, "
                     "ended 2027-03-10 (replaced)");
    /* What was left on 19 February. */
    assert_explained(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 1),
                     "replaced 2027-03-11 + 50 days left");
    assert_true(date_is_absent(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 0)->in_repair_since));
    scene_close(&scene);
}

/* ---- repair layers ---- */

static void
a_repair_layer_needs_success_and_a_hand_back_or_a_visit(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    promise(&scene, ENTITLEMENT_REPAIR, 3)->component = "pump";
    tell_taken_in(&scene, "in our hands", ENTITLEMENT_COVERED, "2026-03-01");
    tell_repaired(&scene, "in our hands", "2026-03-02")->component = "pump";
    tell_repaired(&scene, "other component", "2026-03-02")->component = "motor";
    struct entitlement_fact *failed = tell_repaired(&scene, "failed", "2026-03-02");
    failed->component = "pump";
    failed->has_succeeded = false;
    static const char *const labour[] = {"labour"};
    struct entitlement_fact *classes = tell_repaired(&scene, "other class", "2026-03-02");
    classes->component = "pump";
    classes->cost_classes = labour;
    classes->cost_class_count = 1;
    tell_repaired(&scene, "other unit", "2026-03-02")->serial = "S7";
    ask(&scene, "2026-04-01");
    assert_int_equal(scene.ledger.interval_count, 0);
    static const char *const both[] = {"labour", "parts"};
    struct entitlement_fact *on_site = tell_repaired(&scene, "on site", "2026-03-20");
    on_site->component = "pump";
    on_site->cost_classes = both;
    on_site->cost_class_count = 2;
    ask(&scene, "2026-04-01");
    assert_lasts(only(&scene, ENTITLEMENT_REPAIR), "2026-03-20", "2026-06-20");
    assert_explained(only(&scene, ENTITLEMENT_REPAIR), "repaired 2026-03-20 + 3 months");
    scene_close(&scene);
}

/* ---- ends ---- */

static void
the_earliest_end_holds_and_the_law_is_never_voided(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12)->is_transferable = false;
    promise(&scene, ENTITLEMENT_STATUTORY, 24);
    tell(&scene, ENTITLEMENT_FACT_TRANSFERRED, "2026-08-20");
    tell(&scene, ENTITLEMENT_FACT_TRANSFERRED, "2026-10-20");
    tell(&scene, ENTITLEMENT_FACT_VOIDED, "2026-06-01")->voided_layers = ~0U;
    ask(&scene, "2026-09-01");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_lasts(interval, "2026-01-20", "2026-05-31");
    assert_string_equal(interval->ended_by_fact_id, "f4");
    assert_explained(interval, "delivered 2026-01-20 + 1 year, ended 2026-05-31 (voided)");
    assert_lasts(only(&scene, ENTITLEMENT_STATUTORY), "2026-01-20", "2028-01-20");
    tell_correction(&scene, "f4", "2026-09-01");
    ask(&scene, "2026-09-01");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2026-08-19");
    assert_string_equal(only(&scene, ENTITLEMENT_COMMERCIAL)->ended_by_fact_id, "f2");
    scene_close(&scene);
}

static void
what_was_voided_in_our_hands_is_not_covered_there(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    tell_taken_in(&scene, "r1", ENTITLEMENT_OPEN, "2026-03-01");
    tell(&scene, ENTITLEMENT_FACT_VOIDED, "2026-03-10")->voided_layers = 1U
                                                                         << ENTITLEMENT_COMMERCIAL;
    ask(&scene, "2026-03-20");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_lasts(interval, "2026-01-20", "2026-03-09");
    assert_false(interval->is_paused);
    assert_true(date_is_absent(interval->in_repair_since));
    ask(&scene, "2026-03-05");
    assert_true(only(&scene, ENTITLEMENT_COMMERCIAL)->is_paused);
    scene_close(&scene);
}

static void
a_unit_in_repair_is_covered_until_a_cancellation_to_come(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2025-01-10");
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2025-01-10");
    tell_cancelled(&scene, "c1", "2026-12-31")->record_us = noon_us("2025-12-01");
    tell_taken_in(&scene, "r1", ENTITLEMENT_COVERED, "2025-12-20");
    ask(&scene, "2026-01-15");
    const struct entitlement_interval *plan = only(&scene, ENTITLEMENT_EXTENDED);
    assert_day(plan->cut_date, "2026-12-31");
    assert_day(plan->in_repair_since, "2025-12-20");
    assert_true(entitlement_covers(plan, day("2026-03-01")));
    assert_true(entitlement_covers(plan, day("2026-12-30")));
    assert_false(entitlement_covers(plan, day("2026-12-31")));
    /* Once the end has come the repair keeps nothing. */
    ask(&scene, "2027-01-15");
    plan = only(&scene, ENTITLEMENT_EXTENDED);
    assert_true(date_is_absent(plan->in_repair_since));
    assert_day(plan->last_date, "2026-12-30");
    assert_false(entitlement_covers(plan, day("2026-12-31")));
    scene_close(&scene);
}

static void
an_end_without_an_anchor_still_has_its_day(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12)->is_transferable = false;
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2026-02-01");
    tell(&scene, ENTITLEMENT_FACT_TRANSFERRED, "2026-08-20");
    ask(&scene, "2026-09-01");
    const struct entitlement_interval *interval = only(&scene, ENTITLEMENT_COMMERCIAL);
    assert_true(interval->is_undetermined);
    assert_day(interval->last_date, "2026-08-19");
    assert_true(only(&scene, ENTITLEMENT_EXTENDED)->is_undetermined);
    assert_false(only(&scene, ENTITLEMENT_EXTENDED)->has_last_date);
    scene_close(&scene);
}

/* ---- the day of the sale, names, texts ---- */

static void
the_day_of_the_sale_is_the_first_known_event_of_its_order(void **state UNUSED)
{
    static const enum entitlement_event events[] = {
        ENTITLEMENT_MANUFACTURED, ENTITLEMENT_REGISTERED, ENTITLEMENT_INSTALLED,
        ENTITLEMENT_DELIVERED,    ENTITLEMENT_PURCHASED,  ENTITLEMENT_ORDERED};
    struct scene scene;
    scene_open(&scene);
    struct date date;
    const struct entitlement_fact *fact;
    assert_int_equal(
        entitlement_sale_date(scene.arena, NULL, 0, "S1", INT64_MAX, &date, &fact, &scene.fault),
        OK);
    assert_true(date_is_absent(date));
    assert_null(fact);
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        tell_event(&scene, events[i], "2026-03-15");
        assert_int_equal(entitlement_sale_date(scene.arena, scene.facts, scene.fact_count, "S1",
                                               INT64_MAX, &date, &fact, &scene.fault),
                         OK);
        assert_ptr_equal(fact, &scene.facts[i]);
        assert_day(date, "2026-03-15");
    }
    tell_event(&scene, ENTITLEMENT_ORDERED, "2026-03-16");
    assert_int_equal(entitlement_sale_date(scene.arena, scene.facts, scene.fact_count, "S1",
                                           INT64_MAX, &date, NULL, &scene.fault),
                     ERR_INVALID_ARGUMENT);
    scene.facts[6].record_us = noon_us("2026-03-20");
    assert_int_equal(entitlement_sale_date(scene.arena, scene.facts, scene.fact_count, "S1",
                                           noon_us("2026-03-19"), &date, NULL, &scene.fault),
                     OK);
    assert_day(date, "2026-03-15");
    scene_close(&scene);
}

static void
names_are_those_of_the_records(void **state UNUSED)
{
    assert_null(entitlement_layer_name((enum entitlement_layer)0));
    assert_string_equal(entitlement_layer_name(ENTITLEMENT_STATUTORY), "STATUTORY");
    assert_string_equal(entitlement_layer_name(ENTITLEMENT_GOODWILL), "GOODWILL");
    assert_null(entitlement_layer_name((enum entitlement_layer)6));
    assert_string_equal(entitlement_event_name(ENTITLEMENT_ORDERED), "ordered");
    assert_string_equal(entitlement_event_name(ENTITLEMENT_MANUFACTURED), "manufactured");
    assert_null(entitlement_event_name(ENTITLEMENT_EVENT_COUNT));
    assert_string_equal(entitlement_fact_kind_name(ENTITLEMENT_FACT_TAKEN_IN), "taken_in");
    assert_string_equal(entitlement_fact_kind_name(ENTITLEMENT_FACT_CORRECTED), "corrected");
    assert_null(entitlement_fact_kind_name(ENTITLEMENT_FACT_KIND_COUNT));
}

static void
lengths_are_said_in_their_largest_units(void **state UNUSED)
{
    static const struct {
        int months, days;
        const char *text;
    } cases[] = {{12, 0, "+ 1 year"},
                 {24, 1, "+ 2 years + 1 day"},
                 {1, 0, "+ 1 month"},
                 {18, 0, "+ 18 months"},
                 {0, 1, "+ 1 day"},
                 {0, 90, "+ 90 days"},
                 {6, 10, "+ 6 months + 10 days"},
                 {0, 0, ""}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct entitlement_step step = {
            .kind = ENTITLEMENT_STEP_SPAN, .months = cases[i].months, .days = cases[i].days};
        struct buf out = {0};
        entitlement_step_print(&step, &out);
        assert_string_equal(buf_text(&out), cases[i].text);
        buf_free(&out);
    }
    /* A step that adds nothing leaves no gap. */
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-04-10");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 0)->carry_over = ENTITLEMENT_REMAINING;
    tell_replaced(&scene, "S1", "S2", NULL, "2026-04-10");
    ask_about(&scene, "S2", "2026-04-10");
    assert_explained(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 0),
                     "delivered 2026-04-10, ended 2026-04-09 (replaced)");
    assert_explained(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 1), "replaced 2026-04-10");
    assert_lasts(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 1), "2026-04-10", "2026-04-10");
    scene_close(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_correction_of_a_correction_brings_the_fact_back),
        cmocka_unit_test(an_appeal_that_changes_covered_is_a_corrected_fact),
        cmocka_unit_test(a_layer_that_counts_from_a_stated_day_is_stated),
        cmocka_unit_test(the_cap_of_pauses_never_ends_a_layer_in_our_hands),
        cmocka_unit_test(terms_may_count_all_repairs_or_none),
        cmocka_unit_test(a_layer_without_limit_is_paused_but_not_lengthened),
        cmocka_unit_test(custody_of_a_replaced_unit_counts_until_its_receipt),
        cmocka_unit_test(a_repair_layer_needs_success_and_a_hand_back_or_a_visit),
        cmocka_unit_test(the_earliest_end_holds_and_the_law_is_never_voided),
        cmocka_unit_test(what_was_voided_in_our_hands_is_not_covered_there),
        cmocka_unit_test(a_unit_in_repair_is_covered_until_a_cancellation_to_come),
        cmocka_unit_test(an_end_without_an_anchor_still_has_its_day),
        cmocka_unit_test(the_day_of_the_sale_is_the_first_known_event_of_its_order),
        cmocka_unit_test(names_are_those_of_the_records),
        cmocka_unit_test(lengths_are_said_in_their_largest_units),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
