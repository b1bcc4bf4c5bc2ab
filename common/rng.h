/*
 * rng - random bytes, from the system's generator; no seed, no state of ours
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

/* Starts libsodium. Called once, by svc_init or a test's main. */
void rng_init(void);

/* Fills with bytes nobody can guess. */
void rng_bytes(void *ret_bytes, size_t size_bytes);

/* Evenly 0 .. bound - 1; bound > 0. */
uint32_t rng_below(uint32_t bound);
