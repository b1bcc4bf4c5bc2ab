/*
 * admin - /healthz, /readyz, /metrics, /status of every daemon, over HTTP on a socket of its own
 *
 * The unix socket is <run dir>/<service>-<uuid>.admin (its directory is private to the
 * installation's user). healthz says that the loop turns, never more; readyz that calls can be
 * served; both answer text for people. What a daemon adds by svc_on_page is asked on this socket
 * only, never over tcp.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/stat.h"
#include "common/task.h"

enum {
    PATH_SIZE = 108,
    CONNECTIONS_MAX = 32,
    HEADER_BYTES_MAX = 8192,
    BODY_BYTES_MAX = 1024,
    PAGE_MS = 5000,
};

static const char text_type[] = "text/plain; charset=utf-8";

STAT(loop_lag, "loop.lag.max", STAT_GAUGE, "seconds",
     "Longest time the loop did not sleep between two readings of the metrics.");
STAT(tasks_alive, "task.alive", STAT_GAUGE, "", "Coroutines that exist now.");
STAT(is_ready, "service.ready", STAT_GAUGE, "", "1 where /readyz says 200, else 0.");

const char *
admin_reason_not_ready(const struct svc *svc)
{
    if (svc->is_draining)
        return "draining";
    if (svc->db != NULL && !db_is_ready(svc->db))
        return db_state(svc->db);
    if (svc->reason_not_ready != NULL)
        return svc->reason_not_ready(svc->ready_context);
    return NULL;
}

static void
reply_text(struct http_request *request, unsigned status, const char *type, struct buf *body)
{
    const struct http_header headers[] = {
        {"Content-Type", type}, {"Cache-Control", "no-store"}, {NULL, NULL}};
    http_reply(&request, status, headers, body->bytes, body->size_bytes);
}

static void
print_ready(const struct svc *svc, struct buf *out, unsigned *ret_status)
{
    const char *reason = admin_reason_not_ready(svc);
    *ret_status = reason == NULL ? 200 : 503;
    buf_printf(out, "%s\n", reason == NULL ? "ready" : reason);
    if (clock_is_test())
        buf_printf(out, "test clock: %lld s\n", (long long)clock_offset_s());
}

static void
add_member(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, value, strlen(value));
}

static void
print_status(const struct svc *svc, struct buf *out)
{
    char epoch[UUID_TEXT_SIZE], start[CLOCK_TEXT_SIZE];
    uuid_print(&svc->epoch, epoch);
    clock_print_us(svc->start_us, start);
    const char *reason = admin_reason_not_ready(svc);
    buf_add_text(out, "{\"service\":");
    buf_add_json(out, svc->service, strlen(svc->service));
    add_member(out, "replica", epoch);
    add_member(out, "version", AFTERCARE_VERSION);
    add_member(out, "start_time", start);
    add_member(out, "state", reason == NULL ? "ready" : reason);
    if (svc->db != NULL) {
        add_member(out, "database", db_state(svc->db));
        add_member(out, "schema", db_schema_change(svc->db));
    }
    buf_printf(out, ",\"pid\":%d,\"in_flight\":%u,\"answered\":%lld,\"refused\":%lld",
               (int)getpid(), svc->in_flight, (long long)svc->answered_count,
               (long long)svc->refused_count);
    if (clock_is_test())
        buf_printf(out, ",\"test_clock_s\":%lld", (long long)clock_offset_s());
    for (size_t i = 0; i < svc->hook_count; i++)
        if (svc->hooks[i].add_status != NULL)
            svc->hooks[i].add_status(out, svc->hooks[i].context);
    buf_add_text(out, "}\n");
}

static void
print_metrics(const struct svc *svc, struct buf *out)
{
    loop_lag.value = loop_take_lag_max_us(svc->loop);
    tasks_alive.value = task_count();
    is_ready.value = admin_reason_not_ready(svc) == NULL;
    stat_print(out, svc->service);
    stat_print_process(out, svc->service, svc->start_us);
}

/* What every daemon has. */
static void
on_shared_request(void *context, struct http_request *request)
{
    struct svc *svc = CAST(struct svc, context, SVC_MAGIC);
    const char *path = http_path(request);
    const char *type = text_type;
    unsigned status = 200;
    struct buf body = {0};
    if (strcmp(http_method(request), "GET") != 0) {
        status = 405;
        buf_add_text(&body, "only GET\n");
    } else if (strcmp(path, "/healthz") == 0) {
        buf_add_text(&body, "ok\n");
    } else if (strcmp(path, "/readyz") == 0) {
        print_ready(svc, &body, &status);
    } else if (strcmp(path, "/metrics") == 0) {
        type = "text/plain; version=0.0.4; charset=utf-8";
        print_metrics(svc, &body);
    } else if (strcmp(path, "/status") == 0) {
        type = "application/json";
        print_status(svc, &body);
    } else {
        status = 404;
        buf_add_text(&body, "/healthz /readyz /metrics /status\n");
    }
    reply_text(request, status, type, &body);
    buf_free(&body);
}

/* ---- pages of the daemon's own ---- */

/* Freed by its task. */
struct ask {
    struct svc *svc;
    const struct svc_page_entry *page;
    struct http_request *request;
};

static void
ask_run(void *context)
{
    struct ask *ask = context;
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    struct buf body = {0};
    struct call call;
    svc_system_call(ask->svc, &call, arena, "admin", PAGE_MS);
    enum err err = ask->page->page(&call, http_query(ask->request), &body, ask->page->context);
    if (err == OK) {
        reply_text(ask->request, 200, "application/json", &body);
    } else {
        body.size_bytes = 0;
        buf_printf(&body, "%s\n", call.fault.message[0] != 0 ? call.fault.message : err_name(err));
        reply_text(ask->request, err == ERR_NOT_FOUND ? 404 : 503, text_type, &body);
    }
    buf_free(&body);
    arena_free(&arena);
    mem_free(ask);
}

static bool
is_asked(const struct svc_page_entry *page, const struct http_request *request)
{
    return strcmp(http_path(request), page->path) == 0 &&
           strcmp(http_method(request), page->method) == 0;
}

static void
on_request(void *context, struct http_request *request)
{
    struct svc *svc = CAST(struct svc, context, SVC_MAGIC);
    for (size_t i = 0; i < svc->page_count; i++) {
        if (!is_asked(&svc->pages[i], request))
            continue;
        struct ask *ask = mem_alloc(sizeof *ask);
        *ask = (struct ask){svc, &svc->pages[i], request};
        if (task_spawn(ask_run, ask))
            return;
        mem_free(ask);
        struct buf body = {0};
        buf_add_text(&body, "too many calls at hand\n");
        reply_text(request, 503, text_type, &body);
        buf_free(&body);
        return;
    }
    on_shared_request(svc, request);
}

/* ---- the sockets ---- */

/* A daemon that finds a mistake after its socket was opened leaves by exit(): nobody is to find a
 * socket that never answered. */
static char path_to_remove[PATH_SIZE];

static void
on_exit_remove(void)
{
    if (path_to_remove[0] != 0)
        unlink(path_to_remove);
}

static struct http_server *
open_one(struct svc *svc, const char *listen, http_on_request *on_request_)
{
    const struct http_options options = {
        .listen = listen,
        .connections_max = CONNECTIONS_MAX,
        .header_bytes_max = HEADER_BYTES_MAX,
        .body_bytes_max = BODY_BYTES_MAX,
        .request_timeout_ms = 5000,
        .idle_timeout_ms = 30000,
    };
    struct http_server *server;
    struct fault fault;
    if (http_server_open(svc->loop, &options, on_request_, svc, &server, &fault) != OK) {
        fprintf(stderr, "aftercare-%s: admin socket %s: %s\n", svc->service, listen, fault.message);
        exit(1);
    }
    return server;
}

void
admin_open(struct svc *svc)
{
    char epoch[UUID_TEXT_SIZE], path[PATH_SIZE];
    uuid_print(&svc->epoch, epoch);
    int size =
        snprintf(path, sizeof path, "%s/%s-%s.admin", svc->config.run_dir, svc->service, epoch);
    if (size >= (int)sizeof path) {
        fprintf(stderr, "aftercare-%s: AFTERCARE_RUN_DIR: \"%s\" is too long for a unix socket\n",
                svc->service, svc->config.run_dir);
        exit(2);
    }
    svc->admin_path = mem_copy_text(path);
    svc->admin = open_one(svc, svc->admin_path, on_request);
    memcpy(path_to_remove, path, sizeof path);
    atexit(on_exit_remove);
    if (svc->config.admin_listen[0] != 0)
        svc->admin_tcp = open_one(svc, svc->config.admin_listen, on_shared_request);
}

void
admin_close(struct svc *svc)
{
    http_server_close(&svc->admin);
    http_server_close(&svc->admin_tcp);
    if (svc->admin_path != NULL)
        unlink(svc->admin_path);
    path_to_remove[0] = 0;
    mem_free(svc->admin_path);
    svc->admin_path = NULL;
}
