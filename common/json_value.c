/*
 * json_value - one value of jansson's tree into its place in a message
 *
 * Texts are measured before they are copied. A text from outside JSON (a map's key, a path
 * variable) first becomes the JSON value that it stands for, so that there is one set of rules.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/json_value.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "common/contract_field.h"

enum err
json_refuse_type(struct json_reader *reader, const struct path *path, const char *wanted)
{
    return path_refuse(path, "JSON_TYPE_WRONG", reader->fault, "must be %s", wanted);
}

enum err
json_refuse_value(struct json_reader *reader, const struct path *path, const char *wanted)
{
    return path_refuse(path, "JSON_VALUE_WRONG", reader->fault, "must be %s", wanted);
}

void *
json_take_memory(struct json_reader *reader, size_t size_bytes)
{
    void *memory = arena_try_alloc(reader->arena, size_bytes);
    if (memory == NULL)
        fault_set(reader->fault, ERR_RESOURCE_EXHAUSTED, "BODY_TOO_LARGE",
                  "becomes too large in memory");
    return memory;
}

/* ---- one value ---- */

static enum err
read_integer(struct json_reader *reader, const json_t *json, int64_t min, int64_t max,
             int64_t *ret_value, const struct path *path)
{
    if (!json_is_integer(json))
        return json_refuse_type(reader, path, "a whole number");
    int64_t value = json_integer_value(json);
    if (value < min || value > max)
        return path_refuse(path, "JSON_VALUE_WRONG", reader->fault, "must be from %lld to %lld",
                           (long long)min, (long long)max);
    *ret_value = value;
    return OK;
}

static enum err
read_enum(struct json_reader *reader, const ProtobufCEnumDescriptor *values, const json_t *json,
          int *ret_value, const struct path *path)
{
    if (!json_is_string(json))
        return json_refuse_type(reader, path, "a text, the name of a value");
    if (!contract_enum_value(values, json_string_value(json), ret_value))
        return json_refuse_value(reader, path, "the name of a value that is known");
    return OK;
}

static enum err
refuse_long(struct json_reader *reader, uint32_t size_bytes_max, const struct path *path)
{
    return path_refuse(path, "FIELD_TOO_LONG", reader->fault, "must have at most %u bytes",
                       size_bytes_max);
}

static enum err
read_text(struct json_reader *reader, const json_t *json, uint32_t size_bytes_max, char **ret_text,
          const struct path *path)
{
    if (!json_is_string(json))
        return json_refuse_type(reader, path, "a text");
    /* An empty text gets memory too: in a oneof protobuf-c takes its own empty text for "not set".
     */
    size_t size_bytes = json_string_length(json);
    if (size_bytes > size_bytes_max)
        return refuse_long(reader, size_bytes_max, path);
    char *text = json_take_memory(reader, size_bytes + 1);
    if (text == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    memcpy(text, json_string_value(json), size_bytes + 1);
    *ret_text = text;
    return OK;
}

static enum err
read_bytes(struct json_reader *reader, const json_t *json, uint32_t size_bytes_max,
           ProtobufCBinaryData *ret_bytes, const struct path *path)
{
    if (!json_is_string(json))
        return json_refuse_type(reader, path, "a text in base64");
    size_t text_bytes = json_string_length(json);
    size_t room_bytes = text_bytes / 4 * 3;
    if (room_bytes > (size_t)size_bytes_max + 2)
        return refuse_long(reader, size_bytes_max, path);
    uint8_t *bytes = json_take_memory(reader, room_bytes + 1);
    if (bytes == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    size_t size_bytes = 0;
    if (sodium_base642bin(bytes, room_bytes, json_string_value(json), text_bytes, NULL, &size_bytes,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return json_refuse_value(reader, path, "base64 with padding");
    if (size_bytes > size_bytes_max)
        return refuse_long(reader, size_bytes_max, path);
    *ret_bytes = (ProtobufCBinaryData){.len = size_bytes, .data = size_bytes > 0 ? bytes : NULL};
    return OK;
}

enum err
json_read_value(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
                const struct contract_field *rule, const json_t *json, uint32_t size_max,
                void *place, const struct path *path)
{
    int64_t number = 0;
    enum err err = OK;
    switch (field_kind(field)) {
    case FIELD_INT32:
        err = read_integer(reader, json, INT32_MIN, INT32_MAX, &number, path);
        *(int32_t *)place = (int32_t)number;
        return err;
    case FIELD_UINT32:
        err = read_integer(reader, json, 0, UINT32_MAX, &number, path);
        *(uint32_t *)place = (uint32_t)number;
        return err;
    case FIELD_INT64:
        return read_integer(reader, json, -FIELD_INTEGER_MAX, FIELD_INTEGER_MAX, place, path);
    case FIELD_UINT64:
        return read_integer(reader, json, 0, FIELD_INTEGER_MAX, place, path);
    case FIELD_BOOL:
        if (!json_is_boolean(json))
            return json_refuse_type(reader, path, "true or false");
        *(protobuf_c_boolean *)place = json_is_true(json);
        return OK;
    case FIELD_ENUM:
        return read_enum(reader, field->descriptor, json, place, path);
    case FIELD_TEXT:
        return read_text(reader, json, size_max, place, path);
    case FIELD_BYTES:
        return read_bytes(reader, json, size_max, place, path);
    case FIELD_MESSAGE:
        return json_read_message(reader, rule->message, json, place, path);
    case FIELD_NONE:
        break;
    }
    CHECK(false && "a kind of field");
    return ERR_INTERNAL;
}

/* A text from outside JSON (a map's key, a path variable, a query parameter) as the JSON value that
 * the field takes; NULL if it can be none. json_decref. */
static json_t *
value_from_text(const ProtobufCFieldDescriptor *field, const char *text)
{
    switch (field_kind(field)) {
    case FIELD_TEXT:
    case FIELD_BYTES:
    case FIELD_ENUM:
    case FIELD_MESSAGE:
        return json_string(text); /* NULL where it is not UTF-8 */
    case FIELD_BOOL:
        return strcmp(text, "true") == 0    ? json_true()
               : strcmp(text, "false") == 0 ? json_false()
                                            : NULL;
    default:
        break;
    }
    /* No spaces around numbers, and one way only to write zero. */
    size_t size_bytes = strlen(text);
    bool is_number = size_bytes > 0 && strspn(text, "0123456789+-.eE") == size_bytes;
    return is_number && strcmp(text, "-0") != 0
               ? json_loadb(text, size_bytes, JSON_DECODE_ANY, NULL)
               : NULL;
}

/* What value_from_text could make nothing of, in words. */
static const char *
text_wanted(const ProtobufCFieldDescriptor *field)
{
    switch (field_kind(field)) {
    case FIELD_TEXT:
    case FIELD_BYTES:
    case FIELD_ENUM:
    case FIELD_MESSAGE:
        return "UTF-8";
    case FIELD_BOOL:
        return "true or false";
    default:
        return "a whole number";
    }
}

enum err
json_read_value_text(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
                     const struct contract_field *rule, const char *text, uint32_t size_max,
                     void *place, const struct path *path)
{
    json_t *json = value_from_text(field, text);
    if (json == NULL)
        return json_refuse_value(reader, path, text_wanted(field));
    enum err err = json_read_value(reader, field, rule, json, size_max, place, path);
    json_decref(json);
    return err;
}
