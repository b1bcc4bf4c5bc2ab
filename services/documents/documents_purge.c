/*
 * documents_purge - drops uploads that were not ended, and those that were only carried
 *
 * Every minute, a few at a time with pauses between them, because a statement that drops many
 * megabytes makes others wait. Ages are by business time.
 */
// SPDX-License-Identifier: Apache-2.0
#include "documents.h"

#include "common/log.h"
#include "common/rng.h"
#include "common/task.h"

enum {
    COUNT_MAX = 10, /* in one statement */
    PAUSE_MS = 50,
    DEADLINE_MS = 5000,
};

static struct {
    struct svc *svc;
    const struct documents_config *config;
    struct loop_timer timer;
    bool is_running;
    bool is_stopped;
} purge;

static enum err
purge_once_await(unsigned *ret_count)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    svc_system_call(purge.svc, &call, arena, "purge", DEADLINE_MS);
    enum err err = upload_purge_await(&call, purge.config->upload_timeout_ms,
                                      purge.config->upload_retention_ms, COUNT_MAX, ret_count);
    arena_free(&arena);
    return err;
}

static void
purge_await(void *context UNUSED)
{
    int64_t total = 0;
    unsigned count;
    enum err err;
    do {
        count = 0;
        err = purge_once_await(&count);
        total += count;
        if (count == COUNT_MAX)
            task_sleep_await(PAUSE_MS);
    } while (count == COUNT_MAX && !purge.is_stopped);
    purge.is_running = false;
    if (err == OK && total == 0)
        return;
    struct log_line *line = log_begin(LOG_INFO, "uploads purged");
    log_text(line, "outcome", err_name(err));
    log_number(line, "count", total);
    log_end(line);
}

static void
on_time(void *context UNUSED)
{
    if (purge.is_running || purge.is_stopped)
        return;
    purge.is_running = true;
    if (task_spawn(purge_await, NULL))
        return;
    purge.is_running = false;
    log_end(log_begin(LOG_WARN, "purge skipped, too many calls at hand"));
}

static void
on_drain(void *context UNUSED)
{
    purge.is_stopped = true;
}

static bool
is_drained(void *context UNUSED)
{
    return !purge.is_running;
}

void
purge_start(struct svc *svc, const struct documents_config *config)
{
    int64_t interval_ms = config->purge_interval_ms;
    purge.svc = svc;
    purge.config = config;
    loop_timer_init(svc_loop(svc), &purge.timer, on_time, NULL);
    /* Replicas start together; they need not purge together. */
    loop_timer_start(&purge.timer, 1 + (int64_t)rng_below((unsigned)interval_ms), interval_ms);
    svc_on_drain(svc, on_drain, is_drained, NULL);
}

void
purge_stop(void)
{
    loop_timer_close(&purge.timer, NULL);
}
