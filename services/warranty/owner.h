/*
 * owner - guesses at the order numbers of units that are nobody's
 *
 * A guess is noted before it is looked at, in one statement that holds the row of who guesses, and
 * taken back where it was right or was not looked at: so of any number of guesses at once, at any
 * number of replicas, no more are looked at than the limit. The same guess again is not another
 * one. What was guessed is kept as a digest only.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "warranty.h"

enum {
    OWNER_GUESSES_MAX = 5, /* wrong ones, of one customer */
    OWNER_GUESSES_S = 3600 /* within so many seconds */
};

/* Notes a guess of the caller's. ERR_RESOURCE_EXHAUSTED, GUESSES_TOO_MANY, with the time after
 * which the oldest one counts no more: it must not be looked at. Others as db_write_await. */
enum err owner_guess_await(struct call *call, const char *serial,
                           const char *order_number) MUST_CHECK;

/* Takes it back. Errors as db_write_await; then it goes on counting. */
enum err owner_take_back_await(struct call *call, const char *serial,
                               const char *order_number) MUST_CHECK;
