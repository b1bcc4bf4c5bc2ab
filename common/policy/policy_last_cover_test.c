/*
 * policy_last_cover_test - the last day on which anything covers a unit
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_fixture.h"
#include "common/policy/policy_text_fixture.h"

#define DAY(y, m, d) ((struct date){y, m, d})

enum { FACTS_MAX = 4 };

static const int64_t decide_us = INT64_C(1780000000) * 1000000; /* 2026-05-28 */

static struct entitlement_fact
event(enum entitlement_event kind, struct date date)
{
    return (struct entitlement_fact){.fact_id = "event",
                                     .serial = "SN",
                                     .kind = ENTITLEMENT_FACT_EVENT,
                                     .event = kind,
                                     .date = date};
}

static struct policy_fact
code(const char *name, const char *value)
{
    return (struct policy_fact){
        .name = name, .is_known = true, .code = value, .trust = POLICY_RECORDED, .source = ""};
}

/* What is known of a small appliance that a business bought. */
static struct policy_fact business_facts[3];

static struct date
last_cover(struct policy_engine *engine, const struct policy_fact *facts, size_t fact_count,
           const struct entitlement_fact *unit_facts, size_t unit_fact_count)
{
    struct entitlement_fact known[FACTS_MAX];
    const struct policy_case question = {.question = POLICY_WARRANTY_COVERAGE,
                                         .decision_id = "id",
                                         .subject = "unit",
                                         .at_date = {2026, 5, 28},
                                         .decide_us = decide_us,
                                         .facts = facts,
                                         .fact_count = fact_count,
                                         .serial = "SN",
                                         .unit_facts = known,
                                         .unit_fact_count = unit_fact_count};
    for (size_t i = 0; i < unit_fact_count; i++) {
        known[i] = unit_facts[i];
        known[i].record_us = decide_us;
    }
    struct date last = {1, 1, 1};
    struct fault fault = {0};
    if (policy_last_cover(engine, &question, &last, &fault) != OK)
        fail_msg("%s: %s", fault.reason, fault.message);
    return last;
}

static struct date
last_of(const struct entitlement_fact *unit_facts, size_t unit_fact_count)
{
    return last_cover(fixture_engine, business_facts, COUNT_OF(business_facts), unit_facts,
                      unit_fact_count);
}

static void
assert_day(struct date found, struct date wanted)
{
    if (date_compare(found, wanted) != 0)
        fail_msg("%d-%d-%d is not %d-%d-%d", found.year, found.month, found.day, wanted.year,
                 wanted.month, wanted.day);
}

static void
the_warranty_ends_on_its_last_day_also_when_that_has_passed(void **state UNUSED)
{
    const struct entitlement_fact late[] = {event(ENTITLEMENT_DELIVERED, DAY(2026, 3, 15))};
    const struct entitlement_fact early[] = {event(ENTITLEMENT_DELIVERED, DAY(2020, 2, 29))};
    assert_day(last_of(late, 1), DAY(2027, 3, 15));
    assert_day(last_of(early, 1), DAY(2021, 2, 28));
}

static void
the_longest_of_all_layers_counts(void **state UNUSED)
{
    const struct entitlement_fact facts[] = {event(ENTITLEMENT_DELIVERED, DAY(2026, 3, 15))};
    const struct policy_fact consumer[] = {code("category", "small_appliances"),
                                           code("region", "DE"),
                                           code("customer_class", "consumer")};
    const struct policy_fact fridge[] = {code("category", "large_appliances"), code("region", "DE"),
                                         code("customer_class", "business")};
    assert_day(last_cover(fixture_engine, consumer, 3, facts, 1), DAY(2028, 3, 15));
    assert_day(last_cover(fixture_engine, fridge, 3, facts, 1), DAY(2036, 3, 15)); /* compressor */
}

static void
layers_that_are_still_to_begin_count(void **state UNUSED)
{
    const struct entitlement_fact facts[] = {
        event(ENTITLEMENT_DELIVERED, DAY(2026, 3, 15)),
        {.fact_id = "plan",
         .serial = "SN",
         .kind = ENTITLEMENT_FACT_PLAN_BOUGHT,
         .date = {2026, 3, 15},
         .contract_id = "C",
         .plan = "plus2"},
        {.fact_id = "goodwill",
         .serial = "SN",
         .kind = ENTITLEMENT_FACT_GOODWILL,
         .date = {2029, 6, 1},
         .last_date = {2029, 8, 31}},
    };
    assert_day(last_of(facts, 2), DAY(2029, 3, 15));
    assert_day(last_of(facts, 3), DAY(2029, 8, 31));
}

static void
what_ended_a_layer_ends_it_here_too(void **state UNUSED)
{
    const struct entitlement_fact facts[] = {
        event(ENTITLEMENT_DELIVERED, DAY(2026, 3, 15)),
        {.fact_id = "void",
         .serial = "SN",
         .kind = ENTITLEMENT_FACT_VOIDED,
         .date = {2026, 5, 1},
         .voided_layers = 1U << ENTITLEMENT_COMMERCIAL},
    };
    assert_day(last_of(facts, 2), DAY(2026, 4, 30));
}

static void
a_unit_in_repair_counts_as_handed_back_on_the_day_asked_about(void **state UNUSED)
{
    const struct entitlement_fact facts[] = {
        event(ENTITLEMENT_DELIVERED, DAY(2025, 6, 1)),
        {.fact_id = "in",
         .serial = "SN",
         .kind = ENTITLEMENT_FACT_TAKEN_IN,
         .date = {2026, 5, 20},
         .repair_id = "R"},
    };
    assert_day(last_of(facts, 2), DAY(2026, 6, 9)); /* eight days after its year */
}

static void
where_no_beginning_is_known_there_is_no_last_day(void **state UNUSED)
{
    assert_day(last_of(NULL, 0), (struct date){0});
}

static void
without_limit_there_is_no_last_day(void **state UNUSED)
{
    static const struct text_edits edits = {
        .main = {
            "          length: 1 year\n          starts: [delivered, purchased, installed",
            "          length: unlimited\n          starts: [delivered, purchased, installed"}};
    struct read_fixture files;
    struct policy *policy = (struct policy *)text_open(&files, &edits);
    policy->version = 1;
    policy->effective_from = DAY(2025, 1, 1);
    const struct policy *versions[] = {policy};
    const struct policy_set set = {versions, 1};
    struct policy_engine *engine = policy_engine_new(&set);
    const struct entitlement_fact facts[] = {event(ENTITLEMENT_DELIVERED, DAY(2026, 3, 15))};
    assert_day(last_cover(engine, business_facts, COUNT_OF(business_facts), facts, 1),
               (struct date){0});
    policy_engine_free(&engine);
    read_end(&files);
}

static void
what_a_decision_refuses_is_refused(void **state UNUSED)
{
    struct entitlement_fact facts[] = {event(ENTITLEMENT_DELIVERED, DAY(2026, 3, 15)),
                                       event(ENTITLEMENT_MANUFACTURED, DAY(2026, 3, 16))};
    facts[0].record_us = facts[1].record_us = decide_us;
    facts[1].fact_id = "made";
    const struct policy_case question = {.question = POLICY_WARRANTY_COVERAGE,
                                         .decision_id = "id",
                                         .subject = "unit",
                                         .at_date = {2026, 5, 28},
                                         .decide_us = decide_us,
                                         .serial = "SN",
                                         .unit_facts = facts,
                                         .unit_fact_count = 2};
    struct date last = {1, 1, 1};
    struct fault fault = {0};
    assert_int_equal(policy_last_cover(fixture_engine, &question, &last, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FACTS_CONTRADICT");
    assert_day(last, DAY(1, 1, 1));
}

int
main(void)
{
    business_facts[0] = code("category", "small_appliances");
    business_facts[1] = code("region", "DE");
    business_facts[2] = code("customer_class", "business");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_warranty_ends_on_its_last_day_also_when_that_has_passed),
        cmocka_unit_test(the_longest_of_all_layers_counts),
        cmocka_unit_test(layers_that_are_still_to_begin_count),
        cmocka_unit_test(what_ended_a_layer_ends_it_here_too),
        cmocka_unit_test(a_unit_in_repair_counts_as_handed_back_on_the_day_asked_about),
        cmocka_unit_test(where_no_beginning_is_known_there_is_no_last_day),
        cmocka_unit_test(without_limit_there_is_no_last_day),
        cmocka_unit_test(what_a_decision_refuses_is_refused),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
