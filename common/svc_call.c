/*
 * svc_call - one request, from the bus and back
 *
 *     admit   method, room, principal, roles: refused without a task, in microseconds
 *     unpack  the message, checked against its contract; the idempotency key's fingerprint
 *     run     the handler as a task; then the key, if the handler refused or found it used; then
 *             the owner of what is answered
 *     finish  reply, one log line, one count
 *
 * The call lives in its request's arena.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc_private.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/change.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/pack.h"
#include "common/principal.h"
#include "common/rng.h"
#include "common/stat.h"
#include "common/task.h"
#include "common/v1/envelope.pb-c.h"
#include "common/v1/options.pb-c.h"

enum { RETRY_AFTER_MS = 1000 };

struct svc_run {
    struct call call;
    struct bus_request *request;
    const struct contract_dispatch_entry *entry;
    ProtobufCMessage *req;
    ProtobufCMessage *res;
    const uint8_t *stored; /* the first answer, when the key was used before */
    size_t stored_size_bytes;
};

static const struct contract_dispatch_entry *
find_method(const struct svc *svc, const char *name)
{
    size_t low = 0, high = svc->method_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, svc->methods[middle]->method->name);
        if (order == 0)
            return svc->methods[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static enum err
fail(struct svc_run *run, enum err code, const char *reason, const char *message)
{
    return call_fail(&run->call, code, reason, "%s", message);
}

/* Whether this kind of caller may call this method at all; for whose things is asked later. */
static enum err
check_access(struct svc_run *run)
{
    const struct contract_method *method = run->entry->method;
    const struct principal *principal = &run->call.principal;
    if (method->is_anonymous)
        return OK;
    if (principal->kind == COMMON__V1__PRINCIPAL__KIND__LINK) {
        if (method->link_field >= 0 && strcmp(principal->link_method, method->name) == 0)
            return OK;
        return fail(run, ERR_PERMISSION_DENIED, "LINK_FOR_SOMETHING_ELSE",
                    "the link does not open this");
    }
    if (principal->kind == COMMON__V1__PRINCIPAL__KIND__ANONYMOUS)
        return fail(run, ERR_UNAUTHENTICATED, "TOKEN_MISSING", "this needs a token");
    if ((principal->roles & (method->roles | method->own_roles)) == 0)
        return fail(run, ERR_PERMISSION_DENIED, "ROLE_MISSING",
                    "none of the caller's roles may do this");
    return OK;
}

/* A link opens the one resource that it names. */
static enum err
check_link(struct svc_run *run)
{
    const struct contract_method *method = run->entry->method;
    const struct principal *principal = &run->call.principal;
    if (principal->kind != COMMON__V1__PRINCIPAL__KIND__LINK || method->is_anonymous)
        return OK;
    const ProtobufCFieldDescriptor *field =
        &method->request->descriptor->fields[method->link_field];
    const char *named = *(const char *const *)((const char *)run->req + field->offset);
    if (strcmp(named, principal->link_resource) == 0)
        return OK;
    return fail(run, ERR_PERMISSION_DENIED, "LINK_FOR_SOMETHING_ELSE",
                "the link does not open this");
}

static void
take_fingerprint(struct svc_run *run)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    const char *name = run->entry->method->name;
    crypto_hash_sha256_update(&state, (const unsigned char *)name, strlen(name) + 1);
    crypto_hash_sha256_update(&state, run->request->body, run->request->body_size_bytes);
    crypto_hash_sha256_final(&state, run->call.fingerprint);
}

static enum err
unpack(struct svc_run *run)
{
    const struct contract_method *method = run->entry->method;
    struct call *call = &run->call;
    enum err err = contract_read(call->arena, method->request, run->request->body,
                                 run->request->body_size_bytes, true, &run->req, &call->fault);
    if (err != OK)
        return err;
    if (method->repeat != CONTRACT_KEYED)
        return OK;
    if (call->key[0] == 0)
        return fail(run, ERR_INVALID_ARGUMENT, "IDEMPOTENCY_KEY_MISSING",
                    "this needs an idempotency key");
    take_fingerprint(run);
    return OK;
}

/* Whoever cannot vouch for a principal sends a token, and no MAC. */
static enum err
recognise(struct svc *svc, struct svc_run *run)
{
    const struct bus_request *request = run->request;
    struct call *call = &run->call;
    if (svc->tokens != NULL && request->principal_mac_size_bytes == 0)
        return svc_token_open(call, request->principal, request->principal_size_bytes);
    return principal_open(request->principal, request->principal_size_bytes, request->principal_mac,
                          request->principal_mac_size_bytes, &call->principal, &call->fault);
}

/* Everything that is decided before the handler; on the loop's own stack. */
static enum err
admit(struct svc *svc, struct svc_run *run)
{
    struct bus_request *request = run->request;
    struct call *call = &run->call;
    run->entry = find_method(svc, request->method);
    if (run->entry == NULL)
        return fail(run, ERR_UNIMPLEMENTED, "METHOD_UNKNOWN", "this service has no such method");
    call->method = run->entry->method;
    if (svc->in_flight > svc->config.calls_max) {
        svc->refused_count++;
        call->retry_after_ms = RETRY_AFTER_MS;
        return fail(run, ERR_RESOURCE_EXHAUSTED, "OVERLOADED",
                    "the service has all the calls it can take");
    }
    enum err err = recognise(svc, run);
    if (err == OK)
        err = check_access(run);
    if (err == OK)
        err = unpack(run);
    if (err == OK)
        err = check_link(run);
    return err;
}

static void
log_answer(const struct svc_run *run, enum err err, int64_t duration_us)
{
    const struct call *call = &run->call;
    struct log_line *line = log_begin(err == ERR_INTERNAL ? LOG_ERROR : LOG_INFO, "call answered");
    log_text(line, "method", run->request->method);
    log_text(line, "outcome", err_name(err));
    if (err != OK) {
        log_text(line, "reason", call->fault.reason);
        if (err ==
            ERR_INTERNAL) /* of our own making: it says what broke and holds nothing of a person */
            log_text(line, "detail", call->fault.message);
        else if (call->why != NULL)
            log_text(line, "detail", call->why);
    }
    log_number(line, "duration_us", duration_us);
    if (call->database_us > 0)
        log_number(line, "database_us", call->database_us);
    log_text(line, "trace", call->traceparent);
    if (call->attempt > 1)
        log_number(line, "attempt", call->attempt);
    if (call->is_replayed)
        log_text(line, "replayed", "yes");
    if (call->race_count > 0)
        log_number(line, "races", call->race_count);
    log_end(line);
}

/* Drivers answer an err without words; the caller deserves some. */
static void
put_into_words(struct call *call, enum err err)
{
    if (call->fault.code != err || call->fault.reason[0] == 0) {
        const char *reason = err == ERR_ABORTED ? "LOST_RACE" : err_name(err);
        call_fail(call, err, reason, "%s",
                  err == ERR_ABORTED
                      ? "somebody else was faster, again and again; read and try again"
                  : err == ERR_UNKNOWN
                      ? "it is not known whether this happened; ask again with the same key"
                      : "this could not be done now");
    }
    bool is_passing = err == ERR_UNAVAILABLE || err == ERR_UNKNOWN || err == ERR_RESOURCE_EXHAUSTED;
    if (is_passing && call->retry_after_ms == 0)
        call->retry_after_ms = RETRY_AFTER_MS;
}

static void
finish(struct svc *svc, struct svc_run *run, enum err err)
{
    struct call *call = &run->call;
    struct bus_reply reply = {.domain = svc->service, .is_replayed = call->is_replayed};
    if (err != OK) {
        put_into_words(call, err);
        reply.fault = call->fault;
        reply.problems = call->problems;
        reply.details = call->details;
        reply.retry_after_ms = call->retry_after_ms;
    } else if (run->stored != NULL) {
        reply.body = run->stored;
        reply.body_size_bytes = run->stored_size_bytes;
    } else {
        reply.body = pack_message(call->arena, run->res, &reply.body_size_bytes);
    }
    int64_t duration_us = clock_mono_us() - run->request->receive_mono_us;
    stat_count_call(run->entry != NULL ? run->request->method : "unknown", err_name(err),
                    duration_us);
    log_answer(run, err, duration_us);
    svc->in_flight--;
    svc->answered_count++;
    bus_reply(svc->server, &run->request, &reply);
}

/* A refusal that a repeat of an answered call may meet: the state has moved on since. */
static bool
may_be_a_repeat(enum err err)
{
    return err == ERR_KEY_USED || err == ERR_NOT_FOUND || err == ERR_ALREADY_EXISTS ||
           err == ERR_FAILED_PRECONDITION || err == ERR_ABORTED || err == ERR_INVALID_ARGUMENT;
}

/* Looks the key up after a refusal. Found: the stored answer is the answer. Not found: the refusal
 * stands. */
static enum err
replay_await(struct svc_run *run, enum err refusal)
{
    struct call *call = &run->call;
    struct fault fault = call->fault;
    struct call_problems problems = call->problems;
    struct call_details details = call->details;
    enum err err = change_replay_await(call->svc->db, call, &run->stored, &run->stored_size_bytes);
    if (err == OK) {
        call->is_replayed = true;
        return OK;
    }
    if (err == ERR_FAILED_PRECONDITION)
        return err;
    /* The key is used, so something was changed, and what was answered then cannot be read. */
    if (refusal == ERR_KEY_USED)
        return call_fail(call, ERR_UNKNOWN, "OUTCOME_UNKNOWN",
                         "it was done before, and the answer cannot be read now: ask again");
    if (err != ERR_NOT_FOUND)
        return err;
    call->fault = fault;
    call->problems = problems;
    call->details = details;
    return refusal;
}

static enum err
check_owner(struct svc_run *run)
{
    const struct contract_method *method = run->entry->method;
    const char *own = call_own_subject(&run->call);
    if (own == NULL || run->stored != NULL ||
        contract_path_is_equal(method->response, &method->owner, run->res, own))
        return OK;
    return fail(run, ERR_NOT_FOUND, "NOT_FOUND", "there is no such thing");
}

static void
run_await(void *context)
{
    struct svc_run *run = context;
    struct call *call = &run->call;
    const struct contract_method *method = run->entry->method;
    run->res = arena_alloc(call->arena, method->response->descriptor->sizeof_message);
    protobuf_c_message_init(method->response->descriptor, run->res);
    if (call->svc->prepare_await != NULL)
        call->svc->prepare_await(call, call->svc->prepare_context);
    enum err err = run->entry->handler(call, run->req, run->res);
    if (method->repeat == CONTRACT_KEYED && may_be_a_repeat(err))
        err = replay_await(run, err);
    if (err == OK)
        err = check_owner(run);
    finish(call->svc, run, err);
}

void
svc_continue_trace(struct call *call, const char *traceparent)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t random[24];
    rng_bytes(random, sizeof random);
    char *out = call->traceparent;
    memcpy(out, "00-", 3);
    if (strlen(traceparent) == CALL_TRACEPARENT_SIZE - 1 && strspn(traceparent + 3, hex) == 32)
        memcpy(out + 3, traceparent + 3, 32);
    else
        for (int i = 0; i < 32; i++)
            out[3 + i] = hex[random[i / 2] >> (i % 2 * 4) & 15];
    out[35] = '-';
    for (int i = 0; i < 16; i++)
        out[36 + i] = hex[random[16 + i / 2] >> (i % 2 * 4) & 15];
    memcpy(out + 52, "-01", 4);
}

void
svc_on_request(void *context, struct bus_request *request)
{
    struct svc *svc = CAST(struct svc, context, SVC_MAGIC);
    struct svc_run *run = arena_alloc(request->arena, sizeof *run);
    struct call *call = &run->call;
    run->request = request;
    call->svc = svc;
    call->arena = request->arena;
    call->deadline_mono_ms = request->deadline_mono_ms;
    call->start_mono_us = request->receive_mono_us;
    call->attempt = request->attempt;
    memcpy(call->request_id, request->request_id, sizeof call->request_id);
    CHECK(strlen(request->key) < sizeof call->key);
    memcpy(call->key, request->key, strlen(request->key) + 1);
    svc_continue_trace(call, request->traceparent);
    svc->in_flight++;
    enum err err = admit(svc, run);
    if (err == OK && !task_spawn(run_await, run)) {
        svc->refused_count++;
        err = fail(run, ERR_RESOURCE_EXHAUSTED, "OVERLOADED",
                   "the service has all the calls it can take");
    }
    if (err != OK)
        finish(svc, run, err);
}
