/*
 * contract_field - how a field of a protobuf-c message lies in memory
 *
 *     one value         at `offset`; texts are never NULL ("" is protobuf_c_empty_string),
 *                       messages are NULL where absent
 *     member of oneof   at `offset`, if the number at `quantifier_offset` is the field's
 *     repeated          a count (size_t) at `quantifier_offset`, a pointer to the values at
 *                       `offset`
 *
 * For the codec and the checks, which walk messages by descriptor.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <string.h>

#include "common/base.h"

static inline bool
field_is_repeated(const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_REPEATED;
}

static inline bool
field_is_oneof(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

/* Where the value is, or the pointer to the values. */
static inline void *
field_place(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    return (char *)message + field->offset;
}

/* The number of the member that is set; 0 for none. */
static inline uint32_t *
field_case(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    return (uint32_t *)((char *)message + field->quantifier_offset);
}

static inline size_t *
field_count(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    return (size_t *)((char *)message + field->quantifier_offset);
}

/* Where the values of a repeated field begin; NULL for none. */
static inline void *
field_values(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
    return *(void **)field_place(field, message);
}

/* Bytes that one value takes. */
static inline size_t
field_value_size_bytes(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    default:
        return 4;
    }
}

/* What a field holds: protobuf's many wire forms of integers are one kind in memory. Contracts have
 * no floating point (the plugin refuses it). */
enum field_kind {
    FIELD_NONE,
    FIELD_INT32,
    FIELD_UINT32,
    FIELD_INT64,
    FIELD_UINT64,
    FIELD_BOOL,
    FIELD_ENUM,
    FIELD_TEXT,
    FIELD_BYTES,
    FIELD_MESSAGE,
};

static inline enum field_kind
field_kind(const ProtobufCFieldDescriptor *field)
{
    static const uint8_t kinds[] = {
        [PROTOBUF_C_TYPE_INT32] = FIELD_INT32,     [PROTOBUF_C_TYPE_SINT32] = FIELD_INT32,
        [PROTOBUF_C_TYPE_SFIXED32] = FIELD_INT32,  [PROTOBUF_C_TYPE_INT64] = FIELD_INT64,
        [PROTOBUF_C_TYPE_SINT64] = FIELD_INT64,    [PROTOBUF_C_TYPE_SFIXED64] = FIELD_INT64,
        [PROTOBUF_C_TYPE_UINT32] = FIELD_UINT32,   [PROTOBUF_C_TYPE_FIXED32] = FIELD_UINT32,
        [PROTOBUF_C_TYPE_UINT64] = FIELD_UINT64,   [PROTOBUF_C_TYPE_FIXED64] = FIELD_UINT64,
        [PROTOBUF_C_TYPE_BOOL] = FIELD_BOOL,       [PROTOBUF_C_TYPE_ENUM] = FIELD_ENUM,
        [PROTOBUF_C_TYPE_STRING] = FIELD_TEXT,     [PROTOBUF_C_TYPE_BYTES] = FIELD_BYTES,
        [PROTOBUF_C_TYPE_MESSAGE] = FIELD_MESSAGE,
    };
    return (enum field_kind)kinds[field->type];
}

/* The text at a place; "" for NULL, which messages made by hand may hold. */
static inline const char *
field_text(const void *place)
{
    const char *text = *(const char *const *)place;
    return text != NULL ? text : "";
}

/* Compares two entries of one map by their keys, for qsort: texts by bytes, else in some order that
 * is always the same. */
static inline int
field_compare_entries(const void *a, const void *b)
{
    const ProtobufCMessage *a_entry = *(const ProtobufCMessage *const *)a;
    const ProtobufCMessage *b_entry = *(const ProtobufCMessage *const *)b;
    const ProtobufCFieldDescriptor *key = &a_entry->descriptor->fields[0];
    const void *a_key = field_place(key, a_entry);
    const void *b_key = field_place(key, b_entry);
    if (field_kind(key) == FIELD_TEXT)
        return strcmp(field_text(a_key), field_text(b_key));
    return memcmp(a_key, b_key, field_value_size_bytes(key->type));
}

/* Integers that every JSON reader keeps exact: +-(2^53 - 1). */
#define FIELD_INTEGER_MAX INT64_C(9007199254740991)

/* Points in time: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z. */
#define FIELD_SECONDS_MIN (-INT64_C(62135596800))
#define FIELD_SECONDS_MAX INT64_C(253402300799)
