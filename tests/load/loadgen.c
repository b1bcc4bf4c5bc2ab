/*
 * loadgen - asks an HTTP/1.1 server and says how fast it answered
 *
 *     loadgen PLAN CONNECTIONS SECONDS [--rate N] [--warm-up S] [--drain S]
 *
 * PLAN is a JSON file (loadgen_plan.c). With --rate the load is open: N requests a second by a
 * fixed schedule, latencies counted from when a request was due. Without, it is closed: each
 * connection asks again as soon as it is answered, which finds the most that the server can do.
 * Every POST has a new Idempotency-Key. The result is one JSON object on standard output; latencies
 * are in microseconds, of answers 2xx.
 */
// SPDX-License-Identifier: Apache-2.0
#include "loadgen.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { CONNECTIONS_MAX = 100000 };

static const double DRAIN_S = 5;

static const char USAGE[] =
    "usage: loadgen PLAN CONNECTIONS SECONDS [--rate N] [--warm-up S] [--drain S]\n";

static bool
read_options(int count, char **words, struct run_options *ret_options)
{
    static const struct option names[] = {{"rate", required_argument, NULL, 'r'},
                                          {"warm-up", required_argument, NULL, 'w'},
                                          {"drain", required_argument, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
    struct run_options options = {.drain_s = DRAIN_S};
    for (int name; (name = getopt_long(count, words, "", names, NULL)) != -1;) {
        double *value = name == 'r'   ? &options.rate
                        : name == 'w' ? &options.warm_s
                        : name == 'd' ? &options.drain_s
                                      : NULL;
        if (value == NULL || (*value = strtod(optarg, NULL)) < 0)
            return false;
    }
    if (count - optind != 3)
        return false;
    options.connections = (unsigned)strtoul(words[optind + 1], NULL, 10);
    options.count_s = strtod(words[optind + 2], NULL);
    *ret_options = options;
    return options.connections >= 1 && options.connections <= CONNECTIONS_MAX &&
           options.count_s > 0 && options.count_s + options.warm_s <= SECONDS_MAX;
}

static json_t *
report_latency(const struct histogram *histogram)
{
    double mean = histogram->count > 0 ? (double)histogram->sum / (double)histogram->count : 0;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f}", "p50", histogram_find(histogram, 0.5), "p90",
                     histogram_find(histogram, 0.9), "p99", histogram_find(histogram, 0.99),
                     "p99_9", histogram_find(histogram, 0.999), "max", histogram->max, "mean",
                     mean);
}

static json_t *
report_kinds(const struct plan *plan, const struct run_result *result)
{
    json_t *kinds = json_object();
    for (unsigned i = 0; i < plan->kind_count; i++)
        json_object_set_new(kinds, plan->kinds[i].name,
                            json_pack("{s:I, s:I, s:o}", "accepted", result->accepted[i].count,
                                      "accepted_ever", result->accepted_ever[i], "latency_us",
                                      report_latency(&result->accepted[i])));
    return kinds;
}

static json_t *
report_statuses(const struct run_result *result)
{
    json_t *statuses = json_object();
    for (unsigned status = 0; status < STATUS_MAX; status++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%u", status);
        if (result->statuses[status] > 0)
            json_object_set_new(statuses, name, json_integer((json_int_t)result->statuses[status]));
    }
    return statuses;
}

static json_t *
report_seconds(const struct run_result *result)
{
    json_t *seconds = json_array();
    for (unsigned i = 0; i < result->second_count; i++)
        json_array_append_new(seconds, json_integer((json_int_t)result->per_second[i]));
    return seconds;
}

static double
cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void
report(const struct plan *plan, const struct run_result *result)
{
    struct histogram all = {0};
    for (unsigned i = 0; i < plan->kind_count; i++)
        histogram_merge(&all, &result->accepted[i]);
    json_t *json = json_pack(
        "{s:f, s:I, s:f, s:o, s:I, s:o, s:o, s:{s:I, s:I, s:I, s:I, s:I}, s:o, s:o, s:f}",
        "seconds", result->seconds, "accepted", all.count, "rate",
        (double)all.count / result->seconds, "latency_us", report_latency(&all), "refused",
        result->refused.count, "refused_latency_us", report_latency(&result->refused), "statuses",
        report_statuses(result), "errors", "unconnected", result->unconnected, "lost", result->lost,
        "malformed", result->malformed, "unanswered", result->unanswered, "unsent", result->unsent,
        "kinds", report_kinds(plan, result), "per_second", report_seconds(result), "cpu_s",
        cpu_s());
    json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(json);
}

int
main(int count, char **words)
{
    struct run_options options;
    struct plan plan;
    static struct run_result result;
    if (!read_options(count, words, &options)) {
        fputs(USAGE, stderr);
        return 2;
    }
    if (!plan_read(words[optind], &plan))
        return 1;
    bool is_run = run_plan(&plan, &options, &result);
    if (is_run)
        report(&plan, &result);
    plan_free(&plan);
    return is_run ? 0 : 1;
}
