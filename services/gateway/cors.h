/*
 * cors - which browsers' origins may read our answers (Fetch standard, CORS protocol); cookies are
 * never allowed
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

struct cors;

/* `origins`: comma-separated, as "https://shop.example,https://app.example"; "" for none. NULL if
 * one of them is no origin. */
struct cors *cors_new(const char *origins);
void cors_free(struct cors **cors);

/* True if any origin is configured: answers then vary by Origin. */
bool cors_is_on(const struct cors *cors);

/* Exactly as configured. NULL is no origin. */
bool cors_is_allowed(const struct cors *cors, const char *origin);

#define CORS_REQUEST_HEADERS                                                                       \
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "       \
    "traceparent"
#define CORS_EXPOSED_HEADERS                                                                       \
    "ETag, Location, Idempotent-Replayed, Retry-After, Content-Disposition, traceparent"
#define CORS_MAX_AGE_S "600"
