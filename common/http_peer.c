/*
 * http_peer - every address is sixteen bytes, IPv4 in its mapped form, so one comparison serves all
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/http_peer.h"

#include <arpa/inet.h>
#include <string.h>

enum { ADDRESS_SIZE = 16, BITS_MAX = 8 * ADDRESS_SIZE, MAPPED_BITS = 96, PREFIX_DIGITS_MAX = 3 };

struct network {
    uint8_t address[ADDRESS_SIZE];
    unsigned bits;
};

struct http_proxies {
    struct network networks[HTTP_PROXIES_MAX];
    size_t count;
    bool has_unix;
};

static const uint8_t mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

void
http_peer_name(const struct sockaddr *peer, int domain, char ret_name[INET6_ADDRSTRLEN])
{
    const void *bytes = NULL;
    int family = peer != NULL ? peer->sa_family : AF_UNSPEC;
    if (family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)peer)->sin_addr;
    else if (family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
    ret_name[0] = 0;
    if (bytes != NULL)
        inet_ntop(family, bytes, ret_name, INET6_ADDRSTRLEN);
    else if (domain == AF_UNIX)
        memcpy(ret_name, "unix", sizeof "unix");
}

/* False: it is no address. */
static bool
read_address(const char *text, uint8_t ret_address[ADDRESS_SIZE])
{
    memcpy(ret_address, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, ret_address + sizeof mapped) == 1 ||
           inet_pton(AF_INET6, text, ret_address) == 1;
}

void
http_peer_key(const char *peer, uint8_t ret_key[HTTP_PEER_KEY_SIZE])
{
    uint8_t address[ADDRESS_SIZE];
    memset(ret_key, 0, HTTP_PEER_KEY_SIZE);
    if (!read_address(peer, address))
        memcpy(ret_key, peer, strnlen(peer, HTTP_PEER_KEY_SIZE));
    else if (memcmp(address, mapped, sizeof mapped) == 0)
        memcpy(ret_key, address, sizeof address);
    else
        memcpy(ret_key, address, 8);
}

/* ---- lists ---- */

/* Compares the first `bits`. */
static bool
is_within(const uint8_t *address, const struct network *network)
{
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    return memcmp(address, network->address, whole) == 0 &&
           (rest == 0 || (address[whole] ^ network->address[whole]) >> (8 - rest) == 0);
}

static bool
has_bits_beyond(const struct network *network)
{
    for (unsigned bit = network->bits; bit < BITS_MAX; bit++) {
        if (network->address[bit / 8] & 0x80 >> bit % 8)
            return true;
    }
    return false;
}

static bool
read_prefix(const char *text, unsigned width, unsigned *ret_bits)
{
    unsigned bits = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > PREFIX_DIGITS_MAX || text[digits] != 0)
        return false;
    for (size_t i = 0; i < digits; i++)
        bits = bits * 10 + (unsigned)(text[i] - '0');
    *ret_bits = BITS_MAX - width + bits;
    return bits > 0 && bits <= width;
}

/* Cuts `text` at its slash. */
static bool
read_network(char *text, struct network *ret_network)
{
    char *prefix = strchr(text, '/');
    unsigned width = strchr(text, ':') != NULL ? BITS_MAX : BITS_MAX - MAPPED_BITS;
    ret_network->bits = BITS_MAX;
    if (prefix != NULL) {
        *prefix++ = 0;
        if (!read_prefix(prefix, width, &ret_network->bits))
            return false;
    }
    return read_address(text, ret_network->address) && !has_bits_beyond(ret_network);
}

static bool
add_entry(struct http_proxies *proxies, char *text)
{
    if (strcmp(text, "unix") == 0) {
        proxies->has_unix = true;
        return true;
    }
    return proxies->count < HTTP_PROXIES_MAX &&
           read_network(text, &proxies->networks[proxies->count++]);
}

/* At both ends: an entry with a space inside is two that lack their comma. */
static void
cut_blanks(char **text)
{
    *text += strspn(*text, " ");
    size_t size = strlen(*text);
    while (size > 0 && (*text)[size - 1] == ' ')
        size--;
    (*text)[size] = 0;
}

struct http_proxies *
http_proxies_new(const char *text)
{
    struct http_proxies *proxies = mem_alloc(sizeof *proxies);
    char *copy = mem_copy_text(text), *rest = copy;
    for (char *entry; (entry = strsep(&rest, ",")) != NULL;) {
        cut_blanks(&entry);
        if (*entry != 0 && !add_entry(proxies, entry)) {
            http_proxies_free(&proxies);
            break;
        }
    }
    mem_free(copy);
    return proxies;
}

void
http_proxies_free(struct http_proxies **proxies)
{
    mem_free(*proxies);
    *proxies = NULL;
}

bool
http_proxies_has(const struct http_proxies *proxies, const char *peer)
{
    uint8_t address[ADDRESS_SIZE];
    if (proxies == NULL)
        return false;
    if (!read_address(peer, address))
        return proxies->has_unix && strcmp(peer, "unix") == 0;
    for (size_t i = 0; i < proxies->count; i++) {
        if (is_within(address, &proxies->networks[i]))
            return true;
    }
    return false;
}

/* ---- X-Forwarded-For ---- */

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The last element of `text`, which ends at `*end`; moves `*end` to the comma before it, or to
 * `text`. False: it is no address. */
static bool
cut_last(const char *text, const char **end, char ret_element[INET6_ADDRSTRLEN])
{
    uint8_t address[ADDRESS_SIZE];
    const char *to = *end, *from;
    while (to > text && is_blank(to[-1]))
        to--;
    for (from = to; from > text && from[-1] != ',';)
        from--;
    *end = from > text ? from - 1 : text;
    while (from < to && is_blank(*from))
        from++;
    size_t size = (size_t)(to - from);
    if (size >= INET6_ADDRSTRLEN)
        return false;
    memcpy(ret_element, from, size);
    ret_element[size] = 0;
    return read_address(ret_element, address);
}

const char *
http_proxies_client(const struct http_proxies *proxies, struct arena *arena, const char *peer,
                    const char *forwarded)
{
    char element[INET6_ADDRSTRLEN];
    if (forwarded == NULL || !http_proxies_has(proxies, peer))
        return peer;
    const char *end = forwarded + strlen(forwarded);
    for (unsigned i = 0; i < HTTP_FORWARDED_MAX && cut_last(forwarded, &end, element); i++) {
        if (!http_proxies_has(proxies, element))
            return arena_copy_text(arena, element);
        if (end == forwarded)
            break;
    }
    return peer;
}
