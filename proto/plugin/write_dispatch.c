/*
 * write_dispatch - x/v1/y.dispatch.h and .c: what a service must define, and the table that finds
 * it
 *
 * The table calls each handler through a wrapper that has its exact type: a missing handler does
 * not link, a mistyped one does not compile (its own header declares it differently). Files without
 * a service get empty files, so that the build knows its outputs without reading protos.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/write.h"

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"

static void
write_prototype(const struct model_method *method, const char *indent, struct text *out)
{
    text_add(out, "enum err\n%s%s(struct call *call, const %s *req,\n%s    %s *res)", indent,
             write_function_name(method), name_c_type(method->request->full_name), indent,
             name_c_type(method->response->full_name));
}

static void
write_comment(const struct model_method *method, struct text *out)
{
    /* A comment may hold no end of comment. */
    text_add(out, "/* ");
    for (const char *p = method->place.comment; *p != '\0'; p++) {
        text_add_char(out, *p == '\n' ? ' ' : *p);
        if (*p == '*' && p[1] == '/')
            text_add_char(out, ' ');
    }
    text_add(out, " */\n");
}

static void
write_wrapper(const struct model_method *method, struct text *out)
{
    text_add(out,
             "static enum err\n"
             "on_%s(struct call *call, const ProtobufCMessage *req, ProtobufCMessage *res)\n{\n"
             "    return %s(call, (const %s *)req,\n        (%s *)res);\n}\n\n",
             name_snake(method->name), write_function_name(method),
             name_c_type(method->request->full_name), name_c_type(method->response->full_name));
}

static void
write_table(const struct model_service *service, struct text *out)
{
    text_add(out, "static const struct contract_dispatch_entry entries[] = {\n");
    for (size_t i = 0; i < service->method_count; i++)
        text_add(out, "    {&%s_method, on_%s},\n", write_method_symbol(&service->methods[i]),
                 name_snake(service->methods[i].name));
    text_add(out, "};\n\nconst struct contract_dispatch %s_dispatch = {\n",
             name_symbol(service->file->package));
    text_add(out,
             "    .service = \"%s\",\n    .entries = entries,\n"
             "    .count = sizeof entries / sizeof entries[0],\n};\n",
             service->noun);
}

void
write_dispatch(const struct model_file *file, struct output *output)
{
    const char *header_name = memory_format("%s.dispatch.h", file->stem);
    struct text header = {0};
    struct text body = {0};
    write_header_head(&header, "Handlers that the service defines");
    text_add(&header, "#include \"%s.contract.h\"\n\n", file->stem);
    write_source_head(&body, header_name, "Dispatch table");
    for (size_t s = 0; s < file->service_count; s++) {
        const struct model_service *service = file->services[s];
        for (size_t i = 0; i < service->method_count; i++) {
            write_comment(&service->methods[i], &header);
            write_prototype(&service->methods[i], "", &header);
            text_add(&header, ";\n\n");
            write_wrapper(&service->methods[i], &body);
        }
        text_add(&header, "extern const struct contract_dispatch %s_dispatch;\n",
                 name_symbol(file->package));
        write_table(service, &body);
    }
    output_add(output, header_name, &header);
    output_add(output, memory_format("%s.dispatch.c", file->stem), &body);
}
