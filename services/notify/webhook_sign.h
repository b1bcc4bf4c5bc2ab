/*
 * webhook_sign - signatures of deliveries, as Standard Webhooks 1.0.0 has them
 *
 * Specification: https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md,
 * "Signature scheme". Of its two schemes the symmetric one: HMAC-SHA256 of "id.timestamp.body"
 * under a secret that is written "whsec_" and base64 of 24 to 64 bytes. The headers are webhook-id
 * (the same at each try), webhook-timestamp (of the try, seconds since 1970) and webhook-signature:
 * "v1," and base64, one for each secret, separated by a space.
 *
 * Pure but for webhook_secret_make, which asks for random bytes.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum {
    WEBHOOK_SECRETS_MAX = 2,      /* while a new one takes over */
    WEBHOOK_SECRET_SIZE = 128,    /* in text, with its end */
    WEBHOOK_SIGNATURE_SIZE = 100, /* of WEBHOOK_SECRETS_MAX signatures, with the end */
};

/* A new secret of 32 bytes, in text. */
void webhook_secret_make(char ret_secret[WEBHOOK_SECRET_SIZE]);

/* Whether it is a secret. */
bool webhook_secret_is_valid(const char *secret);

/*
 * The value of webhook-signature, one signature for each of `count` secrets (1 and more). `id` has
 * no full stop. False: a secret is none.
 */
bool webhook_sign(const char *const *secrets, size_t count, const char *id, int64_t unix_s,
                  const void *body, size_t body_size_bytes,
                  char ret_signature[WEBHOOK_SIGNATURE_SIZE]) MUST_CHECK;
