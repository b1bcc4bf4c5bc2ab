/*
 * write - what the writers share
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/write.h"

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"

static void
write_head(struct text *text, const char *purpose)
{
    text_add(text, "/* %s: made by protoc-gen-aftercare, not to be edited. */\n", purpose);
    text_add(text, "// SPDX-License-Identifier: Apache-2.0\n");
}

void
write_header_head(struct text *text, const char *purpose)
{
    write_head(text, purpose);
    text_add(text, "#pragma once\n\n");
}

void
write_source_head(struct text *text, const char *header_name, const char *purpose)
{
    write_head(text, purpose);
    text_add(text, "#include \"%s\"\n\n", header_name);
}

char *
write_function_name(const struct model_method *method)
{
    return memory_format("%s_%s", method->service->noun, name_snake(method->name));
}

char *
write_method_symbol(const struct model_method *method)
{
    return memory_format("%s_%s", name_symbol(method->service->file->package),
                         name_snake(method->name));
}

void
write_embedded(const char *symbol, const struct text *content, struct output *output)
{
    const char *header_name = memory_format("%s.h", symbol);
    struct text header = {0};
    write_header_head(&header, "A document as bytes");
    text_add(&header, "#include <stddef.h>\n\n");
    text_add(&header, "/* Ended by a NUL that its size does not count. */\n");
    text_add(&header, "extern const unsigned char %s[];\nextern const size_t %s_size;\n", symbol,
             symbol);
    output_add(output, header_name, &header);

    struct text body = {0};
    write_source_head(&body, header_name, "A document as bytes");
    text_add(&body, "const unsigned char %s[] = {", symbol);
    for (size_t i = 0; i < content->size_bytes; i++)
        text_add(&body, "%s%u,", i % 24 == 0 ? "\n    " : "", (unsigned char)content->bytes[i]);
    text_add(&body, "\n    0};\nconst size_t %s_size = %zu;\n", symbol, content->size_bytes);
    output_add(output, memory_format("%s.c", symbol), &body);
}
