/*
 * write_all - <name>.h and <name>.c: every message, method, route and machine of the wanted files
 * in arrays
 *
 * For those who work on all of them: the gateway, fuzzers, property tests. Map entries are left
 * out: they have no JSON form of their own.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/write.h"

#include <inttypes.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"
#include "proto/plugin/route.h"

static void
write_header(const struct model *model, const char *name, struct text *out)
{
    write_header_head(out, "Every message, method, route and machine");
    text_add(out, "#include \"common/contract.h\"\n");
    for (size_t i = 0; i < model->file_count; i++)
        if (model->files[i]->is_wanted)
            text_add(out, "#include \"%s.contract.h\"\n", model->files[i]->stem);
    text_add(out, "\nextern const struct contract_message *const %s_messages[];\n", name);
    text_add(out, "extern const size_t %s_messages_count;\n", name);
    text_add(out, "extern const struct contract_method *const %s_methods[];\n", name);
    text_add(out, "extern const size_t %s_methods_count;\n", name);
    text_add(out, "extern const struct contract_route %s_routes[];\n", name);
    text_add(out, "extern const size_t %s_routes_count;\n", name);
    text_add(out, "extern const struct contract_machine *const %s_machines[];\n", name);
    text_add(out, "extern const size_t %s_machines_count;\n", name);
}

/* Arrays end in a NULL that their count leaves out, since C has no empty array. */
static void
end_array(const char *name, const char *what, size_t count, struct text *out)
{
    text_add(out, "    NULL,\n};\nconst size_t %s_%s_count = %zu;\n\n", name, what, count);
}

static void
write_messages(const struct model *model, const char *name, struct text *out)
{
    size_t count = 0;
    text_add(out, "const struct contract_message *const %s_messages[] = {\n", name);
    for (size_t f = 0; f < model->file_count; f++) {
        const struct model_file *file = model->files[f];
        for (size_t i = 0; file->is_wanted && i < file->message_count; i++) {
            if (file->messages[i]->kind == MODEL_MAP_ENTRY)
                continue;
            text_add(out, "    &%s_contract,\n", name_symbol(file->messages[i]->full_name));
            count++;
        }
    }
    end_array(name, "messages", count, out);
}

static void
write_machines(const struct model *model, const char *name, struct text *out)
{
    size_t count = 0;
    text_add(out, "const struct contract_machine *const %s_machines[] = {\n", name);
    for (size_t f = 0; f < model->file_count; f++) {
        const struct model_file *file = model->files[f];
        for (size_t i = 0; file->is_wanted && i < file->enum_count; i++) {
            if (file->enums[i]->machine == NULL)
                continue;
            text_add(out, "    &%s_machine,\n", name_symbol(file->enums[i]->full_name));
            count++;
        }
    }
    end_array(name, "machines", count, out);
}

/* Every method of the wanted files, in their order. */
static const struct model_method **
all_methods(const struct model *model, size_t *ret_count)
{
    const struct model_method **methods = NULL;
    size_t count = 0;
    for (size_t f = 0; f < model->file_count; f++) {
        const struct model_file *file = model->files[f];
        for (size_t s = 0; file->is_wanted && s < file->service_count; s++)
            for (size_t i = 0; i < file->services[s]->method_count; i++)
                MEMORY_PUSH(methods, count, &file->services[s]->methods[i]);
    }
    *ret_count = count;
    return methods;
}

static void
write_segments(const struct model_method *method, const struct route *route, struct text *out)
{
    text_add(out, "static const struct contract_segment %s_segments[] = {",
             write_method_symbol(method));
    for (size_t i = 0; i < route->segment_count; i++) {
        const struct route_segment *segment = &route->segments[i];
        if (segment->literal != NULL)
            text_add(out, "{\"%s\", -1}, ", segment->literal);
        else
            text_add(out, "{NULL, %zu}, ",
                     model_find_field(method->request, segment->variable)->index);
    }
    text_add(out, "};\n");
}

/* The media types of one direction as a list that ends with NULL. */
static void
write_types(const char *symbol, const char *what, char **types, size_t count, struct text *out)
{
    if (count == 0)
        return;
    text_add(out, "static const char *const %s_%s[] = {", symbol, what);
    for (size_t i = 0; i < count; i++)
        text_add(out, "\"%s\", ", types[i]);
    text_add(out, "NULL};\n");
}

static int
index_of(const struct model_field *field)
{
    return field == NULL ? -1 : (int)field->index;
}

/* What a route says of bodies that are not JSON. */
static void
write_carried(const struct model_method *method, const char *symbol, struct text *out)
{
    const Common__V1__Http *http = method->http;
    if (http->n_consumes > 0)
        text_add(out,
                 "     .consumes = %s_consumes, .body_bytes_max = INT64_C(%" PRId64
                 "), .upload_field = %zu,\n",
                 symbol, http->body_bytes_max, route_upload_field(method)->index);
    if (http->form)
        text_add(out, "     .is_form = true, .form_field = %d,\n",
                 index_of(route_form_field(method)));
    if (http->n_produces > 0)
        text_add(out, "     .produces = %s_produces, .body_field = %zu, .offset_field = %d,\n",
                 symbol, route_body_field(method)->index,
                 index_of(model_find_field(method->request, "body_offset")));
}

static void
write_route(const struct model_method *method, const struct route *route, struct text *out)
{
    const char *symbol = write_method_symbol(method);
    const struct model_field *reply = method->http->reply[0] == '\0'
                                          ? NULL
                                          : model_find_field(method->response, method->http->reply);
    const struct model_field *etag = route_etag_field(method);
    text_add(out, "    {.verb = CONTRACT_%s, .path = \"%s\", .segments = %s_segments,\n",
             route_verb_name(route->verb), route->path, symbol);
    text_add(out, "     .segment_count = %zu, .suffix = \"%s\", .method = &%s_method,\n",
             route->segment_count, route->suffix, symbol);
    text_add(out, "     .reply_field = %d, .location = \"%s\", .etag_field = %d,\n",
             index_of(reply), method->http->location, index_of(etag));
    write_carried(method, symbol, out);
    text_add(out, "    },\n");
}

static void
write_methods_and_routes(const struct model *model, const char *name, struct text *out)
{
    size_t method_count;
    const struct model_method **methods = all_methods(model, &method_count);
    text_add(out, "const struct contract_method *const %s_methods[] = {\n", name);
    for (size_t i = 0; i < method_count; i++)
        text_add(out, "    &%s_method,\n", write_method_symbol(methods[i]));
    end_array(name, "methods", method_count, out);

    struct text table = {0};
    size_t route_count = 0;
    text_add(&table, "const struct contract_route %s_routes[] = {\n", name);
    for (size_t i = 0; i < method_count; i++) {
        struct route route;
        if (!route_read(methods[i], &route))
            continue;
        const Common__V1__Http *http = methods[i]->http;
        const char *symbol = write_method_symbol(methods[i]);
        write_segments(methods[i], &route, out);
        write_types(symbol, "consumes", http->consumes, http->n_consumes, out);
        write_types(symbol, "produces", http->produces, http->n_produces, out);
        write_route(methods[i], &route, &table);
        route_count++;
    }
    text_add(out, "%s    {.path = NULL},\n};\nconst size_t %s_routes_count = %zu;\n\n",
             text_bytes(&table), name, route_count);
}

void
write_all(const struct model *model, const char *name, struct output *output)
{
    const char *header_name = memory_format("%s.h", name);
    struct text header = {0};
    write_header(model, name, &header);
    output_add(output, header_name, &header);

    struct text body = {0};
    write_source_head(&body, header_name, "Every message, method, route and machine");
    write_messages(model, name, &body);
    write_methods_and_routes(model, name, &body);
    write_machines(model, name, &body);
    output_add(output, memory_format("%s.c", name), &body);
}
