/*
 * stat - walks the registered metrics and the calls, and prints them for Prometheus
 *
 * Calls are counted in a small open hash table by (method, outcome); both are texts of the program,
 * so their number is bounded.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/stat.h"

#include <inttypes.h>
#include <string.h>

enum { CALL_SLOTS = 1024, FIRST_BOUND_US = 50 };

struct call_count {
    char *method;
    const char *outcome;
    int64_t count;
    int64_t duration_us;
    int64_t buckets[STAT_BUCKET_COUNT + 1];
};

extern struct stat_metric *const __start_stats[] __attribute__((weak));
extern struct stat_metric *const __stop_stats[] __attribute__((weak));

static struct call_count calls[CALL_SLOTS];

static int
bucket_of(int64_t value_us)
{
    int bucket = 0;
    for (int64_t bound_us = FIRST_BOUND_US; bucket < STAT_BUCKET_COUNT && value_us > bound_us;
         bound_us *= 2)
        bucket++;
    return bucket;
}

void
stat_observe_us(struct stat_metric *stat, int64_t value_us)
{
    stat->value += value_us;
    stat->buckets[bucket_of(value_us)]++;
}

/* `outcome` has static storage (err_name), so its address stands for it. */
void
stat_count_call(const char *method, const char *outcome, int64_t duration_us)
{
    size_t hash = (uintptr_t)outcome >> 3;
    for (const char *c = method; *c != 0; c++)
        hash = hash * 31 + (unsigned char)*c;
    for (size_t i = 0; i < CALL_SLOTS; i++) {
        struct call_count *slot = &calls[(hash + i) % CALL_SLOTS];
        if (slot->method == NULL) {
            slot->method = mem_copy_text(method);
            slot->outcome = outcome;
        } else if (slot->outcome != outcome || strcmp(slot->method, method) != 0) {
            continue;
        }
        slot->count++;
        slot->duration_us += duration_us;
        slot->buckets[bucket_of(duration_us)]++;
        return;
    }
}

static void
print_name(struct buf *out, const struct stat_metric *stat)
{
    buf_add_text(out, "aftercare_");
    for (const char *c = stat->name; *c != 0; c++)
        buf_add_char(out, *c == '.' ? '_' : *c);
    if (stat->unit[0] != 0)
        buf_printf(out, "_%s", stat->unit);
    if (stat->type == STAT_COUNTER)
        buf_add_text(out, "_total");
}

static void
print_head(struct buf *out, const struct stat_metric *stat, const char *type)
{
    buf_add_text(out, "# HELP ");
    print_name(out, stat);
    buf_printf(out, " %s\n# TYPE ", stat->sentence);
    print_name(out, stat);
    buf_printf(out, " %s\n", type);
}

/* Buckets, sum and count; `labels` ends without a comma. */
static void
print_histogram(struct buf *out, const char *name, const char *labels, const int64_t *buckets,
                int64_t sum_us)
{
    int64_t count = 0;
    double bound_s = FIRST_BOUND_US / 1e6;
    for (int i = 0; i <= STAT_BUCKET_COUNT; i++, bound_s *= 2) {
        count += buckets[i];
        if (i < STAT_BUCKET_COUNT)
            buf_printf(out, "%s_bucket{%s,le=\"%g\"} %" PRId64 "\n", name, labels, bound_s, count);
        else
            buf_printf(out, "%s_bucket{%s,le=\"+Inf\"} %" PRId64 "\n", name, labels, count);
    }
    buf_printf(out, "%s_sum{%s} %g\n%s_count{%s} %" PRId64 "\n", name, labels, (double)sum_us / 1e6,
               name, labels, count);
}

static void
print_stat(struct buf *out, const struct stat_metric *stat, const char *service)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    print_head(out, stat, types[stat->type]);
    struct buf labels = {0};
    buf_printf(&labels, "service=\"%s\"", service);
    struct buf name = {0};
    print_name(&name, stat);
    if (stat->type == STAT_HISTOGRAM_US)
        print_histogram(out, buf_text(&name), buf_text(&labels), stat->buckets, stat->value);
    else if (strcmp(stat->unit, "seconds") == 0)
        buf_printf(out, "%s{%s} %g\n", buf_text(&name), buf_text(&labels),
                   (double)stat->value / 1e6);
    else
        buf_printf(out, "%s{%s} %" PRId64 "\n", buf_text(&name), buf_text(&labels), stat->value);
    buf_free(&name);
    buf_free(&labels);
}

static void
print_calls(struct buf *out, const char *service)
{
    static const char name[] = "aftercare_calls_seconds";
    buf_printf(out, "# HELP %s Calls answered, by method and outcome.\n# TYPE %s histogram\n", name,
               name);
    for (size_t i = 0; i < CALL_SLOTS; i++) {
        if (calls[i].method == NULL)
            continue;
        struct buf labels = {0};
        buf_printf(&labels, "service=\"%s\",method=\"%s\",outcome=\"%s\"", service, calls[i].method,
                   calls[i].outcome);
        print_histogram(out, name, buf_text(&labels), calls[i].buckets, calls[i].duration_us);
        buf_free(&labels);
    }
}

void
stat_print(struct buf *out, const char *service)
{
    for (struct stat_metric *const *stat = __start_stats; stat < __stop_stats; stat++)
        print_stat(out, *stat, service);
    print_calls(out, service);
}

void
stat_deinit(void)
{
    for (size_t i = 0; i < CALL_SLOTS; i++)
        mem_free(calls[i].method);
    memset(calls, 0, sizeof calls);
}
