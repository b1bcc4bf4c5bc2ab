/*
 * event_field - fields of an event, found by their dotted names in JSON
 */
// SPDX-License-Identifier: Apache-2.0
#include "event_field.h"

#include <string.h>

#include "common/v1/types.pb-c.h"

const ProtobufCMessage *
event_field_message(const struct event_field *field)
{
    if (field->owner == NULL)
        return NULL;
    const uint8_t *bytes = (const uint8_t *)field->owner;
    const ProtobufCMessage *child;
    memcpy(&child, bytes + field->descriptor->offset, sizeof(ProtobufCMessage *));
    return child;
}

bool
event_field_find_own(const struct contract_message *message, const ProtobufCMessage *owner,
                     const char *name, size_t size, struct event_field *ret_field)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const char *own = message->fields[i].name;
        if (strncmp(own, name, size) != 0 || own[size] != 0)
            continue;
        *ret_field =
            (struct event_field){&message->descriptor->fields[i], &message->fields[i], owner};
        return true;
    }
    return false;
}

bool
event_field_is_printable(const struct event_field *field)
{
    if (field->descriptor->label == PROTOBUF_C_LABEL_REPEATED ||
        field->descriptor->type == PROTOBUF_C_TYPE_BYTES)
        return false;
    if (field->contract->message == NULL)
        return true;
    return field->contract->message->kind != CONTRACT_OBJECT ||
           field->contract->message->descriptor == &common__v1__money__descriptor;
}

bool
event_field_find(const struct contract_message *message, const ProtobufCMessage *payload,
                 const char *name, struct event_field *ret_field)
{
    for (;;) {
        size_t size = strcspn(name, ".");
        if (!event_field_find_own(message, payload, name, size, ret_field))
            return false;
        if (name[size] == 0)
            return true;
        if (ret_field->descriptor->label == PROTOBUF_C_LABEL_REPEATED ||
            ret_field->contract->message == NULL ||
            ret_field->contract->message->kind != CONTRACT_OBJECT)
            return false;
        message = ret_field->contract->message;
        payload = event_field_message(ret_field);
        name += size + 1;
    }
}

bool
event_field_is_comparable(const struct event_field *field)
{
    return field->descriptor->label != PROTOBUF_C_LABEL_REPEATED &&
           (field->descriptor->type == PROTOBUF_C_TYPE_STRING ||
            field->descriptor->type == PROTOBUF_C_TYPE_ENUM);
}

const char *
event_field_code(const struct event_field *field)
{
    if (field->owner == NULL)
        return "";
    const uint8_t *at = (const uint8_t *)field->owner + field->descriptor->offset;
    if (field->descriptor->type == PROTOBUF_C_TYPE_STRING) {
        const char *text;
        memcpy(&text, at, sizeof(char *));
        return text;
    }
    int32_t number;
    memcpy(&number, at, sizeof number);
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(field->descriptor->descriptor, number);
    return number == 0 || value == NULL ? "" : value->name;
}

bool
event_field_has_code(const struct event_field *field, const char *code)
{
    return field->descriptor->type != PROTOBUF_C_TYPE_ENUM ||
           protobuf_c_enum_descriptor_get_value_by_name(field->descriptor->descriptor, code) !=
               NULL;
}
