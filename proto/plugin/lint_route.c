/*
 * lint_route - rules about how methods are reached by HTTP
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/lint.h"

#include <string.h>

#include "proto/plugin/describe.h"
#include "proto/plugin/memory.h"
#include "proto/plugin/route.h"
#include "proto/plugin/text.h"

/* Methods between services have no route; that it is meant so shows in that a daemon may call them.
 */
static void
check_no_route(struct lint *lint, const struct model_method *method)
{
    const Common__V1__Access *access = method->access;
    for (size_t i = 0; access != NULL && i < access->n_roles; i++)
        if (access->roles[i] == COMMON__V1__ROLE__SYSTEM)
            return;
    lint_report(lint, &method->place, "method %s has no HTTP route, and SYSTEM may not call it",
                method->name);
}

static void
check_variables(struct lint *lint, const struct model_method *method, const struct route *route)
{
    for (size_t i = 0; i < route->segment_count; i++) {
        const char *variable = route->segments[i].variable;
        if (variable == NULL)
            continue;
        const struct model_field *field = model_find_field(method->request, variable);
        if (field == NULL)
            lint_report(lint, &method->place, "path variable %s is no field of %s", variable,
                        method->request->name);
        else if (!model_is_text(field))
            lint_report(lint, &method->place, "path variable %s is not one text", variable);
        for (size_t k = 0; k < i; k++)
            if (route->segments[k].variable != NULL &&
                text_is_equal(route->segments[k].variable, variable))
                lint_report(lint, &method->place, "path variable %s stands in the path twice",
                            variable);
    }
}

static void
check_verb(struct lint *lint, const struct model_method *method, const struct route *route)
{
    bool is_get = route->verb == ROUTE_GET;
    const char *verb = route_verb_name(route->verb);
    const struct model_field *if_match = model_if_match_field(method->request);
    if (method->run != NULL && method->run->repeat != COMMON__V1__REPEAT__REPEAT_UNSPECIFIED) {
        bool is_safe = method->run->repeat == COMMON__V1__REPEAT__SAFE;
        bool may_keep_nothing = route->verb == ROUTE_POST && route->suffix[0] != '\0';
        if (method->run->keeps_nothing && !(may_keep_nothing && is_safe))
            lint_report(lint, &method->place,
                        "%s keeps nothing, so it is a POST that ends in a verb, and SAFE",
                        method->name);
        if (is_get && !is_safe)
            lint_report(lint, &method->place, "%s is a GET, so its repeat is SAFE", method->name);
        if (!is_get && is_safe && !method->run->keeps_nothing)
            lint_report(lint, &method->place, "%s is a %s, so its repeat is KEYED", method->name,
                        verb);
    }
    if (is_get && if_match != NULL)
        lint_report(lint, &method->place, "%s is a GET, so it has no if_match field", method->name);
    if (!is_get && route->verb != ROUTE_POST && if_match == NULL)
        lint_report(lint, &method->place, "%s is a %s, so its request has a field with if_match",
                    method->name, verb);
}

/* Whether a field can stand in a query: what json_read_field reads. */
static bool
is_query_field(const struct model_field *field)
{
    if (model_is_map(field) || field->type == MODEL_TYPE(BYTES))
        return false;
    return field->message == NULL || field->message->kind == MODEL_DATE ||
           field->message->kind == MODEL_TIMESTAMP;
}

static void
check_places(struct lint *lint, const struct model_method *method, const struct route *route)
{
    for (size_t i = 0; i < method->request->field_count; i++) {
        const struct model_field *field = &method->request->fields[i];
        enum describe_place place = describe_field_place(route, field);
        if (place == DESCRIBE_QUERY && !is_query_field(field))
            lint_report(lint, &field->place, "field %s cannot stand in a query", field->name);
        if (place == DESCRIBE_QUERY && text_is_equal(field->name, "link"))
            lint_report(lint, &field->place, "the query parameter link is for link tokens");
        if (place == DESCRIBE_BODY && route->http->form && field != route_form_field(method) &&
            !is_query_field(field))
            lint_report(lint, &field->place, "field %s cannot stand in a form", field->name);
        if (place == DESCRIBE_BODY && route->verb == ROUTE_DELETE)
            lint_report(lint, &field->place, "field %s: a DELETE has neither body nor query",
                        field->name);
    }
}

static void
check_reply(struct lint *lint, const struct model_method *method)
{
    const char *name = method->http->reply;
    if (name[0] == '\0')
        return;
    const struct model_field *field = model_find_field(method->response, name);
    if (field == NULL)
        lint_report(lint, &method->place, "reply %s is no field of %s", name,
                    method->response->name);
    else if (field->message == NULL || field->message->kind != MODEL_OBJECT || field->is_repeated)
        lint_report(lint, &method->place, "reply %s is not one message", name);
}

/* Braces of a location are fields of the reply. */
static void
check_location(struct lint *lint, const struct model_method *method, const struct route *route)
{
    const char *location = method->http->location;
    if (location[0] == '\0')
        return;
    if (route->verb != ROUTE_POST)
        lint_report(lint, &method->place, "%s has a location, so it is a POST", method->name);
    if (location[0] != '/')
        lint_report(lint, &method->place, "location: a path begins with /");
    const struct model_message *reply = route_reply(method);
    for (const char *p = strchr(location, '{'); p != NULL; p = strchr(p + 1, '{')) {
        const char *name = memory_copy(p + 1, strcspn(p + 1, "}"));
        const struct model_field *field = model_find_field(reply, name);
        if (field == NULL)
            lint_report(lint, &method->place, "location: %s is no field of %s", name, reply->name);
        else if (!model_is_text(field))
            lint_report(lint, &method->place, "location: %s is not one text", name);
    }
}

void
lint_check_route(struct lint *lint, const struct model_method *method)
{
    struct route route;
    if (method->http == NULL || route_verb_count(method->http) == 0) {
        check_no_route(lint, method);
        return;
    }
    if (!route_read(method, &route)) {
        lint_report(lint, &method->place, "method %s has more than one HTTP verb", method->name);
        return;
    }
    if (route.mistake != NULL)
        lint_report(lint, &method->place, "path %s: %s", route.path, route.mistake);
    check_variables(lint, method, &route);
    check_verb(lint, method, &route);
    check_places(lint, method, &route);
    check_reply(lint, method);
    check_location(lint, method, &route);
    lint_check_bodies(lint, method, &route);
}

/* Every route of the wanted files, with its method. */
struct routes {
    const struct model_method **methods;
    size_t count;
};

static void
collect_routes(const struct model *model, struct routes *ret_routes)
{
    for (size_t f = 0; f < model->file_count; f++) {
        const struct model_file *file = model->files[f];
        for (size_t s = 0; file->is_wanted && s < file->service_count; s++)
            for (size_t i = 0; i < file->services[s]->method_count; i++)
                MEMORY_PUSH(ret_routes->methods, ret_routes->count, &file->services[s]->methods[i]);
    }
}

void
lint_check_collisions(struct lint *lint)
{
    struct routes routes = {0};
    collect_routes(lint->model, &routes);
    for (size_t i = 0; i < routes.count; i++) {
        for (size_t k = 0; k < i; k++) {
            struct route left;
            struct route right;
            if (!route_read(routes.methods[k], &left) || !route_read(routes.methods[i], &right) ||
                !route_is_colliding(&left, &right))
                continue;
            lint_report(lint, &routes.methods[i]->place, "%s %s and %s of %s match one request",
                        route_verb_name(right.verb), right.path, left.path,
                        routes.methods[k]->name);
        }
    }
}
