/*
 * bus_reply - replies: how they are packed, and the queue they leave from
 *
 * Frames for peers are collected during a turn and sent at its end. ROUTER_MANDATORY reports at the
 * routing id's frame, and only there, a peer that does not read (EAGAIN: the frame stays in the
 * queue until its call's deadline) and one that is gone (EHOSTUNREACH: counted).
 *
 * Limit: REPLIES_MAX frames in the queue.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/stat.h"

STAT(sent, "bus.reply.send", STAT_COUNTER, "", "Replies sent.");
STAT(lost, "bus.reply.lose", STAT_COUNTER, "",
     "Replies dropped because their caller is gone, does not read, or the queue is full.");
STAT(stalled, "bus.reply.stall", STAT_GAUGE, "", "Replies that wait for a caller to read.");

enum { REPLIES_MAX = 16384, ROOM_FIRST = 64 };

struct bus_outgoing {
    struct bus_peer peer;
    zmq_msg_t frame;
    int64_t deadline_mono_ms; /* 0: no reply but a word on the server itself */
};

/* ---- the queue ---- */

/* A message may not be copied as bytes by the letter of its API, so it is moved. */
static void
place(struct bus_outgoing *outgoing, const struct bus_peer *peer, zmq_msg_t *frame,
      int64_t deadline_mono_ms)
{
    outgoing->peer = *peer;
    outgoing->deadline_mono_ms = deadline_mono_ms;
    zmq_msg_init(&outgoing->frame);
    zmq_msg_move(&outgoing->frame, frame);
}

static void
grow(struct bus_outbox *outbox)
{
    unsigned room = outbox->room == 0 ? ROOM_FIRST : outbox->room * 2;
    struct bus_outgoing *entries = mem_alloc(room * sizeof *entries);
    for (unsigned i = 0; i < outbox->count; i++) {
        struct bus_outgoing *old = &outbox->entries[i];
        place(&entries[i], &old->peer, &old->frame, old->deadline_mono_ms);
    }
    mem_free(outbox->entries);
    outbox->entries = entries;
    outbox->room = room;
}

void
bus_outbox_add(struct bus_outbox *outbox, const struct bus_peer *peer, zmq_msg_t *frame,
               int64_t deadline_mono_ms)
{
    if (outbox->count == REPLIES_MAX) {
        lost.value++;
        zmq_msg_close(frame);
        return;
    }
    if (outbox->count == outbox->room)
        grow(outbox);
    place(&outbox->entries[outbox->count++], peer, frame, deadline_mono_ms);
    zmq_msg_close(frame);
}

/* False: the peer does not read now, keep it. */
static bool
send_outgoing(struct bus_socket *socket, struct bus_outgoing *outgoing, int64_t now_mono_ms)
{
    zmq_msg_t id;
    CHECK(zmq_msg_init_size(&id, outgoing->peer.size_bytes) == 0);
    memcpy(zmq_msg_data(&id), outgoing->peer.id, outgoing->peer.size_bytes);
    int error = bus_socket_send(socket, &id, true);
    if (error == 0)
        error = bus_socket_send(socket, &outgoing->frame, false);
    zmq_msg_close(&id);
    if (error == EAGAIN && now_mono_ms < outgoing->deadline_mono_ms)
        return false;
    if (outgoing->deadline_mono_ms > 0)
        *(error == 0 ? &sent.value : &lost.value) += 1;
    zmq_msg_close(&outgoing->frame);
    return true;
}

unsigned
bus_outbox_flush(struct bus_outbox *outbox, struct bus_socket *socket)
{
    if (outbox->count == 0)
        return 0;
    int64_t now_mono_ms = clock_mono_ms();
    unsigned kept_count = 0;
    for (unsigned i = 0; i < outbox->count; i++) {
        struct bus_outgoing *outgoing = &outbox->entries[i];
        if (send_outgoing(socket, outgoing, now_mono_ms))
            continue;
        if (kept_count < i)
            place(&outbox->entries[kept_count], &outgoing->peer, &outgoing->frame,
                  outgoing->deadline_mono_ms);
        kept_count++;
    }
    outbox->count = kept_count;
    stalled.value = kept_count;
    return kept_count;
}

void
bus_outbox_free(struct bus_outbox *outbox)
{
    for (unsigned i = 0; i < outbox->count; i++)
        zmq_msg_close(&outbox->entries[i].frame);
    mem_free(outbox->entries);
    *outbox = (struct bus_outbox){0};
}

/* ---- packing ---- */

enum { DETAILS_MAX = 3 + CALL_DETAILS_MAX, NUMBER_TEXT_SIZE = 12 };

static void
add_detail(Common__V1__Reply *message, char *name, char *value)
{
    Common__V1__Reply__Detail *detail = message->details[message->n_details++];
    common__v1__reply__detail__init(detail);
    detail->name = name;
    detail->value = value;
}

/* Packs a refusal. Its texts may quote the request and be cut within a character, which the wire
 * does not allow. */
static void
pack_fault(Common__V1__Reply *message, const struct bus_reply *reply, zmq_msg_t *ret_frame)
{
    Common__V1__Reply__Detail details[DETAILS_MAX], *detail_list[DETAILS_MAX];
    char line[NUMBER_TEXT_SIZE], column[NUMBER_TEXT_SIZE];
    struct fault fault = reply->fault;
    for (size_t i = 0; i < DETAILS_MAX; i++)
        detail_list[i] = &details[i];
    fault.message[bus_frame_clean_size(fault.message)] = 0;
    fault.field[bus_frame_clean_size(fault.field)] = 0;
    snprintf(line, sizeof line, "%d", fault.line);
    snprintf(column, sizeof column, "%d", fault.column);
    message->code = fault.code;
    if (reply->domain != NULL)
        message->domain = (char *)reply->domain;
    message->reason = fault.reason;
    message->message = fault.message;
    message->retry_after_ms = (uint32_t)reply->retry_after_ms;
    message->details = detail_list;
    message->problems = reply->problems.list;
    message->n_problems = reply->problems.count;
    if (fault.field[0] != 0)
        add_detail(message, "field", fault.field);
    if (fault.line > 0)
        add_detail(message, "line", line);
    if (fault.column > 0)
        add_detail(message, "column", column);
    for (size_t i = 0; i < reply->details.count; i++)
        add_detail(message, (char *)reply->details.list[i].name,
                   (char *)reply->details.list[i].value);
    bus_frame_pack(BUS_REPLY, &message->base, ret_frame);
}

void
bus_reply_pack(const struct bus_request *request, const struct bus_reply *reply,
               zmq_msg_t *ret_frame)
{
    Common__V1__Reply message = COMMON__V1__REPLY__INIT;
    message.request_id =
        (ProtobufCBinaryData){.len = BUS_ID_SIZE, .data = (uint8_t *)request->request_id};
    message.replayed = reply->is_replayed;
    if (reply->fault.code != OK) {
        pack_fault(&message, reply, ret_frame);
        return;
    }
    message.body =
        (ProtobufCBinaryData){.len = reply->body_size_bytes, .data = (uint8_t *)reply->body};
    bus_frame_pack(BUS_REPLY, &message.base, ret_frame);
}
