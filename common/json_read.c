/*
 * json_read - a message from jansson's tree, by its contract
 *
 * What a caller sends decides how much is built, so lists and texts are measured before they are,
 * and all memory comes from the call's arena: beyond its budget the call is refused. Entries of
 * maps are sorted by key, so that the same object in another order packs to the same bytes (the
 * fingerprint of an idempotency key rests on that).
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/json.h"

#include <jansson.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/contract_field.h"
#include "common/contract_path.h"
#include "common/date.h"
#include "common/v1/types.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

struct reader {
    struct arena *arena;
    bool is_request;
    struct fault *fault;
};

static enum err read_message(struct reader *reader, const struct contract_message *contract,
                             const json_t *json, ProtobufCMessage **ret_message,
                             const struct path *path);

static enum err
refuse_type(struct reader *reader, const struct path *path, const char *wanted)
{
    return path_refuse(path, "JSON_TYPE_WRONG", reader->fault, "must be %s", wanted);
}

static enum err
refuse_value(struct reader *reader, const struct path *path, const char *wanted)
{
    return path_refuse(path, "JSON_VALUE_WRONG", reader->fault, "must be %s", wanted);
}

/* Not zeroed; NULL beyond the budget, and the fault says so. */
static void *
take_memory(struct reader *reader, size_t size_bytes)
{
    void *memory = arena_try_alloc(reader->arena, size_bytes);
    if (memory == NULL)
        fault_set(reader->fault, ERR_RESOURCE_EXHAUSTED, "BODY_TOO_LARGE",
                  "becomes too large in memory");
    return memory;
}

static ProtobufCMessage *
new_message(struct reader *reader, const struct contract_message *contract)
{
    ProtobufCMessage *message = take_memory(reader, contract->descriptor->sizeof_message);
    if (message != NULL)
        protobuf_c_message_init(contract->descriptor, message);
    return message;
}

/* ---- one value ---- */

static enum err
read_integer(struct reader *reader, const json_t *json, int64_t min, int64_t max,
             int64_t *ret_value, const struct path *path)
{
    if (!json_is_integer(json))
        return refuse_type(reader, path, "a whole number");
    int64_t value = json_integer_value(json);
    if (value < min || value > max)
        return path_refuse(path, "JSON_VALUE_WRONG", reader->fault, "must be from %lld to %lld",
                           (long long)min, (long long)max);
    *ret_value = value;
    return OK;
}

static enum err
read_real(struct reader *reader, const json_t *json, bool is_float, void *place,
          const struct path *path)
{
    if (!json_is_number(json))
        return refuse_type(reader, path, "a number");
    double value = json_number_value(json);
    if (!is_float) {
        *(double *)place = value;
        return OK;
    }
    float narrow = (float)value;
    if (!isfinite(narrow))
        return refuse_value(reader, path, "a number that fits into 32 bits");
    *(float *)place = narrow;
    return OK;
}

static enum err
read_enum(struct reader *reader, const ProtobufCEnumDescriptor *values, const json_t *json,
          int *ret_value, const struct path *path)
{
    if (!json_is_string(json))
        return refuse_type(reader, path, "a text, the name of a value");
    if (!contract_enum_value(values, json_string_value(json), ret_value))
        return refuse_value(reader, path, "the name of a value that is known");
    return OK;
}

static enum err
refuse_long(struct reader *reader, uint32_t size_bytes_max, const struct path *path)
{
    return path_refuse(path, "FIELD_TOO_LONG", reader->fault, "must have at most %u bytes",
                       size_bytes_max);
}

static enum err
read_text(struct reader *reader, const json_t *json, uint32_t size_bytes_max, char **ret_text,
          const struct path *path)
{
    if (!json_is_string(json))
        return refuse_type(reader, path, "a text");
    /* An empty text gets memory too: in a oneof protobuf-c takes its own empty text for "not set".
     */
    size_t size_bytes = json_string_length(json);
    if (size_bytes > size_bytes_max)
        return refuse_long(reader, size_bytes_max, path);
    char *text = take_memory(reader, size_bytes + 1);
    if (text == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    memcpy(text, json_string_value(json), size_bytes + 1);
    *ret_text = text;
    return OK;
}

static enum err
read_bytes(struct reader *reader, const json_t *json, uint32_t size_bytes_max,
           ProtobufCBinaryData *ret_bytes, const struct path *path)
{
    if (!json_is_string(json))
        return refuse_type(reader, path, "a text in base64");
    size_t text_bytes = json_string_length(json);
    size_t room_bytes = text_bytes / 4 * 3;
    if (room_bytes > (size_t)size_bytes_max + 2)
        return refuse_long(reader, size_bytes_max, path);
    uint8_t *bytes = take_memory(reader, room_bytes + 1);
    if (bytes == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    size_t size_bytes = 0;
    if (sodium_base642bin(bytes, room_bytes, json_string_value(json), text_bytes, NULL, &size_bytes,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return refuse_value(reader, path, "base64 with padding");
    if (size_bytes > size_bytes_max)
        return refuse_long(reader, size_bytes_max, path);
    *ret_bytes = (ProtobufCBinaryData){.len = size_bytes, .data = size_bytes > 0 ? bytes : NULL};
    return OK;
}

/* A value into its place in the message. `size_max` is for texts and bytes. */
static enum err
read_value(struct reader *reader, const ProtobufCFieldDescriptor *field,
           const struct contract_field *rule, const json_t *json, uint32_t size_max, void *place,
           const struct path *path)
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
    case FIELD_FLOAT:
    case FIELD_DOUBLE:
        return read_real(reader, json, field_kind(field) == FIELD_FLOAT, place, path);
    case FIELD_BOOL:
        if (!json_is_boolean(json))
            return refuse_type(reader, path, "true or false");
        *(protobuf_c_boolean *)place = json_is_true(json);
        return OK;
    case FIELD_ENUM:
        return read_enum(reader, field->descriptor, json, place, path);
    case FIELD_TEXT:
        return read_text(reader, json, size_max, place, path);
    case FIELD_BYTES:
        return read_bytes(reader, json, size_max, place, path);
    case FIELD_MESSAGE:
        return read_message(reader, rule->message, json, place, path);
    }
    CHECK(!"a kind of field");
    return ERR_INTERNAL;
}

/* ---- lists and maps ---- */

/* Room for `count` values of a repeated field; NULL and a fault if that is too many. */
static char *
take_values(struct reader *reader, const ProtobufCFieldDescriptor *field,
            const struct contract_field *rule, size_t count, const struct path *path)
{
    if (count > rule->size_max) {
        path_refuse(path, "FIELD_TOO_MANY", reader->fault, "must have at most %u elements, not %zu",
                    rule->size_max, count);
        return NULL;
    }
    size_t size_bytes = count * field_value_size_bytes(field->type);
    char *values = take_memory(reader, size_bytes);
    if (values != NULL)
        memset(values, 0, size_bytes);
    return values;
}

static enum err
read_list(struct reader *reader, const ProtobufCFieldDescriptor *field,
          const struct contract_field *rule, const json_t *json, ProtobufCMessage *message,
          const struct path *path)
{
    if (!json_is_array(json))
        return refuse_type(reader, path, "a list");
    size_t count = json_array_size(json);
    if (count == 0)
        return OK;
    char *values = take_values(reader, field, rule, count, path);
    if (values == NULL)
        return reader->fault->code;
    size_t step_bytes = field_value_size_bytes(field->type);
    for (size_t i = 0; i < count; i++) {
        struct path element = {.parent = path, .index = i};
        enum err err = read_value(reader, field, rule, json_array_get(json, i), CONTRACT_TEXT_BYTES,
                                  values + i * step_bytes, &element);
        if (err != OK)
            return err;
    }
    *field_count(field, message) = count;
    *(void **)field_place(field, message) = values;
    return OK;
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

static enum err
read_value_from_text(struct reader *reader, const ProtobufCFieldDescriptor *field,
                     const struct contract_field *rule, const char *text, uint32_t size_max,
                     void *place, const struct path *path)
{
    json_t *json = value_from_text(field, text);
    if (json == NULL)
        return refuse_value(reader, path, "a value of the field's type");
    enum err err = read_value(reader, field, rule, json, size_max, place, path);
    json_decref(json);
    return err;
}

static enum err
read_entry(struct reader *reader, const struct contract_message *contract, const char *key,
           const json_t *json, ProtobufCMessage **ret_entry, const struct path *path)
{
    ProtobufCMessage *entry = new_message(reader, contract);
    if (entry == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    const ProtobufCFieldDescriptor *fields = contract->descriptor->fields;
    const struct contract_field *rules = contract->fields;
    enum err err = read_value_from_text(reader, &fields[0], &rules[0], key, rules[0].size_max,
                                        field_place(&fields[0], entry), path);
    if (err != OK)
        return err;
    *ret_entry = entry;
    return read_value(reader, &fields[1], &rules[1], json, rules[1].size_max,
                      field_place(&fields[1], entry), path);
}

static int
compare_entries(const void *a, const void *b)
{
    const ProtobufCMessage *a_entry = *(const ProtobufCMessage *const *)a;
    const ProtobufCMessage *b_entry = *(const ProtobufCMessage *const *)b;
    const ProtobufCFieldDescriptor *key = &a_entry->descriptor->fields[0];
    const void *a_key = field_place(key, a_entry);
    const void *b_key = field_place(key, b_entry);
    if (field_kind(key) == FIELD_TEXT)
        return strcmp(*(char *const *)a_key, *(char *const *)b_key);
    size_t size_bytes = field_value_size_bytes(key->type);
    return memcmp(a_key, b_key, size_bytes); /* any order that is always the same */
}

static enum err
read_map(struct reader *reader, const ProtobufCFieldDescriptor *field,
         const struct contract_field *rule, json_t *json, ProtobufCMessage *message,
         const struct path *path)
{
    if (!json_is_object(json))
        return refuse_type(reader, path, "an object");
    size_t room = json_object_size(json);
    if (room == 0)
        return OK;
    ProtobufCMessage **entries = (ProtobufCMessage **)take_values(reader, field, rule, room, path);
    if (entries == NULL)
        return reader->fault->code;
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        if (json_is_null(value))
            continue;
        struct path here = {.parent = path, .name = key};
        enum err err = read_entry(reader, rule->message, key, value, &entries[count++], &here);
        if (err != OK)
            return err;
    }
    qsort(entries, count, sizeof *entries, compare_entries);
    *field_count(field, message) = count;
    *(void **)field_place(field, message) = count > 0 ? entries : NULL;
    return OK;
}

/* ---- messages ---- */

/* Notes which member of a oneof is set; a second one is refused. */
static enum err
choose(struct reader *reader, const ProtobufCFieldDescriptor *field, ProtobufCMessage *message,
       const struct path *path)
{
    uint32_t *chosen = field_case(field, message);
    if (*chosen != 0 && *chosen != field->id)
        return path_refuse(path, "JSON_VALUE_WRONG", reader->fault,
                           "must not be given together with a field that excludes it");
    *chosen = field->id;
    return OK;
}

static enum err
read_field(struct reader *reader, const ProtobufCFieldDescriptor *field,
           const struct contract_field *rule, json_t *json, ProtobufCMessage *message,
           const struct path *path)
{
    if ((rule->flags & CONTRACT_MAP) != 0)
        return read_map(reader, field, rule, json, message, path);
    if (field_is_repeated(field))
        return read_list(reader, field, rule, json, message, path);
    if (field_is_oneof(field)) {
        enum err err = choose(reader, field, message, path);
        if (err != OK)
            return err;
    }
    return read_value(reader, field, rule, json, rule->size_max, field_place(field, message), path);
}

static enum err
read_object(struct reader *reader, const struct contract_message *contract, json_t *json,
            ProtobufCMessage *message, const struct path *path)
{
    const ProtobufCMessageDescriptor *descriptor = contract->descriptor;
    uint32_t closed = reader->is_request ? CONTRACT_IF_MATCH | CONTRACT_OUTPUT_ONLY : 0;
    const char *name;
    json_t *value;
    json_object_foreach(json, name, value)
    {
        struct path here = {.parent = path, .name = name};
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(descriptor, name);
        size_t i = field != NULL ? (size_t)(field - descriptor->fields) : 0;
        if (field == NULL || (contract->fields[i].flags & closed) != 0)
            return path_refuse(&here, "JSON_FIELD_UNKNOWN", reader->fault, "is no field here");
        if (json_is_null(value))
            continue;
        enum err err = read_field(reader, field, &contract->fields[i], value, message, &here);
        if (err != OK)
            return err;
    }
    return OK;
}

static enum err
read_date(struct reader *reader, const json_t *json, ProtobufCMessage *message,
          const struct path *path)
{
    struct date date;
    if (!json_is_string(json))
        return refuse_type(reader, path, "a text, a day as \"2026-03-15\"");
    if (!date_parse(json_string_value(json), &date))
        return refuse_value(reader, path, "a day that exists, as \"2026-03-15\"");
    Common__V1__Date *out = (Common__V1__Date *)message;
    out->year = date.year;
    out->month = date.month;
    out->day = date.day;
    return OK;
}

static enum err
read_timestamp(struct reader *reader, const json_t *json, ProtobufCMessage *message,
               const struct path *path)
{
    int64_t unix_us;
    if (!json_is_string(json))
        return refuse_type(reader, path, "a text, a time as \"2026-03-15T09:30:00Z\"");
    /* The offset may carry a time out of the years that can be written. */
    if (!clock_parse_us(json_string_value(json), &unix_us) ||
        unix_us < FIELD_SECONDS_MIN * 1000000 || unix_us > FIELD_SECONDS_MAX * 1000000 + 999999)
        return refuse_value(reader, path, "a time of RFC 3339, as \"2026-03-15T09:30:00Z\"");
    Google__Protobuf__Timestamp *out = (Google__Protobuf__Timestamp *)message;
    int64_t us = unix_us % 1000000;
    us += us < 0 ? 1000000 : 0;
    out->seconds = (unix_us - us) / 1000000;
    out->nanos = (int32_t)us * 1000;
    return OK;
}

static enum err
read_message(struct reader *reader, const struct contract_message *contract, const json_t *json,
             ProtobufCMessage **ret_message, const struct path *path)
{
    if (contract->kind != CONTRACT_DATE && contract->kind != CONTRACT_TIMESTAMP &&
        !json_is_object(json))
        return refuse_type(reader, path, "an object");
    ProtobufCMessage *message = new_message(reader, contract);
    if (message == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    enum err err;
    if (contract->kind == CONTRACT_DATE)
        err = read_date(reader, json, message, path);
    else if (contract->kind == CONTRACT_TIMESTAMP)
        err = read_timestamp(reader, json, message, path);
    else
        err = read_object(reader, contract, (json_t *)json, message, path);
    *ret_message = message;
    return err;
}

enum err
json_read(struct arena *arena, const struct contract_message *contract, const char *text,
          size_t size_bytes, bool is_request, ProtobufCMessage **ret_message,
          struct fault *ret_fault)
{
    json_t *json;
    enum err err = json_parse(text, size_bytes, &json, ret_fault);
    if (err != OK)
        return err;
    struct reader reader = {.arena = arena, .is_request = is_request, .fault = ret_fault};
    ProtobufCMessage *message = NULL;
    err = read_message(&reader, contract, json, &message, NULL);
    json_decref(json);
    if (err == OK)
        *ret_message = message;
    return err;
}

/* ---- one field from a text ---- */

/* A list with room for one more value, its old ones copied: such lists are short, and have a
 * maximum. */
static enum err
append_from_text(struct reader *reader, const ProtobufCFieldDescriptor *field,
                 const struct contract_field *rule, const char *text, ProtobufCMessage *message,
                 const struct path *path)
{
    size_t count = *field_count(field, message);
    char *values = take_values(reader, field, rule, count + 1, path);
    if (values == NULL)
        return reader->fault->code;
    size_t step_bytes = field_value_size_bytes(field->type);
    if (count > 0)
        memcpy(values, field_values(field, message), count * step_bytes);
    enum err err = read_value_from_text(reader, field, rule, text, CONTRACT_TEXT_BYTES,
                                        values + count * step_bytes, path);
    if (err != OK)
        return err;
    *field_count(field, message) = count + 1;
    *(void **)field_place(field, message) = values;
    return OK;
}

enum err
json_read_field(struct arena *arena, const struct contract_message *contract,
                ProtobufCMessage *message, int field_index, const char *text,
                struct fault *ret_fault)
{
    CHECK(field_index >= 0 && (unsigned)field_index < contract->descriptor->n_fields);
    const ProtobufCFieldDescriptor *field = &contract->descriptor->fields[field_index];
    const struct contract_field *rule = &contract->fields[field_index];
    struct reader reader = {.arena = arena, .fault = ret_fault};
    struct path path = {.name = rule->name};
    bool is_object = rule->message != NULL && rule->message->kind != CONTRACT_DATE &&
                     rule->message->kind != CONTRACT_TIMESTAMP;
    if (is_object)
        return refuse_type(&reader, &path, "given in the body");
    if (field_is_repeated(field))
        return append_from_text(&reader, field, rule, text, message, &path);
    if (field_is_oneof(field)) {
        enum err err = choose(&reader, field, message, &path);
        if (err != OK)
            return err;
    }
    return read_value_from_text(&reader, field, rule, text, rule->size_max,
                                field_place(field, message), &path);
}

ProtobufCMessage *
json_new_message(struct arena *arena, const struct contract_message *contract)
{
    ProtobufCMessage *message = arena_alloc(arena, contract->descriptor->sizeof_message);
    protobuf_c_message_init(contract->descriptor, message);
    return message;
}
