/*
 * lint - see lint.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/text.h"

void
lint_report(struct lint *lint, const struct source_place *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = memory_new((size_t)len + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    struct lint_mistake mistake = {.place = *place, .text = text};
    MEMORY_PUSH(lint->mistakes, lint->count, mistake);
}

static void
check_service(struct lint *lint, const struct model_service *service)
{
    for (size_t i = 0; i < service->method_count; i++)
        lint_check_method(lint, &service->methods[i]);
}

void
lint_check(struct lint *lint)
{
    for (size_t f = 0; f < lint->model->file_count; f++) {
        const struct model_file *file = lint->model->files[f];
        if (!file->is_wanted || model_is_foreign(file))
            continue;
        lint_check_file(lint, file);
        for (size_t i = 0; i < file->message_count; i++)
            lint_check_message(lint, file->messages[i]);
        for (size_t i = 0; i < file->enum_count; i++)
            lint_check_enum(lint, file->enums[i]);
        for (size_t i = 0; i < file->service_count; i++)
            check_service(lint, file->services[i]);
    }
    lint_check_collisions(lint);
}

static int
compare_mistakes(const void *left, const void *right)
{
    const struct lint_mistake *a = left;
    const struct lint_mistake *b = right;
    int order = strcmp(a->place.file, b->place.file);
    if (order == 0)
        order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
    if (order == 0)
        order = (a->place.column > b->place.column) - (a->place.column < b->place.column);
    return order == 0 ? strcmp(a->text, b->text) : order;
}

const char *
lint_text(struct lint *lint)
{
    if (lint->count == 0)
        return NULL;
    qsort(lint->mistakes, lint->count, sizeof lint->mistakes[0], compare_mistakes);
    struct text out = {0};
    text_add(&out, "the contract has mistakes: %zu\n", lint->count);
    for (size_t i = 0; i < lint->count; i++) {
        const struct lint_mistake *mistake = &lint->mistakes[i];
        text_add(&out, "%s:%d:%d: %s\n", mistake->place.file, mistake->place.line,
                 mistake->place.column, mistake->text);
    }
    return text_bytes(&out);
}
