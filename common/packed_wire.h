/*
 * packed_wire - the wire form of protobuf, value by value, as far as contracts use it
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

struct span {
    const uint8_t *at;
    const uint8_t *end;
};

/* A value as it stands in the bytes: a number, or what is enclosed. */
struct value {
    uint64_t number;
    struct span span;
};

static inline size_t
span_size(struct span span)
{
    return (size_t)(span.end - span.at);
}

static inline bool
take_long_varint(struct span *span, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && span->at < span->end; shift += 7) {
        uint8_t byte = *span->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_number = number;
            return shift < 63 || byte <= 1;
        }
    }
    return false;
}

static inline bool
take_varint(struct span *span, uint64_t *ret_number)
{
    if (span->at < span->end && *span->at < 0x80) {
        *ret_number = *span->at++;
        return true;
    }
    return take_long_varint(span, ret_number);
}

static inline bool
take_enclosed(struct span *span, struct span *ret_span)
{
    uint64_t size_bytes;
    if (!take_varint(span, &size_bytes) || size_bytes > span_size(*span))
        return false;
    *ret_span = (struct span){span->at, span->at + size_bytes};
    span->at += size_bytes;
    return true;
}

/* What follows a key. False: it is of a form that contracts do not have, or cut short. */
static inline bool
take_value(struct span *span, uint64_t key, struct value *ret_value)
{
    *ret_value = (struct value){0};
    return (key & 7) == WIRE_VARINT  ? take_varint(span, &ret_value->number)
           : (key & 7) == WIRE_BYTES ? take_enclosed(span, &ret_value->span)
                                     : false;
}

/* The first value of a field. False: it is not there, or what stands before it is not understood.
 */
static inline bool
find_packed(struct span span, uint32_t field_id, struct value *ret_value)
{
    while (span.at < span.end) {
        uint64_t key;
        if (!take_varint(&span, &key) || !take_value(&span, key, ret_value))
            return false;
        if (key >> 3 == field_id)
            return true;
    }
    return false;
}
