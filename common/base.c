/*
 * base - what happens when an assertion fails, and memory that never fails to come
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
base_check_failed(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "aftercare: assertion failed: %s, %s:%d, %s\n", condition, file, line,
            function);
    abort();
}

static void *
or_abort(void *memory, size_t size_bytes)
{
    if (memory == NULL && size_bytes > 0) {
        fprintf(stderr, "aftercare: out of memory, %zu bytes wanted\n", size_bytes);
        abort();
    }
    return memory;
}

void *
mem_alloc(size_t size_bytes)
{
    return or_abort(calloc(1, size_bytes), size_bytes);
}

void *
mem_resize(void *memory, size_t size_bytes)
{
    return or_abort(realloc(memory, size_bytes), size_bytes);
}

char *
mem_copy_text(const char *text)
{
    return or_abort(strdup(text), strlen(text) + 1);
}

void
mem_free(void *memory)
{
    free(memory);
}
