/*
 * policy_decide_claim - "warranty.claim": is this fault, reported on a day, covered
 *
 * In this order: pins, layers open on the day, cause, tests (all of them), limits, documents,
 * amounts. Each open layer then has a verdict of its own, because what the company excludes does
 * not reach a right that does not list it; the first that grants in the order of use decides.
 * Without one, a layer that is unsure makes it UNDETERMINED; only if all are closed is it DENIED,
 * by the first test that denies, else by the clause of the causes.
 *
 * The customer's word about the cause opens a layer; what closes one is a finding of staff.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

enum verdict { NO, UNSURE, YES };

/* What a layer says to the claim. */
struct judgement {
    const void *key; /* step of its terms; goodwill: the interval */
    enum verdict verdict;
    const char *clause_id; /* NO, UNSURE: the clause that says so */
    const char *reason;
    const char *needed; /* UNSURE */
    bool is_test;
};

struct claim {
    struct decide *d;
    struct decide_layers layers;
    struct decide_tests tests;
    struct policy_codes causes; /* of warranty.coverage */
    struct judgement *judgements;
    size_t judgement_count;
};

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

static const struct policy_fact *
found(struct decide *d)
{
    const struct policy_fact *finding = decide_read_fact(d, "finding");
    return finding != NULL && finding->trust > POLICY_STATED ? finding : NULL;
}

/* Whether the cause is one of a list. What is stated is enough for yes; no is left to a finding. */
static enum verdict
judge_cause(struct decide *d, const struct policy_codes *causes, const char **ret_fact)
{
    const struct policy_fact *cause = decide_read_fact(d, "cause");
    const struct policy_fact *finding = decide_read_fact(d, "finding");
    *ret_fact = "cause";
    if (cause != NULL && has_code(causes, cause->code))
        return YES;
    *ret_fact = "finding";
    if (finding != NULL && has_code(causes, finding->code))
        return YES;
    if (found(d) != NULL)
        return NO;
    if (cause == NULL && finding == NULL)
        *ret_fact = "cause";
    return UNSURE;
}

static void
look_at_coverage(struct claim *claim)
{
    struct decide *d = claim->d;
    Common__V1__Step *step;
    struct policy_reading reading =
        decide_read(d, claim->layers.sale, POLICY_WARRANTY_COVERAGE_CAUSES, &step);
    if (reading.value.absence == POLICY_PRESENT)
        claim->causes = reading.value.codes;
    const char *fact_name;
    enum verdict verdict = judge_cause(d, &claim->causes, &fact_name);
    if (verdict == YES && step->result != LIFTED)
        step->result = GRANTS;
    if (verdict == UNSURE)
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
judge_tests(const struct claim *claim, const struct policy_right *right,
            struct judgement *judgement)
{
    for (size_t i = 0; i < claim->tests.count; i++) {
        const struct decide_test *test = &claim->tests.tests[i];
        if (!reaches(right, test) || test->verdict < DECIDE_UNPROVEN)
            continue;
        if (test->verdict == DECIDE_PROVEN || judgement->verdict == YES) {
            judgement->verdict = test->verdict == DECIDE_PROVEN ? NO : UNSURE;
            judgement->clause_id = test->test->id;
            judgement->reason = test->verdict == DECIDE_PROVEN ? "EXCLUDED" : "PROOF_MISSING";
            judgement->needed = test->needed;
            judgement->is_test = true;
        }
        if (judgement->verdict == NO)
            return;
    }
}

/* The first test that reaches a layer and is not known to fail. */
static const struct decide_test *
find_unknown_test(const struct claim *claim, const struct policy_right *right)
{
    for (size_t i = 0; i < claim->tests.count; i++) {
        const struct decide_test *test = &claim->tests.tests[i];
        if (reaches(right, test) && test->verdict == DECIDE_UNKNOWN)
            return test;
    }
    return NULL;
}

static void
set_judgement(struct judgement *judgement, enum verdict verdict, const char *clause_id,
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
judge_causes(struct claim *claim, const struct policy_codes *causes,
             const struct policy_right *right, const char *clause_id, struct judgement *judgement)
{
    struct decide *d = claim->d;
    const char *fact_name;
    enum verdict verdict = judge_cause(d, causes, &fact_name);
    const struct policy_fact *finding = found(d);
    if (finding != NULL && !has_code(causes, finding->code)) {
        const struct decide_test *test = find_unknown_test(claim, right);
        Common__V1__Step *step =
            decide_step(d, clause_id, "causes", test == NULL ? DENIES : LACKS_PROOF);
        step->value = decide_value_codes(d, causes);
        decide_step_fact(d, step, "finding");
        if (test == NULL)
            set_judgement(judgement, NO, clause_id, "NOT_COVERED", NULL);
        else
            set_judgement(judgement, UNSURE, test->test->id, "FACT_MISSING", test->needed);
        return;
    }
    if (verdict != YES)
        set_judgement(judgement, UNSURE, clause_id, "CAUSE_UNKNOWN", fact_name);
}

static void
judge_commercial(struct claim *claim, struct judgement *judgement)
{
    if (judgement->verdict == YES)
        judge_causes(claim, &claim->causes, NULL,
                     policy_parameter_row(POLICY_WARRANTY_COVERAGE_CAUSES)->clause_id, judgement);
}

/* After the presumption has ended, somebody has to find that the defect was there. */
static void
judge_presumption(struct claim *claim, const struct policy_right *right,
                  const struct entitlement_interval *interval, struct judgement *judgement)
{
    struct decide *d = claim->d;
    const struct policy_span *span = &right->presumed_for;
    /* Where nobody knows when it began, that is asked for first. */
    if ((span->months == 0 && span->days == 0) || interval->is_undetermined)
        return;
    struct policy_value value = {.kind = POLICY_SPAN, .span = *span};
    struct date last = date_add(interval->start_date, span->months, span->days);
    bool is_presumed = date_compare(d->question->at_date, last) <= 0;
    bool is_found = found(d) != NULL;
    Common__V1__Step *step =
        decide_step(d, right->id, "presumed_for", is_presumed || is_found ? GRANTS : LACKS_PROOF);
    step->value = decide_value(d->arena, claim->layers.sale->pin.policy, &value);
    decide_compute(d, step, "last_date", decide_value_date(d, last), "");
    if (!is_presumed)
        decide_step_fact(d, step, "finding");
    if (!is_presumed && !is_found)
        set_judgement(judgement, UNSURE, right->id, "PROOF_MISSING", "finding");
}

static void
judge_right(struct claim *claim, const struct policy_right *right,
            const struct entitlement_interval *interval, struct judgement *judgement)
{
    struct decide *d = claim->d;
    if (judgement->verdict != YES) {
        Common__V1__Step *step = decide_step(
            d, right->id, "excludes", judgement->verdict == NO ? DOES_NOT_APPLY : LACKS_PROOF);
        step->value = decide_value_code(d, judgement->clause_id);
        return;
    }
    judge_causes(claim, &right->causes, right, right->id, judgement);
    if (judgement->verdict == YES) {
        const char *fact_name;
        judge_cause(d, &right->causes, &fact_name);
        Common__V1__Step *step = decide_step(d, right->id, "causes", GRANTS);
        step->value = decide_value_codes(d, &right->causes);
        decide_step_fact(d, step, fact_name);
        judge_presumption(claim, right, interval, judgement);
    }
}

static void
judge_plan(struct claim *claim, const struct entitlement_interval *interval,
           struct judgement *judgement)
{
    struct decide *d = claim->d;
    size_t terms = (size_t)(interval->terms - claim->layers.terms);
    struct decide_pin *pin = claim->layers.pins[terms];
    if (judgement->verdict != YES)
        return;
    decide_pin_say(d, pin, POLICY_AXIS_PLAN, claim->layers.plans[terms]);
    Common__V1__Step *step;
    struct policy_reading causes = decide_read(d, pin, POLICY_EXTENDED_COVERAGE_CAUSES, &step);
    const struct policy_codes none = {0};
    judge_causes(claim, causes.value.absence == POLICY_PRESENT ? &causes.value.codes : &none, NULL,
                 step->clause_id, judgement);
    if (judgement->verdict != YES)
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
        set_judgement(judgement, NO, step->clause_id, "LIMIT_REACHED", NULL);
    }
}

static const struct judgement *
judge(struct claim *claim, const struct entitlement_interval *interval)
{
    const void *key = interval->terms == NULL
                          ? (const void *)interval
                          : claim->layers.steps[interval->terms - claim->layers.terms];
    for (size_t i = 0; i < claim->judgement_count; i++) {
        if (claim->judgements[i].key == key)
            return &claim->judgements[i];
    }
    struct judgement *judgement = &claim->judgements[claim->judgement_count++];
    *judgement = (struct judgement){.key = key, .verdict = YES};
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

static bool
grants(void *context, const struct entitlement_interval *interval)
{
    return judge(context, interval)->verdict == YES;
}

/* ---- limits, documents, amounts ---- */

/* True: accepted without an inspection, as far as the number of claims goes. */
static bool
look_at_limits(struct claim *claim)
{
    struct decide *d = claim->d;
    Common__V1__Step *step;
    struct policy_reading max =
        decide_read(d, claim->layers.sale, POLICY_WARRANTY_LIMITS_CLAIMS_MAX, &step);
    const struct policy_fact *claims = decide_read_fact(d, "claims_in_period");
    const struct policy_fact *inspected = decide_read_fact(d, "inspected");
    decide_step_fact(d, step, "claims_in_period");
    step->result = claims == NULL ? LACKS_PROOF : GRANTS;
    if (max.value.absence == POLICY_UNLIMITED)
        step->result = GRANTS;
    else if ((inspected != NULL && inspected->flag) || found(d) != NULL)
        step->result = DOES_NOT_APPLY;
    else if (claims != NULL &&
             claims->number >= (max.value.absence == POLICY_PRESENT ? max.value.count : 0))
        step->result = DENIES;
    return step->result != DENIES;
}

/* True: low enough to be approved without a person. */
static bool
look_at_amount(struct claim *claim)
{
    struct decide *d = claim->d;
    Common__V1__Step *step;
    struct policy_reading limit =
        decide_read(d, d->case_pin, POLICY_WARRANTY_PROCESS_AUTO_APPROVE_UP_TO, &step);
    const char *name = "value_claimed";
    const struct policy_fact *value = decide_read_fact(d, name);
    if (value == NULL) {
        name = "price_paid";
        value = decide_read_fact(d, name);
    }
    decide_step_fact(d, step, name);
    if (limit.value.absence == POLICY_UNLIMITED)
        step->result = GRANTS;
    else if (value == NULL)
        step->result = LACKS_PROOF;
    else if (limit.value.absence == POLICY_PRESENT &&
             strcmp(limit.value.money.currency_code, value->money.currency_code) == 0 &&
             limit.value.money.minor >= value->money.minor)
        step->result = GRANTS;
    else
        step->result = DENIES;
    return step->result == GRANTS;
}

static void
compute_decide_by(struct decide *d)
{
    const struct policy_fact *received = decide_read_fact(d, "receive_time");
    struct decide_deadline deadline;
    decide_promise(d, d->case_pin, POLICY_WARRANTY_PROCESS_DECIDE_WITHIN, d->question->at_date,
                   received == NULL ? INT64_MIN : received->time_s, "reported", "decide_by",
                   &deadline);
}

static void
compute_charge(struct decide *d)
{
    decide_pin_say(d, d->case_pin, POLICY_AXIS_COVERAGE, "covered");
    decide_pin_say(d, d->case_pin, POLICY_AXIS_CHARGE_ITEM, NULL);
    const char *missing;
    if (decide_fee(d, d->case_pin, POLICY_REPAIR_CHARGES_CHARGE, "customer_pays", &d->customer_pays,
                   &missing) != DECIDE_FEE_KNOWN)
        return;
    d->has_customer_pays = true;
    decide_compute(d, NULL, "customer_pays", decide_value_money(d, d->customer_pays), "");
}

/* What the customer can have without the warranty. */
static void
compute_offer(struct decide *d)
{
    decide_pin_say(d, d->case_pin, POLICY_AXIS_COVERAGE, "uncovered");
    decide_pin_say(d, d->case_pin, POLICY_AXIS_CHARGE_ITEM, "diagnosis");
    const char *missing;
    if (decide_fee(d, d->case_pin, POLICY_REPAIR_CHARGES_CHARGE, "offer_diagnosis", &d->offer,
                   &missing) != DECIDE_FEE_KNOWN)
        return;
    d->has_offer = true;
    decide_compute(d, NULL, "offer_diagnosis", decide_value_money(d, d->offer), "");
}

/* ---- outcomes ---- */

static const struct policy_codes *
remedies_of(struct decide *d, const struct policy_right *right)
{
    if (right != NULL)
        return &right->remedies;
    const struct policy_list_row *list = policy_find_list("remedy");
    struct policy_codes *codes = arena_alloc(d->arena, sizeof *codes);
    codes->codes = list->codes;
    while (list->codes[codes->count] != NULL)
        codes->count++;
    return codes;
}

static void
end_granted(struct claim *claim, const struct entitlement_interval *interval)
{
    struct decide *d = claim->d;
    bool is_whole = decide_is_whole(d, &claim->layers, grants, claim);
    bool is_few = look_at_limits(claim);
    size_t missing = decide_documents(d, claim->layers.sale, POLICY_WARRANTY_PROCESS_DOCUMENTS);
    bool is_low = look_at_amount(claim);
    const char *process = policy_parameter_row(POLICY_WARRANTY_PROCESS_DOCUMENTS)->clause_id;
    const char *limits = policy_parameter_row(POLICY_WARRANTY_LIMITS_CLAIMS_MAX)->clause_id;
    if (missing > 0) {
        decide_end(d, UNDETERMINED, process, "DOCUMENTS_MISSING");
    } else if (!is_few) {
        decide_end(d, REFERRED, limits, "LIMIT_REACHED");
    } else if (!is_low) {
        decide_end(d, REFERRED, process, "ABOVE_AUTOMATIC_LIMIT");
    } else {
        decide_end(d, is_whole ? GRANTED : PARTLY_GRANTED, interval->clause_id,
                   decide_layer_reason(interval->layer));
        decide_set_remedies(d, remedies_of(d, decide_right(&claim->layers, interval)));
    }
    compute_decide_by(d);
    decide_tell_layer(d, &claim->layers, interval);
    if (missing == 0 && is_few && is_low && is_whole)
        compute_charge(d);
}

static void
end_open(struct claim *claim)
{
    struct decide *d = claim->d;
    const struct judgement *denial = NULL;
    for (size_t i = 0; i < claim->judgement_count; i++) {
        const struct judgement *judgement = &claim->judgements[i];
        if (judgement->verdict == UNSURE) {
            decide_need(d, judgement->needed, judgement->clause_id, NULL);
            if (d->record->outcome == 0)
                decide_end(d, UNDETERMINED, judgement->clause_id, judgement->reason);
        }
        if (judgement->verdict == NO &&
            (denial == NULL || (judgement->is_test && !denial->is_test)))
            denial = judgement;
    }
    /* Some layer is open, and none of them grants. */
    CHECK(d->record->outcome != 0 || denial != NULL);
    if (d->record->outcome == 0)
        decide_deny(d, denial->clause_id, denial->reason);
    if (d->record->outcome == UNDETERMINED)
        decide_documents(d, claim->layers.sale, POLICY_WARRANTY_PROCESS_DOCUMENTS);
    compute_decide_by(d);
}

/* Judges what is open; `ret_maybe` is a layer that would grant if it were. */
static const struct entitlement_interval *
find_grant(struct claim *claim, const struct entitlement_interval **ret_maybe)
{
    const struct entitlement_ledger *ledger = &claim->layers.ledger;
    const struct entitlement_interval *grant = NULL;
    *ret_maybe = NULL;
    for (size_t i = 0; i < ledger->interval_count; i++) {
        const struct entitlement_interval *interval = &ledger->intervals[i];
        enum decide_open open = decide_open(claim->d, interval);
        if (open == DECIDE_CLOSED || judge(claim, interval)->verdict != YES)
            continue;
        if (open == DECIDE_OPEN && grant == NULL)
            grant = interval;
        if (open == DECIDE_MAYBE && *ret_maybe == NULL)
            *ret_maybe = interval;
    }
    return grant;
}

static bool
has_layer(struct claim *claim, enum entitlement_layer layer)
{
    for (size_t i = 0; i < claim->layers.ledger.interval_count; i++) {
        const struct entitlement_interval *interval = &claim->layers.ledger.intervals[i];
        if (interval->layer == layer && decide_open(claim->d, interval) != DECIDE_CLOSED)
            return true;
    }
    return false;
}

enum err
decide_warranty_claim(struct decide *d)
{
    struct claim *claim = arena_alloc(d->work, sizeof *claim);
    claim->d = d;
    enum err err = decide_layers(d, &claim->layers);
    if (err != OK)
        return err;
    const char *appeal = "POST /v1/claims/{claim_id}:appeal";
    if (decide_open_layers(d, &claim->layers)) {
        claim->judgements = arena_alloc(d->work, (claim->layers.ledger.interval_count + 1) *
                                                     sizeof *claim->judgements);
        if (has_layer(claim, ENTITLEMENT_COMMERCIAL))
            look_at_coverage(claim);
        claim->tests = decide_exclusions(d, claim->layers.sale, POLICY_WARRANTY_EXCLUSIONS_TESTS);
        const struct entitlement_interval *maybe;
        const struct entitlement_interval *grant = find_grant(claim, &maybe);
        if (grant != NULL)
            end_granted(claim, grant);
        else if (maybe != NULL)
            decide_end_maybe(d, &claim->layers, maybe);
        else
            end_open(claim);
    } else {
        compute_decide_by(d);
    }
    if (d->record->outcome == DENIED)
        compute_offer(d);
    if (d->record->outcome == DENIED || d->record->outcome == PARTLY_GRANTED)
        decide_appeal(d, appeal);
    return OK;
}
