/*
 * output - the files that the plugin answers with
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "google/protobuf/compiler/plugin.pb-c.h"

#include "proto/plugin/text.h"

struct output {
    Google__Protobuf__Compiler__CodeGeneratorResponse__File **files;
    size_t count;
};

/* Adds a file. `name` and `content` live until memory_free_all. */
void output_add(struct output *output, const char *name, const struct text *content);

/* Writes the response to standard output: the files, or else `error` (NULL if none). False if that
 * fails. */
bool output_write(const struct output *output, const char *error);
