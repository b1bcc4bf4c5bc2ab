/*
 * policy_decide_returns - what the parts of "returns.check" share
 *
 * The company and the law each say for themselves whether the product may come back: the company by
 * its conditions (reasons and tests) and windows, a right by its reasons, the tests that it lets
 * reach it, and its length. Who has both has what either grants.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy_decide_private.h"

/* What somebody says to the return, and what says so. */
struct decide_answer {
    enum decide_saying saying;
    const char *clause_id; /* not DECIDE_YES: the clause or test that says so */
    const char *why;       /* the reason of a decision that rests on it */
    const char *needed;    /* DECIDE_UNSURE: what would say more */
};

/* The company's time for one remedy. */
struct decide_window {
    bool is_open;
    bool is_lacking;       /* nobody knows when it began */
    struct date last_date; /* absent: it has no end, or is not offered */
};

struct decide_returns {
    struct decide *d;
    struct decide_pin *sale;
    const struct policy_fact *reason; /* NULL: not known */
    const struct policy_fact *wanted; /* the remedy; NULL: the customer has not said */
    struct decide_tests tests;
    struct decide_answer conditions; /* the company's, whatever its windows */
    struct decide_window refund;
    struct decide_window exchange;

    struct decide_list rights;        /* those that grant, const struct policy_right */
    const struct policy_right *right; /* the one of them that decides; NULL */
    struct date right_last_date;
    struct decide_answer open_right; /* DECIDE_UNSURE: a right that may grant */
    bool is_right_lacking;           /* a right of which nobody knows when it began */

    const char *needed_event; /* the first of the chain that would say when what is lacking began */
};

/* policy_decide_returns_windows.c: money back, an exchange, or both where the customer has not said
 * which. */
void decide_look_at_windows(struct decide_returns *returns);
/* policy_decide_returns_rights.c: the rights of the packs that apply. */
void decide_look_at_rights(struct decide_returns *returns);
/* Who withdraws gets the money back, where the right names no remedy. */
bool decide_right_refunds(const struct policy_right *right);
/* policy_decide_returns_end.c: outcome, remedies, days and amounts. */
void decide_end_returns(struct decide_returns *returns);
