/*
 * policy_decide_corrected_test - facts of a unit that corrections strike out decide nothing; what a
 * replacement of one decides
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_edit_fixture.h"

enum { REPEATED = 700 };

#define WHO                                                                                        \
    "facts:\n  category: small_appliances\n  region: US\n  customer_class: business\n"             \
    "  condition: new\n  channel: shop\n"
#define DELIVERED                                                                                  \
    "unit:\n  - {id: f0, kind: delivered, date: 2026-03-15, recorded: 2026-03-15T09:00:00Z}\n"
#define CORRECTED(ID, OF)                                                                          \
    "  - {id: " ID ", kind: corrected, corrects_fact_id: " OF ", recorded: "                       \
    "2026-03-16T09:00:00Z}\n"

static int
open_default(void **state UNUSED)
{
    static const struct text_edits none;
    edit_open(&none);
    return 0;
}

static void
assert_start(const char *day)
{
    char text[DATE_TEXT_SIZE] = "";
    const Common__V1__Step *step = edit_step("warranty.period", "starts");
    if (step->n_computed > 0)
        date_print(decide_date_of(step->computed[0]->value->date), text);
    assert_string_equal(text, day);
}

/* What the ledger says of an event beats what the case says, but not where it was struck out. */
static void
the_day_of_the_case_counts_where_that_of_the_ledger_was_struck_out(void **state UNUSED)
{
    edit_decide(EDIT_HEAD(
        "warranty.coverage",
        "2026-11-02") "serial: SN-1\n" WHO
                      "  delivered: {value: 2026-04-01, trust: documented}\n" DELIVERED CORRECTED(
                          "f1", "f0"));
    assert_start("2026-04-01");
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    edit_assert_last_date("2027-04-01");
}

static void
an_event_that_is_told_twice_is_known_from_the_first_fact(void **state UNUSED)
{
    edit_decide(
        EDIT_HEAD("warranty.coverage",
                  "2026-11-02") "serial: SN-1\n" WHO DELIVERED
                                "  - {id: f1, kind: delivered, date: 2026-03-15, stated: yes}\n");
    edit_assert_outcome(GRANTED, "warranty.period", "COVERED");
    for (size_t i = 0; i < edit_record->n_facts; i++) {
        if (strcmp(edit_record->facts[i]->name, "delivered") == 0)
            assert_string_equal(edit_record->facts[i]->source, "f0");
    }
}

/* Ten corrections, each of the one before: every other one is struck out, so the day stands. */
static void
corrections_of_corrections_are_followed_to_their_end(void **state UNUSED)
{
    struct buf text = {0};
    buf_add_text(&text,
                 EDIT_HEAD("warranty.coverage", "2026-11-02") "serial: SN-1\n" WHO DELIVERED);
    for (int i = 1; i <= 10; i++)
        buf_printf(&text, CORRECTED("f%d", "f%d"), i, i - 1);
    edit_decide(buf_text(&text));
    assert_start("2026-03-15");
    edit_assert_last_date("2027-03-15");
    buf_printf(&text, CORRECTED("f11", "f10"));
    edit_decide(buf_text(&text));
    assert_start("");
    edit_assert_outcome(UNDETERMINED, "warranty.process", "PROOF_MISSING");
    buf_free(&text);
}

/* A repair that was no repair pins no terms and asks for none. */
static void
an_intake_that_was_struck_out_reads_nothing_about_repairs(void **state UNUSED)
{
    edit_decide(
        EDIT_HEAD("warranty.coverage",
                  "2026-11-02") "serial: SN-1\n" WHO DELIVERED
                                "  - {id: f1, kind: taken_in, repair_id: R-1, date: 2026-05-01, "
                                "recorded: 2026-05-01T09:00:00Z}\n" CORRECTED("f2", "f1"));
    edit_assert_last_date("2027-03-15");
    for (size_t i = 0; i < edit_record->n_steps; i++)
        assert_string_not_equal(edit_record->steps[i]->clause_id, "warranty.repair_time");
}

/* Facts of one id would be looked for in each other without end. */
static void
corrections_that_share_an_id_are_refused_at_once(void **state UNUSED)
{
    edit_decide(EDIT_HEAD("warranty.coverage", "2026-11-02") "serial: SN-1\n" WHO DELIVERED);
    struct entitlement_fact *facts = arena_alloc(edit_arena, (REPEATED + 1) * sizeof *facts);
    for (size_t i = 0; i <= REPEATED; i++) {
        facts[i] = (struct entitlement_fact){
            .fact_id = "x",
            .serial = "SN-1",
            .kind = i == 0 ? ENTITLEMENT_FACT_EVENT : ENTITLEMENT_FACT_CORRECTED,
            .event = ENTITLEMENT_DELIVERED,
            .date = {2026, 3, 15},
            .record_us = INT64_C(1773900000000000), /* March 2026 */
            .corrects_fact_id = i == 0 ? NULL : "x",
        };
    }
    struct policy_case question = {
        .question = POLICY_RETURNS_CHECK,
        .at_date = {2026, 11, 2},
        .decide_us = INT64_C(1793600000000000), /* November 2026 */
        .decision_id = "01900000-0000-7000-8000-000000000001",
        .subject = "tests/1",
        .unit_facts = facts,
        .unit_fact_count = REPEATED + 1,
    };
    struct fault fault = {0};
    assert_int_equal(policy_decide(edit_arena, edit_engine, &question, &edit_record, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FACT_WRONG");
    assert_string_equal(fault.message, "fact x is there twice");
}

/* Of a year from March; the default policy's replacement has half a year at least. */
static void
a_replacement_begins_anew_where_the_policy_says_so(void **state UNUSED)
{
    static const struct text_edits anew = {
        .main = {"carry_over: longer_of", "carry_over: restart"}};
    static const char replaced[] =
        EDIT_HEAD("warranty.coverage",
                  "2026-10-20") "serial: SN-2\n" WHO "unit:\n  - {id: f0, kind: delivered, date: "
                                "2026-03-15, recorded: 2026-03-15T09:00:00Z, "
                                "serial: SN-1}\n"
                                "  - {id: f1, kind: replaced, date: 2026-10-01, recorded: "
                                "2026-10-01T12:00:00Z, serial: SN-2, "
                                "old_serial: SN-1, received_date: 2026-10-01}\n";
    edit_open(NULL);
    edit_decide(replaced);
    edit_assert_last_date("2027-04-01");
    edit_open(&anew);
    edit_decide(replaced);
    edit_assert_last_date("2027-10-01");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_day_of_the_case_counts_where_that_of_the_ledger_was_struck_out),
        cmocka_unit_test(an_event_that_is_told_twice_is_known_from_the_first_fact),
        cmocka_unit_test(corrections_of_corrections_are_followed_to_their_end),
        cmocka_unit_test(an_intake_that_was_struck_out_reads_nothing_about_repairs),
        cmocka_unit_test(corrections_that_share_an_id_are_refused_at_once),
        cmocka_unit_test(a_replacement_begins_anew_where_the_policy_says_so),
    };
    return cmocka_run_group_tests(tests, open_default, edit_teardown);
}
