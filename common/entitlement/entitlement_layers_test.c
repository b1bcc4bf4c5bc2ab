/*
 * entitlement_layers_test - the cases of the ledger about several layers and several units
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_fixture.h"

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
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
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
