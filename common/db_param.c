/*
 * db_param - parameters in PostgreSQL's binary form
 *
 * Integers are big-endian; dates count days and times microseconds from 2000-01-01. Small values
 * lie in the parameter itself (bytes == NULL says so), so that a parameter may be copied freely.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/db_parts.h"

#include <endian.h>
#include <limits.h>
#include <string.h>

#include "common/pack.h"

enum { TEXT_OID = 25 };

static const Oid types[] = {
    [DB_TEXT] = TEXT_OID, [DB_BYTEA] = 17,         [DB_INT4] = 23,
    [DB_INT8] = 20,       [DB_BOOL] = 16,          [DB_UUID] = 2950,
    [DB_DATE] = 1082,     [DB_TIMESTAMPTZ] = 1184, [DB_TEXT_ARRAY] = 1009,
};

static const Oid array_types[] = {
    [DB_TEXT] = 1009, [DB_BYTEA] = 1001,       [DB_INT4] = 1007,
    [DB_INT8] = 1016, [DB_BOOL] = 1000,        [DB_UUID] = 2951,
    [DB_DATE] = 1182, [DB_TIMESTAMPTZ] = 1185, [DB_TEXT_ARRAY] = 1009,
};

Oid
db_param_oid(enum db_type type)
{
    return types[type];
}

Oid
db_param_array_oid(enum db_type type)
{
    return array_types[type];
}

static struct db_param
null_param(enum db_type type)
{
    return (struct db_param){.type = type, .is_null = true};
}

static struct db_param
scratch_param(enum db_type type, const void *bytes, int size_bytes)
{
    struct db_param param = {.type = type, .size_bytes = size_bytes};
    memcpy(param.scratch, bytes, (size_t)size_bytes);
    return param;
}

struct db_param
db_bytea(const void *bytes, size_t size_bytes)
{
    CHECK(size_bytes <= INT_MAX);
    return (struct db_param){
        .type = DB_BYTEA, .bytes = bytes != NULL ? bytes : "", .size_bytes = (int)size_bytes};
}

struct db_param
db_message(struct arena *arena, const ProtobufCMessage *message)
{
    size_t size_bytes;
    const uint8_t *bytes = pack_message(arena, message, &size_bytes);
    return db_bytea(bytes, size_bytes);
}

struct db_param
db_text(const char *text)
{
    if (text == NULL)
        return null_param(DB_TEXT);
    struct db_param param = db_bytea(text, strlen(text));
    param.type = DB_TEXT;
    return param;
}

struct db_param
db_text_or_null(const char *text)
{
    return db_text(text != NULL && text[0] != 0 ? text : NULL);
}

struct db_param
db_int4(int32_t value)
{
    uint32_t wire = htobe32((uint32_t)value);
    return scratch_param(DB_INT4, &wire, sizeof wire);
}

static struct db_param
wide_param(enum db_type type, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);
    return scratch_param(type, &wire, sizeof wire);
}

struct db_param
db_int8(int64_t value)
{
    return wide_param(DB_INT8, value);
}

struct db_param
db_time(int64_t unix_us)
{
    return wide_param(DB_TIMESTAMPTZ, unix_us - DB_EPOCH_US);
}

struct db_param
db_bool(bool value)
{
    uint8_t wire = value;
    return scratch_param(DB_BOOL, &wire, sizeof wire);
}

struct db_param
db_uuid(const struct uuid *uuid)
{
    return uuid == NULL ? null_param(DB_UUID)
                        : scratch_param(DB_UUID, uuid->bytes, sizeof uuid->bytes);
}

struct db_param
db_date(struct date date)
{
    if (date_is_absent(date))
        return null_param(DB_DATE);
    uint32_t wire = htobe32((uint32_t)(int32_t)(date_to_days(date) - DB_EPOCH_DAYS));
    return scratch_param(DB_DATE, &wire, sizeof wire);
}

static uint8_t *
put_int4(uint8_t *at, size_t value)
{
    CHECK(value <= INT32_MAX);
    uint32_t wire = htobe32((uint32_t)value);
    memcpy(at, &wire, sizeof wire);
    return at + sizeof wire;
}

/* Dimensions, "has nulls", element type; then for the only dimension its length and lower bound;
 * then each element with its length before it. An empty array has no dimension. */
struct db_param
db_text_array(struct arena *arena, const char *const *texts, size_t count)
{
    size_t size_bytes = 20;
    for (size_t i = 0; i < count; i++)
        size_bytes += 4 + strlen(texts[i]);
    CHECK(size_bytes <= INT_MAX);
    uint8_t *bytes = arena_alloc(arena, size_bytes);
    uint8_t *at = put_int4(bytes, count > 0 ? 1 : 0);
    at = put_int4(at, 0);
    at = put_int4(at, TEXT_OID);
    if (count > 0) {
        at = put_int4(at, count);
        at = put_int4(at, 1);
    }
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(texts[i]);
        at = put_int4(at, length);
        memcpy(at, texts[i], length);
        at += length;
    }
    return (struct db_param){
        .type = DB_TEXT_ARRAY, .bytes = bytes, .size_bytes = (int)(at - bytes)};
}
