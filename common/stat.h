/*
 * stat - counters, gauges and histograms, declared once in a table beside the code that counts
 *
 * Names are <noun>.<verb>; Prometheus sees aftercare_<noun>_<verb>_<unit>[_total]. Tests use them
 * as a witness beside the database.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"

enum stat_type { STAT_COUNTER, STAT_GAUGE, STAT_HISTOGRAM_US };

enum { STAT_BUCKET_COUNT = 16 }; /* histogram bounds: 50 us doubling */

/* A metric with static storage; STAT registers it. Count by `x.value++`, or stat_observe for
 * histograms. */
struct stat_metric {
    const char *name; /* "db.group.send" */
    enum stat_type type;
    const char *unit; /* "" , "bytes", "seconds" (kept in microseconds, printed in seconds) */
    const char *sentence;
    int64_t value; /* counter, gauge; sum of a histogram */
    int64_t buckets[STAT_BUCKET_COUNT + 1];
};

#define STAT(variable, stat_name, stat_type_, stat_unit, stat_sentence)                            \
    static struct stat_metric variable = {                                                         \
        .name = stat_name, .type = stat_type_, .unit = stat_unit, .sentence = stat_sentence};      \
    static struct stat_metric *const variable##_registered                                         \
        __attribute__((section("stats"), used)) = &variable

void stat_observe_us(struct stat_metric *stat, int64_t value_us);

/* Calls by method and outcome: svc and the gateway count each answered call here. */
void stat_count_call(const char *method, const char *outcome, int64_t duration_us);

/* All metrics of the process in Prometheus' text format 0.0.4, with service label. */
void stat_print(struct buf *out, const char *service);

/* Version, CPU time, memory, descriptors and start (real time) of the process. */
void stat_print_process(struct buf *out, const char *service, int64_t start_us);

/* Frees what stat_count_call made. */
void stat_deinit(void);
