/*
 * entitlement_fixture - how the tests tell facts and terms, and ask
 *
 * A scene collects facts and terms; texts are days ("2026-03-15"), so that a test reads like the
 * case it is about. Facts are recorded at noon of their day unless told otherwise.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>

#include "common/entitlement/entitlement.h"
#include "common/test.h"

enum { SCENE_FACTS_MAX = 64, SCENE_TERMS_MAX = 32 };

struct scene {
    struct arena *arena;   /* for what the test tells */
    struct arena *answers; /* of the last question */
    size_t answer_budget_bytes;
    struct entitlement_fact facts[SCENE_FACTS_MAX];
    char ids[SCENE_FACTS_MAX][8];
    size_t fact_count;
    struct entitlement_terms terms[SCENE_TERMS_MAX];
    size_t term_count;
    struct entitlement_ledger ledger;
    struct fault fault;
};

static inline struct date
day(const char *text)
{
    struct date date = {0};
    if (!date_parse(text, &date))
        fail_msg("%s is no day", text);
    return date;
}

static inline int64_t
noon_us(const char *text)
{
    return (date_to_days(day(text)) * 24 + 12) * INT64_C(3600000000);
}

static inline void
scene_open(struct scene *scene)
{
    *scene = (struct scene){.arena = arena_new(ARENA_BUDGET_BYTES),
                            .answer_budget_bytes = ARENA_BUDGET_BYTES};
}

static inline void
scene_close(struct scene *scene)
{
    arena_free(&scene->answers);
    arena_free(&scene->arena);
}

/* A fact about unit S1, with the next id: f1, f2 and so on. */
static inline struct entitlement_fact *
tell(struct scene *scene, enum entitlement_fact_kind kind, const char *date)
{
    size_t i = scene->fact_count++;
    assert_true(i < SCENE_FACTS_MAX);
    snprintf(scene->ids[i], sizeof scene->ids[i], "f%zu", i + 1);
    scene->facts[i] = (struct entitlement_fact){.fact_id = scene->ids[i],
                                                .serial = "S1",
                                                .kind = kind,
                                                .date = day(date),
                                                .record_us = noon_us(date)};
    return &scene->facts[i];
}

static inline struct entitlement_fact *
tell_event(struct scene *scene, enum entitlement_event event, const char *date)
{
    struct entitlement_fact *fact = tell(scene, ENTITLEMENT_FACT_EVENT, date);
    fact->event = event;
    return fact;
}

static inline struct entitlement_fact *
tell_taken_in(struct scene *scene, const char *repair_id, enum entitlement_coverage coverage,
              const char *date)
{
    struct entitlement_fact *fact = tell(scene, ENTITLEMENT_FACT_TAKEN_IN, date);
    fact->repair_id = repair_id;
    fact->coverage = coverage;
    return fact;
}

/* Without coverage: as the intake said. */
static inline struct entitlement_fact *
tell_handed_back(struct scene *scene, const char *repair_id, const char *date)
{
    struct entitlement_fact *fact = tell(scene, ENTITLEMENT_FACT_HANDED_BACK, date);
    fact->repair_id = repair_id;
    return fact;
}

static inline void
tell_repair(struct scene *scene, const char *repair_id, enum entitlement_coverage coverage,
            const char *from, const char *to)
{
    tell_taken_in(scene, repair_id, coverage, from);
    tell_handed_back(scene, repair_id, to);
}

static inline struct entitlement_fact *
tell_repaired(struct scene *scene, const char *repair_id, const char *date)
{
    struct entitlement_fact *fact = tell(scene, ENTITLEMENT_FACT_REPAIRED, date);
    fact->repair_id = repair_id;
    fact->has_succeeded = true;
    return fact;
}

static inline struct entitlement_fact *
tell_replaced(struct scene *scene, const char *old_serial, const char *serial, const char *received,
              const char *handover)
{
    struct entitlement_fact *fact = tell(scene, ENTITLEMENT_FACT_REPLACED, handover);
    fact->old_serial = old_serial;
    fact->serial = serial;
    if (received != NULL)
        fact->received_date = day(received);
    return fact;
}

static inline struct entitlement_fact *
tell_plan(struct scene *scene, const char *contract_id, const char *plan, const char *date)
{
    struct entitlement_fact *fact = tell(scene, ENTITLEMENT_FACT_PLAN_BOUGHT, date);
    fact->contract_id = contract_id;
    fact->plan = plan;
    return fact;
}

static inline struct entitlement_fact *
tell_renewal(struct scene *scene, const char *contract_id, const char *renews, const char *date)
{
    struct entitlement_fact *fact = tell_plan(scene, contract_id, "plus1", date);
    fact->kind = ENTITLEMENT_FACT_PLAN_RENEWED;
    fact->renews_contract_id = renews;
    return fact;
}

static inline struct entitlement_fact *
tell_cancelled(struct scene *scene, const char *contract_id, const char *date)
{
    struct entitlement_fact *fact = tell(scene, ENTITLEMENT_FACT_PLAN_CANCELLED, date);
    fact->contract_id = contract_id;
    return fact;
}

static inline struct entitlement_fact *
tell_correction(struct scene *scene, const char *corrects_fact_id, const char *record_date)
{
    struct entitlement_fact *fact = tell(scene, ENTITLEMENT_FACT_CORRECTED, record_date);
    fact->date = (struct date){0};
    fact->corrects_fact_id = corrects_fact_id;
    return fact;
}

/* A term of months for parts, from delivery, else purchase; it pauses and goes along. */
static inline struct entitlement_terms *
promise(struct scene *scene, enum entitlement_layer layer, int months)
{
    struct entitlement_terms *term = &scene->terms[scene->term_count++];
    assert_true(scene->term_count <= SCENE_TERMS_MAX);
    *term = (struct entitlement_terms){
        .layer = layer,
        .clause_id = entitlement_layer_name(layer),
        .cost_class = "parts",
        .span = {.months = months},
        .anchors = {{.event = ENTITLEMENT_DELIVERED}, {.event = ENTITLEMENT_PURCHASED}},
        .anchor_count = 2,
        .pauses = layer != ENTITLEMENT_REPAIR,
        .is_transferable = true};
    return term;
}

/* What the question before answered is gone. */
static inline enum err
try_ask(struct scene *scene, const char *serial, const char *at, int64_t known_at_us)
{
    const struct entitlement_question question = {.serial = serial,
                                                  .at = day(at),
                                                  .known_at_us = known_at_us,
                                                  .facts = scene->facts,
                                                  .fact_count = scene->fact_count,
                                                  .terms = scene->terms,
                                                  .term_count = scene->term_count};
    scene->fault = (struct fault){0};
    arena_free(&scene->answers);
    scene->answers = arena_new(scene->answer_budget_bytes);
    return entitlement_compute(scene->answers, &question, &scene->ledger, &scene->fault);
}

static inline void
ask_about(struct scene *scene, const char *serial, const char *at)
{
    if (try_ask(scene, serial, at, INT64_MAX) != OK)
        fail_msg("%s: %s", scene->fault.reason, scene->fault.message);
}

static inline void
ask(struct scene *scene, const char *at)
{
    ask_about(scene, "S1", at);
}

/* The nth interval of a layer, from 0; NULL: there are fewer. */
static inline const struct entitlement_interval *
nth_of(const struct scene *scene, enum entitlement_layer layer, size_t n)
{
    for (size_t i = 0; i < scene->ledger.interval_count; i++)
        if (scene->ledger.intervals[i].layer == layer && n-- == 0)
            return &scene->ledger.intervals[i];
    return NULL;
}

static inline const struct entitlement_interval *
only(const struct scene *scene, enum entitlement_layer layer)
{
    const struct entitlement_interval *interval = nth_of(scene, layer, 0);
    if (interval == NULL || nth_of(scene, layer, 1) != NULL)
        fail_msg("not one interval of %s", entitlement_layer_name(layer));
    return interval;
}

static inline void
assert_day(struct date date, const char *text)
{
    char printed[DATE_TEXT_SIZE] = "";
    if (!date_is_absent(date))
        date_print(date, printed);
    assert_string_equal(printed, text);
}

static inline void
assert_lasts(const struct entitlement_interval *interval, const char *start, const char *last)
{
    assert_non_null(interval);
    assert_false(interval->is_undetermined);
    assert_day(interval->start_date, start);
    assert_day(interval->last_date, last);
    assert_true(interval->has_last_date);
}

static inline void
assert_explained(const struct entitlement_interval *interval, const char *text)
{
    struct buf out = {0};
    entitlement_interval_print(interval, &out);
    assert_string_equal(buf_text(&out), text);
    buf_free(&out);
}
