/*
 * bus_client - calls at hand, the choice of a replica, second tries, housekeeping
 *
 * A call is a struct bus_ask on its task's stack. It stands in the table `asks` under a slot
 * number, which is the end of its request id, so a reply finds it without a search. It either waits
 * for a replica to become ready or for the reply of one; replies from any other replica than the
 * one that holds it are dropped.
 *
 * Callbacks (a reply, a loss, a replica that became ready) only note the outcome and wake the task;
 * what follows from it is decided by straight-line code in ask_await.
 *
 * Replicas are closed by the client's own timer only, never below one of their callbacks.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/principal.h"
#include "common/rng.h"
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
    RETRY_CREDITS_SAVED_MAX = 100, /* 10 a second, for ten seconds */
    RETRY_CREDITS_PER_S = 10,
    HOUSEKEEPING_MS = 1000,
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

struct bus_client {
    struct bus *bus;
    char *service;
    struct bus_discovery *discovery;
    struct bus_replica *replicas[BUS_REPLICAS_MAX];
    unsigned replica_count;
    unsigned ready_count;
    int64_t unready_since_mono_ms;
    struct loop_timer timer;
    int64_t tick_mono_ms; /* when the timer fires */
    uint8_t id_prefix[8]; /* of request ids */
    uint64_t call_number;
    uint64_t dice;
    double earned_credits; /* 0.2 a call, forgotten within about ten seconds */
    double saved_credits;  /* 10 a second */
    int64_t credit_mono_ms;
    struct bus_ask *asks[BUS_CALLS_MAX];
    uint16_t free_slots[BUS_CALLS_MAX];
    unsigned free_count;
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

static bool
is_usable(const struct bus_replica *replica, int64_t now_mono_ms)
{
    return replica->state == BUS_REPLICA_READY && replica->ejected_until_mono_ms <= now_mono_ms;
}

static bool
has_other(const struct bus_client *client, const struct bus_replica *replica)
{
    int64_t now_mono_ms = clock_mono_ms();
    for (unsigned i = 0; i < client->replica_count; i++) {
        if (client->replicas[i] != replica && is_usable(client->replicas[i], now_mono_ms))
            return true;
    }
    return false;
}

static void
fill_answer(struct bus_ask *ask, const Common__V1__Reply *reply)
{
    struct bus_answer *answer = ask->answer;
    fault_set(&answer->fault, (enum err)reply->code, reply->reason, "%s", reply->message);
    for (size_t i = 0; i < reply->n_details; i++) {
        const char *name = reply->details[i]->name, *value = reply->details[i]->value;
        if (strcmp(name, "field") == 0)
            snprintf(answer->fault.field, sizeof answer->fault.field, "%s", value);
        else if (strcmp(name, "line") == 0)
            answer->fault.line = atoi(value);
        else if (strcmp(name, "column") == 0)
            answer->fault.column = atoi(value);
    }
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
        bus_replica_judge(replica, ask->answer->fault.code, has_other(client, replica));
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
bus_client_on_state(struct bus_client *client)
{
    unsigned ready_count = 0;
    for (unsigned i = 0; i < client->replica_count; i++)
        ready_count += client->replicas[i]->state == BUS_REPLICA_READY;
    if (client->ready_count > 0 && ready_count == 0)
        client->unready_since_mono_ms = clock_mono_ms();
    bool has_come = ready_count > client->ready_count;
    client->ready_count = ready_count;
    for (unsigned i = 0; has_come && i < BUS_CALLS_MAX; i++) {
        if (client->asks[i] != NULL && client->asks[i]->is_waiting)
            wake(client->asks[i], OUTCOME_READY);
    }
}

unsigned
bus_client_ready(const struct bus_client *client)
{
    return client->ready_count;
}

/* ---- choice ---- */

/* xorshift64: the choice needs no secrecy, and is made for each call. */
static unsigned
roll(struct bus_client *client, unsigned bound)
{
    client->dice ^= client->dice << 13;
    client->dice ^= client->dice >> 7;
    client->dice ^= client->dice << 17;
    return (unsigned)((client->dice >> 32) * bound >> 32);
}

static struct bus_replica *
choose(struct bus_client *client, const struct bus_replica *avoid, bool with_ejected)
{
    struct bus_replica *candidates[BUS_REPLICAS_MAX];
    unsigned count = 0;
    int64_t now_mono_ms = with_ejected ? INT64_MAX : clock_mono_ms();
    for (unsigned i = 0; i < client->replica_count; i++) {
        if (client->replicas[i] != avoid && is_usable(client->replicas[i], now_mono_ms))
            candidates[count++] = client->replicas[i];
    }
    if (count < 2)
        return count == 0 ? NULL : candidates[0];
    unsigned first = roll(client, count), second = roll(client, count - 1);
    second += second >= first;
    return candidates[first]->in_flight <= candidates[second]->in_flight ? candidates[first]
                                                                         : candidates[second];
}

/* The replica that lost the call only if there is no other; ejected ones only if there are no
 * others at all. */
static struct bus_replica *
choose_any(struct bus_ask *ask)
{
    struct bus_replica *replica = choose(ask->client, ask->avoid, false);
    if (replica == NULL)
        replica = choose(ask->client, ask->avoid, true);
    if (replica == NULL && ask->avoid != NULL)
        replica = choose(ask->client, NULL, true);
    return replica;
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
    if (client->saved_credits > RETRY_CREDITS_SAVED_MAX)
        client->saved_credits = RETRY_CREDITS_SAVED_MAX;
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

static bool
send_request(struct bus_ask *ask, struct bus_replica *replica)
{
    const struct bus_question *question = ask->question;
    const struct principal *principal = question->principal;
    Common__V1__Request message = COMMON__V1__REQUEST__INIT;
    message.request_id = (ProtobufCBinaryData){.len = BUS_ID_SIZE, .data = ask->request_id};
    message.method = (char *)question->method;
    message.deadline_time_ms = clock_real_ms() + question->deadline_mono_ms - clock_mono_ms();
    message.attempt = ask->sent_count + 1;
    message.principal = (ProtobufCBinaryData){.len = principal->packed_size_bytes,
                                              .data = (uint8_t *)principal->packed};
    message.principal_mac =
        (ProtobufCBinaryData){.len = PRINCIPAL_MAC_SIZE, .data = (uint8_t *)principal->mac};
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
        struct bus_replica *replica = choose_any(ask);
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
        if (err == OK && ask->outcome == OUTCOME_CLOSED)
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

/* ---- discovery ---- */

void
bus_client_look_begin(struct bus_client *client)
{
    for (unsigned i = 0; i < client->replica_count; i++)
        client->replicas[i]->is_named = false;
}

void
bus_client_look_found(struct bus_client *client, const char *endpoint)
{
    for (unsigned i = 0; i < client->replica_count; i++) {
        if (strcmp(client->replicas[i]->endpoint, endpoint) == 0) {
            client->replicas[i]->is_named = true;
            return;
        }
    }
    if (client->replica_count == BUS_REPLICAS_MAX)
        return;
    struct bus_replica *replica = bus_replica_open(client, endpoint);
    if (replica == NULL)
        return;
    client->replicas[client->replica_count++] = replica;
    bus_client_poke(client);
}

void
bus_client_look_end(struct bus_client *client)
{
    for (unsigned i = 0; i < client->replica_count; i++) {
        if (!client->replicas[i]->is_named)
            bus_replica_leave(client->replicas[i]);
    }
}

/* ---- housekeeping ---- */

static void
close_left(struct bus_client *client)
{
    unsigned kept_count = 0;
    for (unsigned i = 0; i < client->replica_count; i++) {
        struct bus_replica *replica = client->replicas[i];
        if (replica->state == BUS_REPLICA_LEAVING && !replica->is_named && replica->in_flight == 0)
            bus_replica_close(&replica);
        else
            client->replicas[kept_count++] = replica;
    }
    client->replica_count = kept_count;
}

static void
schedule(struct bus_client *client, int64_t tick_mono_ms)
{
    int64_t now_mono_ms = clock_mono_ms();
    client->tick_mono_ms = tick_mono_ms > now_mono_ms ? tick_mono_ms : now_mono_ms;
    loop_timer_start(&client->timer, client->tick_mono_ms - now_mono_ms, 0);
}

static void
on_tick(void *context)
{
    struct bus_client *client = context;
    int64_t now_mono_ms = clock_mono_ms();
    int64_t next_mono_ms = now_mono_ms + HOUSEKEEPING_MS;
    client->tick_mono_ms = INT64_MAX; /* so that a poke from here on starts the timer */
    close_left(client);
    for (unsigned i = 0; i < client->replica_count; i++) {
        int64_t ping_mono_ms = bus_replica_tick(client->replicas[i], now_mono_ms);
        if (ping_mono_ms < next_mono_ms)
            next_mono_ms = ping_mono_ms;
    }
    if (next_mono_ms < client->tick_mono_ms)
        schedule(client, next_mono_ms);
}

void
bus_client_poke(struct bus_client *client)
{
    if (client->tick_mono_ms > clock_mono_ms())
        schedule(client, 0);
}

/* ---- life ---- */

struct bus *
bus_client_bus(struct bus_client *client)
{
    return client->bus;
}

const char *
bus_client_service(const struct bus_client *client)
{
    return client->service;
}

enum err
bus_client_open(struct bus *bus, const char *service, struct bus_client **ret_client)
{
    struct bus_client *client = mem_alloc(sizeof *client);
    client->bus = bus;
    client->service = mem_copy_text(service);
    rng_bytes(client->id_prefix, sizeof client->id_prefix);
    memcpy(&client->dice, client->id_prefix, sizeof client->dice);
    client->dice |= 1;
    client->saved_credits = RETRY_CREDITS_SAVED_MAX;
    client->unready_since_mono_ms = client->credit_mono_ms = clock_mono_ms();
    for (unsigned i = 0; i < BUS_CALLS_MAX; i++)
        client->free_slots[client->free_count++] = (uint16_t)(BUS_CALLS_MAX - 1 - i);
    loop_timer_init(bus->loop, &client->timer, on_tick, client);
    schedule(client, 0);
    bus->client_count++;
    client->discovery = bus_discovery_open(client);
    *ret_client = client;
    return OK;
}

static void
on_closed(void *context)
{
    struct bus_client *client = context;
    mem_free(client->service);
    mem_free(client);
}

void
bus_client_close(struct bus_client **client)
{
    struct bus_client *c = *client;
    *client = NULL;
    if (c == NULL)
        return;
    bus_discovery_close(&c->discovery);
    for (unsigned i = 0; i < BUS_CALLS_MAX; i++) {
        struct bus_ask *ask = c->asks[i];
        if (ask == NULL)
            continue;
        if (!ask->wait.is_done)
            wake(ask, OUTCOME_CLOSED);
        ask->outcome = OUTCOME_CLOSED;
        ask->client = NULL;
    }
    for (unsigned i = 0; i < c->replica_count; i++)
        bus_replica_close(&c->replicas[i]);
    c->bus->client_count--;
    loop_timer_close(&c->timer, on_closed);
}
