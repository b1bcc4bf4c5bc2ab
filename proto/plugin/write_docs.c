/*
 * write_docs - docs.html: the API for people
 *
 * In order: what holds for every call, the methods of each service, types, state machines, events.
 * The parts of a method are in docs_method.c.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/write.h"

#include "proto/plugin/describe.h"
#include "proto/plugin/docs_method.h"
#include "proto/plugin/html.h"
#include "proto/plugin/machine_chart.h"
#include "proto/plugin/memory.h"
#include "proto/plugin/refusal.h"
#include "proto/plugin/schema.h"

/* What the page tells of, gathered once. */
struct docs {
    const struct model *model;
    struct schema_set types;
    struct text out;
};

static void
collect_types(struct docs *docs)
{
    for (size_t f = 0; f < docs->model->file_count; f++) {
        const struct model_file *file = docs->model->files[f];
        for (size_t s = 0; file->is_wanted && s < file->service_count; s++) {
            for (size_t i = 0; i < file->services[s]->method_count; i++) {
                const struct model_method *method = &file->services[s]->methods[i];
                struct route route;
                if (!route_read(method, &route))
                    continue;
                schema_use_request(&docs->types, method, &route);
                if (route_has_json(method))
                    schema_use_reply(&docs->types, route_reply(method));
            }
        }
        for (size_t i = 0; file->is_wanted && i < file->message_count; i++)
            if (file->messages[i]->event != NULL)
                schema_use_event(&docs->types, file->messages[i]);
    }
}

static void
write_contents_of_service(const struct model_service *service, struct text *out)
{
    text_add(out, "<li><a href=\"#%s\">%s</a></li>\n", service->noun, service->noun);
    for (size_t i = 0; i < service->method_count; i++) {
        struct route route;
        if (!route_read(&service->methods[i], &route))
            continue;
        const char *verb = route_verb_name(route.verb);
        text_add(out,
                 "<li><a href=\"#%s\"><span class=\"verb %s\">%s</span><span "
                 "class=\"path\">%s</span></a></li>\n",
                 write_function_name(&service->methods[i]), verb, verb, route.path);
    }
}

static void
write_contents(struct docs *docs)
{
    struct text *out = &docs->out;
    text_add(out, "<nav aria-label=\"Contents\">\n<details open><summary>Contents</summary>\n<ul>\n"
                  "<li><a href=\"#rules\">For every call</a></li>\n</ul>\n");
    for (size_t f = 0; f < docs->model->file_count; f++) {
        const struct model_file *file = docs->model->files[f];
        for (size_t s = 0; file->is_wanted && s < file->service_count; s++) {
            text_add(out, "<ul>\n");
            write_contents_of_service(file->services[s], out);
            text_add(out, "</ul>\n");
        }
    }
    text_add(out, "<ul>\n<li><a href=\"#types\">Types</a></li>\n<li><a href=\"#machines\">State "
                  "machines</a></li>\n<li><a href=\"#event-catalogue\">Events</a></li>\n</ul>\n"
                  "</details>\n</nav>\n");
}

static const char *const rules[] = {
    "Send `Authorization: Bearer <token>`. Methods marked as open to everybody need none; a link "
    "token opens one method for one resource, as `?link=<token>`.",
    "Every `POST` that changes something carries an `Idempotency-Key`, a quoted string or 1 to 255 "
    "of letters, digits and `. _ : -`. The same request with the same key has one effect and gets "
    "the same answer, with `Idempotent-Replayed: true`. After a 503 or a lost connection, send it "
    "again with the same key.",
    "Bodies are one JSON object each, at most 128 KiB. Unknown fields, duplicate keys and wrong "
    "types are refused with their place. `null` is the same as absent. Whole numbers lie within "
    "±(2^53 - 1), days are `2026-03-15`, times RFC 3339, amounts `{\"minor\": 4900, "
    "\"currency_code\": \"EUR\"}`.",
    "A resource's version comes as `ETag`. `PUT`, `PATCH` and `DELETE` must carry it as "
    "`If-Match`, "
    "verbs may; `GET` takes `If-None-Match`.",
    "Where a method takes or gives another media type than JSON, its bytes are the body as they "
    "are, with their `Content-Type` (curl: `-H 'Content-Type: image/jpeg' --data-binary "
    "@photo.jpg`); the other fields then stand in path and query.",
    "Lists come in pages: give `next_page_token` back as `page_token` until it is empty.",
    "Accept fields and enum values that you do not know: more will come.",
};

static void
write_rules(struct docs *docs)
{
    struct text *out = &docs->out;
    text_add(out, "<section id=\"rules\">\n<h2>For every call</h2>\n<ul>\n");
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        text_add(out, "<li>");
        html_words(out, rules[i]);
        text_add(out, "</li>\n");
    }
    text_add(out, "</ul>\n");
    html_paragraphs(out,
                    "A refusal is `application/problem+json` (RFC 9457): `domain` and `reason` "
                    "are stable and meant for programs, `detail` is for developers, `trace_id` "
                    "finds the request in the logs. Services add reasons of their own to these.");
    html_open_table(out, "Refusals", "Status|When|Reasons");
    for (size_t i = 0; i < refusal_count; i++) {
        if (refusals[i].status[0] > '9')
            continue;
        text_add(out, "<tr><td>%s</td><td>", refusals[i].status);
        html_words(out, refusals[i].description);
        text_add(out, "</td><td>%s</td></tr>\n", refusals[i].reasons);
    }
    html_close_table(out);
    text_add(out, "</section>\n");
}

static void
write_services(struct docs *docs)
{
    for (size_t f = 0; f < docs->model->file_count; f++) {
        const struct model_file *file = docs->model->files[f];
        for (size_t s = 0; file->is_wanted && s < file->service_count; s++) {
            const struct model_service *service = file->services[s];
            text_add(&docs->out, "<section id=\"%s\">\n<h2>%s</h2>\n", service->noun,
                     service->noun);
            html_paragraphs(&docs->out, service->place.comment);
            for (size_t i = 0; i < service->method_count; i++)
                docs_write_method(&docs->out, &service->methods[i]);
            text_add(&docs->out, "</section>\n");
        }
    }
}

static void
write_enum(struct text *out, const struct model_enum *enumeration)
{
    html_open_table(out, "Values", "Value|Meaning");
    for (size_t i = 1; i < enumeration->value_count; i++) {
        text_add(out, "<tr><td><code>%s</code></td><td>", enumeration->values[i].name);
        html_words(out, enumeration->values[i].place.comment);
        text_add(out, "</td></tr>\n");
    }
    html_close_table(out);
}

static void
write_types(struct docs *docs)
{
    struct text *out = &docs->out;
    text_add(out, "<section id=\"types\">\n<h2>Types</h2>\n");
    for (size_t i = 0; i < docs->types.count; i++) {
        const struct schema_entry *entry = &docs->types.entries[i];
        if (entry->body_of != NULL || (entry->message != NULL && entry->message->event != NULL))
            continue;
        const char *full_name =
            entry->message != NULL ? entry->message->full_name : entry->enumeration->full_name;
        const struct source_place *place =
            entry->message != NULL ? &entry->message->place : &entry->enumeration->place;
        text_add(out, "<h3 id=\"%s\">%s</h3>\n", html_anchor(full_name), full_name);
        html_paragraphs(out, place->comment);
        if (entry->message != NULL)
            docs_write_fields(out, "Fields", entry->message);
        else
            write_enum(out, entry->enumeration);
    }
    text_add(out, "</section>\n");
}

static const char *
join(char *const *names, size_t count)
{
    struct text text = {0};
    for (size_t i = 0; i < count; i++)
        text_add(&text, "%s%s", i == 0 ? "" : ", ", names[i]);
    return text_bytes(&text);
}

/* A method by its name and by the route that calls it; without one the service calls it itself. */
static void
write_verb(struct text *out, const struct model_method *method)
{
    struct route route;
    if (route_read(method, &route))
        text_add(out, "<a href=\"#%s\">%s</a><br><code>%s %s</code>", write_function_name(method),
                 method->name, route_verb_name(route.verb), route.path);
    else
        text_add(out, "%s<br>by the service itself", method->name);
}

static void
write_machine(struct docs *docs, const struct model_enum *states)
{
    struct text *out = &docs->out;
    text_add(out, "<h3 id=\"machine-%s\">%s</h3>\n", states->full_name, states->full_name);
    html_paragraphs(out, states->place.comment);
    text_add(out, "<figure tabindex=\"0\">\n");
    machine_chart(out, states);
    text_add(
        out,
        "<figcaption>Each row is a method, or what happens by itself: from a state with a dot to "
        "one with a triangle. "
        "The first line is before it exists. The table names the route of each "
        "method.</figcaption></figure>\n");
    html_open_table(out, "Transitions", "From|By|To|Who|When");
    for (size_t i = 0; i < states->machine->n_transitions; i++) {
        const Common__V1__Transition *transition = states->machine->transitions[i];
        text_add(out, "<tr><td>%s</td><td>",
                 transition->n_from == 0 ? "(new)" : join(transition->from, transition->n_from));
        if (transition->verb[0] != '\0')
            write_verb(out, model_find_verb(docs->model, states, transition->verb));
        else
            html_words(out, transition->by);
        text_add(out, "</td><td>%s</td><td>", join(transition->to, transition->n_to));
        for (size_t k = 0; k < transition->n_roles; k++)
            text_add(out, "%s%s", k == 0 ? "" : ", ", describe_role(transition->roles[k]));
        bool is_method = transition->verb[0] != '\0';
        text_add(out, "%s</td><td>",
                 !is_method                 ? "by itself"
                 : transition->n_roles == 0 ? "who may call it"
                                            : "");
        html_words(out, transition->guard);
        text_add(out, "</td></tr>\n");
    }
    html_close_table(out);
}

static void
write_machines(struct docs *docs)
{
    text_add(&docs->out, "<section id=\"machines\">\n<h2>State machines</h2>\n");
    for (size_t f = 0; f < docs->model->file_count; f++) {
        const struct model_file *file = docs->model->files[f];
        for (size_t i = 0; file->is_wanted && i < file->enum_count; i++)
            if (file->enums[i]->machine != NULL)
                write_machine(docs, file->enums[i]);
    }
    text_add(&docs->out, "</section>\n");
}

static void
write_event_catalogue(struct docs *docs)
{
    struct text *out = &docs->out;
    text_add(out, "<section id=\"event-catalogue\">\n<h2>Events</h2>\n");
    html_paragraphs(out, "What happened, in the order in which it happened for each aggregate. No "
                         "event holds personal data.");
    for (size_t f = 0; f < docs->model->file_count; f++) {
        const struct model_file *file = docs->model->files[f];
        for (size_t i = 0; file->is_wanted && i < file->message_count; i++) {
            const struct model_message *event = file->messages[i];
            if (event->event == NULL)
                continue;
            text_add(out, "<h3 id=\"%s\">%s</h3>\n", html_anchor(event->full_name),
                     event->full_name);
            html_paragraphs(out, event->place.comment);
            text_add(out, "<p class=\"dim\">Aggregate: %s</p>\n", event->event->aggregate);
            docs_write_fields(out, "Fields", event);
        }
    }
    text_add(out, "</section>\n");
}

void
write_docs(const struct model *model, const char *version, struct output *output)
{
    struct docs docs = {.model = model};
    struct text *out = &docs.out;
    collect_types(&docs);
    html_open_page(out, memory_format("Aftercare API %s", version));
    text_add(out, "<div class=\"page\">\n");
    write_contents(&docs);
    text_add(out, "<main id=\"main\">\n<h1>Aftercare API</h1>\n");
    text_add(out,
             "<p class=\"dim\">Version %s. For programs: <a "
             "href=\"/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>\n",
             version);
    write_rules(&docs);
    write_services(&docs);
    write_types(&docs);
    write_machines(&docs);
    write_event_catalogue(&docs);
    text_add(out, "</main>\n</div>\n");
    html_close_page(out);
    output_add(output, "docs.html", out);
    write_embedded("embedded_docs", out, output);
}
