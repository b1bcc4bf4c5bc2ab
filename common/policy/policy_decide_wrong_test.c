/*
 * policy_decide_wrong_test - facts that cannot be are refused, whoever gives them
 *
 * Case files are tried in policy_case_test; here facts come as a program has them.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_fixture.h"
#include "common/policy/policy_decide_private.h"
#include "common/policy/policy_text_fixture.h"

static struct arena *arena;
static struct fault fault;

static int
start(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    return 0;
}

static int
end(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static struct policy_case
ask(enum policy_question question)
{
    return (struct policy_case){
        .question = question,
        .decision_id = "01900000-0000-7000-8000-000000000001",
        .subject = "warranty/claims/1",
        .at_date = {2026, 11, 2},
        .decide_us = INT64_C(1793620800000000),
        .serial = "SN-1",
    };
}

static enum err
decide_fact(struct policy_fact fact)
{
    struct policy_case question = ask(POLICY_REPAIR_CHARGE);
    Common__V1__Decision *record;
    fact.is_known = true;
    fact.trust = POLICY_RECORDED;
    fact.source = "";
    question.facts = &fact;
    question.fact_count = 1;
    fault = (struct fault){0};
    return policy_decide(arena, fixture_engine, &question, &record, &fault);
}

static void
assert_refused(struct policy_fact fact, const char *reason, const char *message)
{
    if (decide_fact(fact) != ERR_INVALID_ARGUMENT)
        fail_msg("%s is taken", fact.name);
    assert_string_equal(fault.reason, reason);
    assert_string_equal(fault.message, message);
}

static void
a_code_that_exists_nowhere_is_refused_and_the_nearest_named(void **state UNUSED)
{
    assert_refused((struct policy_fact){.name = "reason", .code = "chnage_of_mind"}, "CODE_UNKNOWN",
                   "the fact reason: \"chnage_of_mind\" is no code of reason; did you mean "
                   "change_of_mind?");
    assert_refused((struct policy_fact){.name = "charge_item", .code = "diagnossis"},
                   "CODE_UNKNOWN",
                   "the fact charge_item: \"diagnossis\" is no code of charge_item; did you mean "
                   "diagnosis?");
    assert_refused((struct policy_fact){.name = "finding", .code = "materail_defect"},
                   "CODE_UNKNOWN",
                   "the fact finding: \"materail_defect\" is no code of finding; did you mean "
                   "material_defect?");
    assert_refused((struct policy_fact){.name = "cause", .code = "misues"}, "CODE_UNKNOWN",
                   "the fact cause: \"misues\" is no code of cause; did you mean misuse?");
    assert_refused((struct policy_fact){.name = "region", .code = "Atlantis"}, "CODE_UNKNOWN",
                   "the fact region: \"Atlantis\" is no code of region");
    assert_refused((struct policy_fact){.name = "reason"}, "FACT_WRONG",
                   "the fact reason: a code is asked for");
    assert_int_equal(decide_fact((struct policy_fact){.name = "finding", .code = "misuse"}), OK);
    assert_int_equal(decide_fact((struct policy_fact){.name = "cause", .code = "misuse"}), OK);
    assert_int_equal(decide_fact((struct policy_fact){.name = "reason", .code = "our_fault"}), OK);
    assert_int_equal(decide_fact((struct policy_fact){.name = "sku", .code = "X-1"}), OK);
}

static void
a_code_that_was_right_before_is_held_against_its_own_fact(void **state UNUSED)
{
    assert_int_equal(decide_fact((struct policy_fact){.name = "charge_item", .code = "parts"}), OK);
    assert_refused((struct policy_fact){.name = "reason", .code = "parts"}, "CODE_UNKNOWN",
                   "the fact reason: \"parts\" is no code of reason");
    struct policy_case question = ask(POLICY_REPAIR_CHARGE);
    const struct policy_fact untrusted = {.name = "charge_item", .is_known = true, .code = "parts"};
    question.facts = &untrusted;
    question.fact_count = 1;
    Common__V1__Decision *record;
    assert_int_equal(policy_decide(arena, fixture_engine, &question, &record, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.message,
                        "the fact charge_item: nothing says how far it can be trusted");
}

static void
a_code_longer_than_any_is_refused_without_repeating_it(void **state UNUSED)
{
    char code[1000];
    memset(code, 'a', sizeof code - 1);
    code[sizeof code - 1] = 0;
    assert_refused((struct policy_fact){.name = "reason", .code = code}, "CODE_UNKNOWN",
                   "the fact reason: a code of reason has fewer than 64 bytes");
}

static void
a_text_has_at_least_one_character(void **state UNUSED)
{
    static const char *const texts[] = {NULL, ""};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_refused((struct policy_fact){.name = "fault_code", .code = texts[i]}, "FACT_WRONG",
                       "the fact fault_code: a text is asked for");
    assert_int_equal(decide_fact((struct policy_fact){.name = "fault_code", .code = "7"}), OK);
}

static void
numbers_and_amounts_are_those_that_a_record_can_hold(void **state UNUSED)
{
    struct policy_fact days = {.name = "days_in_repair", .number = POLICY_FACT_NUMBER_MAX};
    assert_int_equal(decide_fact(days), OK);
    days.number++;
    assert_refused(days, "FACT_WRONG",
                   "the fact days_in_repair: 9007199254740992 is out of range: a whole number is "
                   "asked for, from 0 to 9007199254740991");
    days.number = -1;
    assert_refused(days, "FACT_WRONG",
                   "the fact days_in_repair: -1 is out of range: a whole number is "
                   "asked for, from 0 to 9007199254740991");
    struct policy_fact price = {.name = "price_paid", .money = {0, "EUR"}};
    assert_int_equal(decide_fact(price), OK);
    price.money.minor = -1;
    assert_refused(price, "FACT_WRONG", "the fact price_paid: -0.01 EUR is below zero");
    price.money.minor = POLICY_FACT_NUMBER_MAX + 1;
    assert_refused(price, "FACT_WRONG", "the fact price_paid: 90071992547409.92 EUR is too large");
    price.money = (struct money){1, "???"};
    assert_refused(price, "FACT_WRONG",
                   "the fact price_paid: an amount is asked for, as 49.00 EUR");
}

/* A code that was right is kept in a place that others share, as these two do. */
static void
a_code_that_only_begins_one_that_was_right_is_refused(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"change_of_mind: {}}", "change_of_mind: {}, obsolete: {}}"}};
    assert_int_equal(decide_names_hash("obsolete") % DECIDE_CODES_KEPT,
                     decide_names_hash("obsolet") % DECIDE_CODES_KEPT);
    struct read_fixture files;
    const struct policy *const version = text_open(&files, &edits);
    const struct policy_set set = {&version, 1};
    struct policy_engine *engine = policy_engine_new(&set);
    struct policy_fact reason = {.name = "reason",
                                 .is_known = true,
                                 .code = "obsolete",
                                 .trust = POLICY_FOUND,
                                 .source = "x"};
    struct policy_case question = ask(POLICY_RETURNS_CHECK);
    question.facts = &reason;
    question.fact_count = 1;
    Common__V1__Decision *record;
    assert_int_equal(policy_decide(arena, engine, &question, &record, &fault), OK);
    reason.code = "obsolet";
    assert_int_equal(policy_decide(arena, engine, &question, &record, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(
        fault.message, "the fact reason: \"obsolet\" is no code of reason; did you mean obsolete?");
    policy_engine_free(&engine);
    read_end(&files);
}

/* What was right when the record was made, with a version that is not there any more. */
static void
a_record_is_decided_again_without_the_version_that_knew_its_code(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {"change_of_mind: {}}", "change_of_mind: {}, gift: {}}"}};
    struct read_fixture files;
    CHECK(text_open(&files, &edits) != NULL);
    files.policy->version = 2;
    files.policy->effective_from = (struct date){2027, 1, 1};
    const struct policy *const both[] = {fixture_versions[0], files.policy};
    const struct policy_set set = {both, 2};
    struct policy_engine *engine = policy_engine_new(&set);
    const struct policy_fact gift = {
        .name = "reason", .is_known = true, .code = "gift", .trust = POLICY_FOUND, .source = "x"};
    struct policy_case question = ask(POLICY_RETURNS_CHECK);
    question.facts = &gift;
    question.fact_count = 1;
    Common__V1__Decision *record;
    Common__V1__Decision *again;
    assert_int_equal(policy_decide(arena, engine, &question, &record, &fault), OK);
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault), OK);
    fixture_assert_same(arena, record, again);
    assert_int_equal(policy_decide(arena, fixture_engine, &question, &record, &fault),
                     ERR_INVALID_ARGUMENT);
    policy_engine_free(&engine);
    read_end(&files);
}

/* ---- facts of the unit ---- */

static const struct entitlement_fact taken_in = {
    .fact_id = "f1",
    .serial = "SN-1",
    .kind = ENTITLEMENT_FACT_TAKEN_IN,
    .date = {2026, 4, 1},
    .record_us = INT64_C(1775044800000000),
    .repair_id = "R-1",
    .coverage = ENTITLEMENT_COVERED,
};

static void
assert_unit_fact_refused(struct entitlement_fact fact, const char *message)
{
    /* The ledger is not asked here: nothing else would refuse it. */
    struct policy_case question = ask(POLICY_REPAIR_CHARGE);
    Common__V1__Decision *record;
    question.unit_facts = &fact;
    question.unit_fact_count = 1;
    fault = (struct fault){0};
    enum err err = policy_decide(arena, fixture_engine, &question, &record, &fault);
    assert_string_equal(fault.message, message);
    assert_int_equal(err, message[0] == 0 ? OK : ERR_INVALID_ARGUMENT);
}

static void
a_unit_fact_carries_what_belongs_to_its_kind_and_nothing_else(void **state UNUSED)
{
    assert_unit_fact_refused(taken_in, "");
    struct entitlement_fact fact = taken_in;
    fact.contract_id = "C-1";
    assert_unit_fact_refused(fact,
                             "the unit fact f1: a fact of the kind taken_in has no contract_id");
    fact = taken_in;
    fact.last_date = (struct date){2027, 1, 1};
    assert_unit_fact_refused(fact,
                             "the unit fact f1: a fact of the kind taken_in has no last_date");
    fact = taken_in;
    fact.voided_layers = 1U << ENTITLEMENT_COMMERCIAL;
    assert_unit_fact_refused(fact,
                             "the unit fact f1: a fact of the kind taken_in has no voided_layers");
    fact = taken_in;
    fact.has_succeeded = true;
    assert_unit_fact_refused(fact,
                             "the unit fact f1: a fact of the kind taken_in has no has_succeeded");
    fact = taken_in;
    fact.kind = ENTITLEMENT_FACT_EVENT;
    fact.event = ENTITLEMENT_DELIVERED;
    assert_unit_fact_refused(fact,
                             "the unit fact f1: a fact of the kind delivered has no coverage");
    fact.coverage = ENTITLEMENT_OPEN;
    assert_unit_fact_refused(fact,
                             "the unit fact f1: a fact of the kind delivered has no repair_id");
    fact.kind = ENTITLEMENT_FACT_KIND_COUNT;
    assert_unit_fact_refused(fact, "the unit fact f1: it has no known kind");
    fact = taken_in;
    fact.coverage = (enum entitlement_coverage)7;
    assert_unit_fact_refused(fact, "the unit fact f1: it has no known coverage");
}

/* The problem of a case file with one fact of a unit. */
static void
assert_file_refused(const char *unit_fact, const char *message)
{
    const char *text =
        arena_printf(arena, "question: warranty.claim\nat: 2026-11-02\nunit:\n  - %s\n", unit_fact);
    struct policy_file file = read_text("case.yaml", text);
    struct policy_problems problems = {.arena = arena};
    const struct policy_case *question =
        policy_case_read(arena, fixture_versions[0], &file, &problems);
    if (question != NULL)
        fail_msg("%s is taken", unit_fact);
    assert_int_equal(problems.error_count, 1);
    assert_int_equal(problems.problems[0].line, 4);
    assert_string_equal(problems.problems[0].reason, "FACT_WRONG");
    assert_string_equal(problems.problems[0].message, message);
}

static void
a_case_file_says_which_part_of_a_unit_fact_is_wrong(void **state UNUSED)
{
    assert_file_refused("{contract_id: C-1, kind: taken_in, date: 2026-04-01, repair_id: R-1}",
                        "contract_id: a fact of the kind taken_in has no contract_id");
    assert_file_refused("{kind: delivered, date: 2026-04-01, coverage: open}",
                        "coverage: a fact of the kind delivered has no coverage");
    assert_file_refused("{kind: delivered, date: 2026-04-01, colour: red}",
                        "colour: no fact of a unit has this part");
    assert_file_refused("{kind: delivered, date: 2026-04-31}", "date: there is no day 2026-04-31");
    assert_file_refused("{kind: delivered, date: [2026-04-30]}",
                        "date: a day is asked for, as 2026-03-15");
    assert_file_refused("{kind: delivered, date: 2026-04-30, recorded: 2026-04-31T08:00:00Z}",
                        "recorded: there is no day 2026-04-31");
    /* It is not the day that is wrong. */
    assert_file_refused("{kind: repaired, date: 2026-04-30}", "it names no repair");
    assert_file_refused("{kind: delivered, date: 1800-04-30}",
                        "date: fact 1 has a day outside the years 1900 to 9000");
    assert_file_refused("{kind: taken_in, date: 2026-04-01, repair_id: R-1, coverage: maybe}",
                        "coverage: open, covered or not_covered is asked for");
    assert_file_refused("{kind: voided, date: 2026-04-01, voided_layers: [ALL]}",
                        "voided_layers: layers are asked for, as COMMERCIAL");
    assert_file_refused("{kind: deliverd, date: 2026-04-01}",
                        "kind: no fact of a unit is of this kind; did you mean delivered?");
    assert_file_refused("{kind: lost, date: 2026-04-01}",
                        "kind: no fact of a unit is of this kind; there are ordered, purchased, "
                        "delivered, installed, registered, manufactured, taken_in, handed_back, "
                        "repaired, replaced, plan_bought, plan_cancelled, plan_renewed, "
                        "transferred, goodwill, voided, corrected");
    assert_file_refused("{date: 2026-04-01}", "its kind is missing");
}

static void
a_case_file_names_each_coverage(void **state UNUSED)
{
    static const char *const names[] = {"open", "covered", "not_covered"};
    static const enum entitlement_coverage coverages[] = {ENTITLEMENT_OPEN, ENTITLEMENT_COVERED,
                                                          ENTITLEMENT_NOT_COVERED};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *text = arena_printf(
            arena,
            "question: warranty.claim\nat: 2026-11-02\nserial: SN-1\nunit:\n  - {kind: taken_in, "
            "date: 2026-04-01, repair_id: R-1, coverage: %s}\n",
            names[i]);
        struct policy_file file = read_text("case.yaml", text);
        struct policy_problems problems = {.arena = arena};
        const struct policy_case *question =
            policy_case_read(arena, fixture_versions[0], &file, &problems);
        if (question == NULL)
            fail_msg("%s is refused", names[i]);
        assert_int_equal(question->unit_facts[0].coverage, coverages[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_code_that_exists_nowhere_is_refused_and_the_nearest_named),
        TEST(a_code_that_was_right_before_is_held_against_its_own_fact),
        TEST(a_code_longer_than_any_is_refused_without_repeating_it),
        TEST(a_text_has_at_least_one_character),
        TEST(numbers_and_amounts_are_those_that_a_record_can_hold),
        TEST(a_code_that_only_begins_one_that_was_right_is_refused),
        TEST(a_record_is_decided_again_without_the_version_that_knew_its_code),
        TEST(a_unit_fact_carries_what_belongs_to_its_kind_and_nothing_else),
        TEST(a_case_file_says_which_part_of_a_unit_fact_is_wrong),
        TEST(a_case_file_names_each_coverage),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
