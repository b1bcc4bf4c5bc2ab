/*
 * memory - everything the plugin allocates lives until it exits
 *
 * A plugin reads one request, writes one response and ends, so nothing is freed one by one. Blocks
 * are linked and freed together by memory_free_all, which keeps leak checkers quiet and lets
 * address sanitizers watch each block. One thread; out of memory aborts.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "common/base.h"

/* Zeroed memory until memory_free_all. */
void *memory_new(size_t size_bytes);

/* A copy of the first `size_bytes` of `text`, ended by a NUL. */
char *memory_copy(const char *text, size_t size_bytes);

/* A text made as by printf. */
char *memory_format(const char *format, ...) PRINTF_LIKE(1, 2);

/* Room for one more element in an array of `count`; for MEMORY_PUSH. */
void *memory_grow(void *array, size_t count, size_t element_size_bytes);

/* Appends to an array that starts as NULL with a count of 0. */
#define MEMORY_PUSH(array, count, element)                                                         \
    do {                                                                                           \
        (array) = memory_grow((array), (count), sizeof *(array));                                  \
        (array)[(count)++] = (element);                                                            \
    } while (0)

/* For protobuf-c; its free does nothing. */
extern ProtobufCAllocator memory_allocator;

void memory_free_all(void);
