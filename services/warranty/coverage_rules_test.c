/*
 * coverage_rules_test - what the policy engine is told of a unit
 */
// SPDX-License-Identifier: Apache-2.0
#include "coverage_rules.h"

#include <string.h>

#include "common/policy/policy_catalogue.h"
#include "common/test.h"

static struct arena *arena;

static int
set_up(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static struct unit
make_unit(void)
{
    return (struct unit){.serial = "SN",
                         .sku = "wm-7",
                         .owner_id = "anna",
                         .order_number = "",
                         .region = "",
                         .channel = "",
                         .customer_class = "",
                         .condition = "",
                         .replaces_serial = "",
                         .replaced_by_serial = "",
                         .category = "large_appliances"};
}

static const struct policy_fact *
find(const struct policy_fact *facts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(facts[i].name, name) == 0)
            return &facts[i];
    }
    return NULL;
}

static void
what_is_not_known_is_not_said(void **state UNUSED)
{
    struct policy_fact facts[COVERAGE_FACTS_MAX];
    struct unit unit = make_unit();
    size_t count = coverage_facts(arena, &unit, facts);
    assert_int_equal(count, 3);
    assert_string_equal(find(facts, count, "sku")->code, "wm-7");
    assert_string_equal(find(facts, count, "category")->code, "large_appliances");
    assert_false(find(facts, count, "recalled")->flag);
}

static void
all_that_is_known_is_said_once_and_the_catalogue_knows_it(void **state UNUSED)
{
    static const struct unit_recall recall = {.recall_id = "0190"};
    struct policy_fact facts[COVERAGE_FACTS_MAX];
    struct unit unit = make_unit();
    unit.region = "DE";
    unit.channel = "online";
    unit.customer_class = "consumer";
    unit.condition = "new";
    unit.price_paid = (struct money){5900, "EUR"};
    unit.waterproof = WARRANTY__V1__PRODUCT__TRAIT__NO;
    unit.discontinue_date = (struct date){2026, 1, 1};
    unit.recalls = &recall;
    unit.recall_count = 1;
    size_t count = coverage_facts(arena, &unit, facts);
    assert_int_equal(count, 10);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(policy_find_fact(facts[i].name));
        assert_ptr_equal(find(facts, count, facts[i].name), &facts[i]);
        assert_true(facts[i].is_known);
        assert_int_equal(facts[i].trust, POLICY_RECORDED);
        assert_non_null(strstr(facts[i].source, "warranty/"));
    }
    assert_string_equal(find(facts, count, "region")->code, "DE");
    assert_string_equal(find(facts, count, "channel")->code, "online");
    assert_string_equal(find(facts, count, "customer_class")->code, "consumer");
    assert_string_equal(find(facts, count, "condition")->code, "new");
    assert_int_equal(find(facts, count, "price_paid")->money.minor, 5900);
    assert_false(find(facts, count, "waterproof")->flag);
    assert_int_equal(find(facts, count, "discontinued")->date.year, 2026);
    assert_true(find(facts, count, "recalled")->flag);
    assert_string_equal(find(facts, count, "recalled")->source, "warranty/recalls/0190");
}

static void
a_product_that_is_waterproof_says_so(void **state UNUSED)
{
    struct policy_fact facts[COVERAGE_FACTS_MAX];
    struct unit unit = make_unit();
    unit.waterproof = WARRANTY__V1__PRODUCT__TRAIT__YES;
    size_t count = coverage_facts(arena, &unit, facts);
    assert_true(find(facts, count, "waterproof")->flag);
}

static void
a_customers_word_of_the_sale_is_only_stated(void **state UNUSED)
{
    struct policy_fact facts[COVERAGE_FACTS_MAX];
    struct unit unit = make_unit();
    unit.region = "DE";
    unit.condition = "new";
    unit.is_stated = true;
    unit.days[ENTITLEMENT_PURCHASED] = (struct date){2026, 3, 15};
    unit.is_purchase_stated = true;
    size_t count = coverage_facts(arena, &unit, facts);
    assert_int_equal(find(facts, count, "region")->trust, POLICY_STATED);
    assert_int_equal(find(facts, count, "condition")->trust, POLICY_STATED);
    assert_int_equal(find(facts, count, "category")->trust, POLICY_RECORDED);
    unit.is_purchase_stated = false; /* a proof of purchase, or who sold it, says the day too */
    count = coverage_facts(arena, &unit, facts);
    assert_int_equal(find(facts, count, "region")->trust, POLICY_RECORDED);
}

static void
the_case_asks_for_the_unit_on_a_day_as_known_at_a_time(void **state UNUSED)
{
    struct policy_fact facts[COVERAGE_FACTS_MAX];
    struct unit unit = make_unit();
    size_t count = coverage_facts(arena, &unit, facts);
    struct ledger ledger = {.count = 0};
    struct policy_case question =
        coverage_case(arena, &unit, &ledger, facts, count, (struct date){2026, 3, 15}, 77);
    assert_int_equal(question.question, POLICY_WARRANTY_COVERAGE);
    assert_string_equal(question.subject, "warranty/units/SN");
    assert_string_equal(question.serial, "SN");
    assert_int_equal(question.at_date.day, 15);
    assert_int_equal(question.decide_us, 77);
    assert_int_equal(question.fact_count, count);
    assert_int_equal(strlen(question.decision_id), UUID_TEXT_SIZE - 1);
}

static void
what_is_granted_in_part_is_covered_and_what_is_not_known_is_not_denied(void **state UNUSED)
{
    static const int wanted[][2] = {
        {COMMON__V1__DECISION__OUTCOME__GRANTED, WARRANTY__V1__COVERAGE__OUTCOME__COVERED},
        {COMMON__V1__DECISION__OUTCOME__PARTLY_GRANTED, WARRANTY__V1__COVERAGE__OUTCOME__COVERED},
        {COMMON__V1__DECISION__OUTCOME__DENIED, WARRANTY__V1__COVERAGE__OUTCOME__NOT_COVERED},
        {COMMON__V1__DECISION__OUTCOME__UNDETERMINED,
         WARRANTY__V1__COVERAGE__OUTCOME__UNDETERMINED},
        {COMMON__V1__DECISION__OUTCOME__REFERRED, WARRANTY__V1__COVERAGE__OUTCOME__UNDETERMINED},
    };
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        Common__V1__Decision decision = COMMON__V1__DECISION__INIT;
        decision.outcome = (Common__V1__Decision__Outcome)wanted[i][0];
        assert_int_equal(coverage_outcome(&decision), wanted[i][1]);
    }
}

static void
each_day_has_its_field(void **state UNUSED)
{
    const Warranty__V1__RegisterUnitRequest request = WARRANTY__V1__REGISTER_UNIT_REQUEST__INIT;
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        const char *field = coverage_day_field((enum entitlement_event)event);
        assert_non_null(
            protobuf_c_message_descriptor_get_field_by_name(request.base.descriptor, field));
    }
    assert_string_equal(coverage_day_field(ENTITLEMENT_DELIVERED), "delivery_date");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_known_is_not_said),
        cmocka_unit_test(all_that_is_known_is_said_once_and_the_catalogue_knows_it),
        cmocka_unit_test(a_product_that_is_waterproof_says_so),
        cmocka_unit_test(a_customers_word_of_the_sale_is_only_stated),
        cmocka_unit_test(the_case_asks_for_the_unit_on_a_day_as_known_at_a_time),
        cmocka_unit_test(what_is_granted_in_part_is_covered_and_what_is_not_known_is_not_denied),
        cmocka_unit_test(each_day_has_its_field),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    arena_deinit();
    return failed;
}
