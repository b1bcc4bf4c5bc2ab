/*
 * svc_ask_test - the keys under which a call asks other services
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/svc_private.h"

static const struct contract_method create_note = {.verb = "CreateNote", .repeat = CONTRACT_KEYED};
static const struct contract_method close_note = {.verb = "CloseNote", .repeat = CONTRACT_KEYED};
static const struct contract_method get_note = {.verb = "GetNote", .repeat = CONTRACT_SAFE};

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
    arena_deinit();
    return 0;
}

static struct call
call_under(const char *key)
{
    struct call call = {.arena = arena, .deadline_mono_ms = clock_mono_ms() + 10000};
    snprintf(call.key, sizeof call.key, "%s", key);
    return call;
}

static void
a_safe_method_is_asked_without_a_key(void **state UNUSED)
{
    struct call call = call_under("outer");
    assert_string_equal(svc_ask_key(&call, &get_note), "");
}

static void
each_asking_of_a_keyed_method_has_a_key_of_its_own(void **state UNUSED)
{
    struct call call = call_under("outer");
    const char *first = svc_ask_key(&call, &create_note);
    const char *other = svc_ask_key(&call, &close_note);
    const char *second = svc_ask_key(&call, &create_note);
    assert_string_not_equal(first, second);
    assert_string_not_equal(first, other);
    assert_string_not_equal(second, other);
    struct call another = call_under("another");
    assert_string_not_equal(svc_ask_key(&another, &create_note), first);
}

static void
a_repeat_of_the_call_asks_under_the_same_keys(void **state UNUSED)
{
    struct call call = call_under("outer");
    const char *first = svc_ask_key(&call, &create_note);
    const char *second = svc_ask_key(&call, &create_note);
    struct call repeat = call_under("outer");
    svc_ask_key(&repeat, &close_note); /* what else is asked does not matter */
    assert_string_equal(svc_ask_key(&repeat, &create_note), first);
    assert_string_equal(svc_ask_key(&repeat, &create_note), second);
}

static void
the_next_try_after_a_lost_race_asks_under_the_same_keys(void **state UNUSED)
{
    struct call call = call_under("outer");
    const char *first = svc_ask_key(&call, &create_note);
    assert_true(call_may_retry_await(&call, ERR_ABORTED));
    assert_string_equal(svc_ask_key(&call, &create_note), first);
}

static void
an_asking_whose_outcome_is_not_known_leaves_its_key_to_the_next(void **state UNUSED)
{
    static const enum err open[] = {ERR_UNKNOWN, ERR_UNAVAILABLE, ERR_DEADLINE_EXCEEDED};
    static const enum err closed[] = {OK, ERR_ALREADY_EXISTS, ERR_INTERNAL, ERR_ABORTED};
    for (size_t i = 0; i < COUNT_OF(open); i++) {
        struct call call = call_under("outer");
        const char *first = svc_ask_key(&call, &create_note);
        svc_ask_note(&call, &create_note, OK);
        const char *second = svc_ask_key(&call, &create_note);
        svc_ask_note(&call, &close_note, open[i]); /* of another method */
        svc_ask_note(&call, &create_note, open[i]);
        assert_string_equal(svc_ask_key(&call, &create_note), second);
        assert_string_not_equal(first, second);
    }
    for (size_t i = 0; i < COUNT_OF(closed); i++) {
        struct call call = call_under("outer");
        const char *first = svc_ask_key(&call, &create_note);
        svc_ask_note(&call, &create_note, closed[i]);
        assert_string_not_equal(svc_ask_key(&call, &create_note), first);
    }
}

static void
the_longest_key_gives_one_that_fits(void **state UNUSED)
{
    char longest[CALL_KEY_SIZE];
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    struct call call = call_under(longest);
    svc_ask_key(&call, &create_note);
    assert_true(strlen(svc_ask_key(&call, &create_note)) < CALL_KEY_SIZE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_safe_method_is_asked_without_a_key),
        cmocka_unit_test(each_asking_of_a_keyed_method_has_a_key_of_its_own),
        cmocka_unit_test(a_repeat_of_the_call_asks_under_the_same_keys),
        cmocka_unit_test(the_next_try_after_a_lost_race_asks_under_the_same_keys),
        cmocka_unit_test(an_asking_whose_outcome_is_not_known_leaves_its_key_to_the_next),
        cmocka_unit_test(the_longest_key_gives_one_that_fits),
    };
    return cmocka_run_group_tests_name("svc_ask", tests, set_up, tear_down);
}
