/*
 * openapi_common - see openapi_common.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/openapi_common.h"

#include "proto/plugin/memory.h"
#include "proto/plugin/refusal.h"

static const char about[] =
    "After-sales service: warranty, returns, repairs, parts, complaints and surveys.\n\n"
    "Every `POST` that changes something needs an `Idempotency-Key`: sent again with the same key "
    "it "
    "has one effect and gets the same answer. Resources carry their version as `ETag`; `PUT`, "
    "`PATCH` and `DELETE` need it as `If-Match`. Lists are read in pages by `page_token`. Errors "
    "are "
    "problem details (RFC 9457) whose `domain` and `reason` are stable. Clients must accept new "
    "fields and new enum values.";

void
openapi_write_info(const char *version, struct json *json)
{
    json_text(json, "openapi", "3.1.0");
    json_open_object(json, "info");
    json_text(json, "title", "Aftercare");
    json_text(json, "summary", "After-sales service over HTTP and JSON");
    json_text(json, "description", about);
    json_text(json, "version", version);
    json_open_object(json, "license");
    json_text(json, "name", "Apache-2.0");
    json_text(json, "identifier", "Apache-2.0");
    json_close_object(json);
    json_close_object(json);
    json_open_list(json, "servers");
    json_open_object(json, NULL);
    json_text(json, "url", "/");
    json_text(json, "description", "The gateway that serves this document");
    json_close_object(json);
    json_close_list(json);
    json_open_list(json, "security");
    openapi_write_security("bearer", json);
    json_close_list(json);
}

void
openapi_write_security(const char *scheme, struct json *json)
{
    json_open_object(json, NULL);
    json_open_list(json, scheme);
    json_close_list(json);
    json_close_object(json);
}

void
openapi_write_problems(const struct model_method *method, const struct route *route,
                       struct json *json)
{
    for (size_t i = 0; i < refusal_count; i++)
        if (refusal_is_possible(i, method, route))
            json_ref(json, refusals[i].status, "responses", refusals[i].name);
}

static void
write_property(const char *name, const char *type, const char *description, struct json *json)
{
    json_open_object(json, name);
    json_text(json, "type", type);
    json_text(json, "description", description);
    json_close_object(json);
}

static void
write_details(struct json *json)
{
    json_open_object(json, "details");
    json_text(json, "type", "object");
    json_text(json, "description", "Further parts, by the reason; stable, for programs.");
    json_open_object(json, "additionalProperties");
    json_text(json, "type", "string");
    json_close_object(json);
    json_close_object(json);
}

static void
write_problems(struct json *json)
{
    json_open_object(json, "problems");
    json_text(json, "type", "array");
    json_text(
        json, "description",
        "Of a content that is refused for its faults, as a policy (422): all of them, each with "
        "`severity`, `reason`, `line`, `column`, `clause_id`, `message` and, where there is "
        "one, a `suggestion`.");
    json_open_object(json, "items");
    json_text(json, "type", "object");
    json_close_object(json);
    json_close_object(json);
}

void
openapi_write_problem_schema(struct json *json)
{
    static const char *const required[] = {"type",   "title",  "status",  "detail",
                                           "reason", "domain", "trace_id"};
    json_open_object(json, "Problem");
    json_text(json, "type", "object");
    json_text(json, "description", "A refusal, as problem details (RFC 9457).");
    json_open_object(json, "properties");
    write_property("type", "string", "Always `about:blank`.", json);
    write_property("title", "string", "The words of the HTTP status.", json);
    write_property("status", "integer", "The HTTP status.", json);
    write_property("detail", "string", "One sentence for developers; it may change.", json);
    write_property("reason", "string", "What is wrong, in UPPER_SNAKE; stable, for programs.",
                   json);
    write_property("domain", "string", "Who says so: a service or the gateway; stable.", json);
    write_property("code", "string", "The canonical code, as `FAILED_PRECONDITION`.", json);
    write_property("trace_id", "string", "Finds the request in the logs.", json);
    write_property("field", "string", "Path of the field at fault, as `contact.email`.", json);
    write_property("line", "integer", "Line of the body at fault, from 1.", json);
    write_property("column", "integer", "Column in that line, from 1, in bytes.", json);
    write_details(json);
    write_problems(json);
    json_close_object(json);
    json_open_list(json, "required");
    for (size_t i = 0; i < COUNT_OF(required); i++)
        json_text(json, NULL, required[i]);
    json_close_list(json);
    json_close_object(json);
}

static void
write_security_schemes(struct json *json)
{
    json_open_object(json, "securitySchemes");
    json_open_object(json, "bearer");
    json_text(json, "type", "http");
    json_text(json, "scheme", "bearer");
    json_text(json, "bearerFormat", "JWT");
    json_text(json, "description",
              "A JSON Web Token (ES256 or RS256) whose `roles` say what its subject may do.");
    json_close_object(json);
    json_open_object(json, "link");
    json_text(json, "type", "apiKey");
    json_text(json, "in", "query");
    json_text(json, "name", "link");
    json_text(
        json, "description",
        "A link token that opens one method for one resource; also as `Authorization: Link`.");
    json_close_object(json);
    json_open_object(json, "ticket");
    json_text(json, "type", "apiKey");
    json_text(json, "in", "query");
    json_text(json, "name", "ticket");
    json_text(
        json, "description",
        "Opens a stream (`Accept: text/event-stream`) of the caller that it was made for, for "
        "a minute: for a browser's EventSource, which sends no Authorization.");
    json_close_object(json);
    json_close_object(json);
}

static void
write_header_parameter(const char *component, const char *name, bool is_required,
                       const char *description, const char *example, struct json *json)
{
    json_open_object(json, component);
    json_text(json, "name", name);
    json_text(json, "in", "header");
    json_bool(json, "required", is_required);
    json_text(json, "description", description);
    json_open_object(json, "schema");
    json_text(json, "type", "string");
    json_close_object(json);
    json_text(json, "example", example);
    json_close_object(json);
}

static void
write_parameters(struct json *json)
{
    static const char key[] =
        "Names this change: sent again with the same key it has one effect. A "
        "quoted string, or 1 to 255 of `A-Z a-z 0-9 . _ : -`.";
    static const char key_example[] = "\"5f0c6f9e-5d0e-4f7e-9d8e-6a1f0a4c2d11\"";
    static const char match[] = "The version that is to be changed, from `ETag`; `*` for whichever "
                                "there is.";
    json_open_object(json, "parameters");
    write_header_parameter("IdempotencyKey", "Idempotency-Key", true, key, key_example, json);
    write_header_parameter("OptionalIdempotencyKey", "Idempotency-Key", false, key, key_example,
                           json);
    write_header_parameter("IfMatch", "If-Match", true, match, "\"1\"", json);
    write_header_parameter("OptionalIfMatch", "If-Match", false, match, "\"1\"", json);
    write_header_parameter("IfNoneMatch", "If-None-Match", false,
                           "The version that the client has, from `ETag`: 304 if it is still that.",
                           "\"1\"", json);
    write_header_parameter("LastEventId", "Last-Event-ID", false,
                           "Of a stream: the `sequence` of the last event that came; it counts "
                           "before `after`.",
                           "1-0000000000000042", json);
    json_close_object(json);
}

static void
write_header(const char *component, const char *description, const char *example, struct json *json)
{
    json_open_object(json, component);
    json_text(json, "description", description);
    json_open_object(json, "schema");
    json_text(json, "type", "string");
    json_close_object(json);
    json_text(json, "example", example);
    json_close_object(json);
}

static void
write_headers(struct json *json)
{
    json_open_object(json, "headers");
    write_header("Traceparent", "W3C trace context of the gateway's span.",
                 "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", json);
    write_header("ETag", "The version of the resource.", "\"1\"", json);
    write_header("Location", "Path of what was created.", "/v1/units/WM-0001", json);
    write_header("IdempotentReplayed", "`true` where a stored answer was given again.", "true",
                 json);
    write_header("RetryAfter", "Seconds until another try is worth it.", "1", json);
    write_header("WwwAuthenticate", "How to authenticate.", "Bearer", json);
    json_close_object(json);
}

static void
write_problem_response(const struct refusal *problem, struct json *json)
{
    json_open_object(json, problem->name);
    json_text(json, "description",
              problem->reasons[0] == '\0'
                  ? problem->description
                  : memory_format("%s Reasons: %s.", problem->description, problem->reasons));
    if (problem->header != NULL) {
        bool is_retry = text_is_equal(problem->header, "Retry-After");
        json_open_object(json, "headers");
        json_ref(json, problem->header, "headers", is_retry ? "RetryAfter" : "WwwAuthenticate");
        json_close_object(json);
    }
    json_open_object(json, "content");
    json_open_object(json, "application/problem+json");
    json_ref(json, "schema", "schemas", "Problem");
    json_close_object(json);
    json_close_object(json);
    json_close_object(json);
}

void
openapi_write_common(struct json *json)
{
    write_security_schemes(json);
    write_parameters(json);
    write_headers(json);
    json_open_object(json, "responses");
    json_open_object(json, "NotModified");
    json_text(json, "description", "It is still the version of `If-None-Match`.");
    json_close_object(json);
    for (size_t i = 0; i < refusal_count; i++)
        write_problem_response(&refusals[i], json);
    json_close_object(json);
}
