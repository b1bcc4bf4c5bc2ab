/*
 * token_cache - a set-associative table; the digest is its own hash
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/token_cache.h"

#include <string.h>

enum { WAYS = 4, PACKED_MAX = 512 };

struct entry {
    uint8_t digest[TOKEN_DIGEST_SIZE];
    uint64_t age; /* order of coming; 0: free */
    struct principal principal;
    uint8_t packed[PACKED_MAX];
};

struct token_cache {
    size_t set_count;
    uint64_t age;
    struct entry *entries;
};

struct token_cache *
token_cache_new(size_t count_max)
{
    struct token_cache *cache = mem_alloc(sizeof *cache);
    cache->set_count = (count_max + WAYS - 1) / WAYS;
    cache->entries = mem_alloc(cache->set_count * WAYS * sizeof *cache->entries);
    return cache;
}

void
token_cache_free(struct token_cache **cache)
{
    struct token_cache *c = *cache;
    *cache = NULL;
    if (c == NULL)
        return;
    mem_free(c->entries);
    mem_free(c);
}

static struct entry *
find_set(struct token_cache *cache, const uint8_t *digest)
{
    uint64_t hash;
    memcpy(&hash, digest, sizeof hash);
    return &cache->entries[hash % cache->set_count * WAYS];
}

void
token_cache_put(struct token_cache *cache, const uint8_t *digest, const struct principal *principal)
{
    struct entry *set = find_set(cache, digest);
    struct entry *place = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].age != 0 && memcmp(set[i].digest, digest, TOKEN_DIGEST_SIZE) == 0) {
            place = &set[i];
            break;
        }
        if (set[i].age < place->age)
            place = &set[i];
    }
    if (principal->packed_size_bytes > sizeof place->packed)
        return; /* then it is verified each time */
    memcpy(place->digest, digest, TOKEN_DIGEST_SIZE);
    place->age = ++cache->age;
    place->principal = *principal;
    memcpy(place->packed, principal->packed, principal->packed_size_bytes);
}

bool
token_cache_get(struct token_cache *cache, struct arena *arena, const uint8_t *digest,
                int64_t now_real_ms, struct principal *ret_principal)
{
    struct entry *set = find_set(cache, digest);
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].age == 0 || memcmp(set[i].digest, digest, TOKEN_DIGEST_SIZE) != 0)
            continue;
        if (set[i].principal.expire_time_ms <= now_real_ms) {
            set[i].age = 0;
            return false;
        }
        *ret_principal = set[i].principal;
        ret_principal->packed =
            arena_copy(arena, set[i].packed, set[i].principal.packed_size_bytes);
        return true;
    }
    return false;
}

void
token_cache_clear(struct token_cache *cache)
{
    for (size_t i = 0; i < cache->set_count * WAYS; i++)
        cache->entries[i].age = 0;
}
