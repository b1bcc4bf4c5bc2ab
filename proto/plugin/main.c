/*
 * protoc-gen-aftercare - a protoc plugin: the contract from proto/ into tables, code and documents
 *
 * Reads a CodeGeneratorRequest from standard input and answers on standard output. Parameters
 * (--aftercare_opt), joined by commas or given several times, say what to write:
 *
 *     files          of each named file: <stem>.contract.h/.c, .dispatch.h/.c, .client.h/.c
 *     all=NAME       NAME.h/.c with the arrays of all named files
 *     documents      openapi.json, docs.html, events.md; the first two, and the schema of all
 *                    events as a FileDescriptorSet, as C arrays
 *     version=TEXT   the version in the documents
 *     baseline=FILE  a FileDescriptorSet of the last release: what broke since is a mistake
 *
 * The lint runs always, over the named files. A contract with mistakes writes nothing.
 */
// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/plugin/lint.h"
#include "proto/plugin/memory.h"
#include "proto/plugin/write.h"

typedef Google__Protobuf__Compiler__CodeGeneratorRequest Request;

struct parameters {
    bool has_files;
    bool has_documents;
    const char *all;      /* NULL: not asked for */
    const char *version;  /* "0" if not said */
    const char *baseline; /* NULL: nothing is compared */
};

static void
read_all(FILE *file, struct text *ret_bytes)
{
    char chunk[65536];
    size_t size_bytes;
    while ((size_bytes = fread(chunk, 1, sizeof chunk, file)) > 0)
        text_add_bytes(ret_bytes, chunk, size_bytes);
}

/* Returns NULL, or what is wrong with the parameter. */
static const char *
read_parameters(const char *text, struct parameters *ret_parameters)
{
    struct parameters parameters = {.version = "0"};
    for (const char *p = text; *p != '\0';) {
        size_t len = strcspn(p, ",");
        const char *word = memory_copy(p, len);
        if (text_is_equal(word, "files"))
            parameters.has_files = true;
        else if (text_is_equal(word, "documents"))
            parameters.has_documents = true;
        else if (text_starts_with(word, "all="))
            parameters.all = word + strlen("all=");
        else if (text_starts_with(word, "version="))
            parameters.version = word + strlen("version=");
        else if (text_starts_with(word, "baseline="))
            parameters.baseline = word + strlen("baseline=");
        else if (len > 0)
            return memory_format("there is no parameter \"%s\"", word);
        p += len + (p[len] == ',');
    }
    *ret_parameters = parameters;
    return NULL;
}

/* Returns NULL, or why the file is no descriptor set. */
static const char *
check_baseline(struct lint *lint, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return memory_format("baseline %s: %s", path, strerror(errno));
    struct text bytes = {0};
    read_all(file, &bytes);
    bool is_read = ferror(file) == 0;
    fclose(file);
    Google__Protobuf__FileDescriptorSet *set =
        is_read ? google__protobuf__file_descriptor_set__unpack(&memory_allocator, bytes.size_bytes,
                                                                (const uint8_t *)text_bytes(&bytes))
                : NULL;
    if (set == NULL)
        return memory_format("baseline %s is no descriptor set", path);
    lint_check_baseline(lint, model_read(set->file, set->n_file));
    return NULL;
}

static void
write_files(const struct model *model, struct output *output)
{
    for (size_t i = 0; i < model->file_count; i++) {
        const struct model_file *file = model->files[i];
        if (!file->is_wanted)
            continue;
        write_contract(file, output);
        write_dispatch(file, output);
        write_client(file, output);
    }
}

/* Returns NULL, or the mistakes. */
static const char *
generate(const Request *request, struct output *output)
{
    struct parameters parameters = {0};
    const char *text = request->parameter == NULL ? "" : request->parameter;
    const char *mistake = read_parameters(text, &parameters);
    if (mistake != NULL)
        return mistake;
    struct model *model = model_read(request->proto_file, request->n_proto_file);
    model_want(model, request->file_to_generate, request->n_file_to_generate);
    struct lint lint = {.model = model};
    lint_check(&lint);
    if (parameters.baseline != NULL)
        mistake = check_baseline(&lint, parameters.baseline);
    if (mistake == NULL)
        mistake = lint_text(&lint);
    if (mistake != NULL)
        return mistake;
    if (parameters.has_files)
        write_files(model, output);
    if (parameters.all != NULL)
        write_all(model, parameters.all, output);
    if (parameters.has_documents) {
        write_openapi(model, parameters.version, output);
        write_docs(model, parameters.version, output);
        write_events(model, output);
        write_schema(model, output);
    }
    return NULL;
}

int
main(void)
{
    struct text bytes = {0};
    read_all(stdin, &bytes);
    Request *request = google__protobuf__compiler__code_generator_request__unpack(
        &memory_allocator, bytes.size_bytes, (const uint8_t *)text_bytes(&bytes));
    if (request == NULL) {
        fprintf(stderr, "protoc-gen-aftercare: standard input is no request of protoc\n");
        memory_free_all();
        return EXIT_FAILURE;
    }
    struct output output = {0};
    const char *mistakes = generate(request, &output);
    bool is_written = output_write(&output, mistakes);
    if (!is_written)
        fprintf(stderr, "protoc-gen-aftercare: cannot write the answer: %s\n", strerror(errno));
    memory_free_all();
    return is_written ? EXIT_SUCCESS : EXIT_FAILURE;
}
