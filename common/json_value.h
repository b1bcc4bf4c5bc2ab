/*
 * json_value - what the files of json's reading side share
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/contract_path.h"
#include "common/json.h"

/* One reading. */
struct json_reader {
    struct arena *arena;
    bool is_request;
    struct fault *fault;
};

/* ERR_INVALID_ARGUMENT: "must be <wanted>", reason JSON_TYPE_WRONG or JSON_VALUE_WRONG. */
enum err json_refuse_type(struct json_reader *reader, const struct path *path, const char *wanted);
enum err json_refuse_value(struct json_reader *reader, const struct path *path, const char *wanted);

/* Sets line and column of the byte at `offset`. */
void json_say_place(const char *text, size_t offset, struct fault *fault);

/* Not zeroed; NULL beyond the arena's budget, and the fault says so. */
void *json_take_memory(struct json_reader *reader, size_t size_bytes);

/* A value into its place in the message. `size_max` is for texts and bytes. */
enum err json_read_value(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
                         const struct contract_field *rule, const struct json_t *json,
                         uint32_t size_max, void *place, const struct path *path);

/* The same from a text that stands outside JSON. */
enum err json_read_value_text(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
                              const struct contract_field *rule, const char *text,
                              uint32_t size_max, void *place, const struct path *path);

/* A value that is a message, of any kind. */
enum err json_read_message(struct json_reader *reader, const struct contract_message *contract,
                           const struct json_t *json, ProtobufCMessage **ret_message,
                           const struct path *path);
