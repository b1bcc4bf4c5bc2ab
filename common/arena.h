/*
 * arena - memory that is freed all at once
 *
 * One arena per call: handlers never free, and everything reachable from an answer lives in the
 * call's arena. An arena has a budget, so that a small message that unpacks into a huge one is
 * refused and not served.
 *
 * Blocks of closed arenas are kept for the next ones (up to a bound), so a call costs no malloc.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "common/base.h"

struct arena;

enum { ARENA_BUDGET_BYTES = 16 * 1024 * 1024 };

/* A new arena that will give at most `budget_bytes`. arena_free takes it back; NULL is fine. */
struct arena *arena_new(size_t budget_bytes);
void arena_free(struct arena **arena);

/* Zeroed memory, aligned for any type. Aborts beyond the budget: for sizes that we choose. */
void *arena_alloc(struct arena *arena, size_t size_bytes);

/* The same for sizes that a peer chooses: NULL beyond the budget. Not zeroed. */
void *arena_try_alloc(struct arena *arena, size_t size_bytes);

/* A list with room for one item more: the same while count < *room, or else a copy twice as long.
 */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t item_bytes);

char *arena_copy_text(struct arena *arena, const char *text);
void *arena_copy(struct arena *arena, const void *bytes, size_t size_bytes);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* An allocator for protobuf-c that takes from the arena (beyond the budget it fails, and unpack
 * answers NULL) and frees nothing. Lives as long as the arena. */
ProtobufCAllocator *arena_allocator(struct arena *arena);

/* Bytes handed out so far. */
size_t arena_used_bytes(const struct arena *arena);

/* Gives back the blocks that are kept for reuse, so that a leak checker sees none. */
void arena_deinit(void);
