/*
 * policy_decide_returns_test - returns by policies that differ from the default one: wide reasons,
 * rights that a company's test reaches, and windows of which only one is open
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_returns_fixture.h"

#define REASONS "reasons: [defect, not_as_described, wrong_item, change_of_mind]"
#define RIGHT "        reasons: [change_of_mind]\n"
#define WITHDRAWAL "eu_consumer_sample.withdrawal"

/* ---- wide reasons ---- */

static void
a_wide_reason_is_accepted_where_all_that_it_may_mean_is(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(RETURN("2026-05-18", SHOP PRICE "  reason: our_fault\n"));
    edit_assert_outcome(GRANTED, "returns.window", "RETURNABLE");
    assert_int_equal(edit_step("returns.conditions", "reasons")->result, GRANTS);
}

static void
a_wide_reason_is_asked_for_where_some_of_it_is_accepted(void **state UNUSED)
{
    static const struct text_edits first = {.main = {REASONS, "reasons: [defect, change_of_mind]"}};
    static const struct text_edits last = {
        .main = {REASONS, "reasons: [wrong_item, change_of_mind]"}};
    edit_open(&last);
    edit_decide(RETURN("2026-05-18", SHOP PRICE "  reason: our_fault\n"));
    edit_assert_outcome(UNDETERMINED, "returns.conditions", "FACT_MISSING");
    edit_open(&first);
    edit_decide(RETURN("2026-05-18", SHOP PRICE "  reason: our_fault\n"));
    edit_assert_outcome(UNDETERMINED, "returns.conditions", "FACT_MISSING");
    edit_assert_needed("reason", "returns.conditions");
    edit_assert_says(ENGLISH, "the exact reason");
    assert_int_equal(edit_step("returns.conditions", "reasons")->result, LACKS_PROOF);
    /* It is over, whatever is meant. */
    edit_decide(RETURN("2026-07-18", SHOP PRICE "  reason: our_fault\n"));
    edit_assert_outcome(DENIED, "returns.window", "EXPIRED");
}

static void
a_wide_reason_is_denied_where_none_of_it_is_accepted(void **state UNUSED)
{
    static const struct text_edits edits = {.main = {REASONS, "reasons: [change_of_mind]"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-18", SHOP PRICE "  reason: our_fault\n"));
    edit_assert_outcome(DENIED, "returns.conditions", "NOT_ACCEPTED");
}

static void
a_reason_that_the_policy_accepts_widely_may_be_said_narrowly(void **state UNUSED)
{
    static const struct text_edits edits = {.main = {REASONS, "reasons: [our_fault]"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-18", SHOP PRICE "  reason: wrong_item\n"));
    edit_assert_outcome(GRANTED, "returns.window", "RETURNABLE");
}

static void
a_right_takes_wide_reasons_as_the_company_does(void **state UNUSED)
{
    static const struct text_edits all = {
        .main = {RIGHT, "        reasons: [defect, not_as_described, wrong_item]\n", REASONS,
                 "reasons: [change_of_mind]"}};
    static const struct text_edits some = {
        .main = {RIGHT, "        reasons: [defect]\n", REASONS, "reasons: [change_of_mind]"}};
    edit_open(&all);
    edit_decide(RETURN("2026-05-18", ONLINE PRICE "  reason: our_fault\n"));
    edit_assert_outcome(GRANTED, WITHDRAWAL, "RETURNABLE_BY_LAW");
    edit_open(&some);
    edit_decide(RETURN("2026-05-18", ONLINE PRICE "  reason: our_fault\n"));
    edit_assert_outcome(UNDETERMINED, WITHDRAWAL, "FACT_MISSING");
    edit_assert_needed("reason", WITHDRAWAL);
    edit_decide(RETURN("2026-05-18", ONLINE PRICE "  reason: wrong_item\n"));
    edit_assert_outcome(DENIED, "returns.conditions", "NOT_ACCEPTED");
}

/* ---- words and proof ---- */

#define USED "when: {reason: change_of_mind, grade: [worn, broken]}"
#define REPORT "  technician_report: yes\n"
#define STATED(NAME, VALUE) "  " NAME ": {value: " VALUE ", trust: stated}\n"

/* The report is there, but that it says so is the customer's word. */
static void
what_is_said_of_the_product_needs_its_proof_beside_a_report(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(RETURN("2026-05-12", SHOP PRICE CHANGED REPORT STATED("grade", "worn")));
    edit_assert_outcome(UNDETERMINED, "returns.conditions.used", "PROOF_MISSING");
    edit_assert_needed("grade", "returns.conditions.used");
}

static void
what_is_wished_for_needs_no_proof(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {USED, "when: {reason: change_of_mind, grade: [worn, broken], "
                       "wanted_remedy: refund}"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-12", SHOP PRICE WORN STATED("reason", "change_of_mind")
                                         STATED("wanted_remedy", "refund")));
    edit_assert_outcome(DENIED, "returns.conditions.used", "EXCLUDED");
}

/* ---- what reaches a right ---- */

static const struct text_edits excluding = {
    .main = {REASONS, "reasons: [defect]", RIGHT,
             "        reasons: [change_of_mind]\n        excludes: [returns.conditions.used]\n"}};

static void
a_test_reaches_a_right_whatever_else_says_no(void **state UNUSED)
{
    edit_open(&excluding);
    edit_decide(RETURN("2026-05-18", ONLINE PRICE CHANGED WORN));
    edit_assert_outcome(DENIED, "returns.conditions", "NOT_ACCEPTED");
    const Common__V1__Step *reached = edit_step(WITHDRAWAL, "excludes");
    assert_int_equal(reached->result, DOES_NOT_APPLY);
    assert_string_equal(reached->value->code, "returns.conditions.used");
    assert_int_equal(edit_step(WITHDRAWAL, "length")->result, DOES_NOT_APPLY);
    /* Another test comes first, and does not reach it. */
    edit_decide(
        RETURN("2026-05-18", ONLINE PRICE CHANGED WORN "  hygiene_product: yes\n  opened: yes\n"));
    assert_int_equal(edit_record->outcome, DENIED);
}

static void
a_test_that_lacks_proof_leaves_a_right_open(void **state UNUSED)
{
    edit_open(&excluding);
    edit_decide(RETURN("2026-05-18", ONLINE PRICE CHANGED WORN_UNPROVEN));
    edit_assert_outcome(UNDETERMINED, "returns.conditions.used", "PROOF_MISSING");
    edit_assert_needed("technician_report", "returns.conditions.used");
    assert_int_equal(edit_step(WITHDRAWAL, "length")->result, LACKS_PROOF);
    /* Over is over. */
    edit_decide(RETURN("2026-05-28", ONLINE PRICE CHANGED WORN_UNPROVEN));
    edit_assert_outcome(DENIED, "returns.conditions", "NOT_ACCEPTED");
}

static void
of_two_tests_that_reach_a_right_the_proven_one_counts(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {RIGHT, "        reasons: [change_of_mind]\n        excludes: "
                        "[returns.conditions.hygiene, returns.conditions.used]\n"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-18", ONLINE PRICE CHANGED WORN_UNPROVEN
                       "  hygiene_product: yes\n  opened: yes\n"));
    edit_assert_outcome(DENIED, "returns.conditions.hygiene", "EXCLUDED");
}

static void
a_test_that_a_right_does_not_list_leaves_it_be(void **state UNUSED)
{
    edit_open(&excluding);
    edit_decide(
        RETURN("2026-05-18", ONLINE PRICE CHANGED "  hygiene_product: yes\n  opened: yes\n"));
    edit_assert_outcome(GRANTED, WITHDRAWAL, "RETURNABLE_BY_LAW");
    edit_assert_remedies("refund");
}

/* ---- windows ---- */

static void
an_unlimited_window_has_no_last_day(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"          length: 30 days\n", "          length: unlimited\n"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-06-18", SHOP PRICE "  reason: defect\n"));
    edit_assert_outcome(GRANTED, "returns.window", "RETURNABLE");
    edit_assert_remedies("refund");
    edit_assert_last_date("");
    edit_assert_says(ENGLISH, "You may return the product at any time");
    assert_int_equal(edit_step("returns.window", "exchange_length")->result, DENIES);
    /* The exchange ends, the money does not. */
    edit_decide(RETURN("2026-05-18", SHOP PRICE "  reason: defect\n"));
    edit_assert_remedies("refund replace");
    edit_assert_last_date("");
}

static void
the_last_day_is_that_of_the_money(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(RETURN("2026-05-15", SHOP PRICE CHANGED));
    edit_assert_outcome(GRANTED, "returns.window", "RETURNABLE");
    edit_assert_remedies("refund replace");
    edit_assert_last_date("2026-05-18");
}

static void
where_only_an_exchange_is_open_the_sentence_says_so(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(RETURN("2026-05-20", SHOP PRICE CHANGED));
    edit_assert_outcome(GRANTED, "returns.window", "EXCHANGE_ONLY");
    edit_assert_remedies("replace");
    edit_assert_last_date("2026-06-03");
    assert_null(edit_computed("refund"));
    edit_assert_says(ENGLISH, "You may exchange the product until June 3, 2026, but not have your "
                              "money back (clause 2.2).");
    edit_assert_says(GERMAN, "bis zum 3. Juni 2026 nur umtauschen");
    edit_decide(RETURN("2026-05-20", SHOP PRICE CHANGED "  wanted_remedy: replace\n"));
    edit_assert_outcome(GRANTED, "returns.window", "EXCHANGEABLE");
    edit_assert_says(ENGLISH, "You may exchange the product until June 3, 2026 (clause 2.2).");
}

static void
no_money_is_not_said_where_it_could_not_be_denied(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"{when: {reason: change_of_mind}, length: 14 days}",
                 "{when: {reason: change_of_mind}, length: 14 days}\n"
                 "          - {when: {reason: change_of_mind, channel: online}, length: 20 days}\n"
                 "          - {when: {reason: change_of_mind, category: large_appliances, channel: "
                 "online}, length: 20 days}",
                 "          exchange_length: 30 days\n", "          exchange_length: unlimited\n"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-20", "  category: small_appliances\n" PRICE CHANGED));
    edit_assert_outcome(GRANTED, "returns.window", "EXCHANGEABLE");
    edit_assert_says(ENGLISH, "You may exchange the product at any time (clause 2.2).");
    edit_decide(RETURN("2026-05-20", SHOP PRICE CHANGED));
    edit_assert_outcome(GRANTED, "returns.window", "EXCHANGE_ONLY");
    edit_assert_says(GERMAN, "jederzeit, aber nur umtauschen");
}

static const struct text_edits maybe_lawful = {
    .main = {RIGHT "        length: 14 days\n",
             "        reasons: [defect]\n        length: 60 days\n",
             "          exchange_length: 30 days\n", "          exchange_length: unlimited\n"}};

/* Because nobody knows when the time began, or because a right may grant it. */
static void
no_money_is_not_said_where_it_is_open(void **state UNUSED)
{
    edit_open(&maybe_lawful);
    edit_decide(UNDATED("2026-05-20", SHOP PRICE "  reason: defect\n"));
    edit_assert_outcome(GRANTED, "returns.window", "EXCHANGEABLE");
    edit_decide(RETURN("2026-06-15", ONLINE PRICE "  reason: our_fault\n"));
    edit_assert_outcome(GRANTED, "returns.window", "EXCHANGEABLE");
    edit_decide(UNDATED("2026-06-15", ONLINE PRICE "  purchased: 2026-05-01\n  reason: defect\n"));
    edit_assert_outcome(GRANTED, "returns.window", "EXCHANGEABLE");
    edit_decide(RETURN("2026-06-15", ONLINE PRICE "  reason: wrong_item\n"));
    edit_assert_outcome(GRANTED, "returns.window", "EXCHANGE_ONLY");
}

static void
a_right_to_the_money_goes_before_an_exchange(void **state UNUSED)
{
    edit_open(NULL);
    edit_decide(
        RETURN("2026-05-15", "  category: large_appliances\n  channel: online\n" PRICE CHANGED));
    edit_assert_outcome(GRANTED, WITHDRAWAL, "RETURNABLE_BY_LAW");
    edit_assert_remedies("refund replace");
    edit_assert_last_date("2026-05-18");
    edit_decide(RETURN("2026-05-15",
                       "  category: large_appliances\n  channel: online\n" PRICE CHANGED
                       "  wanted_remedy: replace\n"));
    edit_assert_outcome(GRANTED, "returns.window", "EXCHANGEABLE");
}

/* A right that gives no money does not make the time for it longer. */
static void
a_right_lengthens_only_what_it_gives(void **state UNUSED)
{
    static const struct text_edits longer = {
        .main = {"        length: 14 days\n        starts: [delivered]\n",
                 "        length: 60 days\n        starts: [delivered]\n"}};
    static const struct text_edits other = {
        .main = {"        length: 14 days\n        starts: [delivered]\n",
                 "        length: 60 days\n        starts: [delivered]\n"
                 "        remedies: [repair]\n"}};
    edit_open(&longer);
    edit_decide(RETURN("2026-05-15", ONLINE PRICE CHANGED));
    edit_assert_last_date("2026-07-03");
    edit_open(&other);
    edit_decide(RETURN("2026-05-15", ONLINE PRICE CHANGED));
    edit_assert_last_date("2026-05-18");
    edit_assert_remedies("refund replace repair");
}

static void
a_right_does_not_end_what_has_no_end(void **state UNUSED)
{
    static const struct text_edits edits = {.main = {RIGHT, "        reasons: [defect]\n",
                                                     "          length: 30 days\n",
                                                     "          length: unlimited\n"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-15", ONLINE PRICE "  reason: defect\n"));
    assert_int_equal(edit_step(WITHDRAWAL, "length")->result, GRANTS);
    edit_assert_last_date("");
}

static void
a_floor_that_depends_on_the_day_lengthens_a_window(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {FLOORS, FLOORS "      - {id: eu_consumer_sample.window, parameter: "
                                "returns.window/exchange_length, is: 1 month}\n"}};
    edit_open(&edits);
    edit_decide(RETURN("2026-05-15", SHOP PRICE "  reason: defect\n"));
    const Common__V1__Step *window = edit_step("returns.window", "exchange_length");
    assert_int_equal(window->result, GRANTS);
    assert_string_equal(window->lifted_by, "eu_consumer_sample.window");
    assert_string_equal(window->computed[0]->name, "company_value");
    assert_int_equal(window->value->span->months, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_reason_is_accepted_where_all_that_it_may_mean_is),
        cmocka_unit_test(a_wide_reason_is_asked_for_where_some_of_it_is_accepted),
        cmocka_unit_test(a_wide_reason_is_denied_where_none_of_it_is_accepted),
        cmocka_unit_test(a_reason_that_the_policy_accepts_widely_may_be_said_narrowly),
        cmocka_unit_test(a_right_takes_wide_reasons_as_the_company_does),
        cmocka_unit_test(what_is_said_of_the_product_needs_its_proof_beside_a_report),
        cmocka_unit_test(what_is_wished_for_needs_no_proof),
        cmocka_unit_test(a_test_reaches_a_right_whatever_else_says_no),
        cmocka_unit_test(a_test_that_lacks_proof_leaves_a_right_open),
        cmocka_unit_test(of_two_tests_that_reach_a_right_the_proven_one_counts),
        cmocka_unit_test(a_test_that_a_right_does_not_list_leaves_it_be),
        cmocka_unit_test(an_unlimited_window_has_no_last_day),
        cmocka_unit_test(the_last_day_is_that_of_the_money),
        cmocka_unit_test(where_only_an_exchange_is_open_the_sentence_says_so),
        cmocka_unit_test(no_money_is_not_said_where_it_could_not_be_denied),
        cmocka_unit_test(no_money_is_not_said_where_it_is_open),
        cmocka_unit_test(a_right_to_the_money_goes_before_an_exchange),
        cmocka_unit_test(a_right_lengthens_only_what_it_gives),
        cmocka_unit_test(a_right_does_not_end_what_has_no_end),
        cmocka_unit_test(a_floor_that_depends_on_the_day_lengthens_a_window),
    };
    return cmocka_run_group_tests(tests, NULL, edit_teardown);
}
