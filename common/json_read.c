/*
 * json_read - a message from jansson's tree, by its contract
 *
 * What a caller sends decides how much is built, so lists and texts are measured before they are,
 * and all memory comes from the call's arena: beyond its budget the call is refused. Entries of
 * maps are sorted by key, so that the same object in another order packs to the same bytes (the
 * fingerprint of an idempotency key rests on that).
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/json_value.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/contract_field.h"
#include "common/date.h"
#include "common/v1/types.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

static ProtobufCMessage *
new_message(struct json_reader *reader, const struct contract_message *contract)
{
    ProtobufCMessage *message = json_take_memory(reader, contract->descriptor->sizeof_message);
    if (message != NULL)
        protobuf_c_message_init(contract->descriptor, message);
    return message;
}

/* ---- lists and maps ---- */

/* Room for `count` values of a repeated field; NULL and a fault if that is too many. */
static char *
take_values(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
            const struct contract_field *rule, size_t count, const struct path *path)
{
    if (count > rule->size_max) {
        path_refuse(path, "FIELD_TOO_MANY", reader->fault, "must have at most %u elements, not %zu",
                    rule->size_max, count);
        return NULL;
    }
    size_t size_bytes = count * field_value_size_bytes(field->type);
    char *values = json_take_memory(reader, size_bytes);
    if (values != NULL)
        memset(values, 0, size_bytes);
    return values;
}

static enum err
read_list(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
          const struct contract_field *rule, const json_t *json, ProtobufCMessage *message,
          const struct path *path)
{
    if (!json_is_array(json))
        return json_refuse_type(reader, path, "a list");
    size_t count = json_array_size(json);
    if (count == 0)
        return OK;
    char *values = take_values(reader, field, rule, count, path);
    if (values == NULL)
        return reader->fault->code;
    size_t step_bytes = field_value_size_bytes(field->type);
    for (size_t i = 0; i < count; i++) {
        struct path element = {.parent = path, .index = i};
        enum err err = json_read_value(reader, field, rule, json_array_get(json, i),
                                       CONTRACT_TEXT_BYTES, values + i * step_bytes, &element);
        if (err != OK)
            return err;
    }
    *field_count(field, message) = count;
    *(void **)field_place(field, message) = values;
    return OK;
}

static enum err
read_entry(struct json_reader *reader, const struct contract_message *contract, const char *key,
           const json_t *json, ProtobufCMessage **ret_entry, const struct path *path)
{
    ProtobufCMessage *entry = new_message(reader, contract);
    if (entry == NULL)
        return ERR_RESOURCE_EXHAUSTED;
    const ProtobufCFieldDescriptor *fields = contract->descriptor->fields;
    const struct contract_field *rules = contract->fields;
    enum err err = json_read_value_text(reader, &fields[0], &rules[0], key, rules[0].size_max,
                                        field_place(&fields[0], entry), path);
    if (err != OK)
        return err;
    *ret_entry = entry;
    return json_read_value(reader, &fields[1], &rules[1], json, rules[1].size_max,
                           field_place(&fields[1], entry), path);
}

static enum err
read_map(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
         const struct contract_field *rule, json_t *json, ProtobufCMessage *message,
         const struct path *path)
{
    if (!json_is_object(json))
        return json_refuse_type(reader, path, "an object");
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
    qsort(entries, count, sizeof *entries, field_compare_entries);
    *field_count(field, message) = count;
    *(void **)field_place(field, message) = count > 0 ? entries : NULL;
    return OK;
}

/* ---- messages ---- */

/* Notes which member of a oneof is set; a second one is refused. */
static enum err
choose(struct json_reader *reader, const ProtobufCFieldDescriptor *field, ProtobufCMessage *message,
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
read_field(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
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
    return json_read_value(reader, field, rule, json, rule->size_max, field_place(field, message),
                           path);
}

static enum err
read_object(struct json_reader *reader, const struct contract_message *contract, json_t *json,
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
read_date(struct json_reader *reader, const json_t *json, ProtobufCMessage *message,
          const struct path *path)
{
    struct date date;
    if (!json_is_string(json))
        return json_refuse_type(reader, path, "a text, a day as \"2026-03-15\"");
    if (!date_parse(json_string_value(json), &date))
        return json_refuse_value(reader, path, "a day that exists, as \"2026-03-15\"");
    Common__V1__Date *out = (Common__V1__Date *)message;
    out->year = date.year;
    out->month = date.month;
    out->day = date.day;
    return OK;
}

static enum err
read_timestamp(struct json_reader *reader, const json_t *json, ProtobufCMessage *message,
               const struct path *path)
{
    int64_t unix_us;
    if (!json_is_string(json))
        return json_refuse_type(reader, path, "a text, a time as \"2026-03-15T09:30:00Z\"");
    /* The offset may carry a time out of the years that can be written. */
    if (!clock_parse_us(json_string_value(json), &unix_us) ||
        unix_us < FIELD_SECONDS_MIN * 1000000 || unix_us > FIELD_SECONDS_MAX * 1000000 + 999999)
        return json_refuse_value(reader, path, "a time of RFC 3339, as \"2026-03-15T09:30:00Z\"");
    Google__Protobuf__Timestamp *out = (Google__Protobuf__Timestamp *)message;
    int64_t us = unix_us % 1000000;
    us += us < 0 ? 1000000 : 0;
    out->seconds = (unix_us - us) / 1000000;
    out->nanos = (int32_t)us * 1000;
    return OK;
}

enum err
json_read_message(struct json_reader *reader, const struct contract_message *contract,
                  const json_t *json, ProtobufCMessage **ret_message, const struct path *path)
{
    if (contract->kind != CONTRACT_DATE && contract->kind != CONTRACT_TIMESTAMP &&
        !json_is_object(json))
        return json_refuse_type(reader, path, "an object");
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
    struct json_reader reader = {.arena = arena, .is_request = is_request, .fault = ret_fault};
    ProtobufCMessage *message = NULL;
    err = json_read_message(&reader, contract, json, &message, NULL);
    json_decref(json);
    if (err == OK)
        *ret_message = message;
    else if (ret_fault->field[0] == 0 && ret_fault->line == 0)
        json_say_place(text, strspn(text, " \t\r\n"), ret_fault); /* the whole value is at fault */
    return err;
}

/* ---- one field from a text ---- */

/* A list with room for one more value, its old ones copied: such lists are short, and have a
 * maximum. */
static enum err
append_from_text(struct json_reader *reader, const ProtobufCFieldDescriptor *field,
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
    enum err err = json_read_value_text(reader, field, rule, text, CONTRACT_TEXT_BYTES,
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
    struct json_reader reader = {.arena = arena, .fault = ret_fault};
    struct path path = {.name = rule->name};
    bool is_object = rule->message != NULL && rule->message->kind != CONTRACT_DATE &&
                     rule->message->kind != CONTRACT_TIMESTAMP;
    if (is_object)
        return json_refuse_type(&reader, &path, "given in the body");
    if (field_is_repeated(field))
        return append_from_text(&reader, field, rule, text, message, &path);
    if (field_is_oneof(field)) {
        enum err err = choose(&reader, field, message, &path);
        if (err != OK)
            return err;
    }
    return json_read_value_text(&reader, field, rule, text, rule->size_max,
                                field_place(field, message), &path);
}

ProtobufCMessage *
json_new_message(struct arena *arena, const struct contract_message *contract)
{
    ProtobufCMessage *message = arena_alloc(arena, contract->descriptor->sizeof_message);
    protobuf_c_message_init(contract->descriptor, message);
    return message;
}
