/*
 * claim_property_test - random walks of claims through their transition table, as every role
 *
 * The table is the one that the plugin made from proto/warranty/v1/warranty.proto; decisions are
 * random. Whatever is tried: only what the table names happens, and by a role that it lets in;
 * everything else is refused and changes nothing. Where a verb is possible, what the rules make of
 * any decision is a way that the table has. All states are reached. The seed is printed;
 * AFTERCARE_TEST_SEED replays it. 2,000 walks; 100,000 with AFTERCARE_TEST_LONG. The daemon walks
 * the same table in tests/system/test_claim_walks.py.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "claim.h"

#define STATE(NAME) WARRANTY__V1__CLAIM__STATE__##NAME
#define METHOD(NAME) &warranty_v1_##NAME##_method

enum { SHORT_COUNT = 2000, LONG_COUNT = 100000, STEPS_MAX = 60, STATES_MAX = 16, ROLE_LAST = 12 };

static const struct contract_machine *const machine = &warranty_v1_claim_state_machine;

static const struct contract_method *const methods[] = {
    METHOD(create_claim),  METHOD(submit_claim),   METHOD(add_document),   METHOD(record_finding),
    METHOD(approve_claim), METHOD(reject_claim),   METHOD(withdraw_claim), METHOD(appeal_claim),
    METHOD(decide_appeal), METHOD(override_claim), METHOD(fulfil_claim),   METHOD(settle_claim),
    METHOD(close_claim),   METHOD(add_unit_fact),  METHOD(get_claim),
};

static uint64_t random_state;

/* splitmix64 */
static unsigned
below(unsigned bound)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (unsigned)((z ^ (z >> 31)) % bound);
}

/* ---- what the table says, read once more ---- */

static bool
has_verb(int from, const char *verb)
{
    for (size_t i = 0; i < machine->count; i++) {
        const struct contract_transition *way = &machine->transitions[i];
        if (way->from == from && strcmp(way->verb, verb) == 0)
            return true;
    }
    return false;
}

static bool
has_way(int from, const char *verb, int to, uint32_t roles)
{
    for (size_t i = 0; i < machine->count; i++) {
        const struct contract_transition *way = &machine->transitions[i];
        if (way->from == from && way->to == to && strcmp(way->verb, verb) == 0 &&
            (way->roles == 0 || (way->roles & roles) != 0))
            return true;
    }
    return false;
}

static bool
is_final(int state)
{
    return state == STATE(CLOSED) || state == STATE(WITHDRAWN);
}

/* ---- what is tried ---- */

static Common__V1__Decision__Needed needed = COMMON__V1__DECISION__NEEDED__INIT;
static Common__V1__Decision__Needed *needed_list[] = {&needed};

static Common__V1__Decision
random_decision(void)
{
    static char *const clauses[] = {"warranty.process", "warranty.coverage"};
    Common__V1__Decision decision = COMMON__V1__DECISION__INIT;
    decision.outcome = (Common__V1__Decision__Outcome)(1 + below(5));
    needed.clause_id = clauses[below(2)];
    decision.needed = needed_list;
    decision.n_needed = below(2);
    return decision;
}

static bool
is_decided_by_policy(const struct contract_method *method)
{
    return method == METHOD(create_claim) || method == METHOD(submit_claim) ||
           method == METHOD(add_document) || method == METHOD(record_finding) ||
           method == METHOD(add_unit_fact);
}

/* A person's word: a state that they ask for, or the one that follows. */
static bool
is_decided_by_person(const struct contract_method *method)
{
    return method == METHOD(approve_claim) || method == METHOD(reject_claim) ||
           method == METHOD(override_claim) || method == METHOD(decide_appeal);
}

static int
choose_target(const struct claim *claim, const struct contract_method *method)
{
    Common__V1__Decision decision = random_decision();
    bool is_draft = claim->state == STATE(DRAFT) && method == METHOD(add_document);
    if (is_draft || (method == METHOD(create_claim) && below(2) == 0))
        return STATE(DRAFT);
    if (is_decided_by_policy(method))
        return claim_state_after(claim, &decision);
    if (method == METHOD(approve_claim))
        return claim_state_approved((int)decision.outcome);
    const struct contract_transition *way = contract_find_move(machine, claim->state, method->verb);
    return way != NULL && below(4) > 0 ? way->to : (int)below(STATES_MAX);
}

/* ---- the walk ---- */

static unsigned visits[STATES_MAX];

static void
step(struct claim *claim, unsigned role)
{
    const struct contract_method *method = methods[below(COUNT_OF(methods))];
    uint32_t roles = 1U << role;
    if ((roles & (method->roles | method->own_roles)) == 0)
        return; /* svc does not let it in */
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call = {.method = method, .arena = arena};
    call.principal.roles = roles;
    int before = claim->state;
    int to = choose_target(claim, method);
    bool is_allowed = has_way(before, method->verb, to, roles);
    if (is_decided_by_policy(method) && has_verb(before, method->verb))
        assert_true(is_allowed);
    enum err err = call_move_to(&call, machine, "CLAIM_STATE", to, &claim->state);
    arena_free(&arena);
    assert_int_equal(err == OK, is_allowed);
    if (err != OK) {
        assert_int_equal(claim->state, before);
        assert_true(err == ERR_FAILED_PRECONDITION || err == ERR_PERMISSION_DENIED);
        return;
    }
    assert_int_equal(claim->state, to);
    assert_false(is_final(before));
    visits[to]++;
    if (is_decided_by_person(method))
        claim->is_by_person = to != STATE(UNDER_REVIEW);
}

static void
only_what_the_table_names_happens_and_every_state_is_reached(void **state UNUSED)
{
    int count = getenv("AFTERCARE_TEST_LONG") != NULL ? LONG_COUNT : SHORT_COUNT;
    memset(visits, 0, sizeof visits);
    for (int walk = 0; walk < count; walk++) {
        struct claim claim = {.state = STATE(STATE_UNSPECIFIED)};
        bool is_one_role = below(2) == 0;
        unsigned role = 1 + below(ROLE_LAST);
        for (int i = 0; i < STEPS_MAX; i++)
            step(&claim, is_one_role ? role : 1 + below(ROLE_LAST));
    }
    for (unsigned i = 0; i < machine->states->n_values; i++) {
        int value = machine->states->values[i].value;
        print_message("%-20s %u times\n", machine->states->values[i].name, visits[value]);
        if (value != STATE(STATE_UNSPECIFIED))
            assert_true(visits[value] > 0);
    }
}

static void
a_claim_ends_closed_or_withdrawn_and_nowhere_else(void **state UNUSED)
{
    for (unsigned i = 0; i < machine->states->n_values; i++) {
        int from = machine->states->values[i].value;
        bool leaves = false;
        for (size_t k = 0; k < machine->count; k++)
            leaves = leaves || machine->transitions[k].from == from;
        assert_int_equal(leaves, !is_final(from));
    }
}

static void
every_verb_of_the_table_is_tried(void **state UNUSED)
{
    for (size_t i = 0; i < machine->count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < COUNT_OF(methods); k++)
            is_known = is_known || strcmp(methods[k]->verb, machine->transitions[i].verb) == 0;
        assert_true(is_known);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_the_table_names_happens_and_every_state_is_reached),
        cmocka_unit_test(a_claim_ends_closed_or_withdrawn_and_nowhere_else),
        cmocka_unit_test(every_verb_of_the_table_is_tried),
    };
    const char *seed = getenv("AFTERCARE_TEST_SEED");
    random_state = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    printf("seed: AFTERCARE_TEST_SEED=%llu\n", (unsigned long long)random_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
