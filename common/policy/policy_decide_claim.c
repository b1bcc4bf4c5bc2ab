/*
 * policy_decide_claim - "warranty.claim": is this fault, reported on a day, covered
 *
 * In this order: pins, layers open on the day, cause, tests (all of them), limits, documents,
 * amounts. The first layer that grants in the order of use decides (policy_decide_judge.h). Without
 * one, a layer that is unsure makes it UNDETERMINED; only if all are closed is it DENIED, by the
 * first test that denies, else by the clause of the causes.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_judge.h"

#include <string.h>

static bool
grants(void *context, const struct entitlement_interval *interval)
{
    return decide_judge(context, interval)->verdict == DECIDE_YES;
}

/* ---- limits, documents, amounts ---- */

/* True: accepted without an inspection, as far as the number of claims goes. */
static bool
look_at_limits(struct decide_claim *claim)
{
    struct decide *d = claim->d;
    Common__V1__Step *step;
    struct policy_reading max =
        decide_read(d, claim->layers.sale, POLICY_WARRANTY_LIMITS_CLAIMS_MAX, &step);
    const struct policy_fact *claims = decide_read_fact(d, "claims_in_period");
    const struct policy_fact *inspected = decide_read_fact(d, "inspected");
    decide_step_fact(d, step, "claims_in_period");
    d->is_none_before = claims != NULL && claims->number == 0;
    step->result = claims == NULL ? LACKS_PROOF : GRANTS;
    if (max.value.absence == POLICY_UNLIMITED)
        step->result = GRANTS;
    else if ((inspected != NULL && inspected->flag) || decide_found(d) != NULL)
        step->result = DOES_NOT_APPLY;
    else if (claims != NULL &&
             claims->number >= (max.value.absence == POLICY_PRESENT ? max.value.count : 0))
        step->result = DENIES;
    return step->result != DENIES;
}

/* Why a person has to approve the amount; NULL: it is low enough. */
static const char *
look_at_amount(struct decide_claim *claim)
{
    static const char above[] = "ABOVE_AUTOMATIC_LIMIT";
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
    step->result = limit.value.absence == POLICY_UNLIMITED ? GRANTS
                   : value == NULL                         ? LACKS_PROOF
                                                           : DENIES;
    if (step->result == LACKS_PROOF && limit.value.absence == POLICY_PRESENT)
        return "PRICE_UNKNOWN";
    if (step->result != DENIES || limit.value.absence != POLICY_PRESENT)
        return step->result == GRANTS ? NULL : above;
    if (strcmp(limit.value.money.currency_code, value->money.currency_code) != 0)
        return "CURRENCY_DIFFERS";
    d->has_limit = limit.value.money.minor < value->money.minor;
    d->limit = limit.value.money;
    step->result = d->has_limit ? DENIES : GRANTS;
    return d->has_limit ? above : NULL;
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
    if (!decide_covered_charge(d, &d->customer_pays))
        return;
    d->has_customer_pays = true;
    decide_compute(d, NULL, "customer_pays", decide_value_money(d, d->customer_pays), "");
}

/* What the customer can have without the warranty. Who has just had the product examined is not
 * told of it. */
static void
compute_offer(struct decide *d)
{
    decide_pin_say(d, d->case_pin, POLICY_AXIS_COVERAGE, "uncovered");
    decide_pin_say(d, d->case_pin, POLICY_AXIS_CHARGE_ITEM, "diagnosis");
    const char *missing;
    if (decide_fee(d, d->case_pin, POLICY_REPAIR_CHARGES_CHARGE, "offer_diagnosis", &d->offer,
                   &missing) != DECIDE_FEE_KNOWN)
        return;
    const struct policy_fact *inspected = decide_read_fact(d, "inspected");
    d->has_offer = (inspected == NULL || !inspected->flag) && decide_found(d) == NULL;
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
end_granted(struct decide_claim *claim, const struct entitlement_interval *interval)
{
    struct decide *d = claim->d;
    const struct entitlement_interval *maybe = NULL;
    enum decide_open whole = decide_is_whole(d, &claim->layers, grants, claim, &maybe);
    bool is_whole = whole == DECIDE_OPEN;
    bool is_few = look_at_limits(claim);
    size_t missing = decide_documents(d, claim->layers.sale, POLICY_WARRANTY_PROCESS_DOCUMENTS);
    const char *too_high = look_at_amount(claim);
    const char *process = policy_parameter_row(POLICY_WARRANTY_PROCESS_DOCUMENTS)->clause_id;
    const char *limits = policy_parameter_row(POLICY_WARRANTY_LIMITS_CLAIMS_MAX)->clause_id;
    if (whole == DECIDE_MAYBE) {
        decide_end_maybe(d, &claim->layers, maybe);
    } else if (missing > 0) {
        decide_end(d, UNDETERMINED, process, "DOCUMENTS_MISSING");
    } else if (!is_few) {
        decide_end(d, REFERRED, limits, "LIMIT_REACHED");
    } else if (too_high != NULL) {
        decide_end(d, REFERRED, process, too_high);
    } else {
        decide_end(d, is_whole ? GRANTED : PARTLY_GRANTED, interval->clause_id,
                   decide_layer_reason(interval->layer));
        decide_set_remedies(d, remedies_of(d, decide_right(&claim->layers, interval)));
    }
    compute_decide_by(d);
    decide_tell_layer(d, &claim->layers, interval);
    if (missing == 0 && is_few && too_high == NULL && is_whole)
        compute_charge(d);
}

static void
end_open(struct decide_claim *claim)
{
    struct decide *d = claim->d;
    const struct decide_judgement *denial = NULL;
    for (size_t i = 0; i < claim->judgement_count; i++) {
        const struct decide_judgement *judgement = &claim->judgements[i];
        if (judgement->verdict == DECIDE_UNSURE) {
            decide_need(d, judgement->needed, judgement->clause_id, NULL);
            if (d->record->outcome == 0)
                decide_end(d, UNDETERMINED, judgement->clause_id, judgement->reason);
        }
        if (judgement->verdict == DECIDE_NO &&
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
find_grant(struct decide_claim *claim, const struct entitlement_interval **ret_maybe)
{
    const struct entitlement_ledger *ledger = &claim->layers.ledger;
    const struct entitlement_interval *grant = NULL;
    *ret_maybe = NULL;
    for (size_t i = 0; i < ledger->interval_count; i++) {
        const struct entitlement_interval *interval = &ledger->intervals[i];
        enum decide_open open = decide_open(&claim->layers, interval);
        if (open == DECIDE_CLOSED || decide_judge(claim, interval)->verdict != DECIDE_YES)
            continue;
        if (open == DECIDE_OPEN && grant == NULL)
            grant = interval;
        if (open == DECIDE_MAYBE && *ret_maybe == NULL)
            *ret_maybe = interval;
    }
    return grant;
}

static bool
has_layer(struct decide_claim *claim, enum entitlement_layer layer)
{
    for (size_t i = 0; i < claim->layers.ledger.interval_count; i++) {
        const struct entitlement_interval *interval = &claim->layers.ledger.intervals[i];
        if (interval->layer == layer && decide_open(&claim->layers, interval) != DECIDE_CLOSED)
            return true;
    }
    return false;
}

enum err
decide_warranty_claim(struct decide *d)
{
    struct decide_claim *claim = arena_alloc(d->work, sizeof *claim);
    claim->d = d;
    enum err err = decide_layers(d, &claim->layers);
    if (err != OK)
        return err;
    if (decide_open_layers(d, &claim->layers)) {
        claim->judgements = arena_alloc(d->work, (claim->layers.ledger.interval_count + 1) *
                                                     sizeof *claim->judgements);
        if (has_layer(claim, ENTITLEMENT_COMMERCIAL))
            decide_look_at_causes(claim);
        claim->tests =
            decide_run_tests(d, claim->layers.sale, POLICY_WARRANTY_EXCLUSIONS_TESTS, DENIES);
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
        decide_appeal(d, "/claims/");
    return OK;
}
