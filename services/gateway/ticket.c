/*
 * ticket - see ticket.h
 *
 *     ticket = base64url(nonce, ciphertext and tag of (expiry, 8 bytes; MAC, 32; packed principal))
 */
// SPDX-License-Identifier: Apache-2.0
#include "ticket.h"

#include <sodium.h>
#include <string.h>

#include "common/clock.h"

enum {
    VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    HEAD_SIZE = sizeof(int64_t) + PRINCIPAL_MAC_SIZE,
};

_Static_assert(PRINCIPAL_MAC_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
               "a MAC is as large as a key");

/* A key that is used for nothing else. */
static void
make_key(uint8_t ret_key[PRINCIPAL_MAC_SIZE])
{
    principal_mac("event-ticket", "", 0, ret_key);
}

const char *
ticket_make(struct arena *arena, const struct principal *principal, int64_t expire_time_ms)
{
    size_t plain_size = HEAD_SIZE + principal->packed_size_bytes;
    uint8_t *plain = arena_alloc(arena, plain_size);
    memcpy(plain, &expire_time_ms, sizeof expire_time_ms);
    memcpy(plain + sizeof expire_time_ms, principal->mac, PRINCIPAL_MAC_SIZE);
    memcpy(plain + HEAD_SIZE, principal->packed, principal->packed_size_bytes);
    size_t size = NONCE_SIZE + plain_size + TAG_SIZE;
    uint8_t *bytes = arena_alloc(arena, size);
    uint8_t key[PRINCIPAL_MAC_SIZE];
    make_key(key);
    randombytes_buf(bytes, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + NONCE_SIZE, NULL, plain, plain_size, NULL, 0,
                                               NULL, bytes, key);
    sodium_memzero(key, sizeof key);
    size_t text_size = sodium_base64_encoded_len(size, VARIANT);
    return sodium_bin2base64(arena_alloc(arena, text_size), text_size, bytes, size, VARIANT);
}

/* What is inside; NULL: it is no ticket of this installation. */
static uint8_t *
decrypt(struct arena *arena, const char *text, size_t *ret_size)
{
    size_t text_size = strnlen(text, TICKET_TEXT_SIZE_MAX + 1), size = 0;
    const char *end = NULL;
    uint8_t *bytes = arena_alloc(arena, text_size + 1);
    if (text_size > TICKET_TEXT_SIZE_MAX ||
        sodium_base642bin(bytes, text_size, text, text_size, NULL, &size, &end, VARIANT) != 0 ||
        end != text + text_size || size <= NONCE_SIZE + TAG_SIZE + HEAD_SIZE)
        return NULL;
    *ret_size = size - NONCE_SIZE - TAG_SIZE;
    uint8_t *plain = arena_alloc(arena, *ret_size);
    uint8_t key[PRINCIPAL_MAC_SIZE];
    make_key(key);
    int status = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, bytes + NONCE_SIZE,
                                                            size - NONCE_SIZE, NULL, 0, bytes, key);
    sodium_memzero(key, sizeof key);
    return status == 0 ? plain : NULL;
}

enum err
ticket_open(struct arena *arena, const char *text, struct principal *ret_principal,
            struct fault *ret_fault)
{
    size_t size;
    int64_t expire_time_ms = 0;
    struct fault fault;
    const uint8_t *plain = decrypt(arena, text, &size);
    if (plain == NULL)
        return fault_set(ret_fault, ERR_UNAUTHENTICATED, "TICKET_INVALID",
                         "the ticket does not hold");
    memcpy(&expire_time_ms, plain, sizeof expire_time_ms);
    if (expire_time_ms <= clock_real_ms() ||
        principal_open(plain + HEAD_SIZE, size - HEAD_SIZE, plain + sizeof expire_time_ms,
                       PRINCIPAL_MAC_SIZE, ret_principal, &fault) != OK)
        return fault_set(ret_fault, ERR_UNAUTHENTICATED, "TICKET_EXPIRED", "the ticket has ended");
    return OK;
}
