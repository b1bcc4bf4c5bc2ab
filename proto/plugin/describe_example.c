/*
 * describe_example - made-up values that fit their field's contract
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/describe.h"

#include "proto/plugin/json.h"
#include "proto/plugin/text.h"

static const char *
text_example(const struct model_field *field)
{
    static const char *const by_format[] = {
        NULL, "0192f1a0-5c3e-7b1d-9e2f-3a4b5c6d7e8f", "a-1", "ada@example.org", "EUR", "de-DE",
        NULL};
    const char *quoted = describe_quoted(describe_field(field));
    size_t format = (size_t)field->options->format;
    if (quoted != NULL)
        return quoted;
    if (format < COUNT_OF(by_format) && by_format[format] != NULL)
        return by_format[format];
    if (text_ends_with(field->name, "_id"))
        return by_format[1];
    if (text_ends_with(field->name, "currency_code"))
        return by_format[4];
    if (text_ends_with(field->name, "_token"))
        return "";
    return "text";
}

static int64_t
number_example(const struct model_field *field)
{
    const Common__V1__Field *options = field->options;
    if (text_is_equal(field->name, "page_size"))
        return 50;
    if (text_is_equal(field->name, "minor"))
        return 4900;
    bool is_bounded = options->number_min != 0 || options->number_max != 0;
    if (is_bounded && (options->number_min > 1 || options->number_max < 1))
        return options->number_min;
    return 1;
}

/* The value that the comment gives as an example, or the first behind UNSPECIFIED. */
static const char *
enum_example(const struct model_field *field)
{
    const struct model_enum *enumeration = field->enumeration;
    const char *quoted = describe_quoted(describe_field(field));
    for (size_t i = 0; quoted != NULL && i < enumeration->value_count; i++)
        if (text_is_equal(enumeration->values[i].name, quoted))
            return quoted;
    return enumeration->values[enumeration->value_count > 1].name;
}

static void message_example(const struct model_message *message, bool is_request, const char *key,
                            struct json *json);

static void
element_example(const struct model_field *field, bool is_request, const char *key,
                struct json *json)
{
    if (field->enumeration != NULL) {
        json_text(json, key, enum_example(field));
        return;
    }
    if (field->message != NULL) {
        message_example(field->message, is_request, key, json);
        return;
    }
    switch (field->type) {
    case MODEL_TYPE(STRING):
        json_text(json, key, text_example(field));
        break;
    case MODEL_TYPE(BYTES):
        json_text(json, key, "AAEC");
        break;
    case MODEL_TYPE(BOOL):
        json_bool(json, key, true);
        break;
    default:
        json_number(json, key, number_example(field));
    }
}

/* Keys of maps are text in JSON, whatever they are in protobuf. */
static void
map_example(const struct model_message *entry, bool is_request, struct json *json)
{
    const char *key = "a";
    if (entry->fields[0].type == MODEL_TYPE(BOOL))
        key = "true";
    else if (entry->fields[0].type != MODEL_TYPE(STRING))
        key = "1";
    element_example(&entry->fields[1], is_request, key, json);
}

static void
field_example(const struct model_field *field, bool is_request, const char *key, struct json *json)
{
    if (model_is_map(field)) {
        json_open_object(json, key);
        map_example(field->message, is_request, json);
        json_close_object(json);
    } else if (field->is_repeated) {
        json_open_list(json, key);
        element_example(field, is_request, NULL, json);
        json_close_list(json);
    } else {
        element_example(field, is_request, key, json);
    }
}

void
describe_example(const struct model_field *field, const char *key, struct json *json)
{
    field_example(field, false, key, json);
}

/* Of a oneof only the first field is shown. */
static bool
is_second_of_oneof(const struct model_message *message, const struct model_field *field)
{
    for (const struct model_field *before = message->fields; before < field; before++)
        if (field->oneof != NULL && before->oneof != NULL &&
            text_is_equal(before->oneof, field->oneof))
            return true;
    return false;
}

/* A request can be sent as it is shown: what only answers hold is refused in it, however deep it
 * stands, and so is what few may say. */
static bool
is_shown(const struct model_message *message, const struct model_field *field, bool is_request)
{
    const Common__V1__Field *options = field->options;
    return !is_second_of_oneof(message, field) && !model_is_carried(field) &&
           !(is_request && (options->output_only || options->rare));
}

static void
message_example(const struct model_message *message, bool is_request, const char *key,
                struct json *json)
{
    if (message->kind == MODEL_DATE) {
        json_text(json, key, "2026-03-15");
        return;
    }
    if (message->kind == MODEL_TIMESTAMP) {
        json_text(json, key, "2026-03-15T09:30:00.25Z");
        return;
    }
    json_open_object(json, key);
    for (size_t i = 0; i < message->field_count; i++)
        if (is_shown(message, &message->fields[i], is_request))
            field_example(&message->fields[i], is_request, message->fields[i].name, json);
    json_close_object(json);
}

void
describe_example_message(const struct model_message *message, const char *key, struct json *json)
{
    message_example(message, false, key, json);
}

void
describe_example_body(const struct model_method *method, const struct route *route, const char *key,
                      struct json *json)
{
    const struct model_message *request = method->request;
    json_open_object(json, key);
    for (size_t i = 0; i < request->field_count; i++) {
        const struct model_field *field = &request->fields[i];
        if (describe_field_place(route, field) == DESCRIBE_BODY && is_shown(request, field, true))
            field_example(field, true, field->name, json);
    }
    json_close_object(json);
}
