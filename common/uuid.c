/*
 * uuid - version 7: 48 bits of milliseconds, 12 bits of counter, 62 random bits
 *
 * The counter starts at 0 in each millisecond. Where it is full, or where the clock stands still or
 * goes back, the last millisecond goes on counting and at last borrows from the next: what was made
 * later always sorts later.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/uuid.h"

#include <string.h>

#include "common/clock.h"
#include "common/rng.h"

enum { COUNTER_MAX = 0xfff };

static struct {
    int64_t ms;
    unsigned counter;
} last = {.ms = -1};

static void
move_on(void)
{
    int64_t now_ms = clock_now_us() / 1000;
    if (now_ms > last.ms) {
        last.ms = now_ms;
        last.counter = 0;
    } else if (last.counter < COUNTER_MAX) {
        last.counter++;
    } else {
        last.ms++;
        last.counter = 0;
    }
}

struct uuid
uuid_make(void)
{
    move_on();
    struct uuid uuid;
    rng_bytes(uuid.bytes + 8, 8);
    for (int i = 0; i < 6; i++)
        uuid.bytes[i] = (uint8_t)(last.ms >> (40 - 8 * i));
    uuid.bytes[6] = (uint8_t)(0x70 | last.counter >> 8);
    uuid.bytes[7] = (uint8_t)last.counter;
    uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3f)); /* the variant of RFC 9562 */
    return uuid;
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool
has_hyphen_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool
uuid_parse(const char *text, struct uuid *ret_uuid)
{
    struct uuid uuid;
    for (int i = 0; i < 16; i++) {
        if (has_hyphen_before(i) && *text++ != '-')
            return false;
        int high = hex_value(text[0]);
        int low = high < 0 ? -1 : hex_value(text[1]); /* text[1] may lie behind the end */
        if (low < 0)
            return false;
        uuid.bytes[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (*text != 0)
        return false;
    *ret_uuid = uuid;
    return true;
}

void
uuid_print(const struct uuid *uuid, char *ret_text)
{
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (has_hyphen_before(i))
            *ret_text++ = '-';
        *ret_text++ = hex[uuid->bytes[i] >> 4];
        *ret_text++ = hex[uuid->bytes[i] & 15];
    }
    *ret_text = 0;
}

bool
uuid_is_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
