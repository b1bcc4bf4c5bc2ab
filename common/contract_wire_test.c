/*
 * contract_wire_test - what only the packed bytes show: zero bytes in texts, nesting, broken
 * messages
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/arena.h"
#include "common/contract.h"
#include "everything/v1/everything.contract.h"

static struct arena *arena;
static struct fault fault;

static int
set_up(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    fault = (struct fault){0};
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static enum err
unpack(const void *bytes, size_t size_bytes)
{
    ProtobufCMessage *message = NULL;
    return contract_unpack(arena, &everything_v1_everything_contract, bytes, size_bytes, &message,
                           &fault);
}

static void
a_zero_byte_in_a_text_is_seen_on_the_wire(void **state UNUSED)
{
    assert_int_equal(unpack("\x0a\x03"
                            "abc",
                            5),
                     OK);
    assert_int_equal(unpack("\x0a\x03"
                            "a\0c",
                            5),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FIELD_HAS_NUL");
    assert_string_equal(fault.field, "text");
    /* Field 24 is a Part; in bytes (field 9) and in unknown fields (100) zeroes are what they are.
     */
    assert_int_equal(unpack("\xc2\x01\x03\x0a\x01\0", 6), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.field, "part.name");
    assert_int_equal(unpack("\x4a\x01\0", 3), OK);
    assert_int_equal(unpack("\xa2\x06\x01\0", 4), OK);
}

static void
an_empty_message_has_no_bytes(void **state UNUSED)
{
    assert_int_equal(unpack(NULL, 0), OK);
}

static void
broken_bytes_are_refused(void **state UNUSED)
{
    static const struct {
        const char *bytes;
        size_t size_bytes;
    } cases[] = {
        {"\x0a", 1}, /* no length */
        {"\x0a\x05"
         "ab",
         4}, /* too short */
        {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 11}, /* a number without end */
        {"\x00\x01", 2},                                      /* field 0 */
        {"\x0b\x0c", 2},                                      /* a group */
        {"\xc2\x01\x02\x0a\x05", 5},                          /* broken within */
        {"\x71\x01", 2},                                      /* 64 bits announced */
        {"\x0a\x01\x61\x80", 4},                              /* a good field, then half a key */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(unpack(cases[i].bytes, cases[i].size_bytes), ERR_INVALID_ARGUMENT);
        assert_string_equal(fault.reason, "MESSAGE_MALFORMED");
    }
}

/* The descriptor of Machine.transitions or another one of our types does not recurse; one that does
 * is made here by hand. */
static const ProtobufCMessageDescriptor nest_descriptor;
static const ProtobufCFieldDescriptor nest_fields[] = {{
    .name = "nest",
    .id = 1,
    .label = PROTOBUF_C_LABEL_NONE,
    .type = PROTOBUF_C_TYPE_MESSAGE,
    .offset = sizeof(ProtobufCMessage),
    .descriptor = &nest_descriptor,
}};
static const unsigned nest_by_name[] = {0};
static const ProtobufCIntRange nest_ranges[] = {{1, 0}, {0, 1}};
static const ProtobufCMessageDescriptor nest_descriptor = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "Nest",
    .sizeof_message = sizeof(ProtobufCMessage) + sizeof(void *),
    .n_fields = 1,
    .fields = nest_fields,
    .fields_sorted_by_name = nest_by_name,
    .n_field_ranges = 1,
    .field_ranges = nest_ranges,
};
static const struct contract_message nest_contract;
static const struct contract_field nest_rules[] = {{.name = "nest", .message = &nest_contract}};
static const struct contract_message nest_contract = {&nest_descriptor, nest_rules, CONTRACT_OBJECT,
                                                      NULL, false};

/* `depth` messages within each other, written from the innermost. */
static size_t
pack_nest(int depth, uint8_t *ret_bytes, size_t room_bytes)
{
    uint8_t *at = ret_bytes + room_bytes;
    for (int i = 1; i < depth; i++) {
        size_t size_bytes = (size_t)(ret_bytes + room_bytes - at);
        if (size_bytes > 127)
            *--at = (uint8_t)(size_bytes >> 7);
        *--at = (uint8_t)((size_bytes & 127) | (size_bytes > 127 ? 128 : 0));
        *--at = 0x0a;
    }
    size_t size_bytes = (size_t)(ret_bytes + room_bytes - at);
    memmove(ret_bytes, at, size_bytes);
    return size_bytes;
}

static void
nesting_is_limited_on_the_wire(void **state UNUSED)
{
    uint8_t bytes[16000];
    ProtobufCMessage *message = NULL;
    size_t size_bytes = pack_nest(CONTRACT_DEPTH_MAX, bytes, sizeof bytes);
    assert_int_equal(contract_unpack(arena, &nest_contract, bytes, size_bytes, &message, &fault),
                     OK);
    assert_int_equal(contract_check(&nest_contract, message, true, &fault), OK);
    size_bytes = pack_nest(CONTRACT_DEPTH_MAX + 1, bytes, sizeof bytes);
    assert_int_equal(contract_unpack(arena, &nest_contract, bytes, size_bytes, &message, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FIELD_TOO_DEEP");
    size_bytes = pack_nest(4000, bytes, sizeof bytes);
    assert_int_equal(contract_unpack(arena, &nest_contract, bytes, size_bytes, &message, &fault),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FIELD_TOO_DEEP");
}

static void
nesting_is_limited_in_memory(void **state UNUSED)
{
    struct nest {
        ProtobufCMessage base;
        struct nest *nest;
    } nests[CONTRACT_DEPTH_MAX + 1] = {0};
    for (int i = 0; i <= CONTRACT_DEPTH_MAX; i++) {
        nests[i].base.descriptor = &nest_descriptor;
        nests[i].nest = i > 0 ? &nests[i - 1] : NULL;
    }
    ProtobufCMessage *top = &nests[CONTRACT_DEPTH_MAX - 1].base;
    assert_int_equal(contract_check(&nest_contract, top, true, &fault), OK);
    top = &nests[CONTRACT_DEPTH_MAX].base;
    assert_int_equal(contract_check(&nest_contract, top, true, &fault), ERR_INVALID_ARGUMENT);
    assert_string_equal(fault.reason, "FIELD_TOO_DEEP");
}

static void
a_message_beyond_the_arenas_budget_is_refused(void **state UNUSED)
{
    /* 1,000 empty Parts in 3,000 bytes. */
    uint8_t bytes[3000];
    for (size_t i = 0; i < sizeof bytes; i += 3)
        memcpy(bytes + i, "\x8a\x03", 3);
    struct arena *small = arena_new(20000);
    ProtobufCMessage *message;
    assert_int_equal(contract_unpack(small, &everything_v1_everything_contract, bytes, sizeof bytes,
                                     &message, &fault),
                     ERR_INVALID_ARGUMENT);
    arena_free(&small);
    assert_int_equal(unpack(bytes, sizeof bytes), OK);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_zero_byte_in_a_text_is_seen_on_the_wire),
        TEST(an_empty_message_has_no_bytes),
        TEST(broken_bytes_are_refused),
        TEST(nesting_is_limited_on_the_wire),
        TEST(nesting_is_limited_in_memory),
        TEST(a_message_beyond_the_arenas_budget_is_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
