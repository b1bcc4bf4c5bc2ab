/*
 * policy_decide_doubt_test - what is not proven denies nothing that it might have granted
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_edit_fixture.h"

static struct arena *arena;

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

#define FACTS                                                                                      \
    "serial: SN-1\nfacts:\n  category: small_appliances\n  region: US\n"                           \
    "  customer_class: business\n  channel: shop\n  delivered: 2026-03-15\n"

/* A unit of a business in the USA, eight months after it was delivered. */
static const Common__V1__Decision *
decide_with(const char *facts)
{
    const char *text =
        arena_printf(arena, "question: warranty.coverage\nat: 2026-11-15\n" FACTS "%s", facts);
    struct policy_file file = read_text("case.yaml", text);
    struct policy_problems problems = {.arena = arena};
    struct policy_case *question = policy_case_read(arena, fixture_versions[0], &file, &problems);
    if (question == NULL)
        read_print_problems(&problems);
    assert_non_null(question);
    return fixture_decide(arena, question);
}

static void
a_rule_that_holds_by_the_customers_word_alone_denies_nothing(void **state UNUSED)
{
    const Common__V1__Decision *record =
        decide_with("  condition: {value: refurbished, trust: stated}\n");
    assert_int_equal(record->outcome, COMMON__V1__DECISION__OUTCOME__UNDETERMINED);
    assert_int_equal(record->n_needed, 1);
    assert_string_equal(record->needed[0]->name, "condition");
    record = decide_with("  condition: refurbished\n");
    assert_int_equal(record->outcome, COMMON__V1__DECISION__OUTCOME__DENIED);
}

/* Whether a product was refurbished is asked for where its warranty could be longer then, and where
 * the calendar says which is longer: a year, or 365 days. */
static void
what_could_only_be_worse_is_not_asked_for(void **state UNUSED)
{
#define TRAVEL                                                                                     \
    "{when: {cost_class: travel}, length: none}", "{when: {cost_class: travel}, length: 1 year}"
#define REFURBISHED(LENGTH) "{when: {condition: refurbished}, length: " LENGTH "}"
    static const struct {
        struct text_edits edits;
        bool is_asked;
    } cases[] = {
        {{.main = {TRAVEL}}, false},
        {{.main = {TRAVEL, REFURBISHED("6 months"), REFURBISHED("12 months")}}, false},
        {{.main = {TRAVEL, REFURBISHED("6 months"), REFURBISHED("365 days")}}, true},
        {{.main = {TRAVEL, REFURBISHED("6 months"), REFURBISHED("13 months")}}, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        edit_open(&cases[i].edits);
        edit_decide(EDIT_HEAD("warranty.coverage", "2027-11-15") FACTS);
        if (cases[i].is_asked)
            edit_assert_needed("condition", "warranty.period");
        else
            edit_assert_outcome(DENIED, "warranty.period", "EXPIRED");
    }
    edit_close();
}

/* The second of two equal cases finds what the engine kept of the first. */
static void
an_engine_doubts_the_second_case_as_it_did_the_first(void **state UNUSED)
{
    for (int i = 0; i < 2; i++) {
        const Common__V1__Decision *record = decide_with("  condition: unknown\n");
        assert_int_equal(record->outcome, COMMON__V1__DECISION__OUTCOME__GRANTED);
        record = decide_with("  condition: {value: refurbished, trust: stated}\n");
        assert_int_equal(record->outcome, COMMON__V1__DECISION__OUTCOME__UNDETERMINED);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_rule_that_holds_by_the_customers_word_alone_denies_nothing),
        TEST(what_could_only_be_worse_is_not_asked_for),
        TEST(an_engine_doubts_the_second_case_as_it_did_the_first),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
