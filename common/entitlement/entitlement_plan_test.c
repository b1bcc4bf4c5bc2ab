/*
 * entitlement_plan_test - what the header decides about plans and replaced units
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_fixture.h"

/* ---- plans ---- */

static void
a_plan_without_a_base_begins_at_its_anchor(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    struct entitlement_terms *travel = promise(&scene, ENTITLEMENT_EXTENDED, 36);
    travel->plan = "plus3";
    travel->cost_class = "travel";
    struct entitlement_terms *component = promise(&scene, ENTITLEMENT_EXTENDED, 36);
    component->plan = "plus3";
    component->component = "compressor";
    tell_plan(&scene, "c1", "plus3", "2026-02-01");
    ask(&scene, "2026-09-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 0), "2026-01-20", "2029-01-20");
    /* That of a component begins after the base of the whole unit. */
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 1), "2027-01-21", "2030-01-20");
    scene_close(&scene);
}

static void
a_renewal_begins_after_what_it_renews(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_renewal(&scene, "c2", "c1", "2026-02-01");
    tell_plan(&scene, "c1", "plus1", "2026-02-01");
    tell_renewal(&scene, "c3", "nobody's", "2026-02-02");
    tell_cancelled(&scene, "c2", "2028-06-01");
    ask(&scene, "2026-09-01");
    const struct entitlement_interval *first = nth_of(&scene, ENTITLEMENT_EXTENDED, 0);
    assert_string_equal(first->contract_id, "c1");
    assert_lasts(first, "2027-01-21", "2028-01-20");
    const struct entitlement_interval *unknown = nth_of(&scene, ENTITLEMENT_EXTENDED, 1);
    assert_string_equal(unknown->contract_id, "c3");
    assert_lasts(unknown, "2027-01-21", "2028-01-20");
    const struct entitlement_interval *second = nth_of(&scene, ENTITLEMENT_EXTENDED, 2);
    assert_string_equal(second->contract_id, "c2");
    assert_lasts(second, "2028-01-21", "2028-05-31");
    assert_explained(second, "base until 2028-01-20 + 1 year, ended 2028-05-31 (plan_cancelled)");
    assert_ptr_equal(second->base, first);
    scene_close(&scene);
}

static void
a_plan_begins_when_its_base_ends_early(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    struct entitlement_terms *base = promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2026-02-01");
    struct entitlement_fact *voided = tell(&scene, ENTITLEMENT_FACT_VOIDED, "2026-06-01");
    voided->voided_layers = 1U << ENTITLEMENT_COMMERCIAL;
    ask(&scene, "2026-09-01");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2026-05-31");
    assert_lasts(only(&scene, ENTITLEMENT_EXTENDED), "2026-06-01", "2027-05-31");
    base->span = (struct entitlement_span){.is_unlimited = true};
    ask(&scene, "2026-09-01");
    assert_lasts(only(&scene, ENTITLEMENT_EXTENDED), "2026-06-01", "2027-05-31");
    /* A base that was voided before it began leaves its place. */
    voided->date = day("2026-01-10");
    ask(&scene, "2026-09-01");
    assert_true(only(&scene, ENTITLEMENT_COMMERCIAL)->is_empty);
    assert_lasts(only(&scene, ENTITLEMENT_EXTENDED), "2026-01-20", "2027-01-19");
    scene_close(&scene);
}

static void
a_renewal_takes_the_place_of_what_was_cancelled(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2026-02-01");
    tell_renewal(&scene, "c2", "c1", "2026-03-01");
    struct entitlement_fact *cancelled = tell_cancelled(&scene, "c1", "2027-05-01");
    ask(&scene, "2026-09-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 0), "2027-01-21", "2027-04-30");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 1), "2027-05-01", "2028-04-30");
    cancelled->date = day("2026-05-01");
    ask(&scene, "2026-09-01");
    assert_true(nth_of(&scene, ENTITLEMENT_EXTENDED, 0)->is_empty);
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 1), "2027-01-21", "2028-01-20");
    /* The base goes over to a new unit, and the renewal keeps its place. */
    tell_replaced(&scene, "S1", "S2", NULL, "2026-10-01");
    ask_about(&scene, "S2", "2026-11-01");
    assert_string_equal(nth_of(&scene, ENTITLEMENT_EXTENDED, 2)->contract_id, "c2");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 2), "2027-01-21", "2028-01-20");
    scene_close(&scene);
}

static void
what_was_bought_or_granted_after_a_transfer_stays(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    tell(&scene, ENTITLEMENT_FACT_TRANSFERRED, "2026-06-01");
    tell(&scene, ENTITLEMENT_FACT_VOIDED, "2026-06-01")->voided_layers = ~0U;
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12)->is_transferable = false;
    struct entitlement_terms *plan = promise(&scene, ENTITLEMENT_EXTENDED, 12);
    plan->plan = "plus1";
    plan->is_transferable = false;
    promise(&scene, ENTITLEMENT_REPAIR, 3)->is_transferable = false;
    tell_plan(&scene, "c1", "plus1", "2026-06-01");
    tell_plan(&scene, "c0", "plus1", "2026-05-31");
    tell_repaired(&scene, "r1", "2026-06-01");
    tell_repaired(&scene, "r0", "2026-05-31");
    tell(&scene, ENTITLEMENT_FACT_GOODWILL, "2026-06-01")->last_date = day("2026-07-01");
    tell(&scene, ENTITLEMENT_FACT_GOODWILL, "2026-05-31")->last_date = day("2026-07-01");
    ask(&scene, "2026-09-01");
    assert_true(nth_of(&scene, ENTITLEMENT_EXTENDED, 0)->is_empty);
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 1), "2026-06-01", "2027-05-31");
    assert_lasts(nth_of(&scene, ENTITLEMENT_REPAIR, 0), "2026-05-31", "2026-05-31");
    assert_lasts(nth_of(&scene, ENTITLEMENT_REPAIR, 1), "2026-06-01", "2026-09-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_GOODWILL, 0), "2026-05-31", "2026-05-31");
    assert_lasts(nth_of(&scene, ENTITLEMENT_GOODWILL, 1), "2026-06-01", "2026-07-01");
    scene_close(&scene);
}

/* ---- replacement ---- */

/* Replaced while its plan ran: base over, plan in force. */
static void
a_plan_that_runs_goes_over_to_the_new_unit(void **state UNUSED)
{
    static const char *const lasts[] = {"2028-02-09", "2028-06-11", "2028-12-11"};
    for (int carry_over = ENTITLEMENT_REMAINING; carry_over <= ENTITLEMENT_LONGER_OF;
         carry_over++) {
        struct scene scene;
        scene_open(&scene);
        tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
        struct entitlement_terms *base = promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
        base->carry_over = ENTITLEMENT_RESTART;
        struct entitlement_terms *plan = promise(&scene, ENTITLEMENT_EXTENDED, 12);
        plan->plan = "plus1";
        plan->carry_over = (enum entitlement_carry_over)carry_over;
        plan->at_least = (struct entitlement_span){.months = 18};
        tell_plan(&scene, "c1", "plus1", "2026-02-01");
        tell_replaced(&scene, "S1", "S2", "2027-05-22", "2027-06-11");
        ask_about(&scene, "S2", "2027-07-01");
        /* The base that had ended is not revived. */
        assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-01-20", "2027-01-20");
        const struct entitlement_interval *old = nth_of(&scene, ENTITLEMENT_EXTENDED, 0);
        assert_lasts(old, "2027-01-21", "2027-06-10");
        assert_explained(old, "base until 2027-01-20 + 1 year + 20 days until replaced, "
                              "ended 2027-06-10 (replaced)");
        assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 1), "2027-06-11", lasts[carry_over]);
        scene_close(&scene);
    }
}

static void
a_plan_that_waits_follows_the_new_base(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-04-10");
    struct entitlement_terms *base = promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    base->carry_over = ENTITLEMENT_LONGER_OF;
    base->at_least = (struct entitlement_span){.is_none = true};
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2026-05-01");
    tell_replaced(&scene, "S1", "S2", "2027-03-01", "2027-03-11");
    /* The old unit never came back from its repair; from its receipt on the replacement counts. */
    tell_taken_in(&scene, "r1", ENTITLEMENT_COVERED, "2027-03-01");
    ask_about(&scene, "S2", "2027-03-05");
    assert_true(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 0)->is_paused);
    assert_lasts(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 1), "2027-03-11", "2027-04-20");
    assert_true(nth_of(&scene, ENTITLEMENT_EXTENDED, 0)->is_empty);
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 1), "2027-04-21", "2028-04-20");
    assert_day(scene.ledger.sale_date, "2026-04-10");
    scene_close(&scene);
}

static void
a_plan_bought_for_a_new_unit_begins_where_the_old_cover_ended(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2024-01-01");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2024-02-01");
    tell_replaced(&scene, "S1", "S2", NULL, "2026-02-01");
    tell_renewal(&scene, "c2", "c1", "2026-02-10")->serial = "S2";
    tell_plan(&scene, "c3", "plus1", "2026-02-11")->serial = "S2";
    ask_about(&scene, "S2", "2026-03-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 0), "2025-01-02", "2026-01-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 1), "2026-01-02", "2027-01-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 2), "2025-01-02", "2026-01-01");
    assert_null(nth_of(&scene, ENTITLEMENT_EXTENDED, 3));
    scene_close(&scene);
}

static void
a_plan_that_runs_is_not_moved_behind_another_base(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2024-01-01");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 24);
    promise(&scene, ENTITLEMENT_COMMERCIAL, 6)->component = "compressor";
    struct entitlement_terms *plan = promise(&scene, ENTITLEMENT_EXTENDED, 24);
    plan->plan = "plus1";
    plan->component = "compressor";
    tell_plan(&scene, "c1", "plus1", "2024-02-01");
    tell_replaced(&scene, "S1", "S2", NULL, "2025-02-01");
    ask_about(&scene, "S2", "2025-03-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 0), "2024-07-02", "2025-01-31");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 1), "2025-02-01", "2026-07-01");
    /* One that had ended is not revived behind it either. */
    plan->span.months = 3;
    ask_about(&scene, "S2", "2025-03-01");
    assert_lasts(only(&scene, ENTITLEMENT_EXTENDED), "2024-07-02", "2024-10-01");
    scene_close(&scene);
}

/* The renewed plan was cancelled while it waited, and the base goes on pausing on the new unit. */
static void
a_renewal_that_waits_moves_with_the_base_on_the_new_unit(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2026-02-01");
    tell_renewal(&scene, "c2", "c1", "2026-03-01");
    tell_cancelled(&scene, "c1", "2026-05-01");
    tell_replaced(&scene, "S1", "S2", NULL, "2026-10-01");
    tell_renewal(&scene, "c3", "c1", "2026-10-02")->serial = "S2";
    tell_taken_in(&scene, "r1", ENTITLEMENT_COVERED, "2026-10-10")->serial = "S2";
    tell_handed_back(&scene, "r1", "2026-10-20")->serial = "S2";
    ask_about(&scene, "S2", "2026-11-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 1), "2026-10-01", "2027-01-30");
    assert_true(nth_of(&scene, ENTITLEMENT_EXTENDED, 0)->is_empty);
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 2), "2027-01-31", "2028-01-30");
    assert_lasts(nth_of(&scene, ENTITLEMENT_EXTENDED, 3), "2027-01-31", "2028-01-30");
    scene_close(&scene);
}

static void
a_base_until_the_last_day_of_all_leaves_no_room_for_a_plan(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "9000-01-20");
    promise(&scene, ENTITLEMENT_COMMERCIAL, ENTITLEMENT_MONTHS_MAX);
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "9000-02-01");
    ask(&scene, "9001-01-01");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "9000-01-20", "9999-12-31");
    assert_true(only(&scene, ENTITLEMENT_EXTENDED)->is_empty);
    scene_close(&scene);
}

static void
what_had_ended_or_was_voided_does_not_go_over(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-04-10");
    struct entitlement_terms *term = promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    term->carry_over = ENTITLEMENT_LONGER_OF;
    term->at_least.months = 6;
    tell_replaced(&scene, "S1", "S2", "2027-04-11", "2027-04-20");
    ask_about(&scene, "S2", "2027-05-01");
    assert_string_equal(only(&scene, ENTITLEMENT_COMMERCIAL)->serial, "S1");
    assert_lasts(only(&scene, ENTITLEMENT_COMMERCIAL), "2026-04-10", "2027-04-10");
    scene.facts[1].received_date = day("2027-04-10");
    ask_about(&scene, "S2", "2027-05-01");
    assert_lasts(nth_of(&scene, ENTITLEMENT_COMMERCIAL, 1), "2027-04-20", "2027-10-20");
    tell(&scene, ENTITLEMENT_FACT_VOIDED, "2027-04-20")->voided_layers = 1U
                                                                         << ENTITLEMENT_COMMERCIAL;
    ask_about(&scene, "S2", "2027-05-01");
    assert_string_equal(only(&scene, ENTITLEMENT_COMMERCIAL)->serial, "S1");
    scene_close(&scene);
}

static void
what_has_no_limit_or_no_anchor_goes_over_as_such(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    const struct entitlement_span unlimited = {.is_unlimited = true};
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-04-10");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 0)->span = unlimited;
    struct entitlement_terms *restarts = promise(&scene, ENTITLEMENT_COMMERCIAL, 0);
    restarts->component = "hose";
    restarts->span = unlimited;
    restarts->carry_over = ENTITLEMENT_RESTART;
    struct entitlement_terms *lengthened = promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    lengthened->component = "pump";
    lengthened->carry_over = ENTITLEMENT_LONGER_OF;
    lengthened->at_least = unlimited;
    promise(&scene, ENTITLEMENT_STATUTORY, 24)->anchor_count = 0;
    tell_replaced(&scene, "S1", "S2", NULL, "2026-10-10");
    ask_about(&scene, "S2", "2027-05-01");
    assert_int_equal(scene.ledger.interval_count, 8);
    for (size_t i = 1; i < 6; i += 2) {
        const struct entitlement_interval *interval = &scene.ledger.intervals[i];
        assert_day(interval->start_date, "2026-10-10");
        assert_false(interval->has_last_date);
        assert_true(entitlement_covers(interval, day("2126-10-10")));
        assert_explained(interval, "without limit");
    }
    assert_true(nth_of(&scene, ENTITLEMENT_STATUTORY, 1)->is_undetermined);
    assert_day(nth_of(&scene, ENTITLEMENT_STATUTORY, 0)->last_date, "2026-10-09");
    scene_close(&scene);
}

static void
goodwill_keeps_its_dates_on_the_new_unit(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-04-10");
    tell(&scene, ENTITLEMENT_FACT_GOODWILL, "2027-05-01")->last_date = day("2027-07-31");
    tell_replaced(&scene, "S1", "S2", "2027-05-20", "2027-06-01");
    tell_replaced(&scene, "S2", "S3", "2027-08-01", "2027-08-02");
    ask_about(&scene, "S3", "2027-09-01");
    assert_int_equal(scene.ledger.interval_count, 2);
    assert_lasts(nth_of(&scene, ENTITLEMENT_GOODWILL, 0), "2027-05-01", "2027-05-31");
    assert_lasts(nth_of(&scene, ENTITLEMENT_GOODWILL, 1), "2027-06-01", "2027-07-31");
    assert_string_equal(nth_of(&scene, ENTITLEMENT_GOODWILL, 1)->cost_class, "");
    scene_close(&scene);
}

static void
a_contract_of_another_unit_is_ignored(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-04-10")->serial = "S7";
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    tell_plan(&scene, "c1", "plus1", "2026-05-01")->serial = "S7";
    tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2026-05-01", "2026-05-02");
    scene.facts[2].serial = scene.facts[3].serial = "S7";
    tell(&scene, ENTITLEMENT_FACT_TRANSFERRED, "2026-06-01")->serial = "S7";
    tell_cancelled(&scene, "c9", "2026-06-01");
    ask(&scene, "2026-09-01");
    assert_int_equal(scene.ledger.interval_count, 0);
    assert_true(date_is_absent(scene.ledger.sale_date));
    scene_close(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_without_a_base_begins_at_its_anchor),
        cmocka_unit_test(a_renewal_begins_after_what_it_renews),
        cmocka_unit_test(a_plan_begins_when_its_base_ends_early),
        cmocka_unit_test(a_renewal_takes_the_place_of_what_was_cancelled),
        cmocka_unit_test(what_was_bought_or_granted_after_a_transfer_stays),
        cmocka_unit_test(a_plan_that_runs_goes_over_to_the_new_unit),
        cmocka_unit_test(a_plan_that_waits_follows_the_new_base),
        cmocka_unit_test(a_plan_bought_for_a_new_unit_begins_where_the_old_cover_ended),
        cmocka_unit_test(a_plan_that_runs_is_not_moved_behind_another_base),
        cmocka_unit_test(a_renewal_that_waits_moves_with_the_base_on_the_new_unit),
        cmocka_unit_test(a_base_until_the_last_day_of_all_leaves_no_room_for_a_plan),
        cmocka_unit_test(what_had_ended_or_was_voided_does_not_go_over),
        cmocka_unit_test(what_has_no_limit_or_no_anchor_goes_over_as_such),
        cmocka_unit_test(goodwill_keeps_its_dates_on_the_new_unit),
        cmocka_unit_test(a_contract_of_another_unit_is_ignored),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
