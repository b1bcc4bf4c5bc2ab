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
#include "common/policy/policy_decide_returns.h"

/* Keeps the first answer that is worse than what was said so far. */
static void
answer(struct decide_returns *returns, enum decide_saying saying, const char *clause_id,
       const char *why, const char *needed)
{
    if (saying < returns->conditions.saying)
        returns->conditions = (struct decide_answer){saying, clause_id, why, needed};
}

static void
look_at_reason(struct decide_returns *returns)
{
    struct decide *d = returns->d;
    Common__V1__Step *step;
    struct policy_reading reading =
        decide_read(d, returns->sale, POLICY_RETURNS_CONDITIONS_REASONS, &step);
    const struct policy_axes *axes = &reading.policy->axes;
    returns->reason = decide_read_fact(d, "reason");
    decide_step_fact(d, step, "reason");
    const struct policy_codes none = {0};
    const struct policy_codes *reasons =
        reading.value.absence == POLICY_PRESENT ? &reading.value.codes : &none;
    enum decide_saying saying = DECIDE_UNSURE;
    if (returns->reason != NULL)
        saying = decide_covers(axes, POLICY_AXIS_REASON, reasons, returns->reason->code);
    if (saying == DECIDE_YES) {
        step->result = GRANTS;
    } else if (saying == DECIDE_UNSURE) {
        step->result = LACKS_PROOF;
        answer(returns, saying, step->clause_id, "FACT_MISSING", "reason");
    } else {
        step->result = DENIES;
        answer(returns, saying, step->clause_id, "NOT_ACCEPTED", NULL);
    }
}

static void
look_at_tests(struct decide_returns *returns)
{
    returns->tests =
        decide_run_tests(returns->d, returns->sale, POLICY_RETURNS_CONDITIONS_TESTS, DENIES);
    for (size_t i = 0; i < returns->tests.count; i++) {
        const struct decide_test *test = &returns->tests.tests[i];
        if (test->verdict == DECIDE_PROVEN)
            answer(returns, DECIDE_NO, test->test->id, "EXCLUDED", NULL);
        if (test->verdict == DECIDE_UNPROVEN)
            answer(returns, DECIDE_UNSURE, test->test->id, "PROOF_MISSING", test->needed);
    }
}

enum err
decide_returns_check(struct decide *d)
{
    struct decide_returns *returns = arena_alloc(d->work, sizeof *returns);
    returns->d = d;
    returns->conditions.saying = DECIDE_YES;
    returns->open_right.saying = DECIDE_YES;
    returns->sale = decide_pin(d, POLICY_SALE, decide_sale_date(d));
    d->policy = returns->sale->pin.policy;
    look_at_reason(returns);
    look_at_tests(returns);
    decide_look_at_windows(returns);
    decide_look_at_rights(returns);
    decide_end_returns(returns);
    return OK;
}
