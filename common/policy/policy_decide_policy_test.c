/*
 * policy_decide_policy_test - decisions by policies that differ from the default one
 *
 * Floors that no one can compare on paper, documents of a policy's own, a language without
 * phrases, later versions that improve earlier ones, and what a company does not offer.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_fixture.h"
#include "common/policy/policy_decide_private.h"
#include "common/policy/policy_text_fixture.h"

static const struct text_edits edits = {
    .main =
        {"    floors:\n",
         "    floors:\n"
         "      - {id: eu_consumer_sample.length, parameter: warranty.period/length, is: 183 "
         "days}\n"
         "      - {id: eu_consumer_sample.motor, parameter: warranty.period/length, when: "
         "{component: "
         "motor}, is: 3 years}\n"
         "      - {id: eu_consumer_sample.answer, parameter: complaints.handling/answer, is: 8 "
         "days}\n"
         "      - {id: eu_consumer_sample.window, parameter: returns.window/exchange_length, "
         "is: 1 month}\n"
         "      - {id: eu_consumer_sample.refund, parameter: returns.window/length, is: 1 year}\n"
         "      - {id: eu_consumer_sample.told, parameter: complaints.handling/acknowledge, is: 4 "
         "days}\n",
         "languages: [en, de]", "languages: [fr, en]", "fault_photo, delivery_note,",
         "fault_photo, delivery_note, warranty_card,", "instead: [delivery_note]",
         "instead: [warranty_card, delivery_note]", "offered: [in_warranty, out_of_warranty]",
         "offered: [in_warranty]", "claims_max: unlimited", "claims_max: 1",
         "{claims_max: 3, per: 12 months}", "{claims_max: unlimited, per: 12 months}",
         "auto_approve_up_to: 150.00 EUR", "auto_approve_up_to: unlimited"},
    .german = {"language: de", "language: en"},
};

static struct read_fixture files;
static struct read_fixture later_files;
static const struct policy *versions[2];
static struct policy_set set = {versions, 1};
static struct policy_engine *engine;
static struct arena *arena;
static Common__V1__Decision *record;

static struct policy *
open_version(struct read_fixture *fixture, const struct text_edits *changes, int number,
             struct date from)
{
    CHECK(text_open(fixture, changes) != NULL);
    fixture->policy->version = number;
    fixture->policy->effective_from = from;
    return fixture->policy;
}

static int
open_policies(void **state UNUSED)
{
    versions[0] = open_version(&files, &edits, 1, (struct date){2025, 1, 1});
    engine = policy_engine_new(&set);
    return 0;
}

static int
close_policies(void **state UNUSED)
{
    arena_free(&arena);
    policy_engine_free(&engine);
    policy_engine_free(&engine);
    read_end(&files);
    arena_deinit();
    zone_deinit();
    return 0;
}

static struct policy_case *
read_case(const char *text)
{
    arena_free(&arena);
    arena = arena_new(ARENA_BUDGET_BYTES);
    struct policy_file file = read_text("case.yaml", text);
    struct policy_problems problems = {.arena = arena};
    struct policy_case *question = policy_case_read(arena, versions[0], &file, &problems);
    if (question == NULL)
        read_print_problems(&problems);
    assert_non_null(question);
    return question;
}

/* Decides, and decides the record again. */
static void
decide_case(const struct policy_case *question)
{
    struct fault fault = {0};
    if (policy_decide(arena, engine, question, &record, &fault) != OK)
        fail_msg("%s: %s", fault.reason, fault.message);
    if (contract_check(&common_v1_decision_contract, &record->base, false, &fault) != OK)
        fail_msg("%s %s", fault.reason, fault.field);
    Common__V1__Decision *again = NULL;
    assert_int_equal(policy_decide_again(arena, engine, record, &again, &fault), OK);
    fixture_assert_same(arena, record, again);
}

static void
decide(const char *text)
{
    decide_case(read_case(text));
}

static const Common__V1__Step *
find_step(const char *clause_id, const char *parameter)
{
    for (size_t i = 0; i < record->n_steps; i++) {
        if (strcmp(record->steps[i]->clause_id, clause_id) == 0 &&
            strcmp(record->steps[i]->parameter, parameter) == 0)
            return record->steps[i];
    }
    fail_msg("there is no step %s/%s", clause_id, parameter);
    return NULL;
}

/* The fact of a name in the record. */
static Common__V1__Fact *
fact(const char *name)
{
    for (size_t i = 0; i < record->n_facts; i++) {
        if (strcmp(record->facts[i]->name, name) == 0)
            return record->facts[i];
    }
    fail_msg("there is no fact %s", name);
    return NULL;
}

#define HEAD(QUESTION, AT)                                                                         \
    "question: " QUESTION "\nat: " AT "\ndecided: " AT                                             \
    "T10:30:00.25Z\nid: 01900000-0000-7000-8000-000000000001\nsubject: tests/1\n"
#define SOLD "  category: small_appliances\n  region: DE\n  channel: online\n"

static void
of_a_value_and_a_floor_that_depend_on_the_day_the_later_end_counts(void **state UNUSED)
{
    decide(HEAD("warranty.coverage", "2026-03-02") "serial: SN-1\nfacts:\n" SOLD
                                                   "  condition: refurbished\n"
                                                   "  customer_class: consumer\n"
                                                   "  delivered: 2025-09-01\n");
    const Common__V1__Step *step = find_step("warranty.period", "length");
    assert_int_equal(step->result, GRANTS);
    assert_string_equal(step->lifted_by, "eu_consumer_sample.length");
    assert_int_equal(step->value->span->days, 183);
    decide(HEAD("warranty.coverage", "2026-03-16") "serial: SN-1\nfacts:\n" SOLD
                                                   "  condition: refurbished\n"
                                                   "  customer_class: consumer\n"
                                                   "  delivered: 2026-03-15\n");
    step = find_step("warranty.period", "length");
    assert_string_equal(step->lifted_by, "");
    assert_int_equal(step->value->span->months, 6);
}

static void
a_floor_for_a_component_makes_a_layer_of_it(void **state UNUSED)
{
    decide(HEAD("warranty.coverage", "2026-03-02") "serial: SN-1\nfacts:\n" SOLD
                                                   "  condition: new\n  component: motor\n"
                                                   "  customer_class: consumer\n"
                                                   "  delivered: 2025-09-01\n");
    assert_int_equal(record->outcome, GRANTED);
}

static void
a_complaint_is_answered_by_the_earlier_of_both(void **state UNUSED)
{
    decide(HEAD("complaint.deadlines", "2026-04-30") "facts:\n  region: DE\n"
                                                     "  customer_class: consumer\n"
                                                     "  receive_time: 2026-04-30T14:20:00Z\n"
                                                     "  answer_time: 2026-05-05T14:20:00Z\n");
    const Common__V1__Step *step = find_step("complaints.handling", "answer");
    assert_string_equal(step->lifted_by, "eu_consumer_sample.answer");
    assert_string_equal(step->computed[0]->name, "company_value");
    assert_int_equal(step->value->span->days, 8);
    assert_string_equal(record->reason, "ON_TIME");
}

static void
an_exchange_is_open_as_long_as_the_longer_of_both(void **state UNUSED)
{
    decide(HEAD("returns.check", "2026-06-08") "facts:\n" SOLD
                                               "  condition: new\n  customer_class: consumer\n"
                                               "  delivered: 2026-05-06\n  opened: no\n"
                                               "  reason: change_of_mind\n  grade: like_new\n"
                                               "  price_paid: 20.00 EUR\n  order_line: o/1\n"
                                               "  wanted_remedy: replace\n");
    assert_int_equal(record->n_remedies, 1);
    assert_string_equal(record->remedies[0], "replace");
    decide(HEAD("returns.check", "2027-05-06") "facts:\n" SOLD
                                               "  condition: new\n  customer_class: consumer\n"
                                               "  delivered: 2026-05-06\n  opened: no\n"
                                               "  reason: change_of_mind\n  grade: like_new\n"
                                               "  price_paid: 20.00 EUR\n  order_line: o/1\n"
                                               "  wanted_remedy: refund\n");
    assert_int_equal(record->n_remedies, 1);
    assert_string_equal(record->remedies[0], "refund");
    assert_string_equal(find_step("returns.window", "length")->computed[1]->explanation,
                        "delivered 2026-05-06 + 1 year, then the next working day"); /* Ascension */
}

static const char claim_with_card[] =
    HEAD("warranty.claim",
         "2026-03-02") "serial: SN-1\nfacts:\n" SOLD
                       "  condition: new\n  customer_class: business\n"
                       "  warranty_card: {value: yes, trust: documented, source: documents/1}\n"
                       "  fault_photo: yes\n  serial_label_photo: yes\n"
                       "  purchased: 2026-01-20\n"
                       "  cause: {value: material_defect, trust: stated, source: claim}\n";

static void
documents_of_the_policys_own_are_facts(void **state UNUSED)
{
    decide(claim_with_card);
    assert_int_equal(record->outcome, GRANTED);
    assert_true(fact("warranty_card")->value->flag);
    const Common__V1__Step *limits = find_step("warranty.limits", "claims_max");
    assert_int_equal(limits->result, GRANTS);
}

static void
a_document_is_given_once(void **state UNUSED)
{
    struct policy_case *question = read_case(claim_with_card);
    struct policy_fact facts[2] = {
        {.name = "warranty_card", .is_known = true, .flag = true, .trust = POLICY_RECORDED}};
    facts[1] = facts[0];
    question->facts = facts;
    question->fact_count = 2;
    struct fault fault = {0};
    assert_int_equal(policy_decide(arena, engine, question, &record, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FACT_REPEATS");
}

static void
where_there_are_no_words_another_language_says_it(void **state UNUSED)
{
    decide(HEAD("warranty.coverage", "2026-03-02") "serial: SN-1\nfacts:\n" SOLD
                                                   "  condition: new\n"
                                                   "  customer_class: business\n"
                                                   "  delivered: 2026-01-20\n");
    assert_string_equal(record->sentences[0]->language, "en");
    assert_string_equal(record->sentences[1]->language, "fr");
    assert_non_null(strstr(record->sentences[1]->text, "Your product is covered: our warranty"));
    assert_string_equal(record->sentences[0]->text, record->sentences[1]->text);
}

static void
what_is_not_offered_is_denied(void **state UNUSED)
{
    decide(HEAD("repair.charge", "2026-03-02") "facts:\n" SOLD "  coverage: uncovered\n");
    assert_int_equal(record->outcome, DENIED);
    assert_string_equal(record->deciding_clause_id, "repair.scope");
}

/* A plan that pays once, for a unit whose own warranty is over. */
#define PLAN(CLAIMS)                                                                               \
    HEAD("warranty.claim", "2026-06-01")                                                           \
    "serial: SN-1\nfacts:\n" SOLD "  condition: new\n  customer_class: business\n"                 \
    "  cause: {value: material_defect, trust: stated, source: claim}\n"                            \
    "  fault_photo: yes\n  serial_label_photo: yes\n" CLAIMS "unit:\n"                             \
    "  - {id: f1, kind: delivered, date: 2024-03-10, recorded: 2025-01-05T08:00:00Z}\n"            \
    "  - {id: f2, kind: plan_bought, date: 2025-02-01, recorded: 2025-02-01T12:00:00Z, "           \
    "contract_id: C-1, plan: plus2}\n"

static void
a_plan_pays_as_often_as_it_says(void **state UNUSED)
{
    decide(PLAN("  claims_under_plan: 0\n"));
    assert_string_equal(record->reason, "COVERED_BY_PLAN");
    decide(PLAN("  claims_under_plan: 1\n"));
    assert_int_equal(record->outcome, DENIED);
    assert_string_equal(record->reason, "LIMIT_REACHED");
    decide(PLAN(""));
    assert_int_equal(find_step("extended.coverage", "claims_max")->result, LACKS_PROOF);
}

static void
later_versions_improve_what_was_sold(void **state UNUSED)
{
    static const struct text_edits longer = {
        .main = {"length: 1 year\n", "length: 3 years\n", "causes: [material_defect, workman",
                 "causes: [wear, material_defect, workman"},
    };
    struct policy *later = open_version(&later_files, &longer, 2, (struct date){2026, 1, 1});
    later->also_for_sold_since = (struct date){2025, 6, 1};
    const struct policy *both[2] = {versions[0], later};
    const struct policy_set two = {both, 2};
    struct policy_engine *one = engine;
    engine = policy_engine_new(&two);
    decide(HEAD("warranty.claim", "2027-03-02") "serial: SN-1\nfacts:\n" SOLD
                                                "  condition: new\n  customer_class: business\n"
                                                "  cause: wear\n  delivered: 2025-07-20\n");
    assert_string_equal(record->pins[1]->moment, "sale");
    assert_int_equal(record->pins[0]->policy_version, 1);
    assert_int_equal(find_step("warranty.period", "length")->value->span->months, 36);
    policy_engine_free(&engine);
    engine = one;
    read_end(&later_files);
}

static void
what_a_policy_leaves_out_makes_no_layer_and_no_price(void **state UNUSED)
{
    static const struct text_edits less = {
        .main = {"charge_item: shipping}, charge: 9.90 EUR",
                 "charge_item: shipping}, charge: "
                 "not_offered",
                 "set: {length: 90 days}", "set: {length: none}", "{plan: plus1}, length: 1 year",
                 "{plan: plus1}, length: none", "charge_item: labour}, charge: 75.00 EUR",
                 "charge_item: labour}, charge: 7500000.00 EUR",
                 "charge_item: diagnosis}, charge: 39.00 EUR",
                 "charge_item: diagnosis}, charge: 10 % of price_paid"},
    };
    struct policy_engine *before = engine;
    const struct policy *first = versions[0];
    versions[0] = open_version(&later_files, &less, 1, (struct date){2025, 1, 1});
    engine = policy_engine_new(&set);
    decide(HEAD("repair.charge", "2026-03-02") "facts:\n" SOLD "  coverage: uncovered\n"
                                               "  charge_item: shipping\n");
    assert_string_equal(record->reason, "NOT_OFFERED");
    decide(HEAD("repair.charge", "2026-03-02") "facts:\n" SOLD "  coverage: uncovered\n"
                                               "  charge_item: labour\n"
                                               "  labour_minutes: 9007199254740991\n");
    assert_int_equal(record->outcome, REFERRED);
    assert_string_equal(record->reason, "AMOUNT_TOO_LARGE");
    decide(HEAD("repair.charge", "2026-03-02") "facts:\n" SOLD "  coverage: uncovered\n"
                                               "  charge_item: diagnosis\n"
                                               "  price_paid: 59.00 USD\n");
    assert_int_equal(record->outcome, REFERRED);
    assert_string_equal(record->reason, "CURRENCY_DIFFERS");
    decide(HEAD("warranty.coverage",
                "2026-06-01") "serial: SN-1\nfacts:\n" SOLD
                              "  condition: new\n  customer_class: business\nunit:\n"
                              "  - {id: f1, kind: delivered, date: 2024-03-10, recorded: "
                              "2025-01-05T08:00:00Z}\n"
                              "  - {id: f2, kind: plan_bought, date: 2025-02-01, recorded: "
                              "2025-02-01T12:00:00Z, "
                              "contract_id: C-1, plan: plus1}\n"
                              "  - {id: f3, kind: plan_bought, date: 2025-02-02, recorded: "
                              "2025-02-02T12:00:00Z, "
                              "contract_id: C-2, plan: plus2}\n"
                              "  - {id: f4, kind: plan_bought, date: 2025-02-03, recorded: "
                              "2025-02-03T12:00:00Z, "
                              "contract_id: C-3, plan: plus2}\n"
                              "  - {id: f5, kind: repaired, date: 2025-03-14, recorded: "
                              "2025-03-14T12:00:00Z, "
                              "repair_id: R-1, cost_classes: [parts], has_succeeded: yes}\n");
    assert_string_equal(record->reason, "COVERED_BY_PLAN");
    assert_int_equal(find_step("extended.period", "length")->result, DOES_NOT_APPLY);
    policy_engine_free(&engine);
    engine = before;
    versions[0] = first;
    read_end(&later_files);
    arena_free(&arena);
}

/* A unit with as many facts as it may have, and texts that do not fit into the first room. */
static void
the_largest_history_makes_a_record_that_keeps_its_contract(void **state UNUSED)
{
    struct policy_case *question = read_case(claim_with_card);
    size_t count = ENTITLEMENT_FACTS_MAX - 1; /* and the purchase, which the case knows */
    struct arena *room = arena_new(256 << 20);
    struct entitlement_fact *facts = arena_alloc(room, count * sizeof *facts);
    for (size_t i = 0; i < count; i++) {
        facts[i] = (struct entitlement_fact){
            .fact_id = arena_printf(room, "fact-%zu", i),
            .serial = "SN-1",
            .kind = i == 0       ? ENTITLEMENT_FACT_EVENT
                    : i % 2 == 1 ? ENTITLEMENT_FACT_TAKEN_IN
                                 : ENTITLEMENT_FACT_HANDED_BACK,
            .event = ENTITLEMENT_DELIVERED,
            .date = date_add((struct date){2025, 3, 1}, 0, i == 0 ? 0 : (int)(i / 50)),
            .record_us = INT64_C(1762000000000000) + (int64_t)i, /* November 2025 */
            .repair_id = i == 0 ? NULL : arena_printf(room, "R-%zu", (i + 1) / 2),
            .coverage = i == 0 ? ENTITLEMENT_OPEN : ENTITLEMENT_COVERED,
        };
    }
    question->unit_facts = facts;
    question->unit_fact_count = count;
    struct fault fault = {0};
    if (policy_decide(room, engine, question, &record, &fault) != OK)
        fail_msg("%s: %s", fault.reason, fault.message);
    if (contract_check(&common_v1_decision_contract, &record->base, false, &fault) != OK)
        fail_msg("%s %s", fault.reason, fault.field);
    assert_int_equal(record->n_unit_facts, count);
    arena_free(&room);
    record = NULL;
}

static void
assert_broken(const char *what)
{
    struct fault fault = {0};
    Common__V1__Decision *again = NULL;
    assert_int_equal(policy_decide_again(arena, engine, record, &again, &fault),
                     ERR_INVALID_ARGUMENT);
    if (strcmp(fault.reason, "RECORD_WRONG") != 0)
        fail_msg("%s: %s", what, fault.reason);
}

static void
a_record_that_no_engine_made_is_refused(void **state UNUSED)
{
    static const char *const times[] = {"soon",
                                        "2026-03-02X10:30:00Z",
                                        "2026-13-02T10:30:00Z",
                                        "2026-03-02T25:30:00Z",
                                        "2026-03-02T10:3a:00Z",
                                        "2026-03-02T10:30:00.1"};
    decide(PLAN("  receive_time: 2026-06-01T08:00:00Z\n  price_paid: 59.00 EUR\n"));
    char *good = record->decide_time;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        record->decide_time = (char *)times[i];
        assert_broken(times[i]);
    }
    record->decide_time = good;
    Common__V1__Value *value = fact("cause")->value;
    fact("cause")->value = fact("delivered")->value;
    assert_broken("a day for a code");
    fact("cause")->value = value;
    Common__V1__Value *day = fact("delivered")->value;
    fact("delivered")->value = value;
    assert_broken("a code for a day");
    fact("delivered")->value = day;
    Common__V1__Value *time = fact("receive_time")->value;
    fact("receive_time")->value = value;
    assert_broken("a code for a time");
    fact("receive_time")->value = time;
    Common__V1__Value *price = fact("price_paid")->value;
    fact("price_paid")->value = value;
    assert_broken("a code for money");
    fact("price_paid")->value = price;
    Common__V1__UnitFact *plan = record->unit_facts[1];
    static const char *const names[] = {"unknown", "coverage", "voided_layers", "last_date",
                                        "has_succeeded"};
    char *name = plan->details[0]->name;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        plan->details[0]->name = (char *)names[i];
        assert_broken(names[i]);
    }
    plan->details[0]->name = name;
    plan->details[0]->n_values = 0;
    assert_broken("no value");
    plan->details[0]->n_values = 1;
    plan->kind = (char *)"sold";
    assert_broken("a kind that is none");
}

static void
times_are_exact_to_the_microsecond(void **state UNUSED)
{
    struct policy_case *question = read_case(claim_with_card);
    question->at_date = (struct date){1969, 12, 31};
    question->decide_us = -1;
    question->fact_count = 1; /* without the day of purchase */
    decide_case(question);
    assert_string_equal(record->decide_time, "1969-12-31T23:59:59.999999Z");
    question->decide_us = 1500000;
    decide_case(question);
    assert_string_equal(record->decide_time, "1970-01-01T00:00:01.5Z");
}

static void
unit_facts_without_id_or_day_are_refused(void **state UNUSED)
{
    struct policy_case *question = read_case(PLAN(""));
    struct entitlement_fact wrong = question->unit_facts[0];
    question->unit_facts = &wrong;
    question->unit_fact_count = 1;
    struct fault fault = {0};
    wrong.date = (struct date){0};
    assert_int_equal(policy_decide(arena, engine, question, &record, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FACT_WRONG");
    wrong.fact_id = NULL;
    assert_int_equal(policy_decide(arena, engine, question, &record, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FACT_WRONG");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_value_and_a_floor_that_depend_on_the_day_the_later_end_counts),
        cmocka_unit_test(a_floor_for_a_component_makes_a_layer_of_it),
        cmocka_unit_test(a_complaint_is_answered_by_the_earlier_of_both),
        cmocka_unit_test(an_exchange_is_open_as_long_as_the_longer_of_both),
        cmocka_unit_test(documents_of_the_policys_own_are_facts),
        cmocka_unit_test(a_document_is_given_once),
        cmocka_unit_test(where_there_are_no_words_another_language_says_it),
        cmocka_unit_test(what_is_not_offered_is_denied),
        cmocka_unit_test(a_plan_pays_as_often_as_it_says),
        cmocka_unit_test(later_versions_improve_what_was_sold),
        cmocka_unit_test(what_a_policy_leaves_out_makes_no_layer_and_no_price),
        cmocka_unit_test(the_largest_history_makes_a_record_that_keeps_its_contract),
        cmocka_unit_test(a_record_that_no_engine_made_is_refused),
        cmocka_unit_test(times_are_exact_to_the_microsecond),
        cmocka_unit_test(unit_facts_without_id_or_day_are_refused),
    };
    return cmocka_run_group_tests(tests, open_policies, close_policies);
}
