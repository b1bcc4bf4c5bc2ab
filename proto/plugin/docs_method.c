/*
 * docs_method - see docs_method.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/docs_method.h"

#include <inttypes.h>
#include <string.h>

#include "proto/plugin/describe.h"
#include "proto/plugin/html.h"
#include "proto/plugin/json.h"
#include "proto/plugin/memory.h"
#include "proto/plugin/refusal.h"
#include "proto/plugin/write.h"

static void
write_field_row(struct text *out, const char *place, const struct model_field *field)
{
    text_add(out, "<tr><td><code>%s</code></td>", field->name);
    if (place != NULL)
        text_add(out, "<td>%s</td>", place);
    text_add(out, "<td>");
    html_type(out, field);
    text_add(out, "</td><td>");
    if (field->options->required)
        text_add(out, "<strong>Required.</strong> ");
    if (field->oneof != NULL)
        text_add(out, "One of <code>%s</code>. ", field->oneof);
    html_words(out, describe_field(field));
    text_add(out, "</td></tr>\n");
}

void
docs_write_fields(struct text *out, const char *caption, const struct model_message *message)
{
    if (message->field_count == 0) {
        text_add(out, "<p class=\"dim\">No fields.</p>\n");
        return;
    }
    html_open_table(out, caption, "Field|Type|Meaning");
    for (size_t i = 0; i < message->field_count; i++)
        write_field_row(out, NULL, &message->fields[i]);
    html_close_table(out);
}

static void
write_header_row(struct text *out, const char *name, bool is_required, const char *meaning)
{
    text_add(out, "<tr><td><code>%s</code></td><td>header</td><td>text</td><td>%s", name,
             is_required ? "<strong>Required.</strong> " : "");
    html_words(out, meaning);
    text_add(out, "</td></tr>\n");
}

static void
write_header_rows(struct text *out, const struct model_method *method, const struct route *route)
{
    bool is_post = route->verb == ROUTE_POST;
    if (method->run->repeat == COMMON__V1__REPEAT__KEYED)
        write_header_row(out, "Idempotency-Key", is_post && !method->http->form,
                         "Names this change.");
    if (model_if_match_field(method->request) != NULL)
        write_header_row(out, "If-Match", !is_post,
                         is_post ? "The version that is to be changed; left out: whichever it is."
                                 : "The version that is to be changed.");
    if (route->verb == ROUTE_GET &&
        (route_etag_field(method) != NULL || method->http->n_produces > 0))
        write_header_row(out, "If-None-Match", false,
                         "The version at hand: 304 if it is still that.");
}

static const char *
join_types(char **types, size_t count)
{
    struct text out = {0};
    for (size_t i = 0; i < count; i++)
        text_add(&out, "%s`%s`", i == 0 ? "" : ", ", types[i]);
    return text_bytes(&out);
}

/* A body that is not JSON. */
static void
write_body_row(struct text *out, const struct model_method *method)
{
    const Common__V1__Http *http = method->http;
    const struct model_field *others = route_form_field(method);
    if (others != NULL) {
        text_add(out, "<tr><td>any other</td><td>body</td><td>text</td><td>");
        html_words(out, describe_field(others));
        text_add(out, "</td></tr>\n");
    }
    if (http->n_consumes == 0)
        return;
    text_add(out,
             "<tr><td><code>file_name</code></td><td>query</td><td>text, at most 255 "
             "bytes</td><td>The client's name for the body.</td></tr>\n"
             "<tr><td></td><td>body</td><td>bytes, at most %" PRId64
             "</td><td><strong>Required.</strong> One of ",
             http->body_bytes_max);
    html_words(out, join_types(http->consumes, http->n_consumes));
    text_add(out, ", as <code>Content-Type</code> says.</td></tr>\n");
}

static void
write_request_table(struct text *out, const struct model_method *method, const struct route *route)
{
    static const char *const places[] = {"path", "query", "body"};
    const struct model_message *request = method->request;
    html_open_table(out, "Request", "Name|In|Type|Meaning");
    for (size_t place = 0; place < COUNT_OF(places); place++)
        for (size_t i = 0; i < request->field_count; i++)
            if ((size_t)describe_field_place(route, &request->fields[i]) == place &&
                &request->fields[i] != route_form_field(method))
                write_field_row(out, places[place], &request->fields[i]);
    write_body_row(out, method);
    write_header_rows(out, method, route);
    html_close_table(out);
}

/* The path with an example in place of each variable. */
static const char *
example_path(const struct model_method *method, const struct route *route)
{
    struct text out = {0};
    for (size_t i = 0; i < route->segment_count; i++) {
        text_add_char(&out, '/');
        if (route->segments[i].literal != NULL) {
            text_add(&out, "%s", route->segments[i].literal);
            continue;
        }
        struct json json = {0};
        describe_example(model_find_field(method->request, route->segments[i].variable), NULL,
                         &json);
        /* Without the quotes of JSON. */
        text_add_bytes(&out, json.text.bytes + 1, json.text.size_bytes - 2);
    }
    text_add(&out, "%s", route->suffix);
    return text_bytes(&out);
}

static bool
is_link_only(const struct model_method *method)
{
    return method->access->n_roles == 0 && method->access->n_own_roles == 0;
}

static void
write_example_request(struct text *out, const struct model_method *method,
                      const struct route *route)
{
    struct text example = {0};
    text_add(&example, "%s %s\n", route_verb_name(route->verb), example_path(method, route));
    if (!method->access->anonymous)
        text_add(&example, "Authorization: %s <token>\n", is_link_only(method) ? "Link" : "Bearer");
    bool is_form = method->http->form;
    if (method->run->repeat == COMMON__V1__REPEAT__KEYED && route->verb == ROUTE_POST && !is_form)
        text_add(&example, "Idempotency-Key: \"5f0c6f9e-5d0e-4f7e-9d8e-6a1f0a4c2d11\"\n");
    if (model_if_match_field(method->request) != NULL && route->verb != ROUTE_POST)
        text_add(&example, "If-Match: \"1\"\n");
    if (is_form) {
        text_add(&example, "Content-Type: application/x-www-form-urlencoded\n\nname=value&...");
    } else if (describe_place_count(method, route, DESCRIBE_BODY) > 0) {
        struct json json = {0};
        describe_example_body(method, route, NULL, &json);
        text_add(&example, "Content-Type: application/json\n\n%s", text_bytes(&json.text));
    }
    if (method->http->n_consumes > 0)
        text_add(&example, "Content-Type: %s\n\n<the bytes>", method->http->consumes[0]);
    html_code_block(out, "Example", text_bytes(&example));
}

/* An answer that is not JSON, beside one that is or alone. */
static void
write_bytes_reply(struct text *out, const struct model_method *method)
{
    text_add(out, "<p>%s",
             route_has_json(method) ? "Or the bytes as they are, as "
                                    : "200 with the bytes as they are, as ");
    html_words(out, join_types(method->http->produces, method->http->n_produces));
    text_add(out, ".</p>\n");
}

static void
write_json_reply(struct text *out, const struct model_method *method)
{
    const struct model_message *reply = route_reply(method);
    bool is_created = method->http->location[0] != '\0';
    text_add(out, "<p>%s ", is_created ? "201" : "200");
    text_add(out, "<a href=\"#%s\">%s</a>: ", html_anchor(reply->full_name),
             describe_type_name(reply->file, reply->full_name));
    html_words(out, method->response->place.comment);
    if (is_created)
        text_add(out, " <code>Location: %s</code>", method->http->location);
    text_add(out, "</p>\n");
    struct json json = {0};
    describe_example_message(reply, NULL, &json);
    text_add(out, "<details><summary>Example of a reply</summary><pre tabindex=\"0\">");
    text_add_html(out, text_bytes(&json.text));
    text_add(out, "</pre></details>\n");
}

static void
write_reply(struct text *out, const struct model_method *method)
{
    text_add(out, "<h4>Reply</h4>\n");
    if (route_has_json(method))
        write_json_reply(out, method);
    if (method->http->n_produces > 0)
        write_bytes_reply(out, method);
}

static void
write_refusals(struct text *out, const struct model_method *method, const struct route *route)
{
    const char *joint = "";
    text_add(out, "<p>Refusals: ");
    for (size_t i = 0; i < refusal_count; i++) {
        if (!refusal_is_possible(i, method, route) || refusals[i].status[0] > '9')
            continue;
        text_add(out, "%s%s", joint, refusals[i].status);
        joint = ", ";
    }
    text_add(out, "; see <a href=\"#rules\">above</a>.</p>\n");
}

void
docs_write_method(struct text *out, const struct model_method *method)
{
    struct route route;
    if (!route_read(method, &route))
        return;
    const char *verb = route_verb_name(route.verb);
    text_add(out, "<article aria-labelledby=\"%s\">\n", write_function_name(method));
    text_add(out,
             "<h3 id=\"%s\"><span class=\"verb %s\">%s</span><span class=\"path\">%s</span></h3>\n",
             write_function_name(method), verb, verb, route.path);
    html_paragraphs(out, method->place.comment);
    text_add(out, "<p class=\"dim\">May be called by: ");
    html_words(out, describe_access(method));
    text_add(out, ".</p>\n");
    write_request_table(out, method, &route);
    write_example_request(out, method, &route);
    write_reply(out, method);
    write_refusals(out, method, &route);
    text_add(out, "</article>\n");
}
