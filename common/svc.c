/*
 * svc - the life of a daemon: start whole or not at all, serve, drain, end
 *
 *     init    flags, configuration, keys, loop, tasks, bus, admin socket
 *     serve   database, bus server
 *     run     until a signal; then drain: leave the bus, finish calls and what the owner's hooks
 *             wait for; a second signal or the drain limit ends it at once
 *     deinit  mirrors init, line by line
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/principal.h"
#include "common/rng.h"
#include "common/stat.h"
#include "common/task.h"

enum { LINGER_MS = 1000 };

static struct svc_config config;

/* Keys that all daemons share, alphabetical. */
static const struct conf_key shared_keys[] = {
    CONF_TEXT("admin_listen", config.admin_listen, "",
              "Where the admin pages are served beside the unix socket, as 127.0.0.1:9100."),
    CONF_TEXT("bus_connect", config.bus_connect, "",
              "How other services are found: empty for the sockets in bus_dir, or a pattern as "
              "tcp://{service}:7400, "
              "whose name is resolved to all replicas."),
    CONF_TEXT("bus_dir", config.bus_dir, "", "Directory of the bus's ipc sockets; empty for none."),
    CONF_TEXT("bus_listen", config.bus_listen, "",
              "Where calls are answered over tcp, as tcp://0.0.0.0:7400."),
    CONF_UINT("calls_max", config.calls_max, "2000", 1, 9000,
              "The most calls at hand; more are refused with OVERLOADED."),
    CONF_TEXT("curve_dir", config.curve_dir, "",
              "Directory of the CURVE keys, <service>.secret and <service>.public; needed for tcp "
              "beyond loopback."),
    CONF_TEXT("database", config.database, "",
              "libpq connection string; {service} in it becomes the service's name. Needed by "
              "daemons that keep state."),
    CONF_UINT("db_group_max", config.db_group_max, "64", 1, DB_GROUP_MAX,
              "The most writes in one commit."),
    CONF_UINT("db_queue_max", config.db_queue_max, "4000", 1, 100000,
              "The most statements that wait, in each lane."),
    CONF_UINT("db_read_connections", config.db_read_connections, "1", 1, 4,
              "Connections for reads."),
    CONF_UINT("db_write_connections", config.db_write_connections, "1", 1, 4,
              "Connections for writes."),
    CONF_DURATION("drain_limit", config.drain_limit_ms, "10s", 0, 600000,
                  "How long calls at hand may take after SIGTERM."),
    CONF_TEXT("key_file", config.key_file, NULL,
              "File of the installation key, 64 hexadecimal digits."),
    CONF_DURATION("key_retention", config.key_retention_ms, "7d", 3600000, INT64_C(365) * 86400000,
                  "How long a used idempotency key is remembered, with its answer."),
    CONF_TEXT("log_level", config.log_level, "info",
              "Least level that is logged: debug, info, warn, error."),
    CONF_TEXT("run_dir", config.run_dir, NULL, "Directory of the admin sockets."),
    CONF_TEXT("token_audience", config.token_audience, "aftercare",
              "The `aud` that bearer tokens must name."),
    CONF_TEXT("token_issuer", config.token_issuer, "aftercare",
              "The `iss` that bearer tokens must have."),
    CONF_TEXT(
        "token_jwks_file", config.token_jwks_file, "",
        "The JSON Web Key Set that bearer tokens are signed with; read again when it changes. "
        "Needed by daemons that take calls from beyond the installation."),
    CONF_DURATION("token_leeway", config.token_leeway_ms, "60s", 0, 600000,
                  "How far the clocks of a token's issuer and of a daemon may be apart."),
    CONF_END,
};

static void
read_flags(const char *service, const struct conf_key *keys, int argc, char **argv)
{
    if (argc == 1)
        return;
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("aftercare-%s %s\n", service, AFTERCARE_VERSION);
        exit(0);
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("usage: aftercare-%s [--help | --version]\n\n", service);
        conf_print(service, shared_keys, keys);
        exit(0);
    }
    fprintf(stderr, "usage: aftercare-%s [--help | --version]\n", service);
    exit(2);
}

static void
start_log(const char *service)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        if (strcmp(config.log_level, levels[i]) == 0) {
            log_init(service, (enum log_level)i);
            return;
        }
    }
    fprintf(stderr, "aftercare-%s: AFTERCARE_LOG_LEVEL: \"%s\" is not debug, info, warn or error\n",
            service, config.log_level);
    exit(2);
}

static const char *
or_null(const char *text)
{
    return text[0] != 0 ? text : NULL;
}

static void
open_bus(struct svc *svc)
{
    const struct bus_options options = {
        .service = svc->service,
        .directory = or_null(config.bus_dir),
        .listen = or_null(config.bus_listen),
        .connect = config.bus_connect,
        .curve_dir = or_null(config.curve_dir),
        .linger_ms = LINGER_MS,
    };
    struct fault fault;
    if (bus_open(svc->loop, &options, &svc->bus, &fault) != OK) {
        fprintf(stderr, "aftercare-%s: bus: %s\n", svc->service, fault.message);
        exit(2);
    }
}

static void
on_signal(uv_signal_t *handle, int number UNUSED)
{
    struct svc *svc = CAST(struct svc, handle->data, SVC_MAGIC);
    svc->is_stopping = svc->is_draining;
    svc->is_draining = true;
    loop_stop(svc->loop);
}

static void
watch_signals(struct svc *svc)
{
    signal(SIGPIPE, SIG_IGN);
    uv_signal_init(loop_uv(svc->loop), &svc->on_term);
    uv_signal_init(loop_uv(svc->loop), &svc->on_int);
    svc->on_term.data = svc;
    svc->on_int.data = svc;
    uv_signal_start(&svc->on_term, on_signal, SIGTERM);
    uv_signal_start(&svc->on_int, on_signal, SIGINT);
}

struct svc *
svc_init(const char *service, const struct conf_key *keys, int argc, char **argv)
{
    read_flags(service, keys, argc, argv);
    if (!conf_read(service, shared_keys, keys))
        exit(2);
    start_log(service);
    clock_init();
    rng_init();
    principal_init(config.key_file);
    struct svc *svc = mem_alloc(sizeof *svc);
    svc->magic = SVC_MAGIC;
    svc->service = service;
    svc->config = config;
    svc->epoch = uuid_make();
    svc->start_us = clock_real_ms() / 1000 * 1000000; /* people read it: whole seconds */
    svc->loop = loop_open();
    log_attach(svc->loop);
    task_init(svc->loop, 0);
    open_bus(svc);
    admin_open(svc);
    watch_signals(svc);
    return svc;
}

/* "postgres://{service}_service@/aftercare" with the name put in. */
char *
svc_database_url(const struct svc *svc)
{
    struct buf url = {0};
    const char *rest = svc->config.database;
    for (const char *at; (at = strstr(rest, "{service}")) != NULL;
         rest = at + strlen("{service}")) {
        buf_add(&url, rest, (size_t)(at - rest));
        buf_add_text(&url, svc->service);
    }
    buf_add_text(&url, rest);
    char *text = mem_copy_text(buf_text(&url));
    buf_free(&url);
    return text;
}

static void
open_database(struct svc *svc)
{
    if (svc->config.database[0] == 0) {
        fprintf(stderr, "aftercare-%s: AFTERCARE_DATABASE must be set: this daemon keeps state\n",
                svc->service);
        exit(2);
    }
    char *url = svc_database_url(svc);
    if (!db_url_is_valid(url)) { /* not said by libpq's own words: they quote the password */
        fprintf(stderr,
                "aftercare-%s: AFTERCARE_DATABASE is not a libpq connection string or URL\n",
                svc->service);
        exit(2);
    }
    const struct db_options options = {
        .url = url,
        .schema = svc->service,
        .read_connections = svc->config.db_read_connections,
        .write_connections = svc->config.db_write_connections,
        .queue_max = svc->config.db_queue_max,
        .group_max = svc->config.db_group_max,
    };
    svc->db = db_open(svc->loop, &options);
    mem_free(url);
}

static int
compare_methods(const void *a, const void *b)
{
    const struct contract_dispatch_entry *const *left = a;
    const struct contract_dispatch_entry *const *right = b;
    return strcmp((*left)->method->name, (*right)->method->name);
}

void
svc_serve(struct svc *svc, const struct contract_dispatch *dispatch)
{
    svc->methods = mem_alloc(dispatch->count * sizeof(struct contract_dispatch_entry *));
    svc->method_count = dispatch->count;
    for (size_t i = 0; i < dispatch->count; i++) {
        svc->methods[i] = &dispatch->entries[i];
        svc->is_keyed = svc->is_keyed || dispatch->entries[i].method->repeat == CONTRACT_KEYED;
    }
    qsort(svc->methods, svc->method_count, sizeof(struct contract_dispatch_entry *),
          compare_methods);
    open_database(svc);
    if (svc->is_keyed)
        svc_prune_start(svc);
    struct fault fault;
    if (bus_server_open(svc->bus, svc_on_request, svc, &svc->server, &fault) != OK) {
        fprintf(stderr, "aftercare-%s: bus: %s\n", svc->service, fault.message);
        exit(2);
    }
}

void
svc_timers(struct svc *svc, const struct timer_kind *kinds)
{
    svc->timers = timer_open(svc, kinds);
}

static bool
is_drained(void *context)
{
    struct svc *svc = CAST(struct svc, context, SVC_MAGIC);
    if (svc->is_stopping)
        return true;
    for (size_t i = 0; i < svc->hook_count; i++)
        if (svc->hooks[i].is_drained != NULL && !svc->hooks[i].is_drained(svc->hooks[i].context))
            return false;
    return svc->in_flight == 0 && task_count() == 0;
}

static void
drain(struct svc *svc)
{
    struct log_line *line = log_begin(LOG_INFO, "draining");
    log_number(line, "in_flight", svc->in_flight);
    log_end(line);
    if (svc->server != NULL)
        bus_server_drain(svc->server);
    if (svc->timers != NULL)
        timer_close(&svc->timers);
    for (size_t i = 0; i < svc->hook_count; i++)
        if (svc->hooks[i].on_drain != NULL)
            svc->hooks[i].on_drain(svc->hooks[i].context);
    if (!loop_run_until(svc->loop, is_drained, svc, svc->config.drain_limit_ms))
        log_end(log_begin(LOG_WARN, "drain limit passed with calls at hand"));
}

/* A daemon without KEYED methods, or without timers, has no table for them. */
static void
leave_out_statements(struct svc *svc)
{
    if (svc->db != NULL && !svc->is_keyed)
        db_leave_out(svc->db, "change_");
    if (svc->db != NULL && svc->timers == NULL)
        db_leave_out(svc->db, "timer_");
}

void
svc_run(struct svc *svc)
{
    leave_out_statements(svc);
    struct log_line *line = log_begin(LOG_INFO, "started");
    log_text(line, "version", AFTERCARE_VERSION);
    log_end(line);
    while (!svc->is_draining)
        loop_run(svc->loop);
    drain(svc);
    bool is_clean = svc->in_flight == 0 && task_count() == 0;
    if (is_clean)
        return;
    /* Calls that hang cannot be taken apart under their feet; what they wrote is safe in
     * PostgreSQL. */
    log_flush();
    _exit(3);
}

int
svc_deinit(struct svc **svc)
{
    struct svc *s = *svc;
    *svc = NULL;
    for (size_t i = s->hook_count; i-- > 0;)
        if (s->hooks[i].close != NULL)
            s->hooks[i].close(s->hooks[i].context);
    log_end(log_begin(LOG_INFO, "stopped"));
    uv_close((uv_handle_t *)&s->on_int, NULL);
    uv_close((uv_handle_t *)&s->on_term, NULL);
    if (s->is_keyed)
        svc_prune_stop(s);
    bus_server_close(&s->server);
    for (size_t i = 0; i < SVC_CLIENTS_MAX; i++)
        if (s->clients[i].client != NULL)
            bus_client_close(&s->clients[i].client);
    db_close(&s->db);
    svc_token_close(s);
    admin_close(s);
    bus_close(&s->bus);
    task_deinit();
    log_deinit();
    loop_close(&s->loop);
    mem_free(s->methods);
    mem_free(s);
    stat_deinit();
    arena_deinit();
    clock_deinit();
    return 0;
}

void
svc_system_call(struct svc *svc, struct call *call, struct arena *arena, const char *key,
                int64_t deadline_ms)
{
    *call = (struct call){.svc = svc, .arena = arena, .attempt = 1};
    principal_make_system(svc->service, &call->principal, arena);
    CHECK(strlen(key) < sizeof call->key);
    memcpy(call->key, key, strlen(key) + 1);
    rng_bytes(call->request_id, sizeof call->request_id);
    call->start_mono_us = clock_mono_us();
    call->deadline_mono_ms = clock_mono_ms() + deadline_ms;
    svc_continue_trace(call, "");
}

const char *
svc_name(const struct svc *svc)
{
    return svc->service;
}

struct loop *
svc_loop(struct svc *svc)
{
    return svc->loop;
}

struct bus *
svc_bus(struct svc *svc)
{
    return svc->bus;
}

struct db *
svc_db(struct svc *svc)
{
    return svc->db;
}

struct timer_service *
svc_timer_service(struct svc *svc)
{
    return svc->timers;
}

void
svc_count_answer(struct svc *svc)
{
    svc->answered_count++;
}
