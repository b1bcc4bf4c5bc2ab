/*
 * model_find - looking things up in the model
 *
 * By plain search: there are some hundred names, and the plugin runs once in a build.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/model.h"

#include "proto/plugin/memory.h"
#include "proto/plugin/text.h"

struct model_file *
model_find_file(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->file_count; i++)
        if (text_is_equal(model->files[i]->name, name))
            return model->files[i];
    return NULL;
}

struct model_message *
model_find_message(const struct model *model, const char *full_name)
{
    for (size_t f = 0; f < model->file_count; f++) {
        const struct model_file *file = model->files[f];
        for (size_t i = 0; i < file->message_count; i++)
            if (text_is_equal(file->messages[i]->full_name, full_name))
                return file->messages[i];
    }
    return NULL;
}

struct model_enum *
model_find_enum(const struct model *model, const char *full_name)
{
    for (size_t f = 0; f < model->file_count; f++) {
        const struct model_file *file = model->files[f];
        for (size_t i = 0; i < file->enum_count; i++)
            if (text_is_equal(file->enums[i]->full_name, full_name))
                return file->enums[i];
    }
    return NULL;
}

const struct model_field *
model_find_field(const struct model_message *message, const char *name)
{
    for (size_t i = 0; i < message->field_count; i++)
        if (text_is_equal(message->fields[i].name, name))
            return &message->fields[i];
    return NULL;
}

const struct model_method *
model_find_method(const struct model_file *file, const char *name)
{
    for (size_t s = 0; s < file->service_count; s++) {
        const struct model_service *service = file->services[s];
        for (size_t i = 0; i < service->method_count; i++)
            if (text_is_equal(service->methods[i].name, name))
                return &service->methods[i];
    }
    return NULL;
}

const struct model_method *
model_find_contact(const struct model_message *event)
{
    const struct model_file *file = event->file;
    for (size_t s = 0; s < file->service_count; s++) {
        const struct model_service *service = file->services[s];
        for (size_t i = 0; i < service->method_count; i++) {
            const char *name =
                memory_format("%s.%s/%s", file->package, service->name, service->methods[i].name);
            if (text_is_equal(name, event->event->contact))
                return &service->methods[i];
        }
    }
    return NULL;
}

const struct model_method *
model_find_verb(const struct model *model, const struct model_enum *states, const char *verb)
{
    const struct model_method *method = NULL;
    for (size_t i = 0; i < model->file_count && method == NULL; i++)
        if (text_is_equal(model->files[i]->package, states->file->package))
            method = model_find_method(model->files[i], verb);
    return method;
}

const struct model_value *
model_find_value(const struct model_enum *enumeration, const char *name)
{
    for (size_t i = 0; i < enumeration->value_count; i++)
        if (text_is_equal(enumeration->values[i].name, name))
            return &enumeration->values[i];
    return NULL;
}

bool
model_is_map(const struct model_field *field)
{
    return field->is_repeated && field->message != NULL && field->message->kind == MODEL_MAP_ENTRY;
}

bool
model_is_text(const struct model_field *field)
{
    return field->type == MODEL_TYPE(STRING) && !field->is_repeated;
}

bool
model_is_carried(const struct model_field *field)
{
    return field->message != NULL && (text_is_equal(field->message->full_name, "common.v1.Body") ||
                                      text_is_equal(field->message->full_name, "common.v1.Upload"));
}

bool
model_is_foreign(const struct model_file *file)
{
    return text_starts_with(file->package, "google.");
}

const struct model_field *
model_if_match_field(const struct model_message *request)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (request->fields[i].options->if_match)
            return &request->fields[i];
    return NULL;
}

uint32_t
model_role_bits(const Common__V1__Role *roles, size_t count)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < count; i++)
        bits |= UINT32_C(1) << roles[i];
    return bits;
}

const char *
model_cause(const Common__V1__Transition *transition)
{
    return transition->verb[0] != '\0' ? transition->verb : transition->by;
}

size_t
model_source_count(const Common__V1__Transition *transition)
{
    return transition->n_from == 0 ? 1 : transition->n_from;
}

const char *
model_source(const Common__V1__Transition *transition, size_t index)
{
    return transition->n_from == 0 ? "" : transition->from[index];
}
