/* Tests of event filters: who sees what. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>

#include "common/event_filter.h"
#include "common/v1/options.pb-c.h"

static struct arena *arena;

static int
setup(void **state UNUSED)
{
    static const uint8_t key[PRINCIPAL_KEY_SIZE] = "filter";
    principal_init_key(key);
    arena = arena_new(ARENA_BUDGET_BYTES);
    return 0;
}

static int
teardown(void **state UNUSED)
{
    arena_free(&arena);
    arena_deinit();
    return 0;
}

static struct event_filter
filter_of(uint32_t roles, const char *subject)
{
    struct principal principal = {.roles = roles};
    snprintf(principal.subject, sizeof principal.subject, "%s", subject);
    struct event_filter filter = {.aggregate_type = "", .aggregate_id = ""};
    event_filter_set_caller(&filter, arena, &principal);
    return filter;
}

static bool
sees(uint32_t roles, const char *subject, const char *owner)
{
    char owner_id[PRINCIPAL_PSEUDONYM_SIZE];
    principal_pseudonym("subject", owner, owner_id);
    const struct event_filter filter = filter_of(roles, subject);
    const struct event_subject event = {"a.v1.B", "unit", "7", owner_id};
    return event_filter_matches(&filter, &event);
}

static void
a_customer_sees_the_events_of_their_own_things_and_no_others(void **state UNUSED)
{
    const uint32_t customer = 1U << COMMON__V1__ROLE__CUSTOMER;
    assert_true(sees(customer, "ada", "ada"));
    assert_false(sees(customer, "ada", "bob"));
    assert_false(sees(customer, "ada", "")); /* nobody's */
}

static void
roles_that_do_not_read_the_stream_widen_nothing(void **state UNUSED)
{
    for (unsigned role = 0; role < 32; role++) {
        bool sees_all = role == COMMON__V1__ROLE__ANALYST || role == COMMON__V1__ROLE__MANAGER ||
                        role == COMMON__V1__ROLE__ADMINISTRATOR ||
                        role == COMMON__V1__ROLE__INTEGRATION || role == COMMON__V1__ROLE__SYSTEM;
        assert_int_equal(sees(1U << role | 1U << COMMON__V1__ROLE__CUSTOMER, "ada", "bob"),
                         sees_all);
        assert_int_equal(sees(1U << role, "ada", ""), sees_all);
    }
}

static void
an_aggregate_is_a_type_or_a_type_and_an_id(void **state UNUSED)
{
    struct event_filter filter = filter_of(1U << COMMON__V1__ROLE__ANALYST, "ada");
    const struct event_subject unit = {"a.v1.B", "unit", "7/a", ""};
    assert_true(event_filter_set_aggregate(&filter, arena, ""));
    assert_true(event_filter_matches(&filter, &unit));
    assert_true(event_filter_set_aggregate(&filter, arena, "unit"));
    assert_true(event_filter_matches(&filter, &unit));
    assert_true(event_filter_set_aggregate(&filter, arena, "unit/7/a"));
    assert_true(event_filter_matches(&filter, &unit));
    assert_true(event_filter_set_aggregate(&filter, arena, "unit/7"));
    assert_false(event_filter_matches(&filter, &unit));
    assert_true(event_filter_set_aggregate(&filter, arena, "uni"));
    assert_false(event_filter_matches(&filter, &unit));
    assert_false(event_filter_set_aggregate(&filter, arena, "/7"));
    assert_false(event_filter_set_aggregate(&filter, arena, "unit/"));
}

static void
types_are_compared_whole(void **state UNUSED)
{
    static const char *const types[] = {"a.v1.B", "a.v1.D"};
    struct event_filter filter = filter_of(1U << COMMON__V1__ROLE__ANALYST, "ada");
    filter.types = types;
    filter.type_count = COUNT_OF(types);
    const struct event_subject wanted = {"a.v1.D", "unit", "7", ""},
                               longer = {"a.v1.Dx", "unit", "7", ""};
    assert_true(event_filter_matches(&filter, &wanted));
    assert_false(event_filter_matches(&filter, &longer));
}

static void
expect_wish(const char *type, const char *aggregate, const char *reason, const char *field)
{
    struct event_filter filter = {.type_count = 0};
    struct fault fault = {.code = OK};
    const char *const types[] = {"warranty.v1.ClaimDecided", type};
    enum err err = event_filter_set_wish(&filter, arena, types, COUNT_OF(types), aggregate, &fault);
    assert_int_equal(err, reason[0] == 0 ? OK : ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, reason);
    assert_string_equal(fault.field, field);
}

static void
names_that_no_event_has_are_refused(void **state UNUSED)
{
    const char *const known = "warranty.v1.UnitRegistered";
    expect_wish(known, "", "", "");
    expect_wish(known, "claim", "", "");
    expect_wish(known, "claim/7", "", "");
    expect_wish("warranty.v1.UnitRegistere", "", "TYPE_UNKNOWN", "types");
    expect_wish("warranty.v1.Claim", "", "TYPE_UNKNOWN", "types");
    expect_wish("", "", "TYPE_UNKNOWN", "types");
    expect_wish(known, "claims", "AGGREGATE_UNKNOWN", "aggregate");
    expect_wish(known, "claims/7", "AGGREGATE_UNKNOWN", "aggregate");
    expect_wish(known, "claim/", "FIELD_FORMAT", "aggregate");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_customer_sees_the_events_of_their_own_things_and_no_others),
        cmocka_unit_test(roles_that_do_not_read_the_stream_widen_nothing),
        cmocka_unit_test(an_aggregate_is_a_type_or_a_type_and_an_id),
        cmocka_unit_test(types_are_compared_whole),
        cmocka_unit_test(names_that_no_event_has_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
