/*
 * write_client - x/v1/y.client.h and .c: typed stubs for calling a service from another
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/write.h"

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"

static void
write_signature(const struct model_method *method, struct text *out)
{
    text_add(out, "%s_await(struct call *call, const %s *req,\n    const %s **ret_res)",
             write_function_name(method), name_c_type(method->request->full_name),
             name_c_type(method->response->full_name));
}

static void
write_stub(const struct model_method *method, struct text *out)
{
    text_add(out, "enum err\n");
    write_signature(method, out);
    text_add(out,
             "\n{\n    const ProtobufCMessage *res = NULL;\n"
             "    enum err err = svc_ask_await(call, &%s_method, &req->base, &res);\n"
             "    if (err == OK)\n        *ret_res = (const %s *)res;\n    return err;\n}\n\n",
             write_method_symbol(method), name_c_type(method->response->full_name));
}

void
write_client(const struct model_file *file, struct output *output)
{
    const char *header_name = memory_format("%s.client.h", file->stem);
    struct text header = {0};
    struct text body = {0};
    write_header_head(&header, "Client stubs: answers live in the call's arena");
    text_add(&header, "#include \"%s.contract.h\"\n\n", file->stem);
    write_source_head(&body, header_name, "Client stubs");
    text_add(&body, "#include \"common/svc.h\"\n\n");
    for (size_t s = 0; s < file->service_count; s++) {
        const struct model_service *service = file->services[s];
        for (size_t i = 0; i < service->method_count; i++) {
            text_add(&header, "enum err ");
            write_signature(&service->methods[i], &header);
            text_add(&header, " MUST_CHECK;\n");
            write_stub(&service->methods[i], &body);
        }
    }
    output_add(output, header_name, &header);
    output_add(output, memory_format("%s.client.c", file->stem), &body);
}
