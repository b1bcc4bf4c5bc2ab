/*
 * bus_frame - frames: a head of four bytes, then a packed message of envelope.proto
 *
 * What comes in is walked once as protobuf, before it is unpacked: protobuf-c's texts end at the
 * first NUL and may be no UTF-8, so afterwards the lengths would be lost. The walk checks every
 * text by the table of its message; sizes of bytes are checked after unpacking. The messages of the
 * envelope nest at most one level (Reply.details, Reply.problems), and an arena with a budget
 * bounds what a small frame can grow to.
 *
 * Pure, apart from counting.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <string.h>

#include "common/contract_text.h"
#include "common/stat.h"

STAT(bad_frames, "bus.frame.drop", STAT_COUNTER, "",
     "Frames dropped because they break the rules of the bus protocol.");

enum { PRINCIPAL_BYTES_MAX = 4096, TOKEN_BYTES_MAX = 8192, ATTEMPT_MAX = 100 };

enum text_kind {
    TEXT_VISIBLE, /* 0x21-0x7e */
    TEXT_SPACED,  /* 0x20-0x7e */
    TEXT_UTF8,    /* without NUL */
    TEXT_DETAILS, /* not a text: a message with texts of its own */
    TEXT_PROBLEMS,
};

/* How a length-delimited field must look; fields that are not in the table are bytes, or unknown.
 */
struct text_rule {
    uint32_t field;
    enum text_kind kind;
    size_t size_max;
};

static const struct text_rule request_rules[] = {
    {2, TEXT_VISIBLE, 128}, /* method */
    {7, TEXT_SPACED, 255},  /* idempotency_key */
    {8, TEXT_VISIBLE, 55},  /* traceparent */
    {0, TEXT_UTF8, 0},
};

static const struct text_rule reply_rules[] = {
    {3, TEXT_VISIBLE, 63},                    /* domain */
    {4, TEXT_VISIBLE, 63},                    /* reason */
    {5, TEXT_UTF8, BUS_MESSAGE_BYTES_MAX},    /* message */
    {6, TEXT_DETAILS, BUS_MESSAGE_BYTES_MAX}, /* details */
    {10, TEXT_PROBLEMS, BUS_MESSAGE_BYTES_MAX},
    {0, TEXT_UTF8, 0},
};

static const struct text_rule detail_rules[] = {
    {1, TEXT_UTF8, BUS_MESSAGE_BYTES_MAX}, /* name */
    {2, TEXT_UTF8, BUS_MESSAGE_BYTES_MAX}, /* value */
    {0, TEXT_UTF8, 0},
};

static const struct text_rule problem_rules[] = {
    {2, TEXT_VISIBLE, 64},                 /* reason */
    {3, TEXT_UTF8, BUS_MESSAGE_BYTES_MAX}, /* file */
    {6, TEXT_UTF8, BUS_MESSAGE_BYTES_MAX}, /* clause_id */
    {7, TEXT_UTF8, BUS_MESSAGE_BYTES_MAX}, /* message */
    {8, TEXT_UTF8, BUS_MESSAGE_BYTES_MAX}, /* suggestion */
    {0, TEXT_UTF8, 0},
};

static const struct text_rule no_rules[] = {{0, TEXT_UTF8, 0}};

void
bus_frame_count_bad(void)
{
    bad_frames.value++;
}

/* ---- texts ---- */

static bool
is_between(const uint8_t *text, size_t size_bytes, uint8_t low, uint8_t high)
{
    for (size_t i = 0; i < size_bytes; i++) {
        if (text[i] < low || text[i] > high)
            return false;
    }
    return true;
}

size_t
bus_frame_clean_size(const char *text)
{
    return text_utf8_size(text, strlen(text));
}

/* ---- the walk ---- */

/* One field as it stands in the bytes. */
struct field {
    uint32_t number;
    const uint8_t *bytes; /* NULL unless it is length-delimited */
    size_t size_bytes;
};

static bool
read_varint(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static bool
skip_bytes(const uint8_t **at, const uint8_t *end, uint64_t size_bytes)
{
    if (size_bytes > (uint64_t)(end - *at))
        return false;
    *at += size_bytes;
    return true;
}

/* Reads the next field; false where the bytes are no protobuf. Groups are not accepted. */
static bool
read_field(const uint8_t **at, const uint8_t *end, struct field *ret_field)
{
    uint64_t tag, value;
    if (!read_varint(at, end, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return false;
    *ret_field = (struct field){.number = (uint32_t)(tag >> 3)};
    switch (tag & 7) {
    case 0:
        return read_varint(at, end, &value);
    case 1:
        return skip_bytes(at, end, 8);
    case 2:
        if (!read_varint(at, end, &value))
            return false;
        ret_field->bytes = *at;
        ret_field->size_bytes = (size_t)value;
        return skip_bytes(at, end, value);
    case 5:
        return skip_bytes(at, end, 4);
    default:
        return false;
    }
}

static bool walk(const uint8_t *bytes, size_t size_bytes, const struct text_rule *rules);

static bool
keeps_rule(const struct field *field, const struct text_rule *rule)
{
    if (field->size_bytes > rule->size_max)
        return false;
    switch (rule->kind) {
    case TEXT_VISIBLE:
        return is_between(field->bytes, field->size_bytes, 0x21, 0x7e);
    case TEXT_SPACED:
        return is_between(field->bytes, field->size_bytes, 0x20, 0x7e);
    case TEXT_UTF8:
        return text_is_utf8((const char *)field->bytes, field->size_bytes) &&
               memchr(field->bytes, 0, field->size_bytes) == NULL;
    case TEXT_DETAILS:
        return walk(field->bytes, field->size_bytes, detail_rules);
    case TEXT_PROBLEMS:
        return walk(field->bytes, field->size_bytes, problem_rules);
    }
    return false;
}

static bool
walk(const uint8_t *bytes, size_t size_bytes, const struct text_rule *rules)
{
    const uint8_t *end = bytes + size_bytes;
    while (bytes < end) {
        struct field field;
        if (!read_field(&bytes, end, &field))
            return false;
        for (const struct text_rule *rule = rules; field.bytes != NULL && rule->field != 0;
             rule++) {
            if (rule->field == field.number && !keeps_rule(&field, rule))
                return false;
        }
    }
    return true;
}

/* ---- frames ---- */

void
bus_frame_pack(enum bus_kind kind, const ProtobufCMessage *message, zmq_msg_t *ret_frame)
{
    size_t size = message != NULL ? protobuf_c_message_get_packed_size(message) : 0;
    CHECK(size <= BUS_MESSAGE_BYTES_MAX - BUS_HEAD_SIZE);
    CHECK(zmq_msg_init_size(ret_frame, BUS_HEAD_SIZE + size) == 0);
    uint8_t *bytes = zmq_msg_data(ret_frame);
    memcpy(bytes, (const uint8_t[]){'A', 'C', 1, (uint8_t)kind}, BUS_HEAD_SIZE);
    if (message != NULL)
        protobuf_c_message_pack(message, bytes + BUS_HEAD_SIZE);
}

bool
bus_frame_kind(const uint8_t *bytes, size_t size_bytes, enum bus_kind *ret_kind)
{
    if (size_bytes < BUS_HEAD_SIZE || memcmp(bytes, "AC\1", 3) != 0)
        return false;
    if (bytes[3] < BUS_REQUEST || bytes[3] > BUS_LEAVING)
        return false;
    *ret_kind = (enum bus_kind)bytes[3];
    return bytes[3] != BUS_PING || size_bytes == BUS_HEAD_SIZE;
}

/* Walks and unpacks what follows the head. */
static void *
open_frame(const ProtobufCMessageDescriptor *descriptor, const struct text_rule *rules,
           const uint8_t *bytes, size_t size_bytes, struct arena *arena)
{
    if (size_bytes < BUS_HEAD_SIZE || size_bytes > BUS_MESSAGE_BYTES_MAX)
        return NULL;
    bytes += BUS_HEAD_SIZE;
    size_bytes -= BUS_HEAD_SIZE;
    if (!walk(bytes, size_bytes, rules))
        return NULL;
    return protobuf_c_message_unpack(descriptor, arena_allocator(arena), size_bytes, bytes);
}

/* A principal and its MAC, or a bearer token, which has none. */
static bool
has_caller(const Common__V1__Request *request)
{
    size_t size_max = request->principal_mac.len == 0 ? TOKEN_BYTES_MAX : PRINCIPAL_BYTES_MAX;
    if (request->principal_mac.len != 0 && request->principal_mac.len != 32)
        return false;
    return request->principal.len >= 1 && request->principal.len <= size_max;
}

const Common__V1__Request *
bus_frame_open_request(const uint8_t *bytes, size_t size_bytes, struct arena *arena)
{
    const Common__V1__Request *request =
        open_frame(&common__v1__request__descriptor, request_rules, bytes, size_bytes, arena);
    if (request == NULL || request->request_id.len != BUS_ID_SIZE || request->method[0] == 0)
        return NULL;
    if (request->attempt < 1 || request->attempt > ATTEMPT_MAX || !has_caller(request))
        return NULL;
    return request->body.len <= BUS_BODY_BYTES_MAX ? request : NULL;
}

const Common__V1__Reply *
bus_frame_open_reply(const uint8_t *bytes, size_t size_bytes, struct arena *arena)
{
    const Common__V1__Reply *reply =
        open_frame(&common__v1__reply__descriptor, reply_rules, bytes, size_bytes, arena);
    if (reply == NULL || reply->request_id.len != BUS_ID_SIZE || reply->code > ERR_UNAUTHENTICATED)
        return NULL;
    return reply->body.len <= BUS_BODY_BYTES_MAX ? reply : NULL;
}

bool
bus_frame_open_presence(const uint8_t *bytes, size_t size_bytes, uint8_t ret_epoch[BUS_ID_SIZE],
                        bool *ret_draining)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    const Common__V1__Presence *presence =
        open_frame(&common__v1__presence__descriptor, no_rules, bytes, size_bytes, arena);
    bool is_good = presence != NULL && presence->epoch.len == BUS_ID_SIZE;
    if (is_good) {
        memcpy(ret_epoch, presence->epoch.data, BUS_ID_SIZE);
        *ret_draining = presence->draining;
    }
    arena_free(&arena);
    return is_good;
}

bool
bus_frame_find_id(const uint8_t *bytes, size_t size_bytes, uint8_t ret_id[BUS_ID_SIZE])
{
    if (size_bytes < BUS_HEAD_SIZE)
        return false;
    const uint8_t *at = bytes + BUS_HEAD_SIZE, *end = bytes + size_bytes;
    while (at < end) {
        struct field field;
        if (!read_field(&at, end, &field))
            return false;
        if (field.number == 1 && field.size_bytes == BUS_ID_SIZE) {
            memcpy(ret_id, field.bytes, BUS_ID_SIZE);
            return true;
        }
    }
    return false;
}
