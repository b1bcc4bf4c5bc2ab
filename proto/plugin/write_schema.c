/*
 * write_schema - the files of all events as one FileDescriptorSet, for programs that read payloads
 *
 * Files that define an event, and what they import, each after what it needs; whole, with our
 * options, without comments: those are in the documents.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/write.h"

#include "proto/plugin/memory.h"

typedef Google__Protobuf__FileDescriptorProto File;

static bool
has_event(const struct model_file *file)
{
    for (size_t i = 0; i < file->message_count; i++)
        if (file->messages[i]->event != NULL)
            return true;
    return false;
}

/* Adds the file behind those that it imports. */
static void
add_file(const struct model *model, const struct model_file *file,
         Google__Protobuf__FileDescriptorSet *set)
{
    for (size_t i = 0; i < set->n_file; i++)
        if (text_is_equal(set->file[i]->name, file->name))
            return;
    for (size_t i = 0; i < file->proto->n_dependency; i++)
        add_file(model, model_find_file(model, file->proto->dependency[i]), set);
    File *copy = memory_grow(NULL, 0, sizeof *copy);
    *copy = *file->proto;
    copy->source_code_info = NULL;
    MEMORY_PUSH(set->file, set->n_file, copy);
}

void
write_schema(const struct model *model, struct output *output)
{
    Google__Protobuf__FileDescriptorSet set = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_SET__INIT;
    for (size_t i = 0; i < model->file_count; i++)
        if (model->files[i]->is_wanted && has_event(model->files[i]))
            add_file(model, model->files[i], &set);
    size_t size_bytes = google__protobuf__file_descriptor_set__get_packed_size(&set);
    uint8_t *packed = memory_grow(NULL, 0, size_bytes + 1);
    google__protobuf__file_descriptor_set__pack(&set, packed);
    struct text bytes = {0};
    text_add_bytes(&bytes, (const char *)packed, size_bytes);
    write_embedded("embedded_schema", &bytes, output);
}
