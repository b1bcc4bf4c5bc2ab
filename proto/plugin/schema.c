/*
 * schema - see schema.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/schema.h"

#include <inttypes.h>

#include "proto/plugin/describe.h"
#include "proto/plugin/memory.h"

/* Integers beyond this lose digits in JavaScript; the codec refuses them. */
#define SAFE_INTEGER INT64_C(9007199254740991)

/* A character class: what the codec refuses in one line (text_has_format), C0, DEL, C1 and the two
 * Unicode separators. */
#define OF_A_LINE "[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]"

static void
write_formatted_text(const struct model_field *field, struct json *json)
{
    static const struct {
        const char *key;
        const char *value;
    } formats[] = {
        [COMMON__V1__FORMAT__UUID] = {"format", "uuid"},
        [COMMON__V1__FORMAT__CODE] = {"pattern", "^[A-Za-z0-9._-]*$"},
        [COMMON__V1__FORMAT__EMAIL] = {"format", "email"},
        [COMMON__V1__FORMAT__CURRENCY] = {"pattern", "^[A-Z]{3}$"},
        [COMMON__V1__FORMAT__LANGUAGE] = {"pattern", "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"},
        [COMMON__V1__FORMAT__LINE] = {"pattern", "^" OF_A_LINE "*$"},
        [COMMON__V1__FORMAT__SEGMENT] = {"pattern", "^(?!\\.{1,2}$)" OF_A_LINE "*$"},
    };
    json_text(json, "type", "string");
    size_t format = (size_t)field->options->format;
    if (format < COUNT_OF(formats) && formats[format].key != NULL)
        json_text(json, formats[format].key, formats[format].value);
}

static void
write_integer(const struct model_field *field, struct json *json)
{
    int64_t min = -SAFE_INTEGER;
    int64_t max = SAFE_INTEGER;
    switch (field->type) {
    case MODEL_TYPE(UINT32):
    case MODEL_TYPE(FIXED32):
        min = 0;
        max = UINT32_MAX;
        break;
    case MODEL_TYPE(UINT64):
    case MODEL_TYPE(FIXED64):
        min = 0;
        break;
    case MODEL_TYPE(INT32):
    case MODEL_TYPE(SINT32):
    case MODEL_TYPE(SFIXED32):
        min = INT32_MIN;
        max = INT32_MAX;
        break;
    default:
        break;
    }
    if (field->options->number_min != 0 || field->options->number_max != 0) {
        min = field->options->number_min;
        max = field->options->number_max;
    }
    json_text(json, "type", "integer");
    json_text(json, "format", max > INT32_MAX || min < INT32_MIN ? "int64" : "int32");
    json_number(json, "minimum", min);
    json_number(json, "maximum", max);
}

/* One element of a field, as members of the open object. */
static void
write_element(const struct model_field *field, struct json *json)
{
    if (field->enumeration != NULL) {
        json_ref_here(json, "schemas", field->enumeration->full_name);
        return;
    }
    if (field->message != NULL && field->message->kind == MODEL_OBJECT) {
        json_ref_here(json, "schemas", field->message->full_name);
        return;
    }
    if (field->message != NULL) {
        json_text(json, "type", "string");
        json_text(json, "format", field->message->kind == MODEL_DATE ? "date" : "date-time");
        return;
    }
    switch (field->type) {
    case MODEL_TYPE(STRING):
        write_formatted_text(field, json);
        break;
    case MODEL_TYPE(BYTES):
        json_text(json, "type", "string");
        json_text(json, "contentEncoding", "base64");
        break;
    case MODEL_TYPE(BOOL):
        json_text(json, "type", "boolean");
        break;
    default:
        write_integer(field, json);
    }
}

/* Texts are limited in bytes, JSON Schema counts characters: its limit is never the stricter one.
 * Base64 is longer. */
static void
write_text_limits(const struct model_field *field, bool is_in_request, struct json *json)
{
    if (!is_in_request && field->options->size_max == 0)
        return;
    if (field->type == MODEL_TYPE(STRING)) {
        if (is_in_request && field->options->required)
            json_number(json, "minLength", 1);
        json_number(json, "maxLength", field->size_max);
    } else if (field->type == MODEL_TYPE(BYTES)) {
        json_number(json, "maxLength", ((int64_t)field->size_max + 2) / 3 * 4);
    }
}

void
schema_write_field(const struct model_field *field, bool is_in_request, struct json *json)
{
    if (model_is_map(field)) {
        json_text(json, "type", "object");
        json_open_object(json, "additionalProperties");
        write_element(&field->message->fields[1], json);
        json_close_object(json);
        json_number(json, "maxProperties", field->size_max);
    } else if (field->is_repeated) {
        json_text(json, "type", "array");
        json_open_object(json, "items");
        write_element(field, json);
        json_close_object(json);
        json_number(json, "maxItems", field->size_max);
        if (is_in_request && field->options->required)
            json_number(json, "minItems", 1);
    } else {
        write_element(field, json);
        write_text_limits(field, is_in_request, json);
    }
}

/* A reply holds numbers, truths and lists always, and texts where the contract keeps or requires
 * them. */
static bool
is_always_written(const struct model_field *field)
{
    if (field->oneof != NULL)
        return false;
    if (field->options->required || field->options->keep_empty || field->is_repeated)
        return true;
    return field->message == NULL && field->enumeration == NULL &&
           field->type != MODEL_TYPE(STRING) && field->type != MODEL_TYPE(BYTES);
}

static bool
is_required(const struct schema_entry *entry, const struct model_field *field)
{
    if (field->options->output_only && entry->is_in_request)
        return false;
    if (entry->is_in_request && !field->options->required)
        return false;
    return !entry->is_in_reply || is_always_written(field);
}

/* The unspecified value is written only where the contract keeps it. */
static void
write_property(const struct schema_entry *entry, const struct model_field *field, struct json *json)
{
    json_open_object(json, field->name);
    const char *description = describe_field(field);
    if (description[0] != '\0')
        json_text(json, "description", description);
    if (field->options->output_only)
        json_bool(json, "readOnly", true);
    if (field->options->personal)
        json_bool(json, "x-personal", true);
    if (field->enumeration != NULL && !field->is_repeated && field->options->keep_empty) {
        json_open_list(json, "anyOf");
        json_ref(json, NULL, "schemas", field->enumeration->full_name);
        json_open_object(json, NULL);
        json_text(json, "const", field->enumeration->values[0].name);
        json_close_object(json);
        json_close_list(json);
    } else {
        schema_write_field(field, entry->is_in_request, json);
    }
    json_close_object(json);
}

static void
write_required(const struct schema_entry *entry, const struct route *route, struct json *json)
{
    bool has_any = false;
    for (size_t i = 0; i < entry->message->field_count; i++) {
        const struct model_field *field = &entry->message->fields[i];
        bool is_elsewhere =
            entry->body_of != NULL && describe_field_place(route, field) != DESCRIBE_BODY;
        if (is_elsewhere || model_is_carried(field) || !is_required(entry, field))
            continue;
        if (!has_any)
            json_open_list(json, "required");
        json_text(json, NULL, field->name);
        has_any = true;
    }
    if (has_any)
        json_close_list(json);
}

/* Names of oneofs and their fields, since JSON Schema would say it at great length. */
static const char *
describe_message(const struct model_message *message)
{
    struct text out = {0};
    text_add(&out, "%s", message->place.comment);
    const char *current = NULL;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct model_field *field = &message->fields[i];
        if (field->oneof == NULL)
            continue;
        if (current == NULL || !text_is_equal(current, field->oneof))
            text_add(&out, "%s\n\nAt most one of these is set: `%s`", current == NULL ? "" : ".",
                     field->name);
        else
            text_add(&out, ", `%s`", field->name);
        current = field->oneof;
    }
    if (current != NULL)
        text_add(&out, ".");
    return text_bytes(&out);
}

static void
write_message(const struct schema_entry *entry, struct json *json)
{
    struct route route = {0};
    const struct model_field *others = NULL; /* of a form: names that the contract does not know */
    if (entry->body_of != NULL) {
        route_read(entry->body_of, &route);
        others = route_form_field(entry->body_of);
    }
    json_open_object(json, entry->message->full_name);
    json_text(json, "type", "object");
    json_text(json, "description", describe_message(entry->message));
    json_open_object(json, "properties");
    for (size_t i = 0; i < entry->message->field_count; i++) {
        const struct model_field *field = &entry->message->fields[i];
        if (model_is_carried(field) || field == others)
            continue;
        if (entry->body_of == NULL || describe_field_place(&route, field) == DESCRIBE_BODY)
            write_property(entry, field, json);
    }
    json_close_object(json);
    write_required(entry, &route, json);
    if (others != NULL) {
        json_open_object(json, "additionalProperties");
        write_element(model_find_field(others->message, "value"), json);
        json_close_object(json);
    } else if (entry->is_in_request && !entry->is_in_reply) {
        json_bool(json, "additionalProperties", false);
    }
    json_close_object(json);
}

static void
write_enum(const struct model_enum *enumeration, struct json *json)
{
    struct text description = {0};
    text_add(&description, "%s\n", enumeration->place.comment);
    for (size_t i = 1; i < enumeration->value_count; i++)
        text_add(&description, "\n- `%s`: %s", enumeration->values[i].name,
                 enumeration->values[i].place.comment);
    json_open_object(json, enumeration->full_name);
    json_text(json, "type", "string");
    json_text(json, "description", text_bytes(&description));
    json_open_list(json, "enum");
    for (size_t i = 1; i < enumeration->value_count; i++)
        json_text(json, NULL, enumeration->values[i].name);
    json_close_list(json);
    json_close_object(json);
}

void
schema_write_all(const struct schema_set *set, struct json *json)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->entries[i].message != NULL)
            write_message(&set->entries[i], json);
        else
            write_enum(set->entries[i].enumeration, json);
    }
}
