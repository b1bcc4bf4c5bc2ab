/*
 * answer - what the files that answer share: headers as they come together, and the end of an
 * exchange
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway.h"

struct answer_headers {
    struct http_header list[GATEWAY_HEADERS_MAX + 1]; /* ends with {NULL, NULL} */
    size_t count;
};

/* Those of every answer; of a page also what a browser may do with it. `type` NULL: it has no body.
 */
void answer_begin(struct answer_headers *headers, const struct exchange *exchange,
                  const char *type);
/* Both texts must live until the exchange ends. */
void answer_add(struct answer_headers *headers, const char *name, const char *value);

/* Ends the exchange with a whole answer. */
void answer_finish(struct exchange *exchange, unsigned status, enum err err,
                   struct answer_headers *headers, const void *body, size_t size_bytes);

/* The log line and the counts of an answer; the exchange must not have ended. */
void answer_count(const struct exchange *exchange, unsigned status, enum err err);
