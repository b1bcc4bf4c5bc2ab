/*
 * timer - looks for due rows, takes them by a lease, runs them, and lets them go
 *
 *     looking (one task)   which row is due next, is one due now?
 *       none due           sleep until the next due time, at most LOOK_MS
 *       some due           take them by a lease, as many as there is room for, a task for each
 *     running (tasks)      the handler; then the row is deleted, or leased until its next try
 *
 * Of one aggregate, and of one kind, only some run at once, and what is due of others passes by: so
 * handlers that hang, all for the same reason, keep nobody else waiting. Of a kind that is busy one
 * is taken of each aggregate of which none runs: so some aggregates that hang do not stop the rest
 * of their kind.
 *
 * The lease is renewed while the handler runs, however long, so a row is run by one replica at a
 * time; a replica that died lets go of its rows when the lease ends. Who drains renews no more. Due
 * times are business time, leases real time: moving the test clock makes timers due, and never
 * makes a lease end.
 *
 * A handler that commits a change does it under the key "timer:<timer_id>", so a row that is run
 * again (the replica died before the delete) finds its key used and has no second effect.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/timer.h"

#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/stat.h"
#include "common/svc.h"
#include "common/task.h"

STAT(stat_run, "timer.run", STAT_COUNTER, "", "Timers whose handler was run, repeats included.");
STAT(stat_repeat, "timer.repeat", STAT_COUNTER, "", "Timers that are to be run again.");

enum {
    LOOK_MS = 1000,       /* looks at least this often: replicas set timers too */
    RUNNING_MAX = 80,     /* timers that run at once: two kinds may be full, and others run */
    BUSY_MIN = 4,         /* of one aggregate: then no more of it are taken */
    BUSY_KIND_MIN = 24,   /* of one kind: then only of aggregates of which none runs */
    FULL_KIND_MIN = 32,   /* of one kind: then no more of it are taken */
    HANDLER_MS = 10000,   /* a handler's deadline, but it may set a later one */
    LEASE_MS = 30000,     /* as long as rows of the dead wait; longer than a drain */
    RENEW_MS = 5000,      /* how often it is renewed */
    RENEWED_MS = 5,       /* how often whoever waits for that looks */
    STATEMENT_MS = 5000,  /* a statement of our own */
    REPEAT_MIN_MS = 1000, /* doubled with each try */
    REPEAT_MAX_MS = 300000,
    CLOCK_POLL_MS = 20, /* how often the file of the test clock is looked at */
};

/* The order has the index used, where most of many rows are due in years. */
DB_STATEMENT(look, "timer_look",
             "SELECT (SELECT min(due_time) FROM timers WHERE due_time > $1),"
             " (SELECT due_time FROM timers WHERE due_time <= $1 AND lease_time <= $2"
             " ORDER BY due_time LIMIT 1) IS NOT NULL");

/* $5 aggregates and $6 kinds of all that run; $7 aggregates that are busy, $8 kinds that are busy,
 * $9 kinds that are full; $10 BUSY_MIN, $11 BUSY_KIND_MIN, $12 FULL_KIND_MIN. */
DB_STATEMENT(lease, "timer_lease",
             "WITH due AS (SELECT timer_id, kind, aggregate_id, due_time FROM timers"
             " WHERE due_time <= $1 AND lease_time <= $2 AND aggregate_id <> ALL ($7::text[])"
             " AND kind <> ALL ($9::text[])"
             " AND NOT (kind = ANY ($8::text[]) AND aggregate_id = ANY ($5::text[]))"
             " ORDER BY due_time LIMIT $4 FOR UPDATE SKIP LOCKED),"
             " placed AS (SELECT timer_id, kind, due_time,"
             " row_number() OVER (PARTITION BY aggregate_id ORDER BY due_time) +"
             " cardinality(array_positions($5::text[], aggregate_id)) AS place FROM due),"
             " ranked AS (SELECT timer_id, place,"
             " row_number() OVER (PARTITION BY kind ORDER BY place, due_time) +"
             " cardinality(array_positions($6::text[], kind)) AS kind_place FROM placed)"
             " UPDATE timers SET lease_time = $3, attempt = attempt + 1 FROM ranked"
             " WHERE timers.timer_id = ranked.timer_id AND place <= $10"
             " AND kind_place <= CASE place WHEN 1 THEN $12::bigint ELSE $11::bigint END"
             " RETURNING timers.timer_id, kind, aggregate_id, due_time, attempt");

/* Both touch the row only while it is still ours: nobody has begun another try. */
DB_STATEMENT(finish, "timer_finish", "DELETE FROM timers WHERE timer_id = $1 AND attempt = $2");
DB_STATEMENT(delay, "timer_delay",
             "UPDATE timers SET lease_time = $3 WHERE timer_id = $1 AND attempt = $2");

/* $1 until when, $2 timers, $3 now: what has ended may be somebody else's. */
DB_STATEMENT(renew, "timer_renew",
             "UPDATE timers SET lease_time = $1 WHERE timer_id = ANY ($2::text[]::uuid[])"
             " AND lease_time > $3");

/* $3 when it is due again. */
DB_STATEMENT(again, "timer_again",
             "UPDATE timers SET due_time = $3, lease_time = '-infinity', attempt = 0"
             " WHERE timer_id = $1 AND attempt = $2");

struct timer_service {
    struct svc *svc;
    const struct timer_kind *kinds;
    struct loop_timer timer;
    int64_t wake_mono_ms; /* when `timer` will expire */
    uv_fs_poll_t clock_file;
    bool has_clock_file;
    bool is_looking;
    bool is_look_wanted; /* something happened while looking: look again */
    bool is_closing;
    bool is_renewing;
    int64_t renew_mono_ms; /* when leases were renewed */
    unsigned running_count;
    unsigned handle_count;
    LIST_HEAD(, run) runs;
};

/* One timer that runs. */
struct run {
    LIST_ENTRY(run) link;
    struct timer_service *service;
    struct arena *arena;
    struct timer_due due;
    int64_t next_due_us;
    bool is_handled; /* its handler is over */
};

static void
free_if_over(struct timer_service *service)
{
    if (service->is_closing && service->handle_count == 0 && service->running_count == 0 &&
        !service->is_looking)
        mem_free(service);
}

/* ---- running ---- */

/* What fails by our own fault is right once that is mended, too. */
static bool
is_repeat_worth(enum err err)
{
    return err_may_pass(err) || err == ERR_INTERNAL;
}

static int64_t
repeat_after_ms(int attempt)
{
    int64_t delay_ms = REPEAT_MIN_MS;
    for (int i = 1; i < attempt && delay_ms < REPEAT_MAX_MS; i++)
        delay_ms *= 2;
    return delay_ms < REPEAT_MAX_MS ? delay_ms : REPEAT_MAX_MS;
}

/* A kind that is not known may be a newer replica's: it stays. */
static enum err
handle_await(struct run *run, struct call *call)
{
    for (const struct timer_kind *kind = run->service->kinds; kind->kind != NULL; kind++) {
        if (strcmp(kind->kind, run->due.kind) == 0)
            return kind->handler(call, &run->due);
    }
    return call_fail(call, ERR_UNAVAILABLE, "KIND_UNKNOWN", "this daemon knows no such timer");
}

static void
tell(const struct run *run, const struct call *call, enum err err)
{
    struct log_line *line =
        log_begin(err == OK ? LOG_INFO : LOG_WARN, err == OK ? "timer run" : "timer failed");
    log_text(line, "kind", run->due.kind);
    log_text(line, "aggregate_id", run->due.aggregate_id);
    log_number(line, "attempt", run->due.attempt);
    log_number(line, "late_ms", (clock_now_us() - run->due.due_time_us) / 1000);
    log_text(line, "outcome", err_name(err));
    log_text(line, "reason", err == OK ? "" : call->fault.reason);
    log_end(line);
}

/* Should this fail the lease ends by itself, and the timer runs again. */
static void
let_go_await(struct run *run, bool is_run)
{
    run->is_handled = true;
    while (run->service->is_renewing) /* else the lease might be its last word */
        task_sleep_await(RENEWED_MS);
    struct call call;
    svc_system_call(run->service->svc, &call, run->arena, "timers", STATEMENT_MS);
    bool is_over = is_run && run->next_due_us == 0;
    int64_t try_us = (clock_real_ms() + repeat_after_ms(run->due.attempt)) * 1000;
    const struct db_param params[] = {db_uuid(&run->due.timer_id), db_int4(run->due.attempt),
                                      db_time(is_run ? run->next_due_us : try_us)};
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(run->service->svc), &call,
                                  is_over  ? &finish
                                  : is_run ? &again
                                           : &delay,
                                  params, is_over ? 2 : 3, run->due.aggregate_id, &rows);
    if (err == OK && is_run && !is_over && !run->service->is_closing)
        timer_poke(run->service, run->next_due_us);
    if (err == OK)
        return;
    struct log_line *line = log_begin(LOG_WARN, "timer not let go; its lease will end");
    log_text(line, "outcome", err_name(err));
    log_end(line);
}

/* Runs of an aggregate. */
static unsigned
count_runs(const struct timer_service *service, const char *aggregate_id)
{
    unsigned count = 0;
    const struct run *run;
    LIST_FOREACH(run, &service->runs, link)
    count += strcmp(run->due.aggregate_id, aggregate_id) == 0;
    return count;
}

static unsigned
count_runs_of_kind(const struct timer_service *service, const char *kind)
{
    unsigned count = 0;
    const struct run *run;
    LIST_FOREACH(run, &service->runs, link)
    count += strcmp(run->due.kind, kind) == 0;
    return count;
}

/* Whether others were passed by because of this one and its like. */
static bool
is_in_the_way(const struct run *run)
{
    const struct timer_service *service = run->service;
    return service->running_count == RUNNING_MAX ||
           count_runs(service, run->due.aggregate_id) >= BUSY_MIN ||
           count_runs_of_kind(service, run->due.kind) >= BUSY_KIND_MIN;
}

static void start_looking(struct timer_service *service);

static void
run_await(void *context)
{
    struct run *run = context;
    struct timer_service *service = run->service;
    char uuid[UUID_TEXT_SIZE];
    uuid_print(&run->due.timer_id, uuid);
    struct call call;
    svc_system_call(service->svc, &call, run->arena, arena_printf(run->arena, "timer:%s", uuid),
                    HANDLER_MS);
    enum err err = handle_await(run, &call);
    if (err == ERR_KEY_USED)
        err = OK; /* an earlier try had its effect */
    tell(run, &call, err);
    stat_run.value++;
    stat_repeat.value += is_repeat_worth(err);
    let_go_await(run, !is_repeat_worth(err));
    bool was_in_the_way = is_in_the_way(run);
    LIST_REMOVE(run, link);
    arena_free(&run->arena);
    service->running_count--;
    if (was_in_the_way && !service->is_closing)
        start_looking(service);
    free_if_over(service);
    mem_free(run);
}

/* ---- looking ---- */

static void
start_run(struct timer_service *service, const struct db_rows *rows, size_t row)
{
    struct run *run = mem_alloc(sizeof *run);
    run->service = service;
    run->arena = arena_new(ARENA_BUDGET_BYTES);
    run->due = (struct timer_due){
        .timer_id = db_get_uuid(rows, row, 0),
        .kind = arena_copy_text(run->arena, db_get_text(rows, row, 1)),
        .aggregate_id = arena_copy_text(run->arena, db_get_text(rows, row, 2)),
        .due_time_us = db_get_time(rows, row, 3),
        .attempt = db_get_int4(rows, row, 4),
        .next_due_us = &run->next_due_us,
    };
    service->running_count++;
    LIST_INSERT_HEAD(&service->runs, run, link);
    if (task_spawn(run_await, run))
        return;
    LIST_REMOVE(run, link);
    service->running_count--; /* too many tasks: the lease ends, and it is run then */
    arena_free(&run->arena);
    mem_free(run);
}

/* Kinds of which so many run or more; each as often as it is run. */
static struct db_param
list_kinds(const struct timer_service *service, struct arena *arena, unsigned count_min)
{
    const char **kinds = arena_alloc(arena, (service->running_count + 1) * sizeof *kinds);
    size_t count = 0;
    const struct run *run;
    LIST_FOREACH(run, &service->runs, link)
    if (count_runs_of_kind(service, run->due.kind) >= count_min)
        kinds[count++] = run->due.kind;
    return db_text_array(arena, kinds, count);
}

/* The same of aggregates. */
static struct db_param
list_aggregates(const struct timer_service *service, struct arena *arena, unsigned count_min)
{
    const char **busy = arena_alloc(arena, (service->running_count + 1) * sizeof *busy);
    size_t count = 0;
    const struct run *run;
    LIST_FOREACH(run, &service->runs, link)
    if (count_runs(service, run->due.aggregate_id) >= count_min)
        busy[count++] = run->due.aggregate_id;
    return db_text_array(arena, busy, count);
}

/* Takes what is due, as far as there is room. Of a busy aggregate there may be more than were
 * taken, and others behind them: so it looks again until there is nothing to take. */
static enum err
lease_await(struct timer_service *service, struct call *call)
{
    const struct db_param params[] = {db_time(clock_now_us()),
                                      db_time(clock_real_ms() * 1000),
                                      db_time((clock_real_ms() + LEASE_MS) * 1000),
                                      db_int8(RUNNING_MAX - service->running_count),
                                      list_aggregates(service, call->arena, 0),
                                      list_kinds(service, call->arena, 0),
                                      list_aggregates(service, call->arena, BUSY_MIN),
                                      list_kinds(service, call->arena, BUSY_KIND_MIN),
                                      list_kinds(service, call->arena, FULL_KIND_MIN),
                                      db_int8(BUSY_MIN),
                                      db_int8(BUSY_KIND_MIN),
                                      db_int8(FULL_KIND_MIN)};
    const struct db_rows *rows;
    enum err err =
        db_write_await(svc_db(service->svc), call, &lease, params, COUNT_OF(params), "", &rows);
    for (size_t row = 0; err == OK && row < db_row_count(rows); row++)
        start_run(service, rows, row);
    if (err == OK && db_row_count(rows) > 0)
        service->is_look_wanted = true;
    return err;
}

/* Where it fails it is tried again at the next look. */
static void
renew_await(struct timer_service *service)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    const char **ids = arena_alloc(arena, (service->running_count + 1) * sizeof *ids);
    size_t count = 0;
    const struct run *run;
    LIST_FOREACH(run, &service->runs, link)
    if (!run->is_handled) {
        char *id = arena_alloc(arena, UUID_TEXT_SIZE);
        uuid_print(&run->due.timer_id, id);
        ids[count++] = id;
    }
    struct call call;
    svc_system_call(service->svc, &call, arena, "timers", STATEMENT_MS);
    int64_t now_ms = clock_real_ms(), now_mono_ms = clock_mono_ms();
    const struct db_param params[] = {db_time((now_ms + LEASE_MS) * 1000),
                                      db_text_array(arena, ids, count), db_time(now_ms * 1000)};
    const struct db_rows *rows;
    service->is_renewing = true;
    if (count == 0 ||
        db_write_await(svc_db(service->svc), &call, &renew, params, 3, "", &rows) == OK)
        service->renew_mono_ms = now_mono_ms;
    service->is_renewing = false;
    arena_free(&arena);
}

/* Looks once, takes what is due, and answers when to look again. */
static int64_t
look_await(struct timer_service *service)
{
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct call call;
    svc_system_call(service->svc, &call, arena, "timers", STATEMENT_MS);
    const struct db_param params[] = {db_time(clock_now_us()), db_time(clock_real_ms() * 1000)};
    const struct db_rows *rows;
    int64_t wait_ms = LOOK_MS;
    enum err err = db_read_await(svc_db(service->svc), &call, &look, params, 2, &rows);
    if (err == OK && db_get_bool(rows, 0, 1) && service->running_count < RUNNING_MAX &&
        !service->is_closing)
        err = lease_await(service, &call);
    if (err == OK && !db_is_null(rows, 0, 0)) {
        int64_t left_us = db_get_time(rows, 0, 0) - clock_now_us();
        int64_t left_ms = left_us > 0 ? (left_us + 999) / 1000 : 0;
        wait_ms = left_ms < LOOK_MS ? left_ms : LOOK_MS;
    }
    arena_free(&arena);
    return wait_ms;
}

static void
sleep_until_next(struct timer_service *service, int64_t wait_ms)
{
    service->wake_mono_ms = clock_mono_ms() + wait_ms;
    loop_timer_start(&service->timer, wait_ms, 0);
}

static void
look_run(void *context)
{
    struct timer_service *service = context;
    int64_t wait_ms;
    do {
        service->is_look_wanted = false;
        if (clock_mono_ms() - service->renew_mono_ms >= RENEW_MS)
            renew_await(service);
        wait_ms = look_await(service);
    } while (service->is_look_wanted && !service->is_closing);
    service->is_looking = false;
    if (!service->is_closing)
        sleep_until_next(service, wait_ms);
    free_if_over(service);
}

static void
start_looking(struct timer_service *service)
{
    service->is_look_wanted = true;
    if (service->is_looking)
        return;
    service->is_looking = true;
    if (task_spawn(look_run, service))
        return;
    service->is_looking = false;
    sleep_until_next(service, LOOK_MS);
}

static void
on_wake(void *context)
{
    start_looking(context);
}

static void
on_clock_moved(uv_fs_poll_t *handle, int status UNUSED, const uv_stat_t *before UNUSED,
               const uv_stat_t *after UNUSED)
{
    start_looking(container_of(handle, struct timer_service, clock_file));
}

/* ---- opening and closing ---- */

struct timer_service *
timer_open(struct svc *svc, const struct timer_kind *kinds)
{
    struct timer_service *service = mem_alloc(sizeof *service);
    service->svc = svc;
    service->kinds = kinds;
    LIST_INIT(&service->runs);
    loop_timer_init(svc_loop(svc), &service->timer, on_wake, service);
    service->handle_count++;
    if (clock_test_path() != NULL) {
        CHECK(uv_fs_poll_init(loop_uv(svc_loop(svc)), &service->clock_file) == 0);
        CHECK(uv_fs_poll_start(&service->clock_file, on_clock_moved, clock_test_path(),
                               CLOCK_POLL_MS) == 0);
        service->has_clock_file = true;
        service->handle_count++;
    }
    sleep_until_next(service, 0);
    return service;
}

static void
on_timer_closed(void *context)
{
    struct timer_service *service = context;
    service->handle_count--;
    free_if_over(service);
}

static void
on_clock_file_closed(uv_handle_t *handle)
{
    on_timer_closed(container_of((uv_fs_poll_t *)handle, struct timer_service, clock_file));
}

void
timer_close(struct timer_service **service)
{
    struct timer_service *s = *service;
    *service = NULL;
    if (s == NULL)
        return;
    s->is_closing = true;
    loop_timer_close(&s->timer, on_timer_closed);
    if (s->has_clock_file)
        uv_close((uv_handle_t *)&s->clock_file, on_clock_file_closed);
}

void
timer_poke(struct timer_service *service, int64_t due_time_us)
{
    if (service == NULL) /* draining: another replica will find it */
        return;
    int64_t left_us = due_time_us - clock_now_us();
    int64_t left_ms = left_us > 0 ? (left_us + 999) / 1000 : 0;
    if (service->is_looking || left_ms == 0)
        start_looking(service);
    else if (clock_mono_ms() + left_ms < service->wake_mono_ms)
        sleep_until_next(service, left_ms);
}
