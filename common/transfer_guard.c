/*
 * transfer_guard - transfers to addresses that somebody else chose
 *
 * A name can resolve to anything, and to something else a moment later. So the judgement is made
 * where libcurl makes a socket for one address that it is about to connect to.
 *
 * The table follows IANA's registries of special-purpose addresses (RFC 6890). Of IPv6 only what is
 * given out as global unicast is public; IPv4 within IPv6 is as public as the IPv4 address is. What
 * a network translates by a prefix of its own (RFC 6052, 2.2) cannot be known here: where there is
 * such a prefix, a firewall has to keep it from the daemon.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum verdict { REFUSED, PUBLIC, AS_IPV4 /* its last four bytes decide */ };

struct range {
    const char *first;
    unsigned bit_count;
    enum verdict verdict;
};

/* The first that fits decides; where none does, IPv4 is public and IPv6 is not. */
static const struct range ranges_4[] = {
    {"0.0.0.0", 8, REFUSED},       /* RFC 1122: this network */
    {"10.0.0.0", 8, REFUSED},      /* RFC 1918: private */
    {"100.64.0.0", 10, REFUSED},   /* RFC 6598: shared with the provider */
    {"127.0.0.0", 8, REFUSED},     /* RFC 1122: loopback */
    {"169.254.0.0", 16, REFUSED},  /* RFC 3927: link-local; metadata of clouds */
    {"172.16.0.0", 12, REFUSED},   /* RFC 1918: private */
    {"192.0.0.0", 24, REFUSED},    /* RFC 6890: protocol assignments */
    {"192.0.2.0", 24, REFUSED},    /* RFC 5737: documentation */
    {"192.88.99.0", 24, REFUSED},  /* RFC 7526: relays of 6to4, given up */
    {"192.168.0.0", 16, REFUSED},  /* RFC 1918: private */
    {"198.18.0.0", 15, REFUSED},   /* RFC 2544: benchmarks */
    {"198.51.100.0", 24, REFUSED}, /* RFC 5737: documentation */
    {"203.0.113.0", 24, REFUSED},  /* RFC 5737: documentation */
    {"224.0.0.0", 4, REFUSED},     /* RFC 5771: multicast */
    {"240.0.0.0", 4, REFUSED},     /* RFC 1112: reserved; RFC 919: broadcast */
};

static const struct range ranges_6[] = {
    {"::ffff:0:0", 96, AS_IPV4}, /* RFC 4291: IPv4-mapped */
    {"64:ff9b::", 96, AS_IPV4},  /* RFC 6052: NAT64 */
    {"2001::", 23, REFUSED},     /* RFC 2928: protocol assignments; Teredo, RFC 4380 */
    {"2001:db8::", 32, REFUSED}, /* RFC 3849: documentation */
    {"2002::", 16, REFUSED},     /* RFC 3056: 6to4, IPv4 in the middle */
    {"3fff::", 20, REFUSED},     /* RFC 9637: documentation */
    {"2000::", 3, PUBLIC}, /* RFC 4291, 2.4: global unicast. Not in it: ::1, fc00::/7, fe80::/10,
                              ff00::/8, 100::/64, 64:ff9b:1::/48, 5f00::/16 */
};

static bool
is_within(int family, const uint8_t *bytes, const struct range *range)
{
    uint8_t first[16];
    CHECK(inet_pton(family, range->first, first) == 1);
    unsigned whole = range->bit_count / 8, rest = range->bit_count % 8;
    if (memcmp(bytes, first, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ first[whole]) >> (8 - rest)) == 0;
}

static enum verdict
judge(int family, const uint8_t *bytes)
{
    bool is_4 = family == AF_INET;
    const struct range *ranges = is_4 ? ranges_4 : ranges_6;
    size_t count = is_4 ? COUNT_OF(ranges_4) : COUNT_OF(ranges_6);
    for (size_t i = 0; i < count; i++) {
        if (is_within(family, bytes, &ranges[i]))
            return ranges[i].verdict;
    }
    return is_4 ? PUBLIC : REFUSED;
}

bool
transfer_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        return judge(AF_INET, (const uint8_t *)&in->sin_addr) == PUBLIC;
    }
    if (address->sa_family != AF_INET6)
        return false;
    const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)address;
    enum verdict verdict = judge(AF_INET6, in->sin6_addr.s6_addr);
    if (verdict == AS_IPV4)
        verdict = judge(AF_INET, in->sin6_addr.s6_addr + 12);
    return verdict == PUBLIC;
}

static curl_socket_t
on_open(void *context, curlsocktype purpose UNUSED, struct curl_sockaddr *address)
{
    struct transfer_guard *guard = context;
    if (!guard->is_private_fine && !transfer_is_public(&address->addr)) {
        guard->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void
transfer_guard(CURL *easy, struct transfer_guard *guard)
{
    guard->is_refused = false;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, guard->is_http_fine ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    /* A connection that somebody else made was not judged, and is known by the host's name only. */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, guard);
}

/* ---- answers ---- */

static size_t
on_bytes(char *bytes, size_t one, size_t count, void *context)
{
    struct transfer_reply *reply = context;
    size_t size_bytes = one * count;
    size_t room_bytes = reply->size_max - reply->body.size_bytes;
    reply->is_cut = size_bytes > room_bytes;
    size_t taken_bytes = reply->is_cut ? room_bytes : size_bytes;
    buf_add(&reply->body, bytes, taken_bytes);
    return reply->is_cut ? CURL_WRITEFUNC_ERROR : size_bytes;
}

void
transfer_keep(CURL *easy, struct transfer_reply *reply)
{
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, reply);
}
