/*
 * catalogue - reading notices and webhooks again when they have changed
 */
// SPDX-License-Identifier: Apache-2.0
#include "catalogue.h"

#include <string.h>

#include "common/log.h"
#include "common/task.h"

enum { LOOK_MS = 1000, DEADLINE_MS = 5000 };

/* Far above what NOTICES_BYTES_MAX becomes in memory, as rows and as messages. */
enum { BUDGET_BYTES = 8 * ARENA_BUDGET_BYTES };

DB_STATEMENT(read_revision, "notify_read_revision", "SELECT revision FROM catalogue");
DB_STATEMENT(read_all_notices, "notify_read_all_notices",
             "SELECT content, create_time, version FROM notices ORDER BY notice_id");
DB_STATEMENT(read_all_webhooks, "notify_read_all_webhooks",
             "SELECT webhook_id, array_to_string(types, ' ') FROM webhooks WHERE state = 'ACTIVE'"
             " ORDER BY webhook_id");

/* One reading of it. Lives while it is the newest or somebody holds it. */
struct reading {
    struct catalogue catalogue; /* first: who holds it has its address */
    struct arena *arena;        /* of all of it, this head too */
    unsigned holder_count;
};

static struct {
    struct svc *svc;
    struct loop_timer timer;
    struct reading *current;
    int64_t revision; /* 0: nothing was read yet */
    bool is_looking;
    bool is_wanted; /* once more, after the look at hand */
    bool is_stopped;
} state;

/* ---- holding ---- */

static void
let_go(struct reading *reading)
{
    if (reading == NULL || --reading->holder_count > 0)
        return;
    struct arena *arena = reading->arena;
    arena_free(&arena);
}

const struct catalogue *
catalogue_hold(void)
{
    if (state.current == NULL)
        return NULL;
    state.current->holder_count++;
    return &state.current->catalogue;
}

void
catalogue_release(const struct catalogue *catalogue)
{
    let_go((struct reading *)catalogue);
}

/* ---- reading ---- */

static void
take_notices(struct arena *arena, const struct db_rows *rows, struct catalogue *ret)
{
    size_t count = db_row_count(rows);
    ret->notices = arena_alloc(arena, (count + 1) * sizeof *ret->notices);
    for (size_t i = 0; i < count; i++) {
        Notify__V1__Notice *notice = notice_from_row(arena, rows, i);
        if (notice->is_enabled)
            ret->notices[ret->notice_count++] = notice;
    }
}

static void
take_webhooks(struct arena *arena, const struct db_rows *rows, struct catalogue *ret)
{
    size_t count = db_row_count(rows);
    ret->webhooks = arena_alloc(arena, (count + 1) * sizeof *ret->webhooks);
    for (; ret->webhook_count < count; ret->webhook_count++)
        ret->webhooks[ret->webhook_count] = (struct catalogue_webhook){
            .webhook_id = db_get_uuid(rows, ret->webhook_count, 0),
            .types = db_get_text(rows, ret->webhook_count, 1),
        };
}

/* The revision is read first: what changes meanwhile is read once more at the next look. */
static enum err
look_once_await(struct call *call)
{
    struct db *db = svc_db(call->svc);
    const struct db_rows *rows;
    enum err err = db_read_await(db, call, &read_revision, NULL, 0, &rows);
    if (err != OK || db_get_int8(rows, 0, 0) == state.revision)
        return err;
    int64_t revision = db_get_int8(rows, 0, 0);
    struct reading *found = arena_alloc(call->arena, sizeof *found);
    *found = (struct reading){.arena = call->arena, .holder_count = 1};
    err = db_read_await(db, call, &read_all_notices, NULL, 0, &rows);
    if (err == OK)
        take_notices(call->arena, rows, &found->catalogue);
    if (err == OK || err == ERR_NOT_FOUND)
        err = db_read_await(db, call, &read_all_webhooks, NULL, 0, &rows);
    if (err == OK)
        take_webhooks(call->arena, rows, &found->catalogue);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    let_go(state.current);
    state.current = found;
    state.revision = revision;
    return OK;
}

static void
look_await(void *context UNUSED)
{
    do {
        state.is_wanted = false;
        struct arena *arena = arena_new(BUDGET_BYTES);
        struct call call;
        svc_system_call(state.svc, &call, arena, "catalogue", DEADLINE_MS);
        enum err err = look_once_await(&call);
        if (err != OK && err != ERR_UNAVAILABLE) {
            struct log_line *line = log_begin(LOG_WARN, "notices could not be read");
            log_text(line, "outcome", err_name(err));
            log_end(line);
        }
        if (state.current == NULL || arena != state.current->arena)
            arena_free(&arena);
    } while (state.is_wanted && !state.is_stopped);
    state.is_looking = false;
}

static void
look(void *context UNUSED)
{
    state.is_wanted = true;
    if (state.is_looking || state.is_stopped)
        return;
    state.is_looking = true;
    if (!task_spawn(look_await, NULL))
        state.is_looking = false; /* at the next look */
}

/* ---- begin and end ---- */

static void
on_drain(void *context UNUSED)
{
    state.is_stopped = true;
    loop_timer_stop(&state.timer);
    loop_timer_close(&state.timer, NULL);
}

static void
on_close(void *context UNUSED)
{
    let_go(state.current);
    state.current = NULL;
    state.revision = 0;
}

void
catalogue_open(struct svc *svc)
{
    state.svc = svc;
    loop_timer_init(svc_loop(svc), &state.timer, look, NULL);
    loop_timer_start(&state.timer, 0, LOOK_MS);
    svc_on_drain(svc, on_drain, NULL, NULL);
    svc_on_close(svc, on_close, NULL);
}

const struct catalogue *
catalogue_get(void)
{
    return state.current == NULL ? NULL : &state.current->catalogue;
}

const Notify__V1__Notice *
catalogue_find(const struct catalogue *catalogue, const char *notice_id)
{
    for (size_t i = 0; i < catalogue->notice_count; i++)
        if (strcmp(catalogue->notices[i]->notice_id, notice_id) == 0)
            return catalogue->notices[i];
    return NULL;
}

void
catalogue_poke(void)
{
    look(NULL);
}
