/*
 * arena - a chain of blocks, which are kept for the next arenas
 *
 * The arena's own head lies in its first block, so a call that needs no more than the blocks that
 * are kept costs no malloc at all. At most KEEP_MAX first blocks and as many further ones are kept;
 * one that is larger than others, for a single large piece, never is. Under the address sanitizer,
 * what is not handed out is poisoned.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(memory, size_bytes) __asan_poison_memory_region(memory, size_bytes)
#define UNPOISON(memory, size_bytes) __asan_unpoison_memory_region(memory, size_bytes)
enum { GAP_BYTES = 16 }; /* stays poisoned between two pieces */
#else
#define POISON(memory, size_bytes) (void)0
#define UNPOISON(memory, size_bytes) (void)0
enum { GAP_BYTES = 0 };
#endif

enum { BLOCK_BYTES = 8 * 1024, KEEP_MAX = 256, ALIGN = 16, GROW_FIRST = 16 };

/* A further block; its bytes follow it. */
struct block {
    struct block *next;
    size_t room_bytes;
};

/* The bytes of the first block follow it. */
struct arena {
    char *at; /* where the next piece goes, in the block that was taken last */
    char *end;
    size_t budget_bytes;
    size_t used_bytes;
    struct block *blocks;
    ProtobufCAllocator allocator;
    struct arena *next_kept;
};

_Static_assert(sizeof(struct block) % ALIGN == 0, "pieces are aligned for any type");

static struct arena *kept;
static unsigned kept_count;
static struct block *kept_blocks;
static unsigned kept_block_count;

static void *
allocator_alloc(void *context, size_t size_bytes)
{
    return arena_try_alloc(context, size_bytes);
}

static void
allocator_free(void *context UNUSED, void *memory UNUSED)
{
}

static size_t
head_bytes(void)
{
    return (sizeof(struct arena) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

struct arena *
arena_new(size_t budget_bytes)
{
    struct arena *arena = kept;
    if (arena != NULL) {
        kept = arena->next_kept;
        kept_count--;
    } else {
        arena = mem_alloc(BLOCK_BYTES);
    }
    *arena = (struct arena){.budget_bytes = budget_bytes};
    arena->at = (char *)arena + head_bytes();
    arena->end = (char *)arena + BLOCK_BYTES;
    arena->allocator = (ProtobufCAllocator){
        .alloc = allocator_alloc, .free = allocator_free, .allocator_data = arena};
    POISON(arena->at, (size_t)(arena->end - arena->at));
    return arena;
}

static void
give_back(struct block *block)
{
    UNPOISON(block + 1, block->room_bytes);
    if (block->room_bytes > BLOCK_BYTES || kept_block_count == KEEP_MAX) {
        mem_free(block);
        return;
    }
    block->next = kept_blocks;
    kept_blocks = block;
    kept_block_count++;
}

void
arena_free(struct arena **arena)
{
    struct arena *a = *arena;
    *arena = NULL;
    if (a == NULL)
        return;
    for (struct block *block = a->blocks, *next; block != NULL; block = next) {
        next = block->next;
        give_back(block);
    }
    UNPOISON((char *)a + head_bytes(), BLOCK_BYTES - head_bytes());
    if (kept_count == KEEP_MAX) {
        mem_free(a);
        return;
    }
    a->next_kept = kept;
    kept = a;
    kept_count++;
}

/* Goes on in another block, that has room for a piece. Its bytes are as they were left. */
static void
add_block(struct arena *arena, size_t size_bytes)
{
    size_t room_bytes = size_bytes > BLOCK_BYTES ? size_bytes : BLOCK_BYTES;
    struct block *block = kept_blocks;
    if (block != NULL && room_bytes == BLOCK_BYTES) {
        kept_blocks = block->next;
        kept_block_count--;
    } else {
        block = mem_resize(NULL, sizeof *block + room_bytes);
    }
    *block = (struct block){.next = arena->blocks, .room_bytes = room_bytes};
    arena->blocks = block;
    arena->at = (char *)(block + 1);
    arena->end = arena->at + room_bytes;
    POISON(arena->at, room_bytes);
}

static inline void *
take(struct arena *arena, size_t size_bytes, size_t taken_bytes)
{
    void *memory = arena->at;
    arena->at += taken_bytes;
    arena->used_bytes += size_bytes;
    UNPOISON(memory, size_bytes);
    return memory;
}

/* Apart from the usual way, which so calls nothing and needs no frame. */
static __attribute__((noinline)) void *
take_from_new_block(struct arena *arena, size_t size_bytes, size_t taken_bytes)
{
    add_block(arena, taken_bytes);
    return take(arena, size_bytes, taken_bytes);
}

void *
arena_try_alloc(struct arena *arena, size_t size_bytes)
{
    if (size_bytes > arena->budget_bytes - arena->used_bytes)
        return NULL;
    size_t taken_bytes = ((size_bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1)) + GAP_BYTES;
    if (taken_bytes > (size_t)(arena->end - arena->at))
        return take_from_new_block(arena, size_bytes, taken_bytes);
    return take(arena, size_bytes, taken_bytes);
}

void *
arena_alloc(struct arena *arena, size_t size_bytes)
{
    void *memory = arena_try_alloc(arena, size_bytes);
    CHECK(memory != NULL);
    return memset(memory, 0, size_bytes);
}

void *
arena_copy(struct arena *arena, const void *bytes, size_t size_bytes)
{
    void *copy = arena_try_alloc(arena, size_bytes);
    CHECK(copy != NULL);
    if (size_bytes > 0)
        memcpy(copy, bytes, size_bytes);
    return copy;
}

void *
arena_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t item_bytes)
{
    if (count < *room)
        return items;
    *room = count == 0 ? GROW_FIRST : 2 * count;
    void *grown = arena_alloc(arena, *room * item_bytes);
    return count == 0 ? grown : memcpy(grown, items, count * item_bytes);
}

char *
arena_copy_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text) + 1);
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(size >= 0);
    char *text = arena_alloc(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

ProtobufCAllocator *
arena_allocator(struct arena *arena)
{
    return &arena->allocator;
}

size_t
arena_used_bytes(const struct arena *arena)
{
    return arena->used_bytes;
}

void
arena_deinit(void)
{
    while (kept != NULL) {
        struct arena *arena = kept;
        kept = arena->next_kept;
        mem_free(arena);
    }
    kept_count = 0;
    while (kept_blocks != NULL) {
        struct block *block = kept_blocks;
        kept_blocks = block->next;
        mem_free(block);
    }
    kept_block_count = 0;
}
