/*
 * attempt - what came of one try to send something: the same words for mails and for webhooks
 *
 * Pure but for attempt_end, which reads the clock.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include "common/base.h"

enum attempt_outcome {
    ATTEMPT_DONE,  /* the other side has it */
    ATTEMPT_NEVER, /* it does not want it, and will not */
    ATTEMPT_GONE,  /* it wants nothing any more (HTTP 410) */
    ATTEMPT_LATER, /* perhaps another time */
};

enum { ATTEMPT_ANSWER_SIZE = 501 };

struct attempt {
    enum attempt_outcome outcome;
    /* ACCEPTED, REFUSED, DEFERRED, GONE, UNREACHABLE, TIMED_OUT, TLS_FAILED, LOGIN_FAILED,
     * NOT_PUBLIC (the address lies in our own network), NOT_SENT (something here was wrong).
     * Constant. */
    const char *name;
    int code;                         /* of SMTP as 250, of HTTP as 503; 0: none came */
    char answer[ATTEMPT_ANSWER_SIZE]; /* the other side's words, else libcurl's */
    int64_t start_mono_ms;
    int64_t duration_ms;
    int64_t retry_after_s; /* the other side asks for this pause; 0: it does not */
};

/* Clears it and notes when it began; ends it, and notes how long it took. */
void attempt_begin(struct attempt *attempt);
void attempt_end(struct attempt *attempt, enum attempt_outcome outcome, const char *name);

/* What libcurl's code means, where the other side said nothing that decides: outcome LATER. */
void attempt_end_unheard(struct attempt *attempt, CURLcode code);

/*
 * Keeps the other side's words: printable ASCII (other characters become '?', line ends a space),
 * mail addresses in them blanked, and `name` too where it stands alone (the part before the @ of
 * who it was for; NULL: none). Cut to ATTEMPT_ANSWER_SIZE.
 */
void attempt_keep_words(struct attempt *attempt, const char *words, size_t size_bytes,
                        const char *name);
