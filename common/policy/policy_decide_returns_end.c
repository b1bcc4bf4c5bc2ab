/*
 * policy_decide_returns_end - how a return ends: granted by the company or by law, open, or denied
 *
 * The company decides where it gives the money back, a right where the company would only exchange,
 * or where the law gives the money back for longer: who decides is who the last day is of. Remedies
 * are those of both. The last day is that of the first remedy: of the windows that are open, the
 * one for money back goes before the one for an exchange. "Exchange only" is a no to the money, and
 * said only where a denial could be.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_returns.h"

#include <string.h>

static const char *
clause_of(enum policy_parameter parameter)
{
    return policy_parameter_row(parameter)->clause_id;
}

static struct date
later_of(struct date a, struct date b)
{
    return date_compare(a, b) > 0 ? a : b;
}

static void
tell_last_date(struct decide *d, struct date last_date)
{
    d->last_date = last_date;
    if (!date_is_absent(last_date))
        decide_compute(d, NULL, "last_date", decide_value_date(d, last_date), "");
}

/* ---- amounts ---- */

/* Whether more may be deducted once it is proven in which condition the product came back. */
static bool
may_deduct_more(struct decide_returns *returns)
{
    struct decide_pin *sale = returns->sale;
    if ((sale->proven >> POLICY_AXIS_GRADE & 1) != 0)
        return false;
    enum policy_parameter parameter = POLICY_RETURNS_REFUND_DEDUCTION;
    struct policy_value known = decide_look(returns->d, sale, parameter).value;
    const struct policy_axes *axes = &sale->pin.policy->axes;
    struct policy_subject subject = sale->subject;
    bool is_more = false;
    for (int value = axes->first[POLICY_AXIS_GRADE];
         value < axes->end[POLICY_AXIS_GRADE] && !is_more; value++) {
        decide_pin_set(sale, POLICY_AXIS_GRADE, value);
        struct policy_value other = decide_look(returns->d, sale, parameter).value;
        enum policy_order order =
            policy_value_compare(policy_parameter_row(parameter), &known, &other);
        is_more = order == POLICY_BETTER || order == POLICY_INCOMPARABLE;
    }
    sale->subject = subject;
    sale->proven &= ~(1U << POLICY_AXIS_GRADE);
    return is_more;
}

/* What is left of the price: never less than nothing. */
static void
tell_refund(struct decide_returns *returns, struct money paid, struct money deduction)
{
    struct decide *d = returns->d;
    struct money minus = deduction;
    minus.minor = -deduction.minor;
    struct money refund;
    if (money_add(paid, minus, &refund) != OK)
        return;
    d->is_at_most = refund.minor > 0 && may_deduct_more(returns);
    const char *explanation = d->is_at_most ? "at most: the deduction depends on the grade" : "";
    if (refund.minor < 0) {
        refund.minor = 0;
        explanation = "the deduction is above the price";
    }
    d->has_customer_pays = true;
    d->customer_pays = refund;
    decide_compute(d, NULL, "refund", decide_value_money(d, refund), explanation);
}

static void
compute_refund(struct decide_returns *returns)
{
    struct decide *d = returns->d;
    struct money deduction;
    const char *missing;
    enum decide_fee known = decide_fee(d, returns->sale, POLICY_RETURNS_REFUND_DEDUCTION,
                                       "deduction", &deduction, &missing);
    const struct policy_fact *paid = decide_read_fact(d, "price_paid");
    if (known == DECIDE_FEE_KNOWN && paid != NULL)
        tell_refund(returns, paid->money, deduction);
    if (known == DECIDE_FEE_TOO_LARGE) {
        decide_end(d, REFERRED, clause_of(POLICY_RETURNS_REFUND_DEDUCTION), "AMOUNT_TOO_LARGE");
        d->record->n_remedies = 0;
    }
    decide_read(d, returns->sale, POLICY_RETURNS_REFUND_METHODS, NULL);
    const struct policy_fact *received = decide_read_fact(d, "received");
    struct decide_deadline deadline;
    if (received != NULL)
        decide_promise(d, returns->sale, POLICY_RETURNS_REFUND_REFUND_WITHIN, received->date,
                       INT64_MIN, "received", "refund_by", &deadline);
}

static bool
has_remedy(const struct policy_codes *remedies, const char *code)
{
    for (size_t i = 0; i < remedies->count; i++) {
        if (strcmp(remedies->codes[i], code) == 0)
            return true;
    }
    return false;
}

static void
compute_amounts(struct decide_returns *returns, const struct policy_codes *remedies)
{
    struct decide *d = returns->d;
    struct decide_deadline deadline;
    if (decide_promise(d, d->case_pin, POLICY_RETURNS_PROCESS_SEND_WITHIN, d->today, INT64_MIN,
                       "decided", "send_by", &deadline))
        d->send_date = deadline.date;
    struct policy_reading payer =
        decide_read(d, returns->sale, POLICY_RETURNS_REFUND_SHIPPING_PAID_BY, NULL);
    if (payer.value.absence == POLICY_PRESENT)
        decide_compute(d, NULL, "shipping_paid_by", decide_value_code(d, payer.value.code), "");
    if (has_remedy(remedies, "refund"))
        compute_refund(returns);
}

/* ---- granted ---- */

static bool
wants_exchange(const struct decide_returns *returns)
{
    return returns->wanted != NULL && strcmp(returns->wanted->code, "replace") == 0;
}

static bool
refunds_by_law(const struct decide_returns *returns)
{
    return returns->right != NULL && decide_right_refunds(returns->right);
}

/* Whether the law gives the money back for longer than the company. */
static bool
is_longer_by_law(const struct decide_returns *returns)
{
    struct date own = returns->refund.last_date;
    return refunds_by_law(returns) && !date_is_absent(own) &&
           date_compare(returns->right_last_date, own) > 0;
}

/* Whether the company decides, and not a right beside it. */
static bool
is_by_company(const struct decide_returns *returns)
{
    if (returns->conditions.saying != DECIDE_YES)
        return false;
    if (returns->refund.is_open)
        return !is_longer_by_law(returns);
    return returns->exchange.is_open && (returns->right == NULL || wants_exchange(returns));
}

struct remedies {
    const char **codes;
    size_t count;
};

static void
add_remedy(struct remedies *remedies, const char *code)
{
    if (!has_remedy(&(struct policy_codes){remedies->codes, remedies->count}, code))
        remedies->codes[remedies->count++] = code;
}

static void
add_own(const struct decide_returns *returns, struct remedies *remedies)
{
    if (returns->conditions.saying == DECIDE_YES && returns->refund.is_open)
        add_remedy(remedies, "refund");
    if (returns->conditions.saying == DECIDE_YES && returns->exchange.is_open)
        add_remedy(remedies, "replace");
}

static void
add_right(const struct policy_right *right, struct remedies *remedies)
{
    for (size_t i = 0; i < right->remedies.count; i++)
        add_remedy(remedies, right->remedies.codes[i]);
    if (right->remedies.count == 0)
        add_remedy(remedies, "refund");
}

static void
add_lawful(const struct decide_returns *returns, struct remedies *remedies)
{
    if (returns->right != NULL)
        add_right(returns->right, remedies);
    for (size_t i = 0; i < returns->rights.count; i++)
        add_right(returns->rights.items[i], remedies);
}

/* Those of who decides go first. */
static const struct policy_codes *
remedies_of(const struct decide_returns *returns, bool by_company)
{
    struct arena *arena = returns->d->arena;
    struct remedies remedies = {
        .codes = arena_alloc(arena, (POLICY_CODES_MAX + 2) * sizeof(const char *))};
    if (by_company)
        add_own(returns, &remedies);
    add_lawful(returns, &remedies);
    add_own(returns, &remedies);
    struct policy_codes *codes = arena_alloc(arena, sizeof *codes);
    *codes = (struct policy_codes){remedies.codes, remedies.count};
    return codes;
}

/* Until when the first remedy can be had; absent: without end. */
static struct date
last_date_of(const struct decide_returns *returns, bool by_company)
{
    if (!by_company)
        return returns->right_last_date;
    return returns->refund.is_open ? returns->refund.last_date : returns->exchange.last_date;
}

static const char *
reason_of(const struct decide_returns *returns, bool by_company)
{
    if (!by_company)
        return "RETURNABLE_BY_LAW";
    if (returns->refund.is_open)
        return "RETURNABLE";
    bool is_denied = returns->wanted == NULL && !returns->refund.is_lacking &&
                     returns->open_right.saying == DECIDE_YES && !returns->is_right_lacking &&
                     returns->d->doubt_count == 0;
    return is_denied ? "EXCHANGE_ONLY" : "EXCHANGEABLE";
}

static void
end_granted(struct decide_returns *returns, bool by_company)
{
    struct decide *d = returns->d;
    const char *documents = clause_of(POLICY_RETURNS_PROCESS_DOCUMENTS);
    const char *reason = reason_of(returns, by_company);
    size_t missing = decide_documents(d, returns->sale, POLICY_RETURNS_PROCESS_DOCUMENTS);
    tell_last_date(d, last_date_of(returns, by_company));
    if (missing > 0) {
        decide_end(d, UNDETERMINED, documents, "DOCUMENTS_MISSING");
        return;
    }
    decide_end(d, GRANTED,
               by_company ? clause_of(POLICY_RETURNS_WINDOW_LENGTH) : returns->right->id, reason);
    const struct policy_codes *remedies = remedies_of(returns, by_company);
    decide_set_remedies(d, remedies);
    bool has_own = returns->conditions.saying == DECIDE_YES && returns->exchange.is_open;
    d->has_exchange = has_own && (!by_company || returns->refund.is_open);
    d->exchange_date = returns->exchange.last_date;
    compute_amounts(returns, remedies);
}

/* ---- open or denied ---- */

static void
end_open(struct decide *d, const struct decide_answer *answer)
{
    decide_need(d, answer->needed, answer->clause_id, NULL);
    decide_end(d, UNDETERMINED, answer->clause_id, answer->why);
}

static void
end_refused(struct decide_returns *returns)
{
    struct decide *d = returns->d;
    const char *window = clause_of(POLICY_RETURNS_WINDOW_LENGTH);
    struct date last_date = later_of(returns->refund.last_date, returns->exchange.last_date);
    bool is_open = returns->refund.is_open || returns->exchange.is_open;
    bool is_lacking =
        returns->refund.is_lacking || returns->exchange.is_lacking || returns->is_right_lacking;
    /* A window that is over stays so, whatever an exclusion would say; another reason may have
     * another one. */
    bool is_over = !is_open && !is_lacking && returns->reason != NULL;
    if (returns->conditions.saying == DECIDE_UNSURE && !is_over) {
        end_open(d, &returns->conditions);
    } else if (is_lacking) {
        const char *event = returns->needed_event;
        if (event == NULL)
            event = entitlement_event_name(ENTITLEMENT_DELIVERED);
        end_open(d, &(struct decide_answer){DECIDE_UNSURE, window, "PROOF_MISSING", event});
    } else if (returns->open_right.saying == DECIDE_UNSURE) {
        end_open(d, &returns->open_right);
    } else if (returns->conditions.saying == DECIDE_NO) {
        decide_deny(d, returns->conditions.clause_id, returns->conditions.why);
    } else if (decide_deny(d, window, date_is_absent(last_date) ? "NOT_OFFERED" : "EXPIRED")) {
        tell_last_date(d, last_date);
    }
    if (d->record->outcome == DENIED)
        decide_appeal(d, "/returns/");
}

void
decide_end_returns(struct decide_returns *returns)
{
    bool is_open = returns->refund.is_open || returns->exchange.is_open;
    bool is_own = returns->conditions.saying == DECIDE_YES && is_open;
    if (is_own || returns->right != NULL)
        end_granted(returns, is_by_company(returns));
    else
        end_refused(returns);
}
