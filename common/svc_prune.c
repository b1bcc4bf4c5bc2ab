/*
 * svc_prune - forgets idempotency keys that are older than the daemon promises to remember them
 *
 * Every ten minutes, in small statements with pauses between them, because writes wait behind each.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc_private.h"

#include "common/change.h"
#include "common/log.h"
#include "common/rng.h"
#include "common/task.h"

enum {
    PERIOD_MS = 10 * 60 * 1000,
    COUNT_MAX = 1000, /* in one statement */
    PAUSE_MS = 50,
    DEADLINE_MS = 30000,
};

static enum err
prune_once_await(struct svc *svc, unsigned *ret_count)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    svc_system_call(svc, &call, arena, "prune", DEADLINE_MS);
    enum err err =
        change_prune_await(svc->db, &call, svc->config.key_retention_ms, COUNT_MAX, ret_count);
    arena_free(&arena);
    return err;
}

/* Goes on until nothing old is left: as many keys grow old in a period as were used in one. */
static void
prune_await(void *context)
{
    struct svc *svc = CAST(struct svc, context, SVC_MAGIC);
    int64_t total = 0;
    unsigned count;
    enum err err;
    do {
        count = 0;
        err = prune_once_await(svc, &count);
        total += count;
        if (count == COUNT_MAX)
            task_sleep_await(PAUSE_MS);
    } while (count == COUNT_MAX && !svc->is_draining);
    svc->is_pruning = false;
    struct log_line *line =
        err != OK || total > 0 ? log_begin(LOG_INFO, "idempotency keys pruned") : NULL;
    log_text(line, "outcome", err_name(err));
    log_number(line, "count", total);
    log_end(line);
}

static void
on_time(void *context)
{
    struct svc *svc = CAST(struct svc, context, SVC_MAGIC);
    if (svc->is_pruning || svc->is_draining)
        return;
    svc->is_pruning = true;
    if (task_spawn(prune_await, svc))
        return;
    svc->is_pruning = false;
    log_end(log_begin(LOG_WARN, "pruning skipped, too many calls at hand"));
}

void
svc_prune_start(struct svc *svc)
{
    loop_timer_init(svc->loop, &svc->prune_timer, on_time, svc);
    /* Replicas start together; they need not prune together. */
    loop_timer_start(&svc->prune_timer, 1 + rng_below(PERIOD_MS), PERIOD_MS);
}

void
svc_prune_stop(struct svc *svc)
{
    loop_timer_close(&svc->prune_timer, NULL);
}
