/*
 * memory - see memory.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    max_align_t bytes[];
};

static struct block *blocks;

void *
memory_new(size_t size_bytes)
{
    struct block *block = calloc(1, sizeof *block + size_bytes);
    if (block == NULL) {
        fprintf(stderr, "out of memory\n");
        abort();
    }
    block->next = blocks;
    blocks = block;
    return block->bytes;
}

char *
memory_copy(const char *text, size_t size_bytes)
{
    char *copy = memory_new(size_bytes + 1);
    memcpy(copy, text, size_bytes);
    return copy;
}

char *
memory_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size_bytes = (size_t)len + 1;
    char *text = memory_new(size_bytes);
    va_start(args, format);
    vsnprintf(text, size_bytes, format, args);
    va_end(args);
    return text;
}

void *
memory_grow(void *array, size_t count, size_t element_size_bytes)
{
    /* Capacity is the next power of two, so only counts that are one (or zero) need a new block. */
    if ((count & (count - 1)) != 0)
        return array;
    size_t capacity = count == 0 ? 1 : 2 * count;
    void *grown = memory_new(capacity * element_size_bytes);
    if (count > 0)
        memcpy(grown, array, count * element_size_bytes);
    return grown;
}

static void *
on_alloc(void *context UNUSED, size_t size_bytes)
{
    return memory_new(size_bytes);
}

static void
on_free(void *context UNUSED, void *memory UNUSED)
{
}

ProtobufCAllocator memory_allocator = {.alloc = on_alloc, .free = on_free};

void
memory_free_all(void)
{
    while (blocks != NULL) {
        struct block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}
