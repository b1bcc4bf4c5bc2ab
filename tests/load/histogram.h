/*
 * histogram - how many values of each size there were, of 1 to 2^40, to within 1.6 %
 *
 * Each power of two is divided into 64 parts of equal width. Counting is a shift and an increment;
 * a histogram takes 18 KiB and needs no making: zeroed is empty.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum { HISTOGRAM_PARTS = 64, HISTOGRAM_BUCKETS = 36 * HISTOGRAM_PARTS };

struct histogram {
    uint64_t count;
    uint64_t sum;
    uint64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* What is larger than the last bucket counts as that; `max` has it exactly. */
void histogram_add(struct histogram *histogram, uint64_t value);

/* Adds all of `other`. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The least value that `share` (0 to 1) of all are at most, the top of its bucket; 0 if empty. */
uint64_t histogram_find(const struct histogram *histogram, double share);
