/*
 * lint_message - rules about messages and their fields
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/lint.h"

#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"
#include "proto/plugin/text.h"

/* Integers beyond this are refused in JSON. */
#define SAFE_INTEGER INT64_C(9007199254740991)

static bool
is_integer(const struct model_field *field)
{
    switch (field->type) {
    case MODEL_TYPE(INT32):
    case MODEL_TYPE(INT64):
    case MODEL_TYPE(UINT32):
    case MODEL_TYPE(UINT64):
    case MODEL_TYPE(SINT32):
    case MODEL_TYPE(SINT64):
    case MODEL_TYPE(FIXED32):
    case MODEL_TYPE(FIXED64):
    case MODEL_TYPE(SFIXED32):
    case MODEL_TYPE(SFIXED64):
        return true;
    default:
        return false;
    }
}

static void
check_type(struct lint *lint, const struct model_field *field)
{
    const struct model_field *value = model_is_map(field) ? &field->message->fields[1] : field;
    if (value->type == MODEL_TYPE(DOUBLE) || value->type == MODEL_TYPE(FLOAT))
        lint_report(lint, &field->place,
                    "field %s is floating point: use minor units or thousandths", field->name);
    if (field->is_optional)
        lint_report(lint, &field->place,
                    "field %s is optional, which protobuf-c does not know: use a message, a oneof, "
                    "or let zero mean absent",
                    field->name);
}

static void
check_limits(struct lint *lint, const struct model_field *field)
{
    const Common__V1__Field *options = field->options;
    bool is_sized =
        field->is_repeated || field->type == MODEL_TYPE(STRING) || field->type == MODEL_TYPE(BYTES);
    bool is_bounded = options->number_min != 0 || options->number_max != 0;
    if (options->size_max != 0 && !is_sized)
        lint_report(lint, &field->place, "field %s has a size_max, but no size", field->name);
    if (is_bounded && !is_integer(field))
        lint_report(lint, &field->place, "field %s has bounds, but is no number", field->name);
    if (options->number_min > options->number_max)
        lint_report(lint, &field->place, "field %s has its smallest number above its largest",
                    field->name);
    if (options->number_min < -SAFE_INTEGER || options->number_max > SAFE_INTEGER)
        lint_report(lint, &field->place, "field %s has bounds beyond 2^53 - 1", field->name);
    if (options->format != COMMON__V1__FORMAT__FORMAT_UNSPECIFIED &&
        field->type != MODEL_TYPE(STRING))
        lint_report(lint, &field->place, "field %s has a format, but is no text", field->name);
}

static void
check_meaning(struct lint *lint, const struct model_field *field)
{
    const Common__V1__Field *options = field->options;
    bool is_version = field->type == MODEL_TYPE(INT64) && !field->is_repeated;
    if (options->if_match && !is_version)
        lint_report(lint, &field->place, "field %s is filled from If-Match, so it is one int64",
                    field->name);
    if (options->etag && !is_version)
        lint_report(lint, &field->place, "field %s is an ETag, so it is one int64", field->name);
    if (options->required && options->output_only)
        lint_report(lint, &field->place, "field %s is required of a request and refused in it",
                    field->name);
    if (options->required && options->rare)
        lint_report(lint, &field->place, "field %s is required, so no example leaves it out",
                    field->name);
    for (size_t i = 0; i < field->index; i++) {
        const struct model_field *before = &field->parent->fields[i];
        if (options->if_match && before->options->if_match)
            lint_report(lint, &field->place, "fields %s and %s are both filled from If-Match",
                        before->name, field->name);
        if (options->etag && before->options->etag)
            lint_report(lint, &field->place, "fields %s and %s are both the ETag", before->name,
                        field->name);
    }
}

static void
check_field(struct lint *lint, const struct model_field *field)
{
    if (field->place.comment[0] == '\0')
        lint_report(lint, &field->place, "field %s has no comment", field->name);
    if (!name_is_snake(field->name))
        lint_report(lint, &field->place, "field %s must be in snake_case", field->name);
    check_type(lint, field);
    check_limits(lint, field);
    check_meaning(lint, field);
    lint_check_carried(lint, field);
}

/* The messages on the way from one to another. */
struct way {
    const struct model_message **seen;
    size_t count;
};

static bool
has_seen(const struct way *way, const struct model_message *message)
{
    for (size_t i = 0; i < way->count; i++)
        if (way->seen[i] == message)
            return true;
    return false;
}

/* Whether `target` is held by `message`, at any depth. Each message is entered once, so this ends.
 */
static bool
is_holding(struct way *way, const struct model_message *message, const struct model_message *target)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct model_message *held = message->fields[i].message;
        if (held == NULL)
            continue;
        if (held == target)
            return true;
        if (has_seen(way, held))
            continue;
        MEMORY_PUSH(way->seen, way->count, held);
        if (is_holding(way, held, target))
            return true;
    }
    return false;
}

void
lint_check_message(struct lint *lint, const struct model_message *message)
{
    if (message->kind == MODEL_MAP_ENTRY)
        return;
    if (message->place.comment[0] == '\0')
        lint_report(lint, &message->place, "message %s has no comment", message->name);
    if (!name_is_camel(message->name))
        lint_report(lint, &message->place, "message %s must be in CamelCase", message->name);
    for (size_t i = 0; i < message->field_count; i++)
        check_field(lint, &message->fields[i]);
    struct way way = {0};
    if (is_holding(&way, message, message))
        lint_report(lint, &message->place, "message %s holds itself, so it has no largest size",
                    message->name);
    if (message->event != NULL)
        lint_check_event(lint, message);
}
