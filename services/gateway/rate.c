/*
 * rate - buckets hold thousandths, so that filling by the millisecond loses nothing
 */
// SPDX-License-Identifier: Apache-2.0
#include "rate.h"

#include <string.h>

#include <sodium.h>

#include "common/http_peer.h"
#include "common/rng.h"

enum { PLACE_COUNT = 8192, MILLI = 1000 };

struct bucket {
    uint8_t key[HTTP_PEER_KEY_SIZE];
    int64_t fill_milli;
    int64_t fill_mono_ms; /* when it was reckoned; 0: the place is free */
};

struct rate {
    unsigned per_s;
    int64_t burst_milli;
    uint8_t secret[crypto_shorthash_KEYBYTES]; /* nobody can choose who shares a place */
    struct bucket places[PLACE_COUNT];
};

struct rate *
rate_new(unsigned per_s, unsigned burst)
{
    struct rate *rate = mem_alloc(sizeof *rate);
    rate->per_s = per_s;
    rate->burst_milli = (int64_t)burst * MILLI;
    rng_bytes(rate->secret, sizeof rate->secret);
    return rate;
}

void
rate_free(struct rate **rate)
{
    mem_free(*rate);
    *rate = NULL;
}

static void
refill(const struct rate *rate, struct bucket *bucket, int64_t now_mono_ms)
{
    int64_t fill_milli = bucket->fill_milli + (now_mono_ms - bucket->fill_mono_ms) * rate->per_s;
    bucket->fill_milli = fill_milli < rate->burst_milli ? fill_milli : rate->burst_milli;
    bucket->fill_mono_ms = now_mono_ms;
}

static struct bucket *
find(struct rate *rate, const char *peer, int64_t now_mono_ms)
{
    uint8_t key[HTTP_PEER_KEY_SIZE];
    uint64_t hash;
    http_peer_key(peer, key);
    crypto_shorthash((unsigned char *)&hash, key, sizeof key, rate->secret);
    struct bucket *places[] = {&rate->places[hash % PLACE_COUNT],
                               &rate->places[(hash >> 32) % PLACE_COUNT]};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (places[i]->fill_mono_ms != 0)
            refill(rate, places[i], now_mono_ms);
        if (places[i]->fill_mono_ms != 0 && memcmp(places[i]->key, key, sizeof key) == 0)
            return places[i];
    }
    struct bucket *taken = places[0];
    if (places[0]->fill_mono_ms != 0 &&
        (places[1]->fill_mono_ms == 0 || places[1]->fill_milli > places[0]->fill_milli))
        taken = places[1];
    memcpy(taken->key, key, sizeof key);
    taken->fill_milli = rate->burst_milli;
    taken->fill_mono_ms = now_mono_ms;
    return taken;
}

int64_t
rate_look(struct rate *rate, const char *peer, int64_t now_mono_ms)
{
    if (rate->per_s == 0)
        return 0;
    const struct bucket *bucket = find(rate, peer, now_mono_ms);
    if (bucket->fill_milli >= MILLI)
        return 0;
    return (MILLI - bucket->fill_milli + rate->per_s - 1) / rate->per_s;
}

int64_t
rate_take(struct rate *rate, const char *peer, int64_t now_mono_ms)
{
    int64_t wait_ms = rate_look(rate, peer, now_mono_ms);
    if (wait_ms == 0 && rate->per_s > 0)
        find(rate, peer, now_mono_ms)->fill_milli -= MILLI;
    return wait_ms;
}
