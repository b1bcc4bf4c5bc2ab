/*
 * policy_decide_judge - causes, exclusions, presumption and a plan's limits, layer by layer
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_judge.h"

#include <string.h>

static bool
has_code(const struct policy_codes *codes, const char *code)
{
    for (size_t i = 0; i < codes->count; i++) {
        if (strcmp(codes->codes[i], code) == 0)
            return true;
    }
    return false;
}

/* ---- cause ---- */

const struct policy_fact *
decide_found(struct decide *d)
{
    const struct policy_fact *finding = decide_read_fact(d, "finding");
    return finding != NULL && finding->trust > POLICY_STATED ? finding : NULL;
}

/* Whether the cause is one of a list. What is stated is enough for yes; no is left to a finding. */
static enum decide_saying
judge_cause(struct decide *d, const struct policy_codes *causes, const char **ret_fact)
{
    const struct policy_fact *cause = decide_read_fact(d, "cause");
    const struct policy_fact *finding = decide_read_fact(d, "finding");
    *ret_fact = "cause";
    if (cause != NULL && has_code(causes, cause->code))
        return DECIDE_YES;
    *ret_fact = "finding";
    if (finding != NULL && has_code(causes, finding->code))
        return DECIDE_YES;
    if (decide_found(d) != NULL)
        return DECIDE_NO;
    if (cause == NULL && finding == NULL)
        *ret_fact = "cause";
    return DECIDE_UNSURE;
}

void
decide_look_at_causes(struct decide_claim *claim)
{
    struct decide *d = claim->d;
    Common__V1__Step *step;
    struct policy_reading reading =
        decide_read(d, claim->layers.sale, POLICY_WARRANTY_COVERAGE_CAUSES, &step);
    if (reading.value.absence == POLICY_PRESENT)
        claim->causes = reading.value.codes;
    const char *fact_name;
    enum decide_saying verdict = judge_cause(d, &claim->causes, &fact_name);
    if (verdict == DECIDE_YES && step->result != LIFTED)
        step->result = GRANTS;
    if (verdict == DECIDE_UNSURE)
        step->result = LACKS_PROOF;
    decide_step_fact(d, step, fact_name);
}

/* ---- judgements ---- */

static bool
reaches(const struct policy_right *right, const struct decide_test *test)
{
    return right == NULL || has_code(&right->excludes, test->test->id);
}

/* The tests that reach a layer: the first that is proven, else the first that lacks proof. */
static void
judge_tests(const struct decide_claim *claim, const struct policy_right *right,
            struct decide_judgement *judgement)
{
    for (size_t i = 0; i < claim->tests.count; i++) {
        const struct decide_test *test = &claim->tests.tests[i];
        if (!reaches(right, test) || test->verdict < DECIDE_UNPROVEN)
            continue;
        if (test->verdict == DECIDE_PROVEN || judgement->verdict == DECIDE_YES) {
            judgement->verdict = test->verdict == DECIDE_PROVEN ? DECIDE_NO : DECIDE_UNSURE;
            judgement->clause_id = test->test->id;
            judgement->reason = test->verdict == DECIDE_PROVEN ? "EXCLUDED" : "PROOF_MISSING";
            judgement->needed = test->needed;
            judgement->is_test = true;
        }
        if (judgement->verdict == DECIDE_NO)
            return;
    }
}

/* The first test that reaches a layer and is not known to fail. */
static const struct decide_test *
find_unknown_test(const struct decide_claim *claim, const struct policy_right *right)
{
    for (size_t i = 0; i < claim->tests.count; i++) {
        const struct decide_test *test = &claim->tests.tests[i];
        if (reaches(right, test) && test->verdict == DECIDE_UNKNOWN)
            return test;
    }
    return NULL;
}

static void
set_judgement(struct decide_judgement *judgement, enum decide_saying verdict, const char *clause_id,
              const char *reason, const char *needed)
{
    judgement->verdict = verdict;
    judgement->clause_id = clause_id;
    judgement->reason = reason;
    judgement->needed = needed;
}

/* A finding that is none of the causes closes the layer, unless a test is still open that would
 * say why. Tells it as a step. */
static void
judge_causes(struct decide_claim *claim, const struct policy_codes *causes,
             const struct policy_right *right, const char *clause_id,
             struct decide_judgement *judgement)
{
    struct decide *d = claim->d;
    const char *fact_name;
    enum decide_saying verdict = judge_cause(d, causes, &fact_name);
    const struct policy_fact *finding = decide_found(d);
    if (finding != NULL && !has_code(causes, finding->code)) {
        const struct decide_test *test = find_unknown_test(claim, right);
        Common__V1__Step *step =
            decide_step(d, clause_id, "causes", test == NULL ? DENIES : LACKS_PROOF);
        step->value = decide_value_codes(d, causes);
        decide_step_fact(d, step, "finding");
        if (test == NULL)
            set_judgement(judgement, DECIDE_NO, clause_id, "NOT_COVERED", NULL);
        else
            set_judgement(judgement, DECIDE_UNSURE, test->test->id, "FACT_MISSING", test->needed);
        return;
    }
    if (verdict != DECIDE_YES)
        set_judgement(judgement, DECIDE_UNSURE, clause_id, "CAUSE_UNKNOWN", fact_name);
}

static void
judge_commercial(struct decide_claim *claim, struct decide_judgement *judgement)
{
    if (judgement->verdict == DECIDE_YES)
        judge_causes(claim, &claim->causes, NULL,
                     policy_parameter_row(POLICY_WARRANTY_COVERAGE_CAUSES)->clause_id, judgement);
}

/* After the presumption has ended, somebody has to find that the defect was there. */
static void
judge_presumption(struct decide_claim *claim, const struct policy_right *right,
                  const struct entitlement_interval *interval, struct decide_judgement *judgement)
{
    struct decide *d = claim->d;
    const struct policy_span *span = &right->presumed_for;
    /* Where nobody knows when it began, that is asked for first. */
    if ((span->months == 0 && span->days == 0) || interval->is_undetermined)
        return;
    struct policy_value value = {.kind = POLICY_SPAN, .span = *span};
    struct date last = date_add(interval->start_date, span->months, span->days);
    bool is_presumed = date_compare(d->question->at_date, last) <= 0;
    bool is_found = decide_found(d) != NULL;
    Common__V1__Step *step =
        decide_step(d, right->id, "presumed_for", is_presumed || is_found ? GRANTS : LACKS_PROOF);
    step->value = decide_value(d->arena, claim->layers.sale->pin.policy, &value);
    decide_compute(d, step, "last_date", decide_value_date(d, last), "");
    if (!is_presumed)
        decide_step_fact(d, step, "finding");
    if (!is_presumed && !is_found)
        set_judgement(judgement, DECIDE_UNSURE, right->id, "PROOF_MISSING", "finding");
}

static void
judge_right(struct decide_claim *claim, const struct policy_right *right,
            const struct entitlement_interval *interval, struct decide_judgement *judgement)
{
    struct decide *d = claim->d;
    if (judgement->verdict != DECIDE_YES) {
        Common__V1__Step *step =
            decide_step(d, right->id, "excludes",
                        judgement->verdict == DECIDE_NO ? DOES_NOT_APPLY : LACKS_PROOF);
        step->value = decide_value_code(d, judgement->clause_id);
        return;
    }
    judge_causes(claim, &right->causes, right, right->id, judgement);
    if (judgement->verdict == DECIDE_YES) {
        const char *fact_name;
        judge_cause(d, &right->causes, &fact_name);
        Common__V1__Step *step = decide_step(d, right->id, "causes", GRANTS);
        step->value = decide_value_codes(d, &right->causes);
        decide_step_fact(d, step, fact_name);
        judge_presumption(claim, right, interval, judgement);
    }
}

static void
judge_plan(struct decide_claim *claim, const struct entitlement_interval *interval,
           struct decide_judgement *judgement)
{
    struct decide *d = claim->d;
    size_t terms = (size_t)(interval->terms - claim->layers.terms);
    struct decide_pin *pin = claim->layers.pins[terms];
    if (judgement->verdict != DECIDE_YES)
        return;
    decide_pin_say(d, pin, POLICY_AXIS_PLAN, claim->layers.plans[terms]);
    Common__V1__Step *step;
    struct policy_reading causes = decide_read(d, pin, POLICY_EXTENDED_COVERAGE_CAUSES, &step);
    const struct policy_codes none = {0};
    judge_causes(claim, causes.value.absence == POLICY_PRESENT ? &causes.value.codes : &none, NULL,
                 step->clause_id, judgement);
    if (judgement->verdict != DECIDE_YES)
        return;
    step->result = GRANTS;
    struct policy_reading max = decide_read(d, pin, POLICY_EXTENDED_COVERAGE_CLAIMS_MAX, &step);
    const struct policy_fact *claims = decide_read_fact(d, "claims_under_plan");
    decide_step_fact(d, step, "claims_under_plan");
    step->result = GRANTS;
    if (claims == NULL && max.value.absence == POLICY_PRESENT)
        step->result = LACKS_PROOF;
    if (claims != NULL && max.value.absence != POLICY_UNLIMITED &&
        claims->number >= (max.value.absence == POLICY_PRESENT ? max.value.count : 0)) {
        step->result = DENIES;
        set_judgement(judgement, DECIDE_NO, step->clause_id, "LIMIT_REACHED", NULL);
    }
}

const struct decide_judgement *
decide_judge(struct decide_claim *claim, const struct entitlement_interval *interval)
{
    const void *key = interval->terms == NULL
                          ? (const void *)interval
                          : claim->layers.steps[interval->terms - claim->layers.terms];
    for (size_t i = 0; i < claim->judgement_count; i++) {
        if (claim->judgements[i].key == key)
            return &claim->judgements[i];
    }
    struct decide_judgement *judgement = &claim->judgements[claim->judgement_count++];
    *judgement = (struct decide_judgement){.key = key, .verdict = DECIDE_YES};
    const struct policy_right *right = decide_right(&claim->layers, interval);
    if (interval->layer != ENTITLEMENT_GOODWILL)
        judge_tests(claim, right, judgement);
    if (interval->layer == ENTITLEMENT_COMMERCIAL)
        judge_commercial(claim, judgement);
    else if (interval->layer == ENTITLEMENT_EXTENDED)
        judge_plan(claim, interval, judgement);
    else if (right != NULL)
        judge_right(claim, right, interval, judgement);
    return judgement;
}
