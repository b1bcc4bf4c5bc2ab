/*
 * model - see model.h
 *
 * Two passes: the first makes every message and enum, the second joins fields and methods to their
 * types, because a type may be declared after its use.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/model.h"

#include <stdlib.h>
#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/text.h"

enum { TEXT_SIZE_MAX_DEFAULT = 1024, LIST_SIZE_MAX_DEFAULT = 100 };

typedef Google__Protobuf__FileDescriptorProto FileProto;
typedef Google__Protobuf__DescriptorProto MessageProto;
typedef Google__Protobuf__EnumDescriptorProto EnumProto;
typedef Google__Protobuf__ServiceDescriptorProto ServiceProto;

static const char *
join_name(const char *scope, const char *name)
{
    return scope[0] == '\0' ? name : memory_format("%s.%s", scope, name);
}

static void
read_enum(struct model_file *file, const struct model_message *parent, const char *scope,
          const EnumProto *proto, const struct source_path *path)
{
    struct model_enum *enumeration = memory_new(sizeof *enumeration);
    enumeration->name = proto->name;
    enumeration->full_name = join_name(scope, proto->name);
    enumeration->place = source_find(&file->source, path);
    enumeration->file = file;
    enumeration->parent = parent;
    enumeration->machine = option_machine(proto->options);
    for (size_t i = 0; i < proto->n_value; i++) {
        struct source_path value_path = source_step(path, SOURCE_ENUM_VALUE, i);
        struct model_value value = {
            .name = proto->value[i]->name,
            .number = proto->value[i]->number,
            .place = source_find(&file->source, &value_path),
        };
        MEMORY_PUSH(enumeration->values, enumeration->value_count, value);
    }
    MEMORY_PUSH(file->enums, file->enum_count, enumeration);
}

static uint32_t
size_max_of(const struct model_field *field)
{
    if (field->options->size_max != 0)
        return field->options->size_max;
    if (field->is_repeated)
        return LIST_SIZE_MAX_DEFAULT;
    if (field->type == MODEL_TYPE(STRING) || field->type == MODEL_TYPE(BYTES))
        return TEXT_SIZE_MAX_DEFAULT;
    return 0;
}

static int
compare_fields(const void *left, const void *right)
{
    const struct model_field *a = left;
    const struct model_field *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void
read_fields(struct model_file *file, struct model_message *message, const MessageProto *proto,
            const struct source_path *path)
{
    for (size_t i = 0; i < proto->n_field; i++) {
        const Google__Protobuf__FieldDescriptorProto *from = proto->field[i];
        struct source_path field_path = source_step(path, SOURCE_MESSAGE_FIELD, i);
        bool is_in_oneof = from->has_oneof_index && !from->proto3_optional;
        struct model_field field = {
            .name = from->name,
            .place = source_find(&file->source, &field_path),
            .number = from->number,
            .type = from->type,
            .is_repeated =
                from->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED,
            .is_optional = from->has_proto3_optional && from->proto3_optional,
            .oneof = is_in_oneof ? proto->oneof_decl[from->oneof_index]->name : NULL,
            .options = option_field(from->options),
            .parent = message,
        };
        field.size_max = size_max_of(&field);
        MEMORY_PUSH(message->fields, message->field_count, field);
    }
    if (message->field_count > 0)
        qsort(message->fields, message->field_count, sizeof message->fields[0], compare_fields);
    for (size_t i = 0; i < message->field_count; i++)
        message->fields[i].index = i;
}

static enum model_kind
kind_of(const char *full_name, const MessageProto *proto)
{
    if (proto->options != NULL && proto->options->map_entry)
        return MODEL_MAP_ENTRY;
    if (text_is_equal(full_name, "common.v1.Date"))
        return MODEL_DATE;
    if (text_is_equal(full_name, "google.protobuf.Timestamp"))
        return MODEL_TIMESTAMP;
    return MODEL_OBJECT;
}

static void
read_message(struct model_file *file, const struct model_message *parent, const char *scope,
             const MessageProto *proto, const struct source_path *path)
{
    struct model_message *message = memory_new(sizeof *message);
    message->name = proto->name;
    message->full_name = join_name(scope, proto->name);
    message->place = source_find(&file->source, path);
    message->file = file;
    message->parent = parent;
    message->kind = kind_of(message->full_name, proto);
    message->event = option_event(proto->options);
    read_fields(file, message, proto, path);
    MEMORY_PUSH(file->messages, file->message_count, message);
    for (size_t i = 0; i < proto->n_enum_type; i++) {
        struct source_path enum_path = source_step(path, SOURCE_MESSAGE_ENUM, i);
        read_enum(file, message, message->full_name, proto->enum_type[i], &enum_path);
    }
    for (size_t i = 0; i < proto->n_nested_type; i++) {
        struct source_path nested_path = source_step(path, SOURCE_MESSAGE_MESSAGE, i);
        read_message(file, message, message->full_name, proto->nested_type[i], &nested_path);
    }
}

static struct model_file *
read_file(const FileProto *proto)
{
    struct model_file *file = memory_new(sizeof *file);
    file->name = proto->name;
    size_t stem_len = strlen(proto->name);
    if (text_ends_with(proto->name, ".proto"))
        stem_len -= strlen(".proto");
    file->stem = memory_copy(proto->name, stem_len);
    file->package = proto->package == NULL ? "" : proto->package;
    file->proto = proto;
    source_init(&file->source, proto);
    struct source_path syntax = {.steps = {SOURCE_FILE_SYNTAX}, .count = 1};
    file->place = source_find(&file->source, &syntax);
    struct source_path root = {0};
    for (size_t i = 0; i < proto->n_enum_type; i++) {
        struct source_path path = source_step(&root, SOURCE_FILE_ENUM, i);
        read_enum(file, NULL, file->package, proto->enum_type[i], &path);
    }
    for (size_t i = 0; i < proto->n_message_type; i++) {
        struct source_path path = source_step(&root, SOURCE_FILE_MESSAGE, i);
        read_message(file, NULL, file->package, proto->message_type[i], &path);
    }
    return file;
}

static const char *
find_type_name(const MessageProto *proto, const char *field_name)
{
    for (size_t i = 0; i < proto->n_field; i++)
        if (text_is_equal(proto->field[i]->name, field_name))
            return proto->field[i]->type_name;
    return NULL;
}

/* Joins the fields of `proto`, and of what is nested in it, to their types. */
static void
join_fields(struct model *model, const char *scope, const MessageProto *proto)
{
    const char *full_name = join_name(scope, proto->name);
    struct model_message *message = model_find_message(model, full_name);
    for (size_t i = 0; i < message->field_count; i++) {
        struct model_field *field = &message->fields[i];
        const char *type_name = find_type_name(proto, field->name);
        if (type_name == NULL)
            continue;
        if (field->type == MODEL_TYPE(ENUM))
            field->enumeration = model_find_enum(model, type_name + 1);
        else
            field->message = model_find_message(model, type_name + 1);
    }
    for (size_t i = 0; i < proto->n_nested_type; i++)
        join_fields(model, full_name, proto->nested_type[i]);
}

static void
read_service(const struct model *model, struct model_file *file, const ServiceProto *proto,
             const struct source_path *path)
{
    struct model_service *service = memory_new(sizeof *service);
    service->name = proto->name;
    service->place = source_find(&file->source, path);
    service->file = file;
    service->noun = memory_copy(file->package, strcspn(file->package, "."));
    for (size_t i = 0; i < proto->n_method; i++) {
        const Google__Protobuf__MethodDescriptorProto *from = proto->method[i];
        struct source_path method_path = source_step(path, SOURCE_SERVICE_METHOD, i);
        struct model_method method = {
            .name = from->name,
            .place = source_find(&file->source, &method_path),
            .service = service,
            .request = model_find_message(model, from->input_type + 1),
            .response = model_find_message(model, from->output_type + 1),
            .is_streaming = from->client_streaming || from->server_streaming,
            .http = option_http(from->options),
            .access = option_access(from->options),
            .run = option_run(from->options),
        };
        MEMORY_PUSH(service->methods, service->method_count, method);
    }
    MEMORY_PUSH(file->services, file->service_count, service);
}

struct model *
model_read(FileProto **files, size_t file_count)
{
    struct model *model = memory_new(sizeof *model);
    for (size_t i = 0; i < file_count; i++)
        MEMORY_PUSH(model->files, model->file_count, read_file(files[i]));
    for (size_t i = 0; i < file_count; i++) {
        struct model_file *file = model->files[i];
        for (size_t k = 0; k < files[i]->n_message_type; k++)
            join_fields(model, file->package, files[i]->message_type[k]);
        struct source_path root = {0};
        for (size_t k = 0; k < files[i]->n_service; k++) {
            struct source_path path = source_step(&root, SOURCE_FILE_SERVICE, k);
            read_service(model, file, files[i]->service[k], &path);
        }
    }
    return model;
}

void
model_want(struct model *model, char **names, size_t name_count)
{
    for (size_t i = 0; i < name_count; i++) {
        struct model_file *file = model_find_file(model, names[i]);
        if (file != NULL)
            file->is_wanted = true;
    }
}
