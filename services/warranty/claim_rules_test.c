/*
 * claim_rules_test - where decisions leave claims, who may decide, what documents tell
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "claim.h"

#define STATE(NAME) WARRANTY__V1__CLAIM__STATE__##NAME
#define OUTCOME(NAME) COMMON__V1__DECISION__OUTCOME__##NAME
#define REMEDY(NAME) WARRANTY__V1__FULFILMENT__REMEDY__##NAME
#define KIND(NAME) WARRANTY__V1__UNIT_FACT__KIND__##NAME

static int
state_of(int outcome, char *needed_clause_id)
{
    Common__V1__Decision__Needed needed = COMMON__V1__DECISION__NEEDED__INIT;
    Common__V1__Decision__Needed *list[] = {&needed};
    Common__V1__Decision decision = COMMON__V1__DECISION__INIT;
    decision.outcome = (Common__V1__Decision__Outcome)outcome;
    if (needed_clause_id != NULL) {
        needed.clause_id = needed_clause_id;
        decision.needed = list;
        decision.n_needed = 1;
    }
    return claim_state_of(&decision);
}

static void
the_state_follows_the_outcome(void **state UNUSED)
{
    assert_int_equal(state_of(OUTCOME(GRANTED), NULL), STATE(APPROVED));
    assert_int_equal(state_of(OUTCOME(PARTLY_GRANTED), NULL), STATE(PARTLY_APPROVED));
    assert_int_equal(state_of(OUTCOME(DENIED), NULL), STATE(REJECTED));
    assert_int_equal(state_of(OUTCOME(REFERRED), NULL), STATE(UNDER_REVIEW));
    assert_int_equal(state_of(99, NULL), STATE(UNDER_REVIEW));
}

static void
only_the_checklist_is_the_customers_turn(void **state UNUSED)
{
    assert_int_equal(state_of(OUTCOME(UNDETERMINED), "warranty.process"),
                     STATE(DOCUMENTS_REQUIRED));
    assert_int_equal(state_of(OUTCOME(UNDETERMINED), "warranty.exclusions.misuse"),
                     STATE(UNDER_REVIEW));
    assert_int_equal(state_of(OUTCOME(UNDETERMINED), NULL), STATE(UNDER_REVIEW));
}

static void
a_persons_word_stands(void **state UNUSED)
{
    Common__V1__Decision denied = COMMON__V1__DECISION__INIT;
    denied.outcome = OUTCOME(DENIED);
    struct claim claim = {.state = STATE(APPROVED)};
    assert_int_equal(claim_state_after(&claim, &denied), STATE(REJECTED));
    claim.is_by_person = true;
    assert_int_equal(claim_state_after(&claim, &denied), STATE(APPROVED));
    claim = (struct claim){.state = STATE(APPEALED)};
    assert_int_equal(claim_state_after(&claim, &denied), STATE(APPEALED));
    claim = (struct claim){.state = STATE(DRAFT)};
    assert_int_equal(claim_state_after(&claim, &denied), STATE(REJECTED));
}

static void
a_claim_counts_while_it_is_accepted_without_inspection(void **state UNUSED)
{
    assert_true(claim_counts(STATE(APPROVED), 0));
    assert_true(claim_counts(STATE(PARTLY_APPROVED), 0));
    assert_false(claim_counts(STATE(APPROVED), 1));
    assert_false(claim_counts(STATE(UNDER_REVIEW), 0));
    assert_false(claim_counts(STATE(WITHDRAWN), 0));
}

static void
people_decide_what_the_policy_leaves_open(void **state UNUSED)
{
    for (int approves = 0; approves < 2; approves++) {
        assert_int_equal(claim_may_decide(OUTCOME(REFERRED), approves, false), CLAIM_LEAVE);
        assert_int_equal(claim_may_decide(OUTCOME(UNDETERMINED), approves, false),
                         CLAIM_LEAVE_MANAGERS);
        assert_int_equal(claim_may_decide(OUTCOME(UNDETERMINED), approves, true), CLAIM_LEAVE);
        assert_int_equal(claim_may_decide(0, approves, true), CLAIM_STANDS);
    }
}

static void
against_the_policy_nobody_approves_or_rejects(void **state UNUSED)
{
    assert_int_equal(claim_may_decide(OUTCOME(DENIED), true, true), CLAIM_STANDS);
    assert_int_equal(claim_may_decide(OUTCOME(DENIED), false, false), CLAIM_LEAVE);
    assert_int_equal(claim_may_decide(OUTCOME(GRANTED), false, true), CLAIM_STANDS);
    assert_int_equal(claim_may_decide(OUTCOME(PARTLY_GRANTED), false, true), CLAIM_STANDS);
    assert_int_equal(claim_may_decide(OUTCOME(PARTLY_GRANTED), true, false), CLAIM_LEAVE);
    assert_int_equal(claim_state_approved(OUTCOME(PARTLY_GRANTED)), STATE(PARTLY_APPROVED));
    assert_int_equal(claim_state_approved(OUTCOME(REFERRED)), STATE(APPROVED));
}

static void
an_authority_ends_at_its_limit_and_its_currency(void **state UNUSED)
{
    const struct money limit = {5000, "EUR"};
    assert_true(claim_is_within((struct money){5000, "EUR"}, limit));
    assert_true(claim_is_within((struct money){0, "EUR"}, limit));
    assert_false(claim_is_within((struct money){5001, "EUR"}, limit));
    assert_false(claim_is_within((struct money){-1, "EUR"}, limit));
    assert_false(claim_is_within((struct money){1, "USD"}, limit));
}

static void
the_last_day_for_an_appeal_is_one_of_them(void **state UNUSED)
{
    const struct date last = {2026, 11, 2};
    assert_true(claim_may_appeal(last, last));
    assert_false(claim_may_appeal((struct date){2026, 11, 3}, last));
    assert_true(claim_may_appeal((struct date){2126, 1, 1}, (struct date){0}));
}

static void
remedies_are_those_of_the_decision(void **state UNUSED)
{
    char *codes[] = {"repair", "refund"};
    assert_true(claim_has_remedy(NULL, 0, REMEDY(REPLACE)));
    assert_false(claim_has_remedy(NULL, 0, REMEDY(REMEDY_UNSPECIFIED)));
    assert_true(claim_has_remedy(codes, 2, REMEDY(REPAIR)));
    assert_true(claim_has_remedy(codes, 2, REMEDY(REFUND)));
    assert_false(claim_has_remedy(codes, 2, REMEDY(REPLACE)));
}

static void
two_kinds_of_document_tell_a_day(void **state UNUSED)
{
    assert_int_equal(claim_dated_fact("proof_of_purchase"), KIND(PURCHASED));
    assert_int_equal(claim_dated_fact("delivery_note"), KIND(DELIVERED));
    assert_int_equal(claim_dated_fact("fault_photo"), 0);
}

static void
the_promise_is_the_decisions(void **state UNUSED)
{
    Common__V1__Value value = COMMON__V1__VALUE__INIT;
    Common__V1__Computed computed = COMMON__V1__COMPUTED__INIT;
    Common__V1__Computed *list[] = {&computed};
    Common__V1__Decision decision = COMMON__V1__DECISION__INIT;
    assert_int_equal(claim_promise(&decision), 0);
    decision.computed = list;
    decision.n_computed = 1;
    computed.name = "decide_by";
    assert_int_equal(claim_promise(&decision), 0);
    computed.value = &value;
    value.kind_case = COMMON__V1__VALUE__KIND_TIME;
    value.time = "1970-01-01T00:00:01Z";
    assert_int_equal(claim_promise(&decision), 1000000);
    computed.name = "answer_by";
    assert_int_equal(claim_promise(&decision), 0);
}

static void
claims_are_counted_back_from_the_day_of_the_report(void **state UNUSED)
{
    struct date start = claim_period_start((struct date){2026, 11, 2}, 12, 0);
    assert_int_equal(date_compare(start, (struct date){2025, 11, 2}), 0);
    start = claim_period_start((struct date){2026, 3, 1}, 0, 30);
    assert_int_equal(date_compare(start, (struct date){2026, 1, 30}), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_follows_the_outcome),
        cmocka_unit_test(only_the_checklist_is_the_customers_turn),
        cmocka_unit_test(a_persons_word_stands),
        cmocka_unit_test(a_claim_counts_while_it_is_accepted_without_inspection),
        cmocka_unit_test(people_decide_what_the_policy_leaves_open),
        cmocka_unit_test(against_the_policy_nobody_approves_or_rejects),
        cmocka_unit_test(an_authority_ends_at_its_limit_and_its_currency),
        cmocka_unit_test(the_last_day_for_an_appeal_is_one_of_them),
        cmocka_unit_test(remedies_are_those_of_the_decision),
        cmocka_unit_test(two_kinds_of_document_tell_a_day),
        cmocka_unit_test(the_promise_is_the_decisions),
        cmocka_unit_test(claims_are_counted_back_from_the_day_of_the_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
