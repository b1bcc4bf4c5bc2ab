/*
 * ledger_rules_test - which facts concern a unit, which count, and what follows for it
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include <string.h>

#include "common/test.h"

#define KIND(name) WARRANTY__V1__UNIT_FACT__KIND__##name

enum { FACTS_MAX = 16 };

static struct arena *arena;
static Warranty__V1__UnitFact *told[FACTS_MAX];
static size_t told_count;

static int
set_up(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    told_count = 0;
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static Warranty__V1__UnitFact *
tell(const char *fact_id, const char *serial, int kind, int day)
{
    struct date date = day > 0 ? (struct date){2026, 3, day} : (struct date){0};
    Warranty__V1__UnitFact *fact =
        fact_make(arena, serial, kind, date, INT64_C(1780000000000000), "");
    fact->fact_id = (char *)fact_id;
    told[told_count++] = fact;
    return fact;
}

static void
replace(const char *fact_id, const char *serial, const char *old_serial, int day)
{
    tell(fact_id, serial, KIND(REPLACED), day)->old_serial = (char *)old_serial;
}

static void
correct(const char *fact_id, const char *serial, const char *corrected_id)
{
    tell(fact_id, serial, KIND(CORRECTED), 0)->corrects_fact_id = (char *)corrected_id;
}

static struct ledger
ledger(void)
{
    const struct ledger nothing = {0};
    return ledger_add(arena, &nothing, told, told_count);
}

/* The ids of a ledger's facts, one after the other. */
static const char *
ids(const struct ledger *ledger)
{
    const char *list = "";
    for (size_t i = 0; i < ledger->count; i++)
        list = arena_printf(arena, "%s%s", list, ledger->facts[i]->fact_id);
    return list;
}

static const char *
counted(void)
{
    struct ledger whole = ledger();
    bool counts[FACTS_MAX];
    struct fault fault = {0};
    if (ledger_find_counted(arena, &whole, counts, &fault) != OK)
        return fault.reason[0] != 0 ? arena_copy_text(arena, fault.reason) : "?";
    const char *list = "";
    for (size_t i = 0; i < whole.count; i++) {
        if (counts[i])
            list = arena_printf(arena, "%s%s", list, told[i]->fact_id);
    }
    return list;
}

static struct unit
applied(const char *serial)
{
    struct ledger whole = ledger();
    bool counts[FACTS_MAX];
    struct fault fault;
    struct unit unit = {.serial = serial, .replaces_serial = "x", .replaced_by_serial = "y"};
    unit.days[ENTITLEMENT_ORDERED] = (struct date){2020, 1, 1};
    assert_int_equal(ledger_find_counted(arena, &whole, counts, &fault), OK);
    ledger_apply(&whole, counts, &unit);
    return unit;
}

/* A was replaced by B, and B by C; D is another unit, once taken for C's predecessor. */
static void
tell_family(void)
{
    tell("a", "A", KIND(DELIVERED), 1);
    tell("b", "B", KIND(DELIVERED), 5);
    tell("c", "C", KIND(DELIVERED), 9);
    replace("m", "B", "A", 5);
    replace("n", "C", "B", 9);
}

static void
a_unit_has_its_facts_those_it_replaced_and_its_end(void **state UNUSED)
{
    tell_family();
    struct ledger family = ledger();
    const char *const wanted[][2] = {{"A", "am"}, {"B", "abmn"}, {"C", "abcmn"}};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct ledger own = ledger_of(arena, &family, wanted[i][0]);
        assert_string_equal(ids(&own), wanted[i][1]);
    }
}

static void
corrections_of_its_end_concern_a_unit_too(void **state UNUSED)
{
    tell_family();
    correct("x", "B", "m");
    correct("y", "B", "x");
    correct("z", "C", "n");
    struct ledger family = ledger();
    struct ledger own = ledger_of(arena, &family, "A");
    assert_string_equal(ids(&own), "amxy");
}

static void
each_fact_stands_beside_what_the_engine_is_told(void **state UNUSED)
{
    tell_family();
    struct ledger family = ledger();
    for (size_t i = 0; i < family.count; i++) {
        assert_string_equal(family.facts[i]->fact_id, family.entitlement[i].fact_id);
        assert_string_equal(family.facts[i]->serial, family.entitlement[i].serial);
    }
    struct ledger longer = ledger_add(arena, &family, told, 1);
    assert_int_equal(longer.count, family.count + 1);
    assert_string_equal(longer.entitlement[family.count].fact_id, "a");
}

static void
corrections_strike_out_and_are_struck_out(void **state UNUSED)
{
    tell("a", "A", KIND(DELIVERED), 1);
    assert_string_equal(counted(), "a");
    correct("x", "A", "a");
    assert_string_equal(counted(), "x");
    correct("y", "A", "x");
    assert_string_equal(counted(), "ay");
    correct("z", "A", "y");
    assert_string_equal(counted(), "xz");
}

static void
of_two_corrections_one_that_counts_is_enough(void **state UNUSED)
{
    tell("a", "A", KIND(DELIVERED), 1);
    correct("x", "A", "a");
    correct("y", "A", "a");
    correct("z", "A", "x");
    assert_string_equal(counted(), "yz");
}

static void
nothing_told_is_no_contradiction(void **state UNUSED)
{
    assert_string_equal(counted(), "");
    tell("a", "A", KIND(DELIVERED), 1);
    tell("b", "A", KIND(DELIVERED), 2);
    assert_string_equal(counted(), "FACTS_CONTRADICT");
    correct("x", "A", "a");
    assert_string_equal(counted(), "bx");
}

static void
a_unit_says_the_days_that_count(void **state UNUSED)
{
    tell("a", "A", KIND(DELIVERED), 7);
    tell("b", "A", KIND(REGISTERED), 9);
    tell("c", "A", KIND(REGISTERED), 8);
    tell("d", "A", KIND(PURCHASED), 2);
    correct("x", "A", "d");
    tell("e", "B", KIND(PURCHASED), 1);
    struct unit unit = applied("A");
    assert_int_equal(unit.days[ENTITLEMENT_DELIVERED].day, 7);
    assert_int_equal(unit.days[ENTITLEMENT_REGISTERED].day, 8);
    assert_true(date_is_absent(unit.days[ENTITLEMENT_PURCHASED]));
    assert_true(date_is_absent(unit.days[ENTITLEMENT_ORDERED]));
    assert_string_equal(unit.replaces_serial, "");
    assert_string_equal(unit.replaced_by_serial, "");
}

static void
a_unit_says_what_it_replaced_and_what_replaced_it(void **state UNUSED)
{
    tell_family();
    struct unit middle = applied("B");
    assert_string_equal(middle.replaces_serial, "A");
    assert_string_equal(middle.replaced_by_serial, "C");
    assert_int_equal(middle.days[ENTITLEMENT_DELIVERED].day, 5);
    correct("x", "C", "n");
    assert_string_equal(applied("B").replaced_by_serial, "");
    assert_string_equal(applied("C").replaces_serial, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_unit_has_its_facts_those_it_replaced_and_its_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(corrections_of_its_end_concern_a_unit_too, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_fact_stands_beside_what_the_engine_is_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(corrections_strike_out_and_are_struck_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(of_two_corrections_one_that_counts_is_enough, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nothing_told_is_no_contradiction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_unit_says_the_days_that_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_unit_says_what_it_replaced_and_what_replaced_it, set_up,
                                        tear_down),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
