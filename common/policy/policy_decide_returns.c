/*
 * policy_decide_returns - "returns.check": may this be returned or exchanged, until when, at whose
 * cost
 *
 * In this order: reasons, tests, the windows for money back and for an exchange, the rights of the
 * packs that apply, documents, amounts. A right stands beside the company's window: what the
 * company excludes does not reach it unless it says so. Days are those of the case's facts, or of
 * the unit's ledger where it has them.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include "common/calendar/work.h"

#include <string.h>

enum answer { NO, UNSURE, YES };

struct returns {
    struct decide *d;
    struct decide_pin *sale;
    const struct policy_fact *reason;
    const char *remedies[2]; /* that the company grants */
    size_t remedy_count;
    enum answer conditions; /* reasons and tests */
    const char *clause_id;  /* of what said NO or UNSURE first */
    const char *why;
    const char *needed;               /* UNSURE: what would say */
    const struct policy_right *right; /* that grants; NULL */
    bool is_lacking;                  /* a window that nobody can count */
    struct date last_date;            /* latest end of a window that was counted */
};

static bool
has_reason(const struct policy_axes *axes, const struct policy_codes *reasons, const char *code)
{
    int value = policy_axes_find(axes, POLICY_AXIS_REASON, code);
    for (size_t i = 0; i < reasons->count; i++) {
        int wide = policy_axes_find(axes, POLICY_AXIS_REASON, reasons->codes[i]);
        if (strcmp(reasons->codes[i], code) == 0 ||
            (wide != 0 && value != 0 && policy_axes_contains(axes, wide, value)))
            return true;
    }
    return false;
}

static void
say_no(struct returns *returns, enum answer answer, const char *clause_id, const char *why,
       const char *needed)
{
    if (answer >= returns->conditions)
        return;
    returns->conditions = answer;
    returns->clause_id = clause_id;
    returns->why = why;
    returns->needed = needed;
}

static void
look_at_reason(struct returns *returns)
{
    struct decide *d = returns->d;
    Common__V1__Step *step;
    struct policy_reading reading =
        decide_read(d, returns->sale, POLICY_RETURNS_CONDITIONS_REASONS, &step);
    const struct policy_axes *axes = &decide_policy_of(returns->sale, reading.rule)->axes;
    returns->reason = decide_read_fact(d, "reason");
    decide_step_fact(d, step, "reason");
    const struct policy_codes none = {0};
    const struct policy_codes *reasons =
        reading.value.absence == POLICY_PRESENT ? &reading.value.codes : &none;
    if (returns->reason == NULL) {
        step->result = LACKS_PROOF;
        say_no(returns, UNSURE, step->clause_id, "FACT_MISSING", "reason");
    } else if (has_reason(axes, reasons, returns->reason->code)) {
        step->result = GRANTS;
    } else {
        step->result = DENIES;
        say_no(returns, NO, step->clause_id, "NOT_ACCEPTED", NULL);
    }
}

static void
look_at_tests(struct returns *returns)
{
    struct decide *d = returns->d;
    struct decide_tests tests =
        decide_exclusions(d, returns->sale, POLICY_RETURNS_CONDITIONS_TESTS);
    for (size_t i = 0; i < tests.count; i++) {
        const struct decide_test *test = &tests.tests[i];
        if (test->verdict == DECIDE_PROVEN)
            say_no(returns, NO, test->test->id, "EXCLUDED", NULL);
        if (test->verdict == DECIDE_UNPROVEN)
            say_no(returns, UNSURE, test->test->id, "PROOF_MISSING", test->needed);
    }
}

/* ---- windows ---- */

/* A window that ends on a closed day goes on until the next open one, where the policy says so. */
static struct date
roll(struct returns *returns, struct date date)
{
    struct decide *d = returns->d;
    struct policy_reading rolls =
        decide_read(d, returns->sale, POLICY_RETURNS_WINDOW_ROLL_TO_OPEN_DAY, NULL);
    if (!rolls.value.flag)
        return date;
    struct policy_reading hours = decide_read(d, d->case_pin, POLICY_SUPPORT_HOURS_HOURS, NULL);
    const struct calendar *calendar =
        hours.value.absence == POLICY_PRESENT
            ? policy_find_calendar(d->case_pin->pin.policy, hours.value.code)
            : NULL;
    struct date open_day;
    if (calendar != NULL && work_roll_to_working_day(calendar, date, &open_day))
        return open_day;
    return date;
}

/* Until when a window is open: the later of the company's and of a floor that cannot be compared
 * with it. False: without end. */
static bool
find_end(struct returns *returns, const struct policy_reading *reading, struct date start,
         const char *event, struct date *ret_last, const char **ret_explanation)
{
    struct decide *d = returns->d;
    const struct policy *policy = decide_policy_of(returns->sale, reading->rule);
    struct decide_deadline deadline;
    struct decide_deadline rival;
    if (reading->value.absence != POLICY_PRESENT ||
        decide_deadline(d, policy, &reading->value.span, start, INT64_MIN, event, &deadline) != OK)
        return false;
    if (reading->rival != NULL && reading->rival_value.absence == POLICY_PRESENT &&
        decide_deadline(d, policy, &reading->rival_value.span, start, INT64_MIN, event, &rival) ==
            OK &&
        date_compare(rival.date, deadline.date) > 0)
        deadline = rival;
    *ret_last = deadline.date;
    *ret_explanation = deadline.explanation;
    return true;
}

static bool
look_at_window(struct returns *returns, enum policy_parameter parameter, bool has_start,
               struct date start, const char *event)
{
    struct decide *d = returns->d;
    Common__V1__Step *step;
    struct policy_reading reading = decide_read(d, returns->sale, parameter, &step);
    if (reading.value.absence == POLICY_NONE || reading.value.absence == POLICY_NOT_OFFERED) {
        step->result = DOES_NOT_APPLY;
        return false;
    }
    if (!has_start && reading.value.absence != POLICY_UNLIMITED) {
        step->result = LACKS_PROOF;
        returns->is_lacking = true;
        return false;
    }
    struct date last;
    const char *explanation;
    step->result = GRANTS;
    if (!find_end(returns, &reading, start, event, &last, &explanation))
        return true;
    struct date rolled = roll(returns, last);
    if (date_compare(rolled, last) != 0)
        explanation = arena_printf(d->arena, "%s, then the next working day", explanation);
    decide_compute(d, step, "last_date", decide_value_date(d, rolled), explanation);
    if (date_compare(rolled, returns->last_date) > 0)
        returns->last_date = rolled;
    if (date_compare(d->question->at_date, rolled) > 0)
        step->result = DENIES;
    return step->result == GRANTS;
}

/* Money back, an exchange, or both where the customer has not said which. */
static void
look_at_windows(struct returns *returns)
{
    struct decide *d = returns->d;
    const struct policy_fact *wanted = decide_read_fact(d, "wanted_remedy");
    Common__V1__Step *step;
    struct policy_reading starts =
        decide_read(d, returns->sale, POLICY_RETURNS_WINDOW_STARTS, &step);
    struct date start = {0};
    const char *event = "";
    bool has_start = starts.value.absence == POLICY_PRESENT &&
                     decide_anchor(d, starts.value.anchors.items, starts.value.anchors.count, step,
                                   &start, &event);
    if ((wanted == NULL || strcmp(wanted->code, "replace") != 0) &&
        look_at_window(returns, POLICY_RETURNS_WINDOW_LENGTH, has_start, start, event))
        returns->remedies[returns->remedy_count++] = "refund";
    if ((wanted == NULL || strcmp(wanted->code, "refund") != 0) &&
        look_at_window(returns, POLICY_RETURNS_WINDOW_EXCHANGE_LENGTH, has_start, start, event))
        returns->remedies[returns->remedy_count++] = "replace";
}

/* ---- rights ---- */

static void
look_at_right(struct returns *returns, const struct policy_right *right)
{
    struct decide *d = returns->d;
    const struct policy_axes *axes = &returns->sale->pin.policy->axes;
    struct policy_value length = {.kind = POLICY_SPAN, .span = right->length};
    Common__V1__Step *step = decide_step(d, right->id, "length", DOES_NOT_APPLY);
    step->value = decide_value(d->arena, returns->sale->pin.policy, &length);
    decide_step_fact(d, step, "reason");
    if (right->reasons.count > 0 && returns->reason != NULL &&
        !has_reason(axes, &right->reasons, returns->reason->code))
        return;
    for (size_t i = 0; i < right->excludes.count; i++) {
        if (returns->conditions == NO && strcmp(right->excludes.codes[i], returns->clause_id) == 0)
            return;
    }
    struct date start;
    const char *event;
    struct decide_deadline deadline;
    if (!decide_anchor(d, right->starts, right->start_count, step, &start, &event)) {
        step->result = LACKS_PROOF;
        returns->is_lacking = true;
        return;
    }
    if (decide_deadline(d, returns->sale->pin.policy, &right->length, start, INT64_MIN, event,
                        &deadline) != OK)
        return;
    decide_compute(d, step, "last_date", decide_value_date(d, deadline.date), deadline.explanation);
    bool is_open = date_compare(d->question->at_date, deadline.date) <= 0;
    step->result = !is_open ? DENIES : returns->reason == NULL ? LACKS_PROOF : GRANTS;
    if (step->result != GRANTS || returns->right != NULL)
        return;
    returns->right = right;
    d->last_date = deadline.date;
}

static void
look_at_rights(struct returns *returns)
{
    const struct policy *policy = returns->sale->pin.policy;
    for (size_t p = 0; p < policy->pack_count; p++) {
        const struct policy_pack *pack = &policy->packs[p];
        for (size_t i = 0; i < pack->right_count; i++) {
            const struct policy_right *right = &pack->rights[i];
            if (right->kind == POLICY_RIGHT_RETURN &&
                decide_holds(returns->d, returns->sale, &pack->applies, right->id) &&
                decide_holds(returns->d, returns->sale, &right->when, right->id))
                look_at_right(returns, right);
        }
    }
}

/* ---- amounts ---- */

static void
compute_refund(struct returns *returns)
{
    struct decide *d = returns->d;
    struct money deduction;
    const char *missing;
    enum decide_fee known = decide_fee(d, returns->sale, POLICY_RETURNS_REFUND_DEDUCTION,
                                       "deduction", &deduction, &missing);
    const struct policy_fact *paid = decide_read_fact(d, "price_paid");
    if (known == DECIDE_FEE_KNOWN && paid != NULL) {
        deduction.minor = -deduction.minor;
        struct money refund;
        if (money_add(paid->money, deduction, &refund) == OK) {
            d->has_customer_pays = true;
            d->customer_pays = refund;
            decide_compute(d, NULL, "refund", decide_value_money(d, refund), "");
        }
    }
    decide_read(d, returns->sale, POLICY_RETURNS_REFUND_METHODS, NULL);
    const struct policy_fact *received = decide_read_fact(d, "received");
    struct decide_deadline deadline;
    if (received != NULL)
        decide_promise(d, returns->sale, POLICY_RETURNS_REFUND_REFUND_WITHIN, received->date,
                       INT64_MIN, "received", "refund_by", &deadline);
}

static void
compute_amounts(struct returns *returns)
{
    struct decide *d = returns->d;
    struct decide_deadline deadline;
    decide_promise(d, d->case_pin, POLICY_RETURNS_PROCESS_SEND_WITHIN, d->today, INT64_MIN,
                   "decided", "send_by", &deadline);
    struct policy_reading payer =
        decide_read(d, returns->sale, POLICY_RETURNS_REFUND_SHIPPING_PAID_BY, NULL);
    if (payer.value.absence == POLICY_PRESENT)
        decide_compute(d, NULL, "shipping_paid_by", decide_value_code(d, payer.value.code), "");
    for (size_t i = 0; i < d->record->n_remedies; i++) {
        if (strcmp(d->record->remedies[i], "refund") == 0)
            compute_refund(returns);
    }
}

/* ---- outcome ---- */

static const struct policy_codes *
remedies_of(struct returns *returns, bool by_company)
{
    struct policy_codes *codes = arena_alloc(returns->d->arena, sizeof *codes);
    if (!by_company && returns->right->remedies.count > 0)
        return &returns->right->remedies;
    if (!by_company) {
        returns->remedies[0] = "refund"; /* who withdraws gets the money back */
        returns->remedy_count = 1;
    }
    codes->count = returns->remedy_count;
    codes->codes = arena_copy(returns->d->arena, returns->remedies, sizeof returns->remedies);
    return codes;
}

static void
end_granted(struct returns *returns, bool by_company)
{
    struct decide *d = returns->d;
    const char *window = policy_parameter_row(POLICY_RETURNS_WINDOW_LENGTH)->clause_id;
    size_t missing = decide_documents(d, returns->sale, POLICY_RETURNS_PROCESS_DOCUMENTS);
    if (by_company &&
        (returns->right == NULL || date_compare(returns->last_date, d->last_date) > 0 ||
         date_is_absent(returns->last_date)))
        d->last_date = returns->last_date;
    if (!date_is_absent(d->last_date))
        decide_compute(d, NULL, "last_date", decide_value_date(d, d->last_date), "");
    if (missing > 0) {
        decide_end(d, UNDETERMINED,
                   policy_parameter_row(POLICY_RETURNS_PROCESS_DOCUMENTS)->clause_id,
                   "DOCUMENTS_MISSING");
        return;
    }
    decide_end(d, GRANTED, by_company ? window : returns->right->id,
               by_company ? "RETURNABLE" : "RETURNABLE_BY_LAW");
    decide_set_remedies(d, remedies_of(returns, by_company));
    compute_amounts(returns);
}

static void
end_refused(struct returns *returns)
{
    struct decide *d = returns->d;
    const char *window = policy_parameter_row(POLICY_RETURNS_WINDOW_LENGTH)->clause_id;
    /* A window that is over stays so, whatever an exclusion would say; another reason may have
     * another one. */
    bool is_over = returns->remedy_count == 0 && !returns->is_lacking && returns->reason != NULL;
    if (returns->conditions == UNSURE && !is_over) {
        decide_need(d, returns->needed, returns->clause_id, NULL);
        decide_end(d, UNDETERMINED, returns->clause_id, returns->why);
    } else if (returns->is_lacking) {
        decide_need(d, entitlement_event_name(ENTITLEMENT_DELIVERED), window, NULL);
        decide_end(d, UNDETERMINED, window, "PROOF_MISSING");
    } else if (returns->conditions == NO) {
        decide_deny(d, returns->clause_id, returns->why);
    } else if (decide_deny(d, window,
                           date_is_absent(returns->last_date) ? "NOT_OFFERED" : "EXPIRED")) {
        d->last_date = returns->last_date;
        if (!date_is_absent(d->last_date))
            decide_compute(d, NULL, "last_date", decide_value_date(d, d->last_date), "");
    }
    if (d->record->outcome == DENIED)
        decide_appeal(d, "POST /v1/returns/{return_id}:appeal");
}

enum err
decide_returns_check(struct decide *d)
{
    struct returns *returns = arena_alloc(d->arena, sizeof *returns);
    returns->d = d;
    returns->conditions = YES;
    returns->sale = decide_pin(d, POLICY_SALE, decide_sale_date(d));
    d->policy = returns->sale->pin.policy;
    look_at_reason(returns);
    look_at_tests(returns);
    look_at_windows(returns);
    look_at_rights(returns);
    bool by_company = returns->conditions == YES && returns->remedy_count > 0;
    if (by_company || returns->right != NULL)
        end_granted(returns, by_company);
    else
        end_refused(returns);
    return OK;
}
