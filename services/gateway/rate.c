/*
 * rate - buckets hold thousandths, so that filling by the millisecond loses nothing
 */
// SPDX-License-Identifier: Apache-2.0
#include "rate.h"

#include <arpa/inet.h>
#include <string.h>

#include <sodium.h>

#include "common/rng.h"

enum { PLACE_COUNT = 8192, KEY_BYTES = 16, MILLI = 1000 };

struct bucket {
    uint8_t key[KEY_BYTES];
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

/* IPv4 as its four bytes, IPv6 as its first eight, anything else ("unix") as the beginning of its
 * text. */
static void
make_key(const char *peer, uint8_t *ret_key)
{
    uint8_t address[sizeof(struct in6_addr)];
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    memset(ret_key, 0, KEY_BYTES);
    if (inet_pton(AF_INET, peer, ret_key + 12) == 1)
        return;
    if (inet_pton(AF_INET6, peer, address) != 1)
        memcpy(ret_key, peer, strnlen(peer, KEY_BYTES));
    else if (memcmp(address, mapped, sizeof mapped) == 0)
        memcpy(ret_key + 12, address + 12, 4);
    else
        memcpy(ret_key, address, 8);
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
    uint8_t key[KEY_BYTES];
    uint64_t hash;
    make_key(peer, key);
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
