/*
 * write_openapi - openapi.json: OpenAPI 3.1 from the routes, their messages and the comments
 *
 * What holds for every path (docs/protocol/http.md) stands under components and is referred to.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/write.h"

#include <inttypes.h>

#include "proto/plugin/describe.h"
#include "proto/plugin/memory.h"
#include "proto/plugin/openapi_common.h"
#include "proto/plugin/schema.h"

/* One operation: a method with its route. */
struct operation {
    const struct model_method *method;
    struct route route;
};

struct operations {
    struct operation *items;
    size_t count;
};

static void
collect(const struct model *model, struct operations *ret_operations)
{
    for (size_t f = 0; f < model->file_count; f++) {
        const struct model_file *file = model->files[f];
        for (size_t s = 0; file->is_wanted && s < file->service_count; s++) {
            for (size_t i = 0; i < file->services[s]->method_count; i++) {
                struct operation operation = {.method = &file->services[s]->methods[i]};
                if (route_read(operation.method, &operation.route))
                    MEMORY_PUSH(ret_operations->items, ret_operations->count, operation);
            }
        }
    }
}

static void
write_parameter(const struct operation *operation, const struct model_field *field,
                struct json *json)
{
    enum describe_place place = describe_field_place(&operation->route, field);
    if (place != DESCRIBE_PATH && place != DESCRIBE_QUERY)
        return;
    json_open_object(json, NULL);
    json_text(json, "name", field->name);
    json_text(json, "in", place == DESCRIBE_PATH ? "path" : "query");
    json_text(json, "description", describe_field(field));
    json_bool(json, "required", place == DESCRIBE_PATH || field->options->required);
    json_open_object(json, "schema");
    schema_write_field(field, true, json);
    json_close_object(json);
    if (place == DESCRIBE_PATH)
        describe_example(field, "example", json);
    json_close_object(json);
}

/* The name that comes with a body that is not JSON. */
static void
write_file_name(const struct model_field *upload, struct json *json)
{
    const struct model_field *field = model_find_field(upload->message, "file_name");
    json_open_object(json, NULL);
    json_text(json, "name", field->name);
    json_text(json, "in", "query");
    json_text(json, "description", "The client's name for the body, as `photo.jpg`.");
    json_bool(json, "required", false);
    json_open_object(json, "schema");
    schema_write_field(field, true, json);
    json_close_object(json);
    json_close_object(json);
}

static bool
has_none_match(const struct operation *operation)
{
    return operation->route.verb == ROUTE_GET &&
           (route_etag_field(operation->method) != NULL || operation->method->http->n_produces > 0);
}

static void
write_parameters(const struct operation *operation, struct json *json)
{
    const struct model_message *request = operation->method->request;
    enum route_verb verb = operation->route.verb;
    json_open_list(json, "parameters");
    for (size_t i = 0; i < request->field_count; i++)
        write_parameter(operation, &request->fields[i], json);
    if (operation->method->http->n_consumes > 0)
        write_file_name(route_upload_field(operation->method), json);
    if (operation->method->run->repeat == COMMON__V1__REPEAT__KEYED)
        json_ref(json, NULL, "parameters",
                 verb == ROUTE_POST && !operation->method->http->form ? "IdempotencyKey"
                                                                      : "OptionalIdempotencyKey");
    if (model_if_match_field(request) != NULL)
        json_ref(json, NULL, "parameters", verb == ROUTE_POST ? "OptionalIfMatch" : "IfMatch");
    if (has_none_match(operation))
        json_ref(json, NULL, "parameters", "IfNoneMatch");
    if (route_is_stream(operation->method))
        json_ref(json, NULL, "parameters", "LastEventId");
    json_close_list(json);
}

/* True where a field of the body must be there. */
static bool
has_required_body_field(const struct operation *operation)
{
    const struct model_message *request = operation->method->request;
    for (size_t i = 0; i < request->field_count; i++)
        if (request->fields[i].options->required &&
            describe_field_place(&operation->route, &request->fields[i]) == DESCRIBE_BODY)
            return true;
    return false;
}

/* Bytes as they are: OpenAPI says that by an empty schema. `other`: a type that stands there
 * already; NULL: none. */
static void
write_media_types(char **types, size_t count, const char *other, struct json *json)
{
    for (size_t i = 0; i < count; i++) {
        if (other != NULL && text_is_equal(types[i], other))
            continue;
        json_open_object(json, types[i]);
        json_open_object(json, "schema");
        json_close_object(json);
        json_close_object(json);
    }
}

#define JSON_TYPE "application/json"
#define FORM_TYPE "application/x-www-form-urlencoded"

static void
write_carried_body(const Common__V1__Http *http, struct json *json)
{
    json_open_object(json, "requestBody");
    json_text(json, "description",
              memory_format("The bytes as they are, at most %" PRId64 ".", http->body_bytes_max));
    json_bool(json, "required", true);
    json_open_object(json, "content");
    write_media_types(http->consumes, http->n_consumes, NULL, json);
    json_close_object(json);
    json_close_object(json);
}

static void
write_body(const struct operation *operation, struct json *json)
{
    const struct model_method *method = operation->method;
    if (method->http->n_consumes > 0)
        write_carried_body(method->http, json);
    if (describe_place_count(method, &operation->route, DESCRIBE_BODY) == 0)
        return;
    json_open_object(json, "requestBody");
    json_bool(json, "required", has_required_body_field(operation));
    json_open_object(json, "content");
    json_open_object(json, method->http->form ? FORM_TYPE : JSON_TYPE);
    json_ref(json, "schema", "schemas", method->request->full_name);
    if (!method->http->form)
        describe_example_body(method, &operation->route, "example", json);
    json_close_object(json);
    json_close_object(json);
    json_close_object(json);
}

/* The answer that is a message; where bytes may be JSON too, it is one of two. */
static void
write_json_content(const struct model_method *method, struct json *json)
{
    const struct model_message *reply = route_reply(method);
    bool is_bytes_too = false;
    for (size_t i = 0; i < method->http->n_produces; i++)
        is_bytes_too = is_bytes_too || text_is_equal(method->http->produces[i], JSON_TYPE);
    json_open_object(json, JSON_TYPE);
    if (is_bytes_too) {
        json_open_object(json, "schema");
        json_open_list(json, "anyOf");
        json_ref(json, NULL, "schemas", reply->full_name);
        json_open_object(json, NULL);
        json_text(json, "type", "object");
        json_close_object(json);
        json_close_list(json);
        json_close_object(json);
    } else {
        json_ref(json, "schema", "schemas", reply->full_name);
    }
    describe_example_message(reply, "example", json);
    json_close_object(json);
}

static void
write_success(const struct operation *operation, struct json *json)
{
    const struct model_method *method = operation->method;
    bool is_created = method->http->location[0] != '\0';
    bool is_keyed = method->run->repeat == COMMON__V1__REPEAT__KEYED;
    json_open_object(json, is_created ? "201" : "200");
    json_text(json, "description", method->response->place.comment);
    json_open_object(json, "headers");
    json_ref(json, "traceparent", "headers", "Traceparent");
    if (route_etag_field(method) != NULL || (method->http->n_produces > 0 && !method->http->form))
        json_ref(json, "ETag", "headers", "ETag");
    if (is_created)
        json_ref(json, "Location", "headers", "Location");
    if (is_keyed)
        json_ref(json, "Idempotent-Replayed", "headers", "IdempotentReplayed");
    json_close_object(json);
    json_open_object(json, "content");
    if (route_has_json(method))
        write_json_content(method, json);
    write_media_types(method->http->produces, method->http->n_produces,
                      route_has_json(method) ? JSON_TYPE : NULL, json);
    json_close_object(json);
    json_close_object(json);
    if (has_none_match(operation))
        json_ref(json, "304", "responses", "NotModified");
}

/* Names of roles as codes, under an extension's key. */
static void
write_roles(const char *key, const Common__V1__Role *roles, size_t count, struct json *json)
{
    if (count == 0)
        return;
    json_open_list(json, key);
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, describe_role(roles[i]));
    json_close_list(json);
}

static void
write_access(const struct operation *operation, struct json *json)
{
    const Common__V1__Access *access = operation->method->access;
    json_open_list(json, "security");
    if (!access->anonymous) {
        if (access->n_roles + access->n_own_roles > 0)
            openapi_write_security("bearer", json);
        if (access->link_field[0] != '\0')
            openapi_write_security("link", json);
        if (route_is_stream(operation->method))
            openapi_write_security("ticket", json);
    }
    json_close_list(json);
    write_roles("x-roles", access->roles, access->n_roles, json);
    write_roles("x-own-roles", access->own_roles, access->n_own_roles, json);
}

static void
write_operation(const struct operation *operation, struct json *json)
{
    const struct model_method *method = operation->method;
    json_open_object(json, route_verb_lower(operation->route.verb));
    json_text(json, "operationId", write_function_name(method));
    json_text(json, "summary", describe_summary(method->place.comment));
    json_text(json, "description",
              memory_format("%s\n\nMay be called by: %s.", method->place.comment,
                            describe_access(method)));
    json_open_list(json, "tags");
    json_text(json, NULL, method->service->noun);
    json_close_list(json);
    write_access(operation, json);
    write_parameters(operation, json);
    write_body(operation, json);
    json_open_object(json, "responses");
    write_success(operation, json);
    openapi_write_problems(method, &operation->route, json);
    json_close_object(json);
    json_close_object(json);
}

static bool
is_first_of_path(const struct operations *operations, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (text_is_equal(operations->items[i].route.path, operations->items[index].route.path))
            return false;
    return true;
}

static void
write_paths(const struct operations *operations, struct json *json)
{
    json_open_object(json, "paths");
    for (size_t i = 0; i < operations->count; i++) {
        if (!is_first_of_path(operations, i))
            continue;
        const char *path = operations->items[i].route.path;
        json_open_object(json, path);
        for (size_t k = i; k < operations->count; k++)
            if (text_is_equal(operations->items[k].route.path, path))
                write_operation(&operations->items[k], json);
        json_close_object(json);
    }
    json_close_object(json);
}

static void
write_tags(const struct model *model, struct json *json)
{
    json_open_list(json, "tags");
    for (size_t f = 0; f < model->file_count; f++) {
        const struct model_file *file = model->files[f];
        for (size_t s = 0; file->is_wanted && s < file->service_count; s++) {
            json_open_object(json, NULL);
            json_text(json, "name", file->services[s]->noun);
            json_text(json, "description", file->services[s]->place.comment);
            json_close_object(json);
        }
    }
    json_close_list(json);
}

static void
write_components(const struct operations *operations, struct json *json)
{
    struct schema_set set = {0};
    for (size_t i = 0; i < operations->count; i++) {
        const struct operation *operation = &operations->items[i];
        schema_use_request(&set, operation->method, &operation->route);
        if (route_has_json(operation->method))
            schema_use_reply(&set, route_reply(operation->method));
    }
    json_open_object(json, "components");
    json_open_object(json, "schemas");
    schema_write_all(&set, json);
    openapi_write_problem_schema(json);
    json_close_object(json);
    openapi_write_common(json);
    json_close_object(json);
}

void
write_openapi(const struct model *model, const char *version, struct output *output)
{
    struct operations operations = {0};
    collect(model, &operations);
    struct json json = {0};
    json_open_object(&json, NULL);
    openapi_write_info(version, &json);
    write_tags(model, &json);
    write_paths(&operations, &json);
    write_components(&operations, &json);
    json_close_object(&json);
    output_add(output, "openapi.json", &json.text);
    write_embedded("embedded_openapi", &json.text, output);
}
