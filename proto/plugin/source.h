/*
 * source - where something stands in its proto file, and what its comment says
 *
 * protoc keeps both beside the descriptors, by a path of field numbers and indexes (message 0,
 * field 3 is 4,0,2,3).
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "google/protobuf/descriptor.pb-c.h"

#include "common/base.h"

enum { SOURCE_PATH_MAX = 128 };

/* Field numbers of descriptor.proto that paths are made of. */
enum {
    SOURCE_FILE_PACKAGE = 2,
    SOURCE_FILE_SYNTAX = 12,
    SOURCE_FILE_MESSAGE = 4,
    SOURCE_FILE_ENUM = 5,
    SOURCE_FILE_SERVICE = 6,
    SOURCE_MESSAGE_FIELD = 2,
    SOURCE_MESSAGE_MESSAGE = 3,
    SOURCE_MESSAGE_ENUM = 4,
    SOURCE_ENUM_VALUE = 2,
    SOURCE_SERVICE_METHOD = 2,
};

struct source_path {
    int32_t steps[SOURCE_PATH_MAX];
    size_t count;
};

struct source_place {
    const char *file;
    int line;   /* from 1; 0 where it is not known */
    int column; /* from 1 */
    const char
        *comment; /* paragraphs parted by "\n\n", without line breaks of their own; "" if none */
};

/* The locations of one file, sorted for searching. */
struct source {
    const char *file;
    Google__Protobuf__SourceCodeInfo__Location **locations;
    size_t count;
};

void source_init(struct source *source, const Google__Protobuf__FileDescriptorProto *file);

/* `path` with two more steps. */
struct source_path source_step(const struct source_path *path, int32_t number, size_t index);

/* What stands at `path`. */
struct source_place source_find(const struct source *source, const struct source_path *path);
