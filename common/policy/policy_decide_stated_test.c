/*
 * policy_decide_stated_test - days that only the customer tells: they are counted from, and deny
 * nothing
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_edit_fixture.h"

/* A small appliance of a business, for which the law promises nothing. */
#define SOLD                                                                                       \
    "serial: SN-1\nfacts:\n  category: small_appliances\n  region: DE\n  condition: new\n"         \
    "  customer_class: business\n  channel: shop\n"
#define CLAIMED                                                                                    \
    SOLD "  cause: {value: material_defect, trust: stated, source: claim}\n  fault_photo: yes\n"
#define SAID "unit:\n  - {id: f1, kind: purchased, date: 2025-05-31, stated: yes}\n"
#define TOLD "unit:\n  - {id: f1, kind: purchased, date: 2025-05-31}\n"

static void
open_default(void)
{
    static const struct text_edits none;
    edit_open(&none);
}

static void
assert_proof_is_needed(void)
{
    edit_assert_outcome(UNDETERMINED, "warranty.process", "PROOF_MISSING");
    assert_int_equal(edit_record->n_needed, 1);
    assert_string_equal(edit_record->needed[0]->name, "proof_of_purchase");
}

static void
cover_that_rests_on_the_customers_word_is_told_as_such(void **state UNUSED)
{
    open_default();
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-05-31") SOLD SAID);
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    assert_true(edit_record->n_entitlements > 0);
    for (size_t i = 0; i < edit_record->n_entitlements; i++)
        assert_true(edit_record->entitlements[i]->is_stated);
    assert_non_null(strstr(edit_record->sentences[1]->text, "from the day that you told us"));
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-05-31") SOLD TOLD);
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    assert_false(edit_record->entitlements[0]->is_stated);
    assert_null(strstr(edit_record->sentences[1]->text, "from the day that you told us"));
}

static void
what_the_customer_says_is_no_proof_against_them(void **state UNUSED)
{
    open_default();
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-06-01") SOLD SAID);
    assert_proof_is_needed();
    edit_decide(EDIT_HEAD("warranty.claim", "2026-06-01") CLAIMED SAID);
    assert_proof_is_needed();
    edit_decide(EDIT_HEAD("warranty.claim", "2026-06-01") CLAIMED TOLD);
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
}

static void
a_claim_is_granted_on_their_word_with_the_documents_of_the_process(void **state UNUSED)
{
    open_default();
    edit_decide(EDIT_HEAD("warranty.claim", "2026-05-31") CLAIMED SAID);
    edit_assert_outcome(UNDETERMINED, "warranty.process", "DOCUMENTS_MISSING");
    edit_decide(EDIT_HEAD("warranty.claim", "2026-05-31") CLAIMED
                "  price_paid: 100.00 EUR\n  proof_of_purchase: yes\n" SAID);
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
}

static void
the_record_says_whose_word_it_is(void **state UNUSED)
{
    open_default();
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-05-31") SOLD SAID);
    const Common__V1__UnitFact *fact = edit_record->unit_facts[0];
    assert_int_equal(fact->n_details, 1);
    assert_string_equal(fact->details[0]->name, "stated");
    assert_string_equal(fact->details[0]->values[0], "yes");
}

static void
who_says_the_same_day_proves_it(void **state UNUSED)
{
    open_default();
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-05-31") SOLD SAID
                "  - {id: f2, kind: purchased, date: 2025-05-31}\n");
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
}

static void
a_better_day_leaves_their_word_aside(void **state UNUSED)
{
    open_default();
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-06-10") SOLD SAID
                "  - {id: f2, kind: delivered, date: 2025-06-08}\n");
    edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
}

static void
what_ended_cover_ended_it_whenever_it_began(void **state UNUSED)
{
    open_default();
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-03-01") SOLD SAID
                "  - {id: f2, kind: voided, date: 2026-02-01, voided_layers: [COMMERCIAL]}\n");
    edit_assert_outcome(DENIED, "warranty.period", "ENDED");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cover_that_rests_on_the_customers_word_is_told_as_such),
        cmocka_unit_test(what_the_customer_says_is_no_proof_against_them),
        cmocka_unit_test(a_claim_is_granted_on_their_word_with_the_documents_of_the_process),
        cmocka_unit_test(the_record_says_whose_word_it_is),
        cmocka_unit_test(who_says_the_same_day_proves_it),
        cmocka_unit_test(a_better_day_leaves_their_word_aside),
        cmocka_unit_test(what_ended_cover_ended_it_whenever_it_began),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
