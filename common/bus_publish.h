/*
 * bus_publish - a service tells whoever listens: a PUB socket beside its ROUTER
 *
 * What is said has a topic, by whose beginning subscribers choose. Nobody is waited for: what a
 * subscriber does not take is dropped, for it alone, beyond PUBLISH_QUEUE messages, so that
 * nothing here grows; a subscriber that stands still is cut off after 1.5 s. Whoever needs all of
 * it asks for what it missed.
 *
 * Bound as the bus says: over ipc as "<directory>/<service>-<uuid>.pub" with a lock beside it, over
 * tcp with CURVE and the list of keys. One thread; nothing suspends.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "common/bus.h"

struct bus_publish;

/* Messages that wait for one subscriber. */
enum { BUS_PUBLISH_QUEUE = 2000 };

/*
 * `listen` is an address over tcp, as "tcp://0.0.0.0:7401", or NULL. `on_subscribers` is told when
 * the first subscription comes and when the last one has gone. ERR_INVALID_ARGUMENT with a sentence
 * for what cannot be bound.
 */
enum err bus_publish_open(struct bus *bus, const char *listen,
                          void (*on_subscribers)(void *context, bool are_there), void *context,
                          struct bus_publish **ret_publish, struct fault *ret_fault) MUST_CHECK;

/* Packs and sends. Without subscribers to the topic it is dropped; a message larger than a frame of
 * the bus is dropped too, and counted. */
void bus_publish_send(struct bus_publish *publish, const char *topic,
                      const ProtobufCMessage *message);

/* Where subscribers of this host connect, "ipc://..."; "" without ipc. It may change: its file may
 * have been deleted, and another one made. */
void bus_publish_print_address(const struct bus_publish *publish, char *ret_text,
                               size_t size_bytes);
/* Over tcp; 0: none. */
unsigned bus_publish_port(const struct bus_publish *publish);

/* Takes the files away, so that nobody comes any more. */
void bus_publish_drain(struct bus_publish *publish);
void bus_publish_close(struct bus_publish **publish);
