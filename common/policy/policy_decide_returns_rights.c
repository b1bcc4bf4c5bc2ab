/*
 * policy_decide_returns_rights - what the law grants to who sends something back
 *
 * Each right of return of the packs that apply is looked at by itself. Of the company's tests only
 * those reach it that it lists, all of them, whatever else the company says. One that may grant is
 * kept: nothing is denied then.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_returns.h"

#include <string.h>

static bool
excludes(const struct policy_right *right, const struct decide_test *test)
{
    for (size_t i = 0; i < right->excludes.count; i++) {
        if (strcmp(right->excludes.codes[i], test->test->id) == 0)
            return true;
    }
    return false;
}

static struct decide_answer
answer_by_reason(const struct decide_returns *returns, const struct policy_right *right)
{
    const struct policy_axes *axes = &returns->sale->pin.policy->axes;
    struct decide_answer answer = {DECIDE_YES, right->id, "FACT_MISSING", "reason"};
    if (returns->reason == NULL)
        answer.saying = DECIDE_UNSURE;
    else if (right->reasons.count > 0)
        answer.saying =
            decide_covers(axes, POLICY_AXIS_REASON, &right->reasons, returns->reason->code);
    return answer;
}

/* The first test that reaches the right and is proven, else the first that lacks proof, told as a
 * step. */
static void
answer_by_tests(const struct decide_returns *returns, const struct policy_right *right,
                struct decide_answer *answer)
{
    const struct decide_test *found = NULL;
    for (size_t i = 0; i < returns->tests.count; i++) {
        const struct decide_test *test = &returns->tests.tests[i];
        if (excludes(right, test) && test->verdict >= DECIDE_UNPROVEN &&
            (found == NULL || test->verdict > found->verdict))
            found = test;
    }
    if (found == NULL)
        return;
    bool is_proven = found->verdict == DECIDE_PROVEN;
    Common__V1__Step *step =
        decide_step(returns->d, right->id, "excludes", is_proven ? DOES_NOT_APPLY : LACKS_PROOF);
    step->value = decide_value_code(returns->d, found->test->id);
    if (is_proven)
        answer->saying = DECIDE_NO;
    else if (answer->saying == DECIDE_YES)
        *answer =
            (struct decide_answer){DECIDE_UNSURE, found->test->id, "PROOF_MISSING", found->needed};
}

/* Whether the right is open on the day. False: it is over, or nobody knows when it began. */
static bool
look_at_length(struct decide_returns *returns, const struct policy_right *right,
               Common__V1__Step *step, struct date *ret_last)
{
    struct decide *d = returns->d;
    struct date start;
    const char *event;
    struct decide_deadline deadline;
    if (!decide_anchor(d, right->starts, right->start_count, step, &start, &event)) {
        step->result = LACKS_PROOF;
        returns->is_right_lacking = true;
        if (returns->needed_event == NULL && right->start_count > 0)
            returns->needed_event = right->starts[0].event;
        return false;
    }
    if (decide_deadline(d, returns->sale->pin.policy, &right->length, start, INT64_MIN, event,
                        &deadline) != OK)
        return false;
    *ret_last = deadline.date;
    decide_compute(d, step, "last_date", decide_value_date(d, deadline.date), deadline.explanation);
    if (date_compare(d->question->at_date, deadline.date) <= 0)
        return true;
    step->result = DENIES;
    return false;
}

bool
decide_right_refunds(const struct policy_right *right)
{
    for (size_t i = 0; i < right->remedies.count; i++) {
        if (strcmp(right->remedies.codes[i], "refund") == 0)
            return true;
    }
    return right->remedies.count == 0;
}

/* Of several that grant, one that gives the money back decides, and of those the one that is open
 * for longest. */
static void
keep(struct decide_returns *returns, const struct policy_right *right, struct date last)
{
    decide_list_add(returns->d, &returns->rights, (void *)right);
    bool refunds = decide_right_refunds(right);
    bool is_first = returns->right == NULL;
    bool refunded = !is_first && decide_right_refunds(returns->right);
    if (is_first || refunds > refunded ||
        (refunds == refunded && date_compare(last, returns->right_last_date) > 0)) {
        returns->right = right;
        returns->right_last_date = last;
    }
}

static void
look_at_right(struct decide_returns *returns, const struct policy_right *right)
{
    struct decide *d = returns->d;
    struct policy_value length = {.kind = POLICY_SPAN, .span = right->length};
    Common__V1__Step *step = decide_step(d, right->id, "length", DOES_NOT_APPLY);
    step->value = decide_value(d->arena, returns->sale->pin.policy, &length);
    decide_step_fact(d, step, "reason");
    struct decide_answer answer = answer_by_reason(returns, right);
    if (answer.saying != DECIDE_NO)
        answer_by_tests(returns, right, &answer);
    struct date last;
    if (answer.saying == DECIDE_NO || !look_at_length(returns, right, step, &last))
        return;
    step->result = answer.saying == DECIDE_YES ? GRANTS : LACKS_PROOF;
    if (answer.saying == DECIDE_YES)
        keep(returns, right, last);
    if (answer.saying == DECIDE_UNSURE && returns->open_right.saying == DECIDE_YES)
        returns->open_right = answer;
}

void
decide_look_at_rights(struct decide_returns *returns)
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
