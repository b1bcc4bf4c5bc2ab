/*
 * entitlement_limits_test - what a question must have, its limits, and how long it may take
 */
// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include "common/entitlement/entitlement_fixture.h"

static void
a_question_without_a_unit_or_a_day_is_refused(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    assert_int_equal(try_ask(&scene, NULL, "2027-01-01", INT64_MAX), ERR_INVALID_ARGUMENT);
    assert_string_equal(scene.fault.reason, "QUESTION_WRONG");
    assert_int_equal(try_ask(&scene, "", "2027-01-01", INT64_MAX), ERR_INVALID_ARGUMENT);
    assert_string_equal(scene.fault.reason, "QUESTION_WRONG");
    const struct entitlement_question question = {.serial = "S1"};
    assert_int_equal(entitlement_compute(scene.arena, &question, &scene.ledger, &scene.fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(scene.fault.message, "the question names no day");
    scene_close(&scene);
}

/* `count` facts of one kind with ids of their own. */
static struct entitlement_fact *
tell_many(struct scene *scene, size_t count, enum entitlement_fact_kind kind)
{
    struct entitlement_fact *facts = arena_alloc(scene->arena, count * sizeof facts[0]);
    for (size_t i = 0; i < count; i++) {
        char *id = arena_printf(scene->arena, "f%zu", i);
        facts[i] = (struct entitlement_fact){.fact_id = id,
                                             .serial = "S1",
                                             .kind = kind,
                                             .date = day("2026-03-15"),
                                             .last_date = day("2026-03-15"),
                                             .record_us = noon_us("2026-03-15"),
                                             .contract_id = id,
                                             .repair_id = id,
                                             .has_succeeded = true};
    }
    return facts;
}

static enum err
ask_many(struct scene *scene, const struct entitlement_fact *facts, size_t count)
{
    const struct entitlement_question question = {.serial = "S1",
                                                  .at = day("2026-06-01"),
                                                  .known_at_us = INT64_MAX,
                                                  .facts = facts,
                                                  .fact_count = count,
                                                  .terms = scene->terms,
                                                  .term_count = scene->term_count};
    return entitlement_compute(scene->arena, &question, &scene->ledger, &scene->fault);
}

static void
too_many_facts_terms_contracts_or_intervals_are_refused(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    promise(&scene, ENTITLEMENT_REPAIR, 3);
    size_t many = ENTITLEMENT_FACTS_MAX + 1;
    struct entitlement_fact *facts = tell_many(&scene, many, ENTITLEMENT_FACT_REPAIRED);
    assert_int_equal(ask_many(&scene, facts, many), ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(scene.fault.reason, "FACTS_TOO_MANY");
    assert_int_equal(ask_many(&scene, facts, ENTITLEMENT_INTERVALS_MAX + 1),
                     ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(scene.fault.reason, "INTERVALS_TOO_MANY");
    assert_int_equal(ask_many(&scene, facts, ENTITLEMENT_INTERVALS_MAX), OK);
    assert_int_equal(scene.ledger.interval_count, ENTITLEMENT_INTERVALS_MAX);
    scene_close(&scene);

    scene_open(&scene);
    facts = tell_many(&scene, 257, ENTITLEMENT_FACT_PLAN_BOUGHT);
    assert_int_equal(ask_many(&scene, facts, 256), OK);
    assert_int_equal(ask_many(&scene, facts, 257), ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(scene.fault.reason, "CONTRACTS_TOO_MANY");
    scene.term_count = ENTITLEMENT_TERMS_MAX + 1;
    assert_int_equal(ask_many(&scene, facts, 0), ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(scene.fault.reason, "TERMS_TOO_MANY");
    scene_close(&scene);
}

static void
a_chain_of_64_units_is_the_longest(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    struct entitlement_fact *facts =
        tell_many(&scene, ENTITLEMENT_UNITS_MAX, ENTITLEMENT_FACT_REPLACED);
    for (size_t i = 0; i < ENTITLEMENT_UNITS_MAX; i++) {
        facts[i].old_serial = arena_printf(scene.arena, "S%zu", i + 2);
        facts[i].serial = arena_printf(scene.arena, "S%zu", i + 1);
    }
    assert_int_equal(ask_many(&scene, facts, ENTITLEMENT_UNITS_MAX - 1), OK);
    assert_int_equal(ask_many(&scene, facts, ENTITLEMENT_UNITS_MAX), ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(scene.fault.reason, "UNITS_TOO_MANY");
    scene_close(&scene);
}

/* Whatever the budget, the answer is a ledger or a refusal. */
static void
a_small_budget_is_refused_wherever_it_ends(void **state UNUSED)
{
    bool is_refused = false, is_answered = false;
    for (size_t budget_bytes = 0; budget_bytes < 64 * 1024; budget_bytes += 64) {
        struct scene scene;
        scene_open(&scene);
        tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-01-20");
        tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-02", "2026-03-14");
        tell_repaired(&scene, "r1", "2026-03-10");
        tell_plan(&scene, "c1", "plus1", "2026-02-01");
        tell(&scene, ENTITLEMENT_FACT_GOODWILL, "2026-05-01")->last_date = day("2026-05-02");
        tell(&scene, ENTITLEMENT_FACT_TRANSFERRED, "2026-06-01");
        tell_correction(&scene, "f7", "2026-07-01");
        tell(&scene, ENTITLEMENT_FACT_VOIDED, "2026-08-01")->voided_layers = 4;
        tell_replaced(&scene, "S1", "S2", NULL, "2026-09-01");
        promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
        promise(&scene, ENTITLEMENT_REPAIR, 3);
        promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
        scene.answer_budget_bytes = budget_bytes;
        enum err err = try_ask(&scene, "S2", "2026-10-01", INT64_MAX);
        is_answered |= err == OK;
        is_refused |= err == ERR_RESOURCE_EXHAUSTED;
        assert_true(err == OK || strcmp(scene.fault.reason, "LEDGER_TOO_LARGE") == 0);
        scene_close(&scene);
    }
    assert_true(is_answered && is_refused);
}

static void
more_than_32_cost_classes_of_a_fact_are_refused(void **state UNUSED)
{
    const char *classes[ENTITLEMENT_COST_CLASSES_MAX + 1];
    struct scene scene;
    scene_open(&scene);
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        classes[i] = arena_printf(scene.arena, "class%zu", i);
    struct entitlement_fact *facts = tell_many(&scene, 1, ENTITLEMENT_FACT_GOODWILL);
    facts->cost_classes = classes;
    facts->cost_class_count = ENTITLEMENT_COST_CLASSES_MAX;
    assert_int_equal(ask_many(&scene, facts, 1), OK);
    assert_int_equal(scene.ledger.interval_count, ENTITLEMENT_COST_CLASSES_MAX);
    facts->cost_class_count++;
    assert_int_equal(ask_many(&scene, facts, 1), ERR_INVALID_ARGUMENT);
    assert_string_equal(scene.fault.reason, "FACT_WRONG");
    scene_close(&scene);
}

/* Processor time of the best of three answers. */
static double
answer_seconds(struct scene *scene, const struct entitlement_fact *facts, size_t count)
{
    double best_s = 1e9;
    for (int i = 0; i < 3; i++) {
        clock_t start = clock();
        assert_int_equal(ask_many(scene, facts, count), OK);
        double taken_s = (double)(clock() - start) / CLOCKS_PER_SEC;
        best_s = taken_s < best_s ? taken_s : best_s;
    }
    return best_s;
}

/* Many facts of one repair or contract take about as long as those of many. */
static void
many_facts_of_one_group_take_no_longer_than_of_many(void **state UNUSED)
{
    static const enum entitlement_fact_kind kinds[] = {ENTITLEMENT_FACT_REPAIRED,
                                                       ENTITLEMENT_FACT_PLAN_BOUGHT};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct scene scene;
        scene_open(&scene);
        struct entitlement_fact *facts = tell_many(&scene, ENTITLEMENT_FACTS_MAX, kinds[i]);
        for (size_t j = 0; j < ENTITLEMENT_FACTS_MAX; j++)
            facts[j].serial = kinds[i] == ENTITLEMENT_FACT_REPAIRED ? "S1" : "another";
        double many_s = answer_seconds(&scene, facts, ENTITLEMENT_FACTS_MAX);
        for (size_t j = 0; j < ENTITLEMENT_FACTS_MAX; j++)
            facts[j].repair_id = facts[j].contract_id = "one";
        double one_s = answer_seconds(&scene, facts, ENTITLEMENT_FACTS_MAX);
        assert_true(one_s < 5 * many_s + 0.01);
        scene_close(&scene);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_without_a_unit_or_a_day_is_refused),
        cmocka_unit_test(too_many_facts_terms_contracts_or_intervals_are_refused),
        cmocka_unit_test(a_chain_of_64_units_is_the_longest),
        cmocka_unit_test(a_small_budget_is_refused_wherever_it_ends),
        cmocka_unit_test(more_than_32_cost_classes_of_a_fact_are_refused),
        cmocka_unit_test(many_facts_of_one_group_take_no_longer_than_of_many),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
