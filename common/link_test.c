/* Tests of links. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/clock.h"
#include "common/link.h"
#include "common/rng.h"
#include "common/v1/envelope.pb-c.h"

static const uint8_t installation_key[PRINCIPAL_KEY_SIZE] = {1, 2, 3};
static struct arena *arena;

static int
setup(void **state UNUSED)
{
    principal_init_key(installation_key);
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

static const char *
make(int64_t life_ms)
{
    const char *text =
        link_make(arena, "L1", "x.v1.X/Get", "thing \xc3\xbc", clock_real_ms() + life_ms);
    assert_non_null(text);
    return text;
}

static void
expect_refusal(const char *text, const char *reason)
{
    struct principal principal;
    struct fault fault;
    assert_int_equal(link_open(arena, text, &principal, &fault), ERR_UNAUTHENTICATED);
    assert_string_equal(fault.reason, reason);
}

static void
a_link_opens_to_what_it_was_made_for(void **state UNUSED)
{
    struct principal principal;
    struct fault fault;
    const char *text = make(60000);
    assert_int_equal(
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
        strlen(text));
    assert_int_equal(link_open(arena, text, &principal, &fault), OK);
    assert_int_equal(principal.kind, COMMON__V1__PRINCIPAL__KIND__LINK);
    assert_string_equal(principal.subject, "link:L1");
    assert_string_equal(principal.link_method, "x.v1.X/Get");
    assert_string_equal(principal.link_resource, "thing \xc3\xbc");
    assert_int_equal(principal.roles, 0);
}

static void
a_link_that_has_ended_says_so(void **state UNUSED)
{
    expect_refusal(make(-1), "LINK_EXPIRED");
}

static void
a_link_with_any_character_changed_does_not_hold(void **state UNUSED)
{
    const char *text = make(60000);
    for (size_t i = 0; i < strlen(text); i++) {
        char *forged = arena_copy_text(arena, text);
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        expect_refusal(forged, "LINK_INVALID");
    }
    expect_refusal(arena_printf(arena, "%sA", text), "LINK_INVALID");
    expect_refusal(arena_printf(arena, "%.*s", (int)strlen(text) - 1, text), "LINK_INVALID");
}

static void
what_is_no_link_does_not_hold(void **state UNUSED)
{
    static const char *const bad[] = {"", ".", "a", "a.b", "a.b.c", "....", "%%%.%%%"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_refusal(bad[i], "LINK_INVALID");
    char *huge = arena_alloc(arena, 100001);
    memset(huge, 'A', 100000);
    huge[10] = '.';
    expect_refusal(huge, "LINK_INVALID");
}

static void
a_link_of_another_installation_does_not_hold(void **state UNUSED)
{
    static const uint8_t other_key[PRINCIPAL_KEY_SIZE] = {9};
    const char *text = make(60000);
    principal_init_key(other_key);
    expect_refusal(text, "LINK_INVALID");
}

static void
a_sealed_principal_is_no_link(void **state UNUSED)
{
    struct principal principal;
    struct fault fault;
    assert_int_equal(link_open(arena, make(60000), &principal, &fault), OK);
    principal_seal(&principal, arena);
    uint8_t mac[PRINCIPAL_MAC_SIZE];
    principal_mac("link", principal.packed, principal.packed_size_bytes, mac);
    assert_memory_not_equal(mac, principal.mac, sizeof mac);
}

static void
what_is_too_long_makes_no_link(void **state UNUSED)
{
    char *text = arena_alloc(arena, CALL_LINK_SIZE + 1);
    memset(text, 'x', CALL_LINK_SIZE);
    assert_null(link_make(arena, "L1", "m", text, 1));
    assert_null(link_make(arena, "L1", text, "r", 1));
    assert_null(link_make(arena, text, "m", "r", 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    rng_init();
    const struct CMUnitTest tests[] = {
        TEST(a_link_opens_to_what_it_was_made_for),
        TEST(a_link_that_has_ended_says_so),
        TEST(a_link_with_any_character_changed_does_not_hold),
        TEST(what_is_no_link_does_not_hold),
        TEST(a_link_of_another_installation_does_not_hold),
        TEST(a_sealed_principal_is_no_link),
        TEST(what_is_too_long_makes_no_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
