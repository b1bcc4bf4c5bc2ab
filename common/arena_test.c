/*
 * arena_test - arenas give, refuse beyond their budget, and are reused
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/arena.h"

static void
memory_is_zeroed_aligned_and_apart(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    char *previous = NULL;
    for (size_t size = 1; size < 3000; size += 7) {
        char *memory = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xff, size);
        assert_ptr_not_equal(memory, previous);
        previous = memory;
    }
    arena_free(&arena);
    assert_null(arena);
    arena_free(&arena);
}

static void
beyond_the_budget_a_peer_gets_nothing(void **state UNUSED)
{
    struct arena *arena = arena_new(1000);
    assert_non_null(arena_try_alloc(arena, 600));
    assert_null(arena_try_alloc(arena, 401));
    assert_null(arena_try_alloc(arena, SIZE_MAX));
    assert_non_null(arena_try_alloc(arena, 400));
    assert_int_equal(arena_used_bytes(arena), 1000);
    ProtobufCAllocator *allocator = arena_allocator(arena);
    assert_null(allocator->alloc(allocator->allocator_data, 1));
    arena_free(&arena);
}

static void
texts_are_copied_and_printed(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    char text[] = "serial";
    char *copy = arena_copy_text(arena, text);
    text[0] = 'S';
    assert_string_equal(copy, "serial");
    assert_string_equal(arena_printf(arena, "%s-%d", copy, 7), "serial-7");
    arena_free(&arena);
}

static void
large_pieces_live_beside_small_ones(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    char *small = arena_copy_text(arena, "small");
    char *large = arena_alloc(arena, 1024 * 1024);
    memset(large, 1, 1024 * 1024);
    char *after = arena_copy_text(arena, "after");
    assert_string_equal(small, "small");
    assert_string_equal(after, "after");
    arena_free(&arena);
}

enum { PIECES = 100 };

/* Takes as much as several blocks hold, and leaves it full. */
static void
fill_arena(const char *ret_places[PIECES])
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    for (int i = 0; i < PIECES; i++) {
        char *memory = arena_alloc(arena, 500);
        for (size_t at = 0; at < 500; at++)
            assert_int_equal(memory[at], 0);
        memset(memory, 0xff, 500);
        ret_places[i] = memory;
    }
    arena_free(&arena);
}

static void
a_call_uses_the_memory_of_the_one_before(void **state UNUSED)
{
    const char *places[PIECES];
    const char *again[PIECES];
    fill_arena(places);
    fill_arena(again);
    for (int i = 0; i < PIECES; i++)
        assert_ptr_equal(again[i], places[i]);
}

static int
tear_down(void **state UNUSED)
{
    arena_deinit();
    return 0;
}

static void
a_list_grows_and_keeps_what_it_has(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    size_t room = 0;
    int *list = NULL;
    for (size_t i = 0; i < 1000; i++) {
        const int *before = list;
        size_t room_before = room;
        list = arena_grow(arena, list, i, &room, sizeof *list);
        assert_true(room > i);
        assert_true(room == room_before ? list == before : room >= 2 * room_before);
        list[i] = (int)i;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(list[i], i);
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(beyond_the_budget_a_peer_gets_nothing),
        cmocka_unit_test(texts_are_copied_and_printed),
        cmocka_unit_test(large_pieces_live_beside_small_ones),
        cmocka_unit_test(a_call_uses_the_memory_of_the_one_before),
        cmocka_unit_test(a_list_grows_and_keeps_what_it_has),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, tear_down);
}
