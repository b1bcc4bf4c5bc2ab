/*
 * schema_use - which messages and enums the operations use
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/schema.h"

#include "proto/plugin/describe.h"
#include "proto/plugin/memory.h"

static struct schema_entry *
find_or_add(struct schema_set *set, const struct model_message *message,
            const struct model_enum *enumeration)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->entries[i].message == message && set->entries[i].enumeration == enumeration)
            return &set->entries[i];
    struct schema_entry entry = {.message = message, .enumeration = enumeration};
    MEMORY_PUSH(set->entries, set->count, entry);
    return &set->entries[set->count - 1];
}

static void use_message(struct schema_set *set, const struct model_message *message, bool is_reply);

static void
use_field(struct schema_set *set, const struct model_field *field, bool is_reply)
{
    if (field->enumeration != NULL)
        find_or_add(set, NULL, field->enumeration);
    if (field->message == NULL || model_is_carried(field))
        return;
    if (field->message->kind == MODEL_MAP_ENTRY)
        use_field(set, &field->message->fields[1], is_reply);
    else if (field->message->kind == MODEL_OBJECT)
        use_message(set, field->message, is_reply);
}

/* The lint has refused messages that hold themselves, so this ends. */
static void
use_message(struct schema_set *set, const struct model_message *message, bool is_reply)
{
    struct schema_entry *entry = find_or_add(set, message, NULL);
    bool *is_used = is_reply ? &entry->is_in_reply : &entry->is_in_request;
    if (*is_used)
        return;
    *is_used = true;
    for (size_t i = 0; i < message->field_count; i++)
        use_field(set, &message->fields[i], is_reply);
}

void
schema_use_reply(struct schema_set *set, const struct model_message *message)
{
    use_message(set, message, true);
}

void
schema_use_event(struct schema_set *set, const struct model_message *event)
{
    for (size_t i = 0; i < event->field_count; i++)
        use_field(set, &event->fields[i], true);
}

void
schema_use_request(struct schema_set *set, const struct model_method *method,
                   const struct route *route)
{
    const struct model_message *request = method->request;
    if (describe_place_count(method, route, DESCRIBE_BODY) > 0) {
        struct schema_entry *entry = find_or_add(set, request, NULL);
        entry->is_in_request = true;
        entry->body_of = method;
    }
    for (size_t i = 0; i < request->field_count; i++)
        if (&request->fields[i] != route_form_field(method))
            use_field(set, &request->fields[i], false);
}
