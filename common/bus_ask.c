/*
 * bus_ask - calls at hand: sent, answered, given to another replica, ended
 *
 * A call is a struct bus_ask on its task's stack. It stands in the client's table under a slot
 * number, which is the end of its request id, so a reply finds it without a search. It either waits
 * for a replica to become ready or for the reply of one; replies from any other replica than the
 * one that holds it are dropped.
 *
 * Callbacks (a reply, a loss, a replica that became ready) only note the outcome and wake the task;
 * what follows from it is decided by straight-line code in ask_await.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/principal.h"
#include "common/stat.h"

STAT(calls, "bus.call.send", STAT_COUNTER, "", "Requests sent to replicas, second tries included.");
STAT(retries, "bus.call.retry", STAT_COUNTER, "",
     "Calls given to another replica because theirs was lost or drains.");
STAT(calls_lost, "bus.call.lose", STAT_COUNTER, "",
     "Calls ended because their replica was lost and no other try was allowed.");
STAT(unready, "bus.call.refuse", STAT_COUNTER, "", "Calls ended because no replica was ready.");
STAT(too_many, "bus.call.limit", STAT_COUNTER, "", "Calls refused because too many were at hand.");
STAT(timeouts, "bus.call.expire", STAT_COUNTER, "", "Calls ended by their deadline.");
STAT(unknown_replies, "bus.reply.drop", STAT_COUNTER, "",
     "Replies dropped because no call waits for them.");

enum {
    TRIES_MAX = 3,
    RETRY_CREDITS_PER_S = 10,
    RETRY_AFTER_MS = 1000,
};

enum outcome { OUTCOME_NONE, OUTCOME_REPLY, OUTCOME_LOST, OUTCOME_READY, OUTCOME_CLOSED };

struct bus_ask {
    struct task_wait wait;
    struct bus_client *client; /* NULL once the client is closed */
    const struct bus_question *question;
    struct arena *arena;
    struct bus_answer *answer;
    struct bus_replica *replica;     /* that holds it now; NULL: none */
    const struct bus_replica *avoid; /* that lost it; compared only, it may be gone */
    uint8_t request_id[BUS_ID_SIZE];
    unsigned slot;
    unsigned sent_count; /* attempts so far */
    bool was_lost;       /* one of them: whether it was executed is not known */
    bool is_waiting;     /* for a replica */
    enum outcome outcome;
};

/* ---- the table of calls ---- */

/* Request id: 8 bytes of this client, 6 of the call's number, 2 of its slot. */
static bool
enter(struct bus_client *client, struct bus_ask *ask)
{
    if (client->free_count == 0)
        return false;
    ask->slot = client->free_slots[--client->free_count];
    client->asks[ask->slot] = ask;
    uint64_t tail = ++client->call_number << 16 | ask->slot;
    memcpy(ask->request_id, client->id_prefix, sizeof client->id_prefix);
    for (int i = 0; i < 8; i++)
        ask->request_id[8 + i] = (uint8_t)(tail >> (56 - 8 * i));
    return true;
}

static struct bus_ask *
find(struct bus_client *client, const uint8_t request_id[BUS_ID_SIZE])
{
    unsigned slot = (unsigned)request_id[14] << 8 | request_id[15];
    struct bus_ask *ask = slot < BUS_CALLS_MAX ? client->asks[slot] : NULL;
    return ask != NULL && memcmp(ask->request_id, request_id, BUS_ID_SIZE) == 0 ? ask : NULL;
}

/* Takes the call away from whatever it waits for. */
static void
detach(struct bus_ask *ask)
{
    ask->is_waiting = false;
    if (ask->replica == NULL)
        return;
    CHECK(ask->replica->in_flight > 0);
    if (--ask->replica->in_flight == 0 && ask->replica->state == BUS_REPLICA_LEAVING)
        bus_client_poke(ask->client);
    ask->replica = NULL;
}

static void
leave(struct bus_ask *ask)
{
    struct bus_client *client = ask->client;
    if (client == NULL)
        return;
    detach(ask);
    client->asks[ask->slot] = NULL;
    client->free_slots[client->free_count++] = (uint16_t)ask->slot;
}

static void
wake(struct bus_ask *ask, enum outcome outcome)
{
    ask->outcome = outcome;
    detach(ask);
    task_done(&ask->wait, OK);
}

static void
on_ask_timeout(struct task_wait *wait)
{
    detach(container_of(wait, struct bus_ask, wait));
}

/* ---- what replicas tell ---- */

static void
add_detail(struct call_details *details, const Common__V1__Reply__Detail *detail)
{
    if (details->count == CALL_DETAILS_MAX)
        return;
    details->list[details->count].name = detail->name;
    details->list[details->count++].value = detail->value;
}

static void
fill_answer(struct bus_ask *ask, const Common__V1__Reply *reply)
{
    struct bus_answer *answer = ask->answer;
    answer->details.count = 0;
    fault_set(&answer->fault, (enum err)reply->code, reply->reason, "%s", reply->message);
    for (size_t i = 0; i < reply->n_details; i++) {
        const char *name = reply->details[i]->name, *value = reply->details[i]->value;
        if (strcmp(name, "field") == 0)
            snprintf(answer->fault.field, sizeof answer->fault.field, "%s", value);
        else if (strcmp(name, "line") == 0)
            answer->fault.line = (int)strtol(value, NULL, 10);
        else if (strcmp(name, "column") == 0)
            answer->fault.column = (int)strtol(value, NULL, 10);
        else
            add_detail(&answer->details, reply->details[i]);
    }
    answer->problems = (struct call_problems){reply->problems, reply->n_problems};
    answer->domain = reply->domain;
    answer->retry_after_ms = reply->retry_after_ms;
    answer->is_replayed = reply->replayed;
    answer->body = reply->body.data;
    answer->body_size_bytes = reply->body.len;
}

static bool
is_draining_refusal(const struct bus_answer *answer)
{
    return answer->fault.code == ERR_UNAVAILABLE && strcmp(answer->fault.reason, "DRAINING") == 0;
}

void
bus_client_on_reply(struct bus_client *client, struct bus_replica *replica, const uint8_t *bytes,
                    size_t size_bytes)
{
    uint8_t request_id[BUS_ID_SIZE];
    if (!bus_frame_find_id(bytes, size_bytes, request_id)) {
        bus_frame_count_bad();
        return;
    }
    struct bus_ask *ask = find(client, request_id);
    if (ask == NULL || ask->replica != replica) {
        unknown_replies.value++;
        return;
    }
    const Common__V1__Reply *reply = bus_frame_open_reply(bytes, size_bytes, ask->arena);
    if (reply == NULL) {
        bus_frame_count_bad();
        return;
    }
    fill_answer(ask, reply);
    if (is_draining_refusal(ask->answer))
        bus_replica_leave(replica);
    else
        bus_replica_judge(replica, ask->answer->fault.code, bus_client_has_other(client, replica));
    wake(ask, OUTCOME_REPLY);
}

void
bus_client_on_lost(struct bus_client *client, struct bus_replica *replica)
{
    for (unsigned i = 0; i < BUS_CALLS_MAX && replica->in_flight > 0; i++) {
        if (client->asks[i] != NULL && client->asks[i]->replica == replica)
            wake(client->asks[i], OUTCOME_LOST);
    }
    if (client->discovery != NULL)
        bus_discovery_hurry(client->discovery);
}

void
bus_client_wake_waiting(struct bus_client *client)
{
    for (unsigned i = 0; i < BUS_CALLS_MAX; i++) {
        if (client->asks[i] != NULL && client->asks[i]->is_waiting)
            wake(client->asks[i], OUTCOME_READY);
    }
}

void
bus_client_end_calls(struct bus_client *client)
{
    for (unsigned i = 0; i < BUS_CALLS_MAX; i++) {
        struct bus_ask *ask = client->asks[i];
        if (ask == NULL)
            continue;
        if (!ask->wait.is_done)
            wake(ask, OUTCOME_CLOSED);
        ask->outcome = OUTCOME_CLOSED;
        ask->client = NULL;
    }
}

/* ---- the retry budget ---- */

static void
refresh_credits(struct bus_client *client)
{
    int64_t now_mono_ms = clock_mono_ms();
    double elapsed_s = (double)(now_mono_ms - client->credit_mono_ms) / 1000;
    if (elapsed_s < 0.1)
        return;
    client->credit_mono_ms = now_mono_ms;
    client->earned_credits -=
        elapsed_s < 10 ? client->earned_credits * elapsed_s / 10 : client->earned_credits;
    client->saved_credits += elapsed_s * RETRY_CREDITS_PER_S;
    if (client->saved_credits > BUS_RETRY_CREDITS_MAX)
        client->saved_credits = BUS_RETRY_CREDITS_MAX;
}

static bool
take_credit(struct bus_client *client)
{
    refresh_credits(client);
    double *purse = client->earned_credits >= 1 ? &client->earned_credits : &client->saved_credits;
    if (*purse < 1)
        return false;
    *purse -= 1;
    return true;
}

/* ---- asking ---- */

static void
fill_caller(Common__V1__Request *message, const struct bus_question *question)
{
    const struct principal *principal = question->principal;
    if (principal == NULL) {
        message->principal = (ProtobufCBinaryData){.len = strlen(question->token),
                                                   .data = (uint8_t *)question->token};
        return;
    }
    message->principal = (ProtobufCBinaryData){.len = principal->packed_size_bytes,
                                               .data = (uint8_t *)principal->packed};
    message->principal_mac =
        (ProtobufCBinaryData){.len = PRINCIPAL_MAC_SIZE, .data = (uint8_t *)principal->mac};
}

static bool
send_request(struct bus_ask *ask, struct bus_replica *replica)
{
    const struct bus_question *question = ask->question;
    Common__V1__Request message = COMMON__V1__REQUEST__INIT;
    message.request_id = (ProtobufCBinaryData){.len = BUS_ID_SIZE, .data = ask->request_id};
    message.method = (char *)question->method;
    message.deadline_time_ms = clock_real_ms() + question->deadline_mono_ms - clock_mono_ms();
    message.attempt = ask->sent_count + 1;
    fill_caller(&message, question);
    message.idempotency_key = (char *)question->key;
    message.traceparent = (char *)question->traceparent;
    message.body =
        (ProtobufCBinaryData){.len = question->body_size_bytes, .data = (uint8_t *)question->body};
    zmq_msg_t frame;
    bus_frame_pack(BUS_REQUEST, &message.base, &frame);
    bool is_sent = bus_socket_send(replica->socket, &frame, false) == 0;
    zmq_msg_close(&frame);
    if (!is_sent)
        return false;
    calls.value++;
    replica->in_flight++;
    ask->sent_count++;
    ask->replica = replica;
    ask->wait = (struct task_wait){.on_timeout = on_ask_timeout};
    return true;
}

static enum err
fail(struct bus_ask *ask, enum err code, const char *reason, const char *message)
{
    *ask->answer = (struct bus_answer){.domain = "bus", .attempt_count = ask->sent_count};
    ask->answer->retry_after_ms = code == ERR_UNAVAILABLE ? RETRY_AFTER_MS : 0;
    return fault_set(&ask->answer->fault, code, reason, "%s", message);
}

static enum err
fail_expired(struct bus_ask *ask)
{
    timeouts.value++;
    return fail(ask, ERR_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
                "no answer came in time; it is not known what happened");
}

static enum err
fail_lost(struct bus_ask *ask)
{
    calls_lost.value++;
    return fail(ask, ERR_UNAVAILABLE, "REPLICA_LOST", "the replica was lost before it answered");
}

static enum err
fail_unready(struct bus_ask *ask)
{
    if (ask->was_lost)
        return fail_lost(ask);
    unready.value++;
    return fail(ask, ERR_UNAVAILABLE, "NO_REPLICA", "no replica of the service is ready");
}

/* Sends to a replica, waiting for one if there is none yet. */
static enum err
place_await(struct bus_ask *ask)
{
    for (;;) {
        struct bus_replica *replica = bus_client_choose(ask->client, ask->avoid);
        if (replica != NULL && send_request(ask, replica))
            return OK;
        if (replica != NULL) {
            /* It was ready and takes nothing: its connection has just ended. */
            bus_replica_lose(replica);
            continue;
        }
        int64_t limit_mono_ms = ask->client->unready_since_mono_ms + BUS_UNREADY_WAIT_MS;
        bool is_deadline_first = ask->question->deadline_mono_ms < limit_mono_ms;
        if (is_deadline_first)
            limit_mono_ms = ask->question->deadline_mono_ms;
        if (clock_mono_ms() >= limit_mono_ms)
            return is_deadline_first ? fail_expired(ask) : fail_unready(ask);
        ask->is_waiting = true;
        ask->wait = (struct task_wait){.on_timeout = on_ask_timeout};
        enum err err = task_wait_await(&ask->wait, limit_mono_ms);
        CHECK(err == OK || err == ERR_DEADLINE_EXCEEDED);
        /* Also after a timeout: the client may have been closed before this task ran again. */
        if (ask->client == NULL)
            return fail(ask, ERR_UNAVAILABLE, "BUS_CLOSED", "the daemon is about to end");
    }
}

/* Whether the call, not answered or refused by a draining replica, may be given to another. */
static bool
may_try_again(struct bus_ask *ask)
{
    if (ask->sent_count >= TRIES_MAX)
        return false;
    if (ask->outcome == OUTCOME_REPLY)
        return true; /* it was refused before anything was done */
    return ask->question->may_repeat && take_credit(ask->client);
}

static enum err
ask_await(struct bus_ask *ask)
{
    for (;;) {
        enum err err = place_await(ask);
        if (err != OK)
            return err;
        const struct bus_replica *replica = ask->replica;
        err = task_wait_await(&ask->wait, ask->question->deadline_mono_ms);
        if (err != OK)
            return fail_expired(ask);
        if (ask->outcome == OUTCOME_CLOSED)
            return fail(ask, ERR_UNAVAILABLE, "BUS_CLOSED", "the daemon is about to end");
        ask->answer->attempt_count = ask->sent_count;
        if (ask->outcome == OUTCOME_REPLY && !is_draining_refusal(ask->answer))
            return ask->answer->fault.code;
        if (!may_try_again(ask))
            return ask->outcome == OUTCOME_REPLY ? ask->answer->fault.code : fail_lost(ask);
        retries.value++;
        ask->avoid = replica;
        ask->was_lost |= ask->outcome == OUTCOME_LOST;
    }
}

enum err
bus_ask_await(struct bus_client *client, struct arena *arena, const struct bus_question *question,
              struct bus_answer *ret_answer)
{
    struct bus_ask ask = {
        .client = client, .question = question, .arena = arena, .answer = ret_answer};
    *ret_answer = (struct bus_answer){.domain = "bus"};
    if (question->body_size_bytes > BUS_BODY_BYTES_MAX)
        return fail(&ask, ERR_INVALID_ARGUMENT, "BODY_TOO_LARGE",
                    "the request is too large for the bus");
    if (clock_mono_ms() >= question->deadline_mono_ms)
        return fail_expired(&ask);
    if (!enter(client, &ask)) {
        too_many.value++;
        return fail(&ask, ERR_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
                    "too many calls to this service are at hand");
    }
    refresh_credits(client);
    client->earned_credits += 0.2;
    enum err err = ask_await(&ask);
    leave(&ask);
    return err;
}
