/*
 * import_timer - when imports run, and when their reports go
 *
 * A timer runs batches for SLICE_MS; the last of them sets the timer that goes on. A replica that
 * dies leaves its timer to another, when the lease ends. Bytes of the file are kept from one batch
 * of a slice to the next.
 */
// SPDX-License-Identifier: Apache-2.0
#include "import.h"

#include "common/clock.h"
#include "common/message.h"

enum {
    SLICE_MS = 2000,
    TRIES_MAX = 5,
    BATCH_BUDGET_BYTES = 64 * 1024 * 1024, /* for rows that are all as long as they may be */
};

/* Lost races and outcomes that are not known: what happened is read again. */
static bool
is_try_worth(enum err err)
{
    return err == ERR_ABORTED || err == ERR_ALREADY_EXISTS || err == ERR_KEY_USED;
}

/* A batch, as a call with memory of its own. */
static enum err
batch_await(struct call *call, const struct uuid *import_id, struct import_file *file,
            const struct uuid *timer_id, bool *ret_is_over)
{
    struct call each = *call;
    struct import import = {0};
    each.arena = arena_new(BATCH_BUDGET_BYTES);
    enum err err = import_step_await(&each, import_id, file, timer_id, &import);
    *ret_is_over = err == OK && import.state != WARRANTY__V1__IMPORT__STATE__RUNNING;
    call->fault = each.fault;
    arena_free(&each.arena);
    return err;
}

/* Where a batch did not happen, the timer stays and runs again. */
enum err
import_on_run(struct call *call, const struct timer_due *due)
{
    struct uuid import_id = message_get_uuid(due->aggregate_id);
    struct import_file file = {0};
    int64_t end_ms = clock_mono_ms() + SLICE_MS;
    bool is_over = false, is_last = false;
    enum err err = OK;
    for (int tries = 0; !is_over && !is_last && tries < TRIES_MAX;) {
        bool is_late = clock_mono_ms() >= end_ms;
        err = batch_await(call, &import_id, &file, is_late ? &due->timer_id : NULL, &is_over);
        tries = err == OK ? 0 : tries + 1;
        is_last = is_late && err == OK;
        if (err != OK && !is_try_worth(err))
            break;
    }
    import_file_free(&file);
    if (is_last && !is_over)
        timer_poke(svc_timer_service(call->svc), clock_now_us());
    return is_try_worth(err) ? ERR_ABORTED : err;
}

/* Some of it at a time; where it does not come to the end, the timer stays and runs again. */
enum err
import_on_forget(struct call *call, const struct timer_due *due)
{
    struct uuid import_id = message_get_uuid(due->aggregate_id);
    int64_t count = 0;
    enum err err;
    do
        err = import_forget_errors_await(call, &import_id, &count);
    while (err == OK && count > 0);
    return err;
}
