/*
 * rng - the system's generator, by the page
 *
 * Small pieces (identities, spans) come from a page of random bytes that is fetched at once and
 * wiped as it is handed out: a system call per 4 KiB, not per identity. Daemons do not fork.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/rng.h"

#include <sodium.h>
#include <string.h>

enum { PAGE_BYTES = 4096, SMALL_BYTES = 64 };

static uint8_t page[PAGE_BYTES];
static size_t page_left_bytes;

void
rng_init(void)
{
    CHECK(sodium_init() >= 0);
}

void
rng_bytes(void *ret_bytes, size_t size_bytes)
{
    if (size_bytes > SMALL_BYTES) {
        randombytes_buf(ret_bytes, size_bytes);
        return;
    }
    if (size_bytes > page_left_bytes) {
        randombytes_buf(page, sizeof page);
        page_left_bytes = sizeof page;
    }
    page_left_bytes -= size_bytes;
    memcpy(ret_bytes, page + page_left_bytes, size_bytes);
    memset(page + page_left_bytes, 0, size_bytes);
}

uint32_t
rng_below(uint32_t bound)
{
    CHECK(bound > 0);
    return randombytes_uniform(bound);
}
