/*
 * policies - the line of versions and its engine, and when it is looked for new ones
 *
 *     start     own table -> versions -> line
 *     refresh   GetVersions; unknown ones: ReadVersion piece by piece -> digest -> read and check
 *               -> own table -> line; then ClaimSections, once an hour
 *
 * One task does either, never two at once; it suspends between pieces and between versions, so it
 * keeps nobody waiting for longer than one version takes to be read. Replicas share the table:
 * whoever is first inserts.
 *
 * Limits: POLICY_VERSIONS_MAX versions; each stays in memory.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policies_private.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/stat.h"
#include "common/task.h"

STAT(version_count, "policies.version.hold", STAT_GAUGE, "", "Versions of the policy held.");
STAT(refresh_failures, "policies.refresh.fail", STAT_COUNTER, "",
     "Times that new versions of the policy could not be asked for, fetched or read.");

enum {
    LOOK_MS = 250, /* how often is looked whether something is to be done */
    REFRESH_MS = 60 * 1000,
    RETRY_MS = 5000,
    LOAD_WAIT_MS = 2000, /* how long a call waits for the start */
    LOAD_PAUSE_MS = 5
};

/* ---- lines ---- */

static void
free_line(struct policies_held_line *held)
{
    policy_engine_free(&held->line.engine);
    mem_free((void *)held->line.set.versions);
    mem_free(held);
}

/* Frees lines that were replaced so long ago that no call can still use them. */
static void
free_old_lines(struct policies *policies, int64_t now_mono_ms)
{
    if (policies->lines == NULL)
        return;
    for (struct policies_held_line **at = &policies->lines->next; *at != NULL;) {
        struct policies_held_line *held = *at;
        if (now_mono_ms - held->replaced_mono_ms < POLICIES_KEEP_MS) {
            at = &held->next;
            continue;
        }
        *at = held->next;
        free_line(held);
    }
}

/* All versions that count, by number. */
static struct policy_set
collect_set(const struct policies *policies)
{
    size_t count = 0;
    for (struct policies_version *version = policies->versions; version != NULL;
         version = version->next)
        count += !version->is_revoked;
    const struct policy **list = mem_alloc((count + 1) * sizeof *list);
    size_t at = count;
    for (struct policies_version *version = policies->versions; version != NULL;
         version = version->next)
        if (!version->is_revoked)
            list[--at] = version->policy;
    return (struct policy_set){list, count};
}

enum err
policies_swap_line(struct policies *policies, struct fault *ret_fault)
{
    struct policy_set set = collect_set(policies);
    enum err err = set.version_count == 0 ? OK : policy_set_check(&set, ret_fault);
    if (err != OK) {
        mem_free((void *)set.versions);
        return err;
    }
    struct policies_held_line *held = mem_alloc(sizeof *held);
    *held = (struct policies_held_line){.next = policies->lines, .line = {.set = set}};
    if (set.version_count > 0)
        held->line.engine = policy_engine_new(&held->line.set);
    if (policies->lines != NULL)
        policies->lines->replaced_mono_ms = clock_mono_ms();
    policies->lines = held;
    version_count.value = (int64_t)set.version_count;
    return OK;
}

const struct policies_line *
policies_get(const struct policies *policies)
{
    const struct policies_held_line *present = policies->lines;
    return present == NULL || present->line.set.version_count == 0 ? NULL : &present->line;
}

enum err
policies_need(const struct policies *policies, struct call *call,
              const struct policies_line **ret_line)
{
    *ret_line = policies_get(policies);
    if (*ret_line != NULL)
        return OK;
    return call_fail(call, ERR_UNAVAILABLE, "POLICY_NONE",
                     "no policy was published yet that this could be decided by");
}

const struct policy *
policies_in_force(const struct policies_line *line)
{
    const int64_t us_per_s = 1000000;
    const struct policy_subject nobody = {0};
    const struct policy *newest = line->set.versions[line->set.version_count - 1];
    struct date today =
        zone_date(policy_zone(newest, &nobody), divide_floor(clock_now_us(), us_per_s));
    return policy_set_pin(&line->set, POLICY_LIVE, today).policy;
}

const char *
policies_reason_not_ready(void *context)
{
    const struct policies *policies = CAST(struct policies, context, POLICIES_MAGIC);
    if (policies_get(policies) != NULL)
        return NULL;
    return policies->reason[0] != 0 ? policies->reason : "no policy was published yet";
}

/* ---- when ---- */

/* Logs a failure unless it is the same again. */
static void
note_failure(struct policies *policies, enum err err, const struct fault *fault)
{
    char reason[POLICIES_REASON_SIZE];
    refresh_failures.value++;
    snprintf(reason, sizeof reason, "the policy is not known: %s",
             fault->message[0] != 0 ? fault->message : err_name(err));
    if (strcmp(reason, policies->reason) == 0)
        return;
    memcpy(policies->reason, reason, sizeof reason);
    struct log_line *line = log_begin(LOG_WARN, "policy versions not known");
    log_text(line, "outcome", err_name(err));
    log_text(line, "reason", fault->reason);
    log_text(line, "detail", fault->message);
    log_end(line);
}

static void
refresh_await(void *context)
{
    struct policies *policies = CAST(struct policies, context, POLICIES_MAGIC);
    struct fault fault = {0};
    enum err err = OK;
    if (!policies->is_loaded) {
        err = policies_load_await(policies, &fault);
        policies->is_loaded = err == OK;
    }
    if (err == OK)
        err = policies_ask_await(policies, &fault);
    if (err == OK)
        err = policies_claim_await(policies, &fault);
    bool is_early = policies_get(policies) == NULL; /* the first version is waited for */
    if (err != OK)
        note_failure(policies, err, &fault);
    else
        policies->reason[0] = 0;
    policies->next_mono_ms = clock_mono_ms() + (is_early    ? LOOK_MS
                                                : err != OK ? RETRY_MS
                                                            : REFRESH_MS);
    policies->is_running = false;
}

static void
on_time(void *context)
{
    struct policies *policies = CAST(struct policies, context, POLICIES_MAGIC);
    int64_t now_mono_ms = clock_mono_ms();
    int64_t offset_s = clock_offset_s();
    if (policies->is_running)
        return;
    free_old_lines(policies, now_mono_ms);
    if (now_mono_ms < policies->next_mono_ms && offset_s == policies->clock_offset_s)
        return;
    policies->clock_offset_s = offset_s;
    policies->is_running = true;
    if (!task_spawn(refresh_await, policies))
        policies->is_running = false; /* too many calls at hand; the next look tries again */
}

/* A replica gets calls as soon as others see it, which is before it has read what it knows. */
static void
wait_loaded_await(struct call *call, void *context)
{
    const struct policies *policies = CAST(struct policies, context, POLICIES_MAGIC);
    int64_t end_mono_ms = clock_mono_ms() + LOAD_WAIT_MS;
    while (!policies->is_loaded && clock_mono_ms() < end_mono_ms && call_left_ms(call) > 0)
        task_sleep_await(LOAD_PAUSE_MS);
}

struct policies *
policies_open(struct svc *svc, const struct policies_options *options)
{
    struct policies *policies = mem_alloc(sizeof *policies);
    *policies = (struct policies){.magic = POLICIES_MAGIC, .svc = svc, .options = *options};
    policies->clock_offset_s = clock_offset_s();
    loop_timer_init(svc_loop(svc), &policies->timer, on_time, policies);
    loop_timer_start(&policies->timer, 1, LOOK_MS);
    svc_on_ready(svc, policies_reason_not_ready, policies);
    svc_on_call(svc, wait_loaded_await, policies);
    return policies;
}

static void
on_closed(void *context)
{
    struct policies *policies = CAST(struct policies, context, POLICIES_MAGIC);
    mem_free(policies);
}

void
policies_close(struct policies **policies)
{
    struct policies *p = *policies;
    *policies = NULL;
    if (p == NULL)
        return;
    CHECK(!p->is_running);
    for (struct policies_held_line *held; (held = p->lines) != NULL;) {
        p->lines = held->next;
        free_line(held);
    }
    for (struct policies_version *version; (version = p->versions) != NULL;) {
        p->versions = version->next;
        policies_free_version(version);
    }
    loop_timer_close(&p->timer, on_closed);
}
