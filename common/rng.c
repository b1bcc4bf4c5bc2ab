/*
 * rng - libsodium's generator
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/rng.h"

#include <sodium.h>

void
rng_init(void)
{
    CHECK(sodium_init() >= 0);
}

void
rng_bytes(void *ret_bytes, size_t size_bytes)
{
    randombytes_buf(ret_bytes, size_bytes);
}

uint32_t
rng_below(uint32_t bound)
{
    CHECK(bound > 0);
    return randombytes_uniform(bound);
}
