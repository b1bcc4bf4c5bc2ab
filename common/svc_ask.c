/*
 * svc_ask - calling a method of another service within a call
 *
 * Principal, trace and deadline go along unchanged. A KEYED method gets the key "<SHA-256 of the
 * own key>/<method>", the second time within the call with "/2" behind it, and so on: a repeat of
 * the outer call asks the inner ones under the same keys, and so gets their first answers. So does
 * the next try after a lost race, which counts from one again. And so does a handler that asks
 * again because what came of its asking is not known: that one is not counted. Hashed, because the
 * own key may be as long as a key can be.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/svc_private.h"

#include <sodium.h>
#include <string.h>

#include "common/pack.h"
#include "common/task.h"

/* How often a call has asked a method; in a list, in the call's arena. */
struct svc_asked {
    const struct contract_method *method;
    unsigned count;
    struct svc_asked *next;
};

struct bus_client *
svc_client(struct svc *svc, const char *service)
{
    for (size_t i = 0; i < SVC_CLIENTS_MAX; i++) {
        struct svc_client_slot *slot = &svc->clients[i];
        if (slot->service != NULL && strcmp(slot->service, service) == 0)
            return slot->client;
        if (slot->service != NULL)
            continue;
        CHECK(bus_client_open(svc->bus, service, &slot->client) == OK);
        slot->service = service;
        return slot->client;
    }
    CHECK(false); /* SVC_CLIENTS_MAX services are more than there are */
    return NULL;
}

static unsigned
count_asking(struct call *call, const struct contract_method *method)
{
    for (struct svc_asked *asked = call->asked; asked != NULL; asked = asked->next)
        if (asked->method == method)
            return ++asked->count;
    struct svc_asked *asked = arena_alloc(call->arena, sizeof *asked);
    *asked = (struct svc_asked){.method = method, .count = 1, .next = call->asked};
    call->asked = asked;
    return 1;
}

void
svc_ask_note(struct call *call, const struct contract_method *method, enum err err)
{
    bool is_open = err == ERR_UNKNOWN || err == ERR_UNAVAILABLE || err == ERR_DEADLINE_EXCEEDED;
    struct svc_asked *asked = call->asked;
    while (asked != NULL && asked->method != method)
        asked = asked->next;
    if (is_open && asked != NULL && asked->count > 0)
        asked->count--;
}

const char *
svc_ask_key(struct call *call, const struct contract_method *method)
{
    if (method->repeat != CONTRACT_KEYED)
        return "";
    CHECK(call->key[0] != 0); /* a SAFE method must not change anything elsewhere */
    uint8_t hash[crypto_hash_sha256_BYTES];
    char text[2 * sizeof hash + 1];
    crypto_hash_sha256(hash, (const uint8_t *)call->key, strlen(call->key));
    sodium_bin2hex(text, sizeof text, hash, sizeof hash);
    unsigned count = count_asking(call, method);
    if (count == 1)
        return arena_printf(call->arena, "%s/%s", text, method->verb);
    return arena_printf(call->arena, "%s/%s/%u", text, method->verb, count);
}

enum err
svc_ask_await(struct call *call, const struct contract_method *method, const ProtobufCMessage *req,
              const ProtobufCMessage **ret_res)
{
    size_t size_bytes;
    const uint8_t *body = pack_message(call->arena, req, &size_bytes);
    const struct bus_question question = {
        .method = method->name,
        .body = body,
        .body_size_bytes = size_bytes,
        .principal = &call->principal,
        .key = svc_ask_key(call, method),
        .traceparent = call->traceparent,
        .deadline_mono_ms = call->deadline_mono_ms,
        .may_repeat = true, /* safe, or keyed */
    };
    struct bus_answer answer;
    enum err err =
        bus_ask_await(svc_client(call->svc, method->service), call->arena, &question, &answer);
    svc_ask_note(call, method, err);
    if (err != OK) {
        call->fault = answer.fault;
        call->problems = answer.problems;
        call->details = answer.details;
        call->retry_after_ms = answer.retry_after_ms;
        return err;
    }
    ProtobufCMessage *res;
    if (contract_read(call->arena, method->response, answer.body, answer.body_size_bytes, false,
                      &res, &call->fault) != OK)
        return call_fail(call, ERR_INTERNAL, "ANSWER_MALFORMED", "%s answered what is no %s",
                         method->service, method->response->descriptor->name);
    *ret_res = res;
    return OK;
}
