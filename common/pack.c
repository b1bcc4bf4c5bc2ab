/*
 * pack - messages are written into memory that is kept, from its end, and then copied
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/pack.h"

#include "common/contract_field.h"

enum {
    ROOM_MIN_BYTES = 16 * 1024,
    ROOM_KEPT_BYTES = 1024 * 1024,
    VARINT_BITS = 7,
    VARINT_MORE = 0x80,
    VARINT_BYTES_MAX = 10,
    KEY_WIRE_BITS = 3,
};

/* What is written lies from `at` to `end`. */
static struct {
    uint8_t *begin;
    uint8_t *at;
    uint8_t *end;
} out;

static size_t
written_bytes(void)
{
    return (size_t)(out.end - out.at);
}

static void
grow(size_t more_bytes)
{
    size_t used_bytes = written_bytes();
    size_t room_bytes = ROOM_MIN_BYTES;
    while (room_bytes < used_bytes + more_bytes)
        room_bytes *= 2;
    uint8_t *bytes = mem_alloc(room_bytes);
    uint8_t *at = bytes + room_bytes - used_bytes;
    if (used_bytes > 0)
        memcpy(at, out.at, used_bytes);
    mem_free(out.begin);
    out.begin = bytes;
    out.at = at;
    out.end = bytes + room_bytes;
}

/* Where the next `size_bytes`, which stand before all others, go. */
static uint8_t *
take(size_t size_bytes)
{
    if ((size_t)(out.at - out.begin) < size_bytes)
        grow(size_bytes);
    out.at -= size_bytes;
    return out.at;
}

static void
put_bytes(const void *bytes, size_t size_bytes)
{
    if (size_bytes > 0)
        memcpy(take(size_bytes), bytes, size_bytes);
}

static void
put_long_varint(uint64_t number)
{
    uint8_t bytes[VARINT_BYTES_MAX];
    size_t count = 0;
    for (; number >= VARINT_MORE; number >>= VARINT_BITS)
        bytes[count++] = (uint8_t)(number | VARINT_MORE);
    bytes[count++] = (uint8_t)number;
    put_bytes(bytes, count);
}

static void
put_varint(uint64_t number)
{
    if (number < VARINT_MORE)
        *take(1) = (uint8_t)number;
    else
        put_long_varint(number);
}

static uint64_t
zigzag(int64_t number)
{
    return ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0);
}

static void
put_fixed(uint64_t number, size_t size_bytes)
{
    uint8_t *bytes = take(size_bytes);
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
}

static void put_fields(const ProtobufCMessage *message);

static void
put_enclosed(const ProtobufCMessage *message)
{
    size_t before_bytes = written_bytes();
    if (message != NULL)
        put_fields(message);
    put_varint(written_bytes() - before_bytes);
}

static void
put_span(const void *bytes, size_t size_bytes)
{
    put_bytes(bytes, size_bytes);
    put_varint(size_bytes);
}

/* Without its key; answers how it is written. */
static ProtobufCWireType
put_value(ProtobufCType type, const void *value)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        put_varint((uint64_t)(int64_t) * (const int32_t *)value);
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_UINT32:
        put_varint(*(const uint32_t *)value);
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        put_varint(*(const uint64_t *)value);
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_SINT32:
        put_varint(zigzag(*(const int32_t *)value));
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_SINT64:
        put_varint(zigzag(*(const int64_t *)value));
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_BOOL:
        put_varint(*(const protobuf_c_boolean *)value != 0);
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
        put_fixed(*(const uint32_t *)value, sizeof(uint32_t));
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        put_fixed(*(const uint64_t *)value, sizeof(uint64_t));
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(char *const *)value;
        put_span(text, strlen(text));
        break;
    }
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *bytes = value;
        put_span(bytes->data, bytes->len);
        break;
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        put_enclosed(*(ProtobufCMessage *const *)value);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    default:
        CHECK(type == PROTOBUF_C_TYPE_MESSAGE);
    }
    return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
}

static void
put_key(const ProtobufCFieldDescriptor *field, ProtobufCWireType wire)
{
    put_varint((uint64_t)field->id << KEY_WIRE_BITS | wire);
}

static void
put_list(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    const char *values = field_values(field, message);
    size_t count = *field_count(field, message), step = field_value_size_bytes(field->type);
    bool is_together = (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
    size_t before_bytes = written_bytes();
    for (size_t i = count; i-- > 0;) {
        ProtobufCWireType wire = put_value(field->type, values + i * step);
        if (!is_together)
            put_key(field, wire);
    }
    if (is_together && count > 0) {
        put_varint(written_bytes() - before_bytes);
        put_key(field, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    }
}

/* Of a field with a value of its own, which counts as absent where it is the type's first. */
static bool
is_empty(ProtobufCType type, const void *value)
{
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
        return (*(char *const *)value)[0] == 0;
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)value)->len == 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(void *const *)value == NULL;
    default:
        return field_value_size_bytes(type) == sizeof(uint64_t) ? *(const uint64_t *)value == 0
                                                                : *(const uint32_t *)value == 0;
    }
}

/* A member that is set to a text which nobody made counts as not set, as protobuf-c has it. */
static bool
is_set(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    if (*field_case(field, message) != field->id)
        return false;
    bool is_pointer =
        field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
    const void *value = is_pointer ? *(void *const *)field_place(field, message) : message;
    return value != NULL && value != field->default_value;
}

static bool
is_there(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    if (field_is_oneof(field))
        return is_set(field, message);
    CHECK(field->label == PROTOBUF_C_LABEL_NONE);
    return !is_empty(field->type, field_place(field, message));
}

/* What no field of ours knew stands at the end. */
static void
put_unknown(const ProtobufCMessage *message)
{
    for (unsigned i = message->n_unknown_fields; i-- > 0;) {
        const ProtobufCMessageUnknownField *field = &message->unknown_fields[i];
        put_bytes(field->data, field->len);
        put_varint((uint64_t)field->tag << KEY_WIRE_BITS | field->wire_type);
    }
}

static void
put_fields(const ProtobufCMessage *message)
{
    put_unknown(message);
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = descriptor->n_fields; i-- > 0;) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (field_is_repeated(field))
            put_list(field, message);
        else if (is_there(field, message))
            put_key(field, put_value(field->type, field_place(field, message)));
    }
}

uint8_t *
pack_message(struct arena *arena, const ProtobufCMessage *message, size_t *ret_size_bytes)
{
    put_fields(message);
    *ret_size_bytes = written_bytes();
    uint8_t *bytes = arena_copy(arena, out.at, written_bytes());
    out.at = out.end;
    if ((size_t)(out.end - out.begin) > ROOM_KEPT_BYTES) {
        mem_free(out.begin);
        out.begin = out.at = out.end = NULL;
    }
    return bytes;
}
