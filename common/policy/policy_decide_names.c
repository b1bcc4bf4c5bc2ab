/*
 * policy_decide_names - names that are found in a few nanoseconds
 *
 * Open addressing in a table at least twice as large as the names: made once, never changed. Names
 * are those of the program and of policies, so nobody chooses them to collide.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_decide_private.h"

#include <string.h>

/* The length and four characters tell names apart well enough; a walk over all would take longer
 * than the comparison that follows. */
uint32_t
decide_names_hash(const char *name)
{
    size_t size = strlen(name);
    if (size < 2)
        return (uint8_t)name[0];
    uint32_t sum = (uint32_t)size;
    sum = sum * 31 + (uint8_t)name[0];
    sum = sum * 31 + (uint8_t)name[size / 2];
    sum = sum * 31 + (uint8_t)name[size - 2];
    return sum * 31 + (uint8_t)name[size - 1];
}

void
decide_names_init(struct arena *arena, struct decide_names *names, size_t count)
{
    size_t slots = 8;
    while (slots < count * 2)
        slots *= 2;
    names->names = arena_alloc(arena, count * sizeof *names->names);
    names->slots = arena_alloc(arena, slots * sizeof *names->slots);
    names->mask = (uint32_t)slots - 1;
}

void
decide_names_add(struct decide_names *names, const char *name)
{
    CHECK(names->count < names->mask);
    names->names[names->count++] = name;
    uint32_t slot = decide_names_hash(name) & names->mask;
    while (names->slots[slot] != 0)
        slot = (slot + 1) & names->mask;
    names->slots[slot] = (uint32_t)names->count;
}

int
decide_names_find(const struct decide_names *names, const char *name)
{
    uint32_t slot = decide_names_hash(name) & names->mask;
    for (; names->slots[slot] != 0; slot = (slot + 1) & names->mask) {
        uint32_t index = names->slots[slot] - 1;
        if (decide_is_same_text(names->names[index], name))
            return (int)index;
    }
    return -1;
}
