/*
 * svc_private - the inside of a daemon, shared by svc.c (life), svc_hooks.c (its parts), svc_call.c
 * (one request), svc_ask.c (calling others), svc_token.c (callers from beyond), svc_prune.c (old
 * keys) and admin.c
 *
 * Nobody else includes this.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/http.h"
#include "common/jwks.h"
#include "common/svc.h"

enum { SVC_CLIENTS_MAX = 16, SVC_HOOKS_MAX = 32, SVC_PAGES_MAX = 16, SVC_MAGIC = 0x5ec5e47e };

struct svc_config {
    const char *run_dir;
    const char *bus_dir;
    const char *bus_listen;
    const char *bus_connect;
    const char *curve_dir;
    const char *key_file;
    const char *database;
    const char *admin_listen;
    const char *log_level;
    const char *token_jwks_file;
    const char *token_issuer;
    const char *token_audience;
    unsigned calls_max;
    unsigned db_read_connections;
    unsigned db_write_connections;
    unsigned db_queue_max;
    unsigned db_group_max;
    int64_t drain_limit_ms;
    int64_t key_retention_ms;
    int64_t token_leeway_ms;
};

struct svc_client_slot {
    const char *service;
    struct bus_client *client;
};

/* What a part of the daemon wants to be asked, of which it sets what it needs. */
struct svc_hook {
    void (*on_drain)(void *context);
    bool (*is_drained)(void *context);
    void (*add_status)(struct buf *json_members, void *context);
    void (*close)(void *context);
    void *context;
};

struct svc_page_entry {
    const char *method;
    const char *path;
    svc_page *page;
    void *context;
};

struct svc {
    unsigned magic;
    const char *service;
    struct svc_config config;
    struct loop *loop;
    struct bus *bus;
    struct bus_server *server; /* NULL before svc_serve */
    struct db *db;
    struct timer_service *timers;
    struct svc_tokens *tokens;                      /* NULL: none are accepted */
    const struct contract_dispatch_entry **methods; /* sorted by name */
    size_t method_count;
    struct svc_client_slot clients[SVC_CLIENTS_MAX];
    struct http_server *admin;
    struct http_server *admin_tcp;
    char *admin_path;
    struct uuid epoch;
    int64_t start_us; /* real time */
    unsigned in_flight;
    int64_t answered_count;
    int64_t refused_count; /* for want of room */
    bool is_draining;
    bool is_stopping; /* second signal */
    bool is_keyed;    /* some method has idempotency keys */
    bool is_pruning;
    uv_signal_t on_term;
    uv_signal_t on_int;
    struct loop_timer prune_timer;
    struct svc_hook hooks[SVC_HOOKS_MAX];
    size_t hook_count;
    struct svc_page_entry pages[SVC_PAGES_MAX];
    size_t page_count;
    const char *(*reason_not_ready)(void *context);
    void *ready_context;
    void (*prepare_await)(struct call *call, void *context);
    void *prepare_context;
};

/* svc_call.c: a request from the bus. */
void svc_on_request(void *context, struct bus_request *request);

/* Gives the call a span of its own under the caller's trace; a new trace where `traceparent` is
 * none ("" or malformed). */
void svc_continue_trace(struct call *call, const char *traceparent);

/* svc_ask.c: the idempotency key under which `call` asks `method` this time; "" if that is not
 * KEYED. In the arena. */
const char *svc_ask_key(struct call *call, const struct contract_method *method);

/* Notes what came of the asking that had the last key: where that is not known, the next one has
 * the same key again. */
void svc_ask_note(struct call *call, const struct contract_method *method, enum err err);

/* svc_token.c: who calls, by the token that stands in the principal's place. ERR_UNAUTHENTICATED,
 * reason TOKEN_INVALID. */
enum err svc_token_open(struct call *call, const uint8_t *token, size_t size_bytes) MUST_CHECK;
/* The same from keys that are there already, for tests; takes them. */
void svc_token_accept(struct svc *svc, struct jwks *jwks);
void svc_token_close(struct svc *svc);

/* svc_prune.c: forgets old idempotency keys, while the daemon lives. */
void svc_prune_start(struct svc *svc);
void svc_prune_stop(struct svc *svc);

/* admin.c: the admin socket(s). Ends the process with a message if they cannot be opened. */
void admin_open(struct svc *svc);
void admin_close(struct svc *svc);
/* Why this process is not ready; NULL if it is. */
const char *admin_reason_not_ready(const struct svc *svc);
