/*
 * route - see route.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/route.h"

#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"
#include "proto/plugin/text.h"

static const char *
path_of(const Common__V1__Http *http, enum route_verb verb)
{
    const char *const paths[ROUTE_VERB_COUNT] = {http->get, http->post, http->put, http->patch,
                                                 http->delete_};
    return paths[verb];
}

size_t
route_verb_count(const Common__V1__Http *http)
{
    size_t count = 0;
    for (enum route_verb verb = 0; verb < ROUTE_VERB_COUNT; verb++)
        count += path_of(http, verb)[0] != '\0';
    return count;
}

/* Characters that a literal may have; what is left would need escapes. */
static bool
is_literal(const char *text)
{
    return text[0] != '\0' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._") == strlen(text);
}

static void
read_segment(struct route *route, const char *text, size_t len)
{
    struct route_segment segment = {0};
    const char *copy = memory_copy(text, len);
    if (len >= 2 && copy[0] == '{' && copy[len - 1] == '}') {
        segment.variable = memory_copy(copy + 1, len - 2);
        if (!name_is_snake(segment.variable))
            route->mistake = "a variable is the name of a field in braces";
    } else {
        segment.literal = copy;
        if (!is_literal(copy))
            route->mistake = "a part between slashes is a field in braces, or of a-z 0-9 - . _";
    }
    MEMORY_PUSH(route->segments, route->segment_count, segment);
}

static void
read_path(struct route *route)
{
    const char *path = route->path;
    const char *colon = strchr(path, ':');
    size_t len = colon == NULL ? strlen(path) : (size_t)(colon - path);
    route->suffix = colon == NULL ? "" : colon;
    if (colon != NULL && !is_literal(colon + 1))
        route->mistake = "the word after the colon is of a-z 0-9 - . _";
    if (path[0] != '/') {
        route->mistake = "a path begins with /";
        return;
    }
    for (const char *p = path; p < path + len;) {
        const char *begin = p + 1;
        size_t segment_len = strcspn(begin, "/:");
        read_segment(route, begin, segment_len);
        p = begin + segment_len;
    }
}

bool
route_read(const struct model_method *method, struct route *ret_route)
{
    if (method->http == NULL || route_verb_count(method->http) != 1)
        return false;
    struct route route = {.http = method->http};
    for (enum route_verb verb = 0; verb < ROUTE_VERB_COUNT; verb++) {
        if (path_of(method->http, verb)[0] == '\0')
            continue;
        route.verb = verb;
        route.path = path_of(method->http, verb);
    }
    read_path(&route);
    *ret_route = route;
    return true;
}

const char *
route_verb_name(enum route_verb verb)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    return names[verb];
}

const char *
route_verb_lower(enum route_verb verb)
{
    static const char *const names[] = {"get", "post", "put", "patch", "delete"};
    return names[verb];
}

bool
route_has_variable(const struct route *route, const char *field_name)
{
    for (size_t i = 0; i < route->segment_count; i++)
        if (route->segments[i].variable != NULL &&
            text_is_equal(route->segments[i].variable, field_name))
            return true;
    return false;
}

const struct model_message *
route_reply(const struct model_method *method)
{
    if (method->http == NULL || method->http->reply[0] == '\0')
        return method->response;
    const struct model_field *field = model_find_field(method->response, method->http->reply);
    return field == NULL || field->message == NULL ? method->response : field->message;
}

const struct model_field *
route_etag_field(const struct model_method *method)
{
    const struct model_message *reply = route_reply(method);
    for (size_t i = 0; i < reply->field_count; i++)
        if (reply->fields[i].options->etag)
            return &reply->fields[i];
    return NULL;
}

static const struct model_field *
find_carried(const struct model_message *message, const char *name, const char *type)
{
    const struct model_field *field = model_find_field(message, name);
    bool is_carried = field != NULL && field->message != NULL && !field->is_repeated &&
                      text_is_equal(field->message->full_name, type);
    return is_carried ? field : NULL;
}

const struct model_field *
route_upload_field(const struct model_method *method)
{
    return find_carried(method->request, "upload", "common.v1.Upload");
}

const struct model_field *
route_body_field(const struct model_method *method)
{
    return find_carried(method->response, "body", "common.v1.Body");
}

const struct model_field *
route_form_field(const struct model_method *method)
{
    const struct model_field *field = model_find_field(method->request, "fields");
    bool is_list = field != NULL && field->message != NULL && field->is_repeated &&
                   text_is_equal(field->message->full_name, "common.v1.FormField");
    return is_list && method->http != NULL && method->http->form ? field : NULL;
}

bool
route_has_json(const struct model_method *method)
{
    /* Whose the bytes are is for the check of the owner, not for the caller. */
    const struct model_field *owner =
        method->access == NULL ? NULL
                               : model_find_field(method->response, method->access->owner_field);
    return route_body_field(method) == NULL ||
           method->response->field_count != (owner == NULL ? 1 : 2);
}

bool
route_is_colliding(const struct route *left, const struct route *right)
{
    if (left->verb != right->verb || left->segment_count != right->segment_count ||
        !text_is_equal(left->suffix, right->suffix))
        return false;
    for (size_t i = 0; i < left->segment_count; i++) {
        const char *a = left->segments[i].literal;
        const char *b = right->segments[i].literal;
        if (a != NULL && b != NULL && !text_is_equal(a, b))
            return false;
    }
    return true;
}

bool
route_is_stream(const struct model_method *method)
{
    for (size_t i = 0; i < method->http->n_produces; i++)
        if (text_is_equal(method->http->produces[i], "text/event-stream"))
            return true;
    return false;
}
