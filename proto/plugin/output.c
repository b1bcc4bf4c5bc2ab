/*
 * output - see output.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/output.h"

#include <stdio.h>

#include "proto/plugin/memory.h"

typedef Google__Protobuf__Compiler__CodeGeneratorResponse Response;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse__File File;

void
output_add(struct output *output, const char *name, const struct text *content)
{
    File *file = memory_new(sizeof *file);
    google__protobuf__compiler__code_generator_response__file__init(file);
    file->name = (char *)name;
    file->content = (char *)text_bytes(content);
    MEMORY_PUSH(output->files, output->count, file);
}

bool
output_write(const struct output *output, const char *error)
{
    Response response = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
    /* We refuse proto3 optional ourselves, with its place; protoc would do it without one. */
    response.has_supported_features = true;
    response.supported_features =
        GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__FEATURE__FEATURE_PROTO3_OPTIONAL;
    if (error != NULL) {
        response.error = (char *)error;
    } else {
        response.file = output->files;
        response.n_file = output->count;
    }
    size_t size_bytes =
        google__protobuf__compiler__code_generator_response__get_packed_size(&response);
    uint8_t *bytes = memory_new(size_bytes + 1);
    google__protobuf__compiler__code_generator_response__pack(&response, bytes);
    return fwrite(bytes, 1, size_bytes, stdout) == size_bytes && fflush(stdout) == 0;
}
