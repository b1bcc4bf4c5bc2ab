/*
 * problem - a refusal as RFC 9457 problem details, or as a page
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"
#include "common/call.h"

struct problem {
    struct fault fault;
    struct call_problems problems; /* all that is wrong with a content; none: the fault is all */
    struct call_details details;   /* the member `details` */
    const char *domain;            /* the service that says so */
    int64_t retry_after_ms;        /* 0: not said */
    const char *trace_id;
};

/* The HTTP status of a refusal: 422 where it lists problems of a content; else by its reason where
 * that has one of its own; else by its code. */
unsigned problem_status(const struct problem *problem);

/* "Not Found". */
const char *problem_title(unsigned status);

/* What Retry-After says, in seconds; 0: the header is not sent. */
unsigned problem_retry_after_s(const struct problem *problem);

/* The same as a page, for a person: without what only programs read. */
void problem_write_page(struct buf *out, const struct problem *problem);

/* Adds the document. What broke inside is not told: INTERNAL and DATA_LOSS have a constant reason
 * and sentence. */
void problem_write(struct buf *out, const struct problem *problem);
