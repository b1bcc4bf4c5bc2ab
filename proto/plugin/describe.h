/*
 * describe - the model in words, for the documents
 *
 * Two habits of our proto comments are read here: `See Product.` on a field stands for the comment
 * of the same field in that message, and `as "..."` gives an example.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/model.h"
#include "proto/plugin/route.h"

/* The field's comment, with `See X` replaced. */
const char *describe_field(const struct model_field *field);

/* The first sentence, without its full stop. */
const char *describe_summary(const char *comment);

/* The text between the quotes of `as "..."`; NULL if there is none. */
const char *describe_quoted(const char *comment);

/* Type and limits of a field in a few words: "text, at most 64 bytes", "list of Claim, at most
 * 500". */
const char *describe_type(const struct model_field *field);

/* Who may call: "agent, manager; customer for their own". */
const char *describe_access(const struct model_method *method);

/* "parts_clerk". */
const char *describe_role(Common__V1__Role role);

/* Name of a type without its package: "Claim.State". */
const char *describe_type_name(const struct model_file *file, const char *full_name);

/* An example of a field's value as JSON: the member `key` of what is open. */
struct json;
void describe_example(const struct model_field *field, const char *key, struct json *json);

/* The example of a message: all its fields, or those of a request's body. */
void describe_example_message(const struct model_message *message, const char *key,
                              struct json *json);
void describe_example_body(const struct model_method *method, const struct route *route,
                           const char *key, struct json *json);

/* Where a field of the request travels. */
enum describe_place {
    DESCRIBE_PATH,
    DESCRIBE_QUERY,
    DESCRIBE_BODY,
    DESCRIBE_IF_MATCH,
    DESCRIBE_GATEWAY, /* nowhere: the gateway fills it, where bodies are not JSON */
};
enum describe_place describe_field_place(const struct route *route,
                                         const struct model_field *field);

/* How many fields of the request travel there. */
size_t describe_place_count(const struct model_method *method, const struct route *route,
                            enum describe_place place);
