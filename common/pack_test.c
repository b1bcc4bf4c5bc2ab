/*
 * pack_test - messages become the bytes that protobuf-c makes of them
 *
 * Random messages with every kind of field are in json_property_test.c.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/pack.h"
#include "everything/v1/everything.pb-c.h"

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

static void
expect_same(const ProtobufCMessage *message)
{
    size_t size_bytes, wanted_bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *wanted = arena_alloc(arena, wanted_bytes + 1);
    protobuf_c_message_pack(message, wanted);
    const uint8_t *packed = pack_message(arena, message, &size_bytes);
    assert_int_equal(size_bytes, wanted_bytes);
    assert_memory_equal(packed, wanted, size_bytes);
}

static void
an_empty_message_has_no_bytes(void **state UNUSED)
{
    Everything__V1__Everything message = EVERYTHING__V1__EVERYTHING__INIT;
    size_t size_bytes = 1;
    assert_non_null(pack_message(arena, &message.base, &size_bytes));
    assert_int_equal(size_bytes, 0);
}

static void
numbers_at_their_ends_are_written_as_their_types_say(void **state UNUSED)
{
    Everything__V1__Everything message = EVERYTHING__V1__EVERYTHING__INIT;
    message.number_int32 = INT32_MIN;
    message.number_int64 = INT64_MIN;
    message.number_uint32 = UINT32_MAX;
    message.number_uint64 = UINT64_MAX;
    message.number_sint32 = INT32_MIN;
    message.number_sint64 = INT64_MIN;
    message.number_fixed32 = 0x01020304;
    message.number_sfixed64 = -2;
    expect_same(&message.base);
}

static void
a_member_of_a_oneof_is_there_also_when_it_is_empty(void **state UNUSED)
{
    Everything__V1__Everything message = EVERYTHING__V1__EVERYTHING__INIT;
    message.choice_case = EVERYTHING__V1__EVERYTHING__CHOICE_CHOICE_NUMBER;
    expect_same(&message.base);
    message.choice_case = EVERYTHING__V1__EVERYTHING__CHOICE_CHOICE_TEXT;
    message.choice_text = (char *)(uintptr_t) "";
    expect_same(&message.base);
    message.choice_text = (char *)protobuf_c_empty_string;
    expect_same(&message.base);
}

/* Longer than what is kept for the next, and the next is small again. */
static void
a_long_text_and_what_follows(void **state UNUSED)
{
    enum { LONG_BYTES = 3 * 1024 * 1024 };
    Everything__V1__Everything message = EVERYTHING__V1__EVERYTHING__INIT;
    Everything__V1__Everything__Part part = EVERYTHING__V1__EVERYTHING__PART__INIT;
    message.text = memset(arena_alloc(arena, LONG_BYTES + 1), 'x', LONG_BYTES);
    message.part = &part;
    expect_same(&message.base);
    message.text = (char *)(uintptr_t) "short";
    expect_same(&message.base);
}

static void
what_this_program_did_not_know_is_kept(void **state UNUSED)
{
    uint8_t bytes[] = {3, 'n', 'e', 'w'}, number[] = {0x80, 1};
    ProtobufCMessageUnknownField unknown[] = {
        {.tag = 2000, .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, .len = 4, .data = bytes},
        {.tag = 7, .wire_type = PROTOBUF_C_WIRE_TYPE_VARINT, .len = 2, .data = number},
    };
    Everything__V1__Everything message = EVERYTHING__V1__EVERYTHING__INIT;
    message.text = (char *)(uintptr_t) "known";
    message.base.unknown_fields = unknown;
    message.base.n_unknown_fields = COUNT_OF(unknown);
    expect_same(&message.base);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_message_has_no_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_at_their_ends_are_written_as_their_types_say,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_member_of_a_oneof_is_there_also_when_it_is_empty, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_long_text_and_what_follows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_this_program_did_not_know_is_kept, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
