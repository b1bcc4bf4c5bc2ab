/*
 * entitlement_property_test - what holds for any ledger
 *
 * Random units: sold, repaired, replaced, transferred, with plans and goodwill. Coverage is asked
 * for on each day anew (`at` and the day are the same), around every day that any fact or interval
 * has. A run prints its seed; AFTERCARE_TEST_SEED and a count of 1 replay a failure.
 */
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "common/clock.h"
#include "common/entitlement/entitlement_random.h"
#include "common/entitlement/entitlement_steps.h"

enum { SHORT_COUNT = 100, LONG_COUNT = 10000, PROBES_MAX = 512 };

static uint64_t seed;

/* ---- coverage ---- */

struct probes {
    struct date days[PROBES_MAX];
    size_t count;
};

static void
add_probe(struct probes *probes, struct date date)
{
    for (int days = -1; days <= 1 && !date_is_absent(date) && probes->count < PROBES_MAX; days++)
        probes->days[probes->count++] = date_add(date, 0, days);
}

static void
ask_on(struct scene *scene, const char *serial, struct date at)
{
    char text[DATE_TEXT_SIZE];
    date_print(at, text);
    if (try_ask(scene, serial, text, INT64_MAX) != OK)
        fail_msg("seed %llu: %s: %s", (unsigned long long)seed, scene->fault.reason,
                 scene->fault.message);
}

/* Around all days that are named anywhere. */
static void
add_probes(struct probes *probes, struct scene *scene, const char *serial)
{
    for (size_t i = 0; i < scene->fact_count; i++)
        add_probe(probes, scene->facts[i].date);
    ask_on(scene, serial, (struct date){2025, 6, 1});
    for (size_t i = 0; i < scene->ledger.interval_count; i++) {
        add_probe(probes, scene->ledger.intervals[i].start_date);
        add_probe(probes, scene->ledger.intervals[i].last_date);
    }
}

enum wanted { ANY_LAYER, SAME_CLAUSE };

/* Whether anything covers the cost class and component of an interval on a day that was asked
 * about; or an interval of its clause. */
static bool
is_covered(const struct scene *scene, const struct entitlement_interval *like, enum wanted wanted,
           struct date on)
{
    for (size_t i = 0; i < scene->ledger.interval_count; i++) {
        const struct entitlement_interval *interval = &scene->ledger.intervals[i];
        if (!entitlement_covers(interval, on) ||
            strcmp(interval->cost_class, like->cost_class) != 0 ||
            (interval->component[0] != 0 && strcmp(interval->component, like->component) != 0) ||
            (wanted == SAME_CLAUSE && strcmp(interval->clause_id, like->clause_id) != 0))
            continue;
        return true;
    }
    return false;
}

/* What one scene covers, the other covers too. */
static void
assert_covers_as_much(struct scene *more, const char *more_serial, struct scene *less,
                      const char *less_serial, enum wanted wanted)
{
    struct probes probes = {.count = 0};
    add_probes(&probes, less, less_serial);
    add_probes(&probes, more, more_serial);
    for (size_t i = 0; i < probes.count; i++) {
        ask_on(less, less_serial, probes.days[i]);
        ask_on(more, more_serial, probes.days[i]);
        for (size_t j = 0; j < less->ledger.interval_count; j++) {
            const struct entitlement_interval *interval = &less->ledger.intervals[j];
            if (!entitlement_covers(interval, probes.days[i]) ||
                is_covered(more, interval, wanted, probes.days[i]))
                continue;
            char text[DATE_TEXT_SIZE];
            date_print(probes.days[i], text);
            fail_msg("seed %llu: %s, %s is not covered on %s any more", (unsigned long long)seed,
                     interval->clause_id, interval->cost_class, text);
        }
    }
}

static void
copy_scene(struct scene *copy, const struct scene *scene)
{
    *copy = *scene;
    copy->arena = arena_new(ARENA_BUDGET_BYTES);
    copy->answers = NULL;
    /* Ids lie in the scene that told the facts, which lives longer. */
}

/* ---- properties ---- */

static void
property_longer_spans_cover_as_much(void)
{
    struct scene less, more;
    bool is_replaced = one_in(2);
    make_unit(&less, is_replaced);
    for (size_t i = 0; i < less.term_count; i++)
        less.terms[i].carry_over = (enum entitlement_carry_over)below(3);
    /* A plan moves with its base, so each layer is looked at by itself. */
    for (size_t i = 0; i < less.term_count; i++)
        if (less.terms[i].layer == ENTITLEMENT_EXTENDED)
            less.terms[i].layer = ENTITLEMENT_REPAIR;
    for (size_t i = less.term_count; i-- > 1;)
        for (size_t j = 0; j < i; j++)
            if (less.terms[i].layer == less.terms[j].layer &&
                strcmp(less.terms[i].cost_class, less.terms[j].cost_class) == 0 &&
                strcmp(less.terms[i].component, less.terms[j].component) == 0) {
                less.terms[i] = less.terms[--less.term_count];
                break;
            }
    copy_scene(&more, &less);
    struct entitlement_terms *term = &more.terms[below((int)more.term_count)];
    term->span.days += below(40);
    assert_covers_as_much(&more, "S1", &less, "S1", SAME_CLAUSE);
    if (is_replaced)
        assert_covers_as_much(&more, "S2", &less, "S2", SAME_CLAUSE);
    scene_close(&more);
    scene_close(&less);
}

static void
property_a_covered_pause_uncovers_no_day(void)
{
    struct scene less, more;
    bool is_replaced = one_in(2);
    make_unit(&less, is_replaced);
    copy_scene(&more, &less);
    int from = below(900);
    const char *serial = is_replaced && one_in(2) ? "S2" : "S1";
    tell_taken_in(&more, "added", ENTITLEMENT_COVERED, some_day(&less, from, 1))->serial = serial;
    tell_handed_back(&more, "added", some_day(&less, from, 40))->serial = serial;
    assert_covers_as_much(&more, "S1", &less, "S1", ANY_LAYER);
    if (is_replaced)
        assert_covers_as_much(&more, "S2", &less, "S2", ANY_LAYER);
    scene_close(&more);
    scene_close(&less);
}

static const struct entitlement_interval *
find_same(const struct scene *scene, const struct entitlement_interval *like)
{
    for (size_t i = 0; i < scene->ledger.interval_count; i++) {
        const struct entitlement_interval *interval = &scene->ledger.intervals[i];
        if (interval->layer == like->layer && interval->terms == like->terms &&
            (interval->fact == NULL) == (like->fact == NULL) &&
            (like->fact == NULL || strcmp(interval->fact->fact_id, like->fact->fact_id) == 0) &&
            strcmp(interval->cost_class, like->cost_class) == 0 &&
            strcmp(interval->serial, like->serial) == 0)
            return interval;
    }
    return NULL;
}

static void
assert_same_ledger(const struct scene *a, const struct scene *b)
{
    assert_int_equal(a->ledger.interval_count, b->ledger.interval_count);
    assert_int_equal(date_compare(a->ledger.sale_date, b->ledger.sale_date), 0);
    for (size_t i = 0; i < a->ledger.interval_count; i++) {
        const struct entitlement_interval *one = &a->ledger.intervals[i];
        const struct entitlement_interval *other = find_same(b, one);
        if (other == NULL || one->is_undetermined != other->is_undetermined ||
            one->has_last_date != other->has_last_date || one->is_paused != other->is_paused ||
            one->is_empty != other->is_empty ||
            date_compare(one->start_date, other->start_date) != 0 ||
            date_compare(one->last_date, other->last_date) != 0 ||
            date_compare(one->term_last_date, other->term_last_date) != 0 ||
            date_compare(one->in_repair_since, other->in_repair_since) != 0)
            fail_msg("seed %llu: interval %zu of %s differs", (unsigned long long)seed, i,
                     one->clause_id);
    }
}

static void
property_the_order_of_recording_does_not_matter(void)
{
    struct scene scene, mixed = {0};
    bool is_replaced = one_in(2);
    const char *serial = is_replaced ? "S2" : "S1";
    make_unit(&scene, is_replaced);
    struct date at = date_add((struct date){2024, 1, 1}, 0, below(1500));
    ask_on(&scene, serial, at);
    mixed.answer_budget_bytes = ARENA_BUDGET_BYTES;
    memcpy(mixed.terms, scene.terms, sizeof scene.terms);
    mixed.term_count = scene.term_count;
    for (size_t i = 0; i < scene.fact_count; i++) {
        size_t place = (size_t)below((int)++mixed.fact_count);
        mixed.facts[i] = mixed.facts[place];
        mixed.facts[place] = scene.facts[i];
        mixed.facts[place].record_us += below(1000000) * INT64_C(100000000);
    }
    ask_on(&mixed, serial, at);
    /* Terms are copies: they are the same by their place. */
    for (size_t i = 0; i < mixed.ledger.interval_count; i++) {
        struct entitlement_interval *interval =
            (struct entitlement_interval *)&mixed.ledger.intervals[i];
        if (interval->terms != NULL)
            interval->terms = scene.terms + (interval->terms - mixed.terms);
    }
    assert_same_ledger(&scene, &mixed);
    scene_close(&mixed);
    scene_close(&scene);
}

static void
property_a_replacement_on_the_spot_loses_nothing(void)
{
    struct scene less, more;
    make_unit(&less, false);
    /* Some are bought later, when the new unit may be there. */
    if (one_in(2))
        tell_renewal(&less, "c5", one_in(2) ? "c1" : "c2", some_day(&less, 200, 700));
    const char *handover = some_day(&less, 30, 900);
    bool is_told_of_new = one_in(2);
    /* Nothing is in repair then, and what comes later is told of the new unit. */
    copy_scene(&more, &less);
    less.fact_count = more.fact_count = 0;
    for (size_t i = 0; i < SCENE_FACTS_MAX && less.facts[i].fact_id != NULL; i++) {
        struct entitlement_fact fact = less.facts[i];
        bool is_repair = fact.repair_id != NULL;
        if (is_repair)
            continue;
        less.facts[less.fact_count++] = fact;
        bool is_plan =
            fact.kind == ENTITLEMENT_FACT_PLAN_BOUGHT || fact.kind == ENTITLEMENT_FACT_PLAN_RENEWED;
        if (is_plan && is_told_of_new && date_compare(fact.date, day(handover)) >= 0)
            fact.serial = "S2";
        if ((fact.kind == ENTITLEMENT_FACT_TRANSFERRED || fact.kind == ENTITLEMENT_FACT_VOIDED) &&
            date_compare(fact.date, day(handover)) >= 0)
            fact.serial = "S2";
        more.facts[more.fact_count++] = fact;
    }
    struct entitlement_fact *replaced = tell_replaced(&more, "S1", "S2", handover, handover);
    replaced->fact_id = "replaced";
    assert_covers_as_much(&more, "S2", &less, "S1", SAME_CLAUSE);
    assert_covers_as_much(&less, "S1", &more, "S2", SAME_CLAUSE);
    scene_close(&more);
    scene_close(&less);
}

static void
property_a_correction_and_its_reverse_change_nothing(void)
{
    struct scene scene, corrected;
    bool is_replaced = one_in(2);
    const char *serial = is_replaced ? "S2" : "S1";
    make_unit(&scene, is_replaced);
    struct date at = date_add((struct date){2024, 1, 1}, 0, below(1500));
    ask_on(&scene, serial, at);
    copy_scene(&corrected, &scene);
    const struct entitlement_fact *fact = &scene.facts[below((int)scene.fact_count)];
    tell_correction(&corrected, fact->fact_id, "2025-01-01")->fact_id = "correction";
    tell_correction(&corrected, "correction", "2025-01-02")->fact_id = "reverse";
    ask_on(&corrected, serial, at);
    for (size_t i = 0; i < corrected.ledger.interval_count; i++) {
        struct entitlement_interval *interval =
            (struct entitlement_interval *)&corrected.ledger.intervals[i];
        if (interval->terms != NULL)
            interval->terms = scene.terms + (interval->terms - corrected.terms);
    }
    assert_same_ledger(&scene, &corrected);
    scene_close(&corrected);
    scene_close(&scene);
}

/* The day after its base ended by its term or by an end of its own (a replacement is none). */
static bool
begins_after_base(const struct entitlement_interval *plan)
{
    const struct entitlement_interval *base = plan->base;
    struct date last = base->last_date;
    for (size_t i = 0; i < base->step_count; i++)
        if (base->steps[i].kind == ENTITLEMENT_STEP_END &&
            base->steps[i].fact->kind == ENTITLEMENT_FACT_REPLACED)
            last = base->term_last_date;
    if (date_compare(last, base->start_date) < 0)
        last = date_add(base->start_date, 0, -1);
    return date_compare(plan->start_date, date_add(last, 0, 1)) == 0;
}

static void
property_explanations_add_up_and_plans_follow_their_base(void)
{
    struct scene scene;
    bool is_replaced = one_in(2);
    make_unit(&scene, is_replaced);
    for (size_t i = 0; i < scene.term_count; i++)
        scene.terms[i].carry_over = (enum entitlement_carry_over)below(3);
    struct date at = date_add((struct date){2024, 1, 1}, 0, below(1500));
    ask_on(&scene, is_replaced && !one_in(4) ? "S2" : "S1", at);
    for (size_t i = 0; i < scene.ledger.interval_count; i++) {
        const struct entitlement_interval *interval = &scene.ledger.intervals[i];
        if (!entitlement_steps_add_up(interval))
            fail_msg("seed %llu: the steps of %s do not add up", (unsigned long long)seed,
                     interval->clause_id);
        bool is_first = interval->base == NULL || interval->base->terms != interval->terms ||
                        interval->base->fact != interval->fact;
        if (interval->layer == ENTITLEMENT_EXTENDED && interval->base != NULL && is_first &&
            !interval->is_undetermined && !begins_after_base(interval))
            fail_msg("seed %llu: a plan does not begin the day after its base",
                     (unsigned long long)seed);
        if (interval->is_paused && !entitlement_covers(interval, at))
            fail_msg("seed %llu: paused and not covered", (unsigned long long)seed);
    }
    scene_close(&scene);
}

/* ---- runs ---- */

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && text[0] != 0 ? strtoull(text, NULL, 10) : otherwise;
}

static void
run(void (*property)(void))
{
    uint64_t first_seed = number_from("AFTERCARE_TEST_SEED", (uint64_t)clock_real_ms());
    uint64_t count = number_from("AFTERCARE_TEST_COUNT",
                                 getenv("AFTERCARE_TEST_LONG") != NULL ? LONG_COUNT : SHORT_COUNT);
    print_message("%llu units, AFTERCARE_TEST_SEED=%llu\n", (unsigned long long)count,
                  (unsigned long long)first_seed);
    for (seed = first_seed; seed < first_seed + count; seed++) {
        random_state = seed * UINT64_C(0xd1342543de82ef95);
        property();
    }
}

static void
longer_spans_never_cover_less(void **state UNUSED)
{
    run(property_longer_spans_cover_as_much);
}

static void
a_covered_pause_never_uncovers_a_day(void **state UNUSED)
{
    run(property_a_covered_pause_uncovers_no_day);
}

static void
facts_may_be_told_in_any_order(void **state UNUSED)
{
    run(property_the_order_of_recording_does_not_matter);
}

static void
a_replacement_on_the_spot_loses_nothing_of_what_remains(void **state UNUSED)
{
    run(property_a_replacement_on_the_spot_loses_nothing);
}

static void
a_correction_and_its_reverse_are_nothing(void **state UNUSED)
{
    run(property_a_correction_and_its_reverse_change_nothing);
}

static void
explanations_add_up_and_plans_begin_the_day_after_their_base(void **state UNUSED)
{
    run(property_explanations_add_up_and_plans_follow_their_base);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longer_spans_never_cover_less),
        cmocka_unit_test(a_covered_pause_never_uncovers_a_day),
        cmocka_unit_test(facts_may_be_told_in_any_order),
        cmocka_unit_test(a_replacement_on_the_spot_loses_nothing_of_what_remains),
        cmocka_unit_test(a_correction_and_its_reverse_are_nothing),
        cmocka_unit_test(explanations_add_up_and_plans_begin_the_day_after_their_base),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
