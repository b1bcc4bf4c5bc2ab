/*
 * policy_decide_returns_property_test - what holds for every return, over random cases that lie
 * about the end of a window
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"
#include "common/policy/policy_decide_property_fixture.h"

enum { ROOM = 64 };

/* ---- cases ---- */

static struct policy_fact *
find_fact(const struct policy_case *question, const char *name)
{
    for (size_t i = 0; i < question->fact_count; i++) {
        if (strcmp(question->facts[i].name, name) == 0)
            return (struct policy_fact *)&question->facts[i];
    }
    return NULL;
}

/* The fact of a name, known on our own record; the case's facts have room. */
static struct policy_fact *
put_fact(struct policy_case *question, const char *name)
{
    struct policy_fact *fact = find_fact(question, name);
    if (fact == NULL)
        fact = (struct policy_fact *)&question->facts[question->fact_count++];
    *fact = (struct policy_fact){
        .name = name, .is_known = true, .trust = POLICY_RECORDED, .source = ""};
    return fact;
}

/* What came 50 days ago at most. Sometimes nobody knows when. */
static struct policy_case *
random_return(struct arena *arena, struct choices *choices)
{
    struct policy_case *question = random_case(arena, choices);
    question->question = POLICY_RETURNS_CHECK;
    question->unit_fact_count = 0;
    if (choose(choices, 10) != 0)
        put_fact(question, "delivered")->date =
            date_add(question->at_date, 0, -(int)choose(choices, 50));
    if (choose(choices, 2) == 0)
        put_fact(question, "customer_class")->code = "consumer";
    if (choose(choices, 2) == 0)
        put_fact(question, "channel")->code = "online";
    return question;
}

/* The same case with another code of a fact. */
static Common__V1__Decision *
decide_with(struct arena *arena, const struct policy_case *question, const char *name,
            const char *code)
{
    struct policy_case other = *question;
    struct policy_fact *facts = arena_alloc(arena, ROOM * sizeof *facts);
    memcpy(facts, question->facts, question->fact_count * sizeof *facts);
    other.facts = facts;
    if (find_fact(&other, name) == NULL)
        put_fact(&other, name);
    struct policy_fact *fact = find_fact(&other, name);
    fact->is_known = true;
    fact->code = code;
    Common__V1__Decision *record = try_decide(arena, &other);
    assert_non_null(record);
    return record;
}

static const Common__V1__Value *
find_computed(const Common__V1__Decision *record, const char *name)
{
    for (size_t i = 0; i < record->n_computed; i++) {
        if (strcmp(record->computed[i]->name, name) == 0)
            return record->computed[i]->value;
    }
    return NULL;
}

static bool
has_step(const Common__V1__Decision *record, const char *clause_id, decide_result result)
{
    for (size_t i = 0; i < record->n_steps; i++) {
        if (strcmp(record->steps[i]->clause_id, clause_id) == 0 &&
            record->steps[i]->result == result)
            return true;
    }
    return false;
}

/* Under the second version, and not under the first with what the second improves. */
static bool
is_sold_under_second(const Common__V1__Decision *record)
{
    for (size_t i = 0; i < record->n_pins; i++) {
        if (strcmp(record->pins[i]->moment, "sale") == 0 && record->pins[i]->policy_version != 2)
            return false;
    }
    return true;
}

static bool
is_reason(const Common__V1__Decision *record, const char *reason)
{
    return strcmp(record->reason, reason) == 0;
}

static int reached; /* cases in which a property had something to say */

static void
assert_reached(void)
{
    assert_true(reached * 100 > case_count());
    reached = 0;
}

/* ---- properties ---- */

static void
check_wide(struct arena *arena, struct choices *choices UNUSED, struct policy_case *question,
           Common__V1__Decision *record UNUSED)
{
    static const char *const narrow[] = {"defect", "not_as_described", "wrong_item"};
    const Common__V1__Decision *wide = decide_with(arena, question, "reason", "our_fault");
    reached += wide->outcome == DENIED;
    for (size_t i = 0; i < COUNT_OF(narrow); i++) {
        const Common__V1__Decision *one = decide_with(arena, question, "reason", narrow[i]);
        if ((wide->outcome == DENIED && one->outcome == GRANTED) ||
            (wide->outcome == GRANTED && is_reason(one, "NOT_ACCEPTED")))
            fail_msg("%s: %s, but widely %s", narrow[i], one->reason, wide->reason);
    }
}

static void
property_a_wide_reason_is_denied_only_where_each_narrow_one_is(void **state UNUSED)
{
    for_cases_of(random_return, check_wide);
    assert_reached();
}

static void
check_last_date(struct arena *arena UNUSED, struct choices *choices UNUSED,
                struct policy_case *question, Common__V1__Decision *record)
{
    const Common__V1__Value *last = find_computed(record, "last_date");
    if (record->outcome != GRANTED || last == NULL)
        return;
    reached++;
    assert_true(date_compare(decide_date_of(last->date), question->at_date) >= 0);
}

static void
property_a_return_is_granted_until_a_day_to_come(void **state UNUSED)
{
    for_cases_of(random_return, check_last_date);
    assert_reached();
}

/* What is said of both remedies holds of each. */
static void
check_remedies(struct arena *arena, struct choices *choices UNUSED, struct policy_case *question,
               Common__V1__Decision *record)
{
    const struct policy_fact *wanted = find_fact(question, "wanted_remedy");
    if (record->outcome != GRANTED || (wanted != NULL && wanted->is_known))
        return;
    bool is_refund = strcmp(record->remedies[0], "refund") == 0;
    const Common__V1__Decision *money = decide_with(arena, question, "wanted_remedy", "refund");
    if (is_reason(record, "EXCHANGE_ONLY")) {
        reached++;
        assert_int_equal(money->outcome, DENIED);
    }
    assert_int_equal(money->outcome == GRANTED, is_refund);
    if (!is_refund)
        return;
    const Common__V1__Value *both_last = find_computed(record, "last_date");
    const Common__V1__Value *money_last = find_computed(money, "last_date");
    assert_int_equal(both_last == NULL, money_last == NULL);
    if (both_last != NULL && money_last != NULL)
        assert_int_equal(
            date_compare(decide_date_of(both_last->date), decide_date_of(money_last->date)), 0);
}

/* Who it is and why is known, and not what is wanted. */
static struct policy_case *
random_change(struct arena *arena, struct choices *choices)
{
    static const char *const axes[] = {"category", "region", "customer_class", "condition",
                                       "channel"};
    static const char *const codes[] = {"small_appliances", "DE", "consumer", "new", "shop"};
    struct policy_case *question = random_return(arena, choices);
    for (size_t i = 0; i < COUNT_OF(axes) && choose(choices, 8) != 0; i++)
        put_fact(question, axes[i])->code = codes[i];
    put_fact(question, "reason")->code = "change_of_mind";
    put_fact(question, "wanted_remedy")->is_known = false;
    return question;
}

static void
property_an_exchange_is_all_only_where_the_money_is_denied(void **state UNUSED)
{
    for_cases_of(random_change, check_remedies);
    assert_reached();
}

static void
check_excludes(struct arena *arena UNUSED, struct choices *choices UNUSED,
               struct policy_case *question UNUSED, Common__V1__Decision *record)
{
    if (!is_sold_under_second(record) || !has_step(record, "returns.conditions.used", DENIES))
        return;
    reached += has_step(record, "eu_consumer_sample.withdrawal", DOES_NOT_APPLY);
    assert_false(has_step(record, "eu_consumer_sample.withdrawal", GRANTS));
    assert_int_equal(record->outcome == GRANTED, false);
}

/* Worn beyond trying out, and a technician says so. */
static struct policy_case *
random_worn(struct arena *arena, struct choices *choices)
{
    struct policy_case *question = random_return(arena, choices);
    put_fact(question, "reason")->code = "change_of_mind";
    put_fact(question, "technician_report")->flag = true;
    struct policy_fact *grade = put_fact(question, "grade");
    grade->code = "worn";
    grade->trust = POLICY_FOUND;
    return question;
}

static void
property_a_test_that_a_right_lists_reaches_it_always(void **state UNUSED)
{
    for_cases_of(random_worn, check_excludes);
    assert_reached();
}

/* The second version: 20 % of the price, at most 5.00 EUR for consumers in the EU; 60.00 EUR at
 * most for what was worn after a change of mind. Prices are multiples of 1.50 EUR. */
static int64_t
model_deduction(const struct policy_case *question, int64_t paid)
{
    const struct policy_fact *reason = find_fact(question, "reason");
    const struct policy_fact *grade = find_fact(question, "grade");
    const struct policy_fact *class = find_fact(question, "customer_class");
    const struct policy_fact *region = find_fact(question, "region");
    int64_t deduction = paid / 5;
    bool is_worn = reason != NULL && reason->is_known &&
                   strcmp(reason->code, "change_of_mind") == 0 && grade != NULL &&
                   grade->is_known && strcmp(grade->code, "worn") == 0;
    if (is_worn && deduction > 6000)
        deduction = 6000;
    bool is_consumer = class != NULL && class->is_known && strcmp(class->code, "consumer") == 0;
    bool is_eu = region != NULL && region->is_known && strcmp(region->code, "GB") != 0 &&
                 strcmp(region->code, "US") != 0;
    return is_consumer && is_eu && deduction > 500 ? 500 : deduction;
}

static void
check_refund(struct arena *arena UNUSED, struct choices *choices UNUSED,
             struct policy_case *question, Common__V1__Decision *record)
{
    const Common__V1__Value *refund = find_computed(record, "refund");
    const struct policy_fact *paid = find_fact(question, "price_paid");
    if (refund == NULL)
        return;
    assert_non_null(paid);
    assert_true(refund->money->minor >= 0 && refund->money->minor <= paid->money.minor);
    if (!is_sold_under_second(record))
        return;
    reached++;
    assert_int_equal(refund->money->minor,
                     paid->money.minor - model_deduction(question, paid->money.minor));
}

/* For a reason that is accepted, with all documents. */
static struct policy_case *
random_refund(struct arena *arena, struct choices *choices)
{
    struct policy_case *question = random_return(arena, choices);
    put_fact(question, "reason")->code = choose(choices, 2) == 0 ? "defect" : "change_of_mind";
    put_fact(question, "order_line")->code = "orders/1";
    put_fact(question, "fault_photo")->flag = true;
    put_fact(question, "price_paid")->money =
        (struct money){(int64_t)choose(choices, 256) * 150, "EUR"};
    return question;
}

static void
property_a_refund_is_the_price_less_the_better_deduction(void **state UNUSED)
{
    for_cases_of(random_refund, check_refund);
    assert_reached();
}

/* Sold under the first version; the second improves it for one of the reasons that are meant. */
static void
what_a_later_version_may_improve_is_asked_for(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct policy_fact facts[ROOM] = {0};
    struct policy_case question = {
        .question = POLICY_RETURNS_CHECK,
        .decision_id = "01900000-0000-7000-8000-000000000001",
        .subject = "tests/1",
        .at_date = {2026, 3, 2},
        .decide_us = INT64_C(1772445600000000),
        .replaces_decision_id = "",
        .serial = "",
        .facts = facts,
    };
    put_fact(&question, "delivered")->date = (struct date){2025, 7, 1};
    put_fact(&question, "category")->code = "small_appliances";
    put_fact(&question, "region")->code = "DE";
    put_fact(&question, "customer_class")->code = "consumer";
    put_fact(&question, "condition")->code = "new";
    put_fact(&question, "channel")->code = "shop";
    put_fact(&question, "reason")->code = "our_fault";
    put_fact(&question, "order_line")->code = "orders/1";
    put_fact(&question, "fault_photo")->flag = true;
    Common__V1__Decision *record = try_decide(arena, &question);
    assert_int_equal(record->outcome, UNDETERMINED);
    assert_string_equal(record->needed[0]->name, "reason");
    assert_int_equal(record->n_pins, 3);
    struct fault fault = {0};
    Common__V1__Decision *again = NULL;
    assert_int_equal(policy_decide_again(arena, fixture_engine, record, &again, &fault), OK);
    fixture_assert_same(arena, record, again);
    put_fact(&question, "reason")->code = "wrong_item";
    assert_int_equal(try_decide(arena, &question)->outcome, GRANTED);
    put_fact(&question, "reason")->code = "defect";
    assert_int_equal(try_decide(arena, &question)->outcome, DENIED);
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_later_version_may_improve_is_asked_for),
        cmocka_unit_test(property_a_wide_reason_is_denied_only_where_each_narrow_one_is),
        cmocka_unit_test(property_a_return_is_granted_until_a_day_to_come),
        cmocka_unit_test(property_an_exchange_is_all_only_where_the_money_is_denied),
        cmocka_unit_test(property_a_test_that_a_right_lists_reaches_it_always),
        cmocka_unit_test(property_a_refund_is_the_price_less_the_better_deduction),
    };
    return cmocka_run_group_tests(tests, open_two, close_two);
}
