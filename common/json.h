/*
 * json - messages to JSON and back, by their contract
 *
 * Strict in reading: one value, no duplicate keys, no unknown fields, no wrong types, no NUL,
 * UTF-8 only; nesting, size and text lengths are limited before anything is built. Syntax errors
 * name line and column, others the field's path.
 *
 *   enums              their names
 *   int64, uint64      numbers within +-(2^53 - 1); refused outside, with the field's name
 *   bytes              base64 with padding (RFC 4648, 4)
 *   Date, Timestamp    "2026-03-15", "2026-03-15T09:30:00.25Z"
 *   map fields         objects
 *   null               the same as absent
 *
 * In writing: absent messages, unset oneofs, empty texts and bytes and enum value 0 are left out
 * unless the contract says keep_empty; numbers, booleans and lists are always written. An enum
 * value without a name is written as its number.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/contract.h"

struct json_t; /* jansson's */

enum { JSON_DEPTH_MAX = 32, JSON_SIZE_BYTES_MAX = 128 * 1024 };

/* Reads one JSON value under the limits above (any value at the top). The result is jansson's:
 * json_decref. ERR_INVALID_ARGUMENT, reason JSON_MALFORMED (or JSON_TOO_DEEP, JSON_TOO_LARGE), with
 * line and column. */
enum err json_parse(const char *text, size_t size_bytes, struct json_t **ret_json,
                    struct fault *ret_fault) MUST_CHECK;

/* Reads a text into a new message in the arena. ERR_INVALID_ARGUMENT: as json_parse, or with the
 * field's path and reason JSON_FIELD_UNKNOWN, JSON_TYPE_WRONG, JSON_VALUE_WRONG, FIELD_TOO_LONG or
 * FIELD_TOO_MANY. ERR_RESOURCE_EXHAUSTED, reason BODY_TOO_LARGE: beyond the arena's budget.
 * contract_check is still to be called. Entries of maps are sorted, so that the order of the JSON
 * does not show in the packed bytes. Fields marked if_match or output_only are refused like unknown
 * ones when `is_request`. */
enum err json_read(struct arena *arena, const struct contract_message *contract, const char *text,
                   size_t size_bytes, bool is_request, ProtobufCMessage **ret_message,
                   struct fault *ret_fault) MUST_CHECK;

/* Sets one field of `message` (index into its fields) from the text of a path variable or a query
 * parameter. Repeated fields take one more element, others are overwritten. Whether the caller may
 * set the field (if_match, output_only) is not looked at: the gateway sets if_match fields so.
 * Refusals as json_read. */
enum err json_read_field(struct arena *arena, const struct contract_message *contract,
                         ProtobufCMessage *message, int field, const char *text,
                         struct fault *ret_fault) MUST_CHECK;

/* Makes an empty message. */
ProtobufCMessage *json_new_message(struct arena *arena, const struct contract_message *contract);

/* Adds the message as JSON to `out`. It must have passed contract_check: integers beyond the bounds
 * and days that do not exist are asserted. */
void json_write(struct buf *out, const struct contract_message *contract,
                const ProtobufCMessage *message);

/* The same for one field's value as plain text, for a path: texts and numbers only. */
void json_write_plain(struct buf *out, const struct contract_message *contract,
                      const ProtobufCMessage *message, int field);
