/*
 * call_test - whose things a caller sees, what a refusal says, when another try is worth it
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>
#include <string.h>

#include "common/call.h"
#include "common/clock.h"

enum { CUSTOMER = 1 << 1, AGENT = 1 << 2, ANALYST = 1 << 9 };

static const struct contract_method method = {
    .verb = "GetUnit", .roles = AGENT, .own_roles = CUSTOMER};

static struct call
call_of(const char *subject, uint32_t roles)
{
    struct call call = {.method = &method, .deadline_mono_ms = clock_mono_ms() + 10000};
    snprintf(call.principal.subject, sizeof call.principal.subject, "%s", subject);
    call.principal.roles = roles;
    return call;
}

static void
a_customer_sees_their_own_and_nothing_else(void **state UNUSED)
{
    struct call call = call_of("alice", CUSTOMER);
    assert_string_equal(call_own_subject(&call), "alice");
    assert_true(call_may_see(&call, "alice"));
    assert_false(call_may_see(&call, "bob"));
    assert_false(call_may_see(&call, ""));
}

static void
staff_see_everybodys_even_if_they_are_customers_too(void **state UNUSED)
{
    struct call call = call_of("carol", AGENT | CUSTOMER);
    assert_null(call_own_subject(&call));
    assert_true(call_may_see(&call, "bob"));
}

static void
a_refusal_names_the_field(void **state UNUSED)
{
    struct call call = call_of("alice", CUSTOMER);
    assert_int_equal(call_fail_field(&call, "sku", "PRODUCT_MISSING", "no %s", "T-1"),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(call.fault.field, "sku");
    assert_string_equal(call.fault.reason, "PRODUCT_MISSING");
    assert_string_equal(call.fault.message, "no T-1");
}

static void
of_many_faults_those_that_fit_are_told(void **state UNUSED)
{
    enum { COUNT = 400 };
    static char sentence[1000];
    memset(sentence, 'x', sizeof sentence - 1);
    struct call call = call_of("alice", CUSTOMER);
    Common__V1__Problem problem = COMMON__V1__PROBLEM__INIT, *list[COUNT];
    problem.message = sentence;
    for (size_t i = 0; i < COUNT; i++)
        list[i] = &problem;
    struct call_problems problems = {list, 2};
    assert_int_equal(call_fail_problems(&call, "POLICY_FAULTY", &problems, "it has %d", 2),
                     ERR_FAILED_PRECONDITION);
    assert_int_equal(call.problems.count, 2);
    assert_string_equal(call.fault.message, "it has 2");
    problems.count = COUNT;
    (void)call_fail_problems(&call, "POLICY_FAULTY", &problems, "it has many");
    assert_in_range(call.problems.count, 150, 170);
    (void)call_fail(&call, ERR_UNAVAILABLE, "OTHER", "something else");
    assert_int_equal(call.problems.count, 0);
}

static void
a_version_is_checked_only_if_one_is_expected(void **state UNUSED)
{
    struct call call = call_of("alice", CUSTOMER);
    assert_int_equal(call_check_version(&call, 0, 7), OK);
    assert_int_equal(call_check_version(&call, 7, 7), OK);
    assert_int_equal(call_check_version(&call, 6, 7), ERR_FAILED_PRECONDITION);
    assert_string_equal(call.fault.reason, "VERSION_MISMATCH");
}

static void
a_state_moves_as_its_machine_and_the_roles_say(void **state UNUSED)
{
    static const struct contract_transition moves[] = {{1, "GetUnit", 2, 0},
                                                       {2, "GetUnit", 3, AGENT}};
    static const ProtobufCEnumDescriptor names;
    const struct contract_machine machine = {"test", &names, moves, COUNT_OF(moves)};
    struct call call = call_of("alice", CUSTOMER);
    int at = 1;
    assert_int_equal(call_move(&call, &machine, "WRONG_STATE", &at), OK);
    assert_int_equal(at, 2);
    assert_int_equal(call_move(&call, &machine, "WRONG_STATE", &at), ERR_PERMISSION_DENIED);
    assert_int_equal(at, 2);
    call = call_of("carol", AGENT);
    assert_int_equal(call_move(&call, &machine, "WRONG_STATE", &at), OK);
    assert_int_equal(call_move(&call, &machine, "WRONG_STATE", &at), ERR_FAILED_PRECONDITION);
    assert_string_equal(call.fault.reason, "WRONG_STATE");
    assert_int_equal(at, 3);
}

static void
only_lost_races_are_tried_again_and_not_for_ever(void **state UNUSED)
{
    struct call call = call_of("alice", CUSTOMER);
    assert_false(call_may_retry_await(&call, OK));
    assert_false(call_may_retry_await(&call, ERR_NOT_FOUND));
    int tries = 0;
    while (call_may_retry_await(&call, ERR_ABORTED))
        tries++;
    assert_in_range(tries, 5, 100);
    call = call_of("alice", CUSTOMER);
    call.deadline_mono_ms = clock_mono_ms();
    assert_false(call_may_retry_await(&call, ERR_ABORTED));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_customer_sees_their_own_and_nothing_else),
        cmocka_unit_test(staff_see_everybodys_even_if_they_are_customers_too),
        cmocka_unit_test(a_refusal_names_the_field),
        cmocka_unit_test(of_many_faults_those_that_fit_are_told),
        cmocka_unit_test(a_version_is_checked_only_if_one_is_expected),
        cmocka_unit_test(a_state_moves_as_its_machine_and_the_roles_say),
        cmocka_unit_test(only_lost_races_are_tried_again_and_not_for_ever),
    };
    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
