/*
 * webhook_sign - HMAC-SHA-256 by libsodium
 */
// SPDX-License-Identifier: Apache-2.0
#include "webhook_sign.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/rng.h"

static const char PREFIX[] = "whsec_";

enum {
    PREFIX_SIZE = sizeof PREFIX - 1,
    KEY_SIZE = 32,
    KEY_SIZE_MIN = 24,
    KEY_SIZE_MAX = 64,
    SIGNATURE_TEXT_SIZE = 44, /* base64 of a MAC */
};

_Static_assert(WEBHOOK_SIGNATURE_SIZE > WEBHOOK_SECRETS_MAX * (3 + SIGNATURE_TEXT_SIZE + 1),
               "all signatures fit");
_Static_assert(WEBHOOK_SECRET_SIZE >
                   PREFIX_SIZE +
                       sodium_base64_ENCODED_LEN(KEY_SIZE_MAX, sodium_base64_VARIANT_ORIGINAL),
               "a secret fits");

void
webhook_secret_make(char ret_secret[WEBHOOK_SECRET_SIZE])
{
    uint8_t key[KEY_SIZE];
    rng_bytes(key, sizeof key);
    memcpy(ret_secret, PREFIX, PREFIX_SIZE);
    sodium_bin2base64(ret_secret + PREFIX_SIZE, WEBHOOK_SECRET_SIZE - PREFIX_SIZE, key, sizeof key,
                      sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(key, sizeof key);
}

static bool
read_key(const char *secret, uint8_t key[KEY_SIZE_MAX], size_t *size)
{
    if (strncmp(secret, PREFIX, PREFIX_SIZE) != 0)
        return false;
    const char *text = secret + PREFIX_SIZE;
    return sodium_base642bin(key, KEY_SIZE_MAX, text, strlen(text), NULL, size, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           *size >= KEY_SIZE_MIN;
}

bool
webhook_secret_is_valid(const char *secret)
{
    uint8_t key[KEY_SIZE_MAX];
    size_t size = 0;
    bool is_valid = read_key(secret, key, &size);
    sodium_memzero(key, sizeof key);
    return is_valid;
}

/* Ended by a zero. */
static bool
sign_once(const char *secret, const char *head, const void *body, size_t body_size_bytes,
          char ret_text[SIGNATURE_TEXT_SIZE + 1])
{
    uint8_t key[KEY_SIZE_MAX], mac[crypto_auth_hmacsha256_BYTES];
    size_t key_size = 0;
    crypto_auth_hmacsha256_state state;
    bool is_good = read_key(secret, key, &key_size);
    if (is_good) {
        crypto_auth_hmacsha256_init(&state, key, key_size);
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, strlen(head));
        crypto_auth_hmacsha256_update(&state, body, body_size_bytes);
        crypto_auth_hmacsha256_final(&state, mac);
        sodium_bin2base64(ret_text, SIGNATURE_TEXT_SIZE + 1, mac, sizeof mac,
                          sodium_base64_VARIANT_ORIGINAL);
    }
    sodium_memzero(key, sizeof key);
    sodium_memzero(&state, sizeof state);
    return is_good;
}

bool
webhook_sign(const char *const *secrets, size_t count, const char *id, int64_t unix_s,
             const void *body, size_t body_size_bytes, char ret_signature[WEBHOOK_SIGNATURE_SIZE])
{
    CHECK(count > 0 && count <= WEBHOOK_SECRETS_MAX && strchr(id, '.') == NULL);
    char head[256], text[SIGNATURE_TEXT_SIZE + 1];
    int head_size = snprintf(head, sizeof head, "%s.%lld.", id, (long long)unix_s);
    CHECK(head_size > 0 && (size_t)head_size < sizeof head);
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (!sign_once(secrets[i], head, body, body_size_bytes, text))
            return false;
        size += (size_t)snprintf(ret_signature + size, WEBHOOK_SIGNATURE_SIZE - size, "%sv1,%s",
                                 i > 0 ? " " : "", text);
    }
    return true;
}
