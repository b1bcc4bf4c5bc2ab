/*
 * contract_test - transitions, paths to owners, enum values and roles
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <strings.h>

#include "common/contract.h"
#include "common/v1/options.pb-c.h"
#include "everything/v1/everything.contract.h"
#include "warranty/v1/warranty.contract.h"

static void
a_machine_allows_what_its_table_says(void **state UNUSED)
{
    static const struct contract_transition transitions[] = {{0, "SubmitClaim", 1, 0},
                                                             {1, "WithdrawClaim", 2, 0},
                                                             {1, "DecideClaim", 3, 0},
                                                             {1, "DecideClaim", 4, 0}};
    static const struct contract_machine machine = {"test", NULL, transitions, 4};
    assert_int_equal(contract_find_move(&machine, 0, "SubmitClaim")->to, 1);
    assert_int_equal(contract_find_move(&machine, 1, "DecideClaim")->to, 3);
    assert_null(contract_find_move(&machine, 2, "WithdrawClaim"));
    assert_null(contract_find_move(&machine, 1, "SubmitClaim"));
    assert_ptr_equal(contract_find_way(&machine, 1, "DecideClaim", 4), &transitions[3]);
    assert_null(contract_find_way(&machine, 1, "DecideClaim", 2));
}

static bool
is_owned(const ProtobufCMessage *message, const struct contract_method *method, const char *owner)
{
    return contract_path_is_equal(method->response, &method->owner, message, owner);
}

static void
a_path_leads_to_every_owner(void **state UNUSED)
{
    Warranty__V1__Unit mine = WARRANTY__V1__UNIT__INIT, theirs = WARRANTY__V1__UNIT__INIT;
    Warranty__V1__Unit *units[] = {&mine, &theirs};
    mine.owner_id = "ann";
    theirs.owner_id = "bob";
    Warranty__V1__ListUnitsResponse page = WARRANTY__V1__LIST_UNITS_RESPONSE__INIT;
    page.units = units;
    const struct contract_method *list = &warranty_v1_list_units_method;
    assert_true(is_owned(&page.base, list, "ann")); /* nothing is nobody else's */
    page.n_units = 1;
    assert_true(is_owned(&page.base, list, "ann"));
    assert_false(is_owned(&page.base, list, "bob"));
    page.n_units = 2;
    assert_false(is_owned(&page.base, list, "ann"));

    Warranty__V1__GetUnitResponse answer = WARRANTY__V1__GET_UNIT_RESPONSE__INIT;
    const struct contract_method *get = &warranty_v1_get_unit_method;
    assert_true(is_owned(&answer.base, get, ""));
    assert_false(is_owned(&answer.base, get, "ann"));
    answer.unit = &mine;
    assert_true(is_owned(&answer.base, get, "ann"));
    assert_false(is_owned(&answer.base, get, "an"));
}

static void
enum_values_are_found_by_number_and_by_name(void **state UNUSED)
{
    const ProtobufCEnumDescriptor *colours = &everything__v1__everything__colour__descriptor;
    assert_string_equal(contract_enum_name(colours, -7), "ULTRAVIOLET");
    assert_string_equal(contract_enum_name(colours, 0), "COLOUR_UNSPECIFIED");
    assert_string_equal(contract_enum_name(colours, INT32_MAX), "GREEN");
    assert_null(contract_enum_name(colours, 2));
    assert_null(contract_enum_name(colours, INT32_MIN));
    int value = 5;
    assert_true(contract_enum_value(colours, "ULTRAVIOLET", &value));
    assert_int_equal(value, -7);
    assert_false(contract_enum_value(colours, "ultraviolet", &value));
    assert_int_equal(value, -7);
}

static void
roles_are_those_of_the_proto_in_lower_case(void **state UNUSED)
{
    const ProtobufCEnumDescriptor *roles = &common__v1__role__descriptor;
    for (unsigned i = 0; i < roles->n_values; i++) {
        unsigned role = (unsigned)roles->values[i].value;
        const char *code = contract_role_code(role);
        if (role == 0) {
            assert_null(code);
            continue;
        }
        assert_non_null(code);
        assert_int_equal(strcasecmp(code, roles->values[i].name), 0);
        assert_int_equal(contract_role_bit(code),
                         role == COMMON__V1__ROLE__SYSTEM ? 0 : 1u << role);
    }
    assert_null(contract_role_code(roles->n_values));
    assert_int_equal(contract_role_bit("CUSTOMER"), 0);
    assert_int_equal(contract_role_bit(""), 0);
    assert_int_equal(contract_role_bit("owner"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_allows_what_its_table_says),
        cmocka_unit_test(a_path_leads_to_every_owner),
        cmocka_unit_test(enum_values_are_found_by_number_and_by_name),
        cmocka_unit_test(roles_are_those_of_the_proto_in_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
