/*
 * policy_decide_remedy - "repair.remedy": may the customer have an exchange or the money instead
 *
 * Each test of the clause that holds gives its remedies; the customer has the union, in the order
 * of the tests. What is not known leaves it open, never denied.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

static void
add_remedies(struct policy_codes *remedies, const char **codes, const struct policy_codes *more)
{
    for (size_t i = 0; i < more->count; i++) {
        size_t at = 0;
        while (at < remedies->count && strcmp(codes[at], more->codes[i]) != 0)
            at++;
        if (at == remedies->count)
            codes[remedies->count++] = more->codes[i];
    }
}

enum err
decide_repair_remedy(struct decide *d)
{
    const char *clause_id = policy_parameter_row(POLICY_REPAIR_REMEDY_TESTS)->clause_id;
    struct decide_pin *sale = decide_pin(d, POLICY_SALE, decide_sale_date(d));
    d->policy = sale->pin.policy;
    /* Here a test that holds speaks for the customer. */
    struct decide_tests tests = decide_run_tests(d, sale, POLICY_REPAIR_REMEDY_TESTS, GRANTS);
    const struct decide_test *first = NULL;
    const struct decide_test *unsure = NULL;
    struct policy_codes *remedies = arena_alloc(d->arena, sizeof *remedies);
    const char **codes = arena_alloc(d->arena, (size_t)POLICY_CODES_MAX * sizeof *codes);
    remedies->codes = codes;
    for (size_t i = 0; i < tests.count; i++) {
        const struct decide_test *test = &tests.tests[i];
        if (test->verdict == DECIDE_PROVEN) {
            first = first == NULL ? test : first;
            if (remedies->count + test->test->then.count <= POLICY_CODES_MAX)
                add_remedies(remedies, codes, &test->test->then);
        } else if (test->verdict != DECIDE_FALSE) {
            unsure = unsure == NULL ? test : unsure;
        }
    }
    if (first != NULL) {
        decide_end(d, GRANTED, first->test->id, "REMEDY_DUE");
        decide_set_remedies(d, remedies);
    } else if (unsure != NULL) {
        for (size_t i = 0; i < tests.count; i++) {
            if (tests.tests[i].verdict != DECIDE_FALSE)
                decide_need(d, tests.tests[i].needed, tests.tests[i].test->id, NULL);
        }
        decide_end(d, UNDETERMINED, unsure->test->id, "FACT_MISSING");
    } else if (decide_deny(d, clause_id, "REMEDY_NOT_DUE")) {
        decide_appeal(d, "/repairs/");
    }
    return OK;
}
