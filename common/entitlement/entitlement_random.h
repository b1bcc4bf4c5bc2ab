/*
 * entitlement_random - random units, for tests of what holds for any ledger
 *
 * Sold, repaired, replaced, transferred, with plans and goodwill. All comes from random_state,
 * which a test sets from its seed.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/entitlement/entitlement_fixture.h"

static uint64_t random_state;
static inline uint64_t
random_next(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline int
below(int bound)
{
    return (int)(random_next() % (uint64_t)bound);
}

static inline bool
one_in(int count)
{
    return below(count) == 0;
}

/* ---- random units ---- */

static const char *const texts[][3] = {{"parts", "labour", "travel"}, {"", "compressor", "pump"}};
static const char *const repair_ids[] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"};

/* A day of the unit's life, as text, in the arena. */
static inline const char *
some_day(struct scene *scene, int from, int length)
{
    struct date date = date_add((struct date){2023, 12, 20}, 0, from + below(length));
    char *text = arena_alloc(scene->arena, DATE_TEXT_SIZE);
    date_print(date, text);
    return text;
}

static inline void
promise_some(struct scene *scene, enum entitlement_layer layer, const char *plan)
{
    static const int months[] = {0, 12, 24, 36}, days[] = {0, 0, 7, 30};
    for (int i = below(3); i >= 0; i--) {
        struct entitlement_terms *term =
            promise(scene, layer, layer == ENTITLEMENT_REPAIR ? 3 : months[below(4)]);
        term->clause_id = arena_printf(scene->arena, "clause%zu", scene->term_count);
        term->cost_class = texts[0][i];
        term->component = texts[1][below(2)];
        term->plan = plan;
        /* Whole years, or days: see the header about months. */
        term->span.days = term->span.months == 0 ? 1 + days[below(4)] * 9 : 0;
        term->pauses = !one_in(4);
        term->counts_all_repairs = one_in(3);
        term->is_transferable = !one_in(3);
        term->has_pause_max = one_in(3);
        term->pause_max.days = days[below(4)];
    }
    /* Beside the whole unit its compressor, in one cost class. */
    const struct entitlement_terms *whole = &scene->terms[scene->term_count - 1];
    if (one_in(2) && whole->component[0] == 0) {
        struct entitlement_terms *component = promise(scene, layer, 0);
        *component = *whole;
        component->clause_id = arena_printf(scene->arena, "clause%zu", scene->term_count);
        component->component = "compressor";
        component->span.months = layer == ENTITLEMENT_REPAIR ? 3 : months[1 + below(3)];
        component->span.days = 0;
    }
}

static inline void
tell_some_repairs(struct scene *scene, const char *serial)
{
    for (int i = below(4); i > 0; i--) {
        int from = below(900);
        const char *id = repair_ids[i];
        tell_taken_in(scene, id, (enum entitlement_coverage)below(3), some_day(scene, from, 1))
            ->serial = serial;
        if (one_in(2))
            tell_repaired(scene, id, some_day(scene, from, 1))->serial = serial;
        if (!one_in(6))
            tell_handed_back(scene, id, some_day(scene, from, 40))->serial = serial;
    }
}

static inline void
tell_some_ends(struct scene *scene)
{
    if (one_in(4))
        tell(scene, ENTITLEMENT_FACT_TRANSFERRED, some_day(scene, 0, 900));
    if (one_in(6))
        tell(scene, ENTITLEMENT_FACT_VOIDED, some_day(scene, 0, 900))->voided_layers =
            (unsigned)below(64);
    if (one_in(4)) {
        struct entitlement_fact *grant =
            tell(scene, ENTITLEMENT_FACT_GOODWILL, some_day(scene, 0, 900));
        grant->last_date = date_add(grant->date, 0, below(60));
    }
}

static inline void
tell_some_plans(struct scene *scene)
{
    if (one_in(2))
        tell_plan(scene, "c1", "plus1", some_day(scene, 0, 90));
    if (one_in(3))
        tell_renewal(scene, "c2", "c1", some_day(scene, 90, 90));
    if (one_in(4))
        tell_cancelled(scene, "c1", some_day(scene, 180, 900));
}

/* Plans and renewals for the unit that replaced S1, bought on a day of its life. */
static inline void
tell_later_plans(struct scene *scene)
{
    if (one_in(3))
        tell_plan(scene, "c3", "plus1", some_day(scene, 760, 300))->serial = "S2";
    if (one_in(3))
        tell_renewal(scene, "c4", one_in(2) ? "c1" : "c2", some_day(scene, 760, 300))->serial =
            "S2";
}

/* A unit with terms; `is_replaced`: by S2, at some time. */
static inline void
make_unit(struct scene *scene, bool is_replaced)
{
    scene_open(scene);
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT - 1; event++)
        if (one_in(2) || event == ENTITLEMENT_DELIVERED)
            tell_event(scene, (enum entitlement_event)event, some_day(scene, event * 5, 5));
    tell_some_repairs(scene, "S1");
    tell_some_ends(scene);
    tell_some_plans(scene);
    promise_some(scene, ENTITLEMENT_COMMERCIAL, NULL);
    promise_some(scene, ENTITLEMENT_STATUTORY, NULL);
    promise_some(scene, ENTITLEMENT_EXTENDED, "plus1");
    promise_some(scene, ENTITLEMENT_REPAIR, NULL);
    if (is_replaced) {
        int received = 30 + below(700);
        tell_replaced(scene, "S1", "S2", some_day(scene, received, 1),
                      some_day(scene, received, 30));
        tell_some_repairs(scene, "S2");
        tell_later_plans(scene);
    }
}
