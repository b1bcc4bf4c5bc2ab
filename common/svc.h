/*
 * svc - what every daemon is: configuration, loop, bus, database, admin socket, drain
 *
 *     struct svc *svc = svc_init("orders", config_keys, argc, argv);
 *     svc_serve(svc, &orders_v1_dispatch);
 *     svc_timers(svc, timers);
 *     svc_run(svc);
 *     return svc_deinit(&svc);
 *
 * For each call svc checks the principal, the roles and the request's contract, looks after the
 * idempotency key, runs the handler as a task with an arena and a deadline, checks the owner
 * field of the answer, logs one line, counts.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/bus.h"
#include "common/conf.h"
#include "common/db.h"
#include "common/timer.h"

struct buf;
struct svc;

/* Reads flags (--help, --version) and configuration. Exits, and says why, on a mistake: a daemon
 * starts whole or not at all. */
struct svc *svc_init(const char *service, const struct conf_key *keys, int argc, char **argv);

/* Answers these methods on the bus. Opens the database. The schema has a table of idempotency keys
 * where a method is KEYED. */
void svc_serve(struct svc *svc, const struct contract_dispatch *dispatch);

/*
 * Calls may bring a bearer token in place of a principal that is vouched for: for programs beyond
 * the installation, which cannot vouch (docs/protocol/bus.md, 8). Judged by AFTERCARE_TOKEN_...
 * Before svc_serve. Ends the process with a message where the keys cannot be read.
 */
void svc_accept_tokens(struct svc *svc);

/* Where this installation's tokens come from, as AFTERCARE_TOKEN_... say: for a daemon that judges
 * them itself. */
struct svc_token_origin {
    const char *jwks_file; /* "" if it is not said */
    const char *issuer;
    const char *audience;
};
struct svc_token_origin svc_token_origin(const struct svc *svc);

/* Runs these durable timers, which lie in a table of the schema. */
void svc_timers(struct svc *svc, const struct timer_kind *kinds);

/* Returns after SIGTERM or SIGINT, once the calls at hand are answered or the drain limit has
 * passed. A second signal ends it at once. */
void svc_run(struct svc *svc);

/* Mirrors svc_init; answers the exit status. */
int svc_deinit(struct svc **svc);

const char *svc_name(const struct svc *svc);
struct loop *svc_loop(struct svc *svc);
struct bus *svc_bus(struct svc *svc);
struct db *svc_db(struct svc *svc); /* NULL before svc_serve */

/* The configured connection string with the service's name put in, for a daemon that opens a
 * further connection. The caller's to free. After svc_serve, which has checked it. */
char *svc_database_url(const struct svc *svc);
struct timer_service *svc_timer_service(struct svc *svc);

/* A client for another service, opened on first use and kept. */
struct bus_client *svc_client(struct svc *svc, const char *service);

/* A call made by the daemon itself (timers, housekeeping): principal "system:<service>", the given
 * key. Its arena is the caller's to free. */
void svc_system_call(struct svc *svc, struct call *call, struct arena *arena, const char *key,
                     int64_t deadline_ms);

/*
 * Hooks for the parts of a daemon: a consumer, a sender, the gateway's server. Each of these may be
 * called several times, and adds; what it is given is called in the order in which it came.
 */
/* At the drain: `on_drain`, once; then the daemon ends when `is_drained` (NULL: no need to ask) is
 * true, no call is at hand and no task is left. */
void svc_on_drain(struct svc *svc, void (*on_drain)(void *context),
                  bool (*is_drained)(void *context), void *context);
void svc_on_status(struct svc *svc, void (*add_status)(struct buf *json_members, void *context),
                   void *context);
/* In svc_deinit, while loop and database are still there; the last one first. */
void svc_on_close(struct svc *svc, void (*close)(void *context), void *context);

/*
 * A page of the daemon's own on the admin socket (the unix one only: whoever can open it may run
 * this installation). Runs as a task; OK: *ret_json is the answer. ERR_NOT_FOUND is 404, all else
 * 503, with the fault's sentence. `query` is what stands behind '?', "" if nothing.
 */
typedef enum err svc_page(struct call *call, const char *query, struct buf *ret_json,
                          void *context);
/* `method` is GET or POST; it and `path` are borrowed. */
void svc_on_page(struct svc *svc, const char *method, const char *path, svc_page *page,
                 void *context);

/* Counts a request that was answered by another way than the bus: /status says how many. */
void svc_count_answer(struct svc *svc);
/* What must hold beside the database for /readyz to say 200; answers NULL or the reason it is not
 * so. */
void svc_on_ready(struct svc *svc, const char *(*reason_not_ready)(void *context), void *context);

/* What each call does before its handler: where a daemon that has just started still waits for what
 * it needs. It may suspend, and refuses nothing. */
void svc_on_call(struct svc *svc, void (*prepare_await)(struct call *call, void *context),
                 void *context);

/*
 * Calls a method of another service within `call`: its principal, trace and deadline go along,
 * the key too (KEYED methods get a key of their own made from it, and from how often this call has
 * asked the method: ask in an order that a repeat of the call keeps). The generated client stubs
 * are this. *ret_res lives in the call's arena. A refusal by the other service is this call's fault
 * too, until call_fail says something else.
 */
enum err svc_ask_await(struct call *call, const struct contract_method *method,
                       const ProtobufCMessage *req, const ProtobufCMessage **ret_res) MUST_CHECK;
