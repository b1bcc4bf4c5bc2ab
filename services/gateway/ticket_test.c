/* Tests of tickets: they hold for a while, say nothing, and cannot be made by others. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/v1/envelope.pb-c.h"
#include "ticket.h"

enum { LIFE_MS = 60000 };

static struct arena *arena;
static struct principal ada, opened;
static struct fault fault;

static void
use_key(uint8_t first)
{
    const uint8_t key[PRINCIPAL_KEY_SIZE] = {first};
    principal_init_key(key);
}

static void
make_ada(int64_t life_ms)
{
    ada = (struct principal){.kind = COMMON__V1__PRINCIPAL__KIND__TOKEN,
                             .subject = "ada",
                             .roles = 1U << COMMON__V1__ROLE__ANALYST,
                             .expire_time_ms = clock_real_ms() + life_ms};
    principal_seal(&ada, arena);
}

static int
setup(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    use_key(1);
    make_ada(2 * LIFE_MS);
    return 0;
}

static int
teardown(void **state UNUSED)
{
    arena_free(&arena);
    arena_deinit();
    return 0;
}

static const char *
make_ticket(int64_t life_ms)
{
    return ticket_make(arena, &ada, clock_real_ms() + life_ms);
}

static void
expect_refused(const char *text, const char *reason)
{
    assert_int_equal(ticket_open(arena, text, &opened, &fault), ERR_UNAUTHENTICATED);
    assert_string_equal(fault.reason, reason);
}

static void
a_ticket_is_who_it_was_made_for(void **state UNUSED)
{
    assert_int_equal(ticket_open(arena, make_ticket(LIFE_MS), &opened, &fault), OK);
    assert_string_equal(opened.subject, "ada");
    assert_int_equal(opened.roles, ada.roles);
    assert_int_equal(opened.expire_time_ms, ada.expire_time_ms);
    assert_memory_equal(opened.mac, ada.mac, sizeof ada.mac);
}

static void
two_tickets_have_nothing_in_common(void **state UNUSED)
{
    const char *one = make_ticket(LIFE_MS), *other = make_ticket(LIFE_MS);
    assert_int_equal(strlen(one), strlen(other));
    assert_memory_not_equal(one, other, 16);
    assert_memory_not_equal(one + strlen(one) - 16, other + strlen(one) - 16, 16);
}

static void
a_ticket_ends_and_so_does_what_it_was_made_for(void **state UNUSED)
{
    expect_refused(make_ticket(0), "TICKET_EXPIRED");
    make_ada(0);
    expect_refused(make_ticket(LIFE_MS), "TICKET_EXPIRED");
}

static void
a_ticket_that_was_changed_anywhere_does_not_hold(void **state UNUSED)
{
    const char *ticket = make_ticket(LIFE_MS);
    for (size_t i = 0; ticket[i] != 0; i++) {
        char *changed = arena_copy_text(arena, ticket);
        changed[i] = changed[i] == 'A' ? 'Q' : 'A'; /* the last one carries two or four bits */
        expect_refused(changed, "TICKET_INVALID");
        changed[i] = 0;
        expect_refused(changed, "TICKET_INVALID");
    }
    expect_refused(arena_printf(arena, "%sA", ticket), "TICKET_INVALID");
    expect_refused(arena_printf(arena, "%s=", ticket), "TICKET_INVALID");
    expect_refused(arena_printf(arena, "%0*d", TICKET_TEXT_SIZE_MAX + 1, 0), "TICKET_INVALID");
}

static void
a_ticket_of_another_installation_does_not_hold(void **state UNUSED)
{
    use_key(2);
    make_ada(LIFE_MS);
    const char *ticket = make_ticket(LIFE_MS);
    use_key(1);
    expect_refused(ticket, "TICKET_INVALID");
}

#define TICKET(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TICKET(a_ticket_is_who_it_was_made_for),
        TICKET(two_tickets_have_nothing_in_common),
        TICKET(a_ticket_ends_and_so_does_what_it_was_made_for),
        TICKET(a_ticket_that_was_changed_anywhere_does_not_hold),
        TICKET(a_ticket_of_another_installation_does_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
