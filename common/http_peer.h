/*
 * http_peer - who a client is by its address: keys to count by, trusted proxies, X-Forwarded-For
 *
 * A proxy in front makes all clients look like one. Where the peer is on the list of trusted ones,
 * the client is the right-most address of X-Forwarded-For that is not on the list: each trusted
 * proxy has written down whom it saw, and what stands to the left of that is the client's own word.
 * Text only, no look-up of names.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>

#include "common/arena.h"
#include "common/base.h"

enum {
    HTTP_PEER_KEY_SIZE = 16,
    HTTP_PROXIES_MAX = 32,  /* entries of a list */
    HTTP_FORWARDED_MAX = 16 /* addresses of a header that are looked at */
};

/* The address as text, without the interface of a link-local one ("fe80::1", not "fe80::1%eth0"):
 * lists name none. "unix" for a socket of the domain AF_UNIX; "" for a peer that cannot be named,
 * which no list trusts. `peer` may be NULL. */
void http_peer_name(const struct sockaddr *peer, int domain, char ret_name[INET6_ADDRSTRLEN]);

/* What connections and requests of one client are counted by: IPv4 (mapped too) as it is, IPv6 by
 * its /64, since that is what one client is given; any other text ("unix") by how it begins. */
void http_peer_key(const char *peer, uint8_t ret_key[HTTP_PEER_KEY_SIZE]);

struct http_proxies;

/*
 * A list "10.0.0.7, 192.168.0.0/16, 2001:db8::/32, unix": addresses, or networks with no bit set
 * beyond their prefix, which is 1 bit at least; "unix" is whoever comes by a unix socket. NULL
 * where it is not that, or longer than HTTP_PROXIES_MAX. An empty one trusts nobody.
 */
struct http_proxies *http_proxies_new(const char *text);
void http_proxies_free(struct http_proxies **proxies);

/* `proxies` may be NULL. */
bool http_proxies_has(const struct http_proxies *proxies, const char *peer);

/*
 * The client's address: in the arena, or `peer` itself. It is `peer` where that is not trusted,
 * where `forwarded` is NULL, holds what is no address on the way from the right, names more than
 * HTTP_FORWARDED_MAX trusted ones, or nobody else.
 */
const char *http_proxies_client(const struct http_proxies *proxies, struct arena *arena,
                                const char *peer, const char *forwarded);
