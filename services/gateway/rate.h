/*
 * rate - token buckets, one for each client address
 *
 * A bucket fills with `per_s` a second up to `burst`. The table has a fixed number of places, two
 * for each address to choose from; where both are taken, the one that has filled most is given
 * away, so that an attacker with many addresses cannot make us grow and a busy offender is
 * forgotten last. IPv6 counts by /64.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

struct rate;

/* `per_s` 0 means no limit. */
struct rate *rate_new(unsigned per_s, unsigned burst);
void rate_free(struct rate **rate);

/* Takes one. 0: granted; else the milliseconds after which one will be there. */
int64_t rate_take(struct rate *rate, const char *peer, int64_t now_mono_ms);

/* The same without taking. */
int64_t rate_look(struct rate *rate, const char *peer, int64_t now_mono_ms);
