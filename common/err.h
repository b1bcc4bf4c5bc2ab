/*
 * err - the one list of outcomes, with the numbers of google.rpc.Code
 *
 * Functions that may fail return one and carry MUST_CHECK. `struct fault` is how a refusal is
 * told to people and programs: code, stable reason, sentence, and the place in the input where
 * there is one.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum err {
    OK = 0,
    ERR_CANCELLED = 1,           /* the caller went away */
    ERR_UNKNOWN = 2,             /* it may have happened; ask by the idempotency key */
    ERR_INVALID_ARGUMENT = 3,    /* the input can never be right */
    ERR_DEADLINE_EXCEEDED = 4,   /* no time left */
    ERR_NOT_FOUND = 5,           /* not there, or not the caller's */
    ERR_ALREADY_EXISTS = 6,      /* what was to be created is there */
    ERR_PERMISSION_DENIED = 7,   /* the caller's roles do not allow it */
    ERR_RESOURCE_EXHAUSTED = 8,  /* a limit or a queue is full; try later */
    ERR_FAILED_PRECONDITION = 9, /* not in this state */
    ERR_ABORTED = 10,            /* lost race: read again, try again */
    ERR_OUT_OF_RANGE = 11,
    ERR_UNIMPLEMENTED = 12, /* no such method */
    ERR_INTERNAL = 13,      /* our fault */
    ERR_UNAVAILABLE = 14,   /* a server we need is away; REPLICA_LOST apart, nothing happened */
    ERR_DATA_LOSS = 15,
    ERR_UNAUTHENTICATED = 16, /* who are you? */
    /* Never leaves the process: the unit of work found its idempotency key used. svc answers with
       the stored reply. */
    ERR_KEY_USED = 32,
};

enum { ERR_REASON_SIZE = 64, ERR_MESSAGE_SIZE = 512, ERR_FIELD_SIZE = 160 };

/* A refusal in words. Plain memory, copied freely. */
struct fault {
    enum err code;
    char reason[ERR_REASON_SIZE];   /* UPPER_SNAKE; stable */
    char message[ERR_MESSAGE_SIZE]; /* one sentence for developers, no full stop */
    char field[ERR_FIELD_SIZE];     /* path of the field at fault, as "contact.email"; "" if none */
    int line;                       /* line in the text, from 1; 0 if none */
    int column;                     /* column in bytes, from 1; 0 if none */
};

/* "NOT_FOUND" and so on, for logs. Never NULL. */
const char *err_name(enum err err);

/* Whether the same may go well another time without anybody mending anything. It is not asked of
 * OK. ERR_INTERNAL does not count: only who has no better way than to try again adds it by name. */
bool err_may_pass(enum err err);

/* Fills `fault` (cleared first) and returns its code, so that a refusal is one return statement. */
enum err fault_set(struct fault *fault, enum err code, const char *reason, const char *format, ...)
    PRINTF_LIKE(4, 5);
