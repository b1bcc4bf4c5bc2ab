/*
 * entitlement_refusal_test - facts that contradict each other or cannot be, terms that repeat
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_fixture.h"

/* ---- what is refused ---- */

static void
assert_refused(struct scene *scene, enum err err, const char *reason, const char *message)
{
    assert_int_equal(try_ask(scene, "S1", "2027-01-01", INT64_MAX), err);
    assert_int_equal(scene->fault.code, err);
    assert_string_equal(scene->fault.reason, reason);
    assert_string_equal(scene->fault.message, message);
}

/* Nothing is refused once the fact with this number is corrected. */
static void
assert_mended_without(struct scene *scene, const char *fact_id)
{
    tell_correction(scene, fact_id, "2026-12-01");
    ask(scene, "2027-01-01");
    assert_int_equal(
        entitlement_check_facts(scene->arena, scene->facts, scene->fact_count, &scene->fault), OK);
    scene_close(scene);
}

static void
assert_contradict(struct scene *scene, const char *message)
{
    assert_refused(scene, ERR_INVALID_ARGUMENT, "FACTS_CONTRADICT", message);
    assert_int_equal(
        entitlement_check_facts(scene->arena, scene->facts, scene->fact_count, &scene->fault),
        ERR_INVALID_ARGUMENT);
}

static void
events_on_two_days_or_before_their_cause_are_refused(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15");
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15");
    tell_event(&scene, ENTITLEMENT_REGISTERED, "2026-04-15");
    tell_event(&scene, ENTITLEMENT_REGISTERED, "2026-05-15");
    ask(&scene, "2027-01-01");
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-16");
    assert_contradict(&scene, "facts f1 and f5: one event on two days");
    assert_mended_without(&scene, "f5");

    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15");
    tell_event(&scene, ENTITLEMENT_MANUFACTURED, "2026-03-16");
    assert_contradict(&scene,
                      "facts f1 and f2: it cannot have happened before the unit was manufactured");
    assert_mended_without(&scene, "f1");

    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15");
    tell_event(&scene, ENTITLEMENT_INSTALLED, "2026-03-14");
    assert_contradict(&scene, "facts f2 and f1: installed before it was delivered");
    assert_mended_without(&scene, "f2");
}

static void
repairs_that_cannot_be_are_refused(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_repair(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-15", "2026-03-14");
    assert_contradict(&scene, "facts f2 and f1: handed back before it was taken in");
    assert_mended_without(&scene, "f1");

    scene_open(&scene);
    tell_taken_in(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-15");
    tell_taken_in(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-15");
    tell_repaired(&scene, "r1", "2026-03-14");
    assert_contradict(&scene, "facts f3 and f1: repaired before it was taken in");
    assert_mended_without(&scene, "f3");

    scene_open(&scene);
    tell_repaired(&scene, "r1", "2026-03-14");
    tell_repaired(&scene, "r1", "2026-03-16");
    tell_handed_back(&scene, "r1", "2026-03-15");
    assert_contradict(&scene, "facts f2 and f3: repaired after it was handed back");
    assert_mended_without(&scene, "f2");

    scene_open(&scene);
    tell_taken_in(&scene, "r1", ENTITLEMENT_COVERED, "2026-03-15");
    tell_taken_in(&scene, "r1", ENTITLEMENT_NOT_COVERED, "2026-03-15");
    assert_contradict(&scene, "facts f1 and f2: one repair told in two ways");
    assert_mended_without(&scene, "f2");
}

static void
replacements_that_cannot_be_are_refused(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_replaced(&scene, "S1", "S2", NULL, "2026-03-15");
    tell_replaced(&scene, "S1", "S2", "2026-03-14", "2026-03-15");
    assert_contradict(&scene, "facts f1 and f2: one replacement told in two ways");
    assert_mended_without(&scene, "f2");

    scene_open(&scene);
    tell_replaced(&scene, "S1", "S2", NULL, "2026-03-15");
    tell_replaced(&scene, "S1", "S3", NULL, "2026-03-15");
    assert_contradict(&scene, "facts f1 and f2: one unit replaced by two");
    assert_mended_without(&scene, "f2");

    scene_open(&scene);
    tell_replaced(&scene, "S1", "S2", NULL, "2026-03-15");
    tell_replaced(&scene, "S2", "S3", "2026-03-14", "2026-03-20");
    assert_contradict(&scene, "facts f2 and f1: the unit came back before it was handed over");
    assert_mended_without(&scene, "f2");

    scene_open(&scene);
    tell_replaced(&scene, "S1", "S2", NULL, "2026-03-15");
    tell_replaced(&scene, "S2", "S3", NULL, "2026-03-15");
    tell_replaced(&scene, "S3", "S1", NULL, "2026-03-15");
    assert_contradict(&scene, "facts f3 and f2: they follow each other in a circle");
    assert_mended_without(&scene, "f3");
}

static void
contracts_that_cannot_be_are_refused(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_plan(&scene, "c1", "plus1", "2026-03-15");
    tell_plan(&scene, "c1", "plus1", "2026-03-15");
    ask(&scene, "2027-01-01");
    tell_plan(&scene, "c1", "plus2", "2026-03-15");
    assert_contradict(&scene, "facts f1 and f3: one contract told in two ways");
    struct entitlement_fact *other = &scene.facts[2];
    const struct entitlement_fact same = scene.facts[1];
    other->plan = same.plan;
    ask(&scene, "2027-01-01");
    other->date = day("2026-03-16");
    assert_contradict(&scene, "facts f1 and f3: one contract told in two ways");
    other->date = same.date;
    other->serial = "S2";
    assert_contradict(&scene, "facts f1 and f3: one contract told in two ways");
    other->serial = same.serial;
    other->kind = ENTITLEMENT_FACT_PLAN_RENEWED;
    assert_contradict(&scene, "facts f1 and f3: one contract told in two ways");
    other->kind = same.kind;
    other->renews_contract_id = "c9";
    assert_contradict(&scene, "facts f1 and f3: one contract told in two ways");
    assert_mended_without(&scene, "f3");

    scene_open(&scene);
    tell_plan(&scene, "c1", "plus1", "2026-03-15");
    tell_cancelled(&scene, "c1", "2026-03-14");
    assert_contradict(&scene, "facts f2 and f1: cancelled before it was bought");
    assert_mended_without(&scene, "f2");

    scene_open(&scene);
    tell_plan(&scene, "c1", "plus1", "2026-03-15");
    tell_renewal(&scene, "c2", "c1", "2026-03-14");
    assert_contradict(&scene, "facts f2 and f1: renewed before it was bought");
    assert_mended_without(&scene, "f2");

    scene_open(&scene);
    tell_renewal(&scene, "c1", "c1", "2026-03-14");
    assert_contradict(&scene, "facts f1 and f1: they follow each other in a circle");
    assert_mended_without(&scene, "f1");

    scene_open(&scene);
    tell_renewal(&scene, "c3", "c2", "2026-03-14");
    tell_renewal(&scene, "c1", "c2", "2026-03-14");
    tell_renewal(&scene, "c2", "c1", "2026-03-14");
    tell_replaced(&scene, "S1", "S2", NULL, "2026-03-15");
    assert_contradict(&scene, "facts f2 and f3: they follow each other in a circle");
    assert_mended_without(&scene, "f3");
}

static void
corrections_in_a_circle_or_of_nothing_are_refused(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    tell_correction(&scene, "f2", "2026-03-15");
    tell_correction(&scene, "f1", "2026-03-15");
    assert_contradict(&scene, "facts f1 and f2 correct in a circle");
    scene.fact_count = 1;
    assert_refused(&scene, ERR_INVALID_ARGUMENT, "FACT_WRONG",
                   "fact f1 corrects a fact that is not there");
    scene_close(&scene);
}

static void
assert_wrong(struct scene *scene, const char *message)
{
    assert_refused(scene, ERR_INVALID_ARGUMENT, "FACT_WRONG", message);
    scene_close(scene);
}

static void
facts_that_lack_what_they_need_are_refused(void **state UNUSED)
{
    struct scene scene;
    static const struct {
        enum entitlement_fact_kind kind;
        const char *message;
    } cases[] = {
        {ENTITLEMENT_FACT_TAKEN_IN, "fact f1 names no repair"},
        {ENTITLEMENT_FACT_HANDED_BACK, "fact f1 names no repair"},
        {ENTITLEMENT_FACT_REPAIRED, "fact f1 names no repair"},
        {ENTITLEMENT_FACT_REPLACED, "fact f1 names no unit that was replaced"},
        {ENTITLEMENT_FACT_PLAN_BOUGHT, "fact f1 names no contract"},
        {ENTITLEMENT_FACT_PLAN_CANCELLED, "fact f1 names no contract"},
        {ENTITLEMENT_FACT_PLAN_RENEWED, "fact f1 names no contract"},
        {ENTITLEMENT_FACT_GOODWILL, "fact f1 has no last day on or after its first one"},
        {ENTITLEMENT_FACT_CORRECTED, "fact f1 corrects a fact that is not there"},
        {ENTITLEMENT_FACT_KIND_COUNT, "fact f1 is of no known kind"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        scene_open(&scene);
        tell(&scene, cases[i].kind, "2026-03-15");
        assert_wrong(&scene, cases[i].message);
    }
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_EVENT_COUNT, "2026-03-15");
    assert_wrong(&scene, "fact f1 is no known event");
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15")->date.day = 32;
    assert_wrong(&scene, "fact f1 has no day");
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15")->serial = "";
    assert_wrong(&scene, "fact f1 names no unit");
    scene_open(&scene);
    tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15")->fact_id = NULL;
    assert_wrong(&scene, "a fact has no id");
    scene_open(&scene);
    tell_taken_in(&scene, "r1", (enum entitlement_coverage)3, "2026-03-15");
    assert_wrong(&scene, "fact f1 has no known coverage");
    scene_open(&scene);
    tell_replaced(&scene, "S2", "S2", NULL, "2026-03-15");
    assert_wrong(&scene, "fact f1 replaces a unit by itself");
    scene_open(&scene);
    tell_replaced(&scene, "S1", "S2", "2026-03-16", "2026-03-15");
    assert_wrong(&scene, "fact f1 has no receipt on or before its handover");
}

static void
one_id_for_two_facts_is_refused_whether_few_or_many(void **state UNUSED)
{
    for (size_t count = 2; count <= 40; count += 38) {
        struct scene scene;
        scene_open(&scene);
        for (size_t i = 0; i < count; i++)
            tell(&scene, ENTITLEMENT_FACT_TRANSFERRED, "2026-03-15");
        ask(&scene, "2027-01-01");
        assert_int_equal(scene.ledger.fact_count, count);
        scene.facts[count - 1].fact_id = "f1";
        assert_wrong(&scene, "fact f1 is there twice");
    }
}

static void
a_day_later_than_the_day_after_its_recording_is_refused(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    struct entitlement_fact *fact = tell_event(&scene, ENTITLEMENT_DELIVERED, "2026-03-15");
    fact->record_us = noon_us("2026-03-14");
    ask(&scene, "2027-01-01");
    fact->record_us = noon_us("2026-03-13");
    assert_wrong(&scene,
                 "fact f1 has the day 2026-03-15, later than the day after its recording on "
                 "2026-03-13 (UTC)");
    /* A day's first moment is that day's. */
    fact->record_us = noon_us("2026-03-14") - INT64_C(12) * 3600000000;
    ask(&scene, "2027-01-01");
    fact->record_us--;
    assert_wrong(&scene,
                 "fact f1 has the day 2026-03-15, later than the day after its recording on "
                 "2026-03-13 (UTC)");
    /* Before 1970 the day begins below its count of microseconds. */
    scene_open(&scene);
    fact = tell_event(&scene, ENTITLEMENT_DELIVERED, "1969-12-31");
    fact->record_us = noon_us("1969-12-30");
    ask(&scene, "2027-01-01");
    fact->record_us = noon_us("1969-12-29");
    assert_wrong(&scene,
                 "fact f1 has the day 1969-12-31, later than the day after its recording on "
                 "1969-12-29 (UTC)");
    /* Cancellations and goodwill may speak of days to come. */
    scene_open(&scene);
    tell_cancelled(&scene, "c1", "2026-12-31")->record_us = noon_us("2026-03-13");
    fact = tell(&scene, ENTITLEMENT_FACT_GOODWILL, "2026-12-31");
    fact->last_date = fact->date;
    fact->record_us = noon_us("2026-03-13");
    ask(&scene, "2027-01-01");
    scene_close(&scene);
}

static void
days_outside_the_years_1900_to_9000_are_refused(void **state UNUSED)
{
    static const char *const days[] = {"0001-01-01", "1899-12-31", "9001-01-01", "9999-12-31"};
    struct scene scene;
    scene_open(&scene);
    struct entitlement_fact *event = tell_event(&scene, ENTITLEMENT_DELIVERED, "9999-12-31");
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        event->date = day(days[i]);
        assert_refused(&scene, ERR_INVALID_ARGUMENT, "FACT_WRONG",
                       "fact f1 has a day outside the years 1900 to 9000");
    }
    event->date = day("1900-01-01");
    ask(&scene, "2027-01-01");
    event->date = day("9000-12-31");
    ask(&scene, "2027-01-01");
    event->date = day("2026-01-01");
    struct entitlement_fact *replaced = tell_replaced(&scene, "S1", "S2", NULL, "2026-02-01");
    replaced->received_date = day("1899-12-31");
    assert_refused(&scene, ERR_INVALID_ARGUMENT, "FACT_WRONG",
                   "fact f2 has no receipt on or before its handover");
    replaced->received_date = day("1900-01-01");
    ask(&scene, "2027-01-01");
    scene_close(&scene);
}

static void
terms_that_repeat_or_cannot_be_are_refused(void **state UNUSED)
{
    struct scene scene;
    scene_open(&scene);
    promise(&scene, ENTITLEMENT_COMMERCIAL, 12);
    promise(&scene, ENTITLEMENT_STATUTORY, 12)->clause_id = "pack_a.conformity";
    promise(&scene, ENTITLEMENT_STATUTORY, 12)->clause_id = "pack_b.conformity";
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus1";
    promise(&scene, ENTITLEMENT_EXTENDED, 12)->plan = "plus2";
    ask(&scene, "2027-01-01");
    promise(&scene, ENTITLEMENT_COMMERCIAL, 24);
    assert_refused(&scene, ERR_INVALID_ARGUMENT, "TERMS_REPEAT",
                   "clauses COMMERCIAL and COMMERCIAL promise the same layer, cost class 'parts' "
                   "and component ''");
    const struct entitlement_terms good = scene.terms[0];
    struct entitlement_terms *term = &scene.terms[5];
    const struct {
        struct entitlement_terms term;
        const char *message;
    } cases[] = {
        {{.layer = ENTITLEMENT_GOODWILL}, "clause  has no layer that terms can promise"},
        {{.layer = ENTITLEMENT_REPAIR, .span.months = -1}, "clause  has a span that is none"},
        {{.layer = ENTITLEMENT_REPAIR, .span.days = ENTITLEMENT_DAYS_MAX + 1},
         "clause  has a span that is none"},
        {{.layer = ENTITLEMENT_REPAIR, .span = {.is_none = true, .is_unlimited = true}},
         "clause  has a span that is none"},
        {{.layer = ENTITLEMENT_REPAIR, .span = {.is_none = true, .months = 1}},
         "clause  has a span that is none"},
        {{.layer = ENTITLEMENT_REPAIR, .anchor_count = ENTITLEMENT_ANCHORS_MAX + 1},
         "clause  has anchors that are none"},
        {{.layer = ENTITLEMENT_REPAIR, .anchor_count = 1, .anchors = {{.months = -1}}},
         "clause  has anchors that are none"},
        {{.layer = ENTITLEMENT_REPAIR,
          .anchor_count = 1,
          .anchors = {{.event = ENTITLEMENT_EVENT_COUNT}}},
         "clause  has anchors that are none"},
        {{.layer = ENTITLEMENT_REPAIR, .has_pause_max = true, .pause_max.days = -1},
         "clause  has a cap of pauses that is none"},
        {{.layer = ENTITLEMENT_REPAIR, .carry_over = (enum entitlement_carry_over)3},
         "clause  has no known way to carry over"},
        {{.layer = ENTITLEMENT_REPAIR,
          .carry_over = ENTITLEMENT_LONGER_OF,
          .at_least.months = ENTITLEMENT_MONTHS_MAX + 1},
         "clause  has a least span that is none"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        *term = cases[i].term;
        assert_refused(&scene, ERR_INVALID_ARGUMENT, "TERMS_WRONG", cases[i].message);
    }
    *term = good;
    term->component = "compressor";
    ask(&scene, "2027-01-01");
    scene_close(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_on_two_days_or_before_their_cause_are_refused),
        cmocka_unit_test(repairs_that_cannot_be_are_refused),
        cmocka_unit_test(replacements_that_cannot_be_are_refused),
        cmocka_unit_test(contracts_that_cannot_be_are_refused),
        cmocka_unit_test(corrections_in_a_circle_or_of_nothing_are_refused),
        cmocka_unit_test(facts_that_lack_what_they_need_are_refused),
        cmocka_unit_test(one_id_for_two_facts_is_refused_whether_few_or_many),
        cmocka_unit_test(a_day_later_than_the_day_after_its_recording_is_refused),
        cmocka_unit_test(days_outside_the_years_1900_to_9000_are_refused),
        cmocka_unit_test(terms_that_repeat_or_cannot_be_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
