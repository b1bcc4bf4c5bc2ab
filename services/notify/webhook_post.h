/*
 * webhook_post - delivers one event to one address that a user chose
 *
 * POST over common/transfer with its guard, signed by webhook_sign. The answer's status decides, as
 * Standard Webhooks 1.0.0 has it ("Delivery success and failure"): 2xx is delivered, 410 wants
 * nothing any more, everything else is for later; redirects are not followed.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attempt.h"
#include "webhook_sign.h"

#include "common/transfer.h"

enum { WEBHOOK_LIMIT_MS = 15000, WEBHOOK_ANSWER_BYTES_MAX = 64 * 1024 };

struct webhook_delivery {
    const char *url;
    const char *id; /* webhook-id, the same at each try: "msg_" and the delivery's identity */
    const char *secrets[WEBHOOK_SECRETS_MAX]; /* NULL behind the last */
    const char *content_type;                 /* as "application/cloudevents+json" */
    const void *body;
    size_t body_size_bytes;
    bool is_http_fine;    /* without TLS too, where the installation says so */
    bool is_private_fine; /* our own network too, where the installation says so */
    const char *ca_path;  /* a file of certificates; "": the system's */
};

/*
 * Suspends until it is answered, at most WEBHOOK_LIMIT_MS from its turn on, or until the call's
 * deadline. On OK *ret_attempt says what came of it: DONE (ACCEPTED), GONE (GONE), LATER (DEFERRED,
 * UNREACHABLE, TIMED_OUT, TLS_FAILED, NOT_PUBLIC, NOT_SENT). Its answer is what the other side said
 * (the body's beginning) where it had a status, else what libcurl says.
 *
 * ERR_INVALID_ARGUMENT: a secret is none. The other errors are transfer_await's: nothing was sent,
 * but for ERR_CANCELLED.
 */
enum err webhook_post_await(struct transfer *transfer, struct call *call,
                            const struct webhook_delivery *delivery,
                            struct attempt *ret_attempt) MUST_CHECK;
