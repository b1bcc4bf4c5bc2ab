/*
 * principal - who calls, vouched for by the installation's key
 *
 * HMAC-SHA-256 under the installation key covers the packed common.v1.Principal; a service
 * refuses an envelope whose principal is not vouched for or has ended. The key also makes
 * pseudonyms, so that the event log names nobody.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/call.h"

enum { PRINCIPAL_KEY_SIZE = 32, PRINCIPAL_MAC_SIZE = 32, PRINCIPAL_PSEUDONYM_SIZE = 48 };

/* Reads the installation key: a file of 64 hexadecimal digits. Ends the process with a message if
 * it cannot. */
void principal_init(const char *key_path);
/* The same from memory, for tests. */
void principal_init_key(const uint8_t key[PRINCIPAL_KEY_SIZE]);

/* Packs and vouches: fills packed (in the arena) and mac from the other members. */
void principal_seal(struct principal *principal, struct arena *arena);

/* Unpacks and checks mac and expiry. ERR_UNAUTHENTICATED with reason PRINCIPAL_FORGED or
 * PRINCIPAL_EXPIRED. `packed` is borrowed. */
enum err principal_open(const uint8_t *packed, size_t packed_size_bytes, const uint8_t *mac,
                        size_t mac_size_bytes, struct principal *ret_principal,
                        struct fault *ret_fault) MUST_CHECK;

/* A daemon acting by itself: subject "system:<service>", role SYSTEM, for a minute. */
void principal_make_system(const char *service, struct principal *ret_principal,
                           struct arena *arena);

/*
 * A stable pseudonym, "p-" and 32 hexadecimal digits: HMAC-SHA-256 of `kind`, a zero byte and
 * `text`, cut to 16 bytes. Kinds: "subject", "email", "phone". A subject "system:..." and "" are
 * answered as they are. `ret_text` has PRINCIPAL_PSEUDONYM_SIZE bytes.
 */
void principal_pseudonym(const char *kind, const char *text, char *ret_text);

/* The person behind contact data: by normalised e-mail (trimmed, lower case), else phone (digits
 * and a leading + only), else subject; "" if all are empty. */
void principal_person(const char *email, const char *phone, const char *subject, char *ret_text);

/* HMAC under the installation key for other purposes (links); `purpose` keeps them apart. */
void principal_mac(const char *purpose, const void *bytes, size_t size_bytes,
                   uint8_t ret_mac[PRINCIPAL_MAC_SIZE]);
