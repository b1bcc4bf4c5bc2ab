/*
 * json_put - what the two writers of JSON share: json_write.c (messages) and json_packed.c (packed
 * bytes)
 *
 * Members and elements are each followed by a comma; closing replaces the last one.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/json.h"

/* Ends an object or a list. */
void json_put_close(struct buf *out, char bracket);

/* "name": of a member; names are letters, digits and _ only. */
void json_put_name(struct buf *out, const char *name);

/* UTF-8 without a zero byte. */
void json_put_text(struct buf *out, const char *text, size_t size_bytes);
/* Bytes from the beginning on that are ASCII and stand in a string as they are; perhaps less. */
size_t json_clean_size(const char *text, size_t size_bytes);

void json_put_bytes(struct buf *out, const uint8_t *bytes, size_t size_bytes);
/* One that every reader keeps exact. */
void json_put_integer(struct buf *out, int64_t value);
void json_put_bool(struct buf *out, bool value);
/* Its name, or its number where it has none. */
void json_put_enum(struct buf *out, const ProtobufCEnumDescriptor *values, int value);

/* A common.v1.Date, a google.protobuf.Timestamp; of days that exist. */
void json_put_date(struct buf *out, const ProtobufCMessage *date);
void json_put_timestamp(struct buf *out, const ProtobufCMessage *time);
