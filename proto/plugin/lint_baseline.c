/*
 * lint_baseline - what broke since the last release
 *
 * Within a version a contract only grows. Compared is what callers, stored events and JSON rely on:
 * numbers, names, types, oneofs, routes. What is gone is reported at the place of what held it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/lint.h"

#include "proto/plugin/memory.h"
#include "proto/plugin/route.h"
#include "proto/plugin/text.h"

static const struct model_field *
find_number(const struct model_message *message, int32_t number)
{
    for (size_t i = 0; i < message->field_count; i++)
        if (message->fields[i].number == number)
            return &message->fields[i];
    return NULL;
}

static const char *
type_name(const struct model_field *field)
{
    if (field->message != NULL)
        return field->message->full_name;
    return field->enumeration != NULL ? field->enumeration->full_name : "";
}

static bool
is_same_type(const struct model_field *old, const struct model_field *new)
{
    return old->type == new->type &&
           old->is_repeated == new->is_repeated &&text_is_equal(type_name(old), type_name(new));
}

static void
compare_field(struct lint *lint, const struct model_message *message, const struct model_field *old)
{
    const struct model_field *new = find_number(message, old->number);
    const struct model_field *same = model_find_field(message, old->name);
    if (same != NULL && same->number != old->number) {
        lint_report(lint, &same->place, "field %s had number %d in the last release", old->name,
                    old->number);
        return;
    }
    if (new == NULL) {
        lint_report(lint, &message->place, "field %s of %s was in the last release", old->name,
                    message->name);
        return;
    }
    if (!text_is_equal(new->name, old->name))
        lint_report(lint, &new->place, "field %s was named %s in the last release", new->name,
                    old->name);
    if (!is_same_type(old, new))
        lint_report(lint, &new->place, "field %s had another type in the last release", new->name);
    if ((old->oneof == NULL) != (new->oneof == NULL) ||
        (old->oneof != NULL && !text_is_equal(old->oneof, new->oneof)))
        lint_report(lint, &new->place, "field %s has moved into or out of a oneof", new->name);
    if (new->options->required && !old->options->required)
        lint_report(lint, &new->place, "field %s was not required in the last release", new->name);
}

static void
compare_message(struct lint *lint, const struct model_file *file, const struct model_message *old)
{
    const struct model_message *new = model_find_message(lint->model, old->full_name);
    if (new == NULL) {
        lint_report(lint, &file->place, "message %s was in the last release", old->full_name);
        return;
    }
    if (old->kind == MODEL_MAP_ENTRY)
        return;
    for (size_t i = 0; i < old->field_count; i++)
        compare_field(lint, new, &old->fields[i]);
    if (old->event != NULL && new->event == NULL)
        lint_report(lint, &new->place, "message %s was an event in the last release", new->name);
}

static void
compare_enum(struct lint *lint, const struct model_file *file, const struct model_enum *old)
{
    const struct model_enum *new = model_find_enum(lint->model, old->full_name);
    if (new == NULL) {
        lint_report(lint, &file->place, "enum %s was in the last release", old->full_name);
        return;
    }
    for (size_t i = 0; i < old->value_count; i++) {
        const struct model_value *value = model_find_value(new, old->values[i].name);
        if (value == NULL)
            lint_report(lint, &new->place, "value %s of %s was in the last release",
                        old->values[i].name, new->name);
        else if (value->number != old->values[i].number)
            lint_report(lint, &value->place, "value %s had number %d in the last release",
                        value->name, old->values[i].number);
    }
}

static void
compare_method(struct lint *lint, const struct model_service *service,
               const struct model_method *old)
{
    const struct model_method *new = model_find_method(service->file, old->name);
    if (new == NULL) {
        lint_report(lint, &service->place, "method %s was in the last release", old->name);
        return;
    }
    if (!text_is_equal(new->request->full_name, old->request->full_name) ||
        !text_is_equal(new->response->full_name, old->response->full_name))
        lint_report(lint, &new->place, "method %s had other messages in the last release",
                    new->name);
    struct route before;
    struct route after;
    if (!route_read(old, &before))
        return;
    if (!route_read(new, &after) || before.verb != after.verb ||
        !text_is_equal(before.path, after.path))
        lint_report(lint, &new->place, "method %s was %s %s in the last release", new->name,
                    route_verb_name(before.verb), before.path);
}

static void
compare_services(struct lint *lint, const struct model_file *file, const struct model_file *old)
{
    for (size_t s = 0; s < old->service_count; s++) {
        const struct model_service *new = NULL;
        for (size_t i = 0; i < file->service_count; i++)
            if (text_is_equal(file->services[i]->name, old->services[s]->name))
                new = file->services[i];
        if (new == NULL) {
            lint_report(lint, &file->place, "service %s was in the last release",
                        old->services[s]->name);
            continue;
        }
        for (size_t i = 0; i < old->services[s]->method_count; i++)
            compare_method(lint, new, &old->services[s]->methods[i]);
    }
}

void
lint_check_baseline(struct lint *lint, const struct model *baseline)
{
    for (size_t f = 0; f < baseline->file_count; f++) {
        const struct model_file *old = baseline->files[f];
        if (model_is_foreign(old))
            continue;
        const struct model_file *file = model_find_file(lint->model, old->name);
        if (file == NULL) {
            struct source_place place = {.file = old->name, .comment = ""};
            lint_report(lint, &place, "the file was in the last release");
            continue;
        }
        for (size_t i = 0; i < old->message_count; i++)
            compare_message(lint, file, old->messages[i]);
        for (size_t i = 0; i < old->enum_count; i++)
            compare_enum(lint, file, old->enums[i]);
        compare_services(lint, file, old);
    }
}
