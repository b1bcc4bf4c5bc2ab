/*
 * json_fuzz - any bytes, tried as every type of message: what is read can be written, and reads
 * back the same
 *
 * The same bytes are tried as a packed message too: what is unpacked and passes its check can be
 * written.
 */
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "common/contract.h"
#include "common/json.h"
#include "common/rng.h"
#include "contract_all.h"
#include "everything/v1/everything.contract.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    rng_init();
    return 0;
}

static uint8_t *
packed(struct arena *arena, const ProtobufCMessage *message, size_t *ret_size_bytes)
{
    *ret_size_bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(arena, *ret_size_bytes + 1);
    protobuf_c_message_pack(message, bytes);
    return bytes;
}

static void
check_same(struct arena *arena, const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    size_t a_size_bytes, b_size_bytes;
    uint8_t *a_bytes = packed(arena, a, &a_size_bytes);
    uint8_t *b_bytes = packed(arena, b, &b_size_bytes);
    CHECK(a_size_bytes == b_size_bytes && memcmp(a_bytes, b_bytes, a_size_bytes) == 0);
}

/* Written JSON may be larger than what was read (numbers and lists are always written): then it is
 * not read again. */
static void
try_json(const struct contract_message *contract, const char *text, size_t size_bytes,
         bool is_request)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct fault fault = {0};
    struct buf json = {0};
    ProtobufCMessage *message, *again;
    if (json_read(arena, contract, text, size_bytes, is_request, &message, &fault) == OK) {
        json_write(&json, contract, message);
        enum err err =
            json_read(arena, contract, json.bytes, json.size_bytes, false, &again, &fault);
        if (err == OK)
            check_same(arena, message, again);
        else
            CHECK(err == ERR_RESOURCE_EXHAUSTED || strcmp(fault.reason, "JSON_TOO_LARGE") == 0);
    } else {
        CHECK(fault.code != OK && fault.reason[0] != 0 && fault.message[0] != 0);
    }
    buf_free(&json);
    arena_free(&arena);
}

static void
try_packed(const struct contract_message *contract, const uint8_t *bytes, size_t size_bytes)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct fault fault = {0};
    struct buf json = {0};
    ProtobufCMessage *message;
    if (contract_unpack(arena, contract, bytes, size_bytes, &message, &fault) == OK &&
        contract_check(contract, message, false, &fault) == OK)
        json_write(&json, contract, message);
    buf_free(&json);
    arena_free(&arena);
}

static void
try_all(const struct contract_message *contract, const uint8_t *bytes, size_t size_bytes)
{
    try_json(contract, (const char *)bytes, size_bytes, true);
    try_json(contract, (const char *)bytes, size_bytes, false);
    try_packed(contract, bytes, size_bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    try_all(&everything_v1_everything_contract, bytes, size_bytes);
    for (size_t i = 0; i < contract_all_messages_count; i++)
        try_all(contract_all_messages[i], bytes, size_bytes);
    return 0;
}
