/*
 * fact_rules_test - what each kind of fact carries, and how the engine is told
 */
// SPDX-License-Identifier: Apache-2.0
#include "fact.h"

#include <string.h>

#include "common/message.h"
#include "common/test.h"

#define KIND(name) WARRANTY__V1__UNIT_FACT__KIND__##name

enum { KIND_COUNT = KIND(CORRECTED) + 1 };

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

/* A fact with everything that any kind may carry. */
static Warranty__V1__UnitFact *
make_full(int kind)
{
    static char *cost_classes[] = {"parts"};
    static Common__V1__Entitlement__Layer layers[] = {COMMON__V1__ENTITLEMENT__LAYER__COMMERCIAL};
    const struct date day = {2026, 3, 15};
    Warranty__V1__UnitFact *fact = fact_make(arena, "SN", kind, day, 1000000, "");
    fact->repair_id = "R";
    fact->coverage = WARRANTY__V1__UNIT_FACT__COVERAGE__COVERED;
    fact->fault_code = "F";
    fact->component = "motor";
    fact->n_cost_classes = 1;
    fact->cost_classes = cost_classes;
    fact->has_succeeded = true;
    fact->old_serial = "OLD";
    fact->receive_date = message_date(arena, day);
    fact->contract_id = "C";
    fact->renews_contract_id = "B";
    fact->plan = "plus1";
    fact->last_date = message_date(arena, day);
    fact->n_layers = 1;
    fact->layers = layers;
    fact->corrects_fact_id = "01900000-0000-7000-8000-000000000000";
    fact->clause_id = "warranty.replacement";
    return fact;
}

/* Takes a field away. */
static void
clear(Warranty__V1__UnitFact *fact, const char *field)
{
    const ProtobufCFieldDescriptor *row =
        protobuf_c_message_descriptor_get_field_by_name(fact->base.descriptor, field);
    assert_non_null(row);
    char *place = (char *)fact + row->offset;
    if (row->label == PROTOBUF_C_LABEL_REPEATED)
        *(size_t *)((char *)fact + row->quantifier_offset) = 0;
    else if (row->type == PROTOBUF_C_TYPE_STRING)
        *(const char **)place = "";
    else if (row->type == PROTOBUF_C_TYPE_MESSAGE)
        *(void **)place = NULL;
    else
        *(int *)place = 0;
}

/* Fields that only some kinds carry; `has_succeeded` is cleared as a number, so it stands apart. */
static const char *const fields[] = {
    "date",        "repair_id",          "coverage",   "fault_code",
    "component",   "cost_classes",       "old_serial", "receive_date",
    "contract_id", "renews_contract_id", "plan",       "last_date",
    "layers",      "corrects_fact_id",   "clause_id",  "has_succeeded"};

/* By kind: what it needs, then what it may have. */
static const char *const carried[KIND_COUNT][2] = {
    [KIND(ORDERED)] = {"date", ""},
    [KIND(PURCHASED)] = {"date", ""},
    [KIND(DELIVERED)] = {"date", ""},
    [KIND(INSTALLED)] = {"date", ""},
    [KIND(REGISTERED)] = {"date", ""},
    [KIND(MANUFACTURED)] = {"date", ""},
    [KIND(TAKEN_IN)] = {"date repair_id", "coverage"},
    [KIND(HANDED_BACK)] = {"date repair_id", "coverage"},
    [KIND(REPAIRED)] = {"date repair_id", "fault_code component cost_classes has_succeeded"},
    [KIND(REPLACED)] = {"date old_serial", "receive_date clause_id"},
    [KIND(PLAN_BOUGHT)] = {"date contract_id plan", ""},
    [KIND(PLAN_CANCELLED)] = {"date contract_id", ""},
    [KIND(PLAN_RENEWED)] = {"date contract_id plan", "renews_contract_id"},
    [KIND(TRANSFERRED)] = {"date", ""},
    [KIND(GOODWILL)] = {"date last_date", "cost_classes component clause_id"},
    [KIND(VOIDED)] = {"date layers", ""},
    [KIND(CORRECTED)] = {"corrects_fact_id", ""},
};

static bool
names(const char *list, const char *field)
{
    size_t size = strlen(field);
    for (const char *at = strstr(list, field); at != NULL; at = strstr(at + 1, field)) {
        if ((at == list || at[-1] == ' ') && (at[size] == ' ' || at[size] == 0))
            return true;
    }
    return false;
}

/* A fact with just what its kind may carry. */
static Warranty__V1__UnitFact *
make_fitting(int kind)
{
    Warranty__V1__UnitFact *fact = make_full(kind);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (!names(carried[kind][0], fields[i]) && !names(carried[kind][1], fields[i]))
            clear(fact, fields[i]);
    }
    return fact;
}

static void
every_kind_takes_what_it_carries(void **state UNUSED)
{
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        struct fault fault = {0};
        if (fact_check_fields(make_fitting(kind), &fault) != OK)
            fail_msg("kind %d: %s", kind, fault.message);
    }
}

static void
what_a_kind_needs_may_not_be_missing(void **state UNUSED)
{
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        for (size_t i = 0; i < COUNT_OF(fields); i++) {
            Warranty__V1__UnitFact *fact = make_fitting(kind);
            clear(fact, fields[i]);
            struct fault fault = {0};
            bool is_needed = names(carried[kind][0], fields[i]);
            assert_int_equal(fact_check_fields(fact, &fault),
                             is_needed ? ERR_INVALID_ARGUMENT : OK);
            if (is_needed) {
                assert_string_equal(fault.reason, "FIELD_REQUIRED");
                assert_string_equal(fault.field, fields[i]);
            }
        }
    }
}

static void
what_a_kind_does_not_carry_is_refused(void **state UNUSED)
{
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        for (size_t i = 0; i < COUNT_OF(fields); i++) {
            bool is_carried =
                names(carried[kind][0], fields[i]) || names(carried[kind][1], fields[i]);
            if (is_carried)
                continue;
            Warranty__V1__UnitFact *fact = make_full(kind);
            for (size_t k = 0; k < COUNT_OF(fields); k++) {
                if (k != i && !names(carried[kind][0], fields[k]))
                    clear(fact, fields[k]);
            }
            struct fault fault = {0};
            assert_int_equal(fact_check_fields(fact, &fault), ERR_INVALID_ARGUMENT);
            assert_string_equal(fault.reason, "FIELD_OUT_OF_PLACE");
            assert_string_equal(fault.field, fields[i]);
        }
    }
}

static void
what_the_law_gives_is_not_voided(void **state UNUSED)
{
    static Common__V1__Entitlement__Layer layers[] = {COMMON__V1__ENTITLEMENT__LAYER__COMMERCIAL,
                                                      COMMON__V1__ENTITLEMENT__LAYER__STATUTORY};
    Warranty__V1__UnitFact *fact = make_fitting(KIND(VOIDED));
    fact->n_layers = 2;
    fact->layers = layers;
    struct fault fault = {0};
    assert_int_equal(fact_check_fields(fact, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "LAYER_BY_LAW");
}

static void
the_engine_is_told_all_of_it(void **state UNUSED)
{
    struct entitlement_fact told = fact_to_entitlement(arena, make_full(KIND(REPAIRED)));
    assert_int_equal(told.kind, ENTITLEMENT_FACT_REPAIRED);
    assert_string_equal(told.serial, "SN");
    assert_int_equal(told.date.day, 15);
    assert_int_equal(told.record_us, 1000000);
    assert_string_equal(told.repair_id, "R");
    assert_int_equal(told.coverage, ENTITLEMENT_COVERED);
    assert_string_equal(told.fault_code, "F");
    assert_string_equal(told.component, "motor");
    assert_int_equal(told.cost_class_count, 1);
    assert_string_equal(told.cost_classes[0], "parts");
    assert_true(told.has_succeeded);
    assert_string_equal(told.old_serial, "OLD");
    assert_int_equal(told.received_date.month, 3);
    assert_string_equal(told.contract_id, "C");
    assert_string_equal(told.renews_contract_id, "B");
    assert_string_equal(told.plan, "plus1");
    assert_int_equal(told.last_date.year, 2026);
    assert_int_equal(told.voided_layers, 1U << ENTITLEMENT_COMMERCIAL);
    assert_string_equal(told.clause_id, "warranty.replacement");
    assert_non_null(strstr(told.corrects_fact_id, "01900000"));
}

static void
events_and_their_kinds_are_each_others(void **state UNUSED)
{
    for (int event = 0; event < ENTITLEMENT_EVENT_COUNT; event++) {
        int kind = fact_event_kind((enum entitlement_event)event);
        assert_int_equal(fact_event(kind), event);
        struct entitlement_fact told = fact_to_entitlement(arena, make_fitting(kind));
        assert_int_equal(told.kind, ENTITLEMENT_FACT_EVENT);
        assert_int_equal(told.event, event);
    }
    assert_int_equal(fact_event(KIND(TAKEN_IN)), -1);
    assert_int_equal(fact_event(0), -1);
    assert_int_equal(fact_event(1000), -1);
}

static void
a_kind_of_a_newer_program_is_unknown(void **state UNUSED)
{
    Warranty__V1__UnitFact *fact = make_fitting(KIND(DELIVERED));
    assert_false(fact_is_unknown(fact));
    fact->kind = (Warranty__V1__UnitFact__Kind)KIND_COUNT;
    assert_true(fact_is_unknown(fact));
    fact->kind = (Warranty__V1__UnitFact__Kind)0;
    assert_true(fact_is_unknown(fact));
}

static void
every_kind_reads_as_a_line(void **state UNUSED)
{
    for (int kind = 1; kind < KIND_COUNT; kind++)
        assert_true(strlen(fact_print(arena, make_full(kind))) > 3);
    assert_string_equal(fact_print(arena, make_full(KIND(TAKEN_IN))),
                        "taken in for repair R (covered)");
    assert_string_equal(fact_print(arena, make_full(KIND(REPLACED))), "SN took the place of OLD");
    assert_string_equal(fact_print(arena, make_full(KIND(GOODWILL))),
                        "cover granted until 2026-03-15");
    Warranty__V1__UnitFact *failed = make_full(KIND(REPAIRED));
    failed->has_succeeded = false;
    assert_string_equal(fact_print(arena, failed),
                        "repaired in repair R, component motor, fault F, without success");
}

static Warranty__V1__UnitFact *
make_learnt(struct date date, int64_t record_us, const char *fact_id)
{
    Warranty__V1__UnitFact *fact = fact_make(arena, "SN", KIND(DELIVERED), date, record_us, "");
    fact->fact_id = (char *)fact_id;
    return fact;
}

static void
facts_are_in_the_order_of_their_days_then_as_they_were_learnt(void **state UNUSED)
{
    static const char first_id[] = "01900000-0000-7000-8000-00000000000a";
    static const char second_id[] = "01900000-0000-7000-8000-00000000000B";
    const struct date day = {2026, 3, 15}, next = {2026, 3, 16}, none = {0};
    Warranty__V1__UnitFact *const facts[] = {
        make_learnt(day, 2000000, first_id),  make_learnt(day, 2000000, second_id),
        make_learnt(day, 3000000, first_id),  make_learnt(next, 1000000, first_id),
        make_learnt(none, 1000000, first_id), make_learnt(none, 2000000, first_id),
    };
    for (size_t i = 0; i < COUNT_OF(facts); i++) {
        for (size_t j = 0; j < COUNT_OF(facts); j++) {
            int order = fact_compare(&facts[i], &facts[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_takes_what_it_carries),
        cmocka_unit_test(what_a_kind_needs_may_not_be_missing),
        cmocka_unit_test(what_a_kind_does_not_carry_is_refused),
        cmocka_unit_test(what_the_law_gives_is_not_voided),
        cmocka_unit_test(the_engine_is_told_all_of_it),
        cmocka_unit_test(events_and_their_kinds_are_each_others),
        cmocka_unit_test(a_kind_of_a_newer_program_is_unknown),
        cmocka_unit_test(every_kind_reads_as_a_line),
        cmocka_unit_test(facts_are_in_the_order_of_their_days_then_as_they_were_learnt),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    arena_deinit();
    return failed;
}
