/*
 * contract_wire - a message from its packed bytes, looked over before it is unpacked
 *
 * protobuf-c unpacks recursively without a limit, and a text that holds a zero byte looks shorter
 * afterwards: both can be seen only on the wire. So the bytes are walked first, by descriptor.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/contract.h"

#include <string.h>

#include "common/arena.h"
#include "common/contract_field.h"
#include "common/contract_path.h"

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct wire {
    const uint8_t *at;
    const uint8_t *end;
};

static bool
take_varint(struct wire *wire, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 70 && wire->at < wire->end; shift += 7) {
        uint8_t byte = *wire->at++;
        number |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if ((byte & 0x80) == 0) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

static bool
take_bytes(struct wire *wire, uint64_t size_bytes, struct wire *ret_taken)
{
    if (size_bytes > (uint64_t)(wire->end - wire->at))
        return false;
    *ret_taken = (struct wire){wire->at, wire->at + size_bytes};
    wire->at += size_bytes;
    return true;
}

/* The value after its key; *ret_value is what WIRE_BYTES encloses. Groups are history: refused. */
static bool
take_value(struct wire *wire, unsigned wire_type, struct wire *ret_value)
{
    uint64_t number;
    switch (wire_type) {
    case WIRE_VARINT:
        return take_varint(wire, &number);
    case WIRE_64:
        return take_bytes(wire, 8, ret_value);
    case WIRE_32:
        return take_bytes(wire, 4, ret_value);
    case WIRE_BYTES:
        return take_varint(wire, &number) && take_bytes(wire, number, ret_value);
    default:
        return false;
    }
}

static enum err
refuse_malformed(const struct path *path, struct fault *ret_fault)
{
    return path_refuse(path, "MESSAGE_MALFORMED", ret_fault, "is not a message of its type");
}

static enum err
scan(const ProtobufCMessageDescriptor *descriptor, struct wire wire, int depth,
     const struct path *path, struct fault *ret_fault)
{
    if (depth > CONTRACT_DEPTH_MAX)
        return path_refuse(path, "FIELD_TOO_DEEP", ret_fault,
                           "must not nest deeper than %d messages", CONTRACT_DEPTH_MAX);
    while (wire.at < wire.end) {
        uint64_t key;
        struct wire value = wire;
        if (!take_varint(&wire, &key) || key >> 3 == 0 || key >> 32 != 0 ||
            !take_value(&wire, (unsigned)key & 7, &value))
            return refuse_malformed(path, ret_fault);
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(key >> 3));
        if (field == NULL || (key & 7) != WIRE_BYTES)
            continue;
        struct path here = {.parent = path, .name = field->name};
        enum err err = OK;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            err = scan(field->descriptor, value, depth + 1, &here, ret_fault);
        else if (field->type == PROTOBUF_C_TYPE_STRING && value.at < value.end &&
                 memchr(value.at, 0, (size_t)(value.end - value.at)) != NULL)
            err = path_refuse(&here, "FIELD_HAS_NUL", ret_fault, "must have no zero byte");
        if (err != OK)
            return err;
    }
    return OK;
}

enum err
contract_unpack(struct arena *arena, const struct contract_message *contract, const uint8_t *bytes,
                size_t size_bytes, ProtobufCMessage **ret_message, struct fault *ret_fault)
{
    struct wire wire = {bytes, bytes + size_bytes};
    enum err err = scan(contract->descriptor, wire, 1, NULL, ret_fault);
    if (err != OK)
        return err;
    /* protobuf-c calls an empty message without bytes an error in no case, but NULL must not reach
     * it. */
    static const uint8_t nothing[1];
    ProtobufCMessage *message = protobuf_c_message_unpack(
        contract->descriptor, arena_allocator(arena), size_bytes, bytes != NULL ? bytes : nothing);
    if (message == NULL)
        return refuse_malformed(NULL, ret_fault);
    *ret_message = message;
    return OK;
}

enum err
contract_read(struct arena *arena, const struct contract_message *contract, const uint8_t *bytes,
              size_t size_bytes, bool is_request, ProtobufCMessage **ret_message,
              struct fault *ret_fault)
{
    enum err err = contract_unpack(arena, contract, bytes, size_bytes, ret_message, ret_fault);
    if (err != OK)
        return err;
    return contract_check(contract, *ret_message, is_request, ret_fault);
}
