/*
 * model - the proto files as the plugin's writers and its lint see them
 *
 * Read once from the request: names resolved, custom options unpacked, comments and places
 * attached, fields sorted by number (protobuf-c sorts its run-time descriptors so, and our tables
 * are parallel to them). Nothing is checked here; what is missing is NULL or "". Everything lives
 * until memory_free_all.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "google/protobuf/compiler/plugin.pb-c.h"

#include "proto/plugin/option.h"
#include "proto/plugin/source.h"

typedef Google__Protobuf__FieldDescriptorProto__Type model_type;

#define MODEL_TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

enum model_kind { MODEL_OBJECT, MODEL_DATE, MODEL_TIMESTAMP, MODEL_MAP_ENTRY };

struct model_field {
    const char *name;
    struct source_place place;
    int32_t number;
    model_type type;
    bool is_repeated;  /* true for maps too */
    bool is_optional;  /* proto3 optional, which protobuf-c refuses */
    const char *oneof; /* name of the oneof it belongs to; NULL if none */
    const Common__V1__Field *options;
    uint32_t size_max; /* with the default filled in */
    const struct model_message *parent;
    const struct model_message *message;  /* NULL unless a message or map */
    const struct model_enum *enumeration; /* NULL unless an enum */
    size_t index;                         /* among the parent's fields */
};

struct model_message {
    const char *name;      /* "Claim" */
    const char *full_name; /* "warranty.v1.Claim" */
    struct source_place place;
    const struct model_file *file;
    const struct model_message *parent; /* NULL at the top of its file */
    enum model_kind kind;
    const Common__V1__Event *event; /* NULL unless an event */
    struct model_field *fields;
    size_t field_count;
};

struct model_value {
    const char *name;
    struct source_place place;
    int32_t number;
};

struct model_enum {
    const char *name;
    const char *full_name;
    struct source_place place;
    const struct model_file *file;
    const struct model_message *parent; /* NULL at the top of its file */
    const Common__V1__Machine *machine; /* NULL unless the states of a machine */
    struct model_value *values;
    size_t value_count;
};

struct model_method {
    const char *name; /* "GetUnit" */
    struct source_place place;
    const struct model_service *service;
    const struct model_message *request;
    const struct model_message *response;
    bool is_streaming;
    const Common__V1__Http *http; /* NULL where not set, as the next two */
    const Common__V1__Access *access;
    const Common__V1__Run *run;
};

struct model_service {
    const char *name; /* "WarrantyService" */
    struct source_place place;
    const struct model_file *file;
    const char *noun; /* "warranty": the first word of the package */
    struct model_method *methods;
    size_t method_count;
};

struct model_file {
    const char *name; /* "warranty/v1/warranty.proto" */
    const char *stem; /* "warranty/v1/warranty" */
    const char *package;
    struct source_place place; /* of the syntax line, with the head comment */
    struct source source;
    const Google__Protobuf__FileDescriptorProto *proto;
    bool is_wanted;                  /* named on the command line, not only imported */
    struct model_message **messages; /* nested ones and map entries after their parent */
    size_t message_count;
    struct model_enum **enums;
    size_t enum_count;
    struct model_service **services;
    size_t service_count;
};

struct model {
    struct model_file **files; /* imported ones before those that import them */
    size_t file_count;
};

/* Reads all files of a request or of a FileDescriptorSet. */
struct model *model_read(Google__Protobuf__FileDescriptorProto **files, size_t file_count);

/* Marks the files that are named on the command line. */
void model_want(struct model *model, char **names, size_t name_count);

/* NULL if there is none. Full names without a leading dot. */
struct model_file *model_find_file(const struct model *model, const char *name);
struct model_message *model_find_message(const struct model *model, const char *full_name);
struct model_enum *model_find_enum(const struct model *model, const char *full_name);
const struct model_field *model_find_field(const struct model_message *message, const char *name);
const struct model_method *model_find_method(const struct model_file *file, const char *name);
/* The method that a transition between these states names, anywhere in their package. */
const struct model_method *model_find_verb(const struct model *model,
                                           const struct model_enum *states, const char *verb);
const struct model_value *model_find_value(const struct model_enum *enumeration, const char *name);

/* The method that answers how the person of an event can be reached; NULL if its file has none of
 * that name. */
const struct model_method *model_find_contact(const struct model_message *event);

bool model_is_map(const struct model_field *field);
bool model_is_text(const struct model_field *field); /* one string */
/* A common.v1.Body or Upload, which never is in JSON. */
bool model_is_carried(const struct model_field *field);

/* Of a protocol of google's, which we neither lint nor document. */
bool model_is_foreign(const struct model_file *file);

/* The field that If-Match fills; NULL if none. */
const struct model_field *model_if_match_field(const struct model_message *request);

/* A set of roles: bits 1 << role. */
uint32_t model_role_bits(const Common__V1__Role *roles, size_t count);

/* What does it: a method's name, or words. */
const char *model_cause(const Common__V1__Transition *transition);
/* The states a transition comes from; one that creates comes from one, "". */
size_t model_source_count(const Common__V1__Transition *transition);
const char *model_source(const Common__V1__Transition *transition, size_t index);
