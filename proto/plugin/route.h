/*
 * route - the HTTP side of a method, taken apart
 *
 * Also tells the ways in which a path can be wrong, so that the lint and the writers read paths by
 * one rule.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/model.h"

/* Order as in common/contract.h. */
enum route_verb { ROUTE_GET, ROUTE_POST, ROUTE_PUT, ROUTE_PATCH, ROUTE_DELETE, ROUTE_VERB_COUNT };

/* A piece of a path between slashes. */
struct route_segment {
    const char *literal;  /* NULL: a variable */
    const char *variable; /* name in braces */
};

struct route {
    const Common__V1__Http *http; /* of the method */
    enum route_verb verb;
    const char *path;
    struct route_segment *segments;
    size_t segment_count;
    const char *suffix;  /* ":withdraw"; "" if none */
    const char *mistake; /* why the path is no path; NULL if it is one */
};

/* False if the method has no HTTP option, no verb or several. */
bool route_read(const struct model_method *method, struct route *ret_route);

/* How many verbs the option sets. */
size_t route_verb_count(const Common__V1__Http *http);

/* "GET" and so on; for OpenAPI in lower case. */
const char *route_verb_name(enum route_verb verb);
const char *route_verb_lower(enum route_verb verb);

/* Whether the field is a variable of the path. */
bool route_has_variable(const struct route *route, const char *field_name);

/* The message that is the body of the answer: the response or its reply field. */
const struct model_message *route_reply(const struct model_method *method);
/* The field of the reply that is its ETag; NULL if none. */
const struct model_field *route_etag_field(const struct model_method *method);

/* The field that carries a body that is not JSON: of the request, of the response; NULL if none. */
const struct model_field *route_upload_field(const struct model_method *method);
const struct model_field *route_body_field(const struct model_method *method);
/* Of a form: the list of what is no field of the request; NULL if there is none. */
const struct model_field *route_form_field(const struct model_method *method);
/* Whether the answer may be JSON: something is in it beside the field `body`. */
bool route_has_json(const struct model_method *method);

/* Whether the answer may be a stream of events: read from a place in a log, opened by a ticket too.
 */
bool route_is_stream(const struct model_method *method);

/* Whether one request line can match both: a variable matches every literal too, so that no router
 * needs an order. */
bool route_is_colliding(const struct route *left, const struct route *right);
